//! Certificates of an authority of our own, good and bad, and servers' settings that use them.
#![expect(
    clippy::missing_panics_doc,
    reason = "a test that cannot make its certificates ends there"
)]

use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair,
};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion};
use tempfile::TempDir;

/// An authority that no system trusts. Its files live as long as it does.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    folder: TempDir,
}

/// A certificate and its key.
pub struct Identity {
    certificate: Certificate,
    key: KeyPair,
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}

impl Authority {
    /// A new authority.
    pub fn new() -> Self {
        let mut params = params(&[]);
        params
            .distinguished_name
            .push(DnType::CommonName, "Test Authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        Self {
            issuer: CertifiedIssuer::self_signed(params, key).expect("an authority"),
            folder: tempfile::tempdir().expect("a folder"),
        }
    }

    /// The file that `tls.ca` names to trust it.
    pub fn file(&self) -> PathBuf {
        self.write("ca.pem", &self.issuer.pem())
    }

    /// A server's certificate for these names, valid from 2020 to 2099.
    pub fn issue(&self, names: &[&str]) -> Identity {
        self.issue_until(names, 2099)
    }

    /// As [`issue`](Self::issue), valid until the first day of a year.
    pub fn issue_until(&self, names: &[&str], year: i32) -> Identity {
        let mut params = params(names);
        params.not_after = rcgen::date_time_ymd(year, 1, 1);
        self.sign(&params)
    }

    /// A client's certificate.
    pub fn issue_to_client(&self) -> Identity {
        let mut params = params(&[]);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        self.sign(&params)
    }

    fn sign(&self, params: &CertificateParams) -> Identity {
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        Identity { certificate, key }
    }

    /// Writes an identity's files for `tls.cert` and `tls.key`.
    pub fn write_identity(&self, identity: &Identity) -> (PathBuf, PathBuf) {
        (
            self.write("cert.pem", &identity.certificate.pem()),
            self.write("key.pem", &identity.key.serialize_pem()),
        )
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).expect("a file can be written");
        path
    }

    /// Settings of a server that lets nobody in without a certificate of this authority.
    pub fn demanding(&self, identity: &Identity) -> ServerConfig {
        let mut roots = RootCertStore::empty();
        roots.add(self.issuer.der().clone()).expect("an authority");
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider())
            .build()
            .expect("a verifier");
        builder(&[&rustls::version::TLS13])
            .with_client_cert_verifier(verifier)
            .with_single_cert(identity.chain(), identity.key())
            .expect("a certificate and its key")
    }
}

impl Identity {
    /// A certificate that nobody but itself vouches for; `authority`: it calls itself one, as `openssl req -x509` does.
    pub fn self_signed(names: &[&str], authority: bool) -> Self {
        let mut params = params(names);
        if authority {
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        }
        let key = KeyPair::generate().expect("a key");
        let certificate = params.self_signed(&key).expect("a certificate");
        Self { certificate, key }
    }

    /// Settings of a server that shows it, and speaks these protocols by ALPN.
    pub fn serving(&self, alpn: &[&str]) -> ServerConfig {
        self.serving_versions(alpn, rustls::ALL_VERSIONS)
    }

    /// As [`serving`](Self::serving), with these versions of TLS alone.
    pub fn serving_versions(
        &self,
        alpn: &[&str],
        versions: &[&'static SupportedProtocolVersion],
    ) -> ServerConfig {
        let mut config = builder(versions)
            .with_no_client_auth()
            .with_single_cert(self.chain(), self.key())
            .expect("a certificate and its key");
        config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        config
    }

    fn chain(&self) -> Vec<rustls::pki_types::CertificateDer<'static>> {
        vec![self.certificate.der().clone()]
    }

    fn key(&self) -> PrivateKeyDer<'static> {
        PrivatePkcs8KeyDer::from(self.key.serialize_der()).into()
    }
}

fn params(names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    let mut params = CertificateParams::new(names).expect("valid names");
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.not_before = rcgen::date_time_ymd(2020, 1, 1);
    params.not_after = rcgen::date_time_ymd(2099, 1, 1);
    params
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn builder(
    versions: &[&'static SupportedProtocolVersion],
) -> rustls::ConfigBuilder<ServerConfig, rustls::WantsVerifier> {
    ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(versions)
        .expect("versions that ring speaks")
}
