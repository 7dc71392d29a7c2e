//! Verifies the server's certificate and remembers what was shown, so that a certificate that has expired still tells
//! when it did.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_name;
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, KeyLog, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use crate::http::tls::certificate;

/// Watches one handshake.
#[derive(Debug)]
pub(crate) struct Witness {
    /// `None`: verify nothing.
    verifier: Option<Arc<WebPkiServerVerifier>>,
    /// Certificates that are trusted as they are.
    trusted: Vec<CertificateDer<'static>>,
    algorithms: WebPkiSupportedAlgorithms,
    seen: Mutex<Seen>,
}

/// What was shown in a handshake.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    /// The presented chain, the server's own certificate first.
    pub chain: Vec<CertificateDer<'static>>,
    /// Whether TLS 1.3 was agreed on.
    pub tls13: bool,
}

impl Witness {
    /// A witness that lets `verifier` decide, or nobody.
    pub fn new(verifier: Option<Arc<WebPkiServerVerifier>>, trusted: Vec<CertificateDer<'static>>) -> Self {
        Self {
            verifier,
            trusted,
            algorithms: rustls::crypto::ring::default_provider().signature_verification_algorithms,
            seen: Mutex::default(),
        }
    }

    /// What was shown so far.
    pub fn seen(&self) -> Seen {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, note: impl FnOnce(&mut Seen)) {
        note(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// A self-signed certificate that calls itself an authority, as `openssl req -x509` makes them, is none that a
    /// server may show, says webpki. Whoever puts that very certificate into `tls.ca` means it, as curl understands.
    fn check_trusted(
        shown: &CertificateDer<'_>,
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        certificate::check_validity(shown, now)?;
        verify_server_name(&ParsedCertificate::try_from(shown)?, name)?;
        Ok(ServerCertVerified::assertion())
    }
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.note(|seen| {
            let chain = std::iter::once(end_entity).chain(intermediates);
            seen.chain = chain.map(|shown| shown.clone().into_owned()).collect();
        });
        let Some(verifier) = &self.verifier else {
            return Ok(ServerCertVerified::assertion());
        };
        match verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now) {
            Err(Error::InvalidCertificate(CertificateError::Other(_)))
                if self.trusted.contains(end_entity) =>
            {
                Self::check_trusted(end_entity, server_name, now)
            }
            judged => judged,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        shown: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        match &self.verifier {
            None => Ok(HandshakeSignatureValid::assertion()),
            Some(verifier) => verifier.verify_tls12_signature(message, shown, signature),
        }
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        shown: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        match &self.verifier {
            None => Ok(HandshakeSignatureValid::assertion()),
            Some(verifier) => verifier.verify_tls13_signature(message, shown, signature),
        }
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// The only sign of the agreed version before the certificate is judged: TLS 1.3 has its handshake secrets by then and
/// asks whether to log them. The answer is no.
impl KeyLog for Witness {
    fn log(&self, _label: &str, _client_random: &[u8], _secret: &[u8]) {}

    fn will_log(&self, label: &str) -> bool {
        if label == "CLIENT_HANDSHAKE_TRAFFIC_SECRET" {
            self.note(|seen| seen.tls13 = true);
        }
        false
    }
}
