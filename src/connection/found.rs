//! An event that was found and not taken yet, and where its payload is.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ops::Range;

use sansocket_text::TextBuffer;

use super::control::Control;
use crate::wire::Kind;

/// An event that was found, and where its payload is.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) what: What,
    pub(crate) place: Place,
    /// The payload within that place. The input is consumed up to its end.
    pub(crate) range: Range<usize>,
}

/// An event for the caller, who takes it at once.
#[cfg(feature = "std")]
#[derive(Debug)]
pub(crate) enum Ready {
    /// A message that lies whole in the input: its kind, and where its payload is. Nothing else is noted of it.
    Whole(Kind, Range<usize>),
    /// An event that is [noted](Found), or that belongs to the opening.
    Noted,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Message(Kind),
    Part(Kind, bool),
    Ping,
    Pong,
    Close,
}

/// The place of a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// In the unread bytes of the input.
    Input,
    /// In the buffer of decompressed bytes. The input has been consumed.
    Scratch,
    Assembly,
    Control,
}

/// A payload with memory of its own, moved to the input while its event borrows it.
#[derive(Default)]
pub(crate) enum Held {
    #[default]
    Nothing,
    /// The first bytes of this memory, as many as the number says.
    Bytes(Vec<u8>, usize),
    Text(TextBuffer),
    Control(Box<Control>),
}

impl Held {
    /// Returns the memory of a message, and how many bytes of it were used.
    pub(crate) fn into_memory(self) -> Option<(Vec<u8>, usize)> {
        match self {
            Self::Bytes(memory, len) => Some((memory, len)),
            Self::Text(text) => {
                let len = text.as_bytes().len();
                Some((text.into_memory(), len))
            }
            Self::Nothing | Self::Control(_) => None,
        }
    }
}
