//! `freshwatch generate cronjobs`.

use std::fs;
use std::path::Path;
use std::process::Output;

use freshwatch_tests::program::program;
use freshwatch_tests::unpacked::shipped;
use serde_json::Value;
use tempfile::TempDir;

use super::manifests::{of_kind, strictly};
use super::printed;

/// A folder with these files.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    folder
}

fn generate(folder: &Path, arguments: &[&str]) -> Output {
    let mut program = program();
    program
        .args(["generate", "cronjobs"])
        .args(arguments)
        .current_dir(folder);
    program.output().expect("it starts")
}

/// Standard output and standard error for a file of this text.
#[track_caller]
fn generated(text: &str, arguments: &[&str]) -> (Vec<Value>, String) {
    let folder = folder(&[("probes/a.yaml", text)]);
    let output = generate(folder.path(), arguments);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    (strictly(&printed(&output)), told)
}

#[track_caller]
fn check_schedule(when: &str, expected: (&str, &str)) {
    let (documents, _) = generated(
        &format!("probes:\n  price:\n    get: http://a.test/\n    {when}\n"),
        &["--otlp-endpoint", "http://collector:4318"],
    );
    let spec = &of_kind(&documents, "CronJob")["spec"];
    let schedule = (spec["schedule"].as_str(), spec["timeZone"].as_str());
    assert_eq!(schedule, (Some(expected.0), Some(expected.1)), "{when}");
}

const PRICES: &str = "\
probes:
  price:
    description: Prices as the ministry has them
    get: https://api.example.com/price
    every: 5m
    timeout: 12s
    auth: {bearer: \"${env:API_TOKEN}\"}
    headers: {x-key: \"${file:/run/keys/price}\"}
    tls: {ca: company.pem}
    expect: {schema: schemas/price.json}
  nightly:
    get: \"https://${env:HOST}/nightly\"
    cron: 0 6 * * 1-7
    timezone: Asia/Seoul
    enabled: false
";

#[test]
fn each_probe_becomes_a_cron_job_and_the_files_a_config_map() {
    let folder = folder(&[
        ("probes/prices.yaml", PRICES),
        ("probes/schemas/price.json", "{}"),
    ]);
    let output = generate(
        folder.path(),
        &[
            "--image",
            "registry.test/freshwatch:1",
            "--otlp-endpoint",
            "http://collector:4318",
            "--location",
            "seoul",
            "--namespace",
            "watch",
        ],
    );
    let yaml = printed(&output);
    strictly(&yaml);
    let yaml = yaml.replace(env!("CARGO_PKG_VERSION"), "VERSION");
    insta::assert_snapshot!(yaml);
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "note: the Secret `freshwatch` must have: API_TOKEN, HOST, company.pem, run.keys.price\n"
    );
    assert_eq!(
        generate(folder.path(), &[]).stdout,
        generate(folder.path(), &[]).stdout
    );
}

#[test]
fn what_must_outlive_a_run_is_on_a_claim() {
    let text = "probes: {offset: {get: 'http://a.test/', fresh: {advances: $.offset, max_age: 1h}}}";
    let (documents, _) = generated(text, &["--state-claim", "kept"]);
    let pod = &of_kind(&documents, "CronJob")["spec"]["jobTemplate"]["spec"]["template"]["spec"];
    let arguments = pod["containers"][0]["args"].to_string();
    assert!(
        arguments.contains(
            r#""--state","/var/lib/freshwatch/offset.db","--queue-dir","/var/lib/freshwatch/queue/offset""#
        ),
        "{arguments}"
    );
    assert_eq!(pod["volumes"][1]["persistentVolumeClaim"]["claimName"], "kept");

    let folder = folder(&[("probes/a.yaml", text)]);
    let output = generate(folder.path(), &[]);
    assert_eq!(output.status.code(), Some(78));
    assert_eq!(output.stdout, b"");
    insta::assert_snapshot!(String::from_utf8_lossy(&output.stderr), @r"
    error: offset: it remembers from run to run what must move on, and nothing of a pod outlives it: name a PersistentVolumeClaim with `--state-claim`
    nothing was written
    ");
}

#[test]
fn schedules_are_the_daemons_to_the_minute() {
    check_schedule("every: 1m", ("* * * * *", "Etc/UTC"));
    check_schedule("every: 5m", ("4-59/5 * * * *", "Etc/UTC"));
    check_schedule("every: 1h", ("58 * * * *", "Etc/UTC"));
    check_schedule("every: 6h", ("52 5-23/6 * * *", "Etc/UTC"));
    check_schedule("every: 1d", ("29 23 * * *", "Etc/UTC"));
    check_schedule("every: 1w", ("23 20 * * 3", "Etc/UTC"));
    check_schedule("cron: '@daily'", ("0 0 * * *", "Etc/UTC"));
    check_schedule(
        "{cron: 0 9 * * 7, timezone: Asia/Seoul}"
            .trim_matches(['{', '}'])
            .replace(", ", "\n    ")
            .as_str(),
        ("0 9 * * 0", "Asia/Seoul"),
    );
}

/// The minute that a CronJob has is the one in which the daemon starts the probe.
#[test]
fn the_daemon_starts_in_the_same_minute() {
    let folder = folder(&[(
        "probes/a.yaml",
        "probes: {price: {get: 'http://a.test/', every: 1h}}",
    )]);
    let mut explain = program();
    explain.args([
        "explain",
        "price",
        "--offline",
        "--format",
        "json",
        "--now",
        "2026-11-22T00:00:00Z",
    ]);
    let told = explain.current_dir(folder.path()).output().expect("it starts");
    let told = printed(&told);
    let documents = strictly(&printed(&generate(folder.path(), &[])));
    let line = of_kind(&documents, "CronJob")["spec"]["schedule"]
        .as_str()
        .expect("a line")
        .to_owned();
    let minute: u32 = line
        .split(' ')
        .next()
        .and_then(|minute| minute.parse().ok())
        .expect("a minute");
    assert!(told.contains(&format!("T00:{minute:02}:")), "{line}\n{told}");
}

#[track_caller]
fn refused(text: &str) -> String {
    let folder = folder(&[("probes/a.yaml", text)]);
    let output = generate(folder.path(), &["--state-claim", "kept"]);
    assert_eq!(
        (output.status.code(), output.stdout.as_slice()),
        (Some(78), [].as_slice())
    );
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn what_no_cron_job_can_do_is_said_of_all_probes_at_once() {
    let text = "\
probes:
  often: {get: 'http://a.test/', every: 30s}
  odd: {get: 'http://a.test/', every: 90m}
  both: {get: 'http://a.test/', cron: 0 9 */2 * mon}
  token: {get: 'http://a.test/', auth: {bearer: '${file:../token}'}}
  root: {get: 'http://a.test/', auth: {bearer: '${file:/token}'}}
";
    insta::assert_snapshot!(refused(text), @r"
    error: token: `probes/../token` lies outside of the folder of the probe files: name it by an absolute path, at which a Secret is mounted
    error: `/token` lies in `/`, and a Secret is mounted in the place of a folder: let it lie in one of its own
    error: often: `every: 30s` does not come out even in a CronJob's schedule: write `every: 1m`, or a `cron` line, or run it with `freshwatch run`
    error: odd: `every: 1h30m` does not come out even in a CronJob's schedule: write `every: 1h` or `every: 2h`, or a `cron` line, or run it with `freshwatch run`
    error: both: `0 9 */2 * mon` runs on days that `*/2` and `mon` both name, and Kubernetes would run it on those that either names: leave one of the two fields `*`
    nothing was written
    ");
}

#[test]
fn wrong_names_and_verdicts_are_wrong_use() {
    for arguments in [
        ["--namespace", "Monitoring"],
        ["--secret", "a/b"],
        ["--config-map", ""],
        ["--state-claim", "-a"],
        ["--fail-on", "dwon"],
    ] {
        let folder = folder(&[("probes/a.yaml", "probes: {a: {get: 'http://a.test/'}}")]);
        assert_eq!(
            generate(folder.path(), &arguments).status.code(),
            Some(64),
            "{arguments:?}"
        );
    }
}

#[test]
fn a_long_name_is_cut_and_stays_its_own() {
    let long = "a".repeat(63);
    let text = format!(
        "probes: {{{long}: {{get: 'http://a.test/'}}, {}b: {{get: 'http://a.test/'}}}}",
        &long[1..]
    );
    let (documents, _) = generated(&text, &[]);
    let names: Vec<&str> = documents
        .iter()
        .filter_map(|document| document["metadata"]["name"].as_str())
        .collect();
    assert_eq!(names.len(), 3);
    assert!(names.iter().all(|name| name.len() <= 52), "{names:?}");
    assert_ne!(names[1], names[2]);
}

/// All but those of the demo, which run every two seconds.
#[test]
fn the_probes_that_ship_become_cron_jobs() {
    let probes = fs::read_dir(shipped("probes")).expect("a folder");
    let probes = probes.map(|entry| entry.expect("an entry").path());
    let recipes = probes
        .filter(|path| path.extension().is_some_and(|end| end == "yaml") && !path.ends_with("demo.yaml"));
    let mut program = program();
    program
        .args(["generate", "cronjobs", "--state-claim", "kept"])
        .args(recipes);
    let output = program.output().expect("it starts");
    let documents = strictly(&printed(&output));
    assert!(documents.len() > 15, "{}", documents.len());
}
