//! PromQL that the gate writes itself.

use std::fmt::Write as _;

use freshwatch_probe::gate::Probes;
use freshwatch_probe::metric::PROBE_LABEL;

/// The series of a metric of these probes, with further matchers.
pub(super) fn selector(metric: &str, probes: &Probes, further: &[(&str, &str)]) -> String {
    let mut matchers: Vec<String> = match probes {
        // Names hold nothing that a regular expression gives a meaning to.
        Probes::Named(names) => {
            let names: Vec<&str> = names
                .iter()
                .map(freshwatch_probe::definition::ProbeName::as_str)
                .collect();
            vec![match names.as_slice() {
                [name] => equals(PROBE_LABEL, name),
                names => format!("{PROBE_LABEL}=~{}", quoted(&names.join("|"))),
            }]
        }
        Probes::Labelled(labels) => labels.iter().map(|(name, value)| equals(name, value)).collect(),
    };
    matchers.extend(further.iter().map(|(name, value)| equals(name, value)));
    format!("{metric}{{{}}}", matchers.join(","))
}

fn equals(name: &str, value: &str) -> String {
    format!("{name}={}", quoted(value))
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

#[cfg(test)]
mod tests {
    use freshwatch_probe::definition::ProbeName;
    use freshwatch_probe::gate::Probes;

    use super::selector;

    #[test]
    fn probes_are_selected_by_name_or_by_label() {
        let names = |names: &[&str]| {
            let names = names.iter().map(|name| ProbeName::parse(name).unwrap());
            Probes::Named(names.collect())
        };
        let of = |probes| selector("m", &probes, &[("promise", "up")]);
        assert_eq!(of(names(&["a"])), r#"m{probe="a",promise="up"}"#);
        assert_eq!(of(names(&["a", "b-c"])), r#"m{probe=~"a|b-c",promise="up"}"#);
        let labels = [("team".to_owned(), "the \"a\\b\"\n\u{1}".to_owned())];
        assert_eq!(
            of(Probes::Labelled(labels.into())),
            r#"m{team="the \"a\\b\"\n\u0001",promise="up"}"#
        );
    }
}
