//! How the daemon itself fares while its receiver is away.

use std::fmt;

use freshwatch_tests::daemon::Series;
use freshwatch_tests::resources::megabytes;

/// What waits on the disk takes no memory: so much more than before the outage the daemon takes for other reasons.
const MOST_MEMORY: u64 = 48 << 20;

/// How the daemon fared between two looks.
pub struct Fared {
    runs: f64,
    mean_lateness_ms: f64,
    /// Which parts of the runs started within 2, 10 and 100 ms of their time.
    within: [f64; 3],
    /// Its resident memory at the second look, in bytes.
    resident: u64,
}

impl Fared {
    pub fn between(before: &Series, after: &Series, resident: u64) -> Self {
        let more = |name: &str, labels: &[(&str, &str)]| after.sum(name, labels) - before.sum(name, labels);
        let runs = more("freshwatch_run_lateness_seconds_count", &[]);
        let within = |bound| more("freshwatch_run_lateness_seconds_bucket", &[("le", bound)]) / runs;
        Self {
            runs,
            mean_lateness_ms: more("freshwatch_run_lateness_seconds_sum", &[]) / runs * 1000.0,
            within: ["0.002", "0.01", "0.1"].map(within),
            resident,
        }
    }

    /// Holds it against how the daemon fared while all was well. What else the machine has to do differs from mood to
    /// mood, and the figures that are told are for people: an export that held up probes would make most of them late.
    pub fn check(&self, well: &Self) {
        assert!(self.within[2] > well.within[2] / 2.0, "{self}; before: {well}");
        assert!(
            self.resident < well.resident + MOST_MEMORY,
            "{self}; before: {well}"
        );
    }
}

impl fmt::Display for Fared {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [two, ten, hundred] = self.within.map(|part| 100.0 * part);
        write!(
            formatter,
            "{} runs, {:.2} ms late on average, {two:.2} % within 2 ms, {ten:.2} % 10 ms, {hundred:.2} % 100 ms; {}",
            self.runs,
            self.mean_lateness_ms,
            megabytes(self.resident)
        )
    }
}
