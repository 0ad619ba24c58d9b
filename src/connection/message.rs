//! Messages to send, and messages to keep.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use bytes::{Bytes, BytesMut};
use bytestring::ByteString;

use super::prepared::Prepared;
use crate::wire::Kind;

/// A message to send, or a part of one.
///
/// Methods that send take `impl Into<Message>`: `&str`, `&[u8]`, and references to `String`, `Vec<u8>`,
/// arrays and [`OwnedMessage`] borrow the payload; `String`, `Vec<u8>`, boxes, `Bytes` and [`OwnedMessage`]
/// give it away, so that a long one need not be copied. A [`Cow`] does what its contents do. A reference to
/// [`Prepared`] shares what was prepared.
///
/// ```
/// use sansocket::{Kind, Message};
///
/// assert_eq!(Message::from("text").kind(), Kind::Text);
/// assert_eq!(Message::from(vec![1, 2, 3]).as_bytes(), [1, 2, 3]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message<'p> {
    /// UTF-8 text.
    Text(&'p str),
    /// Bytes.
    Binary(&'p [u8]),
    /// A message whose payload is shared or given away.
    Owned(OwnedMessage),
    /// A message whose frames are shared.
    Prepared(&'p Prepared),
}

impl Message<'_> {
    /// Returns the kind of the message.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Text(_) => Kind::Text,
            Self::Binary(_) => Kind::Binary,
            Self::Owned(message) => message.kind(),
            Self::Prepared(message) => message.kind(),
        }
    }

    /// Returns the payload.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Binary(bytes) => bytes,
            Self::Owned(message) => message.as_bytes(),
            Self::Prepared(message) => message.as_bytes(),
        }
    }
}

/// A message that can be kept. A clone shares its payload.
///
/// ```
/// use sansocket::OwnedMessage;
///
/// let message = OwnedMessage::from("grüße");
/// assert_eq!(message.as_text(), Some("grüße"));
/// assert_eq!(message.len(), 7);
/// assert_eq!(message.to_string(), "grüße");
///
/// let message = OwnedMessage::from([0x68, 0x69]);
/// assert!(message.is_binary());
/// assert_eq!(message.as_text(), None);
/// assert_eq!(str::from_utf8(message.as_bytes()), Ok("hi"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum OwnedMessage {
    /// UTF-8 text.
    Text(ByteString),
    /// Bytes.
    Binary(Bytes),
}

impl OwnedMessage {
    /// Returns the payload.
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Binary(bytes) => bytes,
        }
    }

    /// Returns whether this is a text message.
    pub const fn is_text(&self) -> bool {
        matches!(self, Self::Text(_))
    }

    /// Returns whether this is a binary message.
    pub const fn is_binary(&self) -> bool {
        matches!(self, Self::Binary(_))
    }

    /// Returns the text, if this is a text message.
    ///
    /// A binary message has none, even if its bytes are valid UTF-8. To read such a message as text, call
    /// `str::from_utf8(message.as_bytes())`.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Binary(_) => None,
        }
    }

    /// Returns the payload without a copy.
    pub fn into_bytes(self) -> Bytes {
        match self {
            Self::Text(text) => text.into_bytes(),
            Self::Binary(bytes) => bytes,
        }
    }

    /// Returns the length of the payload in bytes.
    pub fn len(&self) -> usize {
        self.as_bytes().len()
    }

    /// Returns whether the payload is empty.
    pub fn is_empty(&self) -> bool {
        self.as_bytes().is_empty()
    }

    /// Returns the kind of the message.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Text(_) => Kind::Text,
            Self::Binary(_) => Kind::Binary,
        }
    }

    /// Returns the payload to be changed in place, if nobody shares it.
    pub(crate) fn try_into_mut(self) -> Result<(Kind, BytesMut), Self> {
        match self {
            Self::Text(text) => match text.into_bytes().try_into_mut() {
                Ok(bytes) => Ok((Kind::Text, bytes)),
                // The bytes were text a moment ago.
                Err(bytes) => Err(Self::Text(ByteString::try_from(bytes).unwrap_or_default())),
            },
            Self::Binary(bytes) => match bytes.try_into_mut() {
                Ok(bytes) => Ok((Kind::Binary, bytes)),
                Err(bytes) => Err(Self::Binary(bytes)),
            },
        }
    }
}

/// Writes a text as it is, and binary data as its length.
impl fmt::Display for OwnedMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.pad(text),
            Self::Binary(bytes) => write!(f, "{} bytes", bytes.len()),
        }
    }
}

impl<'p> From<Message<'p>> for OwnedMessage {
    fn from(message: Message<'p>) -> Self {
        match message {
            Message::Text(text) => Self::Text(text.into()),
            Message::Binary(bytes) => Self::Binary(Bytes::copy_from_slice(bytes)),
            Message::Owned(message) => message,
            Message::Prepared(message) => message.into(),
        }
    }
}

/// Shares the memory of the payload.
impl From<&Prepared> for OwnedMessage {
    fn from(message: &Prepared) -> Self {
        let payload = message.frames().plain().to_payload();
        match message.kind() {
            // The payload was text when it was prepared.
            Kind::Text => Self::Text(ByteString::try_from(payload).unwrap_or_default()),
            Kind::Binary => Self::Binary(payload),
        }
    }
}

impl<'p> From<&'p Prepared> for Message<'p> {
    fn from(message: &'p Prepared) -> Self {
        Self::Prepared(message)
    }
}

impl Prepared {
    /// Prepares a message. This copies the payload once.
    ///
    /// ```
    /// use sansocket::{Kind, OwnedMessage, Prepared};
    ///
    /// let news = Prepared::new("news");
    /// assert_eq!((news.kind(), news.len()), (Kind::Text, 4));
    /// assert_eq!(OwnedMessage::from(&news).as_text(), Some("news")); // For those who need no frame.
    /// ```
    pub fn new<'p>(message: impl Into<Message<'p>>) -> Self {
        let message = message.into();
        match &message {
            Message::Prepared(prepared) => Self::clone(prepared),
            Message::Text(_) | Message::Binary(_) | Message::Owned(_) => {
                Self::from_payload(message.kind(), message.as_bytes())
            }
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

impl From<OwnedMessage> for Message<'_> {
    fn from(message: OwnedMessage) -> Self {
        Self::Owned(message)
    }
}

/// Implements the conversion from what borrows a payload.
macro_rules! from_borrowed {
    ($($(const $length:ident)? $from:ty => $variant:ident,)*) => {$(
        impl<'p $(, const $length: usize)?> From<$from> for Message<'p> {
            #[inline]
            fn from(payload: $from) -> Self {
                Self::$variant(payload)
            }
        }
    )*};
}

from_borrowed! {
    &'p str => Text,
    &'p String => Text,
    &'p ByteString => Text,
    &'p [u8] => Binary,
    &'p mut [u8] => Binary,
    &'p Vec<u8> => Binary,
    &'p Bytes => Binary,
    const N &'p [u8; N] => Binary,
}

/// Implements the conversions from what owns a payload.
macro_rules! from_owned {
    ($($from:ty => $variant:ident,)*) => {$(
        impl From<$from> for OwnedMessage {
            fn from(payload: $from) -> Self {
                Self::$variant(payload.into())
            }
        }

        impl From<$from> for Message<'_> {
            fn from(payload: $from) -> Self {
                Self::Owned(payload.into())
            }
        }
    )*};
}

from_owned! {
    String => Text,
    ByteString => Text,
    Box<str> => Text,
    Vec<u8> => Binary,
    Box<[u8]> => Binary,
    Bytes => Binary,
}

/// Copies the bytes.
impl<const N: usize> From<[u8; N]> for OwnedMessage {
    fn from(bytes: [u8; N]) -> Self {
        Self::from(&bytes[..])
    }
}

/// Copies the bytes.
impl<const N: usize> From<&[u8; N]> for OwnedMessage {
    fn from(bytes: &[u8; N]) -> Self {
        Self::from(&bytes[..])
    }
}

/// Implements the conversions of a `Cow`.
macro_rules! from_cow {
    ($($payload:ty,)*) => {$(
        /// Copies a borrowed payload.
        impl From<Cow<'_, $payload>> for OwnedMessage {
            fn from(payload: Cow<'_, $payload>) -> Self {
                match payload {
                    Cow::Borrowed(payload) => payload.into(),
                    Cow::Owned(payload) => payload.into(),
                }
            }
        }

        impl<'p> From<Cow<'p, $payload>> for Message<'p> {
            fn from(payload: Cow<'p, $payload>) -> Self {
                match payload {
                    Cow::Borrowed(payload) => payload.into(),
                    Cow::Owned(payload) => payload.into(),
                }
            }
        }
    )*};
}

from_cow! {
    str,
    [u8],
}

/// Copies the text.
impl From<&str> for OwnedMessage {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

/// Copies the bytes.
impl From<&[u8]> for OwnedMessage {
    fn from(bytes: &[u8]) -> Self {
        Self::Binary(Bytes::copy_from_slice(bytes))
    }
}
