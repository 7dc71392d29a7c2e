//! The OTLP receiver of the soak: it holds what comes against what must.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use freshwatch_tests::moody::MoodyReceiver;
use jiff::Timestamp;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use prost::Message as _;

use crate::delivered::Delivered;

pub use freshwatch_tests::moody::Mood;

/// The receiver. It ends when it is dropped.
#[derive(Debug)]
pub struct Receiver {
    /// Where it listens, when it does.
    pub address: SocketAddr,
    moody: MoodyReceiver,
    delivered: Arc<Mutex<Delivered>>,
}

impl Receiver {
    /// Starts one that is well, on the runtime that this is called in.
    pub async fn start() -> io::Result<Self> {
        let delivered = Arc::<Mutex<Delivered>>::default();
        let taken = Arc::clone(&delivered);
        let moody = MoodyReceiver::start(move |body, now| take(body, now, &taken)).await?;
        Ok(Self {
            address: moody.address,
            moody,
            delivered,
        })
    }

    /// How it is now.
    pub fn mood(&self) -> Mood {
        self.moody.mood()
    }

    /// Changes how it is.
    pub fn become_so(&self, mood: Mood) {
        self.moody.become_so(mood);
    }

    /// What was delivered.
    pub fn delivered(&self) -> MutexGuard<'_, Delivered> {
        lock(&self.delivered)
    }
}

fn lock(delivered: &Mutex<Delivered>) -> MutexGuard<'_, Delivered> {
    delivered.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes a batch in, of which the head came at `now`.
fn take(body: &[u8], now: Timestamp, delivered: &Mutex<Delivered>) {
    match ExportMetricsServiceRequest::decode(body) {
        Ok(request) => lock(delivered).take(&request, now),
        Err(error) => lock(delivered).wrong(format!("a batch is no OTLP request: {error}")),
    }
}
