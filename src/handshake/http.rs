//! The server's side of the opening handshake where an HTTP library has read the request and will write
//! the response.
//!
//! No rule stands here: the request is written as it would have come, and the response read as it would
//! have gone.

use alloc::string::ToString;
use alloc::vec::Vec;

use http::{HeaderName, HeaderValue, StatusCode, Version};

use super::negotiated::Negotiated;
use super::response::Answer;
use super::server::{Handshake, Policy, Progress, Request};
use crate::connection::Input;
use crate::handshake::HandshakeError;

impl Request {
    /// Takes a request that an HTTP library has parsed, if it is a valid opening handshake.
    ///
    /// It is judged as one that [came as bytes](Handshake::receive); the body is not looked at. HTTP/2
    /// is refused, as it opens a WebSocket in another way (RFC 8441).
    ///
    /// # Errors
    ///
    /// When the request must be refused: [`HandshakeError::to_http`] is the response.
    pub fn from_http<B>(
        request: &http::Request<B>,
        policy: &Policy<'_>,
    ) -> Result<Self, HandshakeError> {
        let mut input = Input::new(Vec::new());
        input.append(&encode(request));
        match Handshake::new().receive(&mut input, policy)? {
            Progress::Request(request) => Ok(request),
            Progress::NotAnUpgrade(_) => Err(HandshakeError::MissingUpgrade),
            Progress::Incomplete(_) => unreachable!("what is written is a whole head"),
        }
    }

    /// Opens the connection: returns the 101 for the client, to be sent by the HTTP library, which will
    /// then give out the stream.
    ///
    /// It is the library that answers an `Expect: 100-continue`.
    pub fn accept_http(self) -> (http::Response<()>, Negotiated) {
        let mut head = Vec::new();
        let connection = self.switch(&mut head);
        (decode(&head), connection)
    }
}

impl HandshakeError {
    /// The response with which a server refuses, as [`respond`](Self::respond) writes it.
    ///
    /// An error that has no [status](Self::status), which no request causes, gets 500.
    pub fn to_http(self) -> http::Response<&'static str> {
        let mut head = Vec::new();
        if let Some(response) = self.response() {
            response.encode(Answer::Head, &mut head);
        }
        decode(&head).map(|()| self.body())
    }
}

/// The head of a request, as a client would write it.
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

/// All versions but one are refused, and in the same way.
const fn version(version: Version) -> &'static [u8] {
    match version {
        Version::HTTP_11 => b"HTTP/1.1",
        _ => b"HTTP/2.0",
    }
}

/// The response of which we wrote this head.
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
