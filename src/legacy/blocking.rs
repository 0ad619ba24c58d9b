//! Drafts 75 and 76 over blocking streams.
//!
//! ```no_run
//! use std::net::TcpStream;
//! use sansocket::legacy::Draft;
//! use sansocket::legacy::blocking::Socket;
//! use sansocket::{Config, Error, Url, client};
//!
//! fn greet() -> Result<(), Error> {
//!     let stream = TcpStream::connect("tv.local:80")?;
//!     let request = client::Request::new(Url::parse("ws://tv.local/")?);
//!     let config = Config::new().shared();
//!     let (mut socket, _) = Socket::connect_over(stream, Draft::Hixie76, &request, config)?;
//!     socket.send("hello")?;
//!     println!("{:?}", socket.receive()?);
//!     socket.close()
//! }
//! ```

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use std::io::{self, ErrorKind, IoSlice};
use std::time::Instant;

use super::connection::Connection;
use super::draft::Draft;
use super::driver::{Driver, undecided};
use super::sender::Sender;
use crate::adapters::Error;
use crate::adapters::blocking::{Port, Stream};
use crate::connection::{Config, Ended, Event, Step};
use crate::handshake::client;

/// A WebSocket of draft 75 or 76 over a blocking stream.
///
/// A call blocks until it is done, but not longer than the [`Timeouts`](crate::Timeouts) of the connection allow.
///
/// ```
/// use std::net::TcpStream;
/// use sansocket::legacy::blocking::Socket;
/// use sansocket::{Error, Event};
///
/// fn echo(mut socket: Socket<TcpStream>) -> Result<(), Error> {
///     while let Some((event, sender)) = socket.next_event()? {
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
    port: Port<S>,
}

/// The first request on a stream.
///
/// ```
/// use std::net::TcpStream;
/// use std::sync::Arc;
/// use sansocket::legacy::blocking::{Incoming, Socket};
/// use sansocket::{Config, Connection, Error, Timestamp, blocking::WebSocket};
///
/// /// Welcomes clients of all ages.
/// fn serve(stream: TcpStream, config: Arc<Config>) -> Result<(), Error> {
///     match Socket::receive_request(stream, Arc::clone(&config))? {
///         Incoming::Request(mut old) => {
///             old.connection_mut().accept();
///             old.next_event()?; // It is open.
///             old.send("welcome")
///         }
///         Incoming::Other(stream, read) => {
///             let new = Connection::server(config, Timestamp::default()).with_read_ahead(&read);
///             let mut new = WebSocket::from_parts(stream, new);
///             new.next_event()?; // A request.
///             new.connection_mut().accept();
///             new.send("welcome")
///         }
///     }
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

impl<S: Stream> Socket<S> {
    /// Waits for a request.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Handshake`] if the request is invalid, and [`Error::TimedOut`] if it does not come: the
    /// client has got a response. Returns [`Error::Io`] if the stream fails.
    pub fn receive_request(stream: S, config: Arc<Config>) -> Result<Incoming<S>, Error> {
        let mut socket = Self::new(stream, Driver::server(config));
        let is_other = match socket.next_event()? {
            Some((event, _)) => event == Event::NotUpgrade,
            None => return Err(Error::left_early()),
        };
        Ok(match is_other {
            true => {
                let read = socket.driver.connection.into_unread();
                Incoming::Other(socket.port.into_stream(), read)
            }
            false => Incoming::Request(socket),
        })
    }

    /// Opens a connection as a client. Returns the server's response with it.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Rejected`] if the status is not 101, [`Error::Header`] if several subprotocols are offered,
    /// [`Error::Handshake`], [`Error::Io`] and [`Error::TimedOut`].
    pub fn connect_over(
        stream: S,
        draft: Draft,
        request: &client::Request<'_>,
        config: Arc<Config>,
    ) -> Result<(Self, client::Response), Error> {
        let mut socket = Self::new(stream, Driver::client(draft, request, config)?);
        socket.next_event()?;
        let response = socket.driver.take_response()?;
        Ok((socket, response))
    }

    /// Continues a connection that was driven in another way, or is new.
    pub fn from_parts(stream: S, connection: Connection) -> Self {
        Self::new(stream, Driver::new(connection))
    }

    fn new(stream: S, driver: Box<Driver>) -> Self {
        let port = Port::new(stream, Instant::now(), driver.connection.now());
        Self { driver, port }
    }

    /// Waits for the next event, or `None` once the connection has ended. Replies that are queued while the event is
    /// held leave before the stream is read again.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Protocol`], [`Error::TimedOut`] or [`Error::Io`] once, if the connection has ended in another
    /// way than by the closing handshake, or, with draft 75, by the end of the stream. Returns [`Error::Io`] of kind
    /// `WouldBlock` if a request waits for a decision.
    pub fn next_event(&mut self) -> Result<Option<(Event<'_>, &mut Sender)>, Error> {
        while !self.driver.has_event() {
            if !self.turn()? {
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
    pub fn receive(&mut self) -> Result<Option<String>, Error> {
        while let Some((event, _)) = self.next_event()? {
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
    pub fn send(&mut self, text: &str) -> Result<(), Error> {
        self.driver.check_written()?;
        self.driver.connection.send(text)?;
        while self.is_writing() && self.turn()? {}
        self.driver.check_sent()
    }

    /// Closes the connection and waits for the peer to do so. Messages that still come are discarded.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`next_event`](Self::next_event).
    pub fn close(&mut self) -> Result<(), Error> {
        self.driver.connection.close()?;
        while self.next_event()?.is_some() {}
        Ok(())
    }

    /// Returns how the connection ended, once it has.
    pub fn ended(&self) -> Option<Ended> {
        self.driver.connection.ended()
    }

    /// Returns the stream.
    pub const fn get_ref(&self) -> &S {
        &self.port.stream
    }

    /// Returns the connection: to decide on a request, and to queue what is written while an event is awaited.
    pub const fn connection_mut(&mut self) -> &mut Connection {
        &mut self.driver.connection
    }

    fn is_writing(&self) -> bool {
        self.driver.connection.queued() > 0 || self.has_to_flush()
    }

    /// Returns whether the stream holds back something that it can still write.
    fn has_to_flush(&self) -> bool {
        self.port.is_unflushed() && !self.driver.connection.is_broken()
    }

    /// Does the next step. Returns `false` if the connection has ended.
    fn turn(&mut self) -> Result<bool, Error> {
        match self.driver.connection.next_step() {
            Step::Done(ended) => return self.driver.end(&ended).map(|()| false),
            Step::Io { write: true, .. } => self.write()?,
            Step::Io { .. } | Step::Shutdown if self.has_to_flush() => self.flush()?,
            Step::Io { read: true, .. } => self.read()?,
            Step::Io { .. } => return Err(undecided()),
            Step::Shutdown => self.shutdown(),
        }
        Ok(true)
    }

    fn write(&mut self) -> io::Result<()> {
        let connection = &mut self.driver.connection;
        let due = connection.poll_timeout();
        let written = self.port.write(due, &[IoSlice::new(connection.transmit())]);
        if let Some(count) = self.note_written(written)? {
            self.driver.connection.transmitted(count, self.port.now());
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = self.port.flush(self.driver.connection.poll_timeout());
        self.note_written(flushed).map(drop)
    }

    /// Notes the outcome of a write or a flush. Only that the stream does not block is returned as an error.
    fn note_written<T>(&mut self, outcome: io::Result<Option<T>>) -> io::Result<Option<T>> {
        let (connection, now) = (&mut self.driver.connection, self.port.now());
        match outcome {
            Ok(Some(done)) => return Ok(Some(done)),
            Ok(None) => _ = connection.handle_timeout(now),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Err(error),
            Err(error) => {
                connection.handle_write_error(now);
                self.driver.keep(error);
            }
        }
        Ok(None)
    }

    fn read(&mut self) -> io::Result<()> {
        let Driver { connection, input, .. } = &mut *self.driver;
        let due = connection.poll_timeout();
        let mut spare = connection.spare(input);
        let outcome = self.port.block(due, |stream| stream.read(spare.buffer()));
        let now = self.port.now();
        match outcome {
            Ok(Some(count)) => spare.filled(count, now),
            Ok(None) => _ = connection.handle_timeout(now),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Err(error),
            Err(error) => {
                connection.handle_eof(now);
                self.driver.keep(error);
            }
        }
        Ok(())
    }

    fn shutdown(&mut self) {
        let now = self.port.now();
        self.driver.connection.handle_shutdown();
        // A stream that cannot be ended can only be dropped.
        self.port.stream.end().unwrap_or_else(|_| self.driver.connection.handle_eof(now));
    }
}
