//! [`Credentials`]: what a client proves itself with.

use alloc::string::String;
use core::fmt;

use super::basic;
use super::error::CredentialsError;
use super::value::is_token68;
use crate::handshake::text::is_control;

/// The credentials of a client, for a server or a proxy.
///
/// They are sent to the one origin, or the one proxy, for which they were set.
///
/// ```
/// use sansocket::auth::Credentials;
///
/// let credentials = Credentials::basic("Aladdin", "open sesame")?;
/// assert_eq!(format!("{credentials:?}"), "Credentials(..)");
/// # Ok::<(), sansocket::auth::CredentialsError>(())
/// ```
#[derive(Clone)]
pub struct Credentials {
    pub(super) secret: Secret,
    in_plaintext: bool,
}

#[derive(Clone)]
pub(super) enum Secret {
    /// The value of the header, which is sent with the first request.
    Value(String),
    /// A user and a password, which wait for a challenge.
    Password(Password),
}

#[derive(Clone)]
pub(super) struct Password {
    #[cfg_attr(not(feature = "digest"), expect(dead_code, reason = "Basic has its value"))]
    pub(super) user: String,
    #[cfg_attr(not(feature = "digest"), expect(dead_code, reason = "Basic has its value"))]
    pub(super) password: String,
    /// The answer to a Basic challenge, if that is allowed.
    pub(super) basic: Option<String>,
}

impl Credentials {
    /// Returns Basic credentials (RFC 7617), which are sent with the first request.
    ///
    /// # Errors
    ///
    /// Returns [`CredentialsError::BadUser`] if the user contains a colon or a control character, and
    /// [`CredentialsError::BadPassword`] if the password contains a control character.
    pub fn basic(user: &str, password: &str) -> Result<Self, CredentialsError> {
        basic::check(user, password)?;
        Ok(Self::new(Secret::Value(basic::encode(user, password))))
    }

    /// Returns a Bearer token (RFC 6750), which is sent with the first request.
    ///
    /// # Errors
    ///
    /// Returns [`CredentialsError::BadToken`] if the token has other characters than letters, digits and
    /// `-._~+/`, and `=` at its end.
    pub fn bearer(token: &str) -> Result<Self, CredentialsError> {
        match is_token68(token) {
            true => Ok(Self::new(Secret::Value(["Bearer ", token].concat()))),
            false => Err(CredentialsError::BadToken),
        }
    }

    /// Returns a user and a password that answer the strongest challenge: Digest, if the feature `digest` is
    /// on, and Basic otherwise. Nothing is sent before a challenge.
    ///
    /// # Errors
    ///
    /// Those of [`basic`](Self::basic).
    pub fn password(user: &str, password: &str) -> Result<Self, CredentialsError> {
        basic::check(user, password)?;
        let basic = Some(basic::encode(user, password));
        let (user, password) = (user.into(), password.into());
        Ok(Self::new(Secret::Password(Password { user, password, basic })))
    }

    /// Returns a user and a password that answer Digest challenges only (RFC 7616), so that the password is
    /// never sent.
    ///
    /// # Errors
    ///
    /// Those of [`basic`](Self::basic).
    #[cfg(feature = "digest")]
    pub fn digest(user: &str, password: &str) -> Result<Self, CredentialsError> {
        basic::check(user, password)?;
        let (user, password) = (user.into(), password.into());
        Ok(Self::new(Secret::Password(Password { user, password, basic: None })))
    }

    /// Returns a header value of any scheme, such as `AWS4-HMAC-SHA256 …`, which is sent with the first
    /// request.
    ///
    /// # Errors
    ///
    /// Returns [`CredentialsError::BadValue`] if the value contains a control character, or starts or ends with
    /// whitespace.
    pub fn value(value: &str) -> Result<Self, CredentialsError> {
        if value.bytes().any(is_control) || value.trim_ascii().len() != value.len() {
            return Err(CredentialsError::BadValue);
        }
        Ok(Self::new(Secret::Value(value.into())))
    }

    /// Allows to send the secret over `ws`, where everybody on the way can read it. Default: it is sent over
    /// `wss` only. Digest sends no secret, and is allowed over both.
    #[must_use]
    pub fn allow_plaintext(self) -> Self {
        Self { in_plaintext: true, ..self }
    }

    /// Returns whether the first request would send the secret in clear, though that is not allowed.
    pub(crate) const fn needs_tls(&self) -> bool {
        matches!(self.secret, Secret::Value(_)) && !self.in_plaintext
    }

    /// Returns whether the secret may be sent over a transport with or without TLS.
    pub(super) const fn allows(&self, is_secure: bool) -> bool {
        is_secure || self.in_plaintext
    }

    const fn new(secret: Secret) -> Self {
        Self { secret, in_plaintext: false }
    }
}

/// Prints no secrets.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(..)")
    }
}
