//! A count as a share of another. The counts are compared, not their quotient: what is exactly at the bound must not
//! depend on how a float rounds.

use freshwatch_probe::gate::Bound;

use super::answer::Reading;
use super::bound::{self, compare, keeps, rounded};
use super::finding::{Code, Finding, Outcome};
use super::value::only;

/// Judges the part `of` the whole `to`.
pub(super) fn judge(of: &Reading, to: &Reading, floor: u64, bound: Bound) -> Finding {
    let whole = match count("`to`", to) {
        Ok(Some(whole)) => whole,
        Ok(None) => return Finding::inconclusive(Code::NoData, "`to` gives no series: is its metric there?"),
        Err(finding) => return finding,
    };
    if compare(whole, number(floor)).is_lt() {
        return too_few(whole, floor);
    }
    // Where nothing of a kind was ever counted, there is no series of that kind.
    let part = match count("`of`", of) {
        Ok(part) => part,
        Err(finding) => return finding,
    };
    if whole <= 0.0 {
        return Finding::inconclusive(Code::NoData, "`to` counts nothing");
    }
    let seen = part.unwrap_or(0.0);
    if compare(seen, whole).is_gt() {
        let message = format!(
            "{} of {}: `of` is more than `to`, so it is no part of it",
            shown(seen),
            shown(whole)
        );
        return Finding::inconclusive(Code::NoCount, message);
    }
    let ordering = compare(seen, whole * bound::number(bound.limit));
    let is_kept = keeps(bound.operator, ordering);
    let share = bound::show(seen / whole, ordering, bound.limit);
    let mut message = format!(
        "{} of {} is {share}, {}",
        shown(seen),
        shown(whole),
        bound::against(is_kept, bound)
    );
    if part.is_none() {
        message.push_str(" (`of` gives no series, which counts as none of them)");
    }
    bound::finding(is_kept, seen / whole, &share, &message)
}

/// That there is too little for the condition to apply.
pub(super) fn too_few(count: f64, floor: u64) -> Finding {
    let message = format!(
        "{} is less than the floor of {floor}: too few to tell",
        shown(count)
    );
    Finding {
        outcome: Outcome::Skipped,
        ..Finding::inconclusive(Code::BelowFloor, message)
    }
}

/// The one count of a query; none: it gives no series.
fn count(name: &str, reading: &Reading) -> Result<Option<f64>, Finding> {
    let Some(sample) = only(name, reading)? else {
        return Ok(None);
    };
    let value = sample.value;
    if value.is_nan() {
        return Err(Finding::inconclusive(
            Code::NotANumber,
            format!("{name} is not a number (NaN)"),
        ));
    }
    if value < 0.0 || value.is_infinite() {
        return Err(Finding::inconclusive(
            Code::NoCount,
            format!("{name} is {value}, and no count"),
        ));
    }
    Ok(Some(value))
}

/// A count as people read it; what `increase` gives has a fraction.
pub(super) fn shown(count: f64) -> String {
    rounded(count, 1)
}

/// A floor as it is compared.
#[expect(clippy::cast_precision_loss, reason = "the file keeps it far below 2^53")]
pub(super) fn number(floor: u64) -> f64 {
    floor as f64
}
