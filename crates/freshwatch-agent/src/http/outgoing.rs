//! The request as it goes out: rendered, with its default headers, and with a note of what is secret in it.

use std::sync::OnceLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use freshwatch_probe::observation::NotMade;
use freshwatch_probe::request::{Auth, Request, RequestBody};
use freshwatch_probe::template::{RunValues, Secret, Template};
use http::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, COOKIE, HOST, HeaderMap, HeaderName, HeaderValue,
    PROXY_AUTHORIZATION, USER_AGENT,
};
use percent_encoding::percent_decode_str;
use url::Url;
use url::form_urlencoded::Serializer;

use crate::http::coding::ACCEPTED;
use crate::http::target::Way;

/// How freshwatch names itself to servers.
const SELF: &str = concat!("freshwatch/", env!("CARGO_PKG_VERSION"));

/// One request, ready to be sent.
#[derive(Clone)]
pub(crate) struct Outgoing {
    /// The method.
    pub method: http::Method,
    url: Url,
    /// Made of the URL when it is first sent.
    way: OnceLock<Way>,
    /// The header fields; `Host` only when the probe gives one.
    pub headers: HeaderMap,
    /// The body.
    pub body: Option<Body>,
    /// Whether a redirect has led to another origin: what is secret was dropped then, for good.
    pub away: bool,
    basic: Option<Secret>,
}

/// The body of a request.
#[derive(Clone)]
pub(crate) struct Body {
    /// Its bytes.
    pub bytes: Bytes,
    /// Whether a secret stands in it.
    pub secret: bool,
}

impl Outgoing {
    /// Renders the request of a probe.
    pub fn build(request: &Request, values: &RunValues) -> Result<Self, NotMade> {
        let mut url = parse("URL", &request.url, values)?;
        append_query(&mut url, request, values);
        let mut outgoing = Self {
            method: request.method.into(),
            headers: HeaderMap::new(),
            body: request.body.as_ref().map(|body| render_body(body, values)),
            away: false,
            basic: None,
            way: OnceLock::new(),
            url,
        };
        for (name, template) in &request.headers {
            let value = header_value(name, &template.render(values), template.holds_secret())?;
            outgoing.headers.append(name, value);
        }
        outgoing.authorize(request.auth.as_ref(), values)?;
        outgoing.add_defaults(request.body.as_ref());
        Ok(outgoing)
    }

    /// Where to. Its user information is not sent as part of it.
    pub const fn url(&self) -> &Url {
        &self.url
    }

    /// Turns the request to another URL.
    pub fn turn_to(&mut self, url: Url) {
        self.url = url;
        self.way = OnceLock::new();
    }

    /// What its URL becomes on the wire.
    pub fn way(&self) -> Result<&Way, NotMade> {
        if let Some(way) = self.way.get() {
            return Ok(way);
        }
        let way = Way::of(&self.url)?;
        Ok(self.way.get_or_init(|| way))
    }

    /// Where the origin of a request is asked: one that is named without a path is asked for the path and the query of
    /// the request.
    pub fn origin(&self, request: &Request, values: &RunValues) -> Result<Option<Url>, NotMade> {
        let Some(template) = &request.origin else {
            return Ok(None);
        };
        let mut url = parse("origin", template, values)?;
        if url.path() == "/" && url.query().is_none() {
            url.set_path(self.url.path());
            url.set_query(self.url.query());
            return Ok(Some(url));
        }
        append_query(&mut url, request, values);
        Ok(Some(url))
    }

    /// `user:password` in base 64, when the request authenticates itself so (RFC 7617).
    pub fn basic_credentials(&self) -> Option<&Secret> {
        self.basic.as_ref()
    }

    /// User and password of every header that authenticates so: a server that has read them may tell them back.
    pub fn logins(&self) -> impl Iterator<Item = Secret> {
        let fields = [AUTHORIZATION, PROXY_AUTHORIZATION]
            .into_iter()
            .filter_map(|name| self.headers.get(name));
        let encoded = fields.filter_map(|field| Some(field.to_str().ok()?.split_once(' ')?.1));
        let logins =
            encoded.filter_map(|encoded| String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok());
        logins.flat_map(|login| login.split(':').map(Secret::new).collect::<Vec<_>>())
    }

    /// Drops whatever may only go to the origin that the probe names.
    pub fn leave_home(&mut self) {
        self.away = true;
        self.basic = None;
        self.headers.remove(HOST);
        let secret: Vec<HeaderName> = self
            .headers
            .iter()
            .filter(|(_, value)| value.is_sensitive())
            .map(|(name, _)| name.clone())
            .collect();
        for name in secret {
            self.headers.remove(name);
        }
    }

    /// Credentials by `auth`, else by the URL's user information.
    fn authorize(&mut self, auth: Option<&Auth>, values: &RunValues) -> Result<(), NotMade> {
        let value = match auth {
            Some(Auth::Bearer(token)) => format!("Bearer {}", token.render(values)),
            Some(Auth::Basic { username, password }) => {
                self.basic(&username.render(values), &password.render(values))
            }
            None if self.url.username().is_empty() && self.url.password().is_none() => return Ok(()),
            None => {
                let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
                let (username, password) = (decode(self.url.username()), self.url.password().map(decode));
                self.basic(&username, &password.unwrap_or_default())
            }
        };
        if !self.headers.contains_key(AUTHORIZATION) {
            let value = header_value(&AUTHORIZATION, &value, true)?;
            self.headers.insert(AUTHORIZATION, value);
        }
        Ok(())
    }

    fn basic(&mut self, username: &str, password: &str) -> String {
        let encoded = STANDARD.encode(format!("{username}:{password}"));
        let value = format!("Basic {encoded}");
        self.basic = Some(Secret::new(encoded));
        value
    }

    fn add_defaults(&mut self, body: Option<&RequestBody>) {
        let content_type = body.and_then(|body| match body {
            RequestBody::Text(_) => None,
            RequestBody::Json(_) => Some("application/json"),
            RequestBody::Form(_) => Some("application/x-www-form-urlencoded"),
        });
        let defaults = [
            (USER_AGENT, Some(SELF)),
            (ACCEPT, Some("*/*")),
            (ACCEPT_ENCODING, Some(ACCEPTED)),
            (CONTENT_TYPE, content_type),
        ];
        for (name, value) in defaults {
            if let Some(value) = value {
                self.headers
                    .entry(name)
                    .or_insert(HeaderValue::from_static(value));
            }
        }
    }
}

fn parse(what: &str, template: &Template, values: &RunValues) -> Result<Url, NotMade> {
    Url::parse(&template.render(values)).map_err(|error| {
        NotMade::Secret(format!(
            "the {what} is not valid once its placeholders are filled in: {error}"
        ))
    })
}

fn append_query(url: &mut Url, request: &Request, values: &RunValues) {
    for (name, value) in &request.query {
        url.query_pairs_mut().append_pair(name, &value.render(values));
    }
}

/// A field that is a credential by its name, or holds one, is marked so: HPACK does not index it, and it is not sent
/// to another origin.
fn header_value(name: &HeaderName, text: &str, secret: bool) -> Result<HeaderValue, NotMade> {
    let mut value = HeaderValue::from_bytes(text.as_bytes()).map_err(|_| {
        NotMade::Secret(format!(
            "the header `{name}` holds a character that no header may hold, once its placeholders are filled in"
        ))
    })?;
    value.set_sensitive(secret || [AUTHORIZATION, PROXY_AUTHORIZATION, COOKIE].contains(name));
    Ok(value)
}

fn render_body(body: &RequestBody, values: &RunValues) -> Body {
    let (text, secret) = match body {
        RequestBody::Text(text) => (text.render(values), text.holds_secret()),
        RequestBody::Json(text) => (text.render_escaped(values, json_escaped), text.holds_secret()),
        RequestBody::Form(fields) => {
            let mut form = Serializer::new(String::new());
            for (name, value) in fields {
                form.append_pair(name, &value.render(values));
            }
            let secret = fields
                .iter()
                .any(|(_, value): &(_, Template)| value.holds_secret());
            (form.finish(), secret)
        }
    };
    Body {
        bytes: text.into(),
        secret,
    }
}

/// The text as it stands between the quotes of a JSON string.
fn json_escaped(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

#[cfg(test)]
mod tests {
    use freshwatch_probe::request::{Auth, Method, Request, RequestBody};
    use freshwatch_probe::template::{Part, RunValues, Secret, Template};
    use http::header::HeaderName;

    use super::Outgoing;

    fn build(change: impl FnOnce(&mut Request)) -> Outgoing {
        let mut request = Request::get("https://api.example/prices?a=1");
        change(&mut request);
        let values = RunValues {
            nonce: "n\"1".into(),
            ..RunValues::default()
        };
        Outgoing::build(&request, &values).unwrap()
    }

    fn env(value: &str) -> Template {
        Template::new(vec![Part::Env {
            name: "X".into(),
            value: Secret::new(value),
        }])
    }

    #[track_caller]
    fn check_header(outgoing: &Outgoing, name: &str, value: Option<&str>) {
        let found = outgoing.headers.get(name).map(|found| found.to_str().unwrap());
        assert_eq!(found, value, "{name}");
    }

    #[test]
    fn its_way_leads_to_where_it_was_turned_last() {
        let mut outgoing = build(|_| {});
        assert_eq!(outgoing.way().unwrap().target.peer(), "api.example:443");
        outgoing.turn_to("http://b.example/x".parse().unwrap());
        let way = outgoing.way().unwrap();
        let (host, path) = way.words.as_ref().unwrap();
        assert_eq!(
            (way.target.peer().as_str(), host.as_bytes(), path.as_str()),
            ("b.example:80", &b"b.example"[..], "/x")
        );
    }

    #[test]
    fn says_who_asks_and_what_it_understands() {
        let outgoing = build(|_| {});
        check_header(
            &outgoing,
            "user-agent",
            Some(concat!("freshwatch/", env!("CARGO_PKG_VERSION"))),
        );
        check_header(&outgoing, "accept-encoding", Some("gzip, br, zstd, deflate"));
        check_header(&outgoing, "content-type", None);
    }

    #[test]
    fn headers_of_the_probe_win() {
        let outgoing = build(|request| {
            request.body = Some(RequestBody::Json(Template::literal("{}")));
            for name in ["user-agent", "accept-encoding", "content-type"] {
                let name = HeaderName::from_static(name);
                request.headers.push((name, Template::literal("mine")));
            }
        });
        for name in ["user-agent", "accept-encoding", "content-type"] {
            check_header(&outgoing, name, Some("mine"));
        }
    }

    #[test]
    fn query_values_are_encoded_after_they_are_filled_in() {
        let outgoing = build(|request| {
            request.query = vec![
                ("q".into(), env("a b&c=d")),
                ("né".into(), Template::literal("x")),
            ];
        });
        assert_eq!(outgoing.url.query(), Some("a=1&q=a+b%26c%3Dd&n%C3%A9=x"));
    }

    #[test]
    fn placeholders_do_not_break_out_of_json() {
        let outgoing = build(|request| {
            request.method = Method::Post;
            request.body = Some(RequestBody::Json(Template::new(vec![
                Part::Literal("{\"a\":\"".into()),
                Part::Nonce,
                Part::Literal("\"}".into()),
            ])));
        });
        assert_eq!(outgoing.body.as_ref().unwrap().bytes, r#"{"a":"n\"1"}"#);
        assert!(!outgoing.body.as_ref().unwrap().secret);
        check_header(&outgoing, "content-type", Some("application/json"));
    }

    #[test]
    fn forms_are_encoded() {
        let outgoing = build(|request| {
            request.body = Some(RequestBody::Form(vec![("a b".into(), env("c&d"))]));
        });
        assert_eq!(outgoing.body.as_ref().unwrap().bytes, "a+b=c%26d");
        assert!(outgoing.body.as_ref().unwrap().secret);
        check_header(
            &outgoing,
            "content-type",
            Some("application/x-www-form-urlencoded"),
        );
    }

    #[test]
    fn credentials_come_from_auth_or_from_the_url() {
        let basic = Some("Basic dXNlcjpwQHNz");
        let outgoing = build(|request| {
            request.auth = Some(Auth::Basic {
                username: Template::literal("user"),
                password: env("p@ss"),
            });
        });
        check_header(&outgoing, "authorization", basic);
        assert_eq!(outgoing.basic_credentials().unwrap().expose(), "dXNlcjpwQHNz");
        let outgoing = build(|request| request.url = Template::literal("https://user:p%40ss@api.example/"));
        check_header(&outgoing, "authorization", basic);
    }

    #[test]
    fn nothing_secret_leaves_home() {
        let mut outgoing = build(|request| {
            request.auth = Some(Auth::Bearer(Template::literal("t")));
            let plain = |text: &str| Template::literal(text);
            request.headers = vec![
                (HeaderName::from_static("cookie"), plain("a=b")),
                (HeaderName::from_static("proxy-authorization"), plain("x")),
                (HeaderName::from_static("x-api-key"), env("k")),
                (HeaderName::from_static("x-plain"), plain("stays")),
                (HeaderName::from_static("host"), plain("other.example")),
            ];
        });
        outgoing.leave_home();
        for name in [
            "authorization",
            "cookie",
            "proxy-authorization",
            "x-api-key",
            "host",
        ] {
            check_header(&outgoing, name, None);
        }
        check_header(&outgoing, "x-plain", Some("stays"));
    }
}
