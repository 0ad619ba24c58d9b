//! [`RequestError`]: why a server rejects a request.

use core::fmt;

use super::head_error::HeadError;

/// The reason why a server rejects the request of an opening handshake.
///
/// Each reason has the [status](Self::status) with which the server answers.
///
/// ```
/// use sansocket::server::RequestError;
///
/// let mut out = Vec::new();
/// RequestError::ForbiddenOrigin.reject(&mut out);
/// assert!(out.starts_with(b"HTTP/1.1 403 Forbidden\r\n"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RequestError {
    /// `Connection` does not list `upgrade` (section 4.2.1).
    BadConnection,
    /// `Content-Length` is not one number, or stands beside `Transfer-Encoding` in a request that is
    /// not an upgrade (RFC 9112, section 6.3).
    BadContentLength,
    /// `Sec-WebSocket-Extensions` is malformed (section 9.1).
    BadExtension,
    /// `Host` is repeated, empty, or not a host and a port (RFC 9112, section 3.2).
    BadHost,
    /// `Sec-WebSocket-Key` is repeated, or not 16 bytes in base64 (section 4.2.1).
    BadKey,
    /// `Sec-WebSocket-Key1` or `-Key2` is missing or repeated, or its digits are no multiple of its spaces (draft 76).
    #[cfg(feature = "legacy")]
    BadKeys,
    /// `Origin` is repeated, or not ASCII (RFC 6454, section 7).
    BadOrigin,
    /// `Sec-WebSocket-Protocol` is malformed, or lists a name twice (section 4.1).
    BadProtocol,
    /// The target does not fit the method, or is not a valid URI (RFC 9112, section 3.2).
    BadTarget,
    /// `Upgrade` is malformed (RFC 9110, section 7.8).
    BadUpgrade,
    /// `Sec-WebSocket-Version` is not one number up to 255 (section 4.3). In an extended CONNECT, it is not
    /// 13: a 426 would need `Upgrade`, which HTTP/2 forbids (RFC 9113, section 8.2.2).
    BadVersion,
    /// The request ends its stream of HTTP/2 or HTTP/3, which could carry no frames then. The driver of the stream
    /// notices it.
    EndOfStream,
    /// The policy does not allow the `Origin` (section 10.2).
    ForbiddenOrigin,
    /// The policy does not list the host (RFC 9110, section 15.5.20).
    ForeignHost,
    /// The request has a body, which an upgrade must not have (RFC 9112, section 6.3).
    HasBody,
    /// The head is malformed or exceeds a limit.
    Head(HeadError),
    /// `Host` is missing (RFC 9112, section 3.2).
    MissingHost,
    /// `Sec-WebSocket-Key` is missing (section 4.2.1).
    MissingKey,
    /// `Origin` is missing, and the policy requires it.
    MissingOrigin,
    /// `Upgrade` is missing (section 4.2.1).
    MissingUpgrade,
    /// `Sec-WebSocket-Version` is missing (section 4.2.1).
    MissingVersion,
    /// A request of HTTP/2 or HTTP/3 is no `CONNECT`, or one without `:protocol`, which asks for a tunnel (RFC
    /// 8441, section 4).
    NotExtendedConnect,
    /// The method is not `GET` (section 4.2.1).
    NotGet,
    /// `Upgrade` does not list `websocket` (section 4.2.1).
    OtherUpgrade,
    /// The target exceeds [`HandshakeLimits::target`](crate::HandshakeLimits::target).
    TargetTooLong,
    /// The request did not arrive in time. The driver of the transport measures it.
    TimedOut,
    /// `Transfer-Encoding` names a coding that HTTP does not define (RFC 9112, section 6.1).
    UnknownCoding,
    /// `Expect` names something else than `100-continue` (RFC 9110, section 10.1.1).
    UnknownExpectation,
    /// `:protocol` is not `websocket` (RFC 9220, section 3).
    UnsupportedProtocol,
    /// `Sec-WebSocket-Version` is not 13 (section 4.2.2).
    UnsupportedVersion,
}

impl RequestError {
    /// Returns the status of the answer.
    ///
    /// Returns `None` for [`HeadError::Incomplete`]: the peer has left.
    pub const fn status(self) -> Option<u16> {
        Some(match self {
            Self::BadConnection
            | Self::BadContentLength
            | Self::BadExtension
            | Self::BadHost
            | Self::BadKey
            | Self::BadOrigin
            | Self::BadProtocol
            | Self::BadTarget
            | Self::BadUpgrade
            | Self::BadVersion
            | Self::EndOfStream
            | Self::HasBody
            | Self::MissingHost
            | Self::MissingKey
            | Self::MissingVersion => 400,
            Self::ForbiddenOrigin | Self::MissingOrigin => 403,
            Self::NotExtendedConnect | Self::NotGet => 405,
            Self::TimedOut => 408,
            Self::TargetTooLong => 414,
            Self::UnknownExpectation => 417,
            Self::ForeignHost => 421,
            Self::MissingUpgrade | Self::OtherUpgrade | Self::UnsupportedVersion => 426,
            Self::UnknownCoding | Self::UnsupportedProtocol => 501,
            #[cfg(feature = "legacy")]
            Self::BadKeys => 400,
            Self::Head(error) => return head_status(error),
        })
    }
}

const fn head_status(error: HeadError) -> Option<u16> {
    Some(match error {
        HeadError::BadField
        | HeadError::BadLineEnd
        | HeadError::BadStartLine
        | HeadError::ControlCharacter => 400,
        HeadError::TooLong | HeadError::TooManyFields => 431,
        HeadError::UnsupportedHttp => 505,
        HeadError::Incomplete => return None,
    })
}

impl From<HeadError> for RequestError {
    fn from(error: HeadError) -> Self {
        Self::Head(error)
    }
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BadConnection => "Connection does not list upgrade",
            Self::BadContentLength => "Content-Length is not one number",
            Self::BadExtension => "Sec-WebSocket-Extensions is malformed",
            Self::BadHost => "Host is not one host and port",
            Self::BadKey => "Sec-WebSocket-Key is not 16 bytes in base64",
            #[cfg(feature = "legacy")]
            Self::BadKeys => "Sec-WebSocket-Key1 and -Key2 are not two numbers",
            Self::BadOrigin => "Origin is not one line of ASCII",
            Self::BadProtocol => "Sec-WebSocket-Protocol is malformed or lists a name twice",
            Self::BadTarget => "request target is not valid for the method",
            Self::BadUpgrade => "Upgrade is malformed",
            Self::BadVersion => "Sec-WebSocket-Version is not one number, or not 13 over HTTP/2",
            Self::EndOfStream => "request ends its stream",
            Self::ForbiddenOrigin => "Origin is not allowed by the policy",
            Self::ForeignHost => "Host is not listed in the policy",
            Self::HasBody => "request has a body",
            Self::Head(error) => return error.fmt(f),
            Self::MissingHost => "Host is missing",
            Self::MissingKey => "Sec-WebSocket-Key is missing",
            Self::MissingOrigin => "Origin is missing, and the policy requires it",
            Self::MissingUpgrade => "Upgrade is missing: the request is plain HTTP",
            Self::MissingVersion => "Sec-WebSocket-Version is missing",
            Self::NotExtendedConnect => "request is no CONNECT with :protocol",
            Self::NotGet => "method is not GET",
            Self::OtherUpgrade => "Upgrade does not list websocket",
            Self::TargetTooLong => "request target exceeds the limit",
            Self::TimedOut => "request did not arrive in time",
            Self::UnknownCoding => "Transfer-Encoding is unknown",
            Self::UnknownExpectation => "Expect is not 100-continue",
            Self::UnsupportedProtocol => ":protocol is not websocket",
            Self::UnsupportedVersion => "Sec-WebSocket-Version is not 13",
        })
    }
}

impl core::error::Error for RequestError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        if let Self::Head(error) = self { Some(error) } else { None }
    }
}
