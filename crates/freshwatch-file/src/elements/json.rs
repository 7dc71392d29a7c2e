//! Any YAML as JSON: the value of a matcher, and the body of a request.

use freshwatch_probe::template::{Part, Template};
use serde_json::Value;

use super::placeholder;
use crate::context::Context;
use crate::found::Found;
use crate::mistake::Code;
use crate::yaml::{Content, Node, Plain, Scalar};

/// A value to compare with; placeholders may not stand in it.
pub(crate) fn value(node: &Node, context: &Context) -> Option<Value> {
    let before = context.reported();
    let value = match &node.content {
        Content::Scalar(scalar) => {
            placeholder::refuse(node, context)?;
            scalar_value(node, scalar, context)?
        }
        Content::List(items) => Value::Array(items.iter().filter_map(|item| value(item, context)).collect()),
        Content::Map(members) => members
            .iter()
            .filter_map(|member| Some((member.key.text.clone(), value(&member.value, context)?)))
            .collect(),
    };
    (context.reported() == before).then_some(value)
}

fn scalar_value(node: &Node, scalar: &Scalar, context: &Context) -> Option<Value> {
    match scalar.plain() {
        Plain::Null => Some(Value::Null),
        Plain::Bool(flag) => Some(Value::Bool(flag)),
        Plain::Number(number) => Some(Value::Number(number)),
        Plain::Text => Some(Value::String(scalar.text.to_string())),
        Plain::NoNumber(why) => context.refuse(
            Found::new(node.place, Code::WrongType, format!("`{}` {why}", scalar.text))
                .help(format!("put it in quotes to have a text: `\"{}\"`", scalar.text)),
        ),
    }
}

/// A body: JSON text with placeholders inside its strings.
pub(crate) fn body(node: &Node, context: &Context) -> Option<Template> {
    let before = context.reported();
    let mut writer = Writer::default();
    writer.value(node, context);
    writer.flush();
    (context.reported() == before).then(|| Template::new(writer.parts))
}

#[derive(Default)]
struct Writer {
    parts: Vec<Part>,
    text: String,
}

impl Writer {
    fn value(&mut self, node: &Node, context: &Context) {
        match &node.content {
            Content::Scalar(scalar) if scalar.plain() == Plain::Text => self.string(node, scalar, context),
            Content::Scalar(scalar) => {
                if let Some(value) = scalar_value(node, scalar, context) {
                    self.text.push_str(&value.to_string());
                }
            }
            Content::List(items) => {
                self.text.push('[');
                for (index, item) in items.iter().enumerate() {
                    self.comma(index);
                    self.value(item, context);
                }
                self.text.push(']');
            }
            Content::Map(members) => {
                self.text.push('{');
                for (index, member) in members.iter().enumerate() {
                    self.comma(index);
                    self.text
                        .push_str(&Value::from(member.key.text.as_str()).to_string());
                    self.text.push(':');
                    if member.key.text.contains("${") {
                        context.report(
                            Found::new(member.key.place, Code::Placeholder, "a placeholder in a name")
                                .help("placeholders stand in the values of `json`"),
                        );
                    }
                    self.value(&member.value, context);
                }
                self.text.push('}');
            }
        }
    }

    fn comma(&mut self, index: usize) {
        if index > 0 {
            self.text.push(',');
        }
    }

    /// What stands in for a placeholder is escaped when the body is rendered; what is written here, now.
    fn string(&mut self, node: &Node, scalar: &Scalar, context: &Context) {
        self.text.push('"');
        for part in placeholder::parts(node, &scalar.text, context).unwrap_or_default() {
            if let Part::Literal(literal) = &part {
                let escaped = Value::from(literal.as_str()).to_string();
                self.text.push_str(&escaped[1..escaped.len() - 1]);
            } else {
                self.flush();
                self.parts.push(part);
            }
        }
        self.text.push('"');
    }

    fn flush(&mut self) {
        if !self.text.is_empty() {
            self.parts.push(Part::Literal(std::mem::take(&mut self.text)));
        }
    }
}
