use sansocket::{CloseCode, Event, Kind};

/// An event that can be kept and compared. Messages are whole, however they came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// A text message.
    Text(String),
    /// A binary message.
    Binary(Vec<u8>),
    /// A ping.
    Ping(Vec<u8>),
    /// A pong.
    Pong(Vec<u8>),
    /// A close frame.
    Close(Option<u16>, String),
}

impl Seen {
    /// Returns what an event of an open connection shows. Returns `None` for a part that others follow, and
    /// adds its bytes to `parts`.
    pub(crate) fn new(event: Event<'_>, parts: &mut Vec<u8>) -> Option<Self> {
        Some(match event {
            Event::Text(text) => Self::Text(text.into()),
            Event::Binary(bytes) => Self::Binary(bytes.into()),
            Event::Ping(payload) => Self::Ping(payload.into()),
            Event::Pong(payload) => Self::Pong(payload.into()),
            Event::Close(close) => Self::Close(close.code.map(CloseCode::get), close.reason.into()),
            Event::Part { kind, bytes, last } => {
                assert!(last || !bytes.is_empty(), "a part is empty only at the end");
                parts.extend_from_slice(bytes);
                if !last {
                    return None;
                }
                Self::message(kind, std::mem::take(parts))
            }
            event => panic!("an event that no test knows: {event:?}"),
        })
    }

    fn message(kind: Kind, bytes: Vec<u8>) -> Self {
        match kind {
            Kind::Binary => Self::Binary(bytes),
            Kind::Text => match String::from_utf8(bytes) {
                Ok(text) => Self::Text(text),
                Err(error) => panic!("text was delivered which is not UTF-8: {error}"),
            },
        }
    }
}
