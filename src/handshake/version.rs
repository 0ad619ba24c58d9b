use crate::handshake::HandshakeError;

/// The minor version of HTTP/1 (RFC 9112, section 2.3).
///
/// Those higher than 1 are to be treated like it (RFC 9110, section 2.5).
pub(crate) fn parse_http(version: &[u8]) -> Result<u8, HandshakeError> {
    let [b'H', b'T', b'T', b'P', b'/', major @ b'0'..=b'9', b'.', minor @ b'0'..=b'9'] = version
    else {
        return Err(HandshakeError::BadStartLine);
    };
    // RFC 9110, section 15.6.6: in another major version, nothing need mean what it does here.
    if *major == b'1' { Ok(minor - b'0') } else { Err(HandshakeError::UnsupportedHttp) }
}

/// A version of WebSocket (section 4.3): up to 255, without a sign or leading zeros.
pub(crate) fn parse_version(version: &[u8]) -> Option<u8> {
    match version {
        [b'0'] | [b'1'..=b'9', ..] => str::from_utf8(version).ok()?.parse().ok(),
        _ => None,
    }
}
