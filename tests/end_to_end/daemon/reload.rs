//! The probe files change while it runs.

use freshwatch_tests::daemon::{ConfigMap, Daemon, Files, Series, Signal, Target, within};
use freshwatch_tests::receiver::Receiver;
use serde_json::json;

use super::grid::check_every_slot;

/// In so many pushes after a reload, one has to mark what has ended: one is on its way, the next one does.
const MOST_PUSHES: usize = 20;

/// Two sets of probes: one stays, one changes, one goes, one comes.
fn sets(target: &Target) -> (String, String) {
    let stays = target.probe("stays", "every: 1s");
    let changes = |team| target.probe("changes", &format!("every: 1s\nlabels: {{team: {team}}}"));
    let before = stays.clone() + &changes("a") + &target.probe("goes", "every: 1s");
    let after = stays + &changes("b") + &target.probe("comes", "every: 1s");
    (before, after)
}

/// A daemon, and what it watches and tells.
struct Scene {
    target: Target,
    receiver: Receiver,
    daemon: Daemon,
}

impl Scene {
    /// Checks what a reload to the second set leaves.
    async fn check(&self, reload: impl AsyncFnOnce(&Daemon)) {
        let Self {
            target,
            receiver,
            daemon,
        } = self;
        for path in ["/stays", "/changes", "/goes"] {
            target.asked(path, 2).await;
        }
        let all_ran = |series: &Series| {
            ["stays", "changes", "goes"]
                .iter()
                .all(|name| series.runs(name) >= 2.0)
        };
        let before = daemon.series_when(all_ran).await;
        let since = self.counted_since("stays").await;
        let pushes = receiver.requests().len();
        within(receiver.request(pushes + 1), || "no push".to_owned()).await;

        reload(daemon).await;
        let told = daemon.log.line("probe files loaded again: ").await;
        assert!(
            told.contains("added comes, changed changes, removed goes; 1 probe unchanged"),
            "{told}"
        );
        let after = daemon.series().await;
        assert_eq!(after.value("freshwatch_probes", &[]), Some(3.0));
        assert_eq!(
            after.value("freshwatch_config_last_reload_successful", &[]),
            Some(1.0)
        );
        assert_eq!(after.count(&[("probe", "goes")]), 0);
        assert_eq!(after.count(&[("probe", "changes"), ("team", "a")]), 0);
        assert!(after.runs("stays") >= before.runs("stays"));
        assert!(after.value("probe_success", &[("probe", "stays")]).is_some());
        // The counts of a probe that promises something else go on.
        assert!(after.runs("changes") >= before.runs("changes"));
        assert_eq!(self.counted_since("stays").await, since);
        self.check_ended(pushes).await;

        target.asked("/comes", 1).await;
        let asked = target.arrivals("/stays").len();
        check_every_slot(&target.asked("/stays", asked + 1).await, 1);
        daemon
            .series_when(|series| series.value("probe_success", &[("probe", "comes")]) == Some(1.0))
            .await;
    }

    /// Checks that a push behind the nth one marks as ended what is gone, and that no later one carries it.
    async fn check_ended(&self, behind: usize) {
        let push = async |nth| within(self.receiver.request(nth), || format!("no push {nth}")).await;
        let mut nth = behind + 1;
        while Series::ended_in(&push(nth).await).is_empty() {
            nth += 1;
            assert!(nth < behind + MOST_PUSHES, "no push marks an end");
        }
        let (marking, next) = (push(nth).await, push(nth + 1).await);
        let ended = Series::ended_in(&marking);
        let goes = [("probe", "goes")];
        assert_eq!(ended.value("probe_success", &goes), Some(0.0));
        assert_eq!(ended.value("probe_run_duration_seconds", &goes), Some(0.0));
        let ok = [("probe", "goes"), ("verdict", "ok")];
        assert_eq!(ended.value("probe_runs_total", &ok), Some(0.0));
        assert_eq!(ended.value("probe_success", &[("team", "a")]), Some(0.0));
        assert_eq!(ended.count(&[("probe", "stays")]), 0, "{ended:#?}");
        assert_eq!(Series::pushed(&marking).count(&goes), 0);
        assert_eq!(Series::pushed(&next).count(&goes), 0);
        assert_eq!(Series::ended_in(&next).count(&goes), 0, "an end comes once");
    }

    async fn counted_since(&self, probe: &str) -> String {
        let shown = self.daemon.get(&format!("/api/v1/probes/{probe}")).await.json();
        shown["probe"]["counts"]["since"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }
}

async fn scene_of_a_file(watch_interval: &str) -> (Scene, Files, String) {
    let target = Target::start().await;
    let receiver = Receiver::start([]).await;
    let (before, after) = sets(&target);
    let files = Files::new(&before);
    let settings = Daemon::of(&files).with("--watch-interval", watch_interval);
    let daemon = settings.pushing_to(&receiver, 200).start().await;
    let scene = Scene {
        target,
        receiver,
        daemon,
    };
    (scene, files, after)
}

#[tokio::test]
async fn on_sighup() {
    let (scene, files, after) = scene_of_a_file("0s").await;
    let reload = async |daemon: &Daemon| {
        files.write(&after);
        daemon.signal(Signal::SIGHUP);
    };
    scene.check(reload).await;
}

#[tokio::test]
async fn on_a_post() {
    let (scene, files, after) = scene_of_a_file("0s").await;
    let reload = async |daemon: &Daemon| {
        files.write(&after);
        let reply = daemon.ask("POST", "/-/reload", &[]).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        let told = reply.json();
        assert_eq!(
            told["message"],
            "1 probe added, 1 changed, 1 removed, 1 unchanged"
        );
        assert_eq!(told["added"], json!(["comes"]));
        assert_eq!(told["removed"], json!(["goes"]));
    };
    scene.check(reload).await;
}

#[tokio::test]
async fn when_a_file_is_saved() {
    let (scene, files, after) = scene_of_a_file("100ms").await;
    scene.check(async |_: &Daemon| files.write(&after)).await;
}

#[tokio::test]
async fn when_a_config_map_is_swapped() {
    let target = Target::start().await;
    let receiver = Receiver::start([]).await;
    let (before, after) = sets(&target);
    let map = ConfigMap::new(&before);
    let settings = Daemon::of_config_map(&map).with("--watch-interval", "100ms");
    let daemon = settings.pushing_to(&receiver, 200).start().await;
    let scene = Scene {
        target,
        receiver,
        daemon,
    };
    scene.check(async |_: &Daemon| map.swap(&after)).await;
}

#[tokio::test]
async fn with_mistakes_the_probes_from_before_go_on() {
    let target = Target::start().await;
    let good = target.probe("a", "every: 1s");
    let files = Files::new(&good);
    let daemon = Daemon::of(&files).start().await;
    target.asked("/a", 1).await;
    let successful = async || {
        let series = daemon.series().await;
        series.value("freshwatch_config_last_reload_successful", &[])
    };
    let success = "freshwatch_config_last_reload_success_timestamp_seconds";
    let loaded = daemon.series().await.value(success, &[]);
    assert_eq!(successful().await, Some(1.0));

    files.write(&(good.clone() + &target.probe("b", "evry: 1s")));
    let reply = daemon.ask("POST", "/-/reload", &[]).await;
    assert_eq!(reply.status, 422);
    let picture = [
        "error[unknown_key]",
        "probes.yaml:9:5",
        "9 |     evry: 1s",
        "^^^^",
        "did you mean `every`?",
    ];
    for part in picture {
        assert!(reply.body.contains(part), "{part}: {}", reply.body);
    }
    assert!(
        reply
            .body
            .ends_with("nothing was reloaded: the probes from before go on\n"),
        "{}",
        reply.body
    );
    assert_eq!(successful().await, Some(0.0));
    assert_eq!(daemon.series().await.value(success, &[]), loaded);
    daemon
        .log
        .line("probe files not loaded again: 1 mistake; those loaded before stay in force")
        .await;
    let line = daemon.log.line("unknown_key").await;
    assert!(
        line.contains("probes.yaml:9:5: a probe has no key `evry` (did you mean `every`?)"),
        "{line}"
    );
    let asked = target.arrivals("/a").len();
    target.asked("/a", asked + 1).await;
    assert_eq!(daemon.series().await.value("freshwatch_probes", &[]), Some(1.0));

    files.write(&(good + &target.probe("b", "every: 1s")));
    assert_eq!(daemon.ask("POST", "/-/reload", &[]).await.status, 200);
    assert_eq!(successful().await, Some(1.0));
    assert!(daemon.series().await.value(success, &[]) > loaded);
    target.asked("/b", 1).await;
    check_every_slot(&target.arrivals("/a"), 1);
}
