//! The half of a connection that receives.
//!
//! ```text
//! stash, then Input ─▶ Opening ─▶ Request, NotUpgrade, Open, Rejected      while it opens
//! stash, then Input ─▶ Parser ──▶ Text, Binary, Part, Ping, Pong, …       once it is open
//! ```
//!
//! An input is shared by the connections of a thread. Each read has a number; a connection takes only the
//! bytes of its own read.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::ended::Cause;
use super::event::Event;
#[cfg(feature = "std")]
use super::found::{Ready, What};
use super::input::Input;
use super::opening::Opening;
use super::parser::Parser;
use super::sender::Sender;
use super::timestamp::Timestamp;
use crate::handshake::{Negotiated, client, server};
use crate::wire::{Kind, Limits, Role};

/// The half of a [`Connection`](crate::Connection) that receives.
///
/// Reading takes no lock: only to look for an event takes the [`Sender`], too, as the protocol may demand a
/// reply.
///
/// ```
/// use std::sync::Mutex;
/// use sansocket::{Event, Input, Receiver, Sender};
///
/// /// Returns the texts that have been read.
/// fn receive(
///     receiver: &mut Receiver,
///     sender: &Mutex<Sender>,
///     input: &mut Input<Vec<u8>>,
/// ) -> Vec<String> {
///     let mut texts = Vec::new();
///     loop {
///         // The lock is held while looking for the event, not while handling it.
///         let event = receiver.next_event(input, &mut sender.lock().unwrap());
///         match event {
///             Some(Event::Text(text)) => texts.push(text.to_owned()),
///             Some(_) => {}
///             None => return texts,
///         }
///     }
/// }
/// # use sansocket::{Config, Connection, Negotiated, Timestamp};
/// # let (mut input, now) = (Input::new(vec![0; 64]), Timestamp::default());
/// # let server = Connection::open_server(Negotiated::new(), Config::new().shared(), now);
/// # let (mut receiver, sender) = server.with_read_ahead(b"\x81\x82\0\0\0\0Hi").split();
/// # assert_eq!(receive(&mut receiver, &Mutex::new(sender), &mut input), ["Hi"]);
/// ```
#[derive(Debug)]
pub struct Receiver {
    pub(super) parser: Parser,
    /// The opening handshake, and bytes before those in the input.
    opening: Option<Box<Opening>>,
    /// The number of the read that brought the unread bytes of the input. 0 if there are none.
    read: u32,
    news: News,
}

/// News from the transport that the sender does not know yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum News {
    None,
    Bytes,
    /// The end of the transport. It is told once the application has decided on a request.
    End,
    /// The peer reset the stream.
    Reset,
}

impl News {
    const fn is_end(self) -> bool {
        matches!(self, Self::End | Self::Reset)
    }
}

impl Receiver {
    pub(super) fn new(role: Role, limits: Limits, opening: Option<Box<Opening>>) -> Self {
        Self { parser: Parser::new(role, limits), opening, read: 0, news: News::None }
    }

    /// Returns the receiver of a connection that was restored.
    pub(super) const fn restored(parser: Parser) -> Self {
        Self { parser, opening: None, read: 0, news: News::None }
    }

    /// Whether all that came is used up, and the sender knows all news.
    pub(super) fn has_used_all(&self) -> bool {
        self.opening.is_none() && self.news == News::None
    }

    /// Returns the next event, or `None` once all of `input` is used up.
    ///
    /// See [`Connection::next_event`](crate::Connection::next_event). The event does not borrow the sender.
    #[inline(always)]
    pub fn next_event<'i, B: AsMut<[u8]>>(
        &mut self,
        input: &'i mut Input<B>,
        sender: &mut Sender,
    ) -> Option<Event<'i>> {
        if self.is_plain(input, sender)
            && let Some((kind, range)) = self.parser.decode_whole(input, sender)
        {
            return self.parser.take_whole(kind, range, input, sender);
        }
        self.next_slowly(input, sender)
    }

    /// Returns whether there is an event. [`next_event`](Self::next_event) then returns it.
    ///
    /// For functions that return the event to their caller: a loop with `next_event` alone would not
    /// borrow-check there.
    pub fn has_event<B: AsMut<[u8]>>(&mut self, input: &mut Input<B>, sender: &mut Sender) -> bool {
        (self.is_plain(input, sender) && self.parser.find_whole(input, sender))
            || self.find(input, sender)
    }

    /// Finds the next event, to be [taken](Self::take_ready) before anything else is done with the connection.
    ///
    /// A function that returns the event to its caller looks for it first: see [`has_event`](Self::has_event). Most
    /// messages then go the short way of [`next_event`](Self::next_event), as nothing of them is noted.
    #[cfg(feature = "std")]
    #[inline]
    pub(crate) fn find_ready<B: AsMut<[u8]>>(
        &mut self,
        input: &mut Input<B>,
        sender: &mut Sender,
    ) -> Option<Ready> {
        if self.is_plain(input, sender)
            && let Some((kind, range)) = self.parser.decode_whole(input, sender)
        {
            return Some(Ready::Whole(kind, range));
        }
        self.find(input, sender).then_some(Ready::Noted)
    }

    /// Takes the event that [`find_ready`](Self::find_ready) has found.
    #[cfg(feature = "std")]
    #[inline]
    pub(crate) fn take_ready<'i, B: AsMut<[u8]>>(
        &mut self,
        ready: Ready,
        input: &'i mut Input<B>,
        sender: &mut Sender,
    ) -> Option<Event<'i>> {
        match ready {
            Ready::Whole(kind, range) => self.parser.take_whole(kind, range, input, sender),
            Ready::Noted => self.next_slowly(input, sender),
        }
    }

    /// Takes a buffer that was read into, all of it, and returns the one that was taken before. An empty
    /// buffer is the end of the transport.
    pub fn receive<B: AsMut<[u8]>>(
        &mut self,
        input: &mut Input<B>,
        mut read: B,
        now: Timestamp,
    ) -> B {
        self.claim(input);
        if !input.unread().is_empty() {
            self.stash(input);
        }
        match read.as_mut().len() {
            0 => self.handle_eof(),
            _ => self.note_read(input, now),
        }
        input.replace(read)
    }

    /// Notes that nothing more will come, in whatever way the transport ended.
    pub const fn handle_eof(&mut self) {
        self.news = News::End;
    }

    /// Notes that the peer reset the transport: see
    /// [`Connection::handle_reset`](crate::Connection::handle_reset).
    pub const fn handle_reset(&mut self) {
        self.news = News::Reset;
    }

    /// Sets whether messages are delivered in parts: see
    /// [`Connection::set_streaming`](crate::Connection::set_streaming).
    pub const fn set_streaming(&mut self, streaming: bool) {
        self.parser.set_streaming(streaming);
    }

    /// Returns whether the next message is delivered in parts.
    #[cfg(feature = "std")]
    pub(crate) const fn is_streaming(&self) -> bool {
        self.parser.is_streaming()
    }

    /// Returns whether the event that [`has_event`](Self::has_event) found is a part of a message.
    #[cfg(feature = "std")]
    pub(crate) fn has_part<B: AsMut<[u8]>>(&mut self, input: &Input<B>) -> bool {
        let stashed = self.opening.as_mut().and_then(|opening| opening.stash().found.as_ref());
        let found = stashed.or(input.found.as_ref());
        found.is_some_and(|found| matches!(found.what, What::Part(..)))
    }

    /// Moves the input, and an event that was found in it, into the connection, which goes on with another
    /// input.
    #[cfg(feature = "std")]
    pub(crate) fn keep_input(&mut self, mut input: Input<Vec<u8>>) {
        if self.read > 0 && input.is_of(self.read) {
            let stash = self.opening.get_or_insert_with(Opening::done).stash();
            match stash.is_empty() {
                true => *stash = input,
                false => stash.append(input.unread()),
            }
        }
        self.read = 0;
    }

    /// Sets whether pings are answered: see
    /// [`Connection::set_auto_pong`](crate::Connection::set_auto_pong).
    pub const fn set_auto_pong(&mut self, auto_pong: bool) {
        self.parser.set_auto_pong(auto_pong);
    }

    /// Rejects messages of this kind: see
    /// [`Connection::reject_kind`](crate::Connection::reject_kind).
    pub const fn reject_kind(&mut self, kind: Kind) {
        self.parser.reject_kind(kind);
    }

    /// Returns how many bytes of the current frame have not arrived yet, as its header said. 0 between
    /// frames.
    pub fn frame_remaining(&self) -> u64 {
        self.parser.frame_remaining()
    }

    pub(super) fn request(&mut self) -> Option<&mut server::Request> {
        self.opening.as_mut().and_then(|opening| opening.request())
    }

    pub(super) fn head(&self) -> Option<&server::Head> {
        self.opening.as_ref().and_then(|opening| opening.head())
    }

    pub(super) fn response(&self) -> Option<&client::Response> {
        self.opening.as_ref().and_then(|opening| opening.response().as_ref())
    }

    pub(super) fn take_response(&mut self) -> Option<client::Response> {
        self.opening.as_mut().and_then(|opening| opening.take_response())
    }

    pub(super) fn accept(&mut self, sender: &mut Sender) {
        // It may have been rejected already, since the decision took too long.
        if sender.closing.is_deciding()
            && let Some(opening) = &mut self.opening
            && let Some(negotiated) = opening.accept(sender)
        {
            self.open(&negotiated, sender);
            sender.deadlines.start_at_next();
        }
    }

    pub(super) fn reject(&mut self, response: server::Response<'_>, sender: &mut Sender) {
        if sender.closing.is_deciding()
            && let Some(opening) = &mut self.opening
        {
            opening.reject(response, sender);
        }
    }

    pub(super) fn require_upgrade(&mut self, sender: &mut Sender) {
        if sender.closing.is_deciding()
            && let Some(opening) = &mut self.opening
        {
            opening.require_upgrade(sender);
        }
    }

    /// Has bytes come before all others.
    pub(super) fn read_ahead(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.opening.get_or_insert_with(Opening::done).stash().append(bytes);
        }
    }

    pub(super) fn into_unread(self) -> Vec<u8> {
        self.opening.map(|mut opening| opening.stash().unread().to_vec()).unwrap_or_default()
    }

    /// Starts to exchange messages as negotiated.
    pub(super) fn open(&mut self, negotiated: &Negotiated, sender: &mut Sender) {
        #[cfg(feature = "deflate")]
        if let Some((agreement, compression)) = negotiated.compression() {
            let (incoming, outgoing) =
                (agreement.incoming(sender.role), agreement.outgoing(sender.role));
            self.parser.set_inflation(crate::deflate::Inflation::new(incoming));
            let pool = sender.config.pool.clone();
            let deflation = crate::deflate::Deflation::new(outgoing, compression, pool);
            sender.framer.set_deflation(deflation);
        }
        sender.open(negotiated.transport());
    }

    /// Returns the room for the next read.
    pub(super) fn buffer<'b, B: AsMut<[u8]>>(
        &'b mut self,
        input: &'b mut Input<B>,
    ) -> &'b mut [u8] {
        self.parser.spare(input)
    }

    /// Notes that `count` bytes were read into [`buffer`](Self::buffer).
    pub(super) fn fill<B: AsMut<[u8]>>(
        &mut self,
        input: &mut Input<B>,
        count: usize,
        now: Timestamp,
    ) {
        self.parser.fill(input, count);
        self.note_read(input, now);
    }

    /// Tells the sender what came.
    pub(super) fn tell(&mut self, heard: Timestamp, sender: &mut Sender) {
        if self.news == News::Bytes {
            self.news = News::None;
            sender.hear(heard);
        }
    }

    /// Whether events come from the input alone, and from bytes that were read for this connection.
    #[inline]
    const fn is_plain<B>(&self, input: &Input<B>, sender: &Sender) -> bool {
        input.is_of(self.read) && self.opening.is_none() && !sender.output.is_flooded()
    }

    /// Drops what others have left in the input.
    pub(super) fn claim<B: AsMut<[u8]>>(&self, input: &mut Input<B>) {
        if !input.is_of(self.read) || self.read == 0 {
            input.clear();
        }
    }

    /// Notes a read.
    const fn note_read<B>(&mut self, input: &mut Input<B>, now: Timestamp) {
        self.read = input.number_read(now);
        if !self.news.is_end() {
            self.news = News::Bytes;
        }
    }

    /// Moves the unread bytes of the input to the stash.
    fn stash<B: AsMut<[u8]>>(&mut self, input: &mut Input<B>) {
        self.opening.get_or_insert_with(Opening::done).keep(Some(input));
    }

    #[inline(never)]
    fn next_slowly<'i, B: AsMut<[u8]>>(
        &mut self,
        input: &'i mut Input<B>,
        sender: &mut Sender,
    ) -> Option<Event<'i>> {
        if !self.find(input, sender) {
            return None;
        }
        self.tell(input.heard(), sender);
        sender.begin_reply();
        let Some(opening) = &mut self.opening else { return self.parser.take(input, sender) };
        if opening.has_event() {
            return opening.take_event();
        }
        if opening.stash().is_empty() {
            return self.parser.take(input, sender);
        }
        let event = self.parser.take(opening.stash(), sender);
        event.map(|event| input.borrow_copy(event))
    }

    /// Looks for an event, in whatever state. Returns whether there is one; if not, all input is used up.
    fn find<B: AsMut<[u8]>>(&mut self, input: &mut Input<B>, sender: &mut Sender) -> bool {
        // Nothing has come since this was asked last.
        if self.read == 0 && self.has_used_all() {
            sender.is_replying = false;
            return false;
        }
        let is_ours = input.is_of(self.read) && self.read > 0;
        // Bytes that were read for us were dropped by somebody who did not use them up: it is over.
        if self.read > 0 && !is_ours && !self.news.is_end() {
            self.news = News::End;
        }
        if let Some(opening) = &mut self.opening {
            if opening.has_event() {
                return true;
            }
            opening.take_response();
            if opening.is_going_on() && sender.is_receiving() {
                return self.find_opening(input, is_ours, sender);
            }
            if !sender.is_receiving() {
                self.opening = None;
            }
        }
        // What has been held back waits until reading goes on.
        let is_held_back = self.opening.is_some() && sender.output.is_blocked();
        let is_paused = is_held_back || sender.output.is_flooded();
        if is_paused && sender.is_open() && !self.has_found(input, is_ours) {
            return self.pause(input, is_ours, sender);
        }
        let is_ours = self.unstash(input) || is_ours;
        if self.find_in_stash(sender) || (is_ours && self.parser.find(input, sender)) {
            return true;
        }
        self.settle(input.heard(), sender);
        false
    }

    /// Moves the bytes that came before those of the input to the input, if that is empty. Their events then
    /// need not be copied. Returns whether it did.
    fn unstash<B: AsMut<[u8]>>(&mut self, input: &mut Input<B>) -> bool {
        let Some(opening) = &mut self.opening else { return false };
        let is_needed = !opening.stash().is_empty() && input.is_empty();
        let is_moved = is_needed && input.take_from(opening.stash());
        if is_moved {
            self.read = input.number_read(input.heard());
            self.opening = None;
        }
        is_moved
    }

    /// Looks for an event in bytes that came before those of the input.
    fn find_in_stash(&mut self, sender: &mut Sender) -> bool {
        let Some(opening) = &mut self.opening else { return false };
        let is_found = self.parser.find(opening.stash(), sender);
        if !is_found {
            self.opening = None;
        }
        is_found
    }

    /// Whether an event has been found. Whoever was told so gets it, however much waits meanwhile.
    fn has_found<B>(&mut self, input: &Input<B>, is_ours: bool) -> bool {
        let is_stashed = self.opening.as_mut().is_some_and(|it| it.stash().found.is_some());
        is_stashed || (is_ours && input.found.is_some()) || self.parser.is_failing()
    }

    /// Gives out no event until the peer has taken some of our replies.
    fn pause<B: AsMut<[u8]>>(
        &mut self,
        input: &mut Input<B>,
        is_ours: bool,
        sender: &mut Sender,
    ) -> bool {
        if is_ours && !input.is_empty() {
            self.stash(input);
        }
        self.read = 0;
        self.tell(input.heard(), sender);
        sender.is_replying = false;
        false
    }

    /// Goes on with the opening handshake.
    fn find_opening<B: AsMut<[u8]>>(
        &mut self,
        input: &mut Input<B>,
        is_ours: bool,
        sender: &mut Sender,
    ) -> bool {
        let Some(opening) = &mut self.opening else { return false };
        let heard = input.heard();
        let negotiated = match is_ours || !opening.stash().is_empty() {
            true => opening.receive(is_ours.then_some(input), sender),
            false => None,
        };
        if let Some(negotiated) = negotiated {
            self.open(&negotiated, sender);
        }
        self.settle(heard, sender);
        self.opening.as_ref().is_some_and(|opening| opening.has_event())
    }

    /// Notes that all that came is used up.
    fn settle(&mut self, heard: Timestamp, sender: &mut Sender) {
        self.read = 0;
        sender.is_replying = false;
        self.tell(heard, sender);
        let is_cut = sender.closing.has_eof();
        match &mut self.opening {
            Some(opening) if opening.is_going_on() && (is_cut || self.news.is_end()) => {
                opening.receive_eof(is_cut, sender);
            }
            _ => {}
        }
        let cause = match self.news {
            // Somebody whose request waits for a decision may still read the answer.
            News::End if !sender.closing.is_deciding() => Cause::TransportEnded,
            News::Reset => Cause::TransportReset,
            News::None | News::Bytes | News::End => return,
        };
        self.news = News::None;
        self.parser.finish();
        sender.receive_end(cause);
    }
}
