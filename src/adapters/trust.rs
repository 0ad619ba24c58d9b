//! [`Trust`]: the TLS configuration of a client, if its adapter has TLS.

#[cfg(feature = "rustls")]
use alloc::sync::Arc;
use std::io::{self, ErrorKind};

#[cfg(feature = "rustls")]
use rustls::{ClientConfig, pki_types::ServerName};

use super::error::Error;
#[cfg(feature = "rustls")]
use super::tls;
#[cfg(feature = "rustls")]
use crate::connect::Versions;
#[cfg(feature = "rustls")]
use crate::handshake::UrlError;

/// The TLS configuration of a client.
#[derive(Clone, Debug, Default)]
pub(super) struct Trust {
    /// Default: that of [`tls::default_config`].
    #[cfg(feature = "rustls")]
    config: Option<Arc<ClientConfig>>,
}

/// How to start TLS.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(not(feature = "rustls"), expect(dead_code, reason = "there is no TLS"))]
pub(super) struct Securing<'t> {
    /// The name that the certificate must have.
    pub(super) host: &'t str,
    pub(super) trust: &'t Trust,
    /// The protocols to offer.
    pub(super) alpn: &'static [&'static str],
}

/// Whether an adapter has TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tls {
    Available,
    /// It would have it with this feature.
    Needs(&'static str),
}

impl Tls {
    /// Checks, before any I/O, that TLS with this host can be started.
    pub(super) fn check(self, host: &str) -> Result<(), Error> {
        match self {
            Self::Needs(feature) => Err(missing(feature).into()),
            #[cfg(feature = "rustls")]
            Self::Available => {
                ServerName::try_from(host).map(drop).map_err(|_| UrlError::BadHost.into())
            }
            #[cfg(not(feature = "rustls"))]
            Self::Available => {
                let _ = host;
                Ok(())
            }
        }
    }
}

/// Returns the error of an adapter whose feature for TLS is off.
pub(super) fn missing(feature: &str) -> io::Error {
    let reason = alloc::format!("wss:// URLs and https:// proxies need the feature {feature}");
    io::Error::new(ErrorKind::Unsupported, reason)
}

#[cfg(feature = "rustls")]
impl Trust {
    pub(super) fn new(config: Arc<ClientConfig>) -> Self {
        Self { config: Some(tls::for_websocket(config, Versions::Http1.alpn())) }
    }

    /// Returns the configuration for a server to which these protocols are offered.
    pub(super) fn config(&self, alpn: &[&str]) -> Arc<ClientConfig> {
        tls::for_websocket(self.config.as_ref().map_or_else(tls::shared_config, Arc::clone), alpn)
    }
}

/// Returns the name that the certificate of a server must have.
#[cfg(feature = "rustls")]
pub(super) fn server_name(host: &str) -> io::Result<ServerName<'static>> {
    let name = ServerName::try_from(host);
    name.map(|name| name.to_owned()).map_err(|error| io::Error::new(ErrorKind::InvalidInput, error))
}
