//! A message to send.

use alloc::vec::Vec;

use crate::wire::Kind;

/// A data message to send, or a part of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message<'p> {
    /// UTF-8 text.
    Text(&'p str),
    /// Any bytes.
    Binary(&'p [u8]),
}

impl<'p> Message<'p> {
    /// What the message holds, and its bytes.
    pub const fn split(self) -> (Kind, &'p [u8]) {
        match self {
            Self::Text(text) => (Kind::Text, text.as_bytes()),
            Self::Binary(bytes) => (Kind::Binary, bytes),
        }
    }
}

impl<'p> From<&'p str> for Message<'p> {
    fn from(text: &'p str) -> Self {
        Self::Text(text)
    }
}

impl<'p> From<&'p alloc::string::String> for Message<'p> {
    fn from(text: &'p alloc::string::String) -> Self {
        Self::Text(text)
    }
}

impl<'p> From<&'p [u8]> for Message<'p> {
    fn from(bytes: &'p [u8]) -> Self {
        Self::Binary(bytes)
    }
}

impl<'p> From<&'p mut [u8]> for Message<'p> {
    fn from(bytes: &'p mut [u8]) -> Self {
        Self::Binary(bytes)
    }
}

impl<'p> From<&'p Vec<u8>> for Message<'p> {
    fn from(bytes: &'p Vec<u8>) -> Self {
        Self::Binary(bytes)
    }
}

impl<'p, const N: usize> From<&'p [u8; N]> for Message<'p> {
    fn from(bytes: &'p [u8; N]) -> Self {
        Self::Binary(bytes)
    }
}
