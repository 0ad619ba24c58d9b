//! A search for line ends in bytes that arrive over several reads.

use core::ops::Range;

/// A search for lines in a growing slice. It visits each byte once.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct LineSearch {
    /// Start of the line in progress.
    start: usize,
    /// Number of bytes that were visited.
    visited: usize,
}

/// An LF without a CR before it.
///
/// RFC 9112, section 2.2, lets a recipient accept it as a line end. A recipient before or after us that
/// decides otherwise would see another message, so we reject it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BareLineFeed;

impl LineSearch {
    /// Returns the next line without its CRLF, or `None` if its end has not arrived.
    ///
    /// `bytes` must start with the bytes of the previous calls.
    #[inline]
    pub(crate) fn next_line(&mut self, bytes: &[u8]) -> Result<Option<Range<usize>>, BareLineFeed> {
        let unvisited = bytes.get(self.visited..).unwrap_or_default();
        let Some(count) = find_line_feed(unvisited) else {
            self.visited += unvisited.len();
            return Ok(None);
        };
        let line_feed = self.visited + count;
        let line = self.start..line_feed.saturating_sub(1);
        // Before the first byte of a line is the LF of another one.
        if bytes.get(line.end) != Some(&b'\r') {
            return Err(BareLineFeed);
        }
        (self.start, self.visited) = (line_feed + 1, line_feed + 1);
        Ok(Some(line))
    }

    /// Returns where the line in progress starts.
    pub(crate) const fn line_start(&self) -> usize {
        self.start
    }
}

/// Returns the position of the first LF.
#[inline]
fn find_line_feed(bytes: &[u8]) -> Option<usize> {
    let (words, tail) = bytes.as_chunks();
    let marks = words.iter().map(|&word| mark_line_feed(word));
    match marks.enumerate().find(|&(_, mark)| mark != 0) {
        Some((word, mark)) => Some(word * 8 + mark.trailing_zeros() as usize / 8),
        None => tail.iter().position(|&byte| byte == b'\n').map(|at| words.len() * 8 + at),
    }
}

/// Returns a word whose lowest set bit is in the first LF. The first byte is the lowest.
const fn mark_line_feed(word: [u8; 8]) -> u64 {
    let zeros = u64::from_le_bytes(word) ^ (LOW_BITS * b'\n' as u64);
    // The subtraction borrows only from a byte above a zero, so the lowest mark is exact.
    zeros.wrapping_sub(LOW_BITS) & !zeros & (LOW_BITS << 7)
}

/// The lowest bit of each byte.
const LOW_BITS: u64 = u64::from_le_bytes([1; 8]);
