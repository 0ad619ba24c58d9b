//! The server's side of the opening handshake: RFC 6455, section 4.2.

#[cfg(feature = "deflate")]
use alloc::string::ToString;
use alloc::vec::Vec;

use super::accept::Key;
use super::content_length::content_length;
use super::extension::Extension;
use super::head::{Found, HeadLimits, Headers, Kind, Search, Span, ascii};
use super::host::{Authority, Hosts};
use super::lines::{HeaderLines, Place, push_line};
use super::list::{List, Malformed};
use super::name::Name;
use super::negotiated::Negotiated;
use super::origin::Origins;
use super::response::Answer;
pub use super::response::Response;
pub(crate) use super::response::{respond_timeout, respond_unavailable};
use super::scan::split_before;
use super::token::is_token;
use super::url::split_authority;
use super::version::{parse_http, parse_version};
use crate::connection::Input;
#[cfg(feature = "deflate")]
use crate::deflate::{Agreement, Compression, Parameters};
use crate::handshake::{HandshakeError, HeaderError};

/// Whom a server lets in before the application is asked.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Policy<'p> {
    /// What a request may make the handshake hold in memory.
    pub head: HeadLimits,
    /// Which hosts are served. Any unless set.
    pub hosts: Hosts<'p>,
    /// Whether a request without `Origin`, which comes from no browser, is refused. Not unless set.
    pub is_origin_required: bool,
    /// Which origins may connect. The host itself unless set.
    pub origins: Origins<'p>,
}

impl Policy<'_> {
    fn judge(&self, authority: &Authority<'_>, origin: Option<&str>) -> Result<(), HandshakeError> {
        // RFC 9110, section 7.4: a request for somebody else's host is misdirected.
        if !self.hosts.allow(authority) {
            return Err(HandshakeError::ForeignHost);
        }
        // Section 4.2.2, item 4: an unacceptable origin is refused by a 403.
        match origin {
            Some(origin) if !self.origins.allow(origin, authority) => {
                Err(HandshakeError::ForbiddenOrigin)
            }
            None if self.is_origin_required => Err(HandshakeError::MissingOrigin),
            Some(_) | None => Ok(()),
        }
    }
}

/// An opening handshake whose request has not come yet.
///
/// ```
/// use sansocket::server::{Handshake, Policy, Progress};
/// use sansocket::{Input, Limits};
///
/// # fn read(spare: &mut [u8]) -> usize {
/// #     let request = b"GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\n\
/// #         Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
/// #         Sec-WebSocket-Version: 13\r\n\r\n";
/// #     spare[..request.len()].copy_from_slice(request);
/// #     request.len()
/// # }
/// let mut input = Input::new(vec![0; 16 << 10]);
/// let mut out = Vec::new();
/// let mut handshake = Handshake::new();
/// let connection = loop {
///     let count = read(input.spare());
///     input.fill(count);
///     handshake = match handshake.receive(&mut input, &Policy::default()) {
///         Ok(Progress::Incomplete(handshake)) => handshake,
///         Ok(Progress::Request(request)) => {
///             break Some(request.accept(Limits::default(), &mut out));
///         }
///         Ok(Progress::NotAnUpgrade(request)) => {
///             request.refuse(&mut out);
///             break None;
///         }
///         Err(error) => {
///             error.respond(&mut out);
///             break None;
///         }
///     };
/// };
/// // Write `out`; then end the transport, unless there is a connection.
/// # assert!(connection.is_some() && out.starts_with(b"HTTP/1.1 101 "));
/// ```
#[derive(Debug)]
#[must_use]
pub struct Handshake {
    search: Search,
    line: Option<RequestLine>,
}

impl Handshake {
    /// A handshake of which nothing has come.
    pub fn new() -> Self {
        Self { search: Search::new(Kind::Request), line: None }
    }

    /// Looks for the request in the input.
    ///
    /// Until it is whole, it stays in the input. Then it is consumed; what follows it is left
    /// there: it can only be frames, to be read once the request is accepted.
    ///
    /// # Errors
    ///
    /// As soon as it is clear that the request must be refused: [`HandshakeError::respond`] does
    /// so. All input is then consumed, as none of it can be trusted.
    pub fn receive<B: AsMut<[u8]>>(
        self,
        input: &mut Input<B>,
        policy: &Policy<'_>,
    ) -> Result<Progress, HandshakeError> {
        match self.receive_some(input, policy) {
            Ok(Progress::Incomplete(handshake)) if input.spare().is_empty() => {
                input.clear();
                Err(handshake.search.too_long())
            }
            outcome => outcome,
        }
    }

    /// As [`receive`](Self::receive), of an input whose bytes can be moved to a larger one.
    #[doc(hidden)]
    pub fn receive_some<B: AsMut<[u8]>>(
        mut self,
        input: &mut Input<B>,
        policy: &Policy<'_>,
    ) -> Result<Progress, HandshakeError> {
        let found = self.search(input, policy).inspect_err(|_| input.clear())?;
        let Some((line, length)) = found else { return Ok(Progress::Incomplete(self)) };
        let bytes = input.unread().get(..length).unwrap_or_default();
        let head = Head { headers: self.search.finish(bytes), line };
        // RFC 9110, section 7.8: a request without `Upgrade` is for whoever speaks HTTP here.
        if !head.headers.has(Name::Upgrade) {
            return Ok(Progress::NotAnUpgrade(head));
        }
        let key = head.judge(policy).inspect_err(|_| input.clear())?;
        input.consume(length);
        Ok(Progress::Request(Request::new(head, key)))
    }

    /// The first line and the length of the head, if it is whole.
    fn search<B: AsMut<[u8]>>(
        &mut self,
        input: &mut Input<B>,
        policy: &Policy<'_>,
    ) -> Result<Option<(RequestLine, usize)>, HandshakeError> {
        while let Some(found) = self.search.advance(input.unread(), &policy.head)? {
            match found {
                Found::StartLine(line) => {
                    self.line = Some(RequestLine::parse(input.unread(), line)?);
                }
                Found::End(length) => return Ok(self.line.map(|line| (line, length))),
            }
        }
        Ok(None)
    }
}

impl Default for Handshake {
    fn default() -> Self {
        Self::new()
    }
}

/// How far an opening handshake has come.
#[derive(Debug)]
#[must_use]
pub enum Progress {
    /// The request is not whole yet: read more.
    Incomplete(Handshake),
    /// A request of HTTP, valid as far as that goes, which does not ask for another protocol.
    ///
    /// All of it is still in the [input](Input::unread), for an HTTP server which shares the port.
    NotAnUpgrade(Head),
    /// A valid opening handshake: decide on it.
    Request(Request),
}

/// The head of a request that does not ask for another protocol.
#[derive(Debug)]
pub struct Head {
    headers: Headers,
    line: RequestLine,
}

impl Head {
    /// The method, such as `GET`.
    pub fn method(&self) -> &str {
        self.headers.text_at(self.line.method)
    }

    /// The target as it came.
    pub fn target(&self) -> &str {
        self.headers.text_at(self.line.target)
    }

    /// The headers in order.
    pub const fn headers(&self) -> &Headers {
        &self.headers
    }

    /// Answers the request, which is still in the input. End the transport then.
    pub fn reject(self, response: Response<'_>, out: &mut Vec<u8>) {
        // RFC 9110, section 9.3.2: the answer to a `HEAD` has no body.
        let answer = if self.method() == "HEAD" { Answer::Head } else { Answer::Whole };
        response.encode(answer, out);
    }

    /// Answers that this port speaks nothing but WebSocket, by a 426. End the transport then.
    pub fn refuse(self, out: &mut Vec<u8>) {
        if let Some(response) = HandshakeError::MissingUpgrade.response() {
            self.reject(response, out);
        }
    }
}

/// A valid opening handshake of a client, which waits for a decision.
///
/// The client must not send anything until then (section 4.1), so that the input need not be read.
#[derive(Debug)]
#[must_use]
pub struct Request {
    head: Head,
    key: Key,
    /// Which of the offered subprotocols was selected.
    protocol: Option<usize>,
    /// How messages will be compressed, with the parameters of the answer that says so.
    #[cfg(feature = "deflate")]
    deflate: Option<(Agreement, Parameters, Compression)>,
    lines: HeaderLines,
}

impl Request {
    /// Selects one of the subprotocols that the client [offered](Self::protocols). None unless
    /// called.
    ///
    /// # Errors
    ///
    /// When it was not offered, in exactly these letters (section 4.2.2, item 4).
    pub fn select_protocol(&mut self, name: &str) -> Result<(), HeaderError> {
        let position = self.protocols().position(|offered| offered == name);
        self.protocol = Some(position.ok_or(HeaderError::NotOffered)?);
        Ok(())
    }

    /// Agrees to compress messages, if the client offers it in a way that `compression` allows. Not
    /// unless called.
    ///
    /// Of several offers, the first that can be served is taken (RFC 7692, section 5.1).
    #[cfg(feature = "deflate")]
    pub fn compress(&mut self, compression: &Compression) -> Option<Agreement> {
        let agreed = compression.agree(self.extensions());
        self.deflate = agreed.map(|(agreement, answer)| (agreement, answer, *compression));
        self.agreement()
    }

    /// What was agreed on how to [compress](Self::compress).
    #[cfg(feature = "deflate")]
    pub fn agreement(&self) -> Option<Agreement> {
        self.deflate.map(|(agreement, ..)| agreement)
    }

    /// Adds a header line to the answer that [accepts](Self::accept).
    ///
    /// # Errors
    ///
    /// When it is malformed or repeated, or belongs to the handshake. Nothing is added then.
    pub fn add_header(&mut self, name: &str, value: &str) -> Result<(), HeaderError> {
        self.lines.add(Place::Switch, name, value)
    }

    /// Opens the connection: appends the 101 for the client.
    ///
    /// Frames may follow it at once. The client's own may be in the input already.
    pub fn accept(self, out: &mut Vec<u8>) -> Negotiated {
        // RFC 9110, section 7.8: the 100 comes first, as the expectation is of the request.
        if List::new(self.headers().all(Name::Expect)).next().is_some() {
            out.extend_from_slice(b"HTTP/1.1 100 Continue\r\n\r\n");
        }
        self.switch(out)
    }

    /// Refuses the connection: appends the response. End the transport then.
    pub fn reject(self, response: Response<'_>, out: &mut Vec<u8>) {
        response.encode(Answer::Whole, out);
    }

    /// The target as it came: nothing is decoded.
    pub fn target(&self) -> &str {
        self.head.target()
    }

    /// The path of the target: at least `/`.
    pub fn path(&self) -> &str {
        self.parts().path()
    }

    /// The query of the target, if it has one, even empty.
    pub fn query(&self) -> Option<&str> {
        self.parts().query()
    }

    /// The host and port that the client wants to talk to: the target's, if it has them, or those
    /// of `Host`.
    pub fn authority(&self) -> Authority<'_> {
        let host =
            || self.headers().all(Name::Host).next().and_then(ascii).and_then(Authority::parse);
        let authority = self.parts().authority.or_else(host);
        authority.unwrap_or(const { Authority::new("", None) })
    }

    /// The origin of the page that asks, if a browser sent the request (section 10.2).
    pub fn origin(&self) -> Option<&str> {
        self.headers().all(Name::Origin).next().and_then(ascii)
    }

    /// The subprotocols that the client offers, in the order of its preference. No two are the
    /// same.
    pub fn protocols(&self) -> impl Iterator<Item = &str> {
        List::new(self.headers().all(Name::Protocol)).tokens().flatten()
    }

    /// The subprotocol that was [selected](Self::select_protocol).
    pub fn protocol(&self) -> Option<&str> {
        self.protocols().nth(self.protocol?)
    }

    /// The extensions that the client offers, in the order of its preference.
    pub fn extensions(&self) -> impl Iterator<Item = Extension<'_>> {
        Extension::parse_all(self.headers().all(Name::Extensions)).flatten()
    }

    /// All headers in order.
    pub const fn headers(&self) -> &Headers {
        self.head.headers()
    }

    /// The value of the first header of this name.
    pub fn header<'h>(&'h self, name: &'h str) -> Option<&'h [u8]> {
        self.headers().value(name)
    }

    /// Appends the 101.
    pub(super) fn switch(&self, out: &mut Vec<u8>) -> Negotiated {
        out.reserve(SWITCH.len() + REST + self.lines.as_bytes().len());
        out.extend_from_slice(SWITCH);
        // Section 4.2.2, item 5.4.
        out.extend_from_slice(&self.key.accept());
        out.extend_from_slice(b"\r\n");
        // Item 5.5: the one that was selected, if any.
        if let Some(protocol) = self.protocol() {
            push_line(out, "Sec-WebSocket-Protocol", protocol);
        }
        #[cfg(feature = "deflate")]
        if let Some((_, answer, _)) = &self.deflate {
            push_line(out, "Sec-WebSocket-Extensions", &answer.to_string());
        }
        out.extend_from_slice(self.lines.as_bytes());
        out.extend_from_slice(b"\r\n");
        self.negotiated()
    }

    fn negotiated(&self) -> Negotiated {
        #[cfg(feature = "deflate")]
        if let Some((agreement, _, compression)) = self.deflate {
            return Negotiated::new().with_compression(agreement, compression);
        }
        Negotiated::new()
    }

    fn new(head: Head, key: Key) -> Self {
        Self {
            head,
            key,
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

/// The rules of section 4.2.1 and of HTTP, each by itself, in the order in which they are judged.
impl Head {
    fn judge(&self, policy: &Policy<'_>) -> Result<Key, HandshakeError> {
        self.judge_method()?;
        // Section 4.2.1, item 1: HTTP/1.1 or higher. 1.0 has no `Upgrade`.
        if self.line.minor == 0 {
            return Err(HandshakeError::UnsupportedHttp);
        }
        let target = Target::parse(self.target()).ok_or(HandshakeError::BadTarget)?;
        let authority = self.judge_host(&target)?;
        self.judge_body()?;
        self.judge_upgrade()?;
        self.judge_connection()?;
        self.judge_version()?;
        let key = self.judge_key()?;
        let origin = self.judge_origin()?;
        self.judge_protocols()?;
        self.judge_extensions()?;
        self.judge_expectation()?;
        policy.judge(&authority, origin)?;
        Ok(key)
    }

    fn judge_method(&self) -> Result<(), HandshakeError> {
        match self.headers.bytes_at(self.line.method) {
            // Section 4.2.1, item 1.
            b"GET" => Ok(()),
            // RFC 9110, section 9.3.6: a tunnel needs a host and a port.
            b"CONNECT" if !is_tunnel(self.target()) => Err(HandshakeError::BadTarget),
            _ => Err(HandshakeError::NotGet),
        }
    }

    fn judge_host<'h>(&'h self, target: &Target<'h>) -> Result<Authority<'h>, HandshakeError> {
        // Section 4.2.1, item 2, and RFC 9112, section 3.2: one `Host`, and a valid one.
        let host = self.headers.only(Name::Host, HandshakeError::BadHost)?;
        match (host.ok_or(HandshakeError::MissingHost)?, target.authority) {
            // An authority within the target replaces it.
            (b"", Some(authority)) => Ok(authority),
            (host, authority) => {
                let host = ascii(host).and_then(Authority::parse).ok_or(HandshakeError::BadHost)?;
                Ok(authority.unwrap_or(host))
            }
        }
    }

    fn judge_body(&self) -> Result<(), HandshakeError> {
        let codings = self.headers.all(Name::TransferEncoding);
        let length = content_length(&self.headers).map_err(|_| HandshakeError::BadContentLength)?;
        // RFC 9112, section 6.3: bytes that one of us takes for a body and the other for frames
        // are how requests are smuggled. An upgrade has no use for a body.
        match (length, codings.clone().next()) {
            (None | Some(0), None) => Ok(()),
            (None, Some(_)) if names_unknown_coding(codings) => Err(HandshakeError::UnknownCoding),
            (Some(_), None) | (_, Some(_)) => Err(HandshakeError::HasBody),
        }
    }

    fn judge_upgrade(&self) -> Result<(), HandshakeError> {
        // Section 4.2.1, item 3: `websocket` among the protocols, which may have versions.
        let mut is_there = false;
        for protocol in List::new(self.headers.all(Name::Upgrade)) {
            let protocol = protocol.and_then(parse_protocol);
            is_there |= protocol.map_err(|_| HandshakeError::BadUpgrade)?;
        }
        if is_there { Ok(()) } else { Err(HandshakeError::OtherUpgrade) }
    }

    fn judge_connection(&self) -> Result<(), HandshakeError> {
        // Section 4.2.1, item 4.
        match List::new(self.headers.all(Name::Connection)).has_token("upgrade") {
            Ok(true) => Ok(()),
            Ok(false) | Err(Malformed) => Err(HandshakeError::BadConnection),
        }
    }

    fn judge_version(&self) -> Result<(), HandshakeError> {
        // Section 11.3.5: one line. Section 4.2.1, item 6: 13.
        let version = self.headers.only(Name::Version, HandshakeError::BadVersion)?;
        match parse_version(version.ok_or(HandshakeError::MissingVersion)?) {
            Some(13) => Ok(()),
            Some(_) => Err(HandshakeError::UnsupportedVersion),
            None => Err(HandshakeError::BadVersion),
        }
    }

    fn judge_key(&self) -> Result<Key, HandshakeError> {
        // Section 11.3.1: one line. Section 4.2.1, item 5: 16 bytes in base64.
        let key = self.headers.only(Name::Key, HandshakeError::BadKey)?;
        Key::parse(key.ok_or(HandshakeError::MissingKey)?).ok_or(HandshakeError::BadKey)
    }

    fn judge_origin(&self) -> Result<Option<&str>, HandshakeError> {
        // RFC 6454, section 7.3: one line. What cannot be shown must not pass for missing.
        match self.headers.only(Name::Origin, HandshakeError::BadOrigin)? {
            Some(origin) => ascii(origin).map(Some).ok_or(HandshakeError::BadOrigin),
            None => Ok(None),
        }
    }

    fn judge_protocols(&self) -> Result<(), HandshakeError> {
        // Section 4.1, item 10: one token or more, no two of them the same.
        if !self.headers.has(Name::Protocol) {
            return Ok(());
        }
        let (mut seen, mut count) = ([""; MAX_PROTOCOLS], 0);
        for protocol in List::new(self.headers.all(Name::Protocol)).tokens() {
            let protocol = protocol.map_err(|_| HandshakeError::BadProtocol)?;
            let (before, free) = seen.split_at_mut(count);
            match free.first_mut() {
                Some(free) if !before.contains(&protocol) => *free = protocol,
                Some(_) | None => return Err(HandshakeError::BadProtocol),
            }
            count += 1;
        }
        if count > 0 { Ok(()) } else { Err(HandshakeError::BadProtocol) }
    }

    fn judge_extensions(&self) -> Result<(), HandshakeError> {
        // Section 9.1: whatever breaks the grammar fails the handshake, even if we know none of it.
        let values = self.headers.all(Name::Extensions);
        match Extension::parse_all(values).find_map(Result::err) {
            Some(Malformed) => Err(HandshakeError::BadExtension),
            None => Ok(()),
        }
    }

    fn judge_expectation(&self) -> Result<(), HandshakeError> {
        // RFC 9110, section 10.1.1: there is one expectation; any other cannot be met.
        let mut expectations = List::new(self.headers.all(Name::Expect));
        let is_known = |it: Result<&[u8], _>| {
            it.is_ok_and(|expectation| expectation.eq_ignore_ascii_case(b"100-continue"))
        };
        if expectations.all(is_known) { Ok(()) } else { Err(HandshakeError::UnknownExpectation) }
    }
}

/// The first line of a request (RFC 9112, section 3).
#[derive(Clone, Copy, Debug)]
struct RequestLine {
    method: Span,
    target: Span,
    /// Of HTTP/1.
    minor: u8,
}

impl RequestLine {
    fn parse(text: &[u8], span: Span) -> Result<Self, HandshakeError> {
        let mut parts = span.of(text).split(|&byte| byte == b' ');
        // A method, a target and a version, with one space between.
        let (Some(method), Some(target), Some(version), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(HandshakeError::BadStartLine);
        };
        if !is_token(method) {
            return Err(HandshakeError::BadStartLine);
        }
        let minor = parse_http(version)?;
        // RFC 3986, section 2, and RFC 9112, section 3.2: visible ASCII without a fragment.
        // Browsers leave some characters as they are that no URL should have; these pass.
        if target.is_empty() || !target.iter().all(|&byte| byte.is_ascii_graphic() && byte != b'#')
        {
            return Err(HandshakeError::BadTarget);
        }
        let start = method.len() + 1;
        let (method, target) = (0..method.len(), start..start + target.len());
        Ok(Self { method: span.within(method), target: span.within(target), minor })
    }
}

/// What a target consists of: origin-form and absolute-form (RFC 9112, section 3.2).
#[derive(Clone, Copy, Debug, Default)]
struct Target<'t> {
    authority: Option<Authority<'t>>,
    /// Path and query.
    resource: &'t str,
}

impl<'t> Target<'t> {
    fn parse(target: &'t str) -> Option<Self> {
        if target.starts_with('/') {
            return Some(Self { authority: None, resource: target });
        }
        let (scheme, rest) = split_before(target, |byte| byte == b':');
        let is_http = ["http", "https"].iter().any(|http| http.eq_ignore_ascii_case(scheme));
        let (authority, resource) = split_authority(rest.strip_prefix("://")?);
        // Section 4.2.1, item 1: absolute, it is an HTTP or HTTPS URI.
        let authority = Authority::parse(authority).filter(|_| is_http)?;
        Some(Self { authority: Some(authority), resource })
    }

    fn path(&self) -> &'t str {
        let (path, _) = split_before(self.resource, |byte| byte == b'?');
        if path.is_empty() { "/" } else { path }
    }

    fn query(&self) -> Option<&'t str> {
        let (_, query) = split_before(self.resource, |byte| byte == b'?');
        query.strip_prefix('?')
    }
}

/// Whether a target is one of `CONNECT`.
fn is_tunnel(target: &str) -> bool {
    Authority::parse(target).is_some_and(|authority| authority.port() > Some(0))
}

/// Whether an element of `Upgrade` is `websocket`, which has no version (RFC 9110, section 7.8).
fn parse_protocol(protocol: &[u8]) -> Result<bool, Malformed> {
    let is_valid = protocol.splitn(2, |&byte| byte == b'/').all(is_token);
    if is_valid { Ok(protocol.eq_ignore_ascii_case(b"websocket")) } else { Err(Malformed) }
}

/// Whether any of the codings is none of RFC 9112, section 7.
fn names_unknown_coding<'h>(codings: impl Iterator<Item = &'h [u8]> + Clone) -> bool {
    let known = ["chunked", "compress", "deflate", "gzip", "x-compress", "x-gzip"];
    let is_known = |name: &str| known.iter().any(|known| known.eq_ignore_ascii_case(name));
    Extension::parse_all(codings).flatten().any(|coding| !is_known(coding.name()))
}

/// The beginning of the answer to a valid handshake (section 4.2.2, item 5).
const SWITCH: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Accept: ";

/// What is written after that in most answers takes no more: the hash, a subprotocol and an extension.
const REST: usize = 160;

/// The most subprotocols that are looked at: each is compared with all before it.
const MAX_PROTOCOLS: usize = 64;
