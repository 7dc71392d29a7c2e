//! What alerts say: to whoever was called, in plain words.

use freshwatch_probe::definition::Definition;
use freshwatch_probe::duration;
use freshwatch_probe::matcher::{Comparison, Operator};

use super::Subject;
use crate::objective::Objective;
use crate::promise::Promise;
use crate::watch::{Form, Plan, Watch};

/// The annotations of an alert.
pub(super) struct Words {
    /// What is the matter, in one line.
    pub summary: String,
    /// What that means.
    pub description: String,
    /// What most likely helps.
    pub first_steps: String,
}

impl Words {
    pub(super) fn new(
        summary: impl Into<String>,
        description: impl Into<String>,
        first_steps: impl Into<String>,
    ) -> Self {
        Self {
            summary: summary.into(),
            description: description.into(),
            first_steps: first_steps.into(),
        }
    }
}

impl Subject<'_> {
    /// What is said when the budget of a promise burns.
    pub(super) fn burning(&self, objective: &Objective, plan: &Plan) -> Words {
        let probe = &self.definition.name;
        let (summary, seen, first_steps) = match objective.promise {
            Promise::Up => (
                format!("{probe} does not answer as often as promised"),
                "No complete answer came, or the service said that it failed.".to_owned(),
                "See the reason: the metric probe_reason_info, or `freshwatch explain`. Is it the network, DNS, the \
                 certificate or the service? Then the service's own logs and its last deploy.",
            ),
            Promise::Valid => (
                format!("{probe} answers wrongly more often than promised"),
                "It answers, and the answer is not what it should be.".to_owned(),
                "See what was seen against what was wanted: `freshwatch explain`. What has changed in the service's \
                 answers? Undo its last deploy, or correct the probe.",
            ),
            Promise::Fresh => (
                format!("data of {probe} is older than promised; the API itself answers"),
                "The answers are right but for their age: whatever brings the data is late or has stopped."
                    .to_owned(),
                "See how old the data is: the metric probe_data_age_seconds, or `freshwatch explain`. Did the batch \
                 run, did its source deliver, and is a cache in between?",
            ),
            Promise::Latency => (
                format!("{probe} is slow more often than promised"),
                format!(
                    "The answers are right, and they take longer than {}.",
                    allowed_time(self.definition)
                ),
                "See which phase takes the time: the metric probe_http_duration_seconds. Then the service's own traces \
                 of the probe's requests.",
            ),
        };
        Words::new(
            summary,
            format!("{seen} {} {}", promised(objective), tripped(&plan.form)),
            first_steps,
        )
    }
}

/// What `warn.latency` allows.
fn allowed_time(definition: &Definition) -> String {
    let bounds = definition.warn.iter().flat_map(|warn| &warn.latency);
    let most = bounds.filter(|bound| match bound.operator {
        Operator::AtMost | Operator::Below => true,
        Operator::Equals | Operator::Above | Operator::AtLeast => false,
    });
    let most = most
        .map(|Comparison { number, .. }| *number)
        .min_by(f64::total_cmp);
    most.map_or_else(
        || "`warn.latency` allows".to_owned(),
        |millis| duration::show(std::time::Duration::from_secs_f64(millis / 1000.0)),
    )
}

fn promised(objective: &Objective) -> String {
    format!(
        "Promised are {} of the runs over {}, which leaves {} of {} that may break it.",
        objective.target,
        duration::show(objective.window),
        objective.allowed_runs(),
        objective.runs
    )
}

/// What has tripped the alert. Its value is a burn rate, or a number of runs.
fn tripped(form: &Form) -> String {
    match form {
        Form::Row { runs: 1, .. } => "The last run failed.".to_owned(),
        Form::Row { .. } => "{{ $value | humanize }} runs in a row failed.".to_owned(),
        Form::Windows(watches) => {
            let windows: Vec<String> = watches.iter().map(told).collect();
            format!(
                "The budget burns {{{{ $value | humanize }}}} times as fast as it may; this alert begins at {}.",
                windows.join(" or ")
            )
        }
    }
}

fn told(watch: &Watch) -> String {
    format!("{} over {}", watch.factor, duration::show(watch.long))
}
