//! [`Action`]: what the caller does next on the way to a connection.

use core::time::Duration;

use super::failure::Failure;
use super::peer::Peer;
use crate::handshake::client::Response;
use crate::handshake::{Fields, Url};

/// What the caller does next on the way to a connection.
///
/// Each action names the methods of [`Dial`](super::Dial) that report its result. Any of them may fail:
/// [`handle_failure`](super::Dial::handle_failure).
///
/// ```
/// use sansocket::connect::Action;
///
/// /// Describes an action for a log.
/// fn describe(action: &Action<'_>) -> String {
///     match action {
///         Action::Connect { host, port } => format!("connecting to {host}, port {port}"),
///         Action::Tls { name, peer, .. } => format!("starting TLS with the {peer} {name}"),
///         _ => String::new(),
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use]
pub enum Action<'d> {
    /// Resolve a name, and report the address with [`handle_resolved`](super::Dial::handle_resolved). A proxy of
    /// the scheme `socks5` needs it.
    Resolve {
        /// The name.
        host: &'d str,
    },
    /// Drop the transport, if there is one, and connect a new one by TCP. Report it with
    /// [`handle_connected`](super::Dial::handle_connected).
    Connect {
        /// The name or address. An IPv6 address has no brackets.
        host: &'d str,
        /// The port.
        port: u16,
    },
    /// Start TLS on the transport, within TLS to a proxy if there is one already. Report it with
    /// [`handle_secured`](super::Dial::handle_secured), or with
    /// [`handle_secured_http2`](super::Dial::handle_secured_http2) if ALPN has selected `h2`.
    Tls {
        /// The name or address in the certificate.
        name: &'d str,
        /// Who is at the other end.
        peer: Peer,
        /// The protocols to offer by ALPN. The preferred one is first.
        alpn: &'static [&'static str],
    },
    /// Begin HTTP/2 on the transport, and send this extended CONNECT. Report the head of the response with
    /// [`receive_fields`](super::Dial::receive_fields). From then on, the transport is the stream of the request.
    ///
    /// Wait for the server's settings first. If they do not offer WebSockets, report that with
    /// [`handle_unsupported`](super::Dial::handle_unsupported). [`take_unread`](super::Dial::take_unread) has the first
    /// bytes of the server, if a proxy's reply was read with them.
    ///
    /// Only a plan with other [`Versions`](super::Versions) than HTTP/1.1 leads here.
    Request(&'d Fields),
    /// Write what [`transmit`](super::Dial::transmit) returns, and report it with
    /// [`transmitted`](super::Dial::transmitted).
    Write,
    /// Read, and pass the bytes to [`receive`](super::Dial::receive). Read not longer than until
    /// [`poll_timeout`](super::Dial::poll_timeout).
    Read,
    /// Decide on the next attempt: [`proceed`](super::Dial::proceed), or [`refuse`](super::Dial::refuse) it.
    Next(Next<'d>),
    /// Wait until [`poll_timeout`](super::Dial::poll_timeout), then call
    /// [`handle_timeout`](super::Dial::handle_timeout). There is no transport meanwhile.
    Wait,
    /// Take the result: [`finish`](super::Dial::finish).
    Done,
}

/// The next attempt, which waits for a decision.
///
/// ```
/// use sansocket::Timestamp;
/// use sansocket::connect::{Action, Dial, Next};
///
/// /// Follows redirects to one server only, and does whatever else the plan allows.
/// fn decide(dial: &mut Dial, now: Timestamp) {
///     match dial.next_action() {
///         Action::Next(Next::Redirect { url, .. }) if url.host() != "example.com" => dial.refuse(),
///         Action::Next(_) => dial.proceed(now),
///         _ => {}
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Next<'d> {
    /// Follow a redirect, which the plan allows.
    Redirect {
        /// The redirect.
        response: &'d Response,
        /// Where it leads.
        url: Url<'d>,
    },
    /// Repeat the request with credentials of the plan.
    Authenticate {
        /// The response with the challenges.
        response: &'d Response,
        /// Who asks for credentials.
        peer: Peer,
    },
    /// The plan has no credentials for the challenges, or they were rejected. Give
    /// [`an answer`](super::Dial::answer) of your own before you proceed. Without one, the response is the result.
    Challenged {
        /// The response with the challenges: see [`Challenge::of`](crate::auth::Challenge::of).
        response: &'d Response,
        /// Who asks for credentials.
        peer: Peer,
    },
    /// Wait, and begin again with the first URL.
    Retry {
        /// What failed.
        failure: Failure,
        /// The response, if the failure is one.
        response: Option<&'d Response>,
        /// How long to wait.
        delay: Duration,
    },
}
