//! The first request on a stream that a server accepted, and the decision on it.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::io::Io;
use super::websocket::WebSocket;
use crate::adapters::error::Error;
use crate::adapters::trace;
use crate::connection::Connection;
use crate::handshake::server;
use crate::wire::Role;

/// The first request on a stream that a server accepted.
///
/// ```
/// use sansocket::polled::{Incoming, Io, WebSocket};
/// use sansocket::{Config, Error};
///
/// async fn serve<S, I: Io<S>>(stream: S) -> Result<WebSocket<S, I>, Error> {
///     match WebSocket::receive_request(stream, Config::new().shared()).await? {
///         Incoming::Opening(mut opening) => {
///             println!("{} is asked for", opening.request().path());
///             opening.accept().await
///         }
///         Incoming::Http(request) => {
///             println!("{} {}", request.head().method(), request.head().target());
///             request.reject().await?;
///             Err(std::io::Error::other("no WebSocket").into())
///         }
///     }
/// }
/// ```
#[derive(Debug)]
#[must_use]
pub enum Incoming<S, I: Io<S>> {
    /// A request for a WebSocket, which waits for a decision.
    Opening(Opening<S, I>),
    /// A request for something else.
    Http(HttpRequest<S, I>),
}

/// A request for a WebSocket, which waits for a decision. The time that takes is up to the application.
///
/// ```
/// use sansocket::polled::{Io, Opening};
/// use sansocket::server::Response;
/// use sansocket::Error;
///
/// async fn decide<S, I: Io<S>>(mut opening: Opening<S, I>) -> Result<(), Error> {
///     if opening.request().path() == "/chat" {
///         return opening.accept().await?.send("welcome").await;
///     }
///     opening.reject(Response::not_found("no chat here\n")).await
/// }
/// ```
#[derive(Debug)]
#[must_use]
pub struct Opening<S, I: Io<S>>(pub(super) WebSocket<S, I>);

/// A request on the port of a WebSocket that asks for none.
///
/// ```
/// use sansocket::polled::{HttpRequest, Io};
/// use sansocket::server::Response;
/// use sansocket::Error;
///
/// async fn answer<S, I: Io<S>>(request: HttpRequest<S, I>) -> Result<(), Error> {
///     match request.head().target() {
///         "/health" => request.respond(Response::ok("alive\n")).await,
///         _ => request.reject().await,
///     }
/// }
/// ```
#[derive(Debug)]
#[must_use]
pub struct HttpRequest<S, I: Io<S>>(pub(super) WebSocket<S, I>);

impl<S, I: Io<S>> Opening<S, I> {
    /// Returns the request: to look at it, select a subprotocol, add headers.
    pub fn request(&mut self) -> &mut server::Request {
        match self.0.connection.request() {
            Some(request) => request,
            None => unreachable!("time passes only in calls that decide"),
        }
    }

    /// Accepts the request. Completes when the stream has taken the response.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Io`] and [`Error::TimedOut`] if the stream or the client fails.
    pub async fn accept(self) -> Result<WebSocket<S, I>, Error> {
        Box::pin(async {
            let Self(mut socket) = self;
            socket.decide(Connection::accept);
            socket.flush().await?;
            trace::opened(Role::Server);
            Ok(socket)
        })
        .await
    }

    /// Rejects the request, and ends the stream. Completes when the client has got the response.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Io`] and [`Error::TimedOut`] if the stream or the client fails.
    pub async fn reject(self, response: server::Response<'_>) -> Result<(), Error> {
        self.0.end(|connection| connection.reject(response)).await
    }

    /// Returns the stream, which knows the address of the client, and its certificate.
    pub const fn get_ref(&self) -> &S {
        self.0.get_ref()
    }
}

impl<S, I: Io<S>> HttpRequest<S, I> {
    /// Returns the head of the request.
    pub fn head(&self) -> &server::Head {
        match self.0.connection.head() {
            Some(head) => head,
            None => unreachable!("time passes only in calls that decide"),
        }
    }

    /// Answers the request, and ends the stream. Completes when the client has got the response.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Io`] and [`Error::TimedOut`] if the stream or the client fails.
    pub async fn respond(self, response: server::Response<'_>) -> Result<(), Error> {
        self.0.end(|connection| connection.reject(response)).await
    }

    /// Rejects the request with status 426, which says that there are only WebSockets here.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`respond`](Self::respond).
    pub async fn reject(self) -> Result<(), Error> {
        self.0.end(Connection::require_upgrade).await
    }

    /// Returns the stream, and all bytes that were read from it, for an HTTP server.
    pub fn into_parts(self) -> (S, Vec<u8>) {
        let (stream, connection) = self.0.into_parts();
        (stream, connection.into_unread())
    }

    /// Returns the stream, which knows the address of the client, and its certificate.
    pub const fn get_ref(&self) -> &S {
        self.0.get_ref()
    }
}

impl<S, I: Io<S>> WebSocket<S, I> {
    /// Decides on a request. The time that the application took does not count.
    fn decide(&mut self, decide: impl FnOnce(&mut Connection)) {
        self.connection.note_time(self.link.tick());
        decide(&mut self.connection);
    }

    async fn end(mut self, decide: impl FnOnce(&mut Connection)) -> Result<(), Error> {
        self.decide(decide);
        self.drive(|turn, cx| turn.poll_end(cx)).await
    }
}
