use std::sync::{Arc, Mutex};
use std::time::Duration;

use freshwatch_probe::trace::{SpanId, Trace, TraceId};
use freshwatch_probe::verdict::Verdict;
use jiff::{SignedDuration, Timestamp};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use super::{Filling, MOST_UNPACKED, Outlet, Pending};
use crate::otlp::answer::{Answer, Scope};
use crate::otlp::bundle::Bundle;
use crate::otlp::config::Compression;
use crate::otlp::line::Line;
use crate::otlp::post::after;
use crate::otlp::push::Failure;
use crate::otlp::queue::{MOST_BYTES, Queue};
use crate::otlp::retry::Backoff;
use crate::otlp::sender::Receive;
use crate::otlp::shy::Shy;
use crate::otlp::status::ExportStatus;
use crate::otlp::told::Told;
use crate::parcel::{Coding, Parcel, Signal};
use crate::sample::{NOON, answered, resource, time};

/// When how many items of which coding came, since the start.
type Arrivals = Arc<Mutex<Vec<(Duration, u64, Coding)>>>;

/// A receiver that takes everything, or refuses everything so.
struct Fake {
    began: Instant,
    refuses: Option<Scope>,
    came: Arrivals,
}

impl Receive for Fake {
    async fn attempt(&self, parcel: &Parcel, _: Timestamp) -> Answer {
        let items = match (parcel.signal, parcel.coding) {
            (Signal::Traces, Coding::Plain) => {
                let request = ExportTraceServiceRequest::decode(parcel.body.clone()).unwrap();
                request.resource_spans[0].scope_spans[0].spans.len()
            }
            (Signal::Logs, Coding::Plain) => {
                let request = ExportLogsServiceRequest::decode(parcel.body.clone()).unwrap();
                request.resource_logs[0].scope_logs[0].log_records.len()
            }
            (_, _) => usize::try_from(parcel.items).unwrap(),
        };
        assert_eq!(parcel.items, items as u64);
        let arrival = (self.began.elapsed(), parcel.items, parcel.coding);
        self.came.lock().unwrap().push(arrival);
        match self.refuses {
            None => Answer::Accepted {
                rejected_points: 0,
                words: None,
            },
            Some(scope) => Answer::Refused {
                why: "answered 404".to_owned(),
                scope,
                hint: Some("a hint"),
            },
        }
    }

    fn failure(&self, why: &str, hint: Option<&'static str>) -> Failure {
        Failure {
            message: why.to_owned(),
            hint,
        }
    }
}

/// A stream that runs.
struct Running {
    outlet: Outlet,
    status: ExportStatus,
    came: Arrivals,
    told: Arc<Mutex<Vec<Told>>>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

fn start(signal: Signal, compression: Compression, refuses: Option<Scope>) -> Running {
    let status = ExportStatus::new(Queue::new(MOST_BYTES, SignedDuration::from_hours(24)));
    let filling = Filling {
        bundle: Bundle::new(&resource()),
        full: std::collections::VecDeque::new(),
        latest: Timestamp::MIN,
    };
    let pending = Arc::new(Pending {
        signal,
        filling: Mutex::new(filling),
        status: status.clone(),
        came: tokio::sync::Notify::new(),
        full: tokio::sync::Notify::new(),
    });
    let came = Arrivals::default();
    let line = Line {
        receiver: Shy::new(Fake {
            began: after(Duration::ZERO),
            refuses,
            came: Arc::clone(&came),
        }),
        backoff: Backoff::default(),
        status: status.clone(),
        disk: None,
    };
    let told = Arc::new(Mutex::new(Vec::new()));
    let (tell, (stop, stopped)) = (Arc::clone(&told), oneshot::channel::<()>());
    let outlet = Outlet(Arc::clone(&pending));
    let task = tokio::spawn(async move {
        let fill = |ending| async move { pending.drain(compression, ending).await };
        let stop = async { drop(stopped.await) };
        let on_told = move |of| tell.lock().unwrap().push(of);
        let bound = Duration::from_secs(5);
        line.run(fill, || time(NOON), stop, bound, on_told).await;
    });
    Running {
        outlet,
        status,
        came,
        told,
        stop,
        task,
    }
}

impl Running {
    /// Puts in so many runs without requests: a span each.
    fn runs(&self, count: u64) {
        let mut run = answered(Verdict::Stale);
        run.trace = Some(Trace::new(
            TraceId::new(1).unwrap(),
            SpanId::new(1).unwrap(),
            true,
        ));
        for _ in 0..count {
            self.outlet.run(&run);
        }
    }

    /// Ends it; when what came, in whole seconds.
    async fn end(self) -> Vec<(u64, u64, Coding)> {
        self.stop.send(()).unwrap();
        self.task.await.unwrap();
        let came = self.came.lock().unwrap();
        came.iter()
            .map(|(at, items, coding)| (at.as_secs(), *items, *coding))
            .collect()
    }
}

#[tokio::test(start_paused = true)]
async fn spans_wait_for_others_and_records_only_for_a_second() {
    let traces = start(Signal::Traces, Compression::None, None);
    let logs = start(Signal::Logs, Compression::None, None);
    for _ in 0..2 {
        sleep(Duration::from_secs(10)).await;
        traces.runs(2);
        logs.outlet.change(&answered(Verdict::Stale), None, "it is stale");
    }
    sleep(Duration::from_secs(20)).await;
    assert_eq!(logs.end().await, [(11, 1, Coding::Plain), (21, 1, Coding::Plain)]);
    assert_eq!(
        traces.end().await,
        [(15, 2, Coding::Plain), (25, 2, Coding::Plain)]
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_enough_goes_at_once_and_the_rest_at_the_end() {
    let traces = start(Signal::Traces, Compression::None, None);
    traces.runs(512 + 7);
    sleep(Duration::from_secs(1)).await;
    traces.runs(3);
    let came = traces.end().await;
    assert_eq!(
        came,
        [
            (0, 512, Coding::Plain),
            (0, 7, Coding::Plain),
            (1, 3, Coding::Plain)
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_flood_is_not_held_in_memory_until_it_is_compressed() {
    let traces = start(Signal::Traces, Compression::Gzip, None);
    // Nobody else has a turn meanwhile.
    let requests = MOST_UNPACKED as u64 + 4;
    traces.runs(requests * 512 + 1);
    let unpacked = traces.outlet.0.lock().full.len();
    assert_eq!((unpacked, traces.status.read().queued), (MOST_UNPACKED, 4));
    let came = traces.end().await;
    let sum: u64 = came.iter().map(|(_, items, _)| items).sum();
    assert_eq!(sum, requests * 512 + 1);
    let plain = came.iter().filter(|(.., coding)| *coding == Coding::Plain);
    assert_eq!(plain.count(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_receiver_that_takes_none_is_told_of_once_and_left_alone() {
    let traces = start(Signal::Traces, Compression::None, Some(Scope::Signal));
    for _ in 0..20 {
        traces.runs(1);
        sleep(Duration::from_secs(10)).await;
    }
    let export = traces.status.read();
    assert_eq!((export.refused, export.dropped_refused, export.queued), (0, 0, 0));
    let told = Arc::clone(&traces.told);
    assert_eq!(traces.end().await.len(), 1);
    let declined = Failure {
        message: "answered 404".to_owned(),
        hint: Some("a hint"),
    };
    assert_eq!(*told.lock().unwrap(), [Told::Declined(declined)]);
}
