//! The calendars of all files, complete with what they include, by their names.

use std::collections::HashMap;
use std::sync::Arc;

use freshwatch_probe::calendar::{Calendar, Rules};

use super::{Declared, check_cycles, read};
use crate::context::Context;
use crate::found::Found;
use crate::mistake::Code;
use crate::provenance;
use crate::suggestion;
use crate::yaml::{Node, Place};

use super::super::scalar;

/// The longest chain of calendars that include one another.
const MOST_INCLUDES: usize = 16;

/// The holidays and extra days of all calendars together, those counted that they include. Ten thousand calendars may
/// include the same long one.
const MOST_DAYS: usize = 1_000_000;

/// The calendars of all files that are loaded together.
#[derive(Default)]
pub(crate) struct Calendars {
    /// In load order.
    pub complete: Vec<Arc<Calendar>>,
    /// Where the names of these stand.
    pub places: Vec<Place>,
    /// Those that have mistakes are known as well: nobody is told that they do not exist.
    by_name: HashMap<String, Option<Arc<Calendar>>>,
    /// The hashes of what declares them, file by file.
    hashes: Vec<u64>,
}

/// Reads the name of a calendar, which may stand in any file.
pub(crate) fn named(node: &Node, context: &Context) -> Option<Arc<Calendar>> {
    let name = scalar::text(node, context)?;
    let calendars = context.calendars();
    if let Some(calendar) = calendars.by_name.get(name) {
        return calendar.clone();
    }
    let known = calendars.by_name.keys().map(String::as_str);
    context.refuse(unknown(name, node.place, known, context))
}

impl Calendars {
    /// The calendars of the files, given what declares them in each: the value of the key `calendars`.
    pub fn of(files: impl Iterator<Item = Node>, context: &Context) -> Self {
        let mut declared = Vec::new();
        let mut hashes = Vec::new();
        for node in files {
            declared.extend(read(&node, context));
            hashes.push(provenance::hash(&node));
        }
        let by_name = by_name(&declared, context);
        // What includes itself is not to be completed.
        let mut calendars = if check_includes(&declared, &by_name, context) {
            Self::complete(&declared, &by_name, context)
        } else {
            Self::default()
        };
        for name in by_name.keys() {
            let known = &mut calendars.by_name;
            known.entry((*name).to_owned()).or_default();
        }
        Self { hashes, ..calendars }
    }

    /// A hash of all that declares them: calendars include one another.
    pub fn hash(&self) -> u64 {
        provenance::hash(&self.hashes)
    }

    fn complete(declared: &[Declared], by_name: &HashMap<&str, &Declared>, context: &Context) -> Self {
        let mut calendars = Self::default();
        let mut days = 0;
        for own in declared {
            let Some(rules) = complete(own, by_name, context) else {
                continue;
            };
            days += rules.holidays.len() + rules.extra_days.len();
            if days > MOST_DAYS {
                context.report(
                    Found::new(
                        own.place,
                        Code::TooLarge,
                        "up to here the calendars have more than a million holidays and extra days, those that they include counted",
                    )
                    .help("name ranges of holidays, `{from: 2027-02-06, to: 2027-02-09}`, and include long lists in fewer calendars"),
                );
                break;
            }
            let calendar = Arc::new(Calendar::new(own.name.as_str(), rules));
            if !calendar.ever_opens() {
                context.report(
                    Found::new(
                        own.place,
                        Code::Empty,
                        format!("the calendar `{}` is never open", own.name),
                    )
                    .help("nothing would ever be too old by it: name its open days under `days` or `extra_days`"),
                );
            }
            calendars
                .by_name
                .insert(own.name.clone(), Some(Arc::clone(&calendar)));
            calendars.complete.push(calendar);
            calendars.places.push(own.place);
        }
        calendars
    }
}

/// The rules of a calendar with those of the calendars that it includes, the nearest first.
fn complete(own: &Declared, by_name: &HashMap<&str, &Declared>, context: &Context) -> Option<Rules> {
    let mut rules = own.rules.clone()?;
    let mut includes = 0;
    let mut last = own;
    while let Some((name, place)) = &last.include {
        includes += 1;
        if includes > MOST_INCLUDES {
            let message = format!("more than {MOST_INCLUDES} calendars include one another here");
            return context.refuse(
                Found::new(*place, Code::TooLarge, message).help("include the last one of them directly"),
            );
        }
        last = by_name.get(name.as_str())?;
        rules.include(last.rules.as_ref()?);
    }
    Some(rules)
}

/// The calendars by their names; a second one of a name is a mistake.
fn by_name<'d>(declared: &'d [Declared], context: &Context) -> HashMap<&'d str, &'d Declared> {
    let mut by_name: HashMap<&str, &Declared> = HashMap::new();
    for calendar in declared {
        if let Some(first) = by_name.get(calendar.name.as_str()) {
            context.report(
                Found::new(
                    calendar.place,
                    Code::DuplicateName,
                    format!("there are two calendars `{}`", calendar.name),
                )
                .label("again")
                .also(first.place, "first")
                .help("calendars are shared by all files that are loaded together: rename one of them"),
            );
        } else {
            by_name.insert(&calendar.name, calendar);
        }
    }
    by_name
}

/// Whether what the calendars include exists, and never leads back to themselves.
fn check_includes(declared: &[Declared], by_name: &HashMap<&str, &Declared>, context: &Context) -> bool {
    let before = context.reported();
    for (name, place) in declared.iter().filter_map(|calendar| calendar.include.as_ref()) {
        if !by_name.contains_key(name.as_str()) {
            context.report(unknown(name, *place, by_name.keys().copied(), context));
        }
    }
    let order: Vec<&str> = declared.iter().map(|calendar| calendar.name.as_str()).collect();
    let edges = |name: &str| -> Vec<(&str, Place)> {
        let include = by_name.get(name).and_then(|calendar| calendar.include.as_ref());
        include
            .map(|(name, place)| (name.as_str(), *place))
            .into_iter()
            .collect()
    };
    check_cycles(&order, edges, "includes", context);
    context.reported() == before
}

/// The mistake of a name that no calendar has.
fn unknown<'n>(name: &str, place: Place, known: impl Iterator<Item = &'n str>, context: &Context) -> Found {
    let near = suggestion::nearest(name, known.filter(|_| context.has_time_to_suggest()));
    let help = near.map_or_else(
        || "name a calendar of the files that are loaded together".into(),
        |near| format!("did you mean `{near}`?"),
    );
    Found::new(place, Code::UnknownName, format!("there is no calendar `{name}`")).help(help)
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::io;

    use crate::parse::{ProbeSet, Source, parse};

    /// Reads texts as files that are loaded together; the messages of all mistakes otherwise.
    fn read(texts: &[&str]) -> Result<ProbeSet, Vec<String>> {
        let sources: Vec<Source> = (1..)
            .zip(texts)
            .map(|(number, text)| Source {
                name: format!("{number}.yaml"),
                text: (*text).to_owned(),
            })
            .collect();
        let no_file = |_: &std::path::Path| Err(io::Error::from(io::ErrorKind::NotFound));
        let messages = |mistakes: crate::Mistakes| {
            let messages = mistakes.iter().map(|mistake| mistake.message.clone());
            messages.collect()
        };
        parse(&sources, &|_| None, &no_file).map_err(messages)
    }

    const PROBE: &str = "probes: {a: {get: https://example.com/}}";

    #[test]
    fn a_calendar_includes_one_of_a_later_file() {
        let set = read(&[
            "calendars: {own: {days: [mon], timezone: UTC, include: bank, through: 2027-06-30}}",
            PROBE,
            r#"calendars: {bank: {days: [sun], timezone: UTC, include: "la\u006ed", extra_days: [2026-12-25]}}"#,
            r#""c\u0061lendars": {land: {days: [sun], timezone: UTC, holidays: [2026-11-23, 2026-12-25], through: 2026-12-31}}"#,
        ]);
        let own = set.unwrap().calendars.remove(0);
        let open = |day: &str| own.is_open(day.parse().unwrap()).ok();
        assert_eq!(open("2026-11-16"), Some(true));
        assert_eq!(open("2026-11-23"), Some(false));
        assert_eq!(open("2026-12-25"), Some(true));
        assert_eq!(open("2026-12-27"), Some(false));
        assert_eq!(open("2027-01-04"), None);
    }

    #[test]
    fn a_mistake_in_a_calendar_is_told_once() {
        let calendar = "calendars: {own: {days: [monday], timezone: UTC}, other: {days: [mon], timezone: UTC, include: own}}";
        let told = read(&[&format!("{calendar}\n{PROBE}")]).unwrap_err();
        assert_eq!(told, ["`monday` is not one of the words for this key"]);
    }

    #[test]
    fn what_calendars_include_is_bounded() {
        let chain = |length: usize| {
            let mut text = format!("{PROBE}\ncalendars:\n  c0: {{days: [mon], timezone: UTC}}\n");
            for number in 1..=length {
                let before = number - 1;
                writeln!(
                    text,
                    "  c{number}: {{days: [mon], timezone: UTC, include: c{before}}}"
                )
                .unwrap();
            }
            read(&[&text]).map(|set| set.calendars.len())
        };
        assert_eq!(chain(16), Ok(17));
        assert_eq!(
            chain(17),
            Err(vec!["more than 16 calendars include one another here".to_owned()])
        );
        let days = vec!["2026-12-25"; 20_000].join(", ");
        let shared = |count: usize| {
            let mut text =
                format!("{PROBE}\ncalendars:\n  long: {{days: [mon], timezone: UTC, holidays: [{days}]}}\n");
            for number in 1..count {
                writeln!(text, "  c{number}: {{days: [mon], timezone: UTC, include: long}}").unwrap();
            }
            read(&[&text]).map(|set| set.calendars.len())
        };
        assert_eq!(shared(50), Ok(50));
        assert_eq!(shared(51).unwrap_err().len(), 1);
    }
}
