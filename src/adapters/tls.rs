//! TLS for `wss://` URLs, by [`rustls`]: what a client trusts, and what a WebSocket asks of it.
//!
//! `connect_tls` of each adapter takes a [`ClientConfig`], to be made once: connections that share it
//! resume each other's sessions. Any other stream of TLS goes where every stream does, into
//! `connect_over` and `Incoming::receive`.
//!
//! A stream that ends without the `close_notify` of TLS has been cut off by anyone. Before both close
//! frames that is an error, as with any end; after them nothing can have been lost, and the end is
//! [clean](crate::Ended::is_clean).

use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
#[cfg(feature = "rustls-native-roots")]
use std::io;

pub use rustls;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};

use super::error::Error;
use crate::handshake::{Url, UrlError};

/// Trusts the authorities that Mozilla does, which are those of `webpki-roots`.
pub fn default_config() -> Arc<ClientConfig> {
    config(webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect())
}

/// Trusts the authorities that the platform does, among which may be those of a company or a test.
///
/// # Errors
///
/// When the platform has none to tell of. One that cannot be read is passed over.
#[cfg(feature = "rustls-native-roots")]
pub fn native_config() -> io::Result<Arc<ClientConfig>> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    match found.errors.into_iter().next() {
        Some(error) if roots.is_empty() => Err(io::Error::other(error)),
        None if roots.is_empty() => Err(io::ErrorKind::NotFound.into()),
        Some(_) | None => Ok(config(roots)),
    }
}

/// Trusts these authorities and no others.
pub fn config(roots: RootCertStore) -> Arc<ClientConfig> {
    // Named, as a default for the whole process may be missing, or another.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let Ok(builder) =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()
    else {
        unreachable!("ring has suites for each version of TLS");
    };
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = http_1();
    Arc::new(config)
}

/// A `wss://` URL, and the name for which its server must have a certificate.
pub(super) fn parse(url: &str) -> Result<(Url<'_>, ServerName<'static>), Error> {
    let url = Url::parse(url)?;
    if !url.is_secure() {
        return Err(Error::only_tls());
    }
    let name = ServerName::try_from(url.host()).map_err(|_| UrlError::BadHost)?;
    Ok((url, name.to_owned()))
}

/// The caller's configuration, as a WebSocket needs it: told the host's name (section 4.1, item 5), a
/// server that also speaks HTTP/2 must not choose that.
pub(super) fn for_websocket(config: Arc<ClientConfig>) -> Arc<ClientConfig> {
    if config.enable_sni && config.alpn_protocols == http_1() {
        return config;
    }
    let mut config = Arc::unwrap_or_clone(config);
    config.enable_sni = true;
    config.alpn_protocols = http_1();
    Arc::new(config)
}

fn http_1() -> Vec<Vec<u8>> {
    vec![b"http/1.1".to_vec()]
}
