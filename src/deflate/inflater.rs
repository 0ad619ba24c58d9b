use core::fmt;

use zlib_rs::{Inflate, InflateFlush, Status};

use super::history::History;

/// Inflates a stream, step by step: a library's, with what it does not tell.
///
/// Its window is always of 32 KiB.
pub(crate) struct Inflater(Inflate);

/// What came of a step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Inflated {
    /// How many bytes were taken.
    pub(crate) used: usize,
    /// How many were made, also of what is invalid.
    pub(crate) made: usize,
    pub(crate) verdict: Verdict,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Valid,
    /// The block was marked as the last. A new stream begins, with the same history.
    Final,
    Invalid,
}

impl Inflater {
    pub(crate) fn new() -> Self {
        Self(Inflate::new(false, WINDOW_BITS))
    }

    /// Starts a stream that may refer to this history.
    pub(crate) fn restart(&mut self, history: &History) {
        self.0.reset(false);
        for bytes in history.as_slices() {
            let outcome = self.0.set_dictionary(bytes);
            debug_assert!(outcome.is_ok(), "a raw stream takes a history at any time");
        }
    }

    /// Inflates what fits into `out`. If `out` was filled, more may come of the bytes before.
    pub(crate) fn inflate(&mut self, bytes: &[u8], out: &mut [u8]) -> Inflated {
        self.step(bytes, out, InflateFlush::NoFlush)
    }

    /// Inflates what fits into `out`, but takes nothing behind the end of a block.
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

/// A number of bytes of a slice.
fn to_len(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

const WINDOW_BITS: u8 = 15;
