//! What the exporter tells people, each thing once while it stays the same.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::answer::Scope;
use super::push::{Failure, Rejected};
use super::queue::News;
use crate::spool::{Finding, Lost, SpoolError};

/// What was told and has not been seen for so long is news again.
const QUIET: SignedDuration = SignedDuration::from_mins(10);

/// An outage like one that was told a while ago is told again when it lasts so long: a blip is not.
const BLIP: SignedDuration = SignedDuration::from_secs(30);

/// So many different things are told within the quiet time at most: a receiver's words may differ at each request.
const MOST_NEWS: usize = 8;

/// Something worth a line in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// The receiver is away: batches wait and are sent again.
    Failing(Failure),
    /// It takes batches again.
    Recovered {
        /// How long it did not.
        after: Duration,
        /// How many batches have waited and are sent now.
        queued: u64,
    },
    /// It refused a batch for good: that batch is given up.
    Refused(Failure),
    /// It takes nothing of this signal: nothing more of it is sent for a while.
    Declined(Failure),
    /// It accepted a batch and rejected some of its points, or has a warning.
    Rejected(Rejected),
    /// Batches were given up without having been sent.
    Dropped {
        /// How many since this was last told.
        batches: u64,
        /// Why.
        cause: DropCause,
    },
    /// Batches that still wait on the disk when the program ends.
    Kept {
        /// How many.
        batches: u64,
    },
    /// The disk does not take what is to wait: it waits in memory.
    QueueFailing(SpoolError),
    /// The disk takes it again.
    QueueRecovered,
    /// Something was found on the disk.
    QueueFound(Finding),
}

/// Why batches were given up without having been sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DropCause {
    /// The queue was full: the oldest went.
    Full,
    /// They were too old.
    Age,
    /// The program ended before the receiver took them.
    Shutdown,
}

/// Tells, and remembers what it told.
pub(super) struct Teller<F> {
    tell: F,
    now: fn() -> Timestamp,
    memory: Mutex<Memory>,
}

#[derive(Default)]
struct Memory {
    /// What was told, and when it was last so.
    recent: Vec<(String, Timestamp)>,
    outage: Option<Outage>,
    has_declined: bool,
    full: Dropping,
    age: Dropping,
}

/// Batches that go for one cause.
#[derive(Default)]
struct Dropping {
    untold: u64,
    told: Option<Timestamp>,
}

/// The receiver takes nothing.
struct Outage {
    since: Timestamp,
    is_told: bool,
}

impl<F: Fn(Told)> Teller<F> {
    pub(super) fn new(tell: F, now: fn() -> Timestamp) -> Self {
        Self {
            tell,
            now,
            memory: Mutex::default(),
        }
    }

    /// An attempt failed and is made again.
    pub(super) fn failing(&self, failure: Failure) {
        if self.lock().is_outage_news(&failure.message, (self.now)()) {
            (self.tell)(Told::Failing(failure));
        }
    }

    /// A batch was refused for good.
    pub(super) fn refused(&self, failure: Failure, scope: Scope) {
        let now = (self.now)();
        if scope == Scope::Signal {
            // That it does not is no news for as long as it does not.
            if !std::mem::replace(&mut self.lock().has_declined, true) {
                (self.tell)(Told::Declined(failure));
            }
            return;
        }
        let is_news = match scope {
            Scope::Batch | Scope::Part => self.lock().is_news(&failure.message, now),
            Scope::Endpoint | Scope::Signal | Scope::Peer => {
                self.lock().is_outage_news(&failure.message, now)
            }
        };
        if is_news {
            (self.tell)(Told::Refused(failure));
        }
    }

    /// A batch was accepted and so many wait.
    pub(super) fn recovered(&self, queued: u64) {
        let now = (self.now)();
        self.lock().has_declined = false;
        let Some(outage) = self.lock().outage.take() else {
            return;
        };
        if outage.is_told {
            let after = Duration::try_from(now.duration_since(outage.since)).unwrap_or_default();
            (self.tell)(Told::Recovered { after, queued });
        }
        self.tell_untold();
    }

    /// The receiver has something to say of a batch that it accepted.
    pub(super) fn rejected(&self, rejected: Rejected) {
        let kind = if rejected.points > 0 { "rejected" } else { "warned" };
        let text = format!("{kind} {}", rejected.words.as_deref().unwrap_or_default());
        if self.lock().is_news(&text, (self.now)()) {
            (self.tell)(Told::Rejected(rejected));
        }
    }

    /// So many batches had to go.
    pub(super) fn dropped(&self, lost: Lost) {
        for (batches, cause) in [(lost.full, DropCause::Full), (lost.age, DropCause::Age)] {
            let untold = self
                .lock()
                .dropping(cause)
                .map(|dropping| dropping.news(batches, (self.now)()));
            self.tell_dropped(untold.unwrap_or_default(), cause);
        }
    }

    /// What happened to the disk.
    pub(super) fn disk(&self, news: News) {
        (self.tell)(match news {
            News::Failing(error) => Told::QueueFailing(error),
            News::Sound => Told::QueueRecovered,
            News::Found(finding) => Told::QueueFound(finding),
        });
    }

    /// So many batches still waited when the program ended, and so many of them are on the disk.
    pub(super) fn left(&self, in_memory: u64, kept: u64) {
        self.tell_untold();
        self.tell_dropped(in_memory, DropCause::Shutdown);
        if kept > 0 {
            (self.tell)(Told::Kept { batches: kept });
        }
    }

    fn tell_untold(&self) {
        for cause in [DropCause::Full, DropCause::Age] {
            let untold = self
                .lock()
                .dropping(cause)
                .map(|dropping| std::mem::take(&mut dropping.untold));
            self.tell_dropped(untold.unwrap_or_default(), cause);
        }
    }

    fn tell_dropped(&self, batches: u64, cause: DropCause) {
        if batches > 0 {
            (self.tell)(Told::Dropped { batches, cause });
        }
    }

    /// It is never held while somebody is told.
    fn lock(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Dropping {
    /// How many are to be told now that so many more have gone.
    fn news(&mut self, batches: u64, now: Timestamp) -> u64 {
        self.untold += batches;
        let is_told = self.told.is_some_and(|told| now.duration_since(told) < QUIET);
        if is_told || self.untold == 0 {
            return 0;
        }
        self.told = Some(now);
        std::mem::take(&mut self.untold)
    }
}

impl Memory {
    fn dropping(&mut self, cause: DropCause) -> Option<&mut Dropping> {
        match cause {
            DropCause::Full => Some(&mut self.full),
            DropCause::Age => Some(&mut self.age),
            DropCause::Shutdown => None,
        }
    }

    /// Whether a failure that makes an outage, or goes on with one, is worth telling.
    fn is_outage_news(&mut self, message: &str, now: Timestamp) -> bool {
        let is_news = self.is_news(message, now);
        let outage = self.outage.get_or_insert(Outage {
            since: now,
            is_told: false,
        });
        let is_told = is_news || !outage.is_told && now.duration_since(outage.since) >= BLIP;
        outage.is_told |= is_told;
        is_told
    }

    fn is_news(&mut self, text: &str, now: Timestamp) -> bool {
        self.recent.retain(|(_, seen)| now.duration_since(*seen) < QUIET);
        let text = without_numbers(text);
        if let Some((_, seen)) = self.recent.iter_mut().find(|(told, _)| *told == text) {
            *seen = now;
            return false;
        }
        if self.recent.len() >= MOST_NEWS {
            return false;
        }
        self.recent.push((text, now));
        true
    }
}

/// A receiver names the time or the value that it refuses, and another each time.
fn without_numbers(text: &str) -> String {
    let is_part = |c: char| c.is_ascii_digit();
    let words = text.split(is_part).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("0")
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::sync::Mutex;

    use jiff::{SignedDuration, Timestamp};

    use super::{Failure, Lost, Rejected, Scope, Teller, Told};

    thread_local! {
        static SECOND: Cell<i64> = const { Cell::new(0) };
    }

    fn now() -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(SECOND.get())
    }

    #[derive(Clone, Copy)]
    enum Event {
        Failed(&'static str),
        Refused(&'static str),
        Accepted,
        Rejected(&'static str),
        Dropped(u64),
    }

    use Event::{Accepted, Dropped, Refused, Rejected as Partly};

    /// What is told of these events, each at its second.
    fn told(events: impl IntoIterator<Item = (i64, Event)>) -> Vec<String> {
        let lines = Mutex::new(Vec::new());
        let teller = Teller::new(|told| lines.lock().unwrap().push(shown(&told)), now);
        let failure = |message: &str| Failure {
            message: message.to_owned(),
            hint: None,
        };
        for (second, event) in events {
            SECOND.set(second);
            match event {
                Event::Failed(message) => teller.failing(failure(message)),
                Refused(message) => teller.refused(failure(message), Scope::Batch),
                Accepted => teller.recovered(3),
                Partly(words) => teller.rejected(Rejected {
                    points: 1,
                    words: Some(words.to_owned()),
                }),
                Dropped(batches) => teller.dropped(Lost {
                    full: batches,
                    ..Lost::default()
                }),
            }
        }
        lines.into_inner().unwrap()
    }

    fn shown(told: &Told) -> String {
        match told {
            Told::Failing(failure) => format!("failing: {}", failure.message),
            Told::Recovered { after, queued } => format!("recovered after {after:?}, {queued} wait"),
            Told::Refused(failure) => format!("refused: {}", failure.message),
            Told::Declined(failure) => format!("declined: {}", failure.message),
            Told::Rejected(rejected) => format!("rejected: {:?}", rejected.words),
            Told::Dropped { batches, cause } => format!("dropped {batches}: {cause:?}"),
            Told::Kept { batches } => format!("kept {batches}"),
            Told::QueueFailing(error) => format!("queue failing: {error}"),
            Told::QueueRecovered => "queue recovered".to_owned(),
            Told::QueueFound(finding) => format!("queue found: {finding}"),
        }
    }

    #[test]
    fn an_outage_is_told_once_with_its_end() {
        let hours = (0..10_000).map(|second| (second, Event::Failed("away")));
        let lines = told(hours.chain([(10_000, Accepted), (10_001, Accepted)]));
        assert_eq!(lines, ["failing: away", "recovered after 10000s, 3 wait"]);
    }

    #[test]
    fn another_reason_is_told() {
        let lines = told([
            (0, Event::Failed("away")),
            (1, Event::Failed("slow")),
            (2, Event::Failed("away")),
        ]);
        assert_eq!(lines, ["failing: away", "failing: slow"]);
    }

    #[test]
    fn one_that_comes_and_goes_is_told_once_and_again_when_it_lasts() {
        let flapping = (0..500).map(|second| {
            (
                second,
                if second % 2 == 0 {
                    Event::Failed("busy")
                } else {
                    Accepted
                },
            )
        });
        let lasting = (500..700).map(|second| (second, Event::Failed("busy")));
        assert_eq!(
            told(flapping.chain(lasting)),
            ["failing: busy", "recovered after 1s, 3 wait", "failing: busy"]
        );
    }

    #[test]
    fn a_refusal_at_every_interval_is_told_once_whatever_it_names() {
        let words = ["too old: 12", "too old: 13", "too old: 9999"];
        let lines = told((0..300).map(|nth| (nth * 15, Refused(words[usize::try_from(nth).unwrap() % 3]))));
        assert_eq!(lines, ["refused: too old: 12"]);
        let lines = told((0..300).flat_map(|nth| [(nth * 15, Accepted), (nth * 15, Partly(words[0]))]));
        assert_eq!(lines, [r#"rejected: Some("too old: 12")"#]);
        assert_eq!(told([(0, Refused("a")), (3600, Refused("a"))]).len(), 2);
    }

    #[test]
    fn words_that_differ_every_time_do_not_fill_the_log() {
        let names: Vec<&'static str> = vec!["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"];
        assert_eq!(told(names.into_iter().map(|name| (0, Refused(name)))).len(), 8);
    }

    #[test]
    fn drops_are_told_when_they_begin_and_summed_at_the_end() {
        let away = [(0, Event::Failed("away"))];
        let drops = (1..100).map(|second| (second, Dropped(2)));
        let lines = told(
            away.into_iter()
                .chain(drops)
                .chain([(100, Dropped(0)), (101, Accepted)]),
        );
        assert_eq!(
            lines,
            [
                "failing: away",
                "dropped 2: Full",
                "recovered after 101s, 3 wait",
                "dropped 196: Full"
            ]
        );
    }
}
