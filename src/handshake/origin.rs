//! A serialized origin (RFC 6454, section 6.2).

use super::host::{Authority, parse_host, parse_port, split_port};
use super::text::{has, split_before};

/// A serialized origin.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Origin<'o> {
    Null,
    Tuple(Tuple<'o>),
}

/// The scheme, the host and the port of an origin.
///
/// Only `http` and `https` require a host. Other schemes may identify the whole application, as `file://`
/// does.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tuple<'o> {
    pub(crate) scheme: &'o str,
    pub(crate) host: &'o str,
    /// `None` for the default port of the scheme.
    pub(crate) port: Option<u16>,
}

/// The part of a text that keeps it from being an origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OriginFault {
    Host,
    Path,
    Port,
    Scheme,
}

impl<'o> Origin<'o> {
    /// Parses an origin as browsers write it.
    pub(crate) fn parse(text: &'o str) -> Result<Self, OriginFault> {
        if text == "null" {
            return Ok(Self::Null);
        }
        let (scheme, rest) = split_before(text, |byte| byte == b':');
        let authority = rest.strip_prefix("://").ok_or(OriginFault::Scheme)?;
        if !is_scheme(scheme) {
            return Err(OriginFault::Scheme);
        }
        if has(authority.as_bytes(), |byte| matches!(byte, b'/' | b'?' | b'#')) {
            return Err(OriginFault::Path);
        }
        Tuple::parse(scheme, authority).map(Self::Tuple)
    }

    /// Returns whether a page of this origin was served by `authority`, with or without TLS.
    pub(crate) fn is_of(&self, authority: &Authority<'_>) -> bool {
        let Self::Tuple(tuple) = self else {
            return false;
        };
        let Some(default) = default_port(tuple.scheme) else {
            return false;
        };
        let port = authority.port().unwrap_or(default);
        Authority::new(tuple.host, None).has_host_of(authority)
            && tuple.port.unwrap_or(default) == port
    }
}

impl<'o> Tuple<'o> {
    fn parse(scheme: &'o str, authority: &'o str) -> Result<Self, OriginFault> {
        let default = default_port(scheme);
        if authority.is_empty() && default.is_none() {
            return Ok(Self { scheme, host: "", port: None });
        }
        let (host, port) = split_port(authority);
        let host = parse_host(host).ok_or(OriginFault::Host)?;
        let port = parse_port(port).ok_or(OriginFault::Port)?;
        Ok(Self { scheme, host, port: port.filter(|port| Some(*port) != default) })
    }
}

/// Returns whether a text is a scheme (RFC 3986, section 3.1).
fn is_scheme(scheme: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    scheme.starts_with(|first: char| first.is_ascii_alphabetic()) && scheme.bytes().all(is_part)
}

fn default_port(scheme: &str) -> Option<u16> {
    [("http", 80), ("https", 443)]
        .into_iter()
        .find_map(|(name, port)| name.eq_ignore_ascii_case(scheme).then_some(port))
}
