//! The client's side of the opening handshake: RFC 6455, section 4.1.

use alloc::string::String;
use alloc::vec::Vec;

use super::accept::Key;
use super::body::Body;
#[cfg(feature = "deflate")]
use super::compression::is_deflate;
use super::extension::Extension;
use super::head::{Found, HeadLimits, Headers, Kind, Search, Span, ascii};
use super::lines::{HeaderLines, Place, push_decimal, push_line};
use super::list::List;
use super::name::Name;
use super::negotiated::Negotiated;
use super::origin::Origin;
use super::token::token;
use super::url::Url;
use super::version::{parse_http, parse_version};
use crate::connection::Input;
#[cfg(feature = "deflate")]
use crate::deflate::{Agreement, Compression};
use crate::handshake::{HandshakeError, HeaderError};

/// What a client asks for: all of it is valid, as it is judged when it is added.
#[derive(Clone, Debug)]
#[must_use]
pub struct Request<'r> {
    url: Url<'r>,
    origin: Option<&'r str>,
    /// As they are sent: in one list.
    protocols: String,
    is_protocol_required: bool,
    #[cfg(feature = "deflate")]
    compression: Option<Compression>,
    lines: HeaderLines,
    head_limits: HeadLimits,
}

impl<'r> Request<'r> {
    /// Asks for a connection to this URL.
    pub fn new(url: Url<'r>) -> Self {
        Self {
            url,
            origin: None,
            protocols: String::new(),
            is_protocol_required: false,
            #[cfg(feature = "deflate")]
            compression: None,
            lines: HeaderLines::default(),
            head_limits: HeadLimits::default(),
        }
    }

    /// Offers a subprotocol; the first is the one which is liked best. None unless called.
    ///
    /// # Errors
    ///
    /// When it is not a token, or was offered already (section 4.1, item 10).
    pub fn add_protocol(&mut self, name: &str) -> Result<(), HeaderError> {
        token(name.as_bytes()).ok_or(HeaderError::BadProtocol)?;
        if offers(&self.protocols, name) {
            return Err(HeaderError::Repeated);
        }
        if !self.protocols.is_empty() {
            self.protocols.push_str(", ");
        }
        self.protocols.push_str(name);
        Ok(())
    }

    /// Fails unless the server takes one of the subprotocols, if any is offered.
    ///
    /// So does the WHATWG standard. By section 4.1 the connection is then one without a
    /// subprotocol.
    pub const fn require_protocol(&mut self) {
        self.is_protocol_required = true;
    }

    /// Offers to compress messages. Not unless called.
    ///
    /// If `incoming` is asked for but not [required](Compression::is_incoming_required), a second offer
    /// goes without it, for servers that cannot do with less than they like (RFC 7692, section 5.2).
    #[cfg(feature = "deflate")]
    pub const fn compressing(mut self, compression: Option<&Compression>) -> Self {
        if let Some(compression) = compression {
            self.compress(compression);
        }
        self
    }

    /// Offers to compress messages.
    #[cfg(feature = "deflate")]
    pub const fn compress(&mut self, compression: &Compression) {
        self.compression = Some(*compression);
    }

    /// Names the origin of the page on whose behalf the client asks (section 4.1, item 8).
    ///
    /// # Errors
    ///
    /// When it is neither `null` nor a scheme, a host and maybe a port.
    pub fn set_origin(&mut self, origin: &'r str) -> Result<(), HeaderError> {
        Origin::parse(origin).ok_or(HeaderError::BadOrigin)?;
        self.origin = Some(origin);
        Ok(())
    }

    /// Adds a header line (section 4.1, item 12).
    ///
    /// # Errors
    ///
    /// When it is malformed or repeated, or belongs to the handshake. Nothing is added then.
    pub fn add_header(&mut self, name: &str, value: &str) -> Result<(), HeaderError> {
        self.lines.add(Place::Request, name, value)
    }

    /// Sets what the server may make the handshake hold in memory.
    pub const fn set_head_limits(&mut self, limits: HeadLimits) {
        self.head_limits = limits;
    }

    /// Section 4.1: what the request consists of. `Host` comes first (RFC 9110, section 7.2).
    fn encode(&self, key: &Key, out: &mut Vec<u8>) {
        out.reserve(self.len());
        let (host, port) = (self.url.authority().host(), self.url.authority().port());
        out.extend_from_slice(b"GET ");
        out.extend_from_slice(self.url.path().as_bytes());
        if let Some(query) = self.url.query() {
            out.push(b'?');
            out.extend_from_slice(query.as_bytes());
        }
        out.extend_from_slice(b" HTTP/1.1\r\nHost: ");
        out.extend_from_slice(host.as_bytes());
        if let Some(port) = port {
            out.push(b':');
            push_decimal(out, port.into());
        }
        out.extend_from_slice(ASK);
        out.extend_from_slice(key.as_bytes());
        out.extend_from_slice(b"\r\nSec-WebSocket-Version: 13\r\n");
        if let Some(origin) = self.origin {
            push_line(out, "Origin", origin);
        }
        if !self.protocols.is_empty() {
            push_line(out, "Sec-WebSocket-Protocol", &self.protocols);
        }
        #[cfg(feature = "deflate")]
        if let Some(compression) = &self.compression {
            push_line(out, "Sec-WebSocket-Extensions", &compression.offer());
        }
        out.extend_from_slice(self.lines.as_bytes());
        out.extend_from_slice(b"\r\n");
    }

    /// About how long the request is.
    fn len(&self) -> usize {
        let (path, query) = (self.url.path(), self.url.query().unwrap_or_default());
        let texts =
            [path, query, self.url.host(), self.origin.unwrap_or_default(), &self.protocols];
        ASK.len() + REST + texts.map(str::len).iter().sum::<usize>() + self.lines.as_bytes().len()
    }
}

/// An opening handshake whose response has not come yet.
///
/// ```
/// use sansocket::client::{Handshake, Progress, Request};
/// use sansocket::{Input, Limits, Seed, Url};
///
/// # fn read(spare: &mut [u8]) -> usize {
/// #     let response = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n";
/// #     spare[..response.len()].copy_from_slice(response);
/// #     response.len()
/// # }
/// # #[cfg(not(feature = "std"))]
/// # fn main() {}
/// # #[cfg(feature = "std")]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut request = Request::new(Url::parse("wss://example.com/chat")?);
/// request.add_protocol("v12.stomp")?;
///
/// let mut input = Input::new(vec![0; 16 << 10]);
/// let mut out = Vec::new();
/// let mut handshake = Handshake::start(request, Limits::default(), Seed::random()?, &mut out);
/// // Write `out`.
/// let (connection, response) = loop {
///     let count = read(input.spare());
///     input.fill(count);
///     handshake = match handshake.receive(&mut input)? {
///         Progress::Incomplete(handshake) => handshake,
///         Progress::Open(connection, response) => break (Some(connection), response),
///         Progress::Refused(response) => break (None, response),
///     };
/// };
/// # assert!(connection.is_none() && response.status() == 503);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use]
pub struct Handshake {
    opening: Opening,
    stage: Stage,
}

impl Handshake {
    /// Starts a handshake: appends the request for the server.
    ///
    /// A seed makes one key, so that each attempt takes another (section 4.1, item 7).
    pub fn start(request: Request<'_>, nonce: [u8; 16], out: &mut Vec<u8>) -> Self {
        let key = Key::new(nonce);
        request.encode(&key, out);
        Self::new(request, key)
    }

    /// Goes on with a handshake whose request was written elsewhere, with `key` as its
    /// `Sec-WebSocket-Key`. What `request` says of subprotocols is what was offered.
    ///
    /// # Errors
    ///
    /// When `key` is not 16 bytes in base64.
    pub fn resume(request: Request<'_>, key: &str) -> Result<Self, HandshakeError> {
        let key = Key::parse(key.as_bytes()).ok_or(HandshakeError::BadKey)?;
        Ok(Self::new(request, key))
    }

    fn new(request: Request<'_>, key: Key) -> Self {
        let opening = Opening {
            key,
            protocols: request.protocols,
            is_protocol_required: request.is_protocol_required,
            #[cfg(feature = "deflate")]
            compression: request.compression,
            head_limits: request.head_limits,
            interim: 0,
        };
        Self { opening, stage: Stage::Head(ResponseSearch::new()) }
    }

    /// Looks for the response in the input.
    ///
    /// What follows a 101 is left in the input: it is the first frames of the server.
    ///
    /// # Errors
    ///
    /// As soon as it is clear that the response is none to this handshake. End the transport then.
    /// All input is consumed, as none of it can be trusted.
    pub fn receive<B: AsMut<[u8]>>(self, input: &mut Input<B>) -> Result<Progress, HandshakeError> {
        match self.stage {
            Stage::Head(search) => {
                self.opening.receive_head(search, input).inspect_err(|_| input.clear())
            }
            Stage::Body(response, body) => Ok(self.opening.receive_body(response, body, input)),
        }
    }

    /// Whether the head of a response came that refuses the connection.
    pub(crate) const fn is_refused(&self) -> bool {
        matches!(self.stage, Stage::Body(..))
    }

    /// Ends the handshake, as the transport has ended: gives the response that has come.
    ///
    /// # Errors
    ///
    /// When none has.
    pub fn receive_eof(self) -> Result<Response, HandshakeError> {
        match self.stage {
            Stage::Head(_) => Err(HandshakeError::Incomplete),
            Stage::Body(response, body) => Ok(response.with_body(body)),
        }
    }
}

/// How far an opening handshake has come.
#[derive(Debug)]
#[must_use]
#[expect(clippy::large_enum_variant, reason = "made once per connection")]
pub enum Progress {
    /// The response is not whole yet: read more.
    Incomplete(Handshake),
    /// The connection is open.
    Open(Negotiated, Response),
    /// The server gave another answer, such as a redirect or a demand for credentials. End the
    /// transport; another attempt takes another handshake.
    Refused(Response),
}

/// The final response of a server.
#[derive(Clone, Debug)]
pub struct Response {
    headers: Headers,
    line: StatusLine,
    body: Vec<u8>,
    is_truncated: bool,
}

impl Response {
    /// The status code: 101 if the connection is open.
    pub const fn status(&self) -> u16 {
        self.line.status
    }

    /// What the server says of the status, often nothing. Not to be relied on.
    pub fn reason(&self) -> &[u8] {
        self.headers.bytes_at(self.line.reason)
    }

    /// All headers in order.
    pub const fn headers(&self) -> &Headers {
        &self.headers
    }

    /// The value of the first header of this name.
    pub fn header<'h>(&'h self, name: &'h str) -> Option<&'h [u8]> {
        self.headers.value(name)
    }

    /// The body of a refusal, up to [`HeadLimits::body`].
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// Whether some of the body is missing: it was too long, or malformed, or ended early.
    pub const fn is_truncated(&self) -> bool {
        self.is_truncated
    }

    /// The subprotocol of the connection, if the server took one.
    pub fn protocol(&self) -> Option<&str> {
        if self.status() == 101 {
            self.headers.all(Name::Protocol).next().and_then(ascii)
        } else {
            None
        }
    }

    /// The versions of WebSocket that the server speaks, as it may say when it refuses ours
    /// (section 4.4).
    pub fn versions(&self) -> impl Iterator<Item = u8> {
        let versions = List::new(self.headers.all(Name::Version));
        versions.filter_map(|version| parse_version(version.ok()?))
    }

    fn with_body(mut self, body: Body) -> Self {
        (self.body, self.is_truncated) = body.finish();
        self
    }

    fn judge_upgrade(&self) -> Result<(), HandshakeError> {
        // Section 4.1, item 2 of the checks: `websocket`, in whatever case, and nothing else.
        let upgrade = self.headers.only(Name::Upgrade, HandshakeError::OtherUpgrade)?;
        match upgrade.ok_or(HandshakeError::MissingUpgrade)? {
            upgrade if upgrade.eq_ignore_ascii_case(b"websocket") => Ok(()),
            _ => Err(HandshakeError::OtherUpgrade),
        }
    }

    fn judge_connection(&self) -> Result<(), HandshakeError> {
        // Item 3: `upgrade` among the options, in whatever case.
        match List::new(self.headers.all(Name::Connection)).has_token("upgrade") {
            Ok(true) => Ok(()),
            Ok(false) | Err(_) => Err(HandshakeError::BadConnection),
        }
    }

    fn judge_accept(&self, key: &Key) -> Result<(), HandshakeError> {
        // Item 4, and section 11.3.3: one line, which only one who has read our key could write.
        match self.headers.only(Name::Accept, HandshakeError::BadAccept)? {
            Some(answer) if answer == key.accept() => Ok(()),
            Some(_) | None => Err(HandshakeError::BadAccept),
        }
    }

    fn judge_protocol(&self, opening: &Opening) -> Result<(), HandshakeError> {
        // Section 11.3.4: one line.
        match self.headers.only(Name::Protocol, HandshakeError::BadProtocol)? {
            None if opening.is_protocol_required && !opening.protocols.is_empty() => {
                Err(HandshakeError::MissingProtocol)
            }
            None => Ok(()),
            Some(answer) => {
                // Section 4.2.2, item 5.5: one token. Item 6 of the checks: one that was offered.
                let protocol = token(answer).ok_or(HandshakeError::BadProtocol)?;
                let is_offered = offers(&opening.protocols, protocol);
                if is_offered { Ok(()) } else { Err(HandshakeError::ProtocolNotOffered) }
            }
        }
    }
}

/// What was asked for, and what is needed to judge the answer.
#[derive(Debug)]
struct Opening {
    key: Key,
    protocols: String,
    is_protocol_required: bool,
    #[cfg(feature = "deflate")]
    compression: Option<Compression>,
    head_limits: HeadLimits,
    /// How many interim responses have come.
    interim: u32,
}

impl Opening {
    fn receive_head<B: AsMut<[u8]>>(
        mut self,
        mut search: ResponseSearch,
        input: &mut Input<B>,
    ) -> Result<Progress, HandshakeError> {
        while let Some((line, length)) = search.advance(input, &self.head_limits)? {
            let headers = search.search.finish(input.consume(length));
            let body = Vec::new();
            let response = Response { headers, line, body, is_truncated: false };
            match line.status {
                101 => return self.open(response),
                100..=199 => self.skip()?,
                _ => return Ok(self.refuse(response, input)),
            }
            search = ResponseSearch::new();
        }
        if input.spare().is_empty() {
            return Err(search.search.too_long());
        }
        Ok(Progress::Incomplete(Handshake { opening: self, stage: Stage::Head(search) }))
    }

    /// Judges a 101.
    #[inline]
    fn open(self, response: Response) -> Result<Progress, HandshakeError> {
        response.judge_upgrade()?;
        response.judge_connection()?;
        response.judge_accept(&self.key)?;
        self.judge_extensions(&response)?;
        response.judge_protocol(&self)?;
        #[cfg(feature = "deflate")]
        let agreement = self.agreement(&response)?;
        #[cfg(feature = "deflate")]
        if let (Some(agreement), Some(compression)) = (agreement, self.compression) {
            let negotiated = Negotiated::new().with_compression(agreement, compression);
            return Ok(Progress::Open(negotiated, response));
        }
        Ok(Progress::Open(Negotiated::new(), response))
    }

    fn judge_extensions(&self, response: &Response) -> Result<(), HandshakeError> {
        if !response.headers.has(Name::Extensions) {
            return Ok(());
        }
        // Item 5: an extension that was not offered. Several lines are fine, by erratum 3433.
        let extensions = || Extension::parse_all(response.headers.all(Name::Extensions));
        if extensions().any(|extension| extension.is_err()) {
            return Err(HandshakeError::BadExtension);
        }
        match extensions().flatten().all(|extension| self.offers(&extension)) {
            true => Ok(()),
            false => Err(HandshakeError::ExtensionNotOffered),
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

    /// What was agreed on how to compress, if it was.
    #[cfg(feature = "deflate")]
    fn agreement(&self, response: &Response) -> Result<Option<Agreement>, HandshakeError> {
        let Some(compression) = &self.compression else { return Ok(None) };
        let mut answers = Extension::parse_all(response.headers.all(Name::Extensions)).flatten();
        match (answers.next(), answers.next()) {
            (None, _) => Ok(None),
            (Some(answer), None) => compression.judge(&answer).map(Some),
            // RFC 7692, section 5.1: one of the offers is accepted.
            (Some(_), Some(_)) => Err(HandshakeError::BadCompression),
        }
    }

    /// Counts an interim response (RFC 9110, section 15.2): it is no answer yet.
    const fn skip(&mut self) -> Result<(), HandshakeError> {
        self.interim += 1;
        if self.interim > self.head_limits.interim {
            return Err(HandshakeError::TooManyInterim);
        }
        Ok(())
    }

    fn refuse<B: AsMut<[u8]>>(self, response: Response, input: &mut Input<B>) -> Progress {
        let StatusLine { status, minor, .. } = response.line;
        let most = usize::try_from(self.head_limits.body).unwrap_or(usize::MAX);
        let body = Body::new(status, minor, &response.headers, most);
        self.receive_body(response, body, input)
    }

    fn receive_body<B: AsMut<[u8]>>(
        self,
        response: Response,
        mut body: Body,
        input: &mut Input<B>,
    ) -> Progress {
        if body.receive(input) {
            return Progress::Refused(response.with_body(body));
        }
        Progress::Incomplete(Handshake { opening: self, stage: Stage::Body(response, body) })
    }
}

/// What is being read.
#[derive(Debug)]
enum Stage {
    Head(ResponseSearch),
    Body(Response, Body),
}

/// The search for the head of a response.
#[derive(Debug)]
struct ResponseSearch {
    search: Search,
    line: Option<StatusLine>,
}

impl ResponseSearch {
    fn new() -> Self {
        Self { search: Search::new(Kind::Response), line: None }
    }

    /// The first line and the length of the head, if it is whole.
    fn advance<B: AsMut<[u8]>>(
        &mut self,
        input: &mut Input<B>,
        limits: &HeadLimits,
    ) -> Result<Option<(StatusLine, usize)>, HandshakeError> {
        while let Some(found) = self.search.advance(input.unread(), limits)? {
            match found {
                Found::StartLine(line) => {
                    self.line = Some(StatusLine::parse(input.unread(), line)?);
                }
                Found::End(length) => return Ok(self.line.map(|line| (line, length))),
            }
        }
        Ok(None)
    }
}

/// The first line of a response (RFC 9112, section 4).
#[derive(Clone, Copy, Debug)]
struct StatusLine {
    status: u16,
    /// Of HTTP/1.
    minor: u8,
    reason: Span,
}

impl StatusLine {
    fn parse(text: &[u8], span: Span) -> Result<Self, HandshakeError> {
        let line = span.of(text);
        let (version, rest) = line.split_at_checked(8).ok_or(HandshakeError::BadStartLine)?;
        let minor = parse_http(version)?;
        // The space is there even if there is no reason; some leave it out.
        let [b' ', hundreds, tens, ones, reason @ ..] = rest else {
            return Err(HandshakeError::BadStartLine);
        };
        let digits = [hundreds, tens, ones];
        if !digits.iter().all(|digit| digit.is_ascii_digit()) || !matches!(reason, [] | [b' ', ..])
        {
            return Err(HandshakeError::BadStartLine);
        }
        let status = digits.iter().fold(0, |status, &&digit| status * 10 + u16::from(digit - b'0'));
        // RFC 9110, sections 7.8 and 15.2: HTTP/1.0 neither switches protocols nor knows 1xx.
        if minor == 0 && (100..=199).contains(&status) {
            return Err(HandshakeError::UnsupportedHttp);
        }
        let reason = line.len() - reason.trim_ascii_start().len()..line.len();
        Ok(Self { status, minor, reason: span.within(reason) })
    }
}

/// Whether a list of subprotocols, as we send it, has this one, in exactly these letters.
fn offers(protocols: &str, name: &str) -> bool {
    protocols.split(", ").any(|protocol| protocol == name)
}

const ASK: &[u8] = b"\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ";

/// What is written beside that takes no more, but for the texts of the caller.
const REST: usize = 256;
