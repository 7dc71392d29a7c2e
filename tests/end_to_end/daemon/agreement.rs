//! `/metrics` and the push are held against each other, as both reach those who ask.

use freshwatch_tests::daemon::{Daemon, Files, Series, Target, within};
use freshwatch_tests::receiver::Receiver;

use super::watching::{probes_of_each_verdict, stand_still_after};

#[tokio::test]
async fn what_is_pushed_is_what_metrics_shows() {
    let target = Target::start().await;
    let receiver = Receiver::start([]).await;
    let files = Files::new(&probes_of_each_verdict(&target));
    let daemon = Daemon::of(&files).pushing_to(&receiver, 1000).start().await;
    stand_still_after(&target, 2).await;
    // A push tells how many were accepted before it, so the page is read between the two.
    let pushes = receiver.requests().len() + 1;
    let pushed = |nth| {
        within(receiver.request(nth), || {
            format!("{} pushes came", receiver.requests().len())
        })
    };
    pushed(pushes).await;
    let accepted = f64::from(u32::try_from(pushes).expect("few pushes"));
    let page = daemon
        .series_when(|page| {
            page.value("freshwatch_export_batches_total", &[("outcome", "accepted")]) == Some(accepted)
        })
        .await;
    let push = Series::pushed(&pushed(pushes + 1).await);
    let differences = (page.beyond(&push), push.beyond(&page));
    assert_eq!(differences, (Vec::new(), Vec::new()), "page and push differ");
    assert!(page.len() > 250, "{}", page.len());
    // The comparison held counters, histograms and what is absent.
    assert!(push.runs("stale") >= 2.0);
    assert!(push.value("probe_run_duration_seconds_count", &[("probe", "down")]) >= Some(2.0));
    assert_eq!(push.value("probe_success", &[("probe", "unknown")]), None);
}
