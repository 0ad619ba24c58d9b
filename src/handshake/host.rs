//! [`Authority`]: a host and an optional port.

use core::fmt;
use core::net::Ipv6Addr;

use super::text::count_while;
use super::token::Charset;

/// A host and an optional port, as in `Host` or in a URL (RFC 3986, section 3.2).
///
/// The host is valid and not empty.
///
/// ```
/// use sansocket::Url;
///
/// let url = Url::parse("ws://example.com:8080/chat")?;
/// let authority = url.authority();
/// assert_eq!((authority.host(), authority.port()), ("example.com", Some(8080)));
/// assert_eq!(authority.to_string(), "example.com:8080");
/// # Ok::<(), sansocket::UrlError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Authority<'a> {
    host: &'a str,
    port: Option<u16>,
}

impl<'a> Authority<'a> {
    /// Returns the host as received. An IPv6 address has its brackets.
    pub const fn host(&self) -> &'a str {
        self.host
    }

    /// Returns the host without the brackets of an IPv6 address.
    pub(crate) fn bare_host(&self) -> &'a str {
        let address = self.host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        address.unwrap_or(self.host)
    }

    /// Returns the port, if there is one.
    pub const fn port(&self) -> Option<u16> {
        self.port
    }

    /// Creates an authority from a valid host.
    pub(crate) const fn new(host: &'a str, port: Option<u16>) -> Self {
        Self { host, port }
    }

    /// Parses a host and an optional port.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let (host, port) = split_port(text);
        Some(Self { host: parse_host(host)?, port: parse_port(port)? })
    }

    /// Returns whether both name the same host, ignoring case and a final dot.
    pub(crate) fn has_host_of(&self, other: &Self) -> bool {
        let [this, other] = [self, other].map(|it| it.host.strip_suffix('.').unwrap_or(it.host));
        this.eq_ignore_ascii_case(other)
    }
}

impl fmt::Display for Authority<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.host)?;
        match self.port {
            Some(port) => write!(f, ":{port}"),
            None => Ok(()),
        }
    }
}

/// Splits a text into host and port. The port is empty if there is no colon.
pub(crate) fn split_port(text: &str) -> (&str, &str) {
    // The colons of an IPv6 address come before its bracket.
    let address = match text.starts_with('[') {
        true => text.find(']').unwrap_or(text.len()),
        false => 0,
    };
    let name = count_while(&text.as_bytes()[address..], |byte| byte != b':');
    let (host, port) = text.split_at(address + name);
    (host, port.strip_prefix(':').unwrap_or_default())
}

/// Returns the host if it is valid: an IPv6 address in brackets, or a name (RFC 3986, section 3.2.2).
pub(crate) fn parse_host(host: &str) -> Option<&str> {
    let is_host = match host.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']').is_some_and(is_ipv6),
        None => is_name(host.as_bytes()),
    };
    is_host.then_some(host)
}

/// Parses a port: digits up to 65,535, or nothing (RFC 3986, section 3.2.3).
pub(crate) fn parse_port(digits: &str) -> Option<Option<u16>> {
    let push = |port: u16, digit: u8| {
        let digit = char::from(digit).to_digit(10)?;
        port.checked_mul(10)?.checked_add(u16::try_from(digit).ok()?)
    };
    let port = digits.bytes().try_fold(0, push)?;
    Some((!digits.is_empty()).then_some(port))
}

fn is_ipv6(address: &str) -> bool {
    address.parse::<Ipv6Addr>().is_ok()
}

fn is_name(name: &[u8]) -> bool {
    // Most names have no escapes.
    !name.is_empty() && (name.iter().all(|&byte| NAME.contains(byte)) || is_escaped_name(name))
}

fn is_escaped_name(name: &[u8]) -> bool {
    let mut bytes = name.iter();
    while let Some(&byte) = bytes.next() {
        let is_valid = match byte {
            b'%' => bytes.by_ref().take(2).filter(|byte| byte.is_ascii_hexdigit()).count() == 2,
            _ => NAME.contains(byte),
        };
        if !is_valid {
            return false;
        }
    }
    true
}

/// The unreserved characters and the sub-delimiters of RFC 3986, section 2, except the comma: it joins two
/// values of `Host`, which are not one host.
const NAME: Charset = Charset::alphanumeric_and(b"-._~!$&'()*+;=");
