//! Header lines that the application adds to a head.

use alloc::vec::Vec;
use core::fmt;

use super::text::is_control;
use super::token::token;

/// Valid header lines that the application adds to ours.
#[derive(Clone, Default)]
pub(crate) struct HeaderLines(Vec<u8>);

impl HeaderLines {
    /// Adds a line after validating it.
    pub(crate) fn add(
        &mut self,
        head: HeadKind,
        name: &str,
        value: &str,
    ) -> Result<(), HeaderError> {
        head.check(name, value)?;
        if is_singleton(name)
            && self.names().any(|other| other.eq_ignore_ascii_case(name.as_bytes()))
        {
            return Err(HeaderError::Repeated);
        }
        self.push(name, value);
        Ok(())
    }

    /// Adds a line that was validated.
    pub(crate) fn push(&mut self, name: &str, value: &str) {
        push_line(&mut self.0, name, value);
    }

    /// Returns the lines as they are sent.
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

/// The kind of head that contains a header line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HeadKind {
    /// The request of a client.
    Request,
    /// The 101 of a server.
    Switch,
    /// Any other response of a server.
    Rejection,
}

impl HeadKind {
    /// Validates one line.
    pub(crate) fn check(self, name: &str, value: &str) -> Result<(), HeaderError> {
        token(name.as_bytes()).ok_or(HeaderError::BadName)?;
        if self.reserves(name) {
            return Err(HeaderError::Reserved);
        }
        // RFC 9110, section 5.5: with a line end, a value could add headers. Recipients remove the
        // whitespace around it.
        if value.bytes().any(is_control) || value.trim_ascii().len() != value.len() {
            return Err(HeaderError::BadValue);
        }
        Ok(())
    }

    /// Returns whether the handshake writes this header, or the header would break the handshake.
    fn reserves(self, name: &str) -> bool {
        let own: &[&str] = match self {
            // RFC 9110, sections 10.1.1 and 10.1.4: `Expect` needs a body, and `TE` must be listed in
            // `Connection`.
            Self::Request => &["Expect", "Host", "Origin", "TE", "Upgrade"],
            Self::Switch => &["Upgrade"],
            Self::Rejection => &[],
        };
        // Section 4.4: a rejection may list the versions that the server speaks.
        let is_version = name.eq_ignore_ascii_case("Sec-WebSocket-Version");
        let is_ours =
            has_prefix(name, "Sec-WebSocket-") && !(is_version && self == Self::Rejection);
        is_ours || own.iter().chain(FRAMING).any(|own| own.eq_ignore_ascii_case(name))
    }
}

/// The error of a header, or of another part of a head, that an application must not write.
///
/// The request or response is unchanged.
///
/// ```
/// use sansocket::{HeaderError, Url, client};
///
/// let mut request = client::Request::new(Url::parse("ws://example.com")?);
/// let error = request.add_header("X-Name", "a\r\nX-Other: b");
/// assert_eq!(error, Err(HeaderError::BadValue));
/// # Ok::<(), sansocket::UrlError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HeaderError {
    /// The name is not a token (RFC 9110, section 5.1).
    BadName,
    /// The method is not a token, or is `CONNECT`, which asks for a tunnel (RFC 9110, section 9.1).
    #[cfg(feature = "legacy")]
    BadMethod,
    /// The origin is not `null`, and not a scheme, a host and an optional port (RFC 6454, section 6.2).
    BadOrigin,
    /// The subprotocol is not a token (section 4.1).
    BadProtocol,
    /// The status is not from 200 to 599.
    BadStatus,
    /// The value contains control characters, or starts or ends with whitespace (RFC 9110, section 5.5).
    BadValue,
    /// The status requires a header that is missing, such as `Location` (RFC 9110, section 15).
    MissingCompanion,
    /// The client did not offer the subprotocol (section 4.2.2).
    NotOffered,
    /// The header must stay on its origin: it is `Authorization` or `Cookie` (RFC 9110, section 15.4).
    NotPortable,
    /// The header may appear only once, and it is there already (RFC 9110, section 5.3).
    Repeated,
    /// The handshake writes this header itself, or the header would break it (section 4.1).
    Reserved,
    /// The status does not allow a body (RFC 9110, section 6.4.1).
    UnexpectedBody,
}

impl fmt::Display for HeaderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BadName => "header name is not a token",
            #[cfg(feature = "legacy")]
            Self::BadMethod => "method is not a token, or asks for a tunnel",
            Self::BadOrigin => "origin is not a scheme, a host and a port",
            Self::BadProtocol => "subprotocol is not a token",
            Self::BadStatus => "status is not from 200 to 599",
            Self::BadValue => {
                "header value contains a control character, or starts or ends with whitespace"
            }
            Self::MissingCompanion => "status requires a header that is missing",
            Self::NotOffered => "subprotocol was not offered by the client",
            Self::NotPortable => "header must stay on its origin",
            Self::Repeated => "header may appear only once",
            Self::Reserved => "header is written by the handshake",
            Self::UnexpectedBody => "status does not allow a body",
        })
    }
}

impl core::error::Error for HeaderError {}

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

/// Returns whether a header may appear only once (RFC 9110, section 5.3).
pub(crate) fn is_singleton(name: &str) -> bool {
    SINGLETONS.iter().any(|singleton| singleton.eq_ignore_ascii_case(name))
}

fn has_prefix(name: &str, prefix: &str) -> bool {
    name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

/// Headers that say where a message ends, and what happens to the transport then.
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
