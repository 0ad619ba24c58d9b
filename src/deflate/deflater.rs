//! The compressor of zlib-rs, with output that grows.

use alloc::vec::Vec;
use core::fmt;

use zlib_rs::{Deflate, DeflateConfig, DeflateFlush};

use super::shape::Shape;
use super::step::Flush;

/// A compressor of one DEFLATE stream.
pub(crate) struct Deflater {
    deflate: Deflate,
    shape: Shape,
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

    /// Lets the next message refer to `text`, which the peer has decompressed. All that was compressed must have
    /// been flushed.
    pub(crate) fn learn(&mut self, text: &[u8]) {
        let outcome = self.deflate.set_dictionary(text);
        debug_assert!(outcome.is_ok(), "a raw stream takes a dictionary after each flush");
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

/// Removes the end of a message, which both ends know. The message must have been flushed, and lie in `out` from
/// `at` on.
pub(crate) fn cut_tail(at: usize, out: &mut Vec<u8>) {
    if out[at..].ends_with(&TAIL) {
        out.truncate(out.len() - TAIL.len());
    } else {
        // RFC 7692, section 7.2.3.6: nothing was left to compress, so there is no block. This starts one.
        out.push(0);
    }
}

/// The end of each message, which is not sent (RFC 7692, section 7.2.1).
const TAIL: [u8; 4] = [0x00, 0x00, 0xff, 0xff];

/// How much `out` grows at a time, in bytes. It must exceed the size of a flush, which would be repeated
/// else.
const LEAST_ROOM: usize = 256;
const MOST_ROOM: usize = 16 << 10;
