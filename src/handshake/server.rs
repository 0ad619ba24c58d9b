//! The server's side of the opening handshake (section 4.2).
//!
//! A `Handshake` receives bytes until it has a [`Request`]. A [`Policy`] may reject the request. Otherwise the
//! application looks at it, and accepts or rejects it.

#[cfg(feature = "deflate")]
use alloc::string::ToString;
use alloc::vec::Vec;
use core::mem;

use super::accept::Key;
use super::content_length::content_length;
use super::extension::Extension;
use super::fields::{Fields, encode_request};
use super::head::HeadSearch;
use super::head_error::HeadError;
use super::headers::Headers;
use super::host::Authority;
pub use super::hosts::{HostError, Hosts};
use super::limits::HandshakeLimits;
use super::lines::{HeadKind, HeaderError, HeaderLines, push_line};
use super::list::{List, Malformed};
use super::name::KnownName;
use super::negotiated::Negotiated;
pub use super::origins::{OriginError, Origins};
pub use super::policy::Policy;
pub use super::request_error::RequestError;
use super::request_line::RequestLine;
use super::response::Answer;
pub use super::response::Response;
pub(crate) use super::response::respond_unavailable;
use super::target::{Target, parse_tunnel};
use super::text::ascii;
use super::token::is_token;
use super::version::parse_version;
#[cfg(feature = "legacy")]
use super::versions::is_old;
#[cfg(feature = "deflate")]
use crate::deflate::{Agreement, Compression, Parameters};

/// An opening handshake that waits for its request.
#[derive(Debug)]
pub(crate) struct Handshake {
    search: HeadSearch<RequestLine>,
}

/// A complete request.
#[derive(Debug)]
pub(crate) enum Received {
    NotUpgrade(Head),
    Request(Request),
}

impl Handshake {
    /// Creates a handshake that has received nothing.
    pub(crate) fn new() -> Self {
        Self { search: HeadSearch::new() }
    }

    /// Continues with all bytes received so far. Returns the request, and how many bytes were used.
    ///
    /// A request without an upgrade uses no bytes, so that an HTTP server can read it. Bytes after the
    /// request are frames, to be read once the request is accepted.
    ///
    /// # Errors
    ///
    /// Returns the reason to reject the request. [`RequestError::reject`] writes the response. None of the
    /// bytes can be trusted.
    pub(crate) fn receive(
        &mut self,
        bytes: &[u8],
        policy: &Policy,
    ) -> Result<Option<(usize, Received)>, RequestError> {
        let Some((len, head)) = self.receive_head(bytes, &policy.limits)? else { return Ok(None) };
        // RFC 9110, section 7.8: a request without `Upgrade` is plain HTTP.
        if !head.headers.has(KnownName::Upgrade) {
            head.check_routing(policy)?;
            return Ok(Some((0, Received::NotUpgrade(head))));
        }
        let key = head.check_upgrade_request(policy)?;
        Ok(Some((len, Received::Request(Request::new(head, Form::Upgrade(key))))))
    }

    /// Continues with all bytes received so far. Returns the length of the head, and the head, of which nothing
    /// but its grammar is validated.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`receive`](Self::receive) that concern the grammar and the limits.
    pub(crate) fn receive_head(
        &mut self,
        bytes: &[u8],
        limits: &HandshakeLimits,
    ) -> Result<Option<(usize, Head)>, RequestError> {
        let Some(found) = self.search.advance(bytes, limits)? else { return Ok(None) };
        Ok(Some((found.len, Head { headers: found.headers, line: found.line })))
    }
}

/// The head of a request that does not ask for an upgrade.
///
/// The head is validated as far as an HTTP server needs it to route the request: the grammar, the limits,
/// the target, `Host` and the [hosts of the policy](Policy::hosts), and the length of the body. Other
/// headers, the [origin](Policy::origins) and the body are not checked.
///
/// ```
/// use sansocket::server::Response;
/// use sansocket::{Connection, HeaderError};
///
/// /// Serves the page that opens the WebSocket.
/// fn serve(connection: &mut Connection) -> Result<(), HeaderError> {
///     match connection.head().map(|head| (head.method(), head.target())) {
///         Some(("GET", "/")) => {
///             let page = Response::new(200, &[("Content-Type", "text/html")], b"<script>")?;
///             connection.reject(page);
///         }
///         _ => connection.require_upgrade(),
///     }
///     Ok(())
/// }
/// # use sansocket::{Config, Event, Input, Timestamp};
/// # let (mut input, now) = (Input::new(vec![0; 1024]), Timestamp::default());
/// # let connection = Connection::server(Config::new().shared(), now);
/// # let mut connection = connection.with_read_ahead(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
/// # assert_eq!(connection.next_event(&mut input), Some(Event::NotUpgrade));
/// # serve(&mut connection)?;
/// # assert!(connection.transmit().ends_with(b"\r\n\r\n<script>"));
/// # Ok::<(), HeaderError>(())
/// ```
#[derive(Debug)]
pub struct Head {
    headers: Headers,
    line: RequestLine,
}

impl Head {
    /// Returns the method, such as `GET`.
    pub fn method(&self) -> &str {
        self.headers.text_at(self.line.method)
    }

    /// Returns the target as received.
    pub fn target(&self) -> &str {
        self.headers.text_at(self.line.target)
    }

    /// Returns the host and port of the target if it has them, or those of `Host`.
    ///
    /// Returns `None` for an HTTP/1.0 request that names no host.
    pub fn authority(&self) -> Option<Authority<'_>> {
        let target = match self.method() {
            "CONNECT" => parse_tunnel(self.target()),
            _ => Target::parse(self.target()).and_then(|target| target.authority),
        };
        let host = || self.headers.all(KnownName::Host).next().and_then(ascii);
        target.or_else(|| host().and_then(Authority::parse))
    }

    /// Returns the headers in order.
    pub const fn headers(&self) -> &Headers {
        &self.headers
    }

    /// Answers the request with `response`.
    pub(crate) fn reject(&self, response: Response<'_>, out: &mut Vec<u8>) {
        // RFC 9110, section 9.3.2: the response to a `HEAD` has no body.
        let answer = if self.method() == "HEAD" { Answer::Head } else { Answer::Whole };
        response.encode(answer, out);
    }

    /// Answers the request with 426 (Upgrade Required).
    pub(crate) fn require_upgrade(self, out: &mut Vec<u8>) {
        if let Some(response) = RequestError::MissingUpgrade.response() {
            self.reject(response, out);
        }
    }
}

/// A valid opening handshake of a client, to be accepted or rejected.
///
/// The client sends no frames until then (section 4.1).
///
/// ```
/// use sansocket::server::Response;
/// use sansocket::{Connection, HeaderError};
///
/// /// Accepts requests for `/chat`.
/// fn answer(connection: &mut Connection) -> Result<(), HeaderError> {
///     let Some(request) = connection.request() else { return Ok(()) };
///     if request.path() != "/chat" {
///         connection.reject(Response::not_found(""));
///         return Ok(());
///     }
///     if request.protocols().any(|name| name == "v2") {
///         request.select_protocol("v2")?;
///     }
///     connection.accept();
///     Ok(())
/// }
/// # use sansocket::{Config, Event, Input, Timestamp};
/// # const REQUEST: &[u8] = b"GET /chat?room=1 HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\n\
/// #     Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
/// #     Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: v1, v2\r\n\r\n";
/// # let (mut input, now) = (Input::new(vec![0; 1024]), Timestamp::default());
/// # let mut connection = Connection::server(Config::new().shared(), now).with_read_ahead(REQUEST);
/// # assert_eq!(connection.next_event(&mut input), Some(Event::Request));
/// # answer(&mut connection)?;
/// # let head = String::from_utf8_lossy(connection.transmit()).into_owned();
/// # assert!(head.contains("\r\nSec-WebSocket-Protocol: v2\r\n"));
/// # Ok::<(), HeaderError>(())
/// ```
#[derive(Debug)]
#[must_use]
pub struct Request {
    head: Head,
    form: Form,
    /// The position of the selected subprotocol in the offer.
    protocol: Option<usize>,
    /// The agreement on compression, and the parameters of the answer.
    #[cfg(feature = "deflate")]
    deflate: Option<(Agreement, Parameters, Compression)>,
    lines: HeaderLines,
}

impl Request {
    /// Selects one of the subprotocols that the client [offered](Self::protocols). Default: none.
    ///
    /// ```
    /// use sansocket::HeaderError;
    /// # use sansocket::{Config, Connection, Event, Input, Timestamp};
    /// # const REQUEST: &[u8] = b"GET /chat?room=1 HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\n\
    /// #     Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    /// #     Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: v1, v2\r\n\r\n";
    /// # let (mut input, now) = (Input::new(vec![0; 1024]), Timestamp::default());
    /// # let mut connection = Connection::server(Config::new().shared(), now).with_read_ahead(REQUEST);
    /// # assert_eq!(connection.next_event(&mut input), Some(Event::Request));
    /// # let request = connection.request().unwrap();
    ///
    /// assert!(request.protocols().eq(["v1", "v2"]));
    /// assert_eq!(request.select_protocol("v3"), Err(HeaderError::NotOffered));
    /// request.select_protocol("v2")?;
    /// assert_eq!(request.protocol(), Some("v2"));
    /// # Ok::<(), HeaderError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`HeaderError::NotOffered`] if the client did not offer exactly this name (section 4.2.2,
    /// item 4).
    pub fn select_protocol(&mut self, name: &str) -> Result<(), HeaderError> {
        let position = self.protocols().position(|offered| offered == name);
        self.protocol = Some(position.ok_or(HeaderError::NotOffered)?);
        Ok(())
    }

    /// Accepts the first permessage-deflate offer that `compression` allows (RFC 7692, section 5.1).
    ///
    /// Returns `None` if there is no such offer. Without this call, messages are not compressed.
    #[cfg(feature = "deflate")]
    pub fn compress(&mut self, compression: &Compression) -> Option<Agreement> {
        let agreed = compression.agree(self.extensions());
        self.deflate = agreed.map(|(agreement, answer)| (agreement, answer, *compression));
        self.agreement()
    }

    /// Returns the agreement that [`compress`](Self::compress) made.
    #[cfg(feature = "deflate")]
    pub fn agreement(&self) -> Option<Agreement> {
        self.deflate.map(|(agreement, ..)| agreement)
    }

    /// Validates a request that an HTTP library received over HTTP/2 or HTTP/3: an extended CONNECT, given as
    /// the fields of its head (RFC 8441, section 4, and RFC 9220).
    ///
    /// Pseudo-header fields, such as `:path`, come first. The other rules are those for a request that is
    /// received as bytes, except that there is no key.
    ///
    /// ```
    /// use sansocket::server::{Policy, Request, RequestError};
    ///
    /// let fields = [
    ///     (":method", "CONNECT"),
    ///     (":protocol", "websocket"),
    ///     (":scheme", "https"),
    ///     (":authority", "example.com"),
    ///     (":path", "/chat"),
    ///     ("sec-websocket-version", "13"),
    /// ];
    /// let request = Request::from_fields(fields, &Policy::new())?;
    /// assert_eq!(request.path(), "/chat");
    /// let (answer, _negotiated) = request.accept_fields();
    /// assert_eq!(answer.iter().next(), Some((":status", &b"200"[..])));
    ///
    /// let error = Request::from_fields([(":method", "CONNECT")], &Policy::new()).unwrap_err();
    /// assert_eq!(error, RequestError::NotExtendedConnect);
    /// # Ok::<(), RequestError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the reason to reject the request. [`RequestError::to_fields`] is the response.
    pub fn from_fields<N: AsRef<[u8]>, V: AsRef<[u8]>>(
        fields: impl IntoIterator<Item = (N, V)>,
        policy: &Policy,
    ) -> Result<Self, RequestError> {
        let bytes = encode_request(fields)?;
        let found = HeadSearch::new().advance(&bytes, &policy.limits)?;
        let found = found.ok_or(HeadError::Incomplete)?;
        let head = Head { headers: found.headers, line: found.line };
        head.check_extended_connect(policy)?;
        Ok(Self::new(head, Form::ExtendedConnect))
    }

    /// Accepts the request: returns the head that the HTTP library sends, and the result of the negotiation.
    ///
    /// Open a [`Connection`](crate::Connection::open_server) over the stream with that result.
    pub fn accept_fields(self) -> (Fields, Negotiated) {
        let mut fields = Fields::default();
        let status = match self.form {
            Form::Upgrade(_) => "101",
            Form::ExtendedConnect => "200",
        };
        fields.push(":status", status);
        let mut lines = Vec::new();
        let negotiated = self.append_lines(&mut lines);
        fields.push_lines(&lines);
        (fields, negotiated)
    }

    /// Adds a header line to the response that [accepts](crate::Connection::accept) the request.
    ///
    /// ```
    /// # use sansocket::{Config, Connection, Event, Input, Timestamp};
    /// # const REQUEST: &[u8] = b"GET /chat?room=1 HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\n\
    /// #     Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    /// #     Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: v1, v2\r\n\r\n";
    /// # let (mut input, now) = (Input::new(vec![0; 1024]), Timestamp::default());
    /// # let mut connection = Connection::server(Config::new().shared(), now).with_read_ahead(REQUEST);
    /// # assert_eq!(connection.next_event(&mut input), Some(Event::Request));
    /// # let request = connection.request().unwrap();
    ///
    /// request.add_header("Set-Cookie", "session=4711; Secure; HttpOnly")?;
    /// connection.accept();
    /// let head = String::from_utf8_lossy(connection.transmit()).into_owned();
    /// assert!(head.contains("\r\nSet-Cookie: session=4711; Secure; HttpOnly\r\n"));
    /// # Ok::<(), sansocket::HeaderError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`HeaderError`] if the line is malformed, repeated, or reserved for the handshake. The
    /// response is unchanged.
    pub fn add_header(&mut self, name: &str, value: &str) -> Result<(), HeaderError> {
        self.lines.add(HeadKind::Switch, name, value)
    }

    /// Accepts the request: appends the 101 to `out`. Returns the result of the negotiation.
    ///
    /// If `out` has no memory yet, it gets that of the headers.
    pub(crate) fn accept(mut self, out: &mut Vec<u8>) -> Negotiated {
        let expected = List::new(self.headers().all(KnownName::Expect)).next().is_some();
        // The name of the subprotocol lies in the headers.
        if out.capacity() == 0 && self.protocol.is_none() {
            *out = mem::take(&mut self.head.headers).into_memory(MOST_REUSED);
        }
        // RFC 9110, section 7.8: the client expects a 100 before the 101.
        if expected {
            out.extend_from_slice(b"HTTP/1.1 100 Continue\r\n\r\n");
        }
        self.switch(out)
    }

    /// Rejects the request: appends `response` to `out`.
    pub(crate) fn reject(self, response: Response<'_>, out: &mut Vec<u8>) {
        response.encode(Answer::Whole, out);
    }

    /// Returns the target as received, without decoding.
    pub fn target(&self) -> &str {
        self.head.target()
    }

    /// Returns the path of the target: at least `/`.
    pub fn path(&self) -> &str {
        self.parts().path()
    }

    /// Returns the query of the target, if it has one, even an empty one.
    pub fn query(&self) -> Option<&str> {
        self.parts().query()
    }

    /// Returns the host and port of the target if it has them, or those of `Host`.
    pub fn authority(&self) -> Authority<'_> {
        self.head.authority().unwrap_or(const { Authority::new("", None) })
    }

    /// Returns the origin of the page that opens the connection, if a browser sent the request (section
    /// 10.2).
    pub fn origin(&self) -> Option<&str> {
        let origin = self.headers().all(KnownName::Origin).next();
        #[cfg(feature = "legacy")]
        let origin = origin.or_else(|| self.head.old_origins().first().copied());
        origin.and_then(ascii)
    }

    /// Returns the version of the protocol that the client speaks.
    ///
    /// It is 13, or an older one that the [policy](Policy::versions) lists.
    #[cfg(feature = "legacy")]
    pub fn version(&self) -> u8 {
        let version = self.headers().all(KnownName::Version).next();
        version.and_then(parse_version).unwrap_or(13)
    }

    /// Returns the subprotocols that the client offers, in order of preference. All differ.
    pub fn protocols(&self) -> impl Iterator<Item = &str> {
        List::new(self.headers().all(KnownName::Protocol)).tokens().flatten()
    }

    /// Returns the subprotocol that was [selected](Self::select_protocol).
    pub fn protocol(&self) -> Option<&str> {
        self.protocols().nth(self.protocol?)
    }

    /// Returns the extensions that the client offers, in order of preference.
    pub fn extensions(&self) -> impl Iterator<Item = Extension<'_>> {
        Extension::parse_all(self.headers().all(KnownName::Extensions)).flatten()
    }

    /// Returns the headers in order.
    pub const fn headers(&self) -> &Headers {
        self.head.headers()
    }

    /// Returns the value of the first header with this name.
    pub fn header<'h>(&'h self, name: &'h str) -> Option<&'h [u8]> {
        self.headers().value(name)
    }

    /// Appends the 101.
    fn switch(&self, out: &mut Vec<u8>) -> Negotiated {
        out.reserve(SWITCH.len() + UPGRADE.len() + self.rest() + self.lines.as_bytes().len());
        out.extend_from_slice(SWITCH);
        let negotiated = self.append_lines(out);
        out.extend_from_slice(b"\r\n");
        negotiated
    }

    /// Returns about how many bytes follow the first header lines, apart from those of the application.
    const fn rest(&self) -> usize {
        #[cfg(feature = "deflate")]
        if self.deflate.is_some() {
            return CHOICES;
        }
        if self.protocol.is_some() { CHOICES } else { ACCEPT }
    }

    /// Appends the header lines of the response.
    fn append_lines(&self, out: &mut Vec<u8>) -> Negotiated {
        if let Form::Upgrade(key) = self.form {
            out.extend_from_slice(UPGRADE);
            // Section 4.2.2, item 5.4.
            out.extend_from_slice(&key.accept());
            out.extend_from_slice(b"\r\n");
        }
        // Item 5.5.
        if let Some(protocol) = self.protocol() {
            push_line(out, "Sec-WebSocket-Protocol", protocol);
        }
        #[cfg(feature = "deflate")]
        if let Some((_, answer, _)) = &self.deflate {
            push_line(out, "Sec-WebSocket-Extensions", &answer.to_string());
        }
        out.extend_from_slice(self.lines.as_bytes());
        self.negotiated()
    }

    fn negotiated(&self) -> Negotiated {
        let negotiated = match self.form {
            Form::Upgrade(_) => Negotiated::new(),
            Form::ExtendedConnect => Negotiated::new().over_stream(),
        };
        #[cfg(feature = "deflate")]
        if let Some((agreement, _, compression)) = self.deflate {
            return negotiated.with_compression(agreement, compression);
        }
        negotiated
    }

    fn new(head: Head, form: Form) -> Self {
        Self {
            head,
            form,
            protocol: None,
            #[cfg(feature = "deflate")]
            deflate: None,
            lines: HeaderLines::default(),
        }
    }

    fn parts(&self) -> Target<'_> {
        Target::parse(self.target()).unwrap_or_default()
    }
}

/// The form of an opening handshake.
#[derive(Clone, Copy, Debug)]
enum Form {
    /// An upgrade of HTTP/1.1 (section 4).
    Upgrade(Key),
    /// An extended CONNECT of HTTP/2 or HTTP/3 (RFC 8441).
    ExtendedConnect,
}

/// The rules for plain HTTP.
impl Head {
    /// Validates what routes a request to a host and a resource.
    pub(crate) fn check_routing(&self, policy: &Policy) -> Result<(), RequestError> {
        let authority = match (self.method(), self.target()) {
            ("OPTIONS", "*") => None,
            ("CONNECT", target) => Some(parse_tunnel(target).ok_or(RequestError::BadTarget)?),
            (_, target) => Target::parse(target).ok_or(RequestError::BadTarget)?.authority,
        };
        let authority = match self.check_host(authority) {
            // RFC 9112, section 3.2: HTTP/1.0 does not require `Host`.
            Err(RequestError::MissingHost) if self.line.minor == 0 => authority,
            checked => Some(checked?),
        };
        self.check_length()?;
        policy.check_host(authority.as_ref())
    }

    fn check_length(&self) -> Result<(), RequestError> {
        // RFC 9112, section 6.3: with two lengths, two recipients see two different requests.
        match content_length(&self.headers) {
            Ok(Some(_)) if self.headers.has(KnownName::TransferEncoding) => {
                Err(RequestError::BadContentLength)
            }
            Ok(_) => Ok(()),
            Err(Malformed) => Err(RequestError::BadContentLength),
        }
    }
}

/// The rules for an opening handshake (section 4.2.1), in the order of their checks.
impl Head {
    fn check_upgrade_request(&self, policy: &Policy) -> Result<Key, RequestError> {
        self.check_method()?;
        let authority = self.check_target()?;
        self.check_body()?;
        self.check_upgrade()?;
        self.check_connection()?;
        self.check_version(|version| policy.speaks(version), RequestError::UnsupportedVersion)?;
        let key = self.check_key()?;
        self.check_rest(&authority, policy)?;
        Ok(key)
    }

    /// Validates an extended CONNECT, whose head says nothing of the connection that carries it.
    fn check_extended_connect(&self, policy: &Policy) -> Result<(), RequestError> {
        let authority = self.check_host(None)?;
        self.check_body()?;
        // RFC 9113, section 8.2.2: a 426 would need `Upgrade`.
        self.check_version(|version| version == 13, RequestError::BadVersion)?;
        self.check_rest(&authority, policy)
    }

    fn check_rest(&self, authority: &Authority<'_>, policy: &Policy) -> Result<(), RequestError> {
        let origin = self.check_origin()?;
        if self.headers.has(KnownName::Protocol) {
            self.check_protocols()?;
        }
        if self.headers.has(KnownName::Extensions) {
            self.check_extensions()?;
        }
        self.check_expectation()?;
        policy.check_host(Some(authority))?;
        policy.check_origin(origin, authority)
    }

    pub(crate) fn check_method(&self) -> Result<(), RequestError> {
        match self.headers.bytes_at(self.line.method) {
            // Section 4.2.1, item 1.
            b"GET" => Ok(()),
            // RFC 9110, section 9.3.6.
            b"CONNECT" if parse_tunnel(self.target()).is_none() => Err(RequestError::BadTarget),
            _ => Err(RequestError::NotGet),
        }
    }

    /// Validates the version of HTTP, the target and `Host`.
    pub(crate) fn check_target(&self) -> Result<Authority<'_>, RequestError> {
        self.check_http()?;
        let target = Target::parse(self.target()).ok_or(RequestError::BadTarget)?;
        self.check_host(target.authority)
    }

    /// Section 4.2.1, item 1: HTTP/1.1 or higher. HTTP/1.0 has no `Upgrade`.
    pub(crate) fn check_http(&self) -> Result<(), RequestError> {
        if self.line.minor == 0 { Err(HeadError::UnsupportedHttp.into()) } else { Ok(()) }
    }

    /// Validates `Host`. Returns the authority of the target if it has one, or that of `Host`.
    fn check_host<'h>(
        &'h self,
        target: Option<Authority<'h>>,
    ) -> Result<Authority<'h>, RequestError> {
        // Section 4.2.1, item 2, and RFC 9112, section 3.2: one valid `Host`. An authority in the target
        // replaces it.
        let host = self.headers.only(KnownName::Host, RequestError::BadHost)?;
        match (host.ok_or(RequestError::MissingHost)?, target) {
            (b"", Some(target)) => Ok(target),
            (host, target) => {
                let host = ascii(host).and_then(Authority::parse).ok_or(RequestError::BadHost)?;
                Ok(target.unwrap_or(host))
            }
        }
    }

    pub(crate) fn check_body(&self) -> Result<(), RequestError> {
        let codings = self.headers.all(KnownName::TransferEncoding);
        let length = content_length(&self.headers).map_err(|_| RequestError::BadContentLength)?;
        // RFC 9112, section 6.3: bytes that one recipient reads as a body and another as frames allow
        // request smuggling. An upgrade has no use for a body.
        match (length, codings.clone().next()) {
            (None | Some(0), None) => Ok(()),
            (None, Some(_)) if names_unknown_coding(codings) => Err(RequestError::UnknownCoding),
            (Some(_), None) | (_, Some(_)) => Err(RequestError::HasBody),
        }
    }

    fn check_upgrade(&self) -> Result<(), RequestError> {
        // Section 4.2.1, item 3: the list contains `websocket`. Other protocols may have versions.
        let mut is_listed = false;
        for protocol in List::new(self.headers.all(KnownName::Upgrade)) {
            let protocol = protocol.and_then(is_websocket);
            is_listed |= protocol.map_err(|_| RequestError::BadUpgrade)?;
        }
        if is_listed { Ok(()) } else { Err(RequestError::OtherUpgrade) }
    }

    pub(crate) fn check_connection(&self) -> Result<(), RequestError> {
        // Section 4.2.1, item 4.
        match List::new(self.headers.all(KnownName::Connection)).has_token("upgrade") {
            Ok(true) => Ok(()),
            Ok(false) | Err(Malformed) => Err(RequestError::BadConnection),
        }
    }

    /// Validates the version. `unsupported` is the error for one that is not spoken.
    fn check_version(
        &self,
        is_spoken: impl FnOnce(u8) -> bool,
        unsupported: RequestError,
    ) -> Result<(), RequestError> {
        // Section 11.3.5: one line. Section 4.2.1, item 6: 13.
        let version = self.headers.only(KnownName::Version, RequestError::BadVersion)?;
        match parse_version(version.ok_or(RequestError::MissingVersion)?) {
            Some(version) if is_spoken(version) => Ok(()),
            Some(_) => Err(unsupported),
            None => Err(RequestError::BadVersion),
        }
    }

    fn check_key(&self) -> Result<Key, RequestError> {
        // Section 11.3.1: one line. Section 4.2.1, item 5: 16 bytes in base64.
        let key = self.headers.only(KnownName::Key, RequestError::BadKey)?;
        Key::parse(key.ok_or(RequestError::MissingKey)?).ok_or(RequestError::BadKey)
    }

    pub(crate) fn check_origin(&self) -> Result<Option<&str>, RequestError> {
        // RFC 6454, section 7.3: one line. An origin that is not text must not count as missing.
        let origin = self.headers.only(KnownName::Origin, RequestError::BadOrigin)?;
        #[cfg(feature = "legacy")]
        let origin = match (origin, self.old_origins().as_slice()) {
            (Some(_), [_, ..]) | (None, [_, _, ..]) => return Err(RequestError::BadOrigin),
            (origin, old) => origin.or(old.first().copied()),
        };
        match origin {
            Some(origin) => ascii(origin).map(Some).ok_or(RequestError::BadOrigin),
            None => Ok(None),
        }
    }

    /// Returns the values of `Sec-WebSocket-Origin`, in which clients of versions 7 and 8 name the page.
    #[cfg(feature = "legacy")]
    fn old_origins(&self) -> Vec<&[u8]> {
        match self.headers.all(KnownName::Version).next() {
            Some(version) if is_old(version) => {
                self.headers.values("Sec-WebSocket-Origin").collect()
            }
            Some(_) | None => Vec::new(),
        }
    }

    fn check_protocols(&self) -> Result<(), RequestError> {
        // Section 4.1, item 10: tokens, all different. Deployed clients send an empty list.
        let (mut seen, mut count) = ([""; MAX_PROTOCOLS], 0);
        for protocol in List::new(self.headers.all(KnownName::Protocol)).tokens() {
            let protocol = protocol.map_err(|_| RequestError::BadProtocol)?;
            let (before, free) = seen.split_at_mut(count);
            match free.first_mut() {
                Some(free) if !before.contains(&protocol) => *free = protocol,
                Some(_) | None => return Err(RequestError::BadProtocol),
            }
            count += 1;
        }
        Ok(())
    }

    fn check_extensions(&self) -> Result<(), RequestError> {
        // Section 9.1: a malformed extension fails the handshake, even if we do not know it.
        let values = self.headers.all(KnownName::Extensions);
        match Extension::parse_all(values).find_map(Result::err) {
            Some(Malformed) => Err(RequestError::BadExtension),
            None => Ok(()),
        }
    }

    pub(crate) fn check_expectation(&self) -> Result<(), RequestError> {
        // RFC 9110, section 10.1.1, defines one expectation. A server cannot meet another one.
        let mut expectations = List::new(self.headers.all(KnownName::Expect));
        let is_known = |it: Result<&[u8], _>| {
            it.is_ok_and(|expectation| expectation.eq_ignore_ascii_case(b"100-continue"))
        };
        if expectations.all(is_known) { Ok(()) } else { Err(RequestError::UnknownExpectation) }
    }
}

/// Returns whether an element of `Upgrade` is `websocket`, which has no version (RFC 9110, section 7.8).
fn is_websocket(protocol: &[u8]) -> Result<bool, Malformed> {
    if protocol.eq_ignore_ascii_case(b"websocket") {
        return Ok(true);
    }
    let is_valid = protocol.splitn(2, |&byte| byte == b'/').all(is_token);
    if is_valid { Ok(false) } else { Err(Malformed) }
}

/// Returns whether RFC 9112, section 7, does not define one of the codings.
fn names_unknown_coding<'h>(codings: impl Iterator<Item = &'h [u8]> + Clone) -> bool {
    let known = ["chunked", "compress", "deflate", "gzip", "x-compress", "x-gzip"];
    let is_known = |name: &str| known.iter().any(|known| known.eq_ignore_ascii_case(name));
    Extension::parse_all(codings).flatten().any(|coding| !is_known(coding.name()))
}

/// The start of the answer that accepts a handshake (section 4.2.2, item 5).
const SWITCH: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\n";

/// Its first header lines, up to the accept value.
const UPGRADE: &[u8] = b"Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Accept: ";

/// Room for the accept value and two line ends.
const ACCEPT: usize = 32;

/// Room for that, and for most subprotocols and an extension.
const CHOICES: usize = 160;

/// Maximum size of the memory of headers that serves the output, in bytes. A connection may keep it.
const MOST_REUSED: usize = 1024;

/// Maximum number of subprotocols in an offer. Each is compared with all before it.
const MAX_PROTOCOLS: usize = 64;
