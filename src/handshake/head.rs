use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use super::name::Name;
use super::scan::{Scanner, count_while};
use super::token::is_token_byte;
use crate::handshake::HandshakeError;

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
#[derive(Clone, Default)]
pub struct Headers {
    /// Where each line has its name and its value, and after that the whole head: in one piece, as
    /// every connection allocates it.
    memory: Vec<u8>,
    len: u8,
    /// The lines that the handshake looks at.
    known: [Lines; Name::COUNT],
}

impl Headers {
    /// All names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> + Clone {
        self.fields().map(|field| (self.text_at(field.name), self.bytes_at(field.value)))
    }

    /// The values of all lines of this name.
    pub fn values<'h>(&'h self, name: &'h str) -> impl Iterator<Item = &'h [u8]> + Clone {
        let is_named =
            move |field: &Field| self.bytes_at(field.name).eq_ignore_ascii_case(name.as_bytes());
        self.fields().filter(is_named).map(|field| self.bytes_at(field.value))
    }

    /// The value of the first line of this name.
    pub fn value<'h>(&'h self, name: &'h str) -> Option<&'h [u8]> {
        self.values(name).next()
    }

    /// The value of the first line of this name, if it is ASCII.
    pub fn text<'h>(&'h self, name: &'h str) -> Option<&'h str> {
        ascii(self.value(name)?)
    }

    /// How many lines there are.
    pub const fn len(&self) -> usize {
        self.len as usize
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The values of all lines of a name that the handshake looks at.
    pub(crate) fn all(&self, name: Name) -> impl Iterator<Item = &[u8]> + Clone {
        let Lines { first, count } = self.lines(name);
        // Mostly it is one, whose name need not be compared again.
        let is_named =
            move |field: &Field| count == 1 || Name::find(self.bytes_at(field.name)) == Some(name);
        let fields = self.fields_from(first).filter(is_named).take(count.into());
        fields.map(|field| self.bytes_at(field.value))
    }

    /// The value of the only line of this name, if any. `error` if there are more.
    pub(crate) fn only<E>(&self, name: Name, error: E) -> Result<Option<&[u8]>, E> {
        if self.lines(name).count > 1 { Err(error) } else { Ok(self.all(name).next()) }
    }

    pub(crate) fn has(&self, name: Name) -> bool {
        self.lines(name).count > 0
    }

    pub(crate) fn bytes_at(&self, span: Span) -> &[u8] {
        span.of(self.memory.get(self.len() * Field::SIZE..).unwrap_or_default())
    }

    /// The text there, which the grammar says is ASCII.
    pub(crate) fn text_at(&self, span: Span) -> &str {
        str::from_utf8(self.bytes_at(span)).unwrap_or_default()
    }

    /// Makes room for a head of so many bytes, of which nothing is there.
    fn allocate(&mut self, bytes: usize) {
        self.memory = Vec::with_capacity(COMMON_FIELDS * Field::SIZE + bytes);
    }

    /// Adds a line, before the head itself is added.
    fn push(&mut self, field: Field, name: Option<Name>) {
        if let Some(name) = name {
            let lines = &mut self.known[name as usize];
            lines.first = if lines.count == 0 { self.len } else { lines.first };
            lines.count += 1;
        }
        self.memory.extend_from_slice(&field.encode());
        self.len += 1;
    }

    /// Makes a line that goes on with the last one part of it: RFC 9112, section 5.2, puts spaces in
    /// place of what is between them.
    fn unfold(&mut self, text: &mut [u8], line: Range<usize>) -> Result<(), HandshakeError> {
        let Some(last) = self.memory.last_chunk_mut() else {
            // RFC 9112, section 2.2: the first has nothing to go on with.
            return Err(HandshakeError::BadField);
        };
        let mut field = Field::decode(last);
        let indent = line.start + trim(text.get(line.clone()).unwrap_or_default()).start;
        let before = text.get(..line.start).unwrap_or_default().trim_ascii_end().len();
        text.get_mut(before..indent).unwrap_or_default().fill(b' ');
        let start = to_usize(field.value.start);
        field.value = Span::trimmed(text.get(start..line.end).unwrap_or_default(), start);
        *last = field.encode();
        Ok(())
    }

    fn fields(&self) -> impl Iterator<Item = Field> + Clone {
        self.fields_from(0)
    }

    fn fields_from(&self, first: u8) -> impl Iterator<Item = Field> + Clone {
        let (chunks, _) = self.memory.as_chunks();
        chunks.get(first.into()..self.len()).unwrap_or_default().iter().map(Field::decode)
    }

    fn lines(&self, name: Name) -> Lines {
        self.known[name as usize]
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

/// Finds a head while it comes, and judges each line of it as soon as that is whole.
#[derive(Debug)]
pub(crate) struct Search {
    kind: Kind,
    scanner: Scanner,
    progress: Progress,
    /// The lines that have come.
    headers: Headers,
    /// How many there are, with those that go on with others.
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
        Self { kind, scanner: Scanner::default(), progress, headers: Headers::default(), lines: 0 }
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
                    return Ok(Some(Found::StartLine(Span::from(line))));
                }
                Progress::Fields if line.is_empty() => {
                    return Ok(Some(Found::End(self.scanner.line_start())));
                }
                Progress::Fields => self.take_field(text, line, limits)?,
            }
        }
    }

    /// Keeps a head whose end was found.
    pub(crate) fn finish(self, head: &[u8]) -> Headers {
        let mut headers = self.headers;
        headers.memory.extend_from_slice(head);
        headers
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
        let bytes = text.get(line.clone()).unwrap_or_default();
        match (bytes, self.kind) {
            // RFC 9112, section 5.2: a client takes a line that goes on with the one before; to a server,
            // it is one without a name.
            ([b' ' | b'\t', ..], Kind::Response) => self.headers.unfold(text, line),
            _ => {
                let (field, name) = Field::parse(bytes, line.start)?;
                if self.headers.is_empty() {
                    self.headers.allocate(text.len().min(to_usize(limits.bytes)));
                }
                self.headers.push(field, name);
                Ok(())
            }
        }
    }
}

/// Where a header line has its name and its value.
#[derive(Clone, Copy, Debug)]
struct Field {
    name: Span,
    value: Span,
}

impl Field {
    const SIZE: usize = 16;

    /// The field of a line that begins at `start`, and its name, if the handshake looks at it.
    fn parse(line: &[u8], start: usize) -> Result<(Self, Option<Name>), HandshakeError> {
        // RFC 9112, section 5.1: a name is a token, and no whitespace stands before the colon.
        let colon = count_while(line, is_token_byte);
        let (name, [b':', value @ ..]) = line.split_at(colon) else {
            return Err(HandshakeError::BadField);
        };
        if name.is_empty() {
            return Err(HandshakeError::BadField);
        }
        let colon = start + colon;
        let value = Span::trimmed(value, colon + 1);
        Ok((Self { name: Span::from(start..colon), value }, Name::find(name)))
    }

    fn encode(self) -> [u8; Self::SIZE] {
        let mut bytes = [0; Self::SIZE];
        let numbers = [self.name.start, self.name.end, self.value.start, self.value.end];
        for (place, number) in bytes.as_chunks_mut().0.iter_mut().zip(numbers) {
            *place = number.to_ne_bytes();
        }
        bytes
    }

    fn decode(bytes: &[u8; Self::SIZE]) -> Self {
        let number = |at: usize| u32::from_ne_bytes(bytes.as_chunks().0[at]);
        Self {
            name: Span { start: number(0), end: number(1) },
            value: Span { start: number(2), end: number(3) },
        }
    }
}

/// The lines of one name: which is the first, and how many there are.
#[derive(Clone, Copy, Debug, Default)]
struct Lines {
    first: u8,
    count: u8,
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

    /// A value that begins at `start`, without the whitespace around it.
    fn trimmed(value: &[u8], start: usize) -> Self {
        let range = trim(value);
        Self::from(start + range.start..start + range.end)
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
fn trim(value: &[u8]) -> Range<usize> {
    let is_space = |byte| matches!(byte, b' ' | b'\t');
    let start = count_while(value, is_space);
    let last = value.iter().rposition(|&byte| !is_space(byte));
    start..last.map_or(start, |last| last + 1)
}

/// The text of a value, if it is ASCII.
pub(crate) fn ascii(value: &[u8]) -> Option<&str> {
    str::from_utf8(value).ok().filter(|text| text.is_ascii())
}

fn to_usize(count: u32) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

/// The most header lines, whatever the limit: as many as can be counted in a byte, with some to spare.
const MAX_FIELDS: usize = 128;

/// As many header lines as most heads have.
const COMMON_FIELDS: usize = 16;

/// The bytes of a request line that are not its target.
const AROUND_TARGET: usize = "GET  HTTP/1.1\r\n".len();
