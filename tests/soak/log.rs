//! The daemon's log, read as it grows: its lines by kind.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _};
use std::net::SocketAddr;
use std::path::Path;

use jiff::Timestamp;
use serde_json::Value;

/// What a line is about, by how its sentence begins.
const KINDS: [(&str, &str); 9] = [
    ("start", "pushes the state to "),
    ("start", "freshwatch "),
    ("start", "http://"),
    ("loaded", "probe files loaded again: "),
    ("not loaded", "probe files not loaded again: "),
    ("outage", "results wait to be delivered: "),
    ("outage over", "results are delivered again after "),
    ("end", "asked to stop: "),
    ("limit", "the limit of open files stays "),
];

/// The kind of those that say that probes at rest run too rarely.
pub const RESTS: &str = "rests";

/// So many lines that nobody expects are kept.
const MOST_STRANGE: usize = 20;

/// The log of the daemon.
#[derive(Debug)]
pub struct Log {
    file: File,
    rest: Vec<u8>,
    /// How many lines there are of each kind.
    pub kinds: BTreeMap<&'static str, u64>,
    /// The changes of verdict.
    pub changes: Vec<Change>,
    /// Lines that nobody expects; the first of them.
    pub strange: Vec<String>,
    /// Where the endpoints listen.
    pub address: Option<SocketAddr>,
}

/// A line about a change of verdict.
#[derive(Debug, Clone)]
pub struct Change {
    /// When it was written.
    pub at: Timestamp,
    /// Of which probe.
    pub probe: String,
}

impl Log {
    /// The log in this file.
    pub fn open(path: &Path) -> io::Result<Self> {
        Ok(Self {
            file: File::open(path)?,
            rest: Vec::new(),
            kinds: BTreeMap::new(),
            changes: Vec::new(),
            strange: Vec::new(),
            address: None,
        })
    }

    /// Reads what has been written since the last time.
    pub fn read(&mut self) -> io::Result<()> {
        self.file.read_to_end(&mut self.rest)?;
        let Some(end) = self.rest.iter().rposition(|byte| *byte == b'\n') else {
            return Ok(());
        };
        let whole: Vec<u8> = self.rest.drain(..=end).collect();
        for line in String::from_utf8_lossy(&whole).lines() {
            let kind = self.kind(line);
            *self.kinds.entry(kind).or_default() += 1;
            if kind == "strange" && self.strange.len() < MOST_STRANGE {
                self.strange.push(line.to_owned());
            }
        }
        Ok(())
    }

    /// How many lines there are of a kind.
    pub fn count(&self, kind: &str) -> u64 {
        self.kinds.get(kind).copied().unwrap_or_default()
    }

    fn kind(&mut self, line: &str) -> &'static str {
        let Ok(Value::Object(fields)) = serde_json::from_str(line) else {
            return "strange";
        };
        let text = |name: &str| fields.get(name).and_then(Value::as_str);
        let Some(at) = text("timestamp").and_then(|at| at.parse().ok()) else {
            return "strange";
        };
        if let (Some(probe), Some(_)) = (text("probe"), text("verdict")) {
            self.changes.push(Change {
                at,
                probe: probe.to_owned(),
            });
            return "change";
        }
        if let Some(address) = text("address") {
            self.address = address.parse().ok();
        }
        if text("code").is_some() && fields.contains_key("column") {
            return "mistake";
        }
        let message = text("message").unwrap_or_default();
        // Probes that rest run once a year, and are said to: that is too rarely for what they promise.
        let is_odd =
            text("code") == Some("runs_too_rarely") && message.contains("the 365 days between two runs");
        if is_odd || message.ends_with("more: `freshwatch lint` shows all of them") {
            return RESTS;
        }
        let known = KINDS.iter().find(|(_, beginning)| message.starts_with(beginning));
        known.map_or("strange", |(kind, _)| kind)
    }
}
