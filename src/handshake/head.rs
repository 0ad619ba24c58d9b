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
pub(crate) struct HeadSearch<L> {
    lines: LineSearch,
    stage: Stage<L>,
}

/// The line that is searched for.
#[derive(Clone, Copy, Debug)]
enum Stage<L> {
    /// The first line, or an empty one: so many may still follow.
    First { empty_lines: u32 },
    /// A header line or the blank line.
    Field { line: L, fields: Fields },
}

/// The header lines that are complete.
#[derive(Clone, Copy, Debug)]
struct Fields {
    /// Start of the first one.
    start: usize,
    count: usize,
    /// Whether a line continues the header before it.
    has_folded: bool,
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
        let stage = Stage::First { empty_lines: L::EMPTY_LINES };
        Self { lines: LineSearch::default(), stage }
    }

    /// Continues the search in all bytes received so far.
    ///
    /// Returns `None` if the head is not complete.
    pub(crate) fn advance(
        &mut self,
        bytes: &[u8],
        limits: &HandshakeLimits,
    ) -> Result<Option<FoundHead<L>>, L::Error> {
        self.check_first_byte(bytes)?;
        loop {
            let most = self.max_len(limits);
            let window = bytes.get(..most).unwrap_or(bytes);
            let line =
                self.lines.next_line(window).map_err(|BareLineFeed| HeadError::BadLineEnd)?;
            let Some(line) = line else {
                return if bytes.len() < most { Ok(None) } else { Err(self.too_long()) };
            };
            match &mut self.stage {
                Stage::First { empty_lines: empty_lines @ 1.. } if line.is_empty() => {
                    *empty_lines -= 1;
                }
                Stage::First { .. } => {
                    let text = bytes.get(line.clone()).unwrap_or_default();
                    let line = L::parse(text, line.start, limits)?;
                    let start = self.lines.line_start();
                    let fields = Fields { start, count: 0, has_folded: false };
                    self.stage = Stage::Field { line, fields };
                }
                &mut Stage::Field { line: first, fields } if line.is_empty() => {
                    let len = self.lines.line_start();
                    let head = bytes.get(..len).unwrap_or_default();
                    let headers = fields.parse::<L>(head)?;
                    return Ok(Some(FoundHead { line: first, headers, len }));
                }
                Stage::Field { fields, .. } => fields.count(bytes.get(line.start), limits)?,
            }
        }
    }

    /// Rejects a peer that speaks TLS or another protocol, which would otherwise wait for our answer.
    fn check_first_byte(&self, bytes: &[u8]) -> Result<(), HeadError> {
        match (&self.stage, bytes) {
            (Stage::First { .. }, [first, ..])
                if !L::starts_with(*first) && !is_line_end(*first) =>
            {
                Err(HeadError::BadStartLine)
            }
            _ => Ok(()),
        }
    }

    /// Returns the error of a head that exceeds its limit at the current line.
    pub(crate) fn too_long(&self) -> L::Error {
        match self.stage {
            Stage::First { .. } => L::too_long(),
            Stage::Field { .. } => HeadError::TooLong.into(),
        }
    }

    /// Returns where the current line must have ended.
    fn max_len(&self, limits: &HandshakeLimits) -> usize {
        let most = to_usize(limits.bytes);
        match self.stage {
            Stage::First { .. } => {
                most.min(self.lines.line_start().saturating_add(L::max_len(limits)))
            }
            Stage::Field { .. } => most,
        }
    }
}

impl Fields {
    /// Counts a line that starts with `first`.
    fn count(&mut self, first: Option<&u8>, limits: &HandshakeLimits) -> Result<(), HeadError> {
        self.count += 1;
        self.has_folded |= matches!(first, Some(b' ' | b'\t'));
        if self.count > to_usize(limits.fields).min(Headers::MAX) {
            return Err(HeadError::TooManyFields);
        }
        Ok(())
    }

    fn parse<L: FirstLine>(&self, head: &[u8]) -> Result<Headers, HeadError> {
        if L::JOINS_FOLDED && self.has_folded {
            Headers::parse(&unfold(head, self.start), self.start, self.count)
        } else {
            Headers::parse(head, self.start, self.count)
        }
    }
}

const fn is_line_end(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}
