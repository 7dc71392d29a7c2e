//! Unit tests of Prometheus rules by promtool
//! (<https://prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules/>), written from simulated series.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Output;

use crate::prometheus::promtool;
use crate::unpacked::Missing;

/// A series, and what is expected of the rules at some times.
#[derive(Debug)]
pub struct RuleTest {
    /// Between two samples, in seconds.
    interval: u64,
    /// Between two evaluations, in seconds.
    evaluation: u64,
    series: String,
    checks: String,
}

impl RuleTest {
    /// A test whose series have a sample, and whose rules are evaluated, every so many seconds.
    pub fn new(interval: u64, evaluation: u64) -> Self {
        Self {
            interval,
            evaluation,
            series: String::new(),
            checks: String::new(),
        }
    }

    /// Adds a series with these samples from time 0 on; `None`: none at that time.
    pub fn series(&mut self, name: &str, samples: impl IntoIterator<Item = Option<f64>>) -> &mut Self {
        let values = notation(samples);
        let _ = writeln!(
            self.series,
            "      - series: '{name}'\n        values: '{values}'"
        );
        self
    }

    /// Expects an expression to give one number without labels at a time in seconds.
    pub fn expect(&mut self, at: u64, expression: &str, value: f64) -> &mut Self {
        let _ = write!(
            self.checks,
            "      - expr: '{expression}'\n        eval_time: {at}s\n        exp_samples: [{{labels: '{{}}', value: \
             {value}}}]\n"
        );
        self
    }

    /// Expects an alert to fire or not at a time in seconds; `labels` are matchers such as `team="data"`.
    pub fn alert(&mut self, at: u64, name: &str, labels: &str, fires: bool) -> &mut Self {
        let firing = format!("ALERTS{{alertstate=\"firing\",alertname=\"{name}\",{labels}}}");
        self.expect(
            at,
            &format!("count({firing}) or vector(0)"),
            if fires { 1.0 } else { 0.0 },
        )
    }

    /// Expects an alert to have fired at none of the times up to this one.
    pub fn never(&mut self, until: u64, name: &str, labels: &str) -> &mut Self {
        let firing = format!("ALERTS{{alertstate=\"firing\",alertname=\"{name}\",{labels}}}");
        let expression = format!("count(count_over_time({firing}[{until}s])) or vector(0)");
        self.expect(until, &expression, 0.0)
    }

    /// Runs the test on a file of rules.
    ///
    /// # Errors
    /// When promtool is not unpacked.
    ///
    /// # Panics
    /// When something is not as expected.
    pub fn run(&self, rules: &Path) -> Result<(), Missing> {
        let output = self.outcome(rules)?;
        let told = String::from_utf8_lossy(&output.stderr);
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{said}{told}");
        Ok(())
    }

    /// What promtool says of it.
    ///
    /// # Errors
    /// When promtool is not unpacked.
    ///
    /// # Panics
    /// When the test cannot be written.
    pub fn outcome(&self, rules: &Path) -> Result<Output, Missing> {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("test.yaml");
        let text = format!(
            "rule_files: ['{}']\nevaluation_interval: {}s\ntests:\n  - interval: {}s\n    input_series:\n{}    \
             promql_expr_test:\n{}",
            rules.display(),
            self.evaluation,
            self.interval,
            self.series,
            self.checks
        );
        fs::write(&file, text).expect("it is written");
        promtool(&["test".as_ref(), "rules".as_ref(), file.as_os_str()])
    }
}

/// Samples as promtool reads them: equal ones that follow each other are told once.
fn notation(samples: impl IntoIterator<Item = Option<f64>>) -> String {
    let mut text = String::new();
    let mut samples = samples.into_iter().peekable();
    while let Some(sample) = samples.next() {
        let mut more = 0;
        while samples.next_if_eq(&sample).is_some() {
            more += 1;
        }
        let _ = match sample {
            Some(value) => write!(text, "{value}x{more} "),
            None => write!(text, "_x{} ", more + 1),
        };
    }
    text.trim_end().to_owned()
}
