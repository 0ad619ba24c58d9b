//! [`ConnectError`]: why no connection was opened.

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::error::Error;
use core::fmt;

use super::peer::Peer;
use super::proxy_fault::ProxyFault;
use super::redirects::RedirectFault;
use super::retry::Retry;
use crate::handshake::HeaderError;
use crate::handshake::client::{Response, ResponseError};
use crate::handshake::text::split_before;

/// Why no connection was opened: the last failure, and the response that came with it.
///
/// ```
/// use sansocket::connect::{ConnectError, Failure};
///
/// /// Returns whether the server knows the client and says no.
/// fn is_forbidden(error: &ConnectError) -> bool {
///     matches!(error.failure, Failure::Rejected { status: 403, .. })
/// }
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct ConnectError {
    /// What failed.
    pub failure: Failure,
    /// The response of the server or the proxy, if the failure is one.
    pub response: Option<Box<Response>>,
    /// The URL that was asked last.
    pub url: Box<str>,
    /// The error of the transport or of TLS, if the caller adds it. The adapters do, and [`Dial`](super::Dial) has
    /// none.
    pub source: Option<Arc<dyn Error + Send + Sync>>,
}

impl ConnectError {
    fn bare_url(&self) -> &str {
        split_before(&self.url, |byte| byte == b'?').0
    }
}

/// Writes the URL without its query, which may hold a token, the failure, and its source.
impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.bare_url(), self.failure)?;
        self.source.as_ref().map_or(Ok(()), |source| write!(f, ": {source}"))
    }
}

/// Prints the URL without its query.
impl fmt::Debug for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectError")
            .field("failure", &self.failure)
            .field("response", &self.response)
            .field("url", &self.bare_url())
            .field("source", &self.source)
            .finish()
    }
}

impl Error for ConnectError {
    /// Returns the error of the transport or of TLS, or else the failure.
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.source {
            Some(source) => Some(&**source),
            None => Some(&self.failure),
        }
    }
}

/// What failed on the way to a connection.
///
/// ```
/// use sansocket::connect::{Failure, Peer};
///
/// let failure = Failure::Rejected { peer: Peer::Proxy, status: 403 };
/// assert_eq!(failure.to_string(), "proxy answered with status 403");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failure {
    /// The caller stopped before there was a result.
    Abandoned,
    /// There is no connection to the proxy, or to the server.
    Connect(Peer),
    /// The answer of the application to a challenge cannot be sent.
    Header(HeaderError),
    /// The server's response cannot open a connection.
    Handshake(ResponseError),
    /// The server speaks HTTP/2, but does not offer WebSockets over it, and the plan allows no other version.
    NoExtendedConnect,
    /// The server does not speak HTTP/2, and the plan allows no other version.
    NotHttp2,
    /// The proxy does something wrong or refuses.
    Proxy(ProxyFault),
    /// The redirect was not followed.
    Redirect(RedirectFault),
    /// The server or the proxy answered with another status.
    Rejected {
        /// Who answered.
        peer: Peer,
        /// The status.
        status: u16,
    },
    /// The name was not resolved.
    Resolve,
    /// The attempt took longer than [`Timeouts::opening`](crate::Timeouts::opening).
    TimedOut,
    /// TLS could not be started.
    Tls(Peer),
    /// The transport ended before there was a response.
    TransportEnded,
}

impl Failure {
    /// Returns whether another attempt may succeed: see [`Retry`].
    pub const fn is_temporary(self) -> bool {
        match self {
            Self::Connect(_) | Self::Resolve | Self::TimedOut | Self::TransportEnded => true,
            Self::Rejected { status, .. } => Retry::is_temporary_status(status),
            Self::Proxy(fault) => fault.is_temporary(),
            Self::Abandoned
            | Self::Header(_)
            | Self::Handshake(_)
            | Self::NoExtendedConnect
            | Self::NotHttp2
            | Self::Redirect(_)
            | Self::Tls(_) => false,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Abandoned => "attempt was abandoned",
            Self::Connect(Peer::Target) => "connection could not be established",
            Self::Connect(Peer::Proxy) => "connection to the proxy could not be established",
            Self::Header(error) => return error.fmt(f),
            Self::Handshake(error) => return write!(f, "opening handshake failed: {error}"),
            Self::NoExtendedConnect => "server does not offer WebSockets over HTTP/2",
            Self::NotHttp2 => "server does not speak HTTP/2",
            Self::Proxy(fault) => return fault.fmt(f),
            Self::Redirect(fault) => return fault.fmt(f),
            Self::Rejected { peer, status } => {
                return write!(f, "{peer} answered with status {status}");
            }
            Self::Resolve => "name was not resolved",
            Self::TimedOut => "opening took too long",
            Self::Tls(peer) => return write!(f, "TLS with the {peer} failed"),
            Self::TransportEnded => "transport ended before the response",
        })
    }
}

impl Error for Failure {}
