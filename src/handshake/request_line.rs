//! The first line of a request (RFC 9112, section 3).

use super::head::FirstLine;
use super::head_error::HeadError;
use super::headers::Span;
use super::limits::HandshakeLimits;
use super::request_error::RequestError;
use super::text::{has, to_usize};
use super::token::is_token_byte;
use super::version::parse_http;

/// A method, a target and a version.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RequestLine {
    pub(crate) method: Span,
    pub(crate) target: Span,
    /// Minor version of HTTP/1.
    pub(crate) minor: u8,
}

impl FirstLine for RequestLine {
    type Error = RequestError;

    /// RFC 9112, section 2.2: a server skips at least one.
    const EMPTY_LINES: u32 = 1;

    /// RFC 9112, section 5.2: a server rejects them.
    const JOINS_FOLDED: bool = false;

    fn parse(line: &[u8], start: usize, limits: &HandshakeLimits) -> Result<Self, RequestError> {
        let mut request = httparse::Request::new(&mut []);
        // `httparse` knows HTTP/1.0 and 1.1 only, and expects a line end behind them. We check the rest of the line.
        let _ = request.parse(line);
        let (Some(method), Some(target)) = (request.method, request.path) else {
            return Err(explain(line).into());
        };
        let target_start = method.len() + 1;
        let target_end = target_start + target.len();
        let minor = parse_http(line.get(target_end + 1..).unwrap_or_default())?;
        // RFC 3986, section 2, and RFC 9112, section 3.2: visible ASCII without a fragment. Browsers do not
        // encode some characters that a URI must not contain, so these pass.
        if has(target.as_bytes(), |byte| !byte.is_ascii_graphic() || byte == b'#') {
            return Err(RequestError::BadTarget);
        }
        if target.len() > to_usize(limits.target) {
            return Err(RequestError::TargetTooLong);
        }
        let place = |from, to| Span::from(start + from..start + to);
        Ok(Self { method: place(0, method.len()), target: place(target_start, target_end), minor })
    }

    fn starts_with(byte: u8) -> bool {
        is_token_byte(byte)
    }

    fn max_len(limits: &HandshakeLimits) -> usize {
        to_usize(limits.target).saturating_add(AROUND_TARGET)
    }

    fn too_long() -> RequestError {
        RequestError::TargetTooLong
    }
}

/// Returns the error of a line without a method and a target.
fn explain(line: &[u8]) -> HeadError {
    if line.contains(&b'\r') { HeadError::BadLineEnd } else { HeadError::BadStartLine }
}

/// Room for a method, the version, spaces and the line end. The longest registered method has 17 letters.
const AROUND_TARGET: usize = 32;
