//! A process that writes, which the tests start: this same program, asked for one ignored test.

use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use freshwatch_store::{Observed, Store};

use super::{at, observed};

/// Where a child finds what it is to do: its file.
const FILE: &str = "FRESHWATCH_STORE_TEST_FILE";

/// How many rounds it writes; without it, until it is killed.
const ROUNDS: &str = "FRESHWATCH_STORE_TEST_ROUNDS";

/// What it says before each round.
pub const BEGINS: &str = "begins round ";
/// What it says after each round, and when it cannot write.
pub const WROTE: &str = "wrote round ";
/// See [`WROTE`].
pub const FAILED: &str = "failed: ";

/// How many probes a round has: enough to change many pages of the file.
const PROBES: usize = 100;

/// How much of a mark a probe remembers when the child is to be killed: all of them are more than the database gathers
/// in memory, so that it writes to the file all through a round.
const LONG: usize = 40_000;

/// How much otherwise.
const SHORT: usize = 300;

/// The names of the probes of a round.
pub fn names() -> Vec<String> {
    (0..PROBES).map(|number| format!("probe-{number}")).collect()
}

/// What the probes remember of a round.
pub fn mark(round: i64, to_be_killed: bool) -> String {
    let width = if to_be_killed { LONG } else { SHORT };
    format!("{round:0width$}")
}

/// A child that writes a round after the other; it is killed when it is dropped.
pub struct Writer {
    process: Child,
    said: Lines<BufReader<ChildStdout>>,
}

impl Writer {
    /// Starts one that writes so many rounds, or until it is killed. `wrapped`: the words of a shell before it.
    pub fn start(file: &Path, rounds: Option<u32>, wrapped: &str) -> Self {
        let program: PathBuf = std::env::current_exe().expect("this program");
        let line = format!(r#"{wrapped} exec "$0" --ignored --exact --nocapture child::writes"#);
        let mut command = Command::new("sh");
        command.args(["-c", &line]).arg(program).env(FILE, file);
        if let Some(rounds) = rounds {
            command.env(ROUNDS, rounds.to_string());
        }
        let mut process = command.stdout(Stdio::piped()).spawn().expect("a child");
        let said = BufReader::new(process.stdout.take().expect("it is ours")).lines();
        Self { process, said }
    }

    /// The next thing of this kind that it says.
    pub fn next(&mut self, kind: &str) -> Option<String> {
        self.said
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| Some(line.split_once(kind)?.1.to_owned()))
    }

    /// Waits for its end: whether it was as it should be.
    pub fn end(mut self) -> bool {
        self.process.wait().expect("it can be waited for").success()
    }

    /// Kills it, and tells the last round that it wrote and said so.
    pub fn kill(mut self) -> Option<i64> {
        self.process.kill().expect("it can be killed");
        self.process.wait().expect("it can be waited for");
        let mut last = None;
        while let Some(round) = self.next(WROTE) {
            last = round.parse().ok();
        }
        last
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What a child does. A round writes the same mark for every probe.
#[test]
#[ignore = "it is what the children of the other tests do"]
fn writes() {
    let Some(file) = std::env::var_os(FILE) else {
        return;
    };
    let rounds = std::env::var(ROUNDS).ok().and_then(|rounds| rounds.parse().ok());
    let say = |words: &str| {
        let mut out = std::io::stdout().lock();
        writeln!(out, "{words}")
            .and_then(|()| out.flush())
            .expect("somebody listens");
    };
    let (store, aside) = Store::open(Path::new(&file)).expect("it opens");
    assert_eq!(aside, None);
    for round in 1..=rounds.unwrap_or(i64::MAX) {
        let mark = mark(round, rounds.is_none());
        let all: Vec<Observed> = names().iter().map(|name| observed(name, round, &mark)).collect();
        say(&format!("\n{BEGINS}{round}"));
        match store.remember(&all, at(round)) {
            Ok(_) => say(&format!("\n{WROTE}{round}")),
            Err(error) => say(&format!("\n{FAILED}{error}")),
        }
    }
}
