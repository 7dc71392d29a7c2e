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
        if let Source::Path(path) = &rule.source {
            self.at(path);
        }
    }
}
