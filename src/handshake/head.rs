//! The search for a head in bytes that arrive over several reads.
//!
//! [`HeadSearch`] looks for the blank line, visiting each byte once, and enforces the limits meanwhile. It
//! parses the first line as soon as that is complete, and the header lines once the head is.
//!
//! `httparse` accepts more than we do. This file and the first lines close the gaps: bare LF, empty lines
//! before a head, and folded headers in requests are rejected.

use super::head_error::HeadError;
use super::headers::{Headers, unfold};
use super::limits::HandshakeLimits;
use super::line::{BareLineFeed, LineSearch};
use super::text::to_usize;

/// The first line of a head: that of a request, or that of a response.
pub(crate) trait FirstLine: Copy {
    /// The error of the whole head.
    type Error: From<HeadError>;

    /// Number of empty lines that may precede the head.
    const EMPTY_LINES: u32;

    /// Whether folded headers are joined. Otherwise they are malformed.
    const JOINS_FOLDED: bool;

    /// Parses the line, which starts at `start` in the head.
    fn parse(line: &[u8], start: usize, limits: &HandshakeLimits) -> Result<Self, Self::Error>;

    /// Returns whether a head may start with this byte.
    fn starts_with(byte: u8) -> bool;

    /// Returns the maximum length of the line, including its CRLF.
    fn max_len(limits: &HandshakeLimits) -> usize;

    /// Returns the error of a first line that is longer.
    fn too_long() -> Self::Error;
}

/// A search for a head.
#[derive(Debug)]
pub(crate) enum HeadSearch<L> {
    /// The first line, or an empty one, of which so many may still follow.
    First { lines: LineSearch, empty_lines: u32 },
    /// The blank line. The first header line starts at `start`.
    Fields { line: L, start: usize, search: FieldSearch },
}

/// A complete head.
#[derive(Debug)]
pub(crate) struct FoundHead<L> {
    pub(crate) line: L,
    pub(crate) headers: Headers,
    /// Length of the head with its blank line.
    pub(crate) len: usize,
}

impl<L: FirstLine> HeadSearch<L> {
    pub(crate) fn new() -> Self {
        Self::First { lines: LineSearch::default(), empty_lines: L::EMPTY_LINES }
    }

    /// Continues the search in all bytes received so far.
    ///
    /// Returns `None` if the head is not complete.
    pub(crate) fn advance(
        &mut self,
        bytes: &[u8],
        limits: &HandshakeLimits,
    ) -> Result<Option<FoundHead<L>>, L::Error> {
        if let Self::First { lines, empty_lines } = self {
            let Some((line, start)) = find_first::<L>(lines, empty_lines, bytes, limits)? else {
                return Ok(None);
            };
            *self = Self::Fields { line, start, search: FieldSearch::new(start) };
        }
        let Self::Fields { line, start, search } = self else { return Ok(None) };
        if search.visited == *start
            && let Some(headers) = parse_whole(bytes, *start, limits)
        {
            return Ok(Some(FoundHead { line: *line, headers, len: bytes.len() }));
        }
        let Some(len) = search.find_end(bytes, limits)? else { return Ok(None) };
        let head = bytes.get(..len).unwrap_or_default();
        let headers = parse_headers::<L>(head, *start, search.lines)?;
        Ok(Some(FoundHead { line: *line, headers, len }))
    }
}

/// Returns the first line, and where the next one starts.
fn find_first<L: FirstLine>(
    lines: &mut LineSearch,
    empty_lines: &mut u32,
    bytes: &[u8],
    limits: &HandshakeLimits,
) -> Result<Option<(L, usize)>, L::Error> {
    // A peer that speaks TLS or another protocol would otherwise wait for our answer.
    if bytes.first().is_some_and(|&first| !L::starts_with(first) && !is_line_end(first)) {
        return Err(HeadError::BadStartLine.into());
    }
    loop {
        let most =
            lines.line_start().saturating_add(L::max_len(limits)).min(to_usize(limits.bytes));
        let window = bytes.get(..most).unwrap_or(bytes);
        let line = lines.next_line(window).map_err(|BareLineFeed| HeadError::BadLineEnd)?;
        let Some(line) = line else {
            return if bytes.len() < most { Ok(None) } else { Err(L::too_long()) };
        };
        if line.is_empty() && *empty_lines > 0 {
            *empty_lines -= 1;
            continue;
        }
        let text = bytes.get(line.clone()).unwrap_or_default();
        return Ok(Some((L::parse(text, line.start, limits)?, lines.line_start())));
    }
}

/// A search for the blank line at the end of a head.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FieldSearch {
    /// Number of bytes that were visited. They end with those before the first header line.
    visited: usize,
    /// Number of header lines that are complete.
    lines: usize,
}

impl FieldSearch {
    const fn new(start: usize) -> Self {
        Self { visited: start, lines: 0 }
    }

    /// Returns the length of the head if it is complete.
    fn find_end(
        &mut self,
        bytes: &[u8],
        limits: &HandshakeLimits,
    ) -> Result<Option<usize>, HeadError> {
        let most = to_usize(limits.bytes);
        let end = self.find_stop(bytes.get(..most).unwrap_or(bytes));
        if self.lines > to_usize(limits.fields).min(Headers::MAX) {
            return Err(HeadError::TooManyFields);
        }
        match end {
            Some(Stop::BareLineFeed) => Err(HeadError::BadLineEnd),
            Some(Stop::BlankLine) => Ok(Some(self.visited)),
            None if bytes.len() < most => Ok(None),
            None => Err(HeadError::TooLong),
        }
    }

    /// Counts lines up to the first line end that is not an ordinary one.
    fn find_stop(&mut self, bytes: &[u8]) -> Option<Stop> {
        // Without a branch per byte, the compiler compares a whole block at once.
        while let Some(block) = bytes.get(self.visited - 2..).and_then(<[u8]>::first_chunk) {
            let (lines, has_stop) = count_lines(block);
            if has_stop {
                break;
            }
            self.lines += usize::from(lines);
            self.visited += BLOCK;
        }
        while let Some(&[before, last, byte]) =
            bytes.get(self.visited - 2..).and_then(<[u8]>::first_chunk)
        {
            self.visited += 1;
            match (before, last, byte) {
                (b'\n', b'\r', b'\n') => return Some(Stop::BlankLine),
                (_, b'\r', b'\n') => self.lines += 1,
                (_, _, b'\n') => return Some(Stop::BareLineFeed),
                _ => {}
            }
        }
        None
    }
}

/// A line end that is not that of a header line.
#[derive(Clone, Copy, Debug)]
enum Stop {
    BareLineFeed,
    BlankLine,
}

/// Counts the LFs in all but the first two bytes. Returns also whether one of them is a [`Stop`].
fn count_lines(block: &[u8; BLOCK + 2]) -> (u8, bool) {
    let (mut lines, mut stops) = (0, 0);
    for at in 0..BLOCK {
        let is_line_feed = u8::from(block[at + 2] == b'\n');
        let is_crlf = u8::from(block[at + 1] == b'\r');
        let is_blank = u8::from(block[at] == b'\n');
        lines += is_line_feed;
        stops |= is_line_feed & (is_blank | !is_crlf);
    }
    (lines, stops & 1 != 0)
}

/// Parses a head that arrived in one piece with nothing after it, as most do. Nothing need be searched then.
fn parse_whole(bytes: &[u8], start: usize, limits: &HandshakeLimits) -> Option<Headers> {
    if bytes.len() > to_usize(limits.bytes) {
        return None;
    }
    Headers::parse_whole(bytes, start).filter(|it| it.len() <= to_usize(limits.fields))
}

fn parse_headers<L: FirstLine>(
    head: &[u8],
    start: usize,
    lines: usize,
) -> Result<Headers, HeadError> {
    match Headers::parse(head, start, lines) {
        // `httparse` reads a line with leading whitespace as a header without a name.
        Err(HeadError::BadField) if L::JOINS_FOLDED => {
            Headers::parse(&unfold(head, start), start, lines)
        }
        headers => headers,
    }
}

const fn is_line_end(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

/// Number of bytes that are searched at once.
const BLOCK: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    /// A first line of any text.
    #[derive(Clone, Copy, Debug)]
    struct AnyLine;

    impl FirstLine for AnyLine {
        type Error = HeadError;

        const EMPTY_LINES: u32 = 0;
        const JOINS_FOLDED: bool = true;

        fn parse(_: &[u8], _: usize, _: &HandshakeLimits) -> Result<Self, HeadError> {
            Ok(Self)
        }

        fn starts_with(_: u8) -> bool {
            true
        }

        fn max_len(_: &HandshakeLimits) -> usize {
            8 << 10
        }

        fn too_long() -> HeadError {
            HeadError::TooLong
        }
    }

    const LIMITS: HandshakeLimits = HandshakeLimits::new();

    /// I-07, RUSTSEC-2023-0065, CVE-2023-43669: bytes that were searched may change without an effect.
    #[test]
    fn no_byte_is_searched_twice() {
        for start in [&b"GET / HTTP/1.1\r\nX: "[..], b"HTTP/1.1 101 x\r\nX: ", b""] {
            let mut bytes = alloc::vec::Vec::new();
            let mut search = HeadSearch::<AnyLine>::new();
            let error = loop {
                bytes.push(*start.get(bytes.len()).unwrap_or(&b'a'));
                match search.advance(&bytes, &LIMITS) {
                    Ok(None) => bytes.fill(0),
                    Ok(Some(head)) => panic!("{head:?} has no end"),
                    Err(error) => break error,
                }
                // A CR must stay until its LF has arrived.
                if start.get(bytes.len()) == Some(&b'\n') {
                    *bytes.last_mut().unwrap() = b'\r';
                }
            };
            let most = if start.is_empty() { 8 << 10 } else { 16 << 10 };
            assert_eq!((error, bytes.len()), (HeadError::TooLong, most));
        }
    }

    /// I-07: the same for complete lines, one of which is folded.
    #[test]
    fn no_line_is_searched_twice() {
        let mut bytes = alloc::vec::Vec::new();
        let mut search = HeadSearch::<AnyLine>::new();
        for line in ["GET / HTTP/1.1\r\n", "Host: a\r\n", "Upgrade: b\r\n", " c\r\n"] {
            bytes.extend_from_slice(line.as_bytes());
            assert!(matches!(search.advance(&bytes, &LIMITS), Ok(None)), "{line:?}");
            bytes.fill(0);
        }
    }
}
