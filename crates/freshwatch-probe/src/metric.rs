//! Every metric's name, type, unit, help and labels: the one table that OTLP and `/metrics` are written from.

/// A metric as Prometheus shows it.
#[derive(Debug, PartialEq, Eq)]
pub struct Metric {
    /// Its name, with the suffix that Prometheus gives to its unit and kind, so that no receiver changes it.
    pub name: &'static str,
    /// How its values are to be read.
    pub kind: Kind,
    /// The unit of its values.
    pub unit: Unit,
    /// One sentence for people.
    pub help: &'static str,
    /// Whose metric it is: what its series carry besides [`labels`](Self::labels).
    pub subject: Subject,
    /// The labels of its own.
    pub labels: &'static [&'static str],
}

/// How the values of a metric are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// What is now.
    Gauge,
    /// A count that only grows; cumulative.
    Counter,
    /// Counts by upper bounds, cumulative; these are the bounds, in thousandths of the metric's unit.
    Histogram(&'static [u32]),
}

/// The unit of a metric's values.
///
/// A receiver appends the unit to a name that does not end in it already, so a unit is stated only where the name
/// says it too: `probe_http_content_length` is in bytes, but with the unit `By` it would arrive as
/// `probe_http_content_length_bytes`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// None, or one that the name does not say. Never `1`: Prometheus would append `_ratio`.
    None,
    /// Seconds.
    Seconds,
    /// Bytes.
    Bytes,
}

impl Unit {
    /// The unit's code in UCUM (<https://ucum.org>), as OTLP writes it; empty for none.
    pub const fn ucum(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Seconds => "s",
            Self::Bytes => "By",
        }
    }
}

/// Whose metric it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// A probe's: every series carries `probe` and the probe's own labels.
    Probe,
    /// The prober's own.
    Prober,
    /// A gate's: every series carries `gate`.
    Gate,
}

/// The label that every series of a probe carries.
pub const PROBE_LABEL: &str = "probe";

/// The label that every series of a gate carries.
pub const GATE_LABEL: &str = "gate";

/// Upper bounds for the time of a run, in milliseconds: they include the usual promises, 0.8 s among them.
const RUN_DURATION_BOUNDS: &[u32] = &[
    5, 10, 25, 50, 100, 200, 300, 400, 500, 600, 800, 1000, 1500, 2000, 3000, 5000, 10_000, 30_000, 60_000,
];

/// Upper bounds for how late a run starts, in milliseconds.
const LATENESS_BOUNDS: &[u32] = &[
    1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000,
];

macro_rules! metrics {
    ($($subject:ident $name:ident = $text:literal $kind:expr, $unit:ident, [$($label:literal),*], $help:literal;)+) => {
        $(
            #[doc = concat!("`", $text, "`: ", $help)]
            pub const $name: &Metric = &Metric {
                name: $text,
                kind: $kind,
                unit: Unit::$unit,
                help: $help,
                subject: Subject::$subject,
                labels: &[$($label),*],
            };
        )+

        /// Every metric there is.
        pub const ALL: &[&Metric] = &[$($name),+];
    };
}

use Kind::{Counter, Gauge, Histogram};

metrics! {
    // Names that users of blackbox_exporter have on their dashboards; they keep their meaning.
    Probe PROBE_SUCCESS = "probe_success" Gauge, None, [],
        "1: ok or degraded. 0: down, invalid or stale. Absent: unknown.";
    Probe PROBE_DURATION = "probe_duration_seconds" Gauge, Seconds, [],
        "How long the last attempt took, whole.";
    Probe PROBE_HTTP_STATUS_CODE = "probe_http_status_code" Gauge, None, [],
        "The status code of the last answer. 0: no answer.";
    Probe PROBE_HTTP_DURATION = "probe_http_duration_seconds" Gauge, Seconds, ["phase"],
        "How long each phase of the last attempt took, over all redirects.";
    Probe PROBE_HTTP_CONTENT_LENGTH = "probe_http_content_length" Gauge, None, [],
        "The Content-Length of the last answer in bytes. Absent: the answer did not say.";
    Probe PROBE_HTTP_UNCOMPRESSED_BODY_LENGTH = "probe_http_uncompressed_body_length" Gauge, None, [],
        "The bytes of the last body that were read, after decompression.";
    Probe PROBE_HTTP_REDIRECTS = "probe_http_redirects" Gauge, None, [],
        "How many redirects were followed.";
    Probe PROBE_HTTP_SSL = "probe_http_ssl" Gauge, None, [],
        "1: the last answer came over TLS. 0: it did not.";
    Probe PROBE_HTTP_VERSION = "probe_http_version" Gauge, None, [],
        "The version of HTTP of the last answer, such as 1.1 or 2.";
    Probe PROBE_HTTP_LAST_MODIFIED = "probe_http_last_modified_timestamp_seconds" Gauge, Seconds, [],
        "The Last-Modified of the last answer as Unix time. Absent: it has none that parses.";
    Probe PROBE_SSL_EARLIEST_CERT_EXPIRY = "probe_ssl_earliest_cert_expiry" Gauge, None, [],
        "When the first certificate of the presented chain ends, as Unix time.";
    Probe PROBE_TLS_VERSION_INFO = "probe_tls_version_info" Gauge, None, ["version"],
        "The version of TLS that was spoken; always 1.";
    Probe PROBE_DNS_LOOKUP_TIME = "probe_dns_lookup_time_seconds" Gauge, Seconds, [],
        "How long the host's address was asked for.";
    Probe PROBE_IP_PROTOCOL = "probe_ip_protocol" Gauge, None, [],
        "The version of IP that was spoken: 4 or 6.";

    // What tells stale from down.
    Probe PROBE_VERDICT = "probe_verdict" Gauge, None, ["verdict"],
        "1 for the verdict of the last run, 0 for the five others.";
    Probe PROBE_RUNS = "probe_runs_total" Counter, None, ["verdict"],
        "Scheduled runs by verdict.";
    Probe PROBE_SLOW = "probe_slow" Gauge, None, [],
        "1: the last answer took longer than `warn.latency` allows. 0: it did not. Absent: no bound, or no valid answer.";
    Probe PROBE_SLOW_RUNS = "probe_slow_runs_total" Counter, None, [],
        "Scheduled runs whose valid answer took longer than `warn.latency` allows. Absent: no bound.";
    Probe PROBE_ATTEMPTS = "probe_attempts" Gauge, None, [],
        "How many attempts the last run made.";
    Probe PROBE_DATA_TIMESTAMP = "probe_data_timestamp_seconds" Gauge, Seconds, [],
        "The data's own time as Unix time, also while it is stale.";
    Probe PROBE_DATA_AGE = "probe_data_age_seconds" Gauge, Seconds, [],
        "The data's age as it was judged.";
    Probe PROBE_DATA_MAX_AGE = "probe_data_max_age_seconds" Gauge, Seconds, [],
        "How old the data may be.";
    Probe PROBE_DATA_DUE = "probe_data_due_timestamp_seconds" Gauge, Seconds, [],
        "The next moment at which the data is due, as Unix time.";
    Probe PROBE_DATA_LANDED = "probe_data_landed" Gauge, None, [],
        "1: what is due next has landed already. 0: not yet. Absent: nothing is due.";
    Probe PROBE_DATA_ITEMS = "probe_data_items" Gauge, None, [],
        "How many items were judged each on its own.";
    Probe PROBE_DATA_FRESH_ITEMS = "probe_data_fresh_items" Gauge, None, [],
        "How many of the items are fresh.";
    Probe PROBE_DATA_ITEM_AGE = "probe_data_item_age_seconds" Gauge, Seconds, ["item"],
        "The age of the ten oldest items.";
    Probe PROBE_LAST_RUN = "probe_last_run_timestamp_seconds" Gauge, Seconds, [],
        "When the last run started, as Unix time.";
    Probe PROBE_NEXT_RUN = "probe_next_run_timestamp_seconds" Gauge, Seconds, [],
        "When the next run starts, as Unix time.";
    Probe PROBE_REASON_INFO = "probe_reason_info" Gauge, None, ["reason"],
        "The code of the first reason for the verdict; always 1. Absent: ok.";
    Probe PROBE_RUN_DURATION = "probe_run_duration_seconds" Histogram(RUN_DURATION_BOUNDS), Seconds, [],
        "How long runs took, all attempts and the waits between them.";

    // The prober itself.
    Prober FRESHWATCH_BUILD_INFO = "freshwatch_build_info" Gauge, None, ["version"],
        "The version of this freshwatch; always 1.";
    Prober FRESHWATCH_PROBES = "freshwatch_probes" Gauge, None, [],
        "How many probes this freshwatch runs.";
    Prober FRESHWATCH_SHARD = "freshwatch_shard" Gauge, None, [],
        "Which of the shards this freshwatch runs, from 0 on. Absent: all probes are its own.";
    Prober FRESHWATCH_SHARDS = "freshwatch_shards" Gauge, None, [],
        "Over how many shards the probes are spread. Absent: all probes are its own.";
    Prober FRESHWATCH_RUN_LATENESS = "freshwatch_run_lateness_seconds" Histogram(LATENESS_BOUNDS), Seconds, [],
        "How long after its scheduled time a run started.";
    Prober FRESHWATCH_RUNS_SKIPPED = "freshwatch_runs_skipped_total" Counter, None, ["cause"],
        "Scheduled runs that did not start.";
    Prober FRESHWATCH_RESULTS_LOST = "freshwatch_results_lost_total" Counter, None, [],
        "Results that came faster than they could be taken in, and were lost.";
    Prober FRESHWATCH_RUNS_IN_FLIGHT = "freshwatch_runs_in_flight" Gauge, None, [],
        "Runs that are under way.";
    Prober FRESHWATCH_CONFIG_RELOAD_SUCCESSFUL = "freshwatch_config_last_reload_successful" Gauge, None, [],
        "1: the last reload of the probe files succeeded. 0: it failed and the files before it are in use.";
    Prober FRESHWATCH_CONFIG_RELOAD_SUCCESS =
        "freshwatch_config_last_reload_success_timestamp_seconds" Gauge, Seconds, [],
        "When the probe files were last loaded with success, as Unix time.";
    Prober FRESHWATCH_STATE_WRITE_SUCCESSFUL = "freshwatch_state_last_write_successful" Gauge, None, [],
        "1: what probes remember was last written to the state file. 0: it could not be. Absent: there is no such file.";
    Prober FRESHWATCH_EXPORT_BATCHES = "freshwatch_export_batches_total" Counter, None, ["outcome"],
        "Batches that were sent to the OTLP endpoint.";
    Prober FRESHWATCH_EXPORT_QUEUE = "freshwatch_export_queue_batches" Gauge, None, [],
        "Batches that wait to be sent.";
    Prober FRESHWATCH_EXPORT_QUEUE_BYTES = "freshwatch_export_queue_bytes" Gauge, Bytes, [],
        "Bytes that wait to be sent, in memory or on the disk.";
    Prober FRESHWATCH_EXPORT_QUEUE_WRITTEN = "freshwatch_export_queue_last_write_successful" Gauge, None, [],
        "1: the disk takes the batches that wait. 0: it does not, and they wait in memory. Absent: there is no folder for \
         them.";
    Prober FRESHWATCH_EXPORT_DROPPED = "freshwatch_export_dropped_batches_total" Counter, None, ["cause"],
        "Batches that were given up.";
    Prober FRESHWATCH_LAST_EXPORT_SUCCESS = "freshwatch_last_export_success_timestamp_seconds" Gauge, Seconds, [],
        "When a batch was last accepted, as Unix time.";

    // Gates: pushed once by each `freshwatch gate`.
    Gate FRESHWATCH_GATE_VERDICT = "freshwatch_gate_verdict" Gauge, None, ["verdict"],
        "1 for what the gate said, 0 for the two others.";
    Gate FRESHWATCH_GATE_BYPASS = "freshwatch_gate_bypass" Gauge, None, ["verdict"],
        "1: somebody went past the gate, over this verdict; `by` and `reason` say who and why. Absent: nobody did.";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{ALL, GATE_LABEL, Kind, Metric, PROBE_LABEL, Subject, Unit};

    /// What Prometheus takes as a metric's or a label's name, but for the colon that is left to recording rules.
    fn is_name(text: &str) -> bool {
        text.starts_with(|c: char| c.is_ascii_lowercase())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
    }

    fn each(check: impl Fn(&Metric) -> bool) {
        for metric in ALL {
            assert!(check(metric), "{metric:#?}");
        }
    }

    #[test]
    fn names_are_unique_and_well_formed() {
        each(|metric| is_name(metric.name) && metric.labels.iter().all(|label| is_name(label)));
        let names: BTreeSet<_> = ALL.iter().map(|metric| metric.name).collect();
        assert_eq!(names.len(), ALL.len());
    }

    #[test]
    fn helps_are_one_line_and_end_in_a_full_stop() {
        each(|metric| metric.help.len() > 10 && metric.help.ends_with('.') && !metric.help.contains('\n'));
    }

    #[test]
    fn the_name_says_the_unit_and_the_kind_so_that_no_receiver_appends_them() {
        each(|metric| (metric.unit == Unit::Seconds) == metric.name.ends_with("_seconds"));
        each(|metric| (metric.unit == Unit::Bytes) == metric.name.ends_with("_bytes"));
        each(|metric| (metric.kind == Kind::Counter) == metric.name.ends_with("_total"));
        each(|metric| !metric.name.ends_with("_ratio"));
    }

    #[test]
    fn the_name_says_whose_it_is() {
        each(|metric| {
            metric.name.starts_with(match metric.subject {
                Subject::Probe => "probe_",
                Subject::Prober => "freshwatch_",
                Subject::Gate => "freshwatch_gate_",
            })
        });
    }

    #[test]
    fn labels_of_their_own_are_neither_the_probes_nor_the_receivers() {
        each(|metric| {
            let taken = [PROBE_LABEL, GATE_LABEL, "job", "instance", "le", "quantile"];
            metric.labels.iter().all(|label| !taken.contains(label))
        });
    }

    #[test]
    fn bounds_grow_and_those_of_runs_hold_the_usual_promises() {
        each(|metric| match metric.kind {
            Kind::Gauge | Kind::Counter => true,
            Kind::Histogram(bounds) => bounds.is_sorted_by(|a, b| a < b),
        });
        for promise in [100, 200, 300, 500, 800, 1000, 2000] {
            assert!(super::RUN_DURATION_BOUNDS.contains(&promise), "{promise}");
        }
    }
}
