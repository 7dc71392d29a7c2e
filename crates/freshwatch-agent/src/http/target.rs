//! Whom a URL points to.

use std::sync::Arc;

use freshwatch_probe::observation::NotMade;
use http::HeaderValue;
use http::uri::PathAndQuery;
use url::{Host, Position, Url};

/// The place that a request goes to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Target {
    /// The host; domains are in lower case.
    pub host: Host<String>,
    /// The port, that of the scheme where the URL has none.
    pub port: u16,
    /// Whether TLS is spoken.
    pub https: bool,
}

impl Target {
    /// The place that this URL points to.
    pub fn of(url: &Url) -> Result<Self, NotMade> {
        let https = match url.scheme() {
            "http" => false,
            "https" => true,
            other => {
                return Err(NotMade::Secret(format!(
                    "the URL's scheme is `{other}` once its placeholders are filled in: write http or https"
                )));
            }
        };
        match (url.host(), url.port_or_known_default()) {
            (Some(host), Some(port)) => Ok(Self {
                host: host.to_owned(),
                port,
                https,
            }),
            _ => Err(NotMade::Secret(
                "the URL has no host once its placeholders are filled in".into(),
            )),
        }
    }

    /// `host:port`, as messages name it.
    pub fn peer(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

/// What a URL becomes on the wire.
#[derive(Debug, Clone)]
pub(crate) struct Way {
    /// The place that the request goes to.
    pub target: Arc<Target>,
    /// What the `Host` field and `:authority` say, and the request target; none where HTTP cannot say them.
    pub words: Option<(HeaderValue, PathAndQuery)>,
}

impl Way {
    /// The way to this URL.
    pub fn of(url: &Url) -> Result<Self, NotMade> {
        let target = Arc::new(Target::of(url)?);
        let host = HeaderValue::from_str(authority(url)).ok();
        let path = PathAndQuery::try_from(path_and_query(url)).ok();
        let words = host.zip(path);
        Ok(Self { target, words })
    }
}

/// The port stands there only when it is not that of the scheme (RFC 9110, section 7.2).
fn authority(url: &Url) -> &str {
    &url[Position::BeforeHost..Position::AfterPort]
}

/// The request target in origin form (RFC 9112, section 3.2.1).
fn path_and_query(url: &Url) -> &str {
    &url[Position::BeforePath..Position::AfterQuery]
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::{Target, authority, path_and_query};

    #[track_caller]
    fn check(url: &str, peer: &str, host: &str, path: &str) {
        let url = Url::parse(url).unwrap();
        assert_eq!(Target::of(&url).unwrap().peer(), peer);
        assert_eq!((authority(&url), path_and_query(&url)), (host, path));
    }

    #[test]
    fn ports_are_named_where_they_matter() {
        check("http://a.example", "a.example:80", "a.example", "/");
        check(
            "https://A.example:443/x?y#z",
            "a.example:443",
            "a.example",
            "/x?y",
        );
        check(
            "https://u:p@a.example:8443/",
            "a.example:8443",
            "a.example:8443",
            "/",
        );
        check("http://[::1]:80/", "[::1]:80", "[::1]", "/");
    }

    #[test]
    fn only_http_is_a_target() {
        assert!(Target::of(&Url::parse("ftp://a.example").unwrap()).is_err());
    }
}
