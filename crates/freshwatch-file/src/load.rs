//! Probe files from the disk: the only file that reads it.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use freshwatch_probe::unreadable;

use crate::found::Found;
use crate::mistake::Code;
use crate::mistakes::Mistakes;
use crate::parse::{LARGEST_FILE, ProbeSet, Source, parse_beside, start_of, too_large};
use crate::yaml::Place;

/// What the command line reads when nothing is named.
const DEFAULT_PATH: &str = "probes/";

/// Folders deeper than this are a loop of links, or no place for probes.
const DEEPEST_FOLDER: usize = 16;

/// More files than this are not a folder of probes.
const MOST_FILES: usize = 20_000;

/// Reads files and folders: a folder's `*.yaml` and `*.yml` at any depth in the order of their names, hidden ones
/// passed over; a file as it is. `env` looks environment variables up.
///
/// # Errors
/// Every mistake of every file, those of the disk among them.
pub fn load(paths: &[PathBuf], env: &dyn Fn(&str) -> Option<String>) -> Result<ProbeSet, Mistakes> {
    let mut reading = Reading::default();
    for path in paths {
        reading.path(path);
    }
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
    parse_beside(&reading.sources, reading.found, env, &read_bounded)
}

#[derive(Default)]
struct Reading {
    sources: Vec<Source>,
    found: Vec<Found>,
    /// A file that is named twice, or found again through a link, is one file.
    known: HashSet<PathBuf>,
    seen: usize,
}

impl Reading {
    fn path(&mut self, path: &Path) {
        match fs::metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let help = if path.components().eq(Path::new(DEFAULT_PATH).components()) {
                    "without a PATH, `probes/` is read: run freshwatch where that folder is, or name your files"
                } else {
                    "check the path; it is relative to the folder in which freshwatch was started"
                };
                self.failed(&path.display().to_string(), unreadable::why(&error), help);
            }
            Err(error) => self.cannot_be_read(path, &error),
            Ok(metadata) if metadata.is_dir() => {
                let before = self.seen;
                self.folder(path, 0);
                if self.seen == before {
                    let help = "probe files end with `.yaml` or `.yml`; hidden ones are passed over";
                    self.failed(
                        &path.display().to_string(),
                        "the folder holds no probe files".into(),
                        help,
                    );
                }
            }
            Ok(_) => self.file(path),
        }
    }

    fn folder(&mut self, folder: &Path, depth: usize) {
        let is_new = fs::canonicalize(folder).is_ok_and(|path| self.known.insert(path));
        if depth > DEEPEST_FOLDER || !is_new {
            return;
        }
        let entries = fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let mut paths: Vec<PathBuf> = match entries {
            Ok(entries) => entries.iter().map(fs::DirEntry::path).collect(),
            Err(error) => return self.cannot_be_read(folder, &error),
        };
        paths.sort();
        for path in paths.iter().filter(|path| !is_hidden(path)) {
            // Links are followed: a Kubernetes ConfigMap is a folder of links.
            match fs::metadata(path) {
                Ok(metadata) if metadata.is_dir() => self.folder(path, depth + 1),
                Ok(metadata) if metadata.is_file() && is_probe_file(path) => self.file(path),
                Err(error) if is_probe_file(path) && error.kind() == io::ErrorKind::NotFound => self.failed(
                    &path.display().to_string(),
                    "this link leads nowhere".into(),
                    "let it point to a file, or remove it",
                ),
                Err(error) if is_probe_file(path) => self.cannot_be_read(path, &error),
                // Among them a pipe with the name of a probe file: it would never end.
                Ok(_) | Err(_) => {}
            }
        }
    }

    fn file(&mut self, path: &Path) {
        let name = path.display().to_string();
        self.seen += 1;
        if self.seen > MOST_FILES {
            if self.seen == MOST_FILES + 1 {
                self.failed(
                    &name,
                    format!("more than {MOST_FILES} probe files"),
                    "name the folder of the probes alone",
                );
            }
            return;
        }
        if fs::canonicalize(path).is_ok_and(|path| !self.known.insert(path)) {
            return;
        }
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

fn is_hidden(path: &Path) -> bool {
    path.file_name()
        .is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}

fn is_probe_file(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension == "yaml" || extension == "yml")
}

/// Reads one byte more than is allowed at most, so that a file that is too large is seen to be.
fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let bound = u64::try_from(LARGEST_FILE).unwrap_or(u64::MAX).saturating_add(1);
    File::open(path)?.take(bound).read_to_end(&mut bytes)?;
    Ok(bytes)
}
