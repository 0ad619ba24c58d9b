use core::fmt;
use core::net::Ipv6Addr;

use super::scan::count_while;
use super::token::Charset;

/// A host and maybe a port, as in `Host` or in a URL (RFC 3986, section 3.2).
///
/// The host is not empty, and its grammar is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Authority<'a> {
    host: &'a str,
    port: Option<u16>,
}

impl<'a> Authority<'a> {
    /// The host as it came: an IPv6 address with its brackets.
    pub const fn host(&self) -> &'a str {
        self.host
    }

    /// The port, if one was named.
    pub const fn port(&self) -> Option<u16> {
        self.port
    }

    pub(crate) const fn new(host: &'a str, port: Option<u16>) -> Self {
        Self { host, port }
    }

    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let (host, port) = split_port(text);
        Some(Self { host: parse_host(host)?, port: parse_port(port)? })
    }

    /// Whether both name the same host: case does not matter, nor does the dot of a full name.
    pub(crate) fn is_host_of(&self, other: &Self) -> bool {
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

/// Which hosts a server serves.
///
/// A page whose own name is made to resolve to the address of a server (DNS rebinding) talks to it
/// under that name. A server which lists its names refuses; so does one that is a virtual host of
/// others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Hosts<'p> {
    /// Any host.
    #[default]
    Any,
    /// These, such as `example.com`, `example.com:8080` or `[::1]`.
    ///
    /// A port that is not listed is not served. Ports 80 and 443 go without saying: which of them
    /// is the default is up to TLS, of which the core knows nothing. Behind a proxy which rewrites
    /// `Host`, list what it writes.
    Listed(&'p [&'p str]),
}

impl Hosts<'_> {
    pub(crate) fn allow(&self, authority: &Authority<'_>) -> bool {
        match self {
            Self::Any => true,
            Self::Listed(hosts) => hosts
                .iter()
                .filter_map(|host| Authority::parse(host))
                .any(|host| host.is_host_of(authority) && port_said(&host) == port_said(authority)),
        }
    }
}

fn port_said(authority: &Authority<'_>) -> Option<u16> {
    authority.port.filter(|port| !matches!(port, 80 | 443))
}

/// The host and the port of a text, each as it stands there: the port is empty without a colon.
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

/// RFC 3986, section 3.2.2: an IPv6 address in brackets, or a name.
pub(crate) fn parse_host(host: &str) -> Option<&str> {
    let is_host = match host.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']').is_some_and(is_ipv6),
        None => is_name(host.as_bytes()),
    };
    is_host.then_some(host)
}

/// RFC 3986, section 3.2.3: digits, or nothing. There are 65,536 ports.
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
    let mut bytes = name.iter();
    while let Some(&byte) = bytes.next() {
        let is_valid = match byte {
            b'%' => bytes.by_ref().take(2).filter(|byte| byte.is_ascii_hexdigit()).count() == 2,
            _ => NAME.has(byte),
        };
        if !is_valid {
            return false;
        }
    }
    !name.is_empty()
}

/// The unreserved characters and the sub-delimiters of RFC 3986, section 2, without the comma: two
/// values of `Host` that were joined are not one host.
const NAME: Charset = Charset::alphanumeric_and(b"-._~!$&'()*+;=");
