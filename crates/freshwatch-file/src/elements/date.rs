//! Dates and times of day.

use jiff::civil::{Date, Time};

use super::scalar;
use crate::context::Context;
use crate::found::Found;
use crate::mistake::Code;
use crate::yaml::Node;

/// A date: `2026-12-25`.
pub(crate) fn date(node: &Node, context: &Context) -> Option<Date> {
    let Some(scalar) = node.scalar().filter(|_| !node.is_null()) else {
        return context.refuse(scalar::wrong_type(node, "a date"));
    };
    let text = scalar.text.as_str();
    let date = Some(text)
        .filter(|text| text.len() == 10)
        .and_then(|text| text.parse::<Date>().ok());
    match date {
        Some(date) => Some(date),
        None => context.refuse(
            Found::new(node.place, Code::BadDate, format!("`{text}` is not a date"))
                .help("write it like `2026-12-25`"),
        ),
    }
}

/// From when to when: `09:00-18:00`.
pub(crate) fn hours(node: &Node, context: &Context) -> Option<(Time, Time)> {
    let text = scalar::text(node, context)?;
    let time = |text: &str| {
        Some(text)
            .filter(|text| text.len() == 5)
            .and_then(|text| text.parse::<Time>().ok())
    };
    let hours = text
        .split_once('-')
        .and_then(|(from, to)| Some((time(from)?, time(to)?)));
    match hours {
        Some((from, to)) if from < to => Some((from, to)),
        Some(_) => context.refuse(
            Found::new(
                node.place,
                Code::BadDate,
                format!("`{text}` ends before it starts"),
            )
            .help("open hours lie within one day; without `open` the whole day is open"),
        ),
        None => context.refuse(
            Found::new(
                node.place,
                Code::BadDate,
                format!("`{text}` does not say from when to when"),
            )
            .help("write it like `\"09:00-18:00\"`; without `open` the whole day is open"),
        ),
    }
}
