use core::fmt;

use super::host::{Authority, parse_host, parse_port, split_port};
use super::scan::split_before;
use crate::handshake::UrlError;

/// The URL of a WebSocket (section 3), such as `wss://example.com/chat?room=1`.
///
/// Path and query are sent as they stand: nothing is decoded, and no dot segment resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Url<'u> {
    is_secure: bool,
    /// With the brackets of an IPv6 address.
    host: &'u str,
    port: u16,
    path: &'u str,
    query: Option<&'u str>,
}

impl<'u> Url<'u> {
    /// Parses a URL of the scheme `ws` or `wss`.
    ///
    /// # Errors
    ///
    /// When the text is no such URL: one with a user or a fragment is none.
    pub fn parse(text: &'u str) -> Result<Self, UrlError> {
        Self::parse_with(text, UrlPolicy::default())
    }

    /// Parses a URL that the policy may allow or block beyond [`parse`](Self::parse).
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse), and when the port is blocked.
    pub fn parse_with(text: &'u str, policy: UrlPolicy) -> Result<Self, UrlError> {
        // RFC 3986, section 2: what is not visible ASCII must have been encoded. Removing it, as
        // browsers do, would make two URLs of one.
        if !text.bytes().fold(true, |is, byte| is & byte.is_ascii_graphic()) {
            return Err(UrlError::BadCharacter);
        }
        // Section 3: `#` must be escaped; fragments are meaningless, empty ones too.
        if text.contains('#') {
            return Err(UrlError::HasFragment);
        }
        let (scheme, rest) = split_before(text, |byte| byte == b':');
        let rest = rest.strip_prefix("://").ok_or(UrlError::BadScheme)?;
        let is_secure = policy.parse_scheme(scheme).ok_or(UrlError::BadScheme)?;
        let (authority, resource) = split_authority(rest);
        let (host, port) = parse_authority(authority)?;
        let port = port.unwrap_or(default_port(is_secure));
        if policy.is_blocking_ports && BLOCKED_PORTS.contains(&port) {
            return Err(UrlError::BlockedPort);
        }
        // Section 3: an empty path is `/`, an empty query is none.
        let (path, query) = match resource.split_once('?') {
            Some((path, query)) => (path, Some(query).filter(|query| !query.is_empty())),
            None => (resource, None),
        };
        let path = if path.is_empty() { "/" } else { path };
        Ok(Self { is_secure, host, port, path, query })
    }

    /// Whether the scheme is `wss`: the opening handshake goes through TLS (section 4.1, item 5).
    pub const fn is_secure(&self) -> bool {
        self.is_secure
    }

    /// The name or address to connect to: an IPv6 address without brackets.
    pub fn host(&self) -> &'u str {
        let address = self.host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        address.unwrap_or(self.host)
    }

    /// The port to connect to: 80 or 443 unless the URL names one.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// What stands in `Host`: no port that goes without saying (section 4.1, item 4).
    pub fn authority(&self) -> Authority<'u> {
        let port = Some(self.port).filter(|&port| port != default_port(self.is_secure));
        Authority::new(self.host, port)
    }

    /// The path: at least `/`.
    pub const fn path(&self) -> &'u str {
        self.path
    }

    /// The query, unless it is missing or empty.
    pub const fn query(&self) -> Option<&'u str> {
        self.query
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

/// What a URL may be beyond section 3.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct UrlPolicy {
    /// Whether ports of other services, such as mail, are refused, as by browsers. Off unless set.
    ///
    /// For URLs that come from others: a request could then be made to look like one of theirs.
    pub is_blocking_ports: bool,
    /// Whether `http` and `https` are taken for `ws` and `wss`, as by browsers. Off unless set.
    pub is_taking_http: bool,
}

impl UrlPolicy {
    /// Both, as the WebSocket constructor of browsers has it.
    pub const BROWSER: Self = Self { is_blocking_ports: true, is_taking_http: true };

    /// Whether the scheme is secure, if it is one (section 3: in whatever case).
    fn parse_scheme(self, scheme: &str) -> Option<bool> {
        let secure = [("ws", false), ("wss", true), ("http", false), ("https", true)];
        let known = if self.is_taking_http { secure.as_slice() } else { &secure[..2] };
        known.iter().find_map(|&(name, secure)| name.eq_ignore_ascii_case(scheme).then_some(secure))
    }
}

fn parse_authority(authority: &str) -> Result<(&str, Option<u16>), UrlError> {
    // Section 3 has a host and a port, no more. Who wants to authenticate sends a header.
    if authority.contains('@') {
        return Err(UrlError::HasUserinfo);
    }
    let (host, port) = split_port(authority);
    let host = parse_host(host).ok_or(UrlError::BadHost)?;
    match parse_port(port) {
        // Port 0 is reserved: nobody listens there.
        Some(Some(0)) | None => Err(UrlError::BadPort),
        Some(port) => Ok((host, port)),
    }
}

const fn default_port(is_secure: bool) -> u16 {
    if is_secure { 443 } else { 80 }
}

/// What stands before and after the end of an authority (RFC 3986, section 3.2).
pub(crate) fn split_authority(text: &str) -> (&str, &str) {
    split_before(text, |byte| matches!(byte, b'/' | b'?'))
}

/// The bad ports of the Fetch standard, "port blocking".
#[rustfmt::skip]
const BLOCKED_PORTS: &[u16] = &[
    1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102,
    103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465,
    512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993,
    995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668,
    6669, 6679, 6697, 10080,
];
