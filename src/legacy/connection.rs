//! The machine of drafts 75 and 76: from the first byte of the opening handshake to the end of the transport.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::{Deref, DerefMut};

use super::draft::Draft;
use super::incoming::{Frame, Incoming};
use super::offer::Expected;
use super::opening::{Opening, Outcome};
use super::request::Request;
use super::sender::Sender;
use crate::connection::{Config, Event, Input, Timestamp};
use crate::handshake::{HeaderError, client, server};
use crate::wire::{Close, Keys, ProtocolError, Role, Seed};

/// One end of a WebSocket of draft 75 or 76.
///
/// It is driven as a [`sansocket::Connection`](crate::Connection) is, with the same [`Event`]s and
/// [`Step`](crate::Step)s, keeps to the same laws, and takes the same [`Config`].
///
/// | event | means |
/// |---|---|
/// | [`Request`](Event::Request) | a client of these drafts: [`accept`](Self::accept) or [`reject`](Self::reject) it |
/// | [`NotUpgrade`](Event::NotUpgrade) | another request, perhaps for a newer WebSocket: hand on [its bytes](Self::into_unread) |
/// | [`Open`](Event::Open) | the connection is open, in both roles |
/// | [`Rejected`](Event::Rejected) | the server answered with another status than 101 |
/// | [`Text`](Event::Text) | a message |
/// | [`Close`](Event::Close) | a close frame of draft 76, without a code |
/// | [`Violation`](Event::Violation) | the peer broke the protocol or a limit |
///
/// ```
/// use sansocket::legacy::Connection;
/// use sansocket::{Config, Event, Input, Timestamp};
///
/// let (mut input, now) = (Input::new(vec![0; 1024]), Timestamp::default());
/// let mut server = Connection::server(Config::new().shared(), now);
/// let request = b"GET /demo HTTP/1.1\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n\
///     Host: example.com\r\nOrigin: http://example.com\r\n\
///     Sec-WebSocket-Key1: 4 @1  46546xW%0l 1 5\r\nSec-WebSocket-Key2: 12998 5 Y3 1  .P00\r\n\r\n\
///     ^n:ds[4U\x00Hello\xff";
/// server.receive(&mut input, request.to_vec(), now);
/// while let Some(event) = server.next_event(&mut input) {
///     match event {
///         Event::Request => server.accept(),
///         Event::Text(text) => server.send(text)?,
///         _ => {}
///     }
/// }
/// assert!(server.transmit().ends_with(b"\r\n\r\n8jKS'y:G*Co,Wxa-\x00Hello\xff"));
/// # Ok::<(), sansocket::SendError>(())
/// ```
///
/// It dereferences to its [`Sender`], so all methods of that are its own.
#[derive(Debug)]
pub struct Connection {
    opening: Opening,
    /// Bytes that came before those in the input.
    stash: Input<Vec<u8>>,
    incoming: Option<Incoming>,
    /// An event that was found and not taken.
    found: Option<Found>,
    /// The number of the read that brought the unread bytes of the input. 0 if there are none.
    read: u32,
    reading: Reading,
    sender: Sender,
}

#[derive(Clone, Copy, Debug)]
enum Found {
    Opening(Outcome),
    Text,
    Close,
    Violation(ProtocolError),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    Open,
    /// Nothing more will come. The sender learns it once the application has decided on a request.
    Ended,
}

impl Connection {
    /// Creates the server's end of a connection of which nothing has come.
    ///
    /// [`Config::policy`] decides on hosts and origins. A request without `Origin` is rejected, as these drafts
    /// have the server repeat it.
    pub fn server(config: Arc<Config>, now: Timestamp) -> Self {
        Self::new(Opening::server(), Sender::new(config, Role::Server, None, now))
    }

    /// Creates the client's end, and queues its request.
    ///
    /// The first event is [`Event::Open`] or [`Event::Rejected`]. If the request has no origin, that of the
    /// server is sent. A seed serves one connection: it gives the keys of draft 76.
    ///
    /// ```
    /// use sansocket::legacy::{Connection, Draft};
    /// use sansocket::{Config, Seed, Timestamp, Url, client};
    ///
    /// # let (config, seed, now) = (Config::new().shared(), Seed::new([7; 32]), Timestamp::default());
    /// let request = client::Request::new(Url::parse("ws://example.com/demo")?);
    /// let mut client = Connection::client(Draft::Hixie75, &request, config, seed, now)?;
    /// assert_eq!(
    ///     client.transmit(),
    ///     b"GET /demo HTTP/1.1\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n\
    ///       Host: example.com\r\nOrigin: http://example.com\r\n\r\n"
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`HeaderError::BadProtocol`] if several subprotocols are offered: these drafts ask for one.
    pub fn client(
        draft: Draft,
        request: &client::Request<'_>,
        config: Arc<Config>,
        seed: Seed,
        now: Timestamp,
    ) -> Result<Self, HeaderError> {
        let mut out = Vec::new();
        let expected = Expected::ask(draft, request, &mut Keys::new(seed), &mut out)?;
        let handshake = client::Handshake::foreign(request.parts().limits);
        let mut sender = Sender::new(config, Role::Client, Some(draft), now);
        *sender.out() = out;
        Ok(Self::new(Opening::client(handshake, expected), sender))
    }

    fn new(opening: Opening, sender: Sender) -> Self {
        let stash = Input::new(Vec::new());
        let reading = Reading::Open;
        Self { opening, stash, incoming: None, found: None, read: 0, reading, sender }
    }

    /// Has `bytes` come before all others, such as those that another protocol has read ahead.
    #[must_use]
    pub fn with_read_ahead(mut self, bytes: &[u8]) -> Self {
        if !bytes.is_empty() {
            self.stash.append(bytes);
        }
        self
    }

    /// Returns all bytes that were received, if the request that waits is [not for us](Event::NotUpgrade).
    ///
    /// ```
    /// use sansocket::{Config, Connection, Event, Input, Timestamp, legacy};
    ///
    /// # let (config, now) = (Config::new().shared(), Timestamp::default());
    /// # let request = b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    /// #     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    /// let mut input = Input::new(vec![0; 1024]);
    /// let mut old = legacy::Connection::server(config.clone(), now);
    /// old.receive(&mut input, request.to_vec(), now);
    /// assert_eq!(old.next_event(&mut input), Some(Event::NotUpgrade));
    ///
    /// let mut new = Connection::server(config, now).with_read_ahead(&old.into_unread());
    /// assert_eq!(new.next_event(&mut input), Some(Event::Request));
    /// ```
    pub fn into_unread(mut self) -> Vec<u8> {
        self.stash.unread().to_vec()
    }

    /// Returns the next event, or `None` once all of `input` is used up.
    ///
    /// The event borrows `input` until the next call. What the peer does wrong is an event, too.
    pub fn next_event<'i, B: AsMut<[u8]>>(&mut self, input: &'i mut Input<B>) -> Option<Event<'i>> {
        if !self.has_event(input) {
            return None;
        }
        self.sender.is_replying = true;
        Some(match self.found.take()? {
            Found::Opening(outcome) => outcome.into(),
            Found::Text => Event::Text(input.borrow_text(self.incoming.as_mut()?.take_text())),
            Found::Close => Event::Close(Close { code: None, reason: "" }),
            Found::Violation(error) => Event::Violation(error),
        })
    }

    /// Returns whether there is an event. [`next_event`](Self::next_event) then returns it.
    ///
    /// For functions that return the event to their caller.
    pub fn has_event<B: AsMut<[u8]>>(&mut self, input: &mut Input<B>) -> bool {
        if self.found.is_some() {
            return true;
        }
        self.claim(input);
        self.find(input);
        if self.found.is_none() {
            self.settle();
        }
        self.found.is_some()
    }

    /// Takes a buffer that was read into, all of it, and returns the one that was taken before. An empty buffer
    /// is the end of the transport.
    pub fn receive<B: AsMut<[u8]>>(
        &mut self,
        input: &mut Input<B>,
        mut read: B,
        now: Timestamp,
    ) -> B {
        self.make_room(input);
        self.stash_unread(input);
        match read.as_mut().len() {
            0 => self.handle_eof(now),
            _ => self.note_read(input, now),
        }
        input.replace(read)
    }

    /// Notes that nothing more will come, in whatever way the transport ended.
    pub fn handle_eof(&mut self, now: Timestamp) {
        self.sender.deadlines.tell(now);
        self.reading = Reading::Ended;
    }

    /// Returns the request that waits for a decision: to look at it, and to add headers.
    pub fn request(&mut self) -> Option<&mut Request> {
        if self.sender.closing.is_deciding() { self.opening.request() } else { None }
    }

    /// Returns the head of a [request for something else](Event::NotUpgrade) that waits for a decision.
    pub fn head(&self) -> Option<&server::Head> {
        if self.sender.closing.is_deciding() { self.opening.head() } else { None }
    }

    /// Returns the response to our request.
    pub const fn response(&self) -> Option<&client::Response> {
        self.opening.response.as_ref()
    }

    /// Takes the response to our request, to keep it.
    pub const fn take_response(&mut self) -> Option<client::Response> {
        self.opening.response.take()
    }

    /// Accepts the request: queues the head of the response. [`Event::Open`] follows.
    ///
    /// With draft 76 that may take until eight more bytes have come. Some proxies hold these back until they have
    /// seen the head. Does nothing if no request waits any more.
    pub fn accept(&mut self) {
        if self.sender.closing.is_deciding() {
            let outcome = self.opening.accept(&mut self.sender);
            self.note(outcome);
        }
    }

    /// Rejects the request, whatever it asks for: queues the response.
    ///
    /// Does nothing if no request waits any more.
    pub fn reject(&mut self, response: server::Response<'_>) {
        if self.sender.closing.is_deciding() {
            self.opening.reject(response, &mut self.sender);
        }
    }

    /// Notes that bytes were read into the input.
    pub(super) fn note_read<B>(&mut self, input: &mut Input<B>, now: Timestamp) {
        self.read = input.number_read(now);
        self.sender.deadlines.tell(now);
    }

    /// Drops bytes of another connection.
    pub(super) fn make_room<B: AsMut<[u8]>>(&mut self, input: &mut Input<B>) {
        self.claim(input);
        if self.read == 0 {
            input.clear();
        }
    }

    /// Notes whether the input still has our bytes. If somebody who did not use them up has dropped them, it is
    /// over.
    fn claim<B: AsMut<[u8]>>(&mut self, input: &mut Input<B>) {
        if self.read > 0 && !input.is_of(self.read) {
            (self.read, self.reading) = (0, Reading::Ended);
        }
    }

    /// Looks for an event.
    fn find<B: AsMut<[u8]>>(&mut self, input: &mut Input<B>) {
        let Self { stash, incoming, sender, .. } = self;
        match incoming {
            None => {
                self.stash_unread(input);
                let outcome = self.opening.receive(&mut self.stash, &mut self.sender);
                self.note(outcome);
            }
            // No more events are given out until the peer has taken some of our replies.
            Some(_) if sender.closing.is_open() && sender.output.is_flooded() => {
                self.stash_unread(input);
            }
            Some(incoming) => {
                self.found = find_frame(incoming, stash, sender);
                if self.found.is_none() && self.read > 0 {
                    self.found = find_frame(incoming, input, sender);
                }
            }
        }
    }

    /// Notes an event of the opening.
    fn note(&mut self, outcome: Option<Outcome>) {
        if let (Some(Outcome::Open), Some(draft)) = (outcome, self.sender.draft()) {
            self.incoming = Some(Incoming::new(draft, self.sender.config.limits));
        }
        self.found = outcome.map(Found::Opening);
    }

    /// Notes that all that came is used up.
    fn settle(&mut self) {
        (self.read, self.sender.is_replying) = (0, false);
        let is_cut = self.sender.closing.has_eof();
        let has_ended = self.reading == Reading::Ended;
        if self.incoming.is_none() && (is_cut || has_ended) {
            let outcome = self.opening.receive_eof(is_cut, &mut self.sender);
            self.note(outcome);
        }
        if !self.sender.closing.is_receiving() {
            self.stash.clear();
        }
        // Somebody whose request waits for a decision may still read the answer.
        let is_waiting = self.sender.closing.is_deciding() || !self.stash.is_empty();
        if has_ended && !is_waiting {
            self.sender.receive_end();
        }
    }

    /// Moves the unread bytes of the input to the stash, as other connections use the same input.
    fn stash_unread<B: AsMut<[u8]>>(&mut self, input: &mut Input<B>) {
        if self.read == 0 || input.unread().is_empty() {
            return;
        }
        if self.sender.closing.is_receiving() {
            self.stash.append(input.unread());
        }
        input.clear();
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

/// Looks for an event in the next frames. Without one, all bytes are used.
fn find_frame<B: AsMut<[u8]>>(
    incoming: &mut Incoming,
    bytes: &mut Input<B>,
    sender: &mut Sender,
) -> Option<Found> {
    while sender.closing.is_receiving() {
        let (used, frame) = incoming.find(bytes.unread());
        bytes.consume(used);
        match frame {
            Ok(None) => return None,
            Ok(Some(Frame::Text)) if sender.is_discarding() => drop(incoming.take_text()),
            Ok(Some(Frame::Text)) => return Some(Found::Text),
            Ok(Some(Frame::Close)) => {
                sender.receive_close();
                return Some(Found::Close);
            }
            Err(error) => {
                sender.fail(error);
                return Some(Found::Violation(error));
            }
        }
    }
    bytes.clear();
    None
}
