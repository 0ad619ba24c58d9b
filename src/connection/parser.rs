//! Turns frames into events.
//!
//! ```text
//! Input ─▶ Decoder ─▶ Piece ─┬─ whole in the input ─────────────┐
//!                            ├─ Assembly (fragments) ───────────┤
//!                            ├─ Inflation (compressed) ─▶ … ────┼─▶ Found ─▶ Event
//!                            ├─ Control (cut-off control frame) ┤
//!                            └─ part of a streamed message ─────┘
//! ```
//!
//! `find` consumes input until something is found and notes it in the input; `take` turns it into an
//! event. A message that lies whole in one frame takes the short way, `next_whole`.

mod saved;

use alloc::boxed::Box;
use core::ops::Range;

use simdutf8::basic;

use super::assembly::Assembly;
use super::control::Control;
use super::event::Event;
use super::found::{Found, Held, Place, What};
use super::input::{Input, Rest};
use super::sender::Sender;
use crate::deflate::{Inflation, Progress, Step};
use crate::wire::{Close, Content, Decoder, Kind, Limits, Piece, ProtocolError, Role, Utf8Error};

/// Turns the frames of an open connection into events.
#[derive(Debug)]
pub(crate) struct Parser {
    decoder: Decoder,
    assembly: Assembly,
    delivery: Delivery,
    /// A control frame that arrived in several reads.
    control: Option<Box<Control>>,
    /// Decompresses messages, if both ends agreed to compress them.
    inflation: Option<Inflation>,
    reading: Reading,
    direct: Direct,
    /// Whether messages are delivered in parts.
    is_streaming: bool,
    /// Whether pings are answered.
    is_auto_pong: bool,
}

/// The treatment of the message in progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Delivery {
    Whole,
    Parts,
    Discarded,
}

/// Whether more events can follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    Open,
    /// A violation is known, but events before it have not been delivered yet.
    Failing(ProtocolError),
    Done,
}

/// Reads that go straight into the message in progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direct {
    No,
    /// Memory of the message was handed out to read into.
    Borrowed,
    /// Bytes were read there. They may be the last of the message, or violate the protocol.
    Filled {
        is_last: bool,
        checked: Result<(), ProtocolError>,
    },
    /// The last read went straight into a long message, so a short rest and a header are read alone: the
    /// next message may be long, too.
    AfterLong,
}

/// A part of a message, unmasked and decompressed.
struct Part<'s> {
    kind: Kind,
    bytes: &'s [u8],
    is_last: bool,
    place: Place,
    /// The start of its bytes in that place.
    at: usize,
}

impl Parser {
    pub(crate) fn new(role: Role, limits: Limits) -> Self {
        Self {
            decoder: Decoder::new(role, limits),
            assembly: Assembly::default(),
            delivery: Delivery::Whole,
            control: None,
            inflation: None,
            reading: Reading::Open,
            direct: Direct::No,
            is_streaming: false,
            is_auto_pong: true,
        }
    }

    /// Sets whether messages are delivered in parts, from the next message on.
    pub(crate) const fn set_streaming(&mut self, streaming: bool) {
        self.is_streaming = streaming;
    }

    /// Whether the next message is delivered in parts.
    #[cfg(feature = "std")]
    pub(crate) const fn is_streaming(&self) -> bool {
        self.is_streaming
    }

    /// Sets whether pings are answered.
    pub(crate) const fn set_auto_pong(&mut self, auto_pong: bool) {
        self.is_auto_pong = auto_pong;
    }

    /// Rejects messages of this kind.
    pub(crate) const fn reject_kind(&mut self, kind: Kind) {
        self.decoder.reject_kind(kind);
    }

    /// Accepts compressed messages, as negotiated.
    #[cfg(feature = "deflate")]
    pub(crate) fn set_inflation(&mut self, inflation: Inflation) {
        self.decoder.accept_compressed();
        self.inflation = Some(inflation);
    }

    /// Returns how many bytes of the current frame have not arrived yet.
    pub(crate) fn frame_remaining(&self) -> u64 {
        self.decoder.frame_remaining()
    }

    /// Decodes a message that lies whole at the front of the input, in one frame, to be
    /// [taken](Self::take_whole). A shortcut for the most frequent case; `None` means that
    /// [`find`](Self::find) must look.
    #[inline(always)]
    pub(crate) fn decode_whole<B: AsMut<[u8]>>(
        &mut self,
        input: &mut Input<B>,
        sender: &Sender,
    ) -> Option<(Kind, Range<usize>)> {
        match self.is_plain(input, sender) {
            true => self.decoder.decode_whole(input.unread()),
            false => None,
        }
    }

    /// Takes what [`decode_whole`](Self::decode_whole) has found.
    #[inline(always)]
    pub(crate) fn take_whole<'i, B: AsMut<[u8]>>(
        &mut self,
        kind: Kind,
        range: Range<usize>,
        input: &'i mut Input<B>,
        sender: &mut Sender,
    ) -> Option<Event<'i>> {
        sender.begin_reply();
        let (payload, rest) = input.borrow(range);
        if self.is_streaming {
            return self.take_whole_part(kind, payload, rest, sender);
        }
        match kind {
            Kind::Binary => Some(Event::Binary(payload)),
            Kind::Text => match to_text(payload, self.decoder.role()) {
                Ok(text) => Some(Event::Text(text)),
                Err(_) => self.fail_at(rest, sender),
            },
        }
    }

    /// Takes a whole message as the only part of it.
    #[inline(never)]
    fn take_whole_part<'i>(
        &mut self,
        kind: Kind,
        bytes: &'i mut [u8],
        rest: Rest<'_>,
        sender: &mut Sender,
    ) -> Option<Event<'i>> {
        if kind == Kind::Binary || to_text(bytes, self.decoder.role()).is_ok() {
            return Some(Event::Part { kind, bytes, last: true });
        }
        // Events before the violation are delivered first.
        let part = Part { kind, bytes, is_last: true, place: Place::Input, at: 0 };
        match self.find_part(&part) {
            Some(found) => Some(Event::Part { kind, bytes: &mut bytes[found.range], last: false }),
            None => self.fail_at(rest, sender),
        }
    }

    /// Reports a text that is not UTF-8, and consumes the rest of the input.
    #[cold]
    fn fail_at<'i>(&mut self, rest: Rest<'_>, sender: &mut Sender) -> Option<Event<'i>> {
        rest.clear();
        Some(self.fail(ProtocolError::InvalidUtf8, sender))
    }

    /// Notes a message that lies whole at the front of the input, in one frame. Returns whether there was
    /// one.
    pub(crate) fn find_whole<B: AsMut<[u8]>>(
        &mut self,
        input: &mut Input<B>,
        sender: &Sender,
    ) -> bool {
        if self.is_streaming {
            return false;
        }
        let Some((kind, range)) = self.decode_whole(input, sender) else { return false };
        input.found = Some(Found { what: What::Message(kind), place: Place::Input, range });
        true
    }

    /// Consumes input up to the next event. Returns whether there is one.
    pub(crate) fn find<B: AsMut<[u8]>>(
        &mut self,
        input: &mut Input<B>,
        sender: &mut Sender,
    ) -> bool {
        if input.found.is_some() {
            return true;
        }
        self.reclaim(input);
        while input.found.is_none() {
            match self.reading {
                Reading::Open if sender.is_receiving() => {}
                Reading::Failing(_) => return true,
                Reading::Open | Reading::Done => {
                    // Section 1.4: after a close frame, a peer discards any further data.
                    input.clear();
                    return false;
                }
            }
            input.steps = input.steps.wrapping_add(1);
            match self.step(input, sender) {
                Ok(true) => {}
                Ok(false) => return false,
                Err(error) => self.note_failure(error),
            }
        }
        true
    }

    /// Takes the event that [`find`](Self::find) has found.
    pub(crate) fn take<'i, B: AsMut<[u8]>>(
        &mut self,
        input: &'i mut Input<B>,
        sender: &mut Sender,
    ) -> Option<Event<'i>> {
        let Some(Found { what, place, range }) = input.found.take() else {
            let Reading::Failing(error) = self.reading else { return None };
            input.clear();
            return Some(self.fail(error, sender));
        };
        // A payload outside the input moves there, so that the event borrows nothing else.
        let (bytes, rest) = match place {
            Place::Input => input.borrow(range),
            Place::Scratch => input.borrow_inflated(range),
            Place::Assembly if what == What::Message(Kind::Text) => {
                return Some(Event::Text(input.borrow_text(self.assembly.take())));
            }
            Place::Assembly => input.borrow_held(self.assembly.take()),
            Place::Control => match self.control.take() {
                Some(control) => input.borrow_held(Held::Control(control)),
                None => unreachable!("a control frame that was assembled is here"),
            },
        };
        Some(match what {
            What::Message(Kind::Binary) => Event::Binary(bytes),
            What::Message(Kind::Text) => match to_text(bytes, self.decoder.role()) {
                Ok(text) => Event::Text(text),
                Err(_) => {
                    rest.clear();
                    self.fail(ProtocolError::InvalidUtf8, sender)
                }
            },
            What::Part(kind, last) => Event::Part { kind, bytes, last },
            What::Ping => Event::Ping(bytes),
            What::Pong => {
                sender.handle_pong(bytes);
                Event::Pong(bytes)
            }
            What::Close => {
                // Section 1.4: after a close frame, a peer discards any further data.
                rest.clear();
                self.take_close(bytes, sender)
            }
        })
    }

    /// Returns the buffer for the next read: the input, or for the rest of a long frame the message itself, so that
    /// it is not copied again. The header of the next frame is read along if the message has memory to spare.
    ///
    /// After a long message, as little as may hold a header is read first, since another may follow.
    pub(crate) fn spare<'i, B: AsMut<[u8]>>(&'i mut self, input: &'i mut Input<B>) -> &'i mut [u8] {
        let most = self.direct_room(input);
        let limit = self.decoder.max_message();
        if self.direct == Direct::Borrowed {
            self.direct = Direct::No;
        }
        if most > 0 {
            let count = self.assembly.make_spare(most, limit);
            // The message may own little memory yet.
            if count >= LEAST_DIRECT {
                self.direct = Direct::Borrowed;
                let behind = if count == most { FIRST_READ.min(input.spare().len()) } else { 0 };
                let count = self.assembly.room().min(count + behind);
                return self.assembly.spare(count);
            }
        }
        let left = usize::try_from(self.decoder.frame_remaining()).unwrap_or(usize::MAX);
        let is_near_end = self.direct == Direct::AfterLong && left < FIRST_READ;
        let most = if is_near_end { left + FIRST_READ } else { usize::MAX };
        let spare = input.spare();
        let count = spare.len().min(most);
        &mut spare[..count]
    }

    /// Notes that `count` bytes were read into [`spare`](Self::spare).
    ///
    /// # Panics
    ///
    /// Panics if `count` is more than the length of `spare`.
    pub(crate) fn fill<B: AsMut<[u8]>>(&mut self, input: &mut Input<B>, count: usize) {
        if self.direct != Direct::Borrowed {
            if self.direct == Direct::AfterLong {
                self.direct = Direct::No;
            }
            return input.fill(count);
        }
        assert!(count <= self.assembly.room(), "more bytes were filled than were spare");
        let bytes = self.assembly.spare(count);
        // Within a frame, nothing can be wrong.
        if let Ok((used, Some(piece))) = self.decoder.decode(bytes) {
            assert!(count - used <= FIRST_READ, "more bytes were filled than were spare");
            input.push(&bytes[used..]);
            let checked = self.assembly.fill(piece.range.len());
            self.direct = Direct::Filled { is_last: piece.is_last, checked };
        }
    }

    /// Whether a violation is to be reported next, unless an event was found before it.
    pub(crate) const fn is_failing(&self) -> bool {
        matches!(self.reading, Reading::Failing(_))
    }

    /// Notes that nothing more will come, and frees the message in progress.
    pub(crate) fn finish(&mut self) {
        self.reading = Reading::Done;
        drop(self.assembly.take());
        (self.inflation, self.control) = (None, None);
    }

    /// Whether a message that lies whole in the input can be delivered from there.
    #[inline]
    fn is_plain<B>(&self, input: &Input<B>, sender: &Sender) -> bool {
        matches!(self.reading, Reading::Open)
            && input.found.is_none()
            && !self.is_behind()
            && sender.is_open()
    }

    /// Whether more has been decoded than delivered.
    fn is_behind(&self) -> bool {
        matches!(self.direct, Direct::Filled { .. }) || self.is_inflating()
    }

    /// Whether a compressed payload is at the front of the input.
    fn is_inflating(&self) -> bool {
        self.inflation.as_ref().is_some_and(Inflation::has_stretch)
    }

    /// How many bytes of the message in progress can be read straight into it, if that is worth a read of
    /// its own.
    fn direct_room<B: AsMut<[u8]>>(&self, input: &Input<B>) -> usize {
        let left = usize::try_from(self.decoder.frame_remaining()).unwrap_or(usize::MAX);
        let is_alone = input.is_empty() && self.reading == Reading::Open && !self.is_behind();
        let is_whole = self.delivery == Delivery::Whole && !self.decoder.is_within_compressed();
        // No control frame has so much left.
        if left >= LEAST_DIRECT && is_alone && is_whole { left } else { 0 }
    }

    /// Reclaims the memory of the event before, and all of it if no events follow.
    fn reclaim<B: AsMut<[u8]>>(&mut self, input: &mut Input<B>) {
        input.settle();
        if self.reading != Reading::Open {
            input.keep(self.assembly.take());
            (self.inflation, self.control) = (None, None);
        }
    }

    /// Takes one piece from the input. Returns whether there was one.
    #[inline(never)]
    fn step<B: AsMut<[u8]>>(
        &mut self,
        input: &mut Input<B>,
        sender: &mut Sender,
    ) -> Result<bool, ProtocolError> {
        if self.is_inflating() {
            input.found = self.take_inflated(input, sender)?;
            return Ok(true);
        }
        if let Direct::Filled { is_last, checked } = self.direct {
            self.direct = Direct::AfterLong;
            checked?;
            let found = self.finish_message(self.assembly.kind(), is_last)?;
            self.choose_delivery(false, input, sender);
            if self.delivery == Delivery::Whole {
                input.found = found;
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
        let found = match piece.content {
            Content::Data(kind) => self.take_data(kind, &piece, input, sender)?,
            Content::Close | Content::Ping | Content::Pong => {
                self.take_control(&piece, input, sender)
            }
        };
        if !matches!(found, Some(Found { place: Place::Input, .. })) {
            input.consume(used);
        }
        input.found = found;
        Ok(true)
    }

    fn take_data<B: AsMut<[u8]>>(
        &mut self,
        kind: Kind,
        piece: &Piece,
        input: &mut Input<B>,
        sender: &Sender,
    ) -> Result<Option<Found>, ProtocolError> {
        self.choose_delivery(piece.is_first, input, sender);
        if self.delivery == Delivery::Whole {
            if piece.is_first && piece.is_last {
                let (what, range) = (What::Message(kind), piece.range.clone());
                return Ok(Some(Found { what, place: Place::Input, range }));
            }
            if piece.is_first {
                self.start_assembly(kind, input);
            }
        }
        let bytes = &input.unread()[piece.range.clone()];
        let (place, at) = (Place::Input, piece.range.start);
        self.deliver(&Part { kind, bytes, is_last: piece.is_last, place, at })
    }

    /// Decompresses the payload at the front of the input.
    fn take_inflated<B: AsMut<[u8]>>(
        &mut self,
        input: &mut Input<B>,
        sender: &Sender,
    ) -> Result<Option<Found>, ProtocolError> {
        self.choose_delivery(false, input, sender);
        let limit = self.decoder.max_message();
        let Some(inflation) = &mut self.inflation else {
            unreachable!("only what was negotiated is decompressed");
        };
        let kind = inflation.kind();
        let (unread, scratch) = input.inflatable();
        let Step { used, made, outcome } = inflation.step(unread, scratch, limit);
        let is_last = outcome == Ok(Progress::Done);
        let (bytes, place) = (&scratch[..made], Place::Scratch);
        let found = self.deliver(&Part { kind, bytes, is_last, place, at: 0 });
        input.consume(used);
        if matches!(found, Ok(Some(Found { place: Place::Scratch, .. }))) {
            input.workspace().lend();
        }
        if is_last && let Some(inflation) = &mut self.inflation {
            inflation.finish(input.workspace());
        }
        match (found?, outcome) {
            // Events before a violation are delivered first.
            (Some(found), Err(error)) => {
                self.note_failure(error);
                Ok(Some(found))
            }
            (None, Err(error)) => Err(error),
            (found, Ok(_)) => Ok(found),
        }
    }

    /// Hands a compressed payload to the decompressor. It stays at the front of the input.
    fn feed<B: AsMut<[u8]>>(&mut self, piece: &Piece, input: &mut Input<B>, sender: &Sender) {
        let (Content::Data(kind), Some(inflation)) = (piece.content, &mut self.inflation) else {
            unreachable!("only data is compressed, and only if that was negotiated");
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
        self.assembly.start(kind, input.take_memory(self.decoder.max_message()));
    }

    /// Adds a part to its message, delivers it, or discards it.
    fn deliver(&mut self, part: &Part<'_>) -> Result<Option<Found>, ProtocolError> {
        match self.delivery {
            Delivery::Whole => {
                self.assembly.push(part.bytes, self.decoder.max_message())?;
                self.finish_message(part.kind, part.is_last)
            }
            Delivery::Parts => Ok(self.find_part(part)),
            Delivery::Discarded => {
                self.validate(part).map_err(|_| ProtocolError::InvalidUtf8)?;
                Ok(None)
            }
        }
    }

    /// Chooses what happens to the message in progress. A message that is discarded is not kept.
    fn choose_delivery<B: AsMut<[u8]>>(
        &mut self,
        is_first: bool,
        input: &mut Input<B>,
        sender: &Sender,
    ) {
        if sender.is_discarding() {
            self.delivery = Delivery::Discarded;
            input.keep(self.assembly.take());
        } else if is_first && self.is_streaming {
            self.delivery = Delivery::Parts;
        } else if is_first {
            self.delivery = Delivery::Whole;
        }
    }

    /// Finishes the message that was assembled, if this was its last part.
    fn finish_message(
        &mut self,
        kind: Kind,
        is_last: bool,
    ) -> Result<Option<Found>, ProtocolError> {
        if !is_last {
            return Ok(None);
        }
        // Section 8.1: a text ends with a whole character.
        if !self.assembly.is_complete() {
            return Err(ProtocolError::InvalidUtf8);
        }
        // Decompressed bytes are never read straight into the message.
        if self.inflation.is_none() && self.assembly.as_bytes().len() > LEAST_DIRECT {
            self.direct = Direct::AfterLong;
        }
        let what = What::Message(kind);
        Ok(Some(Found { what, place: Place::Assembly, range: 0..0 }))
    }

    /// Finds a part of a streamed message. What comes before a violation is delivered first, so that the
    /// parts do not depend on how the input was cut.
    fn find_part(&mut self, part: &Part<'_>) -> Option<Found> {
        let mut len = part.bytes.len();
        let mut is_last = part.is_last;
        if let Err(error) = self.validate(part) {
            self.note_failure(ProtocolError::InvalidUtf8);
            len = error.at;
            is_last = false;
        }
        let is_void = len == 0 && !is_last;
        let what = What::Part(part.kind, is_last);
        let range = part.at..part.at + len;
        (!is_void).then_some(Found { what, place: part.place, range })
    }

    /// Validates a part of a message that is not kept. A text that ends within a character fails at its
    /// last byte. If it was decompressed, it fails behind that byte, which may have been delivered before
    /// the end was known.
    fn validate(&mut self, part: &Part<'_>) -> Result<(), Utf8Error> {
        self.assembly.validate(part.kind, part.bytes)?;
        let len = part.bytes.len();
        match part.is_last && !self.assembly.is_complete() {
            true if part.place == Place::Scratch => Err(Utf8Error { at: len }),
            true => Err(Utf8Error { at: len.saturating_sub(1) }),
            false => Ok(()),
        }
    }

    fn take_control<B: AsMut<[u8]>>(
        &mut self,
        piece: &Piece,
        input: &mut Input<B>,
        sender: &mut Sender,
    ) -> Option<Found> {
        let bytes = &input.unread()[piece.range.clone()];
        if !(piece.is_first && piece.is_last) {
            if piece.is_first {
                self.control = Some(Box::new(Control::new()));
            }
            let fits = self.control.as_mut().and_then(|control| control.push(bytes));
            debug_assert!(fits.is_some(), "a control frame that is too long was rejected");
        }
        if !piece.is_last {
            return None;
        }
        let (place, payload) = match &self.control {
            Some(control) => (Place::Control, control.as_bytes()),
            None => (Place::Input, bytes),
        };
        // Section 5.5.2: a ping is answered, unless a close frame has been received.
        if piece.content == Content::Ping && self.is_auto_pong {
            sender.reply_pong(payload);
        }
        let what = match piece.content {
            Content::Close => What::Close,
            _ if sender.is_discarding() => {
                self.control = None;
                return None;
            }
            Content::Ping => What::Ping,
            Content::Pong | Content::Data(_) => What::Pong,
        };
        Some(Found { what, place, range: piece.range.clone() })
    }

    fn take_close<'i>(&mut self, payload: &'i [u8], sender: &mut Sender) -> Event<'i> {
        match Close::decode(payload) {
            Ok(close) => {
                self.reading = Reading::Done;
                sender.receive_close(close);
                Event::Close(close)
            }
            Err(error) => {
                sender.note_bad_close(payload);
                self.fail(error, sender)
            }
        }
    }

    /// Notes a violation, which is reported once all that came before it has been delivered. The first
    /// one counts.
    const fn note_failure(&mut self, error: ProtocolError) {
        if let Reading::Open = self.reading {
            self.reading = Reading::Failing(error);
        }
    }

    /// Reports a violation, and fails the connection (section 7.1.7).
    #[cold]
    fn fail<'i>(&mut self, error: ProtocolError, sender: &mut Sender) -> Event<'i> {
        self.reading = Reading::Done;
        sender.fail(error);
        Event::Violation(error)
    }
}

/// Validates a payload that was read, or unmasked, just now.
///
/// A short payload that was unmasked is still on its way to the cache. Vectors wider than those which
/// wrote it would wait for it; words do not.
#[inline]
fn to_text(payload: &[u8], role: Role) -> Result<&str, ()> {
    if role == Role::Server && payload.len() < 256 {
        core::str::from_utf8(payload).map_err(drop)
    } else {
        basic::from_utf8(payload).map_err(drop)
    }
}

/// The rest of a frame of at least this many bytes is read straight into the message. A shorter rest
/// comes with what follows it, since a read of its own costs more than a copy.
const LEAST_DIRECT: usize = 32 << 10;

/// How many bytes are read after a long message, to see whether another follows.
const FIRST_READ: usize = 512;
