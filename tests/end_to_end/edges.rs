//! Each signal with each bound and each calendar, one second before and after every edge: a table of some hundred
//! lines, as tests of probes that `freshwatch test` runs. What is expected was worked out by hand.

use std::fmt::Write as _;
use std::fs;

use freshwatch_tests::program::{program, run};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use serde_json::Value;

const TABLE: &str = include_str!("edges/table.txt");

const CALENDARS: &str = r#"
calendars:
  office: {days: [mon, tue, wed, thu, fri], open: "09:00-18:00", timezone: Asia/Seoul, include: closed}
  days: {days: [mon, tue, wed, thu, fri], timezone: Asia/Seoul, include: closed}
  closed:
    timezone: Asia/Seoul
    days: [mon]
    holidays: [{from: 2026-10-05, to: 2026-10-09}, 2026-12-25, 2027-01-01]
"#;

/// The rows of one rule.
struct Section<'t> {
    /// The number of the line where it begins.
    line: usize,
    about: &'t str,
    zone: &'t str,
    rule: &'t str,
    rows: Vec<(usize, &'t str)>,
}

fn sections(table: &str) -> Vec<Section<'_>> {
    let mut sections: Vec<Section<'_>> = Vec::new();
    for (line, text) in (1..).zip(table.lines()) {
        if let Some(head) = text.strip_prefix("== ") {
            let (words, rule) = head.split_once(": ").expect("a rule");
            let (about, zone) = words.rsplit_once(", ").expect("a zone");
            sections.push(Section {
                line,
                about,
                zone,
                rule,
                rows: Vec::new(),
            });
        } else if !text.is_empty() && !text.starts_with('#') {
            sections.last_mut().expect("a section").rows.push((line, text));
        }
    }
    sections
}

/// A time on the wall of the zone, or with its offset.
fn moment(text: &str, zone: &TimeZone) -> Timestamp {
    if let Ok(moment) = text.parse() {
        return moment;
    }
    let shown: DateTime = text.parse().expect("a time");
    let shown = zone.to_ambiguous_timestamp(shown);
    shown
        .unambiguous()
        .expect("the wall shows it once: give the offset")
}

impl Section<'_> {
    /// The probe of this rule; its tests are named by their lines.
    fn probe(&self) -> String {
        let zone = TimeZoneDatabase::bundled().get(self.zone).expect("a zone");
        let calendar = self
            .rule
            .replace("calendar: night", &format!("calendar: night-{}", self.line));
        let rule = calendar.strip_suffix('}').expect("a map");
        // An age and a cursor have no zone of their own.
        let reads_times = ["at:", "period:", "expires:"]
            .iter()
            .any(|signal| self.rule.contains(signal));
        let zoned = if reads_times {
            format!("{rule}, timezone: {}}}", self.zone)
        } else {
            calendar.clone()
        };
        let mut text = format!(
            "  line-{}:\n    description: {:?}\n    get: http://localhost/\n    fresh: {zoned}\n    tests:\n",
            self.line, self.about,
        );
        for (line, row) in &self.rows {
            let fields: Vec<&str> = row.split(" | ").map(str::trim).collect();
            let (before, [value, now, expected]) = match fields.as_slice() {
                [value, now, expected] => ("", [*value, *now, *expected]),
                [before, value, now, expected] => (*before, [*value, *now, *expected]),
                _ => panic!("line {line} has another number of fields"),
            };
            let (verdict, reason) = expected.split_once(' ').unwrap_or((expected, ""));
            let now = moment(now, &zone);
            let _ = write!(
                text,
                "      - {{name: line {line}, now: {now}, answer: {{json: {{v: {value}}}}}, verdict: {verdict}"
            );
            if !reason.is_empty() {
                let _ = write!(text, ", reason: {reason}");
            }
            if !before.is_empty() {
                let _ = write!(text, ", before: [{}]", observations(before, &zone));
            }
            text.push_str("}\n");
        }
        text
    }

    /// The calendar of the nights in this zone.
    fn night(&self) -> String {
        format!(
            "  night-{}: {{days: [mon, tue, wed, thu, fri, sat, sun], open: \"01:00-04:00\", timezone: {}}}\n",
            self.line, self.zone
        )
    }
}

/// `VALUE @ TIME, …`: a value may hold commas itself.
fn observations(text: &str, zone: &TimeZone) -> String {
    let mut observations = Vec::new();
    let mut rest = text;
    while let Some((value, after)) = rest.split_once(" @ ") {
        let (seen, others) = after.split_once(", ").unwrap_or((after, ""));
        let value: Value = serde_json::from_str(value).expect("JSON");
        let seen = moment(seen, zone);
        observations.push(format!("{{seen: {seen}, answer: {{json: {{v: {value}}}}}}}"));
        rest = others;
    }
    observations.join(", ")
}

#[tokio::test]
async fn every_edge_is_where_it_was_worked_out_to_be() {
    let sections = sections(TABLE);
    let mut file = CALENDARS.to_owned();
    for section in &sections {
        file.push_str(&section.night());
    }
    file.push_str("probes:\n");
    for section in &sections {
        file.push_str(&section.probe());
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("edges.yaml");
    fs::write(&path, &file).expect("the file is written");
    let mut command = program();
    command.arg("test").arg("--require").arg(&path);
    let output = run(command).await;
    let printed = String::from_utf8_lossy(&output.stdout);
    let rows: usize = sections.iter().map(|section| section.rows.len()).sum();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{printed}{errors}");
    let all = format!("{rows} tests of {} probes: all hold", sections.len());
    assert!(printed.contains(&all), "{printed}");
}
