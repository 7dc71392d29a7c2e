//! The state in the Prometheus text format
//! (<https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format>): the series that OTLP
//! carries, with the same names, labels and values.

use std::fmt::Display;
use std::io::Write;

use freshwatch_probe::histogram::Histogram;
use freshwatch_probe::metric::{ALL, Kind, Metric};
use freshwatch_probe::run::Run;
use jiff::Timestamp;

use crate::record::{Measurement, Value, of_prober, of_run, of_standing};
use crate::sections::{Section, Sections};
use crate::state::State;

/// The media type of what [`write()`] and [`write_run`] give.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// So many probes are read at a time.
const MOST_PROBES: usize = 100;

/// A metric's description takes about so many bytes at most.
const MOST_HEAD: usize = 300;

/// Who scrapes gives each sample its time, so none is written.
const NO_TIME: Timestamp = Timestamp::UNIX_EPOCH;

/// Every series of the state: what `/metrics` answers.
pub fn write(state: &dyn State) -> Vec<u8> {
    let mut page = Page::default();
    let mut last = None;
    loop {
        let standings = state.after(last.as_ref(), MOST_PROBES);
        let Some(standing) = standings.last() else { break };
        last = Some(standing.definition.name.clone());
        for standing in &standings {
            of_standing(standing, NO_TIME, &mut |measurement| page.add(&measurement));
        }
    }
    let prober = state.prober();
    of_prober(&prober, NO_TIME, &mut |measurement| page.add(&measurement));
    page.finish()
}

/// Everything that one run shows: what `/probe` answers.
pub fn write_run(run: &Run) -> Vec<u8> {
    let mut page = Page::default();
    of_run(run, NO_TIME, &mut |measurement| page.add(&measurement));
    page.finish()
}

/// The series of each metric, which the format wants together.
#[derive(Default)]
struct Page {
    sections: Sections,
    /// The labels of the series at hand, as they are written.
    labels: String,
}

impl Page {
    fn add(&mut self, measurement: &Measurement<'_>) {
        self.labels.clear();
        for (name, value) in measurement.labels() {
            let comma = if self.labels.is_empty() { "" } else { "," };
            self.labels.extend([comma, name, "=\""]);
            push_escaped(&mut self.labels, value, &['\\', '"', '\n']);
            self.labels.push('"');
        }
        let name = measurement.metric.name;
        let lines = self.sections.of(measurement.metric);
        match measurement.value {
            Value::Gauge(value) => line(lines, name, "", &self.labels, value),
            Value::Count { count, .. } => line(lines, name, "", &self.labels, count),
            Value::Histogram { histogram, .. } => write_histogram(lines, name, &self.labels, histogram),
            // What is no longer there is not written.
            Value::Ended => (),
        }
    }

    /// The metrics in the order of the table. Each one's lines are let go as soon as they are copied.
    fn finish(self) -> Vec<u8> {
        let mut sections = self.sections.into_vec();
        sections.sort_by_key(|section| ALL.iter().position(|metric| metric.name == section.metric.name));
        sections.retain(|section| !section.encoded.is_empty());
        let length = sections.iter().map(|of| of.encoded.len() + MOST_HEAD);
        let mut page = Vec::with_capacity(length.sum());
        for Section { metric, encoded } in sections {
            write_head(&mut page, metric);
            page.extend_from_slice(&encoded);
        }
        page
    }
}

fn write_head(page: &mut Vec<u8>, metric: &Metric) {
    let name = metric.name;
    let kind = match metric.kind {
        Kind::Gauge => "gauge",
        Kind::Counter => "counter",
        Kind::Histogram(_) => "histogram",
    };
    let mut help = String::new();
    // In a help text a quote stays as it is.
    push_escaped(&mut help, metric.help, &['\\', '\n']);
    write_text(page, format_args!("# HELP {name} {help}\n# TYPE {name} {kind}\n"));
}

/// The buckets of the format count everything up to their bounds; those of the histogram do not.
fn write_histogram(lines: &mut Vec<u8>, name: &str, labels: &str, histogram: &Histogram) {
    let mut up_to = 0;
    for (bound, count) in histogram.bounds().zip(histogram.counts()) {
        up_to += count;
        write_bucket(lines, name, labels, bound, up_to);
    }
    let count = histogram.count();
    write_bucket(lines, name, labels, "+Inf", count);
    line(lines, name, "_sum", labels, histogram.sum());
    line(lines, name, "_count", labels, count);
}

fn write_bucket(lines: &mut Vec<u8>, name: &str, labels: &str, bound: impl Display, count: u64) {
    let comma = if labels.is_empty() { "" } else { "," };
    push(lines, [name, "_bucket{", labels, comma]);
    write_text(lines, format_args!("le=\"{bound}\"}} {count}\n"));
}

fn line(lines: &mut Vec<u8>, name: &str, suffix: &str, labels: &str, value: impl Display) {
    if labels.is_empty() {
        push(lines, [name, suffix]);
    } else {
        push(lines, [name, suffix, "{", labels, "}"]);
    }
    write_text(lines, format_args!(" {value}\n"));
}

fn push<const N: usize>(buffer: &mut Vec<u8>, texts: [&str; N]) {
    for text in texts {
        buffer.extend_from_slice(text.as_bytes());
    }
}

fn write_text(buffer: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    // Memory takes everything.
    let _ = buffer.write_fmt(text);
}

/// Puts a backslash before each of these; the end of a line becomes an `n`.
fn push_escaped(buffer: &mut String, text: &str, escaped: &[char]) {
    let mut rest = text;
    while let Some((before, found)) = rest.find(escaped).map(|index| rest.split_at(index)) {
        let mut found = found.chars();
        let escape = match found.next() {
            Some('\n') => Some('n'),
            other => other,
        };
        buffer.push_str(before);
        buffer.push('\\');
        buffer.extend(escape);
        rest = found.as_str();
    }
    buffer.push_str(rest);
}

#[cfg(test)]
mod tests {
    use freshwatch_probe::metric::{self, Subject};
    use freshwatch_probe::verdict::Verdict;

    use super::{Page, write, write_head, write_run};
    use crate::record::{Measurement, Value};
    use crate::sample::{FixedState, NOON, answered, labels, prober, time, unanswered};

    fn text(page: Vec<u8>) -> String {
        String::from_utf8(page).unwrap()
    }

    /// The lines of a page that speak of a metric.
    fn lines_of(page: &str, metric: &str) -> String {
        let of = |line: &&str| {
            line.trim_start_matches("# HELP ")
                .trim_start_matches("# TYPE ")
                .starts_with(metric)
        };
        page.lines()
            .filter(of)
            .fold(String::new(), |lines, line| lines + line + "\n")
    }

    fn state(names: impl IntoIterator<Item = String>) -> FixedState {
        FixedState::new(names, prober())
    }

    #[test]
    fn each_metric_is_described_once_and_its_series_are_together() {
        let page = text(write(&state((0..250).map(|nth| format!("p-{nth:03}")))));
        let described: Vec<_> = page
            .lines()
            .filter_map(|line| line.strip_prefix("# TYPE "))
            .collect();
        let of_gates = metric::ALL
            .iter()
            .filter(|metric| metric.subject == Subject::Gate)
            .count();
        // The sample has no items and bounds no latency, and nothing of it is due. Gates are no part of the state.
        assert_eq!(described.len(), metric::ALL.len() - of_gates - 6, "{described:?}");
        let mut current = "";
        let mut probes = 0;
        for line in page.lines().filter(|line| !line.starts_with("# HELP ")) {
            match line.strip_prefix("# TYPE ") {
                Some(described) => current = described.split(' ').next().unwrap(),
                None => assert!(line.starts_with(current), "{line} below {current}"),
            }
            probes += usize::from(line.starts_with("probe_success{"));
        }
        assert_eq!(probes, 250);
        assert!(page.ends_with('\n'));
    }

    #[test]
    fn a_histogram_counts_up_to_each_bound() {
        let mut prober = prober();
        for millis in [1, 2, 40_000, 90_000] {
            prober.started(std::time::Duration::from_millis(millis));
        }
        let page = text(write(&FixedState::new([], prober)));
        insta::assert_snapshot!(lines_of(&page, "freshwatch_run_lateness"), @r#"
        # HELP freshwatch_run_lateness_seconds How long after its scheduled time a run started.
        # TYPE freshwatch_run_lateness_seconds histogram
        freshwatch_run_lateness_seconds_bucket{le="0.001"} 1
        freshwatch_run_lateness_seconds_bucket{le="0.002"} 2
        freshwatch_run_lateness_seconds_bucket{le="0.005"} 3
        freshwatch_run_lateness_seconds_bucket{le="0.01"} 3
        freshwatch_run_lateness_seconds_bucket{le="0.025"} 3
        freshwatch_run_lateness_seconds_bucket{le="0.05"} 3
        freshwatch_run_lateness_seconds_bucket{le="0.1"} 3
        freshwatch_run_lateness_seconds_bucket{le="0.25"} 3
        freshwatch_run_lateness_seconds_bucket{le="0.5"} 3
        freshwatch_run_lateness_seconds_bucket{le="1"} 3
        freshwatch_run_lateness_seconds_bucket{le="2.5"} 3
        freshwatch_run_lateness_seconds_bucket{le="5"} 3
        freshwatch_run_lateness_seconds_bucket{le="10"} 3
        freshwatch_run_lateness_seconds_bucket{le="30"} 3
        freshwatch_run_lateness_seconds_bucket{le="60"} 4
        freshwatch_run_lateness_seconds_bucket{le="+Inf"} 5
        freshwatch_run_lateness_seconds_sum 130.006
        freshwatch_run_lateness_seconds_count 5
        "#);
    }

    #[test]
    fn a_run_shows_itself_and_no_count() {
        let page = text(write_run(&unanswered(Verdict::Down)));
        insta::assert_snapshot!(page, @r#"
        # HELP probe_success 1: ok or degraded. 0: down, invalid or stale. Absent: unknown.
        # TYPE probe_success gauge
        probe_success{probe="real-price",team="prices"} 0
        # HELP probe_duration_seconds How long the last attempt took, whole.
        # TYPE probe_duration_seconds gauge
        probe_duration_seconds{probe="real-price",team="prices"} 0.003
        # HELP probe_http_status_code The status code of the last answer. 0: no answer.
        # TYPE probe_http_status_code gauge
        probe_http_status_code{probe="real-price",team="prices"} 0
        # HELP probe_http_duration_seconds How long each phase of the last attempt took, over all redirects.
        # TYPE probe_http_duration_seconds gauge
        probe_http_duration_seconds{probe="real-price",team="prices",phase="resolve"} 0.001
        # HELP probe_dns_lookup_time_seconds How long the host's address was asked for.
        # TYPE probe_dns_lookup_time_seconds gauge
        probe_dns_lookup_time_seconds{probe="real-price",team="prices"} 0.001
        # HELP probe_verdict 1 for the verdict of the last run, 0 for the five others.
        # TYPE probe_verdict gauge
        probe_verdict{probe="real-price",team="prices",verdict="ok"} 0
        probe_verdict{probe="real-price",team="prices",verdict="degraded"} 0
        probe_verdict{probe="real-price",team="prices",verdict="stale"} 0
        probe_verdict{probe="real-price",team="prices",verdict="invalid"} 0
        probe_verdict{probe="real-price",team="prices",verdict="down"} 1
        probe_verdict{probe="real-price",team="prices",verdict="unknown"} 0
        # HELP probe_attempts How many attempts the last run made.
        # TYPE probe_attempts gauge
        probe_attempts{probe="real-price",team="prices"} 2
        # HELP probe_last_run_timestamp_seconds When the last run started, as Unix time.
        # TYPE probe_last_run_timestamp_seconds gauge
        probe_last_run_timestamp_seconds{probe="real-price",team="prices"} 1795262400
        # HELP probe_reason_info The code of the first reason for the verdict; always 1. Absent: ok.
        # TYPE probe_reason_info gauge
        probe_reason_info{probe="real-price",team="prices",reason="too_old"} 1
        "#);
    }

    #[test]
    fn values_are_escaped() {
        let mut run = answered(Verdict::Ok);
        labels(&mut run).insert("note".to_owned(), "a\\b \"서울\"\nend".to_owned());
        insta::assert_snapshot!(lines_of(&text(write_run(&run)), "probe_success{"), @r#"probe_success{probe="real-price",note="a\\b \"서울\"\nend",team="prices"} 1"#);
        let metric = metric::Metric {
            help: "A \\ and \"quotes\"\nand lines.",
            ..*metric::PROBE_SUCCESS
        };
        let mut page = Vec::new();
        write_head(&mut page, &metric);
        insta::assert_snapshot!(text(page), @r#"
        # HELP probe_success A \\ and "quotes"\nand lines.
        # TYPE probe_success gauge
        "#);
    }

    #[test]
    fn what_ended_is_not_written() {
        let mut page = Page::default();
        page.add(&Measurement {
            metric: metric::FRESHWATCH_PROBES,
            bearer: None,
            label: None,
            value: Value::Ended,
            time: time(NOON),
        });
        assert_eq!(text(page.finish()), "");
    }
}
