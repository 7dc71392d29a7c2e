//! Groups of rules, and how Prometheus's files write them.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::time::Duration;

use freshwatch_probe::duration;

/// Rules that are evaluated together, one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its name, which is unique.
    pub name: String,
    /// How often it is evaluated.
    pub interval: Duration,
    /// What people should know of it, a line each.
    pub comments: Vec<String>,
    /// The rules, in the order in which they are evaluated.
    pub(super) rules: Vec<Rule>,
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rule {
    kind: Kind,
    name: String,
    expr: String,
    labels: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Record,
    Alert {
        hold: Duration,
        annotations: Vec<(&'static str, String)>,
    },
}

impl Rule {
    /// Records what an expression gives, under this name.
    pub(super) fn record(name: impl Into<String>, expr: impl Into<String>) -> Self {
        Self {
            kind: Kind::Record,
            name: name.into(),
            expr: expr.into(),
            labels: BTreeMap::new(),
        }
    }

    /// Calls somebody while an expression has given anything for so long.
    pub(super) fn alert(
        name: impl Into<String>,
        expr: impl Into<String>,
        hold: Duration,
        annotations: Vec<(&'static str, String)>,
    ) -> Self {
        Self {
            kind: Kind::Alert { hold, annotations },
            ..Self::record(name, expr)
        }
    }

    pub(super) fn label(mut self, name: &str, value: impl Into<String>) -> Self {
        self.labels.insert(name.to_owned(), value.into());
        self
    }
}

impl Group {
    /// What comes before the groups in a file.
    pub const HEADER: &str = "groups:\n";
}

impl fmt::Display for Group {
    /// The group as an entry of `groups:`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for comment in &self.comments {
            writeln!(formatter, "{}", format!("  # {comment}").trim_end())?;
        }
        writeln!(formatter, "  - name: {}", quoted(&self.name))?;
        writeln!(formatter, "    interval: {}", duration::spell(self.interval))?;
        writeln!(formatter, "    rules:")?;
        self.rules.iter().try_for_each(|rule| rule.fmt(formatter))
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.kind {
            Kind::Record => "record",
            Kind::Alert { .. } => "alert",
        };
        writeln!(formatter, "      - {word}: {}", self.name)?;
        if self.expr.contains('\n') {
            writeln!(formatter, "        expr: |-")?;
            for line in self.expr.lines() {
                writeln!(formatter, "          {line}")?;
            }
        } else {
            writeln!(formatter, "        expr: {}", single_quoted(&self.expr))?;
        }
        if let Kind::Alert { hold, .. } = &self.kind
            && !hold.is_zero()
        {
            writeln!(formatter, "        for: {}", duration::spell(*hold))?;
        }
        let labels = self.labels.iter().map(|(name, value)| (name.as_str(), value));
        mapping(formatter, "labels", labels)?;
        match &self.kind {
            Kind::Record => Ok(()),
            Kind::Alert { annotations, .. } => {
                let annotations = annotations.iter().map(|(name, value)| (*name, value));
                mapping(formatter, "annotations", annotations)
            }
        }
    }
}

fn mapping<'a>(
    formatter: &mut fmt::Formatter<'_>,
    key: &str,
    entries: impl ExactSizeIterator<Item = (&'a str, &'a String)>,
) -> fmt::Result {
    if entries.len() == 0 {
        return Ok(());
    }
    writeln!(formatter, "        {key}:")?;
    for (name, value) in entries {
        writeln!(formatter, "          {name}: {}", quoted(value))?;
    }
    Ok(())
}

/// A double-quoted scalar of YAML (1.2.2, section 7.3.1): any text on one line.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            // Writing to a `String` cannot fail. Characters that are not printable, and those that some readers take for line breaks or marks.
            control if control.is_control() || matches!(control, '\u{2028}' | '\u{2029}' | '\u{feff}') => {
                let _ = write!(quoted, "\\U{:08X}", u32::from(control));
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

/// A single-quoted scalar of YAML, in which PromQL's double quotes stay as they are.
fn single_quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn any_text_is_one_scalar() {
        assert_eq!(quoted("a \"b\" \\ c\nd\u{1}é"), r#""a \"b\" \\ c\nd\U00000001é""#);
    }
}
