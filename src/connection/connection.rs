//! The one machine: a connection from the first byte of its opening handshake to the end of its transport.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::{Deref, DerefMut};

use super::config::Config;
use super::event::Event;
use super::input::Input;
use super::opening::Opening;
use super::receiver::Receiver;
use super::sender::Sender;
use super::spare::Spare;
use super::timestamp::Timestamp;
use crate::handshake::{Negotiated, client, server};
use crate::wire::{Keys, Kind, Role, Seed};

/// One end of a WebSocket, from the first byte of the opening handshake to the end of the transport.
///
/// A connection does no I/O and reads no clock. Its loop has two rules: take the events until there are none,
/// then do what [`next_step`](Sender::next_step) says.
///
/// ```
/// use std::io::{self, Read, Write};
/// use std::net::{Shutdown, TcpStream};
/// use std::sync::Arc;
/// use std::time::{Duration, Instant};
/// use sansocket::{Config, Connection, Ended, Event, Input, Step, Timestamp};
///
/// # #[cfg(feature = "std")]
/// fn serve(mut stream: TcpStream, config: Arc<Config>) -> io::Result<Ended> {
///     let start = Instant::now();
///     let now = || Timestamp::new(start.elapsed());
///     let mut input = Input::new(vec![0; 64 << 10]); // One input serves all connections of a thread.
///     let mut connection = Connection::server(config, now());
///     loop {
///         while let Some(event) = connection.next_event(&mut input) {
///             match event {
///                 Event::Request => connection.accept(), // Now, or at any time later.
///                 Event::NotUpgrade => connection.require_upgrade(),
///                 Event::Text(text) => drop(connection.send(text)), // The text lies in `input`.
///                 _ => {}
///             }
///         }
///         match connection.next_step() {
///             Step::Io { write: true, .. } => _ = connection.write_to(&mut stream, now),
///             Step::Io { .. } => {
///                 let due = connection.poll_timeout().map(|due| due.since(now()));
///                 stream.set_read_timeout(due.map(|due| due.max(Duration::from_millis(1))))?;
///                 let _ = connection.read_from(&mut stream, &mut input, now);
///                 connection.handle_timeout(now());
///             }
///             Step::Shutdown => {
///                 let _ = stream.shutdown(Shutdown::Write);
///                 connection.handle_shutdown();
///             }
///             Step::Done(ended) => return Ok(ended),
///         }
///     }
/// }
/// ```
///
/// # Laws
///
/// * **Without an event, the input is used up.** What a connection must remember, it keeps itself. So one
///   [`Input`] serves all connections of a thread, from the first byte on.
/// * **Cutting does not matter.** Events and output depend on the bytes alone, not on how they were split into
///   reads.
/// * **An event borrows the input and nothing else.** While it is held, everything can be done with the
///   connection but read.
/// * **Violations are events.** No method returns an error that would make `?` leave the loop before the close
///   frame was written. The final account repeats the violation.
/// * **The peer cannot use more memory** than [`Limits::max_memory`](crate::Limits::max_memory) and
///   [`Config::max_queued`] allow. While that many bytes of replies wait, nothing is read; while twice as many
///   wait, no more events are given out.
/// * **Every wait has a deadline**: the opening, a decision, a ping, a close frame, the end of the transport.
///   See [`Timeouts`](crate::Timeouts).
/// * **A call at the wrong time is harmless.** Only counts of bytes that were not given out cause a panic.
///
/// A connection takes at most 320 bytes, 360 with `deflate`. While it waits for the peer it owns nothing on the
/// heap, except the generator of a client's masks.
///
/// It dereferences to its [`Sender`], so all methods of that are its own.
#[derive(Debug)]
pub struct Connection {
    receiver: Receiver,
    sender: Sender,
}

impl Connection {
    /// Creates the server's end of a connection of which nothing has come.
    pub fn server(config: Arc<Config>, now: Timestamp) -> Self {
        Self::new(config, Role::Server, Some(Opening::server()), now)
    }

    /// Creates the client's end, and queues its request.
    ///
    /// The first event is [`Event::Open`] or [`Event::Rejected`]. A seed serves one connection (section 4.1,
    /// item 7).
    pub fn client(
        request: client::Request<'_>,
        config: Arc<Config>,
        seed: Seed,
        now: Timestamp,
    ) -> Self {
        let (mut keys, mut out) = (Keys::new(seed), Vec::new());
        #[cfg(feature = "deflate")]
        let request = request.offering(config.compression.as_ref());
        let handshake = client::Handshake::start(request, keys.next_nonce(), &mut out);
        let mut connection = Self::new(config, Role::Client, Some(Opening::client(handshake)), now);
        *connection.sender.out() = out;
        connection.set_keys(keys);
        connection
    }

    /// Creates the client's end of a connection whose request was written elsewhere, with `key` as its
    /// `Sec-WebSocket-Key`. The response comes first. The subprotocols of `request` are those that were
    /// offered.
    ///
    /// # Errors
    ///
    /// Returns [`ResponseError::BadKey`](client::ResponseError::BadKey) if `key` is not 16 bytes in base64.
    pub fn resume(
        request: client::Request<'_>,
        key: &str,
        config: Arc<Config>,
        seed: Seed,
        now: Timestamp,
    ) -> Result<Self, client::ResponseError> {
        #[cfg(feature = "deflate")]
        let request = request.offering(config.compression.as_ref());
        let opening = Opening::client(client::Handshake::resume(request, key)?);
        let mut connection = Self::new(config, Role::Client, Some(opening), now);
        connection.set_keys(Keys::new(seed));
        Ok(connection)
    }

    /// Creates the server's end of a connection whose opening handshake was done elsewhere, by an HTTP
    /// library or over HTTP/2. Frames come first.
    pub fn open_server(negotiated: Negotiated, config: Arc<Config>, now: Timestamp) -> Self {
        Self::new(config, Role::Server, None, now).opened(&negotiated)
    }

    /// Creates the client's end of a connection whose opening handshake was done elsewhere. Frames come first.
    pub fn open_client(
        negotiated: Negotiated,
        config: Arc<Config>,
        seed: Seed,
        now: Timestamp,
    ) -> Self {
        let mut connection = Self::new(config, Role::Client, None, now);
        connection.set_keys(Keys::new(seed));
        connection.opened(&negotiated)
    }

    fn new(
        config: Arc<Config>,
        role: Role,
        opening: Option<alloc::boxed::Box<Opening>>,
        now: Timestamp,
    ) -> Self {
        let receiver = Receiver::new(role, config.limits, opening);
        Self { receiver, sender: Sender::new(config, role, now) }
    }

    fn opened(mut self, negotiated: &Negotiated) -> Self {
        self.receiver.open(negotiated, &mut self.sender);
        self
    }

    fn set_keys(&mut self, mut keys: Keys) {
        self.sender.deadlines.set_salt(keys.next_salt());
        self.sender.framer.set_keys(keys);
    }

    /// Has `bytes` come before all others, such as those that an HTTP library has read ahead.
    #[must_use]
    pub fn with_read_ahead(mut self, bytes: &[u8]) -> Self {
        self.receiver.read_ahead(bytes);
        self
    }

    /// Returns the next event, or `None` once all of `input` is used up.
    ///
    /// The event borrows `input` until the next call. What the peer does wrong is an event, too.
    #[inline(always)]
    pub fn next_event<'i, B: AsMut<[u8]>>(&mut self, input: &'i mut Input<B>) -> Option<Event<'i>> {
        self.receiver.next_event(input, &mut self.sender)
    }

    /// Returns whether there is an event. [`next_event`](Self::next_event) then returns it.
    ///
    /// For functions that return the event to their caller: a loop with `next_event` alone would not
    /// borrow-check there.
    pub fn has_event<B: AsMut<[u8]>>(&mut self, input: &mut Input<B>) -> bool {
        self.receiver.has_event(input, &mut self.sender)
    }

    /// Returns a guard for the next read.
    ///
    /// Bytes of another connection that are left in `input` are dropped.
    pub fn spare<'s, B: AsMut<[u8]>>(&'s mut self, input: &'s mut Input<B>) -> Spare<'s, B> {
        Spare::new(&mut self.receiver, Some(&mut self.sender), input)
    }

    /// Takes a buffer that was read into, all of it, and returns the one that was taken before. An empty buffer
    /// is the end of the transport.
    pub fn receive<B: AsMut<[u8]>>(&mut self, input: &mut Input<B>, read: B, now: Timestamp) -> B {
        self.receiver.receive(input, read, now)
    }

    /// Notes that nothing more will come, in whatever way the transport ended.
    pub fn handle_eof(&mut self, now: Timestamp) {
        self.sender.deadlines.tell(now);
        self.receiver.handle_eof();
    }

    /// Notes that the peer reset the transport, such as by `RST_STREAM` (RFC 8441, section 5). Nothing more
    /// will come, and nothing can be written.
    ///
    /// Events that were received before are returned first. The cause of the end is then
    /// [`Cause::TransportReset`](crate::Cause::TransportReset), unless the closing handshake was done.
    pub fn handle_reset(&mut self, now: Timestamp) {
        self.sender.deadlines.tell(now);
        self.receiver.handle_reset();
    }

    /// Returns the request that waits for a decision: to look at it, select a subprotocol, add headers.
    ///
    /// It waits for at most [`Timeouts::decision`](crate::Timeouts::decision), and is then rejected with
    /// status 503.
    pub fn request(&mut self) -> Option<&mut server::Request> {
        match self.sender.closing.is_deciding() {
            true => self.receiver.request(),
            false => None,
        }
    }

    /// Returns the head of a request for no WebSocket that waits for a decision:
    /// [`reject`](Self::reject) it, or hand [its bytes](Self::into_unread) to an HTTP server.
    pub fn head(&self) -> Option<&server::Head> {
        match self.sender.closing.is_deciding() {
            true => self.receiver.head(),
            false => None,
        }
    }

    /// Returns the response to our request, until the next event is looked for.
    pub fn response(&self) -> Option<&client::Response> {
        self.receiver.response()
    }

    /// Takes the response to our request, to keep it.
    pub fn take_response(&mut self) -> Option<client::Response> {
        self.receiver.take_response()
    }

    /// Accepts the request: queues the 101. Messages can be sent at once.
    ///
    /// Does nothing if no request waits any more.
    pub fn accept(&mut self) {
        self.receiver.accept(&mut self.sender);
    }

    /// Rejects the request, whatever it asks for: queues the response.
    ///
    /// Does nothing if no request waits any more.
    pub fn reject(&mut self, response: server::Response<'_>) {
        self.receiver.reject(response, &mut self.sender);
    }

    /// Rejects a request for no WebSocket by a 426, which says that there is nothing else here.
    ///
    /// Does nothing if no such request waits.
    pub fn require_upgrade(&mut self) {
        self.receiver.require_upgrade(&mut self.sender);
    }

    /// Returns the bytes that came and were not used: of a request for no WebSocket, all of it.
    pub fn into_unread(self) -> Vec<u8> {
        self.receiver.into_unread()
    }

    /// Sets whether messages are delivered in parts as they arrive, from the next message on. Default:
    /// `false`.
    ///
    /// Parts are not kept in memory. Limits and validation apply all the same.
    pub const fn set_streaming(&mut self, streaming: bool) {
        self.receiver.set_streaming(streaming);
    }

    /// Sets whether pings are answered. Default: `true`.
    ///
    /// Section 5.5.2 demands an answer. If this is off, give it with [`pong`](Sender::pong).
    pub const fn set_auto_pong(&mut self, auto_pong: bool) {
        self.receiver.set_auto_pong(auto_pong);
    }

    /// Rejects messages of this kind: they fail the connection with close code 1003.
    pub const fn reject_kind(&mut self, kind: Kind) {
        self.receiver.reject_kind(kind);
    }

    /// Returns how many bytes of the current frame have not arrived yet, as its header said. 0 between frames.
    pub fn frame_remaining(&self) -> u64 {
        self.receiver.frame_remaining()
    }

    /// Borrows both halves, for a loop that serves connections that are split and others.
    pub const fn halves(&mut self) -> (&mut Receiver, &mut Sender) {
        (&mut self.receiver, &mut self.sender)
    }

    /// Splits the connection for two threads: one receives, and any number of others send.
    pub fn split(self) -> (Receiver, Sender) {
        (self.receiver, self.sender)
    }
}

impl Deref for Connection {
    type Target = Sender;

    fn deref(&self) -> &Sender {
        &self.sender
    }
}

impl DerefMut for Connection {
    fn deref_mut(&mut self) -> &mut Sender {
        &mut self.sender
    }
}

/// The size that the docs promise. Machines of 32 bits need less.
const _: () = assert!(size_of::<Connection>() <= if cfg!(feature = "deflate") { 360 } else { 320 });
