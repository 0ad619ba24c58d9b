//! The server's side of the opening handshake for applications whose HTTP library reads the request and
//! writes the response.
//!
//! This file contains no rules: the request is encoded and validated like any other, and the response is
//! decoded from the bytes that a server sends.

use alloc::string::ToString;
use alloc::vec::Vec;

use http::{HeaderName, HeaderValue, StatusCode, Version};

use super::head_error::HeadError;
use super::negotiated::Negotiated;
use super::policy::Policy;
use super::request_error::RequestError;
use super::response::Answer;
use super::server::{Handshake, Received, Request};

impl Request {
    /// Validates a request that an HTTP library has parsed.
    ///
    /// The rules are those for a request that is received as bytes. The body is ignored.
    /// HTTP/2 is rejected, because it opens a WebSocket in another way (RFC 8441).
    ///
    /// ```
    /// use sansocket::server::{Policy, Request};
    ///
    /// /// Answers a request, and starts a task for its connection.
    /// fn answer(request: &http::Request<()>, policy: &Policy) -> http::Response<&'static str> {
    ///     match Request::from_http(request, policy) {
    ///         Ok(request) => {
    ///             let (response, negotiated) = request.accept_http();
    ///             // Run `Connection::open_server(negotiated, ..)` over the stream of the HTTP library.
    ///             # drop(negotiated);
    ///             response.map(|()| "")
    ///         }
    ///         Err(error) => error.to_http(),
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the reason to reject the request. [`RequestError::to_http`] is the response.
    pub fn from_http<B>(request: &http::Request<B>, policy: &Policy) -> Result<Self, RequestError> {
        match Handshake::new().receive(&encode(request), policy)? {
            Some((_, Received::Request(request))) => Ok(request),
            Some((_, Received::NotUpgrade(_))) => Err(RequestError::MissingUpgrade),
            None => Err(HeadError::Incomplete.into()),
        }
    }

    /// Accepts the request. Returns the 101 for the HTTP library to send, and the result of the negotiation.
    ///
    /// Open a [`Connection`](crate::Connection::open_server) with that result.
    ///
    /// The HTTP library answers an `Expect: 100-continue`.
    pub fn accept_http(self) -> (http::Response<()>, Negotiated) {
        let mut head = Vec::new();
        let negotiated = self.switch(&mut head);
        (decode(&head), negotiated)
    }
}

impl RequestError {
    /// Returns the response that [`reject`](Self::reject) writes.
    ///
    /// An error without a [status](Self::status) becomes a 500.
    pub fn to_http(self) -> http::Response<&'static str> {
        let mut head = Vec::new();
        if let Some(response) = self.response() {
            response.encode(Answer::Head, &mut head);
        }
        decode(&head).map(|()| self.body())
    }
}

/// Encodes the head of a request.
fn encode<B>(request: &http::Request<B>) -> Vec<u8> {
    let mut head = Vec::new();
    head.extend_from_slice(request.method().as_str().as_bytes());
    head.push(b' ');
    head.extend_from_slice(request.uri().to_string().as_bytes());
    head.push(b' ');
    head.extend_from_slice(version(request.version()));
    head.extend_from_slice(b"\r\n");
    for (name, value) in request.headers() {
        for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
            head.extend_from_slice(part);
        }
    }
    head.extend_from_slice(b"\r\n");
    head
}

/// Returns the version. All others are rejected alike.
const fn version(version: Version) -> &'static [u8] {
    match version {
        Version::HTTP_11 => b"HTTP/1.1",
        _ => b"HTTP/2.0",
    }
}

/// Decodes a head that we wrote.
fn decode(head: &[u8]) -> http::Response<()> {
    let mut response = http::Response::new(());
    let head = str::from_utf8(head).unwrap_or_default();
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).map(str::parse);
    *response.status_mut() =
        status.and_then(Result::ok).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().append(name, value);
        }
    }
    response
}
