use super::head::Headers;
use super::list::Malformed;
use super::name::Name;

/// The length of a body, if it says so: one line of one number (RFC 9112, section 6.3).
///
/// One beyond the range of numbers is one that never ends.
pub(crate) fn content_length(headers: &Headers) -> Result<Option<u64>, Malformed> {
    headers.only(Name::ContentLength, Malformed)?.map(parse_decimal).transpose()
}

fn parse_decimal(digits: &[u8]) -> Result<u64, Malformed> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(Malformed);
    }
    let push =
        |number: u64, digit: &u8| number.saturating_mul(10).saturating_add((digit - b'0').into());
    Ok(digits.iter().fold(0, push))
}
