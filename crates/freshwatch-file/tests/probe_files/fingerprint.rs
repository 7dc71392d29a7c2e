//! A fingerprint is another one when anything that the probe was made from is another, and the same otherwise.

use std::collections::HashMap;
use std::io;
use std::path::Path;

use freshwatch_file::{ProbeSet, Source, parse};
use freshwatch_probe::fingerprint::Fingerprint;

/// The world of one load: a text of the file `f/a.yaml`, a variable and the content of the schema `f/s.json`.
#[derive(Clone, Copy)]
struct World<'t> {
    text: &'t str,
    token: &'t str,
    schema: &'t str,
}

impl<'t> World<'t> {
    fn of(text: &'t str) -> Self {
        Self {
            text,
            token: "first",
            schema: "{}",
        }
    }

    fn read_as(self, file: &str) -> ProbeSet {
        let source = Source {
            name: file.into(),
            text: self.text.into(),
        };
        let env = |name: &str| (name == "TOKEN").then(|| self.token.to_owned());
        let content = |path: &Path| match path.file_name().and_then(|name| name.to_str()) {
            Some("s.json") => Ok(self.schema.as_bytes().to_vec()),
            _ => Err(io::ErrorKind::NotFound.into()),
        };
        parse(&[source], &env, &content).unwrap_or_else(|mistakes| panic!("{}", mistakes.render(false)))
    }

    fn fingerprints(self) -> HashMap<String, Fingerprint> {
        let definitions = self.read_as("f/a.yaml").definitions;
        let pair = |definition: &freshwatch_probe::definition::Definition| {
            (definition.name.to_string(), definition.fingerprint)
        };
        definitions.iter().map(|definition| pair(definition)).collect()
    }
}

#[track_caller]
fn check(before: World, after: World, is_same: bool) {
    let (before, after) = (before.fingerprints(), after.fingerprints());
    assert_eq!(before["a"] == after["a"], is_same);
}

/// Two texts of a file that declare a probe `a`.
#[track_caller]
fn check_texts(before: &str, after: &str, is_same: bool) {
    check(World::of(before), World::of(after), is_same);
}

/// Two blocks of `defaults` above one probe `a`.
#[track_caller]
fn check_defaults(before: &str, after: &str, own: &str, is_same: bool) {
    let text =
        |defaults: &str| format!("{{defaults: {{{defaults}}}, probes: {{a: {{get: 'http://h/', {own}}}}}}}");
    check_texts(&text(before), &text(after), is_same);
}

/// Two lists of keys of the probe `a`.
#[track_caller]
fn check_keys(before: &str, after: &str, is_same: bool) {
    let text = |keys: &str| format!("{{probes: {{a: {{get: 'http://h/', {keys}}}}}}}");
    check_texts(&text(before), &text(after), is_same);
}

#[test]
fn the_probes_own_keys() {
    for (before, after, is_same) in [
        ("every: 5m", "every: 5m", true),
        ("every: 5m", "every: 6m", false),
        ("every: 5m", "", false),
        ("labels: {team: a}", "labels: {team: b}", false),
        ("labels: {team: a}", "labels: {crew: a}", false),
        ("description: a", "description: b", false),
        ("expect: {status: [200]}", "expect: {status: [200, 201]}", false),
        ("expect: {body: {$.a: 1}}", "expect: {body: {$.a: '1'}}", false),
        ("expect: {body: {$.a: '1'}}", "expect: {body: {$.a: \"1\"}}", true),
        ("json: [a, b]", "json: [[a], b]", false),
        (
            "tests: [{name: x, answer: {status: 200}, verdict: ok}]",
            "tests: [{name: y, answer: {json: [1]}, verdict: ok}]",
            true,
        ),
        ("tests: [{name: x, answer: {status: 200}, verdict: ok}]", "", true),
    ] {
        if before.starts_with("json") {
            let text = |keys: &str| format!("{{probes: {{a: {{post: 'http://h/', {keys}}}}}}}");
            check_texts(&text(before), &text(after), is_same);
        } else {
            check_keys(before, after, is_same);
        }
    }
}

#[test]
fn what_nobody_reads() {
    let text = "probes:\n  a:\n    get: http://h/\n    labels: {team: x}\n";
    for after in [
        "# a comment\nprobes:\n\n  a: # another\n    get: http://h/\n    labels: {team: x}\n",
        "probes:\n    a:\n        get:   http://h/\n        labels:\n            team: x\n",
        "\u{feff}probes:\r\n  a:\r\n    get: http://h/\r\n    labels: {team: x}\r\n",
        "calendars: {c: {days: [mon], timezone: UTC}}\nprobes: {a: {get: http://h/, labels: {team: x}}}",
    ] {
        check_texts(text, after, true);
    }
}

#[test]
fn other_probes() {
    let text = "probes:\n  a: {get: http://h/, needs: [b]}\n  b: {get: http://h/, every: 5m}\n";
    let other = text.replace("5m", "6m");
    check_texts(text, &other, true);
    assert_ne!(
        World::of(text).fingerprints()["b"],
        World::of(&other).fingerprints()["b"]
    );
    let renamed = text.replace("b]", "c]").replace("  b:", "  c:");
    check_texts(text, &renamed, false);
    let twins = World::of("probes: {a: {get: http://h/}, b: {get: http://h/}}").fingerprints();
    assert_ne!(twins["a"], twins["b"]);
}

#[test]
fn defaults_count_where_they_apply() {
    for (before, after, own, is_same) in [
        ("every: 5m", "every: 6m", "", false),
        ("every: 5m", "every: 6m", "every: 7m", true),
        ("every: 5m", "every: 6m", "cron: 0 9 * * *", true),
        (
            "labels: {team: a}",
            "labels: {team: b}",
            "labels: {crew: c}",
            false,
        ),
        (
            "labels: {team: a}",
            "labels: {team: b}",
            "labels: {team: c}",
            true,
        ),
        (
            "headers: {x: a, y: a}",
            "headers: {x: b, y: a}",
            "headers: {x: c}",
            true,
        ),
        (
            "expect: {status: 200}",
            "expect: {status: 201}",
            "expect: {size: {below: 1KiB}}",
            false,
        ),
        (
            "expect: {status: 200}",
            "expect: {status: 201}",
            "expect: {status: 204}",
            true,
        ),
        (
            "fresh: {max_age: 1h}",
            "fresh: {max_age: 2h}",
            "fresh: {at: $.t}",
            false,
        ),
        (
            "fresh: {max_age: 1h}",
            "fresh: {max_age: 2h}",
            "fresh: {at: $.t, max_age: 3h}",
            true,
        ),
    ] {
        check_defaults(before, after, own, is_same);
    }
}

#[test]
fn aliases_stand_for_what_they_name() {
    let text = "probes:\n  a: {get: http://h/, labels: *shared}\n";
    let with = |team: &str| format!("defaults: {{labels: &shared {{team: {team}}}}}\n{text}");
    check_texts(&with("x"), &with("x"), true);
    check_texts(&with("x"), &with("y"), false);
    check_texts(&with("x"), &with("x").replace("*shared", "{team: x}"), true);
}

#[test]
fn variables_count_by_their_values() {
    let uses = World::of("probes: {a: {get: http://h/, auth: {bearer: '${env:TOKEN}'}}}");
    check(
        uses,
        World {
            token: "second",
            ..uses
        },
        false,
    );
    let does_not = World::of("probes: {a: {get: http://h/}, b: {get: 'http://h/${env:TOKEN}'}}");
    check(
        does_not,
        World {
            token: "second",
            ..does_not
        },
        true,
    );
    let inherits = World::of("defaults: {auth: {bearer: '${env:TOKEN}'}}\nprobes: {a: {get: http://h/}}");
    check(
        inherits,
        World {
            token: "second",
            ..inherits
        },
        false,
    );
    let overrides = World::of(
        "defaults: {auth: {bearer: '${env:TOKEN}'}}\nprobes: {a: {get: http://h/, auth: {bearer: '${file:t}'}}}",
    );
    check(
        overrides,
        World {
            token: "second",
            ..overrides
        },
        true,
    );
}

#[test]
fn files_count_by_their_contents() {
    let strict = "{\"type\": \"object\"}";
    let both = "probes: {b: {get: http://h/, expect: {schema: s.json}}, a: {get: http://h/, expect: {schema: s.json}}}";
    let both = World::of(both);
    check(
        both,
        World {
            schema: strict,
            ..both
        },
        false,
    );
    let other = World::of("probes: {b: {get: http://h/, expect: {schema: s.json}}, a: {get: http://h/}}");
    check(
        other,
        World {
            schema: strict,
            ..other
        },
        true,
    );
}

#[test]
fn a_relative_path_counts_from_its_file() {
    for (text, is_same) in [
        ("probes: {a: {get: http://h/}}", true),
        ("probes: {a: {get: http://h/, expect: {schema: s.json}}}", false),
        ("probes: {a: {get: http://h/, tls: {ca: ca.pem}}}", false),
        (
            "probes: {a: {get: http://h/, auth: {bearer: '${file:t}'}}}",
            false,
        ),
        ("probes: {a: {get: http://h/, tls: {ca: /ca.pem}}}", true),
    ] {
        let of = |file: &str| World::of(text).read_as(file).definitions[0].fingerprint;
        assert_eq!(of("f/a.yaml"), of("f/b.yaml"), "{text}");
        assert_eq!(of("f/a.yaml") == of("g/a.yaml"), is_same, "{text}");
    }
}

/// No key names a calendar yet; whatever is called `calendar` counts as one that does, so that it cannot be forgotten.
#[test]
fn a_probe_that_names_a_calendar_depends_on_all_of_them() {
    let text = |day: &str, label: &str| {
        format!(
            "probes: {{a: {{get: http://h/, labels: {{{label}: c}}}}}}\ncalendars: {{c: {{days: [{day}], timezone: UTC}}}}"
        )
    };
    check_texts(&text("mon", "calendar"), &text("tue", "calendar"), false);
    check_texts(&text("mon", "team"), &text("tue", "team"), true);
}

#[test]
fn what_was_read_is_listed() {
    let text = "probes: {b: {get: http://h/, expect: {schema: s.json}}, a: {get: http://h/, warn: {schema: s.json}}}";
    assert_eq!(
        World::of(text).read_as("f/a.yaml").referenced,
        [Path::new("f/s.json")]
    );
    let missing = Source {
        name: "f/a.yaml".into(),
        text: text.replacen("s.json", "missing.json", 1),
    };
    let nothing = |_: &Path| Err(io::ErrorKind::NotFound.into());
    let mistakes = parse(&[missing], &|_| None, &nothing).unwrap_err();
    assert_eq!(
        mistakes.referenced(),
        [Path::new("f/missing.json"), Path::new("f/s.json")]
    );
}
