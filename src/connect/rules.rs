//! [`Rules`]: which proxy a URL is reached through, as the environment says.

use alloc::string::String;
use alloc::vec::Vec;
use core::net::IpAddr;

use super::proxy::{Proxy, ProxyError, parse_address};
use crate::handshake::Url;

/// Which proxy a URL is reached through, as the variables of the environment say.
///
/// The first variable that is set wins. This order prefers SOCKS5 to HTTP, as section 4.1, item 3, asks:
///
/// | URL | variables |
/// |---|---|
/// | `ws` | `ws_proxy`, `socks_proxy`, `https_proxy`, `http_proxy`, `all_proxy` |
/// | `wss` | `wss_proxy`, `socks_proxy`, `https_proxy`, `all_proxy` |
///
/// * Each name may also be in upper case, and lower case is looked up first. Only `HTTP_PROXY` is never read: a
///   web server that runs a program by CGI sets it from a header of the request.
/// * Nothing is read if `REQUEST_METHOD` is set, as it is under CGI.
/// * An empty variable means: no proxy, and no further variable is read.
///
/// `no_proxy`, or else `NO_PROXY`, lists what is reached directly, separated by commas or spaces:
///
/// * `*`: everything,
/// * `example.com` or `.example.com`: this name and all names below it,
/// * `192.0.2.1`, `2001:db8::1`: an address,
/// * `10.0.0.0/8`, `fd00::/8`: a network.
///
/// A name or an address may have a port. Other entries are ignored. Names are not resolved: addresses and networks
/// apply to URLs that name an address.
///
/// ```
/// use sansocket::Url;
/// use sansocket::connect::Rules;
///
/// let rules = Rules::new(|name| match name {
///     "all_proxy" => Some("socks5h://127.0.0.1:1080".into()),
///     "no_proxy" => Some("localhost, .internal".into()),
///     _ => None,
/// })?;
/// assert!(rules.proxy_for(&Url::parse("wss://example.com").unwrap()).is_some());
/// assert!(rules.proxy_for(&Url::parse("ws://a.internal").unwrap()).is_none());
/// # Ok::<(), sansocket::connect::ProxyError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Rules {
    ws: Option<Proxy>,
    wss: Option<Proxy>,
    bypass: Vec<Bypass>,
}

/// What is reached directly.
#[derive(Clone, Debug)]
enum Bypass {
    All,
    Domain(String, Option<u16>),
    Address(IpAddr, Option<u16>),
    Network(IpAddr, u32),
}

impl Rules {
    /// Reads the rules. `get` returns the value of a variable.
    ///
    /// # Errors
    ///
    /// Returns [`ProxyError`] if a variable that counts is not the URL of a proxy.
    pub fn new(get: impl Fn(&str) -> Option<String>) -> Result<Self, ProxyError> {
        if get("REQUEST_METHOD").is_some() {
            return Ok(Self::default());
        }
        let bypass = get("no_proxy").or_else(|| get("NO_PROXY")).unwrap_or_default();
        Ok(Self {
            ws: first(
                &get,
                &["ws_proxy", "socks_proxy", "https_proxy", "http_proxy", "all_proxy"],
            )?,
            wss: first(&get, &["wss_proxy", "socks_proxy", "https_proxy", "all_proxy"])?,
            bypass: bypass.split([',', ' ', '\t']).filter_map(Bypass::parse).collect(),
        })
    }

    /// Reads the rules from the environment of the process. Values that are not UTF-8 count as not set.
    ///
    /// ```
    /// use sansocket::connect::Rules;
    ///
    /// let rules = Rules::from_env();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`new`](Self::new).
    #[cfg(feature = "std")]
    pub fn from_env() -> Result<Self, ProxyError> {
        Self::new(|name| std::env::var(name).ok())
    }

    /// Returns the proxy through which a URL is reached. `None` means directly.
    pub fn proxy_for(&self, url: &Url<'_>) -> Option<&Proxy> {
        let proxy = if url.is_secure() { self.wss.as_ref() } else { self.ws.as_ref() };
        proxy.filter(|_| !self.bypass.iter().any(|bypass| bypass.includes(url)))
    }
}

/// Returns the proxy in the first variable that is set.
fn first(
    get: &impl Fn(&str) -> Option<String>,
    names: &[&str],
) -> Result<Option<Proxy>, ProxyError> {
    let find = |name: &&str| {
        let upper = || get(&name.to_ascii_uppercase()).filter(|_| *name != "http_proxy");
        get(name).or_else(upper)
    };
    match names.iter().find_map(find) {
        Some(url) if !url.is_empty() => Proxy::parse(&url).map(Some),
        Some(_) | None => Ok(None),
    }
}

impl Bypass {
    fn parse(entry: &str) -> Option<Self> {
        if entry == "*" {
            return Some(Self::All);
        }
        if let Some((address, bits)) = entry.split_once('/') {
            let (address, bits) = (parse_address(address)?, bits.parse().ok()?);
            let most = if address.is_ipv4() { 32 } else { 128 };
            return (bits <= most).then_some(Self::Network(address, bits));
        }
        if let Some(address) = parse_address(entry) {
            return Some(Self::Address(address, None));
        }
        let (host, port) = match entry.rsplit_once(':') {
            Some((host, port)) => (host, Some(port.parse().ok()?)),
            None => (entry, None),
        };
        if let Some(address) = parse_address(host) {
            return Some(Self::Address(address, port));
        }
        let name = host.trim_start_matches('.').to_ascii_lowercase();
        (!name.is_empty()).then_some(Self::Domain(name, port))
    }

    fn includes(&self, url: &Url<'_>) -> bool {
        let is_port = |port: &Option<u16>| port.is_none_or(|port| port == url.port());
        let address = || parse_address(url.host());
        match self {
            Self::All => true,
            Self::Domain(name, port) => is_port(port) && is_within(url.host(), name),
            Self::Address(one, port) => is_port(port) && address() == Some(*one),
            Self::Network(network, bits) => {
                address().is_some_and(|address| starts_equal(address, *network, *bits))
            }
        }
    }
}

/// Returns whether a host is a domain or a name below it. The domain is in lower case.
fn is_within(host: &str, domain: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    let above = host.strip_suffix(domain.strip_suffix('.').unwrap_or(domain));
    above.is_some_and(|above| above.is_empty() || above.ends_with('.'))
}

/// Returns whether two addresses have the same first bits.
fn starts_equal(one: IpAddr, other: IpAddr, bits: u32) -> bool {
    let difference = match (one, other) {
        (IpAddr::V4(one), IpAddr::V4(other)) => u128::from(one.to_bits() ^ other.to_bits()) << 96,
        (IpAddr::V6(one), IpAddr::V6(other)) => one.to_bits() ^ other.to_bits(),
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => return false,
    };
    difference.leading_zeros() >= bits
}
