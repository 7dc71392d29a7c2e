//! What so large a share of observations stays within, told by counts.
//!
//! `histogram_quantile` guesses within a bucket: with bounds at 0.75 and 1 it says 0.9875 s where every request takes
//! 0.76 s. The counts of the buckets are exact, so they are asked instead: where a bucket ends at the limit, its count
//! decides; else those beside it do, or nobody knows.

use std::cmp::Ordering;

use freshwatch_probe::definition::Ratio;
use freshwatch_probe::gate::{Bound, Limit};
use freshwatch_probe::matcher::Operator;

use super::answer::{Reading, Sample};
use super::bound::{self, compare, percent, seconds};
use super::finding::{Code, Finding};
use super::ratio::{number, shown, too_few};

/// How many observations there were up to a bound, which belongs to them.
#[derive(Clone, Copy)]
struct Bucket {
    le: f64,
    count: f64,
}

/// Judges the quantile of `share` by the buckets of one histogram.
pub(super) fn judge(share: Ratio, floor: u64, bound: Bound, reading: &Reading) -> Finding {
    if reading.samples.is_empty() {
        return Finding::inconclusive(Code::NoData, "`buckets` gives no series: is its metric there?");
    }
    let (buckets, total) = match histogram(reading) {
        Ok(histogram) => histogram,
        Err(finding) => return finding,
    };
    if compare(total, number(floor)).is_lt() {
        return too_few(total, floor);
    }
    if total <= 0.0 {
        return Finding::inconclusive(Code::NoData, "`buckets` counts nothing");
    }
    Quantile {
        wanted: total * f64::from(share.parts_per_million()) / 1e6,
        share,
        total,
        bound,
    }
    .judge(&buckets)
}

struct Quantile {
    share: Ratio,
    bound: Bound,
    total: f64,
    /// So many observations have to be within the limit.
    wanted: f64,
}

impl Quantile {
    fn judge(&self, buckets: &[Bucket]) -> Finding {
        let limit = bound::number(self.bound.limit);
        let mut beneath = None;
        for bucket in buckets {
            match compare(bucket.le, limit) {
                Ordering::Less => beneath = Some(bucket),
                Ordering::Equal => return self.by_count(*bucket, buckets),
                Ordering::Greater => return self.beside(beneath, *bucket, buckets),
            }
        }
        Finding::inconclusive(Code::NoHistogram, "`buckets` has no bucket `+Inf`")
    }

    /// A bucket ends at the limit: `below` wants more than the share within it, `at_most` as much.
    fn by_count(&self, bucket: Bucket, buckets: &[Bucket]) -> Finding {
        let ordering = compare(bucket.count, self.wanted);
        let is_kept = match self.bound.operator {
            Operator::AtMost => ordering.is_ge(),
            Operator::Below => ordering.is_gt(),
            // The file refuses the others: a quantile is a promise of what is not exceeded.
            Operator::Above | Operator::AtLeast | Operator::Equals => false,
        };
        let share = if ordering.is_eq() {
            format!("exactly {}", self.share)
        } else {
            percent(bucket.count / self.total, 4)
        };
        let wanted = match self.bound.operator {
            Operator::AtMost => "at least",
            Operator::Below | Operator::Above | Operator::AtLeast | Operator::Equals => "more than",
        };
        let not = if is_kept { "" } else { "not " };
        let message = format!(
            "{share} ({} of {}) stayed within {}, {not}{wanted} {}",
            shown(bucket.count),
            shown(self.total),
            bound::show_limit(self.bound.limit),
            self.share
        );
        self.finding(is_kept, buckets, &message)
    }

    /// No bucket ends at the limit: the one beneath it may hold enough already, or the one above it too few still.
    fn beside(&self, beneath: Option<&Bucket>, above: Bucket, buckets: &[Bucket]) -> Finding {
        let enough = |bucket: &Bucket| compare(bucket.count, self.wanted).is_ge();
        if let Some(beneath) = beneath.filter(|bucket| enough(bucket)) {
            let message = self.within("stayed within", *beneath);
            return self.finding(true, buckets, &message);
        }
        if compare(above.count, self.wanted).is_lt() {
            let message = self.within("alone stayed within", above);
            return self.finding(false, buckets, &message);
        }
        let limit = bound::number(self.bound.limit);
        let message = format!(
            "no bucket ends at {}, and {} of the observations end {}: give the histogram a bucket `le=\"{limit}\"`",
            bound::show_limit(self.bound.limit),
            self.share,
            self.bracket(buckets),
        );
        Finding::inconclusive(Code::NoBucket, message)
    }

    fn within(&self, verb: &str, bucket: Bucket) -> String {
        format!(
            "{} ({} of {}) {verb} {}, wanted {} {}",
            percent(bucket.count / self.total, 4),
            shown(bucket.count),
            shown(self.total),
            self.unit(bucket.le),
            self.share,
            bound::words(self.bound),
        )
    }

    fn finding(&self, is_kept: bool, buckets: &[Bucket], message: &str) -> Finding {
        Finding {
            // The quantile itself is not known, only between which bounds it lies.
            value: None,
            ..bound::finding(is_kept, 0.0, &self.bracket(buckets), message)
        }
    }

    /// Between which bounds the quantile lies: `500ms to 750ms`.
    fn bracket(&self, buckets: &[Bucket]) -> String {
        let enough = |bucket: &&Bucket| compare(bucket.count, self.wanted).is_ge();
        let end = buckets
            .iter()
            .find(enough)
            .map_or(f64::INFINITY, |bucket| bucket.le);
        let start = buckets.iter().take_while(|bucket| bucket.le < end).last();
        match (start, end.is_finite()) {
            (None, true) => format!("up to {}", self.unit(end)),
            (None, false) => "anywhere".into(),
            (Some(start), true) => format!("{} to {}", self.unit(start.le), self.unit(end)),
            (Some(start), false) => format!("beyond {}", self.unit(start.le)),
        }
    }

    fn unit(&self, number: f64) -> String {
        match self.bound.limit {
            Limit::Time(_) => seconds(number),
            Limit::Number(_) | Limit::Share(_) => number.to_string(),
        }
    }
}

/// The buckets of one histogram in order, and how many observations there are.
fn histogram(reading: &Reading) -> Result<(Vec<Bucket>, f64), Finding> {
    let mut buckets = reading
        .samples
        .iter()
        .map(bucket)
        .collect::<Result<Vec<_>, _>>()?;
    buckets.sort_by(|one, other| one.le.total_cmp(&other.le));
    let no_histogram = |why: &str| {
        let message = format!("`buckets` {why}: write `sum by (le) (increase(…_bucket{{…}}[15m]))`");
        Err(Finding::inconclusive(Code::NoHistogram, message))
    };
    for pair in buckets.windows(2) {
        if compare(pair[0].le, pair[1].le).is_eq() {
            return no_histogram("gives several series for one `le`");
        }
        if compare(pair[0].count, pair[1].count).is_gt() {
            return no_histogram("counts fewer observations up to a larger bound than up to a smaller one");
        }
    }
    match buckets.last() {
        Some(last) if last.le == f64::INFINITY => {
            let total = last.count;
            Ok((buckets, total))
        }
        Some(_) | None => no_histogram("has no bucket `+Inf`"),
    }
}

fn bucket(sample: &Sample) -> Result<Bucket, Finding> {
    let no_histogram = |why: String| Finding::inconclusive(Code::NoHistogram, format!("`buckets` {why}"));
    let mut others = sample
        .labels
        .keys()
        .filter(|name| !matches!(name.as_str(), "le" | "__name__"));
    if let Some(other) = others.next() {
        return Err(Finding::inconclusive(
            Code::SeveralSeries,
            format!("`buckets` tells series apart by `{other}`: write `sum by (le) (…)` around it"),
        ));
    }
    let Some(le) = sample.labels.get("le") else {
        return Err(no_histogram(
            "gives a series without `le`: the buckets end with `_bucket`".into(),
        ));
    };
    let bound = match le.as_str() {
        "+Inf" => Some(f64::INFINITY),
        text => text.parse().ok().filter(|bound: &f64| bound.is_finite()),
    };
    let Some(bound) = bound else {
        return Err(no_histogram(format!(
            "gives a series whose `le` is no number: {le:?}"
        )));
    };
    if sample.value.is_nan() {
        return Err(Finding::inconclusive(
            Code::NotANumber,
            format!("the bucket `le=\"{le}\"` is not a number (NaN)"),
        ));
    }
    if sample.value < 0.0 || sample.value.is_infinite() {
        let message = format!("the bucket `le=\"{le}\"` is {}, and no count", sample.value);
        return Err(Finding::inconclusive(Code::NoCount, message));
    }
    Ok(Bucket {
        le: bound,
        count: sample.value,
    })
}
