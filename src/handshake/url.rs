//! [`Url`]: the URL of a WebSocket (section 3).

use core::fmt;

use super::host::{Authority, parse_host, parse_port, split_port};
use super::text::{has, split_before};

/// The URL of a WebSocket (section 3), such as `wss://example.com/chat?room=1`.
///
/// Path and query are sent unchanged: percent-encoding is not decoded, dot segments are not resolved.
///
/// ```
/// use sansocket::Url;
///
/// let url = Url::parse("wss://example.com/chat?room=1")?;
/// assert_eq!((url.host(), url.port(), url.is_secure()), ("example.com", 443, true));
/// assert_eq!((url.path(), url.query()), ("/chat", Some("room=1")));
/// # Ok::<(), sansocket::UrlError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Url<'u> {
    pub(super) is_secure: bool,
    /// An IPv6 address has its brackets.
    pub(super) host: &'u str,
    pub(super) port: u16,
    pub(super) path: &'u str,
    pub(super) query: Option<&'u str>,
}

impl<'u> Url<'u> {
    /// Parses a URL of the scheme `ws` or `wss`.
    ///
    /// ```
    /// use sansocket::{Url, UrlError};
    ///
    /// assert_eq!(Url::parse("ws://[::1]:9001")?.host(), "::1");
    /// assert_eq!(Url::parse("ws://user:secret@example.com"), Err(UrlError::HasUserinfo));
    /// assert_eq!(Url::parse("ws://example.com/#top"), Err(UrlError::HasFragment));
    /// # Ok::<(), UrlError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`UrlError`] if the text is not such a URL. URLs with a user, a password or a fragment are
    /// rejected.
    pub fn parse(text: &'u str) -> Result<Self, UrlError> {
        Self::parse_with(text, UrlPolicy::default())
    }

    /// Parses a URL under a policy that allows or rejects more than [`parse`](Self::parse).
    ///
    /// ```
    /// use sansocket::{Url, UrlPolicy};
    ///
    /// let url = Url::parse_with("https://example.com/chat", UrlPolicy::BROWSER)?;
    /// assert_eq!(url.to_string(), "wss://example.com/chat");
    /// # Ok::<(), sansocket::UrlError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the errors of [`parse`](Self::parse), and [`UrlError::BlockedPort`] if the policy blocks the
    /// port.
    pub fn parse_with(text: &'u str, policy: UrlPolicy) -> Result<Self, UrlError> {
        // RFC 3986, section 2: everything but visible ASCII must be encoded. Browsers remove it, which
        // makes one URL out of two.
        if has(text.as_bytes(), |byte| !byte.is_ascii_graphic()) {
            return Err(UrlError::BadCharacter);
        }
        // Section 3: `#` must be escaped; fragments are meaningless, empty ones too.
        if has(text.as_bytes(), |byte| byte == b'#') {
            return Err(UrlError::HasFragment);
        }
        let (scheme, rest) = split_before(text, |byte| byte == b':');
        let rest = rest.strip_prefix("://").ok_or(UrlError::BadScheme)?;
        let is_secure = policy.parse_scheme(scheme).ok_or(UrlError::BadScheme)?;
        let (authority, resource) = split_authority(rest);
        let (host, port) = parse_authority(authority)?;
        let port = port.unwrap_or(default_port(is_secure));
        if policy.block_ports && BLOCKED_PORTS.contains(&port) {
            return Err(UrlError::BlockedPort);
        }
        // Section 3: an empty path means `/`, and an empty query is not sent.
        let (path, query) = split_before(resource, |byte| byte == b'?');
        let query = query.strip_prefix('?').filter(|query| !query.is_empty());
        let path = if path.is_empty() { "/" } else { path };
        Ok(Self { is_secure, host, port, path, query })
    }

    /// Returns whether the scheme is `wss`, which requires TLS (section 4.1, item 5).
    pub const fn is_secure(&self) -> bool {
        self.is_secure
    }

    /// Returns the name or address to connect to. An IPv6 address has no brackets.
    pub fn host(&self) -> &'u str {
        self.authority().bare_host()
    }

    /// Returns the port to connect to. Default: 80, or 443 for `wss`.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Returns the value of `Host`, without a default port (section 4.1, item 4).
    pub fn authority(&self) -> Authority<'u> {
        let port = Some(self.port).filter(|&port| port != default_port(self.is_secure));
        Authority::new(self.host, port)
    }

    /// Returns the path: at least `/`.
    pub const fn path(&self) -> &'u str {
        self.path
    }

    /// Returns the query, if it is not empty.
    pub const fn query(&self) -> Option<&'u str> {
        self.query
    }
}

/// Prints no query, which may hold a token.
impl fmt::Debug for Url<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Self { query: None, ..*self }, f)
    }
}

impl fmt::Display for Url<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.is_secure { "wss" } else { "ws" };
        write!(f, "{scheme}://{}{}", self.authority(), self.path())?;
        match self.query {
            Some(query) => write!(f, "?{query}"),
            None => Ok(()),
        }
    }
}

/// Rules for URLs beyond section 3.
///
/// ```
/// use sansocket::{Url, UrlError, UrlPolicy};
///
/// let policy = UrlPolicy::new().block_ports(true);
/// assert_eq!(Url::parse_with("ws://example.com:25/", policy), Err(UrlError::BlockedPort));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct UrlPolicy {
    /// Whether `http` and `https` stand for `ws` and `wss`, as in browsers. Default: `false`.
    pub allow_http: bool,
    /// Whether ports of other services, such as mail, are rejected, as in browsers. Default: `false`.
    ///
    /// Set it for URLs from strangers: a request to such a port can look like one of its own protocol.
    pub block_ports: bool,
}

impl UrlPolicy {
    /// The policy of the WebSocket constructor in browsers.
    pub const BROWSER: Self = Self { allow_http: true, block_ports: true };

    /// Creates the default policy.
    pub const fn new() -> Self {
        Self { allow_http: false, block_ports: false }
    }

    /// Sets whether [`http` and `https`](Self::allow_http) are accepted.
    #[must_use]
    pub const fn allow_http(mut self, allow: bool) -> Self {
        self.allow_http = allow;
        self
    }

    /// Sets whether [ports of other services](Self::block_ports) are rejected.
    #[must_use]
    pub const fn block_ports(mut self, block: bool) -> Self {
        self.block_ports = block;
        self
    }

    /// Returns whether the scheme is secure, ignoring case, or `None` if it is not accepted.
    fn parse_scheme(self, scheme: &str) -> Option<bool> {
        let secure = [("ws", false), ("wss", true), ("http", false), ("https", true)];
        let known = if self.allow_http { secure.as_slice() } else { &secure[..2] };
        known.iter().find_map(|&(name, secure)| name.eq_ignore_ascii_case(scheme).then_some(secure))
    }
}

/// The error of a text that is not the URL of a WebSocket (section 3).
///
/// ```
/// use sansocket::{Url, UrlError};
///
/// assert_eq!(Url::parse("https://example.com"), Err(UrlError::BadScheme));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UrlError {
    /// The URL contains a space, a control character, or a character that is not ASCII.
    BadCharacter,
    /// The host is missing or not valid.
    BadHost,
    /// The port is not a number from 1 to 65,535.
    BadPort,
    /// The scheme is not `ws` or `wss`.
    BadScheme,
    /// The port belongs to another service, and the policy [blocks](UrlPolicy::block_ports) it.
    BlockedPort,
    /// The URL has a fragment, which section 3 forbids.
    HasFragment,
    /// The URL has a user or a password, which section 3 does not allow.
    HasUserinfo,
}

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BadCharacter => {
                "URL contains a space, a control character or a character beyond ASCII"
            }
            Self::BadHost => "host of the URL is missing or not valid",
            Self::BadPort => "port of the URL is not from 1 to 65535",
            Self::BadScheme => "scheme of the URL is not ws or wss",
            Self::BlockedPort => "port of the URL belongs to another service",
            Self::HasFragment => "URL has a fragment",
            Self::HasUserinfo => "URL has a user or a password: send credentials in a header",
        })
    }
}

impl core::error::Error for UrlError {}

fn parse_authority(authority: &str) -> Result<(&str, Option<u16>), UrlError> {
    // Section 3 allows only a host and a port. Credentials belong in a header.
    if has(authority.as_bytes(), |byte| byte == b'@') {
        return Err(UrlError::HasUserinfo);
    }
    let (host, port) = split_port(authority);
    let host = parse_host(host).ok_or(UrlError::BadHost)?;
    match parse_port(port) {
        // Port 0 is reserved.
        Some(Some(0)) | None => Err(UrlError::BadPort),
        Some(port) => Ok((host, port)),
    }
}

const fn default_port(is_secure: bool) -> u16 {
    if is_secure { 443 } else { 80 }
}

/// Splits a text at the end of its authority (RFC 3986, section 3.2).
pub(crate) fn split_authority(text: &str) -> (&str, &str) {
    split_before(text, |byte| matches!(byte, b'/' | b'?'))
}

/// The bad ports of the Fetch standard, section "port blocking".
#[rustfmt::skip]
const BLOCKED_PORTS: &[u16] = &[
    1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102,
    103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465,
    512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993,
    995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668,
    6669, 6679, 6697, 10080,
];
