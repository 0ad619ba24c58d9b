//! The version numbers of HTTP and of WebSocket.

use super::head_error::HeadError;

/// Returns the minor version of HTTP/1 (RFC 9112, section 2.3).
///
/// Minor versions above 1 are treated like 1 (RFC 9110, section 2.5).
pub(crate) fn parse_http(version: &[u8]) -> Result<u8, HeadError> {
    let [b'H', b'T', b'T', b'P', b'/', major @ b'0'..=b'9', b'.', minor @ b'0'..=b'9'] = version
    else {
        return Err(HeadError::BadStartLine);
    };
    // RFC 9110, section 15.6.6: another major version may give everything another meaning.
    if *major == b'1' { Ok(minor - b'0') } else { Err(HeadError::UnsupportedHttp) }
}

/// Returns a version of WebSocket (section 4.3): at most 255, without sign or leading zeros.
pub(crate) fn parse_version(version: &[u8]) -> Option<u8> {
    let push = |number: u8, &digit: &u8| {
        let digit = digit.checked_sub(b'0').filter(|digit| *digit < 10)?;
        number.checked_mul(10)?.checked_add(digit)
    };
    match version {
        [b'0'] | [b'1'..=b'9', ..] => version.iter().try_fold(0, push),
        _ => None,
    }
}
