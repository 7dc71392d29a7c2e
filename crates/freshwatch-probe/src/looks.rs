//! What a probe looks at in a body, so that the rest of a large one need not be kept.

use crate::body::{Kept, Trail};
use crate::definition::Definition;
use crate::expectation::Expectation;
use crate::freshness::{Freshness, Source};
use crate::path::Path;

/// The paths of a probe, and where they lead.
#[derive(Debug, Default)]
pub struct Looks<'p> {
    trails: Vec<Trail<'p>>,
    paths: Vec<&'p Path>,
    /// Something looks at the whole body, or for what only a search finds.
    at_all: bool,
}

impl<'p> Looks<'p> {
    /// What a probe looks at.
    pub fn of(definition: &'p Definition) -> Self {
        let mut looks = Self::default();
        if definition.self_report {
            looks.at_all();
        }
        let rules = definition.verdict_rules.iter().map(|rule| &rule.when);
        let blocks = rules
            .chain([&definition.expect])
            .chain(definition.warn.as_deref());
        for block in blocks {
            looks.at_expected(block);
        }
        definition.fresh.iter().for_each(|rule| looks.at_signal(rule));
        looks
    }

    /// Where they lead; `None` when nothing less than the whole will do.
    pub fn trails(&self) -> Option<&[Trail<'p>]> {
        (!self.at_all).then_some(&self.trails)
    }

    /// Whether this path is one of them.
    pub fn include(&self, path: &Path) -> bool {
        self.paths.iter().any(|looked_for| looked_for.is(path))
    }

    /// The whole body.
    pub const fn at_all(&mut self) {
        self.at_all = true;
    }

    /// All that a path selects.
    pub fn at(&mut self, path: &'p Path) {
        self.add(path, None, Kept::Whole);
    }

    /// The names of the members of what a path selects, or how many elements it has.
    pub fn at_shape(&mut self, path: &'p Path) {
        self.add(path, None, Kept::Shape);
    }

    /// What a path selects within each of the items that another selects.
    pub fn within(&mut self, items: &'p Path, path: &'p Path) {
        self.add(items, Some(path), Kept::Whole);
    }

    fn add(&mut self, path: &'p Path, within: Option<&'p Path>, kept: Kept) {
        // A search within an item needs the whole item.
        let within = within.filter(|within| within.is_selectable());
        self.at_all |= !path.is_selectable();
        self.trails
            .push(Trail::new(path.steps(), within.map_or(&[], Path::steps), kept));
        if !self.include(path) {
            self.paths.push(path);
        }
    }

    fn at_expected(&mut self, block: &'p Expectation) {
        if block.schema.is_some() {
            self.at_all();
        }
        for (path, _) in &block.body {
            self.at(path);
        }
    }

    fn at_signal(&mut self, rule: &'p Freshness) {
        let items = rule.each.as_ref().map(|each| &each.items);
        for source in [&rule.source].into_iter().chain(rule.follows()) {
            match (source, items) {
                (Source::Path(path), None) => self.at(path),
                (Source::Keys(path), None) => self.at_shape(path),
                (Source::Join(join), None) => {
                    for part in &join.parts {
                        self.within(&join.of, part);
                    }
                }
                (Source::Path(path) | Source::Keys(path), Some(items)) => self.within(items, path),
                (Source::Join(join), Some(items)) => self.within(items, &join.of),
                (Source::Header(_) | Source::Text(_), _) => {}
            }
        }
        if let Some(each) = &rule.each
            && let Some(key) = &each.key
        {
            self.within(&each.items, key);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::tz::TimeZone;
    use serde_json::{Value, json};

    use super::Looks;
    use crate::body::pruned;
    use crate::definition::{Definition, ProbeName};
    use crate::freshness::source::Join;
    use crate::freshness::{Each, Format, Freshness, MAX_SKEW, Reading, Signal, Source};
    use crate::matcher::Matcher;
    use crate::path::Path;
    use crate::request::Request;

    const BODY: &str = r#"{
        "status": "OK", "note": "long",
        "items": [
            {"code": "A", "at": {"y": 2026, "m": 11}, "price": 1},
            {"code": "B", "at": {"y": 2026, "m": 10}, "price": 2}
        ],
        "days": {"2026-11-20": [1, 2], "2026-11-21": {"a": 1}}
    }"#;

    fn path(text: &str) -> Path {
        Path::parse(text).unwrap()
    }

    fn rule(source: Source, each: Option<(&str, &str)>) -> Freshness {
        Freshness {
            signal: Signal::Expires {
                reading: Reading {
                    format: Format::Auto,
                    timezone: Some(TimeZone::UTC),
                },
            },
            source,
            pick: None,
            each: each.map(|(items, key)| {
                Box::new(Each {
                    items: path(items),
                    key: Some(path(key)),
                    quorum: None,
                    ignore: BTreeSet::new(),
                })
            }),
            max_skew: MAX_SKEW,
            max_cache_age: None,
        }
    }

    /// What is kept of the body for a probe with this rule, and `$.status` expected beside it.
    #[track_caller]
    fn check(rule: Freshness, expected: &Value) {
        let mut definition = Definition::new(ProbeName::parse("x").unwrap(), Request::get("http://x/"));
        definition.expect.body = vec![(path("$.status"), Matcher::default())];
        definition.fresh = [rule].into();
        let looks = Looks::of(&definition);
        let kept = looks
            .trails()
            .map(|trails| pruned(BODY.as_bytes(), trails).unwrap());
        assert_eq!(kept.unwrap_or_else(|| json!("all of it")), *expected);
    }

    #[test]
    fn no_more_is_kept_than_the_rules_look_at() {
        check(
            rule(Source::Path(path("$.items[*].price")), None),
            &json!({"status": "OK", "items": [{"price": 1}, {"price": 2}]}),
        );
        check(
            rule(Source::Path(path("$.at.y")), Some(("$.items[*]", "$.code"))),
            &json!({"status": "OK", "items": [{"code": "A", "at": {"y": 2026}}, {"code": "B", "at": {"y": 2026}}]}),
        );
        let join = Join {
            of: path("$.items[0].at"),
            parts: vec![path("$.y"), path("$.m")],
        };
        check(
            rule(Source::Join(Box::new(join)), None),
            &json!({"status": "OK", "items": [{"at": {"y": 2026, "m": 11}}]}),
        );
        check(
            rule(Source::Keys(path("$.days")), None),
            &json!({"status": "OK", "days": {"2026-11-20": null, "2026-11-21": null}}),
        );
    }

    #[test]
    fn a_search_looks_at_all() {
        let search = Source::Path(path("$.items[?@.price > 1].at"));
        check(rule(search, None), &json!("all of it"));
        let within = Source::Path(path("$..y"));
        check(
            rule(within, Some(("$.items[*]", "$.code"))),
            &json!({"status": "OK", "items": serde_json::from_str::<Value>(BODY).unwrap()["items"]}),
        );
    }
}
