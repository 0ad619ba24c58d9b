//! [`Headers`]: the header lines of a received head.

use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::fmt;
use core::iter::FusedIterator;
use core::ops::Range;
use core::slice;

use super::head_error::HeadError;
use super::name::KnownName;
use super::text::{ascii, is_control, to_usize};

/// The header lines of a request or a response, in the order received.
///
/// Names are compared ignoring case. Values have no whitespace around them, and may contain bytes that
/// are not ASCII. `Debug` prints names only, because values may be secret.
///
/// ```
/// use sansocket::server::Request;
///
/// /// Returns the session of a user.
/// fn session(request: &Request) -> Option<&str> {
///     let cookies = request.headers().text("Cookie")?;
///     cookies.split("; ").find_map(|cookie| cookie.strip_prefix("session="))
/// }
/// # use sansocket::{Config, Connection, Event, Input, Timestamp};
/// # const REQUEST: &[u8] = b"GET /chat?room=1 HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\n\
/// #     Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
/// #     Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: v1, v2\r\nCookie: a=1; session=4711\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n";
/// # let (mut input, now) = (Input::new(vec![0; 1024]), Timestamp::default());
/// # let mut connection = Connection::server(Config::new().shared(), now).with_read_ahead(REQUEST);
/// # assert_eq!(connection.next_event(&mut input), Some(Event::Request));
/// # assert_eq!(session(connection.request().unwrap()), Some("4711"));
/// ```
#[derive(Clone, Default)]
pub struct Headers {
    /// The table of fields, then the head. One allocation serves both, since each connection has one.
    memory: Vec<u8>,
    len: u8,
    /// The lines of each known name.
    known: [Lines; KnownName::COUNT],
}

impl Headers {
    /// Maximum number of header lines. A byte must be able to count them.
    pub(crate) const MAX: usize = 128;

    /// Returns all names and values, in the order received. A `for` loop over `&Headers` does the same.
    ///
    /// Values may contain bytes that are not ASCII. [`escape_ascii`](slice::escape_ascii()) makes them safe to
    /// print.
    ///
    /// ```
    /// # use sansocket::{Config, Connection, Event, Input, Timestamp};
    /// # const REQUEST: &[u8] = b"GET /chat?room=1 HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\n\
    /// #     Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    /// #     Sec-WebSocket-Version: 13\r\nX-Name: Zo\xc3\xab\r\n\r\n";
    /// # let (mut input, now) = (Input::new(vec![0; 1024]), Timestamp::default());
    /// # let mut connection = Connection::server(Config::new().shared(), now).with_read_ahead(REQUEST);
    /// # assert_eq!(connection.next_event(&mut input), Some(Event::Request));
    /// # let request = connection.request().unwrap();
    /// # let mut lines = Vec::new();
    /// for (name, value) in request.headers() {
    ///     println!("{name}: {}", value.escape_ascii());
    /// #   lines.push(format!("{name}: {}", value.escape_ascii()));
    /// }
    /// # assert_eq!((lines.len(), &*lines[0], &*lines[5]), (6, "Host: example.com", "X-Name: Zo\\xc3\\xab"));
    /// ```
    pub fn iter(&self) -> HeaderIter<'_> {
        let (fields, _) = self.memory.as_chunks();
        let fields = fields.get(..self.len()).unwrap_or_default().iter();
        HeaderIter { headers: self, fields }
    }

    /// Returns the values of all lines with this name.
    ///
    /// ```
    /// # use sansocket::{Config, Connection, Event, Input, Timestamp};
    /// # const REQUEST: &[u8] = b"GET /chat?room=1 HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\n\
    /// #     Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    /// #     Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: v1, v2\r\n\r\n";
    /// # let (mut input, now) = (Input::new(vec![0; 1024]), Timestamp::default());
    /// # let mut connection = Connection::server(Config::new().shared(), now).with_read_ahead(REQUEST);
    /// # assert_eq!(connection.next_event(&mut input), Some(Event::Request));
    /// # let request = connection.request().unwrap();
    ///
    /// let headers = request.headers();
    /// assert_eq!(headers.value("host"), Some(&b"example.com"[..])); // The first line, ignoring case.
    /// assert_eq!(headers.values("Sec-WebSocket-Protocol").count(), 1);
    /// assert_eq!(headers.text("Cookie"), None);
    /// ```
    pub fn values<'h>(&'h self, name: &'h str) -> impl Iterator<Item = &'h [u8]> + Clone {
        let is_named =
            move |field: &Field| self.bytes_at(field.name).eq_ignore_ascii_case(name.as_bytes());
        self.fields_from(0).filter(is_named).map(|field| self.bytes_at(field.value))
    }

    /// Returns the value of the first line with this name.
    pub fn value<'h>(&'h self, name: &'h str) -> Option<&'h [u8]> {
        self.values(name).next()
    }

    /// Returns the value of the first line with this name, if the value is ASCII.
    pub fn text<'h>(&'h self, name: &'h str) -> Option<&'h str> {
        ascii(self.value(name)?)
    }

    /// Returns the number of lines.
    pub const fn len(&self) -> usize {
        self.len as usize
    }

    /// Returns whether there are no lines.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Parses the header lines of a head, which start at `start` and end with a blank line.
    ///
    /// At most [`MAX`](Self::MAX) lines follow, of which `lines` is the number.
    pub(crate) fn parse(head: &[u8], start: usize, lines: usize) -> Result<Self, HeadError> {
        // Most heads have few lines. The table of `httparse` is then filled in less time.
        if lines <= 32 {
            Self::parse_up_to::<32>(head, start)
        } else {
            Self::parse_up_to::<128>(head, start)
        }
    }

    /// Parses the header lines of a head, if it ends where `bytes` end and each of its lines ends with CRLF.
    pub(crate) fn parse_whole(bytes: &[u8], start: usize) -> Option<Self> {
        let mut table = [httparse::EMPTY_HEADER; 32];
        let lines = bytes.get(start..).filter(|_| bytes.ends_with(b"\r\n\r\n"))?;
        match httparse::parse_headers(lines, &mut table) {
            Ok(httparse::Status::Complete((len, fields))) if len == lines.len() => {
                Self::from_fields(fields, bytes)
            }
            Ok(_) | Err(_) => None,
        }
    }

    fn parse_up_to<const MOST: usize>(head: &[u8], start: usize) -> Result<Self, HeadError> {
        let mut table = [httparse::EMPTY_HEADER; MOST];
        let lines = head.get(start..).unwrap_or_default();
        match httparse::parse_headers(lines, &mut table) {
            Ok(httparse::Status::Complete((_, fields))) => {
                Self::from_fields(fields, head).ok_or(HeadError::BadLineEnd)
            }
            Ok(httparse::Status::Partial) => Err(HeadError::Incomplete),
            Err(error) => Err(explain(error, lines)),
        }
    }

    /// Returns the headers of a head, or `None` if a line before one of them ends with a bare LF, which `httparse`
    /// accepts.
    fn from_fields(fields: &[httparse::Header<'_>], head: &[u8]) -> Option<Self> {
        let mut headers = Self::default();
        headers.memory.reserve_exact(fields.len() * Field::SIZE + head.len());
        headers.memory.resize(fields.len() * Field::SIZE, 0);
        let (places, _) = headers.memory.as_chunks_mut();
        for (place, field) in places.iter_mut().zip(fields) {
            let [name, value] =
                [field.name.as_bytes(), field.value].map(|it| Span::locate(it, head));
            if !head.get(..to_usize(name.start))?.ends_with(b"\r\n") {
                return None;
            }
            *place = Field { name, value }.encode();
            if let Some(name) = KnownName::find(field.name.as_bytes()) {
                headers.known[name as usize].add(headers.len);
            }
            headers.len += 1;
        }
        headers.memory.extend_from_slice(head);
        Some(headers)
    }

    /// Returns the values of all lines with a known name.
    pub(crate) fn all(&self, name: KnownName) -> impl Iterator<Item = &[u8]> + Clone {
        let Lines { first, count } = self.lines(name);
        // The usual single line needs no second comparison of its name.
        let is_named = move |field: &Field| {
            count == 1 || KnownName::find(self.bytes_at(field.name)) == Some(name)
        };
        let fields = self.fields_from(first).filter(is_named).take(count.into());
        fields.map(|field| self.bytes_at(field.value))
    }

    /// Returns the value of the only line with this name, if there is one.
    ///
    /// Returns `error` if there are several.
    pub(crate) fn only<E>(&self, name: KnownName, error: E) -> Result<Option<&[u8]>, E> {
        if self.lines(name).count > 1 { Err(error) } else { Ok(self.all(name).next()) }
    }

    /// Returns whether there is a line with this name.
    pub(crate) fn has(&self, name: KnownName) -> bool {
        self.lines(name).count > 0
    }

    /// Returns the memory, empty, or none if it has more than `most` bytes.
    pub(crate) fn into_memory(mut self, most: usize) -> Vec<u8> {
        if self.memory.capacity() > most {
            return Vec::new();
        }
        self.memory.clear();
        self.memory
    }

    /// Returns the head, with its first line.
    #[cfg(feature = "legacy")]
    pub(crate) fn head(&self) -> &[u8] {
        self.memory.get(self.len() * Field::SIZE..).unwrap_or_default()
    }

    /// Returns a range of the head.
    pub(crate) fn bytes_at(&self, span: Span) -> &[u8] {
        span.of(self.memory.get(self.len() * Field::SIZE..).unwrap_or_default())
    }

    /// Returns a range of the head that is known to be ASCII.
    pub(crate) fn text_at(&self, span: Span) -> &str {
        str::from_utf8(self.bytes_at(span)).unwrap_or_default()
    }

    fn fields_from(&self, first: u8) -> impl Iterator<Item = Field> + Clone {
        let (chunks, _) = self.memory.as_chunks();
        chunks.get(first.into()..self.len()).unwrap_or_default().iter().map(Field::decode)
    }

    fn lines(&self, name: KnownName) -> Lines {
        self.known[name as usize]
    }
}

impl<'h> IntoIterator for &'h Headers {
    type Item = (&'h str, &'h [u8]);
    type IntoIter = HeaderIter<'h>;

    fn into_iter(self) -> HeaderIter<'h> {
        self.iter()
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.iter().fmt(f)
    }
}

/// The names and values of [`Headers`], in the order received.
///
/// ```
/// use sansocket::{HeaderIter, Headers};
///
/// /// Returns the size of all names and values, in bytes.
/// fn size(headers: &Headers) -> usize {
///     let lines: HeaderIter<'_> = headers.iter();
///     lines.map(|(name, value)| name.len() + value.len()).sum()
/// }
/// ```
#[derive(Clone)]
pub struct HeaderIter<'h> {
    headers: &'h Headers,
    fields: slice::Iter<'h, [u8; Field::SIZE]>,
}

impl<'h> Iterator for HeaderIter<'h> {
    type Item = (&'h str, &'h [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let Field { name, value } = Field::decode(self.fields.next()?);
        Some((self.headers.text_at(name), self.headers.bytes_at(value)))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.fields.size_hint()
    }
}

impl ExactSizeIterator for HeaderIter<'_> {}
impl FusedIterator for HeaderIter<'_> {}

/// Prints the names that are left, because values may be secret.
impl fmt::Debug for HeaderIter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone().map(|(name, _)| name)).finish()
    }
}

/// Joins the lines of folded headers, whose values continue on lines that start with whitespace.
///
/// RFC 9112, section 5.2: a recipient replaces each fold by spaces. The first line after `start` cannot
/// continue another one.
pub(crate) fn unfold(head: &[u8], start: usize) -> Cow<'_, [u8]> {
    let mut joined = Cow::Borrowed(head);
    let mut at = start;
    while let Some(fold) = find_fold(&joined, at) {
        joined.to_mut().get_mut(fold.clone()).unwrap_or_default().fill(b' ');
        at = fold.end;
    }
    joined
}

/// Returns the whitespace around the next line end that a line with leading whitespace follows.
fn find_fold(head: &[u8], from: usize) -> Option<Range<usize>> {
    let is_fold = |window: &[u8]| matches!(window, [b'\r', b'\n', b' ' | b'\t']);
    let line_end = from + head.get(from..)?.windows(3).position(is_fold)?;
    let before = head.get(from..line_end)?.iter().rev().take_while(|byte| is_space(byte)).count();
    let after = head.get(line_end + 2..)?.iter().take_while(|byte| is_space(byte)).count();
    Some(line_end - before..line_end + 2 + after)
}

const fn is_space(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// Converts an error of `httparse`, which does not tell a bare CR from another control character.
fn explain(error: httparse::Error, lines: &[u8]) -> HeadError {
    match error {
        httparse::Error::HeaderValue => {
            let is_line_end = |at: usize| matches!(lines.get(at..at + 2), Some(b"\r\n"));
            let mut controls = lines.iter().enumerate().filter(|(_, byte)| is_control(**byte));
            match controls.find(|&(at, &byte)| byte != b'\n' && !is_line_end(at)) {
                Some((_, b'\r')) => HeadError::BadLineEnd,
                Some(_) | None => HeadError::ControlCharacter,
            }
        }
        httparse::Error::NewLine => HeadError::BadLineEnd,
        httparse::Error::TooManyHeaders => HeadError::TooManyFields,
        httparse::Error::HeaderName
        | httparse::Error::Status
        | httparse::Error::Token
        | httparse::Error::Version => HeadError::BadField,
    }
}

/// The places of a header's name and value.
#[derive(Clone, Copy, Debug)]
struct Field {
    name: Span,
    value: Span,
}

impl Field {
    const SIZE: usize = 16;

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

/// The first line of a name, and the number of its lines.
#[derive(Clone, Copy, Debug, Default)]
struct Lines {
    first: u8,
    count: u8,
}

impl Lines {
    /// Adds the line at this position.
    const fn add(&mut self, position: u8) {
        if self.count == 0 {
            self.first = position;
        }
        self.count += 1;
    }
}

/// A range of a head.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Span {
    start: u32,
    end: u32,
}

impl Span {
    /// Returns the bytes in this range.
    fn of(self, head: &[u8]) -> &[u8] {
        head.get(to_usize(self.start)..to_usize(self.end)).unwrap_or_default()
    }

    /// Returns the range of `part`, a slice of `head`.
    fn locate(part: &[u8], head: &[u8]) -> Self {
        let start = part.as_ptr().addr().wrapping_sub(head.as_ptr().addr());
        Self::from(start..start + part.len())
    }
}

impl From<Range<usize>> for Span {
    fn from(range: Range<usize>) -> Self {
        #[expect(clippy::cast_possible_truncation, reason = "`HandshakeLimits::bytes` is a `u32`")]
        let [start, end] = [range.start, range.end].map(|at| at as u32);
        Self { start, end }
    }
}
