//! `format: auto`: what can be told apart without doubt.

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use jiff::tz::{TimeZone, TimeZoneDatabase};

use super::iso::IsoTime;
use super::{Form, Moment, Period, Unreadable, civil, epoch, iso, zoned};

pub fn read(text: &str, is_number: bool, zone: Option<&TimeZone>) -> Result<(Moment, Form), Unreadable> {
    if is_number || epoch::is_number(text) {
        let plausible = epoch::plausible(text);
        return plausible
            .map(|(unit, at)| (Moment::Instant(at), Form::Epoch(unit)))
            .ok_or_else(|| {
                Unreadable::Malformed(
                "is not a plausible number of seconds, milliseconds, microseconds or nanoseconds since 1970 \
                 (1990 to 2099): say what it is with `format`, such as `format: \"%Y%m%d\"` or `format: unix`"
                    .into(),
            )
            });
    }
    if let Some(period) = Period::parse(text) {
        return Ok((zoned(period, zone)?, Form::Period(period.unit())));
    }
    match iso::read(text) {
        Some(IsoTime::Instant(at)) => return Ok((Moment::Instant(at), Form::Iso { zoned: true })),
        Some(IsoTime::Naive(at)) => return Ok((civil(at, zone)?, Form::Iso { zoned: false })),
        None => {}
    }
    let http = http_date(text);
    if let Some(at) = http.filter(|_| !text.contains(',')) {
        // C's asctime: HTTP defines it as UTC, but outside of HTTP it is local time, and does not say whose.
        let at = at.to_zoned(TimeZone::UTC).datetime();
        return Ok((civil(at, zone)?, Form::Asctime));
    }
    let in_form = |at: Option<Timestamp>, form: Form| at.map(|at| (Moment::Instant(at), form));
    in_form(epoch::microsoft(text), Form::Microsoft)
        .or_else(|| in_form(http, Form::Http))
        .or_else(|| in_form(mail_date(text), Form::Mail))
        .ok_or_else(|| Unreadable::Malformed(why(text).into()))
}

fn why(text: &str) -> &'static str {
    if iso::has_form(text) {
        return "is no moment of a calendar that ends on 9999-12-30";
    }
    "is no time that can be told without doubt: say how to read it with `format`, a strftime pattern"
}

/// RFC 2822 and RFC 5322 dates; a weekday that contradicts the date is refused.
fn mail_date(text: &str) -> Option<Timestamp> {
    DateTimeParser::new().parse_timestamp(text).ok()
}

/// The three formats of RFC 9110, section 5.6.7; a weekday that contradicts the date is refused.
pub fn http_date(text: &str) -> Option<Timestamp> {
    Timestamp::try_from(httpdate::parse_http_date(text).ok()?).ok()
}

/// The zones that are compiled into the program: the machine's own must not change a verdict.
pub fn zones() -> TimeZoneDatabase {
    TimeZoneDatabase::bundled()
}
