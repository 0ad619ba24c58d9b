//! A WebSocket that one task uses.
//!
//! It opens here, or over a connection that was opened elsewhere. Each method polls a `Turn`: `sending.rs`
//! defines those that send.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::future::poll_fn;
use core::task::{Context, Poll, ready};

use super::incoming::{HttpRequest, Incoming, Opening};
use super::io::Io;
use super::link::Link;
use super::sending::sending_methods;
use super::turn::{Turn, Until};
use crate::adapters::begin;
use crate::adapters::error::Error;
use crate::adapters::storage;
use crate::connection::{
    Busy, Config, Connection, Ended, Event, Input, Message, OwnedMessage, RoundTrip, SendError,
    Sender,
};
use crate::handshake::{Negotiated, client};
use crate::wire::CloseCode;

/// A WebSocket over a stream of type `S`, which the runtime `I` polls.
///
/// All methods are cancel safe: a future may be dropped at any await point without losing, repeating or
/// truncating data. A message whose `send` was dropped is sent whole or not at all.
///
/// While `send` waits for the stream, one message is read ahead, so two ends can each send a message before they
/// read. Two ends that send more than that without reading are [blocked](crate::TimedOut::Blocked). To send and
/// receive at the same time, [`split`](Self::split) the WebSocket.
///
/// ```
/// use sansocket::polled::{Io, WebSocket};
/// use sansocket::{CloseCode, Error};
///
/// async fn ask<S, I: Io<S>>(socket: &mut WebSocket<S, I>) -> Result<(), Error> {
///     socket.send("What time is it?").await?;
///     if let Some(answer) = socket.receive().await? {
///         println!("{answer}");
///     }
///     socket.close(CloseCode::NORMAL, "").await
/// }
/// ```
#[derive(Debug)]
pub struct WebSocket<S, I: Io<S>> {
    pub(super) link: Link<S, I>,
    pub(super) connection: Connection,
    /// The storage for reads. A connection that waits owns none.
    pub(super) input: Input<Vec<u8>>,
}

impl<S, I: Io<S>> WebSocket<S, I> {
    /// Drives a connection over a stream: one that was [taken apart](Self::into_parts), or opened elsewhere.
    pub fn from_parts(stream: S, connection: Connection) -> Self {
        let link = Link::new(stream, connection.now());
        Self { link, connection, input: Input::default() }
    }

    /// Drives a server's connection over a stream that an HTTP library has upgraded. `negotiated` comes from
    /// `server::Request::accept_http`.
    ///
    /// ```
    /// # #[cfg(all(feature = "http", feature = "tokio"))]
    /// # mod example {
    /// use sansocket::server::{Request, RequestError};
    /// use sansocket::tokio::WebSocket;
    /// use sansocket::{Config, Error};
    /// use tokio::io::{AsyncRead, AsyncWrite};
    ///
    /// /// Returns the response. `upgraded` is the stream after it.
    /// fn serve<B, S: AsyncRead + AsyncWrite + Send + Unpin + 'static>(
    ///     request: &http::Request<B>,
    ///     upgraded: impl Future<Output = S> + Send + 'static,
    /// ) -> Result<http::Response<()>, RequestError> {
    ///     let config = Config::new().shared();
    ///     let (response, negotiated) = Request::from_http(request, &config.policy)?.accept_http();
    ///     tokio::spawn(async move {
    ///         let mut socket = WebSocket::from_http(upgraded.await, negotiated, config);
    ///         socket.send("welcome").await
    ///     });
    ///     Ok(response)
    /// }
    /// # }
    /// ```
    pub fn from_http(stream: S, negotiated: Negotiated, config: Arc<Config>) -> Self {
        Self::from_upgraded(stream, &[], begin::from_http(negotiated, config))
    }

    /// Drives a connection over a stream that an HTTP library has upgraded, with the bytes that it has read
    /// ahead.
    pub fn from_upgraded(stream: S, read_ahead: &[u8], connection: Connection) -> Self {
        Self::from_parts(stream, begin::upgraded(read_ahead, connection))
    }

    /// Accepts any request for a WebSocket that the [policy](Config::policy) allows.
    ///
    /// [`receive_request`](Self::receive_request) leaves the decision to the application.
    ///
    /// ```
    /// # use sansocket::{Config, Error, polled::{Io, WebSocket}};
    /// # async fn example<S, I: Io<S>>(stream: S) -> Result<(), Error> {
    /// let mut socket = WebSocket::<S, I>::accept(stream, Config::new().shared()).await?;
    /// socket.send("welcome").await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`Error::Handshake`] if the request is invalid or asks for no WebSocket. The client has got a
    /// response. Returns [`Error::Io`] and [`Error::TimedOut`] if the stream or the client fails.
    pub async fn accept(stream: S, config: Arc<Config>) -> Result<Self, Error> {
        // A task is as large as its largest future. An opening must not count for what comes after.
        Box::pin(async {
            match Self::read_request(stream, config).await? {
                Incoming::Opening(opening) => opening.accept().await,
                Incoming::Http(request) => {
                    request.reject().await?;
                    Err(Error::no_upgrade())
                }
            }
        })
        .await
    }

    /// Waits for a request, which the application then accepts or rejects.
    ///
    /// ```
    /// # use sansocket::{Config, Error, polled::{Incoming, Io, WebSocket}};
    /// # async fn example<S, I: Io<S>>(stream: S) -> Result<(), Error> {
    /// let incoming = WebSocket::<S, I>::receive_request(stream, Config::new().shared()).await?;
    /// if let Incoming::Opening(mut opening) = incoming {
    ///     println!("{} is asked for", opening.request().path());
    ///     opening.accept().await?.send("welcome").await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`Error::Handshake`] if the request is invalid. The client has got a response. Returns
    /// [`Error::Io`] and [`Error::TimedOut`] if the stream or the client fails.
    pub async fn receive_request(stream: S, config: Arc<Config>) -> Result<Incoming<S, I>, Error> {
        Box::pin(Self::read_request(stream, config)).await
    }

    /// Opens a connection as a client over any stream, and returns the server's response with it.
    ///
    /// ```
    /// # use sansocket::{Config, Error, Url, client, polled::{Io, WebSocket}};
    /// # async fn example<S, I: Io<S>>(stream: S) -> Result<(), Error> {
    /// let request = client::Request::new(Url::parse("ws://example.com/chat")?);
    /// let (socket, response) =
    ///     WebSocket::<S, I>::connect_over(stream, request, Config::new().shared()).await?;
    /// println!("status {}", response.status());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`Error::Rejected`] if the server answers with another status than 101, [`Error::Handshake`] if
    /// its response is invalid, [`Error::Io`] and [`Error::TimedOut`].
    pub async fn connect_over(
        stream: S,
        request: client::Request<'_>,
        config: Arc<Config>,
    ) -> Result<(Self, client::Response), Error> {
        let mut socket = Self::from_parts(stream, begin::client(request, config)?);
        Box::pin(async {
            let is_open = matches!(socket.next_event().await?, Some((Event::Open, _)));
            storage::detach(&mut socket.input);
            let response = begin::response(&mut socket.connection, is_open)?;
            Ok((socket, response))
        })
        .await
    }

    async fn read_request(stream: S, config: Arc<Config>) -> Result<Incoming<S, I>, Error> {
        let mut socket = Self::from_parts(stream, begin::server(config));
        let event = socket.next_event().await?;
        let is_upgrade = event.map(|(event, _)| !matches!(event, Event::NotUpgrade));
        // The application may take its time.
        storage::detach(&mut socket.input);
        match is_upgrade {
            Some(true) => Ok(Incoming::Opening(Opening(socket))),
            Some(false) => Ok(Incoming::Http(HttpRequest(socket))),
            None => Err(Error::left_early()),
        }
    }

    /// Waits for the next event, or `None` once the connection has [`ended`](Self::ended).
    ///
    /// The event borrows the WebSocket until the next call. Its sender queues replies, which leave together,
    /// before the stream is read again. Pongs and close frames do not wait for that.
    ///
    /// ```
    /// # use sansocket::{Error, Event, polled::{Io, WebSocket}};
    /// # async fn example<S, I: Io<S>>(mut socket: WebSocket<S, I>) -> Result<(), Error> {
    /// while let Some((event, sender)) = socket.next_event().await? {
    ///     if let Event::Text(text) = event {
    ///         sender.send(text)?;
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error once if the connection ends without a closing handshake: [`Error::Protocol`] after
    /// [`Event::Violation`], [`Error::TimedOut`], or [`Error::Io`]. `None` follows.
    pub async fn next_event(&mut self) -> Result<Option<(Event<'_>, &mut Sender)>, Error> {
        let Some(ready) = self.drive(|turn, cx| turn.poll_event(cx)).await? else {
            return Ok(None);
        };
        let Self { link, connection, input } = self;
        let (receiver, sender) = connection.halves();
        let event = receiver.take_ready(ready, input, sender);
        poll_fn(|cx| link.poll_urgent(cx, sender)).await;
        Ok(event.map(|event| (event, sender)))
    }

    /// Waits for the next message and copies it, or returns `None` once the connection has ended.
    ///
    /// Messages are whole, even if [parts](Connection::set_streaming) are delivered otherwise.
    ///
    /// ```
    /// # use sansocket::{Error, polled::{Io, WebSocket}};
    /// # async fn example<S, I: Io<S>>(mut socket: WebSocket<S, I>) -> Result<(), Error> {
    /// while let Some(message) = socket.receive().await? {
    ///     println!("{message}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the errors of [`next_event`](Self::next_event), [`Error::Protocol`] at once. Returns
    /// [`Error::PartsPending`] within a message that `next_event` delivers in parts.
    pub async fn receive(&mut self) -> Result<Option<OwnedMessage>, Error> {
        self.drive(|turn, cx| turn.poll_receive(cx)).await
    }

    sending_methods!(self, &mut self);

    /// Closes the connection and waits for the end. Messages that still arrive are discarded: to receive
    /// them, [close](Sender::close) by the sender of an event, and go on.
    ///
    /// ```
    /// # use sansocket::{CloseCode, Error, polled::{Io, WebSocket}};
    /// # async fn example<S, I: Io<S>>(mut socket: WebSocket<S, I>) -> Result<(), Error> {
    /// socket.close(CloseCode::NORMAL, "enough").await?;
    /// println!("{:?}", socket.ended());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Sender::close`] and of [`next_event`](Self::next_event).
    pub async fn close(
        &mut self,
        code: impl Into<Option<CloseCode>>,
        reason: &str,
    ) -> Result<(), Error> {
        self.connection.close(code, reason)?;
        self.drive(|turn, cx| turn.poll_end(cx)).await
    }

    /// Returns how the connection ended, once it has.
    pub fn ended(&self) -> Option<Ended> {
        self.connection.ended()
    }

    /// Returns the round-trip time, once a keepalive ping has been answered.
    pub fn round_trip(&self) -> Option<RoundTrip> {
        self.connection.round_trip()
    }

    /// Returns the connection, to set how it receives, or to queue what need not leave at once.
    pub const fn connection_mut(&mut self) -> &mut Connection {
        &mut self.connection
    }

    /// Returns the stream.
    pub const fn get_ref(&self) -> &S {
        &self.link.stream
    }

    /// Returns the stream and the connection, to drive them in another way, or [later](Self::from_parts).
    pub fn into_parts(self) -> (S, Connection) {
        let Self { link, mut connection, input } = self;
        connection.halves().0.keep_input(input);
        (link.stream, connection)
    }

    /// Turns the connection into bytes, from which another process [restores](Self::restore) it. Returns the stream, to
    /// be handed over with them.
    ///
    /// See [`Connection::suspend`].
    ///
    /// ```
    /// # use sansocket::{Busy, Error, polled::{Io, WebSocket}};
    /// # async fn example<S, I: Io<S>>(socket: WebSocket<S, I>) -> Result<Option<(S, Vec<u8>)>, Error> {
    /// let mut socket = Box::new(socket);
    /// loop {
    ///     let busy;
    ///     (socket, busy) = match socket.suspend() {
    ///         Ok(suspended) => return Ok(Some(suspended)),
    ///         Err(unchanged) => unchanged,
    ///     };
    ///     println!("waiting: {busy}");
    ///     let Some(message) = socket.receive().await? else { return Ok(None) };
    ///     socket.send(message).await?;
    /// }
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the WebSocket unchanged, and what to wait for.
    pub fn suspend(self) -> Result<(S, Vec<u8>), (Box<Self>, Busy)> {
        let Self { mut link, mut connection, mut input } = self;
        connection.note_time(link.tick());
        match connection.suspend(&mut input) {
            Ok(snapshot) => Ok((link.stream, snapshot)),
            Err(error) => {
                let connection = error.connection;
                Err((Box::new(Self { link, connection, input }), error.busy))
            }
        }
    }

    /// Goes on with a connection that was [suspended](Self::suspend), over the same stream. Its deadlines go on, too.
    ///
    /// ```
    /// # use sansocket::{Config, Error, polled::{Io, WebSocket}};
    /// # async fn example<S, I: Io<S>>(stream: S, snapshot: Vec<u8>) -> Result<(), Error> {
    /// let mut socket = WebSocket::<S, I>::restore(stream, &snapshot, Config::new().shared())?;
    /// socket.send("still here").await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`Error::Snapshot`], and [`Error::Io`] if the operating system has no random bytes. The stream is
    /// dropped.
    pub fn restore(stream: S, snapshot: &[u8], config: Arc<Config>) -> Result<Self, Error> {
        Ok(Self::from_parts(stream, begin::restored(snapshot, config)?))
    }

    pub(super) const fn turn(&mut self) -> Turn<'_, S, I> {
        let (receiver, sender) = self.connection.halves();
        let incoming = Some((receiver, &mut self.input));
        Turn { link: &mut self.link, sender, incoming }
    }

    pub(super) async fn drive<R>(
        &mut self,
        mut poll: impl FnMut(&mut Turn<'_, S, I>, &mut Context<'_>) -> Poll<R>,
    ) -> R {
        poll_fn(|cx| poll(&mut self.turn(), cx)).await
    }
}
