//! The JSON Schema against every probe file of the repository, read by another YAML parser as editors read them.

use std::fs;
use std::path::{Path, PathBuf};

use jsonschema::Validator;
use serde_json::Value;

fn schema() -> Validator {
    let schema = freshwatch_file::json_schema();
    jsonschema::draft7::meta::validate(&schema).unwrap_or_else(|error| panic!("{error}"));
    jsonschema::draft7::new(&schema).unwrap()
}

/// The files of a folder and of those in it; no snapshots and no JSON.
fn files(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{folder}: {error}"));
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .flat_map(|path| {
            if path.is_dir() {
                files(path.to_str().unwrap())
            } else {
                vec![path]
            }
        })
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .collect();
    files.sort();
    files
}

/// What an editor makes of a file; none: not even YAML.
fn read(path: &Path) -> Option<Value> {
    let text = fs::read_to_string(path).ok()?;
    let mut value: serde_yaml::Value = serde_yaml::from_str(text.trim_start_matches('\u{feff}')).ok()?;
    value.apply_merge().ok()?;
    serde_json::to_value(value).ok()
}

#[test]
fn every_file_that_is_right_satisfies_the_schema() {
    let schema = schema();
    let right = [files("test_data/ok"), files("../../probes")].concat();
    assert!(right.len() > 30, "{}", right.len());
    for path in right {
        let value = read(&path).unwrap_or_else(|| panic!("{} is no YAML", path.display()));
        let mistakes: Vec<_> = schema
            .iter_errors(&value)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(mistakes.is_empty(), "{}: {mistakes:#?}", path.display());
    }
}

/// What is left to `freshwatch lint`: everything that takes more than one look at one value.
#[test]
fn the_schema_refuses_whatever_a_schema_can() {
    let schema = schema();
    let wrong = files("test_data/err");
    let passes = |path: &&PathBuf| read(path).is_some_and(|value| schema.is_valid(&value));
    let passed: Vec<_> = wrong.iter().filter(passes).collect();
    let names = passed
        .iter()
        .map(|path| path.strip_prefix("test_data/err").unwrap().display().to_string());
    insta::assert_snapshot!(names.collect::<Vec<_>>().join("\n"), @"
    auth_in_two_places.yaml
    auth_username_with_colon.yaml
    body_of_head.yaml
    calendar_hours.yaml
    calendar_includes_nobody.yaml
    calendar_never_open.yaml
    calendars_include_in_a_circle.yaml
    clash_of_bodies_with_defaults.yaml
    clash_with_defaults.yaml
    clash_within_defaults.yaml
    cron_bad_minute.yaml
    duplicate_across_files/a.yaml
    duplicate_across_files/c.yaml
    expect_body_of_head.yaml
    expect_empty_map.yaml
    fresh_calendar_unknown.yaml
    fresh_cursor_without_bound.yaml
    fresh_due_lacks_what_and_whose.yaml
    fresh_each_cursor_without_key.yaml
    fresh_keys_without_their_companions.yaml
    fresh_pattern_broken.yaml
    fresh_signal_of_defaults.yaml
    fresh_warn_age_too_long.yaml
    fresh_without_bound.yaml
    fresh_without_pick.yaml
    fresh_without_signal.yaml
    header_of_our_own.yaml
    header_twice_by_case.yaml
    header_value_with_newline.yaml
    jitter_longer_than_every.yaml
    json_number_with_leading_zeros.yaml
    json_path_on_text.yaml
    json_placeholder_in_name.yaml
    latency_beyond_timeout.yaml
    matcher_negated.yaml
    matcher_nothing.yaml
    matcher_that_nothing_satisfies.yaml
    max_body_too_large.yaml
    needs_in_a_circle.yaml
    needs_itself.yaml
    needs_unknown.yaml
    no_probes.yaml
    not_yet_saved_value.yaml
    path_broken.yaml
    path_filter_in_filter.yaml
    path_many_without_each.yaml
    path_one_with_any.yaml
    path_one_with_each.yaml
    placeholder_env_empty.yaml
    placeholder_env_missing.yaml
    placeholder_in_expect_and_labels.yaml
    placeholder_not_closed.yaml
    placeholder_unknown.yaml
    regex_broken.yaml
    regex_look_around.yaml
    regex_too_large.yaml
    retry_backoff_as_long_as_timeout.yaml
    schema_broken.yaml
    schema_missing.yaml
    schema_not_json.yaml
    slo_fresh_that_nothing_tells.yaml
    slo_latency_that_nothing_tells.yaml
    slo_only_window.yaml
    tests_of_files_that_cannot_be_read.yaml
    timeout_too_long.yaml
    timezone_abbreviation.yaml
    timezone_typo.yaml
    url_bad_by_environment.yaml
    url_with_bad_port.yaml
    yaml_key_is_a_number.yaml
    yaml_merge_key.yaml
    yaml_tag.yaml
    ");
}

/// What an editor shows beside a key.
#[test]
fn every_key_is_described() {
    fn look(place: &str, schema: &Value, silent: &mut Vec<String>) {
        let Some(members) = schema.as_object() else {
            schema
                .as_array()
                .into_iter()
                .flatten()
                .for_each(|item| look(place, item, silent));
            return;
        };
        for (key, value) in members {
            // These hold values, not schemas.
            if ["examples", "default", "enum", "const", "if"].contains(&key.as_str()) {
                continue;
            }
            look(&format!("{place}/{key}"), value, silent);
            let described = value.as_object().into_iter().flatten();
            if key == "properties" {
                let silent_ones =
                    described.filter(|(_, property)| property["description"].as_str().is_none());
                silent.extend(silent_ones.map(|(name, _)| format!("{place}/{name}")));
            }
        }
    }
    let mut silent = Vec::new();
    look("", &freshwatch_file::json_schema(), &mut silent);
    assert!(silent.is_empty(), "{silent:#?}");
}
