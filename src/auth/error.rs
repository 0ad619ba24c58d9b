//! [`CredentialsError`]: credentials that cannot be sent.

use core::fmt;

/// The error of credentials that cannot be sent.
///
/// ```
/// use sansocket::auth::{Credentials, CredentialsError};
///
/// assert_eq!(Credentials::basic("a:b", "c").err(), Some(CredentialsError::BadUser));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CredentialsError {
    /// The password contains a control character (RFC 7617, section 2).
    BadPassword,
    /// The token is not a token68 (RFC 6750, section 2.1).
    BadToken,
    /// The user name contains a colon or a control character (RFC 7617, section 2).
    BadUser,
    /// The value contains a control character, or starts or ends with whitespace (RFC 9110, section 5.5).
    BadValue,
}

impl fmt::Display for CredentialsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BadPassword => "password contains a control character",
            Self::BadToken => "token contains a character that is not allowed",
            Self::BadUser => "user name contains a colon or a control character",
            Self::BadValue => {
                "credentials contain a control character, or start or end with whitespace"
            }
        })
    }
}

impl core::error::Error for CredentialsError {}
