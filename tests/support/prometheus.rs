//! A real Prometheus.
//!
//! ```no_run
//! use freshwatch_tests::prometheus::Prometheus;
//! use freshwatch_tests::unpacked::or_skip;
//!
//! let rules = "rule_files: [/a/folder/rules.yml]\nglobal: {evaluation_interval: 1s}\n";
//! let setup = Prometheus::configured(rules).holding("# TYPE up gauge\nup 1 1795262400\n# EOF\n");
//! let Some(prometheus) = or_skip(setup.start(&["--query.lookback-delta=1m"])) else {
//!     return;
//! };
//! assert_eq!(prometheus.query_at("sum(up)", "2026-11-21T12:00:30Z".parse().unwrap())[0].value, 1.0);
//! ```

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use jiff::Timestamp;
use serde_json::Value;

use crate::unpacked::{Missing, Served, comes_true, encoded, path_of};

/// A Prometheus on a free port of the loopback, which takes remote writes. It ends when it is dropped.
#[derive(Debug)]
pub struct Prometheus(Served);

/// What one is to start with.
#[derive(Debug, Clone, Default)]
pub struct Setup {
    configuration: String,
    samples: Option<String>,
}

/// One element of the result of an instant query.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// Its labels, `__name__` among them.
    pub labels: BTreeMap<String, String>,
    /// Its value.
    pub value: f64,
}

impl Prometheus {
    /// Starts one with an empty configuration and an empty storage, with further arguments.
    ///
    /// # Errors
    /// When it is not unpacked.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start(arguments: &[&str]) -> Result<Self, Missing> {
        Setup::default().start(arguments)
    }

    /// One with a configuration in YAML; the files that it names have absolute paths.
    pub fn configured(configuration: &str) -> Setup {
        Setup {
            configuration: configuration.to_owned(),
            ..Setup::default()
        }
    }

    /// Its URL, with a path.
    pub fn url(&self, path: &str) -> String {
        self.0.url(path)
    }

    /// Where others write to.
    pub fn remote_write_url(&self) -> String {
        self.url("/api/v1/write")
    }

    /// The result of an instant query now, in the order of the labels.
    ///
    /// # Panics
    /// When it refuses the query.
    #[track_caller]
    pub fn query(&self, query: &str) -> Vec<Sample> {
        self.instant(&format!("query={}", encoded(query)))
    }

    /// The result of an instant query at a time, in the order of the labels.
    ///
    /// # Panics
    /// When it refuses the query.
    #[track_caller]
    pub fn query_at(&self, query: &str, time: Timestamp) -> Vec<Sample> {
        self.instant(&format!("query={}&time={time}", encoded(query)))
    }

    /// The same as soon as it is as wanted: what is written to it may take a moment to arrive.
    ///
    /// # Panics
    /// When it never is.
    #[track_caller]
    pub fn query_when(&self, query: &str, wanted: impl Fn(&[Sample]) -> bool) -> Vec<Sample> {
        let mut samples = Vec::new();
        let is_wanted = comes_true(|| {
            samples = self.query(query);
            wanted(&samples)
        });
        assert!(is_wanted, "`{query}` stays {samples:#?}");
        samples
    }

    /// What is behind `data` in the answer of its API to a path, such as `/api/v1/rules`.
    ///
    /// # Panics
    /// When it does not answer so.
    #[track_caller]
    pub fn data(&self, path: &str) -> Value {
        let answer = self.0.get(path).expect("it answers");
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        let mut answer: Value = serde_json::from_str(&answer.body).expect("JSON");
        answer["data"].take()
    }

    /// What it has said.
    pub fn log(&self) -> String {
        self.0.log()
    }

    #[track_caller]
    fn instant(&self, parameters: &str) -> Vec<Sample> {
        let data = self.data(&format!("/api/v1/query?{parameters}"));
        let mut samples: Vec<_> = match data["resultType"].as_str() {
            Some("vector") => {
                let result = data["result"].as_array().expect("a vector").iter();
                result
                    .map(|of| Sample::read(&of["metric"], &of["value"]))
                    .collect()
            }
            Some("scalar") => vec![Sample::read(&Value::Null, &data["result"])],
            _ => panic!("no instant vector: {data}"),
        };
        samples.sort_by(|one, other| one.labels.cmp(&other.labels));
        samples
    }
}

impl Setup {
    /// With samples in the OpenMetrics format, which needs times and `# EOF`, for a storage that would be empty.
    #[must_use]
    pub fn holding(mut self, samples: &str) -> Self {
        self.samples = Some(samples.to_owned());
        self
    }

    /// Starts it, with further arguments.
    ///
    /// # Errors
    /// When it is not unpacked.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start(self, arguments: &[&str]) -> Result<Prometheus, Missing> {
        let folder = tempfile::tempdir().expect("a folder for its storage");
        let configuration = folder.path().join("prometheus.yml");
        fs::write(&configuration, &self.configuration).expect("it is written");
        let storage = folder.path().join("storage");
        if let Some(samples) = &self.samples {
            backfill(samples, folder.path(), &storage)?;
        }
        let served = Served::start("prometheus", folder, "/-/ready", |address, _| {
            let mut all = vec![
                format!("--config.file={}", configuration.display()),
                format!("--storage.tsdb.path={}", storage.display()),
                // Samples of a test may have the times of a story.
                "--storage.tsdb.retention.time=100y".to_owned(),
                format!("--web.listen-address={address}"),
                "--web.enable-remote-write-receiver".to_owned(),
                "--log.level=warn".to_owned(),
            ];
            all.extend(arguments.iter().map(|&argument| argument.to_owned()));
            all
        });
        served.map(Prometheus)
    }
}

impl Sample {
    /// The value of a label; empty when it has none of the name, as in Prometheus.
    pub fn label(&self, name: &str) -> &str {
        self.labels.get(name).map_or("", String::as_str)
    }

    fn read(labels: &Value, value: &Value) -> Self {
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let labels = labels.as_object().into_iter().flatten();
        Self {
            labels: labels.map(|(name, value)| (name.clone(), text(value))).collect(),
            value: text(&value[1]).parse().expect("a number"),
        }
    }
}

/// Runs promtool to its end.
///
/// # Errors
/// When it is not unpacked.
///
/// # Panics
/// When it does not start.
pub fn promtool(arguments: &[impl AsRef<OsStr>]) -> Result<Output, Missing> {
    let binary = path_of("promtool")?;
    let output = Command::new(binary).env_clear().args(arguments).output();
    Ok(output.expect("promtool starts"))
}

fn backfill(samples: &str, folder: &Path, storage: &Path) -> Result<(), Missing> {
    let file = folder.join("samples");
    fs::write(&file, samples).expect("it is written");
    let arguments = ["tsdb", "create-blocks-from", "openmetrics"].map(OsStr::new);
    let output = promtool(&[&arguments[..], &[file.as_os_str(), storage.as_os_str()]].concat())?;
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "promtool takes no such samples: {told}");
    Ok(())
}
