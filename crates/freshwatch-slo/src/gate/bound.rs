//! A number against its bound, and both in the same unit.

use std::cmp::Ordering;
use std::time::Duration;

use freshwatch_probe::duration;
use freshwatch_probe::gate::{Bound, Limit};
use freshwatch_probe::matcher::Operator;

use super::finding::{Code, Finding, Outcome};

/// Numbers that differ by less than this share of themselves are the same: floats round, and no count that fits into a
/// backend makes so small a difference.
const GRAIN: f64 = 1e-9;

/// How two numbers compare; those that differ by less than the grain are equal.
pub(super) fn compare(one: f64, other: f64) -> Ordering {
    let is_finite = one.is_finite() && other.is_finite();
    if is_finite && (one - other).abs() <= GRAIN * one.abs().max(other.abs()) {
        return Ordering::Equal;
    }
    one.total_cmp(&other)
}

/// Whether what compares so keeps a bound.
pub(super) const fn keeps(operator: Operator, ordering: Ordering) -> bool {
    match operator {
        Operator::Above => ordering.is_gt(),
        Operator::AtLeast => ordering.is_ge(),
        Operator::Below => ordering.is_lt(),
        Operator::AtMost => ordering.is_le(),
        Operator::Equals => ordering.is_eq(),
    }
}

/// Judges a value in the unit of its query. `tell` makes a sentence of the value as it is shown.
pub(super) fn judge(value: f64, bound: Bound, tell: impl Fn(&str) -> String) -> Finding {
    if value.is_nan() {
        return Finding::inconclusive(Code::NotANumber, "the value is not a number (NaN)");
    }
    let ordering = compare(value, number(bound.limit));
    let is_kept = keeps(bound.operator, ordering);
    if value.is_infinite() {
        return infinite(value, is_kept, bound);
    }
    let shown = show(value, ordering, bound.limit);
    finding(
        is_kept,
        value,
        &shown,
        &format!("{}, {}", tell(&shown), against(is_kept, bound)),
    )
}

/// That a bound is kept or broken, and by what.
pub(super) fn finding(is_kept: bool, value: f64, shown: &str, message: &str) -> Finding {
    let (outcome, code) = if is_kept {
        (Outcome::Pass, Code::Kept)
    } else {
        (Outcome::Block, Code::Broken)
    };
    Finding {
        subject: None,
        outcome,
        code,
        value: Some(value),
        shown: Some(shown.to_owned()),
        message: message.to_owned(),
    }
}

/// Something without end breaks a bound, and keeps none: a division by nothing is no good news.
fn infinite(value: f64, would_keep: bool, bound: Bound) -> Finding {
    let shown = if value > 0.0 { "+Inf" } else { "-Inf" };
    if would_keep {
        let message = format!("the value is infinite ({shown})");
        return Finding::inconclusive(Code::Infinite, message);
    }
    let message = format!("{shown}, {}", against(false, bound));
    Finding {
        value: None,
        ..finding(false, value, shown, &message)
    }
}

/// `below 0.5%`, or `not below 0.5%`.
pub(super) fn against(is_kept: bool, bound: Bound) -> String {
    let words = words(bound);
    if is_kept { words } else { format!("not {words}") }
}

/// The bound in words: `below 0.5%`.
pub(super) fn words(bound: Bound) -> String {
    let limit = show_limit(bound.limit);
    match bound.operator {
        Operator::Above => format!("above {limit}"),
        Operator::AtLeast => format!("at least {limit}"),
        Operator::Below => format!("below {limit}"),
        Operator::AtMost => format!("at most {limit}"),
        Operator::Equals => limit,
    }
}

/// The limit in the unit of its query.
pub(super) fn number(limit: Limit) -> f64 {
    match limit {
        Limit::Number(number) => number,
        Limit::Share(share) => f64::from(share.parts_per_million()) / 1e6,
        Limit::Time(time) => time.as_secs_f64(),
    }
}

/// The limit as its file writes it.
pub(super) fn show_limit(limit: Limit) -> String {
    match limit {
        Limit::Number(number) => number.to_string(),
        Limit::Share(share) => share.to_string(),
        Limit::Time(time) => duration::spell(time),
    }
}

/// A value in the unit of its limit, with as many digits as it takes to tell them apart.
pub(super) fn show(value: f64, against: Ordering, limit: Limit) -> String {
    let shown_limit = show_limit(limit);
    if against.is_eq() {
        return format!("exactly {shown_limit}");
    }
    let texts = (2..=12).map(|decimals| show_rounded(value, decimals, limit));
    let mut apart = texts.skip_while(|text| *text == shown_limit);
    apart.next().unwrap_or_else(|| value.to_string())
}

fn show_rounded(value: f64, decimals: usize, limit: Limit) -> String {
    match limit {
        Limit::Number(_) => rounded(value, decimals),
        Limit::Share(_) => percent(value, decimals),
        Limit::Time(_) if value.abs() < 1.0 => format!("{}ms", rounded(value * 1000.0, decimals - 2)),
        Limit::Time(_) => format!("{}s", rounded(value, decimals)),
    }
}

/// A share as a percentage.
pub(super) fn percent(share: f64, decimals: usize) -> String {
    format!("{}%", rounded(share * 100.0, decimals))
}

/// A time in seconds.
pub(super) fn seconds(seconds: f64) -> String {
    let exact = Duration::try_from_secs_f64(seconds).ok();
    let is_whole = |time: &Duration| time.subsec_nanos().is_multiple_of(1_000_000);
    exact
        .filter(is_whole)
        .map_or_else(|| format!("{seconds}s"), duration::spell)
}

/// A number without needless zeros.
pub(super) fn rounded(number: f64, decimals: usize) -> String {
    let text = format!("{number:.decimals$}");
    let text = if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        &text
    };
    match text {
        "-0" => "0".into(),
        text => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use freshwatch_probe::definition::Ratio;
    use freshwatch_probe::gate::{Bound, Limit};
    use freshwatch_probe::matcher::Operator;

    use super::judge;

    #[track_caller]
    fn check(value: f64, operator: Operator, limit: Limit, told: &str) {
        let finding = judge(value, Bound { operator, limit }, str::to_owned);
        let seen = format!("{}: {}", finding.code.as_str(), finding.message);
        assert_eq!(seen, told);
    }

    fn share(text: &str) -> Limit {
        Limit::Share(Ratio::parse_percentage(text).unwrap())
    }

    #[test]
    fn at_the_bound_is_neither_below_nor_above() {
        // 0.1 + 0.2 is 0.30000000000000004.
        let sum = 0.1 + 0.2;
        check(
            sum,
            Operator::Below,
            share("30%"),
            "broken: exactly 30%, not below 30%",
        );
        check(
            sum,
            Operator::AtMost,
            share("30%"),
            "kept: exactly 30%, at most 30%",
        );
        check(
            sum,
            Operator::Above,
            share("30%"),
            "broken: exactly 30%, not above 30%",
        );
        check(
            sum,
            Operator::AtLeast,
            share("30%"),
            "kept: exactly 30%, at least 30%",
        );
    }

    #[test]
    fn values_that_differ_from_the_bound_look_different() {
        check(
            0.300_001,
            Operator::Below,
            share("30%"),
            "broken: 30.0001%, not below 30%",
        );
        check(
            0.299_999,
            Operator::Below,
            share("30%"),
            "kept: 29.9999%, below 30%",
        );
        let time = Limit::Time(Duration::from_millis(800));
        check(0.912_34, Operator::Below, time, "broken: 912ms, not below 800ms");
        check(
            0.800_01,
            Operator::Below,
            time,
            "broken: 800.01ms, not below 800ms",
        );
        check(1.25, Operator::Below, time, "broken: 1.25s, not below 800ms");
        check(
            14.399,
            Operator::AtMost,
            Limit::Number(14.4),
            "kept: 14.399, at most 14.4",
        );
        check(-0.001, Operator::AtMost, Limit::Number(6.0), "kept: 0, at most 6");
    }

    #[test]
    fn what_is_no_finite_number_never_passes() {
        let nan = "not_a_number: the value is not a number (NaN)";
        for operator in [
            Operator::Above,
            Operator::AtLeast,
            Operator::Below,
            Operator::AtMost,
        ] {
            check(f64::NAN, operator, share("30%"), nan);
        }
        let plus = "infinite: the value is infinite (+Inf)";
        check(f64::INFINITY, Operator::Above, share("30%"), plus);
        check(
            f64::INFINITY,
            Operator::Below,
            share("30%"),
            "broken: +Inf, not below 30%",
        );
        let minus = "infinite: the value is infinite (-Inf)";
        check(f64::NEG_INFINITY, Operator::AtMost, share("30%"), minus);
        check(
            f64::NEG_INFINITY,
            Operator::Above,
            share("30%"),
            "broken: -Inf, not above 30%",
        );
    }
}
