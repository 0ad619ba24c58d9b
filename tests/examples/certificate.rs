//! A self-signed certificate for `localhost`, as a server and its clients take it.

use std::sync::Arc;

use sansocket::tls::rustls::pki_types::PrivateKeyDer;
use sansocket::tls::rustls::{RootCertStore, ServerConfig, crypto};

pub(crate) struct SelfSigned {
    pub(crate) server: Arc<ServerConfig>,
    /// The roots of clients that trust the server.
    pub(crate) roots: RootCertStore,
    /// The certificate as a file has it.
    #[cfg_attr(not(feature = "deflate"), expect(dead_code, reason = "only wscat reads files"))]
    pub(crate) pem: String,
}

pub(crate) fn self_signed() -> SelfSigned {
    let pair = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let certificate = pair.cert.der().clone();
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).unwrap();
    let key = PrivateKeyDer::Pkcs8(pair.signing_key.serialize_der().into());
    let provider = Arc::new(crypto::ring::default_provider());
    let server = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    SelfSigned { server: Arc::new(server), roots, pem: pair.cert.pem() }
}
