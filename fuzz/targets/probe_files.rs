//! Probe files: whatever they hold, there are definitions or mistakes, and no variable's value in any message.
#![no_main]

use std::io;

use freshwatch_file::{Source, parse};
use libfuzzer_sys::fuzz_target;

/// The value of every environment variable.
const SECRET: &str = "s3cr3t-0f-4-v4r14bl3";

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let source = Source {
        name: "probes.yaml".to_owned(),
        text: text.to_owned(),
    };
    let env = |name: &str| (name != "UNSET").then(|| SECRET.to_owned());
    let read_file = |_: &std::path::Path| -> io::Result<Vec<u8>> { Ok(br#"{"type": "object"}"#.to_vec()) };
    let Err(mistakes) = parse(&[source], &env, &read_file) else {
        return;
    };
    let told = format!("{}{mistakes:?}", mistakes.render(false));
    assert!(!told.trim().is_empty(), "a refusal says why");
    assert!(
        !told.contains(SECRET) || text.contains(SECRET),
        "a secret was told:\n{told}"
    );
});
