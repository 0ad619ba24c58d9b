//! Basic authentication (RFC 7617).

use alloc::string::String;
use core::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::compare::is_equal;
use super::error::CredentialsError;

/// A user and a password that a client sent by Basic authentication.
///
/// ```
/// use sansocket::auth::Authorization;
///
/// let value = b"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==";
/// let login = Authorization::parse(value).unwrap().basic().unwrap();
/// assert_eq!(login.user(), "Aladdin");
/// assert!(login.is("Aladdin", "open sesame"));
/// ```
#[derive(Clone)]
pub struct BasicLogin {
    /// User, colon and password.
    text: String,
    /// Where the colon is.
    colon: usize,
}

impl BasicLogin {
    pub(crate) fn decode(token68: &str) -> Option<Self> {
        let text = String::from_utf8(STANDARD.decode(token68).ok()?).ok()?;
        let colon = text.find(':')?;
        Some(Self { text, colon })
    }

    /// Returns the name of the user.
    pub fn user(&self) -> &str {
        self.text.get(..self.colon).unwrap_or_default()
    }

    /// Returns the password. To compare it, use [`is`](Self::is) or the check of a password hash.
    pub fn password(&self) -> &str {
        self.text.get(self.colon + 1..).unwrap_or_default()
    }

    /// Returns whether these are the user and the password.
    ///
    /// Both are compared in a time that depends on their lengths alone, so a client cannot guess one character
    /// after the other.
    pub fn is(&self, user: &str, password: &str) -> bool {
        let is_user = is_equal(self.user().as_bytes(), user.as_bytes());
        is_equal(self.password().as_bytes(), password.as_bytes()) & is_user
    }
}

/// Prints neither the user nor the password.
impl fmt::Debug for BasicLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BasicLogin").finish_non_exhaustive()
    }
}

/// Returns the credentials of a user.
pub(crate) fn encode(user: &str, password: &str) -> String {
    let mut text = String::from("Basic ");
    STANDARD.encode_string([user, ":", password].concat(), &mut text);
    text
}

/// Validates a user and a password.
pub(crate) fn check(user: &str, password: &str) -> Result<(), CredentialsError> {
    if user.contains(|c: char| c == ':' || c.is_control()) {
        return Err(CredentialsError::BadUser);
    }
    if password.contains(char::is_control) { Err(CredentialsError::BadPassword) } else { Ok(()) }
}
