//! The queue on disk against what happens to files: damage, kills, other processes, disks that take nothing.

mod bounds;
mod child;
mod damage;
mod disk;
mod kill;
mod order;

use std::path::{Path, PathBuf};
use std::time::Duration;

use freshwatch_telemetry::parcel::{Coding, Parcel, Signal};
use freshwatch_telemetry::spool::{Limits, Spool, SpoolError};
use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;

/// When the parcel of number 0 was made; each is a second after the one before.
const BEGIN: Timestamp = Timestamp::constant(1_795_262_400, 0);

/// A folder for one test's queue.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn open(&self) -> Spool {
        // Children of other tests have all files of this process open for the moment before they become themselves.
        for _ in 0..1000 {
            match Spool::open(self.path(), Limits::default()) {
                Err(SpoolError::InUse { .. }) => std::thread::sleep(Duration::from_millis(5)),
                opened => return opened.expect("it opens"),
            }
        }
        panic!("{} stays in use", self.path().display());
    }

    /// A queue of parcels with bodies of these lengths, numbered from 1, of which so many are done with.
    fn filled(&self, lengths: &[usize], done: u64) {
        let mut spool = self.open();
        for (number, length) in (1..).zip(lengths) {
            spool.append(&sized(number, *length)).expect("it is stored");
        }
        for _ in 0..done {
            let (sequence, _) = spool.first(BEGIN).expect("it is read").expect("it waits");
            spool.done(sequence);
        }
    }

    /// Its files whose names end so, in order.
    fn files(&self, end: &str) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.path()).expect("a folder");
        let paths = entries.map(|entry| entry.expect("an entry").path());
        let mut paths: Vec<_> = paths
            .filter(|path| path.to_string_lossy().ends_with(end))
            .collect();
        paths.sort();
        paths
    }

    /// How many bytes its segments have.
    fn bytes(&self) -> u64 {
        let of = |path: PathBuf| path.metadata().expect("it is there").len();
        self.files(".batches").into_iter().map(of).sum()
    }
}

/// The parcel of this number, of which every byte follows from it.
fn parcel(number: u64) -> Parcel {
    let length = usize::try_from(number * 7919 % 2000).expect("it is small");
    sized(number, length)
}

fn sized(number: u64, length: usize) -> Parcel {
    let seed = number.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_le_bytes();
    let mut body = seed.repeat(length / seed.len() + 1);
    body.truncate(length);
    Parcel {
        signal: [Signal::Metrics, Signal::Traces, Signal::Logs][usize::try_from(number % 3).unwrap_or(0)],
        coding: if number.is_multiple_of(2) {
            Coding::Gzip
        } else {
            Coding::Plain
        },
        items: number,
        at: made(number),
        body: body.into(),
    }
}

fn made(number: u64) -> Timestamp {
    BEGIN + SignedDuration::from_secs(i64::try_from(number).expect("it is small"))
}

/// Takes everything out, in order.
fn drain(spool: &mut Spool) -> Vec<Parcel> {
    let mut drained = Vec::new();
    while let Some((sequence, parcel)) = spool.first(BEGIN).expect("it is read") {
        drained.push(parcel);
        spool.done(sequence);
    }
    assert!(spool.is_empty());
    drained
}

/// The numbers of parcels, each of which is what it was.
#[track_caller]
fn numbers(parcels: &[Parcel], lengths: &[usize]) -> Vec<u64> {
    let number = |parcel: &Parcel| {
        let nth = usize::try_from(parcel.items - 1).expect("it is small");
        assert_eq!(*parcel, sized(parcel.items, lengths[nth]));
        parcel.items
    };
    parcels.iter().map(number).collect()
}
