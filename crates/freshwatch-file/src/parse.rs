//! Texts to definitions, or every mistake in them.

use std::collections::{HashMap, HashSet};
use std::io;
use std::iter;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use freshwatch_probe::calendar::Calendar;
use freshwatch_probe::definition::Definition;
use freshwatch_probe::unit_test::{self, UnitTest};

use crate::block::{Block, Value};
use crate::context::Context;
use crate::elements::calendars::Calendars;
use crate::elements::{defaults, needs, probe};
use crate::found::Found;
use crate::misfit::unknown_key;
use crate::mistake::Code;
use crate::mistakes::Mistakes;
use crate::purpose::Purpose;
use crate::shape::Shape;
use crate::yaml::{self, Content, Key, Member, Node, Place};

/// The largest probe file in bytes.
pub(crate) const LARGEST_FILE: usize = 4 << 20;

/// The text of a probe file.
#[derive(Debug, Clone)]
pub struct Source {
    /// The file as reports name it. What it refers to is relative to its folder.
    pub name: String,
    /// The text.
    pub text: String,
}

/// Everything that the files declare.
#[derive(Debug, Clone)]
pub struct ProbeSet {
    /// The probes in load order. Two loads of one process give a probe the same fingerprint when nothing that it is
    /// made from has changed: its keys and values in their order, the `defaults` that apply to it, the values of its
    /// variables, what its JSON Schemas hold, where its relative paths lead. Comments, layout and other probes do not
    /// count, nor does a move to another file of the same folder; keys in another order and quotes around a plain value
    /// do. Files that are read for every run, such as `${file:…}` and `tls.ca`, count by their paths alone.
    pub definitions: Vec<Arc<Definition>>,
    /// The tests of each definition, in the same order; none where the purpose wants none. They do not count for the
    /// fingerprints.
    pub tests: Vec<Vec<UnitTest>>,
    /// Where the name of each definition stands, in the same order; only where every mistake is looked for.
    pub places: Vec<unit_test::Place>,
    /// The calendars in load order.
    pub calendars: Vec<Arc<Calendar>>,
    /// Where the name of each calendar stands, in the same order; only where every mistake is looked for.
    pub calendar_places: Vec<unit_test::Place>,
    /// How many files were read.
    pub files: usize,
    /// The files that were read for the probes, such as JSON Schemas, in the order of their names.
    pub referenced: Vec<PathBuf>,
}

impl ProbeSet {
    /// Keeps the probes that are wanted, each with what stands beside it. What the others are needed for has been checked.
    pub fn retain(&mut self, is_wanted: impl Fn(&Definition) -> bool) {
        let kept: Vec<bool> = self
            .definitions
            .iter()
            .map(|definition| is_wanted(definition))
            .collect();
        keep(&mut self.definitions, &kept);
        keep(&mut self.tests, &kept);
        keep(&mut self.places, &kept);
    }
}

/// Those that are kept, of as many as there are.
fn keep<T>(all: &mut Vec<T>, kept: &[bool]) {
    let mut kept = kept.iter();
    all.retain(|_| kept.next().is_none_or(|kept| *kept));
}

pub(crate) const FILE: Shape = Shape::closed("a probe file", &["defaults", "calendars", "probes"]);
pub(crate) const PROBES: Shape = Shape::free("`probes`", "real-price: {get: https://…}");

/// What to do about a file without anything in it.
const EMPTY: &str = "declare probes under `probes:`, or remove the file";

/// Reads texts that are already in memory. `env` looks environment variables up, `read_file` reads the JSON Schemas
/// that the texts name; nothing else of the world is seen.
///
/// # Errors
/// Every mistake of every text.
pub fn parse(
    sources: &[Source],
    env: &dyn Fn(&str) -> Option<String>,
    read_file: &dyn Fn(&Path) -> io::Result<Vec<u8>>,
) -> Result<ProbeSet, Mistakes> {
    parse_for(sources, Purpose::Running, env, read_file)
}

/// As [`parse`], for something else than running the probes.
///
/// # Errors
/// Every mistake of every text.
pub fn parse_for(
    sources: &[Source],
    purpose: Purpose,
    env: &dyn Fn(&str) -> Option<String>,
    read_file: &dyn Fn(&Path) -> io::Result<Vec<u8>>,
) -> Result<ProbeSet, Mistakes> {
    parse_beside(sources.to_vec(), Vec::new(), purpose, env, read_file)
}

/// As [`parse`], with the mistakes that were found on the way to the texts.
pub(crate) fn parse_beside(
    mut sources: Vec<Source>,
    found: Vec<Found>,
    purpose: Purpose,
    env: &dyn Fn(&str) -> Option<String>,
    read_file: &dyn Fn(&Path) -> io::Result<Vec<u8>>,
) -> Result<ProbeSet, Mistakes> {
    sources.iter_mut().for_each(drop_byte_order_mark);
    let unreadable: HashSet<usize> = found.iter().map(|found| found.place.file).collect();
    let context = Context::new(&sources, purpose, env, read_file);
    for found in found {
        context.report(found);
    }
    let readable = (0..sources.len()).filter(|file| !unreadable.contains(file));
    let with_calendars = readable
        .clone()
        .filter_map(|file| calendars_of(file, &sources[file].text));
    context.know(Calendars::of(with_calendars, &context));
    let mut declared = Declared::default();
    for file in readable {
        // One tree at a time: together they are several times as large as all that comes out of them.
        if let Some(root) = root(file, &sources[file].text, EMPTY, &context) {
            declared.read(root, &context);
        }
    }
    declared.check(&context);
    if declared.probes.is_empty() && context.reported() == 0 {
        context.report(
            Found::new(start_of(0), Code::Empty, "there are no probes here")
                .help("declare some under `probes:`"),
        );
    }
    if context.reported() > 0 {
        return Err(context.finish());
    }
    let referenced = context.referenced();
    Ok(declared.fit_together(&context, sources.len(), referenced))
}

/// What a file has under `calendars`. All calendars are known before the first probe is read, which may name one of a
/// later file; so a file that may have some is read twice, and its mistakes are told the second time. A key can be
/// spelt with escapes.
fn calendars_of(file: usize, text: &str) -> Option<Node> {
    let may_have_some = text.len() <= LARGEST_FILE && (text.contains("calendars") || text.contains('\\'));
    let root = may_have_some.then(|| yaml::read(file, text).root).flatten()?;
    let Content::Map(members) = root.content else {
        return None;
    };
    let member = members
        .into_iter()
        .find(|member| member.key.text == "calendars")?;
    Some(member.value)
}

pub(crate) fn drop_byte_order_mark(source: &mut Source) {
    if source.text.starts_with('\u{feff}') {
        source.text.remove(0);
    }
}

/// The very start of a file.
pub(crate) const fn start_of(file: usize) -> Place {
    Place {
        file,
        start: 0,
        end: 0,
    }
}

/// The mistake of a file beyond the bound.
pub(crate) fn too_large(place: Place) -> Found {
    Found::new(place, Code::TooLarge, "a probe file of more than 4 MiB")
        .help("split it into several files of one folder")
}

/// The tree of a file; `otherwise` is what to do about one without anything in it.
pub(crate) fn root(file: usize, text: &str, otherwise: &str, context: &Context) -> Option<Node> {
    if text.len() > LARGEST_FILE {
        return context.refuse(too_large(start_of(file)));
    }
    let tree = yaml::read(file, text);
    let is_broken = !tree.found.is_empty();
    for found in tree.found {
        context.report(found);
    }
    match tree.root {
        Some(root) if !root.is_null() => Some(root),
        Some(_) | None if is_broken => None,
        Some(_) | None => {
            context.refuse(Found::new(start_of(file), Code::Empty, "the file is empty").help(otherwise))
        }
    }
}

/// What the files declare, with its places, before it is known to fit together.
#[derive(Default)]
struct Declared {
    probes: Vec<probe::Declared>,
}

impl Declared {
    fn read(&mut self, mut root: Node, context: &Context) {
        check_keys(&root, context);
        let Some(file) = Block::open(
            Value::own(&root),
            &Shape::free("a probe file", "probes: …"),
            context,
        ) else {
            return;
        };
        if let Some(defaults) = file.value("defaults") {
            defaults::check(defaults.node, context);
        }
        let probes = file.value("probes");
        if probes.is_none_or(|value| Block::open(value, &PROBES, context).is_none()) {
            return;
        }
        let probes = root.take_members("probes");
        let defaults = root.member("defaults").filter(|node| node.members().is_some());
        self.read_probes(probes, defaults, context);
    }

    /// Each probe's part of the tree is gone before the next one is read, so that the definitions, which stay, take the
    /// room of the tree, which does not.
    fn read_probes(&mut self, probes: Vec<Member>, defaults: Option<&Node>, context: &Context) {
        let is_stray = |member: &Member| probe::is_stray(&member.key, &member.value);
        let mut probes = probes.into_iter().peekable();
        while let Some(member) = probes.next() {
            if is_stray(&member) {
                context.report(stray(&member.key, None));
                continue;
            }
            let strays: Vec<Member> = iter::from_fn(|| probes.next_if(is_stray)).collect();
            for stray_member in &strays {
                context.report(stray(&stray_member.key, Some(&member.key)));
            }
            let Member { key, value } = member;
            let value = with_strays(value, strays);
            let value = Value {
                node: &value,
                beneath: defaults,
                inherited: false,
            };
            self.probes.push(probe::read(&key, value, context));
        }
    }

    /// What is known to be without a mistake.
    fn fit_together(self, context: &Context, files: usize, referenced: Vec<PathBuf>) -> ProbeSet {
        let calendars = context.calendars();
        let hash = calendars.hash();
        let places = |places: &mut dyn Iterator<Item = Place>| {
            let wanted = places.take_while(|_| context.purpose == Purpose::Linting);
            wanted.map(|place| context.stands_at(place)).collect()
        };
        let probes = self.probes.iter().filter(|probe| probe.definition.is_some());
        let probe_places = places(&mut probes.map(|probe| probe.place));
        let probes = self.probes.into_iter().filter_map(|probe| {
            let mut definition = probe.definition?;
            Arc::make_mut(&mut definition).fingerprint = probe.made_from.fingerprint(hash);
            Some((definition, probe.tests))
        });
        let (definitions, tests) = probes.unzip();
        ProbeSet {
            definitions,
            tests,
            places: probe_places,
            calendars: calendars.complete.clone(),
            calendar_places: places(&mut calendars.places.iter().copied()),
            files,
            referenced,
        }
    }

    /// What holds between the files.
    fn check(&self, context: &Context) {
        let mut known: HashMap<&str, Place> = HashMap::new();
        for probe in &self.probes {
            if let Some(first) = known.get(probe.name.as_str()) {
                context.report(
                    Found::new(
                        probe.place,
                        Code::DuplicateName,
                        format!("there are two probes `{}`", probe.name),
                    )
                    .label("again")
                    .also(*first, "first")
                    .help("names are unique among all files that are loaded together: rename one of them"),
                );
            } else {
                known.insert(&probe.name, probe.place);
            }
        }
        let needs: Vec<(&str, &[needs::Need])> = self
            .probes
            .iter()
            .map(|probe| (probe.name.as_str(), probe.needs.as_slice()))
            .collect();
        needs::check(&needs, context);
    }
}

/// The keys of a file. A probe that stands beside `probes` instead of under it is told so.
fn check_keys(root: &Node, context: &Context) {
    for member in root.members().unwrap_or_default() {
        let name = member.key.text.as_str();
        if FILE.keys.contains(&name) {
            continue;
        }
        let found = unknown_key(&member.key, &FILE, context);
        context.report(if probe::looks_like_probe(&member.value) {
            found.help("a probe stands under `probes:`, indented")
        } else {
            found
        });
    }
}

/// The mistake of a key of a probe that stands beside the probes.
fn stray(key: &Key, above: Option<&Key>) -> Found {
    let message = format!(
        "`{}` is a key of a probe, and stands where probes are named",
        key.text
    );
    let found = Found::new(key.place, Code::MisplacedKey, message);
    match above {
        Some(above) => found.help(format!(
            "indent it under the probe above it, `{}`: two spaces deeper than that name",
            above.text
        )),
        None => {
            found.help("write the probe's name above it, such as `real-price:`, and indent it under that")
        }
    }
}

/// The probe as it was meant, so that it is not said to lack what stands beside it.
fn with_strays(mut node: Node, strays: Vec<Member>) -> Node {
    if strays.is_empty() {
        return node;
    }
    if node.is_null() {
        node.content = Content::Map(Vec::new());
    }
    if let Content::Map(members) = &mut node.content {
        members.extend(strays);
    }
    node
}
