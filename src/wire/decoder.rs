//! The decoder: bytes to pieces of frames (sections 5.1 to 5.5).
//!
//! Each call of [`Decoder::decode`] takes the rest of a header, then the payload that is there. A header
//! that is cut off is stored, at most 14 bytes; payload is unmasked in place and never stored.
//! `decode_whole` is a shortcut for a message in one frame that lies in the input completely.
//!
//! Two states are kept between calls: the message that is not complete (`message`), and the frame whose
//! payload is not complete (`frame`). A header is checked at its first byte (opcode, reserved bits, order
//! of frames), at its second (mask, control frames), and at its length (limits).

#[cfg(feature = "alloc")]
pub(crate) mod saved;

use core::ops::Range;

use super::{Header, Kind, Limits, OpCode, ProtocolError, Role, mask};

/// An incremental decoder of frames (sections 5.1 to 5.5).
///
/// It rejects a frame at the first byte that breaks a rule. It validates headers and the order of frames, but
/// not the payload.
///
/// ```
/// use sansocket::wire::{Content, Decoder};
/// use sansocket::{Limits, ProtocolError, Role};
///
/// let mut decoder = Decoder::new(Role::Client, Limits::default());
/// let mut bytes = *b"\x89\x02ab";
/// let (used, piece) = decoder.decode(&mut bytes)?;
/// let piece = piece.expect("a ping has arrived");
/// assert_eq!((used, piece.content), (4, Content::Ping));
/// assert_eq!(&bytes[piece.range], b"ab");
/// # Ok::<(), ProtocolError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Decoder {
    role: Role,
    /// From [`Limits`].
    max_frame: u64,
    /// [`u32::MAX`] means unlimited.
    max_fragments: u32,
    max_message: u64,
    rejects_text: bool,
    rejects_binary: bool,
    /// Whether only its length can make a message of one frame invalid, so that `decode_whole` may take it.
    accepts_whole: bool,
    accepts_compressed: bool,
    message: Option<Message>,
    frame: Option<Frame>,
    /// The start of a header that is not complete.
    head: [u8; Header::MAX_LEN],
    head_len: u8,
}

/// A message that is not complete.
#[derive(Clone, Copy, Debug)]
struct Message {
    kind: Kind,
    is_compressed: bool,
    fragments: u32,
    len: u64,
}

/// A frame whose payload is not complete.
#[derive(Clone, Copy, Debug)]
struct Frame {
    content: Content,
    is_compressed: bool,
    /// The masking key, rotated so that its first byte is for the next byte of payload. Zeros if the
    /// payload is not masked.
    key: [u8; 4],
    /// The rest of the payload, in bytes.
    left: u64,
    /// Whether the next piece is the first one of its message or control frame.
    is_first: bool,
    /// Whether the last piece of the frame is the last one of its message or control frame.
    is_last: bool,
}

/// The message or control frame to which a piece belongs.
///
/// ```
/// use sansocket::wire::{Content, Decoder};
/// use sansocket::{Limits, Role};
///
/// let mut decoder = Decoder::new(Role::Client, Limits::default());
/// let (_, piece) = decoder.decode(&mut [0x88, 0x00]).unwrap();
/// assert_eq!(piece.unwrap().content, Content::Close);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// A data message.
    Data(Kind),
    /// A close frame.
    Close,
    /// A ping.
    Ping,
    /// A pong.
    Pong,
}

/// A part of a frame's payload, unmasked in place.
///
/// ```
/// use sansocket::wire::Decoder;
/// use sansocket::{Limits, Role};
///
/// let mut decoder = Decoder::new(Role::Client, Limits::default());
/// let (_, piece) = decoder.decode(&mut *b"\x82\x05He".to_vec()).unwrap();
/// let piece = piece.unwrap();
/// assert_eq!(piece.range, 2..4);
/// assert!(piece.is_first && !piece.is_last);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The message or control frame to which it belongs.
    pub content: Content,
    /// Whether it belongs to a compressed message.
    pub is_compressed: bool,
    /// Its position in the bytes that were decoded.
    pub range: Range<usize>,
    /// Whether it is the first of its message or control frame.
    pub is_first: bool,
    /// Whether it is the last of its message or control frame.
    pub is_last: bool,
}

impl Decoder {
    /// Creates a decoder for the bytes that this end of a connection receives.
    pub const fn new(role: Role, limits: Limits) -> Self {
        Self {
            role,
            max_frame: limits.frame,
            max_fragments: saturate(limits.fragments),
            max_message: limits.message,
            rejects_text: false,
            rejects_binary: false,
            accepts_whole: limits.fragments > 0,
            accepts_compressed: false,
            message: None,
            frame: None,
            head: [0; Header::MAX_LEN],
            head_len: 0,
        }
    }

    /// Rejects messages of this kind from now on.
    ///
    /// ```
    /// use sansocket::wire::Decoder;
    /// use sansocket::{Kind, Limits, ProtocolError, Role};
    ///
    /// let mut decoder = Decoder::new(Role::Client, Limits::default());
    /// decoder.reject_kind(Kind::Text);
    /// assert_eq!(decoder.decode(&mut [0x81]), Err(ProtocolError::UnsupportedKind));
    /// ```
    pub const fn reject_kind(&mut self, kind: Kind) {
        self.accepts_whole = false;
        match kind {
            Kind::Text => self.rejects_text = true,
            Kind::Binary => self.rejects_binary = true,
        }
    }

    /// Accepts compressed messages from now on, if the opening handshake has negotiated them (RFC 7692).
    ///
    /// The decoder does not decompress them.
    pub const fn accept_compressed(&mut self) {
        self.accepts_compressed = true;
    }

    /// Decodes from the front of `bytes`. Returns how many bytes are consumed, and the next piece.
    ///
    /// If there is no piece, all bytes are consumed. A piece is empty if its frame is.
    ///
    /// ```
    /// use sansocket::wire::Decoder;
    /// use sansocket::{Limits, ProtocolError, Role};
    ///
    /// let mut decoder = Decoder::new(Role::Client, Limits::new().message(1000));
    /// // A header that is cut off is stored.
    /// assert_eq!(decoder.decode(&mut [0x82, 126])?, (2, None));
    /// // The length is 1001 bytes, so the frame is rejected before any of them arrives.
    /// assert_eq!(decoder.decode(&mut [0x03, 0xe9]), Err(ProtocolError::MessageTooBig));
    /// # Ok::<(), ProtocolError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the rule that the peer broke. The decoder must not be used afterwards.
    pub fn decode(&mut self, bytes: &mut [u8]) -> Result<(usize, Option<Piece>), ProtocolError> {
        // A frame that has begun and is not over lacks at least one byte.
        if bytes.is_empty() {
            return Ok((0, None));
        }
        let mut at = 0;
        if self.frame.is_none() && !self.decode_header(bytes, &mut at)? {
            return Ok((at, None));
        }
        let Some(frame) = &mut self.frame else {
            unreachable!("a header that was decoded has begun a frame");
        };
        let rest = &mut bytes[at..];
        let len = usize::try_from(frame.left).map_or(rest.len(), |left| left.min(rest.len()));
        if len == 0 && frame.left > 0 {
            return Ok((at, None));
        }
        if frame.key != [0; 4] {
            mask::apply(frame.key, 0, &mut rest[..len]);
            frame.key.rotate_left(len % 4);
        }
        frame.left -= len as u64;
        let piece = Piece {
            content: frame.content,
            is_compressed: frame.is_compressed,
            range: at..at + len,
            is_first: frame.is_first,
            is_last: frame.is_last && frame.left == 0,
        };
        frame.is_first = false;
        if frame.left == 0 {
            self.frame = None;
        }
        Ok((piece.range.end, Some(piece)))
    }

    /// Decodes a complete message in one frame at the front of `bytes`. Returns its kind and the range of its
    /// payload, unmasked.
    ///
    /// This is a shortcut for the most frequent case. After `None`, call [`decode`](Self::decode).
    ///
    /// ```
    /// use sansocket::wire::Decoder;
    /// use sansocket::{Kind, Limits, Role};
    ///
    /// let mut decoder = Decoder::new(Role::Client, Limits::default());
    /// assert_eq!(decoder.decode_whole(&mut *b"\x81\x02Hi".to_vec()), Some((Kind::Text, 2..4)));
    /// assert_eq!(decoder.decode_whole(&mut *b"\x81\x02H".to_vec()), None); // It is not complete.
    /// ```
    #[inline(always)]
    pub fn decode_whole(&mut self, bytes: &mut [u8]) -> Option<(Kind, Range<usize>)> {
        let (kind, range) = self.locate_whole(bytes)?;
        if self.role == Role::Server {
            let masked = bytes.get_mut(range.start - KEY..range.end)?;
            let (key, payload) = masked.split_first_chunk_mut::<KEY>()?;
            mask::apply(*key, 0, payload);
        }
        Some((kind, range))
    }

    #[inline(always)]
    fn locate_whole(&self, bytes: &[u8]) -> Option<(Kind, Range<usize>)> {
        if self.frame.is_some() || self.message.is_some() || self.head_len > 0 {
            return None;
        }
        let [first, second, rest @ ..] = bytes else { return None };
        let kind = match *first {
            0x81 => Kind::Text,
            0x82 => Kind::Binary,
            _ => return None,
        };
        let (len, extended) = match *second & 0x7f {
            126 => match usize::from(u16::from_be_bytes(*rest.first_chunk()?)) {
                ..126 => return None,
                len => (len, 2),
            },
            127 => return None,
            len => (usize::from(len), 0),
        };
        let is_masked = *second & 0x80 != 0;
        let is_expected = is_masked == (self.role == Role::Server);
        let fits = len as u64 <= self.max_frame && len as u64 <= self.max_message;
        if !(is_expected && fits && self.accepts_whole) {
            return None;
        }
        let start = 2 + extended + if is_masked { KEY } else { 0 };
        (start + len <= bytes.len()).then_some((kind, start..start + len))
    }

    /// Returns the rest of the current frame's payload, in bytes. 0 between frames.
    ///
    /// ```
    /// use sansocket::wire::Decoder;
    /// use sansocket::{Limits, Role};
    ///
    /// let mut decoder = Decoder::new(Role::Client, Limits::default());
    /// decoder.decode(&mut *b"\x82\x05He".to_vec())?;
    /// assert_eq!(decoder.frame_remaining(), 3);
    /// # Ok::<(), sansocket::ProtocolError>(())
    /// ```
    pub fn frame_remaining(&self) -> u64 {
        self.frame.map_or(0, |frame| frame.left)
    }

    /// Returns whether the current frame belongs to a compressed message.
    #[cfg(feature = "alloc")]
    pub(crate) fn is_within_compressed(&self) -> bool {
        self.frame.is_some_and(|frame| frame.is_compressed)
    }

    #[cfg(feature = "alloc")]
    pub(crate) const fn role(&self) -> Role {
        self.role
    }

    #[cfg(feature = "alloc")]
    pub(crate) const fn max_message(&self) -> u64 {
        self.max_message
    }

    /// Consumes a header from `bytes[*at..]`. Returns whether it was complete, so that a frame begins.
    fn decode_header(&mut self, bytes: &[u8], at: &mut usize) -> Result<bool, ProtocolError> {
        let header = if self.head_len == 0
            && let Some((header, len)) = self.validate(&bytes[*at..])?
        {
            *at += len;
            header
        } else {
            match self.gather_header(bytes, at)? {
                Some(header) => header,
                None => return Ok(false),
            }
        };
        self.begin(&header);
        Ok(true)
    }

    /// Consumes byte by byte a header that is cut off.
    #[inline(never)]
    fn gather_header(
        &mut self,
        bytes: &[u8],
        at: &mut usize,
    ) -> Result<Option<Header>, ProtocolError> {
        for &byte in &bytes[*at..] {
            let len = usize::from(self.head_len) + 1;
            self.head[len - 1] = byte;
            self.head_len += 1;
            *at += 1;
            if let Some((header, _)) = self.validate(&self.head[..len])? {
                self.head_len = 0;
                return Ok(Some(header));
            }
        }
        Ok(None)
    }

    /// Validates the header at the front of `bytes`. Returns the header and its size, or `None` if it is
    /// cut off.
    ///
    /// The bytes are validated in their order, so that the verdict does not depend on how many have arrived.
    #[inline(always)]
    fn validate(&self, bytes: &[u8]) -> Result<Option<(Header, usize)>, ProtocolError> {
        let Some(&first) = bytes.first() else { return Ok(None) };
        let opcode = self.validate_first(first)?;
        let Some(&second) = bytes.get(1) else { return Ok(None) };
        self.validate_second(opcode, second)?;
        let Some((len, at)) = decode_len(bytes)? else { return Ok(None) };
        self.validate_len(opcode, self.is_compressed(opcode, first & 0x40 != 0), len)?;
        let (mask, at) = match second & 0x80 {
            0 => (None, at),
            _ => match bytes[at..].first_chunk() {
                Some(&key) => (Some(key), at + 4),
                None => return Ok(None),
            },
        };
        let (fin, rsv1) = (first & 0x80 != 0, first & 0x40 != 0);
        Ok(Some((Header { fin, rsv1, opcode, mask, len }, at)))
    }

    fn validate_first(&self, first: u8) -> Result<OpCode, ProtocolError> {
        // Section 5.2: a reserved bit is clear unless an extension uses it. RFC 7692, section 6, uses the
        // first one at the start of a message.
        let given = match first & 0x0f {
            0x1 | 0x2 if self.accepts_compressed => 0x40,
            _ => 0,
        };
        if first & 0x70 & !given != 0 {
            return Err(ProtocolError::ReservedBit);
        }
        // Section 5.2: an unknown opcode fails the connection.
        let opcode = OpCode::new(first).ok_or(ProtocolError::ReservedOpcode)?;
        match (opcode, &self.message) {
            // Section 5.5: control frames are not fragmented.
            (OpCode::Close | OpCode::Ping | OpCode::Pong, _) => match first & 0x80 {
                0 => Err(ProtocolError::FragmentedControl),
                _ => Ok(opcode),
            },
            // Section 5.4: a continuation continues a message, and messages do not mix.
            (OpCode::Continuation, None) => Err(ProtocolError::UnexpectedContinuation),
            (OpCode::Text | OpCode::Binary, Some(_)) => Err(ProtocolError::UnexpectedStart),
            // Section 7.4.1: an endpoint may accept only one kind of message.
            (OpCode::Text, None) if self.rejects_text => Err(ProtocolError::UnsupportedKind),
            (OpCode::Binary, None) if self.rejects_binary => Err(ProtocolError::UnsupportedKind),
            (OpCode::Continuation | OpCode::Text | OpCode::Binary, message) => {
                let before = message.map_or(0, |message| message.fragments);
                match before < self.max_fragments || self.max_fragments == u32::MAX {
                    true => Ok(opcode),
                    false => Err(ProtocolError::TooManyFragments),
                }
            }
        }
    }

    fn validate_second(&self, opcode: OpCode, second: u8) -> Result<(), ProtocolError> {
        // Section 5.1: a server rejects frames that are not masked, a client those that are.
        match (self.role, second & 0x80) {
            (Role::Server, 0) => return Err(ProtocolError::UnmaskedFrame),
            (Role::Client, 0x80) => return Err(ProtocolError::MaskedFrame),
            (Role::Server | Role::Client, _) => {}
        }
        match (opcode, second & 0x7f) {
            // Section 5.5: control frames carry at most 125 bytes.
            (OpCode::Close | OpCode::Ping | OpCode::Pong, 126..) => {
                Err(ProtocolError::ControlTooLong)
            }
            // Section 5.5.1: the body of a close frame starts with a code of two bytes.
            (OpCode::Close, 1) => Err(ProtocolError::BadCloseFrame),
            _ => Ok(()),
        }
    }

    /// Returns whether a frame belongs to a compressed message.
    fn is_compressed(&self, opcode: OpCode, rsv1: bool) -> bool {
        match opcode {
            OpCode::Text | OpCode::Binary => rsv1,
            OpCode::Continuation => self.message.is_some_and(|message| message.is_compressed),
            OpCode::Close | OpCode::Ping | OpCode::Pong => false,
        }
    }

    #[inline(always)]
    fn validate_len(
        &self,
        opcode: OpCode,
        is_compressed: bool,
        len: u64,
    ) -> Result<(), ProtocolError> {
        // Section 10.4: frames are limited, and so are the messages of several frames.
        match opcode {
            OpCode::Close | OpCode::Ping | OpCode::Pong => Ok(()),
            OpCode::Continuation | OpCode::Text | OpCode::Binary => {
                let (before, fragments) =
                    self.message.map_or((0, 0), |message| (message.len, message.fragments));
                let limit = match is_compressed {
                    false => self.max_message,
                    true => most_compressed(self.max_message, fragments),
                };
                if len > self.max_frame {
                    Err(ProtocolError::FrameTooBig)
                } else if len > limit.saturating_sub(before) {
                    Err(ProtocolError::MessageTooBig)
                } else {
                    Ok(())
                }
            }
        }
    }

    /// Starts a frame with a valid header.
    fn begin(&mut self, header: &Header) {
        let is_compressed = self.is_compressed(header.opcode, header.rsv1);
        let content = match header.opcode {
            OpCode::Close => Content::Close,
            OpCode::Ping => Content::Ping,
            OpCode::Pong => Content::Pong,
            OpCode::Text => self.begin_data(Kind::Text, header),
            OpCode::Binary => self.begin_data(Kind::Binary, header),
            OpCode::Continuation => match self.message {
                Some(message) => self.begin_data(message.kind, header),
                None => unreachable!("a continuation of nothing was rejected"),
            },
        };
        self.frame = Some(Frame {
            content,
            is_compressed,
            key: header.mask.unwrap_or_default(),
            left: header.len,
            is_first: header.opcode != OpCode::Continuation,
            is_last: header.fin,
        });
    }

    fn begin_data(&mut self, kind: Kind, header: &Header) -> Content {
        let is_compressed = header.rsv1;
        let started = Message { kind, is_compressed, fragments: 0, len: 0 };
        let before = self.message.unwrap_or(started);
        let fragments = before.fragments.saturating_add(1);
        let len = before.len + header.len;
        self.message = (!header.fin).then_some(Message { fragments, len, ..before });
        Content::Data(kind)
    }
}

/// Returns the length in the header at the front of `bytes` and where it ends, or `None` if it is cut off.
fn decode_len(bytes: &[u8]) -> Result<Option<(u64, usize)>, ProtocolError> {
    let [_, second, rest @ ..] = bytes else { return Ok(None) };
    // Section 5.2: the length takes as few bytes as possible, and its highest bit is 0.
    match second & 0x7f {
        126 => match rest.first_chunk() {
            None => Ok(None),
            Some(&len) => match u64::from(u16::from_be_bytes(len)) {
                ..126 => Err(ProtocolError::NonMinimalLength),
                len => Ok(Some((len, 4))),
            },
        },
        127 if rest.first().is_some_and(|byte| byte & 0x80 != 0) => {
            Err(ProtocolError::LengthOverflow)
        }
        127 => match rest.first_chunk() {
            None => Ok(None),
            Some(&len) => match u64::from_be_bytes(len) {
                ..0x1_0000 => Err(ProtocolError::NonMinimalLength),
                len => Ok(Some((len, 10))),
            },
        },
        len => Ok(Some((u64::from(len), 2))),
    }
}

/// Length of a masking key.
const KEY: usize = 4;

/// Converts a limit to 32 bits, in which fragments are counted.
const fn saturate(limit: u64) -> u32 {
    #[expect(clippy::cast_possible_truncation, reason = "it is no more than fits")]
    if limit < u32::MAX as u64 { limit as u32 } else { u32::MAX }
}

/// Returns the most bytes that a compressed message of `limit` bytes may take on the wire, in the frame after
/// so many `fragments`.
///
/// Data that cannot be compressed grows, but by less than a quarter and 1 KiB. A frame whose end is flushed
/// grows by less than 16 bytes: at most 11 for two blocks of DEFLATE and their padding.
const fn most_compressed(limit: u64, fragments: u32) -> u64 {
    let flushed = 16 * (fragments as u64 + 1);
    limit.saturating_add(limit / 4).saturating_add(1024).saturating_add(flushed)
}
