//! XML 1.0: elements are members, repeated ones arrays, attributes `@name`, text beside them `#text`; namespaces are
//! dropped.
//!
//! No entity is expanded but the five that XML itself has, and nothing outside the body is ever looked up.

use std::collections::BTreeSet;

use quick_xml::errors::IllFormedError;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use serde_json::map::Entry;
use serde_json::{Map, Value};

use super::{DEEPEST, Unparsable, not_of, place, utf8};
use crate::redact::Redactor;
use crate::show;

/// Reads a body as XML.
///
/// # Errors
/// Where it is not well-formed, and why.
pub fn read(bytes: &[u8], secrets: &Redactor) -> Result<Value, Unparsable> {
    if super::is_html(bytes) {
        return Err(Unparsable::NotJson("the body is HTML, not XML".into()));
    }
    if matches!(bytes.trim_ascii_start().first(), Some(b'{' | b'[')) {
        let why = "the body looks like JSON, not XML; if it is, say `read_as: json`";
        return Err(Unparsable::NotJson(why.into()));
    }
    let mut reader = Reader::from_str(utf8(bytes, "XML")?);
    let mut tree = Tree::default();
    loop {
        let begun = reader.buffer_position();
        let added = match reader.read_event() {
            Ok(Event::Eof) => return tree.finish().map_err(|why| broken(bytes, begun, &why)),
            Ok(event) => tree.add(&event, secrets),
            Err(error) => {
                let why = ill_formed(&error, secrets);
                return Err(broken(bytes, reader.error_position(), &why));
            }
        };
        added.map_err(|why| broken(bytes, begun, &why))?;
    }
}

fn broken(bytes: &[u8], offset: u64, why: &str) -> Unparsable {
    let (line, column) = place(bytes, usize::try_from(offset).unwrap_or(usize::MAX));
    not_of("XML", &format!("(line {line}, column {column}): {why}"))
}

/// What was read so far: the elements that are open, and the root once it is closed.
#[derive(Default)]
struct Tree {
    open: Vec<Element>,
    root: Option<(String, Value)>,
}

struct Element {
    name: String,
    members: Map<String, Value>,
    text: String,
}

impl Tree {
    fn add(&mut self, event: &Event<'_>, secrets: &Redactor) -> Result<(), String> {
        match event {
            Event::Start(tag) => {
                let element = self.element(tag, secrets)?;
                self.open.push(element);
            }
            Event::Empty(tag) => {
                let element = self.element(tag, secrets)?;
                self.close(element);
            }
            // The reader has held its name against the one that is open.
            Event::End(_) => {
                if let Some(element) = self.open.pop() {
                    self.close(element);
                }
            }
            Event::Text(text) => self.add_text(&text.xml10_content().map_err(|error| error.to_string())?)?,
            Event::CData(text) => self.add_text(&text.xml10_content().map_err(|error| error.to_string())?)?,
            Event::GeneralRef(reference) => self.add_text(&resolved(reference, secrets)?)?,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) | Event::Eof => {}
        }
        Ok(())
    }

    fn element(&self, tag: &BytesStart<'_>, secrets: &Redactor) -> Result<Element, String> {
        if self.open.is_empty() && self.root.is_some() {
            return Err("a second root element begins there".into());
        }
        if self.open.len() == DEEPEST {
            return Err(format!("it is nested deeper than {DEEPEST} levels"));
        }
        let name = owned(tag.local_name().as_ref());
        if name.is_empty() {
            return Err("an element without a name begins there".into());
        }
        Ok(Element {
            name,
            members: attributes(tag, secrets)?,
            text: String::new(),
        })
    }

    fn add_text(&mut self, text: &str) -> Result<(), String> {
        match self.open.last_mut() {
            Some(element) => element.text.push_str(text),
            None if text.trim_ascii().is_empty() => {}
            None => return Err("there is text outside the root element".into()),
        }
        Ok(())
    }

    fn close(&mut self, element: Element) {
        let (name, value) = element.finish();
        match self.open.last_mut() {
            Some(parent) => parent.add(name, value),
            None => self.root = Some((name, value)),
        }
    }

    fn finish(self) -> Result<Value, String> {
        match (self.open.last(), self.root) {
            (Some(_), _) => Err("it ends in the middle".into()),
            (None, None) => Err("it has no root element".into()),
            (None, Some(root)) => Ok(Value::Object(Map::from_iter([root]))),
        }
    }
}

impl Element {
    /// Adds a child; none is an array of its own, so that an array is what was repeated.
    fn add(&mut self, name: String, value: Value) {
        match self.members.entry(name) {
            Entry::Vacant(vacant) => {
                vacant.insert(value);
            }
            Entry::Occupied(mut occupied) => match occupied.get_mut() {
                Value::Array(elements) => elements.push(value),
                first => *first = Value::Array(vec![first.take(), value]),
            },
        }
    }

    fn finish(mut self) -> (String, Value) {
        let text = self.text.trim_ascii();
        if self.members.is_empty() {
            return (self.name, Value::from(text));
        }
        if !text.is_empty() {
            self.members.insert("#text".into(), Value::from(text));
        }
        (self.name, Value::Object(self.members))
    }
}

/// The attributes as members. The reader's own check for one that stands twice would look at all others for each.
fn attributes(tag: &BytesStart<'_>, secrets: &Redactor) -> Result<Map<String, Value>, String> {
    let mut members = Map::new();
    let mut seen = BTreeSet::new();
    for attribute in tag.attributes().with_checks(false) {
        let attribute =
            attribute.map_err(|_| "an attribute of the element that begins there is malformed")?;
        let key = attribute.key;
        if !seen.insert(key) {
            let shown = show::text(&owned(key.as_ref()), secrets);
            return Err(format!(
                "the attribute {shown} stands twice in the element that begins there"
            ));
        }
        if key.as_namespace_binding().is_some() {
            continue;
        }
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(
            |_| "an attribute of the element that begins there has an entity that is not expanded",
        )?;
        let name = format!("@{}", owned(key.local_name().as_ref()));
        // An attribute of the element's own vocabulary goes before one of another that has the same name.
        if key.prefix().is_none() || !members.contains_key(&name) {
            members.insert(name, Value::from(value.as_ref()));
        }
    }
    Ok(members)
}

/// A character reference, or one of the five entities of XML.
fn resolved(reference: &BytesRef<'_>, secrets: &Redactor) -> Result<String, String> {
    let name = owned(reference);
    let shown = || show::text(&name, secrets);
    match reference.resolve_char_ref() {
        Ok(Some(character)) => Ok(character.into()),
        Ok(None) => resolve_xml_entity(&name).map(str::to_owned).ok_or_else(|| {
            format!(
                "the entity {} is none of XML's own, and no other is expanded",
                shown()
            )
        }),
        Err(_) => Err(format!("{} refers to no character", shown())),
    }
}

fn ill_formed(error: &quick_xml::Error, secrets: &Redactor) -> String {
    let tag = |name: &str| show::text(name, secrets);
    match error {
        quick_xml::Error::Syntax(_) => "what begins there does not end".into(),
        quick_xml::Error::IllFormed(IllFormedError::MismatchedEndTag { expected, found }) => {
            format!("the end of {} is due there, not of {}", tag(expected), tag(found))
        }
        quick_xml::Error::IllFormed(IllFormedError::UnmatchedEndTag(name)) => {
            format!("there is the end of {}, which never began", tag(name))
        }
        quick_xml::Error::IllFormed(IllFormedError::UnclosedReference) => {
            "an `&` begins no reference there; itself it is written `&amp;`".into()
        }
        _ => "it is not well-formed".into(),
    }
}

fn owned(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::{Value, json};

    use super::super::Unparsable;
    use crate::redact::Redactor;

    fn read(body: &str) -> Result<Value, Unparsable> {
        super::read(body.as_bytes(), &Redactor::default())
    }

    fn told(body: &str) -> String {
        match read(body) {
            Err(Unparsable::NotJson(why)) => why,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn elements_attributes_and_text_are_members() {
        for (body, expected) in [
            ("<a/>", json!({"a": ""})),
            ("<a> x </a>", json!({"a": "x"})),
            ("<a><b>1</b><c>2</c></a>", json!({"a": {"b": "1", "c": "2"}})),
            (
                "<a><b>1</b><b>2</b><b>3</b></a>",
                json!({"a": {"b": ["1", "2", "3"]}}),
            ),
            ("<a><b><b/></b></a>", json!({"a": {"b": {"b": ""}}})),
            (
                "<a x='1' y=\"&lt;\">t</a>",
                json!({"a": {"@x": "1", "@y": "<", "#text": "t"}}),
            ),
            ("<a x='1'/>", json!({"a": {"@x": "1"}})),
            ("<a>one<b/>two</a>", json!({"a": {"b": "", "#text": "onetwo"}})),
            (
                "<a>1 &lt; 2 &#x33; <![CDATA[<&4>]]></a>",
                json!({"a": "1 < 2 3 <&4>"}),
            ),
            (
                "<?xml version='1.0'?><!-- c --><a><!-- c --><?p?>x</a>\n",
                json!({"a": "x"}),
            ),
            (
                "<!DOCTYPE a SYSTEM 'http://127.0.0.1/a.dtd'><a>x</a>",
                json!({"a": "x"}),
            ),
            (
                "<d:a xmlns:d='u' xmlns='v' d:x='1'><d:b/><e:b xmlns:e='w'/></d:a>",
                json!({"a": {"@x": "1", "b": ["", ""]}}),
            ),
            (
                &format!("<a x='{}'/>", "&amp;".repeat(500)),
                json!({"a": {"@x": "&".repeat(500)}}),
            ),
            ("<a p:x='1' x='2' q:x='3'/>", json!({"a": {"@x": "2"}})),
        ] {
            assert_eq!(read(body), Ok(expected), "{body}");
        }
    }

    #[test]
    fn no_entity_is_expanded() {
        let laughs = "<!DOCTYPE a [<!ENTITY l 'lol'><!ENTITY m '&l;&l;&l;'>]><a>&m;</a>";
        assert_snapshot!(told(laughs), @r#"the body is not XML (line 1, column 59): the entity "m" is none of XML's own, and no other is expanded"#);
        let file = "<!DOCTYPE a [<!ENTITY f SYSTEM 'file:///etc/passwd'>]>\n<a b='&f;'/>";
        assert_snapshot!(told(file), @"the body is not XML (line 2, column 1): an attribute of the element that begins there has an entity that is not expanded");
        assert_snapshot!(told("<a>&#xFFFFFF;</a>"), @r##"the body is not XML (line 1, column 4): "#xFFFFFF" refers to no character"##);
    }

    #[test]
    fn what_is_not_well_formed_is_told_with_its_place() {
        assert_snapshot!(told("<a>\n<b></c></a>"), @r#"the body is not XML (line 2, column 4): the end of "b" is due there, not of "c""#);
        assert_snapshot!(told("<a></a></b>"), @r#"the body is not XML (line 1, column 8): there is the end of "b", which never began"#);
        assert_snapshot!(told("<a><b>"), @"the body is not XML (line 1, column 7): it ends in the middle");
        assert_snapshot!(told("<a><b"), @"the body is not XML (line 1, column 4): what begins there does not end");
        assert_snapshot!(told("<a>x & y</a>"), @"the body is not XML (line 1, column 6): an `&` begins no reference there; itself it is written `&amp;`");
        assert_snapshot!(told("<a/><b/>"), @"the body is not XML (line 1, column 5): a second root element begins there");
        assert_snapshot!(told("<a/>more"), @"the body is not XML (line 1, column 5): there is text outside the root element");
        assert_snapshot!(told("hello"), @"the body is not XML (line 1, column 1): there is text outside the root element");
        assert_snapshot!(told("<!-- nothing -->"), @"the body is not XML (line 1, column 17): it has no root element");
        assert_snapshot!(told("<a x='1' x='2'/>"), @r#"the body is not XML (line 1, column 1): the attribute "x" stands twice in the element that begins there"#);
        assert_snapshot!(told("<a x=1/>"), @"the body is not XML (line 1, column 1): an attribute of the element that begins there is malformed");
        assert_snapshot!(told("<>x</>"), @"the body is not XML (line 1, column 1): an element without a name begins there");
        assert_snapshot!(told(&"<a>".repeat(200)), @"the body is not XML (line 1, column 385): it is nested deeper than 128 levels");
        assert_snapshot!(told("<!doctype HTML><p>"), @"the body is HTML, not XML");
        assert_snapshot!(told("{\"error\": 1}"), @"the body looks like JSON, not XML; if it is, say `read_as: json`");
        let latin = super::read(b"<a>\xe9</a>", &Redactor::default());
        let why = "the body is not XML (line 1, column 4): it is not UTF-8";
        assert_eq!(latin, Err(Unparsable::NotJson(why.into())));
    }

    #[test]
    fn many_attributes_and_elements_take_no_longer_than_their_bytes() {
        let attributes: Vec<String> = (0..60_000).map(|n| format!(" a{n}=''")).collect();
        let read_one = |body: &str| read(body).unwrap()["a"].take();
        assert_eq!(
            read_one(&format!("<a{}/>", attributes.concat()))
                .as_object()
                .unwrap()
                .len(),
            60_000
        );
        let elements = "<b/>".repeat(200_000);
        let many = read_one(&format!("<a>{elements}</a>"));
        assert_eq!(many["b"].as_array().unwrap().len(), 200_000);
    }
}
