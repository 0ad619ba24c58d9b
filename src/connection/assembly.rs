use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::input::Held;
use crate::wire::{Checked, Kind, ProtocolError, Utf8, Utf8Error};

/// Puts a message together that did not come in one piece, or watches it pass.
#[derive(Debug, Default)]
pub(crate) struct Assembly {
    memory: Memory,
    /// Between messages it is at the start of a text, since text ends with a whole character.
    utf8: Utf8,
}

/// What has been put together. Text is checked as it comes, so that it need not be checked again.
enum Memory {
    Binary(Buffer),
    Text(String),
}

/// Messages are not for logs.
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

impl Assembly {
    /// Starts to put a message together in `memory`, whatever is in it.
    pub(crate) fn start(&mut self, kind: Kind, mut memory: Vec<u8>) {
        self.memory = match kind {
            Kind::Binary => Memory::Binary(Buffer { memory, len: 0 }),
            Kind::Text => {
                memory.clear();
                Memory::Text(String::from_utf8(memory).unwrap_or_default())
            }
        };
    }

    /// Adds a piece, after which the message has at most `limit` bytes.
    ///
    /// Memory that cannot be had is a message too big, too.
    pub(crate) fn push(&mut self, piece: &[u8], limit: u64) -> Result<(), ProtocolError> {
        match &mut self.memory {
            Memory::Binary(buffer) => buffer.push(piece, limit),
            Memory::Text(string) => {
                let Checked { head, text } =
                    self.utf8.push(piece).map_err(|_| ProtocolError::InvalidUtf8)?;
                let len = head.map_or(0, char::len_utf8) + text.len();
                let more = growth(string.len(), string.capacity(), len, limit);
                string.try_reserve_exact(more).map_err(|_| ProtocolError::MessageTooBig)?;
                string.extend(head);
                string.push_str(text);
                Ok(())
            }
        }
    }

    /// Judges a piece of a message that is not kept.
    pub(crate) fn watch(&mut self, kind: Kind, piece: &[u8]) -> Result<(), Utf8Error> {
        match kind {
            Kind::Binary => Ok(()),
            Kind::Text => self.utf8.push(piece).map(drop),
        }
    }

    /// Memory to read the next bytes of the message into, if they need not be judged.
    pub(crate) const fn as_buffer(&mut self) -> Option<&mut Buffer> {
        match &mut self.memory {
            Memory::Binary(buffer) => Some(buffer),
            Memory::Text(_) => None,
        }
    }

    /// Whether the message may end here: text does so with a whole character (section 8.1).
    pub(crate) const fn is_complete(&self) -> bool {
        self.utf8.is_complete()
    }

    /// How many bytes have been put together.
    pub(crate) const fn len(&self) -> usize {
        match &self.memory {
            Memory::Binary(buffer) => buffer.len,
            Memory::Text(text) => text.len(),
        }
    }

    /// Gives out what was put together, with its memory.
    pub(crate) fn release(&mut self) -> Held {
        match core::mem::take(&mut self.memory) {
            Memory::Binary(buffer) => Held::Bytes(buffer.memory, buffer.len),
            Memory::Text(text) => Held::Text(text),
        }
    }
}

/// Bytes that have been put together, in memory which need not be cleared before something is read
/// into it.
#[derive(Default)]
pub(crate) struct Buffer {
    /// All of it has been written to at some time.
    memory: Vec<u8>,
    len: usize,
}

impl Buffer {
    fn push(&mut self, piece: &[u8], limit: u64) -> Result<(), ProtocolError> {
        self.make_room(piece.len(), limit)?;
        self.memory[self.len..][..piece.len()].copy_from_slice(piece);
        self.len += piece.len();
        Ok(())
    }

    /// Makes room for the next bytes, of which there are `most`, and tells for how many there is some. It
    /// grows with what has come, not with what was announced.
    pub(crate) fn make_spare(&mut self, most: usize, limit: u64) -> usize {
        // Without memory the bytes come in another way, and what is wrong will be told.
        let _ = self.make_room(most.min(self.len), limit);
        most.min(self.memory.len() - self.len)
    }

    /// Where to read the next bytes to.
    pub(crate) fn spare(&mut self, count: usize) -> &mut [u8] {
        &mut self.memory[self.len..][..count]
    }

    /// Adds what was read there.
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

/// How much to reserve beyond `len` so that `more` fit: twice what there is, so that bytes are not
/// moved time and again, but never beyond what the limit lets come.
fn growth(len: usize, capacity: usize, more: usize, limit: u64) -> usize {
    if capacity - len >= more {
        return 0;
    }
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let doubled = capacity.saturating_mul(2).max(MIN_CAPACITY).min(limit);
    doubled.max(len + more) - len
}

/// The least memory, in bytes, that is made for a message.
const MIN_CAPACITY: usize = 64;
