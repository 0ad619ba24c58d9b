use alloc::vec::Vec;

use super::content_length::content_length;
use super::head::Headers;
use super::list::List;
use super::name::Name;
use super::scan::Scanner;
use crate::connection::Input;

/// The body of a refusal while it comes (RFC 9112, section 6.3).
#[derive(Debug)]
pub(crate) struct Body {
    next: Next,
    bytes: Vec<u8>,
    /// The most bytes that are kept.
    most: usize,
    is_truncated: bool,
}

/// What comes next.
#[derive(Clone, Copy, Debug)]
enum Next {
    /// So many bytes, the rest of the body.
    Rest(u64),
    /// All that comes until the transport ends.
    UntilEnd,
    ChunkSize(Scanner),
    Chunk(u64),
    ChunkEnd(Scanner),
    /// So many trailer lines at most.
    Trailer(Scanner, u32),
    Nothing,
}

impl Body {
    /// The body that follows a head of HTTP/1.`minor`.
    pub(crate) fn new(status: u16, minor: u8, headers: &Headers, most: usize) -> Self {
        let next = Next::after(status, minor, headers);
        let is_truncated = next.is_none();
        Self { next: next.unwrap_or(Next::Nothing), bytes: Vec::new(), most, is_truncated }
    }

    /// Takes what has come. Whether that was all that is wanted.
    pub(crate) fn receive<B: AsMut<[u8]>>(&mut self, input: &mut Input<B>) -> bool {
        while let Some(next) = self.advance(input) {
            self.next = next;
        }
        matches!(self.next, Next::Nothing)
    }

    /// The body, and whether some of it is missing, when the transport ends or nothing more comes.
    pub(crate) fn finish(self) -> (Vec<u8>, bool) {
        let is_whole = matches!(self.next, Next::UntilEnd | Next::Nothing) && !self.is_truncated;
        (self.bytes, !is_whole)
    }

    /// What comes after what has come, or nothing if that must be waited for.
    fn advance<B: AsMut<[u8]>>(&mut self, input: &mut Input<B>) -> Option<Next> {
        match self.next {
            Next::Rest(0) => Some(Next::Nothing),
            Next::Rest(left) => self.take(left, input, Next::Rest),
            Next::UntilEnd => self.take(u64::MAX, input, |_| Next::UntilEnd),
            Next::Chunk(0) => Some(Next::ChunkEnd(Scanner::default())),
            Next::Chunk(left) => self.take(left, input, Next::Chunk),
            Next::ChunkSize(scanner) => {
                self.read_line(scanner, input, Next::ChunkSize, |line| match parse_size(line)? {
                    0 => Some(Next::Trailer(Scanner::default(), MAX_TRAILERS)),
                    size => Some(Next::Chunk(size)),
                })
            }
            Next::ChunkEnd(scanner) => self.read_line(scanner, input, Next::ChunkEnd, |line| {
                line.is_empty().then_some(Next::ChunkSize(Scanner::default()))
            }),
            Next::Trailer(scanner, left) => {
                let again = |scanner| Next::Trailer(scanner, left);
                self.read_line(scanner, input, again, |line| match line {
                    [] => Some(Next::Nothing),
                    _ => Some(Next::Trailer(Scanner::default(), left.checked_sub(1)?)),
                })
            }
            Next::Nothing => None,
        }
    }

    /// Takes up to `left` bytes, of which those beyond the limit are dropped, and the rest with
    /// them.
    fn take<B: AsMut<[u8]>>(
        &mut self,
        left: u64,
        input: &mut Input<B>,
        next: impl FnOnce(u64) -> Next,
    ) -> Option<Next> {
        let there = input.unread().len();
        let count = usize::try_from(left).map_or(there, |left| left.min(there));
        if count == 0 {
            return None;
        }
        let bytes = input.consume(count);
        let room = self.most.saturating_sub(self.bytes.len());
        self.bytes.extend(bytes.iter().take(room));
        if count > room {
            return Some(self.truncate());
        }
        Some(next(left.saturating_sub(u64::try_from(count).unwrap_or(left))))
    }

    /// Reads a line once it is there. One that makes no sense ends the body.
    fn read_line<B: AsMut<[u8]>>(
        &mut self,
        mut scanner: Scanner,
        input: &mut Input<B>,
        again: impl FnOnce(Scanner) -> Next,
        judge: impl FnOnce(&[u8]) -> Option<Next>,
    ) -> Option<Next> {
        let text = input.unread();
        let window = text.get(..MAX_LINE).unwrap_or(text);
        match scanner.next_line(window) {
            Ok(Some(line)) => {
                let next = text.get(line).and_then(judge);
                input.consume(scanner.line_start());
                Some(next.unwrap_or_else(|| self.truncate()))
            }
            Ok(None) if text.len() < MAX_LINE && !input.spare().is_empty() => {
                self.next = again(scanner);
                None
            }
            Ok(None) | Err(_) => Some(self.truncate()),
        }
    }

    fn truncate(&mut self) -> Next {
        self.is_truncated = true;
        Next::Nothing
    }
}

impl Next {
    /// What follows a head: nothing that can be told if it contradicts itself.
    fn after(status: u16, minor: u8, headers: &Headers) -> Option<Self> {
        if matches!(status, 204 | 304) {
            return Some(Self::Nothing);
        }
        // RFC 9112, section 6.3: the coding overrides the length. Section 6.1 there: HTTP/1.0 has
        // no codings, so that whoever sent one means something else.
        match List::new(headers.all(Name::TransferEncoding)).last() {
            Some(_) if minor == 0 => None,
            Some(Ok(last)) if last.eq_ignore_ascii_case(b"chunked") => {
                Some(Self::ChunkSize(Scanner::default()))
            }
            Some(Ok(_)) => Some(Self::UntilEnd),
            Some(Err(_)) => None,
            None => Some(content_length(headers).ok()?.map_or(Self::UntilEnd, Self::Rest)),
        }
    }
}

/// The size of a chunk; its extensions are ignored (RFC 9112, section 7.1).
fn parse_size(line: &[u8]) -> Option<u64> {
    let size = line.split(|&byte| byte == b';').next()?.trim_ascii_end();
    let is_hex = size.iter().all(u8::is_ascii_hexdigit);
    if is_hex { u64::from_str_radix(str::from_utf8(size).ok()?, 16).ok() } else { None }
}

/// The most bytes in a line between chunks. Nobody uses extensions or trailers here.
const MAX_LINE: usize = 1 << 10;
const MAX_TRAILERS: u32 = 100;
