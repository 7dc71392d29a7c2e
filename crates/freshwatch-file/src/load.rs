//! Probe files from the disk: this file and those beneath it alone read it.

mod stamp;
mod walk;

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use freshwatch_probe::gate::Gate;
use freshwatch_probe::unreadable;

pub use self::stamp::{Stamp, stamp};
use self::walk::{MOST_FILES, Obstacle, Sight, walk};
use crate::found::Found;
use crate::gate;
use crate::mistake::Code;
use crate::mistakes::Mistakes;
use crate::parse::{LARGEST_FILE, ProbeSet, Source, parse_beside, start_of, too_large};
use crate::purpose::Purpose;
use crate::yaml::Place;

/// What the command line reads when nothing is named.
const DEFAULT_PATH: &str = "probes/";

/// Reads files and folders: a folder's `*.yaml` and `*.yml` at any depth in the order of their names, hidden ones
/// passed over; a file whatever its name, but no pipe or device, not even `/dev/stdin` or `<(…)` unless a file is behind
/// it: nobody knows whether it ever ends, and it cannot be read again. `env` looks environment variables up.
///
/// # Errors
/// Every mistake of every file, those of the disk among them.
pub fn load(paths: &[PathBuf], env: &dyn Fn(&str) -> Option<String>) -> Result<ProbeSet, Mistakes> {
    load_for(paths, Purpose::Running, env)
}

/// As [`load`], for something else than running the probes.
///
/// # Errors
/// Every mistake of every file, those of the disk among them.
pub fn load_for(
    paths: &[PathBuf],
    purpose: Purpose,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<ProbeSet, Mistakes> {
    let mut reading = Reading::default();
    walk(paths, &mut |sight| match sight {
        Sight::File { path, .. } => reading.file(path),
        Sight::Obstacle { path, obstacle } => reading.obstacle(path, &obstacle),
    });
    if reading.sources.is_empty() {
        let folder = paths
            .first()
            .map_or_else(|| "probes".into(), |path| path.display().to_string());
        reading.failed(
            &folder,
            "no files and folders to read were named".to_owned(),
            "name a file or a folder with probe files",
        );
    }
    parse_beside(reading.sources, reading.found, purpose, env, &read_bounded)
}

/// Reads the file of a gate.
///
/// # Errors
/// Every mistake in it, or why it cannot be read.
pub fn load_gate(path: &Path, env: &dyn Fn(&str) -> Option<String>) -> Result<Gate, Mistakes> {
    let mut reading = Reading::default();
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => reading.failed(
            &path.display().to_string(),
            "this is a folder".to_owned(),
            "a gate is one file: name it",
        ),
        Ok(metadata) if metadata.is_file() => reading.file(path),
        Ok(_) => reading.obstacle(path, &Obstacle::NoFile),
        Err(error) if error.kind() == io::ErrorKind::NotFound => reading.obstacle(path, &Obstacle::Missing),
        Err(error) => reading.cannot_be_read(path, &error),
    }
    gate::parse_beside(reading.sources, reading.found, env)
}

/// The probe files that [`load`] reads, in its order.
pub fn files(paths: &[PathBuf]) -> Vec<PathBuf> {
    let mut files = Vec::new();
    walk(paths, &mut |sight| match sight {
        Sight::File { path, .. } => files.push(path.to_owned()),
        Sight::Obstacle { .. } => {}
    });
    files
}

#[derive(Default)]
struct Reading {
    sources: Vec<Source>,
    found: Vec<Found>,
}

impl Reading {
    fn file(&mut self, path: &Path) {
        let name = path.display().to_string();
        match read_bounded(path) {
            Err(error) => self.cannot_be_read(path, &error),
            Ok(bytes) if bytes.len() > LARGEST_FILE => {
                let place = start_of(self.sources.len());
                self.found.push(too_large(place));
                self.sources.push(Source {
                    name,
                    text: String::new(),
                });
            }
            Ok(bytes) => match String::from_utf8(bytes) {
                Ok(text) => self.sources.push(Source { name, text }),
                Err(error) => self.not_utf8(name, &error),
            },
        }
    }

    fn obstacle(&mut self, path: &Path, obstacle: &Obstacle) {
        let (message, help) = match obstacle {
            Obstacle::Unreadable(error) => return self.cannot_be_read(path, error),
            Obstacle::Missing => (
                unreadable::why(&io::ErrorKind::NotFound.into()),
                if path.components().eq(Path::new(DEFAULT_PATH).components()) {
                    "without a PATH, `probes/` is read: run freshwatch where that folder is, or name your files"
                } else {
                    "check the path; it is relative to the folder in which freshwatch was started"
                },
            ),
            Obstacle::NoFile => (
                "this is a pipe, a socket or a device, which may never end".into(),
                "write the probes to a file, and name that",
            ),
            Obstacle::NoProbeFiles => (
                "the folder holds no probe files".into(),
                "probe files end with `.yaml` or `.yml`; hidden ones are passed over",
            ),
            Obstacle::LinkToNothing => (
                "this link leads nowhere".into(),
                "let it point to a file, or remove it",
            ),
            Obstacle::TooMany => (
                format!("more than {MOST_FILES} probe files"),
                "name the folder of the probes alone",
            ),
        };
        self.failed(&path.display().to_string(), message, help);
    }

    fn not_utf8(&mut self, name: String, error: &std::string::FromUtf8Error) {
        let start = error.utf8_error().valid_up_to();
        let place = Place {
            file: self.sources.len(),
            start,
            end: start + char::REPLACEMENT_CHARACTER.len_utf8(),
        };
        self.found
            .push(Found::new(place, Code::NotUtf8, "the file is not UTF-8").help("save it as UTF-8"));
        let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
        self.sources.push(Source { name, text });
    }

    fn cannot_be_read(&mut self, path: &Path, error: &io::Error) {
        let help = if error.kind() == io::ErrorKind::PermissionDenied {
            "let the user who runs freshwatch read it"
        } else {
            "check the path, and what it leads to"
        };
        let message = format!("cannot be read: {}", unreadable::why(error));
        self.failed(&path.display().to_string(), message, help);
    }

    fn failed(&mut self, name: &str, message: String, help: &str) {
        let place = start_of(self.sources.len());
        self.found
            .push(Found::new(place, Code::Unreadable, message).help(help));
        self.sources.push(Source {
            name: name.to_owned(),
            text: String::new(),
        });
    }
}

/// Reads one byte more than is allowed at most, so that a file that is too large is seen to be. What is no file is not
/// even opened: a pipe waits for somebody to write.
fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    let metadata = fs::metadata(path)?;
    if !metadata.is_file() && !metadata.is_dir() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it is a pipe, a socket or a device, which may never end",
        ));
    }
    let mut bytes = Vec::new();
    let bound = u64::try_from(LARGEST_FILE).unwrap_or(u64::MAX).saturating_add(1);
    File::open(path)?.take(bound).read_to_end(&mut bytes)?;
    Ok(bytes)
}
