//! Rate, errors and duration of the requests to any service whose HTTP server is measured as OpenTelemetry's semantic
//! conventions say (<https://opentelemetry.io/docs/specs/semconv/http/http-metrics/>), as Prometheus names these.

use super::build::{Board, Variable};
use super::panel::{Panel, Unit};

const DURATION: &str = "http_server_request_duration_seconds";
const SELECTED: &str = r#"job=~"$job""#;

pub(super) fn board() -> Board {
    Board {
        title: "freshwatch: requests of a service",
        description: "Rate, errors and duration of the requests that a service answers, from OpenTelemetry's metrics of its HTTP server.",
        variables: vec![Variable {
            name: "job",
            label: "Service",
            values: format!("label_values({DURATION}_count, job)"),
            is_many: true,
        }],
        panels: vec![rate(), errors(), durations(), slowest(), by_status()],
    }
}

fn count(by: &str, more: &str) -> String {
    format!("sum by ({by}) (rate({DURATION}_count{{{SELECTED}{more}}}[$__rate_interval]))")
}

fn rate() -> Panel {
    Panel::lines("Rate", "Requests a second, by route.", Unit::PerSecond)
        .asks(count("http_route", ""), "{{http_route}}")
}

fn errors() -> Panel {
    let all = count("http_route", "");
    let failed = count("http_route", r#",http_response_status_code=~"5..""#);
    Panel::lines(
        "Errors",
        "The share of requests that were answered with a status of 500 or more, by route. A route without such answers is at 0.",
        Unit::Share,
    )
    .coloured("green", &[(0.005, "red")])
    .asks(format!("({failed} or {all} * 0) / ({all} > 0)"), "{{http_route}}")
}

fn quantile(share: &str, by: &str) -> String {
    format!(
        "histogram_quantile({share}, sum by ({by}) (rate({DURATION}_bucket{{{SELECTED}}}[$__rate_interval])))"
    )
}

fn durations() -> Panel {
    Panel::lines(
        "Duration",
        "How long requests took. Within a bucket the quantiles are estimates: for a promise of 800 ms the histogram needs a bound at 0.8.",
        Unit::Seconds,
    )
    .asks(quantile("0.5", "le"), "p50")
    .asks(quantile("0.95", "le"), "p95")
    .asks(quantile("0.99", "le"), "p99")
}

fn slowest() -> Panel {
    Panel::lines(
        "Slowest routes",
        "The ten routes whose slowest twentieth of requests takes the longest.",
        Unit::Seconds,
    )
    .asks(
        format!("topk(10, {})", quantile("0.95", "le, http_route")),
        "{{http_route}}",
    )
}

fn by_status() -> Panel {
    Panel::stacked(
        "Requests by status",
        "Requests a second, by method and status.",
        Unit::PerSecond,
    )
    .sized(24, 8)
    .asks(
        count("http_request_method, http_response_status_code", ""),
        "{{http_request_method}} {{http_response_status_code}}",
    )
}
