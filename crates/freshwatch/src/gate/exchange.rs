//! One request and its whole answer, or why there is none.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use freshwatch_agent::Agent;
use freshwatch_probe::definition::{Definition, ProbeName};
use freshwatch_probe::observation::{Answer, Body, Cause, NotMade, Outcome, RedirectStop};
use freshwatch_probe::redact::Redactor;
use freshwatch_probe::request::Request;
use freshwatch_probe::{duration, size};
use freshwatch_slo::gate::answer::{Kind, Trouble};

/// A whole answer.
pub(super) struct Reply {
    pub status: u16,
    pub body: Bytes,
    /// What must not be shown of it.
    pub secrets: Redactor,
}

/// Sends a request, and reads the answer within this time.
pub(super) async fn exchange(agent: &Agent, request: Request, within: Duration) -> Result<Reply, Trouble> {
    let name = ProbeName::parse("gate").map_err(|why| Trouble::new(Kind::Refused, why))?;
    let definition = Definition {
        timeout: within,
        ..Definition::new(name, request)
    };
    let observation = agent.observe(&Arc::new(definition)).await;
    let answer = match observation.outcome {
        Outcome::Answered(answer) => answer,
        Outcome::Unreachable(unreachable) if unreachable.cause == Cause::Timeout => {
            let message = format!("did not answer within {}", duration::show(within));
            return Err(Trouble::new(Kind::Slow, message));
        }
        Outcome::Unreachable(unreachable) => {
            let message = format!("cannot be reached: {}", unreachable.message);
            return Err(Trouble::new(Kind::Unavailable, message));
        }
        Outcome::NotMade(why) => return Err(not_made(why)),
    };
    let status = answer.status;
    Ok(Reply {
        status,
        body: whole(answer)?,
        secrets: observation.secrets,
    })
}

fn whole(answer: Answer) -> Result<Bytes, Trouble> {
    match answer.redirect_stop {
        Some(RedirectStop::TooMany { limit }) => {
            let message = format!("leads on and on: more than {limit} redirects");
            return Err(Trouble::new(Kind::Refused, message));
        }
        Some(RedirectStop::BadLocation(_) | RedirectStop::Credentials) => {
            let message = "redirects to another place, where credentials are not sent: name that one";
            return Err(Trouble::new(Kind::Refused, message));
        }
        None => {}
    }
    match answer.body {
        Body::Complete(body) => Ok(body),
        Body::TooLarge { limit } => Err(Trouble::new(
            Kind::Unreadable,
            format!("answered with more than {}", size::show(limit)),
        )),
        Body::Undecodable { coding, why } => Err(Trouble::new(
            Kind::Unreadable,
            format!("answered with what does not decode as `{coding}`: {why}"),
        )),
    }
}

fn not_made(why: NotMade) -> Trouble {
    let why = match why {
        NotMade::Secret(why) => why,
        NotMade::Overload => "this machine has run out of sockets or memory".into(),
        NotMade::Aborted | NotMade::Unjudged(_) | NotMade::Internal => "freshwatch failed inside".into(),
    };
    Trouble::new(Kind::Refused, format!("was not asked: {why}"))
}
