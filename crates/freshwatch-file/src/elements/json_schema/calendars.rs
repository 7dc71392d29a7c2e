//! `calendars`.

use serde_json::{Value, json};

use super::build::{about, block, date, free, line, list, requiring, text, timezone, words};
use crate::elements::calendars::{CALENDAR, CALENDARS, DAYS, HOLIDAY};

pub(super) fn schema() -> Value {
    let mut calendars = about(
        free(&CALENDARS, calendar()),
        "Business calendars by their names, usable from every file that is loaded with this one.",
        [
            json!({"kr-business": {"days": ["mon", "tue", "wed", "thu", "fri"], "open": "09:00-18:00", "timezone": "Asia/Seoul"}}),
        ],
    );
    calendars["propertyNames"] = json!({"pattern": "^[-a-z0-9]{1,63}$"});
    calendars
}

fn calendar() -> Value {
    let mut days = list(words(DAYS.map(|(word, _)| word)));
    days["uniqueItems"] = true.into();
    let holiday = requiring(
        block(
            &HOLIDAY,
            [
                (
                    "from",
                    about(date(), "The first closed day.", [json!("2027-02-06")]),
                ),
                ("to", about(date(), "The last closed day.", [json!("2027-02-09")])),
                ("name", about(line(), "What they are called.", [json!("Seollal")])),
            ],
        ),
        &["from", "to"],
    );
    let calendar = block(
        &CALENDAR,
        [
            (
                "days",
                about(
                    days,
                    "The days of the week that are open.",
                    [json!(["mon", "tue", "wed", "thu", "fri"])],
                ),
            ),
            (
                "open",
                about(
                    json!({"type": "string", "pattern": "^[0-9]{2}:[0-9]{2}-[0-9]{2}:[0-9]{2}$"}),
                    "From when to when; without it a day is open all day.",
                    [json!("09:00-18:00")],
                ),
            ),
            (
                "timezone",
                about(
                    timezone(),
                    "Where its days begin: a name of the IANA database.",
                    [json!("Asia/Seoul")],
                ),
            ),
            (
                "holidays",
                about(
                    list(json!({"anyOf": [date(), holiday]})),
                    "Closed days: dates, and ranges of them with a name.",
                    [json!(["2026-12-25", {"from": "2027-02-06", "to": "2027-02-09", "name": "Seollal"}])],
                ),
            ),
            (
                "extra_days",
                about(
                    list(date()),
                    "Open although the rules above say closed.",
                    [json!(["2027-02-13"])],
                ),
            ),
            (
                "include",
                about(
                    text(),
                    "Another calendar, whose holidays and extra days count here too.",
                    [json!("kr-public")],
                ),
            ),
            (
                "through",
                about(
                    date(),
                    "Until when it is kept: beyond it nothing is known, and `lint` warns 60 days ahead.",
                    [json!("2027-12-31")],
                ),
            ),
        ],
    );
    requiring(calendar, &["days", "timezone"])
}
