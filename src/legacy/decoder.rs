//! The decoder of frames that end with a sentinel.
//!
//! ```text
//! 00 text FF                       a message
//! 01 .. 7F, bytes, FF              reserved: discarded
//! 80 .. FF, length, bytes          discarded; the length has 7 bits a byte, the high bit says that more follow
//! FF 00                            draft 76: the end
//! ```

use core::ops::Range;

use super::draft::Draft;
use crate::wire::Limits;
use crate::wire::ProtocolError::{self, FrameTooBig, LengthOverflow, MessageTooBig};

/// A decoder of frames that end with a sentinel. It stores no payload.
#[derive(Debug)]
pub(super) struct Decoder {
    draft: Draft,
    limits: Limits,
    state: State,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// The type of a frame comes next.
    Type,
    /// A text of which so many bytes have come.
    Text(u64),
    /// A reserved frame that ends with FF, of which so many bytes have come.
    Reserved(u64),
    /// A length, of which so many bytes have come.
    Length { kind: u8, len: u64, digits: u8 },
    /// So many bytes are to be discarded.
    Skip(u64),
}

/// A piece of a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// Bytes of a text.
    Text(Range<usize>),
    /// The end of a text.
    End,
    /// A close frame.
    Close,
}

impl Decoder {
    pub(super) const fn new(draft: Draft, limits: Limits) -> Self {
        Self { draft, limits, state: State::Type }
    }

    /// Decodes the next piece. Returns how many bytes were used, which is all of them if there is none.
    ///
    /// # Errors
    ///
    /// Returns [`ProtocolError::MessageTooBig`], [`ProtocolError::FrameTooBig`] and
    /// [`ProtocolError::LengthOverflow`].
    pub(super) fn decode(&mut self, bytes: &[u8]) -> Result<(usize, Option<Piece>), ProtocolError> {
        let mut used = 0;
        while let Some(rest) = bytes.get(used..).filter(|rest| !rest.is_empty()) {
            let (count, piece) = self.step(rest)?;
            if let Some(Piece::Text(range)) = piece {
                // The text is all that was taken.
                let end = used + range.end;
                return Ok((end, Some(Piece::Text(used..end))));
            }
            used += count;
            if piece.is_some() {
                return Ok((used, piece));
            }
        }
        Ok((used, None))
    }

    /// Goes on with bytes, of which there is at least one.
    fn step(&mut self, bytes: &[u8]) -> Result<(usize, Option<Piece>), ProtocolError> {
        match self.state {
            State::Type => {
                self.state = start(bytes[0]);
                Ok((1, None))
            }
            State::Text(_) | State::Reserved(_) if bytes[0] == SENTINEL => {
                let is_text = matches!(self.state, State::Text(_));
                self.state = State::Type;
                Ok((1, is_text.then_some(Piece::End)))
            }
            State::Text(len) => self.read_text(bytes, len),
            State::Reserved(len) => {
                let count = count_to_sentinel(bytes);
                self.state = State::Reserved(self.discard(len + count as u64)?);
                Ok((count, None))
            }
            State::Length { kind, len, digits } => self.read_digit(kind, len, digits, bytes[0]),
            State::Skip(left) => {
                let count = usize::try_from(left).map_or(bytes.len(), |left| left.min(bytes.len()));
                self.skip(left - count as u64);
                Ok((count, None))
            }
        }
    }

    /// Takes bytes of a text, of which `len` have come.
    ///
    /// Those within the limit are given out before the error, so that it does not depend on how the text was
    /// cut whether they or the length are found to be wrong.
    fn read_text(
        &mut self,
        bytes: &[u8],
        len: u64,
    ) -> Result<(usize, Option<Piece>), ProtocolError> {
        let Limits { frame, message, .. } = self.limits;
        let room = usize::try_from(frame.min(message) - len).unwrap_or(usize::MAX);
        let count = count_to_sentinel(bytes).min(room);
        if count == 0 {
            let is_frame = frame < message;
            return Err(if is_frame { FrameTooBig } else { MessageTooBig });
        }
        self.state = State::Text(len + count as u64);
        Ok((count, Some(Piece::Text(0..count))))
    }

    /// Takes a byte of a length.
    fn read_digit(
        &mut self,
        kind: u8,
        len: u64,
        digits: u8,
        digit: u8,
    ) -> Result<(usize, Option<Piece>), ProtocolError> {
        // Without a bound, a length need not end. Nine digits have 63 bits.
        if digits == MAX_DIGITS {
            return Err(LengthOverflow);
        }
        let len = len << 7 | u64::from(digit & 0x7f);
        if digit & 0x80 != 0 {
            self.state = State::Length { kind, len, digits: digits + 1 };
            return Ok((1, None));
        }
        let len = self.discard(len)?;
        self.skip(len);
        let is_close = kind == CLOSE && len == 0 && self.draft.has_close();
        Ok((1, is_close.then_some(Piece::Close)))
    }

    fn skip(&mut self, left: u64) {
        self.state = if left == 0 { State::Type } else { State::Skip(left) };
    }

    /// Checks the length of a frame that is discarded: it costs time, though no memory.
    fn discard(&self, len: u64) -> Result<u64, ProtocolError> {
        let limit = self.limits.frame.min(self.limits.message);
        if len <= limit { Ok(len) } else { Err(FrameTooBig) }
    }
}

const fn start(kind: u8) -> State {
    match kind {
        0x00 => State::Text(0),
        0x01..=0x7f => State::Reserved(0),
        0x80..=0xff => State::Length { kind, len: 0, digits: 0 },
    }
}

/// Returns how many bytes stand before the sentinel.
fn count_to_sentinel(bytes: &[u8]) -> usize {
    bytes.iter().position(|&byte| byte == SENTINEL).unwrap_or(bytes.len())
}

/// The end of a text. UTF-8 has no such byte.
const SENTINEL: u8 = 0xff;

/// The type of a close frame, whose length is 0.
const CLOSE: u8 = 0xff;

const MAX_DIGITS: u8 = 9;
