//! The first line of a response (RFC 9112, section 4).

use super::head::FirstLine;
use super::head_error::HeadError;
use super::headers::Span;
use super::limits::HandshakeLimits;
use super::response_error::ResponseError;
use super::text::{has, is_control, to_usize};
use super::version::parse_http;

/// A version, a status and a reason phrase.
///
/// `httparse` reads neither later versions than 1.1 nor reasons beyond ASCII, so this line is parsed here.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StatusLine {
    pub(crate) status: u16,
    /// Minor version of HTTP/1.
    pub(crate) minor: u8,
    pub(crate) reason: Span,
}

impl FirstLine for StatusLine {
    type Error = ResponseError;

    /// RFC 9112, section 2.2, allows them before requests only.
    const EMPTY_LINES: u32 = 0;

    /// RFC 9112, section 5.2: a client joins them.
    const JOINS_FOLDED: bool = true;

    fn parse(line: &[u8], start: usize, _: &HandshakeLimits) -> Result<Self, ResponseError> {
        let (version, rest) = line.split_at_checked(8).ok_or(HeadError::BadStartLine)?;
        let minor = parse_http(version)?;
        let [b' ', digits @ ..] = rest else {
            return Err(HeadError::BadStartLine.into());
        };
        let (digits, reason) = digits.split_at_checked(3).ok_or(HeadError::BadStartLine)?;
        // A space follows even if there is no reason; some servers omit it.
        if !digits.iter().all(u8::is_ascii_digit) || !matches!(reason, [] | [b' ', ..]) {
            return Err(HeadError::BadStartLine.into());
        }
        check_reason(reason)?;
        let status = digits.iter().fold(0, |status, digit| status * 10 + u16::from(digit - b'0'));
        // RFC 9110, sections 7.8 and 15.2: HTTP/1.0 neither switches protocols nor knows 1xx.
        if minor == 0 && (100..=199).contains(&status) {
            return Err(HeadError::UnsupportedHttp.into());
        }
        let end = start + line.len();
        Ok(Self { status, minor, reason: Span::from(end - reason.trim_ascii_start().len()..end) })
    }

    fn starts_with(byte: u8) -> bool {
        byte == b'H'
    }

    fn max_len(limits: &HandshakeLimits) -> usize {
        to_usize(limits.bytes)
    }

    fn too_long() -> ResponseError {
        HeadError::TooLong.into()
    }
}

/// RFC 9112, section 4: a reason holds visible characters, whitespace and bytes beyond ASCII.
fn check_reason(reason: &[u8]) -> Result<(), HeadError> {
    if !has(reason, is_control) {
        return Ok(());
    }
    match reason.iter().find(|byte| is_control(**byte)) {
        Some(b'\r') => Err(HeadError::BadLineEnd),
        Some(_) | None => Err(HeadError::ControlCharacter),
    }
}
