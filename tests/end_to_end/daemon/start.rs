//! What is told before anything runs.

use freshwatch_tests::daemon::{Daemon, Files, Target};
use tokio::net::TcpListener;

#[tokio::test]
async fn it_is_healthy_and_ready() {
    let target = Target::start().await;
    let files = Files::new(&target.probe("a", "every: 1s"));
    let daemon = Daemon::of(&files).start().await;
    target.asked("/a", 1).await;
    let (healthy, ready) = (daemon.get("/-/healthy").await, daemon.get("/-/ready").await);
    assert_eq!((healthy.status, ready.status), (200, 200));
    assert_eq!(ready.body, "freshwatch is ready: the schedule runs\n");
    let metrics = daemon.get("/metrics").await;
    assert_eq!(metrics.content_type, "text/plain; version=0.0.4; charset=utf-8");
}

#[tokio::test]
async fn it_can_do_without_endpoints() {
    let target = Target::start().await;
    let files = Files::new(&target.probe("a", "every: 1s"));
    let daemon = Daemon::of(&files).with("--listen", "none").spawn();
    target.asked("/a", 2).await;
    assert_eq!(daemon.log.with("address"), Vec::<String>::new());
}

#[tokio::test]
async fn an_address_in_use_is_told_with_the_remedy() {
    let target = Target::start().await;
    let files = Files::new(&target.probe("a", "every: 1s"));
    let taken = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = taken.local_addr().expect("a bound address").to_string();
    let daemon = Daemon::of(&files).with("--listen", &address).spawn();
    let (code, lines) = daemon.ended().await;
    assert_eq!(code, Some(64));
    let told = lines.last().expect("a sentence").replace(&address, "ADDRESS");
    assert_eq!(
        told,
        "error: cannot listen on `ADDRESS`: address in use; end what listens there (another `freshwatch run`?), or take \
         another port: `--listen 127.0.0.1:4172`, or do without endpoints: `--listen none`"
    );
    assert_eq!(target.arrivals("/a").len(), 0);
}

#[tokio::test]
async fn files_with_mistakes_are_told_before_anything_runs() {
    let target = Target::start().await;
    let files = Files::new(&(target.probe("a", "every: 1s") + &target.probe("b", "evry: 1s")));
    let (code, lines) = Daemon::of(&files).spawn().ended().await;
    assert_eq!(code, Some(78));
    let told = lines.join("\n");
    assert!(
        told.starts_with("error[unknown_key]: a probe has no key `evry`"),
        "{told}"
    );
    assert!(
        told.contains("probes.yaml:9:5") && told.contains("help: did you mean `every`?"),
        "{told}"
    );
    assert!(told.ends_with("1 mistake; nothing is watched"), "{told}");
    assert_eq!(target.arrivals("/a").len(), 0);
}
