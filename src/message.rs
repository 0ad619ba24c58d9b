use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::error::ProtocolError;
use crate::frame::Kind;
use crate::utf8::{Checked, Utf8, Utf8Error};

/// Puts a message together that did not come in one piece, or watches it pass.
#[derive(Debug, Default)]
pub(crate) struct Assembly {
    memory: Memory,
    /// Between messages it is at the start of a text, since text ends with a whole character.
    utf8: Utf8,
}

/// What has been put together. Text is checked as it comes, so that it need not be checked again.
enum Memory {
    Binary(Vec<u8>),
    Text(String),
}

/// Messages are not for logs.
impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, len) = match self {
            Self::Binary(bytes) => ("Binary", bytes.len()),
            Self::Text(text) => ("Text", text.len()),
        };
        f.debug_struct(kind).field("len", &len).finish_non_exhaustive()
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self::Binary(Vec::new())
    }
}

impl Assembly {
    /// Starts to put a message together in `memory`, which is empty.
    pub(crate) fn start(&mut self, kind: Kind, memory: Vec<u8>) {
        self.memory = match kind {
            Kind::Binary => Memory::Binary(memory),
            Kind::Text => Memory::Text(String::from_utf8(memory).unwrap_or_default()),
        };
    }

    /// Adds a piece, after which the message has at most `limit` bytes.
    ///
    /// Memory that cannot be had is a message too big, too.
    pub(crate) fn push(&mut self, piece: &[u8], limit: u64) -> Result<(), ProtocolError> {
        match &mut self.memory {
            Memory::Binary(bytes) => {
                let more = growth(bytes.len(), bytes.capacity(), piece.len(), limit);
                bytes.try_reserve_exact(more).map_err(|_| ProtocolError::MessageTooBig)?;
                bytes.extend_from_slice(piece);
            }
            Memory::Text(string) => {
                let Checked { head, text } =
                    self.utf8.push(piece).map_err(|_| ProtocolError::InvalidUtf8)?;
                let len = head.map_or(0, char::len_utf8) + text.len();
                let more = growth(string.len(), string.capacity(), len, limit);
                string.try_reserve_exact(more).map_err(|_| ProtocolError::MessageTooBig)?;
                string.extend(head);
                string.push_str(text);
            }
        }
        Ok(())
    }

    /// Judges a piece of a message that is not kept.
    pub(crate) fn watch(&mut self, kind: Kind, piece: &[u8]) -> Result<(), Utf8Error> {
        match kind {
            Kind::Binary => Ok(()),
            Kind::Text => self.utf8.push(piece).map(drop),
        }
    }

    /// Whether the message may end here: text does so with a whole character (section 8.1).
    pub(crate) const fn is_complete(&self) -> bool {
        self.utf8.is_complete()
    }

    pub(crate) fn as_text(&self) -> &str {
        match &self.memory {
            Memory::Binary(_) => "",
            Memory::Text(text) => text,
        }
    }

    pub(crate) fn as_binary(&mut self) -> &mut [u8] {
        match &mut self.memory {
            Memory::Binary(bytes) => bytes,
            Memory::Text(_) => &mut [],
        }
    }

    /// Gives the memory back, with what is in it.
    pub(crate) fn release(&mut self) -> Vec<u8> {
        match core::mem::take(&mut self.memory) {
            Memory::Binary(bytes) => bytes,
            Memory::Text(text) => text.into_bytes(),
        }
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
