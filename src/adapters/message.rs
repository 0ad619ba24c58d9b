use alloc::string::String;
use alloc::vec::Vec;

use bytes::Bytes;
use bytestring::ByteString;

use crate::connection::{Event, Message};
use crate::wire::Kind;

/// A message that can be kept, copied out of the event that lent it. A clone shares its bytes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum OwnedMessage {
    /// UTF-8 text.
    Text(ByteString),
    /// Any bytes.
    Binary(Bytes),
}

impl<'p> From<&'p OwnedMessage> for Message<'p> {
    fn from(message: &'p OwnedMessage) -> Self {
        match message {
            OwnedMessage::Text(text) => Self::Text(text),
            OwnedMessage::Binary(bytes) => Self::Binary(bytes),
        }
    }
}

impl From<&'static str> for OwnedMessage {
    fn from(text: &'static str) -> Self {
        Self::Text(ByteString::from_static(text))
    }
}

impl From<String> for OwnedMessage {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<ByteString> for OwnedMessage {
    fn from(text: ByteString) -> Self {
        Self::Text(text)
    }
}

impl From<&'static [u8]> for OwnedMessage {
    fn from(bytes: &'static [u8]) -> Self {
        Self::Binary(Bytes::from_static(bytes))
    }
}

impl From<Vec<u8>> for OwnedMessage {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Binary(bytes.into())
    }
}

impl From<Bytes> for OwnedMessage {
    fn from(bytes: Bytes) -> Self {
        Self::Binary(bytes)
    }
}

/// Copies messages out of events, and puts those together that come in parts.
#[derive(Debug, Default)]
pub(super) struct Gathering(Vec<u8>);

impl Gathering {
    /// The message that this event ends, if it does.
    pub(super) fn take(&mut self, event: Event<'_>) -> Option<OwnedMessage> {
        match event {
            Event::Text(text) => Some(OwnedMessage::Text(text.into())),
            Event::Binary(bytes) => Some(OwnedMessage::Binary(Bytes::copy_from_slice(bytes))),
            Event::Part { kind, bytes, last } => {
                self.0.extend_from_slice(bytes);
                last.then(|| match (kind, core::mem::take(&mut self.0)) {
                    (Kind::Binary, bytes) => bytes.into(),
                    // All of its parts have been judged, so this is UTF-8.
                    (Kind::Text, bytes) => String::from_utf8(bytes).unwrap_or_default().into(),
                })
            }
            Event::Ping(_) | Event::Pong(_) | Event::Close(_) => None,
        }
    }
}
