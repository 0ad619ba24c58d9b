use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use super::scan::Scanner;
use crate::error::HandshakeError;

/// What the peer may make an opening handshake hold in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HeadLimits {
    /// The most bytes that a client keeps of the body of a refusal. 64 KiB unless set.
    pub body: u32,
    /// The most bytes in a head, with its blank line. 16 KiB unless set.
    ///
    /// A head that does not fit in the storage of the [`Input`](crate::Input) is too long as well.
    pub bytes: u32,
    /// The most header lines in a head. 100 unless set, and 128 at the most.
    pub fields: u32,
    /// The most interim responses that a client skips. 8 unless set.
    pub interim: u32,
    /// The most bytes in the target of a `GET`; other methods, being longer, leave less. 8 KiB
    /// unless set.
    pub target: u32,
}

impl Default for HeadLimits {
    fn default() -> Self {
        Self { body: 64 << 10, bytes: 16 << 10, fields: 100, interim: 8, target: 8 << 10 }
    }
}

/// The headers of a request or a response, as they came: in order, each line by itself.
///
/// Names are compared without regard to case. Values have lost the whitespace around them, and may
/// hold bytes that are not ASCII. `Debug` shows names only, as values may be secrets.
#[derive(Clone)]
pub struct Headers {
    /// The whole head.
    bytes: Vec<u8>,
    fields: Vec<Field>,
}

impl Headers {
    /// All names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> + Clone {
        self.fields.iter().map(|field| {
            let name = str::from_utf8(self.bytes_at(field.name)).unwrap_or_default();
            (name, self.bytes_at(field.value))
        })
    }

    /// The values of all lines of this name.
    pub fn values<'h>(&'h self, name: &'h str) -> impl Iterator<Item = &'h [u8]> + Clone {
        let is_named =
            move |field: &&Field| self.bytes_at(field.name).eq_ignore_ascii_case(name.as_bytes());
        self.fields.iter().filter(is_named).map(|field| self.bytes_at(field.value))
    }

    /// The value of the first line of this name.
    pub fn value<'h>(&'h self, name: &'h str) -> Option<&'h [u8]> {
        self.values(name).next()
    }

    /// The value of the first line of this name, if it is ASCII.
    pub fn text<'h>(&'h self, name: &'h str) -> Option<&'h str> {
        let value = self.value(name)?;
        if value.is_ascii() { str::from_utf8(value).ok() } else { None }
    }

    /// How many lines there are.
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// Keeps a head of which `search` found the end.
    pub(crate) fn parse(head: &[u8], search: &Search) -> Result<Self, HandshakeError> {
        let mut slots = [httparse::EMPTY_HEADER; MAX_FIELDS];
        let lines = head.get(search.fields_at..).unwrap_or_default();
        // RFC 9112, section 5.1: a name is a token, and no whitespace stands before the colon.
        let Ok(httparse::Status::Complete((_, found))) = httparse::parse_headers(lines, &mut slots)
        else {
            return Err(HandshakeError::BadField);
        };
        let fields = found.iter().map(|field| Field::new(head, field)).collect();
        Ok(Self { bytes: head.to_vec(), fields })
    }

    /// The value of the only line of this name, if any. `error` if there are more.
    pub(crate) fn only<'h, E>(&'h self, name: &'h str, error: E) -> Result<Option<&'h [u8]>, E> {
        let mut values = self.values(name);
        let value = values.next();
        if values.next().is_some() { Err(error) } else { Ok(value) }
    }

    pub(crate) fn bytes_at(&self, span: Span) -> &[u8] {
        span.of(&self.bytes)
    }

    /// The text there, which the grammar says is ASCII.
    pub(crate) fn text_at(&self, span: Span) -> &str {
        str::from_utf8(self.bytes_at(span)).unwrap_or_default()
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(|(name, _)| name)).finish()
    }
}

/// Which head is searched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Request,
    Response,
}

/// Finds a head while it comes, and judges of each line what `httparse` would let pass.
#[derive(Debug)]
pub(crate) struct Search {
    kind: Kind,
    scanner: Scanner,
    progress: Progress,
    /// Where the first line begins that may hold a header.
    fields_at: usize,
    /// Lines that hold a header or go on with one.
    lines: u32,
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    BlankOrStartLine,
    StartLine,
    Fields,
}

/// What a search came upon.
#[derive(Debug)]
pub(crate) enum Found {
    /// The first line, to be judged before going on.
    StartLine(Span),
    /// The end of the head: the length of it.
    End(usize),
}

impl Search {
    pub(crate) fn new(kind: Kind) -> Self {
        let progress = match kind {
            // RFC 9112, section 2.2: a server skips at least one empty line before a request.
            Kind::Request => Progress::BlankOrStartLine,
            Kind::Response => Progress::StartLine,
        };
        Self { kind, scanner: Scanner::default(), progress, fields_at: 0, lines: 0 }
    }

    /// Goes on with all the bytes that have come, of which the ones seen before are not looked at.
    ///
    /// A header that is folded over several lines becomes one line in place.
    pub(crate) fn advance(
        &mut self,
        text: &mut [u8],
        limits: &HeadLimits,
    ) -> Result<Option<Found>, HandshakeError> {
        loop {
            let most = self.most_bytes(limits);
            let Some(line) = self.scanner.next_line(text.get(..most).unwrap_or(text))? else {
                return if text.len() < most { Ok(None) } else { Err(self.too_long()) };
            };
            match self.progress {
                Progress::BlankOrStartLine if line.is_empty() => {
                    self.progress = Progress::StartLine;
                }
                Progress::BlankOrStartLine | Progress::StartLine => {
                    self.progress = Progress::Fields;
                    self.fields_at = self.scanner.line_start();
                    return Ok(Some(Found::StartLine(Span::from(line))));
                }
                Progress::Fields if line.is_empty() => {
                    return Ok(Some(Found::End(self.scanner.line_start())));
                }
                Progress::Fields => self.take_field(text, line, limits)?,
            }
        }
    }

    /// The error of a head that is longer than it may be.
    pub(crate) fn too_long(&self) -> HandshakeError {
        match (self.kind, self.progress) {
            // RFC 9110, section 15.5.15.
            (Kind::Request, Progress::BlankOrStartLine | Progress::StartLine) => {
                HandshakeError::TargetTooLong
            }
            // RFC 6585, section 5.
            _ => HandshakeError::HeadTooLong,
        }
    }

    /// Where the line that is looked for must have ended.
    fn most_bytes(&self, limits: &HeadLimits) -> usize {
        let most = to_usize(limits.bytes);
        match (self.kind, self.progress) {
            (Kind::Request, Progress::BlankOrStartLine | Progress::StartLine) => {
                let line = to_usize(limits.target).saturating_add(AROUND_TARGET);
                most.min(self.scanner.line_start().saturating_add(line))
            }
            _ => most,
        }
    }

    fn take_field(
        &mut self,
        text: &mut [u8],
        line: Range<usize>,
        limits: &HeadLimits,
    ) -> Result<(), HandshakeError> {
        self.lines += 1;
        if to_usize(self.lines) > to_usize(limits.fields).min(MAX_FIELDS) {
            return Err(HandshakeError::TooManyFields);
        }
        match (text.get(line.start), self.kind, self.lines) {
            // RFC 9112, section 5.2: a server refuses a line that goes on with the one before; a
            // client takes it. Section 2.2: the first has nothing to go on with.
            (Some(b' ' | b'\t'), Kind::Request, _) | (Some(b' ' | b'\t'), Kind::Response, 1) => {
                Err(HandshakeError::BadField)
            }
            (Some(b' ' | b'\t'), Kind::Response, _) => {
                unfold(text, line);
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

/// Makes one line of this one and the one before: RFC 9112, section 5.2, puts spaces in place of what
/// is between them.
fn unfold(text: &mut [u8], line: Range<usize>) {
    let indent = trim(text, line.clone()).start;
    let before = text.get(..line.start).unwrap_or_default().trim_ascii_end().len();
    text.get_mut(before..indent).unwrap_or_default().fill(b' ');
}

/// Where a header line has its name and its value.
#[derive(Clone, Copy, Debug)]
struct Field {
    name: Span,
    value: Span,
}

impl Field {
    fn new(head: &[u8], field: &httparse::Header<'_>) -> Self {
        let span = |part: &[u8]| match part {
            [] => Span::default(),
            _ => {
                let start = part.as_ptr().addr().saturating_sub(head.as_ptr().addr());
                Span::from(start..start + part.len())
            }
        };
        Self { name: span(field.name.as_bytes()), value: span(field.value) }
    }
}

/// A stretch of a head.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Span {
    start: u32,
    end: u32,
}

impl Span {
    pub(crate) fn of(self, text: &[u8]) -> &[u8] {
        text.get(to_usize(self.start)..to_usize(self.end)).unwrap_or_default()
    }

    /// The stretch within this one that a line of its own would have at `range`.
    pub(crate) fn within(self, range: Range<usize>) -> Self {
        let start = to_usize(self.start);
        Self::from(start + range.start..start + range.end)
    }
}

impl From<Range<usize>> for Span {
    fn from(range: Range<usize>) -> Self {
        // `HeadLimits::bytes` is an u32, so that no head has more.
        let [start, end] = [range.start, range.end].map(|at| u32::try_from(at).unwrap_or(u32::MAX));
        Self { start, end }
    }
}

/// RFC 9110, section 5.5: the whitespace around a value is not part of it. Neither line ends nor
/// other control characters are left there.
fn trim(text: &[u8], range: Range<usize>) -> Range<usize> {
    let value = text.get(range.clone()).unwrap_or_default();
    let leading = value.len() - value.trim_ascii_start().len();
    let start = range.start + leading;
    start..start + value.trim_ascii().len()
}

fn to_usize(count: u32) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

/// The most header lines, whatever the limit: there is room for them on the stack while they are parsed.
const MAX_FIELDS: usize = 128;

/// The bytes of a request line that are not its target.
const AROUND_TARGET: usize = "GET  HTTP/1.1\r\n".len();
