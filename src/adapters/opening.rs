use alloc::vec::Vec;

use super::socket::Wire;
use crate::connection::Input;
use crate::handshake::server;
use crate::wire::Limits;

/// What came first on a stream that a server accepted.
#[derive(Debug)]
#[must_use]
pub enum Incoming<T> {
    /// A request for a WebSocket, which waits for an answer.
    Opening(Opening<T>),
    /// A request for something else.
    Http(HttpRequest<T>),
}

/// A request for a WebSocket, which waits for an answer.
#[derive(Debug)]
#[must_use]
pub struct Opening<T> {
    /// What was asked. Choose a subprotocol and add headers here, then `accept`.
    pub request: server::Request,
    pub(super) wire: Wire<T>,
    pub(super) input: Input<Vec<u8>>,
    pub(super) limits: Limits,
}

/// A request on the port of a WebSocket which does not ask for one.
#[derive(Debug)]
#[must_use]
pub struct HttpRequest<T> {
    /// The head of the request.
    pub head: server::Head,
    pub(super) wire: Wire<T>,
    pub(super) input: Input<Vec<u8>>,
}
