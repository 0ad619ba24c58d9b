//! [`Proxy`]: a forward proxy.

use alloc::string::String;
use core::fmt;
use core::net::{IpAddr, Ipv6Addr};

use crate::auth::{Credentials, CredentialsError};
use crate::handshake::Authority;
use crate::handshake::percent::percent_decode;

/// A forward proxy: `http`, `https`, `socks5` or `socks5h`.
///
/// ```
/// use sansocket::connect::{Proxy, ProxyScheme};
///
/// let proxy = Proxy::parse("socks5h://user:pass@proxy.example:1080")?;
/// assert_eq!((proxy.scheme(), proxy.host(), proxy.port()), (ProxyScheme::Socks5h, "proxy.example", 1080));
/// # Ok::<(), sansocket::connect::ProxyError>(())
/// ```
#[derive(Clone)]
pub struct Proxy {
    scheme: ProxyScheme,
    /// Without brackets.
    host: String,
    port: u16,
    /// The user and the password of SOCKS5.
    login: Option<(String, String)>,
    credentials: Option<Credentials>,
}

/// How a client speaks to a proxy.
///
/// ```
/// use sansocket::connect::{Proxy, ProxyScheme};
///
/// assert_eq!(Proxy::parse("proxy.example:3128")?.scheme(), ProxyScheme::Http);
/// # Ok::<(), sansocket::connect::ProxyError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProxyScheme {
    /// HTTP `CONNECT` (RFC 9110, section 9.3.6). Default port: 80.
    Http,
    /// HTTP `CONNECT` within TLS. Default port: 443.
    Https,
    /// SOCKS5 (RFC 1928) to an address that the client resolves. Default port: 1080.
    Socks5,
    /// SOCKS5 to a name that the proxy resolves. Default port: 1080.
    Socks5h,
}

impl ProxyScheme {
    fn parse(text: &str) -> Option<Self> {
        let all = [
            ("http", Self::Http),
            ("https", Self::Https),
            ("socks5", Self::Socks5),
            ("socks5h", Self::Socks5h),
        ];
        all.into_iter().find_map(|(name, it)| name.eq_ignore_ascii_case(text).then_some(it))
    }

    const fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
            Self::Socks5 | Self::Socks5h => 1080,
        }
    }
}

impl Proxy {
    /// Parses the URL of a proxy. Without a scheme it is `http`.
    ///
    /// A user and a password are percent-decoded. SOCKS5 sends them if the proxy asks for them. An HTTP proxy gets
    /// them after its 407, by Digest if it offers that and the feature `digest` is on, and by Basic otherwise.
    ///
    /// # Errors
    ///
    /// Returns [`ProxyError`] if a part of the URL is malformed, missing, or not supported. A path is not allowed.
    pub fn parse(url: &str) -> Result<Self, ProxyError> {
        if url.bytes().any(|byte| !byte.is_ascii_graphic()) {
            return Err(ProxyError::BadCharacter);
        }
        let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
        let scheme = ProxyScheme::parse(scheme).ok_or(ProxyError::BadScheme)?;
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if rest.contains(['/', '?', '#']) {
            return Err(ProxyError::HasPath);
        }
        let (userinfo, authority) = match rest.rsplit_once('@') {
            Some((userinfo, authority)) => (Some(userinfo), authority),
            None => (None, rest),
        };
        let authority = Authority::parse(authority).ok_or(ProxyError::BadHost)?;
        let port = authority.port().unwrap_or(scheme.default_port());
        if port == 0 {
            return Err(ProxyError::BadHost);
        }
        let host = authority.bare_host().into();
        let proxy = Self { scheme, host, port, login: None, credentials: None };
        match userinfo {
            Some(userinfo) => proxy.with_userinfo(userinfo),
            None => Ok(proxy),
        }
    }

    /// Sets the credentials for an HTTP proxy. SOCKS5 takes those in the URL.
    #[must_use]
    pub fn credentials(self, credentials: Credentials) -> Self {
        Self { credentials: Some(credentials), ..self }
    }

    /// Returns how to speak to the proxy.
    pub const fn scheme(&self) -> ProxyScheme {
        self.scheme
    }

    /// Returns the name or address of the proxy. An IPv6 address has no brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Returns the port of the proxy.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Returns the user and the password for SOCKS5.
    pub(crate) fn login(&self) -> Option<(&str, &str)> {
        self.login.as_ref().map(|(user, password)| (&**user, &**password))
    }

    /// Returns the credentials for HTTP. An HTTP proxy gets them as the caller has given them, with or without
    /// TLS: most proxies have none.
    pub(crate) fn http_credentials(&self) -> Option<Credentials> {
        self.credentials.clone().map(Credentials::allow_plaintext)
    }

    fn with_userinfo(self, userinfo: &str) -> Result<Self, ProxyError> {
        let (user, password) = split_userinfo(userinfo).ok_or(ProxyError::BadCredentials)?;
        let credentials =
            Credentials::password(&user, &password).map_err(|_: CredentialsError| {
                // A user with a colon has an escape in it, which no proxy can read.
                ProxyError::BadCredentials
            })?;
        // RFC 1929, section 2: their lengths are from 1 to 255.
        let fits = |text: &str| (1..=255).contains(&text.len());
        if self.is_socks() && !(fits(&user) && fits(&password)) {
            return Err(ProxyError::BadCredentials);
        }
        Ok(Self { login: Some((user, password)), credentials: Some(credentials), ..self })
    }

    pub(crate) const fn is_socks(&self) -> bool {
        matches!(self.scheme, ProxyScheme::Socks5 | ProxyScheme::Socks5h)
    }
}

/// Splits userinfo at its colon, and decodes both parts. Without a colon the password is empty.
pub(crate) fn split_userinfo(userinfo: &str) -> Option<(String, String)> {
    let (user, password) = userinfo.split_once(':').unwrap_or((userinfo, ""));
    Some((percent_decode(user)?, percent_decode(password)?))
}

/// Parses an address, with or without the brackets of IPv6.
pub(crate) fn parse_address(host: &str) -> Option<IpAddr> {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    match bare {
        Some(bare) => bare.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
        None => host.parse().ok(),
    }
}

/// Prints no credentials.
impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut proxy = f.debug_struct("Proxy");
        proxy.field("scheme", &self.scheme).field("host", &self.host).field("port", &self.port);
        proxy.finish_non_exhaustive()
    }
}

/// The error of a text that is not the URL of a proxy.
///
/// ```
/// use sansocket::connect::{Proxy, ProxyError};
///
/// assert_eq!(Proxy::parse("http://").err(), Some(ProxyError::BadHost));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ProxyError {
    /// The URL contains a space, a control character, or a character that is not ASCII.
    BadCharacter,
    /// The user or the password cannot be decoded, or cannot be sent: SOCKS5 takes from 1 to 255 bytes each.
    BadCredentials,
    /// The host is missing or not valid, or the port is not from 1 to 65,535.
    BadHost,
    /// The scheme is not `http`, `https`, `socks5` or `socks5h`.
    BadScheme,
    /// The URL has a path, a query or a fragment.
    HasPath,
}

impl fmt::Display for ProxyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BadCharacter => {
                "URL of the proxy contains a space, a control character or a character beyond ASCII"
            }
            Self::BadCredentials => "user or password of the proxy cannot be sent",
            Self::BadHost => "host or port of the proxy is missing or not valid",
            Self::BadScheme => "scheme of the proxy is not http, https, socks5 or socks5h",
            Self::HasPath => "URL of the proxy has a path",
        })
    }
}

impl core::error::Error for ProxyError {}
