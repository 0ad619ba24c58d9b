//! The payload of a control frame.

use core::fmt;

/// The payload of a control frame: at most 125 bytes (section 5.5), held inline.
#[derive(Clone)]
pub(crate) struct Control {
    bytes: [u8; Self::MAX_LEN],
    len: u8,
}

impl Control {
    pub(crate) const MAX_LEN: usize = 125;

    pub(crate) const fn new() -> Self {
        Self { bytes: [0; Self::MAX_LEN], len: 0 }
    }

    /// Appends `bytes`. Returns `None`, and changes nothing, if they do not fit.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Option<()> {
        let start = usize::from(self.len);
        let end = start + bytes.len();
        self.bytes.get_mut(start..end)?.copy_from_slice(bytes);
        self.len = u8::try_from(end).ok()?;
        Some(())
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    pub(crate) fn as_bytes_mut(&mut self) -> &mut [u8] {
        &mut self.bytes[..usize::from(self.len)]
    }
}

/// Payloads may be secret, so this prints the length only.
impl fmt::Debug for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Control").field("len", &self.len).finish_non_exhaustive()
    }
}
