use alloc::vec::Vec;
use std::io::{Read, Write};
use std::net::TcpStream;

use super::config::Config;
use super::socket::WebSocket;
use super::wire::{Wire, new_input};
use crate::adapters::error::Error;
use crate::error::HandshakeError;
use crate::handshake::server;
use crate::input::Input;

/// What came first on a stream that a server accepted.
#[derive(Debug)]
#[must_use]
pub enum Incoming<S> {
    /// A request for a WebSocket, which waits for an answer.
    Opening(Opening<S>),
    /// A request for something else.
    Http(HttpRequest<S>),
}

/// A request for a WebSocket, which waits for an answer.
#[derive(Debug)]
#[must_use]
pub struct Opening<S> {
    /// What was asked. Choose a subprotocol and add headers here, then [`accept`](Self::accept).
    pub request: server::Request,
    wire: Wire<S>,
    input: Input<Vec<u8>>,
}

/// A request on the port of a WebSocket which does not ask for one.
#[derive(Debug)]
#[must_use]
pub struct HttpRequest<S> {
    /// The head of the request.
    pub head: server::Head,
    wire: Wire<S>,
    input: Input<Vec<u8>>,
}

impl WebSocket<TcpStream> {
    /// Accepts a connection from a TCP stream, whatever is asked, from pages of the same host only.
    ///
    /// [`Incoming::receive`] lets look at the request, and sets the policy.
    ///
    /// # Errors
    ///
    /// When the transport or the handshake fails. A request for no WebSocket is answered with status
    /// 426.
    pub fn accept(stream: TcpStream) -> Result<Self, Error> {
        match Incoming::receive(stream, &server::Policy::default(), Config::tcp())? {
            Incoming::Opening(opening) => Ok(opening.accept()?),
            Incoming::Http(request) => {
                request.refuse()?;
                Err(HandshakeError::MissingUpgrade.into())
            }
        }
    }
}

impl<S: Read + Write> Incoming<S> {
    /// Reads what a client asks for, to be answered by the caller.
    ///
    /// # Errors
    ///
    /// When the transport fails or the request is not good. It has been answered then.
    pub fn receive(
        stream: S,
        policy: &server::Policy<'_>,
        config: Config<S>,
    ) -> Result<Self, Error> {
        let mut wire = Wire::new(stream, config);
        let mut input = new_input();
        let mut handshake = server::Handshake::new();
        loop {
            match wire.read_opening(&mut input) {
                Ok(0) => return Err(HandshakeError::Incomplete.into()),
                Ok(_) => {}
                Err(Error::TimedOut(_)) => return Err(wire.refuse(HandshakeError::TimedOut)),
                Err(error) => return Err(error),
            }
            handshake = match handshake.receive(&mut input, policy) {
                Ok(server::Progress::Incomplete(incomplete)) => incomplete,
                Ok(server::Progress::Request(request)) => {
                    return Ok(Self::Opening(Opening { request, wire, input }));
                }
                Ok(server::Progress::NotAnUpgrade(head)) => {
                    return Ok(Self::Http(HttpRequest { head, wire, input }));
                }
                Err(error) => return Err(wire.refuse(error)),
            };
        }
    }
}

impl<S: Read + Write> Opening<S> {
    /// Accepts the request: writes the response.
    ///
    /// # Errors
    ///
    /// When the stream fails.
    pub fn accept(self) -> Result<WebSocket<S>, Error> {
        let Self { request, mut wire, input } = self;
        let connection = request.accept(wire.config.limits, &mut wire.out);
        wire.write_opening()?;
        Ok(WebSocket::open(wire, connection, input))
    }

    /// Refuses the request: writes the response, after which the stream ends.
    ///
    /// # Errors
    ///
    /// When the stream fails.
    pub fn reject(self, response: server::Response<'_>) -> Result<(), Error> {
        let Self { request, mut wire, .. } = self;
        request.reject(response, &mut wire.out);
        wire.answer()
    }
}

impl<S: Read + Write> HttpRequest<S> {
    /// Writes a response, after which the stream ends.
    ///
    /// # Errors
    ///
    /// When the stream fails.
    pub fn respond(self, response: server::Response<'_>) -> Result<(), Error> {
        let Self { head, mut wire, .. } = self;
        head.reject(response, &mut wire.out);
        wire.answer()
    }

    /// Tells that there are only WebSockets here: status 426.
    ///
    /// # Errors
    ///
    /// When the stream fails.
    pub fn refuse(self) -> Result<(), Error> {
        let Self { head, mut wire, .. } = self;
        head.refuse(&mut wire.out);
        wire.answer()
    }

    /// The stream, and what was read of it: the request, untouched.
    pub fn into_parts(self) -> (S, Input<Vec<u8>>) {
        (self.wire.stream, self.input)
    }
}
