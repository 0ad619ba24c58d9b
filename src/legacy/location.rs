//! The URL of a WebSocket, as both ends have to write it.

use alloc::format;
use alloc::string::String;

use crate::handshake::Authority;

/// Whether TLS is below a WebSocket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Carrier {
    Tcp,
    Tls,
}

impl Carrier {
    /// Returns the URL of a WebSocket.
    pub(super) fn location(self, authority: &Authority<'_>, resource: &str) -> String {
        let scheme = if self == Self::Tls { "wss" } else { "ws" };
        format!("{scheme}://{}{resource}", self.host(authority))
    }

    /// Returns the origin of the pages of a host.
    pub(super) fn origin(self, authority: &Authority<'_>) -> String {
        let scheme = if self == Self::Tls { "https" } else { "http" };
        format!("{scheme}://{}", self.host(authority))
    }

    /// Returns the value of `Host`: in lower case, without a default port.
    pub(super) fn host(self, authority: &Authority<'_>) -> String {
        let default = if self == Self::Tls { 443 } else { 80 };
        let host = authority.host().to_ascii_lowercase();
        match authority.port().filter(|port| *port != default) {
            Some(port) => format!("{host}:{port}"),
            None => host,
        }
    }
}

/// Returns a path and a query as they stand in a URL.
pub(super) fn resource(path: &str, query: Option<&str>) -> String {
    match query {
        Some(query) => format!("{path}?{query}"),
        None => path.into(),
    }
}
