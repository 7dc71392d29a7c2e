//! One delivery: every batch in order of time, retried as the OTLP specification has it, within one bound.

use std::io::Write;
use std::time::Duration;

use bytes::Bytes;
use flate2::Compression as Level;
use flate2::write::GzEncoder;
use freshwatch_probe::duration;
use freshwatch_probe::run::Run;
use http::{HeaderValue, Request, header};
use http_body_util::Full;
use jiff::Timestamp;
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

use super::answer::{Answer, Scope, interpret};
use super::config::{Compression, Config};
use super::encode::{Batch, batches};
use super::transport::{NoAnswer, Transport};
use crate::record::{Measurement, of_prober, of_run};
use crate::resource::{Resource, VERSION};

const GRPC_HINT: &str = "4317 is the port of OTLP over gRPC; over HTTP it is usually 4318";

/// How a delivery went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Delivery {
    /// Requests that were accepted, in part at least.
    pub batches_sent: usize,
    /// Points that were accepted.
    pub points_sent: u64,
    /// Points that were not: refused, or given up.
    pub points_lost: u64,
    /// How often a request was sent again.
    pub retries: u32,
    /// What the receiver said of requests that it accepted.
    pub rejected: Option<Rejected>,
    /// Why something could not be delivered: the first such reason.
    pub failure: Option<Failure>,
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
            let failure = Some(Failure { message, hint: None });
            return Delivery {
                points_lost: count(measurements(runs, now).count()),
                failure,
                ..Delivery::default()
            };
        }
    };
    for batch in batches(resource, measurements(runs, now)) {
        courier.deliver(&batch).await;
    }
    courier.delivery
}

/// In order of time, what the prober says of itself last. A run that ends after `now` is a clock that went back:
/// its points are written at `now`, since a receiver refuses the future.
fn measurements(runs: &[Run], now: Timestamp) -> impl Iterator<Item = Measurement<'_>> {
    let mut ended: Vec<_> = runs.iter().map(|run| (run.ended().min(now), run)).collect();
    ended.sort_by_key(|(end, _)| *end);
    let of_runs = ended.into_iter().flat_map(|(end, run)| of_run(run, end));
    of_runs.chain(of_prober(VERSION, runs.len(), now))
}

struct Courier<'c> {
    config: &'c Config,
    transport: Transport,
    now: Timestamp,
    bound: Duration,
    deadline: Instant,
    /// Whether a next batch has no chance either.
    gave_up: bool,
    delivery: Delivery,
}

/// How one batch ended.
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
    fn new(config: &'c Config, now: Timestamp, bound: Duration) -> Result<Self, String> {
        Ok(Self {
            config,
            transport: Transport::new(config)?,
            now,
            bound,
            deadline: after(bound),
            gave_up: false,
            delivery: Delivery::default(),
        })
    }

    async fn deliver(&mut self, batch: &Batch) {
        let points = count(batch.points);
        if self.gave_up {
            self.delivery.points_lost += points;
            return;
        }
        match self.send(batch).await {
            Ended::Accepted {
                rejected_points,
                words,
            } => self.note_accepted(points, rejected_points, words),
            Ended::Refused { failure, scope } => {
                self.gave_up = scope == Scope::Endpoint;
                self.delivery.points_lost += points;
                self.delivery.failure.get_or_insert(failure);
            }
        }
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

    /// Sends one batch until it is accepted or refused, or there is no time left.
    async fn send(&mut self, batch: &Batch) -> Ended {
        let body = Encoded::new(batch, self.config.compression);
        let mut attempts = 0;
        loop {
            attempts += 1;
            let (why, asked) = match self.attempt(&body).await {
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

    async fn attempt(&self, body: &Encoded) -> Answer {
        let again = |why| Answer::Again { why, after: None };
        let limit = self
            .config
            .timeout
            .map_or(self.deadline, |limit| after(limit).min(self.deadline));
        let Ok(exchanged) = timeout_at(limit, self.transport.exchange(self.request(body))).await else {
            let limit = self.config.timeout.unwrap_or(self.bound).min(self.bound);
            return again(format!("did not answer within {}", duration::show(limit)));
        };
        match exchanged {
            Ok(response) => interpret(&response, self.now, &self.config.secrets),
            Err(NoAnswer::Connection(why)) => again(why),
            Err(NoAnswer::Peer { why, hint }) => Answer::Refused {
                why,
                scope: Scope::Endpoint,
                hint,
            },
        }
    }

    fn request(&self, body: &Encoded) -> Request<Full<Bytes>> {
        let mut request = Request::new(Full::new(body.bytes.clone()));
        *request.method_mut() = http::Method::POST;
        *request.uri_mut() = self.config.endpoint.uri.clone();
        let headers = request.headers_mut();
        let agent = HeaderValue::from_static(concat!("freshwatch/", env!("CARGO_PKG_VERSION")));
        headers.insert(header::USER_AGENT, agent);
        headers.extend(self.config.headers.clone());
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/x-protobuf"),
        );
        if let Some(coding) = body.coding {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
        }
        request
    }

    fn refused(&self, why: &str, scope: Scope, hint: Option<&'static str>) -> Ended {
        let message = format!("`{}` {why}", self.config.endpoint);
        let hint = hint.or(self.config.endpoint.is_grpc_port.then_some(GRPC_HINT));
        Ended::Refused {
            failure: Failure { message, hint },
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

/// The moment so far from now. Asking a timer for it leaves the clock to the runtime.
fn after(wait: Duration) -> Instant {
    sleep(wait).deadline()
}

/// A batch as it goes over the wire, the same at every attempt.
struct Encoded {
    bytes: Bytes,
    /// The content coding (RFC 9110, section 8.4.1).
    coding: Option<&'static str>,
}

impl Encoded {
    fn new(batch: &Batch, compression: Compression) -> Self {
        let compressed = match compression {
            Compression::None => None,
            Compression::Gzip => gzip(&batch.body).ok(),
        };
        let coding = compressed.is_some().then_some("gzip");
        Self {
            bytes: compressed.unwrap_or_else(|| batch.body.clone()),
            coding,
        }
    }
}

fn gzip(bytes: &[u8]) -> std::io::Result<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), Level::fast());
    encoder.write_all(bytes)?;
    encoder.finish().map(Bytes::from)
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use freshwatch_probe::verdict::Verdict;

    use super::{Delivery, Rejected, measurements};
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
        let times: Vec<_> = measurements(&runs, now)
            .map(|measurement| measurement.time)
            .collect();
        assert!(times.is_sorted());
        assert_eq!(
            (times[0], times[times.len() - 1]),
            (time("2026-11-21T12:00:01.5Z"), now)
        );
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
