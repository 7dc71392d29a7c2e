//! Holds an answer against a [`Freshness`] rule: how old is the data, and is that too old?

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::timestamp::{Moment, Unreadable};
use super::{AgeUnit, Freshness, MaxAge, Pick, Reading, Signal, Source};
use crate::redact::Redactor;
use crate::run::DataAge;
use crate::select::{Unparsable, View};
use crate::verdict::{Code, Reason, Verdict};
use crate::{duration, show};

/// What a freshness rule says of an answer.
#[derive(Debug, Clone, Default)]
pub struct Assessment {
    /// What speaks against it.
    pub reasons: Vec<Reason>,
    /// What is worth knowing and changes nothing.
    pub notes: Vec<String>,
    /// How old the data is, when that can be told: also when it is too old.
    pub data: Option<DataAge>,
}

impl Freshness {
    /// Judges the freshness of an answer at `now`.
    pub fn assess(&self, view: &View<'_>, now: Timestamp) -> Assessment {
        let mut assessment = Assessment::default();
        match self.choose(view, now, &mut assessment.notes) {
            Ok(choice) => self.judge_choice(&choice, now, &mut assessment),
            Err(reason) => assessment.reasons.push(reason),
        }
        self.judge_cache(view, &mut assessment);
        assessment
    }

    /// The one value that counts, read. All candidates must be times that can be believed: an unreadable one could be
    /// the one that counts.
    fn choose<'c>(
        &'c self,
        view: &'c View<'_>,
        now: Timestamp,
        notes: &mut Vec<String>,
    ) -> Result<Choice<'c>, Reason> {
        let mut values = self.candidates(view, notes)?;
        let count = values.len();
        let mut chosen: Option<(At, usize)> = None;
        for (index, value) in values.iter().enumerate() {
            let at = self
                .read(value)
                .map_err(|why| self.unreadable(value, why, view))?;
            if let Some(ahead) = self.ahead(at, now) {
                return Err(self.future(value, ahead, view));
            }
            let counts = |(other, _): (At, usize)| match self.pick {
                Some(Pick::Newest) => at.rank() > other.rank(),
                Some(Pick::Oldest) | None => at.rank() < other.rank(),
            };
            if chosen.is_none_or(counts) {
                chosen = Some((at, index));
            }
        }
        let (at, index) = chosen.ok_or_else(|| invalid(Code::NoMatch, self.nothing()))?;
        Ok(Choice {
            at,
            value: values.swap_remove(index),
            count,
            rule: self,
            secrets: view.secrets,
        })
    }

    /// The values among which one is picked.
    fn candidates(&self, view: &View<'_>, notes: &mut Vec<String>) -> Result<Vec<Value>, Reason> {
        let mut values = view.values(&self.source).map_err(unparsable)?;
        let (found, source) = (values.len(), &self.source);
        if found == 0 {
            return Err(invalid(Code::NoMatch, self.nothing()));
        }
        match self.pick {
            None if found > 1 => {
                let message = format!("{source} has {found} values: say with `pick` which one counts");
                return Err(invalid(Code::BadTimestamp, message));
            }
            Some(Pick::Oldest) => {
                let missing = view.missing(source, found);
                if missing > 0 {
                    let items = found + missing;
                    let message =
                        format!("{source} is missing in {missing} of {items}, and the oldest counts");
                    return Err(invalid(Code::NoMatch, message));
                }
            }
            Some(Pick::Newest) if values.iter().any(|value| !value.is_null()) => {
                values.retain(|value| !value.is_null());
                let nulls = found - values.len();
                if nulls > 0 {
                    notes.push(format!(
                        "{nulls} of {found} values of {source} are null and were passed over"
                    ));
                }
            }
            Some(Pick::Newest) | None => {}
        }
        Ok(values)
    }

    fn nothing(&self) -> String {
        match &self.source {
            Source::Path(path) => format!("`{path}` matches nothing"),
            Source::Header(name) => format!("the header `{name}` is missing"),
            Source::Text(regex) => format!("the text `{regex}` is nowhere in the body"),
        }
    }

    fn read(&self, value: &Value) -> Result<At, Unreadable> {
        match &self.signal {
            Signal::At { reading, .. } | Signal::Expires { reading } => reading.read(value).map(At::Moment),
            Signal::Age { unit, .. } => {
                let in_text = !matches!(self.source, Source::Path(_));
                read_age(value, *unit, in_text).map(At::Age)
            }
        }
    }

    fn unreadable(&self, value: &Value, why: Unreadable, view: &View<'_>) -> Reason {
        let (source, shown) = (&self.source, show::value(value, view.secrets));
        let (code, message) = match why {
            Unreadable::Absent(why) => (Code::NoTimestamp, format!("{source} is {shown}: {why}")),
            Unreadable::Malformed(why) => (Code::BadTimestamp, format!("{source} is {shown}, which {why}")),
            Unreadable::Naive(why) => (Code::NaiveTimestamp, format!("{source} is {shown}, which {why}")),
        };
        invalid(code, message).contrast(shown, "a time")
    }

    fn judge_choice(&self, choice: &Choice<'_>, now: Timestamp, assessment: &mut Assessment) {
        let age = match choice.at {
            At::Moment(moment) => now.duration_since(moment.end()),
            At::Age(age) => age,
        };
        match &self.signal {
            Signal::Expires { .. } => assessment.judge_expiry(choice, age, now),
            Signal::At { bound, .. } | Signal::Age { bound, .. } => {
                assessment.judge_age(choice, age.max(SignedDuration::ZERO), *bound, now);
            }
        }
    }

    /// How far in the future the value lies, when that is further than `max_skew`. Where an expiry lies there, all is
    /// well.
    fn ahead(&self, at: At, now: Timestamp) -> Option<SignedDuration> {
        let ahead = match (&self.signal, at) {
            (Signal::Expires { .. }, _) => return None,
            (Signal::At { .. } | Signal::Age { .. }, At::Moment(moment)) => {
                moment.start().duration_since(now)
            }
            (Signal::At { .. } | Signal::Age { .. }, At::Age(age)) => {
                age.checked_neg().unwrap_or(SignedDuration::MAX)
            }
        };
        (ahead > signed(self.max_skew)).then_some(ahead)
    }

    fn future(&self, value: &Value, ahead: SignedDuration, view: &View<'_>) -> Reason {
        let (ahead, skew) = duration::show_apart(ahead.unsigned_abs(), self.max_skew);
        let (source, shown) = (&self.source, show::value(value, view.secrets));
        let message =
            format!("{source} is {shown}, {ahead} in the future, and only {skew} is believed (`max_skew`)");
        invalid(Code::Future, message).contrast(shown, format!("at most {skew} ahead"))
    }

    /// The `Age` header (RFC 9111, section 5.1) says how long a cache has kept the answer.
    fn judge_cache(&self, view: &View<'_>, assessment: &mut Assessment) {
        let values = view.header(&http::header::AGE);
        // Of several members the first counts; the rest is to be ignored (RFC 9111, section 5.1).
        let first = values
            .first()
            .and_then(Value::as_str)
            .map(|line| line.split(',').next().unwrap_or_default().trim().to_owned());
        let Some(text) = first else {
            return;
        };
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let age = digits.then(|| Duration::from_secs(text.parse().unwrap_or(u64::from(u32::MAX))));
        match (self.max_cache_age, age) {
            (Some(_), None) => assessment.reasons.push(invalid(
                Code::BadTimestamp,
                format!(
                    "the header `age` is {}, not a number of seconds",
                    show::text(&text, view.secrets)
                ),
            )),
            (Some(bound), Some(age)) if age > bound => {
                let (seen, wanted) = duration::show_apart(age, bound);
                let message = format!(
                    "a cache, not the origin, served an answer that is {seen} old; at most {wanted} is allowed"
                );
                let reason = Reason::new(Verdict::Stale, Code::TooOld, message);
                assessment
                    .reasons
                    .push(reason.contrast(seen, format!("at most {wanted} in a cache")));
            }
            (None, Some(age)) if age > Duration::ZERO && !assessment.reasons.is_empty() => {
                let shown = duration::show(age);
                assessment.notes.push(format!(
                    "a cache has kept this answer for {shown} (the header `age`)"
                ));
            }
            (Some(_) | None, _) => {}
        }
    }
}

impl Assessment {
    fn judge_age(&mut self, choice: &Choice<'_>, age: SignedDuration, bound: MaxAge, now: Timestamp) {
        let timestamp = match choice.at {
            // A day that is not over yet is as fresh as can be; its end would lie in the future.
            At::Moment(moment @ Moment::Period { .. }) => Some(moment.end().min(now)),
            At::Moment(Moment::Instant(at)) => Some(at),
            At::Age(age) => now.checked_sub(age).ok(),
        };
        self.data = Some(DataAge {
            timestamp,
            age: Some(age),
            max_age: Some(bound.max_age),
            due: None,
        });
        let (verdict, code, limit) = match bound.warn_age {
            _ if age > signed(bound.max_age) => (Verdict::Stale, Code::TooOld, bound.max_age),
            Some(warn_age) if age > signed(warn_age) => (Verdict::Degraded, Code::Aging, warn_age),
            Some(_) | None => return,
        };
        let (seen, wanted) = duration::show_apart(age.unsigned_abs(), limit);
        let promise = match verdict {
            Verdict::Degraded => format!("a warning is due after {wanted}"),
            _ => format!("at most {wanted} is promised"),
        };
        let message = format!("the data is {seen} old; {promise}: {}", choice.subject());
        let reason = Reason::new(verdict, code, message);
        self.reasons
            .push(reason.contrast(format!("{seen} old"), format!("at most {wanted}")));
    }

    fn judge_expiry(&mut self, choice: &Choice<'_>, past: SignedDuration, now: Timestamp) {
        let At::Moment(moment) = choice.at else { return };
        self.data = Some(DataAge {
            timestamp: None,
            age: None,
            max_age: None,
            due: Some(moment.end()),
        });
        if moment.end() >= now {
            return;
        }
        let shown = duration::show(past.unsigned_abs());
        let message = format!("the data was good until {shown} ago: {}", choice.subject());
        let reason = Reason::new(Verdict::Stale, Code::Expired, message);
        self.reasons
            .push(reason.contrast(choice.shown(), format!("later than {now}")));
    }
}

impl Reading {
    fn read(&self, value: &Value) -> Result<Moment, Unreadable> {
        self.format.read(value, self.timezone.as_ref())
    }
}

/// A value, read.
#[derive(Debug, Clone, Copy)]
enum At {
    Moment(Moment),
    Age(SignedDuration),
}

impl At {
    /// Larger is newer.
    fn rank(self) -> i128 {
        match self {
            Self::Moment(moment) => moment.end().as_nanosecond(),
            Self::Age(age) => -age.as_nanos(),
        }
    }
}

/// The value that counts, and what it takes to tell of it: few are told of.
struct Choice<'c> {
    at: At,
    value: Value,
    /// Among how many it was.
    count: usize,
    rule: &'c Freshness,
    secrets: &'c Redactor,
}

impl Choice<'_> {
    fn shown(&self) -> String {
        show::value(&self.value, self.secrets)
    }

    /// "`$.updatedAt` is …", for the end of a sentence.
    fn subject(&self) -> String {
        let (source, shown, count) = (&self.rule.source, self.shown(), self.count);
        match (self.rule.pick, count) {
            (_, 1) | (None, _) => format!("{source} is {shown}"),
            (Some(Pick::Newest), _) => format!("the newest of {count} at {source} is {shown}"),
            (Some(Pick::Oldest), _) => format!("the oldest of {count} at {source} is {shown}"),
        }
    }
}

/// An age as a number of units; in a header or the raw body numbers are spelt as text.
fn read_age(value: &Value, unit: AgeUnit, in_text: bool) -> Result<SignedDuration, Unreadable> {
    let number = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) if text.trim().is_empty() => {
            return Err(Unreadable::Absent("an empty text holds no age".into()));
        }
        Value::String(text) if in_text => text.trim().parse::<f64>().ok(),
        Value::String(_) => None,
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
            return Err(Unreadable::Absent("it holds no age".into()));
        }
    };
    number
        .map(|number| number * unit.seconds())
        .filter(|seconds| seconds.is_finite())
        .and_then(|seconds| SignedDuration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| Unreadable::Malformed("is not a number that can be an age".into()))
}

fn unparsable(why: Unparsable) -> Reason {
    match why {
        Unparsable::NotJson(message) => invalid(Code::NotJson, message),
        Unparsable::NotText(message) => invalid(Code::NotText, message),
        Unparsable::TooCostly(message) => invalid(Code::TooLarge, message),
        Unparsable::Incomplete => invalid(Code::NoTimestamp, "the body never came whole"),
    }
}

fn invalid(code: Code, message: impl Into<String>) -> Reason {
    Reason::new(Verdict::Invalid, code, message)
}

fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}
