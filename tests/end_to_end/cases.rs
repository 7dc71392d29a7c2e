//! Answers of real services, each served over a local server: the listed verdict at the listed clock, fresh and stale,
//! and the listed instant to the nanosecond.
//!
//! They lie beside the repository and are no part of it; without them the tests say so and pass.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Write as _, stderr};
use std::sync::Arc;

use freshwatch_agent::Agent;
use freshwatch_file::Source;
use freshwatch_probe::definition::Definition;
use freshwatch_probe::run::Run;
use freshwatch_tests::program;
use freshwatch_tests::recorded_answers::{self, Decoy, RecordedAnswer};
use freshwatch_tests::server::{Server, answer};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

mod places;

use places::Place::{self, ByJoin, BySignal, ByText, Wrong};
use places::{BY_TEXT, DECOYS, PLACES, XML_PATHS};

/// The clock for answers that have none: years after all of them.
const LATER: &str = "2027-01-01T00:00:00Z";

#[tokio::test]
async fn every_answer_gets_its_verdict() {
    let Some(answers) = recorded() else { return };
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (case, place) in with_places(&answers).await {
        let group = match place {
            BySignal => {
                case.check_right(
                    &case.source(&case.answer.signal.path),
                    formats(&case.answer.signal.format),
                )
                .await;
                "judged by their signal"
            }
            ByJoin { of, parts } => {
                case.check_right(&json!({"of": of, "join": parts}), &["auto"])
                    .await;
                "judged by the parts of a date"
            }
            ByText { regex, format, .. } => {
                case.check_right(&json!({"text": regex}), &[format]).await;
                "judged by their text"
            }
            Wrong(code) => {
                case.check_wrong(code).await;
                "never fresh"
            }
        };
        *counts.entry(group).or_default() += 1;
    }
    let groups: Vec<String> = counts
        .iter()
        .map(|(group, count)| format!("{count} {group}"))
        .collect();
    say(&format!(
        "{} recorded answers: {}",
        answers.len(),
        groups.join(", ")
    ));
}

#[tokio::test]
async fn xml_is_judged_by_paths_as_well() {
    let Some(answers) = recorded() else { return };
    let mut count = 0;
    for (case, _) in with_places(&answers).await {
        let paths = XML_PATHS.iter().filter(|(name, _)| *name == case.answer.name);
        for (_, path) in paths {
            let formats = formats(&case.answer.signal.format);
            case.check_right(&json!(path), formats).await;
            count += 1;
        }
    }
    assert_eq!(count, XML_PATHS.len());
}

#[tokio::test]
async fn answers_that_only_a_regex_reads_are_counted() {
    let by_text = PLACES.iter().filter_map(|(name, place)| match place {
        ByText { because, .. } => Some((name, because)),
        BySignal | ByJoin { .. } | Wrong(_) => None,
    });
    let by_text: Vec<_> = by_text.collect();
    assert_eq!(by_text.len(), BY_TEXT, "{by_text:?}");
}

#[tokio::test]
async fn a_zone_is_never_guessed() {
    let Some(answers) = recorded() else { return };
    let mut count = 0;
    for (case, place) in with_places(&answers).await {
        let (source, format) = match place {
            BySignal => (
                case.source(&case.answer.signal.path),
                formats(&case.answer.signal.format)[0],
            ),
            ByJoin { of, parts } => (json!({"of": of, "join": parts}), "auto"),
            ByText { regex, format, .. } => (json!({"text": regex}), format),
            Wrong(_) => continue,
        };
        if case.answer.signal.zone.is_some() {
            let mut fresh = case.fresh(&source, format);
            fresh.as_object_mut().expect("a map").remove("timezone");
            case.check(&fresh, case.answer.now_fresh, "invalid naive_timestamp", None)
                .await;
            count += 1;
        }
    }
    assert!(count >= 7, "{count}");
}

#[tokio::test]
async fn decoys_are_what_they_are() {
    let Some(answers) = recorded() else { return };
    let mut of_table = 0;
    for (case, _) in with_places(&answers).await {
        for decoy in &case.answer.decoys {
            if let Some(instant) = decoy.instant {
                case.check_instant_of(decoy, instant).await;
                continue;
            }
            let name = &case.answer.name;
            let row = DECOYS
                .iter()
                .find(|(answer, path, _, _)| answer == name && *path == decoy.path);
            let Some((_, _, pick, told)) = row else {
                panic!("{name}: the decoy {} has no row", decoy.path)
            };
            let mut fresh = case.fresh(
                &case.source_of_decoy(decoy),
                formats(&case.answer.signal.format)[0],
            );
            fresh["pick"] = json!(pick);
            case.check(&fresh, case.answer.now_fresh, told, None).await;
            of_table += 1;
        }
    }
    assert_eq!(of_table, DECOYS.len(), "every row has its decoy");
}

#[tokio::test]
async fn the_program_ends_by_the_verdict() {
    let Some(answers) = recorded() else { return };
    let answer = answers
        .iter()
        .find(|answer| answer.name == "github_repo")
        .expect("it is there");
    let case = Case::of(answer).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("probes.yaml");
    fs::write(&file, case.probe_file(&case.fresh(&json!("$.pushed_at"), "auto"))).unwrap();
    for (now, code, told) in [(answer.now_fresh, 0, "ok"), (answer.now_stale, 4, "stale")] {
        let now = now.expect("it has both clocks").to_string();
        let mut command = program::program();
        command.arg("check").arg(&file).args(["--now", &now]);
        let output = program::run(command).await;
        let printed = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(code), "{printed}");
        assert!(printed.starts_with(told), "{printed}");
    }
}

/// An answer, and a server that gives it.
struct Case<'a> {
    answer: &'a RecordedAnswer,
    server: Server,
}

impl<'a> Case<'a> {
    async fn of(recorded: &'a RecordedAnswer) -> Self {
        let content_type = format!("Content-Type: {}", recorded.content_type);
        let bytes = answer("200 OK", &[&content_type], recorded.body());
        Self {
            answer: recorded,
            server: Server::answering(bytes).await,
        }
    }

    /// Fresh at the one clock, stale at the other, the listed instant at both: in every way to write the format.
    async fn check_right(&self, source: &Value, formats: &[&str]) {
        let at = self.answer.age_counts_from();
        assert!(
            at.is_some(),
            "{}: a right answer denotes a time",
            self.answer.name
        );
        for format in formats {
            let fresh = self.fresh(source, format);
            self.check(&fresh, self.answer.now_fresh, "ok", at).await;
            self.check(&fresh, self.answer.now_stale, "stale too_old", at)
                .await;
        }
    }

    /// Invalid for this reason, whatever the format.
    async fn check_wrong(&self, code: &str) {
        let path = &self.answer.signal.path;
        let source = if path.is_null() {
            json!("$.updated_at")
        } else {
            self.source(path)
        };
        for format in ["auto", "rfc3339"] {
            self.check(
                &self.fresh(&source, format),
                None,
                &format!("invalid {code}"),
                None,
            )
            .await;
        }
    }

    /// A minute after its instant the decoy is fresh, with that instant as its time.
    async fn check_instant_of(&self, decoy: &Decoy, instant: Timestamp) {
        let soon = Some(instant + SignedDuration::from_mins(1));
        let (first_plausible, source) = (
            "1990-01-01T00:00:00Z".parse().expect("a time"),
            self.source_of_decoy(decoy),
        );
        for format in formats(
            decoy
                .format
                .as_deref()
                .expect("a decoy with an instant has a format"),
        ) {
            let mut fresh = self.fresh(&source, format);
            fresh["max_age"] = json!("2m");
            // The decoys' instants are those of UTC: that is what makes one of them a decoy.
            fresh["timezone"] = json!("UTC");
            if *format == "auto" && instant < first_plausible {
                self.check(&fresh, soon, "invalid bad_timestamp", None).await;
            } else {
                self.check(&fresh, soon, "ok", Some(instant)).await;
            }
        }
    }

    /// Runs a probe with this rule at this clock, and compares what it says, and the data's own time.
    async fn check(&self, fresh: &Value, now: Option<Timestamp>, told: &str, at: Option<Timestamp>) {
        let now = now.unwrap_or_else(|| LATER.parse().expect("a time"));
        let run = self.run(fresh, now).await;
        let context = format!("{} at {now}: {fresh}: {:?}", self.answer.name, run.judgment);
        assert_eq!(tell(&run), told, "{context}");
        if let Some(at) = at {
            assert_eq!(
                run.judgment.data.and_then(|data| data.timestamp),
                Some(at),
                "{context}"
            );
        }
    }

    async fn run(&self, fresh: &Value, now: Timestamp) -> Run {
        let definition = load(self.probe_file(fresh));
        let run = Agent::new().run_once(&definition, Some(now)).await;
        assert_eq!(
            run.exchange.status,
            Some(200),
            "{}: {:?}",
            self.answer.name,
            run.judgment
        );
        run
    }

    fn probe_file(&self, fresh: &Value) -> String {
        let url = self.server.url(&format!("/{}", self.answer.file.display()));
        serde_yaml::to_string(&json!({"probes": {"case": {"get": url, "fresh": fresh}}})).expect("YAML")
    }

    /// The rule of the probe file for a source.
    fn fresh(&self, source: &Value, format: &str) -> Value {
        let signal = &self.answer.signal;
        let max_age = self.answer.max_age.as_deref().unwrap_or("1h");
        let pick = if signal.pick == "min" { "oldest" } else { "newest" };
        let mut fresh = json!({"at": source, "pick": pick, "max_age": max_age});
        if format != "auto" {
            fresh["format"] = json!(format);
        }
        if let Some(zone) = &signal.zone {
            fresh["timezone"] = json!(zone);
        }
        fresh
    }

    /// The source of the probe file for a path of the list.
    fn source(&self, path: &serde_yaml::Value) -> Value {
        let name = &self.answer.name;
        let path = path
            .as_str()
            .unwrap_or_else(|| panic!("{name}: one path, or a row of its own"));
        let signal = &self.answer.signal;
        match (signal.by.as_str(), signal.pick.as_str()) {
            ("jsonpath", _) => json!(path),
            // Nothing is newest or oldest about the first: the regex reaches from the start to it.
            ("regex", "first") => json!({"text": format!(r"(?s)\A.*?{path}")}),
            ("regex", _) => json!({"text": path}),
            ("csv", _) => json!(column(path)),
            (other, _) => panic!("{name}: no source of the probe file is a {other}"),
        }
    }

    fn source_of_decoy(&self, decoy: &Decoy) -> Value {
        match decoy.by.as_str() {
            "jsonpath" => json!(decoy.path),
            "regex" => json!({"text": format!("({})", decoy.path)}),
            "csv" => json!(column(&decoy.path)),
            other => panic!("{}: no source of the probe file is a {other}", self.answer.name),
        }
    }
}

/// The ways to write a format of the list in a probe file, `auto` first where it can tell.
fn formats(listed: &str) -> &'static [&'static str] {
    match listed {
        "rfc3339" | "malformed-rfc3339" => &["auto", "rfc3339"],
        "epoch-s" | "epoch-s-string" => &["auto", "unix"],
        "epoch-ms" => &["auto", "unix_ms"],
        "epoch-ns" => &["auto", "unix_ns"],
        "iso-naive" | "time-of-day" | "none" | "split-ymd" => &["auto"],
        "iso-basic-offset" => &["auto", "%Y-%m-%dT%H:%M:%S%z"],
        "date" => &["auto", "%Y-%m-%d"],
        "year-month" => &["auto", "%Y-%m"],
        "yyyymm" => &["%Y%m"],
        other => panic!("the format {other} is new"),
    }
}

/// The path to a column of a CSV body.
fn column(name: &str) -> String {
    format!("$[*]['{name}']")
}

fn load(text: String) -> Arc<Definition> {
    let source = Source {
        name: "case.yaml".into(),
        text,
    };
    let none = |_: &std::path::Path| Err(std::io::ErrorKind::NotFound.into());
    match freshwatch_file::parse(std::slice::from_ref(&source), &|_| None, &none) {
        Ok(set) => set.definitions.into_iter().next().expect("one probe"),
        Err(mistakes) => panic!("{}", mistakes.render(false)),
    }
}

/// `ok`, or the verdict with the code of its one reason.
fn tell(run: &Run) -> String {
    let verdict = run.judgment.verdict;
    match run.judgment.reasons.as_slice() {
        [] => verdict.to_string(),
        [reason] => format!("{verdict} {}", reason.code),
        several => format!("{verdict} for {} reasons", several.len()),
    }
}

fn recorded() -> Option<Vec<RecordedAnswer>> {
    let answers = recorded_answers::load();
    if answers.is_none() {
        say("SKIPPED: the recorded answers (shared/cases beside the repository) are missing");
    }
    answers
}

/// Every answer with a server and its place.
async fn with_places(answers: &[RecordedAnswer]) -> Vec<(Case<'_>, Place)> {
    let places: BTreeMap<&str, Place> = PLACES.into();
    assert_eq!(places.len(), PLACES.len(), "a place stands twice");
    let mut cases = Vec::new();
    for answer in answers {
        let place = places.get(answer.name.as_str());
        let place = place.unwrap_or_else(|| panic!("`{}` is new: give it a place", answer.name));
        cases.push((Case::of(answer).await, *place));
    }
    assert_eq!(cases.len(), PLACES.len(), "a place has no answer");
    cases
}

/// Said past the harness, which swallows what a passing test prints.
fn say(line: &str) {
    writeln!(stderr(), "{line}").expect("standard error can be written to");
}
