//! [`ProxyFault`]: what a proxy does wrong or refuses.

use core::fmt;

use crate::handshake::client::ResponseError;

/// What a proxy does wrong or refuses, apart from an HTTP status.
///
/// ```
/// use sansocket::connect::ProxyFault;
///
/// assert_eq!(ProxyFault::Reply(5).to_string(), "SOCKS proxy: connection refused");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProxyFault {
    /// The proxy sent bytes before TLS was started. They would pass for bytes of the target.
    BeforeTls,
    /// The SOCKS proxy wants a way to log in that we do not have.
    NoMethod,
    /// The SOCKS proxy rejected the user or the password.
    LoginRejected,
    /// The bytes are not those of a SOCKS5 proxy.
    Malformed,
    /// The name of the target has more than 255 bytes, which SOCKS5 cannot carry.
    NameTooLong,
    /// The SOCKS proxy did not connect, for this reason (RFC 1928, section 6).
    Reply(u8),
    /// The response of the HTTP proxy is malformed or exceeds a limit.
    Response(ResponseError),
}

impl ProxyFault {
    /// Returns whether another attempt may succeed.
    pub(crate) const fn is_temporary(self) -> bool {
        // General failure, network or host unreachable, refused, time exceeded.
        matches!(self, Self::Reply(1 | 3..=6))
    }
}

impl fmt::Display for ProxyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BeforeTls => "proxy sent bytes before TLS was started",
            Self::NoMethod => "SOCKS proxy wants another way to log in",
            Self::LoginRejected => "SOCKS proxy rejected the user or the password",
            Self::Malformed => "proxy does not speak SOCKS5",
            Self::NameTooLong => "name of the target is too long for SOCKS5",
            Self::Reply(code) => return write!(f, "SOCKS proxy: {}", reason(*code)),
            Self::Response(error) => return write!(f, "response of the proxy: {error}"),
        })
    }
}

impl core::error::Error for ProxyFault {}

/// RFC 1928, section 6.
const fn reason(code: u8) -> &'static str {
    match code {
        1 => "general failure",
        2 => "connection not allowed",
        3 => "network unreachable",
        4 => "host unreachable",
        5 => "connection refused",
        6 => "TTL expired",
        7 => "command not supported",
        8 => "address type not supported",
        _ => "unknown failure",
    }
}
