//! The rules about the prober itself.

use std::time::Duration;

use freshwatch_probe::metric;

use super::alert::{Alert, of_prober};
use super::group::{Group, Rule};
use super::promql::range;
use super::words::Words;
use super::{Mode, Options};

const MINUTE: Duration = Duration::from_mins(1);

/// What the gate pushes when somebody deploys past it; it is visible for some minutes and told of for an hour.
const GATE_BYPASS: &str = "freshwatch_gate_bypass";

/// The rules about the prober; `shortest` is the time after which the probe that runs most often has run again, if any
/// probe runs.
pub(super) fn group(shortest: Option<Duration>, options: &Options) -> Group {
    let mut rules: Vec<Rule> = shortest
        .map(|shortest| dead(shortest, options))
        .into_iter()
        .collect();
    let mut comments = vec![String::new(), "the prober itself".to_owned()];
    match options.mode {
        Mode::Daemon => {
            rules.extend([
                overloaded(options),
                export_fails(options),
                queue_grows(options),
                reload_failed(options),
            ]);
        }
        Mode::CronJob => {
            comments
                .push("one-shot runs have no queue, no capacity to exceed and nothing to reload".to_owned());
            comments.push(
                "what they cannot deliver is not there: ProbeNoData tells, and their exit code 6".to_owned(),
            );
        }
    }
    rules.push(gate_bypassed(options));
    Group {
        name: "freshwatch".to_owned(),
        interval: MINUTE,
        comments,
        rules,
    }
}

fn dead(shortest: Duration, options: &Options) -> Rule {
    let (expr, hold, first_steps) = match options.mode {
        Mode::Daemon => (
            format!("absent_over_time({}[5m])", metric::FRESHWATCH_BUILD_INFO.name),
            MINUTE * 2,
            "Does the process run, and does what it sends arrive? See its /-/healthy, its log, and the receiver's.",
        ),
        Mode::CronJob => {
            let late = (shortest + MINUTE).max(MINUTE * 10);
            let minutes = u32::try_from(late.as_secs().div_ceil(60)).unwrap_or(u32::MAX);
            let late = MINUTE.saturating_mul(minutes);
            (
                format!(
                    "absent_over_time({}[{}])",
                    metric::PROBE_LAST_RUN.name,
                    range(late)
                ),
                late,
                "Do the CronJobs start (are they suspended?), and does what they push arrive? See `kubectl get jobs` and \
                 the log of the receiver.",
            )
        }
    };
    let words = Words::new(
        "freshwatch is dead: nothing comes from any probe",
        "Nobody watches the services any more, and no other alert of freshwatch can fire. Silence is no good news now.",
        first_steps,
    );
    of_prober(Alert::ProberDead, &expr, hold, words, options)
}

fn overloaded(options: &Options) -> Rule {
    let skipped = metric::FRESHWATCH_RUNS_SKIPPED.name;
    let expr =
        format!("sum by (job, instance) (increase({skipped}{{cause=~\"overlap|overload\"}}[30m])) > 3");
    let words = Words::new(
        "freshwatch does not manage all of its runs",
        "{{ $value | humanize }} runs of the last 30 minutes did not start in time: there was no capacity, or the run \
         before was still under way. What was not made is unknown.",
        "Which cause is it, overload or overlap? Give it more CPU or a higher `--max-concurrent` and `--max-per-host`; \
         or run slow probes less often than their `timeout`.",
    );
    of_prober(Alert::Overloaded, &expr, Duration::ZERO, words, options)
}

fn export_fails(options: &Options) -> Rule {
    let success = metric::FRESHWATCH_LAST_EXPORT_SUCCESS.name;
    let dropped = metric::FRESHWATCH_EXPORT_DROPPED.name;
    let expr = format!(
        "time() - max by (job, instance) ({success}) > 300\n\
         or sum by (job, instance) (increase({dropped}{{cause!=\"shutdown\"}}[15m])) > 0"
    );
    let words = Words::new(
        "the results of freshwatch do not arrive",
        "The receiver has taken nothing for five minutes, or results were given up. Where the results come by this way \
         alone, this is seen when they arrive late.",
        "Is the receiver there, and what does it answer? See the log of freshwatch. A 404 means a wrong path, a 400 a \
         receiver that wants no samples out of order.",
    );
    of_prober(Alert::ExportFails, &expr, MINUTE * 5, words, options)
}

fn queue_grows(options: &Options) -> Rule {
    let queue = metric::FRESHWATCH_EXPORT_QUEUE.name;
    let expr = format!("{queue} > 10\nand {queue} > {queue} offset 10m\nand min_over_time({queue}[10m]) > 0");
    let words = Words::new(
        "results of freshwatch wait, and they become more",
        "{{ $value | humanize }} batches wait to be sent. When the queue is full the oldest go, and are lost.",
        "Is the receiver slow or away? See freshwatch_export_batches_total by outcome. `--queue-dir` lets the queue \
         survive a restart, `--queue-max-bytes` bounds it.",
    );
    of_prober(Alert::QueueGrows, &expr, Duration::ZERO, words, options)
}

fn reload_failed(options: &Options) -> Rule {
    let expr = format!("{} == 0", metric::FRESHWATCH_CONFIG_RELOAD_SUCCESSFUL.name);
    let words = Words::new(
        "freshwatch has refused its probe files",
        "There are mistakes in them, so those from before are still in use. After a restart nothing would run.",
        "`freshwatch lint` shows each mistake with its place and its remedy.",
    );
    of_prober(Alert::ReloadFailed, &expr, MINUTE * 5, words, options)
}

fn gate_bypassed(options: &Options) -> Rule {
    let expr = format!("max_over_time({GATE_BYPASS}[1h]) > 0");
    let words = Words::new(
        "{{ $labels.by }} deployed past the gate {{ $labels.gate }}",
        "The gate said {{ $labels.verdict }}, and was overridden for this reason: {{ $labels.reason }}.",
        "Was that agreed? Watch the budgets of what was deployed, and find out what the gate had said.",
    );
    of_prober(Alert::GateBypassed, &expr, Duration::ZERO, words, options)
}
