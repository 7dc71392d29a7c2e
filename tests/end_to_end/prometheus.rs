//! What a real Prometheus makes of what is pushed, through vmagent: that of Debian takes no OTLP itself.

#![expect(clippy::float_cmp, reason = "zeros, ones and counts are whole numbers")]

mod dashboards;
mod late;
mod one_shot;

use freshwatch_tests::daemon::{Daemon, Files, Target};
use freshwatch_tests::prometheus::{Prometheus, Sample};
use freshwatch_tests::rotel::Rotel;
use freshwatch_tests::unpacked::or_skip;
use freshwatch_tests::vmagent::VmAgent;

/// A daemon that pushes every 200 ms, and what takes it.
struct Scene {
    prometheus: Prometheus,
    _on_the_way: (VmAgent, Option<Rotel>),
    target: Target,
    files: Files,
    daemon: Daemon,
}

impl Scene {
    /// One that runs these probes every second; `None` when a receiver is missing.
    async fn of(probes: &[&str]) -> Option<Self> {
        let prometheus = or_skip(Prometheus::start(&[]))?;
        let agent = or_skip(VmAgent::writing_to(&prometheus))?;
        Some(Self::pushing_through(agent, None, prometheus, probes).await)
    }

    /// The same with a collector in between.
    async fn through_a_collector(probes: &[&str]) -> Option<Self> {
        let prometheus = or_skip(Prometheus::start(&[]))?;
        let agent = or_skip(VmAgent::writing_to(&prometheus))?;
        let collector = or_skip(Rotel::passing_on_to(&agent.endpoint()))?;
        Some(Self::pushing_through(agent, Some(collector), prometheus, probes).await)
    }

    async fn pushing_through(
        agent: VmAgent,
        collector: Option<Rotel>,
        prometheus: Prometheus,
        probes: &[&str],
    ) -> Self {
        let endpoint = collector
            .as_ref()
            .map_or_else(|| agent.endpoint(), Rotel::over_http);
        let target = Target::start().await;
        let files = Files::new(&every_second(&target, probes));
        let settings = Daemon::of(&files)
            .with("--otlp-endpoint", &endpoint)
            .with("--instance", "prober-1")
            .with("--location", "seoul")
            .with_variable("OTEL_METRIC_EXPORT_INTERVAL", "200");
        Self {
            prometheus,
            _on_the_way: (agent, collector),
            target,
            files,
            daemon: settings.start().await,
        }
    }

    /// Waits until so many more runs of a probe have ended, and what they told has been delivered.
    async fn runs(&self, probe: &str, count: u32) {
        let goal = self.daemon.series().await.runs(probe) + f64::from(count);
        self.daemon.series_when(|series| series.runs(probe) >= goal).await;
        self.daemon.delivered().await;
    }

    /// Waits until the answer to a query are these values, by the values of a label.
    #[track_caller]
    fn becomes(&self, query: &str, label: &str, expected: &[(&str, f64)]) {
        let is_expected = |samples: &[Sample]| {
            let pairs = samples.iter().map(|sample| (sample.label(label), sample.value));
            pairs.eq(expected.iter().copied())
        };
        self.prometheus.query_when(query, is_expected);
    }
}

fn every_second(target: &Target, probes: &[&str]) -> String {
    let probe = |name: &&str| target.probe(name, "every: 1s\nlabels: {team: prices}");
    probes.iter().map(probe).collect()
}

/// The only value of a result.
#[track_caller]
fn only(samples: &[Sample]) -> f64 {
    assert_eq!(samples.len(), 1, "{samples:#?}");
    samples[0].value
}
