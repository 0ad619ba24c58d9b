//! [`Stage`]: how far an attempt has got.

use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;
use core::time::Duration;

use super::failure::Failure;
use super::peer::Peer;
use super::socks::Socks5;
use crate::connection::{Connection, Timestamp};
use crate::handshake::Fields;
use crate::handshake::client::{Handshake, Pending, Response};
use crate::handshake::url_buf::UrlBuf;

/// How far an attempt has got.
pub(crate) enum Stage {
    /// The caller does something for the transport.
    Task(Task),
    /// Bytes are exchanged.
    Exchange(Exchange),
    /// The caller has to decide on the next attempt.
    Decide(Decision),
    /// The next attempt begins at this time.
    Wait(Timestamp),
    Open(Box<Connection>, Box<Response>),
    Failed(Failure, Option<Box<Response>>),
}

/// What the caller does for the transport.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Task {
    /// To resolve the name of the target.
    Resolve,
    Connect,
    ProxyTls,
    TargetTls,
}

/// A conversation with the proxy or the target.
pub(crate) enum Exchange {
    /// The HTTP proxy has the request for a tunnel.
    Tunnel(Box<Handshake>),
    Socks(Socks5),
    /// The target has the request for a WebSocket.
    Handshake(Box<Connection>),
    /// The target has, or gets, the request for a WebSocket over HTTP/2.
    Request(Box<Asking>),
    /// The proxy has refused a tunnel, or the target a WebSocket over HTTP/2. The body is read until then.
    Body(Box<Handshake>, Peer, Option<Timestamp>),
}

/// A request over HTTP/2.
pub(crate) struct Asking {
    pub(crate) fields: Fields,
    pub(crate) pending: Pending,
}

/// The next attempt, which waits for a decision.
pub(crate) enum Decision {
    Redirect(Box<Response>, UrlBuf),
    Authenticate(Box<Response>, Peer),
    /// With the answer of the application.
    Challenged(Box<Response>, Peer, Option<String>),
    Retry(Failure, Option<Box<Response>>, Duration),
}

impl Decision {
    /// Returns what has failed if there is no next attempt.
    pub(crate) fn into_failure(self) -> Stage {
        let rejected = |response: Box<Response>, peer| {
            let status = response.status();
            Stage::Failed(Failure::Rejected { peer, status }, Some(response))
        };
        match self {
            Self::Redirect(response, _) => rejected(response, Peer::Target),
            Self::Authenticate(response, peer) | Self::Challenged(response, peer, _) => {
                rejected(response, peer)
            }
            Self::Retry(failure, response, _) => Stage::Failed(failure, response),
        }
    }
}

/// Prints nothing of requests and responses, because they may be secret.
impl fmt::Debug for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Task(task) => task.fmt(f),
            Self::Exchange(_) => f.write_str("Exchange(..)"),
            Self::Decide(_) => f.write_str("Decide(..)"),
            Self::Wait(until) => f.debug_tuple("Wait").field(until).finish(),
            Self::Open(..) => f.write_str("Open(..)"),
            Self::Failed(failure, _) => f.debug_tuple("Failed").field(failure).finish(),
        }
    }
}

impl Stage {
    /// Whether bytes of the transport have a use, now or later.
    pub(crate) const fn takes_bytes(&self) -> bool {
        match self {
            // They belong to the library for HTTP/2.
            Self::Exchange(Exchange::Request(_)) => false,
            Self::Task(Task::TargetTls) | Self::Exchange(_) | Self::Open(..) => true,
            Self::Task(_) | Self::Decide(_) | Self::Wait(_) | Self::Failed(..) => false,
        }
    }
}
