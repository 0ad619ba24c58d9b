//! Violations of the protocol by the peer, and the close code for each.

use core::fmt;

use super::close_code::CloseCode;

/// A violation of the protocol, or of a limit, by the peer.
///
/// A connection does not recover from it.
///
/// ```
/// use sansocket::{Close, CloseCode, ProtocolError};
///
/// let error = Close::decode(&[3]).unwrap_err();
/// assert_eq!(error, ProtocolError::BadCloseFrame);
/// assert_eq!(error.close_code(), CloseCode::PROTOCOL_ERROR);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ProtocolError {
    /// A close frame with a code that must not be sent (section 7.4).
    BadCloseCode,
    /// A close frame with a payload of one byte (section 5.5.1).
    BadCloseFrame,
    /// A control frame with more than 125 bytes of payload (section 5.5).
    ControlTooLong,
    /// A control frame without the FIN bit (section 5.5).
    FragmentedControl,
    /// A frame larger than [`Limits::frame`](crate::Limits::frame).
    FrameTooBig,
    /// A compressed message that cannot be decompressed (RFC 7692, section 7.2.2).
    InvalidDeflate,
    /// Text, or the reason of a close frame, that is not UTF-8 (section 8.1).
    InvalidUtf8,
    /// A length of 2^63 or more (section 5.2).
    LengthOverflow,
    /// A masked frame from a server (section 5.1).
    MaskedFrame,
    /// A message larger than [`Limits::message`](crate::Limits::message).
    MessageTooBig,
    /// A length that is not encoded in the fewest bytes (section 5.2).
    NonMinimalLength,
    /// An opcode that section 5.2 reserves.
    ReservedOpcode,
    /// A reserved bit that no extension uses (section 5.2).
    ReservedBit,
    /// A compressed message with more than 128 blocks marked as the last. Each of them takes time.
    TooManyBlocks,
    /// A message with more frames than [`Limits::fragments`](crate::Limits::fragments).
    TooManyFragments,
    /// A continuation without a message to continue (section 5.4).
    UnexpectedContinuation,
    /// The start of a message within another (section 5.4).
    UnexpectedStart,
    /// An unmasked frame from a client (section 5.1).
    UnmaskedFrame,
    /// A message of a kind that the application rejects: see
    /// `Connection::reject_kind`.
    UnsupportedKind,
}

impl ProtocolError {
    /// Returns the close code that reports this error to the peer (section 7.4.1).
    pub const fn close_code(self) -> CloseCode {
        match self {
            Self::BadCloseCode
            | Self::BadCloseFrame
            | Self::ControlTooLong
            | Self::FragmentedControl
            | Self::LengthOverflow
            | Self::MaskedFrame
            | Self::NonMinimalLength
            | Self::ReservedBit
            | Self::ReservedOpcode
            | Self::UnexpectedContinuation
            | Self::UnexpectedStart
            | Self::UnmaskedFrame => CloseCode::PROTOCOL_ERROR,
            Self::UnsupportedKind => CloseCode::UNSUPPORTED_DATA,
            Self::InvalidDeflate | Self::InvalidUtf8 => CloseCode::INVALID_PAYLOAD,
            Self::TooManyBlocks | Self::TooManyFragments => CloseCode::POLICY_VIOLATION,
            Self::FrameTooBig | Self::MessageTooBig => CloseCode::MESSAGE_TOO_BIG,
        }
    }
}

impl fmt::Display for ProtocolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BadCloseCode => "close code must not be sent",
            Self::BadCloseFrame => "close frame has half a code",
            Self::ControlTooLong => "control frame is too long",
            Self::FragmentedControl => "control frame is fragmented",
            Self::FrameTooBig => "frame is too big",
            Self::InvalidDeflate => "compressed message cannot be inflated",
            Self::InvalidUtf8 => "text is not UTF-8",
            Self::LengthOverflow => "length has its highest bit set",
            Self::MaskedFrame => "frame from a server is masked",
            Self::MessageTooBig => "message is too big",
            Self::NonMinimalLength => "length is not minimally encoded",
            Self::ReservedBit => "reserved bit is set",
            Self::ReservedOpcode => "opcode is reserved",
            Self::TooManyBlocks => "compressed message has too many last blocks",
            Self::TooManyFragments => "message has too many fragments",
            Self::UnexpectedContinuation => "continuation of no message",
            Self::UnexpectedStart => "message starts within another",
            Self::UnmaskedFrame => "frame from a client is not masked",
            Self::UnsupportedKind => "message is of a kind that is not taken",
        })
    }
}

impl core::error::Error for ProtocolError {}
