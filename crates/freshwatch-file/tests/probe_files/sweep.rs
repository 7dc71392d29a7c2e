//! Every key of the grammar with every kind of value: whatever is wrong with it, there is a remedy.

use std::collections::BTreeSet;

use freshwatch_file::{Code, Mistakes};

use crate::anything;

/// A value of every type, right and wrong in turn.
const VALUES: [&str; 24] = [
    "",
    "~",
    "[]",
    "[7]",
    "[word, 7]",
    "[[7]]",
    "[{zz: 7}]",
    "{}",
    "{zz: b}",
    "{zz: [7]}",
    "{each: 7}",
    "7",
    "-1",
    "1.5",
    "1e99",
    "007",
    ".nan",
    "word",
    "two words",
    "''",
    "'7'",
    "'${env:MISSING}'",
    "'${open'",
    "true",
];

/// The blocks whose keys the grammar knows.
const BLOCKS: [&str; 30] = [
    "HOLE",
    "defaults: {HOLE}, probes: {a: {get: 'http://h/'}}",
    "calendars: {a: {HOLE}}",
    "calendars: {a: {days: [mon], timezone: UTC, holidays: [{HOLE}]}}",
    "probes: {a: {HOLE}}",
    "probes: {a: {get: 'http://h/', HOLE}}",
    "probes: {a: {get: 'http://h/', auth: {HOLE}}}",
    "probes: {a: {get: 'http://h/', auth: {basic: {HOLE}}}}",
    "probes: {a: {get: 'http://h/', tls: {HOLE}}}",
    "probes: {a: {get: 'http://h/', retry: {HOLE}}}",
    "probes: {a: {get: 'http://h/', slo: {HOLE}}}",
    "probes: {a: {get: 'http://h/', expect: {HOLE}}}",
    "probes: {a: {get: 'http://h/', warn: {HOLE}}}",
    "probes: {a: {get: 'http://h/', verdict: {HOLE}}}",
    "probes: {a: {get: 'http://h/', verdict: {stale: {HOLE}}}}",
    "probes: {a: {get: 'http://h/', expect: {size: {HOLE}}}}",
    "probes: {a: {get: 'http://h/', expect: {certificate: {HOLE}}}}",
    "probes: {a: {get: 'http://h/', warn: {latency: {HOLE}}}}",
    "probes: {a: {get: 'http://h/', expect: {text: {HOLE}}}}",
    "probes: {a: {get: 'http://h/', expect: {headers: {x: {HOLE}}}}}",
    "probes: {a: {get: 'http://h/', expect: {body: {$.a: {HOLE}}}}}",
    "probes: {a: {get: 'http://h/', expect: {body: {'$[*]': {each: {HOLE}}}}}}",
    "probes: {a: {get: 'http://h/', expect: {body: {$.a: {count: {HOLE}}}}}}",
    "probes: {a: {get: 'http://h/', fresh: {HOLE}}}",
    "probes: {a: {get: 'http://h/', fresh: {max_age: 1h, at: {HOLE}}}}",
    "probes: {a: {get: 'http://h/', tests: [{HOLE}]}}",
    "probes: {a: {get: 'http://h/', tests: [{name: x, answer: {status: 200}, verdict: ok, HOLE}]}}",
    "probes: {a: {get: 'http://h/', tests: [{name: x, verdict: ok, answer: {HOLE}}]}}",
    "probes: {a: {get: 'http://h/', tests: [{name: x, verdict: ok, answer: {certificate: {HOLE}}}]}}",
    "probes: {a: {get: 'http://h/', fresh: {advances: $.a, max_age: 1h}, tests: [{name: x, verdict: ok, now: 2026-11-21T00:00:00Z, answer: {status: 200}, before: {HOLE}}]}}",
];

/// Blocks whose keys are the writer's own, and the others' keys that are not built yet.
const OTHERS: [&str; 16] = [
    "probes: {a: {get: 'http://h/', headers: {HOLE}}}",
    "probes: {a: {get: 'http://h/', query: {HOLE}}}",
    "probes: {a: {post: 'http://h/', form: {HOLE}}}",
    "probes: {a: {post: 'http://h/', json: {HOLE}}}",
    "probes: {a: {get: 'http://h/', labels: {HOLE}}}",
    "probes: {a: {get: 'http://h/', resolve: {HOLE}}}",
    "probes: {a: {get: 'http://h/', expect: {headers: {HOLE}}}}",
    "probes: {a: {get: 'http://h/', expect: {body: {HOLE}}}}",
    "probes: {a: {get: 'http://h/', expect: {HOLE}}}",
    "probes: {a: {get: 'http://h/', fresh: {HOLE}}}",
    "probes: {a: {get: 'http://h/', HOLE}}",
    "defaults: {HOLE}, probes: {a: {get: 'http://h/'}}",
    "probes: {a: {get: 'http://h/', tests: [{name: x, verdict: ok, answer: {headers: {HOLE}}}]}}",
    "probes: {a: {get: 'http://h/', tests: [{name: x, verdict: ok, answer: {json: {HOLE}}}]}}",
    "probes: {HOLE}",
    "calendars: {HOLE}",
];

const WORDS: [&str; 18] = [
    "x",
    "$.a",
    "'h:443'",
    "'${nonce}'",
    "Authorization",
    "steps",
    "save",
    "tests",
    "proxy",
    "oauth2",
    "always",
    "name",
    "at",
    "period",
    "due",
    "each",
    "status",
    "latency",
];

fn mistakes(block: &str, hole: &str) -> Option<Mistakes> {
    anything::read(&format!("{{{}}}", block.replace("HOLE", hole))).err()
}

/// The keys of a block, as the mistake of an unknown one lists them.
fn keys(block: &str) -> Vec<String> {
    let mistakes = mistakes(block, "qqqqqq: 1").unwrap();
    let unknown = mistakes
        .iter()
        .find(|mistake| mistake.code == Code::UnknownKey)
        .unwrap();
    let help = unknown.help.as_deref().unwrap();
    let listed = help.strip_prefix("allowed here: ").expect(help);
    listed.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// What is wrong with a key that has this value, as far as nothing says what to do about it.
fn without_remedy(block: &str, key: &str) -> Vec<String> {
    let found = VALUES
        .iter()
        .filter_map(|value| mistakes(block, &format!("{key}: {value}")));
    found
        .flat_map(|mistakes| {
            let helpless = mistakes
                .iter()
                .filter(|mistake| mistake.help.as_ref().is_none_or(String::is_empty));
            helpless
                .map(|mistake| format!("{block}: {key}: {}", mistake.message))
                .collect::<Vec<_>>()
        })
        .collect()
}

#[test]
fn every_mistake_of_every_key_has_a_remedy() {
    let mut swept = BTreeSet::new();
    let known = BLOCKS
        .iter()
        .flat_map(|block| keys(block).into_iter().map(move |key| (*block, key)));
    let others = OTHERS
        .iter()
        .flat_map(|block| WORDS.iter().map(move |key| (*block, (*key).to_owned())));
    let mut helpless = Vec::new();
    for (block, key) in known.chain(others) {
        helpless.extend(without_remedy(block, &key));
        swept.insert((block, key));
    }
    assert!(helpless.is_empty(), "{helpless:#?}");
    assert!(
        swept.len() > 400,
        "{} keys are few for so large a grammar",
        swept.len()
    );
}
