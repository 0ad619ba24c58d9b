//! Drafts 75 and 76 over streams of tokio.
//!
//! ```no_run
//! use sansocket::legacy::Draft;
//! use sansocket::legacy::tokio::Socket;
//! use sansocket::{Config, Error, Url, client};
//!
//! # async fn greet() -> Result<(), Error> {
//! let stream = tokio::net::TcpStream::connect("tv.local:80").await?;
//! let request = client::Request::new(Url::parse("ws://tv.local/")?);
//! let config = Config::new().shared();
//! let (mut socket, _) = Socket::connect_over(stream, Draft::Hixie76, &request, config).await?;
//! socket.send("hello").await?;
//! println!("{:?}", socket.receive().await?);
//! socket.close().await
//! # }
//! ```

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::future::poll_fn;
use core::pin::Pin;
use core::task::{Context, Poll};
use std::io::{self, ErrorKind};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, timeout_at};

use super::connection::Connection;
use super::draft::Draft;
use super::driver::{Driver, undecided};
use super::sender::Sender;
use crate::adapters::Error;
use crate::connection::{Config, Ended, Event, Step, Timestamp};
use crate::handshake::client;

/// A WebSocket of draft 75 or 76 over a stream of tokio.
///
/// All methods are cancel safe: a future may be dropped at any await point without losing, repeating or truncating
/// data. A message whose [`send`](Self::send) was dropped is queued. Deadlines need a runtime with `enable_time`.
///
/// ```
/// use sansocket::legacy::tokio::Socket;
/// use sansocket::{Error, Event};
/// use tokio::net::TcpStream;
///
/// async fn echo(mut socket: Socket<TcpStream>) -> Result<(), Error> {
///     while let Some((event, sender)) = socket.next_event().await? {
///         if let Event::Text(text) = event {
///             sender.send(text)?;
///         }
///     }
///     Ok(())
/// }
/// ```
#[derive(Debug)]
pub struct Socket<S> {
    driver: Box<Driver>,
    stream: S,
    /// A point in time, by the clock and by the connection.
    origin: (Instant, Timestamp),
    buffered: Buffered,
}

/// Whether the stream may hold back what was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Buffered {
    Nothing,
    Something,
}

/// The first request on a stream.
///
/// ```
/// use sansocket::legacy::tokio::{Incoming, Socket};
/// use sansocket::{Config, Error};
/// use tokio::net::TcpStream;
///
/// async fn serve(stream: TcpStream) -> Result<(), Error> {
///     if let Incoming::Request(mut socket) =
///         Socket::receive_request(stream, Config::new().shared()).await?
///     {
///         socket.connection_mut().accept();
///         socket.next_event().await?; // It is open.
///         socket.send("welcome").await?;
///     }
///     Ok(())
/// }
/// ```
#[derive(Debug)]
#[must_use]
pub enum Incoming<S> {
    /// A request of draft 75 or 76, which waits for a decision: see [`Connection::request`].
    Request(Socket<S>),
    /// Another request, with all bytes that were read.
    Other(S, Vec<u8>),
}

impl<S: AsyncRead + AsyncWrite + Unpin> Socket<S> {
    /// Waits for a request.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Handshake`] if the request is invalid, and [`Error::TimedOut`] if it does not come: the
    /// client has got a response. Returns [`Error::Io`] if the stream fails.
    pub async fn receive_request(stream: S, config: Arc<Config>) -> Result<Incoming<S>, Error> {
        let mut socket = Self::new(stream, Driver::server(config));
        let is_other = match socket.next_event().await? {
            Some((event, _)) => event == Event::NotUpgrade,
            None => return Err(Error::left_early()),
        };
        Ok(match is_other {
            true => Incoming::Other(socket.stream, socket.driver.connection.into_unread()),
            false => Incoming::Request(socket),
        })
    }

    /// Opens a connection as a client. Returns the server's response with it.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Rejected`] if the status is not 101, [`Error::Header`] if several subprotocols are offered,
    /// [`Error::Handshake`], [`Error::Io`] and [`Error::TimedOut`].
    pub async fn connect_over(
        stream: S,
        draft: Draft,
        request: &client::Request<'_>,
        config: Arc<Config>,
    ) -> Result<(Self, client::Response), Error> {
        let mut socket = Self::new(stream, Driver::client(draft, request, config)?);
        socket.next_event().await?;
        let response = socket.driver.take_response()?;
        Ok((socket, response))
    }

    /// Continues a connection that was driven in another way, or is new.
    pub fn from_parts(stream: S, connection: Connection) -> Self {
        Self::new(stream, Driver::new(connection))
    }

    fn new(stream: S, driver: Box<Driver>) -> Self {
        let origin = (Instant::now(), driver.connection.now());
        Self { driver, stream, origin, buffered: Buffered::Nothing }
    }

    /// Waits for the next event, or `None` once the connection has ended. Replies that are queued while the event is
    /// held leave while the next one is awaited.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Protocol`], [`Error::TimedOut`] or [`Error::Io`] once, if the connection has ended in another
    /// way than by the closing handshake, or, with draft 75, by the end of the stream. Returns [`Error::Io`] of kind
    /// `WouldBlock` if a request waits for a decision.
    pub async fn next_event(&mut self) -> Result<Option<(Event<'_>, &mut Sender)>, Error> {
        while !self.driver.has_event() {
            if !self.turn().await? {
                return Ok(None);
            }
        }
        Ok(self.driver.take_event())
    }

    /// Waits for the next message and copies it, or returns `None` once the connection has ended.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`next_event`](Self::next_event).
    pub async fn receive(&mut self) -> Result<Option<String>, Error> {
        while let Some((event, _)) = self.next_event().await? {
            if let Event::Text(text) = event {
                return Ok(Some(text.into()));
            }
        }
        Ok(None)
    }

    /// Sends a message, and returns once the stream has taken all of it.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Send`], and nothing is queued; [`Error::Io`] or [`Error::TimedOut`] if the stream fails or a
    /// deadline passes.
    pub async fn send(&mut self, text: &str) -> Result<(), Error> {
        self.driver.check_written()?;
        self.driver.connection.send(text)?;
        while self.is_writing() && self.turn().await? {}
        self.driver.check_sent()
    }

    /// Closes the connection and waits for the peer to do so. Messages that still come are discarded.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`next_event`](Self::next_event).
    pub async fn close(&mut self) -> Result<(), Error> {
        self.driver.connection.close()?;
        while self.next_event().await?.is_some() {}
        Ok(())
    }

    /// Returns how the connection ended, once it has.
    pub fn ended(&self) -> Option<Ended> {
        self.driver.connection.ended()
    }

    /// Returns the stream.
    pub const fn get_ref(&self) -> &S {
        &self.stream
    }

    /// Returns the connection: to decide on a request, and to queue what is written while an event is awaited.
    pub const fn connection_mut(&mut self) -> &mut Connection {
        &mut self.driver.connection
    }

    fn is_writing(&self) -> bool {
        self.driver.connection.queued() > 0 || self.buffered == Buffered::Something
    }

    /// Does the next step. Returns `false` if the connection has ended.
    async fn turn(&mut self) -> Result<bool, Error> {
        match self.driver.connection.next_step() {
            Step::Done(ended) => return self.driver.end(&ended).map(|()| false),
            Step::Io { read: false, write: false } if self.buffered == Buffered::Nothing => {
                return Err(undecided());
            }
            step @ (Step::Io { .. } | Step::Shutdown) => self.wait(&step).await,
        }
        Ok(true)
    }

    /// Waits until a part of a step is done, or a deadline has passed.
    async fn wait(&mut self, step: &Step) {
        let (start, origin) = self.origin;
        let due = self.driver.connection.poll_timeout().map(|due| start + due.since(origin));
        let io = poll_fn(|cx| self.poll_step(cx, step));
        let is_done = match due {
            Some(due) => timeout_at(due, io).await.is_ok(),
            None => {
                io.await;
                true
            }
        };
        if !is_done {
            let now = self.now();
            self.driver.connection.handle_timeout(now);
        }
    }

    fn poll_step(&mut self, cx: &mut Context<'_>, step: &Step) -> Poll<()> {
        match step {
            Step::Io { write: true, .. } if self.poll_write(cx).is_ready() => Poll::Ready(()),
            Step::Io { write: false, .. } | Step::Shutdown
                if self.buffered == Buffered::Something && self.poll_flush(cx).is_ready() =>
            {
                Poll::Ready(())
            }
            Step::Io { read: true, .. } => self.poll_read(cx),
            Step::Shutdown if self.buffered == Buffered::Nothing => self.poll_shutdown(cx),
            Step::Io { .. } | Step::Shutdown | Step::Done(_) => Poll::Pending,
        }
    }

    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Driver { connection, .. } = &mut *self.driver;
        let written =
            core::task::ready!(Pin::new(&mut self.stream).poll_write(cx, connection.transmit()));
        match written {
            Ok(0) => self.fail(ErrorKind::WriteZero.into()),
            Ok(count) => {
                self.buffered = Buffered::Something;
                let now = self.now();
                self.driver.connection.transmitted(count, now);
            }
            Err(error) => self.fail(error),
        }
        Poll::Ready(())
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let flushed = core::task::ready!(Pin::new(&mut self.stream).poll_flush(cx));
        self.buffered = Buffered::Nothing;
        flushed.unwrap_or_else(|error| self.fail(error));
        Poll::Ready(())
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let now = self.now();
        let Driver { connection, input, .. } = &mut *self.driver;
        let mut spare = connection.spare(input);
        let mut buffer = ReadBuf::new(spare.buffer());
        if buffer.remaining() == 0 {
            // `send` takes no events, so what was read before still waits. The write wakes us.
            return Poll::Pending;
        }
        match core::task::ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buffer)) {
            Ok(()) => {
                let count = buffer.filled().len();
                spare.filled(count, now);
            }
            Err(error) => {
                self.driver.connection.handle_eof(now);
                self.driver.keep(error);
            }
        }
        Poll::Ready(())
    }

    fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let ended = core::task::ready!(Pin::new(&mut self.stream).poll_shutdown(cx));
        let now = self.now();
        self.driver.connection.handle_shutdown();
        // A stream that cannot be ended can only be dropped.
        ended.unwrap_or_else(|_| self.driver.connection.handle_eof(now));
        Poll::Ready(())
    }

    fn fail(&mut self, error: io::Error) {
        let now = self.now();
        self.driver.connection.handle_write_error(now);
        self.driver.keep(error);
    }

    fn now(&self) -> Timestamp {
        self.origin.1 + self.origin.0.elapsed()
    }
}
