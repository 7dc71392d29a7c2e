//! The program under test, as a child.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;
use std::{env, thread};

use freshwatch_agent::clock;
use freshwatch_tests::program::METRICS_ALONE;
use nix::sys::prctl::set_pdeathsig;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::rhythm::Rhythm;
use freshwatch_tests::resources::Resources;

/// The hidden argument that makes this program another one, which then ends with its parent.
pub const AS_PROGRAM: &str = "--as-program";

/// All the address space that the program gets: one that leaks must not take the machine with it.
const MOST_MEMORY: u64 = 4 << 30;

/// How long an answer to POST may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// The program, which is killed when this is dropped, and by the kernel should this process be killed.
#[derive(Debug)]
pub struct Daemon {
    child: Child,
    /// Where it writes its log.
    pub log: PathBuf,
}

impl Daemon {
    /// Starts it with these probe files.
    pub fn start(
        program: &Path,
        files: &Path,
        receiver: SocketAddr,
        rhythm: &Rhythm,
        log: PathBuf,
    ) -> io::Result<Self> {
        let mut command = Command::new(env::current_exe()?);
        command.arg(AS_PROGRAM).arg(program).arg("run").arg(files);
        command.args(["--listen", "127.0.0.1:0", "--log-format", "json"]);
        command.args(["--max-concurrent", "20000", "--max-per-host", "20000"]);
        let watch = format!("{}ms", rhythm.watch.as_millis());
        command.args(["--watch-interval", &watch, "--grace", "20s"]);
        command.arg(format!("--otlp-endpoint=http://{receiver}"));
        for (name, _) in env::vars().filter(|(name, _)| name.starts_with("OTEL_")) {
            command.env_remove(name);
        }
        // What the receiver counts are metrics.
        command.envs(METRICS_ALONE);
        command.env(
            "OTEL_METRIC_EXPORT_INTERVAL",
            rhythm.export.as_millis().to_string(),
        );
        command.env(
            "OTEL_EXPORTER_OTLP_TIMEOUT",
            rhythm.patience.as_millis().to_string(),
        );
        let child = command
            .stdin(Stdio::null())
            .stdout(File::create(log.with_extension("out"))?)
            .stderr(File::create(&log)?)
            .spawn()?;
        Ok(Self { child, log })
    }

    /// What it has taken of the machine.
    pub fn resources(&self) -> io::Result<Resources> {
        Resources::of(self.child.id())
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) -> io::Result<()> {
        let pid = self.child.id().try_into().map_err(io::Error::other)?;
        Ok(kill(Pid::from_raw(pid), signal)?)
    }

    /// An error when it has ended by itself.
    pub fn still_runs(&mut self) -> io::Result<()> {
        let Some(status) = self.child.try_wait()? else {
            return Ok(());
        };
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().rev().take(5).collect();
        Err(io::Error::other(format!(
            "the daemon ended by itself ({status}): {}",
            lines.join(" | ")
        )))
    }

    /// Waits for its end; none when it does not come.
    pub fn ended(&mut self, within: Duration) -> io::Result<Option<ExitStatus>> {
        until(within, || self.child.try_wait())
    }

    /// Whether the kernel knows nothing of it any more.
    pub fn is_gone(&self) -> bool {
        !Path::new(&format!("/proc/{}", self.child.id())).exists()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Asks again and again, for as long as that; none when nothing came of it.
pub fn until<T>(within: Duration, mut ask: impl FnMut() -> io::Result<Option<T>>) -> io::Result<Option<T>> {
    let start = clock::monotonic();
    loop {
        if let Some(answer) = ask()? {
            return Ok(Some(answer));
        }
        if start.elapsed() > within {
            return Ok(None);
        }
        thread::sleep(Duration::from_millis(20));
    }
}

/// Sends `POST /-/reload`; gives the status line.
pub fn post_reload(address: SocketAddr) -> io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(ANSWER_WITHIN))?;
    write!(
        stream,
        "POST /-/reload HTTP/1.1\r\nhost: {address}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    )?;
    let mut answer = Vec::new();
    stream.take(1 << 20).read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer);
    Ok(answer.lines().next().unwrap_or_default().to_owned())
}

/// Becomes another program, which keeps the process and ends with its parent; returns only when that fails.
pub fn become_program(words: &[String]) -> io::Error {
    let Some((program, arguments)) = words.split_first() else {
        return io::Error::other("no program was named");
    };
    let bounded = set_pdeathsig(Signal::SIGKILL)
        .and_then(|()| setrlimit(Resource::RLIMIT_AS, MOST_MEMORY, MOST_MEMORY));
    match bounded {
        Ok(()) => Command::new(program).args(arguments).exec(),
        Err(error) => error.into(),
    }
}
