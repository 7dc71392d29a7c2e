//! Regular expressions.

use regex::{Regex, RegexBuilder};

use super::scalar;
use crate::context::Context;
use crate::found::Found;
use crate::mistake::Code;
use crate::yaml::Node;

/// The largest compiled regex in bytes.
const LARGEST: usize = 1 << 20;

/// A regular expression in the syntax of the `regex` crate, which matches in linear time.
pub(crate) fn read(node: &Node, context: &Context) -> Option<Regex> {
    let text = scalar::text(node, context)?;
    let build = || {
        RegexBuilder::new(text)
            .size_limit(LARGEST)
            .dfa_size_limit(LARGEST)
            .build()
    };
    context.regexes.get(text.to_owned(), node.place, context, || {
        build().map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => Found::new(
                node.place,
                Code::BadRegex,
                format!("`{text}` is too large a regex once compiled"),
            )
            .help("repeat less: `{1000}` of a class of Unicode characters takes megabytes")
            .boxed(),
            error => {
                let (message, help) = sentence(text, &error.to_string());
                Found::new(node.place, Code::BadRegex, message).help(help).boxed()
            }
        })
    })
}

/// The crate draws a picture of several lines; its last one says what is wrong.
fn sentence(text: &str, error: &str) -> (String, &'static str) {
    let why = error
        .lines()
        .last()
        .unwrap_or_default()
        .trim_start_matches("error: ");
    let message = format!("`{text}` is not a regex: {why}");
    if why.contains("look-around") || why.contains("backreferences") {
        return (
            message,
            "matching takes linear time here, so there are no look-arounds and no backreferences",
        );
    }
    if text.starts_with('*') || text.starts_with('?') {
        return (message, "a regex is no file pattern: write `.*` for any text");
    }
    (
        message,
        "put a `\\` before a character that stands for itself, such as `\\(` or `\\.`",
    )
}
