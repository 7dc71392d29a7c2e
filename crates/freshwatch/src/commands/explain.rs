//! `freshwatch explain`: what a probe promises in plain words, what lies ahead of it, and how a verdict comes about.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use freshwatch_agent::schedule::Schedule;
use freshwatch_agent::{Agent, clock};
use freshwatch_file::{Mistakes, ProbeSet, Purpose};
use freshwatch_probe::definition::{Definition, ProbeName};
use freshwatch_probe::explain::{self, Ahead, Step, Steps, Trace};
use freshwatch_probe::freshness::memory::{Memory, Recall};
use freshwatch_probe::judge::{judge, judge_aloud};
use freshwatch_probe::observation::{NotMade, Observation, Outcome};
use freshwatch_probe::run::Judgment;
use freshwatch_probe::unit_test::Recorded;
use freshwatch_probe::{size, unreadable};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::runtime::Builder;

use crate::command_line::{Explain, ExplainFormat};
use crate::exit_code::ExitCode;
use crate::report;
use crate::report::explain::{Asked, Explained, Way};
use crate::report::wrap::columns;
use crate::state_file::StateFile;

/// So many runs and due moments are told.
const AHEAD: usize = 5;

/// The largest file of an answer in bytes.
const LARGEST_ANSWER: u64 = 64 << 20;

/// How long judging may take, as in a run.
const LONGEST_JUDGING: Duration = Duration::from_secs(10);

/// Explains one probe.
///
/// # Errors
/// Wrong use: a probe that is not there, an answer that cannot be read.
pub fn run(options: &Explain) -> Result<ExitCode> {
    let (name, paths) = names(options)?;
    // Where nothing is sent, variables of the environment need not be set.
    let purpose = if options.offline || options.answer.is_some() {
        Purpose::Testing { require: false }
    } else {
        Purpose::Running
    };
    let set = match freshwatch_file::load_for(&paths, purpose, &super::environment) {
        Ok(set) => set,
        Err(mistakes) => return refuse(&mistakes, options.format),
    };
    let definition = find(&set, name)?;
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("the runtime cannot be started")?;
    let way = runtime.block_on(way(options, definition));
    // A resolver that hangs holds its thread; the program must not wait for it.
    runtime.shutdown_background();
    let way = way?;
    let now = way.as_ref().map_or_else(|| now(options), |way| way.now);
    let explained = Explained {
        definition,
        now,
        promises: explain::promise(definition),
        runs: next_runs(definition, now),
        zone: explain::zone_name(&zone(definition)).to_owned(),
        due: explain::upcoming(definition, now, AHEAD),
        way,
    };
    report::conclude(&match options.format {
        ExplainFormat::Text => report::explain::text(&explained, columns()),
        ExplainFormat::Json => report::explain::json(&explained),
    })?;
    Ok(ExitCode::Ok)
}

fn now(options: &Explain) -> Timestamp {
    options.now.unwrap_or_else(clock::now)
}

/// The probe's name, if any, and where the probes are. A first word that can be no name is a path.
fn names(options: &Explain) -> Result<(Option<&str>, Vec<PathBuf>)> {
    let mut paths = options.paths.clone();
    let mut name = options.probe.as_deref();
    if let Some(word) = name
        && ProbeName::parse(word).is_err()
    {
        if !Path::new(word).exists() {
            bail!("`{word}` is neither a probe's name nor a file");
        }
        paths.insert(0, word.into());
        name = None;
    }
    if paths.is_empty() {
        paths.push("probes/".into());
    }
    Ok((name, paths))
}

/// The probe of this name, or the only one there is.
fn find<'s>(set: &'s ProbeSet, name: Option<&str>) -> Result<&'s Arc<Definition>> {
    let names = || set.definitions.iter().map(|definition| definition.name.as_str());
    let Some(name) = name else {
        return match &set.definitions[..] {
            [only] => Ok(only),
            many => bail!("there are {} probes: name one of {}", many.len(), listed(names())),
        };
    };
    let found = set
        .definitions
        .iter()
        .find(|definition| definition.name.as_str() == name);
    if let Some(found) = found {
        return Ok(found);
    }
    if let Some(meant) = freshwatch_file::nearest(name, names()) {
        bail!("there is no probe `{name}`; did you mean `{meant}`?");
    }
    let folder = if Path::new(name).exists() {
        format!("; `./{name}` means the file or folder of that name")
    } else {
        String::new()
    };
    bail!(
        "there is no probe `{name}`; there are: {}{folder}",
        listed(names())
    )
}

fn listed<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let mut names: Vec<&str> = names.take(11).collect();
    let is_more = names.len() > 10;
    names.truncate(10);
    format!("{}{}", names.join(", "), if is_more { ", …" } else { "" })
}

fn next_runs(definition: &Definition, now: Timestamp) -> Vec<Ahead> {
    if !definition.enabled {
        return Vec::new();
    }
    let schedule = Schedule::new(&definition.name, &definition.schedule);
    let slots = std::iter::successors(schedule.next(now), |slot| schedule.next(slot.due));
    Ahead::all(now, slots.take(AHEAD).map(|slot| slot.due), &zone(definition))
}

fn zone(definition: &Definition) -> TimeZone {
    definition.schedule.timezone.clone().unwrap_or(TimeZone::UTC)
}

/// What came, and how it is judged; none where nothing is to be judged.
async fn way(options: &Explain, definition: &Arc<Definition>) -> Result<Option<Way>> {
    if options.offline {
        return Ok(None);
    }
    let memory = remembered(options, definition).await?;
    let agent = Agent::new();
    let Some(path) = &options.answer else {
        let observation = agent.observe(definition).await;
        let took = observation.exchange.took;
        let answered = matches!(observation.outcome, Outcome::Answered(_));
        let judged = Judged::aloud(definition, observation, memory, now(options));
        return Ok(Some(judged.after(Asked::Endpoint { answered }, took)));
    };
    let now = now(options);
    let mut observation = recorded(path)?.observe(definition, now);
    if let Some(secrets) = agent.secrets(definition).await {
        observation.secrets = secrets;
    }
    let (judgeable, note) = without_what_no_file_holds(definition);
    let mut judged = Judged::aloud(&judgeable, observation, memory, now);
    judged.judgment.notes.extend(note);
    Ok(Some(judged.after(Asked::File(path.clone()), Duration::ZERO)))
}

/// What earlier runs left in the state file, where the probe remembers anything; none: there is no such file.
async fn remembered(options: &Explain, definition: &Definition) -> Result<Option<Arc<Memory>>> {
    let Some(path) = options.state().filter(|_| definition.remembers()) else {
        return Ok(None);
    };
    // Whoever explains makes no file.
    if !path.exists() {
        let path = path.display();
        report::note(&format!("`{path}` is not there: no earlier run is known\n"));
        return Ok(Some(Arc::default()));
    }
    let file = StateFile::at(path, |sentence| report::note(&format!("{sentence}\n")));
    let found = file.recall(vec![definition.name.clone()]).await?;
    let memory = found.into_iter().next().map(|observed| observed.memory);
    Ok(Some(memory.unwrap_or_default()))
}

/// A recorded answer has neither a certificate nor a time that it took, so that these are not judged; and the sentence
/// that says so, where the probe wants them.
fn without_what_no_file_holds(definition: &Arc<Definition>) -> (Arc<Definition>, Option<String>) {
    let mut judgeable = Definition::clone(definition);
    let blocks = [Some(&mut judgeable.expect), judgeable.warn.as_deref_mut()];
    let mut is_less = false;
    for block in blocks.into_iter().flatten() {
        is_less |= block.certificate_valid_for.take().is_some();
        is_less |= !std::mem::take(&mut block.latency).is_empty();
    }
    let note = "a file tells neither of the certificate nor of the time that the answer took: what the probe wants of \
                them is not judged";
    (Arc::new(judgeable), is_less.then(|| note.into()))
}

fn recorded(path: &Path) -> Result<Recorded> {
    let shown = path.display();
    let bytes = read(path).map_err(|error| {
        let why = unreadable::why(&error);
        anyhow::anyhow!("`--answer {shown}` cannot be read: {why}")
    })?;
    if bytes.len() as u64 > LARGEST_ANSWER {
        bail!("`--answer {shown}` is larger than {}", size::show(LARGEST_ANSWER));
    }
    let answer = explain::recorded(bytes.into(), path);
    let answer = answer.map_err(|why| anyhow::anyhow!("`--answer {shown}`: {why}"))?;
    Ok(Recorded::Answer(answer))
}

/// A file or a pipe, or standard input for `-`; a byte more than may be, at most.
fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let most = LARGEST_ANSWER + 1;
    if path == Path::new("-") {
        std::io::stdin().lock().take(most).read_to_end(&mut bytes)?;
    } else {
        File::open(path)?.take(most).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

/// A judgment, and the judge's steps to it.
struct Judged {
    now: Timestamp,
    judgment: Judgment,
    steps: Vec<Step>,
    omitted: usize,
}

impl Judged {
    /// Judges on a thread of its own, and not for ever. That thread is left behind then: the program ends soon.
    fn aloud(
        definition: &Arc<Definition>,
        observation: Observation,
        memory: Option<Arc<Memory>>,
        now: Timestamp,
    ) -> Self {
        let (sender, receiver) = mpsc::channel();
        let owned = Arc::clone(definition);
        thread::spawn(move || {
            let steps = Steps::default();
            let recall = memory.as_deref().map_or(Recall::Nowhere, Recall::From);
            let judgment = judge_aloud(&owned, &observation, recall, now, Trace::to(&steps));
            let (steps, omitted) = steps.into_parts();
            // Nobody listens any more when it took too long.
            let _ = sender.send(Self {
                now,
                judgment,
                steps,
                omitted,
            });
        });
        receiver.recv_timeout(LONGEST_JUDGING).unwrap_or_else(|why| {
            let why = match why {
                RecvTimeoutError::Timeout => NotMade::Unjudged(LONGEST_JUDGING),
                RecvTimeoutError::Disconnected => NotMade::Internal,
            };
            Self {
                now,
                judgment: judge(definition, &Observation::not_made(why), Recall::Nowhere, now),
                steps: Vec::new(),
                omitted: 0,
            }
        })
    }

    fn after(self, asked: Asked, took: Duration) -> Way {
        Way {
            asked,
            took,
            now: self.now,
            steps: self.steps,
            omitted: self.omitted,
            judgment: self.judgment,
        }
    }
}

/// Probe files with mistakes: nothing is explained.
fn refuse(mistakes: &Mistakes, format: ExplainFormat) -> Result<ExitCode> {
    let count = report::text::counted(mistakes.count(), "mistake", "mistakes");
    report::note(&format!(
        "{}\n{count}; nothing was explained\n",
        mistakes.render(true)
    ));
    report::conclude(&match format {
        ExplainFormat::Text => String::new(),
        ExplainFormat::Json => report::explain::json_of_mistakes(mistakes),
    })?;
    Ok(ExitCode::Mistakes)
}
