//! Queries in PromQL. The backend alone understands them; here it is only seen that nothing of them is missing, such as
//! what stood behind a `#` that YAML takes for a comment.

use super::scalar;
use crate::context::Context;
use crate::found::Found;
use crate::mistake::Code;
use crate::yaml::Node;

/// The longest query in bytes.
const LONGEST: usize = 10_000;

/// Reads a query.
pub(super) fn read(node: &Node, context: &Context) -> Option<String> {
    let text = scalar::text(node, context)?;
    if text.len() > LONGEST {
        let message = format!("a query of more than {LONGEST} bytes");
        return context.refuse(
            Found::new(node.place, Code::TooLarge, message)
                .help("record a part of it with a rule, and ask for that"),
        );
    }
    let Some(flaw) = flaw(text) else {
        return Some(text.trim().to_owned());
    };
    let (at, message) = match flaw {
        Flaw::Unclosed(at, c) => (at, format!("this `{c}` is never closed")),
        Flaw::Unopened(at, c) => (at, format!("nothing is open that this `{c}` could close")),
    };
    context.refuse(
        Found::new(context.part_of(node, at, 1), Code::Syntax, message).help(
            "check the brackets and quotes of the query; in YAML, ` #` begins a comment unless it stands in quotes",
        ),
    )
}

/// What is open at the end, or closed without being open; with its byte.
#[derive(Debug, PartialEq, Eq)]
enum Flaw {
    Unclosed(usize, char),
    Unopened(usize, char),
}

fn flaw(text: &str) -> Option<Flaw> {
    let mut open: Vec<(usize, char)> = Vec::new();
    let mut characters = text.char_indices();
    while let Some((at, c)) = characters.next() {
        match c {
            '(' | '[' | '{' => open.push((at, c)),
            ')' | ']' | '}' => {
                let closes = |open: char| matches!((open, c), ('(', ')') | ('[', ']') | ('{', '}'));
                match open.pop() {
                    Some((_, opened)) if closes(opened) => {}
                    Some(_) | None => return Some(Flaw::Unopened(at, c)),
                }
            }
            '"' | '\'' | '`' => {
                let mut is_escaped = false;
                let end = characters.by_ref().find(|(_, next)| {
                    let is_end = *next == c && !is_escaped;
                    is_escaped = *next == '\\' && !is_escaped && c != '`';
                    is_end
                });
                if end.is_none() {
                    return Some(Flaw::Unclosed(at, c));
                }
            }
            '#' => {
                characters.by_ref().find(|(_, next)| *next == '\n');
            }
            _ => {}
        }
    }
    open.pop().map(|(at, c)| Flaw::Unclosed(at, c))
}

#[cfg(test)]
mod tests {
    use super::{Flaw, flaw};

    #[test]
    fn brackets_and_quotes_close_one_another() {
        for text in [
            r#"sum(rate(x{a="b)",c=~'(}\''}[5m]))"#,
            "sum(x) # (",
            r"x{a=`\`}",
            "# (\nsum(x)",
        ] {
            assert_eq!(flaw(text), None, "{text}");
        }
        assert_eq!(flaw("sum(x"), Some(Flaw::Unclosed(3, '(')));
        assert_eq!(flaw("sum(x)]"), Some(Flaw::Unopened(6, ']')));
        assert_eq!(flaw("sum(x]"), Some(Flaw::Unopened(5, ']')));
        assert_eq!(flaw(r#"x{a="b}"#), Some(Flaw::Unclosed(4, '"')));
        assert_eq!(flaw(r#"x{a="b\"}"#), Some(Flaw::Unclosed(4, '"')));
    }
}
