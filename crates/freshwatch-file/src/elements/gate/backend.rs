//! Whom a gate asks: anything that speaks Prometheus's HTTP API.

use std::time::Duration;

use freshwatch_probe::request::{Method, Request};
use freshwatch_probe::template::{Part, Secret, Template};

use crate::block::{Block, Value};
use crate::context::Context;
use crate::elements::{request, url};
use crate::found::Found;
use crate::mistake::Code;
use crate::shape::{Elsewhere, Shape};
use crate::yaml::{Content, Node};

const PROMETHEUS: Shape = Shape {
    elsewhere: &[Elsewhere::built(
        &["basic", "bearer"],
        "it belongs under `auth`: `auth: {bearer: \"${env:TOKEN}\"}`",
    )],
    ..Shape::closed(
        "`prometheus`",
        &[
            "url", "auth", "headers", "query", "tls", "http", "resolve", "timeout",
        ],
    )
};

/// The path of instant queries below the address.
const QUERY: &str = "/api/v1/query";

/// The largest answer in bytes: the three series of the budgets of ten thousand probes take 8 MiB.
const LARGEST_ANSWER: u64 = 16 << 20;

/// How long a query may take without `timeout`.
const QUERY_TIMEOUT: Duration = Duration::from_secs(10);

/// Reads the key `prometheus`: an address, or a block with `url`. Gives the request of an instant query, and how long
/// it may take.
pub(super) fn read(value: Value, longest: Duration, context: &Context) -> Option<(Request, Duration)> {
    if matches!(value.node.content, Content::Scalar(_)) {
        let target = url::read(value.node, context)?;
        let mut request = Request::get("");
        request.auth = target.credentials;
        request.url = of_queries(&target.url, value.node, context)?;
        return Some((finished(request), QUERY_TIMEOUT.min(longest)));
    }
    let block = Block::open(value, &PROMETHEUS, context)?;
    let timeout = block.read("timeout", |node| super::timeout(node, context));
    let help = "write the address, such as `url: https://prometheus.example.com`";
    let asked = block.required("url", block.place, help, context);
    let url = block.field("url");
    let mut request = request::read(&block, url.map(|field| (Method::Post, field)), context)?;
    request.url = of_queries(&request.url, asked?.node, context)?;
    Some((finished(request), timeout.unwrap_or(QUERY_TIMEOUT).min(longest)))
}

fn finished(request: Request) -> Request {
    Request {
        method: Method::Post,
        max_body: LARGEST_ANSWER,
        ..request
    }
}

/// The address with the path of instant queries behind it.
fn of_queries(url: &Template, node: &Node, context: &Context) -> Option<Template> {
    let mut parts = url.parts().to_vec();
    let text = node.scalar().map_or("", |scalar| &scalar.text);
    if text.contains(['?', '#']) {
        return context.refuse(
            Found::new(node.place, Code::BadUrl, "the address holds more than a path")
                .help("put what stands behind the `?` under `query`, beside `url`"),
        );
    }
    if let Some(known) = ["/api/v1/query", "/api/v1", "/query", "/graph"]
        .into_iter()
        .find(|known| text.trim_end_matches('/').ends_with(known))
    {
        return context.refuse(
            Found::new(
                node.place,
                Code::BadUrl,
                format!("the address ends with `{known}`"),
            )
            .help(format!("leave that out: `{QUERY}` is appended")),
        );
    }
    match parts.last_mut() {
        Some(Part::Literal(text)) => {
            text.truncate(text.trim_end_matches('/').len());
            text.push_str(QUERY);
        }
        Some(Part::Env { value, .. }) => {
            *value = Secret::new(value.expose().trim_end_matches('/'));
            parts.push(Part::Literal(QUERY.into()));
        }
        Some(Part::File(_) | Part::Nonce | Part::RunId | Part::Hidden(_)) | None => {
            parts.push(Part::Literal(QUERY.into()));
        }
    }
    Some(Template::new(parts))
}
