//! The prober itself, and the gates.

use freshwatch_probe::metric::{
    FRESHWATCH_BUILD_INFO, FRESHWATCH_CONFIG_RELOAD_SUCCESS, FRESHWATCH_CONFIG_RELOAD_SUCCESSFUL,
    FRESHWATCH_EXPORT_BATCHES, FRESHWATCH_EXPORT_DROPPED, FRESHWATCH_EXPORT_QUEUE,
    FRESHWATCH_EXPORT_QUEUE_BYTES, FRESHWATCH_GATE_VERDICT, FRESHWATCH_LAST_EXPORT_SUCCESS,
    FRESHWATCH_PROBES, FRESHWATCH_RESULTS_LOST, FRESHWATCH_RUN_LATENESS, FRESHWATCH_RUNS_IN_FLIGHT,
    FRESHWATCH_RUNS_SKIPPED, PROBE_RUNS,
};

use super::build::Board;
use super::panel::{Panel, Unit};

/// How long what a gate said is shown: it is pushed once.
const GATE_WINDOW: &str = "1d";

pub(super) fn board() -> Board {
    Board {
        title: "freshwatch: the prober",
        description: "Whether freshwatch itself is well: what it runs, how late it starts, what it skips, whether its results arrive, and what its gates said.",
        variables: Vec::new(),
        panels: vec![
            version(),
            probes(),
            reload(),
            exported(),
            lateness(),
            runs(),
            skipped(),
            in_flight(),
            batches(),
            queue(),
            dropped(),
            gates(),
        ],
    }
}

fn version() -> Panel {
    Panel::stat("Version", "The versions of freshwatch that run.", Unit::Count).asks(
        format!("count by (version) ({})", FRESHWATCH_BUILD_INFO.name),
        "{{version}}",
    )
}

fn probes() -> Panel {
    Panel::stat("Probes", "How many probes are run.", Unit::Count)
        .asks(format!("sum({})", FRESHWATCH_PROBES.name), "probes")
}

fn reload() -> Panel {
    Panel::stat(
        "Probe files",
        "When the probe files were last loaded with success, and whether the last load succeeded (1) or those from before are still in use (0).",
        Unit::Ago,
    )
    .asks(format!("min({}) * 1000", FRESHWATCH_CONFIG_RELOAD_SUCCESS.name), "loaded")
    .asks(format!("min({})", FRESHWATCH_CONFIG_RELOAD_SUCCESSFUL.name), "succeeded")
}

fn exported() -> Panel {
    Panel::stat("Last delivery", "When the receiver last took results.", Unit::Ago).asks(
        format!("min({}) * 1000", FRESHWATCH_LAST_EXPORT_SUCCESS.name),
        "taken",
    )
}

fn lateness() -> Panel {
    let quantile = |share: &str| {
        let buckets = FRESHWATCH_RUN_LATENESS.name;
        format!("histogram_quantile({share}, sum by (le) (rate({buckets}_bucket[$__rate_interval])))")
    };
    Panel::lines(
        "Lateness",
        "How long after their scheduled time runs started.",
        Unit::Seconds,
    )
    .asks(quantile("0.5"), "p50")
    .asks(quantile("0.99"), "p99")
}

fn runs() -> Panel {
    Panel::stacked("Runs", "Runs a second, by verdict.", Unit::PerSecond).asks(
        format!("sum by (verdict) (rate({}[$__rate_interval]))", PROBE_RUNS.name),
        "{{verdict}}",
    )
}

fn skipped() -> Panel {
    Panel::lines(
        "Skipped runs",
        "Scheduled runs that did not start, and results that were lost.",
        Unit::Count,
    )
    .asks(
        format!(
            "sum by (cause) (increase({}[$__rate_interval]))",
            FRESHWATCH_RUNS_SKIPPED.name
        ),
        "{{cause}}",
    )
    .asks(
        format!(
            "sum(increase({}[$__rate_interval]))",
            FRESHWATCH_RESULTS_LOST.name
        ),
        "lost",
    )
}

fn in_flight() -> Panel {
    Panel::lines("Runs under way", "How many runs are under way.", Unit::Count)
        .asks(format!("sum({})", FRESHWATCH_RUNS_IN_FLIGHT.name), "runs")
}

fn batches() -> Panel {
    Panel::stacked(
        "Batches sent",
        "Batches that were sent to the receiver, by what became of them.",
        Unit::Count,
    )
    .asks(
        format!(
            "sum by (outcome) (increase({}[$__rate_interval]))",
            FRESHWATCH_EXPORT_BATCHES.name
        ),
        "{{outcome}}",
    )
}

fn queue() -> Panel {
    Panel::lines(
        "Bytes that wait",
        "What the receiver has not taken yet, in memory or on the disk.",
        Unit::Bytes,
    )
    .asks(format!("sum({})", FRESHWATCH_EXPORT_QUEUE_BYTES.name), "bytes")
}

fn dropped() -> Panel {
    Panel::lines(
        "Batches that wait or were given up",
        "How many batches wait to be sent, and how many were given up, by cause.",
        Unit::Count,
    )
    .asks(format!("sum({})", FRESHWATCH_EXPORT_QUEUE.name), "waiting")
    .asks(
        format!(
            "sum by (cause) (increase({}[$__rate_interval]))",
            FRESHWATCH_EXPORT_DROPPED.name
        ),
        "given up: {{cause}}",
    )
}

fn gates() -> Panel {
    Panel::table(
        "Gates",
        "What each gate said within the last day: 1 is what it said last.",
        Unit::Count,
    )
    .sized(12, 8)
    .column(
        "said",
        Unit::Count,
        format!(
            "max by (gate, verdict) (last_over_time({}[{GATE_WINDOW}]))",
            FRESHWATCH_GATE_VERDICT.name
        ),
    )
}
