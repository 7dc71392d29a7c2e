//! A process that keeps a queue, which the tests start: this same program, asked for one ignored test.

use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use freshwatch_telemetry::spool::{Limits, Spool};

use super::{BEGIN, sized};

/// Where a child finds its folder.
const FOLDER: &str = "FRESHWATCH_SPOOL_TEST_FOLDER";

/// The number of the first parcel that it puts in.
const FROM: &str = "FRESHWATCH_SPOOL_TEST_FROM";

/// How many it puts in; without it, until it is killed.
const COUNT: &str = "FRESHWATCH_SPOOL_TEST_COUNT";

/// As many wait at most; then each that comes lets one go.
const MOST_WAITING: u64 = 12;

/// What a child says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// The parcel of this number is stored.
    Stored(u64),
    /// The parcel of this number is done with.
    Done(u64),
    /// A parcel could not be stored.
    Failed(String),
}

/// How long the parcel of this number is: up to a megabyte.
pub fn length(number: u64) -> usize {
    usize::try_from(number * 104_729 % 1_000_000).expect("it is small")
}

/// A child at work; it is killed when it is dropped.
pub struct Keeper {
    process: Child,
    said: Lines<BufReader<ChildStdout>>,
}

impl Keeper {
    /// Starts one that puts in so many parcels from this number on. `wrapped`: the words of a shell before it.
    pub fn start(folder: &Path, from: u64, count: Option<u64>, wrapped: &str) -> Self {
        let program = std::env::current_exe().expect("this program");
        let line = format!(r#"{wrapped} exec "$0" --ignored --exact --nocapture child::keeps"#);
        let mut command = Command::new("sh");
        command
            .args(["-c", &line])
            .arg(program)
            .env(FOLDER, folder)
            .env(FROM, from.to_string());
        if let Some(count) = count {
            command.env(COUNT, count.to_string());
        }
        let mut process = command.stdout(Stdio::piped()).spawn().expect("a child");
        let said = BufReader::new(process.stdout.take().expect("it is ours")).lines();
        Self { process, said }
    }

    /// The next thing that it says.
    pub fn next(&mut self) -> Option<Said> {
        self.said.by_ref().map_while(Result::ok).find_map(|line| {
            let (kind, rest) = line.split_once("> ")?;
            Some(match kind {
                "stored" => Said::Stored(rest.parse().ok()?),
                "done" => Said::Done(rest.parse().ok()?),
                "failed" => Said::Failed(rest.to_owned()),
                _ => return None,
            })
        })
    }

    /// Waits for its end: whether it was as it should be.
    pub fn end(mut self) -> bool {
        self.process.wait().expect("it can be waited for").success()
    }

    /// Kills it; gives what it had said by then.
    pub fn kill(mut self) -> Vec<Said> {
        self.process.kill().expect("it can be killed");
        self.process.wait().expect("it can be waited for");
        std::iter::from_fn(|| self.next()).collect()
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What a child does.
#[test]
#[ignore = "it is what the children of the other tests do"]
fn keeps() {
    let variable = |name| std::env::var(name).ok();
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let from: u64 = variable(FROM)
        .and_then(|from| from.parse().ok())
        .expect("a number");
    let count: Option<u64> = variable(COUNT).and_then(|count| count.parse().ok());
    let say = |words: String| {
        let mut out = std::io::stdout().lock();
        out.write_all(words.as_bytes())
            .and_then(|()| out.flush())
            .expect("somebody listens");
    };
    let limits = Limits {
        most_bytes: 32 << 20,
        ..Limits::default()
    };
    let mut spool = Spool::open(Path::new(&folder), limits).expect("it opens");
    // The harness writes the test's name before.
    say("\n".to_owned());
    for number in from..count.map_or(u64::MAX, |count| from + count) {
        match spool.append(&sized(number, length(number))) {
            Ok(()) => say(format!("stored> {number}\n")),
            Err(error) => say(format!("failed> {error}\n")),
        }
        if number % 5 == 0 {
            spool.sync().expect("it syncs");
        }
        while count.is_none() && spool.len() > MOST_WAITING {
            let (sequence, parcel) = spool.first(BEGIN).expect("it is read").expect("it waits");
            spool.done(sequence);
            say(format!("done> {}\n", parcel.items));
        }
    }
}
