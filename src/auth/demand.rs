//! [`Demand`]: the challenge that a server writes.

use core::fmt;

#[cfg(feature = "digest")]
use super::digest::Algorithm;
use super::value::escape;
use crate::handshake::HeaderError;
use crate::handshake::text::is_control;

/// A challenge that a server writes into `WWW-Authenticate`: its `Display` is the value.
///
/// ```
/// use sansocket::auth::Demand;
/// use sansocket::server::Response;
///
/// let demand = Demand::basic("chat")?.to_string();
/// assert_eq!(demand, r#"Basic realm="chat", charset="UTF-8""#);
/// let response = Response::unauthorized(&demand)?;
/// assert_eq!(response.status(), 401);
/// # Ok::<(), sansocket::HeaderError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Demand<'d> {
    realm: &'d str,
    scheme: Scheme,
    /// Empty, if the scheme has none.
    #[cfg(feature = "digest")]
    nonce: &'d str,
}

#[derive(Clone, Copy, Debug)]
enum Scheme {
    Basic,
    Bearer,
    #[cfg(feature = "digest")]
    Digest(Algorithm, Freshness),
}

/// Whether the client's last nonce was too old.
#[cfg(feature = "digest")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Freshness {
    Fresh,
    Stale,
}

impl<'d> Demand<'d> {
    /// Demands Basic credentials in UTF-8 (RFC 7617).
    ///
    /// # Errors
    ///
    /// Returns [`HeaderError::BadValue`] if the realm contains a control character.
    pub fn basic(realm: &'d str) -> Result<Self, HeaderError> {
        Self::new(realm, Scheme::Basic)
    }

    /// Demands a Bearer token (RFC 6750).
    ///
    /// # Errors
    ///
    /// Returns [`HeaderError::BadValue`] if the realm contains a control character.
    pub fn bearer(realm: &'d str) -> Result<Self, HeaderError> {
        Self::new(realm, Scheme::Bearer)
    }

    /// Demands Digest credentials (RFC 7616).
    ///
    /// The nonce must be unique, unpredictable, and verifiable, such as a time with a keyed hash of it.
    ///
    /// # Errors
    ///
    /// Returns [`HeaderError::BadValue`] if the realm or the nonce contains a control character.
    #[cfg(feature = "digest")]
    pub fn digest(
        realm: &'d str,
        algorithm: Algorithm,
        nonce: &'d str,
    ) -> Result<Self, HeaderError> {
        let demand = Self::new(realm, Scheme::Digest(algorithm, Freshness::Fresh))?;
        match nonce.bytes().any(is_control) {
            true => Err(HeaderError::BadValue),
            false => Ok(Self { nonce, ..demand }),
        }
    }

    /// Says that the client's password was right and only its nonce too old, so that the client repeats the
    /// request without asking its user again. Schemes other than Digest ignore it.
    #[cfg(feature = "digest")]
    #[must_use]
    pub const fn stale(self) -> Self {
        match self.scheme {
            Scheme::Digest(algorithm, _) => {
                Self { scheme: Scheme::Digest(algorithm, Freshness::Stale), ..self }
            }
            Scheme::Basic | Scheme::Bearer => self,
        }
    }

    fn new(realm: &'d str, scheme: Scheme) -> Result<Self, HeaderError> {
        match realm.bytes().any(is_control) {
            true => Err(HeaderError::BadValue),
            false => Ok(Self {
                realm,
                scheme,
                #[cfg(feature = "digest")]
                nonce: "",
            }),
        }
    }
}

impl fmt::Display for Demand<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let realm = escape(self.realm);
        match self.scheme {
            Scheme::Basic => write!(f, "Basic realm=\"{realm}\", charset=\"UTF-8\""),
            Scheme::Bearer => write!(f, "Bearer realm=\"{realm}\""),
            #[cfg(feature = "digest")]
            Scheme::Digest(algorithm, freshness) => {
                let nonce = escape(self.nonce);
                write!(f, "Digest realm=\"{realm}\", qop=\"auth\", algorithm={algorithm}, ")?;
                write!(f, "nonce=\"{nonce}\", charset=UTF-8")?;
                f.write_str(if freshness == Freshness::Stale { ", stale=true" } else { "" })
            }
        }
    }
}
