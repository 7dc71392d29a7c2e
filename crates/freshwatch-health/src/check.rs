//! What else makes a service healthy: set when it changes, or asked for when somebody wants to know.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use crate::clock::Clock;
use crate::finding::{About, Finding, Status};
use crate::moment;

/// How something that is not the freshness of data stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It works.
    Pass,
    /// It works, with a concern: why, in words without secrets.
    Warn(String),
    /// It does not work: why, in words without secrets.
    Fail(String),
}

/// A check that was declared: set it where its state changes. Until then it fails, as nobody knows better.
#[derive(Debug, Clone)]
pub struct Check(Arc<Declared>);

#[derive(Debug)]
struct Declared {
    name: String,
    clock: Clock,
    /// The state and, in milliseconds since the epoch, since when it is known.
    known: Mutex<Option<(State, i64)>>,
}

impl Check {
    pub(crate) fn new(name: &str, clock: Clock) -> Self {
        Self(Arc::new(Declared {
            name: name.to_owned(),
            clock,
            known: Mutex::new(None),
        }))
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// It stands so from now on.
    pub fn set(&self, state: State) {
        let now = moment::since_epoch(self.0.clock.now());
        *self.0.known.lock().unwrap_or_else(PoisonError::into_inner) = Some((state, now));
    }

    pub(crate) fn finding(&self, now: i64) -> Finding {
        let known = self
            .0
            .known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let (state, time) = known.unwrap_or_else(|| {
            let never = "nobody has set it since the service started";
            (State::Fail(never.to_owned()), now)
        });
        finding(self.name(), state, time)
    }
}

/// A check that is a question, asked at every answer.
#[derive(Clone)]
pub(crate) struct Question {
    pub name: String,
    pub ask: Arc<dyn Fn() -> State + Send + Sync>,
}

impl Question {
    pub fn finding(&self, now: i64) -> Finding {
        finding(&self.name, (self.ask)(), now)
    }
}

impl fmt::Debug for Question {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Question").field(&self.name).finish()
    }
}

fn finding(name: &str, state: State, time: i64) -> Finding {
    let component = name.split_once(':').map_or(name, |(component, _)| component);
    let (status, output) = match state {
        State::Pass => (Status::Pass, None),
        State::Warn(why) => (Status::Warn, Some(why)),
        State::Fail(why) => (Status::Fail, Some(why)),
    };
    Finding {
        key: name.to_owned(),
        component: component.to_owned(),
        about: About::Other,
        status,
        output,
        time,
    }
}
