//! What waits is there for the next process, however the one before ended.

use freshwatch_agent::clock;
use freshwatch_tests::daemon::Signal;
use freshwatch_tests::moody::Mood;
use freshwatch_tests::program::{program, run};

use super::taken::Death;
use super::{Outage, lock};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_when_the_daemon_is_asked_to_end_is_sent_by_the_next() {
    let outage = Outage::new(1).await;
    outage.receiver.become_so(Mood::Refusing);
    let daemon = outage.settings().start().await;
    let from = clock::now();
    daemon.log.line("results wait to be delivered").await;
    outage.pass(&daemon, 2).await;
    daemon.signal(Signal::SIGTERM);
    let (code, said) = daemon.ended().await;
    let at = clock::now();
    assert_eq!(code, Some(0));
    assert!(
        said.iter()
            .any(|line| line.contains("of results wait on the disk for the next start")),
        "{said:#?}"
    );
    assert!(!said.iter().any(|line| line.contains("given up")), "{said:#?}");
    let daemon = outage.settings().start().await;
    let back = clock::now();
    outage.receiver.become_so(Mood::Well);
    outage.pass(&daemon, 2).await;
    daemon
        .series_when(|series| series.value("freshwatch_export_queue_batches", &[]) < Some(2.0))
        .await;
    let to = clock::now();
    daemon.signal(Signal::SIGTERM);
    daemon.ended().await;
    lock(&outage.taken).check(1, from, to, &[Death { at, back }]);
}

#[tokio::test]
async fn what_a_check_could_not_deliver_waits_for_the_next_and_goes_first() {
    let outage = Outage::new(1).await;
    let check = async || {
        let mut command = program();
        command
            .arg("check")
            .arg(outage.files.path())
            .arg("--queue-dir")
            .arg(outage.queue.path());
        command.args(["--otlp-endpoint", &outage.receiver.endpoint()]);
        let output = run(command).await;
        let said = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8_lossy(&said).into_owned())
    };
    // What it asks for is longer than a check may take.
    outage.receiver.become_so(Mood::Limiting(3600));
    let from = clock::now();
    for waiting in ["1 batch wait", "2 batches wait"] {
        let (code, said) = check().await;
        assert_eq!(code, Some(6), "{said}");
        assert!(
            said.contains(&format!("{waiting} on the disk for the next run")),
            "{said}"
        );
    }
    outage.receiver.become_so(Mood::Well);
    let (code, said) = check().await;
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("delivered") && !said.contains("on the disk"),
        "{said}"
    );
    let taken = lock(&outage.taken);
    let times = taken
        .series
        .iter()
        .find(|(series, _)| series.starts_with("probe_attempts"));
    let times = times.expect("it is there").1;
    assert!(
        times.len() == 3 && times.is_sorted() && times[0] >= from,
        "{times:?}"
    );
}
