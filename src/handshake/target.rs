//! The target of a request (RFC 9112, section 3.2).

use super::host::Authority;
use super::text::split_before;
use super::url::split_authority;

/// A target in origin-form or in absolute-form.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Target<'t> {
    /// The authority of an absolute-form.
    pub(crate) authority: Option<Authority<'t>>,
    /// Path and query.
    resource: &'t str,
}

impl<'t> Target<'t> {
    /// Parses a target.
    ///
    /// Section 4.2.1, item 1, knows `http` and `https` only. Clients also send the URL that they were given,
    /// and all servers accept `ws` and `wss`.
    pub(crate) fn parse(target: &'t str) -> Option<Self> {
        if target.starts_with('/') {
            return Some(Self { authority: None, resource: target });
        }
        let (scheme, rest) = split_before(target, |byte| byte == b':');
        let is_known = SCHEMES.iter().any(|known| known.eq_ignore_ascii_case(scheme));
        let (authority, resource) = split_authority(rest.strip_prefix("://")?);
        let authority = Authority::parse(authority).filter(|_| is_known)?;
        Some(Self { authority: Some(authority), resource })
    }

    /// Returns the path: at least `/`.
    pub(crate) fn path(&self) -> &'t str {
        let (path, _) = split_before(self.resource, |byte| byte == b'?');
        if path.is_empty() { "/" } else { path }
    }

    /// Returns the query, if there is one, even an empty one.
    pub(crate) fn query(&self) -> Option<&'t str> {
        let (_, query) = split_before(self.resource, |byte| byte == b'?');
        query.strip_prefix('?')
    }
}

/// Parses an authority-form, the target of `CONNECT`: a host and a port (RFC 9110, section 9.3.6).
pub(crate) fn parse_tunnel(target: &str) -> Option<Authority<'_>> {
    Authority::parse(target).filter(|authority| authority.port() > Some(0))
}

const SCHEMES: [&str; 4] = ["http", "https", "ws", "wss"];
