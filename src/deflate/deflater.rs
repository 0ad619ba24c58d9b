//! The compressor of zlib-rs, with output that grows.

use alloc::vec::Vec;
use core::fmt;

use zlib_rs::{Deflate, DeflateConfig, DeflateFlush};

use super::step::Flush;

/// A compressor of one DEFLATE stream.
pub(crate) struct Deflater {
    deflate: Deflate,
    shape: Shape,
}

/// The settings of a compressor. Compressors of the same shape are interchangeable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) window_bits: u8,
    pub(crate) level: u8,
    pub(crate) memory: u8,
}

impl Deflater {
    pub(crate) fn new(shape: Shape) -> Self {
        let config = DeflateConfig {
            level: i32::from(shape.level.min(9)),
            // The library has no window of 8 bits. With 9 bits it refers back at most 250 bytes: 512 less
            // the 262 bytes of lookahead. D-40 tests this.
            window_bits: -i32::from(shape.window_bits.max(9)),
            mem_level: i32::from(shape.memory),
            ..DeflateConfig::default()
        };
        Self { deflate: Deflate::new_with_config(config), shape }
    }

    pub(crate) const fn shape(&self) -> Shape {
        self.shape
    }

    /// Starts a new stream.
    pub(crate) fn reset(&mut self) {
        self.deflate.reset();
    }

    /// Compresses `bytes` and appends the result to `out`.
    pub(crate) fn deflate(&mut self, bytes: &[u8], flush: Flush, out: &mut Vec<u8>) {
        let flush = match flush {
            Flush::None => DeflateFlush::NoFlush,
            Flush::Block => DeflateFlush::SyncFlush,
        };
        let mut rest = bytes;
        loop {
            let at = out.len();
            let room = (rest.len() / 2).clamp(LEAST_ROOM, MOST_ROOM);
            out.resize(at + room, 0);
            let before = (self.deflate.total_in(), self.deflate.total_out());
            let outcome = self.deflate.compress(rest, &mut out[at..], flush);
            debug_assert!(outcome.is_ok(), "a deflater fails only if it is misused");
            let used = usize::try_from(self.deflate.total_in() - before.0).unwrap_or(rest.len());
            let made = usize::try_from(self.deflate.total_out() - before.1).unwrap_or(room);
            out.truncate(at + made);
            rest = &rest[used..];
            if rest.is_empty() && made < room {
                return;
            }
        }
    }
}

impl fmt::Debug for Deflater {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Deflater").field(&self.shape).finish()
    }
}

/// How much `out` grows at a time, in bytes. It must exceed the size of a flush, which would be repeated
/// else.
const LEAST_ROOM: usize = 256;
const MOST_ROOM: usize = 16 << 10;
