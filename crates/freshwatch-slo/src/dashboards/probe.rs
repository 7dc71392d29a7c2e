//! One probe.

use freshwatch_probe::metric::{
    PROBE_ATTEMPTS, PROBE_DATA_AGE, PROBE_DATA_DUE, PROBE_DATA_FRESH_ITEMS, PROBE_DATA_ITEM_AGE,
    PROBE_DATA_ITEMS, PROBE_DATA_LANDED, PROBE_DATA_MAX_AGE, PROBE_DATA_TIMESTAMP, PROBE_HTTP_DURATION,
    PROBE_HTTP_STATUS_CODE, PROBE_NEXT_RUN, PROBE_REASON_INFO, PROBE_RUN_DURATION, PROBE_RUNS,
    PROBE_SSL_EARLIEST_CERT_EXPIRY, PROBE_VERDICT,
};
use freshwatch_probe::verdict::Verdict;

use super::build::{Board, FIVE_MINUTES, HOUR, Variable};
use super::panel::{Panel, Unit};
use crate::series;

const SELECTED: &str = r#"probe="$probe""#;

/// How bad which verdict is, its word, and its colour.
pub(super) const VERDICTS: [(u32, &str, &str); 6] = [
    (0, Verdict::Ok.as_str(), "green"),
    (1, Verdict::Degraded.as_str(), "yellow"),
    (2, Verdict::Unknown.as_str(), "purple"),
    (3, Verdict::Stale.as_str(), "orange"),
    (4, Verdict::Invalid.as_str(), "semi-dark-red"),
    (5, Verdict::Down.as_str(), "dark-red"),
];

/// How bad the verdict of each selected probe is, as a number of [`VERDICTS`].
pub(super) fn severity(selected: &str) -> String {
    let of_verdict = |(severity, word, _): (u32, &str, &str)| {
        let verdict = PROBE_VERDICT.name;
        format!("{verdict}{{{selected},verdict=\"{word}\"}} * {severity}")
    };
    format!("max by (probe) ({})", VERDICTS.map(of_verdict).join(" or "))
}

fn of(metric: &str) -> String {
    format!("max({metric}{{{SELECTED}}})")
}

pub(super) fn board() -> Board {
    Board {
        title: "freshwatch: one probe",
        description: "What one probe found and when: verdicts and reasons, the age of the data against its bound, due moments, phases of its requests, budgets.",
        variables: vec![Variable {
            name: "probe",
            label: "Probe",
            values: format!("label_values({}, probe)", PROBE_VERDICT.name),
            is_many: false,
        }],
        panels: [
            vec![verdict(), budget(), age_now(), next_run(), certificate()],
            vec![timeline(), reasons()],
            vec![age(), due(), items(), oldest()],
            vec![phases(), durations(), runs(), answers()],
            vec![burning()],
        ]
        .into_iter()
        .flatten()
        .collect(),
    }
}

fn verdict() -> Panel {
    Panel::stat("Verdict", "The verdict of the last run.", Unit::Count)
        .sized(4, 4)
        .in_words(&VERDICTS)
        .asks(severity(SELECTED), "now")
}

fn budget() -> Panel {
    Panel::stat(
        "Budget left",
        "What is left of the budget of each promise; negative is overspent.",
        Unit::Share,
    )
    .sized(8, 4)
    .coloured("red", &[(0.0, "orange"), (0.1, "yellow"), (0.25, "green")])
    .asks(
        format!("max by (promise) ({}{{{SELECTED}}})", series::BUDGET_LEFT),
        "{{promise}}",
    )
}

fn age_now() -> Panel {
    Panel::stat(
        "The data is from",
        "The data's own time. It is told while the data is stale, and goes on aging when the prober is dead.",
        Unit::Ago,
    )
    .sized(4, 4)
    .asks(format!("{} * 1000", of(PROBE_DATA_TIMESTAMP.name)), "data")
}

fn next_run() -> Panel {
    Panel::stat("Next run", "When the probe runs next.", Unit::Ago)
        .sized(4, 4)
        .asks(format!("{} * 1000", of(PROBE_NEXT_RUN.name)), "run")
}

fn certificate() -> Panel {
    Panel::stat(
        "Certificate ends in",
        "How long the server's certificate is still valid.",
        Unit::Seconds,
    )
    .sized(4, 4)
    .coloured("red", &[(7.0 * 86_400.0, "yellow"), (21.0 * 86_400.0, "green")])
    .asks(
        format!("{} - time()", of(PROBE_SSL_EARLIEST_CERT_EXPIRY.name)),
        "left",
    )
}

fn timeline() -> Panel {
    Panel::timeline("Verdicts", "Which verdict the probe gave when.")
        .in_words(&VERDICTS)
        .asks(severity(SELECTED), "verdict")
}

fn reasons() -> Panel {
    Panel::timeline(
        "Reasons",
        "The code of the first reason for each verdict that was not ok.",
    )
    .asks(
        format!("max by (reason) ({}{{{SELECTED}}})", PROBE_REASON_INFO.name),
        "{{reason}}",
    )
}

fn age() -> Panel {
    Panel::lines(
        "Age of the data against its bound",
        "The age as it was judged, in open time where the probe has a calendar, and how old the data may be.",
        Unit::Seconds,
    )
    .asks(of(PROBE_DATA_AGE.name), "age")
    .asks(of(PROBE_DATA_MAX_AGE.name), "may be")
}

fn due() -> Panel {
    Panel::lines(
        "Until the next due moment",
        "How long it is until new data must have landed, and whether what is due next has landed already (1) or not (0).",
        Unit::Seconds,
    )
    .asks(format!("{} - time()", of(PROBE_DATA_DUE.name)), "due in")
    .asks(of(PROBE_DATA_LANDED.name), "has landed")
}

fn items() -> Panel {
    Panel::lines(
        "Items",
        "How many items were judged each on its own, and how many of them are fresh.",
        Unit::Count,
    )
    .asks(of(PROBE_DATA_ITEMS.name), "items")
    .asks(of(PROBE_DATA_FRESH_ITEMS.name), "fresh")
}

fn oldest() -> Panel {
    Panel::lines(
        "The oldest items",
        "The age of the ten oldest items.",
        Unit::Seconds,
    )
    .asks(
        format!("max by (item) ({}{{{SELECTED}}})", PROBE_DATA_ITEM_AGE.name),
        "{{item}}",
    )
}

fn phases() -> Panel {
    Panel::stacked(
        "Phases",
        "How long each phase of the last attempt took, over all redirects.",
        Unit::Seconds,
    )
    .asks(
        format!("max by (phase) ({}{{{SELECTED}}})", PROBE_HTTP_DURATION.name),
        "{{phase}}",
    )
}

fn durations() -> Panel {
    let quantile = |share: &str| {
        let buckets = PROBE_RUN_DURATION.name;
        format!(
            "histogram_quantile({share}, sum by (le) (rate({buckets}_bucket{{{SELECTED}}}[$__rate_interval])))"
        )
    };
    Panel::lines(
        "Duration of runs",
        "How long whole runs took, all attempts and the waits between them. Within a bucket the quantiles are estimates.",
        Unit::Seconds,
    )
    .asks(quantile("0.5"), "p50")
    .asks(quantile("0.95"), "p95")
    .asks(quantile("0.99"), "p99")
}

fn runs() -> Panel {
    Panel::stacked(
        "Runs by verdict",
        "How many runs ended in which verdict.",
        Unit::Count,
    )
    .asks(
        format!(
            "sum by (verdict) (increase({}{{{SELECTED}}}[$__rate_interval]))",
            PROBE_RUNS.name
        ),
        "{{verdict}}",
    )
}

fn answers() -> Panel {
    Panel::lines(
        "Answers",
        "The status of the last answer (0: none), and how many attempts the last run made.",
        Unit::Count,
    )
    .asks(of(PROBE_HTTP_STATUS_CODE.name), "status")
    .asks(of(PROBE_ATTEMPTS.name), "attempts")
}

fn burning() -> Panel {
    let rate = |window| {
        let name = series::burn_rate(window);
        format!("max by (promise) ({name}{{{SELECTED}}})")
    };
    Panel::lines(
        "Burn rates",
        "How fast each promise burns its budget, over five minutes and over one hour: 1 spends exactly the budget.",
        Unit::Times,
    )
    .sized(24, 8)
    .asks(rate(FIVE_MINUTES), "{{promise}}, 5 minutes")
    .asks(rate(HOUR), "{{promise}}, 1 hour")
}
