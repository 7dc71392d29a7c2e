//! Time zones by their IANA name.

use jiff::tz::TimeZone;

use super::scalar::text;
use crate::context::Context;
use crate::found::Found;
use crate::mistake::Code;
use crate::suggestion;
use crate::yaml::Node;

/// A zone of the bundled database.
pub(crate) fn read(node: &Node, context: &Context) -> Option<TimeZone> {
    let name = text(node, context)?;
    context.zones.get(name.to_owned(), node.place, context, || {
        let zone = Some(name).filter(|name| name.len() <= LONGEST);
        let zone = zone.and_then(|name| context.zone_database().get(name).ok());
        zone.ok_or_else(|| {
            let help = match meant(name, context) {
                Some(near) => format!("did you mean `{near}`?"),
                None => {
                    "write a name of the IANA database such as `Asia/Seoul`, `Europe/Berlin` or `UTC`".into()
                }
            };
            Found::new(
                node.place,
                Code::BadTimezone,
                format!("there is no time zone `{name}`"),
            )
            .help(help)
            .boxed()
        })
    })
}

/// Longer ones are no name of any zone.
const LONGEST: usize = 100;

/// The zone that a wrong name may mean: by a typo, or by its place alone.
fn meant(name: &str, context: &Context) -> Option<String> {
    // Every abbreviation is near to another one that means another time.
    let is_abbreviation = name.len() <= 5 && name.chars().all(|c| c.is_ascii_uppercase());
    if is_abbreviation || name.is_empty() || !context.has_time_to_suggest() {
        return None;
    }
    let zones: Vec<String> = context
        .zone_database()
        .available()
        .map(|zone| zone.as_str().to_owned())
        .collect();
    let place = |zone: &str| zone.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    let near = suggestion::nearest(name, zones.iter().map(String::as_str)).map(str::to_owned);
    near.or_else(|| zones.iter().find(|zone| place(zone) == place(name)).cloned())
}
