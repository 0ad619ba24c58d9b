//! [`HandshakeError`]: a failed opening handshake, in either role.

use core::fmt;

use super::request_error::RequestError;
use super::response_error::ResponseError;

/// The error of an opening handshake, in either role.
///
/// ```
/// use sansocket::HandshakeError;
/// use sansocket::server::RequestError;
///
/// let error = HandshakeError::from(RequestError::NotGet);
/// assert_eq!(error.status(), Some(405));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HandshakeError {
    /// A server rejects the request.
    Request(RequestError),
    /// A client cannot use the response.
    Response(ResponseError),
}

impl HandshakeError {
    /// Returns the status with which a server answers, if it answers.
    pub const fn status(self) -> Option<u16> {
        match self {
            Self::Request(error) => error.status(),
            Self::Response(_) => None,
        }
    }
}

impl From<RequestError> for HandshakeError {
    fn from(error: RequestError) -> Self {
        Self::Request(error)
    }
}

impl From<ResponseError> for HandshakeError {
    fn from(error: ResponseError) -> Self {
        Self::Response(error)
    }
}

impl fmt::Display for HandshakeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request(error) => error.fmt(f),
            Self::Response(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for HandshakeError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        Some(match self {
            Self::Request(error) => error,
            Self::Response(error) => error,
        })
    }
}
