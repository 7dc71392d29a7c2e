//! A dashboard: its variables, and its panels from left to right and from top to bottom.

use std::time::Duration;

use serde_json::{Value, json};

use super::panel::Panel;

/// The version of the model that is written: that of Grafana 11, which later ones read.
const SCHEMA_VERSION: u32 = 39;

/// How many columns a dashboard has.
const COLUMNS: u32 = 24;

/// Windows of burn rates that are shown: what happens now, and what lasts.
pub(super) const FIVE_MINUTES: Duration = Duration::from_mins(5);
pub(super) const HOUR: Duration = Duration::from_hours(1);

/// The variable of the data source.
const DATA_SOURCE: &str = "datasource";

/// What every query names as its data source.
pub(super) fn data_source() -> Value {
    json!({"type": "prometheus", "uid": format!("${{{DATA_SOURCE}}}")})
}

/// A dashboard.
pub(super) struct Board {
    pub title: &'static str,
    pub description: &'static str,
    pub variables: Vec<Variable>,
    pub panels: Vec<Panel>,
}

/// A choice of label values at the top of a dashboard.
pub(super) struct Variable {
    pub name: &'static str,
    pub label: &'static str,
    /// What gives its values, as Grafana asks Prometheus for them.
    pub values: String,
    /// Whether several can be chosen, all of them at first.
    pub is_many: bool,
}

impl Board {
    /// The model; the name makes its `uid`, by which links find it.
    pub fn model(self, name: &str) -> Value {
        let variables = self.variables.into_iter().map(Variable::model);
        let choose_data_source = json!({
            "name": DATA_SOURCE,
            "label": "Data source",
            "type": "datasource",
            "query": "prometheus",
        });
        let variables: Value = [choose_data_source].into_iter().chain(variables).collect();
        json!({
            "uid": format!("freshwatch-{name}"),
            "title": self.title,
            "description": self.description,
            "tags": ["freshwatch"],
            "schemaVersion": SCHEMA_VERSION,
            "editable": true,
            "refresh": "1m",
            "time": {"from": "now-6h", "to": "now"},
            "templating": {"list": variables},
            "links": [{"type": "dashboards", "tags": ["freshwatch"], "title": "freshwatch", "asDropdown": true}],
            "panels": placed(self.panels),
        })
    }
}

/// The panels with their places: each beside the one before, or in the next row where it does not fit.
fn placed(panels: Vec<Panel>) -> Value {
    let (mut x, mut y, mut height) = (0, 0, 0);
    let mut id = 0;
    let place = |panel: Panel| {
        if x + panel.width > COLUMNS {
            (x, y, height) = (0, y + height, 0);
        }
        let place = json!({"x": x, "y": y, "w": panel.width, "h": panel.height});
        x += panel.width;
        height = height.max(panel.height);
        id += 1;
        panel.model(id, place)
    };
    panels.into_iter().map(place).collect()
}

impl Variable {
    fn model(self) -> Value {
        let mut model = json!({
            "name": self.name,
            "label": self.label,
            "type": "query",
            "datasource": data_source(),
            "query": {"query": self.values, "refId": self.name},
            "refresh": 2,
            "sort": 1,
            "multi": self.is_many,
            "includeAll": self.is_many,
        });
        if self.is_many {
            model["allValue"] = ".*".into();
            model["current"] = json!({"text": "All", "value": "$__all"});
        }
        model
    }
}
