//! A real VictoriaMetrics.

use serde_json::Value;

use crate::unpacked::{Missing, Served, encoded, shipped};

/// A Unix time in seconds: without one, what came within the current second is left out.
const FAR_FUTURE: u32 = 4_000_000_000;

/// A VictoriaMetrics on a free port of the loopback with an empty storage. It ends when it is dropped.
#[derive(Debug)]
pub struct VictoriaMetrics(Served);

impl VictoriaMetrics {
    /// Starts one as the guide says.
    ///
    /// # Errors
    /// When it is not unpacked.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start() -> Result<Self, Missing> {
        let folder = tempfile::tempdir().expect("a folder for its storage");
        let served = Served::start("victoria-metrics", folder, "/health", |address, folder| {
            vec![
                "-opentelemetry.usePrometheusNaming".to_owned(),
                format!("-httpListenAddr={address}"),
                format!("-storageDataPath={}", folder.join("storage").display()),
                format!(
                    "-relabelConfig={}",
                    shipped("deploy/victoriametrics-relabel.yml").display()
                ),
                "-retentionPeriod=100y".to_owned(),
                "-search.latencyOffset=0s".to_owned(),
                "-loggerLevel=ERROR".to_owned(),
            ]
        });
        served.map(Self)
    }

    /// The value for `OTEL_EXPORTER_OTLP_ENDPOINT`.
    pub fn endpoint(&self) -> String {
        self.0.url("/opentelemetry")
    }

    /// Every series that the selector matches, with all its samples: `/api/v1/export`, one object a series.
    ///
    /// # Panics
    /// When it does not answer so.
    pub fn export(&self, selector: &str) -> Vec<Value> {
        // What came is written to the storage in the background; this waits until it can be seen.
        self.get("/internal/force_flush");
        let lines = self.get(&format!(
            "/api/v1/export?start=0&end={FAR_FUTURE}&match[]={}",
            encoded(selector)
        ));
        lines
            .lines()
            .map(|line| serde_json::from_str(line).expect("a series in JSON"))
            .collect()
    }

    /// The result of an instant query at a Unix time in seconds: labels and value of each series.
    ///
    /// # Panics
    /// When it does not answer so.
    pub fn query(&self, query: &str, time: i64) -> Vec<Value> {
        self.get("/internal/force_flush");
        let answer = self.get(&format!("/api/v1/query?time={time}&query={}", encoded(query)));
        let answer: Value = serde_json::from_str(&answer).expect("JSON");
        answer["data"]["result"].as_array().expect("a vector").clone()
    }

    /// The body of a `200`.
    #[track_caller]
    fn get(&self, path: &str) -> String {
        let answer = self.0.get(path).expect("it answers");
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.body
    }
}
