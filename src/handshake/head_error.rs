//! [`HeadError`]: faults in the head of a request or a response.

use core::fmt;

/// An error in the head of an HTTP/1.1 message, whichever side reads it (RFC 9112).
///
/// ```
/// use sansocket::HeadError;
///
/// let error = HeadError::BadLineEnd;
/// assert_eq!(error.to_string(), "line of the head does not end with CRLF");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HeadError {
    /// A header line is not a token, a colon and a value (RFC 9112, section 5).
    BadField,
    /// A CR or an LF that is not part of a CRLF (RFC 9112, section 2.2).
    BadLineEnd,
    /// The first line is not a request line or a status line (RFC 9112, sections 3 and 4).
    BadStartLine,
    /// A control character in a value or in the reason phrase (RFC 9110, section 5.5).
    ControlCharacter,
    /// The transport ended before the head did.
    Incomplete,
    /// The head exceeds [`HandshakeLimits::bytes`](crate::HandshakeLimits::bytes).
    TooLong,
    /// The head has more header lines than
    /// [`HandshakeLimits::fields`](crate::HandshakeLimits::fields) allows.
    TooManyFields,
    /// The HTTP version is not 1.1 or a later 1.x (section 4.2.1).
    UnsupportedHttp,
}

impl fmt::Display for HeadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BadField => "header line is not a name, a colon and a value",
            Self::BadLineEnd => "line of the head does not end with CRLF",
            Self::BadStartLine => "first line is not that of an HTTP/1.1 message",
            Self::ControlCharacter => "head contains a control character",
            Self::Incomplete => "transport ended before the end of the head",
            Self::TooLong => "head exceeds the limit in bytes",
            Self::TooManyFields => "head exceeds the limit of header lines",
            Self::UnsupportedHttp => "HTTP version is not 1.1",
        })
    }
}

impl core::error::Error for HeadError {}
