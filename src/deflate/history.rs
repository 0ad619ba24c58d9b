//! The history of a direction: the last bytes that the peer has sent.

use alloc::vec::Vec;
use core::fmt;

/// The last bytes that a peer has sent, to which its next message may refer.
#[derive(Default)]
pub(crate) struct History {
    /// A ring buffer once it is as large as the window.
    bytes: Vec<u8>,
    /// The position of the oldest byte.
    start: usize,
}

impl History {
    /// Adds bytes and keeps the last `window` of all. Every call must pass the same window.
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

    /// Returns the bytes, the oldest first.
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

    /// Doubles the capacity, but not beyond the window.
    fn reserve(&mut self, more: usize, window: usize) {
        let (len, capacity) = (self.bytes.len(), self.bytes.capacity());
        if len + more > capacity {
            let wanted = (2 * capacity).min(window).max(len + more);
            self.bytes.reserve_exact(wanted - len);
        }
    }
}

/// Payloads may be secret, so `Debug` prints the length only.
impl fmt::Debug for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("History").field("len", &self.bytes.len()).finish_non_exhaustive()
    }
}
