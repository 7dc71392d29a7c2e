use std::fmt::Write as _;
use std::time::Duration;

use freshwatch_probe::observation::{Cause, Phase};
use freshwatch_probe::run::Run;
use freshwatch_probe::trace::{PhaseSpan, RequestSpan, SpanId, Trace, TraceId};
use freshwatch_probe::verdict::Verdict;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value};
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;

use super::of_run;
use crate::otlp::bundle::Bundle;
use crate::sample::{answered, labels, resource};

/// A request that began so many milliseconds after the run and took ten.
fn request(root: SpanId, nth: u32, at: u64, status: Option<u16>) -> RequestSpan {
    let at = Duration::from_millis(at);
    let phase = |(nth, phase)| PhaseSpan {
        phase,
        at: at + Duration::from_millis(nth),
        took: Duration::from_micros(500),
    };
    RequestSpan {
        id: root.below(nth),
        attempt: 1,
        method: http::Method::GET,
        url: "http://a.example/?key=***".to_owned(),
        host: "a.example".to_owned(),
        port: 80,
        at,
        took: Duration::from_millis(10),
        phases: (1..)
            .zip([Phase::Connect, Phase::Processing])
            .map(phase)
            .collect(),
        address: "127.0.0.1".parse().ok(),
        version: Some(http::Version::HTTP_11),
        status,
        failure: None,
    }
}

/// A run of two requests: a redirect, and one that was answered so.
fn traced(verdict: Verdict, status: u16) -> Run {
    let mut run = answered(verdict);
    let root = SpanId::new(0x00f0_67aa_0ba9_02b7).unwrap();
    let id = TraceId::new(0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c).unwrap();
    let mut trace = Trace::new(id, root, true);
    trace.requests = vec![request(root, 0, 1, Some(302)), request(root, 1, 20, Some(status))];
    run.trace = Some(trace);
    run
}

/// The spans as they arrive.
fn spans(run: &Run) -> Vec<Span> {
    let mut bundle = Bundle::new(&resource());
    for span in of_run(run) {
        assert!(bundle.push(&span).is_none());
    }
    let Some(batch) = bundle.finish() else {
        return Vec::new();
    };
    let request = ExportTraceServiceRequest::decode(batch.body).unwrap();
    let scopes = request.resource_spans.into_iter().flat_map(|of| of.scope_spans);
    scopes.flat_map(|scope| scope.spans).collect()
}

fn text(value: Option<&AnyValue>) -> String {
    match value.and_then(|value| value.value.as_ref()) {
        Some(Value::StringValue(text)) => text.clone(),
        Some(Value::IntValue(number)) => number.to_string(),
        Some(Value::DoubleValue(number)) => number.to_string(),
        Some(Value::ArrayValue(array)) => {
            let values = array.values.iter().map(|value| text(Some(value)));
            format!("[{}]", values.collect::<Vec<_>>().join("; "))
        }
        other => panic!("{other:?}"),
    }
}

fn listed(attributes: &[KeyValue]) -> String {
    let pairs = attributes
        .iter()
        .map(|pair| format!("{}={}", pair.key, text(pair.value.as_ref())));
    pairs.collect::<Vec<_>>().join(" ")
}

/// A span, a line for each of its parts; times in microseconds of the run.
fn shown(run: &Run, span: &Span) -> String {
    let start = u64::try_from(run.started.as_nanosecond()).unwrap();
    let at = |nanos: u64| (nanos - start) / 1000;
    let id = |bytes: &[u8]| {
        bytes
            .iter()
            .fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
    };
    let mut shown = format!(
        "{:?} {:?} {}..{} {} {} below {:?} flags {:#x}\n{}\n",
        span.name,
        span.kind(),
        at(span.start_time_unix_nano),
        at(span.end_time_unix_nano),
        id(&span.trace_id),
        id(&span.span_id),
        id(&span.parent_span_id),
        span.flags,
        listed(&span.attributes)
    );
    for event in &span.events {
        let attributes = listed(&event.attributes);
        writeln!(
            shown,
            "{} at {} {attributes}",
            event.name,
            at(event.time_unix_nano)
        )
        .unwrap();
    }
    if let Some(status) = &span.status {
        writeln!(shown, "{:?} {:?}", status.code(), status.message).unwrap();
    }
    shown
}

/// The statuses of the spans of a run.
#[track_caller]
fn check_errors(run: &Run, expected: [Option<&str>; 3]) {
    let spans = spans(run);
    let errors: Vec<_> = spans
        .iter()
        .map(|span| span.status.as_ref().map(|status| status.message.as_str()))
        .collect();
    assert_eq!(errors, expected);
}

#[test]
fn a_run_is_a_span_and_its_requests_are_below_it() {
    let run = traced(Verdict::Stale, 200);
    let told: Vec<_> = spans(&run).iter().map(|span| shown(&run, span)).collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    "probe real-price" Internal 0..1500000 0af7651916cd43dd8448eb211c80319c 00f067aa0ba902b7 below "" flags 0x101
    verdict=stale reason=too_old reasons=[the data is too old; it is slow] attempts=2 data_age_seconds=3599.5 user_agent.synthetic.type=test probe=real-price team=prices

    "GET" Client 1000..11000 0af7651916cd43dd8448eb211c80319c f128bb513e87d161 below "00f067aa0ba902b7" flags 0x101
    http.request.method=GET server.address=a.example server.port=80 url.full=http://a.example/?key=*** network.peer.address=127.0.0.1 network.protocol.version=1.1 http.response.status_code=302 user_agent.synthetic.type=test
    connect at 2000 duration_seconds=0.0005
    processing at 3000 duration_seconds=0.0005

    "GET" Client 20000..30000 0af7651916cd43dd8448eb211c80319c e1cb2f7679cdcf9c below "00f067aa0ba902b7" flags 0x101
    http.request.method=GET server.address=a.example server.port=80 url.full=http://a.example/?key=*** http.request.resend_count=1 network.peer.address=127.0.0.1 network.protocol.version=1.1 http.response.status_code=200 user_agent.synthetic.type=test
    connect at 21000 duration_seconds=0.0005
    processing at 22000 duration_seconds=0.0005
    "#);
}

#[test]
fn down_and_invalid_are_errors_and_stale_is_none() {
    for (verdict, why) in [
        (Verdict::Ok, None),
        (Verdict::Degraded, None),
        (Verdict::Stale, None),
        (Verdict::Unknown, None),
        (Verdict::Invalid, Some("the data is too old")),
        (Verdict::Down, Some("the data is too old")),
    ] {
        check_errors(&traced(verdict, 200), [why, None, None]);
    }
}

#[test]
fn a_bad_status_is_an_error_unless_the_probe_wants_it() {
    check_errors(&traced(Verdict::Ok, 404), [None, None, None]);
    check_errors(
        &traced(Verdict::Down, 503),
        [Some("the data is too old"), None, Some("")],
    );
    // It was tried again.
    let mut run = traced(Verdict::Ok, 200);
    run.trace.as_mut().unwrap().requests[0].status = Some(503);
    check_errors(&run, [None, Some(""), None]);
}

#[test]
fn a_failure_is_told_in_a_word_and_a_sentence() {
    let mut run = traced(Verdict::Down, 200);
    let last = &mut run.trace.as_mut().unwrap().requests[1];
    last.status = None;
    last.failure = Some((Cause::Reset, "a.example:80 reset\u{1b} the connection".to_owned()));
    let why = "a.example:80 reset\\u{1b} the connection";
    check_errors(&run, [Some("the data is too old"), None, Some(why)]);
    assert!(listed(&spans(&run)[2].attributes).contains("error.type=reset"));
}

#[test]
fn a_label_does_not_hide_what_the_span_says() {
    let mut run = traced(Verdict::Stale, 200);
    labels(&mut run).insert("verdict".to_owned(), "mine".to_owned());
    let attributes = listed(&spans(&run)[0].attributes);
    assert!(
        attributes.contains("verdict=stale") && !attributes.contains("mine"),
        "{attributes}"
    );
}

#[test]
fn what_is_not_recorded_has_no_spans() {
    let mut run = traced(Verdict::Ok, 200);
    run.trace.as_mut().unwrap().is_sampled = false;
    assert_eq!(spans(&run), []);
    run.trace = None;
    assert_eq!(spans(&run), []);
}
