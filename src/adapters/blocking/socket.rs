use alloc::boxed::Box;
use alloc::vec::Vec;
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;

use super::config::Config;
use super::wire::{Wire, new_input};
use crate::adapters::error::Error;
use crate::adapters::message::OwnedMessage;
use crate::adapters::outbox::Outbox;
use crate::close::{CloseCode, Ended};
use crate::connection::Connection;
use crate::entropy::Seed;
use crate::frame::Role;
use crate::handshake::{Url, client};
use crate::input::Input;
use crate::receiver::{Event, Receiver};
use crate::sender::{Message, Sender};
use crate::time::RoundTrip;

/// A WebSocket over a blocking stream.
#[derive(Debug)]
pub struct WebSocket<S> {
    wire: Wire<S>,
    receiver: Receiver,
    sender: Sender,
    input: Input<Vec<u8>>,
}

/// The parts of a WebSocket, to drive it in another way.
#[derive(Debug)]
pub struct Parts<S> {
    /// The transport.
    pub stream: S,
    /// Both halves of the connection.
    pub connection: Connection,
    /// What was read and not yet consumed.
    pub input: Input<Vec<u8>>,
    /// What was queued and not yet written.
    pub out: Vec<u8>,
}

impl WebSocket<TcpStream> {
    /// Opens a connection to a `ws://` URL over TCP.
    ///
    /// # Errors
    ///
    /// When the transport or the handshake fails, or the server [refuses](Error::Refused).
    pub fn connect(url: &str) -> Result<Self, Error> {
        Self::connect_with(url, Config::tcp())
    }

    /// Opens a connection to a `ws://` URL over TCP, with limits and timeouts of the caller's.
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect).
    pub fn connect_with(url: &str, config: Config<TcpStream>) -> Result<Self, Error> {
        let url = Url::parse(url)?;
        if url.is_secure() {
            let reason = "wss:// takes a TLS stream: see WebSocket::connect_over";
            return Err(io::Error::new(ErrorKind::Unsupported, reason).into());
        }
        let stream = TcpStream::connect((url.host(), url.port()))?;
        stream.set_nodelay(true)?;
        let (socket, _) = Self::connect_over(stream, client::Request::new(url), config)?;
        Ok(socket)
    }
}

impl<S: Read + Write> WebSocket<S> {
    /// Opens a connection as a client over any stream, and returns the server's answer with it.
    ///
    /// # Errors
    ///
    /// As [`connect`](WebSocket::connect).
    pub fn connect_over(
        stream: S,
        request: client::Request<'_>,
        config: Config<S>,
    ) -> Result<(Self, client::Response), Error> {
        let mut wire = Wire::new(stream, config);
        let mut input = new_input();
        let limits = wire.config.limits;
        let mut handshake =
            client::Handshake::start(request, limits, Seed::random()?, &mut wire.out);
        wire.write_opening()?;
        loop {
            if wire.read_opening(&mut input)? == 0 {
                return Err(Error::Refused(Box::new(handshake.receive_eof()?)));
            }
            handshake = match handshake.receive(&mut input)? {
                client::Progress::Incomplete(handshake) => handshake,
                client::Progress::Refused(response) => {
                    return Err(Error::Refused(Box::new(response)));
                }
                client::Progress::Open(connection, response) => {
                    return Ok((Self::open(wire, connection, input), response));
                }
            };
        }
    }

    /// A WebSocket whose opening handshake was done elsewhere. Bytes which were read beyond it are in
    /// `input`, and bytes yet to be written in `out`.
    pub fn from_parts(parts: Parts<S>, config: Config<S>) -> Self {
        let mut wire = Wire::new(parts.stream, config);
        wire.out = parts.out;
        Self::open(wire, parts.connection, parts.input)
    }

    pub(super) fn open(mut wire: Wire<S>, connection: Connection, input: Input<Vec<u8>>) -> Self {
        let Connection { receiver, sender } = connection;
        wire.deadlines.handle_open(wire.now());
        Self { wire, receiver, sender, input }
    }

    /// Waits for the next event, or `None` once the connection has [`ended`](Self::ended).
    ///
    /// The event is lent until the next call. Replies can be queued while it is held; they leave
    /// together, before the stream is read again.
    ///
    /// # Errors
    ///
    /// When the peer breaks the protocol, lets a deadline pass, or goes without closing, and when
    /// the stream fails. The connection has ended then.
    pub fn next_event(&mut self) -> Result<Option<(Event<'_>, Outbox<'_>)>, Error> {
        if !self.wait()? {
            return Ok(None);
        }
        let Self { wire, receiver, sender, input } = self;
        match receiver.next_event(input, sender) {
            Ok(event) => {
                if let Some(Event::Pong(payload)) = &event {
                    wire.deadlines.handle_pong(payload, wire.now());
                }
                Ok(event.map(|event| (event, Outbox::new(sender, &mut wire.out))))
            }
            Err(error) => {
                wire.finish(sender);
                Err(error.into())
            }
        }
    }

    /// Waits for the next message and copies it, or `None` once the connection has ended.
    ///
    /// Pings, pongs and the close frame are passed over. A message [in
    /// parts](Receiver::set_streaming) is put together.
    ///
    /// # Errors
    ///
    /// As [`next_event`](Self::next_event).
    pub fn receive(&mut self) -> Result<Option<OwnedMessage>, Error> {
        let mut whole = Vec::new();
        while let Some((event, _)) = self.next_event()? {
            match event {
                Event::Text(text) => return Ok(Some(OwnedMessage::Text(text.into()))),
                Event::Binary(bytes) => return Ok(Some(OwnedMessage::Binary(bytes.to_vec()))),
                Event::Part { kind, bytes, last } => {
                    whole.extend_from_slice(bytes);
                    if last {
                        return Ok(Some(OwnedMessage::new(kind, whole)));
                    }
                }
                Event::Ping(_) | Event::Pong(_) | Event::Close(_) => {}
            }
        }
        Ok(None)
    }

    /// Writes a message, behind what is queued.
    ///
    /// A large one is not copied by a server.
    ///
    /// # Errors
    ///
    /// When the connection is closing, or when the stream fails.
    pub fn send<'p>(&mut self, message: impl Into<Message<'p>>) -> Result<(), Error> {
        let message = message.into();
        let is_large = message.split().1.len() >= LARGE;
        if !is_large || self.sender.role() == Role::Client {
            self.sender.send(message, &mut self.wire.out)?;
            return self.flush();
        }
        self.flush()?;
        let frame = self.sender.frame_unmasked(message)?;
        let outcome = self.wire.write_frame(&frame, &mut self.receiver, &mut self.sender);
        if outcome.is_err() {
            // Nothing can follow half a frame.
            self.receiver.receive_eof(&mut self.sender);
            self.wire.finish(&mut self.sender);
        }
        outcome
    }

    /// Where to put messages while no event is held. They leave with the next
    /// [`flush`](Self::flush), or when the stream would have to be read.
    pub const fn outbox(&mut self) -> Outbox<'_> {
        Outbox::new(&mut self.sender, &mut self.wire.out)
    }

    /// Writes what has been queued.
    ///
    /// # Errors
    ///
    /// When the stream fails or a deadline passes. What was not written stays queued.
    pub fn flush(&mut self) -> Result<(), Error> {
        self.wire.flush(&mut self.receiver, &mut self.sender)
    }

    /// Writes a ping, whose answer tells the [`round_trip`](Self::round_trip) time.
    ///
    /// # Errors
    ///
    /// When the connection is closing, or when the stream fails.
    pub fn ping(&mut self) -> Result<(), Error> {
        let now = self.wire.now();
        self.wire.deadlines.ping(now, &mut self.sender)?;
        self.flush()
    }

    /// Closes the connection and waits for the peer to do so, discarding what it still sends.
    ///
    /// # Errors
    ///
    /// As [`Sender::close`], and as [`next_event`](Self::next_event).
    pub fn close(&mut self, code: impl Into<Option<CloseCode>>, reason: &str) -> Result<(), Error> {
        self.sender.close(code, reason)?;
        while self.next_event()?.is_some() {}
        Ok(())
    }

    /// How the connection ended, once it has.
    pub fn ended(&self) -> Option<Ended> {
        self.receiver.ended(&self.sender)
    }

    /// How long pings and pongs take, once one has been answered.
    pub const fn round_trip(&self) -> Option<RoundTrip> {
        self.wire.deadlines.round_trip()
    }

    /// The half that receives, to set how it does so.
    pub const fn receiver_mut(&mut self) -> &mut Receiver {
        &mut self.receiver
    }

    /// The stream.
    pub const fn get_ref(&self) -> &S {
        &self.wire.stream
    }

    /// Takes the WebSocket apart, to drive it in another way.
    pub fn into_parts(self) -> Parts<S> {
        let Self { wire, receiver, sender, input } = self;
        let connection = Connection { receiver, sender };
        Parts { stream: wire.stream, connection, input, out: wire.out }
    }

    /// Waits until there is an event, and tells whether there is one.
    fn wait(&mut self) -> Result<bool, Error> {
        let Self { wire, receiver, sender, input } = self;
        loop {
            let outcome = wire.turn(receiver, sender, input);
            if outcome.is_err() || receiver.wants_close(sender) {
                wire.finish(sender);
            }
            if outcome? {
                return Ok(true);
            }
            if receiver.wants_close(sender) {
                return Ok(false);
            }
        }
    }
}

/// Messages of at least so many bytes are written by a server from where they lie.
const LARGE: usize = 16 << 10;
