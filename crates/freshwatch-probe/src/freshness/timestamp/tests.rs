use jiff::tz::TimeZoneDatabase;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Format, Moment, Unreadable};

/// Reads `value` by `format` in `zone`, and shows what came out: an instant, `start/end`, or the kind of refusal.
fn read(format: &str, zone: &str, value: &Value) -> String {
    let zone = (!zone.is_empty()).then(|| TimeZoneDatabase::bundled().get(zone).unwrap());
    match Format::parse(format).unwrap().read(value, zone.as_ref()) {
        Ok(Moment::Instant(at)) => at.to_string(),
        Ok(Moment::Period { start, end, .. }) => format!("{start}/{end}"),
        Err(Unreadable::Absent(_)) => "absent".into(),
        Err(Unreadable::Malformed(_)) => "malformed".into(),
        Err(Unreadable::Naive(_)) => "naive".into(),
    }
}

#[track_caller]
fn auto(value: impl Into<Value>, expected: &str) {
    let value = value.into();
    assert_eq!(read("auto", "", &value), expected, "{value}");
}

#[track_caller]
fn seoul(format: &str, value: impl Into<Value>, expected: &str) {
    let value = value.into();
    assert_eq!(read(format, "Asia/Seoul", &value), expected, "{value}");
}

#[test]
fn iso_times_with_a_zone() {
    auto("2026-11-20T09:00:00Z", "2026-11-20T09:00:00Z");
    auto("2026-11-20T09:00:00.123456789Z", "2026-11-20T09:00:00.123456789Z");
    auto(
        "2026-11-20T09:00:00.1234567899999Z",
        "2026-11-20T09:00:00.123456789Z",
    );
    auto("2026-11-20t09:00:00z", "2026-11-20T09:00:00Z");
    auto("2026-11-20 18:00:00+09:00", "2026-11-20T09:00:00Z");
    auto("2026-11-20T18:00:00+0900", "2026-11-20T09:00:00Z");
    auto("2026-11-20 18:00:00 +0900", "2026-11-20T09:00:00Z");
    auto("2026-11-20T18:00+09", "2026-11-20T09:00:00Z");
    auto("2026-11-20 09:00:00 UTC", "2026-11-20T09:00:00Z");
    auto("2026-11-20T09:00:00GMT", "2026-11-20T09:00:00Z");
    auto("2026-11-20T18:00:00+09:00[Asia/Seoul]", "2026-11-20T09:00:00Z");
    auto("  2026-11-20T09:00:00Z\n", "2026-11-20T09:00:00Z");
}

#[test]
fn contradictions_are_refused() {
    auto("2019-02-15T00:45:13.572836+00:00Z", "malformed");
    auto("2026-11-20T09:00:00Z+00:00", "malformed");
    auto("2026-11-20T09:00:00+09:00 UTC", "malformed");
    auto("2026-11-20T18:00:00-05:00[Asia/Seoul]", "malformed");
    auto("Mon, 20 Nov 2026 09:00:00 GMT", "malformed");
    auto("Fri Nov  6 08:49:37 1994", "malformed");
    auto("Monday, 06-Nov-94 08:49:37 GMT", "malformed");
}

#[test]
fn http_and_mail_dates() {
    auto("Fri, 20 Nov 2026 09:00:00 GMT", "2026-11-20T09:00:00Z");
    auto("Fri, 20 Nov 2026 18:00:00 +0900", "2026-11-20T09:00:00Z");
    auto("20 Nov 2026 09:00 -0000", "2026-11-20T09:00:00Z");
    auto("Sunday, 06-Nov-94 08:49:37 GMT", "1994-11-06T08:49:37Z");
    assert_eq!(
        read("http", "", &json!("Sun Nov  6 08:49:37 1994")),
        "1994-11-06T08:49:37Z"
    );
    // Outside of HTTP nobody knows whose time asctime is.
    auto("Sun Nov  6 08:49:37 1994", "naive");
    seoul("auto", "Sun Nov  6 08:49:37 1994", "1994-11-05T23:49:37Z");
    assert_eq!(
        read("http", "", &json!("Fri, 20 Nov 2026 09:00:00 GMT")),
        "2026-11-20T09:00:00Z"
    );
    assert_eq!(read("http", "", &json!("2026-11-20T09:00:00Z")), "malformed");
}

#[test]
fn epochs_by_plausible_magnitude() {
    auto(1_715_678_990, "2024-05-14T09:29:50Z");
    auto("1715678990", "2024-05-14T09:29:50Z");
    auto(1_715_678_990.25, "2024-05-14T09:29:50.25Z");
    auto(1_501_371_024_000_i64, "2017-07-29T23:30:24Z");
    auto(1_715_678_990_000_000_i64, "2024-05-14T09:29:50Z");
    auto(1_715_678_879_123_456_789_i64, "2024-05-14T09:27:59.123456789Z");
    auto("/Date(1715678990000)/", "2024-05-14T09:29:50Z");
    auto("/Date(1715678990000+0900)/", "2024-05-14T09:29:50Z");
}

#[test]
fn numbers_that_are_no_plausible_epoch_are_refused() {
    for number in [
        0,
        -1,
        300,
        2026,
        202_610,
        3_180_827,
        20_261_120,
        171_798_691_840,
        20_261_120_093_000,
        i64::MAX,
    ] {
        auto(number, "malformed");
        auto(number.to_string(), "malformed");
    }
    auto(1e300, "malformed");
    auto("1e9", "malformed");
}

#[test]
fn values_without_a_zone_need_one() {
    for text in [
        "2026-09-20T12:00",
        "2026-09-20 12:00:00.5",
        "2026-09-20",
        "2026-09",
        "2026-W38",
        "2026Q3",
    ] {
        auto(text, "naive");
    }
    seoul("auto", "2026-09-20T12:00", "2026-09-20T03:00:00Z");
    seoul("auto", "2026-09-20", "2026-09-19T15:00:00Z/2026-09-20T15:00:00Z");
    seoul("auto", "2024-02", "2024-01-31T15:00:00Z/2024-02-29T15:00:00Z");
    seoul("auto", "2026-W47", "2026-11-15T15:00:00Z/2026-11-22T15:00:00Z");
    seoul("auto", "2026W47", "2026-11-15T15:00:00Z/2026-11-22T15:00:00Z");
    seoul("auto", "2026-Q1", "2025-12-31T15:00:00Z/2026-03-31T15:00:00Z");
    seoul("auto", "2026Q4", "2026-09-30T15:00:00Z/2026-12-31T15:00:00Z");
    // A zone of its own wins over the configured one.
    seoul("auto", "2026-09-20T12:00:00Z", "2026-09-20T12:00:00Z");
}

#[test]
fn nothing_is_ever_read_from_what_holds_no_time() {
    for value in [
        json!(null),
        json!(true),
        json!([]),
        json!({}),
        json!(""),
        json!("  "),
    ] {
        auto(value, "absent");
    }
    for text in [
        "6:54 PM Local",
        "yesterday",
        "2026-13-01",
        "2026-02-30",
        "2026-W54",
        "2026-Q5",
        "26.11.20",
        "N/A",
    ] {
        auto(text, "malformed");
    }
}

#[test]
fn named_formats_take_nothing_else() {
    assert_eq!(
        read("rfc3339", "", &json!("2026-11-20T09:00:00Z")),
        "2026-11-20T09:00:00Z"
    );
    for text in [
        "2026-11-20T09:00Z",
        "2026-11-20T18:00:00+0900",
        "2026-11-20",
        "1715678990",
        "2026-11-20T09:00:00",
    ] {
        assert_eq!(read("rfc3339", "UTC", &json!(text)), "malformed", "{text}");
    }
    assert_eq!(read("unix", "", &json!(0)), "1970-01-01T00:00:00Z");
    assert_eq!(
        read("unix_ms", "", &json!("1501371024000")),
        "2017-07-29T23:30:24Z"
    );
    assert_eq!(read("unix_us", "", &json!(1)), "1970-01-01T00:00:00.000001Z");
    assert_eq!(
        read("unix_ns", "", &json!(1_715_678_879_123_456_789_i64)),
        "2024-05-14T09:27:59.123456789Z"
    );
    assert_eq!(read("unix", "", &json!("now")), "malformed");
}

#[test]
fn patterns_read_what_they_say() {
    seoul("%Y%m", "202404", "2024-03-31T15:00:00Z/2024-04-30T15:00:00Z");
    seoul("%Y%m", 202_404, "2024-03-31T15:00:00Z/2024-04-30T15:00:00Z");
    seoul("%Y%m%d", "20261120", "2026-11-19T15:00:00Z/2026-11-20T15:00:00Z");
    seoul("%Y", 2026, "2025-12-31T15:00:00Z/2026-12-31T15:00:00Z");
    seoul("%G-W%V", "2026-W47", "2026-11-15T15:00:00Z/2026-11-22T15:00:00Z");
    seoul("%d.%m.%Y %H:%M", "20.11.2026 18:00", "2026-11-20T09:00:00Z");
    seoul(
        "%Y-%m-%dT%H:%M:%S%z",
        "2026-11-20T09:00:00+0000",
        "2026-11-20T09:00:00Z",
    );
    seoul("%Y-%m-%d", "2026-11-20 and more", "malformed");
    seoul("%Y-%j", "2026-324", "2026-11-19T15:00:00Z/2026-11-20T15:00:00Z");
    seoul(
        "%G-W%V-%u",
        "2026-W47-5",
        "2026-11-19T15:00:00Z/2026-11-20T15:00:00Z",
    );
    seoul("%d.%m.%Y %I:%M %p", "20.11.2026 06:00 PM", "2026-11-20T09:00:00Z");
    seoul("%s", "1715678990", "2024-05-14T09:29:50Z");
    // The value's own zone goes before the configured one.
    seoul(
        "%Y-%m-%d %z",
        "2026-11-20 +0000",
        "2026-11-20T00:00:00Z/2026-11-21T00:00:00Z",
    );
    seoul(
        "%Y-%m-%d %Q",
        "2026-11-20 Europe/Berlin",
        "2026-11-19T23:00:00Z/2026-11-20T23:00:00Z",
    );
    // An hour without its minutes is a period as well.
    seoul(
        "%Y-%m-%d %H %Q",
        "2026-11-20 09 Europe/Berlin",
        "2026-11-20T08:00:00Z/2026-11-20T09:00:00Z",
    );
    seoul(
        "%Y%m%d %I%p",
        "20261120 06PM",
        "2026-11-20T09:00:00Z/2026-11-20T10:00:00Z",
    );
    // A weekday that contradicts its date.
    seoul(
        "%a %Y-%m-%d",
        "Fri 2026-11-20",
        "2026-11-19T15:00:00Z/2026-11-20T15:00:00Z",
    );
    seoul("%a %Y-%m-%d", "Mon 2026-11-20", "malformed");
    assert_eq!(read("%Y%m", "", &json!("202404")), "naive");
}

#[test]
fn patterns_that_tell_no_date_are_refused() {
    for pattern in [
        "%H:%M", "%m-%d", "%", "%!", "%d", "%Z %Y", "%Y-W%V", "%Y-%U", "%Y-W%W", "%Y%M", "%Y %p", "%G-%m",
        "%G", "%F %s", "%F %I:%M", "%V", "%Y %a", "%Y-%m %a", "",
    ] {
        assert!(Format::parse(pattern).is_err(), "{pattern}");
    }
    assert!(Format::parse("iso8601").unwrap_err().contains("`rfc3339`"));
}

#[test]
fn a_time_in_a_gap_or_a_fold_is_one_moment() {
    let berlin = |text: &str| read("auto", "Europe/Berlin", &json!(text));
    assert_eq!(berlin("2026-03-29T02:30"), "2026-03-29T01:30:00Z");
    assert_eq!(berlin("2026-10-25T02:30"), "2026-10-25T00:30:00Z");
}

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC*", format in prop::sample::select(super::FORMAT_WORDS.to_vec())) {
        let zone = jiff::tz::TimeZone::UTC;
        let _ = Format::parse(format).unwrap().read(&json!(text), Some(&zone));
        let _ = Format::parse(&text);
    }

    #[test]
    fn near_times_do_not_panic(text in "[0-9TZ:./+ -]{0,30}") {
        let _ = Format::Auto.read(&json!(text), Some(&jiff::tz::TimeZone::UTC));
    }

    #[test]
    fn what_is_written_is_read_back(second in 631_152_000_i64..4_102_444_799, nanosecond in 0..1_000_000_000_i32) {
        let at = jiff::Timestamp::new(second, nanosecond).unwrap();
        for format in [Format::Auto, Format::Rfc3339] {
            prop_assert_eq!(format.read(&json!(at.to_string()), None), Ok(Moment::Instant(at)));
        }
        let nanoseconds = i64::try_from(at.as_nanosecond()).unwrap();
        prop_assert_eq!(Format::UnixNs.read(&json!(nanoseconds), None), Ok(Moment::Instant(at)));
    }
}
