//! A part of an incoming message that is read as a stream of bytes.

use bytes::Bytes;

use super::report::copy_message;
use crate::connection::Event;
use crate::wire::Kind;

/// The unread bytes of a part of a message.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) kind: Kind,
    pub(super) bytes: Bytes,
    pub(super) is_last: bool,
}

impl Part {
    /// Copies the part of a message, or the whole message, that an event has.
    pub(super) fn copy(event: &Event<'_>) -> Option<Self> {
        if let Event::Part { kind, bytes, last } = event {
            let bytes = Bytes::copy_from_slice(bytes);
            return Some(Self { kind: *kind, bytes, is_last: *last });
        }
        let message = copy_message(event)?;
        Some(Self { kind: message.kind(), bytes: message.into_bytes(), is_last: true })
    }

    /// Takes at most `most` unread bytes.
    pub(super) fn take(&mut self, most: usize) -> Bytes {
        self.bytes.split_to(most.min(self.bytes.len()))
    }
}
