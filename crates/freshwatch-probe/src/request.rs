//! What is sent: method, URL, headers, body, credentials, and the bounds of the exchange.

use std::net::IpAddr;
use std::path::PathBuf;

use http::header::HeaderName;

use crate::template::Template;

/// One request of a probe.
#[derive(Debug, Clone)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The URL: `http` or `https`, valid once rendered (checked at load with what is known then).
    pub url: Template,
    /// Asked as well when an answer is stale: the same server without the caches before it. A URL as `url`; one
    /// without a path takes that of `url`.
    pub origin: Option<Box<Template>>,
    /// Sent as given.
    pub headers: Vec<(HeaderName, Template)>,
    /// Added to the URL's query, encoded.
    pub query: Vec<(String, Template)>,
    /// What is sent as the body.
    pub body: Option<RequestBody>,
    /// Credentials.
    pub auth: Option<Auth>,
    /// How TLS is verified and authenticated.
    pub tls: Tls,
    /// Redirects followed at most; 0: none is followed, and the redirect is the answer.
    pub redirects: u32,
    /// How a JSONPath sees the body.
    pub read_as: ReadAs,
    /// The largest body in bytes, after decompression.
    pub max_body: u64,
    /// Which HTTP versions may be spoken.
    pub http: HttpVersion,
    /// Whether a connection is kept between runs.
    pub connection: Connection,
    /// Addresses to use instead of asking the resolver.
    pub resolve: Vec<ResolveOverride>,
}

impl Request {
    /// A plain `GET` of a URL with every default of the grammar.
    pub fn get(url: impl Into<String>) -> Self {
        Self {
            method: Method::Get,
            url: Template::literal(url),
            origin: None,
            headers: Vec::new(),
            query: Vec::new(),
            body: None,
            auth: None,
            tls: Tls::default(),
            redirects: 10,
            read_as: ReadAs::Auto,
            max_body: 1 << 20,
            http: HttpVersion::Auto,
            connection: Connection::Fresh,
            resolve: Vec::new(),
        }
    }

    /// Every template of the request, for reading their files and knowing their secrets.
    pub fn templates(&self) -> impl Iterator<Item = &Template> {
        let body: Vec<&Template> = match &self.body {
            None => Vec::new(),
            Some(RequestBody::Text(text) | RequestBody::Json(text)) => vec![text],
            Some(RequestBody::Form(fields)) => fields.iter().map(|(_, value)| value).collect(),
        };
        let auth: Vec<&Template> = match &self.auth {
            None => Vec::new(),
            Some(Auth::Basic { username, password }) => vec![username, password],
            Some(Auth::Bearer(token)) => vec![token],
        };
        std::iter::once(&self.url)
            .chain(self.origin.as_deref())
            .chain(self.headers.iter().map(|(_, value)| value))
            .chain(self.query.iter().map(|(_, value)| value))
            .chain(body)
            .chain(auth)
    }

    /// Whether every run sends the same: no file is read for it, and no random token made.
    pub fn is_constant(&self) -> bool {
        let reads_tls = self.tls.ca.is_some() || self.tls.client.is_some();
        let varies = |template: &Template| template.holds_token() || template.files().next().is_some();
        !reads_tls && !self.templates().any(varies)
    }

    /// Whether the request authenticates itself: a 401 is then the prober's trouble, not the service's.
    pub fn has_credentials(&self) -> bool {
        let named = |name: &HeaderName| {
            [
                http::header::AUTHORIZATION,
                http::header::PROXY_AUTHORIZATION,
                http::header::COOKIE,
            ]
            .contains(name)
        };
        self.auth.is_some()
            || self.tls.client.is_some()
            || self.templates().any(Template::holds_secret)
            || self.headers.iter().any(|(name, _)| named(name))
    }
}

/// The request methods of the grammar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names of RFC 9110, section 9.3, say it all")]
pub enum Method {
    Get,
    Head,
    Post,
    Put,
    Patch,
    Delete,
    Options,
}

impl Method {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Get,
        Self::Head,
        Self::Post,
        Self::Put,
        Self::Patch,
        Self::Delete,
        Self::Options,
    ];

    /// The key of the grammar.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Head => "head",
            Self::Post => "post",
            Self::Put => "put",
            Self::Patch => "patch",
            Self::Delete => "delete",
            Self::Options => "options",
        }
    }
}

impl From<Method> for http::Method {
    fn from(method: Method) -> Self {
        match method {
            Method::Get => Self::GET,
            Method::Head => Self::HEAD,
            Method::Post => Self::POST,
            Method::Put => Self::PUT,
            Method::Patch => Self::PATCH,
            Method::Delete => Self::DELETE,
            Method::Options => Self::OPTIONS,
        }
    }
}

/// The body of a request.
#[derive(Debug, Clone)]
pub enum RequestBody {
    /// `body`: as it is, without a content type of our own.
    Text(Template),
    /// `json`: serialized at load, `application/json`. Placeholders in its strings are JSON-escaped when rendered.
    Json(Template),
    /// `form`: `application/x-www-form-urlencoded`.
    Form(Vec<(String, Template)>),
}

/// Credentials.
#[derive(Debug, Clone)]
pub enum Auth {
    /// RFC 7617.
    Basic {
        /// The user.
        username: Template,
        /// The password.
        password: Template,
    },
    /// RFC 6750.
    Bearer(Template),
}

/// How TLS is verified and authenticated.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tls {
    /// A PEM file whose certificates are trusted beside the system's.
    pub ca: Option<PathBuf>,
    /// The client's certificate and key.
    pub client: Option<ClientCertificate>,
    /// The name to verify and to send as SNI instead of the URL's host.
    pub server_name: Option<String>,
    /// Verify nothing.
    pub insecure: bool,
}

/// PEM files of a client certificate, read at every run, so that a rotated one is used at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientCertificate {
    /// The chain.
    pub cert: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

/// How a JSONPath sees the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadAs {
    /// By the content type; JSON where that is missing.
    Auto,
    /// RFC 8259.
    Json,
    /// XML 1.0: elements as members.
    Xml,
    /// RFC 4180: an array of objects by the header row.
    Csv,
    /// A JSON document a line: an array of them.
    NdJson,
    /// No structure: JSONPath cannot be used.
    Text,
}

/// Which HTTP versions may be spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HttpVersion {
    /// HTTP/2 where TLS negotiates it, else HTTP/1.1.
    Auto,
    /// HTTP/1.1 only.
    Http1,
    /// HTTP/2 only; over plain TCP with prior knowledge.
    Http2,
}

/// Whether a connection is kept between runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connection {
    /// A new one for each run, as a new visitor has it.
    Fresh,
    /// Kept between runs.
    Reuse,
}

/// An address to use for a host and port, as curl's `--resolve`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolveOverride {
    /// The host, in lower case.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Where to connect.
    pub address: IpAddr,
}
