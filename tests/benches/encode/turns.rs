//! For how long an export of everything keeps others on its thread from their turn.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use freshwatch_agent::clock;
use freshwatch_telemetry::otlp::config::Config;
use freshwatch_telemetry::otlp::{Exporter, Storage};
use freshwatch_telemetry::parcel::Signal;
use freshwatch_tests::moody::MoodyReceiver;
use nix::time::{ClockId, clock_gettime};
use tokio::runtime;
use tokio::sync::oneshot;
use tokio::task::yield_now;
use tokio::time::sleep;

use crate::state::{self, Still};

/// How often everything is exported.
const INTERVAL: Duration = Duration::from_secs(1);

/// For how long.
const FOR: Duration = Duration::from_millis(10_500);

/// A turn that others would notice.
const NOTICEABLE: Duration = Duration::from_millis(1);

/// Exports the state for a while and prints how long it held its thread.
pub fn report(state: Still) -> io::Result<()> {
    let receiver = Receiving::start()?;
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    let turns = runtime.block_on(watched(state, &receiver.endpoint))?;
    drop(runtime);
    receiver.end()?;
    println!(
        "one export a second from a thread of one's own: others on it waited {:.2} ms for their turn at most; {} turns \
         were longer than {} ms; {:.1} ms of every second were taken",
        turns.longest.as_secs_f64() * 1000.0,
        turns.noticeable,
        NOTICEABLE.as_millis(),
        turns.taken.as_secs_f64() * 1000.0 / FOR.as_secs_f64(),
    );
    Ok(())
}

/// What whoever shares the thread saw.
#[derive(Default)]
struct Turns {
    longest: Duration,
    noticeable: usize,
    /// By all that were longer than what a turn of nobody takes.
    taken: Duration,
}

/// A receiver on a thread of its own.
struct Receiving {
    endpoint: String,
    end: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

async fn watched(state: Still, endpoint: &str) -> io::Result<Turns> {
    let config = Config::read(Signal::Metrics, &|_| None, Some(endpoint)).map_err(io::Error::other)?;
    let config = config.ok_or_else(|| io::Error::other("no endpoint"))?;
    let storage = Storage {
        folder: None,
        most_bytes: None,
        longest: Duration::from_hours(1),
    };
    let exporter = Exporter::new(config, state::resource(), INTERVAL, &storage).map_err(io::Error::other)?;
    let status = exporter.status();
    let exporting = exporter.run(Arc::new(state), clock::now, sleep(FOR), Duration::ZERO, |_| ());
    let mut turns = Turns::default();
    tokio::select! {
        () = exporting => (),
        error = watch(&mut turns) => return Err(error),
    }
    let accepted = status.read().accepted;
    if accepted == 0 {
        return Err(io::Error::other("nothing was exported"));
    }
    println!("{accepted} requests were exported");
    Ok(turns)
}

/// Asks for its turn without end; gives why it cannot.
async fn watch(turns: &mut Turns) -> io::Error {
    loop {
        let before = match thread_time() {
            Ok(time) => time,
            Err(error) => return error,
        };
        yield_now().await;
        let Ok(after) = thread_time() else { continue };
        let took = after.saturating_sub(before);
        turns.longest = turns.longest.max(took);
        turns.noticeable += usize::from(took > NOTICEABLE);
        if took > Duration::from_micros(20) {
            turns.taken += took;
        }
    }
}

/// CPU time of this thread.
fn thread_time() -> io::Result<Duration> {
    Ok(clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID)?.into())
}

impl Receiving {
    fn start() -> io::Result<Self> {
        let (started, address): (_, Receiver<io::Result<String>>) = channel();
        let (end, ending) = oneshot::channel();
        let serve = move || {
            let runtime = runtime::Builder::new_current_thread().enable_all().build();
            let Ok(runtime) = runtime else { return };
            runtime.block_on(async {
                let receiver = MoodyReceiver::start(|_, _| ()).await;
                let endpoint = receiver.as_ref().map(MoodyReceiver::endpoint);
                // Who does not wait for it has ended.
                let _ = started.send(endpoint.map_err(|error| io::Error::other(error.to_string())));
                let _ = ending.await;
            });
        };
        let thread = Builder::new().name("receiver".to_owned()).spawn(serve)?;
        let endpoint = address.recv().map_err(io::Error::other)??;
        Ok(Self {
            endpoint,
            end,
            thread,
        })
    }

    fn end(self) -> io::Result<()> {
        drop(self.end);
        self.thread
            .join()
            .map_err(|_| io::Error::other("the receiver panicked"))
    }
}
