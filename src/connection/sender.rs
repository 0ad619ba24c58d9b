//! The half of a connection that sends.
//!
//! ```text
//! send, accept, close ─▶ Framer ─▶ Output ─▶ transmit()       this file: queueing
//! handle_timeout ──────▶ Deadlines                            `step.rs`: how a loop drives it
//! Parser ──────────────▶ Closing ─▶ next_step()
//! ```

use alloc::sync::Arc;
use alloc::vec::Vec;

use bytes::{Buf, Bytes};

use super::closing::{Closing, State, read_bad_close};
use super::config::Config;
use super::deadlines::{Deadlines, Phase, RoundTrip};
use super::ended::Cause;
use super::error::SendError;
use super::framer::Framer;
use super::message::{Message, OwnedMessage};
use super::output::Output;
use super::prepared::Prepared;
use super::timestamp::Timestamp;
use crate::handshake::Transport;
use crate::wire::{Close, CloseCode, Header, Kind, ProtocolError, Role, Seed};

/// The half of a [`Connection`](crate::Connection) that sends.
///
/// It holds the bytes that wait to be written, the time, and how far the connection is on its way to the
/// end. A connection that is [split](crate::Connection::split) has it behind a lock that the caller
/// chooses. No method waits or calls back, so the lock is held for a moment only.
///
/// ```
/// use sansocket::{SendError, Sender};
///
/// fn greet(sender: &mut Sender) -> Result<(), SendError> {
///     sender.send("hello")?;
///     sender.send(vec![1, 2, 3])?;
///     sender.ping(b"are you there?")
/// }
/// # use sansocket::{Config, Connection, Negotiated, Timestamp};
/// # let now = Timestamp::default();
/// # let mut server = Connection::open_server(Negotiated::new(), Config::new().shared(), now);
/// # greet(&mut server)?;
/// # assert_eq!(server.queued(), 12);
/// # assert!(server.is_urgent()); // The ping.
/// # Ok::<(), SendError>(())
/// ```
#[derive(Debug)]
pub struct Sender {
    pub(super) framer: Framer,
    pub(super) output: Output,
    pub(super) deadlines: Deadlines,
    pub(super) closing: Closing,
    pub(super) config: Arc<Config>,
    pub(super) role: Role,
    /// Whether the application is answering events.
    pub(super) is_replying: bool,
}

impl Sender {
    pub(super) fn new(config: Arc<Config>, role: Role, now: Timestamp) -> Self {
        Self {
            framer: Framer::new(None),
            output: Output::new(config.max_queued),
            deadlines: Deadlines::new(now),
            closing: Closing::new(State::Opening),
            config,
            role,
            is_replying: false,
        }
    }

    /// Queues a message, in one frame.
    ///
    /// A message that is given away and has at least 16 KiB is queued without a copy, unless it is
    /// compressed, or shared by a client, which must mask it. Clones of one message share its payload, so it
    /// can be queued in any number of connections. To frame and compress it once for all of them, send
    /// [`&Prepared`](crate::Prepared).
    ///
    /// The message is queued whether the queue [is full](Self::is_full) or not.
    ///
    /// ```
    /// use sansocket::OwnedMessage;
    /// # use sansocket::{Config, Connection, Negotiated, Timestamp};
    /// # let now = Timestamp::default();
    /// # let mut server = Connection::open_server(Negotiated::new(), Config::new().shared(), now);
    ///
    /// server.send("text")?;
    /// server.send(&[1, 2])?;
    /// assert_eq!(server.transmit(), b"\x81\x04text\x82\x02\x01\x02");
    ///
    /// let shared = OwnedMessage::from("for all");
    /// for connection in [&mut server] {
    ///     connection.send(shared.clone())?; // No copy of a long payload.
    /// }
    /// # Ok::<(), sansocket::SendError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`SendError::NotOpen`] before the opening handshake is done, [`SendError::Closing`] after a
    /// close frame or the end, and [`SendError::MessageInProgress`] within a message sent in parts. Nothing
    /// is queued.
    #[inline]
    pub fn send<'p>(&mut self, message: impl Into<Message<'p>>) -> Result<(), SendError> {
        match message.into() {
            Message::Text(text) => self.queue(Kind::Text, text.as_bytes()),
            Message::Binary(bytes) => self.queue(Kind::Binary, bytes),
            Message::Owned(message) => self.send_owned(message, |_| 0),
            Message::Prepared(message) => self.queue_prepared(message),
        }
    }

    /// Queues a message, unless the queue [is full](Self::is_full).
    ///
    /// ```
    /// use sansocket::{Config, Connection, Negotiated, SendError, Timestamp};
    ///
    /// # let now = Timestamp::default();
    /// let config = Config::new().max_queued(8).shared();
    /// let mut server = Connection::open_server(Negotiated::new(), config, now);
    /// assert_eq!(server.try_send("a long message"), Ok(()));
    /// assert_eq!(server.try_send("another"), Err(SendError::QueueFull));
    /// assert_eq!(server.queued(), 16);
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`SendError::QueueFull`] if it is, and the errors of [`send`](Self::send). Nothing is queued.
    pub fn try_send<'p>(&mut self, message: impl Into<Message<'p>>) -> Result<(), SendError> {
        if self.is_full() {
            return Err(SendError::QueueFull);
        }
        self.send(message)
    }

    /// Queues a part of a message. More parts follow (section 5.4).
    ///
    /// The length of the message need not be known. Pings and pongs may pass between its parts, but no other
    /// message.
    ///
    /// ```
    /// # use sansocket::{Config, Connection, Negotiated, Timestamp};
    /// # let now = Timestamp::default();
    /// # let mut server = Connection::open_server(Negotiated::new(), Config::new().shared(), now);
    ///
    /// server.send_part("Hel")?;
    /// server.send_last("lo")?;
    /// assert_eq!(server.transmit(), b"\x01\x03Hel\x80\x02lo");
    /// # Ok::<(), sansocket::SendError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`SendError::NotOpen`] and [`SendError::Closing`] as [`send`](Self::send) does, and
    /// [`SendError::MessageInProgress`] if the parts before were of the other kind. Nothing is queued.
    pub fn send_part<'p>(&mut self, part: impl Into<Message<'p>>) -> Result<(), SendError> {
        self.queue_part(&part.into(), false)
    }

    /// Queues the last part of a message. It may be empty, and it may be the only part.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`send_part`](Self::send_part). Nothing is queued.
    pub fn send_last<'p>(&mut self, part: impl Into<Message<'p>>) -> Result<(), SendError> {
        self.queue_part(&part.into(), true)
    }

    /// Sends a message without a copy, as far as `write` takes it, and queues the rest.
    ///
    /// `write` gets three slices for a vectored write, some of which may be empty. The first holds bytes that wait
    /// already. It returns how many bytes it has written. It is called until nothing is left or it returns 0.
    ///
    /// The message is queued first, and `write` is not called, if the message is shorter than 16 KiB, if it is
    /// compressed, or if output of several pieces waits. So is a message of a client that is borrowed or shared, as a
    /// client must mask it: give it away, or call [`send_in_place`](Self::send_in_place).
    ///
    /// ```
    /// use std::io::{IoSlice, Write};
    /// # use sansocket::{Config, Connection, Negotiated, Timestamp};
    /// # let now = Timestamp::default();
    /// # let mut server = Connection::open_server(Negotiated::new(), Config::new().shared(), now);
    ///
    /// let (payload, mut stream) = (vec![7; 20_000], Vec::new());
    /// server.send_with(&payload, |slices| {
    ///     stream.write_vectored(&slices.map(IoSlice::new)).unwrap_or(0)
    /// })?;
    /// assert_eq!((stream.len(), server.queued()), (20_004, 0));
    /// # Ok::<(), sansocket::SendError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the errors of [`send`](Self::send). Nothing is queued or written.
    pub fn send_with<'p>(
        &mut self,
        message: impl Into<Message<'p>>,
        write: impl FnMut(&[&[u8]; 3]) -> usize,
    ) -> Result<(), SendError> {
        let message = message.into();
        if !self.can_lend(&message) {
            return self.send(message);
        }
        let (kind, payload) = match message {
            Message::Text(text) => (Kind::Text, text.as_bytes()),
            Message::Binary(bytes) => (Kind::Binary, bytes),
            Message::Owned(message) => return self.send_owned(message, write),
            Message::Prepared(message) => return self.lend_prepared(message, write),
        };
        self.begin_message()?;
        let frame = self.framer.frame_unmasked(kind, payload)?;
        let left = self.lend(frame.slices(), write);
        self.append_rest(&payload[payload.len() - left..]);
        Ok(())
    }

    /// Sends a binary message as [`send_with`](Self::send_with) does, and masks it where it lies if this is a client.
    ///
    /// A client overwrites `payload` with its masked bytes, but leaves it as it is if it queues the message first. So
    /// do not use its contents afterwards. A server masks nothing and never changes `payload`.
    ///
    /// A text cannot be masked in place while it is borrowed. Give a `String` to `send_with`.
    ///
    /// ```
    /// use std::io::{IoSlice, Write};
    /// # use sansocket::{Config, Connection, Negotiated, Seed, Timestamp};
    /// # let (config, seed) = (Config::new().shared(), Seed::new([7; 32]));
    /// # let mut client = Connection::open_client(Negotiated::new(), config, seed, Timestamp::default());
    ///
    /// let (mut payload, mut stream) = (vec![0; 20_000], Vec::new());
    /// client.send_in_place(&mut payload, |slices| {
    ///     stream.write_vectored(&slices.map(IoSlice::new)).unwrap_or(0)
    /// })?;
    /// assert_eq!((stream.len(), client.queued()), (20_008, 0));
    /// assert_eq!(payload, stream[8..]); // Masked.
    /// # Ok::<(), sansocket::SendError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the errors of [`send`](Self::send). Nothing is queued or written, and `payload` is unchanged.
    pub fn send_in_place(
        &mut self,
        payload: &mut [u8],
        write: impl FnMut(&[&[u8]; 3]) -> usize,
    ) -> Result<(), SendError> {
        if self.is_copied(payload.len()) || !self.can_write_now() {
            return self.queue(Kind::Binary, payload);
        }
        self.begin_message()?;
        let frame = self.framer.frame(Kind::Binary, payload)?;
        let left = self.lend(frame.slices(), write);
        // Section 10.3: nobody changes a frame once it is masked. So the rest is a copy.
        self.append_rest(&payload[payload.len() - left..]);
        Ok(())
    }

    /// Writes a frame from where it lies, as far as `write` takes it, and queues the rest of its header. Returns how
    /// many bytes of the payload are left.
    #[inline]
    fn lend(
        &mut self,
        [mut head, mut payload]: [&[u8]; 2],
        mut write: impl FnMut(&[&[u8]; 3]) -> usize,
    ) -> usize {
        while !(head.is_empty() && payload.is_empty()) {
            let waiting = self.output.front();
            let count = write(&[waiting, head, payload]);
            if count == 0 {
                break;
            }
            let of_waiting = count.min(waiting.len());
            let of_head = (count - of_waiting).min(head.len());
            if of_waiting > 0 {
                self.output.advance(of_waiting);
            }
            (head, payload) = (&head[of_head..], &payload[count - of_waiting - of_head..]);
            let is_all = head.is_empty() && payload.is_empty();
            if !is_all || !self.closing.is_flowing() {
                self.note_lent(is_all);
            }
        }
        self.append_rest(head);
        payload.len()
    }

    /// Notes that the peer took bytes of a message that is lent, and whether those were all.
    #[cold]
    fn note_lent(&mut self, is_all: bool) {
        if self.closing.progress(is_all) {
            self.deadlines.progress();
        }
    }

    /// Queues a copy of the rest of a frame.
    #[inline]
    fn append_rest(&mut self, rest: &[u8]) {
        if !rest.is_empty() {
            self.output.tail().extend_from_slice(rest);
            self.count(rest.len());
        }
    }

    /// Queues a ping. The peer answers with a pong of the same payload: see
    /// [`Event::Pong`](crate::Event::Pong).
    ///
    /// ```
    /// use sansocket::SendError;
    /// # use sansocket::{Config, Connection, Negotiated, Timestamp};
    /// # let now = Timestamp::default();
    /// # let mut server = Connection::open_server(Negotiated::new(), Config::new().shared(), now);
    ///
    /// server.ping(b"1")?;
    /// assert_eq!(server.ping(b"2"), Err(SendError::PingPending));
    /// assert_eq!(server.transmit(), b"\x89\x011");
    /// # Ok::<(), sansocket::SendError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`SendError::ControlTooLong`] if `payload` has more than 125 bytes,
    /// [`SendError::PingPending`] if another ping waits to be written, [`SendError::NotOpen`] and
    /// [`SendError::Closing`]. Nothing is queued.
    pub fn ping(&mut self, payload: &[u8]) -> Result<(), SendError> {
        self.closing.check_open()?;
        self.framer.queue_ping(payload)
    }

    /// Queues a keepalive ping now. Its answer updates the [`round_trip`](Self::round_trip) time.
    ///
    /// # Errors
    ///
    /// Returns [`SendError::NotOpen`] and [`SendError::Closing`]. Nothing is queued.
    pub fn probe(&mut self) -> Result<(), SendError> {
        self.closing.check_open()?;
        self.framer.queue_probe(self.deadlines.next_probe());
        Ok(())
    }

    /// Queues a pong, whether a ping asked for it or not (section 5.5.3).
    ///
    /// Pings are answered without this, unless
    /// [`set_auto_pong`](crate::Connection::set_auto_pong) turns that off. When more pongs wait than
    /// [`Limits`](crate::Limits) allow, a new one replaces the newest.
    ///
    /// ```
    /// # use sansocket::{Config, Connection, Negotiated, Timestamp};
    /// # let now = Timestamp::default();
    /// # let mut server = Connection::open_server(Negotiated::new(), Config::new().shared(), now);
    ///
    /// server.set_auto_pong(false);
    /// // When a ping arrives with this payload, or without one, as a sign of life:
    /// server.pong(b"1")?;
    /// assert_eq!(server.transmit(), b"\x8a\x011");
    /// # Ok::<(), sansocket::SendError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`SendError::ControlTooLong`] if `payload` has more than 125 bytes, [`SendError::NotOpen`]
    /// and [`SendError::Closing`]. Nothing is queued.
    pub fn pong(&mut self, payload: &[u8]) -> Result<(), SendError> {
        self.closing.check_open()?;
        self.framer.queue_pong(payload, &self.config.limits)
    }

    /// Queues a close frame. Nothing can be sent after it; go on until the connection is
    /// [done](crate::Step::Done).
    ///
    /// A message sent in parts stays unfinished. Messages that the peer has sent before its own close frame
    /// are still delivered, unless
    /// [`Config::discard_after_close`](crate::Config::discard_after_close) is set. Does nothing if the
    /// connection is closing already.
    ///
    /// ```
    /// use sansocket::{CloseCode, SendError};
    /// # use sansocket::{Config, Connection, Negotiated, Timestamp};
    /// # let now = Timestamp::default();
    /// # let mut server = Connection::open_server(Negotiated::new(), Config::new().shared(), now);
    ///
    /// server.close(CloseCode::GOING_AWAY, "restart")?;
    /// assert_eq!(server.transmit(), b"\x88\x09\x03\xe9restart");
    /// assert_eq!(server.send("too late"), Err(SendError::Closing));
    /// # Ok::<(), sansocket::SendError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`SendError::NotOpen`] before the opening handshake is done,
    /// [`SendError::ReasonWithoutCode`], [`SendError::ReasonTooLong`], and [`SendError::WrongRole`] if only
    /// the other role may send this code. Nothing is queued.
    pub fn close(
        &mut self,
        code: impl Into<Option<CloseCode>>,
        reason: &str,
    ) -> Result<(), SendError> {
        let code = code.into();
        check_close(code, reason, self.role)?;
        match self.closing.check_open() {
            Err(SendError::NotOpen) => Err(SendError::NotOpen),
            Err(_) => Ok(()),
            Ok(()) => {
                let phase = self.deadlines.phase();
                self.queue_close(Close { code, reason });
                if self.deadlines.phase() != phase {
                    self.deadlines.start_at_next();
                }
                Ok(())
            }
        }
    }

    /// Compresses messages of at least this many bytes, from the next message on. 0 compresses all,
    /// [`usize::MAX`] none. A message sent in parts has an unknown length and is compressed unless none is.
    ///
    /// Do not compress data that is compressed already, nor secrets together with text that an attacker may
    /// choose (RFC 7692, section 8). Does nothing unless compression was negotiated.
    ///
    /// ```
    /// use sansocket::deflate::{Agreement, Compression, Context};
    /// use sansocket::{Config, Connection, Negotiated, Timestamp};
    ///
    /// let agreement = Agreement { client: Context::FULL, server: Context::FULL };
    /// let negotiated = Negotiated::new().with_compression(agreement, Compression::dedicated());
    /// let config = Config::new().shared();
    /// let mut server = Connection::open_server(negotiated, config, Timestamp::default());
    /// server.compress_from(usize::MAX);
    /// server.send(&[0; 100])?;
    /// assert_eq!(server.queued(), 102);
    ///
    /// server.compress_from(0);
    /// server.send(&[0; 100])?;
    /// assert!(server.queued() < 102 + 20);
    /// # Ok::<(), sansocket::SendError>(())
    /// ```
    #[cfg(feature = "deflate")]
    pub fn compress_from(&mut self, bytes: usize) {
        self.framer.compress_from(bytes);
    }

    /// Sets whether every part of a compressed message is flushed. Default: `true`.
    ///
    /// If not, parts wait in the compressor until there is enough for a frame. This suits messages of many
    /// small parts that nobody waits for. The last part flushes all.
    #[cfg(feature = "deflate")]
    pub const fn set_flushing(&mut self, flushing: bool) {
        self.framer.set_flushing(flushing);
    }

    /// Returns how many bytes wait to be written.
    pub fn queued(&self) -> usize {
        self.output.len()
    }

    /// Returns whether at least [`Config::max_queued`](crate::Config::max_queued) bytes wait to be written.
    ///
    /// Look at this before sending a message that is no reply. Replies need no look: while twice that many bytes of
    /// them wait, no more events are given out.
    pub fn is_full(&self) -> bool {
        self.output.len() >= self.config.max_queued
    }

    /// Returns whether a pong, a ping or a close frame waits to be written.
    ///
    /// These should not wait until the application has handled all events of a read: write them before the
    /// next event if handling one takes long.
    pub const fn is_urgent(&self) -> bool {
        self.framer.has_pending()
    }

    /// Returns whether the connection is open and no close frame has been queued.
    pub const fn is_open(&self) -> bool {
        self.closing.is_open()
    }

    /// Returns which end of the connection this is.
    pub const fn role(&self) -> Role {
        self.role
    }

    /// Returns the configuration.
    pub const fn config(&self) -> &Arc<Config> {
        &self.config
    }

    /// Whether nothing can be written any more.
    #[cfg(feature = "std")]
    pub(crate) const fn is_broken(&self) -> bool {
        self.closing.is_broken()
    }

    /// Returns the round-trip time, once a keepalive ping has been answered.
    pub fn round_trip(&self) -> Option<RoundTrip> {
        self.deadlines.round_trip()
    }

    /// Makes the payloads of keepalive pings unpredictable, so that a peer cannot answer a ping that it has
    /// not read. A client does so by its own seed. Adapters do so for servers, too.
    pub fn seed_pings(&mut self, seed: &Seed) {
        self.deadlines.set_salt(seed.salt());
    }

    /// Frees memory that a waiting connection does not need.
    pub fn free_memory(&mut self) {
        drop(self.output.take_memory());
    }

    /// Takes the memory to write from, for another connection, unless something waits in it.
    #[cfg(feature = "__asynchronous")]
    pub(crate) fn take_memory(&mut self) -> Vec<u8> {
        self.output.take_memory()
    }

    /// Whether it owns memory to write from.
    #[cfg(feature = "__asynchronous")]
    pub(crate) const fn has_memory(&self) -> bool {
        self.output.has_memory()
    }

    /// Takes memory of another connection to write from. It must have none.
    #[cfg(feature = "__asynchronous")]
    pub(crate) fn give_memory(&mut self, memory: Vec<u8>) {
        self.output.give_memory(memory);
    }

    /// The buffer that the opening handshake writes to.
    pub(super) const fn out(&mut self) -> &mut Vec<u8> {
        self.output.tail()
    }

    /// Notes that the opening handshake is done.
    pub(super) fn open(&mut self, transport: Transport) {
        self.closing.open(transport);
        self.deadlines.enter(Phase::Open);
    }

    /// Waits for the application to decide on a request.
    pub(super) const fn ask(&mut self) {
        self.closing.ask();
        self.deadlines.enter(Phase::Deciding);
    }

    /// Waits for the rest of the body of a rejection.
    pub(super) fn await_body(&mut self) {
        self.deadlines.follow(Phase::Body);
    }

    /// Ends a connection that does not open.
    pub(super) fn end_unopened(&mut self, cause: Cause) {
        self.closing.end(cause);
        self.deadlines.enter(Phase::Ending);
    }

    /// Notes bytes from the peer.
    pub(super) fn hear(&mut self, now: Timestamp) {
        self.deadlines.tell(now);
        self.deadlines.hear(&self.config.timeouts);
    }

    /// Counts messages as replies from now on.
    #[inline]
    pub(super) const fn begin_reply(&mut self) {
        self.is_replying = true;
    }

    /// Whether what the peer sends still matters.
    pub(super) const fn is_receiving(&self) -> bool {
        self.closing.is_receiving()
    }

    /// Whether messages are discarded, since a close frame has been queued.
    pub(super) fn is_discarding(&self) -> bool {
        self.closing.is_closing() && self.config.discard_after_close
    }

    /// Queues the pong for a ping, unless the connection is closing (section 5.5.2).
    pub(super) fn reply_pong(&mut self, payload: &[u8]) {
        // A ping has at most 125 bytes, and so has its answer.
        let _ = self.pong(payload);
    }

    /// Takes a pong, which may answer a keepalive ping.
    pub(super) fn handle_pong(&mut self, payload: &[u8]) {
        self.deadlines.receive_pong(payload);
    }

    /// Fails the connection (section 7.1.7).
    pub(super) fn fail(&mut self, error: ProtocolError) {
        self.queue_close(Close { code: Some(error.close_code()), reason: "" });
        self.closing.fail(error);
        self.deadlines.follow(Phase::Ending);
    }

    /// Takes the peer's close frame, and replies to it.
    pub(super) fn receive_close(&mut self, close: Close<'_>) {
        let has_sent = self.closing.is_closing();
        // Section 5.5.1: the reply carries the code of the close frame.
        self.queue_close(Close { code: close.code, reason: "" });
        self.closing.receive_close(close, has_sent);
        self.deadlines.follow(Phase::Ending);
    }

    /// Keeps what a close frame says that breaks the protocol.
    pub(super) fn note_bad_close(&mut self, payload: &[u8]) {
        let (frame, reason) = read_bad_close(payload);
        self.closing.note_close(frame, reason, self.closing.is_closing());
    }

    /// Notes that the peer ended the transport. What is queued stays so, as the peer may still read, unless it
    /// reset the transport.
    pub(super) fn receive_end(&mut self, cause: Cause) {
        if self.is_done() {
            return;
        }
        self.closing.receive_end(cause);
        if self.closing.is_broken() {
            self.drop_output();
        }
        self.deadlines.follow(Phase::Ending);
        self.framer.shut();
    }

    /// Queues the control frames that wait. They count as replies, as most of them are.
    pub(super) fn transmit_pending(&mut self) {
        if self.closing.is_broken() {
            return self.framer.drop_pending();
        }
        let before = self.output.len();
        if self.framer.transmit(self.output.tail()) {
            self.deadlines.sent_probe();
        }
        self.output.count_reply(self.output.len() - before);
    }

    /// Queues a close frame, unless one was queued before or the connection has ended (section 5.5.1).
    fn queue_close(&mut self, close: Close<'_>) {
        if self.closing.begin() {
            self.framer.queue_close(close);
            self.deadlines.follow(Phase::Closing);
        }
    }

    fn queue(&mut self, kind: Kind, payload: &[u8]) -> Result<(), SendError> {
        self.closing.check_open()?;
        if !self.framer.is_plain() || !self.output.has_room(payload.len()) {
            return self.queue_slowly(kind, payload);
        }
        self.framer.append_plain(kind, payload, self.output.tail());
        if self.is_replying {
            self.output.count_reply(Header::size(self.role, payload.len()) + payload.len());
        }
        Ok(())
    }

    /// Queues a message behind control frames, compressed, or in more memory.
    #[inline(never)]
    fn queue_slowly(&mut self, kind: Kind, payload: &[u8]) -> Result<(), SendError> {
        self.framer.check_idle()?;
        self.transmit_pending();
        let out = self.output.tail_for(payload.len());
        let before = out.len();
        self.framer.append_message(kind, payload, out)?;
        self.count_since(before);
        Ok(())
    }

    fn queue_part(&mut self, part: &Message<'_>, fin: bool) -> Result<(), SendError> {
        self.closing.check_open()?;
        self.framer.check_kind(part.kind())?;
        self.transmit_pending();
        let out = self.output.tail_for(part.as_bytes().len());
        let before = out.len();
        self.framer.append_part(part.kind(), part.as_bytes(), fin, out)?;
        self.count_since(before);
        Ok(())
    }

    /// Sends a message that was given away, without a copy if that is worth it: as far as `write` takes it, and the
    /// rest is queued.
    fn send_owned(
        &mut self,
        message: OwnedMessage,
        write: impl FnMut(&[&[u8]; 3]) -> usize,
    ) -> Result<(), SendError> {
        if self.is_copied(message.len()) {
            return self.queue(message.kind(), message.as_bytes());
        }
        self.begin_message()?;
        let (left, payload) = match self.role {
            Role::Server => {
                let frame = self.framer.frame_unmasked(message.kind(), message.as_bytes())?;
                (self.lend(frame.slices(), write), message.into_bytes())
            }
            Role::Client => match message.try_into_mut() {
                Err(message) => return self.queue(message.kind(), message.as_bytes()),
                Ok((kind, mut bytes)) => {
                    let frame = self.framer.frame(kind, &mut bytes)?;
                    (self.lend(frame.slices(), write), bytes.freeze())
                }
            },
        };
        self.push_rest(payload, left);
        Ok(())
    }

    /// Queues the last `left` bytes of a payload or a frame, without a copy if that is worth it.
    fn push_rest(&mut self, mut payload: Bytes, left: usize) {
        payload.advance(payload.len() - left);
        if left < LARGE {
            return self.append_rest(&payload);
        }
        self.output.push(payload);
        self.count(left);
    }

    /// Queues a message whose frames are shared. A server shares a long frame instead of copying it.
    fn queue_prepared(&mut self, message: &Prepared) -> Result<(), SendError> {
        self.begin_message()?;
        let frame = self.framer.select(message.frames());
        let len = frame.bytes().len();
        match self.role == Role::Server && len >= LARGE {
            true => self.output.push(frame.bytes().clone()),
            false => self.framer.append_encoded(frame, self.output.tail_for(len)),
        }
        // The header of a client has a key as well.
        self.count(len - 2 + Header::size(self.role, 0));
        Ok(())
    }

    /// Writes a message whose frames are shared, as far as `write` takes it, and queues the rest.
    fn lend_prepared(
        &mut self,
        message: &Prepared,
        write: impl FnMut(&[&[u8]; 3]) -> usize,
    ) -> Result<(), SendError> {
        self.begin_message()?;
        let frame = self.framer.select(message.frames()).bytes().clone();
        let left = self.lend([&[], &frame], write);
        self.push_rest(frame, left);
        Ok(())
    }

    /// Begins a message that does not lie in the output: control frames that wait go before it.
    fn begin_message(&mut self) -> Result<(), SendError> {
        self.closing.check_open()?;
        self.framer.check_idle()?;
        if self.framer.has_pending() {
            self.transmit_pending();
        }
        Ok(())
    }

    /// Whether a message can be written from where it lies. That of a client must be its own, as it masks it.
    fn can_lend(&self, message: &Message<'_>) -> bool {
        let len = message.as_bytes().len();
        let (is_copied, is_ours) = match message {
            Message::Prepared(_) => (len < LARGE, false),
            Message::Text(_) | Message::Binary(_) => (self.is_copied(len), false),
            Message::Owned(_) => (self.is_copied(len), true),
        };
        (is_ours || self.role == Role::Server) && !is_copied && self.can_write_now()
    }

    /// Whether a message can be written right behind what waits.
    fn can_write_now(&self) -> bool {
        self.output.is_simple() && !self.closing.is_broken()
    }

    /// Whether a message of this length is copied, since it is short or will be compressed.
    fn is_copied(&self, len: usize) -> bool {
        len < LARGE || self.framer.is_compressing(len)
    }

    /// Counts the bytes that were appended since the tail had `before` of them.
    fn count_since(&mut self, before: usize) {
        let count = self.output.tail().len() - before;
        self.count(count);
    }

    /// Counts bytes that were appended. Those of replies count towards the limit.
    fn count(&mut self, bytes: usize) {
        if self.is_replying {
            self.output.count_reply(bytes);
        }
    }
}

/// Checks that a close frame may be sent.
fn check_close(code: Option<CloseCode>, reason: &str, role: Role) -> Result<(), SendError> {
    match (code.map(CloseCode::get), role) {
        (None, _) if !reason.is_empty() => return Err(SendError::ReasonWithoutCode),
        // Section 7.4.1: only a client misses an extension, since a server could reject the request.
        (Some(1010), Role::Server) => return Err(SendError::WrongRole),
        // 1012 to 1014 describe the state of a server.
        (Some(1012..=1014), Role::Client) => return Err(SendError::WrongRole),
        _ => {}
    }
    // Section 5.5: the whole body has at most 125 bytes.
    match reason.len() > Close::MAX_REASON {
        true => Err(SendError::ReasonTooLong),
        false => Ok(()),
    }
}

/// Messages of at least this many bytes are not copied, if they are given away or lent.
///
/// A vectored write took 80 to 120 ns more than a plain one (loopback TCP, Linux 6.18). To copy 16 KiB takes as long.
const LARGE: usize = 16 << 10;
