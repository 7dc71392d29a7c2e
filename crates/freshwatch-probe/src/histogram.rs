//! Durations counted by upper bounds, as Prometheus and OTLP know histograms.

use std::time::Duration;

use crate::metric::{Kind, Metric};

/// Durations counted by upper bounds; cumulative over the life of the process.
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram {
    /// Upper bounds in thousandths of the metric's unit.
    bounds: &'static [u32],
    /// How many fell into each bucket, the last of which has no bound.
    counts: Box<[u64]>,
    sum: Duration,
}

impl Histogram {
    /// An empty histogram of this metric, whose bounds are seconds in thousandths.
    pub fn of(metric: &Metric) -> Self {
        let bounds = match metric.kind {
            Kind::Histogram(bounds) => bounds,
            // A metric of another kind has no bounds: everything falls into the one bucket.
            Kind::Gauge | Kind::Counter => &[],
        };
        Self {
            bounds,
            counts: vec![0; bounds.len() + 1].into(),
            sum: Duration::ZERO,
        }
    }

    /// Counts one duration. A bound belongs to the bucket below it, as `le` says.
    pub fn observe(&mut self, took: Duration) {
        let bucket = self
            .bounds
            .partition_point(|bound| Duration::from_millis(u64::from(*bound)) < took);
        self.counts[bucket] += 1;
        self.sum = self.sum.saturating_add(took);
    }

    /// The upper bounds in seconds, ascending; there is one bucket more than bounds.
    pub fn bounds(&self) -> impl ExactSizeIterator<Item = f64> {
        self.bounds.iter().map(|bound| f64::from(*bound) / 1000.0)
    }

    /// How many fell into each bucket, and into no other.
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// How many there were.
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// All together, in seconds.
    pub fn sum(&self) -> f64 {
        self.sum.as_secs_f64()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Histogram;
    use crate::metric;

    #[test]
    fn a_bound_belongs_to_the_bucket_below_it() {
        let mut histogram = Histogram::of(metric::FRESHWATCH_RUN_LATENESS);
        for micros in [0, 999, 1000, 1001, 60_000_000, 60_000_001] {
            histogram.observe(Duration::from_micros(micros));
        }
        assert_eq!(histogram.bounds().take(2).collect::<Vec<_>>(), [0.001, 0.002]);
        assert_eq!(histogram.counts().len(), histogram.bounds().len() + 1);
        assert_eq!(histogram.counts()[..2], [3, 1]);
        assert_eq!(histogram.counts()[histogram.counts().len() - 2..], [1, 1]);
        assert_eq!(histogram.count(), 6);
        assert!((histogram.sum() - 120.003_001).abs() < 1e-9);
    }
}
