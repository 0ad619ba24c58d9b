//! [`Authorization`]: the credentials of a client, as a server reads them.

use alloc::borrow::Cow;
use core::fmt;

use super::basic::BasicLogin;
#[cfg(feature = "digest")]
use super::digest::DigestLogin;
use super::value::{AuthValue, text};
use crate::handshake::Headers;

/// The credentials in a request (RFC 9110, section 11.6.2).
///
/// ```
/// use sansocket::auth::Authorization;
///
/// let authorization = Authorization::parse(b"Bearer mF_9.B5f-4.1JqM").unwrap();
/// assert_eq!(authorization.bearer(), Some("mF_9.B5f-4.1JqM"));
/// ```
#[derive(Clone, Copy)]
pub struct Authorization<'h>(AuthValue<'h>);

impl<'h> Authorization<'h> {
    /// Parses the value of `Authorization` or `Proxy-Authorization`. Returns `None` if it is malformed.
    pub fn parse(value: &'h [u8]) -> Option<Self> {
        AuthValue::parse(text(value).ok()?).ok().map(Self)
    }

    /// Returns the credentials of a request, if there is exactly one `Authorization` and it is well-formed.
    pub fn of(headers: &'h Headers) -> Option<Self> {
        let mut values = headers.values("Authorization");
        match (values.next(), values.next()) {
            (Some(value), None) => Self::parse(value),
            (None | Some(_), _) => None,
        }
    }

    /// Returns the scheme as received. Schemes are compared ignoring case.
    pub const fn scheme(&self) -> &'h str {
        self.0.scheme
    }

    /// Returns the user and the password, if the scheme is Basic.
    pub fn basic(&self) -> Option<BasicLogin> {
        BasicLogin::decode(self.0.token68().filter(|_| self.0.is("Basic"))?)
    }

    /// Returns the token, if the scheme is Bearer.
    ///
    /// Compare it in constant time, or look up a hash of it.
    pub fn bearer(&self) -> Option<&'h str> {
        self.0.token68().filter(|_| self.0.is("Bearer"))
    }

    /// Returns whether the scheme is Bearer and the token is this one. The comparison takes the same time
    /// wherever the tokens differ.
    pub fn is_bearer(&self, token: &str) -> bool {
        self.bearer().is_some_and(|it| super::compare::is_equal(it.as_bytes(), token.as_bytes()))
    }

    /// Returns the proof of a password, if the scheme is Digest.
    #[cfg(feature = "digest")]
    pub fn digest(&self) -> Option<DigestLogin> {
        if self.0.is("Digest") { DigestLogin::read(&self.0) } else { None }
    }

    /// Returns the value of a parameter, without its quotes, for other schemes.
    pub fn parameter(&self, name: &str) -> Option<Cow<'h, str>> {
        self.0.parameter(name)
    }

    /// Returns the token68, for other schemes.
    pub const fn token68(&self) -> Option<&'h str> {
        self.0.token68()
    }
}

/// Prints the scheme only, because the rest is secret.
impl fmt::Debug for Authorization<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Authorization").field(&self.scheme()).finish()
    }
}
