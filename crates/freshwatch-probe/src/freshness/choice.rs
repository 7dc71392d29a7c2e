//! The one value that counts, among all that a source finds.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::timestamp::{Moment, Unreadable};
use super::{AgeUnit, Freshness, Pick, Reading, Signal, Source};
use crate::explain::Trace;
use crate::path::Path;
use crate::redact::Redactor;
use crate::select::{Unparsable, View};
use crate::verdict::{Code, Reason, Verdict};
use crate::{duration, show};

/// A rule before an answer, or before one item of it.
#[derive(Clone, Copy)]
pub(super) struct Look<'l, 'v> {
    pub rule: &'l Freshness,
    pub view: &'l View<'v>,
    /// The item of `each`.
    pub item: Option<&'l Value>,
    pub now: Timestamp,
    /// Where its steps are told.
    pub trace: Trace<'v>,
}

/// A value, read.
#[derive(Debug, Clone, Copy)]
pub(super) enum At {
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
pub(super) struct Choice<'c> {
    pub at: At,
    value: Value,
    /// Among how many it was.
    count: usize,
    rule: &'c Freshness,
    secrets: &'c Redactor,
}

impl Choice<'_> {
    /// The value as it came.
    pub const fn value(&self) -> &Value {
        &self.value
    }

    /// The value as people may see it.
    pub fn shown(&self) -> String {
        show::value(&self.value, self.secrets)
    }

    /// "`$.updatedAt` is …", for the end of a sentence.
    pub fn subject(&self) -> String {
        let (source, shown, count) = (&self.rule.source, self.shown(), self.count);
        match (self.rule.pick, count) {
            (_, 1) | (None, _) => format!("{source} is {shown}"),
            (Some(Pick::Newest), _) => format!("the newest of {count} at {source} is {shown}"),
            (Some(Pick::Oldest), _) => format!("the oldest of {count} at {source} is {shown}"),
        }
    }
}

impl<'l> Look<'l, '_> {
    /// The one value that counts, read. All candidates must be times that can be believed: an unreadable one could be
    /// the one that counts.
    pub fn choose(&self, notes: &mut Vec<String>) -> Result<Choice<'l>, Reason> {
        let mut values = self.candidates(notes)?;
        let count = values.len();
        let mut chosen: Option<(At, usize)> = None;
        for (index, value) in values.iter().enumerate() {
            let at = self.read(value).map_err(|why| self.unreadable(value, why))?;
            if let Some(ahead) = self.ahead(at) {
                return Err(self.future(value, ahead));
            }
            let counts = |(other, _): (At, usize)| match self.rule.pick {
                Some(Pick::Newest) => at.rank() > other.rank(),
                Some(Pick::Oldest) | None => at.rank() < other.rank(),
            };
            if chosen.is_none_or(counts) {
                chosen = Some((at, index));
            }
        }
        let (at, index) = chosen.ok_or_else(|| invalid(Code::NoMatch, nothing(&self.rule.source)))?;
        let choice = Choice {
            at,
            value: values.swap_remove(index),
            count,
            rule: self.rule,
            secrets: self.view.secrets,
        };
        self.tell_choice(&choice, &choice.value);
        Ok(choice)
    }

    /// The values among which one is picked.
    pub fn candidates(&self, notes: &mut Vec<String>) -> Result<Vec<Value>, Reason> {
        let mut values = self.values(&self.rule.source)?;
        self.tell_selected(&values);
        let (found, source) = (values.len(), &self.rule.source);
        match self.rule.pick {
            None if found > 1 => {
                let message = format!("{source} has {found} values: say with `pick` which one counts");
                return Err(invalid(Code::BadTimestamp, message));
            }
            Some(Pick::Oldest) => {
                let missing = self.missing(found);
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

    /// Every value that a source finds here; there is one at least.
    pub fn values(&self, source: &Source) -> Result<Vec<Value>, Reason> {
        if let Source::Keys(path) = source {
            self.check_objects(path)?;
        }
        let values = match source {
            Source::Path(_) | Source::Join(_) | Source::Keys(_) => source.values_within(self.view, self.item),
            Source::Header(_) | Source::Text(_) => self.view.values(source),
        };
        let values = values.map_err(unparsable)?;
        if values.is_empty() {
            return Err(invalid(Code::NoMatch, nothing(source)));
        }
        Ok(values)
    }

    /// Only objects have names.
    fn check_objects(&self, path: &Path) -> Result<(), Reason> {
        let objects = match self.item {
            None => self.view.select(path),
            Some(item) => self.view.select_in(item, path),
        };
        let objects = objects.map_err(unparsable)?;
        if let Some(other) = objects.iter().find(|value| !value.is_object()) {
            let shown = show::value(other, self.view.secrets);
            let message = format!("`{path}` is {shown}, which has no members whose names could be read");
            return Err(invalid(Code::NoTimestamp, message).contrast(shown, "an object"));
        }
        Ok(())
    }

    /// How many items lack what the source looks for.
    fn missing(&self, found: usize) -> usize {
        match (&self.rule.source, self.item) {
            (Source::Path(path), Some(item)) => path.missing(item, found),
            (source, None) => self.view.missing(source, found),
            (Source::Header(_) | Source::Text(_) | Source::Join(_) | Source::Keys(_), Some(_)) => 0,
        }
    }

    fn read(&self, value: &Value) -> Result<At, Unreadable> {
        match &self.rule.signal {
            Signal::At { reading, .. } | Signal::Expires { reading } => reading.read(value).map(At::Moment),
            Signal::Period { reading, .. } => match reading.read(value)? {
                moment @ Moment::Period { .. } => Ok(At::Moment(moment)),
                Moment::Instant(_) => Err(Unreadable::Malformed(NO_PERIOD.into())),
            },
            Signal::Age { unit, .. } => read_age(value, *unit, self.is_text(&self.rule.source)).map(At::Age),
            // A cursor is no time, and does not come here.
            Signal::Advances { .. } | Signal::Changes { .. } => {
                Err(Unreadable::Malformed("is not read as a time".into()))
            }
        }
    }

    /// Whether numbers are spelt as text there.
    pub fn is_text(&self, source: &Source) -> bool {
        source.is_text() || self.view.spells_numbers()
    }

    fn unreadable(&self, value: &Value, why: Unreadable) -> Reason {
        let (source, shown) = (&self.rule.source, show::value(value, self.view.secrets));
        let (code, message) = match why {
            Unreadable::Absent(why) => (Code::NoTimestamp, format!("{source} is {shown}: {why}")),
            Unreadable::Malformed(why) => (Code::BadTimestamp, format!("{source} is {shown}, which {why}")),
            Unreadable::Naive(why) => (Code::NaiveTimestamp, format!("{source} is {shown}, which {why}")),
        };
        invalid(code, message).contrast(shown, "a time")
    }

    /// How far in the future the value lies, when that is further than `max_skew`. Where an expiry lies there, all is
    /// well.
    fn ahead(&self, at: At) -> Option<SignedDuration> {
        let ahead = match (&self.rule.signal, at) {
            (Signal::Expires { .. }, _) => return None,
            (_, At::Moment(moment)) => moment.start().duration_since(self.now),
            (_, At::Age(age)) => age.checked_neg().unwrap_or(SignedDuration::MAX),
        };
        (ahead > signed(self.rule.max_skew)).then_some(ahead)
    }

    fn future(&self, value: &Value, ahead: SignedDuration) -> Reason {
        let (ahead, skew) = duration::show_apart(ahead.unsigned_abs(), self.rule.max_skew);
        let (source, shown) = (&self.rule.source, show::value(value, self.view.secrets));
        let message =
            format!("{source} is {shown}, {ahead} in the future, and only {skew} is believed (`max_skew`)");
        invalid(Code::Future, message).contrast(shown, format!("at most {skew} ahead"))
    }
}

const NO_PERIOD: &str = "is a point in time and no period: read its period with `format`, such as \
                         `format: \"%Y-%m-%dT00:00:00\"`, or use `at`";

impl Reading {
    fn read(&self, value: &Value) -> Result<Moment, Unreadable> {
        self.format.read(value, self.timezone.as_ref())
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

/// That a source finds nothing, in words.
pub(super) fn nothing(source: &Source) -> String {
    match source {
        Source::Path(path) => format!("`{path}` matches nothing"),
        Source::Header(name) => format!("the header `{name}` is missing"),
        Source::Text(regex) => format!("the text `{regex}` is nowhere in the body"),
        Source::Join(join) => format!("`{}` matches nothing", join.of),
        Source::Keys(path) => format!("`{path}` has no members"),
    }
}

pub(super) fn unparsable(why: Unparsable) -> Reason {
    match why {
        Unparsable::NotJson(message) => invalid(Code::NotJson, message),
        Unparsable::NotText(message) => invalid(Code::NotText, message),
        Unparsable::TooCostly(message) => invalid(Code::TooLarge, message),
        Unparsable::Incomplete => invalid(Code::NoTimestamp, "the body never came whole"),
    }
}

pub(super) fn invalid(code: Code, message: impl Into<String>) -> Reason {
    Reason::new(Verdict::Invalid, code, message)
}

pub(super) fn signed(duration: std::time::Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}
