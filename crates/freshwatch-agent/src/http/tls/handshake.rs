//! The TLS handshake.

use std::io;
use std::sync::Arc;

use freshwatch_probe::observation::{Cause, NotMade, Phase, TlsFacts};
use freshwatch_probe::request::{HttpVersion, Tls};
use rustls::client::Resumption;
use rustls::{ClientConfig, Error};
use rustls_pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use url::Host;

use crate::http::failure::{self, Failure};
use crate::http::progress::Progress;
use crate::http::target::Target;
use crate::http::tls::certificate;
use crate::http::tls::material::Material;
use crate::http::tls::roots::Roots;
use crate::http::tls::witness::{Seen, Witness};

/// On what terms to shake hands.
#[derive(Clone, Copy)]
pub(crate) struct Purpose<'p> {
    /// Whom the system trusts.
    pub roots: &'p Roots,
    /// The probe's certificates.
    pub material: &'p Material,
    /// The probe's settings, as far as they hold for this target.
    pub settings: &'p Tls,
    /// What ALPN (RFC 7301) offers.
    pub http: HttpVersion,
}

/// Shakes hands, and notes the facts of the session: also those of a certificate that is refused.
pub(crate) async fn shake_hands(
    stream: TcpStream,
    target: &Target,
    purpose: Purpose<'_>,
    progress: &mut Progress,
) -> Result<TlsStream<TcpStream>, Failure> {
    let failed = |message: String| Failure::unreachable(Cause::Tls, Phase::Tls, message);
    let (server_name, shown_name) = server_name(target, purpose.settings).ok_or_else(|| {
        failed(format!(
            "the name of {} cannot be verified by TLS",
            progress.peer()
        ))
    })?;
    let witness = Arc::new(witness(purpose).await?);
    let config = config(purpose, &witness)?;
    let connecting = TlsConnector::from(Arc::new(config)).connect(server_name, stream);
    let connected = connecting.await;
    let seen = witness.seen();
    if !seen.chain.is_empty() {
        progress.exchange.tls = Some(facts(&seen));
    }
    match connected {
        Ok(stream) => Ok(stream),
        Err(error) => Err(Failure::exhausted(&error)
            .unwrap_or_else(|| failed(complaint(&error, &seen, &progress.peer(), &shown_name)))),
    }
}

async fn witness(purpose: Purpose<'_>) -> Result<Witness, Failure> {
    if purpose.settings.insecure {
        return Ok(Witness::new(None, Vec::new()));
    }
    let trusted = &purpose.material.ca;
    let verifier = purpose.roots.verifier(trusted).await.ok_or_else(|| {
        NotMade::Secret("no certificate of an authority can be used: check `tls.ca`".into())
    })?;
    Ok(Witness::new(Some(verifier), trusted.clone()))
}

fn config(purpose: Purpose<'_>, witness: &Arc<Witness>) -> Result<ClientConfig, Failure> {
    let unusable = |error: Error| {
        let why = words_of(&error);
        NotMade::Secret(format!(
            "the client certificate and its key cannot be used: {why}"
        ))
    };
    let builder = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(unusable)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::clone(witness) as _);
    let client = purpose
        .material
        .client
        .as_ref()
        .filter(|_| purpose.settings.client.is_some());
    let mut config = match client {
        None => builder.with_no_client_auth(),
        Some((chain, key)) => builder
            .with_client_auth_cert(chain.clone(), key.clone_key())
            .map_err(unusable)?,
    };
    config.alpn_protocols = match purpose.http {
        HttpVersion::Auto => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
        HttpVersion::Http1 => vec![b"http/1.1".to_vec()],
        HttpVersion::Http2 => vec![b"h2".to_vec()],
    };
    // Each handshake is that of a new visitor, and shows the certificate.
    config.resumption = Resumption::disabled();
    config.key_log = Arc::clone(witness) as _;
    Ok(config)
}

/// The name to verify, and how messages show it.
fn server_name(target: &Target, settings: &Tls) -> Option<(ServerName<'static>, String)> {
    let shown = match (&settings.server_name, &target.host) {
        (Some(name), _) => name.clone(),
        (None, Host::Domain(domain)) => domain.clone(),
        (None, Host::Ipv4(address)) => address.to_string(),
        (None, Host::Ipv6(address)) => address.to_string(),
    };
    let name = ServerName::try_from(shown.clone()).ok()?;
    Some((name, shown))
}

fn facts(seen: &Seen) -> TlsFacts {
    TlsFacts {
        version: if seen.tls13 { "TLS 1.3" } else { "TLS 1.2" },
        earliest_expiry: certificate::earliest_expiry(&seen.chain),
    }
}

fn complaint(error: &io::Error, seen: &Seen, peer: &str, name: &str) -> String {
    let Some(error) = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) else {
        return format!("{peer} closed the connection in the TLS handshake");
    };
    match error {
        Error::InvalidCertificate(error) => certificate::complaint(error, &seen.chain, peer, name),
        Error::AlertReceived(alert) => failure::refused_by_alert(*alert, peer),
        Error::InvalidMessage(_) => format!("{peer} does not speak TLS"),
        Error::PeerIncompatible(_) => format!("{peer} offers no version or cipher of TLS that is safe"),
        other => format!("the TLS handshake with {peer} failed: {}", words_of(other)),
    }
}

/// The name of an error's variant in words: what it holds is for programmers.
fn words_of(error: &Error) -> String {
    let name = format!("{error:?}");
    let name = name
        .split(|c: char| !c.is_alphanumeric())
        .next()
        .unwrap_or_default();
    failure::words(name)
}
