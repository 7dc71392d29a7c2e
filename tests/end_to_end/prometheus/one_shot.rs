//! What is left of a run that pushes once and ends, as a CronJob's does.

use freshwatch_agent::clock;
use freshwatch_tests::checked::check;
use freshwatch_tests::daemon::Target;
use freshwatch_tests::prometheus::Prometheus;
use freshwatch_tests::server;
use freshwatch_tests::unpacked::or_skip;
use freshwatch_tests::vmagent::VmAgent;
use jiff::SignedDuration;

use super::only;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_make_one_series_that_is_seen_for_five_minutes_and_counted_for_longer() {
    let Some(prometheus) = or_skip(Prometheus::start(&[])) else {
        return;
    };
    let Some(agent) = or_skip(VmAgent::writing_to(&prometheus)) else {
        return;
    };
    let target = Target::start().await;
    let probes = format!("probes:\n{}", target.probe("price", ""));
    let unavailable = server::answer("503 Service Unavailable", &[], "");
    for (answer, code) in [(server::json("{}"), 0), (unavailable, 2)] {
        target.answer("/price", answer);
        let checked = check(&probes, &agent.endpoint()).await;
        assert_eq!(checked.code, Some(code), "{}", checked.printed);
    }
    prometheus.query_when("count_over_time(probe_success[1m])", |samples| {
        samples.len() == 1 && samples[0].value == 2.0
    });

    let ran = clock::now();
    let after = |minutes| ran + SignedDuration::from_mins(minutes);
    assert_eq!(only(&prometheus.query_at("probe_success", after(4))), 0.0);
    assert_eq!(prometheus.query_at("probe_success", after(6)), []);
    assert_eq!(
        only(&prometheus.query_at("last_over_time(probe_success[15m])", after(6))),
        0.0
    );
    let silence = "time() - max_over_time(probe_last_run_timestamp_seconds[1d])";
    let silence = only(&prometheus.query_at(silence, after(30)));
    assert!((1800.0..1900.0).contains(&silence), "{silence}");
    let ratio = "sum(sum_over_time(probe_success[1h])) / sum(count_over_time(probe_success[1h]))";
    assert_eq!(only(&prometheus.query_at(ratio, after(30))), 0.5);
    assert_eq!(
        prometheus.query_at("last_over_time(probe_runs_total[1h])", after(30)),
        []
    );
}
