//! A change of verdict as a log record.

use freshwatch_probe::run::Run;
use freshwatch_probe::show;
use freshwatch_probe::verdict::Verdict;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::logs::v1::{LogRecord, SeverityNumber};

use super::attributes::{Attributes, any};
use super::wire::unix_nanos;
use crate::record::Bearer;

/// By this name receivers tell these records from others
/// (<https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-eventname>).
const EVENT: &str = "freshwatch.verdict.changed";

/// The record of a run whose verdict is not the one before, which was that; `text` says so in plain words.
pub(super) fn of_change(run: &Run, was: Option<Verdict>, text: &str) -> LogRecord {
    let verdict = run.judgment.verdict;
    let mut attributes = Attributes::default();
    attributes.text("verdict", verdict.as_str());
    if let Some(was) = was {
        attributes.text("was", was.as_str());
    }
    if let Some(reason) = run.judgment.reasons.first() {
        attributes.text("reason", reason.code.as_str());
    }
    attributes.probe(Bearer::probe(&run.definition));
    let severity = match verdict {
        Verdict::Ok | Verdict::Degraded => SeverityNumber::Info,
        Verdict::Stale | Verdict::Invalid | Verdict::Down | Verdict::Unknown => SeverityNumber::Warn,
    };
    let time = unix_nanos(run.ended());
    let trace = run.trace.as_ref();
    LogRecord {
        time_unix_nano: time,
        observed_time_unix_nano: time,
        severity_number: severity.into(),
        severity_text: if severity == SeverityNumber::Info {
            "INFO".to_owned()
        } else {
            "WARN".to_owned()
        },
        body: Some(any(Value::StringValue(show::plain(text)))),
        attributes: attributes.into_vec(),
        flags: trace.map_or(0, |trace| u32::from(trace.is_sampled)),
        trace_id: trace.map(|trace| trace.id.bytes().into()).unwrap_or_default(),
        span_id: trace.map(|trace| trace.root.bytes().into()).unwrap_or_default(),
        event_name: EVENT.to_owned(),
        ..LogRecord::default()
    }
}

#[cfg(test)]
mod tests {
    use freshwatch_probe::run::Run;
    use freshwatch_probe::trace::{SpanId, Trace, TraceId};
    use freshwatch_probe::verdict::Verdict;
    use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
    use opentelemetry_proto::tonic::common::v1::any_value::Value;
    use opentelemetry_proto::tonic::logs::v1::LogRecord;
    use prost::Message;

    use super::of_change;
    use crate::otlp::bundle::Bundle;
    use crate::otlp::wire::unix_nanos;
    use crate::sample::{answered, resource, time};

    /// The record as it arrives.
    fn record(run: &Run, was: Option<Verdict>) -> LogRecord {
        let mut bundle = Bundle::new(&resource());
        bundle.push(&of_change(run, was, "real-price is so\u{7}"));
        let request = ExportLogsServiceRequest::decode(bundle.finish().unwrap().body).unwrap();
        let of = request.resource_logs.into_iter().next().unwrap();
        assert_eq!(of.resource.unwrap().attributes.len(), 3);
        of.scope_logs[0].log_records[0].clone()
    }

    fn attributes(record: &LogRecord) -> Vec<(&str, &str)> {
        let pairs = record.attributes.iter();
        let text = pairs.map(|pair| match &pair.value.as_ref().unwrap().value {
            Some(Value::StringValue(text)) => (pair.key.as_str(), text.as_str()),
            other => panic!("{other:?}"),
        });
        text.collect()
    }

    #[test]
    fn a_change_is_told_with_its_trace() {
        let mut run = answered(Verdict::Stale);
        let trace = Trace::new(TraceId::new(7).unwrap(), SpanId::new(9).unwrap(), true);
        run.trace = Some(trace);
        let record = record(&run, Some(Verdict::Ok));
        assert_eq!(record.time_unix_nano, unix_nanos(time("2026-11-21T12:00:01.5Z")));
        assert_eq!(record.observed_time_unix_nano, record.time_unix_nano);
        assert_eq!(
            (record.severity_number, record.severity_text.as_str()),
            (13, "WARN")
        );
        let body = record.body.as_ref().unwrap().value.clone();
        assert_eq!(
            body,
            Some(Value::StringValue("real-price is so\\u{7}".to_owned()))
        );
        let ids = (record.trace_id.last(), record.span_id.last(), record.flags);
        assert_eq!(ids, (Some(&7), Some(&9), 1));
        assert_eq!((record.trace_id.len(), record.span_id.len()), (16, 8));
        assert_eq!(record.event_name, "freshwatch.verdict.changed");
        let expected = [
            ("verdict", "stale"),
            ("was", "ok"),
            ("reason", "too_old"),
            ("probe", "real-price"),
            ("team", "prices"),
        ];
        assert_eq!(attributes(&record), expected);
    }

    #[test]
    fn what_is_well_again_is_no_warning_and_without_a_trace_none_is_named() {
        let record = record(&answered(Verdict::Ok), None);
        assert_eq!(
            (record.severity_number, record.severity_text.as_str()),
            (9, "INFO")
        );
        assert!(record.trace_id.is_empty() && record.span_id.is_empty() && record.flags == 0);
        assert_eq!(attributes(&record).len(), 3);
    }
}
