//! One request: its method and URL, and the keys around them.

use freshwatch_probe::request::{Connection, HttpVersion, Method, ReadAs, Request};
use http::header::AUTHORIZATION;

use super::{auth, body, headers, resolve, scalar, tls, url};
use crate::block::{Block, Field};
use crate::context::Context;
use crate::found::Found;
use crate::mistake::Code;
use crate::shape::Shape;
use crate::yaml::{Node, Place};

pub(super) const QUERY: Shape = Shape::free("`query`", "region: seoul");

/// More hops than any client follows.
pub(super) const MOST_REDIRECTS: u64 = 50;

/// A body is held in memory while it is judged.
const LARGEST_BODY: u64 = 256 << 20;

/// The one method key of a block.
pub(crate) fn method<'n>(block: &Block<'n>, at: Place, context: &Context) -> Option<(Method, Field<'n>)> {
    let mut written = Method::ALL
        .into_iter()
        .filter_map(|method| Some((method, block.field(method.key())?)));
    let Some((method, field)) = written.next() else {
        if block.is_damaged {
            return None;
        }
        return context.refuse(
            Found::new(at, Code::MissingKey, "this probe asks for nothing")
                .help("add a method with a URL, such as `get: https://…`"),
        );
    };
    for (other, second) in written {
        let message = format!(
            "a request has one method, and here are `{}` and `{}`",
            method.key(),
            other.key()
        );
        context.report(
            Found::new(second.key.place, Code::Conflict, message)
                .also(field.key.place, "the other one")
                .help("keep one of them; a journey of several requests comes with `steps`"),
        );
    }
    Some((method, field))
}

/// Reads the request of a probe.
pub(crate) fn read(block: &Block, method: Option<(Method, Field)>, context: &Context) -> Option<Request> {
    let target = method.and_then(|(_, field)| url::read(field.value.node, context));
    let mut request = options(block, context);
    request.body = body::read(block, method.map(|(method, _)| method), context);
    let (method, field) = method?;
    let target = target?;
    let in_url = target.credentials.is_some().then(|| field.value.place());
    match credentials(block, in_url, context) {
        Some(Credentials::Url) => request.auth = target.credentials,
        Some(Credentials::Header) => request.auth = None,
        Some(Credentials::Auth) | None => {}
    }
    if request.auth.is_some() {
        request.headers.retain(|(name, _)| name != AUTHORIZATION);
    }
    request.method = method;
    request.url = target.url;
    Some(request)
}

/// Reads the keys that stand around the method, and in `defaults`; the request they give has no URL yet.
pub(crate) fn options(block: &Block, context: &Context) -> Request {
    let mut request = Request::get(String::new());
    if let Some(value) = block.value("headers") {
        request.headers = headers::read(value, context);
    }
    if let Some(value) = block.value("query") {
        request.query = body::named(value, &QUERY, context);
    }
    request.auth = block.value("auth").and_then(|value| auth::read(value, context));
    if let Some(tls) = block.value("tls").and_then(|value| tls::read(value, context)) {
        request.tls = tls;
    }
    if let Some(redirects) = block.read("redirects", |node| {
        scalar::integer(node, &(0..=MOST_REDIRECTS), context)
    }) {
        request.redirects = u32::try_from(redirects).unwrap_or(request.redirects);
    }
    if let Some(read_as) = block.read("read_as", |node| scalar::word(node, &READ_AS, context)) {
        request.read_as = read_as;
    }
    if let Some(max_body) = block.read("max_body", |node| max_body(node, context)) {
        request.max_body = max_body;
    }
    if let Some(http) = block.read("http", |node| scalar::word(node, &HTTP, context)) {
        request.http = http;
    }
    if let Some(connection) = block.read("connection", |node| scalar::word(node, &CONNECTION, context)) {
        request.connection = connection;
    }
    if let Some(value) = block.value("resolve") {
        request.resolve = resolve::read(value, context);
    }
    request
}

pub(super) const HTTP: [(&str, HttpVersion); 3] = [
    ("auto", HttpVersion::Auto),
    ("1.1", HttpVersion::Http1),
    ("2", HttpVersion::Http2),
];

pub(super) const CONNECTION: [(&str, Connection); 2] =
    [("fresh", Connection::Fresh), ("reuse", Connection::Reuse)];

pub(super) const READ_AS: [(&str, ReadAs); 6] = [
    ("auto", ReadAs::Auto),
    ("json", ReadAs::Json),
    ("xml", ReadAs::Xml),
    ("csv", ReadAs::Csv),
    ("ndjson", ReadAs::NdJson),
    ("text", ReadAs::Text),
];

fn max_body(node: &Node, context: &Context) -> Option<u64> {
    let size = scalar::size(node, context)?;
    if (1..=LARGEST_BODY).contains(&size) {
        return Some(size);
    }
    context.refuse(
        Found::new(
            node.place,
            Code::OutOfRange,
            "`max_body` is not between 1B and 256MiB",
        )
        .help("a body is held in memory while it is judged"),
    )
}

/// Where the credentials of a request come from.
#[derive(Clone, Copy)]
enum Credentials {
    Url,
    Auth,
    Header,
}

/// Which of the places of credentials counts: an own one goes before one of `defaults`, and two are a mistake.
fn credentials(block: &Block, in_url: Option<Place>, context: &Context) -> Option<Credentials> {
    let header = block.value("headers").and_then(|value| {
        let authorization = |node: &Node| {
            let members = node.members().unwrap_or_default();
            let member = members
                .iter()
                .find(|member| member.key.text.eq_ignore_ascii_case(AUTHORIZATION.as_str()));
            member.map(|member| member.key.place)
        };
        let own = authorization(value.node).map(|place| (place, value.inherited));
        own.or_else(|| Some((authorization(value.beneath?)?, true)))
    });
    let auth = block
        .field("auth")
        .map(|field| (field.key.place, field.value.inherited));
    let mut ways = [
        (Credentials::Url, in_url.map(|place| (place, false))),
        (Credentials::Auth, auth),
        (Credentials::Header, header),
    ]
    .into_iter()
    .filter_map(|(way, found)| found.map(|(place, inherited)| (way, place, inherited)))
    .collect::<Vec<_>>();
    ways.sort_by_key(|(_, _, inherited)| *inherited);
    if let [(_, first, first_inherited), (_, second, second_inherited), ..] = ways[..]
        && first_inherited == second_inherited
    {
        context.report(
            Found::new(
                second,
                Code::Conflict,
                "the request has credentials in two places",
            )
            .also(first, "the other ones")
            .help("keep one of: `auth`, the header `Authorization`, and user and password in the URL"),
        );
    }
    ways.first().map(|(way, _, _)| *way)
}
