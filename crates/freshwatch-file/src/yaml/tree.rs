//! Events to tree, under bounds: depth, number of nodes, aliases expanded.

use std::collections::HashMap;

use compact_str::CompactString;
use saphyr_parser::{Event, Parser, ScalarStyle, Span, StrInput};

use super::node::{Content, Key, Member, Node, Place, Scalar};
use super::offsets::Offsets;
use super::scalar::Plain;
use super::syntax;
use crate::found::Found;
use crate::mistake::Code;

/// Deeper than any probe needs; keeps every walk of the tree off the end of the stack.
const DEEPEST: usize = 64;

/// Nodes of one file with its aliases expanded: far above 10,000 probes, far below what nested aliases can demand.
const MOST_NODES: usize = 600_000;

/// What a file holds.
pub(crate) struct Tree {
    /// The root; none when the file is empty or cannot be read.
    pub root: Option<Node>,
    /// What is wrong with it as YAML.
    pub found: Vec<Found>,
}

/// Reads the text of one file, without a byte order mark.
pub(crate) fn read(file: usize, text: &str) -> Tree {
    if let Some(found) = syntax::control_character(file, text) {
        return Tree {
            root: None,
            found: vec![found],
        };
    }
    let mut builder = Builder {
        file,
        text,
        offsets: Offsets::new(text),
        events: Parser::new_from_str(text),
        anchors: HashMap::new(),
        nodes: 0,
        found: Vec::new(),
    };
    let root = builder.document().unwrap_or_else(|fatal| {
        builder.found.push(*fatal);
        None
    });
    Tree {
        root,
        found: builder.found,
    }
}

/// A value, or the mistake after which nothing more of the file can be read.
type OrFatal<T> = Result<T, Box<Found>>;

struct Builder<'t> {
    file: usize,
    text: &'t str,
    offsets: Offsets,
    events: Parser<'t, StrInput<'t>>,
    /// What every anchor stands for and of how many nodes it is made; `None` while it is being read.
    anchors: HashMap<usize, Option<(Node, usize)>>,
    nodes: usize,
    found: Vec<Found>,
}

impl<'t> Builder<'t> {
    fn document(&mut self) -> OrFatal<Option<Node>> {
        let mut root = None;
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamEnd => return Ok(root),
                Event::DocumentStart(_) if root.is_some() => {
                    let place = self.place(span);
                    return Err(Box::new(
                        Found::new(place, Code::Yaml, "a second document in one file")
                            .label("it starts here")
                            .help("keep one document a file: put its probes under the `probes` above, or into a file of their own"),
                    ));
                }
                Event::Nothing | Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd => {}
                Event::Alias(_)
                | Event::Scalar(..)
                | Event::SequenceStart(..)
                | Event::SequenceEnd
                | Event::MappingStart(..)
                | Event::MappingEnd => root = Some(self.node(event, span, None, 0)?),
            }
        }
    }

    fn next(&mut self) -> OrFatal<(Event<'t>, Span)> {
        match self.events.next_event() {
            None => Ok((Event::StreamEnd, Span::default())),
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => {
                let at = self.offsets.byte(error.marker().index());
                Err(Box::new(syntax::explain(self.file, self.text, at, error.info())))
            }
        }
    }

    fn node(&mut self, event: Event<'t>, span: Span, key: Option<Place>, depth: usize) -> OrFatal<Node> {
        let place = self.place(span);
        self.spend(1, place)?;
        if depth > DEEPEST {
            return Err(Box::new(
                Found::new(
                    place,
                    Code::TooLarge,
                    format!("nested more than {DEEPEST} levels deep"),
                )
                .help("no probe needs that; is a bracket missing?"),
            ));
        }
        let before = self.nodes;
        let (anchor, tag, node) = match event {
            Event::Alias(anchor) => return self.alias(anchor, place),
            Event::Scalar(text, style, anchor, tag) => {
                (anchor, tag, self.scalar(text.into(), style, place, key))
            }
            Event::SequenceStart(anchor, tag) => {
                self.open(anchor);
                (anchor, tag, self.list(place, depth)?)
            }
            Event::MappingStart(anchor, tag) => {
                self.open(anchor);
                (anchor, tag, self.map(place, depth)?)
            }
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd
            | Event::SequenceEnd
            | Event::MappingEnd => {
                return Err(Box::new(syntax::explain(
                    self.file,
                    self.text,
                    place.start,
                    "unexpected end",
                )));
            }
        };
        if let Some(tag) = tag {
            self.found.push(
                Found::new(
                    place,
                    Code::Yaml,
                    format!("the tag `{}` is not used in probe files", shown_tag(&tag)),
                )
                .help("remove it; a value in quotes is a text, one without is what it looks like"),
            );
        }
        if anchor > 0 {
            let weight = self.nodes - before + 1;
            self.spend(weight, place)?;
            self.anchors.insert(anchor, Some((node.clone(), weight)));
        }
        Ok(node)
    }

    fn open(&mut self, anchor: usize) {
        if anchor > 0 {
            self.anchors.insert(anchor, None);
        }
    }

    fn alias(&mut self, anchor: usize, place: Place) -> OrFatal<Node> {
        match self.anchors.get(&anchor) {
            Some(Some((_, weight))) => {
                let weight = *weight;
                self.spend(weight, place)?;
                let known = self.anchors.get(&anchor).and_then(Option::as_ref);
                known
                    .map(|(node, _)| node.clone())
                    .ok_or_else(|| Box::new(lost_alias(place)))
            }
            Some(None) => Err(Box::new(
                Found::new(place, Code::Yaml, "this alias stands inside what it names")
                    .help("a value cannot hold itself: write it out"),
            )),
            None => Err(Box::new(lost_alias(place))),
        }
    }

    fn spend(&mut self, nodes: usize, place: Place) -> OrFatal<()> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes > MOST_NODES {
            return Err(Box::new(
                Found::new(
                    place,
                    Code::TooLarge,
                    format!("the file has more than {MOST_NODES} values once its aliases are expanded"),
                )
                .help("split it, and keep aliases of aliases out of it"),
            ));
        }
        Ok(())
    }

    fn scalar(&self, text: CompactString, style: ScalarStyle, place: Place, key: Option<Place>) -> Node {
        let plain = style == ScalarStyle::Plain;
        let place = match key {
            Some(key) if plain && text.is_empty() => key,
            Some(_) | None => self.trimmed(place),
        };
        Node {
            place,
            content: Content::Scalar(Scalar { text, plain }),
            is_damaged: false,
        }
    }

    fn list(&mut self, start: Place, depth: usize) -> OrFatal<Node> {
        let mut items = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if event == Event::SequenceEnd {
                let last = items.last().map(|item: &Node| item.place);
                items.shrink_to_fit();
                return Ok(Node {
                    place: self.collection(start, span, last),
                    content: Content::List(items),
                    is_damaged: false,
                });
            }
            items.push(self.node(event, span, None, depth + 1)?);
        }
    }

    fn map(&mut self, start: Place, depth: usize) -> OrFatal<Node> {
        let mut members: Vec<Member> = Vec::new();
        // A map of ten thousand probes must not be searched for each of them.
        let mut seen: HashMap<CompactString, Place> = HashMap::new();
        let mut last = None;
        let mut is_damaged = false;
        loop {
            let (event, span) = self.next()?;
            if event == Event::MappingEnd {
                members.shrink_to_fit();
                return Ok(Node {
                    place: self.collection(start, span, last),
                    content: Content::Map(members),
                    is_damaged,
                });
            }
            let key = self.node(event, span, None, depth + 1)?;
            let (event, span) = self.next()?;
            let value = self.node(event, span, Some(key.place), depth + 1)?;
            last = Some(value.place.max_end(key.place));
            let Some(key) = self.key(key) else {
                is_damaged = true;
                continue;
            };
            if let Some(first) = seen.get(&key.text) {
                self.found.push(
                    Found::new(
                        key.place,
                        Code::DuplicateKey,
                        format!("the key `{}` stands here twice", key.text),
                    )
                    .label("again")
                    .also(*first, "first")
                    .help("keep one of the two; YAML forbids both"),
                );
                continue;
            }
            seen.insert(key.text.clone(), key.place);
            members.push(Member { key, value });
        }
    }

    /// Takes a node as a key, or says why it is none.
    fn key(&mut self, node: Node) -> Option<Key> {
        let place = node.place;
        let Content::Scalar(scalar) = node.content else {
            let kind = if matches!(node.content, Content::List(_)) {
                "a list"
            } else {
                "a map"
            };
            self.found.push(
                Found::new(place, Code::Yaml, format!("{kind} cannot be a key"))
                    .help("a key is a text; put it in quotes when it starts with `[` or `{`"),
            );
            return None;
        };
        if scalar.plain && scalar.text == "<<" {
            self.found.push(
                Found::new(place, Code::Yaml, "the merge key `<<` is not part of YAML 1.2")
                    .help("put what the probes share under `defaults`, or write an alias as the whole value"),
            );
            return None;
        }
        let kind = match scalar.plain() {
            Plain::Text => None,
            Plain::Null => Some("nothing"),
            Plain::Bool(_) => Some("a truth value"),
            Plain::Number(_) | Plain::NoNumber(_) => Some("a number"),
        };
        if let Some(kind) = kind {
            let message = format!("a key is a text, and `{}` is {kind}", scalar.text);
            let help = format!("put it in quotes: `\"{}\"`", scalar.text);
            self.found.push(Found::new(place, Code::Yaml, message).help(help));
        }
        Some(Key {
            text: scalar.text,
            place,
        })
    }

    fn place(&self, span: Span) -> Place {
        let start = self.offsets.byte(span.start.index());
        Place {
            file: self.file,
            start,
            end: self.offsets.byte(span.end.index()).max(start),
        }
    }

    /// From the start of a collection to its closing bracket, or else to the end of its last value: the parser
    /// notices the end of a block only when the next one begins.
    fn collection(&self, start: Place, end: Span, last: Option<Place>) -> Place {
        let closing = self.place(end);
        let is_flow =
            matches!(self.text.as_bytes().get(start.start), Some(b'[' | b'{')) && start.start < start.end;
        let end = if is_flow {
            closing.end
        } else {
            last.map_or(start.end, |last| last.end)
        };
        Place {
            end: end.max(start.start),
            ..start
        }
    }

    /// Without the anchor and the tag before a scalar, and the white space after it.
    fn trimmed(&self, place: Place) -> Place {
        let mut written = self
            .text
            .get(place.start..place.end)
            .unwrap_or_default()
            .trim_end();
        while written.starts_with(['&', '!']) {
            let property = written.find(char::is_whitespace).unwrap_or(written.len());
            written = written[property..].trim_start();
        }
        let start = if written.is_empty() {
            place.start
        } else {
            written.as_ptr() as usize - self.text.as_ptr() as usize
        };
        Place {
            start,
            end: start + written.len(),
            ..place
        }
    }
}

impl Place {
    fn max_end(self, other: Self) -> Self {
        Self {
            end: self.end.max(other.end),
            ..self
        }
    }
}

fn lost_alias(place: Place) -> Found {
    Found::new(place, Code::Yaml, "this alias names no anchor")
        .help("put a text that starts with `*` in quotes")
}

fn shown_tag(tag: &saphyr_parser::Tag) -> String {
    if tag.is_yaml_core_schema() {
        format!("!!{}", tag.suffix)
    } else {
        tag.to_string()
    }
}
