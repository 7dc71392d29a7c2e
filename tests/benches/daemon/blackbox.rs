//! blackbox_exporter, and the loop that calls its `/probe` at the times when the probes are due.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use std::{fs, thread};

use bytes::Bytes;
use freshwatch_agent::clock;
use freshwatch_agent::schedule::Schedule;
use http::Request;
use http_body_util::{BodyExt as _, Empty};
use hyper::client::conn::http1::SendRequest;
use jiff::Timestamp;
use tokio::sync::oneshot;

use crate::bare_loop::{connect, next_slot};
use crate::contender::{AtWork, Setting};
use crate::failures::Failures;
use crate::process::Process;
use crate::wait::{free_address, until_ready};

/// Status and a value of the body, as near as it comes to what the other contenders look at.
const CONFIGURATION: &str = "\
modules:
  json:
    prober: http
    timeout: 5s
    http:
      preferred_ip_protocol: ip4
      valid_status_codes: [200]
      fail_if_body_json_not_matches_cel: \"body.status == 'OK'\"
";

/// Where `tests/peers/install.sh` puts it.
pub fn binary() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/peers/prometheus-blackbox-exporter")
}

/// The exporter, and who calls it.
#[derive(Debug)]
pub struct Blackbox {
    process: Process,
    failed: Arc<Failures>,
    /// Dropped, it ends the loop that calls.
    _calling: oneshot::Sender<()>,
}

/// Starts it; it is ready when it answers and all calls wait.
pub fn start(setting: Setting<'_>) -> io::Result<Blackbox> {
    let configuration = setting.folder.join("blackbox.yml");
    fs::write(&configuration, CONFIGURATION)?;
    let address = free_address()?;
    let arguments = [
        format!("--config.file={}", configuration.display()),
        format!("--web.listen-address={address}"),
    ];
    let mut process = Process::start(&binary(), &arguments, &[], setting.folder)?;
    until_ready(&mut process, address, "/-/healthy", Duration::from_secs(30))?;
    let failed = Arc::<Failures>::default();
    let caller = Caller {
        address,
        idle: Mutex::default(),
        failed: Arc::clone(&failed),
    };
    let calls: Vec<(Schedule, String)> = (0..)
        .zip(setting.scenario.schedules()?)
        .map(|(index, schedule)| {
            let url = format!("http://{}{}", setting.target, setting.scenario.path(index));
            (schedule, format!("/probe?module=json&target={url}"))
        })
        .collect();
    let (calling, ended) = oneshot::channel();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    thread::spawn(move || runtime.block_on(call_all(Arc::new(caller), calls, ended)));
    Ok(Blackbox {
        process,
        failed,
        _calling: calling,
    })
}

impl AtWork for Blackbox {
    fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    fn finish(self: Box<Self>) -> io::Result<Vec<String>> {
        let failed = self.failed.to_string();
        Ok(if failed == Failures::default().to_string() {
            Vec::new()
        } else {
            vec![failed]
        })
    }
}

/// Connections to the exporter are kept and shared, as Prometheus does it.
struct Caller {
    address: SocketAddr,
    idle: Mutex<Vec<SendRequest<Empty<Bytes>>>>,
    failed: Arc<Failures>,
}

/// Dropping the runtime afterwards ends the tasks.
async fn call_all(caller: Arc<Caller>, calls: Vec<(Schedule, String)>, ended: oneshot::Receiver<()>) {
    let start = clock::now();
    for (schedule, path) in calls {
        tokio::spawn(Arc::clone(&caller).call_always(schedule, start, path));
    }
    let _ = ended.await;
}

impl Caller {
    async fn call_always(self: Arc<Self>, schedule: Schedule, mut last: Timestamp, path: String) {
        loop {
            next_slot(&schedule, &mut last).await;
            match self.call(&path).await {
                Ok(true) => {}
                Ok(false) => self.failed.fail("no success"),
                Err(error) => self.failed.fail(error),
            }
        }
    }

    /// Whether the probe was a success.
    async fn call(&self, path: &str) -> io::Result<bool> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut connection = match idle {
            Some(connection) => connection,
            None => connect(self.address).await?,
        };
        let request = Request::get(path).header("host", self.address.to_string());
        let request = request.body(Empty::new()).map_err(io::Error::other)?;
        let answer = connection.send_request(request).await.map_err(io::Error::other)?;
        let body = answer
            .into_body()
            .collect()
            .await
            .map_err(io::Error::other)?
            .to_bytes();
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(connection);
        let text = String::from_utf8_lossy(&body);
        Ok(text.lines().any(|line| line == "probe_success 1"))
    }
}
