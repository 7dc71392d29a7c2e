//! Encoded series grouped by metric: both formats want each metric's together, and the state comes probe by probe.

use freshwatch_probe::metric::Metric;

/// The series of each metric, in the order in which the metrics came first.
#[derive(Default)]
pub(crate) struct Sections {
    sections: Vec<Section>,
    /// The section of the last series: the next one's is usually the one after it.
    latest: usize,
}

/// The series of one metric.
pub(crate) struct Section {
    pub(crate) metric: &'static Metric,
    pub(crate) encoded: Vec<u8>,
}

impl Sections {
    /// The section of a metric.
    pub(crate) fn of(&mut self, metric: &'static Metric) -> &mut Vec<u8> {
        let count = self.sections.len();
        let mut nearby = (self.latest..count).chain(0..self.latest);
        let found = nearby.find(|index| self.sections[*index].metric.name == metric.name);
        self.latest = found.unwrap_or(count);
        if found.is_none() {
            let encoded = Vec::new();
            self.sections.push(Section { metric, encoded });
        }
        &mut self.sections[self.latest].encoded
    }

    /// The sections that hold something.
    pub(crate) fn filled(&self) -> impl Iterator<Item = &Section> {
        self.sections.iter().filter(|section| !section.encoded.is_empty())
    }

    /// Empties them and keeps their memory for what comes next.
    pub(crate) fn clear(&mut self) {
        for section in &mut self.sections {
            section.encoded.clear();
        }
    }

    /// All of them.
    pub(crate) fn into_vec(self) -> Vec<Section> {
        self.sections
    }
}
