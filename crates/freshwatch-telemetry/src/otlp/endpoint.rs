//! Where results are sent.

use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::Uri;
use url::Url;

use crate::pairs::percent_decode;
use crate::parcel::Signal;

/// An http or https URL. Its credentials are apart from it, and it is shown without them and without its query.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    /// What is requested.
    pub(crate) uri: Uri,
    /// Whether it needs TLS.
    pub(crate) is_https: bool,
    /// The port that it names.
    pub(crate) port: Option<u16>,
    shown: String,
}

/// What an endpoint's URL holds that must not be shown.
#[derive(Default)]
pub(crate) struct Credentials {
    /// The value of `Authorization` (RFC 7617) that the URL's user and password make.
    pub(crate) authorization: Option<String>,
    /// Every piece that an answer could echo.
    pub(crate) secrets: Vec<String>,
}

/// What is requested of a URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// It is for all signals: the path of this one is appended.
    Base(Signal),
    /// It is the whole.
    Whole,
    /// This method of gRPC, for which a path says nothing.
    Method(Signal),
}

impl Endpoint {
    /// Reads a URL; `None` where it is none that can be sent to. What it was is not told: it may hold a password.
    pub(crate) fn parse(text: &str, form: Form) -> Option<(Self, Credentials)> {
        let mut url = Url::parse(text.trim()).ok()?;
        let is_https = match url.scheme() {
            "http" => false,
            "https" => true,
            _ => return None,
        };
        let credentials = take_credentials(&mut url)?;
        url.set_fragment(None);
        match form {
            Form::Base(signal) => {
                url.set_path(&format!("{}{}", url.path().trim_end_matches('/'), signal.path()));
            }
            Form::Whole => (),
            Form::Method(signal) => {
                url.set_query(None);
                url.set_path(signal.method());
            }
        }
        let uri = url.as_str().parse().ok()?;
        let port = url.port();
        if let Form::Method(_) = form {
            url.set_path("");
        }
        if url.query().is_some() {
            url.set_query(Some("***"));
        }
        let shown = url.into();
        Some((
            Self {
                uri,
                is_https,
                port,
                shown,
            },
            credentials,
        ))
    }
}

fn take_credentials(url: &mut Url) -> Option<Credentials> {
    let mut credentials = Credentials::default();
    if let Some(query) = url.query() {
        credentials.secrets.push(query.to_owned());
        credentials
            .secrets
            .extend(url.query_pairs().map(|(_, value)| value.into_owned()));
    }
    let password = url.password().unwrap_or_default();
    if !url.username().is_empty() || !password.is_empty() {
        let password = percent_decode(password)?;
        let login = format!("{}:{password}", percent_decode(url.username())?);
        let encoded = BASE64_STANDARD.encode(&login);
        credentials.authorization = Some(format!("Basic {encoded}"));
        credentials.secrets.extend([encoded, login, password]);
        url.set_username("").ok()?;
        url.set_password(None).ok()?;
    }
    Some(credentials)
}

impl fmt::Display for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.shown)
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.shown)
    }
}

#[cfg(test)]
mod tests {
    use super::{Endpoint, Form, Signal};

    const BASE: Form = Form::Base(Signal::Metrics);

    #[track_caller]
    fn check(text: &str, form: Form, uri: &str, shown: &str) {
        let (endpoint, _) = Endpoint::parse(text, form).unwrap();
        assert_eq!(
            (endpoint.uri.to_string().as_str(), endpoint.to_string().as_str()),
            (uri, shown)
        );
    }

    #[test]
    fn a_base_gets_the_path_and_a_whole_one_does_not() {
        let (plain, full) = ("http://a:4318", "http://a:4318/v1/metrics");
        check(plain, BASE, full, full);
        check("http://a:4318/", BASE, full, full);
        check(
            "https://a/otlp/",
            BASE,
            "https://a/otlp/v1/metrics",
            "https://a/otlp/v1/metrics",
        );
        check("http://a/x/", Form::Whole, "http://a/x/", "http://a/x/");
        check(plain, Form::Whole, "http://a:4318/", "http://a:4318/");
    }

    #[test]
    fn each_signal_has_its_path_and_its_method() {
        let traces = "http://a/x/v1/traces";
        check("http://a/x", Form::Base(Signal::Traces), traces, traces);
        let of_logs = "http://a:4317/opentelemetry.proto.collector.logs.v1.LogsService/Export";
        check(
            "http://a:4317/x?y",
            Form::Method(Signal::Logs),
            of_logs,
            "http://a:4317/",
        );
    }

    #[test]
    fn credentials_are_taken_out_and_never_shown() {
        check("http://me:s3cret@a/", Form::Whole, "http://a/", "http://a/");
        check(
            "http://a/?key=s3cret",
            BASE,
            "http://a/v1/metrics?key=s3cret",
            "http://a/v1/metrics?***",
        );
        let (endpoint, credentials) = Endpoint::parse("http://me:p%40ss@a/", Form::Whole).unwrap();
        assert_eq!(credentials.authorization.as_deref(), Some("Basic bWU6cEBzcw=="));
        assert!(credentials.secrets.contains(&"p@ss".to_owned()));
        assert_eq!(format!("{endpoint:?}"), "http://a/");
    }

    #[test]
    fn what_cannot_be_sent_to_is_refused() {
        for text in [
            "",
            "localhost:4318",
            "a",
            "grpc://a",
            "http://",
            "unix:/run/a",
            "http://%zz@a/",
        ] {
            assert!(Endpoint::parse(text, BASE).is_none(), "{text}");
        }
    }
}
