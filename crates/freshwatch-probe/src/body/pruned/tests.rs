//! What is found in what was kept must be what is found in the whole: for any document, broken ones too.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Kept, Trail, pruned};
use crate::path::Path;

fn ways(paths: &[Path]) -> Vec<Trail<'_>> {
    paths
        .iter()
        .map(|path| Trail::new(path.steps(), &[], Kept::Whole))
        .collect()
}

fn paths(texts: &[&str]) -> Vec<Path> {
    texts.iter().map(|text| Path::parse(text).unwrap()).collect()
}

/// Every path finds the same in what is kept as in the whole; a body that is not JSON is none here either.
fn check(body: &[u8], paths: &[Path]) {
    let shown = String::from_utf8_lossy(body);
    let kept = pruned(body, &ways(paths));
    let Ok(whole) = serde_json::from_slice::<Value>(body) else {
        assert_eq!(kept, None, "{shown}");
        return;
    };
    let kept = kept.unwrap_or_else(|| panic!("{shown} is JSON"));
    for path in paths {
        let (expected, found) = (path.select(&whole).unwrap(), path.select(&kept).unwrap());
        assert_eq!(found, expected, "{path} in {shown}, of which {kept} was kept");
        let (missing, count) = (path.missing(&whole, expected.len()), found.len());
        assert_eq!(path.missing(&kept, count), missing, "missing: {path} in {shown}");
    }
}

#[test]
fn only_what_is_looked_for_is_kept() {
    let body = br#"{"a":{"b":1,"c":[1,{"d":2,"e":3},4,5]},"f":[{"g":1,"h":2},{"g":3},7],"i":"long"}"#;
    for (texts, expected) in [
        (&["$.a.b"][..], json!({"a": {"b": 1}})),
        (&["$.a.c[1].d"], json!({"a": {"c": [null, {"d": 2}]}})),
        (&["$.a.c[-1]"], json!({"a": {"c": [null, null, null, 5]}})),
        (&["$.f[*].g"], json!({"f": [{"g": 1}, {"g": 3}, 7]})),
        (
            &["$.f[*].g", "$.f[0]", "$.i"],
            json!({"f": [{"g": 1, "h": 2}, {"g": 3}, 7], "i": "long"}),
        ),
        (
            &["$.none", "$.a.b.none", "$.i[0]"],
            json!({"a": {"b": 1}, "i": "long"}),
        ),
        (&[], json!({})),
    ] {
        assert_eq!(pruned(body, &ways(&paths(texts))), Some(expected), "{texts:?}");
        check(body, &paths(texts));
    }
}

#[test]
fn a_path_within_items_and_a_shape_keep_no_more_than_they_need() {
    let body = br#"{"items":[{"k":"A","at":1,"x":[1]},{"k":"B","at":2,"x":{}}],"named":{"p":[1],"q":{}}}"#;
    let [items, key, named] = &paths(&["$.items[*]", "$.k", "$.named"])[..] else {
        unreachable!()
    };
    let within = Trail::new(items.steps(), key.steps(), Kept::Whole);
    let shape = Trail::new(named.steps(), &[], Kept::Shape);
    let expected = json!({"items": [{"k": "A"}, {"k": "B"}], "named": {"p": null, "q": null}});
    assert_eq!(pruned(body, &[within, shape]), Some(expected));
    let [list] = &paths(&["$.items"])[..] else {
        unreachable!()
    };
    let shape = Trail::new(list.steps(), &[], Kept::Shape);
    assert_eq!(pruned(body, &[shape]), Some(json!({"items": [null, null]})));
}

#[test]
fn what_is_broken_is_broken_wherever_it_stands() {
    let looked_for = paths(&["$.a"]);
    let deep = |levels: usize| format!(r#"{{"a":1,"b":{}{}}}"#, "[".repeat(levels), "]".repeat(levels));
    for body in [
        r#"{"a":1"#,
        r#"{"a":1,}"#,
        r#"{"a":1} {}"#,
        r#"{"a":1,"b":1e999}"#,
        r#"{"a":1,"b":"\ud800"}"#,
        r#"{"a":1,"b":"\x"}"#,
        r#"{"a":1,"\ud800":1}"#,
        "{\"a\":1,\"b\":\"\n\"}",
        r#"{"a":1,"b":01}"#,
        r#"{"a":1,"b":[1,,2]}"#,
        r#"{"a":1,"b":nul}"#,
        r#"{"a":1,b:2}"#,
        "",
        "null",
        "7",
        r#"{"a":1,"a":{"b":2}}"#,
        r#"{"a":{"b":2},"a":1,"\u0061":3}"#,
        &deep(126),
        &deep(127),
        &deep(128),
        &deep(10_000),
    ] {
        check(body.as_bytes(), &looked_for);
    }
    check(b"{\"a\":1,\"b\":\"\xff\"}", &looked_for);
    check(b"{\"a\":1,\"\xff\":1}", &looked_for);
    check(b"\xff", &looked_for);
}

/// The compliance suite lies beside the repository and is no part of it; without it this passes.
#[test]
fn the_compliance_cases_find_the_same() {
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
        if !path.is_selectable() {
            continue;
        }
        looked_at += 1;
        let body = document.to_string();
        let kept = pruned(body.as_bytes(), &ways(std::slice::from_ref(&path))).unwrap();
        let found = json!(path.select(&kept).unwrap());
        let expected = case.get("result").cloned();
        let expected = expected.or_else(|| Some(case["results"][0].clone())).unwrap();
        assert_eq!(found, expected, "{selector} in {body}");
        check(body.as_bytes(), &[path]);
    }
    assert!(
        looked_at > 80,
        "{looked_at} of the cases are of names, indices and stars"
    );
}

/// Few names, so that paths meet documents and names stand twice.
fn name() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["a", "b", "c", ""]).prop_map(str::to_owned)
}

/// JSON as text, in which names may stand twice.
fn document() -> impl Strategy<Value = String> {
    let scalars = vec![
        "null",
        "true",
        "0",
        "-1",
        "1.5",
        "1e400",
        "18446744073709551616",
        r#""x""#,
        r#""\u00e9\n""#,
        r#""\ud83d""#,
    ];
    let leaf = prop::sample::select(scalars).prop_map(str::to_owned);
    leaf.prop_recursive(5, 64, 6, |inner| {
        let member = (name(), inner.clone()).prop_map(|(name, value)| format!("{name:?}: {value}"));
        prop_oneof![
            prop::collection::vec(inner, 0..6).prop_map(|elements| format!("[{}]", elements.join(", "))),
            prop::collection::vec(member, 0..6).prop_map(|members| format!("{{{}}}", members.join(","))),
        ]
    })
}

fn path() -> impl Strategy<Value = Path> {
    let step = prop_oneof![
        4 => name().prop_map(|name| format!("['{name}']")),
        2 => (-3..3_i64).prop_map(|index| format!("[{index}]")),
        2 => Just("[*]".to_owned()),
        1 => Just(".*".to_owned()),
    ];
    prop::collection::vec(step, 0..5).prop_map(|steps| Path::parse(&format!("${}", steps.concat())).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_document_and_paths_find_the_same(body in document(), paths in prop::collection::vec(path(), 0..4)) {
        check(body.as_bytes(), &paths);
    }

    #[test]
    fn a_broken_document_is_broken(
        body in document(),
        cut in any::<prop::sample::Index>(),
        with in any::<Option<u8>>(),
        paths in prop::collection::vec(path(), 0..3),
    ) {
        let mut bytes = body.into_bytes();
        let at = cut.index(bytes.len());
        match with {
            Some(byte) => bytes[at] = byte,
            None => bytes.truncate(at),
        }
        check(&bytes, &paths);
    }
}
