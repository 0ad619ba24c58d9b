//! [`Peer`]: one of the two servers on the way.

use core::fmt;

/// One of the two servers on the way.
///
/// ```
/// use sansocket::connect::Peer;
///
/// assert_eq!(Peer::Target.to_string(), "server");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// The proxy.
    Proxy,
    /// The server that the URL names.
    Target,
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Proxy => "proxy",
            Self::Target => "server",
        })
    }
}
