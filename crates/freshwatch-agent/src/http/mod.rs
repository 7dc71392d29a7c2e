//! One attempt over HTTP: from a request to an observation.

pub(crate) mod outgoing;

pub(crate) mod closing;
pub(crate) mod connect;
pub(crate) mod conversation;
pub(crate) mod exchange;
pub(crate) mod head_guard;
pub(crate) mod kept;
pub(crate) mod resolve;
pub(crate) mod target;
pub(crate) mod tls;

pub(crate) mod body;
pub(crate) mod coding;
pub(crate) mod facts;
pub(crate) mod redirect;

pub(crate) mod failure;
pub(crate) mod progress;

use std::time::{Duration, Instant};

use freshwatch_probe::definition::Definition;
use freshwatch_probe::observation::{Answer, Observation, Outcome};
use tokio::time;

use crate::agent::Shared;
use crate::clock;
use crate::http::exchange::Exchanger;
use crate::http::failure::Failure;
use crate::http::outgoing::Outgoing;
use crate::http::progress::Progress;
use crate::http::redirect::Step;
use crate::preparation::Preparation;
use crate::tracing::Recording;

/// Makes one attempt, beginning with this request, redirects included, until the deadline. Whatever happens is an
/// observation, and the run's trace tells of it.
pub(crate) async fn fetch(
    shared: &Shared,
    definition: &Definition,
    preparation: &Preparation,
    first: &Outgoing,
    deadline: Instant,
    recording: &mut Recording,
) -> Observation {
    let mut progress = Progress::start(std::mem::take(recording));
    let left = deadline.saturating_duration_since(clock::monotonic());
    let followed = time::timeout(
        left,
        follow(shared, definition, preparation, first, &mut progress),
    )
    .await;
    let outcome = match followed {
        Ok(Ok(answer)) => Outcome::Answered(answer),
        Ok(Err(failure)) => failure.into(),
        Err(_) => Failure::from(progress.timed_out(definition.timeout)).into(),
    };
    let outcome = failure::presentable(outcome, &preparation.secrets);
    let (exchange, mut recorded) = progress.finish();
    if let Outcome::Unreachable(unreachable) = &outcome {
        recorded.failed(unreachable.cause, &unreachable.message);
    }
    *recording = recorded;
    Observation {
        exchange,
        outcome,
        secrets: preparation.secrets.clone(),
    }
}

/// Sends the request, and the requests that redirects ask for, and reads the last answer.
async fn follow(
    shared: &Shared,
    definition: &Definition,
    preparation: &Preparation,
    first: &Outgoing,
    progress: &mut Progress,
) -> Result<Answer, Failure> {
    let exchanger = Exchanger {
        shared,
        definition,
        preparation,
    };
    let request = &definition.request;
    let mut redirected: Option<Box<Outgoing>> = None;
    loop {
        let outgoing = redirected.as_deref().unwrap_or(first);
        let reply = exchanger.send(outgoing, progress).await?;
        let step = redirect::step(
            &reply.head,
            outgoing,
            request.redirects,
            progress.exchange.redirects,
        );
        match step {
            Step::Follow(next) => {
                progress.exchange.redirects += 1;
                redirected = Some(next);
            }
            Step::Answer(redirect_stop) => {
                let (head, body) = reply.read(request.max_body, shared, progress).await?;
                return Ok(Answer {
                    status: head.status.as_u16(),
                    headers: head.headers,
                    body,
                    redirect_stop,
                });
            }
        }
    }
}

/// Durations in messages: `2ms`, `1.5s`.
fn show(duration: Duration) -> String {
    freshwatch_probe::duration::show(duration)
}
