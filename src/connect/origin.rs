//! [`Origin`]: the server that headers and credentials belong to.

use alloc::string::String;

use crate::handshake::Url;

/// The scheme, the host and the port of a URL (RFC 6454, section 4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    is_secure: bool,
    /// In lower case.
    host: String,
    port: u16,
}

impl Origin {
    pub(crate) fn of(url: Url<'_>) -> Self {
        let host = url.host().to_ascii_lowercase();
        Self { is_secure: url.is_secure(), host, port: url.port() }
    }
}
