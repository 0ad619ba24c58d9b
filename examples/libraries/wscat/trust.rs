//! Which certificates are trusted.

use std::path::Path;
use std::sync::Arc;

use sansocket::tls;
use sansocket::tls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use sansocket::tls::rustls::crypto::{self, CryptoProvider};
use sansocket::tls::rustls::pki_types::pem::PemObject;
use sansocket::tls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use sansocket::tls::rustls::{
    ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};

use super::options::Connecting;
use super::{Failure, WrongArgument};

/// Returns the configuration of TLS.
pub(crate) fn config(options: &Connecting) -> Result<Arc<ClientConfig>, Failure> {
    match &options.authorities {
        _ if options.is_insecure => insecure(),
        Some(path) => Ok(trusting(path.as_ref()).map_err(WrongArgument)?),
        None => Ok(tls::default_config()),
    }
}

/// Trusts the certificates of a PEM file.
fn trusting(path: &Path) -> Result<Arc<ClientConfig>, String> {
    let failed = |error: &dyn ToString| format!("{}: {}", path.display(), error.to_string());
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(|error| failed(&error))? {
        let certificate = certificate.map_err(|error| failed(&error))?;
        roots.add(certificate).map_err(|error| failed(&error))?;
    }
    match roots.is_empty() {
        true => Err(failed(&"no certificate")),
        false => Ok(tls::config(roots)),
    }
}

/// Trusts anybody.
fn insecure() -> Result<Arc<ClientConfig>, Failure> {
    let provider = Arc::new(crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anybody(provider)))
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// Takes any certificate. The server has still to prove that it has the key.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
