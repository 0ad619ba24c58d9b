use core::fmt;

use super::mask;

/// Which end of the connection this is. Clients mask what they send, servers do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The end that opened the connection.
    Client,
    /// The end that accepted it.
    Server,
}

/// What a data message holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// UTF-8 text.
    Text,
    /// Any bytes.
    Binary,
}

/// What a frame is for (section 5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OpCode {
    /// The next frame of a message.
    Continuation = 0x0,
    /// The first frame of a text message.
    Text = 0x1,
    /// The first frame of a binary message.
    Binary = 0x2,
    /// A close frame (section 5.5.1).
    Close = 0x8,
    /// A ping (section 5.5.2).
    Ping = 0x9,
    /// A pong (section 5.5.3).
    Pong = 0xa,
}

impl OpCode {
    /// The opcode in the lower half of a frame's first byte, unless section 5.2 reserves it.
    pub const fn new(first: u8) -> Option<Self> {
        Some(match first & 0x0f {
            0x0 => Self::Continuation,
            0x1 => Self::Text,
            0x2 => Self::Binary,
            0x8 => Self::Close,
            0x9 => Self::Ping,
            0xa => Self::Pong,
            _ => return None,
        })
    }
}

impl From<Kind> for OpCode {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Text => Self::Text,
            Kind::Binary => Self::Binary,
        }
    }
}

/// The header of a frame (section 5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Whether this is the last frame of its message.
    pub fin: bool,
    /// Whether this frame begins a message that is compressed (RFC 7692, section 6).
    pub rsv1: bool,
    /// What the frame is for.
    pub opcode: OpCode,
    /// The masking key, if the payload is masked.
    pub mask: Option<[u8; 4]>,
    /// The bytes of payload.
    pub len: u64,
}

impl Header {
    /// The most bytes that a header takes on the wire.
    pub const MAX_LEN: usize = 14;

    /// Writes the header to the front of `out`, and tells how many bytes it takes.
    #[inline]
    pub fn encode(&self, out: &mut [u8; Self::MAX_LEN]) -> usize {
        let first = u8::from(self.fin) << 7 | u8::from(self.rsv1) << 6 | self.opcode as u8;
        // Section 5.2: the length takes as few bytes as possible.
        let (second, extended, mut len) = match self.len {
            len @ ..126 => (len, 0, 2),
            len @ 126..=0xffff => (126, len.swap_bytes() >> 48, 4),
            len => (127, len.swap_bytes(), 10),
        };
        // All bytes are written at once, the first of them being the lowest: so they can be read at once.
        let mut bytes = u128::from(first) | u128::from(second) << 8 | u128::from(extended) << 16;
        if let Some(key) = self.mask {
            bytes |= 0x8000 | u128::from(u32::from_le_bytes(key)) << (8 * len);
            len += 4;
        }
        let [bytes @ .., _, _] = bytes.to_le_bytes();
        *out = bytes;
        len
    }
}

/// A frame for the wire, as the two slices of a vectored write.
///
/// Write all of it, header first, before anything else.
#[must_use]
pub struct Frame<'p> {
    head: [u8; Header::MAX_LEN],
    head_len: usize,
    payload: &'p [u8],
}

/// Messages are not for logs.
impl fmt::Debug for Frame<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frame").field("len", &self.len()).finish_non_exhaustive()
    }
}

impl<'p> Frame<'p> {
    /// A frame with this header, whose payload is on the wire as it is.
    ///
    /// # Panics
    ///
    /// If the header tells of another length.
    #[inline]
    pub fn new(header: &Header, payload: &'p [u8]) -> Self {
        assert_eq!(header.len, payload.len() as u64, "header and payload differ in length");
        let mut head = [0; Header::MAX_LEN];
        let head_len = header.encode(&mut head);
        Self { head, head_len, payload }
    }

    /// A frame with this header, whose payload is masked here and now, where it lies.
    ///
    /// # Panics
    ///
    /// If the header tells of another length.
    #[inline]
    pub fn masking(header: &Header, payload: &'p mut [u8]) -> Self {
        if let Some(key) = header.mask {
            mask::apply(key, 0, payload);
        }
        Self::new(header, payload)
    }

    /// The header, then the payload.
    #[inline]
    pub fn slices(&self) -> [&[u8]; 2] {
        [&self.head[..self.head_len], self.payload]
    }

    /// How many bytes the frame takes on the wire.
    #[expect(clippy::len_without_is_empty, reason = "a frame is never empty")]
    pub const fn len(&self) -> usize {
        self.head_len + self.payload.len()
    }
}
