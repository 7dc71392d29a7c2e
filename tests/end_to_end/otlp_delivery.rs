//! Delivery against receivers that misbehave.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use freshwatch_probe::run::Run;
use freshwatch_probe::verdict::{Code, Verdict};
use freshwatch_telemetry::otlp::{Backoff, Config, Delivery, push};
use freshwatch_telemetry::parcel::Signal;
use freshwatch_telemetry::resource::{Identity, Resource};
use freshwatch_tests::certificates::Authority;
use freshwatch_tests::checked;
use freshwatch_tests::receiver::{Receiver, Reply};
use freshwatch_tests::runs::answered;
use jiff::{SignedDuration, Timestamp};
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsPartialSuccess, ExportMetricsServiceResponse,
};
use prost::Message;

/// The time that everything is sent at.
const NOW: Timestamp = Timestamp::constant(1_795_262_400, 0);

/// Delivery as the environment configures it, with waits that suit a test.
struct Sender {
    environment: BTreeMap<String, String>,
    bound: Duration,
}

impl Sender {
    fn to(endpoint: &str) -> Self {
        let sender = Self {
            environment: BTreeMap::new(),
            bound: Duration::from_secs(20),
        };
        sender.with("ENDPOINT", endpoint)
    }

    /// Sets `OTEL_EXPORTER_OTLP_` and this.
    fn with(mut self, suffix: &str, value: &str) -> Self {
        self.environment
            .insert(format!("OTEL_EXPORTER_OTLP_{suffix}"), value.to_owned());
        self
    }

    fn within(self, millis: u64) -> Self {
        Self {
            bound: Duration::from_millis(millis),
            ..self
        }
    }

    async fn push(self, runs: &[Run]) -> Delivery {
        let read = |name: &str| self.environment.get(name).cloned();
        let mut config = Config::read(Signal::Metrics, &read, None)
            .expect("valid")
            .expect("an endpoint");
        config.backoff = Backoff {
            first: Duration::from_millis(10),
            longest: Duration::from_millis(50),
        };
        let identity = Identity {
            default_instance: "test",
            ..Identity::default()
        };
        push(&config, &Resource::read(&read, &identity), runs, NOW, self.bound).await
    }
}

fn one_run() -> Vec<Run> {
    runs(1)
}

/// So many runs, the last of which ended at 20 ms before `NOW`, each 10 ms after the one before it; in disorder.
fn runs(count: i64) -> Vec<Run> {
    let started = |nth: i64| NOW - SignedDuration::from_millis(40 + 10 * nth);
    let run = |nth| answered(&format!("probe-{nth}"), Verdict::Ok, Code::TooOld, started(nth));
    (0..count).map(|nth| run(nth * 7919 % count)).collect()
}

/// Pushes one run to a receiver with this script; gives the delivery and how many requests came.
async fn check(script: impl IntoIterator<Item = Reply>) -> (Delivery, usize) {
    let receiver = Receiver::start(script).await;
    let delivery = Sender::to(&receiver.endpoint()).push(&one_run()).await;
    let requests = receiver.requests().len();
    assert_eq!(delivery.retries as usize + 1, requests, "{delivery:?}");
    (delivery, requests)
}

fn message(delivery: &Delivery) -> String {
    let failure = delivery.failure.as_ref().expect("a failure");
    assert!(!delivery.delivered());
    // The port is another on every run.
    let rest = failure
        .message
        .split_once("/v1/metrics` ")
        .expect("the endpoint")
        .1;
    rest.to_owned()
}

#[expect(
    clippy::disallowed_methods,
    reason = "the tests hold real time against the bounds"
)]
fn moment() -> Instant {
    Instant::now()
}

#[tokio::test]
async fn a_push_arrives_with_its_headers_resource_and_own_timestamps() {
    let receiver = Receiver::start([]).await;
    let sender =
        Sender::to(&receiver.endpoint()).with("HEADERS", "authorization=Bearer%20t0ken,x-scope-orgid=1");
    let delivery = sender.push(&one_run()).await;
    let requests = receiver.requests();
    let [request] = requests.as_slice() else {
        panic!("{}", requests.len())
    };
    assert!(
        request.head.starts_with("POST /v1/metrics HTTP/1.1\r\n"),
        "{}",
        request.head
    );
    assert_eq!(request.header("content-type"), Some("application/x-protobuf"));
    assert_eq!(request.header("authorization"), Some("Bearer t0ken"));
    assert_eq!(request.header("x-scope-orgid"), Some("1"));
    assert!(
        request
            .header("user-agent")
            .is_some_and(|agent| agent.starts_with("freshwatch/"))
    );
    let points = request.points();
    assert_eq!((delivery.delivered(), delivery.batches_sent), (true, 1));
    assert_eq!(
        (delivery.points_sent, delivery.points_lost),
        (points.len() as u64, 0)
    );
    let time_of = |name: &str| {
        points
            .iter()
            .find(|(found, _)| found == name)
            .map(|(_, point)| point.time_unix_nano)
    };
    let nanos = |time: Timestamp| u64::try_from(time.as_nanosecond()).ok();
    assert_eq!(
        time_of("probe_success"),
        nanos(NOW - SignedDuration::from_millis(20))
    );
    assert_eq!(time_of("freshwatch_build_info"), nanos(NOW));
}

#[tokio::test]
async fn gzip_is_received_and_decodes() {
    let receiver = Receiver::start([]).await;
    let delivery = Sender::to(&receiver.endpoint())
        .with("COMPRESSION", "gzip")
        .push(&one_run())
        .await;
    let request = &receiver.requests()[0];
    assert_eq!(request.header("content-encoding"), Some("gzip"));
    assert!(request.body.starts_with(&[0x1f, 0x8b]));
    assert_eq!(request.points().len() as u64, delivery.points_sent);
}

#[tokio::test]
async fn a_429_is_tried_again_after_what_it_asks_for() {
    let busy = Reply::Answer(429, "retry-after: 1\r\n", Vec::new());
    let receiver = Receiver::start([busy]).await;
    let delivery = Sender::to(&receiver.endpoint()).push(&one_run()).await;
    let requests = receiver.requests();
    assert_eq!(
        (delivery.delivered(), delivery.retries, requests.len()),
        (true, 1, 2)
    );
    let waited = requests[1].at - requests[0].at;
    assert!(waited >= Duration::from_secs(1), "{waited:?}");
    assert_eq!(requests[0].body, requests[1].body);
}

#[tokio::test]
async fn an_overloaded_receiver_is_tried_again() {
    let script = [503, 502, 504, 429].map(Reply::status);
    let (delivery, requests) = check(script).await;
    assert_eq!((delivery.delivered(), requests), (true, 5));
}

#[tokio::test]
async fn a_cut_connection_is_tried_again() {
    for script in [Reply::Cut, Reply::CutBody(200), Reply::CutBody(503)] {
        let (delivery, requests) = check([script]).await;
        assert_eq!((delivery.delivered(), requests), (true, 2));
    }
}

#[tokio::test]
async fn a_refusal_is_told_in_the_receivers_words_and_never_tried_again() {
    let reply = |status| Reply::Answer(status, "", b"out of order sample\n".to_vec());
    let (delivery, requests) = check([reply(409)]).await;
    let told = "answered 409 Conflict: `out of order sample`";
    assert_eq!((message(&delivery).as_str(), requests), (told, 1));
    for (status, told) in [
        (400, "answered 400 Bad Request: `out of order sample`"),
        (413, "answered 413 Payload Too Large: `out of order sample`"),
        (500, "answered 500 Internal Server Error: `out of order sample`"),
    ] {
        let receiver = Receiver::start((0..1000).map(|_| reply(status))).await;
        let delivery = Sender::to(&receiver.endpoint()).push(&one_run()).await;
        assert_eq!((message(&delivery).as_str(), delivery.retries), (told, 0));
        assert_eq!((delivery.points_sent, delivery.points_lost > 20), (0, true));
        // The whole, and its parts until it is plain that none of them is good.
        assert!(receiver.requests().len() < 20, "{}", receiver.requests().len());
    }
}

#[tokio::test]
async fn what_is_good_of_a_refused_request_is_delivered_in_parts() {
    let refusals = [400, 413, 422, 500].map(|status| (status, 2));
    for (status, parts) in refusals {
        let receiver = Receiver::start([Reply::status(status)]).await;
        let delivery = Sender::to(&receiver.endpoint()).push(&one_run()).await;
        assert!(delivery.delivered(), "{delivery:?}");
        let requests = receiver.requests();
        let points: Vec<_> = requests.iter().map(|request| request.points().len()).collect();
        assert_eq!((points.len(), points[0]), (1 + parts, points[1..].iter().sum()));
        assert_eq!(delivery.points_sent, points[0] as u64);
    }
}

#[tokio::test]
async fn a_404_gets_the_hint() {
    let (delivery, requests) = check([Reply::status(404)]).await;
    assert_eq!(
        (message(&delivery).as_str(), requests),
        ("answered 404 Not Found", 1)
    );
    let hint = delivery.failure.and_then(|failure| failure.hint).expect("a hint");
    for word in [
        "`/v1/metrics`",
        "`/api/v1/otlp`",
        "`/opentelemetry`",
        "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
    ] {
        assert!(hint.contains(word), "{hint}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (delivery, requests) = check([Reply::Answer(308, "location: /elsewhere\r\n", Vec::new())]).await;
    let told = "answered 308 Permanent Redirect to `/elsewhere`, and redirects are not followed: configure the \
                final address";
    assert_eq!((message(&delivery).as_str(), requests), (told, 1));
}

#[tokio::test]
async fn a_receiver_that_hangs_is_bounded_by_the_timeout_and_the_bound() {
    let start = moment();
    let receiver = Receiver::start(vec![Reply::Hang; 50]).await;
    let sender = Sender::to(&receiver.endpoint())
        .with("TIMEOUT", "100")
        .within(500);
    let delivery = sender.push(&one_run()).await;
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    assert!((2..=5).contains(&receiver.requests().len()), "{delivery:?}");
    let told = message(&delivery);
    assert!(
        told.starts_with("did not answer within 100ms; gave up after "),
        "{told}"
    );
    assert!(told.ends_with(" attempts within 500ms"), "{told}");
}

#[tokio::test]
async fn without_a_timeout_the_bound_holds() {
    let receiver = Receiver::start([Reply::Hang]).await;
    let delivery = Sender::to(&receiver.endpoint())
        .with("TIMEOUT", "0")
        .within(200)
        .push(&one_run())
        .await;
    assert_eq!(
        message(&delivery),
        "did not answer within 200ms; gave up after 1 attempt within 200ms"
    );
}

#[tokio::test]
async fn a_wait_that_leads_past_the_bound_is_not_begun() {
    let start = moment();
    let (delivery, requests) = check([Reply::Answer(503, "retry-after: 3600\r\n", Vec::new())]).await;
    let told = "answered 503 Service Unavailable; gave up after 1 attempt within 20s, and it asks to wait 1h";
    assert_eq!((message(&delivery).as_str(), requests), (told, 1));
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn an_endless_answer_is_read_no_further_than_it_is_shown() {
    let (delivery, requests) = check([Reply::Endless(409)]).await;
    assert_eq!((message(&delivery).len() < 400, requests), (true, 1));
    // What never ends is no confirmation either.
    let (delivery, _) = check([Reply::Endless(200)]).await;
    assert!(!delivery.delivered());
}

#[tokio::test]
async fn a_refused_connection_is_tried_until_the_bound() {
    let nobody = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a free port");
    let endpoint = format!("http://{}", nobody.local_addr().expect("an address"));
    drop(nobody);
    let delivery = Sender::to(&endpoint).within(200).push(&one_run()).await;
    let told = message(&delivery);
    assert!(
        told.starts_with("cannot be reached: connection refused; gave up after "),
        "{told}"
    );
    assert!(delivery.retries >= 2, "{delivery:?}");
}

#[tokio::test]
async fn what_does_not_speak_http_is_not_tried_again() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a free port");
    let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        tokio::io::AsyncReadExt::read_u8(&mut stream)
            .await
            .expect("a request");
        tokio::io::AsyncWriteExt::write_all(&mut stream, b"SSH-2.0-OpenSSH\r\n")
            .await
            .expect("written");
        tokio::io::copy(&mut stream, &mut tokio::io::sink()).await
    });
    let delivery = Sender::to(&endpoint).push(&one_run()).await;
    assert!(
        message(&delivery).starts_with("does not answer in HTTP/1.1: "),
        "{delivery:?}"
    );
    server.abort();
}

#[tokio::test]
async fn partial_success_is_counted_in_the_receivers_words() {
    let partial = |rejected_data_points, words: &str| {
        let partial = ExportMetricsPartialSuccess {
            rejected_data_points,
            error_message: words.to_owned(),
        };
        let answer = ExportMetricsServiceResponse {
            partial_success: Some(partial),
        };
        Reply::Answer(
            200,
            "content-type: application/x-protobuf\r\n",
            answer.encode_to_vec(),
        )
    };
    let (delivery, requests) = check([partial(3, "too many labels")]).await;
    let rejected = delivery.rejected.as_ref().expect("rejected points");
    assert_eq!(
        (rejected.points, rejected.words.as_deref(), requests),
        (3, Some("too many labels"), 1)
    );
    assert_eq!(
        (delivery.delivered(), delivery.points_lost, delivery.batches_sent),
        (false, 3, 1)
    );
    let (warned, _) = check([partial(0, "deprecated")]).await;
    assert!(warned.delivered() && warned.rejected.is_some());
}

#[tokio::test]
async fn no_secret_is_in_what_is_told() {
    let echo = |status| Reply::Answer(status, "", b"bad token s3cret-token of me:p4ssword".to_vec());
    let receiver = Receiver::start([echo(401)]).await;
    let endpoint = receiver.endpoint().replace("http://", "http://me:p4ssword@");
    let sender = Sender::to(&format!("{endpoint}/?key=qu3ry-key")).with("HEADERS", "x-token=s3cret-token");
    let delivery = sender.push(&one_run()).await;
    assert_eq!(
        receiver.requests()[0].header("authorization"),
        Some("Basic bWU6cDRzc3dvcmQ=")
    );
    let told = format!("{delivery:?}");
    assert!(told.contains("bad token *** of ***"), "{told}");
    assert!(
        ["s3cret", "p4ssword", "qu3ry"]
            .iter()
            .all(|secret| !told.contains(secret)),
        "{told}"
    );
}

#[tokio::test]
async fn a_refused_batch_does_not_hold_up_the_next_but_a_wrong_endpoint_ends_it() {
    for (status, requests, sent) in [(409, 11, 10), (404, 1, 0)] {
        let receiver = Receiver::start([Reply::status(status)]).await;
        let delivery = Sender::to(&receiver.endpoint()).push(&runs(1000)).await;
        assert_eq!(
            (receiver.requests().len(), delivery.batches_sent),
            (requests, sent),
            "{delivery:?}"
        );
        assert!(!delivery.delivered() && delivery.points_lost >= 2_000);
    }
}

#[tokio::test]
async fn ten_thousand_runs_go_in_order_of_time() {
    let receiver = Receiver::start([]).await;
    let delivery = Sender::to(&receiver.endpoint()).push(&runs(10_000)).await;
    assert!(delivery.delivered(), "{delivery:?}");
    let requests = receiver.requests();
    assert_eq!(requests.len(), delivery.batches_sent);
    assert!(requests.iter().all(|request| request.body.len() <= 4 << 20));
    let (mut latest, mut successes, mut points) = (0, 0, 0);
    for request in &requests {
        let batch = request.points();
        let times = batch.iter().map(|(_, point)| point.time_unix_nano);
        assert!(batch.len() <= 10_000 && times.clone().min().is_some_and(|earliest| earliest >= latest));
        latest = times.max().unwrap_or_default();
        successes += batch.iter().filter(|(name, _)| name == "probe_success").count();
        points += batch.len() as u64;
    }
    assert_eq!((successes, points), (10_000, delivery.points_sent));
}

async fn https(config: rustls::ServerConfig) -> Receiver {
    Receiver::start_tls([], Arc::new(config).into()).await
}

#[tokio::test]
async fn https_trusts_the_configured_authority_and_no_other() {
    let authority = Authority::new();
    let receiver = https(authority.issue(&["localhost"]).serving(&[])).await;
    let sender = || Sender::to(&receiver.endpoint());
    let trusting = sender().with("CERTIFICATE", &authority.file().to_string_lossy());
    let delivery = trusting.push(&one_run()).await;
    assert!(delivery.delivered(), "{delivery:?}");

    let delivery = sender().push(&one_run()).await;
    assert!(
        message(&delivery).starts_with("has a certificate that cannot be trusted: "),
        "{delivery:?}"
    );
    assert_eq!((delivery.retries, receiver.requests().len()), (0, 1));
    assert!(delivery.failure.and_then(|failure| failure.hint).is_some());
}

#[tokio::test]
async fn https_shows_the_configured_certificate() {
    let authority = Authority::new();
    let receiver = https(authority.demanding(&authority.issue(&["localhost"]))).await;
    let sender = || Sender::to(&receiver.endpoint()).with("CERTIFICATE", &authority.file().to_string_lossy());
    let (certificate, key) = authority.write_identity(&authority.issue_to_client());
    let known = sender().with("CLIENT_CERTIFICATE", &certificate.to_string_lossy());
    let delivery = known
        .with("CLIENT_KEY", &key.to_string_lossy())
        .push(&one_run())
        .await;
    assert!(delivery.delivered(), "{delivery:?}");
    let delivery = sender().within(200).push(&one_run()).await;
    assert_eq!((delivery.delivered(), receiver.requests().len()), (false, 1));
}

#[tokio::test]
async fn https_to_a_plain_receiver_says_so() {
    let receiver = Receiver::start([]).await;
    let endpoint = receiver.endpoint().replace("http://", "https://");
    let delivery = Sender::to(&endpoint).push(&one_run()).await;
    assert_eq!(
        (message(&delivery).as_str(), delivery.retries),
        ("does not speak TLS", 0)
    );
}

#[tokio::test]
async fn a_file_that_cannot_be_used_is_named() {
    let sender = Sender::to("https://localhost:1").with("CERTIFICATE", "nowhere.pem");
    let delivery = sender.push(&one_run()).await;
    let message = delivery.failure.as_ref().map(|failure| failure.message.as_str());
    let told = "`OTEL_EXPORTER_OTLP_CERTIFICATE` names `nowhere.pem`, which cannot be used: entity not found";
    assert_eq!((message, delivery.delivered()), (Some(told), false));
    assert!(delivery.points_lost > 20);
}

/// Checks a probe that answers well, pushes to a receiver with this script, and gives the exit code, what was
/// printed and how many requests came.
async fn check_program(script: impl IntoIterator<Item = Reply>) -> (Option<i32>, String, usize) {
    let target = Receiver::start([]).await;
    let receiver = Receiver::start(script).await;
    let probes = format!("probes:\n  search:\n    get: {}/\n", target.endpoint());
    let ran = checked::check(&probes, &receiver.endpoint()).await;
    (ran.code, ran.printed, receiver.requests().len())
}

#[tokio::test]
async fn the_program_confirms_delivery_by_its_exit_code() {
    let asks_to_wait = Reply::Answer(429, "retry-after: 1\r\n", Vec::new());
    for (reply, code, requests) in [
        (Reply::status(200), 0, 1),
        (asks_to_wait, 0, 2),
        (Reply::status(503), 0, 2),
        (Reply::Cut, 0, 2),
        (Reply::status(409), 6, 1),
        (Reply::status(400), 0, 3),
        (Reply::status(404), 6, 1),
        (Reply::Answer(503, "retry-after: 3600\r\n", Vec::new()), 6, 1),
    ] {
        let (found, printed, came) = check_program([reply.clone()]).await;
        assert_eq!((found, came), (Some(code), requests), "{reply:?}: {printed}");
    }
}

#[tokio::test]
async fn the_program_tells_why_and_what_may_help() {
    let (_, printed, _) = check_program([Reply::Answer(404, "", b"no such page".to_vec())]).await;
    assert!(
        printed.contains("answered 404 Not Found: `no such page`"),
        "{printed}"
    );
    assert!(printed.contains("VictoriaMetrics `/opentelemetry`"), "{printed}");
}
