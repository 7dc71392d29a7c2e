//! Placeholders in request strings: `${env:NAME}`, `${file:PATH}`, `${nonce}`, `${run_id}`; `$${` is a literal `${`.

use std::ops::Range;

use freshwatch_probe::template::{Part, RunValues, Secret, Template};

use super::scalar::wrong_type;
use crate::context::Context;
use crate::found::Found;
use crate::misfit::not_supported_yet;
use crate::mistake::Code;
use crate::yaml::Node;

/// A request string. Numbers and truth values are sent as they are written.
pub(crate) fn template(node: &Node, context: &Context) -> Option<Template> {
    let Some(scalar) = node.scalar().filter(|_| !node.is_null()) else {
        return context.refuse(wrong_type(node, "a text"));
    };
    parts(node, &scalar.text, context).map(Template::new)
}

/// A credential: what is written out in it is a secret as well.
pub(crate) fn credential(node: &Node, context: &Context) -> Option<Template> {
    hide(node, context);
    let template = template(node, context)?;
    if template.parts().is_empty() {
        return context.refuse(
            Found::new(node.place, Code::Empty, "an empty credential")
                .help("write `${env:NAME}` or `${file:PATH}` here"),
        );
    }
    let parts = template.parts().iter().cloned().map(|part| match part {
        Part::Literal(text) => Part::Hidden(Secret::new(text)),
        Part::Env { .. } | Part::File(_) | Part::Nonce | Part::RunId | Part::Hidden(_) => part,
    });
    Some(Template::new(parts.collect()))
}

/// Keeps what a credential spells out from every picture; placeholders may be seen.
pub(crate) fn hide(node: &Node, context: &Context) {
    let Some(scalar) = node.scalar().filter(|_| !node.is_null()) else {
        return;
    };
    for piece in Pieces::of(&scalar.text) {
        match piece {
            Piece::Text(range) | Piece::Unclosed(range) => {
                context.hide(context.part_of(node, range.start, range.len()));
            }
            Piece::Escape | Piece::Placeholder(_) => {}
        }
    }
}

/// Refuses placeholders where none may stand.
pub(crate) fn refuse(node: &Node, context: &Context) -> Option<()> {
    let text = node.scalar().map_or("", |scalar| &scalar.text);
    let mut clean = Some(());
    for piece in Pieces::of(text) {
        let Piece::Placeholder(range) = piece else {
            continue;
        };
        let name = &text[range.start + 2..range.end - 1];
        let known =
            name.starts_with("env:") || name.starts_with("file:") || name == "nonce" || name == "run_id";
        if known {
            clean = context.refuse(
                Found::new(
                    context.part_of(node, range.start, range.len()),
                    Code::Placeholder,
                    format!("`${{{name}}}` may not stand here"),
                )
                .help("placeholders stand in request strings alone: URL, headers, query, body, json, form and auth"),
            );
        }
    }
    clean
}

/// The parts of a text.
pub(super) fn parts(node: &Node, text: &str, context: &Context) -> Option<Vec<Part>> {
    let before = context.reported();
    let mut parts = Vec::new();
    for piece in Pieces::of(text) {
        match piece {
            Piece::Text(range) => push_text(&mut parts, &text[range]),
            Piece::Escape => push_text(&mut parts, "${"),
            Piece::Unclosed(range) => context.report(
                Found::new(
                    context.part_of(node, range.start, range.len()),
                    Code::Placeholder,
                    "this `${` is never closed",
                )
                .help("close it with `}`, or write `$${` for a literal `${`"),
            ),
            Piece::Placeholder(range) => {
                let name = &text[range.start + 2..range.end - 1];
                parts.extend(placeholder(node, range.clone(), name, context));
            }
        }
    }
    (context.reported() == before).then_some(parts)
}

/// The text with every placeholder made of harmless letters, byte for byte as long.
pub(super) fn skeleton(text: &str) -> String {
    let mut skeleton = String::with_capacity(text.len());
    for piece in Pieces::of(text) {
        match piece {
            Piece::Text(range) => skeleton.push_str(&text[range]),
            Piece::Escape => skeleton.push_str("xxx"),
            Piece::Placeholder(range) | Piece::Unclosed(range) => skeleton.push_str(&"x".repeat(range.len())),
        }
    }
    skeleton
}

/// The text for checks at load: variables have their value, everything else a harmless word.
pub(super) fn rendered_harmlessly(template: &Template) -> String {
    let word = || "x".to_owned();
    let files = template
        .files()
        .map(|path| (path.to_owned(), Secret::new(word())))
        .collect();
    template.render(&RunValues {
        nonce: word(),
        run_id: word(),
        files,
    })
}

/// Whether a variable of it has no value, which is forgiven where nothing is sent.
pub(super) fn lacks_variable(template: &Template) -> bool {
    template.parts().iter().any(|part| match part {
        Part::Env { value, .. } => value.expose().is_empty(),
        Part::Literal(_) | Part::File(_) | Part::Nonce | Part::RunId | Part::Hidden(_) => false,
    })
}

/// The template as a file writes it, credentials starred out.
pub(super) fn shown(template: &Template) -> String {
    let part = |part: &Part| match part {
        Part::Literal(text) => text.clone(),
        Part::Env { name, .. } => format!("${{env:{name}}}"),
        Part::File(_) => "${file:…}".into(),
        Part::Nonce => "${nonce}".into(),
        Part::RunId => "${run_id}".into(),
        Part::Hidden(_) => "***".into(),
    };
    template.parts().iter().map(part).collect()
}

fn push_text(parts: &mut Vec<Part>, text: &str) {
    match parts.last_mut() {
        Some(Part::Literal(literal)) => literal.push_str(text),
        Some(Part::Env { .. } | Part::File(_) | Part::Nonce | Part::RunId | Part::Hidden(_)) | None => {
            parts.push(Part::Literal(text.to_owned()));
        }
    }
}

fn placeholder(node: &Node, range: Range<usize>, name: &str, context: &Context) -> Option<Part> {
    let place = context.part_of(node, range.start, range.len());
    match name.split_once(':') {
        Some(("env", variable)) if is_variable(variable) => match context.env(variable) {
            Some(value) if !value.is_empty() => Some(Part::Env {
                name: variable.to_owned(),
                value: Secret::new(value),
            }),
            Some(_) | None if context.purpose.forgives_variables() => Some(Part::Env {
                name: variable.to_owned(),
                value: Secret::new(""),
            }),
            Some(_) => context.refuse(
                Found::new(
                    place,
                    Code::EnvMissing,
                    format!("the environment variable `{variable}` is empty"),
                )
                .help("give it a value before freshwatch starts"),
            ),
            None => context.refuse(
                Found::new(
                    place,
                    Code::EnvMissing,
                    format!("the environment variable `{variable}` is not set"),
                )
                .help("set it before freshwatch starts"),
            ),
        },
        Some(("file", path)) if !path.trim().is_empty() => Some(Part::File(context.beside(node.place, path))),
        None if name == "nonce" => Some(Part::Nonce),
        None if name == "run_id" => Some(Part::RunId),
        Some(_) | None => {
            context.report(unknown(node, range, name, context));
            None
        }
    }
}

fn unknown(node: &Node, range: Range<usize>, name: &str, context: &Context) -> Found {
    let place = context.part_of(node, range.start, range.len());
    let is_saved_name = !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if is_saved_name && !matches!(name, "runid" | "nonces" | "env" | "file") {
        return not_supported_yet(place, &format!("${{{name}}}"))
            .help("saved values come with `steps`; write `$${` for a literal `${`");
    }
    let looks_like_env = name
        .trim_start_matches("env")
        .trim_start_matches(['.', ':', ' '])
        .trim_start_matches("ENV:");
    let help = if is_variable(looks_like_env) && looks_like_env.bytes().any(|byte| byte.is_ascii_uppercase())
    {
        format!("did you mean `${{env:{looks_like_env}}}`?")
    } else {
        "there are `${env:NAME}`, `${file:PATH}`, `${nonce}` and `${run_id}`; write `$${` for a literal `${`"
            .into()
    };
    Found::new(
        place,
        Code::Placeholder,
        format!("there is no placeholder `${{{name}}}`"),
    )
    .help(help)
}

fn is_variable(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// A piece of a text with placeholders.
enum Piece {
    Text(Range<usize>),
    /// `$${`
    Escape,
    /// From `${` to `}`.
    Placeholder(Range<usize>),
    /// From `${` to the end.
    Unclosed(Range<usize>),
}

struct Pieces<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Pieces<'t> {
    const fn of(text: &'t str) -> Self {
        Self { text, at: 0 }
    }
}

impl Iterator for Pieces<'_> {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        let rest = &self.text[self.at..];
        let start = self.at;
        if rest.is_empty() {
            return None;
        }
        if rest.starts_with("$${") {
            self.at += 3;
            return Some(Piece::Escape);
        }
        if rest.starts_with("${") {
            let end = rest.find('}');
            self.at = end.map_or(self.text.len(), |end| start + end + 1);
            let range = start..self.at;
            return Some(if end.is_some() {
                Piece::Placeholder(range)
            } else {
                Piece::Unclosed(range)
            });
        }
        let next = ["$${", "${"].iter().filter_map(|mark| rest.find(mark)).min();
        self.at = next.map_or(self.text.len(), |next| start + next);
        Some(Piece::Text(start..self.at))
    }
}

#[cfg(test)]
mod tests {
    use super::{Piece, Pieces};

    #[track_caller]
    fn check(text: &str, pieces: &str) {
        let shown: Vec<String> = Pieces::of(text)
            .map(|piece| match piece {
                Piece::Text(range) => text[range].to_owned(),
                Piece::Escape => "ESCAPE".into(),
                Piece::Placeholder(range) => format!("<{}>", &text[range]),
                Piece::Unclosed(range) => format!("OPEN {}", &text[range]),
            })
            .collect();
        assert_eq!(shown.join("|"), pieces);
    }

    #[test]
    fn pieces() {
        check("", "");
        check("plain $x $", "plain $x $");
        check("a${env:B}c${nonce}", "a|<${env:B}>|c|<${nonce}>");
        check("$${x}", "ESCAPE|x}");
        check("a$${b${c}", "a|ESCAPE|b|<${c}>");
        check("ü${open", "ü|OPEN ${open");
        check("${}", "<${}>");
    }
}
