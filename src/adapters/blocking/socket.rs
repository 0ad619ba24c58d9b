use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use std::io::{self, ErrorKind, IoSlice, Write};
use std::net::TcpStream;

use super::linger::linger;
use super::stream::Stream;
use super::{Blocking, WebSocket};
use crate::adapters::config::Config;
use crate::adapters::driver::Next;
use crate::adapters::error::Error;
use crate::adapters::message::OwnedMessage;
use crate::adapters::outbox::Outbox;
use crate::adapters::socket::{Parts, Wire};
use crate::close::{CloseCode, TimedOut};
use crate::entropy::Seed;
use crate::error::HandshakeError;
use crate::frame::{Frame, Role};
use crate::handshake::{Url, client};
use crate::input::Input;
use crate::receiver::{Event, Receiver};
use crate::sender::{Message, Sender};

impl WebSocket<TcpStream> {
    /// Opens a connection to a `ws://` URL over TCP.
    ///
    /// # Errors
    ///
    /// When the transport or the handshake fails, or the server [refuses](Error::Refused).
    pub fn connect(url: &str) -> Result<Self, Error> {
        Self::connect_with(url, Config::default())
    }

    /// Opens a connection to a `ws://` URL over TCP, with limits and timeouts of the caller's.
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect).
    pub fn connect_with(url: &str, config: Config) -> Result<Self, Error> {
        let url = Url::parse(url)?;
        if url.is_secure() {
            return Err(Error::no_tls());
        }
        let stream = TcpStream::connect((url.host(), url.port()))?;
        stream.set_nodelay(true)?;
        let (socket, _) = Self::connect_over(stream, client::Request::new(url), config)?;
        Ok(socket)
    }
}

impl<S: Stream> WebSocket<S> {
    /// Opens a connection as a client over any stream, and returns the server's answer with it.
    ///
    /// # Errors
    ///
    /// When the transport or the handshake fails, or the server [refuses](Error::Refused).
    pub fn connect_over(
        stream: S,
        request: client::Request<'_>,
        config: Config,
    ) -> Result<(Self, client::Response), Error> {
        let mut wire = Wire::new(Blocking::new(stream), &config);
        let mut input = new_input();
        let out = &mut wire.driver.out;
        let mut handshake = client::Handshake::start(request, config.limits, Seed::random()?, out);
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
    pub fn from_parts(parts: Parts<S>, config: Config) -> Self {
        let mut wire = Wire::new(Blocking::new(parts.stream), &config);
        wire.driver.out = parts.out;
        Self::open(wire, parts.connection, parts.input)
    }

    /// Waits for the next event, or `None` once the connection has [`ended`](Self::ended).
    ///
    /// The event is lent until the next call. Replies can be queued while it is held; they leave
    /// together, before the stream is read again.
    ///
    /// # Errors
    ///
    /// When the peer breaks the protocol, lets a deadline pass, or goes without closing, and when
    /// the stream fails: once, and the connection has ended then.
    pub fn next_event(&mut self) -> Result<Option<(Event<'_>, Outbox<'_>)>, Error> {
        if !self.wait()? {
            return Ok(None);
        }
        let Self { wire, receiver, sender, input, .. } = self;
        match receiver.next_event(input, sender) {
            Ok(event) => {
                wire.driver.watch(event.as_ref());
                Ok(event.map(|event| (event, Outbox::new(sender, &mut wire.driver))))
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
        let mut gathering = core::mem::take(&mut self.gathering);
        while let Some((event, _)) = self.next_event()? {
            if let Some(message) = gathering.take(event) {
                return Ok(Some(message));
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
            self.sender.send(message, &mut self.wire.driver.out)?;
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

    /// Writes a part of a message, which more parts follow.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), and as [`Sender::send_part`].
    pub fn send_part<'p>(&mut self, part: impl Into<Message<'p>>) -> Result<(), Error> {
        self.sender.send_part(part, &mut self.wire.driver.out)?;
        self.flush()
    }

    /// Writes the last part of a message.
    ///
    /// # Errors
    ///
    /// As [`send_part`](Self::send_part).
    pub fn send_last<'p>(&mut self, part: impl Into<Message<'p>>) -> Result<(), Error> {
        self.sender.send_last(part, &mut self.wire.driver.out)?;
        self.flush()
    }

    /// Writes what has been queued.
    ///
    /// # Errors
    ///
    /// When the stream fails or a deadline passes. What was not written stays queued.
    pub fn flush(&mut self) -> Result<(), Error> {
        let Self { wire, receiver, sender, .. } = self;
        sender.poll_transmit(&mut wire.driver.out);
        while let Some(next) = wire.driver.next_write() {
            wire.write(next)?;
            wire.keep_time_if_stalled(receiver, sender)?;
        }
        Ok(())
    }

    /// Writes a ping, whose answer tells the [`round_trip`](Self::round_trip) time.
    ///
    /// # Errors
    ///
    /// When the connection is closing, or when the stream fails.
    pub fn ping(&mut self) -> Result<(), Error> {
        self.wire.driver.ping(&mut self.sender)?;
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

    /// Waits until there is an event, and tells whether there is one.
    fn wait(&mut self) -> Result<bool, Error> {
        let Self { wire, receiver, sender, input, .. } = self;
        while !wire.transport.is_finished {
            match wire.turn(receiver, sender, input) {
                Ok(true) => return Ok(true),
                Ok(false) => {}
                Err(error) => {
                    receiver.receive_eof(sender);
                    wire.finish(sender);
                    return Err(error);
                }
            }
        }
        Ok(false)
    }
}

impl<S: Stream> Wire<Blocking<S>> {
    /// Looks for an event, and tells whether there is one, else does what is next.
    fn turn(
        &mut self,
        receiver: &mut Receiver,
        sender: &mut Sender,
        input: &mut Input<Vec<u8>>,
    ) -> Result<bool, Error> {
        if receiver.advance(input, sender)? {
            return Ok(true);
        }
        self.driver.keep_time(receiver, sender)?;
        match self.driver.next(receiver, sender) {
            next @ (Next::Write | Next::Flush) => self.write(next)?,
            Next::Read => self.read(receiver, sender, input)?,
            Next::End => self.finish(sender),
        }
        Ok(false)
    }

    /// Reads once, or until it takes too long.
    fn read(
        &mut self,
        receiver: &mut Receiver,
        sender: &mut Sender,
        input: &mut Input<Vec<u8>>,
    ) -> Result<(), Error> {
        self.transport.bound(self.driver.patience())?;
        match self.transport.stream.read(input.spare()) {
            Err(error) if is_passing(&error) => Ok(()),
            outcome => self.driver.receive(outcome, receiver, sender, input),
        }
    }

    /// Writes or flushes once, or until it takes too long.
    fn write(&mut self, next: Next) -> io::Result<()> {
        self.transport.bound(self.driver.patience())?;
        if next == Next::Flush {
            self.transport.stream.flush()?;
            self.driver.flushed();
            return Ok(());
        }
        match write(&mut self.transport.stream, &[IoSlice::new(self.driver.waiting())])? {
            0 => self.driver.stall(true),
            count => self.driver.wrote(count),
        }
        Ok(())
    }

    /// Lets the deadlines act on a peer that does not take what we write. Of one that does, nothing can
    /// be said while we do not read.
    fn keep_time_if_stalled(
        &mut self,
        receiver: &mut Receiver,
        sender: &mut Sender,
    ) -> Result<(), TimedOut> {
        match self.driver.is_stalled() {
            true => self.driver.keep_time(receiver, sender),
            false => Ok(()),
        }
    }

    /// Writes a frame that is not queued. Nothing else may be half written.
    fn write_frame(
        &mut self,
        frame: &Frame<'_>,
        receiver: &mut Receiver,
        sender: &mut Sender,
    ) -> Result<(), Error> {
        let [mut head, mut payload] = frame.slices();
        while !(head.is_empty() && payload.is_empty()) {
            self.transport.bound(self.driver.patience())?;
            let slices = [IoSlice::new(head), IoSlice::new(payload)];
            let count = write(&mut self.transport.stream, &slices)?;
            self.driver.stall(count == 0);
            self.keep_time_if_stalled(receiver, sender)?;
            let of_head = count.min(head.len());
            (head, payload) = (&head[of_head..], &payload[count - of_head..]);
        }
        Ok(self.transport.stream.flush()?)
    }

    /// Writes all that waits, then reads once.
    pub(super) fn read_opening(&mut self, input: &mut Input<Vec<u8>>) -> Result<usize, Error> {
        self.write_opening()?;
        loop {
            self.driver.keep_opening_time()?;
            self.transport.bound(self.driver.patience())?;
            match self.transport.stream.read(input.spare()) {
                Err(error) if is_passing(&error) => {}
                outcome => {
                    let count = outcome?;
                    input.fill(count);
                    return Ok(count);
                }
            }
        }
    }

    /// Writes all that waits.
    pub(super) fn write_opening(&mut self) -> Result<(), Error> {
        while let Some(next) = self.driver.next_write() {
            self.driver.keep_opening_time()?;
            self.write(next)?;
        }
        Ok(())
    }

    /// Writes an answer that ends the stream.
    pub(super) fn answer(&mut self) -> Result<(), Error> {
        self.write_opening()?;
        self.end();
        Ok(())
    }

    /// Answers a request that is not good, if that can be done.
    pub(super) fn refuse(&mut self, error: HandshakeError) -> Error {
        error.respond(&mut self.driver.out);
        self.write_rest();
        self.end();
        error.into()
    }

    /// Writes what is left to say, as far as the peer takes it, and ends the transport. Once.
    fn finish(&mut self, sender: &mut Sender) {
        sender.poll_transmit(&mut self.driver.out);
        if !self.transport.is_finished {
            self.transport.is_finished = true;
            self.write_rest();
            self.end();
        }
    }

    /// Writes what waits until the peer takes no more.
    fn write_rest(&mut self) {
        while let Some(next) = self.driver.next_write() {
            let before = self.driver.waiting().len();
            let is_written = self.write(next).is_ok();
            let is_stuck = next == Next::Write && self.driver.waiting().len() == before;
            if !is_written || is_stuck {
                return;
            }
        }
    }

    fn end(&mut self) {
        linger(&mut self.transport.stream, self.driver.end_patience());
    }
}

/// Writes once, and tells how many bytes: none if it took too long.
fn write(stream: &mut impl Write, slices: &[IoSlice<'_>]) -> io::Result<usize> {
    match stream.write_vectored(slices) {
        Ok(0) => Err(ErrorKind::WriteZero.into()),
        Err(error) if is_passing(&error) => Ok(0),
        outcome => outcome,
    }
}

/// Whether to look at the clock, and try again.
fn is_passing(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::TimedOut | ErrorKind::WouldBlock)
}

pub(super) fn new_input() -> Input<Vec<u8>> {
    Input::new(vec![0; 16 << 10])
}

/// Messages of at least so many bytes are written by a server from where they lie.
const LARGE: usize = 16 << 10;
