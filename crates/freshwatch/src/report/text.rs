//! The report for people: one line for each probe, the worst last, where the eye is, then a summary.

use std::fmt::Write as _;
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use freshwatch_probe::duration;
use freshwatch_probe::run::Run;
use freshwatch_probe::verdict::Verdict;

use super::wrap::wrap;

/// The report of a round, for a terminal of so many columns.
pub fn round(runs: &[Run], took: Duration, columns: Option<usize>) -> String {
    let mut runs: Vec<&Run> = runs.iter().collect();
    runs.sort_by_key(|run| run.judgment.verdict);
    let width = runs
        .iter()
        .map(|run| run.probe().as_str().len())
        .max()
        .unwrap_or(0);
    let mut text = String::new();
    for run in &runs {
        write_run(&mut text, run, width, columns);
    }
    if !runs.is_empty() {
        text.push('\n');
    }
    text.push_str(&summary(&runs, took));
    text
}

/// `1 probe`, `2 probes`.
pub fn counted(count: usize, one: &str, many: &str) -> String {
    freshwatch_probe::show::counted(count, one, many)
}

/// How a verdict is coloured.
pub fn style(verdict: Verdict) -> Style {
    let colour = match verdict {
        Verdict::Ok => AnsiColor::Green,
        Verdict::Degraded | Verdict::Stale => AnsiColor::Yellow,
        Verdict::Invalid | Verdict::Down => AnsiColor::Red,
        Verdict::Unknown => AnsiColor::Magenta,
    };
    let style = Style::new().fg_color(Some(colour.into()));
    match verdict {
        Verdict::Ok | Verdict::Degraded => style,
        Verdict::Stale | Verdict::Invalid | Verdict::Down | Verdict::Unknown => style.bold(),
    }
}

/// One probe: its verdict, its name, the first sentence; further sentences below, in line with the first.
fn write_run(text: &mut String, run: &Run, width: usize, columns: Option<usize>) {
    let verdict = run.judgment.verdict;
    let (style, faint) = (style(verdict), Style::new().dimmed());
    let indent = 8 + 2 + width + 2;
    // Writing to a `String` cannot fail.
    let _ = write!(
        text,
        "{style}{verdict:<8}{style:#}  {:<width$}  ",
        run.probe().as_str()
    );
    for (index, sentence) in sentences(run).iter().enumerate() {
        let before = if index == 0 { 0 } else { indent };
        let _ = writeln!(text, "{:before$}{}", "", wrap(sentence, columns, indent));
    }
    for note in &run.judgment.notes {
        let note = wrap(&format!("note: {note}"), columns, indent);
        let _ = writeln!(text, "{:indent$}{faint}{note}{faint:#}", "");
    }
}

fn sentences(run: &Run) -> Vec<String> {
    let attempts = match run.attempts {
        0 | 1 => String::new(),
        attempts => format!(" (after {attempts} attempts)"),
    };
    let mut sentences: Vec<String> = run
        .judgment
        .reasons
        .iter()
        .map(|reason| reason.message.clone())
        .collect();
    match sentences.first_mut() {
        Some(first) => first.push_str(&attempts),
        None => sentences.push(format!("{}{attempts}", what_went_well(run))),
    }
    sentences
}

/// `data is 12m old, at most 1h; 200 in 41ms`.
fn what_went_well(run: &Run) -> String {
    let status = run
        .exchange
        .status
        .map_or_else(|| "no status".to_owned(), |status| status.to_string());
    let answer = format!("{status} in {}", duration::show(run.exchange.took));
    let Some(data) = run.judgment.data else {
        return answer;
    };
    let age = data.age.map(|age| duration::show(age.unsigned_abs()));
    match (age, data.max_age, data.due) {
        (Some(age), Some(max_age), _) => {
            format!("data is {age} old, at most {}; {answer}", duration::show(max_age))
        }
        (_, _, Some(due)) => format!("data is good until {due}; {answer}"),
        _ => answer,
    }
}

/// `8 probes: 5 ok, 1 degraded, 1 stale, 1 down, in 1.2s`.
fn summary(runs: &[&Run], took: Duration) -> String {
    let parts: Vec<String> = Verdict::ALL
        .into_iter()
        .filter_map(|verdict| {
            let count = runs.iter().filter(|run| run.judgment.verdict == verdict).count();
            let style = style(verdict);
            (count > 0).then(|| format!("{style}{count} {verdict}{style:#}"))
        })
        .collect();
    if runs.is_empty() {
        return "no probe was run\n".into();
    }
    let probes = counted(runs.len(), "probe", "probes");
    format!("{probes}: {}, in {}\n", parts.join(", "), duration::show(took))
}
