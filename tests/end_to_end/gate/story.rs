//! The end of the story: the batch stops. What depends on its data is not deployed, and everything else is.

use std::fmt::Write as _;

use freshwatch_agent::clock;
use freshwatch_tests::program::{program, run};
use freshwatch_tests::prometheus::Prometheus;
use freshwatch_tests::unpacked::or_skip;

use super::{file, gate};

/// Noon of the 21st, when the data is fresh, and noon of the next day, when it has been stale for 14 hours.
const BEFORE: (&str, u64) = ("2026-11-21T12:00:00Z", 1_795_262_400);
const AFTER: (&str, u64) = ("2026-11-22T12:00:00Z", 1_795_348_800);

/// What the rules have recorded of a probe that runs once a minute, and what it said last.
fn samples() -> String {
    let mut text = String::new();
    let mut family = |name: &str, samples: &[(&str, &str, &str)]| {
        writeln!(text, "# TYPE {name} gauge").expect("a text takes all");
        for (labels, before, after) in samples {
            for (value, (_, at)) in [(before, BEFORE), (after, AFTER)] {
                writeln!(text, "{name}{{probe=\"real-price\",{labels}}} {value} {at}")
                    .expect("a text takes all");
            }
        }
    };
    let (up, fresh) = (r#"promise="up",window="30d""#, r#"promise="fresh",window="30d""#);
    family(
        "probe_promise:bad_runs:sum",
        &[(up, "3", "3"), (fresh, "12", "852")],
    );
    family(
        "probe_promise:counted_runs:sum",
        &[(up, "43200", "43200"), (fresh, "43190", "43190")],
    );
    family(
        "probe_promise:objective:ratio",
        &[(up, "0.999", "0.999"), (fresh, "0.99", "0.99")],
    );
    family(
        "probe_promise:burn_rate:ratio_6h",
        &[(up, "0", "0"), (fresh, "0", "100")],
    );
    family(
        "probe_verdict",
        &[
            (r#"verdict="ok""#, "1", "0"),
            (r#"verdict="stale""#, "0", "1"),
            (r#"verdict="down""#, "0", "0"),
        ],
    );
    text + "# EOF\n"
}

/// A change of the code that serves prices: the service has to be up, however old the data is.
const CODE: &str = "budget: {budget_left: up, probe: real-price, above: 10%}\n\
                    burn: {burn_rate: up, over: 6h, probe: real-price, below: 6}\n\
                    answers: {last_verdict: [ok, degraded, stale], probe: real-price}";

/// A change of the model that is trained on the prices: with old data it would learn the wrong thing.
const MODEL: &str = "budget: {budget_left: fresh, probe: real-price, above: 10%}\n\
                     burn: {burn_rate: fresh, over: 6h, probe: real-price, below: 6}\n\
                     data: {last_verdict: [ok, degraded], probe: real-price}";

#[tokio::test]
async fn stale_data_blocks_what_depends_on_it_and_nothing_else() {
    let setup = Prometheus::configured("").holding(&samples());
    let Some(prometheus) = or_skip(setup.start(&[])) else {
        return;
    };
    for (what, conditions, (now, _), code, rows) in [
        ("code before", CODE, BEFORE, 0, "93.06% 0 ok"),
        ("model before", MODEL, BEFORE, 0, "97.22% 0 ok"),
        ("code after", CODE, AFTER, 0, "93.06% 0 stale"),
        ("model after", MODEL, AFTER, 1, "-97.27% 100 stale"),
    ] {
        let text = file(&prometheus.url(""), conditions);
        let gated = gate(&text, |command| {
            command.args(["--now", now, "--format", "json"]);
        })
        .await;
        assert_eq!(gated.code, Some(code), "{what}: {gated:?}");
        let document = gated.document();
        let conditions = document["conditions"].as_array().unwrap().iter();
        let shown = conditions.map(|of| of["findings"][0]["shown"].as_str().unwrap());
        assert_eq!(shown.collect::<Vec<_>>().join(" "), rows, "{what}: {document:#}");
    }
}

const PROBES: &str = "probes:
  real-price:
    get: https://api.example.com/real-price
    every: 1m
    fresh: {at: $.updatedAt, max_age: 2d}
    slo: {up: 99.9%, fresh: 99%}
    labels: {team: prices}
";

/// Six hours of a probe that runs once a minute, until now; for the last three its data is stale.
fn runs() -> String {
    let now = clock::now().as_second();
    let mut text = String::from("# TYPE probe_verdict gauge\n");
    for verdict in ["ok", "degraded", "stale", "invalid", "down", "unknown"] {
        for ago in (0..360).rev() {
            let is_this = verdict == if ago < 180 { "stale" } else { "ok" };
            let (value, at) = (u8::from(is_this), now - 60 * ago);
            writeln!(
                text,
                "probe_verdict{{probe=\"real-price\",team=\"prices\",verdict=\"{verdict}\"}} {value} {at}"
            )
            .expect("a text takes all");
        }
    }
    text + "# EOF\n"
}

#[tokio::test]
async fn the_gate_reads_what_the_generated_rules_record() {
    let folder = tempfile::tempdir().unwrap();
    let (probes, rules) = (
        folder.path().join("probes.yaml"),
        folder.path().join("rules.yaml"),
    );
    std::fs::write(&probes, PROBES).unwrap();
    let mut command = program();
    command
        .args(["generate", "rules", "--mode", "cronjob"])
        .arg(&probes);
    let generated = run(command).await;
    assert!(generated.status.success(), "{generated:?}");
    let text = String::from_utf8(generated.stdout).unwrap();
    std::fs::write(&rules, text.replace("interval: 1m", "interval: 200ms")).unwrap();
    let configuration = format!("rule_files: [\"{}\"]\n", rules.display());
    let setup = Prometheus::configured(&configuration).holding(&runs());
    let Some(prometheus) = or_skip(setup.start(&[])) else {
        return;
    };
    prometheus.query_when("probe_promise:burn_rate:ratio_6h", |recorded| recorded.len() == 2);
    prometheus.query_when("probe_promise:counted_runs:sum", |recorded| recorded.len() == 2);

    let url = prometheus.url("");
    let code = gate(&file(&url, CODE), |_| {}).await;
    assert_eq!(code.code, Some(0), "{code:?}");
    let model = gate(
        &file(
            &url,
            &MODEL.replace("probe: real-price", "labels: {team: prices}"),
        ),
        |_| {},
    )
    .await;
    assert_eq!(model.code, Some(1), "{model:?}");
    // 180 of 360 runs are stale, where a hundredth may be.
    assert_eq!(
        model.rows(),
        [
            "block budget: real-price -4900% above 10% -4900% of the budget of `fresh` is left (180 of 3.6 bad runs are \
             spent), not above 10%",
            "block burn: real-price 50 below 6 over 6h the budget of `fresh` burns at 50 times its even rate, not below 6",
            "block data: real-price stale ok or degraded the last verdict is stale, not ok or degraded",
        ]
    );
}
