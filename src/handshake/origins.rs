//! [`Origins`]: the origins from which a server accepts connections.

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::fmt;

use super::host::{Authority, parse_port};
use super::origin::{Origin, OriginFault, Tuple};

/// The origins from which a server accepts connections (section 10.2).
///
/// Browsers send a user's cookies with every handshake, whichever page started it. A server that does
/// not check the origin lets any site act on behalf of its users (cross-site WebSocket hijacking).
///
/// Clients other than browsers may omit the `Origin` header or forge it. Origins protect browser users;
/// they do not authenticate clients. See
/// [`Policy::require_origin`](crate::server::Policy::require_origin).
///
/// Clones share one list.
///
/// ```
/// use sansocket::server::{OriginError, Origins, Policy};
///
/// let origins = Origins::list(["https://example.com", "http://localhost:8080", "file://"])?;
/// let policy = Policy::new().origins(origins);
/// assert_eq!(Origins::list(["https://example.com/"]), Err(OriginError::HasPath(0)));
/// # Ok::<(), OriginError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins(Rule);

#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Rule {
    Any,
    Listed(Arc<[Listed]>),
    #[default]
    SameHost,
}

impl Origins {
    /// Allows any origin, for services that do not depend on who the user is.
    pub const fn any() -> Self {
        Self(Rule::Any)
    }

    /// Allows the host and port of the request, with `http` or `https`. This is the default.
    ///
    /// Behind a proxy that rewrites `Host`, [list](Self::list) the origins instead.
    ///
    /// ```
    /// use sansocket::server::{Origins, Policy};
    /// use sansocket::{Config, Connection, Input, Timestamp};
    ///
    /// # const REQUEST: &[u8] = b"GET /chat?room=1 HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\n\
    /// #     Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    /// #     Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: v1, v2\r\nOrigin: https://app.example\r\n\r\n";
    /// // A page of https://app.example opens a WebSocket of example.com.
    /// # let (mut input, now) = (Input::new(vec![0; 1024]), Timestamp::default());
    /// let policy = Policy::new().origins(Origins::same_host());
    /// let mut connection = Connection::server(Config::new().policy(policy).shared(), now);
    /// connection.receive(&mut input, REQUEST.to_vec(), now);
    /// assert_eq!(connection.next_event(&mut input), None);
    /// assert!(connection.transmit().starts_with(b"HTTP/1.1 403 Forbidden\r\n"));
    /// ```
    pub const fn same_host() -> Self {
        Self(Rule::SameHost)
    }

    /// Allows the listed origins, such as `https://example.com` or `http://localhost:8080`.
    ///
    /// Whole origins are compared, ignoring case. A default port may be omitted. Origins that are not of
    /// the web work as well: `file://`, `app://local`, `chrome-extension://id`. The origin `null` stands
    /// for many pages, and is allowed only if it is listed.
    ///
    /// # Errors
    ///
    /// Returns [`OriginError`] with the position of the first entry that is not an origin.
    pub fn list<O: AsRef<str>>(origins: impl IntoIterator<Item = O>) -> Result<Self, OriginError> {
        let origins = origins.into_iter().enumerate();
        let origins: Result<_, _> =
            origins.map(|(position, origin)| Listed::parse(origin.as_ref(), position)).collect();
        Ok(Self(Rule::Listed(origins?)))
    }

    /// Returns whether a page of this origin may connect to `authority`.
    pub(crate) fn allow(&self, origin: &str, authority: &Authority<'_>) -> bool {
        match &self.0 {
            Rule::Any => true,
            Rule::Listed(list) => Origin::parse(origin)
                .is_ok_and(|origin| list.iter().any(|listed| listed.is(&origin))),
            // Most origins are the authority as it stands, behind a scheme.
            Rule::SameHost => {
                is_written_as(origin, authority)
                    || Origin::parse(origin).is_ok_and(|origin| origin.is_of(authority))
            }
        }
    }
}

/// Returns whether an origin is that of a web page and has the host and port of `authority`, character by
/// character.
fn is_written_as(origin: &str, authority: &Authority<'_>) -> bool {
    let rest = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    match (rest.and_then(|rest| rest.strip_prefix(authority.host())), authority.port()) {
        (Some(""), None) => true,
        (Some(rest), Some(port)) => {
            rest.strip_prefix(':').is_some_and(|digits| parse_port(digits) == Some(Some(port)))
        }
        (Some(_), None) | (None, _) => false,
    }
}

/// An entry of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Listed {
    Null,
    Tuple { scheme: Box<str>, host: Box<str>, port: Option<u16> },
}

impl Listed {
    fn parse(text: &str, position: usize) -> Result<Self, OriginError> {
        match Origin::parse(text) {
            Ok(Origin::Null) => Ok(Self::Null),
            // RFC 3986 allows the character, so the entry would match nothing without a word.
            Ok(Origin::Tuple(Tuple { host, .. })) if host.contains('*') => {
                Err(OriginError::Wildcard(position))
            }
            Ok(Origin::Tuple(Tuple { scheme, host, port })) => {
                Ok(Self::Tuple { scheme: scheme.into(), host: host.into(), port })
            }
            Err(OriginFault::Host) => Err(OriginError::BadHost(position)),
            Err(OriginFault::Path) => Err(OriginError::HasPath(position)),
            Err(OriginFault::Port) => Err(OriginError::BadPort(position)),
            Err(OriginFault::Scheme) => Err(OriginError::BadScheme(position)),
        }
    }

    fn is(&self, origin: &Origin<'_>) -> bool {
        match (self, origin) {
            (Self::Null, Origin::Null) => true,
            (Self::Tuple { scheme, host, port }, Origin::Tuple(other)) => {
                scheme.eq_ignore_ascii_case(other.scheme)
                    && host.eq_ignore_ascii_case(other.host)
                    && *port == other.port
            }
            (Self::Null, Origin::Tuple(_)) | (Self::Tuple { .. }, Origin::Null) => false,
        }
    }
}

/// The error of an entry in a list of origins, with the position of the entry, from 0.
///
/// ```
/// use sansocket::server::{OriginError, Origins};
///
/// let error = Origins::list(["https://example.com", "example.org"]).unwrap_err();
/// assert_eq!(error, OriginError::BadScheme(1));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OriginError {
    /// The host is missing or not valid, or has a user before it.
    BadHost(usize),
    /// The port is not a number from 0 to 65,535.
    BadPort(usize),
    /// The scheme is missing or not valid.
    BadScheme(usize),
    /// A path, a query or a fragment follows the host. Even a `/` at the end is too much.
    HasPath(usize),
    /// The host contains a `*`. List each origin instead.
    Wildcard(usize),
}

impl fmt::Display for OriginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (position, fault) = match self {
            Self::BadHost(position) => (position, "has no valid host"),
            Self::BadPort(position) => (position, "has a port that is not from 0 to 65535"),
            Self::BadScheme(position) => (position, "has no scheme: write https://example.com"),
            Self::HasPath(position) => (position, "has a path: end it after the host or the port"),
            Self::Wildcard(position) => (position, "has a wildcard: list each origin"),
        };
        write!(f, "entry {position} of the origins {fault}")
    }
}

impl core::error::Error for OriginError {}
