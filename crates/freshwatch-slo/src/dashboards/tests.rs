use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::Dashboard;

/// Every panel of every dashboard.
fn panels() -> impl Iterator<Item = (Dashboard, Value)> {
    Dashboard::ALL.into_iter().flat_map(|dashboard| {
        let model = dashboard.model();
        let panels = model["panels"].as_array().expect("panels").clone();
        panels.into_iter().map(move |panel| (dashboard, panel))
    })
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[test]
fn every_panel_says_what_it_shows_in_which_unit_and_from_where() {
    for (dashboard, panel) in panels() {
        let title = text(&panel["title"]);
        assert!(
            title.starts_with(|c: char| c.is_ascii_uppercase()) && title.len() > 3,
            "{dashboard:?} {title}"
        );
        let description = text(&panel["description"]);
        assert!(
            description.len() > 20 && description.ends_with('.'),
            "{title}: {description}"
        );
        assert!(
            !text(&panel["fieldConfig"]["defaults"]["unit"]).is_empty(),
            "{title}"
        );
        let targets = panel["targets"].as_array().expect("targets");
        assert!(!targets.is_empty(), "{title}");
        for target in [&panel].into_iter().chain(targets) {
            assert_eq!(target["datasource"]["uid"], "${datasource}", "{title}");
        }
        for target in targets {
            assert!(!text(&target["legendFormat"]).is_empty(), "{title}: {target}");
        }
    }
}

#[test]
fn dashboards_have_a_name_a_description_and_a_choice_of_the_data_source() {
    let mut names = BTreeSet::new();
    for dashboard in Dashboard::ALL {
        let model = dashboard.model();
        assert!(names.insert(text(&model["uid"]).to_owned()), "{model}");
        assert!(text(&model["description"]).ends_with('.'), "{dashboard:?}");
        let variables = model["templating"]["list"].as_array().expect("variables");
        assert_eq!(variables[0]["type"], "datasource", "{dashboard:?}");
        let known: BTreeSet<_> = variables.iter().map(|variable| text(&variable["name"])).collect();
        for panel in model["panels"].as_array().expect("panels") {
            for target in panel["targets"].as_array().expect("targets") {
                for name in text(&target["expr"]).split('$').skip(1) {
                    let name = name
                        .split(|c: char| !c.is_alphanumeric() && c != '_')
                        .next()
                        .unwrap_or_default();
                    assert!(
                        known.contains(name) || name == "__rate_interval",
                        "{dashboard:?}: ${name}"
                    );
                }
            }
        }
    }
}

/// One cell of the grid belongs to one panel.
#[test]
fn no_panel_covers_another() {
    for dashboard in Dashboard::ALL {
        let mut taken = BTreeSet::new();
        for panel in dashboard.model()["panels"].as_array().expect("panels") {
            let place: &Map<String, Value> = panel["gridPos"].as_object().expect("a place");
            let at = |key: &str| place[key].as_u64().expect("a number");
            for x in at("x")..at("x") + at("w") {
                for y in at("y")..at("y") + at("h") {
                    assert!(
                        x < 24 && taken.insert((x, y)),
                        "{dashboard:?}: {}",
                        panel["title"]
                    );
                }
            }
        }
    }
}
