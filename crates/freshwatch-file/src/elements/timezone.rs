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
    if let Some(zone) = context.zone(name) {
        return Some(zone);
    }
    let names = context.zone_names();
    let by_place = || {
        let place = |name: &str| name.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
        let wanted = place(name);
        names
            .iter()
            .find(|known| !wanted.is_empty() && place(known) == wanted)
            .map(String::as_str)
    };
    // Every abbreviation is near to another one that means another time.
    let is_abbreviation = name.len() <= 5 && name.chars().all(|c| c.is_ascii_uppercase());
    let near = if is_abbreviation {
        None
    } else {
        suggestion::nearest(name, names.iter().map(String::as_str)).or_else(by_place)
    };
    let help = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => "write a name of the IANA database such as `Asia/Seoul`, `Europe/Berlin` or `UTC`".into(),
    };
    context.refuse(
        Found::new(
            node.place,
            Code::BadTimezone,
            format!("there is no time zone `{name}`"),
        )
        .help(help),
    )
}
