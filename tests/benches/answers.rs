//! What judging an answer costs, by its size, beside the least that reading all of it could: a parse to a tree.
//!
//! `cargo bench -p freshwatch-tests --bench answers` judges answers of 1 KiB, 64 KiB and 1 MiB in this process, with no
//! network: a matcher on one member and the time of another (`at`), and a thousand items each with a time of its own
//! (`each`). In turn with them it parses the same bytes to a tree with serde_json, and does nothing with that; so
//! whatever else the machine does meets both alike. It prints the CPU time of one judgment, of one parse, and how many
//! times the one is the other. What other probers take for the same sizes is in the benchmark `daemon`, scenario
//! `peers`.

#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]

use std::hint::black_box;
use std::io;
use std::path::Path;
use std::sync::Arc;

use freshwatch_file::Source;
use freshwatch_probe::definition::Definition;
use freshwatch_probe::freshness::memory::{Memory, Recall};
use freshwatch_probe::judge::judge;
use freshwatch_probe::observation::{Answer, Body, Exchange, Observation, Outcome};
use freshwatch_probe::redact::Redactor;
use freshwatch_probe::verdict::Verdict;
use freshwatch_tests::price_list::PriceList;
use freshwatch_tests::resources::own_cpu;
use http::HeaderMap;
use jiff::Timestamp;

/// What else the machine does can only add, so that the least of several turns tells most.
const ROUNDS: usize = 15;

/// How much is read in one turn, in bytes.
const TURN: usize = 16 << 20;

/// What clocks of processes can tell apart is a microsecond: a turn has a few hundred at least.
const MOST_TIMES: usize = 4_000;

/// How many items `each` has.
const ITEMS: usize = 1000;

const SIZES: [(&str, usize); 3] = [("1 KiB", 1 << 10), ("64 KiB", 64 << 10), ("1 MiB", 1 << 20)];

const AT: &str = "expect: {body: {$.status: OK}}, fresh: {at: $.updatedAt, max_age: 1h}";
const EACH: &str =
    "expect: {body: {$.status: OK}}, fresh: {each: '$.items[*]', key: $.id, at: $.at, max_age: 1h}";

fn main() -> io::Result<()> {
    println!("CPU time of one judgment beside one parse to a tree; the least of {ROUNDS} turns");
    println!("{:<24} {:>12} {:>12} {:>8}", "", "judgment", "parse", "ratio");
    let now = "2026-11-21T09:00:00Z".parse().map_err(io::Error::other)?;
    for (size, bytes) in SIZES {
        report(&format!("at, {size}"), AT, &PriceList::of(bytes).at(now), now)?;
    }
    // A thousand items have no room in the smallest.
    for (size, bytes) in &SIZES[1..] {
        let body = PriceList::of_items(ITEMS, *bytes, now).at(now);
        report(&format!("each of {ITEMS}, {size}"), EACH, &body, now)?;
    }
    Ok(())
}

fn report(name: &str, rules: &str, body: &[u8], now: Timestamp) -> io::Result<()> {
    let definition = match load(rules) {
        Ok(definition) => definition,
        Err(mistakes) => {
            println!("{name:<24} SKIPPED: this version does not know such a rule\n{mistakes}");
            return Ok(());
        }
    };
    let observation = observation(body.to_vec());
    let memory = Memory::default();
    let judged = || judge(&definition, &observation, Recall::From(&memory), now);
    let verdict = judged().verdict;
    if verdict != Verdict::Ok {
        return Err(io::Error::other(format!("{name}: {:?}", judged())));
    }
    let times = (TURN / body.len()).clamp(1, MOST_TIMES);
    let (mut judging, mut parsing) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..ROUNDS {
        judging = judging.min(cost(times, || drop(black_box(judged())))?);
        let parse = || drop(black_box(serde_json::from_slice::<serde_json::Value>(body)));
        parsing = parsing.min(cost(times, parse)?);
    }
    println!(
        "{name:<24} {judging:>9.1} µs {parsing:>9.1} µs {:>8.2}",
        judging / parsing
    );
    Ok(())
}

/// The CPU time of one, in microseconds.
fn cost(times: usize, work: impl Fn()) -> io::Result<f64> {
    let before = own_cpu()?;
    for _ in 0..times {
        work();
    }
    let took = own_cpu()?.saturating_sub(before);
    #[expect(clippy::cast_precision_loss, reason = "there are a few thousand")]
    let times = times as f64;
    Ok(took.as_secs_f64() * 1e6 / times)
}

fn load(rules: &str) -> Result<Arc<Definition>, String> {
    let source = Source {
        name: "answers.yaml".into(),
        text: format!("probes: {{answers: {{get: 'http://127.0.0.1/', {rules}}}}}"),
    };
    let none = |_: &Path| Err(io::ErrorKind::NotFound.into());
    let set = freshwatch_file::parse(std::slice::from_ref(&source), &|_| None, &none)
        .map_err(|mistakes| mistakes.render(false))?;
    set.definitions.into_iter().next().ok_or_else(String::new)
}

fn observation(body: Vec<u8>) -> Observation {
    Observation {
        exchange: Exchange::default(),
        outcome: Outcome::Answered(Answer {
            status: 200,
            headers: HeaderMap::new(),
            body: Body::Complete(body.into()),
            redirect_stop: None,
        }),
        secrets: Redactor::default(),
    }
}
