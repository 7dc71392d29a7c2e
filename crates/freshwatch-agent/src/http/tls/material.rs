//! The certificates and the key that a probe's `tls` names, read at every run.

use std::path::Path;

use freshwatch_probe::request::Tls;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

/// What the files held.
#[derive(Default)]
pub(crate) struct Material {
    /// Trusted beside the system's.
    pub ca: Vec<CertificateDer<'static>>,
    /// The client's chain and key.
    pub client: Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>,
}

impl Material {
    /// Reads the files that the settings name.
    pub fn read(tls: &Tls, read: impl Fn(&Path) -> Result<Vec<u8>, String>) -> Result<Self, String> {
        let certificates = |path: &Path| -> Result<Vec<CertificateDer<'static>>, String> {
            let named = |why: String| format!("the certificate file `{}` {why}", path.display());
            let bytes = read(path).map_err(named)?;
            let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
            match found {
                Ok(found) if found.is_empty() => Err(named("holds no certificate: it must be PEM".into())),
                Ok(found) => Ok(found),
                Err(_) => Err(named("is not valid PEM".into())),
            }
        };
        let client = match &tls.client {
            None => None,
            Some(client) => Some((certificates(&client.cert)?, key(&client.key, &read)?)),
        };
        Ok(Self {
            ca: tls
                .ca
                .as_deref()
                .map(certificates)
                .transpose()?
                .unwrap_or_default(),
            client,
        })
    }
}

fn key(
    path: &Path,
    read: &impl Fn(&Path) -> Result<Vec<u8>, String>,
) -> Result<PrivateKeyDer<'static>, String> {
    let named = |why: String| format!("the key file `{}` {why}", path.display());
    let bytes = read(path).map_err(named)?;
    PrivateKeyDer::from_pem_slice(&bytes)
        .map_err(|_| named("holds no private key: it must be PEM and not encrypted".into()))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use freshwatch_probe::request::{ClientCertificate, Tls};

    use super::Material;

    #[track_caller]
    fn check(cert: &str, key: &str, expected: Result<usize, &str>) {
        let tls = Tls {
            client: Some(ClientCertificate {
                cert: "cert.pem".into(),
                key: "key.pem".into(),
            }),
            ..Tls::default()
        };
        let read = |path: &Path| match path.to_str() {
            Some("cert.pem") => Ok(cert.as_bytes().to_vec()),
            _ => Ok(key.as_bytes().to_vec()),
        };
        let found = Material::read(&tls, read).map(|material| material.client.unwrap().0.len());
        assert_eq!(found, expected.map_err(ToOwned::to_owned));
    }

    #[test]
    fn files_are_pem() {
        let made = rcgen::generate_simple_self_signed(["a.example".to_owned()]).unwrap();
        let (cert, key) = (made.cert.pem(), made.signing_key.serialize_pem());
        check(&cert, &key, Ok(1));
        check(&format!("{cert}{cert}"), &key, Ok(2));
        let no_certificate = "the certificate file `cert.pem` holds no certificate: it must be PEM";
        check("", &key, Err(no_certificate));
        check(&key, &key, Err(no_certificate));
        let no_key = "the key file `key.pem` holds no private key: it must be PEM and not encrypted";
        check(&cert, &cert, Err(no_key));
        let cut = &cert[..100];
        check(cut, &key, Err("the certificate file `cert.pem` is not valid PEM"));
    }
}
