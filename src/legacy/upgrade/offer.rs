//! The client's side of an upgrade to any protocol, and of a tunnel.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::protocols;
use crate::handshake::client::{Handshake, Received, Response, ResponseError};
use crate::handshake::lines::{HeadKind, HeaderLines, push_line};
use crate::handshake::list::List;
use crate::handshake::text::ascii;
use crate::handshake::token::is_token;
use crate::handshake::{HandshakeLimits, HeaderError, Url};

/// A request of a client to upgrade to any protocol, or to a proxy for a tunnel.
///
/// ```
/// use sansocket::legacy::upgrade::Offer;
/// use sansocket::{Url, UrlPolicy};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let url = Url::parse_with("http://example.com/a", UrlPolicy::new().allow_http(true))?;
/// let mut out = Vec::new();
/// let pending = Offer::new("GET", url, "raw")?.start(&mut out);
/// assert_eq!(
///     out,
///     b"GET /a HTTP/1.1\r\nHost: example.com\r\nUpgrade: raw\r\nConnection: Upgrade\r\n\r\n"
/// );
/// # drop(pending);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use]
pub struct Offer {
    /// The first line.
    line: String,
    host: String,
    /// The protocols that are offered. `None` asks for a tunnel.
    protocols: Option<String>,
    lines: HeaderLines,
    limits: HandshakeLimits,
}

impl Offer {
    /// Creates a request to upgrade to a protocol, or to one of a list.
    ///
    /// # Errors
    ///
    /// Returns [`HeaderError::BadMethod`] if the method is not a token or is `CONNECT`, and
    /// [`HeaderError::BadProtocol`] if the list is malformed.
    pub fn new(method: &str, url: Url<'_>, protocol: &str) -> Result<Self, HeaderError> {
        if !is_token(method.as_bytes()) || method == "CONNECT" {
            return Err(HeaderError::BadMethod);
        }
        if protocols(protocol).is_none() {
            return Err(HeaderError::BadProtocol);
        }
        let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
        let line = format!("{method} {}{query} HTTP/1.1", url.path());
        Ok(Self::of(line, url.authority().to_string(), Some(protocol.into())))
    }

    /// Creates a request to a proxy for a tunnel to the host of a URL (RFC 9110, section 9.3.6).
    ///
    /// Credentials for the proxy are a [header](Self::add_header). The peer behind the tunnel may send first.
    ///
    /// ```
    /// use sansocket::legacy::upgrade::Offer;
    /// use sansocket::Url;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let mut offer = Offer::tunnel(Url::parse("ws://example.com")?);
    /// offer.add_header("Proxy-Authorization", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")?;
    /// let mut out = Vec::new();
    /// let pending = offer.start(&mut out);
    /// assert!(out.starts_with(b"CONNECT example.com:80 HTTP/1.1\r\nHost: example.com:80\r\n"));
    /// # drop(pending);
    /// # Ok(())
    /// # }
    /// ```
    pub fn tunnel(url: Url<'_>) -> Self {
        let host = format!("{}:{}", url.authority().host(), url.port());
        Self::of(format!("CONNECT {host} HTTP/1.1"), host, None)
    }

    fn of(line: String, host: String, protocols: Option<String>) -> Self {
        let (lines, limits) = (HeaderLines::default(), HandshakeLimits::new());
        Self { line, host, protocols, lines, limits }
    }

    /// Adds a header line.
    ///
    /// # Errors
    ///
    /// Returns [`HeaderError`] if the line is malformed, repeated, or reserved for the upgrade. The request is
    /// unchanged.
    pub fn add_header(&mut self, name: &str, value: &str) -> Result<(), HeaderError> {
        self.lines.add(HeadKind::Request, name, value)
    }

    /// Sets the limits on the size of the response. Default: [`HandshakeLimits::new`].
    pub const fn set_limits(&mut self, limits: HandshakeLimits) {
        self.limits = limits;
    }

    /// Appends the request to `out`, and waits for the response.
    pub fn start(self, out: &mut Vec<u8>) -> Pending {
        out.extend_from_slice(self.line.as_bytes());
        out.extend_from_slice(b"\r\n");
        push_line(out, "Host", &self.host);
        if let Some(protocols) = &self.protocols {
            push_line(out, "Upgrade", protocols);
            push_line(out, "Connection", "Upgrade");
        }
        out.extend_from_slice(self.lines.as_bytes());
        out.extend_from_slice(b"\r\n");
        let handshake = match self.protocols {
            Some(_) => Handshake::foreign(self.limits),
            None => Handshake::tunnel(self.limits),
        };
        Pending { handshake, protocols: self.protocols }
    }
}

/// A client that waits for the response to its [`Offer`].
///
/// ```
/// use sansocket::client::ResponseError;
/// use sansocket::legacy::upgrade::{Answer, Pending};
///
/// /// Returns the first bytes of the other protocol, once it has begun.
/// fn receive<'b>(pending: &mut Pending, bytes: &'b [u8]) -> Result<Option<&'b [u8]>, ResponseError> {
///     let (len, answer) = pending.receive(bytes)?;
///     Ok(matches!(answer, Some(Answer::Switched(_))).then(|| &bytes[len..]))
/// }
/// # let url = sansocket::Url::parse("ws://a").unwrap();
/// # let mut pending = sansocket::legacy::upgrade::Offer::new("GET", url, "x").unwrap().start(&mut Vec::new());
/// # let head = b"HTTP/1.1 101 x\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\nrest";
/// # assert_eq!(receive(&mut pending, head), Ok(Some(&b"rest"[..])));
/// ```
#[derive(Debug)]
#[must_use]
pub struct Pending {
    handshake: Handshake,
    protocols: Option<String>,
}

/// The response to an [`Offer`].
///
/// ```
/// use sansocket::legacy::upgrade::Answer;
///
/// fn status(answer: &Answer) -> u16 {
///     match answer {
///         Answer::Switched(response) | Answer::Rejected(response) => response.status(),
///     }
/// }
/// ```
#[derive(Debug)]
pub enum Answer {
    /// The server has switched protocols, or the tunnel stands. The bytes behind the head are those of the other
    /// protocol.
    Switched(Response),
    /// The server answered with another status.
    Rejected(Response),
}

impl Pending {
    /// Goes on with the received bytes. Returns how many were used, and the response if it is complete. The next
    /// call must start with the others.
    ///
    /// # Errors
    ///
    /// Returns an error if the response does not fit the request. None of the bytes can be trusted.
    pub fn receive(&mut self, bytes: &[u8]) -> Result<(usize, Option<Answer>), ResponseError> {
        let (used, received) = self.handshake.receive(bytes)?;
        let answer = match received {
            None => None,
            Some(Received::Rejected(response)) => Some(Answer::Rejected(response)),
            Some(Received::Open(_, response)) => {
                self.check(&response)?;
                Some(Answer::Switched(response))
            }
        };
        Ok((used, answer))
    }

    /// Takes the end of the transport. Returns a rejection, as far as it was received.
    ///
    /// # Errors
    ///
    /// Returns [`HeadError::Incomplete`](crate::HeadError::Incomplete) if no complete head was received.
    pub fn receive_eof(self) -> Result<Response, ResponseError> {
        self.handshake.receive_eof(false)
    }

    /// Validates that the server has switched to a protocol that was offered.
    fn check(&self, response: &Response) -> Result<(), ResponseError> {
        let Some(offered) = &self.protocols else { return Ok(()) };
        response.check_connection()?;
        // RFC 9110, section 7.8: several are layers. The first is the one that was offered.
        let first = List::new(response.headers().values("Upgrade")).next();
        let first = first.ok_or(ResponseError::MissingUpgrade)?;
        let first = first.ok().and_then(ascii).ok_or(ResponseError::OtherUpgrade)?;
        let mut offered = protocols(offered).into_iter().flatten();
        match offered.any(|offered| offered.eq_ignore_ascii_case(first)) {
            true => Ok(()),
            false => Err(ResponseError::OtherUpgrade),
        }
    }
}
