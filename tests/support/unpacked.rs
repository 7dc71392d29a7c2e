//! The programs that scripts bring: `tests/receivers/install.sh`, `tests/kubernetes/install.sh`, `tests/musl/build.sh`.

use std::fmt;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

/// Programs that are unpacked together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kit {
    /// What takes results, and promtool.
    Receivers,
    /// What reads the manifests and configurations of `deploy/`.
    Kubernetes,
    /// The program itself, linked statically with musl.
    Musl,
}

impl Kit {
    /// Where they are, from the root of the repository.
    const fn folder(self) -> &'static str {
        match self {
            Self::Receivers => "target/receivers",
            Self::Kubernetes => "target/kubernetes",
            Self::Musl => "target/x86_64-unknown-linux-musl/release",
        }
    }

    const fn script(self) -> &'static str {
        match self {
            Self::Receivers => "tests/receivers/install.sh",
            Self::Kubernetes => "tests/kubernetes/install.sh",
            Self::Musl => "tests/musl/build.sh",
        }
    }

    /// The variable with which it is a failure that they are missing.
    const fn required_by(self) -> &'static str {
        match self {
            Self::Receivers | Self::Kubernetes => "FRESHWATCH_REQUIRE_RECEIVERS",
            Self::Musl => "FRESHWATCH_REQUIRE_MUSL",
        }
    }

    /// Where a program is.
    ///
    /// # Errors
    /// When it is not there.
    pub fn path_of(self, program: &'static str) -> Result<PathBuf, Missing> {
        let path = shipped(self.folder()).join(program);
        if path.exists() {
            Ok(path)
        } else {
            Err(Missing { kit: self, program })
        }
    }
}

/// How long one may take to be ready, or to answer.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Why there is none to test with.
#[derive(Debug)]
pub struct Missing {
    kit: Kit,
    program: &'static str,
}

impl fmt::Display for Missing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (folder, script) = (self.kit.folder(), self.kit.script());
        write!(formatter, "`{folder}/{}` is missing: run {script}", self.program)
    }
}

/// Where one of the receivers is.
///
/// # Errors
/// When it is not there.
pub fn path_of(program: &'static str) -> Result<PathBuf, Missing> {
    Kit::Receivers.path_of(program)
}

/// A file that the repository ships, such as `deploy/prometheus.yml`.
pub fn shipped(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// What was found; `None` when it is not there, which is said aloud.
///
/// # Panics
/// When it is not there and a variable says that it must be: `FRESHWATCH_REQUIRE_RECEIVERS`, or
/// `FRESHWATCH_REQUIRE_MUSL`.
pub fn or_skip<T>(found: Result<T, Missing>) -> Option<T> {
    match found {
        Ok(found) => Some(found),
        Err(missing) => {
            let is_required = std::env::var_os(missing.kit.required_by()).is_some();
            assert!(!is_required, "{missing}");
            // The macros' output of a test that passes is kept back; this is not.
            let _ = writeln!(
                std::io::stderr(),
                "SKIPPED, nothing was tested against a real program: {missing}"
            );
            None
        }
    }
}

/// An address of the loopback that nobody had a moment ago.
///
/// # Panics
/// When there is none.
pub fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("a bound listener has an address")
}

/// Text as it may stand for a value in a URL's query.
pub fn encoded(text: &str) -> String {
    text.bytes()
        .fold(String::new(), |encoded, byte| encoded + &format!("%{byte:02X}"))
}

/// Whether something comes to be so. What happens in another process tells no event: this asks again and again, with a
/// bound.
pub fn comes_true(mut is_so: impl FnMut() -> bool) -> bool {
    let pause = Duration::from_millis(20);
    for _ in 0..LONGEST_WAIT.as_millis() / pause.as_millis() {
        if is_so() {
            return true;
        }
        std::thread::sleep(pause);
    }
    false
}

/// A program that serves HTTP on a free port of the loopback. It ends when it is dropped, and its folder goes with it.
#[derive(Debug)]
pub struct Served {
    _running: Running,
    address: SocketAddr,
    folder: TempDir,
}

/// What it answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The body.
    pub body: String,
}

impl Served {
    /// Starts a program with arguments for its address and its folder, and waits until it answers `200` at the path
    /// `ready`.
    ///
    /// # Errors
    /// When the program is not there.
    ///
    /// # Panics
    /// When it is there and does not become ready.
    pub fn start(
        program: &'static str,
        folder: TempDir,
        ready: &str,
        arguments: impl Fn(SocketAddr, &Path) -> Vec<String>,
    ) -> Result<Self, Missing> {
        let binary = path_of(program)?;
        // Another test may take the port that was free a moment ago; the program then ends at once.
        for _ in 0..3 {
            let address = free_address();
            let log = File::create(folder.path().join(LOG)).expect("a file for what it says");
            let mut running = Running::start(&binary, arguments(address, folder.path()), log);
            if running.becomes_ready(address, ready) {
                return Ok(Self {
                    _running: running,
                    address,
                    folder,
                });
            }
        }
        panic!("`{program}` does not become ready:\n{}", log_in(&folder))
    }

    /// Its URL, with a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// What it has said.
    pub fn log(&self) -> String {
        log_in(&self.folder)
    }

    /// Asks for a path; `None` when it does not answer.
    pub fn get(&self, path: &str) -> Option<Answer> {
        get(self.address, path)
    }
}

/// The name of the file for what a program says.
const LOG: &str = "log";

fn log_in(folder: &TempDir) -> String {
    fs::read_to_string(folder.path().join(LOG)).unwrap_or_default()
}

fn get(address: SocketAddr, path: &str) -> Option<Answer> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(LONGEST_WAIT)).ok()?;
    let request = format!("GET {path} HTTP/1.0\r\nhost: {address}\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    Some(Answer {
        status: head.split(' ').nth(1)?.parse().ok()?,
        body: body.to_owned(),
    })
}

/// A process that ends when it is dropped.
#[derive(Debug)]
struct Running(Child);

impl Running {
    fn start(binary: &Path, arguments: Vec<String>, log: File) -> Self {
        let mut command = Command::new(binary);
        command.env_clear().args(arguments).stdin(Stdio::null());
        command.stdout(Stdio::null()).stderr(log);
        Self(command.spawn().expect("it starts"))
    }

    /// Whether it comes to answer; `false` also when it ends.
    fn becomes_ready(&mut self, address: SocketAddr, path: &str) -> bool {
        let mut is_ready = false;
        comes_true(|| {
            is_ready = get(address, path).is_some_and(|answer| answer.status == 200);
            is_ready || matches!(self.0.try_wait(), Ok(Some(_)))
        });
        is_ready
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
