//! [`Fields`]: a head of HTTP/2 or HTTP/3, as a list of fields.
//!
//! An HTTP library delivers such a head as a list. It is encoded as a head of HTTP/1.1 here, so that the same
//! parser, limits and rules hold for both. This file contains what differs.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::head_error::HeadError;
use super::host::Authority;
use super::request_error::RequestError;
use super::text::is_control;
use super::token::is_token;

/// The head of a request or a response of HTTP/2 or HTTP/3, for the HTTP library that sends it.
///
/// Names are in lower case. Those of pseudo-header fields, such as `:path`, start with a colon and come first
/// (RFC 9113, section 8.3). `Debug` prints names only, because values may be secret.
///
/// ```
/// use sansocket::{Url, client};
///
/// let request = client::Request::new(Url::parse("wss://example.com/chat?room=1")?);
/// let (fields, _) = request.into_fields();
/// let fields: Vec<_> = fields.iter().collect();
/// assert_eq!(fields[..2], [(":method", &b"CONNECT"[..]), (":protocol", b"websocket")]);
/// assert_eq!(fields[2..4], [(":scheme", &b"https"[..]), (":authority", b"example.com")]);
/// assert_eq!(fields[4..], [(":path", &b"/chat?room=1"[..]), ("sec-websocket-version", b"13")]);
/// # Ok::<(), sansocket::UrlError>(())
/// ```
#[derive(Clone, Default)]
pub struct Fields {
    /// A line `name: value` for each field.
    lines: String,
}

impl Fields {
    /// Returns all names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> + Clone {
        self.pairs().map(|(name, value)| (name, value.as_bytes()))
    }

    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> + Clone {
        self.lines.lines().filter_map(|line| line.split_once(": "))
    }

    /// Adds a field whose name is in lower case.
    pub(crate) fn push(&mut self, name: &str, value: &str) {
        for part in [name, ": ", value, "\n"] {
            self.lines.push_str(part);
        }
    }

    /// Adds header lines of HTTP/1.1.
    pub(crate) fn push_lines(&mut self, lines: &[u8]) {
        let lines = str::from_utf8(lines).unwrap_or_default().split("\r\n");
        for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
            // RFC 9113, section 8.2.1: names are in lower case.
            self.push(&name.to_ascii_lowercase(), value);
        }
    }
}

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.pairs().map(|(name, _)| name)).finish()
    }
}

/// Encodes the fields of an extended CONNECT (RFC 8441, section 4) as the head of a `GET`.
pub(crate) fn encode_request<N: AsRef<[u8]>, V: AsRef<[u8]>>(
    fields: impl IntoIterator<Item = (N, V)>,
) -> Result<Vec<u8>, RequestError> {
    let names = [":method", ":protocol", ":scheme", ":authority", ":path"];
    let ([method, protocol, scheme, authority, path], lines) = read(fields, names)?;
    // RFC 9110, section 9.3.6: a CONNECT without `:protocol` asks for a tunnel.
    let Some(protocol) = protocol.filter(|_| method.as_deref() == Some(b"CONNECT")) else {
        return Err(RequestError::NotExtendedConnect);
    };
    // RFC 9110, section 7.8: names of protocols ignore case.
    if !protocol.eq_ignore_ascii_case(b"websocket") {
        return Err(RequestError::UnsupportedProtocol);
    }
    if !matches!(scheme.as_deref(), Some(b"http" | b"https")) {
        return Err(RequestError::BadTarget);
    }
    let path = path.filter(|path| path.first() == Some(&b'/')).ok_or(RequestError::BadTarget)?;
    if !path.iter().all(u8::is_ascii_graphic) {
        return Err(RequestError::BadTarget);
    }
    let host = lines.host(authority)?;
    let lines = lines.finish();
    let mut head = Vec::with_capacity(path.len() + lines.len() + AROUND);
    head.extend_from_slice(b"GET ");
    head.extend_from_slice(&path);
    head.extend_from_slice(b" HTTP/1.1\r\n");
    push_parts(&mut head, b"host", &host);
    head.extend_from_slice(&lines);
    head.extend_from_slice(b"\r\n");
    Ok(head)
}

/// Encodes the fields of a response as a head of HTTP/1.1.
pub(crate) fn encode_response<N: AsRef<[u8]>, V: AsRef<[u8]>>(
    fields: impl IntoIterator<Item = (N, V)>,
) -> Result<Vec<u8>, HeadError> {
    let ([status], lines) = read(fields, [":status"])?;
    let lines = lines.finish();
    // The parser of the head wants three of them.
    let status = status.filter(|digits| digits.iter().all(u8::is_ascii_digit));
    let mut head = Vec::with_capacity(lines.len() + AROUND);
    head.extend_from_slice(b"HTTP/1.1 ");
    head.extend_from_slice(&status.ok_or(HeadError::BadStartLine)?);
    head.extend_from_slice(b" \r\n");
    head.extend_from_slice(&lines);
    head.extend_from_slice(b"\r\n");
    Ok(head)
}

/// The values of pseudo-header fields, and the header lines of the other fields.
type Parts<const COUNT: usize> = ([Option<Vec<u8>>; COUNT], Lines);

/// Reads all fields. `names` are those of the pseudo-header fields that the head may have.
fn read<const COUNT: usize, N: AsRef<[u8]>, V: AsRef<[u8]>>(
    fields: impl IntoIterator<Item = (N, V)>,
    names: [&str; COUNT],
) -> Result<Parts<COUNT>, HeadError> {
    let (mut values, mut lines) = ([const { None }; COUNT], Lines::default());
    for (name, value) in fields {
        let (name, value) = (name.as_ref(), value.as_ref());
        if !name.starts_with(b":") {
            lines.push(name, value)?;
            continue;
        }
        let place = names.iter().position(|known| known.as_bytes() == name);
        let place = place.and_then(|place| values.get_mut(place)).ok_or(HeadError::BadField)?;
        // RFC 9113, section 8.3: each at most once, and before all others.
        if place.is_some() || !lines.is_empty() {
            return Err(HeadError::BadField);
        }
        *place = Some(value.to_vec());
    }
    Ok((values, lines))
}

/// Header lines, made from fields.
#[derive(Default)]
struct Lines {
    lines: Vec<u8>,
    cookies: Option<Vec<u8>>,
    host: Option<Vec<u8>>,
}

impl Lines {
    fn push(&mut self, name: &[u8], value: &[u8]) -> Result<(), HeadError> {
        check_field(name, value)?;
        match (name, &mut self.cookies) {
            // RFC 9113, section 8.2.3: one line may arrive as several fields.
            (b"cookie", Some(cookies)) => {
                cookies.extend_from_slice(b"; ");
                cookies.extend_from_slice(value);
            }
            (b"cookie", cookies) => *cookies = Some(value.to_vec()),
            (b"host", _) if self.host.is_none() => self.host = Some(value.to_vec()),
            _ => push_parts(&mut self.lines, name, value),
        }
        Ok(())
    }

    fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.cookies.is_none() && self.host.is_none()
    }

    /// Returns the host of a request, which `:authority` names, or `host`.
    fn host(&self, authority: Option<Vec<u8>>) -> Result<Vec<u8>, RequestError> {
        // RFC 9113, section 8.3.1: both are the same.
        let host = match (authority, self.host.clone()) {
            (Some(authority), Some(host)) if !host.eq_ignore_ascii_case(&authority) => {
                return Err(RequestError::BadHost);
            }
            (authority, host) => authority.or(host).ok_or(RequestError::MissingHost)?,
        };
        let is_valid = str::from_utf8(&host).is_ok_and(|host| Authority::parse(host).is_some());
        if is_valid { Ok(host) } else { Err(RequestError::BadHost) }
    }

    fn finish(mut self) -> Vec<u8> {
        if let Some(cookies) = self.cookies {
            push_parts(&mut self.lines, b"cookie", &cookies);
        }
        self.lines
    }
}

fn push_parts(lines: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    for part in [name, b": ", value, b"\r\n"] {
        lines.extend_from_slice(part);
    }
}

/// Validates what the parser of HTTP/1.1 would not, or would take for something else.
fn check_field(name: &[u8], value: &[u8]) -> Result<(), HeadError> {
    // RFC 9113, section 8.2.1: lower case.
    if !is_token(name) || name.iter().any(u8::is_ascii_uppercase) {
        return Err(HeadError::BadField);
    }
    // RFC 9113, section 8.2.2: what belongs to a connection of HTTP/1.1.
    let is_foreign = FOREIGN.iter().any(|foreign| foreign.as_bytes() == name);
    if is_foreign || name == b"te" && value != b"trailers" {
        return Err(HeadError::BadField);
    }
    if value.iter().copied().any(is_control) {
        return Err(HeadError::ControlCharacter);
    }
    Ok(())
}

const FOREIGN: [&str; 5] =
    ["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"];

/// Room for the first line and the host.
const AROUND: usize = 128;
