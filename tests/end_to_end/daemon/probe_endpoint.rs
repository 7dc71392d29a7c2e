//! `/probe`, as users of blackbox_exporter know it.

use freshwatch_agent::clock;
use freshwatch_tests::daemon::{Daemon, Files, Reply, Series, Target};
use jiff::SignedDuration;

/// A daemon with the module `price`, which never runs by itself, and another server to aim it at.
struct Scene {
    daemon: Daemon,
    other: Target,
    _own: Target,
    _files: Files,
}

impl Scene {
    async fn set(is_allowed: bool) -> Self {
        let (own, other) = (Target::start().await, Target::start().await);
        let files = Files::new(&own.probe("price", "cron: 0 0 29 2 *\nquery: {region: seoul}"));
        let mut settings = Daemon::of(&files);
        if is_allowed {
            settings = settings
                .with_flag("--allow-probe-endpoint")
                .with("--probe-targets", "127.0.0.1");
        }
        Self {
            daemon: settings.start().await,
            other,
            _own: own,
            _files: files,
        }
    }

    async fn probe(&self, target: &str, module: &str, headers: &[(&str, &str)]) -> Reply {
        let asked = format!("/probe?target={target}&module={module}");
        self.daemon.ask("GET", &asked, headers).await
    }
}

#[tokio::test]
async fn it_is_off_unless_it_is_allowed() {
    let scene = Scene::set(false).await;
    let reply = scene.probe(&scene.other.url("/price"), "price", &[]).await;
    assert_eq!(reply.status, 403);
    assert!(
        reply
            .body
            .contains("`--allow-probe-endpoint --probe-targets HOST,…`"),
        "{reply:?}"
    );
    assert_eq!(scene.other.arrivals("/price").len(), 0);
}

#[tokio::test]
async fn a_target_takes_the_place_of_the_origin_or_of_the_url() {
    let scene = Scene::set(true).await;
    let reply = scene.probe(&scene.other.authority(), "price", &[]).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(
        Series::of_page(&reply.body).value("probe_success", &[]),
        Some(1.0)
    );
    let asked = scene.other.arrivals("/price");
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].request.target, "/price?region=seoul");
    scene.probe(&scene.other.url("/other"), "price", &[]).await;
    assert_eq!(scene.other.arrivals("/other").len(), 1);
    // What was asked for here is nobody's promise.
    let series = scene.daemon.series().await;
    assert_eq!(series.runs("price"), 0.0);
    assert_eq!(series.value("probe_success", &[("probe", "price")]), None);
}

#[tokio::test]
async fn nobody_else_is_asked() {
    let scene = Scene::set(true).await;
    let port = scene.other.url("").rsplit(':').next().map(str::to_owned);
    let localhost = format!("http://localhost:{}/price", port.unwrap_or_default());
    for target in [localhost.as_str(), "http://127.0.0.1.example/", "192.0.2.1"] {
        let reply = scene.probe(target, "price", &[]).await;
        assert_eq!(reply.status, 403, "{target}: {reply:?}");
    }
    assert_eq!(scene.other.arrivals("/price").len(), 0);
    let unknown = scene.probe(&scene.other.authority(), "prise", &[]).await;
    assert_eq!(
        (unknown.status, unknown.body.as_str()),
        (404, "no probe is named `prise`; did you mean `price`?\n")
    );
}

#[tokio::test]
async fn it_answers_before_the_scraper_gives_up() {
    let scene = Scene::set(true).await;
    scene.other.hold("/price");
    let asked = clock::now();
    let timeout = [("x-prometheus-scrape-timeout-seconds", "1")];
    let reply = scene.probe(&scene.other.authority(), "price", &timeout).await;
    let took = clock::now().duration_since(asked);
    let series = Series::of_page(&reply.body);
    assert_eq!(series.value("probe_success", &[]), Some(0.0), "{reply:?}");
    assert_eq!(
        series.value("probe_reason_info", &[("reason", "timeout")]),
        Some(1.0)
    );
    // The probe's own timeout is 15 s.
    assert!(took < SignedDuration::from_secs(5), "{took}");
}
