//! A real vmagent, which takes OTLP and passes it on by Prometheus's remote write.

use crate::prometheus::Prometheus;
use crate::unpacked::{Missing, Served, shipped};

/// A vmagent on a free port of the loopback. It ends when it is dropped.
#[derive(Debug)]
pub struct VmAgent(Served);

impl VmAgent {
    /// Starts one as the guide says, which writes into a Prometheus without delay.
    ///
    /// # Errors
    /// When it is not unpacked.
    ///
    /// # Panics
    /// When it does not start.
    pub fn writing_to(prometheus: &Prometheus) -> Result<Self, Missing> {
        let folder = tempfile::tempdir().expect("a folder for what waits");
        let served = Served::start("vmagent", folder, "/health", |address, folder| {
            vec![
                format!("-httpListenAddr={address}"),
                "-opentelemetry.usePrometheusNaming".to_owned(),
                format!("-remoteWrite.url={}", prometheus.remote_write_url()),
                "-remoteWrite.forcePromProto".to_owned(),
                // With more of them, later blocks overtake earlier ones, and Prometheus refuses those.
                "-remoteWrite.queues=1".to_owned(),
                "-remoteWrite.flushInterval=50ms".to_owned(),
                format!(
                    "-remoteWrite.relabelConfig={}",
                    shipped("deploy/victoriametrics-relabel.yml").display()
                ),
                format!("-remoteWrite.tmpDataPath={}", folder.join("waiting").display()),
                "-loggerLevel=WARN".to_owned(),
            ]
        });
        served.map(Self)
    }

    /// The value for `OTEL_EXPORTER_OTLP_ENDPOINT`.
    pub fn endpoint(&self) -> String {
        self.0.url("/opentelemetry")
    }

    /// What it has warned of.
    pub fn log(&self) -> String {
        self.0.log()
    }
}
