//! The error of adapters.

use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;
use std::io::{self, ErrorKind};

use crate::auth::CredentialsError;
use crate::connect::{ConnectError, Failure, Peer, PlanError, ProxyError};
use crate::connection::{Cause, Ended, SendError, TimedOut};
use crate::handshake::client::{Response, ResponseError};
use crate::handshake::server::RequestError;
use crate::handshake::{HandshakeError, HeadError, HeaderError, UrlError};
use crate::wire::ProtocolError;
use crate::wire::snapshot::SnapshotError;

/// The error of an adapter: why it could not open a connection, send, or end cleanly.
///
/// ```
/// use sansocket::Error;
///
/// fn report(error: &Error) {
///     match error {
///         Error::Connect(error) => println!("no way to the server: {error}"),
///         Error::Rejected(response) => println!("server answered {}", response.status()),
///         Error::TimedOut(timed_out) => println!("gave up: {timed_out}"),
///         error => println!("{error}"),
///     }
/// }
/// ```
#[non_exhaustive]
pub enum Error {
    /// There is no way to the server: the failing step, the URL, and what the transport, TLS or a proxy reported.
    ///
    /// A server that was reached and rejects is [`Rejected`](Self::Rejected), whichever way led to it.
    Connect(Box<ConnectError>),
    /// The opening handshake failed. A server has sent the response that the error demands.
    Handshake(HandshakeError),
    /// A header or subprotocol to send is invalid.
    Header(HeaderError),
    /// The stream failed, or ended without a close frame ([`UnexpectedEof`](ErrorKind::UnexpectedEof)).
    Io(io::Error),
    /// A message is being delivered in parts: take the rest of it by `next_event`.
    PartsPending,
    /// The credentials for a server cannot be sent.
    Plan(PlanError),
    /// The peer broke the protocol. Our close frame names the reason.
    Protocol(ProtocolError),
    /// The URL of a proxy is invalid.
    Proxy(ProxyError),
    /// The server answered the opening handshake with another status than 101, or than 2xx over HTTP/2.
    Rejected(Box<Response>),
    /// The message cannot be sent.
    Send(SendError),
    /// The snapshot of a connection cannot be restored.
    Snapshot(SnapshotError),
    /// A deadline passed.
    TimedOut(TimedOut),
    /// The URL is invalid.
    Url(UrlError),
}

impl Error {
    /// Returns why a connection ended, if that is an error. `error` is that of the stream.
    pub(crate) fn explain(ended: &Ended, error: Option<io::Error>) -> Result<(), Self> {
        match (ended.cause, error) {
            // The handshake was cut off, for which the stream has a better reason.
            (
                Cause::Handshake(
                    HandshakeError::Request(RequestError::Head(HeadError::Incomplete))
                    | HandshakeError::Response(ResponseError::Head(HeadError::Incomplete)),
                ),
                Some(error),
            ) => Err(error.into()),
            (Cause::Violation(error), _) => Err(error.into()),
            (Cause::Handshake(error), _) => Err(error.into()),
            (Cause::TimedOut(error), _) => Err(error.into()),
            (Cause::TransportEnded, error) if !ended.received.is_present() => {
                Err(error.map_or_else(Self::left_early, Self::Io))
            }
            (Cause::TransportReset, error) => {
                Err(error.unwrap_or_else(|| ErrorKind::ConnectionReset.into()).into())
            }
            (Cause::TransportEnded | Cause::ClosingHandshake | Cause::Rejected, _) => Ok(()),
        }
    }

    /// Returns this as an error of a stream of bytes.
    pub(super) fn into_io(self) -> io::Error {
        if let Self::Io(error) = self { error } else { io::Error::other(self) }
    }

    /// The peer ended the stream without a close frame.
    pub(crate) fn left_early() -> Self {
        let reason = "peer ended the connection without a close frame";
        io::Error::new(ErrorKind::UnexpectedEof, reason).into()
    }

    /// A client asks for no WebSocket.
    pub(super) const fn no_upgrade() -> Self {
        Self::Handshake(HandshakeError::Request(RequestError::MissingUpgrade))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect(error) => error.fmt(f),
            Self::Handshake(error) => write!(f, "opening handshake failed: {error}"),
            Self::Header(error) => error.fmt(f),
            Self::Io(error) => error.fmt(f),
            Self::PartsPending => f.write_str("message is being received in parts"),
            Self::Plan(error) => error.fmt(f),
            Self::Protocol(error) => write!(f, "peer broke the protocol: {error}"),
            Self::Proxy(error) => error.fmt(f),
            Self::Rejected(response) => {
                write!(f, "server rejected the connection with status {}", response.status())
            }
            Self::Send(error) => write!(f, "message cannot be sent: {error}"),
            Self::Snapshot(error) => write!(f, "connection cannot be restored: {error}"),
            Self::TimedOut(error) => error.fmt(f),
            Self::Url(error) => write!(f, "URL is invalid: {error}"),
        }
    }
}

/// Writes the beginning of the body of a rejection as escaped text, and no query of a URL, which may hold a token.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect(error) => {
                f.debug_tuple("Connect").field(&format_args!("{error}")).finish()
            }
            Self::Handshake(error) => f.debug_tuple("Handshake").field(error).finish(),
            Self::Header(error) => f.debug_tuple("Header").field(error).finish(),
            Self::Io(error) => f.debug_tuple("Io").field(error).finish(),
            Self::PartsPending => f.write_str("PartsPending"),
            Self::Plan(error) => f.debug_tuple("Plan").field(error).finish(),
            Self::Protocol(error) => f.debug_tuple("Protocol").field(error).finish(),
            Self::Proxy(error) => f.debug_tuple("Proxy").field(error).finish(),
            Self::Rejected(response) => f
                .debug_struct("Rejected")
                .field("status", &response.status())
                .field("body", &start_of(response.body()))
                .finish_non_exhaustive(),
            Self::Send(error) => f.debug_tuple("Send").field(error).finish(),
            Self::Snapshot(error) => f.debug_tuple("Snapshot").field(error).finish(),
            Self::TimedOut(error) => f.debug_tuple("TimedOut").field(error).finish(),
            Self::Url(error) => f.debug_tuple("Url").field(error).finish(),
        }
    }
}

impl core::error::Error for Error {
    /// Returns the error within. If that is an [`io::Error`] which wraps another error, such as one of rustls,
    /// it is the other one.
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            // Its text has the failure and the source.
            Self::Connect(error) => error.source(),
            Self::Handshake(error) => Some(error),
            Self::Header(error) => Some(error),
            Self::Io(error) => match error.get_ref() {
                Some(inner) => Some(inner),
                None => Some(error),
            },
            Self::Plan(error) => Some(error),
            Self::Protocol(error) => Some(error),
            Self::Proxy(error) => Some(error),
            Self::Send(error) => Some(error),
            Self::Snapshot(error) => Some(error),
            Self::TimedOut(error) => Some(error),
            Self::Url(error) => Some(error),
            Self::PartsPending | Self::Rejected(_) => None,
        }
    }
}

/// Returns the first bytes as text.
fn start_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(SHOWN)]).into_owned()
}

/// How many bytes of a body are shown.
const SHOWN: usize = 200;

/// Implements the conversions.
macro_rules! from {
    ($($error:ty => $variant:ident,)*) => {$(
        impl From<$error> for Error {
            fn from(error: $error) -> Self {
                Self::$variant(error)
            }
        }
    )*};
}

/// Sorts by culprit: a server that was reached and rejects, one that breaks the protocol, and a way that fails.
impl From<ConnectError> for Error {
    fn from(error: ConnectError) -> Self {
        match (error.failure, error.response) {
            (Failure::Rejected { peer: Peer::Target, .. }, Some(response)) => {
                Self::Rejected(response)
            }
            (Failure::Handshake(response), _) => Self::Handshake(response.into()),
            (Failure::Header(error), _) => Self::Header(error),
            (Failure::TimedOut, _) => Self::TimedOut(TimedOut::Opening),
            (_, response) => Self::Connect(Box::new(ConnectError { response, ..error })),
        }
    }
}

impl From<PlanError> for Error {
    fn from(error: PlanError) -> Self {
        match error {
            PlanError::Header(error) => Self::Header(error),
            PlanError::Url(error) => Self::Url(error),
            PlanError::Credentials(_) | PlanError::NeedsTls => Self::Plan(error),
        }
    }
}

impl From<CredentialsError> for Error {
    fn from(error: CredentialsError) -> Self {
        PlanError::Credentials(error).into()
    }
}

from! {
    HandshakeError => Handshake,
    HeaderError => Header,
    io::Error => Io,
    ProtocolError => Protocol,
    ProxyError => Proxy,
    SendError => Send,
    SnapshotError => Snapshot,
    TimedOut => TimedOut,
    UrlError => Url,
}
