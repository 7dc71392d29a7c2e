//! Which series tell of the probes of a condition.

use freshwatch_probe::definition::ProbeName;
use freshwatch_probe::gate::Probes;

use crate::rules::promql::select;

/// The series of a metric of these probes, with further matchers: a label's name with its operator, and a value.
pub(super) fn selector(metric: &str, probes: &Probes, further: &[(&str, &str)]) -> String {
    let of_probes: Vec<(String, String)> = match probes {
        Probes::Named(names) => match names.as_slice() {
            [name] => vec![("probe=".into(), name.to_string())],
            // Names hold nothing that a regular expression gives a meaning to.
            names => {
                let names: Vec<&str> = names.iter().map(ProbeName::as_str).collect();
                vec![("probe=~".into(), names.join("|"))]
            }
        },
        Probes::Labelled(labels) => {
            let matchers = labels
                .iter()
                .map(|(name, value)| (format!("{name}="), value.clone()));
            matchers.collect()
        }
    };
    let of_probes = of_probes
        .iter()
        .map(|(matcher, value)| (matcher.as_str(), value.as_str()));
    let matchers: Vec<(&str, &str)> = of_probes.chain(further.iter().copied()).collect();
    select(metric, &matchers)
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
        let of = |probes| selector("m", &probes, &[("promise=", "up")]);
        assert_eq!(of(names(&["a"])), r#"m{probe="a",promise="up"}"#);
        assert_eq!(of(names(&["a", "b-c"])), r#"m{probe=~"a|b-c",promise="up"}"#);
        let labels = [("team".to_owned(), "the \"a\\b\"\n\u{1}".to_owned())];
        assert_eq!(
            of(Probes::Labelled(labels.into())),
            r#"m{team="the \"a\\b\"\n\u0001",promise="up"}"#
        );
    }
}
