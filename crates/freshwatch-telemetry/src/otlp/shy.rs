//! A receiver that may not take a signal at all, such as Prometheus at an endpoint that is for all three: it is asked
//! now and then whether it does by now, and not for every request.

use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::answer::{Answer, Scope};
use super::push::Failure;
use super::sender::Receive;
use crate::parcel::Parcel;

/// So long a receiver is left alone that takes nothing of the signal.
const REST: SignedDuration = SignedDuration::from_mins(30);

/// One that is left alone where it takes nothing of the signal.
pub(super) struct Shy<R> {
    receiver: R,
    declined: Mutex<Option<Declined>>,
}

/// What it said.
#[derive(Clone)]
struct Declined {
    at: Timestamp,
    why: String,
    hint: Option<&'static str>,
}

impl<R> Shy<R> {
    pub(super) fn new(receiver: R) -> Self {
        Self {
            receiver,
            declined: Mutex::default(),
        }
    }

    fn remembered(&self, now: Timestamp) -> Option<Answer> {
        let declined = self.declined.lock().unwrap_or_else(PoisonError::into_inner);
        let lately = declined
            .as_ref()
            .filter(|declined| now.duration_since(declined.at) < REST);
        lately.map(|declined| Answer::Refused {
            why: declined.why.clone(),
            scope: Scope::Signal,
            hint: declined.hint,
        })
    }
}

impl<R: Receive> Receive for Shy<R> {
    async fn attempt(&self, parcel: &Parcel, now: Timestamp) -> Answer {
        if let Some(answer) = self.remembered(now) {
            return answer;
        }
        let answer = self.receiver.attempt(parcel, now).await;
        if let Answer::Refused {
            why,
            scope: Scope::Signal,
            hint,
        } = &answer
        {
            let declined = Declined {
                at: now,
                why: why.clone(),
                hint: *hint,
            };
            *self.declined.lock().unwrap_or_else(PoisonError::into_inner) = Some(declined);
        }
        answer
    }

    fn failure(&self, why: &str, hint: Option<&'static str>) -> Failure {
        self.receiver.failure(why, hint)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use jiff::{SignedDuration, Timestamp};

    use super::{REST, Shy};
    use crate::otlp::answer::{Answer, Scope};
    use crate::otlp::push::Failure;
    use crate::otlp::sender::Receive;
    use crate::parcel::{Coding, Parcel, Signal};
    use crate::sample::{NOON, time};

    /// Always refuses so; counts.
    struct Refusing(Scope, AtomicU32);

    impl Receive for Refusing {
        async fn attempt(&self, _: &Parcel, _: Timestamp) -> Answer {
            self.1.fetch_add(1, Ordering::Relaxed);
            Answer::Refused {
                why: "answered 404".to_owned(),
                scope: self.0,
                hint: None,
            }
        }

        fn failure(&self, why: &str, hint: Option<&'static str>) -> Failure {
            Failure {
                message: why.to_owned(),
                hint,
            }
        }
    }

    /// How often the receiver is asked for a request a minute over an hour.
    async fn asked(scope: Scope) -> u32 {
        let shy = Shy::new(Refusing(scope, AtomicU32::new(0)));
        let parcel = Parcel {
            signal: Signal::Traces,
            coding: Coding::Plain,
            items: 1,
            at: time(NOON),
            body: "x".into(),
        };
        for minute in 0..60 {
            let now = time(NOON) + SignedDuration::from_mins(minute);
            let answer = shy.attempt(&parcel, now).await;
            assert!(matches!(answer, Answer::Refused { scope: found, .. } if found == scope));
        }
        shy.receiver.1.into_inner()
    }

    #[tokio::test]
    async fn who_takes_nothing_of_a_signal_is_asked_now_and_then() {
        assert_eq!(i64::from(asked(Scope::Signal).await), 60 / REST.as_mins());
        assert_eq!(asked(Scope::Batch).await, 60);
    }
}
