//! Business calendars: declared in any file, usable from every one that is loaded with it.

mod known;

use freshwatch_probe::calendar::{Holiday, Rules};
use jiff::civil::{Date, Weekday};

use super::needs::check_cycles;
use super::{date, scalar, timezone};
use crate::block::{Block, Field, Value};
use crate::context::Context;
use crate::found::Found;
use crate::mistake::Code;
use crate::shape::Shape;
use crate::yaml::{Content, Node, Place};
pub(crate) use known::{Calendars, named};

pub(super) const CALENDARS: Shape =
    Shape::free("`calendars`", "kr-business: {days: [mon], timezone: Asia/Seoul}");
pub(super) const CALENDAR: Shape = Shape::closed(
    "a calendar",
    &[
        "days",
        "open",
        "timezone",
        "holidays",
        "extra_days",
        "include",
        "through",
    ],
);
pub(super) const HOLIDAY: Shape = Shape::closed("a range of holidays", &["from", "to", "name"]);

pub(super) const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

/// A calendar and where it is declared; no rules where it has mistakes of its own.
struct Declared {
    name: String,
    place: Place,
    rules: Option<Rules>,
    include: Option<(String, Place)>,
}

/// Reads the calendars of one file.
fn read(node: &Node, context: &Context) -> Vec<Declared> {
    let Some(block) = Block::open(Value::own(node), &CALENDARS, context) else {
        return Vec::new();
    };
    block.fields().map(|field| declared(field, context)).collect()
}

fn declared(Field { key, value }: Field, context: &Context) -> Declared {
    let before = context.reported();
    let name = key.text.to_string();
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.is_empty() || name.len() > 63 || !name.chars().all(allowed) {
        context.report(
            Found::new(
                key.place,
                Code::BadName,
                format!("`{name}` is not the name of a calendar"),
            )
            .help("it has lower-case letters, digits and `-`, 63 at most"),
        );
    }
    let rules = rules(key.place, value, context).filter(|_| context.reported() == before);
    let include = value.node.member("include");
    let included = include.and_then(|node| Some((node.scalar()?.text.to_string(), node.place)));
    Declared {
        name,
        place: key.place,
        rules,
        include: included,
    }
}

fn rules(at: Place, value: Value, context: &Context) -> Option<Rules> {
    let block = Block::open(value, &CALENDAR, context)?;
    let days = block.required(
        "days",
        at,
        "add the days that are open: `days: [mon, tue, wed, thu, fri]`",
        context,
    );
    let zone = block.required(
        "timezone",
        at,
        "add `timezone: Asia/Seoul`: a day starts somewhere, and it is not guessed",
        context,
    );
    let extra_days = block.read("extra_days", |node| {
        let items = scalar::list(node, "dates", context)?;
        Some(
            items
                .iter()
                .filter_map(|item| date::date(item, context))
                .collect(),
        )
    });
    let holidays = block.read("holidays", |node| {
        let items = scalar::list(node, "dates", context)?;
        Some(items.iter().filter_map(|item| holiday(item, context)).collect())
    });
    let open = block.read("open", |node| date::hours(node, context));
    let through = block.read("through", |node| date::date(node, context));
    block.read("include", |node| scalar::text(node, context));
    let days = days.and_then(|value| weekdays(value.node, context));
    let zone = zone.and_then(|value| timezone::read(value.node, context));
    Some(Rules {
        days: days?,
        open,
        timezone: zone?,
        holidays: holidays.unwrap_or_default(),
        extra_days: extra_days.unwrap_or_default(),
        through,
    })
}

fn weekdays(node: &Node, context: &Context) -> Option<Vec<Weekday>> {
    let items = scalar::list(node, "days such as `mon`", context)?;
    let mut days: Vec<Weekday> = Vec::new();
    for item in items {
        let Some(day) = scalar::word(item, &DAYS, context) else {
            continue;
        };
        if days.contains(&day) {
            context.report(
                Found::new(item.place, Code::DuplicateName, "this day is named twice")
                    .help("remove one of the two"),
            );
        } else {
            days.push(day);
        }
    }
    Some(days)
}

/// A date, or a range of them with a name.
fn holiday(node: &Node, context: &Context) -> Option<Holiday> {
    if !matches!(node.content, Content::Map(_)) {
        let day = date::date(node, context)?;
        return Some(Holiday {
            from: day,
            to: day,
            name: None,
        });
    }
    let block = Block::open(Value::own(node), &HOLIDAY, context)?;
    let read = |key: &str| -> Option<(Date, &Node)> {
        let node = block
            .required(
                key,
                block.place,
                "write it like `{from: 2027-02-06, to: 2027-02-09}`",
                context,
            )?
            .node;
        Some((date::date(node, context)?, node))
    };
    let (from, to) = (read("from"), read("to"));
    let name = block
        .read("name", |node| scalar::text(node, context))
        .map(str::to_owned);
    let ((from, _), (to, at)) = (from?, to?);
    if to < from {
        return context.refuse(
            Found::new(at.place, Code::BadDate, format!("`{to}` is before `{from}`"))
                .help("swap `from` and `to`"),
        );
    }
    Some(Holiday { from, to, name })
}
