//! Headers of frames, and frames to be written (section 5.2).

use core::fmt;

use super::mask;

/// An end of a connection. Clients mask their frames, servers do not.
///
/// ```
/// use sansocket::wire::Decoder;
/// use sansocket::{Limits, ProtocolError, Role};
///
/// let mut server = Decoder::new(Role::Server, Limits::default());
/// let unmasked = server.decode(&mut [0x81, 0x00]);
/// assert_eq!(unmasked, Err(ProtocolError::UnmaskedFrame));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The end that opened the connection.
    Client,
    /// The end that accepted it.
    Server,
}

/// The kind of a message.
///
/// ```
/// use sansocket::Kind;
/// use sansocket::wire::OpCode;
///
/// assert_eq!(OpCode::from(Kind::Binary), OpCode::Binary);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// UTF-8 text.
    Text,
    /// Any bytes.
    Binary,
}

/// The opcode of a frame (section 5.2).
///
/// ```
/// use sansocket::wire::OpCode;
///
/// assert_eq!(OpCode::new(0x89), Some(OpCode::Ping));
/// assert_eq!(OpCode::new(0x83), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OpCode {
    /// Another frame of a message.
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
    /// Returns the opcode in the lower half of a frame's first byte, or `None` if section 5.2 reserves it.
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
///
/// ```
/// use sansocket::wire::{Header, OpCode};
///
/// let header = Header { fin: true, rsv1: false, opcode: OpCode::Text, mask: None, len: 5 };
/// let mut bytes = [0; Header::MAX_LEN];
/// let len = header.encode(&mut bytes);
/// assert_eq!(bytes[..len], [0x81, 0x05]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Whether this is the last frame of its message.
    pub fin: bool,
    /// Whether this frame begins a compressed message (RFC 7692, section 6).
    pub rsv1: bool,
    /// The opcode.
    pub opcode: OpCode,
    /// The masking key, if the payload is masked.
    pub mask: Option<[u8; 4]>,
    /// The size of the payload, in bytes.
    pub len: u64,
}

impl Header {
    /// Maximum size of a header on the wire, in bytes.
    pub const MAX_LEN: usize = 14;

    /// Returns the size of the header of a frame with `payload` bytes that this end sends, in bytes.
    #[cfg(feature = "alloc")]
    pub(crate) const fn size(role: Role, payload: usize) -> usize {
        let mask = match role {
            Role::Client => 4,
            Role::Server => 0,
        };
        // Section 5.2: the length takes no byte of its own, two, or eight.
        match payload {
            0..=125 => mask + 2,
            126..=0xffff => mask + 4,
            _ => mask + 10,
        }
    }

    /// Writes the header to the front of `out` and returns its size in bytes.
    #[inline]
    pub fn encode(&self, out: &mut [u8; Self::MAX_LEN]) -> usize {
        let first = u8::from(self.fin) << 7 | u8::from(self.rsv1) << 6 | self.opcode as u8;
        // Section 5.2: the length takes as few bytes as possible.
        let (second, extended, mut len) = match self.len {
            len @ ..126 => (len, 0, 2),
            len @ 126..=0xffff => (126, len.swap_bytes() >> 48, 4),
            len => (127, len.swap_bytes(), 10),
        };
        // One store of all bytes, the first one lowest, so that one load can read them.
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

/// A frame to be written: the two slices of a vectored write.
///
/// Write both completely, the header first, before anything else.
///
/// ```
/// use sansocket::wire::{Frame, Header, OpCode};
///
/// let header = Header { fin: true, rsv1: false, opcode: OpCode::Binary, mask: None, len: 2 };
/// let frame = Frame::new(&header, b"ab");
/// assert_eq!(frame.slices(), [&[0x82, 0x02][..], b"ab"]);
/// ```
#[must_use]
pub struct Frame<'p> {
    head: [u8; Header::MAX_LEN],
    head_len: usize,
    payload: &'p [u8],
}

/// Payloads may be secret, so `Debug` prints the length only.
impl fmt::Debug for Frame<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frame").field("len", &self.len()).finish_non_exhaustive()
    }
}

impl<'p> Frame<'p> {
    /// Creates a frame from a header and its payload, which must be masked already if the header has a key.
    ///
    /// # Panics
    ///
    /// Panics if the length of `payload` is not that of the header.
    #[inline]
    pub fn new(header: &Header, payload: &'p [u8]) -> Self {
        assert_eq!(header.len, payload.len() as u64, "header and payload differ in length");
        let mut head = [0; Header::MAX_LEN];
        let head_len = header.encode(&mut head);
        Self { head, head_len, payload }
    }

    /// Creates a frame from a header and its payload, and masks the payload in place if the header has a key.
    ///
    /// ```
    /// use sansocket::wire::{Frame, Header, OpCode};
    ///
    /// let mask = Some([0x37, 0xfa, 0x21, 0x3d]);
    /// let header = Header { fin: true, rsv1: false, opcode: OpCode::Text, mask, len: 5 };
    /// let mut payload = *b"Hello";
    /// let frame = Frame::masking(&header, &mut payload);
    /// assert_eq!(frame.slices().concat(), b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
    /// ```
    ///
    /// # Panics
    ///
    /// Panics if the length of `payload` is not that of the header.
    #[inline]
    pub fn masking(header: &Header, payload: &'p mut [u8]) -> Self {
        if let Some(key) = header.mask {
            mask::apply(key, 0, payload);
        }
        Self::new(header, payload)
    }

    /// Returns the header and the payload.
    #[inline]
    pub fn slices(&self) -> [&[u8]; 2] {
        [&self.head[..self.head_len], self.payload]
    }

    /// Returns the size of the frame on the wire, in bytes.
    #[expect(clippy::len_without_is_empty, reason = "a frame is never empty")]
    pub const fn len(&self) -> usize {
        self.head_len + self.payload.len()
    }
}
