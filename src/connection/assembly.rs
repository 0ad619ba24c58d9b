//! Puts messages together that did not arrive in one piece.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::mem;

use super::found::Held;
use crate::wire::snapshot::Saver;
use crate::wire::{Checked, Kind, ProtocolError, Utf8, Utf8Error};

/// Puts a message together, or validates one that is not kept.
#[derive(Debug, Default)]
pub(crate) struct Assembly {
    memory: Memory,
    /// Between messages it is at the start of a text, since a text ends with a whole character.
    utf8: Utf8,
}

/// The parts that have arrived. A text is validated as it arrives, and not again.
enum Memory {
    Binary(Buffer),
    Text(String),
}

impl Assembly {
    /// Starts a message in `memory`, whatever that contains.
    pub(crate) fn start(&mut self, kind: Kind, mut memory: Vec<u8>) {
        self.memory = match kind {
            Kind::Binary => Memory::Binary(Buffer { memory, len: 0 }),
            Kind::Text => {
                memory.clear();
                Memory::Text(String::from_utf8(memory).unwrap_or_default())
            }
        };
    }

    /// Appends a part. The message then has at most `limit` bytes.
    ///
    /// # Errors
    ///
    /// Returns [`ProtocolError::InvalidUtf8`], and [`ProtocolError::MessageTooBig`] if memory cannot be
    /// allocated.
    pub(crate) fn push(&mut self, part: &[u8], limit: u64) -> Result<(), ProtocolError> {
        match &mut self.memory {
            Memory::Binary(buffer) => buffer.push(part, limit),
            Memory::Text(string) => {
                let Checked { head, text } =
                    self.utf8.push(part).map_err(|_| ProtocolError::InvalidUtf8)?;
                let len = head.map_or(0, char::len_utf8) + text.len();
                let more = growth(string.len(), string.capacity(), len, limit);
                string.try_reserve_exact(more).map_err(|_| ProtocolError::MessageTooBig)?;
                string.extend(head);
                string.push_str(text);
                Ok(())
            }
        }
    }

    /// Validates a part of a message that is not kept.
    pub(crate) fn validate(&mut self, kind: Kind, part: &[u8]) -> Result<(), Utf8Error> {
        match kind {
            Kind::Binary => Ok(()),
            Kind::Text => self.utf8.push(part).map(drop),
        }
    }

    /// Returns the memory to read the rest of a binary message into.
    pub(crate) const fn as_buffer(&mut self) -> Option<&mut Buffer> {
        match &mut self.memory {
            Memory::Binary(buffer) => Some(buffer),
            Memory::Text(_) => None,
        }
    }

    /// Returns whether the message may end here (section 8.1).
    pub(crate) const fn is_complete(&self) -> bool {
        self.utf8.is_complete()
    }

    /// Returns how many bytes have arrived.
    pub(crate) const fn len(&self) -> usize {
        match &self.memory {
            Memory::Binary(buffer) => buffer.len,
            Memory::Text(text) => text.len(),
        }
    }

    /// Returns the start of a character that is not complete.
    pub(crate) fn cut(&self) -> &[u8] {
        self.utf8.cut()
    }

    /// Saves the bytes that have arrived, with those of a character that is not complete.
    pub(crate) fn save(&self, out: &mut Saver<'_>) {
        let whole = match &self.memory {
            Memory::Binary(buffer) => &buffer.memory[..buffer.len],
            Memory::Text(text) => text.as_bytes(),
        };
        out.bytes([whole, self.cut()]);
    }

    /// Takes the message with its memory.
    pub(crate) fn take(&mut self) -> Held {
        match mem::take(&mut self.memory) {
            Memory::Binary(buffer) => Held::Bytes(buffer.memory, buffer.len),
            Memory::Text(text) => Held::Text(text),
        }
    }
}

/// Payloads may be secret, so this prints lengths only.
impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, len) = match self {
            Self::Binary(buffer) => ("Binary", buffer.len),
            Self::Text(text) => ("Text", text.len()),
        };
        f.debug_struct(kind).field("len", &len).finish_non_exhaustive()
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self::Binary(Buffer::default())
    }
}

/// Bytes in memory that need not be cleared before something is read into it.
#[derive(Default)]
pub(crate) struct Buffer {
    /// All of it has been written to at some time.
    memory: Vec<u8>,
    len: usize,
}

impl Buffer {
    fn push(&mut self, part: &[u8], limit: u64) -> Result<(), ProtocolError> {
        self.make_room(part.len(), limit)?;
        self.memory[self.len..][..part.len()].copy_from_slice(part);
        self.len += part.len();
        Ok(())
    }

    /// Makes room for up to `most` more bytes, and returns for how many there is some. The room grows with
    /// what has arrived, not with what was declared.
    pub(crate) fn make_spare(&mut self, most: usize, limit: u64) -> usize {
        // Without memory, the bytes arrive in the input, and the error is reported then.
        let _ = self.make_room(most.min(self.len), limit);
        most.min(self.memory.len() - self.len)
    }

    /// Returns the room for the next `count` bytes.
    pub(crate) fn spare(&mut self, count: usize) -> &mut [u8] {
        &mut self.memory[self.len..][..count]
    }

    /// Notes that `count` bytes were read there.
    pub(crate) const fn fill(&mut self, count: usize) {
        self.len += count;
    }

    fn make_room(&mut self, more: usize, limit: u64) -> Result<(), ProtocolError> {
        let there = self.memory.len();
        let more = growth(self.len, there, more, limit);
        if more > 0 {
            let len = self.len + more;
            let added = self.memory.try_reserve_exact(len - there);
            added.map_err(|_| ProtocolError::MessageTooBig)?;
            self.memory.resize(len, 0);
        }
        Ok(())
    }
}

/// Returns how much to reserve beyond `len` so that `more` bytes fit: twice the capacity, so that each byte
/// is moved a fixed number of times, but at most the limit.
fn growth(len: usize, capacity: usize, more: usize, limit: u64) -> usize {
    if capacity - len >= more {
        return 0;
    }
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let doubled = capacity.saturating_mul(2).max(MIN_CAPACITY).min(limit);
    doubled.max(len + more) - len
}

/// The least memory that is allocated for a message, in bytes.
const MIN_CAPACITY: usize = 64;
