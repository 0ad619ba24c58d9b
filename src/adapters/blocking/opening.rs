use alloc::vec::Vec;

use super::stream::{Stream, block_on};
use super::{HttpRequest, Incoming, Opening, WebSocket};
use crate::adapters::config::Config;
use crate::adapters::error::Error;
use crate::adapters::socket::Transport;
use crate::connection::Input;
use crate::handshake::server;

impl<S: Stream> WebSocket<S> {
    /// Accepts a connection from a stream, whatever is asked, from pages of the same host only.
    ///
    /// [`Incoming::receive`] lets look at the request, and sets the policy.
    ///
    /// # Errors
    ///
    /// When the transport or the handshake fails. A request for no WebSocket is answered with status
    /// 426.
    pub fn accept(stream: S) -> Result<Self, Error> {
        match Incoming::receive(stream, &server::Policy::default(), Config::default())? {
            Incoming::Opening(opening) => opening.accept(),
            Incoming::Http(request) => {
                request.refuse()?;
                Err(server::RequestError::MissingUpgrade.into())
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
    pub fn receive(stream: S, policy: &server::Policy, config: Config) -> Result<Self, Error> {
        block_on(Self::read(stream, policy, config))
    }
}

impl<S: Stream> Opening<S> {
    /// Accepts the request: writes the response.
    ///
    /// # Errors
    ///
    /// When the stream fails.
    pub fn accept(self) -> Result<WebSocket<S>, Error> {
        block_on(self.open())
    }

    /// Refuses the request: writes the response, after which the stream ends.
    ///
    /// # Errors
    ///
    /// When the stream fails.
    pub fn reject(self, response: server::Response<'_>) -> Result<(), Error> {
        let Self { request, mut wire, .. } = self;
        request.reject(response, &mut wire.driver.out);
        block_on(wire.answer())
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
        block_on(wire.answer())
    }

    /// Tells that there are only WebSockets here: status 426.
    ///
    /// # Errors
    ///
    /// When the stream fails.
    pub fn refuse(self) -> Result<(), Error> {
        let Self { head, mut wire, .. } = self;
        head.require_upgrade(&mut wire.driver.out);
        block_on(wire.answer())
    }

    /// The stream, and what was read of it: the request, untouched.
    pub fn into_parts(self) -> (S, Input<Vec<u8>>) {
        (self.wire.transport.into_stream(), self.input)
    }
}
