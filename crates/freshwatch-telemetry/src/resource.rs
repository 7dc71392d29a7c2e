//! Who sends: the resource that every measurement belongs to.

use std::collections::BTreeMap;

use crate::pairs;

/// The version that the resource and the scope state.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The name that everything is sent under unless the environment names another.
const SERVICE: &str = "freshwatch";

/// The attributes of the sender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    attributes: BTreeMap<String, String>,
    discarded: Option<String>,
}

/// What the command line says of the sender.
#[derive(Debug, Clone, Copy, Default)]
pub struct Identity<'a> {
    /// The instance id that holds when nobody names one. It has to be the same on every run: a fresh one makes a
    /// new set of series.
    pub default_instance: &'a str,
    /// The instance id that the user asks for; it wins over the environment.
    pub instance: Option<&'a str>,
    /// Where is probed from; it wins over the environment.
    pub location: Option<&'a str>,
}

impl Resource {
    /// Reads `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` as the OpenTelemetry specification's resource SDK
    /// page has it: the service name of its own wins, and attributes that do not parse are discarded as a whole.
    pub fn read(environment: &dyn Fn(&str) -> Option<String>, identity: &Identity<'_>) -> Self {
        let value_of = |name: &str| environment(name).filter(|value| !value.trim().is_empty());
        let mut attributes = BTreeMap::new();
        let mut set = |key: &str, value: &str| attributes.insert(key.to_owned(), value.to_owned());
        set("service.name", SERVICE);
        set("service.version", VERSION);
        set("service.instance.id", identity.default_instance);

        let written = value_of("OTEL_RESOURCE_ATTRIBUTES").map(|text| pairs::parse(&text));
        let (pairs, discarded) = match written.transpose() {
            Ok(pairs) => (pairs.unwrap_or_default(), None),
            Err(mistake) => (
                Vec::new(),
                Some(format!("`OTEL_RESOURCE_ATTRIBUTES` is ignored: {mistake}")),
            ),
        };
        for (key, value) in &pairs {
            set(key, value);
        }
        if let Some(name) = value_of("OTEL_SERVICE_NAME") {
            set("service.name", &name);
        }
        for (key, value) in [
            ("service.instance.id", identity.instance),
            ("location", identity.location),
        ] {
            if let Some(value) = value {
                set(key, value);
            }
        }
        Self {
            attributes,
            discarded,
        }
    }

    /// The attributes in the order of their names.
    pub fn attributes(&self) -> impl Iterator<Item = (&str, &str)> {
        self.attributes
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// Why `OTEL_RESOURCE_ATTRIBUTES` was discarded, if it was: worth a warning.
    pub fn discarded(&self) -> Option<&str> {
        self.discarded.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::{Identity, Resource, VERSION};

    #[track_caller]
    fn check(environment: &[(&str, &str)], identity: Identity<'_>, expected: &[(&str, &str)]) {
        let read = |name: &str| {
            let found = environment.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let identity = Identity {
            default_instance: "probes",
            ..identity
        };
        let resource = Resource::read(&read, &identity);
        let found: Vec<_> = resource
            .attributes()
            .filter(|(key, _)| *key != "service.version")
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn the_defaults_are_stable() {
        let defaults = [("service.instance.id", "probes"), ("service.name", "freshwatch")];
        check(&[], Identity::default(), &defaults);
        check(
            &[("OTEL_SERVICE_NAME", ""), ("OTEL_RESOURCE_ATTRIBUTES", " ")],
            Identity::default(),
            &defaults,
        );
        let resource = Resource::read(&|_| None, &Identity::default());
        assert!(
            resource
                .attributes()
                .any(|pair| pair == ("service.version", VERSION))
        );
    }

    #[test]
    fn the_environment_wins_over_defaults_and_the_service_name_of_its_own_over_all() {
        let attributes = "service.name=a,service.instance.id=pod%2C1,location=seoul,team=a%3Db";
        check(
            &[
                ("OTEL_RESOURCE_ATTRIBUTES", attributes),
                ("OTEL_SERVICE_NAME", "b"),
            ],
            Identity::default(),
            &[
                ("location", "seoul"),
                ("service.instance.id", "pod,1"),
                ("service.name", "b"),
                ("team", "a=b"),
            ],
        );
    }

    #[test]
    fn the_command_line_wins_over_the_environment() {
        check(
            &[("OTEL_RESOURCE_ATTRIBUTES", "service.instance.id=a,location=b")],
            Identity {
                instance: Some("c"),
                location: Some("d"),
                ..Identity::default()
            },
            &[
                ("location", "d"),
                ("service.instance.id", "c"),
                ("service.name", "freshwatch"),
            ],
        );
    }

    #[test]
    fn what_does_not_parse_is_discarded_as_a_whole_and_told() {
        let resource = Resource::read(&|_| Some("team=a,b".to_owned()), &Identity::default());
        assert!(resource.attributes().all(|(key, _)| key != "team"));
        insta::assert_snapshot!(
            resource.discarded().unwrap(),
            @"`OTEL_RESOURCE_ATTRIBUTES` is ignored: entry 2 has no `=`: write `key=value,key=value`"
        );
    }
}
