//! The `Content-Length` header.

use super::headers::Headers;
use super::list::Malformed;
use super::name::KnownName;

/// Returns the length of a body if the head declares it: in one line, as one number (RFC 9112, section
/// 6.3).
///
/// A number that does not fit in 64 bits counts as the largest one.
pub(crate) fn content_length(headers: &Headers) -> Result<Option<u64>, Malformed> {
    headers.only(KnownName::ContentLength, Malformed)?.map(parse_decimal).transpose()
}

fn parse_decimal(digits: &[u8]) -> Result<u64, Malformed> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(Malformed);
    }
    let push =
        |number: u64, digit: &u8| number.saturating_mul(10).saturating_add((digit - b'0').into());
    Ok(digits.iter().fold(0, push))
}
