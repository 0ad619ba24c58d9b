//! The target of a redirect: `Location`, resolved against the URL of the request (RFC 3986, section 5.2).

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::handshake::text::{has, split_before};
use crate::handshake::url::split_authority;
use crate::handshake::{Url, UrlError, UrlPolicy};

/// Returns the text of the URL to which a reference leads. Its scheme is `ws`, `wss`, `http` or `https`.
///
/// # Errors
///
/// Returns the error of [`Url::parse`] if it is not the URL of a WebSocket.
pub(crate) fn resolve(base: Url<'_>, reference: &str) -> Result<String, UrlError> {
    // A line end or a space would become a part of the next request.
    if has(reference.as_bytes(), |byte| !byte.is_ascii_graphic()) {
        return Err(UrlError::BadCharacter);
    }
    // RFC 9110, section 10.2.2: the fragment is for whoever shows the result.
    let (reference, _) = split_before(reference, |byte| byte == b'#');
    let text = join(base, reference)?;
    Url::parse_with(&text, POLICY).map(|url| url.to_string())
}

/// Joins a reference and the parts of the base that it leaves out (RFC 3986, section 5.2.2).
fn join(base: Url<'_>, reference: &str) -> Result<String, UrlError> {
    let scheme = if base.is_secure() { "wss" } else { "ws" };
    if let Some((scheme, rest)) = split_scheme(reference) {
        let rest = rest.strip_prefix("//").ok_or(UrlError::BadScheme)?;
        return Ok(with_clean_path(scheme, rest));
    }
    if let Some(rest) = reference.strip_prefix("//") {
        return Ok(with_clean_path(scheme, rest));
    }
    let (path, query) = split_before(reference, |byte| byte == b'?');
    let path = match path {
        "" => base.path().to_string(),
        path if path.starts_with('/') => remove_dot_segments(path),
        path => remove_dot_segments(&merge(base.path(), path)),
    };
    // A reference without a path and a query has those of the base.
    let query = match (reference, base.query()) {
        ("", Some(query)) => format!("?{query}"),
        _ => query.to_string(),
    };
    Ok(format!("{scheme}://{}{path}{query}", base.authority()))
}

/// Splits a reference at the colon of its scheme (RFC 3986, section 3.1).
fn split_scheme(reference: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = split_before(reference, |byte| matches!(byte, b':' | b'/' | b'?'));
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic());
    rest.strip_prefix(':').filter(|_| is_scheme).map(|rest| (scheme, rest))
}

/// Writes an absolute reference whose authority starts `rest`.
fn with_clean_path(scheme: &str, rest: &str) -> String {
    let (authority, resource) = split_authority(rest);
    let (path, query) = split_before(resource, |byte| byte == b'?');
    format!("{scheme}://{authority}{}{query}", remove_dot_segments(path))
}

/// Replaces what follows the last slash (RFC 3986, section 5.2.3).
fn merge(base: &str, path: &str) -> String {
    let folder = base.rfind('/').and_then(|slash| base.get(..=slash)).unwrap_or("/");
    [folder, path].concat()
}

/// Resolves `.` and `..` in a path that starts with a slash (RFC 3986, section 5.2.4).
fn remove_dot_segments(path: &str) -> String {
    let Some(rest) = path.strip_prefix('/') else { return path.to_string() };
    let mut kept = Vec::new();
    let mut segments = rest.split('/').peekable();
    while let Some(segment) = segments.next() {
        match segment {
            "." | ".." => {
                if segment == ".." {
                    kept.pop();
                }
                // What remains of a last dot segment is the slash before it.
                if segments.peek().is_none() {
                    kept.push("");
                }
            }
            segment => kept.push(segment),
        }
    }
    format!("/{}", kept.join("/"))
}

/// `http` and `https` stand for `ws` and `wss`, since servers redirect without knowing who asks.
const POLICY: UrlPolicy = UrlPolicy::new().allow_http(true);
