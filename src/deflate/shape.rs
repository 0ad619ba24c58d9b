//! The settings of a compressor.

use super::compression::Compression;
use crate::wire::snapshot::{Loader, Saver, SnapshotError, check};

/// The settings of a compressor. Compressors of the same shape are interchangeable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) window_bits: u8,
    pub(crate) level: u8,
    pub(crate) memory: u8,
}

impl Shape {
    /// Returns the shape for a window of at most `1 << window_bits` bytes.
    pub(crate) fn new(window_bits: u8, compression: &Compression) -> Self {
        let window_bits = window_bits.min(compression.outgoing.bounded().window_bits);
        Self { window_bits, level: compression.level, memory: compression.bounded_memory() }
    }

    pub(crate) fn save(self, out: &mut Saver<'_>) {
        out.raw(&[self.window_bits, self.level.min(9), self.memory]);
    }

    pub(crate) fn load(from: &mut Loader<'_>) -> Result<Self, SnapshotError> {
        let [window_bits, level, memory] = from.array()?;
        check((8..=15).contains(&window_bits) && level <= 9 && (1..=9).contains(&memory))?;
        Ok(Self { window_bits, level, memory })
    }

    /// Returns the shape for a message that refers to itself only. All windows that can hold the whole message
    /// share one shape, since no reference leaves them.
    pub(crate) const fn for_message(self, len: usize) -> Self {
        match len <= 1 << self.window_bits {
            true => Self { window_bits: 15, ..self },
            false => self,
        }
    }
}
