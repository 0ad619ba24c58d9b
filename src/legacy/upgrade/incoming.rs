//! The server's side of an upgrade to any protocol.

use alloc::vec::Vec;

use super::protocols;
use crate::handshake::lines::{HeadKind, push_line};
use crate::handshake::list::List;
use crate::handshake::server::{Handshake, Head, Policy, RequestError, Response};
use crate::handshake::text::ascii;
use crate::handshake::{Authority, HeaderError, Headers};

/// A server that waits for a request to upgrade to any protocol.
///
/// ```
/// use sansocket::legacy::upgrade::Incoming;
/// use sansocket::server::Policy;
///
/// let mut incoming = Incoming::new(Policy::new());
/// let mut received = b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: x, y/2\r\n".to_vec();
/// assert!(incoming.receive(&received)?.is_none()); // More must come.
/// received.extend(b"Connection: Upgrade\r\n\r\nrest");
/// let (request, len) = incoming.receive(&received)?.expect("the head is complete");
/// assert!(request.protocols().eq(["x", "y/2"]));
/// assert_eq!(&received[len..], b"rest");
/// # Ok::<(), sansocket::server::RequestError>(())
/// ```
#[derive(Debug)]
pub struct Incoming {
    handshake: Handshake,
    policy: Policy,
}

impl Incoming {
    /// Creates a server that has received nothing.
    pub fn new(policy: Policy) -> Self {
        Self { handshake: Handshake::new(), policy }
    }

    /// Goes on with all bytes received so far. Returns the request once its head is complete, and the length of the
    /// head. The bytes behind it are those of the other protocol.
    ///
    /// # Errors
    ///
    /// Returns the reason to reject the request. [`RequestError::reject`] writes the response. It is
    /// [`RequestError::MissingUpgrade`] for plain HTTP.
    pub fn receive(&mut self, bytes: &[u8]) -> Result<Option<(Request, usize)>, RequestError> {
        let received = self.handshake.receive_head(bytes, &self.policy.limits)?;
        let Some((len, head)) = received else { return Ok(None) };
        let request = Request { head };
        request.check(&self.policy)?;
        Ok(Some((request, len)))
    }
}

/// A request to upgrade to any protocol, to be accepted or rejected.
///
/// ```
/// use sansocket::HeaderError;
/// use sansocket::legacy::upgrade::Request;
///
/// /// Starts TLS within HTTP (RFC 2817).
/// fn start_tls(request: &Request, out: &mut Vec<u8>) -> Result<(), HeaderError> {
///     request.accept("TLS/1.0, HTTP/1.1", &[], out)
/// }
/// # use sansocket::legacy::upgrade::Incoming;
/// # let head = b"OPTIONS * HTTP/1.1\r\nHost: a\r\nUpgrade: TLS/1.0\r\nConnection: Upgrade\r\n\r\n";
/// # let mut incoming = Incoming::new(Default::default());
/// # let (request, _) = incoming.receive(head).unwrap().unwrap();
/// # assert_eq!(start_tls(&request, &mut Vec::new()), Ok(()));
/// ```
#[derive(Debug)]
pub struct Request {
    head: Head,
}

impl Request {
    /// Returns the method, such as `OPTIONS`.
    pub fn method(&self) -> &str {
        self.head.method()
    }

    /// Returns the target as received.
    pub fn target(&self) -> &str {
        self.head.target()
    }

    /// Returns the host and port of the target if it has them, or those of `Host`.
    pub fn authority(&self) -> Option<Authority<'_>> {
        self.head.authority()
    }

    /// Returns the headers in order.
    pub const fn headers(&self) -> &Headers {
        self.head.headers()
    }

    /// Returns the protocols that the client offers, each with its version if it has one, in order of preference.
    pub fn protocols(&self) -> impl Iterator<Item = &str> {
        let offers = List::new(self.headers().values("Upgrade"));
        offers.flatten().filter_map(ascii)
    }

    /// Returns whether the client offers this protocol, ignoring case (RFC 9110, section 7.8).
    pub fn offers(&self, protocol: &str) -> bool {
        self.protocols().any(|offered| offered.eq_ignore_ascii_case(protocol))
    }

    /// Accepts the request: appends the 101 to `out`. The next bytes in both directions are those of `protocol`.
    ///
    /// `protocol` may be a list, of which the client has offered the first.
    ///
    /// # Errors
    ///
    /// Returns [`HeaderError::BadProtocol`] if the list is malformed, [`HeaderError::NotOffered`] if its first
    /// protocol was not offered, and another [`HeaderError`] if a header is malformed or reserved. `out` is
    /// unchanged.
    pub fn accept(
        &self,
        protocol: &str,
        headers: &[(&str, &str)],
        out: &mut Vec<u8>,
    ) -> Result<(), HeaderError> {
        let mut list = protocols(protocol).ok_or(HeaderError::BadProtocol)?;
        if !list.next().is_some_and(|first| self.offers(first)) {
            return Err(HeaderError::NotOffered);
        }
        for (name, value) in headers {
            HeadKind::Switch.check(name, value)?;
        }
        out.extend_from_slice(b"HTTP/1.1 101 Switching Protocols\r\n");
        for (name, value) in
            [("Connection", "Upgrade"), ("Upgrade", protocol)].iter().chain(headers)
        {
            push_line(out, name, value);
        }
        out.extend_from_slice(b"\r\n");
        Ok(())
    }

    /// Rejects the request: appends `response` to `out`. The transport must end after it.
    pub fn reject(&self, response: Response<'_>, out: &mut Vec<u8>) {
        self.head.reject(response, out);
    }

    fn check(&self, policy: &Policy) -> Result<(), RequestError> {
        self.head.check_http()?;
        self.head.check_routing(policy)?;
        self.head.check_body()?;
        self.check_upgrade()?;
        self.head.check_connection()?;
        self.head.check_expectation()?;
        match (self.head.check_origin()?, self.authority()) {
            (origin, Some(authority)) => policy.check_origin(origin, &authority),
            // A request for the server as a whole names no host that an origin could be compared with.
            (Some(_), None) => Err(RequestError::ForbiddenOrigin),
            (None, None) => Ok(()),
        }
    }

    fn check_upgrade(&self) -> Result<(), RequestError> {
        let mut offers = List::new(self.headers().values("Upgrade")).peekable();
        offers.peek().ok_or(RequestError::MissingUpgrade)?;
        let is_valid = |offer: &[u8]| ascii(offer).is_some_and(super::is_protocol);
        match offers.all(|offer| offer.is_ok_and(is_valid)) {
            true => Ok(()),
            false => Err(RequestError::BadUpgrade),
        }
    }
}
