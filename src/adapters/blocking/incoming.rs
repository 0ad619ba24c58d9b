//! What a server gets first: a request, which it accepts or rejects.

use alloc::sync::Arc;
use alloc::vec::Vec;
use std::time::Instant;

use super::stream::Stream;
use super::web_socket::WebSocket;
use crate::adapters::error::Error;
use crate::adapters::{begin, trace};
use crate::connection::{Config, Connection, Event};
use crate::handshake::server;
use crate::wire::Role;

/// The first request on a stream.
///
/// ```
/// use std::net::TcpStream;
/// use std::sync::Arc;
/// use sansocket::blocking::{Incoming, WebSocket};
/// use sansocket::server::Response;
/// use sansocket::{Config, Error};
///
/// fn serve(stream: TcpStream, config: Arc<Config>) -> Result<(), Error> {
///     match WebSocket::receive_request(stream, config)? {
///         Incoming::Opening(mut opening) => match opening.request().path() {
///             "/chat" => opening.accept()?.send("welcome"),
///             _ => opening.reject(Response::not_found("no chat here\n")),
///         },
///         Incoming::Http(request) => request.reject(),
///     }
/// }
/// ```
#[derive(Debug)]
#[must_use]
pub enum Incoming<S> {
    /// A request for a WebSocket.
    Opening(Opening<S>),
    /// A request for something else.
    Http(HttpRequest<S>),
}

/// A request for a WebSocket, which waits for a decision.
///
/// ```
/// use std::net::TcpStream;
/// use sansocket::Error;
/// use sansocket::blocking::Opening;
/// use sansocket::server::Response;
///
/// fn decide(mut opening: Opening<TcpStream>) -> Result<(), Error> {
///     if opening.request().path() == "/chat" {
///         return opening.accept()?.send("welcome");
///     }
///     opening.reject(Response::not_found("no chat here\n"))
/// }
/// ```
#[derive(Debug)]
#[must_use]
pub struct Opening<S>(WebSocket<S>);

/// A request that asks for no WebSocket, which waits for a response.
///
/// ```
/// use std::net::TcpStream;
/// use sansocket::Error;
/// use sansocket::blocking::HttpRequest;
/// use sansocket::server::Response;
///
/// fn answer(request: HttpRequest<TcpStream>) -> Result<(), Error> {
///     match request.head().target() {
///         "/health" => request.respond(Response::ok("alive\n")),
///         _ => request.reject(),
///     }
/// }
/// ```
#[derive(Debug)]
#[must_use]
pub struct HttpRequest<S>(WebSocket<S>);

impl<S: Stream> WebSocket<S> {
    /// Accepts a WebSocket, whatever its path. Requests for something else get status 426.
    ///
    /// The default [`policy`](Config::policy) accepts browsers from pages of the same host only.
    ///
    /// ```
    /// # use sansocket::{Config, Error, blocking::WebSocket};
    /// # use std::net::TcpStream;
    /// # fn example(stream: TcpStream) -> Result<(), Error> {
    /// let mut socket = WebSocket::accept(stream, Config::new().shared())?;
    /// socket.send("welcome")?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the errors of [`receive_request`](Self::receive_request), and [`Error::Handshake`] if the request
    /// asks for something else.
    pub fn accept(stream: S, config: Arc<Config>) -> Result<Self, Error> {
        match Self::receive_request(stream, config)? {
            Incoming::Opening(opening) => opening.accept(),
            Incoming::Http(request) => {
                request.reject()?;
                Err(Error::no_upgrade())
            }
        }
    }

    /// Waits for a request.
    ///
    /// ```
    /// # use sansocket::{Config, Error, blocking::{Incoming, WebSocket}};
    /// # use std::net::TcpStream;
    /// # fn example(stream: TcpStream) -> Result<(), Error> {
    /// let incoming = WebSocket::receive_request(stream, Config::new().shared())?;
    /// if let Incoming::Opening(mut opening) = incoming {
    ///     println!("{} is asked for", opening.request().path());
    ///     opening.accept()?.send("welcome")?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`Error::Handshake`] if the request is invalid, and [`Error::TimedOut`] if it does not come: the
    /// client has got a response. Returns [`Error::Io`] if the stream fails.
    pub fn receive_request(stream: S, config: Arc<Config>) -> Result<Incoming<S>, Error> {
        let mut socket = Self::new(stream, begin::server(config), Instant::now());
        let is_http = match socket.next_event()? {
            Some((event, _)) => event == Event::NotUpgrade,
            None => return Err(Error::left_early()),
        };
        Ok(match is_http {
            true => Incoming::Http(HttpRequest(socket)),
            false => Incoming::Opening(Opening(socket)),
        })
    }

    /// Decides on a request. The time that the application took does not count.
    fn decide(&mut self, decide: impl FnOnce(&mut Connection)) {
        self.connection.note_time(self.port.now());
        decide(&mut self.connection);
    }
}

impl<S: Stream> Opening<S> {
    /// Returns the request: to look at it, select a subprotocol, add headers.
    pub fn request(&mut self) -> &mut server::Request {
        let Some(request) = self.0.connection.request() else {
            unreachable!("a request waits until it is decided on");
        };
        request
    }

    /// Accepts the request: writes the response.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Io`] or [`Error::TimedOut`] if the response cannot be written.
    pub fn accept(mut self) -> Result<WebSocket<S>, Error> {
        self.0.decide(Connection::accept);
        self.0.flush()?;
        trace::opened(Role::Server);
        Ok(self.0)
    }

    /// Rejects the request: writes a response, and ends the stream.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Io`] or [`Error::TimedOut`] if the response cannot be written.
    pub fn reject(mut self, response: server::Response<'_>) -> Result<(), Error> {
        self.0.decide(|connection| connection.reject(response));
        self.0.finish()
    }

    /// Returns the stream, which knows the address of the client, and its certificate.
    pub const fn get_ref(&self) -> &S {
        self.0.get_ref()
    }
}

impl<S: Stream> HttpRequest<S> {
    /// Returns the head of the request.
    pub fn head(&self) -> &server::Head {
        let Some(head) = self.0.connection.head() else {
            unreachable!("a request waits until it is decided on");
        };
        head
    }

    /// Writes a response, and ends the stream.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Io`] or [`Error::TimedOut`] if the response cannot be written.
    pub fn respond(mut self, response: server::Response<'_>) -> Result<(), Error> {
        self.0.decide(|connection| connection.reject(response));
        self.0.finish()
    }

    /// Rejects the request with status 426: there are only WebSockets here.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Io`] or [`Error::TimedOut`] if the response cannot be written.
    pub fn reject(mut self) -> Result<(), Error> {
        self.0.decide(Connection::require_upgrade);
        self.0.finish()
    }

    /// Returns the stream and all bytes that were read, for an HTTP server. The stream gets back the timeouts
    /// that it had.
    pub fn into_parts(self) -> (S, Vec<u8>) {
        let (stream, connection) = self.0.into_parts();
        (stream, connection.into_unread())
    }

    /// Returns the stream, which knows the address of the client, and its certificate.
    pub const fn get_ref(&self) -> &S {
        self.0.get_ref()
    }
}
