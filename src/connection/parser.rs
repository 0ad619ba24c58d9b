use alloc::boxed::Box;
use core::ops::Range;

use simdutf8::basic;

use super::assembly::Assembly;
use super::closing::State;
use super::control::Control;
use super::ended::{Ended, TimedOut};
use super::framer::Sender;
use super::input::{Held, Input, Place, Ready, What};
use crate::deflate::{Inflation, Progress, Step};
use crate::wire::{Close, Content, Decoder, Kind, Limits, Piece, ProtocolError, Role, Utf8Error};

/// Something that the peer did.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<'e> {
    /// A text message.
    Text(&'e str),
    /// A binary message. It is ours alone, so it can be changed where it lies.
    Binary(&'e mut [u8]),
    /// A part of a message, as it came: see [`Receiver::set_streaming`].
    Part {
        /// What the message holds. Parts of text may begin and end within a character.
        kind: Kind,
        /// The bytes of this part, which follow those of the part before.
        bytes: &'e mut [u8],
        /// Whether this is the end of the message. The last part may be empty.
        last: bool,
    },
    /// A ping. The pong has been queued.
    Ping(&'e [u8]),
    /// A pong, asked for or not.
    Pong(&'e [u8]),
    /// A close frame. The answer has been queued; no event follows this one.
    Close(Close<'e>),
}

/// The half of a [`Connection`](crate::Connection) that turns bytes from the peer into events.
///
/// The events depend on the bytes alone, never on how they were cut into reads. All input is used up
/// before [`next_event`](Self::next_event) says that there is no event, and nothing is left of it after
/// a close frame or an error: the same [`Input`] can serve the next connection.
///
/// Once a close frame has been queued in the [`Sender`], what the peer still sends is judged as
/// before, but discarded: of it, only the close frame becomes an event.
#[derive(Debug)]
pub struct Receiver {
    decoder: Decoder,
    assembly: Assembly,
    delivery: Delivery,
    /// A control frame that was cut off.
    control: Option<Box<Control>>,
    /// Whether an event was found, which is noted in the input, and has not been taken.
    has_found: bool,
    /// What inflates compressed messages, if both ends have agreed to them.
    inflation: Option<Inflation>,
    /// An error that is known, but what came before it has yet to be delivered.
    failing: Option<ProtocolError>,
    /// Whether nothing more is to come, as far as this half has been told.
    is_done: bool,
    is_streaming: bool,
    is_auto_pong: bool,
    /// Whether memory of the message was lent to be read into.
    is_lent: bool,
    /// Whether something was read into it, and was the last of the message.
    filled: Option<bool>,
    /// Whether the last message was long, so that the next may well be.
    is_after_long: bool,
}

/// What becomes of the message that passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Delivery {
    Whole,
    Parts,
    Discarded,
}

/// A stretch of a message, unmasked and inflated.
struct Stretch<'s> {
    kind: Kind,
    bytes: &'s [u8],
    is_last: bool,
    place: Place,
    /// Where it begins there.
    at: usize,
}

impl Receiver {
    pub(crate) fn new(role: Role, limits: Limits) -> Self {
        Self {
            decoder: Decoder::new(role, limits),
            assembly: Assembly::default(),
            delivery: Delivery::Whole,
            control: None,
            has_found: false,
            inflation: None,
            failing: None,
            is_done: false,
            is_streaming: false,
            is_auto_pong: true,
            is_lent: false,
            filled: None,
            is_after_long: false,
        }
    }

    /// Whether to give out messages part by part, as they come, from the next message on.
    ///
    /// Nothing of them is kept in memory then. The verdict on them is the same: they are judged as they
    /// come, and [`Limits`] apply all the same.
    pub const fn set_streaming(&mut self, streaming: bool) {
        self.is_streaming = streaming;
    }

    /// Whether to answer pings, as is done unless this says otherwise.
    ///
    /// Section 5.5.2 demands an answer: without this, give it with [`Sender::pong`].
    pub const fn set_auto_pong(&mut self, auto_pong: bool) {
        self.is_auto_pong = auto_pong;
    }

    /// Refuses messages of this kind: they fail the connection with close code 1003.
    pub const fn refuse(&mut self, kind: Kind) {
        self.decoder.refuse(kind);
    }

    /// Consumes `input` up to the next event and returns it, or `None` once `input` is used up.
    ///
    /// The event borrows `input` alone, so that all else can be used while it is held. Replies which the
    /// protocol itself demands are queued in `sender`; write them with [`Sender::poll_transmit`].
    ///
    /// # Errors
    ///
    /// When the peer breaks the protocol. A close frame has then been queued in `sender`, and this
    /// gives the same error from then on, whatever the input.
    #[inline]
    pub fn next_event<'e, B: AsMut<[u8]>>(
        &mut self,
        input: &'e mut Input<B>,
        sender: &mut Sender,
    ) -> Result<Option<Event<'e>>, ProtocolError> {
        match self.find_whole(input, sender) {
            Some((kind, range)) => self.lend_whole(kind, range, input, sender).map(Some),
            None => self.search_and_take(input, sender),
        }
    }

    /// The short way of [`next_event`](Self::next_event): finds a whole message in one frame at the front of
    /// the input, to be [lent](Self::lend_whole) at once.
    #[doc(hidden)]
    #[inline(always)]
    pub fn find_whole<B: AsMut<[u8]>>(
        &mut self,
        input: &mut Input<B>,
        sender: &Sender,
    ) -> Option<(Kind, Range<usize>)> {
        if self.is_streaming { None } else { self.decode_whole(input, sender) }
    }

    /// Lends what [`find_whole`](Self::find_whole) has found.
    ///
    /// # Errors
    ///
    /// When that is text, but not UTF-8.
    #[doc(hidden)]
    #[inline(always)]
    pub fn lend_whole<'e, B: AsMut<[u8]>>(
        &mut self,
        kind: Kind,
        range: Range<usize>,
        input: &'e mut Input<B>,
        sender: &mut Sender,
    ) -> Result<Event<'e>, ProtocolError> {
        let (payload, rest) = input.lend(range);
        match kind {
            Kind::Binary => Ok(Event::Binary(payload)),
            Kind::Text => match to_text(payload, self.decoder.role()) {
                Ok(text) => Ok(Event::Text(text)),
                Err(_) => {
                    rest.clear();
                    Err(self.fail(ProtocolError::InvalidUtf8, sender))
                }
            },
        }
    }

    /// Consumes `input` up to the next event and tells whether there is one.
    ///
    /// [`next_event`](Self::next_event) then returns that event. This is for functions which hand the
    /// event on to their caller: with `next_event` alone, their loop would not borrow-check.
    ///
    /// # Errors
    ///
    /// As [`next_event`](Self::next_event), which may also find an error where this told of an event.
    pub fn advance<B: AsMut<[u8]>>(
        &mut self,
        input: &mut Input<B>,
        sender: &mut Sender,
    ) -> Result<bool, ProtocolError> {
        if let Some((kind, range)) = self.find_whole(input, sender) {
            let (what, place) = (What::Message(kind), Place::Input);
            self.note_found(Some(Ready { what, place, range }), input);
            return Ok(true);
        }
        self.search(input, sender)
    }

    /// Where to read to next, in bytes: [`Input::spare`], but for what is still to come of a long frame of
    /// binary data. That is read straight into the message, and not moved any more.
    ///
    /// After a long message, as little as may hold a header is read first, since another may follow.
    ///
    /// Report what was read with [`fill`](Self::fill), before anything else is done with the receiver.
    pub fn spare<'i, B: AsMut<[u8]>>(&'i mut self, input: &'i mut Input<B>) -> &'i mut [u8] {
        let most = self.lendable(input);
        let limit = self.decoder.max_message();
        self.is_lent = false;
        if let Some(buffer) = self.assembly.as_buffer() {
            let count = buffer.make_spare(most, limit);
            // What memory there is may be little yet.
            self.is_lent = count >= LEAST_LENT;
            if self.is_lent {
                return buffer.spare(count);
            }
        }
        let most = if self.is_after_long { FIRST_READ } else { usize::MAX };
        let spare = input.spare();
        let count = spare.len().min(most);
        &mut spare[..count]
    }

    /// Tells that `count` bytes were read into [`spare`](Self::spare).
    ///
    /// # Panics
    ///
    /// If `count` is more than there was to spare.
    pub fn fill<B: AsMut<[u8]>>(&mut self, input: &mut Input<B>, count: usize) {
        match self.assembly.as_buffer() {
            Some(buffer) if core::mem::take(&mut self.is_lent) => {
                let left = self.decoder.frame_remaining();
                assert!(count as u64 <= left, "filled more than was spare");
                // Within a frame, nothing can be wrong.
                if let Ok((_, Some(piece))) = self.decoder.decode(buffer.spare(count)) {
                    buffer.fill(piece.range.len());
                    self.filled = Some(piece.is_last);
                }
            }
            Some(_) | None => {
                self.is_after_long = false;
                input.fill(count);
            }
        }
    }

    /// How many bytes of the message that is put together can be read straight into it, if that is
    /// worth a read of its own.
    fn lendable<B: AsMut<[u8]>>(&self, input: &Input<B>) -> usize {
        let left = usize::try_from(self.decoder.frame_remaining()).unwrap_or(usize::MAX);
        let is_alone = input.is_empty() && !self.has_found && self.is_open();
        let is_whole = self.delivery == Delivery::Whole && !self.decoder.is_within_compressed();
        // No control frame has so much left.
        if left >= LEAST_LENT && is_alone && is_whole { left } else { 0 }
    }

    /// Tells that the transport has ended, in whatever way: nothing more will come.
    ///
    /// Take all events first: input that has not been used up is ignored from then on. What is queued
    /// in `sender` stays so, as the peer may still read; nothing can be added to it.
    pub fn receive_eof(&mut self, sender: &mut Sender) {
        self.resolve(sender);
        sender.receive_eof();
    }

    /// Gives up on a peer that let a deadline pass: see [`Deadlines`](crate::Deadlines).
    ///
    /// Drop the transport then. What is queued in `sender` is dropped, too.
    pub fn give_up(&mut self, timed_out: TimedOut, sender: &mut Sender) {
        self.resolve(sender);
        sender.give_up(timed_out);
    }

    /// Whether there is nothing more to read: a close frame has come, or an error, or the end.
    pub const fn is_closed(&self) -> bool {
        !self.has_found && self.is_done
    }

    /// Whether to close the transport now.
    ///
    /// A server does so at the end of the closing handshake, a client only waits for it
    /// (section 7.1.1); both do after a violation, or when the peer has done so. First write what
    /// [`Sender::poll_transmit`] gave.
    pub const fn wants_close(&self, sender: &Sender) -> bool {
        sender.is_over() && !self.has_found && !sender.has_pending()
    }

    /// How the connection ended, once it has: when the transport is to be closed, or has been, and
    /// nothing more waits for [`Sender::poll_transmit`].
    pub fn ended(&self, sender: &Sender) -> Option<Ended> {
        self.wants_close(sender).then(|| sender.account()).flatten()
    }

    /// How many bytes are still to come of the frame that passes, as its header said.
    ///
    /// So the length of a frame is known before its payload has come. Zero between frames.
    pub fn frame_remaining(&self) -> u64 {
        self.decoder.frame_remaining()
    }

    /// Takes over what has been set of another one.
    #[doc(hidden)]
    pub const fn inherit(&mut self, other: &Self) {
        self.is_streaming = other.is_streaming;
        self.is_auto_pong = other.is_auto_pong;
        self.decoder.inherit(&other.decoder);
    }

    /// Takes compressed messages, as the opening handshake has agreed.
    #[cfg(feature = "deflate")]
    pub(crate) fn set_inflation(&mut self, inflation: Inflation) {
        self.decoder.take_compressed();
        self.inflation = Some(inflation);
    }

    /// Whether something compressed is at the front of the input.
    fn is_inflating(&self) -> bool {
        self.inflation.as_ref().is_some_and(Inflation::has_stretch)
    }

    /// Whether more has been decoded than has been taken.
    fn is_behind(&self) -> bool {
        self.filled.is_some() || self.is_inflating()
    }

    /// Whether a message that lies whole in the input can be lent at once.
    #[inline]
    fn is_plain(&self, sender: &Sender) -> bool {
        // Whoever is no longer open is closing.
        self.failing.is_none() && !self.has_found && !self.is_behind() && !sender.is_closing()
    }

    const fn is_open(&self) -> bool {
        self.failing.is_none() && !self.is_done
    }

    /// Notes an error, which is told once all that came before it has been delivered. The first counts.
    const fn foresee(&mut self, error: ProtocolError) {
        if self.is_open() {
            self.failing = Some(error);
        }
    }

    /// Remembers an error, and tells the peer.
    #[cold]
    fn fail(&mut self, error: ProtocolError, sender: &mut Sender) -> ProtocolError {
        (self.failing, self.is_done) = (None, true);
        sender.fail(error)
    }

    /// Tells of an error that is known: all that came before it has been delivered, or is ready.
    fn resolve(&mut self, sender: &mut Sender) {
        if let Some(error) = self.failing {
            self.fail(error, sender);
        }
        self.is_done = true;
    }

    /// The way of [`next_event`](Self::next_event) that is not short, apart so that the short one is.
    #[inline(never)]
    fn search_and_take<'e, B: AsMut<[u8]>>(
        &mut self,
        input: &'e mut Input<B>,
        sender: &mut Sender,
    ) -> Result<Option<Event<'e>>, ProtocolError> {
        self.search(input, sender)?;
        self.take_ready(input, sender)
    }

    /// A whole message in one frame at the front of the input, if it can be lent at once.
    #[inline(always)]
    fn decode_whole<B: AsMut<[u8]>>(
        &mut self,
        input: &mut Input<B>,
        sender: &Sender,
    ) -> Option<(Kind, Range<usize>)> {
        if self.is_plain(sender) { self.decoder.decode_whole(input.unread()) } else { None }
    }

    /// Takes a whole message as the only part of it.
    fn take_whole<B: AsMut<[u8]>>(
        &mut self,
        kind: Kind,
        range: Range<usize>,
        input: &mut Input<B>,
    ) {
        let (bytes, at) = (&input.unread()[range.clone()], range.start);
        let stretch = Stretch { kind, bytes, is_last: true, place: Place::Input, at };
        let ready = self.take_part(&stretch);
        self.note_found(ready, input);
    }

    /// Consumes `input` up to the next event, in whatever state.
    fn search<B: AsMut<[u8]>>(
        &mut self,
        input: &mut Input<B>,
        sender: &mut Sender,
    ) -> Result<bool, ProtocolError> {
        if self.has_found {
            return Ok(true);
        }
        self.is_done |= sender.has_heard_all();
        self.give_back(input);
        // A whole message takes no other steps.
        if self.is_streaming
            && let Some((kind, range)) = self.decode_whole(input, sender)
        {
            self.take_whole(kind, range, input);
            if self.has_found {
                return Ok(true);
            }
        }
        loop {
            match (self.failing, sender.state()) {
                (None, State::Open) => {}
                (Some(error), _) | (None, State::Failed(error)) => {
                    input.clear();
                    return Err(self.fail(error, sender));
                }
                (None, State::Closed | State::Lost | State::TimedOut(_)) => {
                    // Section 1.4: after a close frame, a peer discards any further data.
                    input.clear();
                    return Ok(false);
                }
            }
            match self.step(input, sender) {
                Ok(_) if self.has_found => return Ok(true),
                Ok(true) => {}
                Ok(false) => return Ok(false),
                Err(error) => self.foresee(error),
            }
        }
    }

    /// Returns the memory of the event before.
    fn give_back<B: AsMut<[u8]>>(&mut self, input: &mut Input<B>) {
        input.settle();
        let is_over = !self.is_open();
        if is_over || (self.decoder.is_between_messages() && !self.is_behind()) {
            input.keep(self.assembly.release());
        }
        if is_over {
            self.inflation = None;
        }
        if is_over || self.decoder.is_between_frames() {
            self.control = None;
        }
    }

    /// Takes one piece from `input`, and tells whether there was one.
    fn step<B: AsMut<[u8]>>(
        &mut self,
        input: &mut Input<B>,
        sender: &mut Sender,
    ) -> Result<bool, ProtocolError> {
        if self.is_inflating() {
            let ready = self.take_inflated(input, sender)?;
            self.note_found(ready, input);
            return Ok(true);
        }
        if let Some(is_last) = self.filled.take() {
            self.choose_delivery(false, input, sender);
            if self.delivery == Delivery::Whole {
                let ready = self.finish(Kind::Binary, is_last)?;
                self.note_found(ready, input);
            }
            return Ok(true);
        }
        let (used, piece) = self.decoder.decode(input.unread())?;
        let Some(piece) = piece else {
            input.consume(used);
            return Ok(false);
        };
        if piece.is_compressed {
            self.feed(&piece, input, sender);
            return Ok(true);
        }
        let ready = match piece.content {
            Content::Data(kind) => self.take_data(kind, &piece, input, sender)?,
            Content::Close | Content::Ping | Content::Pong => {
                self.take_control(&piece, input, sender)
            }
        };
        let is_lent = matches!(ready, Some(Ready { place: Place::Input, .. }));
        if !is_lent {
            input.consume(used);
        }
        self.note_found(ready, input);
        Ok(true)
    }

    fn take_data<B: AsMut<[u8]>>(
        &mut self,
        kind: Kind,
        piece: &Piece,
        input: &mut Input<B>,
        sender: &Sender,
    ) -> Result<Option<Ready>, ProtocolError> {
        self.choose_delivery(piece.is_first, input, sender);
        if self.delivery == Delivery::Whole {
            if piece.is_first && piece.is_last {
                let (what, range) = (What::Message(kind), piece.range.clone());
                return Ok(Some(Ready { what, place: Place::Input, range }));
            }
            if piece.is_first {
                self.start_assembly(kind, input);
            }
        }
        let bytes = &input.unread()[piece.range.clone()];
        let (place, at) = (Place::Input, piece.range.start);
        self.deliver(&Stretch { kind, bytes, is_last: piece.is_last, place, at })
    }

    /// Takes what was inflated.
    fn take_inflated<B: AsMut<[u8]>>(
        &mut self,
        input: &mut Input<B>,
        sender: &Sender,
    ) -> Result<Option<Ready>, ProtocolError> {
        self.choose_delivery(false, input, sender);
        let limit = self.decoder.max_message();
        let Some(inflation) = &mut self.inflation else {
            unreachable!("only what compressed messages were agreed to for is inflated");
        };
        let kind = inflation.kind();
        let (unread, scratch) = input.inflatable();
        let Step { used, made, outcome } = inflation.step(unread, scratch, limit);
        let is_last = outcome == Ok(Progress::Done);
        let (bytes, place) = (&scratch[..made], Place::Scratch);
        let ready = self.deliver(&Stretch { kind, bytes, is_last, place, at: 0 });
        input.consume(used);
        if matches!(ready, Ok(Some(Ready { place: Place::Scratch, .. }))) {
            input.workspace().lend();
        }
        if is_last && let Some(inflation) = &mut self.inflation {
            inflation.finish(input.workspace());
        }
        match (ready?, outcome) {
            // What comes before an error is lent before the error is told.
            (Some(ready), Err(error)) => {
                self.foresee(error);
                Ok(Some(ready))
            }
            (None, Err(error)) => Err(error),
            (ready, Ok(_)) => Ok(ready),
        }
    }

    /// Notes a piece of a compressed message, and leaves it at the front of the input.
    fn feed<B: AsMut<[u8]>>(&mut self, piece: &Piece, input: &mut Input<B>, sender: &Sender) {
        let (Content::Data(kind), Some(inflation)) = (piece.content, &mut self.inflation) else {
            unreachable!("only data is compressed, and only if that was agreed to");
        };
        if piece.is_first {
            inflation.start(kind, input.workspace());
        }
        inflation.feed(&input.unread()[piece.range.clone()], piece.is_last);
        input.consume(piece.range.start);
        self.choose_delivery(piece.is_first, input, sender);
        if piece.is_first && self.delivery == Delivery::Whole {
            self.start_assembly(kind, input);
        }
    }

    fn start_assembly<B: AsMut<[u8]>>(&mut self, kind: Kind, input: &mut Input<B>) {
        let memory = input.take_kept(self.decoder.max_message());
        self.assembly.start(kind, memory);
    }

    /// Does with a stretch of a message what is to be done with the message.
    fn deliver(&mut self, stretch: &Stretch<'_>) -> Result<Option<Ready>, ProtocolError> {
        match self.delivery {
            Delivery::Whole => {
                self.assembly.push(stretch.bytes, self.decoder.max_message())?;
                self.finish(stretch.kind, stretch.is_last)
            }
            Delivery::Parts => Ok(self.take_part(stretch)),
            Delivery::Discarded => {
                self.judge(stretch).map_err(|_| ProtocolError::InvalidUtf8)?;
                Ok(None)
            }
        }
    }

    /// Section 5.5.1: we need not deliver what comes after our close frame, so nothing of it is kept.
    fn choose_delivery<B: AsMut<[u8]>>(
        &mut self,
        is_first: bool,
        input: &mut Input<B>,
        sender: &Sender,
    ) {
        if sender.is_closing() {
            self.delivery = Delivery::Discarded;
            input.keep(self.assembly.release());
        } else if is_first && self.is_streaming {
            self.delivery = Delivery::Parts;
        } else if is_first {
            self.delivery = Delivery::Whole;
        }
    }

    /// Whether the message that was put together is done.
    fn finish(&mut self, kind: Kind, is_last: bool) -> Result<Option<Ready>, ProtocolError> {
        match is_last {
            false => Ok(None),
            true if self.assembly.is_complete() => {
                // What is inflated is not read straight into the message.
                self.is_after_long = self.inflation.is_none() && self.assembly.len() > LEAST_LENT;
                let what = What::Message(kind);
                Ok(Some(Ready { what, place: Place::Assembly, range: 0..0 }))
            }
            true => Err(ProtocolError::InvalidUtf8),
        }
    }

    /// Lends a part of a message. What comes before an error is lent before the error is told, so that
    /// the parts do not depend on how the input was cut.
    fn take_part(&mut self, stretch: &Stretch<'_>) -> Option<Ready> {
        let mut len = stretch.bytes.len();
        let mut is_last = stretch.is_last;
        if let Err(error) = self.judge(stretch) {
            self.foresee(ProtocolError::InvalidUtf8);
            len = error.at;
            is_last = false;
        }
        let is_void = len == 0 && !is_last;
        let what = What::Part(stretch.kind, is_last);
        let range = stretch.at..stretch.at + len;
        (!is_void).then_some(Ready { what, place: stretch.place, range })
    }

    /// Judges a stretch of a message that is not kept. Text that ends within a character fails at its
    /// last byte, or behind it if it is inflated, since it may have come before the end is known.
    fn judge(&mut self, stretch: &Stretch<'_>) -> Result<(), Utf8Error> {
        self.assembly.watch(stretch.kind, stretch.bytes)?;
        let len = stretch.bytes.len();
        match stretch.is_last && !self.assembly.is_complete() {
            true if stretch.place == Place::Scratch => Err(Utf8Error { at: len }),
            true => Err(Utf8Error { at: len.saturating_sub(1) }),
            false => Ok(()),
        }
    }

    fn take_control<B: AsMut<[u8]>>(
        &mut self,
        piece: &Piece,
        input: &mut Input<B>,
        sender: &mut Sender,
    ) -> Option<Ready> {
        let bytes = &input.unread()[piece.range.clone()];
        let is_whole = piece.is_first && piece.is_last;
        if !is_whole {
            if piece.is_first {
                self.control = Some(Box::new(Control::new()));
            }
            let fits = self.control.as_mut().and_then(|control| control.push(bytes));
            debug_assert!(fits.is_some(), "a control frame that is too long has been refused");
        }
        if !piece.is_last {
            return None;
        }
        let (place, payload) = match &self.control {
            Some(control) if !is_whole => (Place::Control, control.as_bytes()),
            _ => (Place::Input, bytes),
        };
        if piece.content == Content::Ping && self.is_auto_pong {
            sender.owe_pong(payload);
        }
        let what = match piece.content {
            Content::Close => What::Close,
            // We are closing, and wait for the answer only.
            _ if sender.is_closing() => return None,
            Content::Ping => What::Ping,
            Content::Pong | Content::Data(_) => What::Pong,
        };
        Some(Ready { what, place, range: piece.range.clone() })
    }

    /// Notes what was found, if anything was.
    fn note_found<B>(&mut self, ready: Option<Ready>, input: &mut Input<B>) {
        self.has_found = ready.is_some();
        input.ready = ready;
    }

    /// Turns what is ready into an event, and consumes it.
    fn take_ready<'e, B: AsMut<[u8]>>(
        &mut self,
        input: &'e mut Input<B>,
        sender: &mut Sender,
    ) -> Result<Option<Event<'e>>, ProtocolError> {
        self.has_found = false;
        let Some(Ready { what, place, range }) = input.take_ready() else { return Ok(None) };
        // What does not lie in the input already moves there, so that the event borrows nothing else.
        let (bytes, rest) = match place {
            Place::Input => input.lend(range),
            Place::Scratch => input.lend_inflated(range),
            Place::Assembly if what == What::Message(Kind::Text) => {
                return Ok(Some(Event::Text(input.lend_text(self.assembly.release()))));
            }
            Place::Assembly => input.lend_held(self.assembly.release()),
            Place::Control => match self.control.take() {
                Some(control) => input.lend_held(Held::Control(control)),
                None => unreachable!("a control frame that was put together is here"),
            },
        };
        match what {
            What::Message(Kind::Binary) => Ok(Some(Event::Binary(bytes))),
            What::Message(Kind::Text) => match to_text(bytes, self.decoder.role()) {
                Ok(text) => Ok(Some(Event::Text(text))),
                Err(_) => {
                    rest.clear();
                    Err(self.fail(ProtocolError::InvalidUtf8, sender))
                }
            },
            What::Part(kind, last) => Ok(Some(Event::Part { kind, bytes, last })),
            What::Ping => Ok(Some(Event::Ping(bytes))),
            What::Pong => Ok(Some(Event::Pong(bytes))),
            What::Close => {
                // Section 1.4: after a close frame, a peer discards any further data.
                rest.clear();
                let close = Close::decode(bytes).map_err(|error| self.fail(error, sender))?;
                self.is_done = true;
                sender.receive_close(close.code.into());
                Ok(Some(Event::Close(close)))
            }
        }
    }
}

/// The text of a payload that was read, or unmasked, just now.
///
/// What is short and was unmasked is still on its way to the cache: vectors wider than those which wrote
/// it would wait for it, words do not.
#[inline]
fn to_text(payload: &[u8], role: Role) -> Result<&str, ()> {
    if role == Role::Server && payload.len() < 256 {
        core::str::from_utf8(payload).map_err(drop)
    } else {
        basic::from_utf8(payload).map_err(drop)
    }
}

/// From how many bytes on what is left of a frame is read by itself: fewer come together with what follows,
/// since a read of its own costs more than to move them.
const LEAST_LENT: usize = 32 << 10;

/// How many bytes to read first after a long message, to see whether another follows.
const FIRST_READ: usize = 512;
