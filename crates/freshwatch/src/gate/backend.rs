//! Asks a backend that speaks Prometheus's HTTP API what the conditions of a gate need.

use std::time::{Duration, Instant};

use freshwatch_agent::{Agent, clock};
use freshwatch_probe::duration;
use freshwatch_probe::gate::Gate;
use freshwatch_probe::request::RequestBody;
use freshwatch_probe::template::Template;
use freshwatch_slo::gate::answer::{self, Kind, Trouble};
use freshwatch_slo::gate::{Answer, queries};
use futures_util::{StreamExt as _, stream};
use jiff::Timestamp;

use super::exchange::exchange;

/// So many queries are asked at once.
const AT_ONCE: usize = 4;

/// A query that failed and may not fail again is asked so often at most.
const MOST_ATTEMPTS: u32 = 3;

/// How long to wait before the second attempt; twice as long before the third.
const BACKOFF: Duration = Duration::from_millis(300);

/// What the backend says.
pub(crate) struct Asked {
    /// As of when; none: it does not even tell the time.
    pub at: Option<Timestamp>,
    /// For each condition, the answers to its queries.
    pub answers: Vec<Vec<Answer>>,
}

/// Asks everything that a gate needs, all as of one time: that of the backend, unless `now` says otherwise. This
/// machine's clock may be another one, and a count and the count that it is a part of must not be of different times.
pub(crate) async fn ask(gate: &Gate, now: Option<Timestamp>) -> Asked {
    let backend = Backend {
        gate,
        agent: Agent::new(),
        deadline: clock::monotonic() + gate.timeout,
    };
    let queries: Vec<Vec<String>> = gate
        .conditions
        .iter()
        .map(|condition| queries(&condition.rule))
        .collect();
    let at = match now {
        Some(now) => Ok(now),
        None => backend.time().await,
    };
    let at = match at {
        Ok(at) => at,
        Err(trouble) => {
            let none = |queries: Vec<String>| vec![Err(trouble.clone()); queries.len()];
            return Asked {
                at: None,
                answers: queries.into_iter().map(none).collect(),
            };
        }
    };
    let time = format!("{}.{:03}", at.as_second(), at.subsec_millisecond());
    let all = queries.iter().flatten();
    let answers = stream::iter(all)
        .map(|promql| backend.answer(promql, Some(&time)))
        .buffered(AT_ONCE);
    let mut answers = answers.collect::<Vec<_>>().await.into_iter();
    let by_condition = queries
        .iter()
        .map(|queries| answers.by_ref().take(queries.len()).collect());
    Asked {
        at: Some(at),
        answers: by_condition.collect(),
    }
}

struct Backend<'g> {
    gate: &'g Gate,
    agent: Agent,
    deadline: Instant,
}

impl Backend<'_> {
    /// What time it is for the backend.
    async fn time(&self) -> Result<Timestamp, Trouble> {
        let reading = self.answer("time()", None).await?;
        let seconds = answer::time(&reading);
        let time = seconds.and_then(|seconds| {
            let since_epoch = Duration::try_from_secs_f64(seconds).ok()?;
            Timestamp::UNIX_EPOCH.checked_add(since_epoch).ok()
        });
        time.ok_or_else(|| Trouble::new(Kind::Unreadable, "does not tell what time it is"))
    }

    /// Asks until there is an answer, or asking again is of no use, or the time is over.
    async fn answer(&self, promql: &str, time: Option<&str>) -> Answer {
        let mut attempt = 1;
        loop {
            let answer = self.answer_once(promql, time).await;
            let may_pass = answer.as_ref().is_err_and(|trouble| trouble.kind.may_pass());
            let backoff = BACKOFF * attempt;
            if !may_pass || attempt == MOST_ATTEMPTS || self.left() <= backoff {
                return answer;
            }
            tokio::time::sleep(backoff).await;
            attempt += 1;
        }
    }

    async fn answer_once(&self, promql: &str, time: Option<&str>) -> Answer {
        let within = self.left().min(self.gate.query_timeout);
        if within.is_zero() {
            let timeout = duration::show(self.gate.timeout);
            let message = format!("was not asked: the `timeout` of {timeout} was over");
            return Err(Trouble::new(Kind::Slow, message));
        }
        let mut request = self.gate.backend.clone();
        let field = |name: &str, value: &str| (name.to_owned(), Template::literal(value));
        let mut form = vec![field("query", promql), field("timeout", &duration::spell(within))];
        form.extend(time.map(|time| field("time", time)));
        request.body = Some(RequestBody::Form(form));
        let reply = exchange(&self.agent, request, within).await?;
        answer::read(reply.status, &reply.body, &reply.secrets)
    }

    fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(clock::monotonic())
    }
}
