//! Selecting in bodies: how a body is read and a path on the first line, the body behind it. Whatever it is, there is a
//! judgment; and of JSON the prober selects what the whole tree would give.
#![no_main]

use std::io;
use std::path::Path as FilePath;

use bytes::Bytes;
use freshwatch_file::{Source, parse};
use freshwatch_probe::definition::Definition;
use freshwatch_probe::freshness::memory::Recall;
use freshwatch_probe::judge::judge;
use freshwatch_probe::observation::{Answer, Body, Exchange, Observation, Outcome};
use freshwatch_probe::path::Path;
use freshwatch_probe::redact::Redactor;
use freshwatch_probe::select::View;
use freshwatch_probe::verdict::Verdict;
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|bytes: &[u8]| {
    let Some(end) = bytes.iter().position(|byte| *byte == b'\n') else {
        return;
    };
    let Ok(line) = std::str::from_utf8(&bytes[..end]) else {
        return;
    };
    let body = &bytes[end + 1..];
    let Some((read_as, text)) = line.split_once(' ') else {
        return;
    };
    let Ok(path) = Path::parse(text) else { return };
    let Some(probe) = probe(read_as, text) else { return };
    let observation = Observation {
        exchange: Exchange::default(),
        outcome: Outcome::Answered(answer(body)),
        secrets: Redactor::default(),
    };
    let judgment = judge(&probe, &observation, Recall::Nowhere, Timestamp::UNIX_EPOCH);
    assert!(
        judgment.verdict == Verdict::Ok || !judgment.reasons.is_empty(),
        "a verdict has a reason"
    );
    if read_as == "json" {
        check_selection(&probe, &path, body);
    }
});

/// A probe that looks at this path of a body that is read so.
fn probe(read_as: &str, path: &str) -> Option<Definition> {
    let quoted = |text: &str| Value::from(text).to_string();
    let text = format!(
        r#"probes: {{x: {{get: "http://h/", read_as: {}, fresh: {{at: {}, pick: newest, timezone: UTC, max_age: 1h}}}}}}"#,
        quoted(read_as),
        quoted(path)
    );
    let source = Source {
        name: "probes.yaml".to_owned(),
        text,
    };
    let read_file = |_: &FilePath| -> io::Result<Vec<u8>> { Err(io::ErrorKind::NotFound.into()) };
    let set = parse(&[source], &|_| None, &read_file).ok()?;
    set.definitions.first().map(|definition| (**definition).clone())
}

fn answer(body: &[u8]) -> Answer {
    Answer {
        status: 200,
        headers: http::HeaderMap::new(),
        body: Body::Complete(Bytes::copy_from_slice(body)),
        redirect_stop: None,
    }
}

fn check_selection(probe: &Definition, path: &Path, body: &[u8]) {
    let answer = answer(body);
    let secrets = Redactor::default();
    let view = View::new(&answer, probe, &secrets);
    let seen = view.select(path);
    let tree = serde_json::from_slice::<Value>(body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body));
    match (seen, tree) {
        (Ok(seen), Ok(tree)) => {
            let whole = path.select(&tree).unwrap_or_default();
            assert_eq!(seen, whole, "{path}");
            assert_eq!(
                view.missing_at(path, seen.len()),
                path.missing(&tree, whole.len()),
                "{path}"
            );
        }
        (Ok(seen), Err(why)) => panic!("{path} found {seen:?} in what is no JSON: {why}"),
        (Err(_), _) => {}
    }
}
