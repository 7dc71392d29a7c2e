//! Pieces of PromQL.

use std::fmt::Write as _;
use std::time::Duration;

use freshwatch_probe::duration;

/// `metric{name="value",…}`; a matcher is a label's name with its operator, such as `verdict!=`.
pub(crate) fn select(metric: &str, matchers: &[(&str, &str)]) -> String {
    if matchers.is_empty() {
        return metric.to_owned();
    }
    let mut text = format!("{metric}{{");
    for (nth, (matcher, value)) in matchers.iter().enumerate() {
        let comma = if nth > 0 { "," } else { "" };
        // Writing to a `String` cannot fail.
        let _ = write!(text, "{comma}{matcher}{}", quoted(value));
    }
    text.push('}');
    text
}

/// A string literal (<https://prometheus.io/docs/prometheus/latest/querying/basics/#string-literals>).
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            control if control.is_control() => {
                // Writing to a `String` cannot fail.
                let _ = write!(quoted, "\\u{:04x}", u32::from(control));
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

/// A duration as PromQL reads it.
pub(super) fn range(window: Duration) -> String {
    duration::spell(window)
}

/// Several lines, each moved to the right.
pub(super) fn indented(text: &str) -> String {
    text.lines()
        .fold(String::new(), |text, line| text + "  " + line + "\n")
}
