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
    ///
    /// ```
    /// use sansocket::{Config, Connection, Event, Input, Timestamp};
    ///
    /// # const REQUEST: &[u8] = b"GET /chat?room=1 HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\n\
    /// #     Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    /// #     Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: v1, v2\r\n\r\n";
    /// let (mut input, now) = (Input::new(vec![0; 1024]), Timestamp::default());
    /// let mut connection = Connection::server(Config::new().shared(), now);
    /// connection.receive(&mut input, REQUEST.to_vec(), now);
    /// assert_eq!(connection.next_event(&mut input), Some(Event::Request));
    ///
    /// connection.accept();
    /// assert!(connection.transmit().starts_with(b"HTTP/1.1 101 Switching Protocols\r\n"));
    /// ```
    pub fn server(config: Arc<Config>, now: Timestamp) -> Self {
        Self::new(config, Role::Server, Some(Opening::server()), now)
    }

    /// Creates the client's end, and queues its request.
    ///
    /// The first event is [`Event::Open`] or [`Event::Rejected`]. A seed serves one connection (section 4.1,
    /// item 7).
    ///
    /// ```
    /// use sansocket::client::Request;
    /// use sansocket::{Config, Connection, Seed, Timestamp, Url};
    ///
    /// # let seed = Seed::new([7; 32]);
    /// let request = Request::new(Url::parse("ws://example.com/chat")?);
    /// let mut connection =
    ///     Connection::client(request, Config::new().shared(), seed, Timestamp::default());
    /// assert!(connection.transmit().starts_with(b"GET /chat HTTP/1.1\r\nHost: example.com\r\n"));
    /// # Ok::<(), sansocket::UrlError>(())
    /// ```
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
    /// ```
    /// use sansocket::client::Request;
    /// use sansocket::{Config, Connection, Event, Input, Seed, Timestamp, Url};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (seed, config, now) = (Seed::new([7; 32]), Config::new().shared(), Timestamp::default());
    /// let request = Request::new(Url::parse("ws://example.com/chat")?);
    /// let connection = Connection::resume(request, "dGhlIHNhbXBsZSBub25jZQ==", config, seed, now)?;
    ///
    /// let mut connection = connection.with_read_ahead(
    ///     b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    ///       Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
    /// );
    /// assert_eq!(connection.next_event(&mut Input::new(vec![0; 1024])), Some(Event::Open));
    /// # Ok(())
    /// # }
    /// ```
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
    ///
    /// ```
    /// use sansocket::{Config, Connection, Negotiated, Seed, Timestamp};
    ///
    /// # let (seed, now) = (Seed::new([7; 32]), Timestamp::default());
    /// let mut client = Connection::open_client(Negotiated::new(), Config::new().shared(), seed, now);
    /// client.send("Hello")?;
    /// assert_eq!(client.transmit()[..2], [0x81, 0x85]); // A client masks its frames.
    /// # Ok::<(), sansocket::SendError>(())
    /// ```
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

    /// Joins the halves of a connection.
    pub(crate) const fn from_halves(receiver: Receiver, sender: Sender) -> Self {
        Self { receiver, sender }
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
    ///
    /// ```
    /// use sansocket::{Config, Connection, Event, Input, Negotiated, Seed, Timestamp};
    ///
    /// # let (seed, now) = (Seed::new([7; 32]), Timestamp::default());
    /// let client = Connection::open_client(Negotiated::new(), Config::new().shared(), seed, now);
    /// let mut client = client.with_read_ahead(b"\x81\x05Hello");
    /// assert_eq!(client.next_event(&mut Input::new([0; 64])), Some(Event::Text("Hello")));
    /// ```
    #[must_use]
    pub fn with_read_ahead(mut self, bytes: &[u8]) -> Self {
        self.receiver.read_ahead(bytes);
        self
    }

    /// Returns the next event, or `None` once all of `input` is used up.
    ///
    /// The event borrows `input` until the next call. What the peer does wrong is an event, too.
    ///
    /// ```
    /// use sansocket::{Config, Connection, Event, Input, Negotiated, Timestamp};
    ///
    /// # let (mut input, now) = (Input::new(vec![0; 64]), Timestamp::default());
    /// let mut server = Connection::open_server(Negotiated::new(), Config::new().shared(), now);
    /// server.receive(&mut input, b"\x81\x85\0\0\0\0Hello\x89\x82\0\0\0\0hi".to_vec(), now);
    /// while let Some(event) = server.next_event(&mut input) {
    ///     match event {
    ///         Event::Text(text) => assert_eq!(text, "Hello"),
    ///         Event::Ping(payload) => assert_eq!(payload, b"hi"),
    ///         _ => unreachable!("nothing else was received"),
    ///     }
    /// }
    /// assert_eq!(server.transmit(), b"\x8a\x02hi"); // The pong was queued.
    /// ```
    #[inline(always)]
    pub fn next_event<'i, B: AsMut<[u8]>>(&mut self, input: &'i mut Input<B>) -> Option<Event<'i>> {
        self.receiver.next_event(input, &mut self.sender)
    }

    /// Returns whether there is an event. [`next_event`](Self::next_event) then returns it.
    ///
    /// For functions that return the event to their caller: a loop with `next_event` alone would not
    /// borrow-check there.
    ///
    /// ```
    /// use std::io::{self, Read};
    /// use sansocket::{Connection, Event, Input, Step, Timestamp};
    ///
    /// /// Reads until there is an event, or nothing more to read.
    /// fn receive<'i>(
    ///     connection: &mut Connection,
    ///     input: &'i mut Input<Vec<u8>>,
    ///     stream: &mut impl Read,
    ///     now: Timestamp,
    /// ) -> io::Result<Option<Event<'i>>> {
    ///     while !connection.has_event(input) {
    ///         let Step::Io { read: true, .. } = connection.next_step() else { return Ok(None) };
    ///         let mut spare = connection.spare(input);
    ///         let count = stream.read(spare.buffer())?;
    ///         spare.filled(count, now);
    ///     }
    ///     Ok(connection.next_event(input))
    /// }
    /// # use sansocket::{Config, Negotiated};
    /// # let (mut input, now) = (Input::new(vec![0; 3]), Timestamp::default());
    /// # let mut server = Connection::open_server(Negotiated::new(), Config::new().shared(), now);
    /// # let mut stream = &b"\x81\x82\0\0\0\0Hi"[..];
    /// # let event = receive(&mut server, &mut input, &mut stream, now)?;
    /// # assert_eq!(event, Some(Event::Text("Hi")));
    /// # assert_eq!(receive(&mut server, &mut input, &mut stream, now)?, None);
    /// # Ok::<(), io::Error>(())
    /// ```
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
    ///
    /// ```
    /// use sansocket::{Config, Connection, Event, Input, Negotiated, Timestamp};
    ///
    /// # let now = Timestamp::default();
    /// # let mut server = Connection::open_server(Negotiated::new(), Config::new().shared(), now);
    /// let mut input = Input::new(Vec::new());
    /// let read = b"\x82\x82\0\0\0\0\x01\x02".to_vec(); // The system has read into a buffer of its own.
    /// let free = server.receive(&mut input, read, now);
    /// assert_eq!(server.next_event(&mut input), Some(Event::Binary(&mut [1, 2])));
    /// assert!(free.is_empty()); // The buffer that was in `input` before.
    /// ```
    pub fn receive<B: AsMut<[u8]>>(&mut self, input: &mut Input<B>, read: B, now: Timestamp) -> B {
        self.receiver.receive(input, read, now)
    }

    /// Notes that nothing more will come, in whatever way the transport ended.
    ///
    /// ```
    /// use sansocket::{Cause, Config, Connection, Input, Negotiated, Step, Timestamp};
    ///
    /// # let (mut input, now) = (Input::new(vec![0; 64]), Timestamp::default());
    /// let mut server = Connection::open_server(Negotiated::new(), Config::new().shared(), now);
    /// server.handle_eof(now);
    /// assert_eq!(server.next_event(&mut input), None);
    /// assert_eq!(server.next_step(), Step::Shutdown);
    /// server.handle_shutdown();
    /// let ended = server.ended().expect("nothing is left to do");
    /// assert_eq!((ended.cause, ended.code()), (Cause::TransportEnded, 1006));
    /// ```
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
    ///
    /// ```
    /// use sansocket::{Config, Connection, Event, Input, Timestamp};
    ///
    /// # const REQUEST: &[u8] = b"GET /chat?room=1 HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\n\
    /// #     Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    /// #     Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: v1, v2\r\n\r\n";
    /// # let (mut input, now) = (Input::new(vec![0; 1024]), Timestamp::default());
    /// # let mut connection = Connection::server(Config::new().shared(), now).with_read_ahead(REQUEST);
    /// assert_eq!(connection.next_event(&mut input), Some(Event::Request));
    /// let request = connection.request().expect("a request waits");
    /// assert_eq!((request.path(), request.query()), ("/chat", Some("room=1")));
    /// connection.accept();
    /// assert!(connection.request().is_none());
    /// ```
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
    ///
    /// ```
    /// use sansocket::server::Response;
    /// use sansocket::{Config, Connection, Event, Input, Timestamp};
    ///
    /// # const REQUEST: &[u8] = b"GET /chat?room=1 HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\n\
    /// #     Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    /// #     Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: v1, v2\r\n\r\n";
    /// # let (mut input, now) = (Input::new(vec![0; 1024]), Timestamp::default());
    /// # let mut connection = Connection::server(Config::new().shared(), now).with_read_ahead(REQUEST);
    /// # assert_eq!(connection.next_event(&mut input), Some(Event::Request));
    /// connection.reject(Response::new(429, &[("Retry-After", "60")], b"Slow down")?);
    /// assert!(connection.transmit().starts_with(b"HTTP/1.1 429 Too Many Requests\r\n"));
    /// # Ok::<(), sansocket::HeaderError>(())
    /// ```
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
    ///
    /// ```
    /// use sansocket::{Config, Connection, Event, Input, Timestamp};
    ///
    /// let request = b"GET /index.html HTTP/1.1\r\nHost: example.com\r\n\r\n";
    /// # let (mut input, now) = (Input::new(vec![0; 1024]), Timestamp::default());
    /// # let mut connection = Connection::server(Config::new().shared(), now);
    /// connection.receive(&mut input, request.to_vec(), now);
    /// assert_eq!(connection.next_event(&mut input), Some(Event::NotUpgrade));
    /// assert_eq!(connection.into_unread(), request); // For an HTTP server.
    /// ```
    pub fn into_unread(self) -> Vec<u8> {
        self.receiver.into_unread()
    }

    /// Sets whether messages are delivered in parts as they arrive, from the next message on. Default:
    /// `false`.
    ///
    /// Parts are not kept in memory. Limits and validation apply all the same.
    ///
    /// ```
    /// use sansocket::{Config, Connection, Event, Input, Kind, Negotiated, Timestamp};
    ///
    /// # let (mut input, now) = (Input::new(vec![0; 64]), Timestamp::default());
    /// # let mut server = Connection::open_server(Negotiated::new(), Config::new().shared(), now);
    /// server.set_streaming(true);
    /// for (read, last) in [(&b"\x82\x84\0\0\0\0ab"[..], false), (b"cd", true)] {
    ///     server.receive(&mut input, read.to_vec(), now);
    ///     let Some(Event::Part { kind, bytes, last: is_last }) = server.next_event(&mut input) else {
    ///         panic!("a part has arrived");
    ///     };
    ///     assert_eq!((kind, bytes.len(), is_last), (Kind::Binary, 2, last));
    /// }
    /// ```
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
    ///
    /// ```
    /// use sansocket::{Config, Connection, Event, Input, Kind, Negotiated, ProtocolError, Timestamp};
    ///
    /// # let (mut input, now) = (Input::new(vec![0; 64]), Timestamp::default());
    /// # let mut server = Connection::open_server(Negotiated::new(), Config::new().shared(), now);
    /// server.reject_kind(Kind::Binary);
    /// server.receive(&mut input, b"\x82\x80\0\0\0\0".to_vec(), now);
    /// let violation = Event::Violation(ProtocolError::UnsupportedKind);
    /// assert_eq!(server.next_event(&mut input), Some(violation));
    /// assert_eq!(server.transmit(), b"\x88\x02\x03\xeb"); // A close frame with code 1003.
    /// ```
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
    ///
    /// ```
    /// use std::sync::{Arc, Mutex};
    /// use std::thread;
    /// use sansocket::{Config, Connection, Event, Input, Negotiated, Timestamp};
    ///
    /// # let now = Timestamp::default();
    /// # let connection = Connection::open_server(Negotiated::new(), Config::new().shared(), now);
    /// # let connection = connection.with_read_ahead(b"\x81\x82\0\0\0\0Hi");
    /// let (mut receiver, sender) = connection.split();
    /// let sender = Arc::new(Mutex::new(sender));
    /// let another = Arc::clone(&sender);
    /// thread::spawn(move || another.lock().unwrap().send("Hello")).join().unwrap()?;
    ///
    /// let mut input = Input::new(vec![0; 64]);
    /// let event = receiver.next_event(&mut input, &mut sender.lock().unwrap());
    /// assert_eq!(event, Some(Event::Text("Hi")));
    /// assert_eq!(sender.lock().unwrap().transmit(), b"\x81\x05Hello");
    /// # Ok::<(), sansocket::SendError>(())
    /// ```
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
