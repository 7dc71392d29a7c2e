//! Whatever the bytes, there are definitions or mistakes, soon, and never a panic.

use std::fs;
use std::io;
use std::path::Path;

use freshwatch_file::{Mistakes, ProbeSet, Purpose, Source, parse_for};
use proptest::prelude::*;
use proptest::sample::Index;

/// Reads a text as a file of its own; every variable but `MISSING` is set.
pub fn read(text: &str) -> Result<ProbeSet, Mistakes> {
    let source = Source {
        name: "probes/any.yaml".into(),
        text: text.into(),
    };
    let env = |name: &str| (name != "MISSING").then(|| "https://s3cret-user:s3cret-pw@host".to_owned());
    let read_file = |_: &Path| -> io::Result<Vec<u8>> { Ok(b"{}".to_vec()) };
    parse_for(&[source], Purpose::Linting, &env, &read_file)
}

/// Reads it, draws the mistakes, and holds them against the text.
fn survive(text: &str) {
    match read(text) {
        Ok(set) => assert!(!set.definitions.is_empty(), "{text}"),
        Err(mistakes) => {
            assert!(mistakes.count() > 0, "{text}");
            assert!(!mistakes.render(false).contains("s3cret"), "{text}");
            let places: Vec<_> = mistakes
                .iter()
                .map(|mistake| (mistake.line, mistake.column))
                .collect();
            assert!(places.is_sorted(), "{text}");
        }
    }
}

fn golden() -> Vec<String> {
    ["ok", "err"]
        .iter()
        .flat_map(|folder| fs::read_dir(Path::new("test_data").join(folder)).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .filter_map(|path| fs::read_to_string(path).ok())
        .filter(|text| !text.starts_with("a0: &a0"))
        .collect()
}

/// What tends to confuse readers of YAML.
const SNIPPETS: [&str; 28] = [
    "\t",
    "\n",
    "\r\n",
    "  ",
    "- ",
    ": ",
    ":",
    "{",
    "}",
    "[",
    "]",
    ",",
    "\"",
    "'",
    "|",
    ">",
    "&a ",
    "*a",
    "!!str ",
    "#",
    "${",
    "${env:X}",
    "${env:MISSING}",
    "$${",
    "@",
    "\u{feff}",
    "서",
    "\u{0}",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn any_text(text in "\\PC{0,200}") {
        survive(&text);
    }

    #[test]
    fn any_yaml_like_text(pieces in prop::collection::vec(proptest::sample::select(SNIPPETS.to_vec()), 0..60)) {
        survive(&pieces.concat());
    }

    #[test]
    fn golden_files_with_damage(
        which in any::<Index>(),
        damage in prop::collection::vec((any::<Index>(), 0..4_u8, proptest::sample::select(SNIPPETS.to_vec())), 1..4),
    ) {
        let golden = golden();
        let mut characters: Vec<char> = which.get(&golden).chars().collect();
        for (at, kind, snippet) in damage {
            if characters.is_empty() {
                break;
            }
            let at = at.index(characters.len());
            match kind {
                0 => {
                    characters.remove(at);
                }
                1 => characters.insert(at, characters[at]),
                2 => characters.truncate(at),
                _ => {
                    characters.splice(at..=at, snippet.chars());
                }
            }
        }
        survive(&characters.iter().collect::<String>());
    }
}
