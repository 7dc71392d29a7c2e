//! Whom to trust: the system's certificates, or Mozilla's where there are none, and those of the probe's `tls.ca`.

use std::sync::Arc;

use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls_pki_types::CertificateDer;
use tokio::sync::OnceCell;
use tokio::task;

/// The trusted certificates of a process, loaded once when the first https URL needs them.
#[derive(Default)]
pub(crate) struct Roots(OnceCell<Loaded>);

struct Loaded {
    store: RootCertStore,
    verifier: Option<Arc<WebPkiServerVerifier>>,
}

impl Roots {
    /// A verifier that trusts the system's certificates and these. `None`: none of them can be used.
    pub async fn verifier(&self, added: &[CertificateDer<'static>]) -> Option<Arc<WebPkiServerVerifier>> {
        let loaded = self.0.get_or_init(load).await;
        if added.is_empty() {
            return loaded.verifier.clone();
        }
        let mut store = loaded.store.clone();
        store.add_parsable_certificates(added.iter().cloned());
        verifier(store)
    }
}

/// Reading and parsing a hundred files takes milliseconds, so it is done off the threads that run the probes.
async fn load() -> Loaded {
    let store = task::spawn_blocking(system_roots)
        .await
        .unwrap_or_else(|_| mozilla_roots());
    Loaded {
        verifier: verifier(store.clone()),
        store,
    }
}

fn system_roots() -> RootCertStore {
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if store.is_empty() { mozilla_roots() } else { store }
}

fn mozilla_roots() -> RootCertStore {
    webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect()
}

fn verifier(store: RootCertStore) -> Option<Arc<WebPkiServerVerifier>> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    WebPkiServerVerifier::builder_with_provider(Arc::new(store), provider)
        .build()
        .ok()
}
