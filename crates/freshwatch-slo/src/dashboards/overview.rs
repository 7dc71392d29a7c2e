//! All probes and promises, worst first.

use freshwatch_probe::metric::{
    PROBE_DATA_AGE, PROBE_DATA_MAX_AGE, PROBE_DURATION, PROBE_LAST_RUN, PROBE_REASON_INFO, PROBE_SUCCESS,
    PROBE_VERDICT,
};

use super::build::{Board, FIVE_MINUTES, HOUR, Variable};
use super::panel::{Panel, Unit};
use super::probe::{VERDICTS, severity};
use crate::series;

const SELECTED: &str = r#"probe=~"$probe""#;

pub(super) fn board() -> Board {
    Board {
        title: "freshwatch: overview",
        description: "All probes and all promises, worst first: what is down, what is stale, what is left of each budget.",
        variables: vec![Variable {
            name: "probe",
            label: "Probe",
            values: format!("label_values({}, probe)", PROBE_VERDICT.name),
            is_many: true,
        }],
        panels: vec![
            verdicts(),
            kept(),
            probes(),
            promises(),
            burning(),
            success(),
            aging(),
        ],
    }
}

fn verdicts() -> Panel {
    Panel::stat("Verdicts", "How many probes have which verdict now.", Unit::Count)
        .sized(12, 4)
        .asks(
            format!("sum by (verdict) ({}{{{SELECTED}}})", PROBE_VERDICT.name),
            "{{verdict}}",
        )
}

fn kept() -> Panel {
    let share = |than: &str| {
        let left = series::BUDGET_LEFT;
        format!("count({left}{{{SELECTED}}} {than}) or vector(0)")
    };
    Panel::stat(
        "Budgets",
        "How many promises have something left of their budget, and how many have none.",
        Unit::Count,
    )
    .sized(12, 4)
    .asks(share("> 0"), "left")
    .asks(share("<= 0"), "spent")
}

fn probes() -> Panel {
    let age = format!(
        "max by (probe) ({}{{{SELECTED}}} / {}{{{SELECTED}}})",
        PROBE_DATA_AGE.name, PROBE_DATA_MAX_AGE.name
    );
    Panel::table(
        "Probes, worst first",
        "The verdict of the last run and the first reason for it. The data's age is in parts of what it may be: more than 1 is stale.",
        Unit::Count,
    )
    .in_words(&VERDICTS)
    .column("verdict", Unit::Count, format!("sort_desc({})", severity(SELECTED)))
    .labels(
        "reason",
        format!("max by (probe, reason) ({}{{{SELECTED}}})", PROBE_REASON_INFO.name),
    )
    .column("age of what it may be", Unit::Times, age)
    .coloured("green", &[(0.8, "yellow"), (1.0, "red")])
    .column("last attempt took", Unit::Seconds, format!("max by (probe) ({}{{{SELECTED}}})", PROBE_DURATION.name))
    .column("last run", Unit::Ago, format!("max by (probe) ({}{{{SELECTED}}}) * 1000", PROBE_LAST_RUN.name))
}

fn promises() -> Panel {
    let of = |name: &str| format!("max by (probe, promise) ({name}{{{SELECTED}}})");
    let burn_rate = |window| of(&series::burn_rate(window));
    Panel::table(
        "Promises, the least budget first",
        "What is promised, what was kept over the promise's window, and what is left of the budget: negative is overspent. A burn rate of 1 spends exactly the budget, if it goes on like that.",
        Unit::Share,
    )
    .column("budget left", Unit::Share, format!("sort({})", of(series::BUDGET_LEFT)))
    .coloured("red", &[(0.0, "orange"), (0.1, "yellow"), (0.25, "green")])
    .column("kept", Unit::Share, of(series::KEPT))
    .column("promised", Unit::Share, of(series::OBJECTIVE))
    .column("burn rate, 5 minutes", Unit::Times, burn_rate(FIVE_MINUTES))
    .coloured("green", &[(1.0, "yellow"), (14.4, "red")])
    .column("burn rate, 1 hour", Unit::Times, burn_rate(HOUR))
    .coloured("green", &[(1.0, "yellow"), (14.4, "red")])
}

fn burning() -> Panel {
    let burn_rate = series::burn_rate(HOUR);
    Panel::lines(
        "Burn rates over one hour",
        "The ten promises that burn their budget the fastest. At 14.4 a budget of 30 days is spent after two.",
        Unit::Times,
    )
    .asks(
        format!("topk(10, max by (probe, promise) ({burn_rate}{{{SELECTED}}}))"),
        "{{probe}} {{promise}}",
    )
}

fn success() -> Panel {
    Panel::lines(
        "Success",
        "The share of time in which a probe was ok or degraded. Where it was unknown there is nothing.",
        Unit::Share,
    )
    .asks(
        format!(
            "bottomk(10, avg by (probe) (avg_over_time({}{{{SELECTED}}}[$__rate_interval])))",
            PROBE_SUCCESS.name
        ),
        "{{probe}}",
    )
}

fn aging() -> Panel {
    Panel::lines(
        "Age of the data in parts of what it may be",
        "The ten probes whose data is nearest to being stale: more than 1 is stale.",
        Unit::Times,
    )
    .sized(24, 8)
    .asks(
        format!(
            "topk(10, max by (probe) ({}{{{SELECTED}}} / {}{{{SELECTED}}}))",
            PROBE_DATA_AGE.name, PROBE_DATA_MAX_AGE.name
        ),
        "{{probe}}",
    )
}
