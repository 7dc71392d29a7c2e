//! The exporter against a receiver that is faked, on paused time.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use freshwatch_probe::definition::ProbeName;
use freshwatch_probe::prober::{self, Prober};
use freshwatch_probe::standing::Standing;
use freshwatch_probe::verdict::Verdict;
use jiff::{SignedDuration, Timestamp};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::{NumberDataPoint, metric::Data};
use prost::Message;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use super::super::answer::{Answer, Scope};
use super::super::config::Compression;
use super::super::line::Line;
use super::super::push::Failure;
use super::super::queue::Queue;
use super::super::retry::Backoff;
use super::super::sender::Receive;
use super::super::status::ExportStatus;
use super::super::told::{DropCause, Told};
use super::Export;
use crate::parcel::Parcel;
use crate::sample::{self, NOON, named, resource};
use crate::state::State;

const INTERVAL: Duration = Duration::from_secs(15);

thread_local! {
    static BEGAN: Cell<Option<Instant>> = const { Cell::new(None) };
    /// By how many seconds the wall clock was set.
    static SET: Cell<i64> = const { Cell::new(0) };
}

fn now() -> Timestamp {
    sample::time(NOON) + SignedDuration::try_from(elapsed()).unwrap() + SignedDuration::from_secs(SET.get())
}

/// Since the exporter started.
fn elapsed() -> Duration {
    BEGAN.get().map(|began| began.elapsed()).unwrap_or_default()
}

/// What came to the receiver: when, and the points.
#[derive(Clone)]
struct Received {
    at: Duration,
    points: Vec<(String, NumberDataPoint)>,
}

/// A receiver that answers as `answer` has it at this time to the attempt of this number.
struct Fake<A> {
    answer: A,
    takes: Duration,
    attempts: Mutex<usize>,
    accepted: Arc<Mutex<Vec<Received>>>,
}

impl<A: Fn(usize, Duration) -> Answer + Send + Sync> Receive for Fake<A> {
    async fn attempt(&self, parcel: &Parcel, _: Timestamp) -> Answer {
        sleep(self.takes).await;
        let attempt = {
            let mut attempts = self.attempts.lock().unwrap();
            *attempts += 1;
            *attempts - 1
        };
        let at = elapsed();
        let answer = (self.answer)(attempt, at);
        if matches!(answer, Answer::Accepted { .. }) {
            let points = points(parcel);
            self.accepted.lock().unwrap().push(Received { at, points });
        }
        answer
    }

    fn failure(&self, why: &str, hint: Option<&'static str>) -> Failure {
        Failure {
            message: why.to_owned(),
            hint,
        }
    }
}

/// The points of gauges and sums by the name of their metric and their attributes.
fn points(parcel: &Parcel) -> Vec<(String, NumberDataPoint)> {
    let request = ExportMetricsServiceRequest::decode(parcel.body.clone()).unwrap();
    let scopes = request
        .resource_metrics
        .into_iter()
        .flat_map(|of| of.scope_metrics);
    let mut points = Vec::new();
    for metric in scopes.flat_map(|of| of.metrics) {
        let of_metric = match metric.data.unwrap() {
            Data::Gauge(gauge) => gauge.data_points,
            Data::Sum(sum) => sum.data_points,
            Data::Histogram(_) | Data::ExponentialHistogram(_) | Data::Summary(_) => continue,
        };
        points.extend(
            of_metric
                .into_iter()
                .map(|point| (series(&metric.name, &point), point)),
        );
    }
    points
}

fn series(metric: &str, point: &NumberDataPoint) -> String {
    let values = point
        .attributes
        .iter()
        .map(|pair| pair.value.clone().unwrap().value.unwrap());
    let values = values.map(|value| match value {
        opentelemetry_proto::tonic::common::v1::any_value::Value::StringValue(text) => text,
        other => panic!("{other:?}"),
    });
    format!("{metric} {}", values.collect::<Vec<_>>().join(" "))
}

/// A state that tests change.
struct Changing(Mutex<BTreeMap<ProbeName, Arc<Standing>>>);

impl Changing {
    fn set(&self, standings: impl IntoIterator<Item = Standing>) {
        let of = |standing: Standing| (standing.definition.name.clone(), Arc::new(standing));
        *self.0.lock().unwrap() = standings.into_iter().map(of).collect();
    }
}

impl State for Changing {
    fn after(&self, last: Option<&ProbeName>, most: usize) -> Vec<Arc<Standing>> {
        let standings = self.0.lock().unwrap();
        let is_after = |(name, _): &(&ProbeName, &Arc<Standing>)| last.is_none_or(|last| *name > last);
        standings
            .iter()
            .filter(is_after)
            .map(|(_, of)| Arc::clone(of))
            .take(most)
            .collect()
    }

    fn prober(&self) -> Prober {
        Prober::new(sample::time(NOON))
    }
}

/// How an exporter is tested.
struct Setup<A> {
    answer: A,
    takes: Duration,
    most_bytes: usize,
    probes: usize,
}

impl<A: Fn(usize, Duration) -> Answer + Send + Sync + 'static> Setup<A> {
    /// One probe, and a receiver that answers so, in no time.
    fn new(answer: A) -> Self {
        Self {
            answer,
            takes: Duration::ZERO,
            most_bytes: 64 << 20,
            probes: 1,
        }
    }

    fn start(self) -> Running {
        BEGAN.set(Some(moment()));
        SET.set(0);
        let state = Arc::new(Changing(Mutex::default()));
        state.set((0..self.probes).map(|nth| named(&format!("p-{nth:05}"), Verdict::Ok)));
        let accepted = Arc::default();
        let told = Arc::new(Mutex::new(Vec::new()));
        let (stop, stopped) = oneshot::channel::<()>();
        let export = Export {
            line: Line {
                receiver: Fake {
                    answer: self.answer,
                    takes: self.takes,
                    attempts: Mutex::new(0),
                    accepted: Arc::clone(&accepted),
                },
                backoff: Backoff::default(),
                status: ExportStatus::new(Queue::new(self.most_bytes, SignedDuration::from_hours(24))),
                disk: None,
            },
            resource: resource(),
            interval: INTERVAL,
            compression: Compression::None,
        };
        let status = export.line.status.clone();
        let lines = Arc::clone(&told);
        let task = tokio::spawn(export.run(
            Arc::clone(&state) as Arc<dyn State>,
            now,
            async { drop(stopped.await) },
            Duration::from_secs(20),
            move |line| lines.lock().unwrap().push(line),
        ));
        Running {
            state,
            accepted,
            told,
            status,
            stop,
            task,
        }
    }
}

/// An exporter at work.
struct Running {
    state: Arc<Changing>,
    accepted: Arc<Mutex<Vec<Received>>>,
    told: Arc<Mutex<Vec<Told>>>,
    status: ExportStatus,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

/// What an exporter did.
struct Ran {
    accepted: Vec<Received>,
    told: Vec<Told>,
    status: prober::Export,
    /// How long the flush took.
    flush: Duration,
}

impl Running {
    async fn stop(self) -> Ran {
        let began = elapsed();
        self.stop.send(()).unwrap();
        self.task.await.unwrap();
        let accepted = self.accepted.lock().unwrap().clone();
        let told = self.told.lock().unwrap().clone();
        Ran {
            accepted,
            told,
            status: self.status.read(),
            flush: elapsed().saturating_sub(began),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "paused time is the runtime's own")]
fn moment() -> Instant {
    Instant::now()
}

fn accepted() -> Answer {
    Answer::Accepted {
        rejected_points: 0,
        words: None,
    }
}

fn away() -> Answer {
    Answer::Again {
        why: "is away".to_owned(),
        after: None,
    }
}

fn refused(scope: Scope) -> Answer {
    Answer::Refused {
        why: "says no".to_owned(),
        scope,
        hint: None,
    }
}

/// The times of the points of one series, in the order in which they came, in seconds since the start.
fn times(ran: &Ran, series: &str) -> Vec<f64> {
    let points = ran.accepted.iter().flat_map(|received| &received.points);
    let of = points.filter(|(name, _)| name == series);
    of.map(|(_, point)| seconds(point.time_unix_nano)).collect()
}

fn seconds(unix_nanos: u64) -> f64 {
    let time = Timestamp::from_nanosecond(unix_nanos.into()).unwrap();
    time.duration_since(sample::time(NOON)).as_secs_f64()
}

/// Which series ended, and how often.
fn ends(ran: &Ran) -> BTreeMap<&str, usize> {
    let mut ends = BTreeMap::new();
    for (series, point) in ran.accepted.iter().flat_map(|received| &received.points) {
        if point.flags == 1 {
            *ends.entry(series.as_str()).or_default() += 1;
        }
    }
    ends
}

/// All points came in the order of their times.
fn assert_in_order(ran: &Ran) {
    let mut latest = 0;
    for received in &ran.accepted {
        let times = || received.points.iter().map(|(_, point)| point.time_unix_nano);
        assert!(times().min() >= Some(latest));
        latest = times().max().unwrap();
    }
}

const ATTEMPTS: &str = "probe_attempts p-00000 prices";

#[tokio::test(start_paused = true)]
async fn the_state_is_exported_at_once_at_every_interval_and_at_the_end() {
    let running = Setup::new(|_, _| accepted()).start();
    sleep(Duration::from_secs(50)).await;
    let ran = running.stop().await;
    assert_eq!(times(&ran, ATTEMPTS), [0.0, 15.0, 30.0, 45.0, 50.0]);
    assert!(ran.accepted.iter().all(|received| {
        received
            .points
            .iter()
            .all(|(_, point)| seconds(point.time_unix_nano).to_bits() == received.at.as_secs_f64().to_bits())
    }));
    assert_eq!(
        (ran.status.accepted, ran.status.queued, ran.told.len()),
        (5, 0, 0)
    );
    assert_eq!(ran.status.success, Some(now()));
    assert!(ran.flush < Duration::from_millis(100), "{:?}", ran.flush);
}

#[tokio::test(start_paused = true)]
async fn a_receiver_that_is_away_for_an_hour_gets_every_interval_once_and_in_order() {
    let hour = Duration::from_hours(1);
    let running = Setup::new(move |_, at| if at < hour { away() } else { accepted() }).start();
    sleep(hour + Duration::from_secs(20)).await;
    let ran = running.stop().await;
    let expected: Vec<_> = (0..=241)
        .map(|nth| f64::from(nth) * 15.0)
        .chain([3620.0])
        .collect();
    assert_eq!(times(&ran, ATTEMPTS), expected);
    assert_in_order(&ran);
    assert_eq!((ran.status.accepted, ran.status.dropped_full), (243, 0));
    assert!(ran.status.retried >= 360, "{}", ran.status.retried);
    assert!(
        matches!(
            ran.told[..],
            [Told::Failing(_), Told::Recovered { queued: 240.., .. }]
        ),
        "{:?}",
        ran.told
    );
}

#[tokio::test(start_paused = true)]
async fn the_oldest_are_dropped_where_the_queue_is_full() {
    let mut setup = Setup::new(|_, at| {
        if at < Duration::from_mins(10) {
            away()
        } else {
            accepted()
        }
    });
    setup.most_bytes = 100_000;
    let running = setup.start();
    sleep(Duration::from_secs(599)).await;
    let (queued, dropped) = (running.status.read().queued, running.status.read().dropped_full);
    assert_eq!(queued + dropped, 40);
    assert!(queued > 5 && dropped > 5, "{queued} {dropped}");
    sleep(Duration::from_secs(20)).await;
    let ran = running.stop().await;
    let expected: Vec<_> = (0..42).map(|nth| f64::from(nth) * 15.0).chain([619.0]).collect();
    let came = times(&ran, ATTEMPTS);
    assert_eq!(
        came,
        expected[usize::try_from(ran.status.dropped_full).unwrap()..]
    );
    let told: u64 = ran
        .told
        .iter()
        .map(|told| match told {
            Told::Dropped {
                batches,
                cause: DropCause::Full,
            } => *batches,
            _ => 0,
        })
        .sum();
    assert_eq!(told, ran.status.dropped_full);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_drops_one_batch_and_does_not_block_the_rest() {
    for scope in [Scope::Batch, Scope::Endpoint] {
        let running =
            Setup::new(move |attempt, _| if attempt == 1 { refused(scope) } else { accepted() }).start();
        sleep(Duration::from_secs(40)).await;
        let ran = running.stop().await;
        assert_eq!(times(&ran, ATTEMPTS), [0.0, 30.0, 40.0]);
        assert_eq!(
            (ran.status.refused, ran.status.dropped_refused, ran.status.retried),
            (1, 1, 0)
        );
        assert!(matches!(ran.told[0], Told::Refused(_)), "{:?}", ran.told);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_no_receiver_is_waited_for() {
    let running = Setup::new(|attempt, _| {
        if attempt < 3 {
            refused(Scope::Peer)
        } else {
            accepted()
        }
    })
    .start();
    sleep(Duration::from_secs(10)).await;
    let ran = running.stop().await;
    assert_eq!(times(&ran, ATTEMPTS), [0.0, 10.0]);
    assert_eq!((ran.status.refused, ran.status.retried), (0, 3));
}

#[tokio::test(start_paused = true)]
async fn a_receiver_that_asks_for_a_pause_gets_it() {
    let asked = Duration::from_secs(100);
    let busy = move || Answer::Again {
        why: "busy".to_owned(),
        after: Some(asked),
    };
    let running = Setup::new(move |attempt, _| if attempt == 0 { busy() } else { accepted() }).start();
    sleep(Duration::from_secs(101)).await;
    let ran = running.stop().await;
    assert_eq!(ran.accepted[0].at.as_secs(), 100);
    assert_eq!(ran.accepted.len(), 8);
}

#[tokio::test(start_paused = true)]
async fn rejected_points_are_counted_and_told_once() {
    let partly = || Answer::Accepted {
        rejected_points: 3,
        words: Some("too old".to_owned()),
    };
    let running = Setup::new(move |_, _| partly()).start();
    sleep(Duration::from_secs(40)).await;
    let ran = running.stop().await;
    assert_eq!((ran.status.partly, ran.status.accepted), (4, 0));
    assert!(
        matches!(&ran.told[..], [Told::Rejected(rejected)] if rejected.points == 3),
        "{:?}",
        ran.told
    );
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_flushed_in_time_is_counted_and_told() {
    let running = Setup::new(|_, _| away()).start();
    sleep(Duration::from_secs(40)).await;
    let ran = running.stop().await;
    assert_eq!(ran.flush.as_secs(), 20);
    assert_eq!((ran.status.dropped_shutdown, ran.accepted.len()), (4, 0));
    let last = Told::Dropped {
        batches: 4,
        cause: DropCause::Shutdown,
    };
    assert_eq!(ran.told.last(), Some(&last));
}

#[tokio::test(start_paused = true)]
async fn a_receiver_that_comes_back_during_the_flush_gets_everything() {
    let back = Duration::from_secs(205);
    let running = Setup::new(move |_, at| if at < back { away() } else { accepted() }).start();
    sleep(Duration::from_secs(200)).await;
    let ran = running.stop().await;
    assert_eq!((ran.accepted.len(), ran.status.dropped_shutdown), (15, 0));
    assert_in_order(&ran);
    assert!(ran.flush < Duration::from_secs(7), "{:?}", ran.flush);
}

#[tokio::test(start_paused = true)]
async fn a_series_that_is_gone_ends_once_and_one_that_stays_does_not() {
    let running = Setup::new(|_, _| accepted()).start();
    running
        .state
        .set([named("a", Verdict::Ok), named("b", Verdict::Stale)]);
    sleep(Duration::from_secs(20)).await;
    running.state.set([named("b", Verdict::Unknown)]);
    sleep(Duration::from_mins(1)).await;
    let ran = running.stop().await;
    let ends = ends(&ran);
    assert!(ends.values().all(|times| *times == 1), "{ends:?}");
    assert!(ends.contains_key("probe_success a prices") && ends.contains_key("probe_success b prices"));
    assert!(
        ends.contains_key("probe_runs_total a prices ok") && !ends.contains_key("probe_attempts b prices")
    );
    assert_eq!(times(&ran, "probe_success a prices"), [0.0, 15.0, 30.0]);
}

#[tokio::test(start_paused = true)]
async fn times_never_go_backwards_when_the_clock_does() {
    let running = Setup::new(|_, _| accepted()).start();
    sleep(Duration::from_secs(31)).await;
    SET.set(-40);
    sleep(Duration::from_mins(1)).await;
    let ran = running.stop().await;
    let expected = [0.0, 15.0, 30.0, 30.001, 30.002, 35.0, 50.0, 51.0];
    assert_eq!(times(&ran, ATTEMPTS), expected);
    assert_in_order(&ran);
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_was_far_ahead_for_a_while_does_not_spoil_what_comes_after() {
    let running = Setup::new(|_, _| accepted()).start();
    sleep(Duration::from_secs(1)).await;
    SET.set(86_400);
    sleep(Duration::from_secs(15)).await;
    SET.set(0);
    sleep(Duration::from_secs(15)).await;
    let ran = running.stop().await;
    assert_eq!(times(&ran, ATTEMPTS), [0.0, 86_415.0, 30.0, 31.0]);
}

#[tokio::test(start_paused = true)]
async fn a_large_state_is_cut_in_order_and_never_runs_far_ahead_of_the_receiver() {
    let mut setup = Setup::new(|_, _| accepted());
    setup.probes = 1000;
    setup.takes = Duration::from_millis(100);
    let running = setup.start();
    let mut most = 0;
    while running.status.read().accepted < 9 {
        most = most.max(running.status.read().queued);
        sleep(Duration::from_millis(1)).await;
    }
    assert!((2..=3).contains(&most), "{most}");
    let ran = running.stop().await;
    assert_in_order(&ran);
    assert_eq!(
        times(&ran, "probe_attempts p-00999 prices").len(),
        times(&ran, ATTEMPTS).len()
    );
}

#[tokio::test(start_paused = true)]
async fn a_slow_receiver_does_not_slow_the_intervals() {
    let mut setup = Setup::new(|_, _| accepted());
    setup.probes = 200;
    setup.takes = Duration::from_secs(9);
    let running = setup.start();
    sleep(Duration::from_secs(1000)).await;
    let ran = running.stop().await;
    let came = times(&ran, ATTEMPTS);
    let expected = (0..).map(|nth| f64::from(nth) * 15.0);
    assert!(
        came.len() > 10
            && came
                .iter()
                .zip(expected)
                .all(|(came, due)| (came - due).abs() < 1e-9),
        "{came:?}"
    );
}
