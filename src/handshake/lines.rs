use alloc::vec::Vec;
use core::fmt;

use super::token::token;
use crate::handshake::HeaderError;

/// Header lines that the caller adds to ours. All of them are valid.
#[derive(Clone, Default)]
pub(crate) struct HeaderLines(Vec<u8>);

impl HeaderLines {
    pub(crate) fn add(&mut self, place: Place, name: &str, value: &str) -> Result<(), HeaderError> {
        place.judge(name, value)?;
        if is_singleton(name)
            && self.names().any(|other| other.eq_ignore_ascii_case(name.as_bytes()))
        {
            return Err(HeaderError::Repeated);
        }
        push_line(&mut self.0, name, value);
        Ok(())
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    fn names(&self) -> impl Iterator<Item = &[u8]> {
        let lines = self.0.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
        lines.filter_map(|line| line.split(|&byte| byte == b':').next())
    }
}

impl fmt::Debug for HeaderLines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.names().map(|name| str::from_utf8(name).unwrap_or_default());
        f.debug_list().entries(names).finish()
    }
}

/// The head in which a header line stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The request of a client.
    Request,
    /// The 101 of a server.
    Switch,
    /// Any other response of a server.
    Refusal,
}

impl Place {
    /// Judges one line by itself.
    pub(crate) fn judge(self, name: &str, value: &str) -> Result<(), HeaderError> {
        token(name.as_bytes()).ok_or(HeaderError::BadName)?;
        if self.reserves(name) {
            return Err(HeaderError::Reserved);
        }
        // RFC 9110, section 5.5: no line ends and the like, so that a value cannot become a header;
        // no whitespace around, as it would be lost.
        let is_valid = |byte: u8| byte == b'\t' || !byte.is_ascii_control();
        if !value.bytes().all(is_valid) || value.trim_ascii().len() != value.len() {
            return Err(HeaderError::BadValue);
        }
        Ok(())
    }

    /// Whether a header of this name is ours, or would break what we write.
    fn reserves(self, name: &str) -> bool {
        let own: &[&str] = match self {
            // RFC 9110, sections 10.1.1 and 10.1.4: without a body there is nothing to expect, and
            // `TE` would have to be listed in `Connection`.
            Self::Request => &["Expect", "Host", "Origin", "TE", "Upgrade"],
            Self::Switch => &["Upgrade"],
            Self::Refusal => &[],
        };
        // Section 4.4: which versions a server speaks is told in a refusal.
        let is_version = name.eq_ignore_ascii_case("Sec-WebSocket-Version");
        let is_ours = has_prefix(name, "Sec-WebSocket-") && !(is_version && self == Self::Refusal);
        is_ours || own.iter().chain(FRAMING).any(|own| own.eq_ignore_ascii_case(name))
    }
}

/// Appends a header line.
pub(crate) fn push_line(out: &mut Vec<u8>, name: &str, value: &str) {
    for part in [name, ": ", value, "\r\n"] {
        out.extend_from_slice(part.as_bytes());
    }
}

/// Appends a number.
pub(crate) fn push_decimal(out: &mut Vec<u8>, number: usize) {
    if number >= 10 {
        push_decimal(out, number / 10);
    }
    out.extend(u8::try_from(number % 10).map(|digit| b'0' + digit));
}

/// Whether a header of this name stands once at most (RFC 9110, section 5.3).
pub(crate) fn is_singleton(name: &str) -> bool {
    SINGLETONS.iter().any(|singleton| singleton.eq_ignore_ascii_case(name))
}

fn has_prefix(name: &str, prefix: &str) -> bool {
    name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

/// What says where a message ends, and what happens to the transport then.
const FRAMING: &[&str] = &[
    "Connection",
    "Content-Length",
    "Keep-Alive",
    "Proxy-Connection",
    "Trailer",
    "Transfer-Encoding",
];

const SINGLETONS: &[&str] = &[
    "Age",
    "Authorization",
    "Content-Location",
    "Content-Range",
    "Content-Type",
    "Cookie",
    "Date",
    "ETag",
    "Expires",
    "From",
    "If-Modified-Since",
    "If-Range",
    "If-Unmodified-Since",
    "Last-Modified",
    "Location",
    "Max-Forwards",
    "Proxy-Authorization",
    "Range",
    "Referer",
    "Retry-After",
    "Server",
    "User-Agent",
];
