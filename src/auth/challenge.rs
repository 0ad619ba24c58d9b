//! [`Challenge`]: a demand for credentials.

use alloc::borrow::Cow;
use core::fmt;

use super::value::{AuthValue, is_blank, text};
use crate::handshake::client::Response;

/// A challenge of a server or of a proxy (RFC 9110, section 11.3).
///
/// ```
/// use sansocket::auth::Challenge;
///
/// let mut challenges = Challenge::parse_all(br#"Negotiate, Basic realm="a, b", charset=UTF-8"#);
/// assert_eq!(challenges.next().map(|it| it.scheme()), Some("Negotiate"));
/// let basic = challenges.next().unwrap();
/// assert!(basic.is("basic"));
/// assert_eq!(basic.realm().as_deref(), Some("a, b"));
/// assert_eq!(basic.parameter("CharSet").as_deref(), Some("UTF-8"));
/// ```
#[derive(Clone, Copy)]
pub struct Challenge<'h>(AuthValue<'h>);

impl<'h> Challenge<'h> {
    /// Parses the value of a header line, which may hold several challenges.
    ///
    /// The iterator ends at a malformed challenge: one with a repeated parameter, with more than 32 of them, or
    /// with text that is not UTF-8. Where the next challenge starts is then unknown.
    pub fn parse_all(value: &'h [u8]) -> impl Iterator<Item = Self> + Clone + use<'h> {
        let mut rest = text(value).unwrap_or_default();
        core::iter::from_fn(move || {
            if is_blank(rest) {
                return None;
            }
            let first = AuthValue::parse_first(rest).ok();
            rest = first.map_or("", |(_, rest)| rest);
            first.map(|(challenge, _)| Self(challenge))
        })
    }

    /// Returns the challenges of a response: of a server in a 401, of a proxy in a 407. Other responses have
    /// none.
    pub fn of(response: &'h Response) -> impl Iterator<Item = Self> + Clone + use<'h> {
        let name = match response.status() {
            401 => "WWW-Authenticate",
            407 => "Proxy-Authenticate",
            // No header has an empty name.
            _ => "",
        };
        response.headers().values(name).flat_map(Self::parse_all)
    }

    /// Returns the scheme as received. Compare it with [`is`](Self::is), which ignores case.
    pub const fn scheme(&self) -> &'h str {
        self.0.scheme
    }

    /// Returns whether the scheme is this one, ignoring case.
    pub const fn is(&self, scheme: &str) -> bool {
        self.0.is(scheme)
    }

    /// Returns the realm: a name for what the credentials are for.
    pub fn realm(&self) -> Option<Cow<'h, str>> {
        self.parameter("realm")
    }

    /// Returns the value of a parameter, without its quotes. Names are compared ignoring case.
    pub fn parameter(&self, name: &str) -> Option<Cow<'h, str>> {
        self.0.parameter(name)
    }

    /// Returns all parameters in order.
    pub fn parameters(&self) -> impl Iterator<Item = (&'h str, Cow<'h, str>)> + use<'h> {
        self.0.parameters()
    }

    /// Returns the token68 that some schemes send instead of parameters, such as Negotiate.
    pub const fn token68(&self) -> Option<&'h str> {
        self.0.token68()
    }
}

/// Prints the scheme and the names of the parameters, because values may be secret.
impl fmt::Debug for Challenge<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.scheme())?;
        f.debug_list().entries(self.parameters().map(|(name, _)| name)).finish()
    }
}
