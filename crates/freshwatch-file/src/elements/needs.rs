//! Probes that must be ok before this one's alerts speak.

use std::collections::HashMap;

use freshwatch_probe::definition::ProbeName;

use super::scalar;
use crate::block::Value;
use crate::context::Context;
use crate::found::Found;
use crate::mistake::Code;
use crate::suggestion;
use crate::yaml::Place;

/// A name under `needs`.
pub(crate) struct Need {
    pub name: ProbeName,
    pub place: Place,
}

/// Reads the key `needs` of a probe. In `defaults` it is meant for the others: what they all need does not need itself.
pub(crate) fn read(value: Value, of: Option<&ProbeName>, context: &Context) -> Vec<Need> {
    let items = scalar::list(value.node, "probes' names", context).unwrap_or_default();
    let mut needs: Vec<Need> = Vec::new();
    for item in items {
        let Some(text) = scalar::text(item, context) else {
            continue;
        };
        let name = match ProbeName::parse(text) {
            Ok(name) => name,
            Err(why) => {
                context.report(Found::new(item.place, Code::BadName, why).help("write the name of a probe"));
                continue;
            }
        };
        if Some(&name) == of {
            if !value.inherited {
                context.report(
                    Found::new(item.place, Code::Cycle, format!("`{name}` needs itself"))
                        .help("remove it from its own list"),
                );
            }
            continue;
        }
        if let Some(first) = needs.iter().find(|need| need.name == name) {
            context.report(
                Found::new(
                    item.place,
                    Code::DuplicateName,
                    format!("`{name}` is named twice"),
                )
                .also(first.place, "first")
                .help("remove one of the two"),
            );
            continue;
        }
        needs.push(Need {
            name,
            place: item.place,
        });
    }
    needs
}

/// Refuses names that no probe has, and needs that lead back to themselves.
pub(crate) fn check(probes: &[(&str, &[Need])], context: &Context) {
    let needs_of: HashMap<&str, &[Need]> = probes.iter().copied().collect();
    for need in probes.iter().flat_map(|(_, needs)| *needs) {
        let name = need.name.as_str();
        if !needs_of.contains_key(name) {
            let known = probes
                .iter()
                .map(|(name, _)| *name)
                .filter(|_| context.has_time_to_suggest());
            let near = suggestion::nearest(name, known);
            let help = near.map_or_else(
                || "name a probe of the files that are loaded together".into(),
                |near| format!("did you mean `{near}`?"),
            );
            context.report(
                Found::new(
                    need.place,
                    Code::UnknownName,
                    format!("there is no probe `{name}`"),
                )
                .help(help),
            );
        }
    }
    let order: Vec<&str> = probes.iter().map(|(name, _)| *name).collect();
    let edges = |name: &str| -> Vec<(&str, Place)> {
        let needs = needs_of.get(name).copied().unwrap_or_default();
        needs
            .iter()
            .map(|need| (need.name.as_str(), need.place))
            .collect()
    };
    check_cycles(&order, edges, "needs", context);
}

/// Reports every way that leads back to where it started, once, at the step that closes it. Without recursion: ten
/// thousand probes may stand in one chain.
pub(crate) fn check_cycles<'n>(
    order: &[&'n str],
    edges: impl Fn(&str) -> Vec<(&'n str, Place)>,
    verb: &str,
    context: &Context,
) {
    let mut is_done: HashMap<&str, bool> = HashMap::new();
    for start in order {
        if is_done.contains_key(start) {
            continue;
        }
        is_done.insert(start, false);
        let mut way = vec![(*start, edges(start).into_iter())];
        while let Some((here, rest)) = way.last_mut() {
            let Some((next, place)) = rest.next() else {
                is_done.insert(here, true);
                way.pop();
                continue;
            };
            match is_done.get(next) {
                Some(true) => {}
                Some(false) => {
                    let names: Vec<&str> = way.iter().map(|(name, _)| *name).collect();
                    report_cycle(&names, next, place, verb, context);
                }
                None => {
                    is_done.insert(next, false);
                    way.push((next, edges(next).into_iter()));
                }
            }
        }
    }
}

fn report_cycle(way: &[&str], back_to: &str, place: Place, verb: &str, context: &Context) {
    let circle: Vec<String> = way
        .iter()
        .skip_while(|name| **name != back_to)
        .map(|name| format!("`{name}`"))
        .chain([format!("`{back_to}`")])
        .collect();
    let message = format!("{} in a circle", circle.join(&format!(" {verb} ")));
    context.report(Found::new(place, Code::Cycle, message).help("remove one step of the circle"));
}
