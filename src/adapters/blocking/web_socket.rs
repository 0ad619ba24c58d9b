//! A WebSocket over a blocking stream.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;
use std::io::IoSlice;
use std::time::Instant;

use super::connect::Connect;
use super::link::{self, Outgoing, Whole};
use super::maybe_tls::MaybeTls;
use super::port::Port;
use super::stream::Stream;
use super::turn::Turn;
use crate::adapters::begin;
use crate::adapters::error::Error;
use crate::adapters::part::Part;
use crate::connection::{
    Busy, Config, Connection, Ended, Event, Input, Message, OwnedMessage, RoundTrip, Sender,
    Timestamp,
};
use crate::handshake::{Negotiated, client};
use crate::wire::CloseCode;

/// A WebSocket over a blocking stream.
///
/// ```
/// use std::net::TcpStream;
/// use sansocket::blocking::WebSocket;
/// use sansocket::{Error, Event};
///
/// fn echo(mut socket: WebSocket<TcpStream>) -> Result<(), Error> {
///     while let Some((event, sender)) = socket.next_event()? {
///         match event {
///             Event::Text(text) => sender.send(text)?,
///             Event::Binary(bytes) => sender.send(bytes)?,
///             _ => {}
///         }
///     }
///     Ok(())
/// }
/// ```
#[derive(Debug)]
pub struct WebSocket<S> {
    pub(super) connection: Connection,
    pub(super) port: Port<S>,
    pub(super) input: Input<Vec<u8>>,
}

impl WebSocket<MaybeTls> {
    /// Connects to a `ws://` or `wss://` URL. [`Connect`] has more settings.
    ///
    /// ```
    /// # fn example() -> Result<(), sansocket::Error> {
    /// use sansocket::Config;
    /// use sansocket::blocking::WebSocket;
    ///
    /// let mut socket = WebSocket::connect("ws://localhost:8080/chat", Config::new().shared())?;
    /// socket.send("hello")?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Connect::connect`].
    pub fn connect(url: &str, config: Arc<Config>) -> Result<Self, Error> {
        Ok(Connect::new(url).config(config).connect()?.0)
    }
}

impl<S: Stream> WebSocket<S> {
    /// Opens a connection as a client over any stream. Returns the server's response with it.
    ///
    /// ```
    /// # use sansocket::{Config, Error, Url, blocking::WebSocket, client};
    /// # use std::net::TcpStream;
    /// # fn example(stream: TcpStream) -> Result<(), Error> {
    /// let request = client::Request::new(Url::parse("ws://example.com/chat")?);
    /// let (socket, response) = WebSocket::connect_over(stream, request, Config::new().shared())?;
    /// println!("status {}", response.status());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`Error::Rejected`] if the status is not 101, [`Error::Handshake`], [`Error::Io`] and
    /// [`Error::TimedOut`].
    pub fn connect_over(
        stream: S,
        request: client::Request<'_>,
        config: Arc<Config>,
    ) -> Result<(Self, client::Response), Error> {
        let mut socket = Self::new(stream, begin::client(request, config)?, Instant::now());
        let is_open = matches!(socket.next_event()?, Some((Event::Open, _)));
        let response = begin::response(&mut socket.connection, is_open)?;
        Ok((socket, response))
    }

    /// Continues a connection that was driven in another way, or is new, in whatever state it is. Its time goes
    /// on from the latest that it was given.
    pub fn from_parts(stream: S, connection: Connection) -> Self {
        Self::new(stream, connection, Instant::now())
    }

    /// Drives a server's connection over a stream that an HTTP library has upgraded. `negotiated` comes from
    /// `server::Request::accept_http`.
    pub fn from_http(stream: S, negotiated: Negotiated, config: Arc<Config>) -> Self {
        Self::from_upgraded(stream, &[], begin::from_http(negotiated, config))
    }

    /// Continues a stream that an HTTP library has upgraded, and perhaps read ahead of.
    ///
    /// `connection` is new: see [`Connection::open_server`].
    pub fn from_upgraded(stream: S, read_ahead: &[u8], connection: Connection) -> Self {
        Self::from_parts(stream, begin::upgraded(read_ahead, connection))
    }

    pub(super) fn new(stream: S, connection: Connection, start: Instant) -> Self {
        let port = Port::new(stream, start, connection.now());
        Self { connection, port, input: Input::default() }
    }

    /// Takes the WebSocket apart, to drive it in another way. The stream gets back the timeouts that it had.
    ///
    /// Nothing that was read or queued is lost.
    pub fn into_parts(self) -> (S, Connection) {
        let Self { mut connection, port, input } = self;
        connection.halves().0.keep_input(input);
        (port.into_stream(), connection)
    }

    /// Turns the connection into bytes, from which another process [restores](Self::restore) it. Returns the stream, to
    /// be handed over with them, with the timeouts that it had.
    ///
    /// See [`Connection::suspend`].
    ///
    /// ```
    /// # use sansocket::{Busy, Error, blocking::WebSocket};
    /// # use std::net::TcpStream;
    /// # fn example(socket: WebSocket<TcpStream>) -> Result<Option<(TcpStream, Vec<u8>)>, Error> {
    /// let mut socket = Box::new(socket);
    /// loop {
    ///     let busy;
    ///     (socket, busy) = match socket.suspend() {
    ///         Ok(suspended) => return Ok(Some(suspended)),
    ///         Err(unchanged) => unchanged,
    ///     };
    ///     println!("waiting: {busy}");
    ///     let Some(message) = socket.receive()? else { return Ok(None) };
    ///     socket.send(message)?;
    /// }
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the WebSocket unchanged, and what to wait for.
    pub fn suspend(self) -> Result<(S, Vec<u8>), (Box<Self>, Busy)> {
        let Self { mut connection, port, mut input } = self;
        connection.note_time(port.now());
        match connection.suspend(&mut input) {
            Ok(snapshot) => Ok((port.into_stream(), snapshot)),
            Err(error) => {
                let connection = error.connection;
                Err((Box::new(Self { connection, port, input }), error.busy))
            }
        }
    }

    /// Goes on with a connection that was [suspended](Self::suspend), over the same stream. Its deadlines go on, too.
    ///
    /// ```
    /// # use sansocket::{Config, Error, blocking::WebSocket};
    /// # use std::net::TcpStream;
    /// # fn example(stream: TcpStream, snapshot: Vec<u8>) -> Result<(), Error> {
    /// let mut socket = WebSocket::restore(stream, &snapshot, Config::new().shared())?;
    /// socket.send("still here")?;
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

    /// Waits for the next event, or `None` once the connection has [`ended`](Self::ended).
    ///
    /// Replies can be queued by the sender while the event is held. They leave together, before the stream is
    /// read again. The replies of the protocol are written before the event is returned.
    ///
    /// ```
    /// # use sansocket::{Error, Event, blocking::WebSocket};
    /// # use std::net::TcpStream;
    /// # fn example(mut socket: WebSocket<TcpStream>) -> Result<(), Error> {
    /// while let Some((event, sender)) = socket.next_event()? {
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
    /// Returns [`Error::Protocol`], [`Error::TimedOut`] or [`Error::Io`] once, if the connection has not ended
    /// with a closing handshake. Events that came before are returned before it.
    pub fn next_event(&mut self) -> Result<Option<(Event<'_>, &mut Sender)>, Error> {
        let (receiver, sender) = self.connection.halves();
        let mut whole = Whole { sender, port: &mut self.port };
        let event = Turn { receiver, input: &mut self.input, link: &mut whole }.next_event()?;
        Ok(event.map(|event| (event, whole.sender)))
    }

    /// Waits for the next message and copies it, or returns `None` once the connection has ended.
    ///
    /// Messages are whole, even if [parts](Connection::set_streaming) are delivered otherwise.
    ///
    /// ```
    /// # use sansocket::{Error, blocking::WebSocket};
    /// # use std::net::TcpStream;
    /// # fn example(mut socket: WebSocket<TcpStream>) -> Result<(), Error> {
    /// while let Some(message) = socket.receive()? {
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
    pub fn receive(&mut self) -> Result<Option<OwnedMessage>, Error> {
        self.receive_until(None)
    }

    /// Waits for the next message for at most `timeout`.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Io`] of kind `TimedOut` if none came, and the errors of
    /// [`next_event`](Self::next_event). Nothing is lost.
    pub fn receive_timeout(&mut self, timeout: Duration) -> Result<Option<OwnedMessage>, Error> {
        self.receive_until(Some(self.port.now() + timeout))
    }

    fn receive_until(&mut self, until: Option<Timestamp>) -> Result<Option<OwnedMessage>, Error> {
        let (receiver, sender) = self.connection.halves();
        let mut whole = Whole { sender, port: &mut self.port };
        Turn { receiver, input: &mut self.input, link: &mut whole }.receive(until)
    }

    /// Waits for the next part of a message.
    pub(super) fn receive_part(&mut self) -> Result<Option<Part>, Error> {
        let (receiver, sender) = self.connection.halves();
        let mut whole = Whole { sender, port: &mut self.port };
        Turn { receiver, input: &mut self.input, link: &mut whole }.receive_part()
    }

    /// Sends a message, and returns once the stream has taken all of it.
    ///
    /// A message of 16 KiB or more is written without a copy, unless it is compressed. A client must mask it, so it
    /// copies one that is borrowed or shared, and masks one that is given away where it lies.
    ///
    /// Nothing is read meanwhile. If the peer does the same, both ends are [blocked](crate::TimedOut::Blocked): send
    /// from another thread then, by [`split`](Self::split).
    ///
    /// ```
    /// # use sansocket::{Error, blocking::WebSocket};
    /// # use std::net::TcpStream;
    /// # fn example(mut socket: WebSocket<TcpStream>) -> Result<(), Error> {
    /// socket.send("hello")?;
    /// socket.send(vec![1, 2, 3])?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`Error::Send`], and nothing is queued; [`Error::Io`] or [`Error::TimedOut`] if the stream fails
    /// or a deadline passes. What the peer has sent can still be received.
    pub fn send<'p>(&mut self, message: impl Into<Message<'p>>) -> Result<(), Error> {
        link::check_written(true, &self.connection)?;
        self.connection.note_time(self.port.now());
        let due = self.connection.poll_timeout();
        let Self { connection, port, .. } = self;
        let mut outcome = Ok(None);
        connection.send_with(message, |slices| {
            outcome = port.write(due, &slices.map(IoSlice::new));
            *outcome.as_ref().ok().and_then(Option::as_ref).unwrap_or(&0)
        })?;
        if outcome.is_err() {
            link::take_written(connection, outcome, port.now())?;
        }
        self.flush()
    }

    /// Queues a message, once fewer than [`Config::max_queued`] bytes wait. It leaves with the next
    /// [`flush`](Self::flush), or while an event is awaited.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`send`](Self::send).
    pub fn feed<'p>(&mut self, message: impl Into<Message<'p>>) -> Result<(), Error> {
        self.whole().feed(message)
    }

    /// Sends a part of a message. More parts follow.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`send`](Self::send).
    pub fn send_part<'p>(&mut self, part: impl Into<Message<'p>>) -> Result<(), Error> {
        self.whole().queue(|sender| sender.send_part(part))
    }

    /// Sends the last part of a message.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`send`](Self::send).
    pub fn send_last<'p>(&mut self, part: impl Into<Message<'p>>) -> Result<(), Error> {
        self.whole().queue(|sender| sender.send_last(part))
    }

    /// Sends a ping. Its answer updates the [`round_trip`](Self::round_trip) time.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`send`](Self::send).
    pub fn ping(&mut self) -> Result<(), Error> {
        self.whole().queue(Sender::probe)
    }

    /// Writes all that is queued.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`send`](Self::send).
    pub fn flush(&mut self) -> Result<(), Error> {
        self.whole().flush()
    }

    /// Closes the connection and waits for the peer to do so. Messages that still come are discarded.
    ///
    /// ```
    /// # use sansocket::{CloseCode, Error, blocking::WebSocket};
    /// # use std::net::TcpStream;
    /// # fn example(mut socket: WebSocket<TcpStream>) -> Result<(), Error> {
    /// socket.close(CloseCode::NORMAL, "enough")?;
    /// println!("{:?}", socket.ended());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`Error::Send`] if this close frame cannot be sent: see [`Sender::close`]. Returns the errors of
    /// [`next_event`](Self::next_event).
    pub fn close(&mut self, code: impl Into<Option<CloseCode>>, reason: &str) -> Result<(), Error> {
        self.connection.close(code, reason)?;
        self.finish()
    }

    /// Waits for the end.
    pub(super) fn finish(&mut self) -> Result<(), Error> {
        while self.next_event()?.is_some() {}
        Ok(())
    }

    /// Returns how the connection ended, once it has.
    pub fn ended(&self) -> Option<Ended> {
        self.connection.ended()
    }

    /// Returns the round-trip time, once a ping has been answered.
    pub fn round_trip(&self) -> Option<RoundTrip> {
        self.connection.round_trip()
    }

    /// Returns the stream.
    pub const fn get_ref(&self) -> &S {
        &self.port.stream
    }

    /// Returns the connection: to set how it receives, and to queue what is written with the next
    /// [`flush`](Self::flush), [`send`](Self::send) or wait for an event.
    pub const fn connection_mut(&mut self) -> &mut Connection {
        &mut self.connection
    }

    pub(super) fn whole(&mut self) -> Whole<'_, S> {
        Whole { sender: &mut self.connection, port: &mut self.port }
    }
}
