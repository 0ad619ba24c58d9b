//! [`Hosts`]: the hosts that a server serves.

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::fmt;

use super::host::{Authority, parse_host, parse_port, split_port};

/// The hosts that a server serves (RFC 9110, section 7.4).
///
/// In DNS rebinding, a page makes its own name resolve to the address of a server, and talks to the server
/// under that name. A server that lists its names rejects such requests. A virtual host also rejects
/// requests for the other hosts on its address.
///
/// Clones share one list.
///
/// ```
/// use sansocket::server::{HostError, Hosts, Policy};
///
/// let policy = Policy::new().hosts(Hosts::list(["example.com", "example.com:8080", "[::1]"])?);
/// assert_eq!(Hosts::list(["https://example.com"]), Err(HostError::NotHost(0)));
/// # Ok::<(), HostError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hosts(Option<Arc<[Host]>>);

impl Hosts {
    /// Serves any host. This is the default.
    pub const fn any() -> Self {
        Self(None)
    }

    /// Serves the listed hosts, such as `example.com`, `example.com:8080` or `[::1]`.
    ///
    /// An entry without a port serves ports 80 and 443, as does an entry with one of them. Other ports
    /// must be listed. Behind a proxy that rewrites `Host`, list what the proxy writes.
    ///
    /// # Errors
    ///
    /// Returns [`HostError`] with the position of the first entry that is not a host and an optional port.
    pub fn list<H: AsRef<str>>(hosts: impl IntoIterator<Item = H>) -> Result<Self, HostError> {
        let hosts = hosts.into_iter().enumerate();
        let hosts: Result<_, _> =
            hosts.map(|(position, host)| Host::parse(host.as_ref(), position)).collect();
        Ok(Self(Some(hosts?)))
    }

    /// Returns whether the server serves this host.
    pub(crate) fn allow(&self, authority: &Authority<'_>) -> bool {
        match &self.0 {
            None => true,
            Some(hosts) => hosts.iter().any(|host| host.is(authority)),
        }
    }
}

/// An entry of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Host {
    name: Box<str>,
    /// `None` for ports 80 and 443: TLS decides which one is the default, and the core does not know of TLS.
    port: Option<u16>,
}

impl Host {
    fn parse(text: &str, position: usize) -> Result<Self, HostError> {
        let (name, port) = split_port(text);
        let name =
            parse_host(name).filter(|_| !port.contains('/')).ok_or(HostError::NotHost(position))?;
        let port = parse_port(port).ok_or(HostError::BadPort(position))?;
        // RFC 3986 allows the character, so the entry would match nothing without a word.
        if name.contains('*') {
            return Err(HostError::Wildcard(position));
        }
        Ok(Self { name: name.into(), port: port.filter(|port| !is_default(*port)) })
    }

    fn is(&self, authority: &Authority<'_>) -> bool {
        let host = Authority::new(&self.name, self.port);
        host.has_host_of(authority)
            && self.port == authority.port().filter(|port| !is_default(*port))
    }
}

const fn is_default(port: u16) -> bool {
    matches!(port, 80 | 443)
}

/// The error of an entry in a list of hosts, with the position of the entry, from 0.
///
/// ```
/// use sansocket::server::{HostError, Hosts};
///
/// let error = Hosts::list(["example.com", "example.com:http"]).unwrap_err();
/// assert_eq!(error, HostError::BadPort(1));
/// assert_eq!(error.to_string(), "entry 1 of the hosts has a port that is not from 0 to 65535");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HostError {
    /// The port is not a number from 0 to 65,535.
    BadPort(usize),
    /// The entry is not a host: it has a scheme, a path or a user, or is empty.
    NotHost(usize),
    /// The host contains a `*`. List each host instead.
    Wildcard(usize),
}

impl fmt::Display for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadPort(position) => {
                write!(f, "entry {position} of the hosts has a port that is not from 0 to 65535")
            }
            Self::NotHost(position) => {
                write!(f, "entry {position} of the hosts is not a host: write example.com:8080")
            }
            Self::Wildcard(position) => {
                write!(f, "entry {position} of the hosts has a wildcard: list each host")
            }
        }
    }
}

impl core::error::Error for HostError {}
