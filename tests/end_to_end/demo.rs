//! `freshwatch demo` as a person runs it: the story to its end, an interrupt, a port that is taken, the service alone.

use std::net::TcpListener;
use std::process::{Command, Output, Stdio};

use freshwatch_tests::program;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, ChildStdout};

fn demo(arguments: &[&str]) -> Command {
    let mut command = program::program();
    command.arg("demo").args(arguments);
    command
}

/// The text of a program that ended well.
fn text(output: Output) -> String {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), errors.as_ref()), (Some(0), ""));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// The lines that tell a verdict: verdict, probe and what a check of status codes sees.
fn changes(text: &str) -> Vec<String> {
    let verdicts = ["ok", "degraded", "stale", "invalid", "down", "unknown"];
    let words = text
        .lines()
        .map(|line| line.split_whitespace().skip(1).take(4).collect::<Vec<_>>());
    let told = words.filter(|words| words.first().is_some_and(|first| verdicts.contains(first)));
    told.map(|words| words.join(" ")).collect()
}

#[tokio::test]
async fn the_story_goes_stale_breaks_and_recovers() {
    let told = text(program::run(demo(&["--listen", "127.0.0.1:0", "--fast-forward"])).await);
    let expected = [
        "ok real-price HTTP 200",
        "ok search HTTP 200",
        "ok chat HTTP 200",
        "ok price-health HTTP 200",
        // The batch stops: the status of the prices stays what it was, and that of their health does not mean down.
        "degraded real-price HTTP 200",
        "stale real-price HTTP 200",
        "stale price-health HTTP 503",
        "invalid search HTTP 200",
        "down chat no answer",
        // The repair.
        "ok search HTTP 200",
        "ok chat HTTP 200",
        "ok real-price HTTP 200",
        "ok price-health HTTP 200",
    ];
    assert_eq!(changes(&told), expected, "{told}");
    for part in [
        "The nightly batch stopped",
        "The status check missed real-price and search",
        "Next\n",
    ] {
        assert!(told.contains(part), "`{part}` is missing:\n{told}");
    }
    assert!(
        !told.contains(['\u{1b}', '\r']),
        "no terminal, no colours: {told:?}"
    );
}

#[tokio::test]
async fn the_readme_shows_what_the_demo_prints() {
    let readme = include_str!("../../README.md");
    let shown = readme
        .split("The end of it:\n\n```\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next());
    let told = text(program::run(demo(&["--listen", "127.0.0.1:0", "--fast-forward"])).await);
    let shown = shown.expect("the block in the README");
    assert!(
        told.contains(shown),
        "README.md shows\n{shown}\nand the demo prints\n{told}"
    );
}

#[tokio::test]
async fn time_goes_by_where_it_is_not_told_otherwise() {
    let told = text(
        program::run(demo(&[
            "--listen",
            "127.0.0.1:0",
            "--every",
            "100ms",
            "--rounds",
            "2",
        ]))
        .await,
    );
    assert!(told.contains("Seen in 2 rounds"), "{told}");
}

#[tokio::test]
async fn a_port_that_is_taken_is_told_with_a_remedy() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("a bound address").to_string();
    let output = program::run(demo(&["--listen", &address])).await;
    let told = String::from_utf8_lossy(&output.stderr).replace(&address, "ADDRESS");
    assert_eq!(
        (output.status.code(), output.stdout.len()),
        (Some(64), 0),
        "{told}"
    );
    for part in ["cannot listen on `ADDRESS`", "--listen 127.0.0.1:0", "in use"] {
        assert!(told.contains(part), "`{part}` is missing: {told}");
    }
}

#[tokio::test]
async fn an_interrupt_ends_the_story_with_what_was_seen() {
    let mut running = Running::start(demo(&["--listen", "127.0.0.1:0"]));
    running.read_until("price-health").await;
    let told = running.interrupt().await;
    assert!(told.contains("Seen in "), "{told}");
}

#[tokio::test]
async fn the_service_alone_is_there_for_check() {
    let mut running = Running::start(demo(&["--listen", "127.0.0.1:0", "--serve"]));
    let told = running.read_until("All is well").await;
    let (_, rest) = told.split_once("http://").expect("it says where it listens");
    let address = rest.split_whitespace().next().expect("an address");

    let shipped = include_str!("../../probes/demo.yaml").replace("127.0.0.1:4170", address);
    let file = tempfile::Builder::new()
        .suffix(".yaml")
        .tempfile()
        .expect("a file");
    std::fs::write(file.path(), shipped).expect("a file can be written");
    let mut check = program::program();
    check.arg("check").arg(file.path());
    let report = text(program::run(check).await);
    assert!(report.contains("4 probes: 4 ok"), "{report}");
    running.interrupt().await;
}

/// The program while it runs. It is killed when it is dropped.
struct Running {
    process: Child,
    output: BufReader<ChildStdout>,
}

impl Running {
    fn start(mut command: Command) -> Self {
        command.stdout(Stdio::piped());
        let mut command = tokio::process::Command::from(command);
        let mut process = command.kill_on_drop(true).spawn().expect("the program starts");
        let output = process.stdout.take().expect("a pipe");
        Self {
            process,
            output: BufReader::new(output),
        }
    }

    /// What it prints up to the line that holds this.
    async fn read_until(&mut self, part: &str) -> String {
        let mut told = String::new();
        while !told.contains(part) {
            let read = self.output.read_line(&mut told).await.expect("UTF-8");
            assert!(read > 0, "it ended without `{part}`:\n{told}");
        }
        told
    }

    /// Interrupts it as Ctrl-C does, expects a good end, and gives what it still prints.
    async fn interrupt(mut self) -> String {
        let id = self.process.id().expect("it runs");
        let interrupted = Command::new("sh")
            .arg("-c")
            .arg(format!("kill -INT {id}"))
            .status();
        assert!(interrupted.expect("a shell").success());
        let mut rest = String::new();
        self.output.read_to_string(&mut rest).await.expect("UTF-8");
        let status = self.process.wait().await.expect("it ends");
        assert_eq!(status.code(), Some(0), "{rest}");
        rest
    }
}
