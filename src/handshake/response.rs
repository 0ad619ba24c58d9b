//! [`Response`]: a response of a server that rejects a request.

use alloc::string::ToString;
use alloc::vec::Vec;
use core::fmt;

use super::fields::Fields;
use super::lines::{HeadKind, HeaderError, is_singleton, push_decimal, push_line};
use super::request_error::RequestError;

/// A final response of a server that does not switch protocols.
///
/// `Content-Length` and `Connection: close` are added when it is written. The connection must end, because
/// bytes after the request may be frames, and must not be read as another request.
///
/// ```
/// use sansocket::server::Response;
///
/// assert_eq!(Response::not_found("there is only /chat\n").status(), 404);
///
/// let headers = [("WWW-Authenticate", "Basic realm=\"chat\"")];
/// let response = Response::new(401, &headers, b"Who are you?")?;
/// assert_eq!(response.status(), 401);
/// # Ok::<(), sansocket::HeaderError>(())
/// ```
#[derive(Clone, Copy)]
pub struct Response<'r> {
    status: u16,
    headers: HeaderSlice<'r>,
    body: &'r [u8],
}

/// The headers of a response.
#[derive(Clone, Copy)]
enum HeaderSlice<'r> {
    Listed(&'r [(&'r str, &'r str)]),
    One([(&'r str, &'r str); 1]),
}

impl<'r> HeaderSlice<'r> {
    const fn as_slice(&self) -> &[(&'r str, &'r str)] {
        match self {
            Self::Listed(fields) => fields,
            Self::One(field) => field,
        }
    }
}

/// Defines a constructor for each status that requires no header.
macro_rules! plain {
    ($($name:ident => $status:literal,)*) => {$(
        #[doc = concat!("Creates a response with status ", $status, " and `text` as its body.")]
        ///
        /// Its type is `text/plain; charset=utf-8`. An empty text has no type.
        ///
        /// ```
        /// use sansocket::server::Response;
        ///
        #[doc = concat!("const RESPONSE: Response<'_> = Response::", stringify!($name), "(\"text\\n\");")]
        #[doc = concat!("assert_eq!(RESPONSE.status(), ", $status, ");")]
        /// ```
        pub const fn $name(text: &'r str) -> Self {
            Self::plain($status, text)
        }
    )*};
}

impl<'r> Response<'r> {
    /// Creates a response from a status, header lines and a body.
    ///
    /// ```
    /// use sansocket::HeaderError;
    /// use sansocket::server::Response;
    ///
    /// assert!(Response::new(302, &[("Location", "https://example.com/login")], b"").is_ok());
    /// assert_eq!(Response::new(302, &[], b"").unwrap_err(), HeaderError::MissingCompanion);
    /// assert_eq!(Response::new(101, &[], b"").unwrap_err(), HeaderError::BadStatus);
    /// ```
    ///
    /// # Errors
    ///
    /// Returns
    ///
    /// * [`HeaderError::BadStatus`] if the status is not from 200 to 599,
    /// * [`HeaderError::MissingCompanion`] if the status requires a header that is missing,
    /// * [`HeaderError::UnexpectedBody`] if the status does not allow a body,
    /// * another [`HeaderError`] if a header is malformed, repeated, or reserved for the handshake.
    pub fn new(
        status: u16,
        headers: &'r [(&'r str, &'r str)],
        body: &'r [u8],
    ) -> Result<Self, HeaderError> {
        // RFC 9110, section 15: 1xx is not final, and nothing is defined beyond 599.
        if !(200..=599).contains(&status) {
            return Err(HeaderError::BadStatus);
        }
        Self { status, headers: HeaderSlice::Listed(headers), body }.checked()
    }

    /// Creates a redirect to another URL, absolute or relative to that of the request (RFC 9110, section 15.4).
    ///
    /// A client follows it if it was told to: browsers never do, for a WebSocket.
    ///
    /// ```
    /// use sansocket::server::Response;
    ///
    /// let response = Response::redirect(307, "wss://example.com/chat")?;
    /// # Ok::<(), sansocket::HeaderError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`HeaderError::BadStatus`] if the status is not 301, 302, 303, 307 or 308, and
    /// [`HeaderError::BadValue`] if the URL is not visible ASCII.
    pub fn redirect(status: u16, location: &'r str) -> Result<Self, HeaderError> {
        if !matches!(status, 301..=303 | 307 | 308) {
            return Err(HeaderError::BadStatus);
        }
        if location.bytes().any(|byte| !byte.is_ascii_graphic()) {
            return Err(HeaderError::BadValue);
        }
        Self { status, headers: HeaderSlice::One([("Location", location)]), body: b"" }.checked()
    }

    /// Creates a 401 with a challenge, such as a [`Demand`](crate::auth::Demand) (RFC 9110, section 11.6.1).
    ///
    /// ```
    /// use sansocket::server::Response;
    ///
    /// let response = Response::unauthorized(r#"Basic realm="chat", charset="UTF-8""#)?;
    /// # Ok::<(), sansocket::HeaderError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`HeaderError::BadValue`] if the challenge contains control characters, or starts or ends with
    /// whitespace.
    pub fn unauthorized(challenge: &'r str) -> Result<Self, HeaderError> {
        let headers = HeaderSlice::One([("WWW-Authenticate", challenge)]);
        Self { status: 401, headers, body: b"" }.checked()
    }

    /// Validates the headers, and that they and the body fit the status.
    fn checked(self) -> Result<Self, HeaderError> {
        let headers = self.headers.as_slice();
        for (at, (name, value)) in headers.iter().enumerate() {
            HeadKind::Rejection.check(name, value)?;
            let others = headers.get(..at).unwrap_or_default();
            if is_singleton(name) && has_header(others, name) {
                return Err(HeaderError::Repeated);
            }
        }
        if companion(self.status).is_some_and(|name| !has_header(headers, name)) {
            return Err(HeaderError::MissingCompanion);
        }
        if !allows_body(self.status) && !self.body.is_empty() {
            return Err(HeaderError::UnexpectedBody);
        }
        Ok(self)
    }

    plain! {
        ok => 200,
        bad_request => 400,
        forbidden => 403,
        not_found => 404,
        unavailable => 503,
    }

    const fn plain(status: u16, text: &'r str) -> Self {
        let headers: &[_] = if text.is_empty() { &[] } else { &[PLAIN] };
        Self { status, headers: HeaderSlice::Listed(headers), body: text.as_bytes() }
    }

    /// Returns the status code.
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// Returns the body.
    pub const fn body(&self) -> &'r [u8] {
        self.body
    }

    /// Returns the head for an HTTP library that speaks HTTP/2 or HTTP/3. The [body](Self::body) follows it.
    ///
    /// `Upgrade` is left out, as these versions forbid it (RFC 9113, section 8.2.2). A `content-length` is added.
    pub fn to_fields(&self) -> Fields {
        let mut fields = Fields::default();
        fields.push(":status", &self.status.to_string());
        for (name, value) in self.headers.as_slice() {
            if !name.eq_ignore_ascii_case("Upgrade") {
                fields.push(&name.to_ascii_lowercase(), value);
            }
        }
        if self.has_length() {
            fields.push("content-length", &self.body.len().to_string());
        }
        fields
    }

    /// RFC 9110, section 8.6: a 204 has no length, and that of a 304 is the length of another response.
    const fn has_length(&self) -> bool {
        !matches!(self.status, 204 | 304)
    }

    /// Appends the response, with or without its body.
    pub(crate) fn encode(&self, answer: Answer, out: &mut Vec<u8>) {
        out.extend_from_slice(b"HTTP/1.1 ");
        push_decimal(out, self.status.into());
        out.push(b' ');
        out.extend_from_slice(reason(self.status).as_bytes());
        out.extend_from_slice(b"\r\n");
        // RFC 9110, section 7.8: `Connection` must list a header `Upgrade`.
        let is_upgrading = has_header(self.headers.as_slice(), "Upgrade");
        push_line(out, "Connection", if is_upgrading { "Upgrade, close" } else { "close" });
        for (name, value) in self.headers.as_slice() {
            push_line(out, name, value);
        }
        if self.has_length() {
            out.extend_from_slice(b"Content-Length: ");
            push_decimal(out, self.body.len());
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(b"\r\n");
        match answer {
            Answer::Whole => out.extend_from_slice(self.body),
            Answer::Head => {}
        }
    }
}

impl fmt::Debug for Response<'_> {
    /// Prints no values, because they may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response").field("status", &self.status).finish_non_exhaustive()
    }
}

/// The part of a response that is sent.
///
/// The response to a `HEAD` request has no body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Head,
    Whole,
}

impl RequestError {
    /// Appends the response with which a server rejects the request, if there is [one](Self::status).
    ///
    /// The response contains nothing beyond the status. End the transport after it.
    pub fn reject(self, out: &mut Vec<u8>) {
        if let Some(response) = self.response() {
            response.encode(Answer::Whole, out);
        }
    }

    /// Appends the response, in which `versions` are those that the server speaks.
    #[cfg(feature = "legacy")]
    pub(crate) fn reject_listing(self, versions: &str, out: &mut Vec<u8>) {
        let Some(response) = self.response() else { return };
        let list = |&(name, value)| (name, if name == VERSION.0 { versions } else { value });
        let headers: Vec<_> = response.headers.as_slice().iter().map(list).collect();
        Response { headers: HeaderSlice::Listed(&headers), ..response }.encode(Answer::Whole, out);
    }

    /// Returns the response for an HTTP library that speaks HTTP/2 or HTTP/3, if there is [one](Self::status).
    pub fn to_fields(self) -> Option<Fields> {
        Some(self.response()?.to_fields())
    }

    /// Returns the response, if there is one.
    pub(crate) fn response(self) -> Option<Response<'static>> {
        let body = self.body().as_bytes();
        Some(Response {
            status: self.status()?,
            headers: HeaderSlice::Listed(self.headers()),
            body,
        })
    }

    /// Returns the body of the response.
    pub(crate) fn body(self) -> &'static str {
        match self.status() {
            // The method may be `HEAD`, whose response has no body (RFC 9110, section 9.3.2).
            Some(405) | None => "",
            Some(status) => reason(status),
        }
    }

    fn headers(self) -> &'static [(&'static str, &'static str)] {
        // RFC 9110, section 15.5.6.
        if self == Self::NotGet {
            return &[("Allow", "GET"), TEXT];
        }
        if self == Self::NotExtendedConnect {
            return &[("Allow", "CONNECT"), TEXT];
        }
        // RFC 9110, section 15.5.22, and section 4.2.2, item 4.
        if self.status() == Some(426) {
            return &[("Upgrade", "websocket"), VERSION, TEXT];
        }
        // Section 4.4: the client may speak another version, so the answer names ours.
        if matches!(self, Self::BadVersion | Self::MissingKey | Self::MissingVersion) {
            return &[VERSION, TEXT];
        }
        &[TEXT]
    }
}

const PLAIN: (&str, &str) = ("Content-Type", "text/plain; charset=utf-8");
const TEXT: (&str, &str) = ("Content-Type", "text/plain");
const VERSION: (&str, &str) = ("Sec-WebSocket-Version", "13");

fn has_header(headers: &[(&str, &str)], name: &str) -> bool {
    headers.iter().any(|(other, _)| other.eq_ignore_ascii_case(name))
}

/// Returns the header that a status requires (RFC 9110, section 15).
const fn companion(status: u16) -> Option<&'static str> {
    match status {
        301..=303 | 305..=399 => Some("Location"),
        401 => Some("WWW-Authenticate"),
        405 => Some("Allow"),
        407 => Some("Proxy-Authenticate"),
        426 => Some("Upgrade"),
        _ => None,
    }
}

/// Returns whether a response with this status may have a body (RFC 9110, section 6.4.1).
const fn allows_body(status: u16) -> bool {
    !matches!(status, 204 | 205 | 304)
}

/// Returns the reason phrase of a status. It may be empty (RFC 9112, section 4).
const fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        410 => "Gone",
        414 => "URI Too Long",
        417 => "Expectation Failed",
        421 => "Misdirected Request",
        426 => "Upgrade Required",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        505 => "HTTP Version Not Supported",
        _ => "",
    }
}

/// Answers a client whose request was not decided in time (RFC 9110, section 15.6.4).
#[cold]
pub(crate) fn respond_unavailable(out: &mut Vec<u8>) {
    const RESPONSE: &[u8] =
        b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    out.extend_from_slice(RESPONSE);
}
