//! Puts messages together that did not arrive in one piece.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::mem;

use super::found::Held;
use crate::wire::snapshot::Saver;
use crate::wire::{Checked, Kind, ProtocolError, Utf8, Utf8Error, is_ascii};

/// Puts a message together, or validates one that is not kept.
#[derive(Debug, Default)]
pub(crate) struct Assembly {
    memory: Memory,
    /// Between messages it is at the start of a text, since a text ends with a whole character.
    utf8: Utf8,
    holds: Holds,
    texts: Texts,
}

/// The parts that have arrived.
enum Memory {
    /// Bytes, or a text that is ASCII so far. Reads go straight into them.
    Buffer(Buffer),
    /// A text that was validated as it arrived.
    Text(String),
}

/// The content of a [`Memory::Buffer`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Holds {
    #[default]
    Bytes,
    Ascii,
}

/// How long texts are put together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Texts {
    /// In place, which means that they are validated a second time as a whole. For ASCII, that takes less time than
    /// a copy.
    #[default]
    InPlace,
    /// By copying, since one of them was not ASCII.
    Copied,
}

impl Assembly {
    /// Starts a message in `memory`, whatever that contains.
    pub(crate) fn start(&mut self, kind: Kind, mut memory: Vec<u8>) {
        self.holds = Holds::Bytes;
        self.memory = match kind {
            Kind::Binary => Memory::Buffer(Buffer { memory, len: 0 }),
            Kind::Text => {
                memory.clear();
                Memory::Text(String::from_utf8(memory).unwrap_or_default())
            }
        };
    }

    /// Starts a message so long that reads go straight into it.
    pub(crate) fn start_long(&mut self, kind: Kind, memory: Vec<u8>) {
        if kind == Kind::Text && self.texts == Texts::InPlace {
            self.start(Kind::Binary, memory);
            self.holds = Holds::Ascii;
        } else {
            self.start(kind, memory);
        }
    }

    /// Appends a part. The message then has at most `limit` bytes.
    ///
    /// # Errors
    ///
    /// Returns [`ProtocolError::InvalidUtf8`], and [`ProtocolError::MessageTooBig`] if memory cannot be
    /// allocated.
    pub(crate) fn push(&mut self, part: &[u8], limit: u64) -> Result<(), ProtocolError> {
        match &mut self.memory {
            Memory::Buffer(buffer) if self.holds == Holds::Bytes || is_ascii(part) => {
                buffer.push(part, limit)
            }
            Memory::Buffer(_) => {
                self.leave_place(0, limit)?;
                self.push_text(part, limit)
            }
            Memory::Text(_) => self.push_text(part, limit),
        }
    }

    /// Notes that `count` bytes were read into the [buffer](Self::as_buffer).
    ///
    /// # Errors
    ///
    /// Returns the errors of [`push`](Self::push).
    pub(crate) fn fill(&mut self, count: usize, limit: u64) -> Result<(), ProtocolError> {
        let Memory::Buffer(buffer) = &mut self.memory else { return Ok(()) };
        if self.holds == Holds::Ascii && !is_ascii(buffer.spare(count)) {
            return self.leave_place(count, limit);
        }
        buffer.len += count;
        Ok(())
    }

    /// Copies a text that is no longer ASCII. `count` bytes behind the buffer belong to it, too.
    fn leave_place(&mut self, count: usize, limit: u64) -> Result<(), ProtocolError> {
        self.texts = Texts::Copied;
        let Memory::Buffer(Buffer { memory, len }) = mem::take(&mut self.memory) else {
            return Ok(());
        };
        let mut text = String::new();
        text.try_reserve_exact(len + count).map_err(|_| ProtocolError::MessageTooBig)?;
        self.memory = Memory::Text(text);
        self.push_text(&memory[..len], limit)?;
        self.push_text(&memory[len..len + count], limit)
    }

    fn push_text(&mut self, part: &[u8], limit: u64) -> Result<(), ProtocolError> {
        let Memory::Text(string) = &mut self.memory else { return Ok(()) };
        let checked = self.utf8.push(part);
        let Checked { head, text } = checked.map_err(|_| ProtocolError::InvalidUtf8)?;
        let len = head.map_or(0, char::len_utf8) + text.len();
        let more = growth(string.len(), string.capacity(), len, limit);
        string.try_reserve_exact(more).map_err(|_| ProtocolError::MessageTooBig)?;
        string.extend(head);
        string.push_str(text);
        Ok(())
    }

    /// Validates a part of a message that is not kept.
    pub(crate) fn validate(&mut self, kind: Kind, part: &[u8]) -> Result<(), Utf8Error> {
        match kind {
            Kind::Binary => Ok(()),
            Kind::Text => self.utf8.push(part).map(drop),
        }
    }

    /// Returns the memory to read the rest of the message into, unless it is a text that is copied.
    pub(crate) const fn as_buffer(&mut self) -> Option<&mut Buffer> {
        match &mut self.memory {
            Memory::Buffer(buffer) => Some(buffer),
            Memory::Text(_) => None,
        }
    }

    /// Returns the kind of the message in progress.
    pub(crate) fn kind(&self) -> Kind {
        match &self.memory {
            Memory::Buffer(_) if self.holds == Holds::Bytes => Kind::Binary,
            Memory::Buffer(_) | Memory::Text(_) => Kind::Text,
        }
    }

    /// Returns whether the message may end here (section 8.1).
    pub(crate) const fn is_complete(&self) -> bool {
        self.utf8.is_complete()
    }

    /// Returns how many bytes have arrived.
    pub(crate) const fn len(&self) -> usize {
        match &self.memory {
            Memory::Buffer(buffer) => buffer.len,
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
            Memory::Buffer(buffer) => &buffer.memory[..buffer.len],
            Memory::Text(text) => text.as_bytes(),
        };
        out.bytes([whole, self.cut()]);
    }

    /// Takes the message with its memory.
    pub(crate) fn take(&mut self) -> Held {
        match mem::take(&mut self.memory) {
            Memory::Buffer(buffer) => Held::Bytes(buffer.memory, buffer.len),
            Memory::Text(text) => Held::Text(text),
        }
    }
}

/// Payloads may be secret, so this prints lengths only.
impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, len) = match self {
            Self::Buffer(buffer) => ("Buffer", buffer.len),
            Self::Text(text) => ("Text", text.len()),
        };
        f.debug_struct(kind).field("len", &len).finish_non_exhaustive()
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self::Buffer(Buffer::default())
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
        most.min(self.room())
    }

    /// Returns for how many more bytes there is room.
    pub(crate) const fn room(&self) -> usize {
        self.memory.len() - self.len
    }

    /// Returns the room for the next `count` bytes.
    pub(crate) fn spare(&mut self, count: usize) -> &mut [u8] {
        &mut self.memory[self.len..][..count]
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
