use alloc::string::String;
use alloc::vec::Vec;

use crate::frame::Kind;
use crate::receiver::Event;
use crate::sender::Message;

/// A message that can be kept, copied out of the event that lent it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum OwnedMessage {
    /// UTF-8 text.
    Text(String),
    /// Any bytes.
    Binary(Vec<u8>),
}

/// Copies messages out of events, and puts those together that come in parts.
#[derive(Debug, Default)]
pub(super) struct Gathering(Vec<u8>);

impl Gathering {
    /// The message that this event ends, if it does.
    pub(super) fn take(&mut self, event: Event<'_>) -> Option<OwnedMessage> {
        match event {
            Event::Text(text) => Some(OwnedMessage::Text(text.into())),
            Event::Binary(bytes) => Some(OwnedMessage::Binary(bytes.to_vec())),
            Event::Part { kind, bytes, last } => {
                self.0.extend_from_slice(bytes);
                last.then(|| match (kind, core::mem::take(&mut self.0)) {
                    (Kind::Binary, bytes) => OwnedMessage::Binary(bytes),
                    // All of its parts have been judged, so this is UTF-8.
                    (Kind::Text, bytes) => {
                        OwnedMessage::Text(String::from_utf8(bytes).unwrap_or_default())
                    }
                })
            }
            Event::Ping(_) | Event::Pong(_) | Event::Close(_) => None,
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
