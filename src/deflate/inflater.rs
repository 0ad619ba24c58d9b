//! The decompressor of zlib-rs, step by step.

use core::fmt;

use zlib_rs::{Inflate, InflateFlush, Status};

use super::history::History;

/// A decompressor of DEFLATE streams. Its window is always 32 KiB.
pub(crate) struct Inflater(Inflate);

/// The result of a step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Inflated {
    /// The number of bytes that were consumed.
    pub(crate) used: usize,
    /// The number of bytes that were written, also if the stream is invalid.
    pub(crate) made: usize,
    pub(crate) verdict: Verdict,
}

/// Whether the stream is valid so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Valid,
    /// A block that is marked as the last has ended. A new stream with the same history follows.
    Final,
    Invalid,
}

impl Inflater {
    pub(crate) fn new() -> Self {
        Self(Inflate::new(false, WINDOW_BITS))
    }

    /// Starts a stream that may refer to `history`.
    pub(crate) fn restart(&mut self, history: &History) {
        self.0.reset(false);
        for bytes in history.as_slices() {
            let outcome = self.0.set_dictionary(bytes);
            debug_assert!(outcome.is_ok(), "a raw stream takes a history at any time");
        }
    }

    /// Decompresses as much as fits into `out`. If that fills `out`, more may follow without further input.
    pub(crate) fn inflate(&mut self, bytes: &[u8], out: &mut [u8]) -> Inflated {
        self.step(bytes, out, InflateFlush::NoFlush)
    }

    /// Decompresses as much as fits into `out`, but consumes nothing after the end of a block.
    pub(crate) fn inflate_block(&mut self, bytes: &[u8], out: &mut [u8]) -> Inflated {
        self.step(bytes, out, InflateFlush::Block)
    }

    fn step(&mut self, bytes: &[u8], out: &mut [u8], flush: InflateFlush) -> Inflated {
        let before = (self.0.total_in(), self.0.total_out());
        let verdict = match self.0.decompress(bytes, out, flush) {
            Ok(Status::Ok | Status::BufError) => Verdict::Valid,
            Ok(Status::StreamEnd) => Verdict::Final,
            Err(_) => Verdict::Invalid,
        };
        let (used, made) = (self.0.total_in() - before.0, self.0.total_out() - before.1);
        Inflated { used: to_len(used), made: to_len(made), verdict }
    }
}

impl fmt::Debug for Inflater {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Inflater(..)")
    }
}

/// Converts a number of bytes in a slice.
fn to_len(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

const WINDOW_BITS: u8 = 15;
