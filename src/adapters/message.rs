use alloc::string::String;
use alloc::vec::Vec;

use crate::frame::Kind;
use crate::sender::Message;

/// A message that can be kept, copied out of the event that lent it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum OwnedMessage {
    /// UTF-8 text.
    Text(String),
    /// Any bytes.
    Binary(Vec<u8>),
}

impl OwnedMessage {
    /// A message of these bytes, which are UTF-8 if it is text.
    pub(super) fn new(kind: Kind, bytes: Vec<u8>) -> Self {
        match kind {
            Kind::Binary => Self::Binary(bytes),
            Kind::Text => Self::Text(String::from_utf8(bytes).unwrap_or_default()),
        }
    }
}

impl<'p> From<&'p OwnedMessage> for Message<'p> {
    fn from(message: &'p OwnedMessage) -> Self {
        match message {
            OwnedMessage::Text(text) => Self::Text(text),
            OwnedMessage::Binary(bytes) => Self::Binary(bytes),
        }
    }
}
