use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use serde_json::{Value, json};

use super::*;
use crate::definition::ProbeName;
use crate::matcher::Matcher;
use crate::request::{ReadAs, Request};

/// A probe that looks for these paths.
fn probe(read_as: ReadAs, paths: &[&Path]) -> Definition {
    let mut request = Request::get("http://x/");
    request.read_as = read_as;
    let mut definition = Definition::new(ProbeName::parse("x").unwrap(), request);
    definition.expect.body = paths
        .iter()
        .map(|path| ((*path).clone(), Matcher::default()))
        .collect();
    definition
}

fn answer(content_type: &'static str, body: impl Into<Bytes>) -> Answer {
    Answer {
        status: 200,
        headers: HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(content_type))]),
        body: Body::Complete(body.into()),
        redirect_stop: None,
    }
}

/// What a path selects in a body that came so, or why nothing.
fn found(read_as: ReadAs, content_type: &'static str, body: &str, path: &Path) -> Result<Value, Unparsable> {
    let definition = probe(read_as, &[path]);
    let (answer, secrets) = (answer(content_type, body.to_owned()), Redactor::default());
    let view = View::new(&answer, &definition, &secrets);
    view.select(path).map(|values| json!(values))
}

#[track_caller]
fn check(content_type: &'static str, body: &str, path: &str, expected: &Value) {
    let path = Path::parse(path).unwrap();
    let found = found(ReadAs::Auto, content_type, body, &path);
    assert_eq!(found.as_ref(), Ok(expected), "{path} in {body}");
}

#[test]
fn bodies_are_read_by_their_content_type() {
    check("application/json", r#"{"a": 1}"#, "$.a", &json!([1]));
    check(
        "text/csv",
        "time,n\n2026-11-20,1\n",
        "$[*].time",
        &json!(["2026-11-20"]),
    );
    check(
        "application/x-ndjson",
        "{\"n\":1}\n{\"n\":2}\n",
        "$[-1].n",
        &json!([2]),
    );
    let feed = "<rss><channel><item><d>1</d></item><item><d>2</d></item></channel></rss>";
    check(
        "application/rss+xml",
        feed,
        "$.rss.channel.item[*].d",
        &json!(["1", "2"]),
    );
    let said = found(
        ReadAs::Csv,
        "application/json",
        "a\n1\n",
        &Path::parse("$[0].a").unwrap(),
    );
    assert_eq!(said, Ok(json!(["1"])));
}

#[test]
fn a_lone_element_of_xml_is_a_list_of_one() {
    let feed = "<feed><entry><d>1</d></entry></feed>";
    check("text/xml", feed, "$.feed.entry[*].d", &json!(["1"]));
    check("text/xml", feed, "$.feed.entry[0].d", &json!(["1"]));
    check("text/xml", feed, "$.feed.entry[?@.d=='1'].d", &json!(["1"]));
    check("text/xml", feed, "$.feed.entry.d", &json!(["1"]));
    check("text/xml", feed, "$.feed.*.d", &json!(["1"]));
    check(
        "application/json",
        r#"{"entry": {"d": 1}}"#,
        "$.entry[0].d",
        &json!([]),
    );
    let path = Path::parse("$.feed.entry[*].d").unwrap();
    let definition = probe(ReadAs::Xml, &[&path]);
    let (answer, secrets) = (answer("", "<feed><entry/></feed>"), Redactor::default());
    let view = View::new(&answer, &definition, &secrets);
    assert_eq!(view.missing_at(&path, 0), 1);
}

#[test]
fn what_is_wrong_is_told_as_the_reader_of_the_whole_tells_it() {
    let path = Path::parse("$.a").unwrap();
    for body in [
        r#"{"a": 1, "b": [1, 2}"#,
        r#"{"a": 1, "b": "\ud800"}"#,
        r#"{"a": 1} x"#,
        r#"{"a": 1, "#,
        "",
        "<p>",
    ] {
        let expected = body::read(body.as_bytes(), Form::Json, "", &Redactor::default());
        let found = found(ReadAs::Auto, "", body, &path);
        assert!(found.is_err());
        assert_eq!(found.map(drop), expected.map(drop), "{body}");
    }
}

#[test]
fn a_path_that_the_probe_did_not_name_finds_its_values_all_the_same() {
    let [named, other] = ["$.a", "$.b[0]"].map(|text| Path::parse(text).unwrap());
    let definition = probe(ReadAs::Auto, &[&named]);
    let (answer, secrets) = (answer("", r#"{"a": 1, "b": [2]}"#), Redactor::default());
    let view = View::new(&answer, &definition, &secrets);
    assert_eq!(view.select(&named), Ok(vec![&json!(1)]));
    assert_eq!(view.select(&other), Ok(vec![&json!(2)]));
}

/// The compliance suite lies beside the repository and is no part of it; without it this passes.
#[test]
fn the_compliance_cases_find_what_the_engine_finds_in_the_whole() {
    let place = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../shared/cases/jsonpath-compliance.json"
    );
    let Ok(text) = std::fs::read(place) else { return };
    let suite: Value = serde_json::from_slice(&text).unwrap();
    let mut looked_at = 0;
    for case in suite["tests"].as_array().unwrap() {
        let (Some(selector), Some(document)) = (case["selector"].as_str(), case.get("document")) else {
            continue;
        };
        let Ok(path) = Path::parse(selector) else { continue };
        let expected = json!(jsonpath_rust::query::js_path_vals(selector, document).unwrap_or_default());
        let found = found(ReadAs::Auto, "", &document.to_string(), &path);
        assert_eq!(found, Ok(expected), "{selector} in {document}");
        looked_at += 1;
    }
    assert!(looked_at > 400, "{looked_at} cases");
}
