use alloc::vec::Vec;
use std::net::TcpStream;

use super::stream::Stream;
use super::{Blocking, HttpRequest, Incoming, Opening, WebSocket};
use crate::adapters::config::Config;
use crate::adapters::error::Error;
use crate::adapters::socket::Wire;
use crate::close::TimedOut;
use crate::error::HandshakeError;
use crate::handshake::server;
use crate::input::Input;

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
        match Incoming::receive(stream, &server::Policy::default(), Config::default())? {
            Incoming::Opening(opening) => opening.accept(),
            Incoming::Http(request) => {
                request.refuse()?;
                Err(HandshakeError::MissingUpgrade.into())
            }
        }
    }
}

impl<S: Stream> Incoming<S> {
    /// Reads what a client asks for, to be answered by the caller.
    ///
    /// # Errors
    ///
    /// When the transport fails or the request is not good. It has been answered then.
    pub fn receive(stream: S, policy: &server::Policy<'_>, config: Config) -> Result<Self, Error> {
        let mut wire = Wire::new(Blocking::new(stream), &config);
        let mut input = super::socket::new_input();
        let mut handshake = server::Handshake::new();
        loop {
            match wire.read_opening(&mut input) {
                Ok(0) => return Err(HandshakeError::Incomplete.into()),
                Ok(_) => {}
                Err(Error::TimedOut(TimedOut::Opening)) => {
                    return Err(wire.refuse(HandshakeError::TimedOut));
                }
                Err(error) => return Err(error),
            }
            handshake = match handshake.receive(&mut input, policy) {
                Ok(server::Progress::Incomplete(handshake)) => handshake,
                Ok(server::Progress::Request(request)) => {
                    return Ok(Self::Opening(Opening {
                        request,
                        wire,
                        input,
                        limits: config.limits,
                    }));
                }
                Ok(server::Progress::NotAnUpgrade(head)) => {
                    return Ok(Self::Http(HttpRequest { head, wire, input }));
                }
                Err(error) => return Err(wire.refuse(error)),
            };
        }
    }
}

impl<S: Stream> Opening<S> {
    /// Accepts the request: writes the response.
    ///
    /// # Errors
    ///
    /// When the stream fails.
    pub fn accept(self) -> Result<WebSocket<S>, Error> {
        let Self { request, mut wire, input, limits } = self;
        let connection = request.accept(limits, &mut wire.driver.out);
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
        request.reject(response, &mut wire.driver.out);
        wire.answer()
    }
}

impl<S: Stream> HttpRequest<S> {
    /// Writes a response, after which the stream ends.
    ///
    /// # Errors
    ///
    /// When the stream fails.
    pub fn respond(self, response: server::Response<'_>) -> Result<(), Error> {
        let Self { head, mut wire, .. } = self;
        head.reject(response, &mut wire.driver.out);
        wire.answer()
    }

    /// Tells that there are only WebSockets here: status 426.
    ///
    /// # Errors
    ///
    /// When the stream fails.
    pub fn refuse(self) -> Result<(), Error> {
        let Self { head, mut wire, .. } = self;
        head.refuse(&mut wire.driver.out);
        wire.answer()
    }

    /// The stream, and what was read of it: the request, untouched.
    pub fn into_parts(self) -> (S, Input<Vec<u8>>) {
        (self.wire.transport.stream, self.input)
    }
}
