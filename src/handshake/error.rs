//! Errors of the opening handshake.

use core::fmt;

/// The opening handshake failed.
///
/// A server refuses with [`status`](Self::status), which [`respond`](Self::respond) writes. A
/// client abandons the transport: an answer that is merely not a 101 is no error, but
/// [`Refused`](crate::client::Progress::Refused).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HandshakeError {
    /// `Sec-WebSocket-Accept` is not the one answer to our key (section 4.1).
    BadAccept,
    /// `permessage-deflate` answers what we did not offer (RFC 7692, section 7.1).
    BadCompression,
    /// `Connection` does not list `upgrade` (section 4.2.1).
    BadConnection,
    /// `Content-Length` is not one number (RFC 9112, section 6.3).
    BadContentLength,
    /// `Sec-WebSocket-Extensions` breaks its grammar (section 9.1).
    BadExtension,
    /// A header line that breaks the grammar of all (RFC 9112, section 5).
    BadField,
    /// `Host` is repeated, empty, or not a host and a port (RFC 9112, section 3.2).
    BadHost,
    /// `Sec-WebSocket-Key` is repeated, or not 16 bytes in base64 (section 4.2.1).
    BadKey,
    /// A CR or LF that is not part of a CRLF (RFC 9112, section 2.2).
    BadLineEnd,
    /// `Origin` is repeated, or not ASCII (RFC 6454, section 7).
    BadOrigin,
    /// `Sec-WebSocket-Protocol` breaks its grammar, or repeats itself (section 4.1).
    BadProtocol,
    /// A request line or status line that is none (RFC 9112, sections 3 and 4).
    BadStartLine,
    /// A target that names no resource here (RFC 9112, section 3.2).
    BadTarget,
    /// `Upgrade` breaks its grammar (RFC 9110, section 7.8).
    BadUpgrade,
    /// `Sec-WebSocket-Version` is not one number up to 255 (section 4.3).
    BadVersion,
    /// A control character (RFC 9110, section 5.5).
    ControlCharacter,
    /// `Sec-WebSocket-Extensions` answers what we did not offer (section 4.1).
    ExtensionNotOffered,
    /// `Origin` is none that the policy allows (section 10.2).
    ForbiddenOrigin,
    /// The host is none that the policy lists (RFC 9110, section 15.5.20).
    ForeignHost,
    /// A request with a body, of which an upgrade has none (RFC 9112, section 6.3).
    HasBody,
    /// A head of more bytes than [`HeadLimits::bytes`](crate::HeadLimits::bytes), or than fit in
    /// the input.
    HeadTooLong,
    /// The transport ended before the head did.
    Incomplete,
    /// No `Host` (RFC 9112, section 3.2).
    MissingHost,
    /// No `Sec-WebSocket-Key` (section 4.2.1).
    MissingKey,
    /// No `Origin`, which the policy requires.
    MissingOrigin,
    /// No `Sec-WebSocket-Protocol`, which the request requires:
    /// see [`Request::require_protocol`](crate::client::Request::require_protocol).
    MissingProtocol,
    /// No `Upgrade` (section 4.2.1).
    MissingUpgrade,
    /// No `Sec-WebSocket-Version` (section 4.2.1).
    MissingVersion,
    /// A method other than `GET` (section 4.2.1).
    NotGet,
    /// `Upgrade` names something else than `websocket` (sections 4.1 and 4.2.1).
    OtherUpgrade,
    /// `Sec-WebSocket-Protocol` answers what we did not offer (section 4.1).
    ProtocolNotOffered,
    /// A target of more bytes than [`HeadLimits::target`](crate::HeadLimits::target).
    TargetTooLong,
    /// The peer took too long, as the driver found out by its clock.
    TimedOut,
    /// More header lines than [`HeadLimits::fields`](crate::HeadLimits::fields).
    TooManyFields,
    /// More interim responses than [`HeadLimits::interim`](crate::HeadLimits::interim).
    TooManyInterim,
    /// `Transfer-Encoding` names a coding that HTTP does not know (RFC 9112, section 6.1).
    UnknownCoding,
    /// `Expect` names something else than `100-continue` (RFC 9110, section 10.1.1).
    UnknownExpectation,
    /// A version of HTTP other than 1.1 and its successors (section 4.2.1).
    UnsupportedHttp,
    /// `Sec-WebSocket-Version` is not 13 (section 4.2.2).
    UnsupportedVersion,
}

impl HandshakeError {
    /// The status with which a server refuses, unless nobody is left to be told.
    ///
    /// What only a response can do wrong has none either.
    pub const fn status(self) -> Option<u16> {
        Some(match self {
            Self::BadConnection
            | Self::BadContentLength
            | Self::BadExtension
            | Self::BadField
            | Self::BadHost
            | Self::BadKey
            | Self::BadLineEnd
            | Self::BadOrigin
            | Self::BadProtocol
            | Self::BadStartLine
            | Self::BadTarget
            | Self::BadUpgrade
            | Self::BadVersion
            | Self::ControlCharacter
            | Self::HasBody
            | Self::MissingHost
            | Self::MissingKey
            | Self::MissingVersion => 400,
            Self::ForbiddenOrigin | Self::MissingOrigin => 403,
            Self::NotGet => 405,
            Self::TimedOut => 408,
            Self::TargetTooLong => 414,
            Self::UnknownExpectation => 417,
            Self::ForeignHost => 421,
            Self::MissingUpgrade | Self::OtherUpgrade | Self::UnsupportedVersion => 426,
            Self::HeadTooLong | Self::TooManyFields => 431,
            Self::UnknownCoding => 501,
            Self::UnsupportedHttp => 505,
            Self::BadAccept
            | Self::BadCompression
            | Self::ExtensionNotOffered
            | Self::Incomplete
            | Self::MissingProtocol
            | Self::ProtocolNotOffered
            | Self::TooManyInterim => return None,
        })
    }
}

impl fmt::Display for HandshakeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BadAccept => "Sec-WebSocket-Accept does not answer our key",
            Self::BadCompression => "permessage-deflate answers what was not offered",
            Self::BadConnection => "Connection does not list upgrade",
            Self::BadContentLength => "Content-Length is not one number",
            Self::BadExtension => "Sec-WebSocket-Extensions breaks its grammar",
            Self::BadField => "header line breaks the grammar",
            Self::BadHost => "Host is not one host and port",
            Self::BadKey => "Sec-WebSocket-Key is not 16 bytes in base64",
            Self::BadLineEnd => "CR or LF is not part of a CRLF",
            Self::BadOrigin => "Origin is not one line of ASCII",
            Self::BadProtocol => "Sec-WebSocket-Protocol breaks its grammar",
            Self::BadStartLine => "first line is not that of an HTTP head",
            Self::BadTarget => "target names no resource here",
            Self::BadUpgrade => "Upgrade breaks its grammar",
            Self::BadVersion => "Sec-WebSocket-Version is not one number",
            Self::ControlCharacter => "head has a control character",
            Self::ExtensionNotOffered => "extension was not offered",
            Self::ForbiddenOrigin => "Origin is not allowed",
            Self::ForeignHost => "host is not served here",
            Self::HasBody => "request has a body",
            Self::HeadTooLong => "head is too long",
            Self::Incomplete => "transport ended within the head",
            Self::MissingHost => "Host is missing",
            Self::MissingKey => "Sec-WebSocket-Key is missing",
            Self::MissingOrigin => "Origin is missing",
            Self::MissingProtocol => "none of the subprotocols was taken",
            Self::MissingUpgrade => "Upgrade is missing",
            Self::MissingVersion => "Sec-WebSocket-Version is missing",
            Self::NotGet => "method is not GET",
            Self::OtherUpgrade => "Upgrade is not websocket",
            Self::ProtocolNotOffered => "subprotocol was not offered",
            Self::TargetTooLong => "target is too long",
            Self::TimedOut => "opening handshake took too long",
            Self::TooManyFields => "head has too many header lines",
            Self::TooManyInterim => "too many interim responses",
            Self::UnknownCoding => "transfer coding is unknown",
            Self::UnknownExpectation => "expectation is unknown",
            Self::UnsupportedHttp => "version of HTTP is not supported",
            Self::UnsupportedVersion => "version of WebSocket is not supported",
        })
    }
}

impl core::error::Error for HandshakeError {}

/// We asked for something that a request or response must not say. Nothing was added to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HeaderError {
    /// A name that is not a token (RFC 9110, section 5.1).
    BadName,
    /// An origin that is neither `null` nor a scheme, a host and a port (RFC 6454, section 6.2).
    BadOrigin,
    /// A subprotocol that is not a token (section 4.1).
    BadProtocol,
    /// A status that is not final, or unknown to HTTP: it must be from 200 to 599.
    BadStatus,
    /// A value with control characters, or with whitespace around it (RFC 9110, section 5.5).
    BadValue,
    /// The status demands a header that is not there, such as `Location` (RFC 9110, section 15).
    MissingCompanion,
    /// A subprotocol which the client did not offer (section 4.2.2).
    NotOffered,
    /// A header that stands once at most, and stands there already (RFC 9110, section 5.3).
    Repeated,
    /// A header that the handshake itself writes, or that would break it (section 4.1).
    Reserved,
    /// The status allows no body (RFC 9110, section 6.4.1).
    UnexpectedBody,
}

impl fmt::Display for HeaderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BadName => "header name is not a token",
            Self::BadOrigin => "origin is not a scheme, a host and a port",
            Self::BadProtocol => "subprotocol is not a token",
            Self::BadStatus => "status is not from 200 to 599",
            Self::BadValue => "header value has a control character, or whitespace around it",
            Self::MissingCompanion => "status demands another header",
            Self::NotOffered => "subprotocol was not offered",
            Self::Repeated => "header stands there already",
            Self::Reserved => "header belongs to the handshake",
            Self::UnexpectedBody => "status allows no body",
        })
    }
}

impl core::error::Error for HeaderError {}

/// A text is not the URL of a WebSocket (section 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UrlError {
    /// A space, a control character, or anything that is not ASCII.
    BadCharacter,
    /// The host is missing, or is not one.
    BadHost,
    /// The port is not from 1 to 65,535.
    BadPort,
    /// The scheme is neither `ws` nor `wss`.
    BadScheme,
    /// The port belongs to a service that must not be talked to over HTTP.
    BlockedPort,
    /// A fragment, which has no meaning here (section 3).
    HasFragment,
    /// A user or a password, which the grammar leaves out (section 3).
    HasUserinfo,
}

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BadCharacter => "URL has a character that is not allowed",
            Self::BadHost => "URL has no valid host",
            Self::BadPort => "URL has no valid port",
            Self::BadScheme => "scheme of the URL is not ws or wss",
            Self::BlockedPort => "port of the URL is blocked",
            Self::HasFragment => "URL has a fragment",
            Self::HasUserinfo => "URL has a user or a password",
        })
    }
}

impl core::error::Error for UrlError {}
