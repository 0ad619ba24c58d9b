/// The payload of a control frame, held inline: section 5.5 limits it to 125 bytes.
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

    /// Adds `bytes` behind those which are here, unless they are too many.
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

/// The payload is not for logs.
impl core::fmt::Debug for Control {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Control").field("len", &self.len).finish_non_exhaustive()
    }
}
