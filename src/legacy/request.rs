//! [`Request`]: the request of a client of draft 75 or 76.

use alloc::string::String;
use alloc::vec::Vec;

use super::draft::{Draft, LOCATION, ORIGIN, PROTOCOL};
use super::keys::Numbers;
use super::location::{Carrier, resource};
use crate::handshake::lines::{HeadKind, HeaderLines, push_line};
use crate::handshake::server::{Head, Policy, RequestError, Response};
use crate::handshake::target::Target;
use crate::handshake::text::ascii;
use crate::handshake::{Authority, HeaderError, Headers};

/// A valid request of a client of draft 75 or 76, to be accepted or rejected.
///
/// ```
/// use sansocket::legacy::{Connection, Draft};
/// use sansocket::server::Response;
/// # use sansocket::{Config, Event, Input, Timestamp};
///
/// /// Accepts requests for `/chat`, but for those of the oldest draft.
/// fn answer(connection: &mut Connection) {
///     let Some(request) = connection.request() else { return };
///     match (request.draft(), request.path()) {
///         (Draft::Hixie76, "/chat") => connection.accept(),
///         _ => connection.reject(Response::not_found("")),
///     }
/// }
/// # let request = b"GET /chat HTTP/1.1\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\nHost: a\r\n\
/// #     Origin: http://a\r\n\r\n";
/// # let (mut input, now) = (Input::new(vec![0; 1024]), Timestamp::default());
/// # let server = Connection::server(Config::new().shared(), now);
/// # let mut server = server.with_read_ahead(request);
/// # assert_eq!(server.next_event(&mut input), Some(Event::Request));
/// # answer(&mut server);
/// # assert!(server.transmit().starts_with(b"HTTP/1.1 404 "));
/// ```
#[derive(Debug)]
#[must_use]
pub struct Request {
    head: Head,
    challenge: Challenge,
    carrier: Carrier,
    lines: HeaderLines,
}

/// What the server has to prove.
#[derive(Clone, Copy, Debug)]
pub(super) enum Challenge {
    /// Draft 75: nothing.
    None,
    /// Draft 76: that it has read the keys.
    Numbers(Numbers),
}

impl Request {
    /// Returns the draft that the client speaks.
    pub const fn draft(&self) -> Draft {
        match self.challenge {
            Challenge::None => Draft::Hixie75,
            Challenge::Numbers(_) => Draft::Hixie76,
        }
    }

    /// Returns the target as received, without decoding.
    pub fn target(&self) -> &str {
        self.head.target()
    }

    /// Returns the path of the target: at least `/`.
    pub fn path(&self) -> &str {
        Target::parse(self.target()).unwrap_or_default().path()
    }

    /// Returns the query of the target, if it has one, even an empty one.
    pub fn query(&self) -> Option<&str> {
        Target::parse(self.target()).unwrap_or_default().query()
    }

    /// Returns the host and port of the target if it has them, or those of `Host`.
    pub fn authority(&self) -> Authority<'_> {
        self.head.authority().unwrap_or(const { Authority::new("", None) })
    }

    /// Returns the origin of the page that opens the connection. The response repeats it.
    pub fn origin(&self) -> &str {
        self.headers().text("Origin").unwrap_or_default()
    }

    /// Returns the subprotocol that the client asks for. A server that [accepts](super::Connection::accept) the
    /// request has to speak it.
    pub fn protocol(&self) -> Option<&str> {
        self.headers().text(self.draft().name(PROTOCOL))
    }

    /// Returns the headers in order.
    pub const fn headers(&self) -> &Headers {
        self.head.headers()
    }

    /// Returns the value of the first header with this name.
    pub fn header<'h>(&'h self, name: &'h str) -> Option<&'h [u8]> {
        self.headers().value(name)
    }

    /// Returns the URL of the WebSocket, which the client compares with its own.
    pub fn location(&self) -> String {
        self.carrier.location(&self.authority(), &resource(self.path(), self.query()))
    }

    /// Says that the client came over TLS: the scheme of the [location](Self::location) is `wss`.
    pub const fn over_tls(&mut self) {
        self.carrier = Carrier::Tls;
    }

    /// Adds a header line to the response that [accepts](super::Connection::accept) the request.
    ///
    /// # Errors
    ///
    /// Returns [`HeaderError`] if the line is malformed, repeated, or reserved for the handshake. The response
    /// is unchanged.
    pub fn add_header(&mut self, name: &str, value: &str) -> Result<(), HeaderError> {
        self.lines.add(HeadKind::Switch, name, value)
    }

    /// Returns whether a request is for one of the two drafts, which have no version and no third key.
    pub(super) fn is_asked_by(head: &Head) -> bool {
        let headers = head.headers();
        let has = |name| headers.value(name).is_some();
        headers.text("Upgrade").is_some_and(|upgrade| upgrade.eq_ignore_ascii_case("websocket"))
            && !has("Sec-WebSocket-Version")
            && !has("Sec-WebSocket-Key")
    }

    /// Validates a request.
    pub(super) fn validate(head: Head, policy: &Policy) -> Result<Self, RequestError> {
        head.check_method()?;
        let authority = head.check_target()?;
        head.check_connection()?;
        let challenge = read_challenge(head.headers())?;
        let (lines, carrier) = (HeaderLines::default(), Carrier::Tcp);
        check_body(&head, challenge)?;
        head.check_expectation()?;
        // The response repeats it, and the client compares it.
        let origin = head.check_origin()?.ok_or(RequestError::MissingOrigin)?;
        policy.check_host(Some(&authority))?;
        policy.check_origin(Some(origin), &authority)?;
        let request = Self { head, challenge, carrier, lines };
        check_protocol(request.headers(), request.draft())?;
        Ok(request)
    }

    /// Accepts the request: appends the head of the response.
    pub(super) fn accept(self, out: &mut Vec<u8>) -> Challenge {
        let draft = self.draft();
        out.extend_from_slice(draft.first_lines());
        push_line(out, draft.name(ORIGIN), self.origin());
        push_line(out, draft.name(LOCATION), &self.location());
        if let Some(protocol) = self.protocol() {
            push_line(out, draft.name(PROTOCOL), protocol);
        }
        out.extend_from_slice(self.lines.as_bytes());
        out.extend_from_slice(b"\r\n");
        self.challenge
    }

    /// Rejects the request: appends `response`.
    pub(super) fn reject(self, response: Response<'_>, out: &mut Vec<u8>) {
        self.head.reject(response, out);
    }
}

/// Reads the keys, of which there are two or none.
fn read_challenge(headers: &Headers) -> Result<Challenge, RequestError> {
    // Drafts 01 to 03 have the keys of 76 and other frames.
    if headers.value("Sec-WebSocket-Draft").is_some() {
        return Err(RequestError::UnsupportedVersion);
    }
    let [ones, twos] = ["Sec-WebSocket-Key1", "Sec-WebSocket-Key2"]
        .map(|name| headers.values(name).collect::<Vec<_>>());
    match (&*ones, &*twos) {
        ([], []) => Ok(Challenge::None),
        ([one], [two]) => {
            Numbers::read([one, two]).map(Challenge::Numbers).ok_or(RequestError::BadKeys)
        }
        _ => Err(RequestError::BadKeys),
    }
}

/// Validates that the request has no body. Some clients count the eight bytes of draft 76 as one.
fn check_body(head: &Head, challenge: Challenge) -> Result<(), RequestError> {
    let headers = head.headers();
    let has_eight =
        headers.values("Content-Length").eq([b"8"]) && headers.value("Transfer-Encoding").is_none();
    match challenge {
        Challenge::Numbers(_) if has_eight => Ok(()),
        Challenge::Numbers(_) | Challenge::None => head.check_body(),
    }
}

/// Validates the subprotocol: one line of visible characters and spaces.
fn check_protocol(headers: &Headers, draft: Draft) -> Result<(), RequestError> {
    let mut values = headers.values(draft.name(PROTOCOL));
    match (values.next(), values.next()) {
        (None, _) => Ok(()),
        (Some(protocol), None) if ascii(protocol).is_some_and(is_protocol) => Ok(()),
        (Some(_), _) => Err(RequestError::BadProtocol),
    }
}

/// Returns whether a subprotocol can be asked for: it has visible characters and spaces only.
fn is_protocol(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ')
}
