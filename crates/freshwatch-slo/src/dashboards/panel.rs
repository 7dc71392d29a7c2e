//! A panel: what it asks, and how that is shown.

use serde_json::{Map, Value, json};

use super::build::data_source;

/// A panel of a dashboard.
pub(super) struct Panel {
    title: &'static str,
    description: &'static str,
    kind: Kind,
    unit: Unit,
    queries: Vec<Query>,
    /// How many of the 24 columns it takes.
    pub width: u32,
    /// How high it is, in Grafana's units of 30 pixels.
    pub height: u32,
    /// Where colours begin, in the panel's unit.
    steps: Vec<(Option<f64>, &'static str)>,
    /// Texts in the place of numbers, with their colours.
    words: Vec<(u32, &'static str, &'static str)>,
    columns: Vec<Column>,
}

/// How a panel shows its queries.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// One number for each series, as of now.
    Stat,
    /// Lines over time.
    Lines,
    /// Areas over time, one upon the other.
    Stacked,
    /// What was when.
    Timeline,
    /// Rows and columns, as of now.
    Table,
}

/// The unit of a panel's values, in Grafana's words.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    /// A number of something.
    Count,
    /// Events a second.
    PerSecond,
    Seconds,
    Bytes,
    /// A share between 0 and 1.
    Share,
    /// A multiple of something.
    Times,
    /// Milliseconds of Unix time, shown as how long ago that was.
    Ago,
}

/// One query of a panel.
struct Query {
    expr: String,
    legend: &'static str,
}

/// A column of a table: the value of a query.
struct Column {
    /// None: the labels of its series are columns, and its value is none.
    name: Option<&'static str>,
    unit: Unit,
    steps: Vec<(Option<f64>, &'static str)>,
}

impl Unit {
    const fn grafana(self) -> &'static str {
        match self {
            Self::Count => "short",
            Self::PerSecond => "reqps",
            Self::Seconds => "s",
            Self::Bytes => "bytes",
            Self::Share => "percentunit",
            Self::Times => "none",
            Self::Ago => "dateTimeFromNow",
        }
    }
}

impl Panel {
    fn new(kind: Kind, title: &'static str, description: &'static str, unit: Unit) -> Self {
        Self {
            title,
            description,
            kind,
            unit,
            queries: Vec::new(),
            width: 12,
            height: 8,
            steps: vec![(None, "text")],
            words: Vec::new(),
            columns: Vec::new(),
        }
    }

    /// Numbers as of now.
    pub fn stat(title: &'static str, description: &'static str, unit: Unit) -> Self {
        Self::new(Kind::Stat, title, description, unit).sized(6, 4)
    }

    /// Lines over time.
    pub fn lines(title: &'static str, description: &'static str, unit: Unit) -> Self {
        Self::new(Kind::Lines, title, description, unit)
    }

    /// Areas over time, one upon the other.
    pub fn stacked(title: &'static str, description: &'static str, unit: Unit) -> Self {
        Self::new(Kind::Stacked, title, description, unit)
    }

    /// What was when.
    pub fn timeline(title: &'static str, description: &'static str) -> Self {
        Self::new(Kind::Timeline, title, description, Unit::Count).sized(24, 6)
    }

    /// Rows as of now, joined by the labels that they share; the first query is a column of the panel's own unit.
    pub fn table(title: &'static str, description: &'static str, unit: Unit) -> Self {
        Self::new(Kind::Table, title, description, unit).sized(24, 10)
    }

    /// Its width in columns and its height.
    pub fn sized(self, width: u32, height: u32) -> Self {
        Self {
            width,
            height,
            ..self
        }
    }

    /// Asks this; the legend names its series.
    pub fn asks(mut self, expr: impl Into<String>, legend: &'static str) -> Self {
        let expr = expr.into();
        self.queries.push(Query { expr, legend });
        self
    }

    /// Asks this for a column of the table.
    pub fn column(mut self, name: &'static str, unit: Unit, expr: impl Into<String>) -> Self {
        self.columns.push(Column {
            name: Some(name),
            unit,
            steps: Vec::new(),
        });
        self.asks(expr, name)
    }

    /// Asks this for the labels of its series, which become columns of the table.
    pub fn labels(mut self, legend: &'static str, expr: impl Into<String>) -> Self {
        self.columns.push(Column {
            name: None,
            unit: Unit::Count,
            steps: Vec::new(),
        });
        self.asks(expr, legend)
    }

    /// Colours from these values on: of the last column of a table, or of the panel.
    pub fn coloured(mut self, first: &'static str, steps: &[(f64, &'static str)]) -> Self {
        let later = steps.iter().map(|(from, colour)| (Some(*from), *colour));
        let steps = [(None, first)].into_iter().chain(later).collect();
        match self.columns.last_mut() {
            Some(column) => column.steps = steps,
            None => self.steps = steps,
        }
        self
    }

    /// Texts in the place of numbers.
    pub fn in_words(mut self, words: &[(u32, &'static str, &'static str)]) -> Self {
        self.words = words.to_vec();
        self
    }

    /// The panel as Grafana has it.
    pub fn model(self, id: u32, place: Value) -> Value {
        let mut model = json!({
            "id": id,
            "type": self.kind.grafana(),
            "title": self.title,
            "description": self.description,
            "datasource": data_source(),
            "targets": self.targets(),
            "options": self.kind.options(),
            "fieldConfig": {"defaults": self.defaults(), "overrides": self.overrides()},
        });
        model["gridPos"] = place;
        if self.kind == Kind::Table {
            model["transformations"] = self.transformations();
        }
        model
    }

    /// One row for all series with the same labels, and the values under the names of their columns.
    fn transformations(&self) -> Value {
        let mut names = Map::new();
        let mut excluded = Map::from_iter([("Time".to_owned(), true.into())]);
        for (column, letter) in self.columns.iter().zip('A'..='Z') {
            let value = format!("Value #{letter}");
            match column.name {
                Some(name) => names.insert(value, name.into()),
                None => excluded.insert(value, true.into()),
            };
        }
        json!([
            {"id": "merge", "options": {}},
            {"id": "organize", "options": {"excludeByName": excluded, "renameByName": names}},
        ])
    }

    fn targets(&self) -> Value {
        let is_table = self.kind == Kind::Table;
        let is_now = is_table || self.kind == Kind::Stat;
        let target = |(query, letter): (&Query, char)| {
            json!({
                "refId": letter.to_string(),
                "datasource": data_source(),
                "expr": query.expr,
                "legendFormat": query.legend,
                "instant": is_now,
                "range": !is_now,
                "format": if is_table { "table" } else { "time_series" },
            })
        };
        self.queries.iter().zip('A'..='Z').map(target).collect()
    }

    fn defaults(&self) -> Value {
        let mut defaults = json!({
            "unit": self.unit.grafana(),
            "thresholds": thresholds(&self.steps),
            "color": {"mode": if self.kind.has_lines() { "palette-classic" } else { "thresholds" }},
            "noValue": "none",
        });
        if !self.words.is_empty() {
            let words = self
                .words
                .iter()
                .enumerate()
                .map(|(index, (value, text, color))| {
                    (
                        value.to_string(),
                        json!({"text": text, "color": color, "index": index}),
                    )
                });
            let words: Value = words.collect();
            defaults["mappings"] = json!([{"type": "value", "options": words}]);
        }
        if self.kind == Kind::Stacked {
            defaults["custom"] = json!({"stacking": {"mode": "normal"}, "fillOpacity": 40});
        }
        defaults
    }

    fn overrides(&self) -> Value {
        let of_column = |column: &Column| {
            let mut properties = vec![json!({"id": "unit", "value": column.unit.grafana()})];
            if !column.steps.is_empty() {
                properties.push(json!({"id": "thresholds", "value": thresholds(&column.steps)}));
                properties.push(json!({"id": "custom.cellOptions", "value": {"type": "color-text"}}));
            }
            Some(json!({"matcher": {"id": "byName", "options": column.name?}, "properties": properties}))
        };
        self.columns.iter().filter_map(of_column).collect()
    }
}

impl Kind {
    const fn grafana(self) -> &'static str {
        match self {
            Self::Stat => "stat",
            Self::Lines | Self::Stacked => "timeseries",
            Self::Timeline => "state-timeline",
            Self::Table => "table",
        }
    }

    const fn has_lines(self) -> bool {
        matches!(self, Self::Lines | Self::Stacked)
    }

    fn options(self) -> Value {
        match self {
            Self::Stat => json!({
                "reduceOptions": {"calcs": ["lastNotNull"]},
                "colorMode": "value",
                "graphMode": "none",
                "textMode": "value_and_name",
            }),
            Self::Lines | Self::Stacked => json!({
                "legend": {"displayMode": "list", "placement": "bottom"},
                "tooltip": {"mode": "multi", "sort": "desc"},
            }),
            Self::Timeline => json!({"showValue": "auto", "mergeValues": true, "rowHeight": 0.9}),
            Self::Table => json!({"showHeader": true, "footer": {"show": false}}),
        }
    }
}

fn thresholds(steps: &[(Option<f64>, &'static str)]) -> Value {
    let steps = steps
        .iter()
        .map(|(value, color)| json!({"value": value, "color": color}));
    json!({"mode": "absolute", "steps": steps.collect::<Value>()})
}
