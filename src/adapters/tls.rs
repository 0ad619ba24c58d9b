//! TLS for `wss://` URLs, by [`rustls`].
//!
//! `connect` of each adapter starts TLS for a `wss://` URL, and trusts the authorities of [`default_config`].
//! [`Connect::tls`](crate::Connect::tls) takes another [`ClientConfig`]. Create it once: connections that share a
//! configuration resume each other's sessions. Its ALPN is replaced by the versions of HTTP that the client speaks. Other TLS streams work like any stream, with `connect_over` and
//! `receive_request`.
//!
//! Anybody on the network can end a stream without the `close_notify` of TLS. Before both close frames have
//! passed, that is an error. After them nothing can have been lost, and the end is
//! [clean](crate::Ended::is_clean).
//!
//! ```no_run
//! # #[cfg(feature = "tokio-rustls")]
//! # async fn example() -> Result<(), sansocket::Error> {
//! use sansocket::tls;
//! use sansocket::tls::rustls::RootCertStore;
//! use sansocket::tokio::Connect;
//!
//! let trusted = tls::config(RootCertStore::empty());
//! let (mut socket, _) = Connect::new("wss://example.com/").tls(trusted).connect().await?;
//! # Ok(())
//! # }
//! ```

use alloc::sync::Arc;
use alloc::vec;
#[cfg(feature = "rustls-native-roots")]
use std::io;
use std::sync::OnceLock;

pub use rustls;
use rustls::{ClientConfig, RootCertStore};

/// Creates a configuration that trusts the certificate authorities of Mozilla, from `webpki-roots`.
///
/// ```
/// let trusted = sansocket::tls::default_config();
/// assert_eq!(trusted.alpn_protocols, [b"http/1.1"]);
/// ```
pub fn default_config() -> Arc<ClientConfig> {
    config(webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect())
}

/// Creates a configuration that trusts the certificate authorities of the platform, such as that of a company.
///
/// Certificates that cannot be read are ignored.
///
/// ```
/// # fn example() -> std::io::Result<()> {
/// let trusted = sansocket::tls::native_config()?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// Returns an error if the platform has no certificate that can be read.
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

/// Creates a configuration that trusts these certificate authorities and no others.
///
/// ```
/// use sansocket::tls::rustls::RootCertStore;
/// use sansocket::tls::rustls::pki_types::CertificateDer;
///
/// # fn example(authority: CertificateDer<'static>) -> Result<(), sansocket::tls::rustls::Error> {
/// let mut roots = RootCertStore::empty();
/// roots.add(authority)?;
/// let trusted = sansocket::tls::config(roots);
/// # Ok(())
/// # }
/// ```
pub fn config(roots: RootCertStore) -> Arc<ClientConfig> {
    // The process may have another default provider, or none.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let Ok(builder) =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()
    else {
        unreachable!("ring has suites for each version of TLS");
    };
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Arc::new(config)
}

/// Returns the [`default_config`] that all connections without another one share, so that they resume each other's
/// sessions.
pub(super) fn shared_config() -> Arc<ClientConfig> {
    static SHARED: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    Arc::clone(SHARED.get_or_init(default_config))
}

/// Returns the configuration that a WebSocket needs: the client names the host (section 4.1, item 5), and the
/// server must choose a version of HTTP that the client will speak.
pub(super) fn for_websocket(config: Arc<ClientConfig>, alpn: &[&str]) -> Arc<ClientConfig> {
    let is_offered = config.alpn_protocols.iter().eq(alpn.iter().map(|name| name.as_bytes()));
    if config.enable_sni && is_offered {
        return config;
    }
    let mut config = Arc::unwrap_or_clone(config);
    config.enable_sni = true;
    config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    Arc::new(config)
}
