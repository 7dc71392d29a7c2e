//! Alertmanager's configuration, and the rules for several locations.

use freshwatch_tests::prometheus::promtool;
use freshwatch_tests::unpacked::{or_skip, shipped};

use super::{kubernetes_tool, printed};

/// Whom an alert with these labels goes to.
#[track_caller]
fn check_route(labels: &[&str], receiver: &str) {
    let configuration = format!("--config.file={}", shipped("deploy/alertmanager.yml").display());
    let mut arguments = vec!["config", "routes", "test", &configuration];
    arguments.extend(labels);
    if let Some(output) = or_skip(kubernetes_tool("amtool", &arguments)) {
        assert_eq!(printed(&output).trim(), receiver, "{labels:?}");
    }
}

#[test]
fn alertmanager_takes_its_configuration() {
    let file = shipped("deploy/alertmanager.yml");
    if let Some(output) = or_skip(kubernetes_tool(
        "amtool",
        &["check-config".as_ref(), file.as_os_str()],
    )) {
        printed(&output);
    }
}

#[test]
fn alerts_go_to_those_who_can_do_something_about_them() {
    check_route(&["team=on-call", "severity=page"], "on-call-page");
    check_route(&["team=on-call", "severity=ticket"], "on-call");
    check_route(&["team=data", "severity=page"], "data");
    check_route(&["team=developers", "severity=ticket"], "developers");
    check_route(&["team=prices", "severity=ticket"], "prices");
    check_route(&["team=prober", "severity=page"], "prober");
    check_route(&["severity=page"], "prober");
}

#[test]
fn rules_for_several_locations_hold() {
    let rules = shipped("deploy/locations.rules.yaml");
    let arguments = [
        "check".as_ref(),
        "rules".as_ref(),
        "--lint=all".as_ref(),
        "--lint-fatal".as_ref(),
        rules.as_os_str(),
    ];
    let Some(output) = or_skip(promtool(&arguments)) else {
        return;
    };
    printed(&output);
    let tests = shipped("tests/end_to_end/locations.test.yaml");
    let output = or_skip(promtool(&["test".as_ref(), "rules".as_ref(), tests.as_os_str()]))
        .expect("it was there a moment ago");
    printed(&output);
}
