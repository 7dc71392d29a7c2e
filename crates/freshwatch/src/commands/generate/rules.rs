//! `freshwatch generate rules`: rules for Prometheus.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use freshwatch_slo::rules::{Group, Note, Options, Rules, Teams};

use crate::command_line::generate;
use crate::exit_code::ExitCode;
use crate::report;

/// What every file begins with.
const HEADER: &str = "# Written by `freshwatch generate rules`. Change the probe files and write it again.\n";

/// The file of the rules about the prober: no probe has such a name.
const PROBERS_FILE: &str = "freshwatch_prober.yaml";

/// So many notes are told on standard error; the rules hold all of them as comments.
const MOST_NOTES: usize = 10;

/// Writes the rules of all probes.
///
/// # Errors
/// Wrong use, a folder that cannot be written to, or standard output.
pub(super) fn run(options: &generate::Rules) -> Result<ExitCode> {
    let teams = options.teams.iter().map(String::as_str);
    let teams = Teams::parse(teams).map_err(|why| anyhow!("`--team` {why}"))?;
    let Some(set) = super::load(&options.files) else {
        return Ok(ExitCode::Mistakes);
    };
    let made_by = Options {
        mode: options.mode.into(),
        teams,
        runbook_url: options.runbook_url.clone(),
        dashboard_url: options.dashboard_url.clone(),
        due_soon: options.due_soon,
    };
    let rules = Rules::new(set.definitions.iter().map(AsRef::as_ref), &made_by);
    let notes = match &options.split {
        Some(folder) => split(&rules, folder)?,
        None => print(&rules)?,
    };
    tell(&notes);
    Ok(ExitCode::Ok)
}

/// All rules to standard output, group by group: those of ten thousand probes are some hundred megabytes.
fn print(rules: &Rules<'_>) -> Result<Vec<Note>> {
    let mut all_notes = Vec::new();
    report::print(&format!("{HEADER}{}{}", Group::HEADER, rules.of_prober()))?;
    for (_, group, notes) in rules.of_probes() {
        report::print(&group.to_string())?;
        all_notes.extend(notes);
    }
    Ok(all_notes)
}

/// The rules of each probe to a file of its own.
fn split(rules: &Rules<'_>, folder: &Path) -> Result<Vec<Note>> {
    let shown = folder.display();
    fs::create_dir_all(folder).with_context(|| format!("`{shown}` cannot be made a folder"))?;
    write(&folder.join(PROBERS_FILE), &rules.of_prober())?;
    let (mut all_notes, mut written) = (Vec::new(), vec![PROBERS_FILE.to_owned()]);
    for (probe, group, notes) in rules.of_probes() {
        let name = format!("{probe}.yaml");
        write(&folder.join(&name), &group)?;
        written.push(name);
        all_notes.extend(notes);
    }
    written.sort();
    for left in left_behind(folder, &written) {
        report::note(&format!(
            "`{}` holds rules that were written earlier, of a probe that does not run any more: remove it\n",
            left.display()
        ));
    }
    Ok(all_notes)
}

fn write(path: &Path, group: &Group) -> Result<()> {
    let text = format!("{HEADER}{}{group}", Group::HEADER);
    fs::write(path, text).with_context(|| format!("`{}` cannot be written", path.display()))
}

/// Files of ours in the folder that were not written now.
fn left_behind(folder: &Path, written: &[String]) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let others = entries.filter(|entry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        name.ends_with(".yaml") && written.binary_search_by(|one| one.as_str().cmp(&name)).is_err()
    });
    let ours =
        others.filter(|entry| fs::read_to_string(entry.path()).is_ok_and(|text| text.starts_with(HEADER)));
    let mut ours: Vec<_> = ours.map(|entry| entry.path()).collect();
    ours.sort();
    ours
}

fn tell(notes: &[Note]) {
    for Note { probe, message } in notes.iter().take(MOST_NOTES) {
        report::note(&format!("note: {probe}: {message}\n"));
    }
    if let Some(more) = notes.len().checked_sub(MOST_NOTES).filter(|more| *more > 0) {
        report::note(&format!("and {more} more notes, as comments in the rules\n"));
    }
}
