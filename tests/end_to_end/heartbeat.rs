//! The dead-man's switch outside, which hears that probing goes on.

use freshwatch_tests::daemon::{Daemon, Files, Target};
use freshwatch_tests::program::{program, run};
use freshwatch_tests::server::{Server, answer, json};

/// Checks one probe of this URL with this switch; what it printed and its exit code.
async fn check(url: &str, switch: &str) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("probes.yaml");
    std::fs::write(&file, format!("probes:\n  price:\n    get: {url}\n")).expect("it is written");
    let mut command = program();
    command.arg("check").arg(file).env("FRESHWATCH_HEARTBEAT", switch);
    let output = run(command).await;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout) + &text(&output.stderr))
}

#[tokio::test]
async fn a_completed_round_is_told_whatever_it_found() {
    let down = Server::answering(answer("503 Service Unavailable", &[], "")).await;
    let switch = Server::answering(json("{}")).await;
    let (code, printed) = check(&down.url("/"), &switch.url("/s3cret?key=s3cret")).await;
    assert_eq!(code, Some(2), "{printed}");
    let heard: Vec<_> = switch
        .requests()
        .into_iter()
        .map(|of| (of.method, of.target))
        .collect();
    assert_eq!(heard, [("GET".to_owned(), "/s3cret?key=s3cret".to_owned())]);
    assert!(
        !printed.contains("s3cret") && !printed.contains("heartbeat"),
        "{printed}"
    );
}

#[tokio::test]
async fn a_switch_that_does_not_hear_changes_nothing_but_is_told_without_its_secret() {
    let well = Server::answering(json("{}")).await;
    let switch = Server::answering(answer("404 Not Found", &[], "")).await;
    let (code, printed) = check(&well.url("/"), &switch.url("/s3cret")).await;
    let told = format!(
        "the heartbeat does not arrive: {} answered 404 Not Found\n",
        switch.url("").trim_end_matches('/')
    );
    assert!(code == Some(0) && printed.ends_with(&told), "{printed}");
    assert!(!printed.contains("s3cret"));
    let (code, printed) = check(&well.url("/"), "localhost/s3cret").await;
    let told = "`--heartbeat` is not an http or https URL: write it like `https://switch.example/ping`";
    assert!(code == Some(64) && printed.contains(told), "{code:?} {printed}");
    assert!(!printed.contains("s3cret"));
    let (code, printed) = check(&well.url("/"), " ").await;
    assert_eq!((code, printed.contains("heartbeat")), (Some(0), false));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_daemon_calls_and_tells_once_that_nobody_hears() {
    let target = Target::start().await;
    target.answer("/price", json("{}"));
    target.answer("/s3cret", json("{}"));
    let files = Files::new(&target.probe("price", "every: 1s"));
    let daemon = Daemon::of(&files)
        .with("--heartbeat", &target.url("/s3cret"))
        .with("--heartbeat-interval", "1s")
        .start()
        .await;
    target.asked("/s3cret", 2).await;
    target.answer("/s3cret", answer("500 Internal Server Error", &[], ""));
    let line = daemon.log.line("the heartbeat does not arrive").await;
    assert!(line.contains("answered 500 Internal Server Error"), "{line}");
    let heard = target.arrivals("/s3cret").len();
    target.asked("/s3cret", heard + 2).await;
    target.answer("/s3cret", json("{}"));
    daemon.log.line("the heartbeat arrives again").await;
    daemon.signal(nix::sys::signal::Signal::SIGTERM);
    let (code, lines) = daemon.ended().await;
    let of_it = lines.iter().filter(|line| line.contains("heartbeat")).count();
    assert_eq!((code, of_it), (Some(0), 2), "{lines:#?}");
    assert!(!lines.concat().contains("s3cret"), "{lines:#?}");
}
