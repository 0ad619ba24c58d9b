//! The body of a rejection (RFC 9112, section 6.3).

use alloc::vec::Vec;

use super::content_length::content_length;
use super::headers::Headers;
use super::line::LineSearch;
use super::list::List;
use super::name::KnownName;
use super::text::is_control;

/// The body of a rejection, read as it arrives.
#[derive(Debug)]
pub(crate) struct Body {
    state: BodyState,
    /// The search for the end of the current line. The states of lines use it.
    line: LineSearch,
    bytes: Vec<u8>,
    /// Maximum number of bytes that are kept.
    most: usize,
    is_truncated: bool,
}

/// The next bytes of the stream.
#[derive(Clone, Copy, Debug)]
enum BodyState {
    /// The rest of the body, in bytes.
    Rest(u64),
    /// The body, which ends with the transport.
    UntilEnd,
    ChunkSize,
    Chunk(u64),
    ChunkEnd,
    /// Trailers: at most so many lines.
    Trailer(u32),
    Complete,
}

impl Body {
    /// Creates the body that follows a head of HTTP/1.`minor`.
    pub(crate) fn new(status: u16, minor: u8, headers: &Headers, most: usize) -> Self {
        let state = BodyState::after(status, minor, headers);
        Self {
            state: state.unwrap_or(BodyState::Complete),
            line: LineSearch::default(),
            bytes: Vec::new(),
            most,
            is_truncated: state.is_none(),
        }
    }

    /// Reads from `bytes`, and returns how many bytes were used.
    ///
    /// The next call must start with the unused bytes.
    pub(crate) fn receive(&mut self, bytes: &[u8]) -> usize {
        let mut used = 0;
        while let Some(count) = self.advance(bytes.get(used..).unwrap_or_default()) {
            used += count;
        }
        used
    }

    /// Returns whether nothing more is needed.
    pub(crate) const fn is_complete(&self) -> bool {
        matches!(self.state, BodyState::Complete)
    }

    /// Gives up the rest of the body.
    pub(crate) const fn truncate(&mut self) {
        self.is_truncated = true;
        self.state = BodyState::Complete;
    }

    /// Ends the body, as the transport ends or nothing more is needed.
    ///
    /// Returns the body, and whether a part of it is missing.
    pub(crate) fn finish(self) -> (Vec<u8>, bool) {
        let is_whole = matches!(self.state, BodyState::UntilEnd | BodyState::Complete);
        (self.bytes, self.is_truncated || !is_whole)
    }

    /// Takes one step, and returns how many bytes it used. Returns `None` if more bytes are needed.
    fn advance(&mut self, bytes: &[u8]) -> Option<usize> {
        match self.state {
            BodyState::Rest(0) => {
                self.state = BodyState::Complete;
                Some(0)
            }
            BodyState::Rest(left) => self.take(left, bytes, BodyState::Rest),
            BodyState::UntilEnd => self.take(u64::MAX, bytes, |_| BodyState::UntilEnd),
            BodyState::Chunk(0) => {
                self.state = BodyState::ChunkEnd;
                Some(0)
            }
            BodyState::Chunk(left) => self.take(left, bytes, BodyState::Chunk),
            BodyState::ChunkSize => self.read_line(bytes, |line| match parse_size(line)? {
                0 => Some(BodyState::Trailer(MAX_TRAILERS)),
                size => Some(BodyState::Chunk(size)),
            }),
            BodyState::ChunkEnd => {
                self.read_line(bytes, |line| line.is_empty().then_some(BodyState::ChunkSize))
            }
            BodyState::Trailer(left) => self.read_line(bytes, |line| match line {
                [] => Some(BodyState::Complete),
                _ => Some(BodyState::Trailer(left.checked_sub(1)?)),
            }),
            BodyState::Complete => None,
        }
    }

    /// Takes up to `left` bytes. Truncates the body if they exceed the limit.
    fn take(
        &mut self,
        left: u64,
        bytes: &[u8],
        next: impl FnOnce(u64) -> BodyState,
    ) -> Option<usize> {
        let count = usize::try_from(left).map_or(bytes.len(), |left| left.min(bytes.len()));
        if count == 0 {
            return None;
        }
        let room = self.most.saturating_sub(self.bytes.len());
        self.bytes.extend(bytes.iter().take(count.min(room)));
        if count > room {
            self.truncate();
        } else {
            self.state = next(left.saturating_sub(u64::try_from(count).unwrap_or(left)));
        }
        Some(count)
    }

    /// Reads a line once it is complete. Truncates the body if the line is malformed or too long.
    fn read_line(
        &mut self,
        bytes: &[u8],
        parse: impl FnOnce(&[u8]) -> Option<BodyState>,
    ) -> Option<usize> {
        match self.line.next_line(bytes.get(..MAX_LINE).unwrap_or(bytes)) {
            Ok(Some(range)) => {
                let line = bytes.get(range).unwrap_or_default();
                let is_text = !line.iter().any(|&byte| is_control(byte));
                match parse(line).filter(|_| is_text) {
                    Some(state) => self.state = state,
                    None => self.truncate(),
                }
                Some(core::mem::take(&mut self.line).line_start())
            }
            Ok(None) if bytes.len() < MAX_LINE => None,
            Ok(None) | Err(_) => {
                self.truncate();
                None
            }
        }
    }
}

impl BodyState {
    /// Returns what follows a head, or `None` if the head contradicts itself.
    fn after(status: u16, minor: u8, headers: &Headers) -> Option<Self> {
        if matches!(status, 204 | 304) {
            return Some(Self::Complete);
        }
        // RFC 9112, section 6.3: the coding overrides the length. Section 6.1: HTTP/1.0 has no codings, so
        // its framing is faulty if it names one.
        match List::new(headers.all(KnownName::TransferEncoding)).last() {
            Some(_) if minor == 0 => None,
            Some(Ok(last)) if last.eq_ignore_ascii_case(b"chunked") => Some(Self::ChunkSize),
            Some(Ok(_)) => Some(Self::UntilEnd),
            Some(Err(_)) => None,
            None => Some(content_length(headers).ok()?.map_or(Self::UntilEnd, Self::Rest)),
        }
    }
}

/// Parses the size of a chunk, and ignores its extensions (RFC 9112, section 7.1).
fn parse_size(line: &[u8]) -> Option<u64> {
    let size = line.split(|&byte| byte == b';').next()?.trim_ascii_end();
    let is_hex = size.iter().all(u8::is_ascii_hexdigit);
    if is_hex { u64::from_str_radix(str::from_utf8(size).ok()?, 16).ok() } else { None }
}

/// Maximum length of a line between chunks, including its CRLF. Extensions and trailers are rare here.
const MAX_LINE: usize = 1 << 10;

/// Maximum number of trailers.
const MAX_TRAILERS: u32 = 100;
