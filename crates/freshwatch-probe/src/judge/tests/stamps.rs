//! Timestamps that look stamped at answer time: noted after many runs, never a verdict.

use std::sync::Arc;

use super::*;
use crate::run::Run;

const MINUTE: SignedDuration = SignedDuration::from_mins(1);

/// What a probe sees over time, and what it remembers of it.
struct Watch {
    definition: Arc<Definition>,
    memory: Memory,
    /// What the last run noted.
    noted: Vec<String>,
    /// How often something was noted as new.
    news: usize,
}

impl Watch {
    fn new(rule: Freshness) -> Self {
        Self {
            definition: Arc::new(freshness(rule)),
            memory: Memory::default(),
            noted: Vec::new(),
            news: 0,
        }
    }

    /// One run at this time.
    #[track_caller]
    fn see(&mut self, observation: &Observation, at: Timestamp) {
        let judgment = judge(&self.definition, observation, Recall::From(&self.memory), at);
        assert_eq!(judgment.verdict, Verdict::Ok, "{judgment:#?}");
        if let Some(remembered) = &judgment.memory {
            let text = serde_json::to_string(&**remembered).unwrap();
            self.memory = serde_json::from_str(&text).unwrap();
        }
        self.noted.clone_from(&judgment.notes);
        let run = Run {
            definition: Arc::clone(&self.definition),
            started: at,
            took: Duration::ZERO,
            attempts: 1,
            exchange: Exchange::default(),
            judgment,
            trace: None,
        };
        self.news += run.newly_stamped().count();
    }

    /// So many runs, each so long after the one before, of what the service says then. Gives whether it is noted.
    #[track_caller]
    fn sees(
        &mut self,
        runs: i32,
        every: SignedDuration,
        says: impl Fn(Timestamp, i32) -> Observation,
    ) -> bool {
        for run in 0..runs {
            let at = now() + every * run;
            self.see(&says(at, run), at);
        }
        !self.noted.is_empty()
    }
}

/// The same content at every time, with a time so far behind it.
fn stamped(behind: SignedDuration) -> impl Fn(Timestamp, i32) -> Observation {
    move |at, _| json(&json!({"updatedAt": (at - behind).to_string(), "prices": [1, 2, 3]}))
}

#[test]
fn a_timestamp_that_follows_the_clock_is_noted_once_it_has_done_so_often_and_long_enough() {
    let second = SignedDuration::from_secs(1);
    let mut watch = Watch::new(at("$.updatedAt"));
    assert!(!watch.sees(60, MINUTE, stamped(second)));
    let mut watch = Watch::new(at("$.updatedAt"));
    assert!(watch.sees(61, MINUTE, stamped(second)));
    insta::assert_snapshot!(watch.noted.join("\n"), @"this timestamp looks stamped at answer time: in 61 runs over 1h `$.updatedAt` has followed the clock, while the rest of the body stood still; use the time at which the data was made, or judge the data with `changes`");
    let mut watch = Watch::new(at("$.updatedAt"));
    assert!(!watch.sees(19, MINUTE * 10, stamped(second)));
    let mut watch = Watch::new(at("$.updatedAt"));
    assert!(watch.sees(40, MINUTE * 10, stamped(second)));
    assert_eq!(watch.news, 1);
}

#[test]
fn a_clock_that_differs_does_not_hide_it() {
    for seconds in [-100, 0, 100] {
        let mut watch = Watch::new(at("$.updatedAt"));
        assert!(
            watch.sees(70, MINUTE, stamped(SignedDuration::from_secs(seconds))),
            "{seconds}"
        );
    }
}

#[test]
fn whatever_follows_the_content_is_not_noted() {
    let check = |says: &dyn Fn(Timestamp, i32) -> Observation| {
        let mut watch = Watch::new(at("$.updatedAt"));
        assert!(!watch.sees(100, MINUTE, says));
        assert_eq!(watch.news, 0);
        watch
    };
    // The content moves along.
    let body = |at: Timestamp, run: i32| json(&json!({"updatedAt": at.to_string(), "price": run}));
    check(&body);
    // It moves once in a while.
    let body = |at: Timestamp, run: i32| json(&json!({"updatedAt": at.to_string(), "price": run / 50}));
    check(&body);
    // A batch that writes every five minutes.
    let body =
        |_: Timestamp, run: i32| json(&json!({"updatedAt": (now() + MINUTE * (run / 5 * 5)).to_string()}));
    check(&body);
    // One that writes the same every 40 seconds.
    let mut watch = Watch::new(at("$.updatedAt"));
    let second = SignedDuration::from_secs(1);
    let body = |_: Timestamp, run: i32| {
        json(&json!({"updatedAt": (now() + second * (run * 7 / 40 * 40)).to_string()}))
    };
    assert!(!watch.sees(1000, second * 7, body));
    // Data that is old anyway leaves nothing behind.
    let watch = check(&stamped(MINUTE * 3));
    assert!(watch.memory.is_empty());
    // There is nothing but the headers.
    let mut rule = at("$.updatedAt");
    rule.source = Source::Header(http::header::LAST_MODIFIED);
    let mut watch = Watch::new(rule);
    let empty = |at: Timestamp, _| with_header(answer(200, ""), "last-modified", &at.to_string());
    assert!(!watch.sees(100, MINUTE, empty));
}

#[test]
fn it_is_noted_wherever_the_timestamp_stands() {
    let mut rule = at("$.updatedAt");
    rule.source = Source::Header(http::header::LAST_MODIFIED);
    let header =
        |at: Timestamp, _| with_header(json(&json!({"prices": [1]})), "last-modified", &at.to_string());
    assert!(Watch::new(rule.clone()).sees(70, MINUTE, header));
    rule.source = Source::Text(Regex::new(r"Updated: (\S+)").unwrap());
    let text = |at: Timestamp, _| answer(200, format!("Prices. Updated: {at} The end."));
    assert!(Watch::new(rule.clone()).sees(70, MINUTE, text));
    rule.source = Source::Path(Path::parse("$.at").unwrap());
    let number =
        |at: Timestamp, _| json(&json!({"at": at.as_millisecond(), "again": at.as_millisecond(), "n": 1}));
    assert!(Watch::new(rule.clone()).sees(70, MINUTE, number));
    rule.signal = Signal::Age {
        unit: AgeUnit::Seconds,
        bound: bound(),
    };
    let age = |_: Timestamp, run: i32| json(&json!({"at": run % 2, "n": 101}));
    assert!(Watch::new(rule).sees(70, MINUTE, age));
}

#[test]
fn runs_that_follow_fast_count_as_one_and_the_note_stays() {
    let second = SignedDuration::from_secs(1);
    let mut watch = Watch::new(at("$.updatedAt"));
    assert!(watch.sees(3700, second, stamped(SignedDuration::ZERO)));
    assert!(watch.noted[0].contains("in 740 runs"), "{:?}", watch.noted);
    assert_eq!(watch.news, 1);
    // Between two that count it is still said, and nothing new is remembered.
    let next = now() + second * 3701;
    watch.see(&stamped(SignedDuration::ZERO)(next, 0), next);
    assert_eq!(watch.noted.len(), 1);
}

#[test]
fn it_is_over_when_the_content_moves_or_the_age_does() {
    let mut watch = Watch::new(at("$.updatedAt"));
    assert!(watch.sees(70, MINUTE, stamped(SignedDuration::ZERO)));
    let next = now() + MINUTE * 70;
    watch.see(
        &json(&json!({"updatedAt": next.to_string(), "prices": [4]})),
        next,
    );
    assert_eq!(watch.noted, [] as [&str; 0]);
    assert!(watch.memory.watches_stamps());
    let next = next + MINUTE;
    watch.see(&stamped(MINUTE * 10)(next, 0), next);
    assert!(watch.memory.is_empty());
}

#[test]
fn a_clock_that_is_set_back_begins_anew() {
    let mut watch = Watch::new(at("$.updatedAt"));
    assert!(watch.sees(70, MINUTE, stamped(SignedDuration::ZERO)));
    assert!(!watch.sees(2, MINUTE, stamped(SignedDuration::ZERO)));
}

#[test]
fn what_is_kept_is_small() {
    assert!(size_of::<crate::freshness::Stamp>() <= 40);
}
