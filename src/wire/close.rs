//! The body of a close frame.

use super::close_code::CloseCode;
use super::error::ProtocolError;

/// The body of a close frame (section 5.5.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Close<'e> {
    /// Why the sender closes, unless it did not say.
    pub code: Option<CloseCode>,
    /// At most 123 bytes for people who debug, often empty. It comes from the peer: escape it in logs.
    pub reason: &'e str,
}

impl<'e> Close<'e> {
    /// The longest reason, in bytes.
    pub const MAX_REASON: usize = 123;

    /// Reads the payload of a close frame.
    ///
    /// # Errors
    ///
    /// When it is half a code, a code which must not be sent, or a reason that is not UTF-8.
    pub fn decode(payload: &'e [u8]) -> Result<Self, ProtocolError> {
        let Some((&code, reason)) = payload.split_first_chunk() else {
            return match payload {
                [] => Ok(Self::default()),
                _ => Err(ProtocolError::BadCloseFrame),
            };
        };
        let code = CloseCode::new(u16::from_be_bytes(code)).ok_or(ProtocolError::BadCloseCode)?;
        // Section 5.5.1: what follows the code is UTF-8.
        let reason = simdutf8::basic::from_utf8(reason).map_err(|_| ProtocolError::InvalidUtf8)?;
        Ok(Self { code: Some(code), reason })
    }
}
