//! One delivery of one signal: every batch in order of time, retried as the OTLP specification has it, within one bound.

use std::time::Duration;

use freshwatch_probe::duration;
use freshwatch_probe::run::Run;
use jiff::Timestamp;
use prost::Message;
use tokio::time::{Instant, sleep_until};

use super::answer::{Answer, Scope};
use super::bundle::Bundle;
use super::config::Config;
use super::encode::{Batch, Encoder};
use super::parcel::pack;
use super::parts::{Cuts, Outcome, Parts};
use super::post::{Post, after};
use super::{records, spans};
use crate::parcel::Parcel;
use crate::record::{Bearer, of_one_shot, of_run};
use crate::resource::Resource;

/// How a delivery went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Delivery {
    /// Requests that were accepted, in part at least.
    pub batches_sent: usize,
    /// Points, spans or log records that were accepted.
    pub points_sent: u64,
    /// Those that were not: refused, or given up.
    pub points_lost: u64,
    /// Requests that wait on the disk for the next delivery.
    pub batches_kept: u64,
    /// What people have to know of the queue on the disk.
    pub of_queue: Vec<String>,
    /// How often a request was sent again.
    pub retries: u32,
    /// What the receiver said of requests that it accepted.
    pub rejected: Option<Rejected>,
    /// Why something could not be delivered: the first such reason.
    pub failure: Option<Failure>,
    /// That the receiver takes nothing of this signal, for which it was not named: nothing is lost that it could have.
    pub declined: Option<Failure>,
}

/// What a receiver said of requests that it accepted (OTLP's partial success).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rejected {
    /// How many points it rejected; 0: its words are a warning.
    pub points: u64,
    /// Its own words, shortened, our credentials taken out.
    pub words: Option<String>,
}

/// Why something could not be delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// A fragment that names the endpoint.
    pub message: String,
    /// What may help.
    pub hint: Option<&'static str>,
}

impl Failure {
    /// What the endpoint of this configuration did.
    pub(super) fn of(config: &Config, why: &str, hint: Option<&'static str>) -> Self {
        Self {
            message: format!("`{}` {why}", config.endpoint),
            hint: hint.or(config.port_hint()),
        }
    }
}

impl Delivery {
    /// Whether the receiver confirmed every point.
    pub fn delivered(&self) -> bool {
        self.failure.is_none() && self.rejected.as_ref().is_none_or(|rejected| rejected.points == 0)
    }
}

/// Delivers everything that these runs show, and what the prober says of itself as of `now`, before `bound` is
/// over. Each run's points carry the time at which it ended.
pub async fn push(
    config: &Config,
    resource: &Resource,
    runs: &[Run],
    now: Timestamp,
    bound: Duration,
) -> Delivery {
    let mut courier = match Courier::new(config, now, bound) {
        Ok(courier) => courier,
        Err(message) => {
            return Delivery {
                points_lost: count_points(runs, now),
                failure: Some(Failure { message, hint: None }),
                ..Delivery::default()
            };
        }
    };
    let probes = count(runs.len());
    let mut encoder = Encoder::new(resource);
    for (end, run) in in_order(runs, now) {
        let probe = Some(Bearer::probe(&run.definition));
        for batch in encoder.take(probe, |visit| of_run(run, end, visit)) {
            courier
                .deliver_or_lose(&pack(batch, config.compression, now))
                .await;
        }
    }
    let full = encoder.take(None, |visit| of_one_shot(probes, now, visit));
    for batch in full.into_iter().chain(encoder.finish()) {
        courier
            .deliver_or_lose(&pack(batch, config.compression, now))
            .await;
    }
    courier.delivery
}

/// Every request of these runs.
pub(super) fn batches(resource: &Resource, runs: &[Run], now: Timestamp) -> Vec<Batch> {
    let probes = count(runs.len());
    let mut encoder = Encoder::new(resource);
    let mut batches = Vec::new();
    for (end, run) in in_order(runs, now) {
        let probe = Some(Bearer::probe(&run.definition));
        batches.extend(encoder.take(probe, |visit| of_run(run, end, visit)));
    }
    batches.extend(encoder.take(None, |visit| of_one_shot(probes, now, visit)));
    batches.extend(encoder.finish());
    batches
}

/// Every request of the spans of these runs.
pub(super) fn batches_of_spans(resource: &Resource, runs: &[Run], now: Timestamp) -> Vec<Batch> {
    let spans = in_order(runs, now)
        .into_iter()
        .flat_map(|(_, run)| spans::of_run(run));
    bundled(resource, spans)
}

/// Every request of the records of these runs, which are news; the text says so in plain words.
pub(super) fn batches_of_records<'r>(
    resource: &Resource,
    news: impl Iterator<Item = (&'r Run, String)>,
) -> Vec<Batch> {
    bundled(
        resource,
        news.map(|(run, text)| records::of_change(run, None, &text)),
    )
}

fn bundled(resource: &Resource, items: impl Iterator<Item = impl Message>) -> Vec<Batch> {
    let mut bundle = Bundle::new(resource);
    let mut batches: Vec<_> = items.filter_map(|item| bundle.push(&item)).collect();
    batches.extend(bundle.finish());
    batches
}

/// Runs in the order of their ends. One that ends after `now` is a clock that went back: its points are written at
/// `now`, since a receiver refuses the future.
fn in_order(runs: &[Run], now: Timestamp) -> Vec<(Timestamp, &Run)> {
    let mut ended: Vec<_> = runs.iter().map(|run| (run.ended().min(now), run)).collect();
    ended.sort_by_key(|(end, _)| *end);
    ended
}

fn count_points(runs: &[Run], now: Timestamp) -> u64 {
    let mut points = 0;
    for (end, run) in in_order(runs, now) {
        of_run(run, end, &mut |_| points += 1);
    }
    of_one_shot(count(runs.len()), now, &mut |_| points += 1);
    points
}

/// Delivers one parcel after the other, until it has no time left or the endpoint takes none.
pub(super) struct Courier<'c> {
    config: &'c Config,
    post: Post,
    now: Timestamp,
    bound: Duration,
    deadline: Instant,
    /// Whether a next batch has no chance either.
    gave_up: bool,
    pub(super) delivery: Delivery,
}

/// How one parcel ended.
enum Ended {
    Accepted {
        rejected_points: u64,
        words: Option<String>,
    },
    Refused {
        failure: Failure,
        scope: Scope,
    },
}

impl<'c> Courier<'c> {
    pub(super) fn new(config: &'c Config, now: Timestamp, bound: Duration) -> Result<Self, String> {
        Ok(Self {
            config,
            post: Post::new(config.clone())?,
            now,
            bound,
            deadline: after(bound),
            gave_up: false,
            delivery: Delivery::default(),
        })
    }

    /// Delivers a parcel that nobody else has.
    pub(super) async fn deliver_or_lose(&mut self, parcel: &Parcel) {
        if !self.deliver(parcel).await {
            self.delivery.points_lost += parcel.items;
        }
    }

    /// Delivers a parcel; `false`: it may be taken another time.
    pub(super) async fn deliver(&mut self, parcel: &Parcel) -> bool {
        if self.delivery.declined.is_some() {
            return true;
        }
        if self.gave_up {
            return false;
        }
        match self.send(parcel).await {
            Ended::Accepted {
                rejected_points,
                words,
            } => {
                self.note_accepted(parcel.items, rejected_points, words);
                true
            }
            Ended::Refused {
                failure,
                scope: Scope::Part,
            } => self.deliver_parts(parcel, failure).await,
            Ended::Refused {
                failure,
                scope: Scope::Signal,
            } => {
                self.delivery.declined = Some(failure);
                true
            }
            Ended::Refused { failure, scope } => {
                self.gave_up = scope != Scope::Batch;
                self.delivery.failure.get_or_insert(failure);
                if !self.gave_up {
                    self.delivery.points_lost += parcel.items;
                }
                !self.gave_up
            }
        }
    }

    /// Delivers what the receiver takes of a parcel that it refuses.
    async fn deliver_parts(&mut self, parcel: &Parcel, refused: Failure) -> bool {
        let Some(mut parts) = Parts::of(parcel, Cuts::default()) else {
            self.delivery.points_lost += parcel.items;
            self.delivery.failure.get_or_insert(refused);
            return true;
        };
        while let Some(part) = parts.next() {
            match self.send(&part).await {
                Ended::Accepted {
                    rejected_points,
                    words,
                } => parts.taken(rejected_points, words),
                Ended::Refused { failure, scope } => match scope {
                    Scope::Part | Scope::Batch => parts.refused(failure.message, scope == Scope::Part),
                    Scope::Endpoint | Scope::Signal | Scope::Peer => {
                        self.gave_up = true;
                        self.delivery.failure.get_or_insert(failure);
                        return false;
                    }
                },
            }
        }
        let Outcome { taken, rejected } = parts.outcome();
        self.delivery.batches_sent += usize::from(taken > 0);
        self.delivery.points_sent += taken;
        self.delivery.points_lost += rejected.points;
        if rejected.points > 0 {
            self.delivery.failure.get_or_insert(refused);
        }
        true
    }

    fn note_accepted(&mut self, points: u64, rejected_points: u64, words: Option<String>) {
        let rejected_points = rejected_points.min(points);
        self.delivery.batches_sent += 1;
        self.delivery.points_sent += points - rejected_points;
        self.delivery.points_lost += rejected_points;
        if rejected_points > 0 || words.is_some() {
            let rejected = self.delivery.rejected.get_or_insert_default();
            rejected.points += rejected_points;
            rejected.words = rejected.words.take().or(words);
        }
    }

    /// Sends one parcel until it is accepted or refused, or there is no time left.
    async fn send(&mut self, parcel: &Parcel) -> Ended {
        let mut attempts = 0;
        loop {
            attempts += 1;
            let (why, asked) = match self.attempt(parcel).await {
                Answer::Accepted {
                    rejected_points,
                    words,
                } => {
                    return Ended::Accepted {
                        rejected_points,
                        words,
                    };
                }
                Answer::Refused { why, scope, hint } => return self.refused(&why, scope, hint),
                Answer::Again { why, after } => (why, after),
            };
            let wait = self.config.backoff.wait(attempts, asked, fastrand::f64());
            let next = after(wait);
            if next >= self.deadline {
                return self.out_of_time(&why, attempts, asked);
            }
            sleep_until(next).await;
            self.delivery.retries += 1;
        }
    }

    async fn attempt(&self, parcel: &Parcel) -> Answer {
        let until = self
            .config
            .timeout
            .map_or(self.deadline, |limit| after(limit).min(self.deadline));
        let within = self.config.timeout.unwrap_or(self.bound).min(self.bound);
        self.post.attempt(parcel, until, within, self.now).await
    }

    fn refused(&self, why: &str, scope: Scope, hint: Option<&'static str>) -> Ended {
        Ended::Refused {
            failure: Failure::of(self.config, why, hint),
            scope,
        }
    }

    fn out_of_time(&self, why: &str, attempts: u32, asked: Option<Duration>) -> Ended {
        let tries = if attempts == 1 {
            "1 attempt".to_owned()
        } else {
            format!("{attempts} attempts")
        };
        let asked = asked.filter(|asked| *asked >= self.bound);
        let asked = asked.map(|asked| format!(", and it asks to wait {}", duration::show(asked)));
        let bound = duration::show(self.bound);
        let why = format!(
            "{why}; gave up after {tries} within {bound}{}",
            asked.unwrap_or_default()
        );
        self.refused(&why, Scope::Endpoint, None)
    }
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use freshwatch_probe::verdict::Verdict;

    use super::{Delivery, Rejected, in_order};
    use crate::sample::{answered, time};

    #[test]
    fn points_go_in_order_of_time_and_none_is_of_the_future() {
        let mut runs = [
            answered(Verdict::Ok),
            answered(Verdict::Ok),
            answered(Verdict::Ok),
        ];
        runs[0].took = Duration::from_hours(1);
        runs[1].took = Duration::from_secs(20);
        let now = time("2026-11-21T12:00:30Z");
        let times: Vec<_> = in_order(&runs, now).into_iter().map(|(end, _)| end).collect();
        let first = time("2026-11-21T12:00:01.5Z");
        assert_eq!(times, [first, time("2026-11-21T12:00:20Z"), now]);
    }

    #[test]
    fn a_warning_is_delivered_and_a_rejected_point_is_not() {
        let with = |points| Delivery {
            rejected: Some(Rejected { points, words: None }),
            ..Delivery::default()
        };
        assert!(Delivery::default().delivered() && with(0).delivered() && !with(1).delivered());
    }
}
