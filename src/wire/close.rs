//! The body of a close frame.

use super::close_code::CloseCode;
use super::error::ProtocolError;

/// The body of a close frame (section 5.5.1).
///
/// ```
/// use sansocket::{Close, CloseCode};
///
/// let close = Close::decode(b"\x03\xe8bye")?;
/// assert_eq!(close, Close { code: Some(CloseCode::NORMAL), reason: "bye" });
/// # Ok::<(), sansocket::ProtocolError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Close<'e> {
    /// The close code. `None` if the body is empty.
    pub code: Option<CloseCode>,
    /// A text for debugging, at most 123 bytes and often empty. It comes from the peer: escape it in logs.
    pub reason: &'e str,
}

impl<'e> Close<'e> {
    /// Maximum length of a reason, in bytes.
    pub const MAX_REASON: usize = 123;

    /// Decodes the payload of a close frame.
    ///
    /// # Errors
    ///
    /// * [`ProtocolError::BadCloseFrame`] if the payload is a single byte.
    /// * [`ProtocolError::BadCloseCode`] if the code must not be sent.
    /// * [`ProtocolError::InvalidUtf8`] if the reason is not UTF-8.
    pub fn decode(payload: &'e [u8]) -> Result<Self, ProtocolError> {
        let Some((&code, reason)) = payload.split_first_chunk() else {
            return match payload {
                [] => Ok(Self::default()),
                _ => Err(ProtocolError::BadCloseFrame),
            };
        };
        let code = CloseCode::new(u16::from_be_bytes(code)).ok_or(ProtocolError::BadCloseCode)?;
        // Section 5.5.1: the reason is UTF-8.
        let reason = simdutf8::basic::from_utf8(reason).map_err(|_| ProtocolError::InvalidUtf8)?;
        Ok(Self { code: Some(code), reason })
    }
}
