use alloc::vec::Vec;
use core::fmt;

/// The last bytes of what a peer has sent, to which its next message may refer.
#[derive(Default)]
pub(crate) struct History {
    /// In a ring, once they are as many as the window.
    bytes: Vec<u8>,
    /// Where the oldest lies.
    start: usize,
}

impl History {
    /// Adds bytes, after which at most `window` are left. Always the same window.
    pub(crate) fn push(&mut self, bytes: &[u8], window: usize) {
        let bytes = &bytes[bytes.len().saturating_sub(window)..];
        let (added, rest) = bytes.split_at(bytes.len().min(window - self.bytes.len()));
        self.reserve(added.len(), window);
        self.bytes.extend_from_slice(added);
        let (behind, wrapped) = rest.split_at(rest.len().min(self.bytes.len() - self.start));
        self.bytes[self.start..][..behind.len()].copy_from_slice(behind);
        self.bytes[..wrapped.len()].copy_from_slice(wrapped);
        self.start += rest.len();
        if self.start >= window {
            self.start -= window;
        }
    }

    /// The bytes in order.
    pub(crate) fn as_slices(&self) -> [&[u8]; 2] {
        let (wrapped, oldest) = self.bytes.split_at(self.start);
        [oldest, wrapped]
    }

    pub(crate) const fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.start = 0;
    }

    /// Grows to twice the size, but never beyond the window.
    fn reserve(&mut self, more: usize, window: usize) {
        let (len, capacity) = (self.bytes.len(), self.bytes.capacity());
        if len + more > capacity {
            let wanted = (2 * capacity).min(window).max(len + more);
            self.bytes.reserve_exact(wanted - len);
        }
    }
}

/// What the peer has sent is not for logs.
impl fmt::Debug for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("History").field("len", &self.bytes.len()).finish_non_exhaustive()
    }
}
