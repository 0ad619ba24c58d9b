//! Puts messages together that did not arrive in one piece.

use alloc::collections::TryReserveError;
use alloc::vec::Vec;
use core::fmt;
use core::mem;

use sansocket_text::TextBuffer;

use super::found::Held;
use crate::wire::snapshot::Saver;
use crate::wire::{Kind, ProtocolError, Utf8, Utf8Error};

/// Puts a message together, or validates one that is not kept.
pub(crate) enum Assembly {
    Binary(Buffer),
    /// A text that is validated as it arrives.
    Text(TextBuffer),
    /// No message, or a text that is only validated. Between messages this is at the start of a text, since a text ends
    /// with a whole character.
    Unkept(Utf8),
}

impl Assembly {
    /// Starts a message in `memory`, whatever that contains.
    pub(crate) fn start(&mut self, kind: Kind, memory: Vec<u8>) {
        *self = match kind {
            Kind::Binary => Self::Binary(Buffer { memory, len: 0 }),
            Kind::Text => Self::Text(TextBuffer::new(memory)),
        };
    }

    /// Appends a part. The message then has at most `limit` bytes.
    ///
    /// # Errors
    ///
    /// Returns [`ProtocolError::InvalidUtf8`], and [`ProtocolError::MessageTooBig`] if memory cannot be
    /// allocated.
    pub(crate) fn push(&mut self, part: &[u8], limit: u64) -> Result<(), ProtocolError> {
        self.make_room(part.len(), limit).map_err(|_| ProtocolError::MessageTooBig)?;
        match self {
            Self::Binary(buffer) => buffer.push(part),
            Self::Text(text) => text.push(part).map_err(|_| ProtocolError::InvalidUtf8)?,
            Self::Unkept(_) => {}
        }
        Ok(())
    }

    /// Makes room for up to `most` more bytes, and returns for how many there is some. The room grows with
    /// what has arrived, not with what was declared.
    pub(crate) fn make_spare(&mut self, most: usize, limit: u64) -> usize {
        // Without memory, the bytes arrive in the input, and the error is reported then.
        let _ = self.make_room(most.min(self.as_bytes().len()), limit);
        most.min(self.room())
    }

    /// Returns for how many more bytes there is room.
    pub(crate) const fn room(&self) -> usize {
        match self {
            Self::Binary(buffer) => buffer.room(),
            Self::Text(text) => text.room(),
            Self::Unkept(_) => 0,
        }
    }

    /// Returns the [room](Self::room) for the next `count` bytes.
    pub(crate) fn spare(&mut self, count: usize) -> &mut [u8] {
        match self {
            Self::Binary(buffer) => buffer.spare(count),
            Self::Text(text) => text.spare(count),
            Self::Unkept(_) => &mut [],
        }
    }

    /// Notes that `count` bytes were read into [`spare`](Self::spare).
    ///
    /// # Errors
    ///
    /// Returns [`ProtocolError::InvalidUtf8`].
    pub(crate) fn fill(&mut self, count: usize) -> Result<(), ProtocolError> {
        match self {
            Self::Binary(buffer) => buffer.len += count,
            Self::Text(text) => text.fill(count).map_err(|_| ProtocolError::InvalidUtf8)?,
            Self::Unkept(_) => {}
        }
        Ok(())
    }

    /// Validates a part of a message that is not kept.
    pub(crate) fn validate(&mut self, kind: Kind, part: &[u8]) -> Result<(), Utf8Error> {
        // A message that was restored before its first part is started to be kept.
        if !matches!(self, Self::Unkept(_)) {
            drop(self.take());
        }
        match self {
            Self::Unkept(utf8) if kind == Kind::Text => utf8.push(part).map(drop),
            Self::Unkept(_) | Self::Binary(_) | Self::Text(_) => Ok(()),
        }
    }

    /// Returns the kind of the message in progress.
    pub(crate) const fn kind(&self) -> Kind {
        match self {
            Self::Text(_) => Kind::Text,
            Self::Binary(_) | Self::Unkept(_) => Kind::Binary,
        }
    }

    /// Returns whether the message may end here (section 8.1).
    pub(crate) const fn is_complete(&self) -> bool {
        match self {
            Self::Binary(_) => true,
            Self::Text(text) => text.is_complete(),
            Self::Unkept(utf8) => utf8.is_complete(),
        }
    }

    /// Returns the bytes that have arrived, with those of a character that is not complete. Of a message that is not
    /// kept, these are all.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Binary(buffer) => &buffer.memory[..buffer.len],
            Self::Text(text) => text.as_bytes(),
            Self::Unkept(utf8) => utf8.cut(),
        }
    }

    /// Saves the bytes that have arrived.
    pub(crate) fn save(&self, out: &mut Saver<'_>) {
        out.bytes([self.as_bytes()]);
    }

    /// Takes the message with its memory. The rest of a text is validated where this one ends.
    pub(crate) fn take(&mut self) -> Held {
        let mut utf8 = Utf8::new();
        match self {
            Self::Unkept(_) => return Held::Nothing,
            // The start of a character is valid.
            Self::Text(text) if !text.is_complete() => {
                let _ = utf8.push(&text.as_bytes()[text.as_str().len()..]);
            }
            Self::Binary(_) | Self::Text(_) => {}
        }
        match mem::replace(self, Self::Unkept(utf8)) {
            Self::Binary(buffer) => Held::Bytes(buffer.memory, buffer.len),
            Self::Text(text) => Held::Text(text),
            Self::Unkept(_) => Held::Nothing,
        }
    }

    #[inline]
    fn make_room(&mut self, more: usize, limit: u64) -> Result<(), TryReserveError> {
        if self.room() >= more { Ok(()) } else { self.grow(more, limit) }
    }

    #[inline(never)]
    fn grow(&mut self, more: usize, limit: u64) -> Result<(), TryReserveError> {
        let room = growth(self.as_bytes().len(), self.room(), more, limit);
        match self {
            Self::Binary(buffer) => buffer.reserve(room),
            Self::Text(text) => text.reserve(room),
            Self::Unkept(_) => Ok(()),
        }
    }
}

impl Default for Assembly {
    fn default() -> Self {
        Self::Unkept(Utf8::new())
    }
}

/// Payloads may be secret, so this prints lengths only.
impl fmt::Debug for Assembly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self {
            Self::Binary(_) => "Binary",
            Self::Text(_) => "Text",
            Self::Unkept(_) => "Unkept",
        };
        f.debug_struct(kind).field("len", &self.as_bytes().len()).finish_non_exhaustive()
    }
}

/// Bytes in memory that need not be cleared before something is read into it, as in a [`TextBuffer`].
pub(crate) struct Buffer {
    /// Up to its length it has been written to at some time.
    memory: Vec<u8>,
    len: usize,
}

impl Buffer {
    /// Makes room for at least `count` more bytes.
    fn reserve(&mut self, count: usize) -> Result<(), TryReserveError> {
        self.memory.try_reserve_exact(count.saturating_sub(self.memory.len() - self.len))
    }

    const fn room(&self) -> usize {
        self.memory.capacity() - self.len
    }

    fn spare(&mut self, count: usize) -> &mut [u8] {
        let end = self.len + count;
        if end > self.memory.len() {
            self.memory.resize(end, 0);
        }
        &mut self.memory[self.len..end]
    }

    fn push(&mut self, part: &[u8]) {
        let written = &mut self.memory[self.len..];
        let (over, new) = part.split_at(part.len().min(written.len()));
        written[..over.len()].copy_from_slice(over);
        self.memory.extend_from_slice(new);
        self.len += part.len();
    }
}

/// Returns how much room to reserve so that `more` bytes fit behind `len`: twice the capacity, so that each byte is
/// moved a fixed number of times, but at most the limit.
fn growth(len: usize, room: usize, more: usize, limit: u64) -> usize {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let doubled = (len + room).saturating_mul(2).max(MIN_CAPACITY).min(limit);
    doubled.max(len + more) - len
}

/// The least memory that is allocated for a message, in bytes.
const MIN_CAPACITY: usize = 64;
