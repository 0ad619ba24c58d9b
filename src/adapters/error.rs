use alloc::boxed::Box;
use core::fmt;
use std::io;

use crate::connection::{SendError, TimedOut};
use crate::handshake::client::{Response, ResponseError};
use crate::handshake::server::RequestError;
use crate::handshake::{HandshakeError, UrlError};
use crate::wire::ProtocolError;

/// Why an adapter gave up.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The opening handshake failed. A server has answered as the error says.
    Handshake(HandshakeError),
    /// The transport failed, or ended before the closing handshake was done (`UnexpectedEof`).
    Io(io::Error),
    /// The peer broke the protocol. It has been told so.
    Protocol(ProtocolError),
    /// The server answered the opening handshake with another status than 101: this response.
    Refused(Box<Response>),
    /// What was to be sent cannot be sent now.
    Send(SendError),
    /// The peer let a deadline pass.
    TimedOut(TimedOut),
    /// The URL is not one of a WebSocket.
    Url(UrlError),
}

impl Error {
    /// What a `wss://` URL is answered with where there is no TLS.
    pub(super) fn no_tls() -> Self {
        let reason = "wss:// takes TLS: see WebSocket::connect_tls, and connect_over";
        Self::Io(io::Error::new(io::ErrorKind::Unsupported, reason))
    }

    /// What a `ws://` URL is answered with where there is nothing but TLS.
    #[cfg(feature = "rustls")]
    pub(super) fn only_tls() -> Self {
        let reason = "ws:// goes without TLS: see WebSocket::connect";
        Self::Io(io::Error::new(io::ErrorKind::Unsupported, reason))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Handshake(error) => error.fmt(f),
            Self::Io(error) => error.fmt(f),
            Self::Protocol(error) => error.fmt(f),
            Self::Refused(response) => {
                write!(f, "server refused with status {}", response.status())
            }
            Self::Send(error) => error.fmt(f),
            Self::TimedOut(error) => error.fmt(f),
            Self::Url(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for Error {}

impl From<HandshakeError> for Error {
    fn from(error: HandshakeError) -> Self {
        Self::Handshake(error)
    }
}

impl From<RequestError> for Error {
    fn from(error: RequestError) -> Self {
        Self::Handshake(error.into())
    }
}

impl From<ResponseError> for Error {
    fn from(error: ResponseError) -> Self {
        Self::Handshake(error.into())
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<ProtocolError> for Error {
    fn from(error: ProtocolError) -> Self {
        Self::Protocol(error)
    }
}

impl From<SendError> for Error {
    fn from(error: SendError) -> Self {
        Self::Send(error)
    }
}

impl From<TimedOut> for Error {
    fn from(error: TimedOut) -> Self {
        Self::TimedOut(error)
    }
}

impl From<UrlError> for Error {
    fn from(error: UrlError) -> Self {
        Self::Url(error)
    }
}
