//! The client's side of the opening handshake (section 4.1).
//!
//! A [`Request`] describes the connection. A `Handshake` writes it, and then receives bytes until it has the
//! [`Response`].

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::mem;

use super::accept::Key;
use super::body::Body;
#[cfg(feature = "deflate")]
use super::compression::is_deflate;
use super::extension::Extension;
use super::fields::{Fields, encode_response};
use super::head::HeadSearch;
use super::head_error::HeadError;
use super::headers::Headers;
use super::limits::HandshakeLimits;
use super::lines::{HeadKind, HeaderError, HeaderLines, push_decimal, push_line};
use super::list::List;
use super::name::KnownName;
use super::negotiated::Negotiated;
use super::origin::Origin;
pub use super::response_error::ResponseError;
use super::status_line::StatusLine;
use super::text::{ascii, to_usize};
use super::token::token;
use super::url::Url;
use super::url_buf::UrlBuf;
use super::version::parse_version;
#[cfg(feature = "legacy")]
use super::versions::Version;
#[cfg(feature = "deflate")]
use crate::deflate::Compression;

/// The request of a client.
///
/// Each part is validated when it is added.
///
/// ```
/// use sansocket::client::Request;
/// use sansocket::{Config, Connection, Seed, Timestamp, Url};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (seed, now) = (Seed::new([7; 32]), Timestamp::default());
/// let mut request = Request::new(Url::parse("wss://example.com/chat")?);
/// request.add_protocol("v2")?;
/// request.add_header("Authorization", "Bearer secret")?;
///
/// let mut client = Connection::client(request, Config::new().shared(), seed, now);
/// let head = String::from_utf8(client.transmit().to_vec())?;
/// assert!(head.contains("\r\nSec-WebSocket-Protocol: v2\r\nAuthorization: Bearer secret\r\n"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Request<'r> {
    url: Url<'r>,
    origin: Option<&'r str>,
    /// The list of subprotocols as it is sent.
    protocols: String,
    is_protocol_required: bool,
    #[cfg(feature = "deflate")]
    compression: Option<Compression>,
    lines: HeaderLines,
    limits: HandshakeLimits,
    /// `None` stands for 13.
    #[cfg(feature = "legacy")]
    version: Option<Version>,
}

impl<'r> Request<'r> {
    /// Creates a request for a connection to this URL.
    pub fn new(url: Url<'r>) -> Self {
        Self {
            url,
            origin: None,
            protocols: String::new(),
            is_protocol_required: false,
            #[cfg(feature = "deflate")]
            compression: None,
            lines: HeaderLines::default(),
            limits: HandshakeLimits::new(),
            #[cfg(feature = "legacy")]
            version: None,
        }
    }

    /// Offers a subprotocol. Offer the preferred one first. Default: none.
    ///
    /// ```
    /// use sansocket::client::Request;
    /// use sansocket::{HeaderError, Url};
    ///
    /// let mut request = Request::new(Url::parse("wss://example.com")?);
    /// assert_eq!(request.add_protocol("mqtt"), Ok(()));
    /// assert_eq!(request.add_protocol("a b"), Err(HeaderError::BadProtocol));
    /// # Ok::<(), sansocket::UrlError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`HeaderError::BadProtocol`] if the name is not a token, and [`HeaderError::Repeated`] if it
    /// was offered before (section 4.1, item 10).
    pub fn add_protocol(&mut self, name: &str) -> Result<(), HeaderError> {
        token(name.as_bytes()).ok_or(HeaderError::BadProtocol)?;
        if offers(&self.protocols, name) {
            return Err(HeaderError::Repeated);
        }
        self.push_protocol(name);
        Ok(())
    }

    /// Offers a subprotocol that was validated.
    pub(crate) fn push_protocol(&mut self, name: &str) {
        if !self.protocols.is_empty() {
            self.protocols.push_str(", ");
        }
        self.protocols.push_str(name);
    }

    /// Makes the handshake fail if subprotocols were offered and the server selects none.
    ///
    /// Browsers do the same. Without this call, the connection then has no subprotocol (section 4.1).
    pub const fn require_protocol(&mut self) {
        self.is_protocol_required = true;
    }

    /// Offers permessage-deflate. Without this call, messages are not compressed.
    ///
    /// Unless `incoming` is [required](Compression::is_incoming_required), a second offer does not ask for
    /// it, for servers that do not support it (RFC 7692, section 5.2).
    #[cfg(feature = "deflate")]
    pub const fn compress(&mut self, compression: &Compression) {
        self.compression = Some(*compression);
    }

    /// Offers permessage-deflate, if there are settings for it and the request does not offer it already.
    #[cfg(feature = "deflate")]
    pub(crate) const fn offering(mut self, compression: Option<&Compression>) -> Self {
        if let (None, Some(compression)) = (&self.compression, compression) {
            self.compression = Some(*compression);
        }
        self
    }

    /// Sets the `Origin` header (section 4.1, item 8). Default: no such header.
    ///
    /// ```
    /// use sansocket::client::Request;
    /// use sansocket::{HeaderError, Url};
    ///
    /// let mut request = Request::new(Url::parse("wss://example.com")?);
    /// assert_eq!(request.set_origin("https://example.com"), Ok(()));
    /// assert_eq!(request.set_origin("https://example.com/page"), Err(HeaderError::BadOrigin));
    /// # Ok::<(), sansocket::UrlError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`HeaderError::BadOrigin`] if the text is not `null`, and not a scheme, a host and an optional
    /// port.
    pub fn set_origin(&mut self, origin: &'r str) -> Result<(), HeaderError> {
        Origin::parse(origin).map_err(|_| HeaderError::BadOrigin)?;
        self.origin = Some(origin);
        Ok(())
    }

    /// Adds a header line (section 4.1, item 12).
    ///
    /// ```
    /// use sansocket::client::Request;
    /// use sansocket::{HeaderError, Url};
    ///
    /// let mut request = Request::new(Url::parse("wss://example.com")?);
    /// assert_eq!(request.add_header("Cookie", "session=4711"), Ok(()));
    /// assert_eq!(request.add_header("Upgrade", "h2c"), Err(HeaderError::Reserved));
    /// # Ok::<(), sansocket::UrlError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`HeaderError`] if the line is malformed, repeated, or reserved for the handshake. The request
    /// is unchanged.
    pub fn add_header(&mut self, name: &str, value: &str) -> Result<(), HeaderError> {
        self.lines.add(HeadKind::Request, name, value)
    }

    /// Adds a header line that was validated.
    pub(crate) fn push_header(&mut self, name: &str, value: &str) {
        self.lines.push(name, value);
    }

    /// Sets the limits on the size of the response. Default: [`HandshakeLimits::new`].
    pub const fn set_limits(&mut self, limits: HandshakeLimits) {
        self.limits = limits;
    }

    /// Asks for an older version of the protocol, for a server that speaks no newer one. Default: 13.
    ///
    /// ```
    /// use sansocket::legacy::Version;
    /// use sansocket::{Config, Connection, Seed, Timestamp, Url, client};
    ///
    /// # let (seed, config, now) = (Seed::new([7; 32]), Config::new().shared(), Timestamp::default());
    /// let mut request = client::Request::new(Url::parse("ws://example.com")?);
    /// request.set_version(Version::Eight);
    /// let mut client = Connection::client(request, config, seed, now);
    /// let head = String::from_utf8_lossy(client.transmit()).into_owned();
    /// assert!(head.contains("\r\nSec-WebSocket-Version: 8\r\n"));
    /// # Ok::<(), sansocket::UrlError>(())
    /// ```
    #[cfg(feature = "legacy")]
    pub const fn set_version(&mut self, version: Version) {
        self.version = Some(version);
    }

    /// Returns the value of `Sec-WebSocket-Version`, and the name of the header that has the origin.
    const fn version(&self) -> (&'static str, &'static str) {
        #[cfg(feature = "legacy")]
        if let Some(version) = self.version {
            return (version.as_str(), "Sec-WebSocket-Origin");
        }
        ("13", "Origin")
    }

    /// Returns the head of the request for an HTTP library that speaks HTTP/2 or HTTP/3: an extended CONNECT
    /// (RFC 8441, section 4, and RFC 9220). The second value waits for the response.
    ///
    /// Send it only once the server's settings have `SETTINGS_ENABLE_CONNECT_PROTOCOL` (RFC 8441, section 3).
    ///
    /// ```
    /// use sansocket::{Url, client};
    ///
    /// let request = client::Request::new(Url::parse("wss://example.com/chat")?);
    /// let (fields, pending) = request.into_fields();
    /// // The HTTP library sends `fields` and receives:
    /// let answer = pending.receive_fields([(":status", "200")])?;
    /// let client::Answer::Open(negotiated, response) = answer else { panic!("{answer:?}") };
    /// // Run `Connection::open_client(negotiated, ..)` over the stream.
    /// # drop(negotiated);
    /// assert_eq!(response.status(), 200);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn into_fields(self) -> (Fields, Pending) {
        let mut fields = Fields::default();
        fields.push(":method", "CONNECT");
        fields.push(":protocol", "websocket");
        fields.push(":scheme", if self.url.is_secure() { "https" } else { "http" });
        fields.push(":authority", &self.url.authority().to_string());
        let mut lines = Vec::new();
        self.append_resource(&mut lines);
        fields.push(":path", str::from_utf8(&lines).unwrap_or_default());
        lines.clear();
        self.append_lines(&mut lines);
        fields.push_lines(&lines);
        (fields, Pending { handshake: Handshake::new(self, Form::ExtendedConnect) })
    }

    /// Returns what a request of an older draft is made of.
    #[cfg(feature = "legacy")]
    pub(crate) fn parts(&self) -> RequestParts<'_> {
        RequestParts {
            url: self.url,
            origin: self.origin,
            protocols: &self.protocols,
            lines: self.lines.as_bytes(),
            limits: self.limits,
        }
    }

    /// Returns the head of an upgrade of HTTP/1.1 for an HTTP library.
    #[cfg(feature = "http")]
    pub(super) fn into_upgrade(self, nonce: [u8; 16]) -> (Vec<u8>, Pending) {
        let mut head = Vec::new();
        let handshake = Handshake::start(self, nonce, &mut head);
        (head, Pending { handshake })
    }

    /// Appends the path and the query.
    fn append_resource(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.url.path().as_bytes());
        if let Some(query) = self.url.query() {
            out.push(b'?');
            out.extend_from_slice(query.as_bytes());
        }
    }

    /// Appends the request. `Host` comes first (RFC 9110, section 7.2).
    fn encode(&self, key: &Key, out: &mut Vec<u8>) {
        out.reserve(self.len());
        let (host, port) = (self.url.authority().host(), self.url.authority().port());
        out.extend_from_slice(b"GET ");
        self.append_resource(out);
        out.extend_from_slice(b" HTTP/1.1\r\nHost: ");
        out.extend_from_slice(host.as_bytes());
        if let Some(port) = port {
            out.push(b':');
            push_decimal(out, port.into());
        }
        out.extend_from_slice(ASK);
        out.extend_from_slice(key.as_bytes());
        out.extend_from_slice(b"\r\n");
        self.append_lines(out);
        out.extend_from_slice(b"\r\n");
    }

    /// Appends the header lines that all versions of HTTP have.
    fn append_lines(&self, out: &mut Vec<u8>) {
        let (version, origin_name) = self.version();
        push_line(out, "Sec-WebSocket-Version", version);
        if let Some(origin) = self.origin {
            push_line(out, origin_name, origin);
        }
        if !self.protocols.is_empty() {
            push_line(out, "Sec-WebSocket-Protocol", &self.protocols);
        }
        #[cfg(feature = "deflate")]
        if let Some(compression) = &self.compression {
            push_line(out, "Sec-WebSocket-Extensions", &compression.offer());
        }
        out.extend_from_slice(self.lines.as_bytes());
    }

    /// Returns about how long the request is.
    fn len(&self) -> usize {
        let (path, query) = (self.url.path(), self.url.query().unwrap_or_default());
        let texts =
            [path, query, self.url.host(), self.origin.unwrap_or_default(), &self.protocols];
        ASK.len() + REST + texts.map(str::len).iter().sum::<usize>() + self.lines.as_bytes().len()
    }
}

/// The parts of a request that other protocols share.
#[cfg(feature = "legacy")]
#[derive(Debug)]
pub(crate) struct RequestParts<'r> {
    pub(crate) url: Url<'r>,
    pub(crate) origin: Option<&'r str>,
    /// The list of subprotocols.
    pub(crate) protocols: &'r str,
    /// The header lines that the application added.
    pub(crate) lines: &'r [u8],
    pub(crate) limits: HandshakeLimits,
}

/// The final response of a server.
///
/// ```
/// use sansocket::client::Response;
///
/// /// Returns the URL to which a server redirects the client.
/// fn redirect(response: &Response) -> Option<&str> {
///     match response.status() {
///         301 | 302 | 307 | 308 => response.headers().text("Location"),
///         _ => None,
///     }
/// }
/// # use sansocket::client::Request;
/// # use sansocket::{Config, Connection, Event, Input, Seed, Timestamp, Url};
/// # let (mut input, now) = (Input::new(vec![0; 1024]), Timestamp::default());
/// # let request = Request::new(Url::parse("ws://example.com")?);
/// # let client = Connection::client(request, Config::new().shared(), Seed::new([7; 32]), now);
/// # let head = b"HTTP/1.1 302 Found\r\nLocation: wss://a\r\nContent-Length: 0\r\n\r\n";
/// # let mut client = client.with_read_ahead(head);
/// # assert_eq!(client.next_event(&mut input), Some(Event::Rejected));
/// # assert_eq!(redirect(client.response().unwrap()), Some("wss://a"));
/// # Ok::<(), sansocket::UrlError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Response {
    headers: Headers,
    line: StatusLine,
    body: Vec<u8>,
    is_truncated: bool,
    /// Whether it opens the connection.
    opens: bool,
    url: Option<Box<UrlBuf>>,
}

impl Response {
    /// Returns the status code: 101 if the connection is open, or 200 over HTTP/2 and HTTP/3.
    pub const fn status(&self) -> u16 {
        self.line.status
    }

    /// Returns the reason phrase, which is often empty. Do not depend on it.
    pub fn reason(&self) -> &[u8] {
        self.headers.bytes_at(self.line.reason)
    }

    /// Returns the URL that was asked, after redirects. `None` if the response is not the result of a
    /// [`Dial`](crate::connect::Dial).
    pub fn url(&self) -> Option<Url<'_>> {
        self.url.as_ref().map(|url| url.as_url())
    }

    /// Returns the headers in order.
    pub const fn headers(&self) -> &Headers {
        &self.headers
    }

    /// Returns the value of the first header with this name.
    pub fn header<'h>(&'h self, name: &'h str) -> Option<&'h [u8]> {
        self.headers.value(name)
    }

    /// Returns the body of a rejection, up to [`HandshakeLimits::body`].
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// Returns whether a part of the body is missing: it was too long, malformed, or ended early.
    pub const fn is_truncated(&self) -> bool {
        self.is_truncated
    }

    /// Returns the subprotocol of the connection, if the server selected one.
    pub fn protocol(&self) -> Option<&str> {
        if !self.opens {
            return None;
        }
        let name = self.headers.all(KnownName::Protocol).next().filter(|name| !is_blank(name));
        name.and_then(ascii)
    }

    /// Returns the versions of WebSocket that the server speaks, if it lists them in a rejection (section
    /// 4.4).
    pub fn versions(&self) -> impl Iterator<Item = u8> {
        let versions = List::new(self.headers.all(KnownName::Version));
        versions.filter_map(|version| parse_version(version.ok()?))
    }

    const fn new(line: StatusLine, headers: Headers) -> Self {
        Self { headers, line, body: Vec::new(), is_truncated: false, opens: false, url: None }
    }

    fn finish(self, body: Body) -> Self {
        let (body, is_truncated) = body.finish();
        self.with_body(body, is_truncated)
    }

    /// Adds the body that an HTTP library received. `is_truncated` says whether a part of it is missing.
    #[must_use]
    pub fn with_body(self, body: Vec<u8>, is_truncated: bool) -> Self {
        Self { body, is_truncated, ..self }
    }

    pub(crate) fn with_url(self, url: UrlBuf) -> Self {
        Self { url: Some(Box::new(url)), ..self }
    }

    fn check_upgrade(&self) -> Result<(), ResponseError> {
        // Section 4.1, item 2 of the checks: `websocket` alone, ignoring case.
        let upgrade = self.headers.only(KnownName::Upgrade, ResponseError::OtherUpgrade)?;
        match upgrade.ok_or(ResponseError::MissingUpgrade)? {
            upgrade if upgrade.eq_ignore_ascii_case(b"websocket") => Ok(()),
            _ => Err(ResponseError::OtherUpgrade),
        }
    }

    pub(crate) fn check_connection(&self) -> Result<(), ResponseError> {
        // Item 3: the options contain `upgrade`, ignoring case.
        match List::new(self.headers.all(KnownName::Connection)).has_token("upgrade") {
            Ok(true) => Ok(()),
            Ok(false) | Err(_) => Err(ResponseError::BadConnection),
        }
    }

    fn check_accept(&self, key: &Key) -> Result<(), ResponseError> {
        // Item 4, and section 11.3.3: one line, which proves that the server has read our key.
        match self.headers.only(KnownName::Accept, ResponseError::BadAccept)? {
            Some(answer) if answer == key.accept() => Ok(()),
            Some(_) | None => Err(ResponseError::BadAccept),
        }
    }
}

/// An opening handshake that waits for its response.
#[derive(Debug)]
pub(crate) struct Handshake {
    form: Form,
    protocols: String,
    is_protocol_required: bool,
    #[cfg(feature = "deflate")]
    compression: Option<Compression>,
    limits: HandshakeLimits,
    /// Number of interim responses that were skipped.
    interim: u32,
    stage: Stage,
}

/// The form of an opening handshake.
#[derive(Debug)]
enum Form {
    /// An upgrade of HTTP/1.1 (section 4).
    Upgrade(Key),
    /// An extended CONNECT of HTTP/2 or HTTP/3 (RFC 8441).
    ExtendedConnect,
    /// A request to a proxy for a tunnel, before the handshake (RFC 9110, section 9.3.6).
    Tunnel,
    /// An upgrade to another protocol, whose response the caller validates.
    #[cfg(feature = "legacy")]
    Foreign,
}

impl Form {
    /// Returns whether a response of HTTP/1.1 with this status is the one that was asked for.
    fn is_opened_by(&self, status: u16) -> bool {
        match self {
            Self::Upgrade(_) => status == 101,
            #[cfg(feature = "legacy")]
            Self::Foreign => status == 101,
            Self::Tunnel => (200..=299).contains(&status),
            Self::ExtendedConnect => false,
        }
    }
}

/// The part of the response that is being read.
#[derive(Debug)]
enum Stage {
    Head(HeadSearch<StatusLine>),
    Body(Response, Body),
}

/// A complete response.
#[derive(Debug)]
pub(crate) enum Received {
    Open(Negotiated, Response),
    Rejected(Response),
}

/// The number of bytes that were used, and the response if it is complete.
type Step = Result<(usize, Option<Received>), ResponseError>;

impl Handshake {
    /// Starts a handshake: appends the request for the server.
    ///
    /// Each attempt needs another nonce (section 4.1, item 7).
    pub(crate) fn start(request: Request<'_>, nonce: [u8; 16], out: &mut Vec<u8>) -> Self {
        let key = Key::new(nonce);
        request.encode(&key, out);
        Self::new(request, Form::Upgrade(key))
    }

    /// Continues a handshake whose request was written elsewhere, with `key` as its `Sec-WebSocket-Key`.
    ///
    /// # Errors
    ///
    /// Returns [`ResponseError::BadKey`] if `key` is not 16 bytes in base64.
    pub(crate) fn resume(request: Request<'_>, key: &str) -> Result<Self, ResponseError> {
        let key = Key::parse(key.as_bytes()).ok_or(ResponseError::BadKey)?;
        Ok(Self::new(request, Form::Upgrade(key)))
    }

    /// Starts to receive the response to a `CONNECT`. [`Received::Open`] says that the tunnel stands.
    pub(crate) fn tunnel(limits: HandshakeLimits) -> Self {
        Self::bare(Form::Tunnel, limits)
    }

    /// Starts to receive the body of a rejection over HTTP/2 or HTTP/3.
    pub(crate) fn rejected(response: Response, limits: HandshakeLimits) -> Self {
        let mut handshake = Self::bare(Form::ExtendedConnect, limits);
        handshake.stage = handshake.reject(response);
        handshake
    }

    /// Starts to receive the response to a request for another protocol. [`Received::Open`] says that the
    /// status is 101, and nothing more.
    #[cfg(feature = "legacy")]
    pub(crate) fn foreign(limits: HandshakeLimits) -> Self {
        Self::bare(Form::Foreign, limits)
    }

    fn bare(form: Form, limits: HandshakeLimits) -> Self {
        Self {
            form,
            protocols: String::new(),
            is_protocol_required: false,
            #[cfg(feature = "deflate")]
            compression: None,
            limits,
            interim: 0,
            stage: Stage::Head(HeadSearch::new()),
        }
    }

    fn new(request: Request<'_>, form: Form) -> Self {
        Self {
            form,
            protocols: request.protocols,
            is_protocol_required: request.is_protocol_required,
            #[cfg(feature = "deflate")]
            compression: request.compression,
            limits: request.limits,
            interim: 0,
            stage: Stage::Head(HeadSearch::new()),
        }
    }

    /// Continues with the received bytes. The next call must start with the unused bytes.
    ///
    /// The bytes after a 101 are the first frames of the server, and are not used.
    ///
    /// # Errors
    ///
    /// Returns an error if the response cannot complete this handshake. None of the bytes can be trusted.
    pub(crate) fn receive(&mut self, bytes: &[u8]) -> Step {
        match &mut self.stage {
            Stage::Head(_) => self.receive_head(bytes),
            Stage::Body(_, body) => {
                let used = body.receive(bytes);
                Ok((used, self.finish_body()))
            }
        }
    }

    /// Ends the handshake at the end of the transport. Returns the response, as far as it was received.
    ///
    /// If reading was cut, the body is truncated, even one that ends with the transport.
    ///
    /// # Errors
    ///
    /// Returns [`HeadError::Incomplete`] if no complete head was received.
    pub(crate) fn receive_eof(self, is_cut: bool) -> Result<Response, ResponseError> {
        match self.stage {
            Stage::Head(_) => Err(HeadError::Incomplete.into()),
            Stage::Body(response, mut body) => {
                if is_cut {
                    body.truncate();
                }
                Ok(response.finish(body))
            }
        }
    }

    /// Returns whether the head of a rejection was received, but not all of its body.
    pub(crate) const fn is_rejected(&self) -> bool {
        matches!(self.stage, Stage::Body(..))
    }

    fn receive_head(&mut self, bytes: &[u8]) -> Step {
        let mut used = 0;
        while let Stage::Head(search) = &mut self.stage {
            let rest = bytes.get(used..).unwrap_or_default();
            let Some(head) = search.advance(rest, &self.limits)? else { return Ok((used, None)) };
            used += head.len;
            let response = Response::new(head.line, head.headers);
            match response.status() {
                status if self.form.is_opened_by(status) => {
                    let (negotiated, response) = self.open(response)?;
                    return Ok((used, Some(Received::Open(negotiated, response))));
                }
                100..=199 => self.skip()?,
                _ => self.stage = self.reject(response),
            }
        }
        let (rest, received) = self.receive(bytes.get(used..).unwrap_or_default())?;
        Ok((used + rest, received))
    }

    /// Validates a response that opens the connection.
    fn open(&self, response: Response) -> Result<(Negotiated, Response), ResponseError> {
        match &self.form {
            // It says nothing of a WebSocket.
            Form::Tunnel => return Ok((Negotiated::default(), response)),
            #[cfg(feature = "legacy")]
            Form::Foreign => return Ok((Negotiated::default(), response)),
            Form::ExtendedConnect => {}
            Form::Upgrade(key) => {
                response.check_upgrade()?;
                response.check_connection()?;
                response.check_accept(key)?;
            }
        }
        self.check_extensions(&response)?;
        self.check_protocol(&response)?;
        let mut negotiated = self.negotiated(&response)?;
        if let Form::ExtendedConnect = self.form {
            negotiated = negotiated.over_stream();
        }
        Ok((negotiated, Response { opens: true, ..response }))
    }

    fn check_extensions(&self, response: &Response) -> Result<(), ResponseError> {
        // Item 5: each extension was offered. Erratum 3433 allows several lines.
        let mut extensions = Extension::parse_all(response.headers.all(KnownName::Extensions));
        let is_offered =
            extensions.try_fold(true, |all, extension| Some(all & self.offers(&extension.ok()?)));
        match is_offered {
            Some(true) => Ok(()),
            Some(false) => Err(ResponseError::ExtensionNotOffered),
            None => Err(ResponseError::BadExtension),
        }
    }

    #[cfg(feature = "deflate")]
    fn offers(&self, extension: &Extension<'_>) -> bool {
        self.compression.is_some() && is_deflate(extension)
    }

    #[cfg(not(feature = "deflate"))]
    const fn offers(&self, _: &Extension<'_>) -> bool {
        false
    }

    fn check_protocol(&self, response: &Response) -> Result<(), ResponseError> {
        // Section 11.3.4: one line. Deployed servers send an empty one.
        let answer = response.headers.only(KnownName::Protocol, ResponseError::BadProtocol)?;
        match answer.filter(|answer| !is_blank(answer)) {
            None if self.is_protocol_required && !self.protocols.is_empty() => {
                Err(ResponseError::MissingProtocol)
            }
            None => Ok(()),
            Some(answer) => {
                // Section 4.2.2, item 5.5: one token. Item 6 of the checks: it was offered.
                let protocol = token(answer).ok_or(ResponseError::BadProtocol)?;
                let is_offered = offers(&self.protocols, protocol);
                if is_offered { Ok(()) } else { Err(ResponseError::ProtocolNotOffered) }
            }
        }
    }

    #[cfg(feature = "deflate")]
    fn negotiated(&self, response: &Response) -> Result<Negotiated, ResponseError> {
        let Some(compression) = self.compression else { return Ok(Negotiated::default()) };
        let extensions = response.headers.all(KnownName::Extensions);
        let mut answers = Extension::parse_all(extensions).flatten();
        match (answers.next(), answers.next()) {
            (None, _) => Ok(Negotiated::default()),
            (Some(answer), None) => {
                let agreement = compression.check(&answer)?;
                Ok(Negotiated::new().with_compression(agreement, compression))
            }
            // RFC 7692, section 5.1: the server accepts one of the offers.
            (Some(_), Some(_)) => Err(ResponseError::BadCompression),
        }
    }

    #[cfg(not(feature = "deflate"))]
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "nothing is negotiated")]
    fn negotiated(&self, _: &Response) -> Result<Negotiated, ResponseError> {
        Ok(Negotiated::new())
    }

    /// Skips an interim response (RFC 9110, section 15.2).
    fn skip(&mut self) -> Result<(), ResponseError> {
        self.interim += 1;
        if self.interim > self.limits.interim {
            return Err(ResponseError::TooManyInterim);
        }
        self.stage = Stage::Head(HeadSearch::new());
        Ok(())
    }

    /// Starts to read the body of a rejection.
    fn reject(&self, response: Response) -> Stage {
        let StatusLine { status, minor, .. } = response.line;
        let body = Body::new(status, minor, &response.headers, to_usize(self.limits.body));
        Stage::Body(response, body)
    }

    /// Returns the rejection if its body is complete.
    fn finish_body(&mut self) -> Option<Received> {
        match mem::replace(&mut self.stage, Stage::Head(HeadSearch::new())) {
            Stage::Body(response, body) if body.is_complete() => {
                Some(Received::Rejected(response.finish(body)))
            }
            stage @ (Stage::Head(_) | Stage::Body(..)) => {
                self.stage = stage;
                None
            }
        }
    }
}

/// An opening handshake over an HTTP library, which waits for the head of a response.
///
/// ```
/// use sansocket::client::{Answer, Pending, ResponseError};
///
/// /// Returns why a server rejected the request.
/// fn rejection(pending: Pending, status: &str) -> Result<Option<u16>, ResponseError> {
///     Ok(match pending.receive_fields([(":status", status)])? {
///         Answer::Rejected(response) => Some(response.status()),
///         Answer::Interim(_) | Answer::Open(..) => None,
///     })
/// }
/// # let url = sansocket::Url::parse("wss://example.com").unwrap();
/// # let (_, pending) = sansocket::client::Request::new(url).into_fields();
/// # assert_eq!(rejection(pending, "503"), Ok(Some(503)));
/// ```
#[derive(Debug)]
#[must_use]
pub struct Pending {
    handshake: Handshake,
}

/// What a response means for an opening handshake.
///
/// ```
/// use sansocket::Url;
/// use sansocket::client::{Answer, Request};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let request = Request::new(Url::parse("wss://example.com/chat")?);
/// let (_, pending) = request.into_fields();
/// let Answer::Interim(pending) = pending.receive_fields([(":status", "103")])? else {
///     panic!("another response follows");
/// };
/// assert!(matches!(pending.receive_fields([(":status", "200")])?, Answer::Open(..)));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub enum Answer {
    /// An interim response (RFC 9110, section 15.2). Another one follows.
    Interim(Pending),
    /// The connection is open: pass the first value to
    /// [`Connection::open_client`](crate::Connection::open_client).
    Open(Negotiated, Response),
    /// The server rejects the request. The body may follow: see [`Response::with_body`].
    Rejected(Response),
}

impl Pending {
    /// Takes the head of a response that an HTTP library received over HTTP/2 or HTTP/3.
    ///
    /// # Errors
    ///
    /// Returns an error if the response cannot complete this handshake. Reset the stream.
    pub fn receive_fields<N: AsRef<[u8]>, V: AsRef<[u8]>>(
        self,
        fields: impl IntoIterator<Item = (N, V)>,
    ) -> Result<Answer, ResponseError> {
        self.receive(&encode_response(fields)?)
    }

    /// Takes the head of a response of HTTP/1.1.
    pub(super) fn receive(mut self, head: &[u8]) -> Result<Answer, ResponseError> {
        let found = HeadSearch::new().advance(head, &self.handshake.limits)?;
        let found = found.ok_or(HeadError::Incomplete)?;
        let response = Response::new(found.line, found.headers);
        match (&self.handshake.form, response.status()) {
            (Form::Upgrade(_), 101) | (Form::ExtendedConnect, 200..=299) => {
                let (negotiated, response) = self.handshake.open(response)?;
                Ok(Answer::Open(negotiated, response))
            }
            // RFC 9113, section 8.6: HTTP/2 switches no protocols.
            (Form::ExtendedConnect, 101) => Err(HeadError::UnsupportedHttp.into()),
            (_, 100..=199) => {
                self.handshake.skip()?;
                Ok(Answer::Interim(self))
            }
            _ => Ok(Answer::Rejected(response)),
        }
    }
}

/// Returns whether a list has no elements.
fn is_blank(list: &[u8]) -> bool {
    list.iter().all(|byte| matches!(byte, b',' | b' ' | b'\t'))
}

/// Returns whether a list of subprotocols, as we send it, contains exactly this name.
fn offers(protocols: &str, name: &str) -> bool {
    protocols.split(", ").any(|protocol| protocol == name)
}

const ASK: &[u8] = b"\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ";

/// Room for the rest of the request, apart from the texts of the application.
const REST: usize = 256;
