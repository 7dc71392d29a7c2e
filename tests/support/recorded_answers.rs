//! Answers of real services that lie beside the repository, each with its freshness signal and its traps.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_yaml::Value;

/// Where they are, from this package.
const FOLDER: &str = "../../shared/cases";

/// All of them; `None` where the folder is missing: they are not part of the repository.
///
/// # Panics
/// When their list does not parse.
pub fn load() -> Option<Vec<RecordedAnswer>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(FOLDER);
    let list = fs::read_to_string(folder.join("answers.yaml")).ok()?;
    let list: List =
        serde_yaml::from_str(&list).expect("the list of answers has the shape that its head describes");
    Some(
        list.answers
            .into_iter()
            .map(|answer| RecordedAnswer {
                folder: folder.join("answers"),
                ..answer
            })
            .collect(),
    )
}

#[derive(Deserialize)]
struct List {
    answers: Vec<RecordedAnswer>,
}

/// One answer.
#[derive(Debug, Deserialize)]
pub struct RecordedAnswer {
    /// Its name.
    pub name: String,
    /// The file of its body.
    pub file: PathBuf,
    /// The `Content-Type` that it came with.
    pub content_type: String,
    /// What tells how fresh its data is.
    pub signal: Signal,
    /// What looks like that and is something else.
    #[serde(default)]
    pub decoys: Vec<Decoy>,
    /// What the signal denotes, when that is a point in time.
    #[serde(default, deserialize_with = "timestamp")]
    pub instant: Option<Timestamp>,
    /// What it denotes, when that is a period.
    pub period: Option<Period>,
    /// How old the data may be.
    pub max_age: Option<String>,
    /// A clock at which it is fresh.
    #[serde(default, deserialize_with = "timestamp")]
    pub now_fresh: Option<Timestamp>,
    /// A clock at which it is stale.
    #[serde(default, deserialize_with = "timestamp")]
    pub now_stale: Option<Timestamp>,
    #[serde(skip)]
    folder: PathBuf,
}

/// What tells how fresh data is.
#[derive(Debug, Deserialize)]
pub struct Signal {
    /// How it is found: `jsonpath`, `regex`, `csv` and others.
    pub by: String,
    /// Where; some have two paths.
    pub path: Value,
    /// How its value is written.
    pub format: String,
    /// Which of many counts: `only`, `max`, `min`, `first`.
    pub pick: String,
    /// The zone of values without one.
    pub zone: Option<String>,
}

/// What looks like a freshness signal.
#[derive(Debug, Deserialize)]
pub struct Decoy {
    /// How it is found: `jsonpath`, `regex` or `csv`.
    pub by: String,
    /// Where.
    pub path: String,
    /// How its value is written.
    pub format: Option<String>,
    /// What it denotes, when it is a time.
    #[serde(default, deserialize_with = "timestamp")]
    pub instant: Option<Timestamp>,
}

/// A period that data covers.
#[derive(Debug, Deserialize)]
pub struct Period {
    /// The first moment after it.
    #[serde(deserialize_with = "timestamp")]
    end: Option<Timestamp>,
}

impl RecordedAnswer {
    /// The body, byte for byte.
    ///
    /// # Panics
    /// When its file cannot be read.
    pub fn body(&self) -> Vec<u8> {
        let path = self.folder.join(&self.file);
        fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// The point that the data's age counts from.
    pub fn age_counts_from(&self) -> Option<Timestamp> {
        self.instant
            .or_else(|| self.period.as_ref().and_then(|period| period.end))
    }
}

fn timestamp<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    text.map(|text| text.parse().map_err(D::Error::custom))
        .transpose()
}
