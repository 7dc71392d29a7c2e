//! What the standard variables and the command line say about delivery
//! (<https://opentelemetry.io/docs/specs/otel/protocol/exporter/>).

mod sampling;

use std::path::PathBuf;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use freshwatch_probe::redact::Redactor;
use freshwatch_probe::trace::Sampling;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use thiserror::Error;

use super::endpoint::{Credentials, Endpoint, Form};
use super::retry::Backoff;
use crate::pairs;
use crate::parcel::Signal;

/// How long one request may take unless the environment says otherwise.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

/// A shorter text is no credential, and to mask every `1` of an answer would only hide what is wrong.
const SHORTEST_SECRET: usize = 4;

/// Header fields that describe the request itself.
const OWN_HEADERS: [HeaderName; 6] = [
    header::CONNECTION,
    header::CONTENT_ENCODING,
    header::CONTENT_LENGTH,
    header::CONTENT_TYPE,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// Where and how one signal is delivered. Its `Debug` shows no secret.
#[derive(Debug, Clone)]
pub struct Config {
    pub(super) signal: Signal,
    pub(super) protocol: Protocol,
    pub(super) endpoint: Endpoint,
    /// Whether the endpoint was named for this signal and no other. Where it was not, what is there may not take it.
    pub(super) is_for_signal: bool,
    pub(super) headers: HeaderMap,
    /// For one request; `None`: only the whole delivery is bounded.
    pub(super) timeout: Option<Duration>,
    pub(super) compression: Compression,
    pub(super) tls: TlsFiles,
    pub(super) secrets: Redactor,
    /// How long to wait before a request is sent again.
    pub backoff: Backoff,
}

/// Where and how all three signals are delivered.
#[derive(Debug, Clone, Default)]
pub struct Configs {
    /// Metrics; none: nowhere.
    pub metrics: Option<Config>,
    /// Traces; none: nowhere.
    pub traces: Option<Config>,
    /// Logs; none: nowhere.
    pub logs: Option<Config>,
    /// Which traces are recorded.
    pub sampling: Sampling,
}

/// How requests are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    /// Protobuf over HTTP/1.1.
    Http,
    /// gRPC.
    Grpc,
}

/// How the body of a request is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compression {
    None,
    Gzip,
}

/// Files in PEM that an https endpoint needs; they are read when it is first used.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct TlsFiles {
    /// The certificates that are trusted, in the place of the system's.
    pub(super) ca: Option<NamedFile>,
    /// Our own certificate and its key.
    pub(super) client: Option<ClientFiles>,
}

/// The files of a client certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ClientFiles {
    pub(super) certificate: NamedFile,
    pub(super) key: NamedFile,
}

/// A file and the variable that names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NamedFile {
    pub(super) variable: String,
    pub(super) path: PathBuf,
}

/// What is wrong with the configuration. No message holds the value of a header or a URL's credentials.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Error {
    /// The endpoint is no URL that can be sent to.
    #[error("`{variable}` is not an http or https URL: write it like `{example}`")]
    Endpoint {
        /// The variable or the option.
        variable: String,
        /// One that can.
        example: &'static str,
    },
    /// A protocol that is known but not spoken.
    #[error("`{variable}` is `{value}`, which is not spoken: use `http/protobuf` or `grpc`")]
    Protocol {
        /// The variable.
        variable: String,
        /// Its value.
        value: String,
    },
    /// A word that is none of those that the specification lists.
    #[error("`{variable}` is `{value}`: use {wanted}")]
    Word {
        /// The variable.
        variable: String,
        /// Its value.
        value: String,
        /// The words that there are.
        wanted: &'static str,
    },
    /// The share of traces that are recorded is none.
    #[error("`{variable}` is `{value}`, not a share from 0 to 1: write it like `0.1`")]
    Share {
        /// The variable.
        variable: String,
        /// Its value.
        value: String,
    },
    /// The time limit is no number.
    #[error("`{variable}` is `{value}`, not a number of milliseconds: write it like `10000`")]
    Timeout {
        /// The variable.
        variable: String,
        /// Its value.
        value: String,
    },
    /// The list of header fields does not parse.
    #[error("`{variable}`: {mistake}")]
    Headers {
        /// The variable.
        variable: String,
        /// What is wrong, without the value.
        mistake: String,
    },
    /// A client certificate without its key, or the other way round.
    #[error("`{variable}` is set without `{missing}`: set both or neither")]
    ClientCertificate {
        /// The variable that is set.
        variable: String,
        /// The variable that is not.
        missing: String,
    },
}

impl Configs {
    /// Reads the configuration. A signal is delivered nowhere where there is no endpoint for it, or `OTEL_SDK_DISABLED`
    /// or its `OTEL_…_EXPORTER` say so. `option` is the value of `--otlp-endpoint`: for metrics it wins over every
    /// variable, for traces and logs over the general endpoint. An empty value counts as unset.
    ///
    /// # Errors
    /// The first variable that is wrong, with the remedy.
    pub fn read(environment: &dyn Fn(&str) -> Option<String>, option: Option<&str>) -> Result<Self, Error> {
        Ok(Self {
            metrics: Config::read(Signal::Metrics, environment, option)?,
            traces: Config::read(Signal::Traces, environment, option)?,
            logs: Config::read(Signal::Logs, environment, option)?,
            sampling: sampling::read(environment)?,
        })
    }

    /// Those that there are.
    pub fn iter(&self) -> impl Iterator<Item = &Config> {
        [&self.metrics, &self.traces, &self.logs].into_iter().flatten()
    }
}

impl Config {
    /// Reads the configuration of one signal, as [`Configs::read`] does.
    ///
    /// # Errors
    /// The first variable that is wrong, with the remedy.
    pub fn read(
        signal: Signal,
        environment: &dyn Fn(&str) -> Option<String>,
        option: Option<&str>,
    ) -> Result<Option<Self>, Error> {
        let variables = Variables { signal, environment };
        if option.is_none() && variables.is_disabled() {
            return Ok(None);
        }
        let Some(named) = variables.named_endpoint(option) else {
            return Ok(None);
        };
        // The option asks for metrics; that it goes without the others can still be said.
        let is_asked_for = option.is_some() && signal == Signal::Metrics;
        if !is_asked_for && !variables.exports_otlp()? {
            return Ok(None);
        }
        let protocol = variables.protocol()?;
        let is_for_signal = named.is_for_signal;
        let (endpoint, mut credentials) = variables.endpoint(named, protocol)?;
        let headers = variables.headers(&mut credentials)?;
        credentials
            .secrets
            .retain(|secret| secret.trim().len() >= SHORTEST_SECRET);
        Ok(Some(Self {
            signal,
            protocol,
            endpoint,
            is_for_signal,
            headers,
            timeout: variables.timeout()?,
            compression: variables.compression()?,
            tls: variables.tls()?,
            secrets: Redactor::new(credentials.secrets.iter().map(String::as_str)),
            backoff: Backoff::default(),
        }))
    }

    /// What it is that is delivered.
    pub fn signal(&self) -> Signal {
        self.signal
    }

    /// What is odd about the port, seen that something went wrong there.
    pub(super) fn port_hint(&self) -> Option<&'static str> {
        match (self.protocol, self.endpoint.port) {
            (Protocol::Http, Some(4317)) => Some(
                "4317 is the port of OTLP over gRPC: set `OTEL_EXPORTER_OTLP_PROTOCOL=grpc`; over HTTP it is usually \
                 4318",
            ),
            (Protocol::Grpc, Some(4318)) => {
                Some("4318 is the port of OTLP over HTTP; over gRPC it is usually 4317")
            }
            _ => None,
        }
    }

    /// The endpoint as it may be shown: without credentials and query.
    pub fn endpoint(&self) -> String {
        self.endpoint.to_string()
    }
}

/// A variable that is set, by the name that was found.
struct Found {
    variable: String,
    value: String,
}

/// An endpoint as somebody has named it.
struct NamedEndpoint {
    found: Found,
    is_for_signal: bool,
}

struct Variables<'e> {
    signal: Signal,
    environment: &'e dyn Fn(&str) -> Option<String>,
}

impl Variables<'_> {
    fn get(&self, variable: &str) -> Option<Found> {
        let value = (self.environment)(variable)?;
        let value = value.trim();
        (!value.is_empty()).then(|| Found {
            variable: variable.to_owned(),
            value: value.to_owned(),
        })
    }

    /// The signal's own form of a variable wins over the general one.
    fn get_either(&self, suffix: &str) -> Option<Found> {
        let own = self.get(&self.own(suffix));
        own.or_else(|| self.get(&format!("OTEL_EXPORTER_OTLP_{suffix}")))
    }

    fn own(&self, suffix: &str) -> String {
        format!("OTEL_EXPORTER_OTLP_{}_{suffix}", self.signal.in_variables())
    }

    fn is_disabled(&self) -> bool {
        self.get("OTEL_SDK_DISABLED")
            .is_some_and(|found| found.value.eq_ignore_ascii_case("true"))
    }

    fn exports_otlp(&self) -> Result<bool, Error> {
        let Some(Found { variable, value }) =
            self.get(&format!("OTEL_{}_EXPORTER", self.signal.in_variables()))
        else {
            return Ok(true);
        };
        match value.as_str() {
            "otlp" => Ok(true),
            "none" => Ok(false),
            _ => Err(Error::Word {
                variable,
                value,
                wanted: "`otlp` or `none`",
            }),
        }
    }

    /// The option says where results go. Where traces or logs go can still be said apart from it.
    fn named_endpoint(&self, option: Option<&str>) -> Option<NamedEndpoint> {
        let named = |found, is_for_signal| NamedEndpoint { found, is_for_signal };
        let general = |value: &str| Found {
            variable: "--otlp-endpoint".to_owned(),
            value: value.to_owned(),
        };
        let option = option.map(|value| named(general(value), false));
        let own = || Some(named(self.get(&self.own("ENDPOINT"))?, true));
        let found = match self.signal {
            Signal::Metrics => option.or_else(own),
            Signal::Traces | Signal::Logs => own().or(option),
        };
        found.or_else(|| Some(named(self.get("OTEL_EXPORTER_OTLP_ENDPOINT")?, false)))
    }

    fn endpoint(&self, named: NamedEndpoint, protocol: Protocol) -> Result<(Endpoint, Credentials), Error> {
        let Found { variable, value } = named.found;
        let (form, example) = match (protocol, named.is_for_signal) {
            (Protocol::Http, true) => (Form::Whole, "http://localhost:4318"),
            (Protocol::Http, false) => (Form::Base(self.signal), "http://localhost:4318"),
            (Protocol::Grpc, _) => (Form::Method(self.signal), "http://localhost:4317"),
        };
        let parsed = match protocol {
            Protocol::Grpc if !value.contains("://") => {
                Endpoint::parse(&format!("{}://{value}", self.scheme()?), form)
            }
            Protocol::Http | Protocol::Grpc => Endpoint::parse(&value, form),
        };
        parsed.ok_or(Error::Endpoint { variable, example })
    }

    /// That of an endpoint of gRPC that names none
    /// (<https://opentelemetry.io/docs/specs/otel/protocol/exporter/#configuration-options>).
    fn scheme(&self) -> Result<&'static str, Error> {
        let Some(Found { variable, value }) = self.get_either("INSECURE") else {
            return Ok("https");
        };
        match value.to_ascii_lowercase().as_str() {
            "true" => Ok("http"),
            "false" => Ok("https"),
            _ => Err(Error::Word {
                variable,
                value,
                wanted: "`true` or `false`",
            }),
        }
    }

    fn protocol(&self) -> Result<Protocol, Error> {
        let Some(Found { variable, value }) = self.get_either("PROTOCOL") else {
            return Ok(Protocol::Http);
        };
        match value.as_str() {
            "http/protobuf" => Ok(Protocol::Http),
            "grpc" => Ok(Protocol::Grpc),
            "http/json" => Err(Error::Protocol { variable, value }),
            _ => Err(Error::Word {
                variable,
                value,
                wanted: "`http/protobuf` or `grpc`",
            }),
        }
    }

    fn timeout(&self) -> Result<Option<Duration>, Error> {
        let Some(Found { variable, value }) = self.get_either("TIMEOUT") else {
            return Ok(Some(DEFAULT_TIMEOUT));
        };
        match value.parse() {
            Ok(0) => Ok(None),
            Ok(millis) => Ok(Some(Duration::from_millis(millis))),
            Err(_) => Err(Error::Timeout { variable, value }),
        }
    }

    fn compression(&self) -> Result<Compression, Error> {
        let Some(Found { variable, value }) = self.get_either("COMPRESSION") else {
            return Ok(Compression::None);
        };
        match value.as_str() {
            "none" => Ok(Compression::None),
            "gzip" => Ok(Compression::Gzip),
            _ => Err(Error::Word {
                variable,
                value,
                wanted: "`gzip` or `none`",
            }),
        }
    }

    fn tls(&self) -> Result<TlsFiles, Error> {
        let (certificate, key) = (
            self.get_either("CLIENT_CERTIFICATE"),
            self.get_either("CLIENT_KEY"),
        );
        let lone = |found: Found, from, to| {
            let missing = found.variable.replace(from, to);
            Err(Error::ClientCertificate {
                variable: found.variable,
                missing,
            })
        };
        let client = match (certificate, key) {
            (None, None) => None,
            (Some(certificate), Some(key)) => Some(ClientFiles {
                certificate: certificate.into(),
                key: key.into(),
            }),
            (Some(found), None) => return lone(found, "CLIENT_CERTIFICATE", "CLIENT_KEY"),
            (None, Some(found)) => return lone(found, "CLIENT_KEY", "CLIENT_CERTIFICATE"),
        };
        Ok(TlsFiles {
            ca: self.get_either("CERTIFICATE").map(NamedFile::from),
            client,
        })
    }

    /// The header fields to send. What must not be shown of them is added to the credentials.
    fn headers(&self, credentials: &mut Credentials) -> Result<HeaderMap, Error> {
        let mut headers = HeaderMap::new();
        if let Some(Found { variable, value }) = self.get_either("HEADERS") {
            let wrong = |mistake| Error::Headers {
                variable: variable.clone(),
                mistake,
            };
            let pairs = pairs::parse(&value).map_err(|mistake| wrong(mistake.to_string()))?;
            for (entry, (name, value)) in (1..).zip(&pairs) {
                let (name, field) = header_field(entry, name, value).map_err(wrong)?;
                headers.append(name, field);
                credentials.secrets.push(value.clone());
                if let Some((_, token)) = value.split_once(' ') {
                    credentials.secrets.push(token.to_owned());
                    // A receiver that has read a login (RFC 7617) may tell it back.
                    let login = BASE64_STANDARD.decode(token.trim()).ok();
                    let login = login.and_then(|login| String::from_utf8(login).ok());
                    let parts = login.iter().flat_map(|login| login.split(':'));
                    credentials.secrets.extend(parts.map(str::to_owned));
                }
            }
        }
        if let Some(authorization) = &credentials.authorization
            && !headers.contains_key(header::AUTHORIZATION)
            && let Ok(mut value) = HeaderValue::from_str(authorization)
        {
            value.set_sensitive(true);
            headers.insert(header::AUTHORIZATION, value);
        }
        Ok(headers)
    }
}

impl From<Found> for NamedFile {
    fn from(found: Found) -> Self {
        Self {
            variable: found.variable,
            path: found.value.into(),
        }
    }
}

fn header_field(entry: usize, name: &str, value: &str) -> Result<(HeaderName, HeaderValue), String> {
    let Ok(name) = HeaderName::try_from(name) else {
        return Err(format!(
            "entry {entry} has a key that is no name of a header field"
        ));
    };
    if OWN_HEADERS.contains(&name) {
        return Err(format!(
            "entry {entry} sets `{name}`, which describes the request itself: leave it out"
        ));
    }
    let Ok(mut value) = HeaderValue::try_from(value) else {
        return Err(format!(
            "entry {entry} (`{name}`) has a value with control characters"
        ));
    };
    value.set_sensitive(true);
    Ok((name, value))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Compression, Config, Error, Protocol, Signal};

    fn read(environment: &[(&str, &str)], option: Option<&str>) -> Result<Option<Config>, Error> {
        let variable = |name: &str| {
            let found = environment.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Config::read(Signal::Metrics, &variable, option)
    }

    /// The configuration of these variables, by their names after `OTEL_EXPORTER_OTLP_`, and an endpoint.
    #[track_caller]
    fn config(variables: &[(&str, &str)]) -> Config {
        with_endpoint(variables).unwrap().unwrap()
    }

    fn with_endpoint(variables: &[(&str, &str)]) -> Result<Option<Config>, Error> {
        let full = |(name, value): &(&str, &str)| (format!("OTEL_EXPORTER_OTLP_{name}"), (*value).to_owned());
        let full: Vec<_> = variables.iter().map(full).collect();
        let full = full.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a:4318");
        read(&full.chain([endpoint]).collect::<Vec<_>>(), None)
    }

    #[track_caller]
    fn check_endpoint(environment: &[(&str, &str)], option: Option<&str>, expected: Option<&str>) {
        let endpoint = read(environment, option).unwrap().map(|config| config.endpoint());
        assert_eq!(endpoint.as_deref(), expected);
    }

    #[test]
    fn the_option_wins_over_the_metrics_own_endpoint_and_that_over_the_general_one() {
        let base = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://base");
        let own = ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://own/as/it/is");
        check_endpoint(&[], None, None);
        check_endpoint(&[base], None, Some("http://base/v1/metrics"));
        check_endpoint(&[base, own], None, Some("http://own/as/it/is"));
        check_endpoint(
            &[base, own],
            Some("http://option"),
            Some("http://option/v1/metrics"),
        );
        check_endpoint(&[("OTEL_EXPORTER_OTLP_ENDPOINT", " ")], None, None);
        check_endpoint(&[("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://a")], None, None);
    }

    #[test]
    fn delivery_is_switched_off_by_the_environment_but_not_against_the_option() {
        let base = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a");
        for (name, value, on) in [
            ("OTEL_SDK_DISABLED", "true", false),
            ("OTEL_SDK_DISABLED", "TRUE", false),
            ("OTEL_SDK_DISABLED", "false", true),
            ("OTEL_METRICS_EXPORTER", "none", false),
            ("OTEL_METRICS_EXPORTER", "otlp", true),
            ("OTEL_METRICS_EXPORTER", "", true),
        ] {
            let is_on = read(&[base, (name, value)], None).unwrap().is_some();
            assert_eq!(is_on, on, "{name}={value}");
            assert!(read(&[(name, value)], Some("http://a")).unwrap().is_some());
        }
    }

    #[test]
    fn without_an_endpoint_nothing_else_is_looked_at() {
        let wrong = [
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"),
            ("OTEL_METRICS_EXPORTER", "prometheus"),
        ];
        assert!(read(&wrong, None).unwrap().is_none());
    }

    #[test]
    fn every_signal_has_its_own_endpoint_and_switch() {
        let endpoints = |environment: &[(&str, &str)], option| {
            Signal::ALL.map(|signal| {
                let variable = |name: &str| {
                    let found = environment.iter().find(|(key, _)| *key == name);
                    found.map(|(_, value)| (*value).to_owned())
                };
                let config = Config::read(signal, &variable, option).unwrap();
                config.map(|config| (config.endpoint(), config.is_for_signal))
            })
        };
        let some = |endpoint: &str, is_own| Some((endpoint.to_owned(), is_own));
        let base = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a");
        let own = ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "http://b/as/it/is");
        let off = ("OTEL_TRACES_EXPORTER", "none");
        let metrics = some("http://a/v1/metrics", false);
        let traces = some("http://a/v1/traces", false);
        let logs = some("http://b/as/it/is", true);
        assert_eq!(
            endpoints(&[base, own], None),
            [metrics.clone(), traces, logs.clone()]
        );
        assert_eq!(endpoints(&[own], None), [None, None, logs.clone()]);
        assert_eq!(endpoints(&[base, own, off], None), [metrics.clone(), None, logs]);
        let option = [metrics, None, some("http://b/as/it/is", true)];
        let disabled = ("OTEL_SDK_DISABLED", "true");
        assert_eq!(endpoints(&[own, off, disabled], Some("http://a")), option);
    }

    #[test]
    fn grpc_needs_no_scheme_and_takes_no_path() {
        let shown = |endpoint, insecure| {
            let environment = [
                ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint),
                ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
                ("OTEL_EXPORTER_OTLP_INSECURE", insecure),
            ];
            let config = read(&environment, None).unwrap().unwrap();
            assert_eq!(config.protocol, Protocol::Grpc);
            config.endpoint()
        };
        assert_eq!(shown("http://a:4317/x", ""), "http://a:4317/");
        assert_eq!(shown("a:4317", "true"), "http://a:4317/");
        assert_eq!(shown("a:4317", "false"), "https://a:4317/");
        assert_eq!(shown("a:4317", ""), "https://a:4317/");
    }

    #[test]
    fn the_metrics_own_form_wins() {
        let general = config(&[
            ("TIMEOUT", "500"),
            ("COMPRESSION", "gzip"),
            ("HEADERS", "a=1,b=2"),
        ]);
        assert_eq!(general.timeout, Some(Duration::from_millis(500)));
        assert_eq!(general.compression, Compression::Gzip);
        assert_eq!(general.headers.len(), 2);
        let own = config(&[
            ("TIMEOUT", "500"),
            ("METRICS_TIMEOUT", "0"),
            ("COMPRESSION", "gzip"),
            ("METRICS_COMPRESSION", "none"),
            ("HEADERS", "a=1,b=2"),
            ("METRICS_HEADERS", "c=%2C3"),
        ]);
        assert_eq!((own.timeout, own.compression), (None, Compression::None));
        assert_eq!(
            own.headers
                .keys()
                .map(http::HeaderName::as_str)
                .collect::<Vec<_>>(),
            ["c"]
        );
        assert_eq!(own.headers["c"], ",3");
    }

    #[test]
    fn the_defaults_are_those_of_the_specification() {
        let config = config(&[("TIMEOUT", ""), ("HEADERS", ""), ("PROTOCOL", "http/protobuf")]);
        assert_eq!(config.timeout, Some(Duration::from_secs(10)));
        assert_eq!((config.compression, config.headers.len()), (Compression::None, 0));
        assert_eq!(config.tls, super::TlsFiles::default());
    }

    #[test]
    fn the_urls_credentials_are_sent_unless_a_header_says_otherwise() {
        let option = Some("http://me:s3cret@a");
        let sent = read(&[], option).unwrap().unwrap();
        assert_eq!(sent.headers["authorization"], "Basic bWU6czNjcmV0");
        let header = ("OTEL_EXPORTER_OTLP_HEADERS", "Authorization=Bearer t0ken");
        let sent = read(&[header], option).unwrap().unwrap();
        assert_eq!(sent.headers["authorization"], "Bearer t0ken");
    }

    #[test]
    fn secrets_are_neither_in_debug_nor_in_what_is_redacted() {
        let environment = [(
            "OTEL_EXPORTER_OTLP_HEADERS",
            "authorization=Bearer t0ken,x-scope-orgid=1",
        )];
        let config = read(&environment, Some("http://me:s3cret@a/?key=qu3ry"))
            .unwrap()
            .unwrap();
        let shown = format!("{config:?}");
        let words = config
            .secrets
            .redact("1: t0ken, s3cret, qu3ry and bWU6czNjcmV0")
            .into_owned();
        assert_eq!(words, "1: ***, ***, *** and ***");
        assert!(
            ["t0ken", "s3cret", "qu3ry", "bWU6"]
                .iter()
                .all(|secret| !shown.contains(secret)),
            "{shown}"
        );
    }

    #[test]
    fn mistakes_name_the_variable_and_the_remedy_and_no_secret() {
        let messages: Vec<_> = [
            ("ENDPOINT", "me:s3cret@localhost:4318"),
            ("METRICS_ENDPOINT", "grpc://s3cret@a"),
            ("METRICS_PROTOCOL", "http/json"),
            ("PROTOCOL", "protobuf"),
            ("TIMEOUT", "10s"),
            ("TIMEOUT", "-1"),
            ("COMPRESSION", "zstd"),
            ("HEADERS", "authorization: s3cret"),
            ("HEADERS", "a=b,s3cret s3cret=1"),
            ("METRICS_HEADERS", "a=s3cret%"),
            ("HEADERS", "a=s3cret%0A"),
            ("HEADERS", "Content-Type=s3cret"),
            ("CLIENT_KEY", "key.pem"),
            ("METRICS_CLIENT_CERTIFICATE", "cert.pem"),
        ]
        .iter()
        .map(|pair| with_endpoint(&[*pair]).unwrap_err().to_string())
        .chain([read(
            &[
                ("OTEL_METRICS_EXPORTER", "prometheus"),
                ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a"),
            ],
            None,
        )
        .unwrap_err()
        .to_string()])
        .collect();
        insta::assert_snapshot!(messages.join("\n"), @r#"
        `OTEL_EXPORTER_OTLP_ENDPOINT` is not an http or https URL: write it like `http://localhost:4318`
        `OTEL_EXPORTER_OTLP_METRICS_ENDPOINT` is not an http or https URL: write it like `http://localhost:4318`
        `OTEL_EXPORTER_OTLP_METRICS_PROTOCOL` is `http/json`, which is not spoken: use `http/protobuf` or `grpc`
        `OTEL_EXPORTER_OTLP_PROTOCOL` is `protobuf`: use `http/protobuf` or `grpc`
        `OTEL_EXPORTER_OTLP_TIMEOUT` is `10s`, not a number of milliseconds: write it like `10000`
        `OTEL_EXPORTER_OTLP_TIMEOUT` is `-1`, not a number of milliseconds: write it like `10000`
        `OTEL_EXPORTER_OTLP_COMPRESSION` is `zstd`: use `gzip` or `none`
        `OTEL_EXPORTER_OTLP_HEADERS`: entry 1 has no `=`: write `key=value,key=value`
        `OTEL_EXPORTER_OTLP_HEADERS`: entry 2 has a key that is no name of a header field
        `OTEL_EXPORTER_OTLP_METRICS_HEADERS`: entry 1 is not UTF-8 in percent-encoding: write a literal `%` as `%25`
        `OTEL_EXPORTER_OTLP_HEADERS`: entry 1 (`a`) has a value with control characters
        `OTEL_EXPORTER_OTLP_HEADERS`: entry 1 sets `content-type`, which describes the request itself: leave it out
        `OTEL_EXPORTER_OTLP_CLIENT_KEY` is set without `OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE`: set both or neither
        `OTEL_EXPORTER_OTLP_METRICS_CLIENT_CERTIFICATE` is set without `OTEL_EXPORTER_OTLP_METRICS_CLIENT_KEY`: set both or neither
        `OTEL_METRICS_EXPORTER` is `prometheus`: use `otlp` or `none`
        "#);
    }
}
