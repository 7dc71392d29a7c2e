//! The URL of a request, valid with what is known at load; credentials in it become `auth`.

use std::ops::Range;

use freshwatch_probe::request::Auth;
use freshwatch_probe::template::{Part, Secret, Template};
use url::Url;

use super::placeholder;
use super::scalar::wrong_type;
use crate::context::Context;
use crate::custody::without_credentials;
use crate::found::Found;
use crate::mistake::Code;
use crate::yaml::Node;

/// A URL and the credentials that stood in it (RFC 3986, section 3.2.1), which no URL of ours keeps.
pub(crate) struct Target {
    pub url: Template,
    pub credentials: Option<Auth>,
}

/// Reads the value of a method key.
pub(crate) fn read(node: &Node, context: &Context) -> Option<Target> {
    let Some(scalar) = node.scalar().filter(|_| !node.is_null()) else {
        return context.refuse(wrong_type(node, "a URL"));
    };
    let text = &scalar.text;
    let target = match user_info(&placeholder::skeleton(text)) {
        None => Target {
            url: Template::new(placeholder::parts(node, text, context)?),
            credentials: None,
        },
        Some(range) => with_credentials(node, text, range, context)?,
    };
    let target = taken_from_environment(target);
    if placeholder::lacks_variable(&target.url) {
        return Some(target);
    }
    let rendered = placeholder::rendered_harmlessly(&target.url);
    match problem(&rendered) {
        None => Some(target),
        Some(problem) => {
            // The message shows the template: what a variable holds is a secret.
            let shown = without_credentials(&placeholder::shown(&target.url));
            context.refuse(
                Found::new(node.place, Code::BadUrl, format!("`{shown}` {}", problem.message))
                    .help(problem.help),
            )
        }
    }
}

/// Where user and password stand: before the last `@` of the authority, also where the scheme was forgotten.
fn user_info(text: &str) -> Option<Range<usize>> {
    let start = text.find("://").map_or(0, |scheme| scheme + 3);
    let authority = text[start..]
        .split(['/', '?', '#', '\\'])
        .next()
        .unwrap_or_default();
    authority.rfind('@').map(|at| start..start + at)
}

fn with_credentials(node: &Node, text: &str, range: Range<usize>, context: &Context) -> Option<Target> {
    context.hide(context.part_of(node, range.start, range.len()));
    let user_info = &text[range.clone()];
    if user_info.is_empty() {
        return context.refuse(
            Found::new(
                node.place,
                Code::BadUrl,
                "nothing stands before the `@` of the URL",
            )
            .help("remove the `@`"),
        );
    }
    let colon = placeholder::skeleton(user_info)
        .find(':')
        .unwrap_or(user_info.len());
    let password = user_info.get(colon + 1..).unwrap_or_default();
    let secret = |text: &str| -> Option<Template> {
        let parts = placeholder::parts(node, text, context)?
            .into_iter()
            .map(|part| match part {
                Part::Literal(literal) => Part::Hidden(Secret::new(percent_decoded(&literal))),
                Part::Env { .. } | Part::File(_) | Part::Nonce | Part::RunId | Part::Hidden(_) => part,
            });
        Some(Template::new(parts.collect()))
    };
    let without = format!("{}{}", &text[..range.start], &text[range.end + 1..]);
    Some(Target {
        url: Template::new(placeholder::parts(node, &without, context)?),
        credentials: Some(Auth::Basic {
            username: secret(&user_info[..colon])?,
            password: secret(password)?,
        }),
    })
}

/// A variable may hold the start of the URL with credentials in it.
fn taken_from_environment(target: Target) -> Target {
    let mut parts = target.url.parts().to_vec();
    let Some(Part::Env { value, .. }) = parts.first_mut() else {
        return target;
    };
    let text = value.expose().to_owned();
    let Some(range) = user_info(&text) else {
        return target;
    };
    let (username, password) = text[range.clone()]
        .split_once(':')
        .unwrap_or((&text[range.clone()], ""));
    let credentials = Auth::Basic {
        username: Template::hidden(percent_decoded(username)),
        password: Template::hidden(percent_decoded(password)),
    };
    *value = Secret::new(format!("{}{}", &text[..range.start], &text[range.end + 1..]));
    Target {
        url: Template::new(parts),
        credentials: target.credentials.or(Some(credentials)),
    }
}

struct Problem {
    message: String,
    help: String,
}

fn problem(rendered: &str) -> Option<Problem> {
    let problem = |message: &str, help: &str| {
        Some(Problem {
            message: message.to_owned(),
            help: help.to_owned(),
        })
    };
    if rendered.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return problem(
            "holds white space or control characters",
            "write a space as `%20`",
        );
    }
    let lower = rendered.to_ascii_lowercase();
    if !lower.starts_with("http://") && !lower.starts_with("https://") {
        return match lower.split_once("://") {
            Some(_) => problem(
                "is neither http nor https",
                "only HTTP can be probed: start it with `https://` or `http://`",
            ),
            None => problem("has no scheme", "start it with `https://` or `http://`"),
        };
    }
    // The URL standard takes the first part of the path for the host then.
    if lower
        .split("://")
        .nth(1)
        .is_none_or(|rest| rest.starts_with(['/', '\\', '?', '#']))
    {
        return problem("names no host", "write it like `https://api.example.com/prices`");
    }
    match Url::parse(rendered) {
        Err(why) => problem(
            &format!("is not a URL: {why}"),
            "write it like `https://api.example.com/prices?region=seoul`",
        ),
        Ok(url) if !url.username().is_empty() || url.password().is_some() => problem(
            "holds credentials in the middle of a variable's value",
            "put them under `auth: {basic: {username: …, password: …}}`",
        ),
        Ok(url) if url.port() == Some(0) => problem("names port 0", "no server listens there"),
        Ok(_) => None,
    }
}

/// Undoes percent-encoding (RFC 3986, section 2.1); what is not UTF-8 then is kept as it is written.
fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = |byte: u8| {
            char::from(byte)
                .to_digit(16)
                .and_then(|digit| u8::try_from(digit).ok())
        };
        match (first, tail) {
            (b'%', [high, low, after @ ..]) if hex(*high).is_some() && hex(*low).is_some() => {
                bytes.push(hex(*high).unwrap_or(0) * 16 + hex(*low).unwrap_or(0));
                rest = after;
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{percent_decoded, problem, user_info};

    #[test]
    fn user_info_stands_before_the_last_at_sign_of_the_authority() {
        for (url, wanted) in [
            ("https://user:pw@host/x", Some("user:pw")),
            ("https://user:p@w@host", Some("user:p@w")),
            ("https://host/a@b", None),
            ("https://host?q=a@b", None),
            ("user:pw@host/a@b", Some("user:pw")),
            ("host/a@b", None),
        ] {
            assert_eq!(user_info(url).map(|range| &url[range]), wanted, "{url}");
        }
    }

    #[test]
    fn percent_encoding_is_undone() {
        assert_eq!(percent_decoded("p%40ss%zz%2"), "p@ss%zz%2");
        assert_eq!(percent_decoded("%ff"), "%ff");
    }

    #[test]
    fn only_http_with_a_host() {
        assert!(problem("https://host:8443/x?y#z").is_none());
        assert!(problem("HTTP://[::1]/").is_none());
        for url in [
            "",
            "host",
            "https:///path",
            "https://?q",
            "ftp://host",
            "https://",
            "http:host",
            "https://a b/",
            "https://h:99999/",
            "https://h:0/",
        ] {
            assert!(problem(url).is_some(), "{url}");
        }
    }
}
