//! The opening handshake for applications whose HTTP library reads and writes the heads, in the types of the
//! crate `http`.
//!
//! This file contains no rules: what was received is encoded and validated like any other head, and what is
//! sent is decoded from the bytes that we would send.

use alloc::string::ToString;
use alloc::vec::Vec;

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, Version};

use super::client::{self, Answer, Pending};
use super::fields::Fields;
use super::head_error::HeadError;
use super::negotiated::Negotiated;
use super::policy::Policy;
use super::request_error::RequestError;
use super::response;
use super::response_error::ResponseError;
use super::server::{self, Handshake, Received, Request};
use crate::wire::{Keys, Seed};

impl Request {
    /// Validates a request that an HTTP library has parsed.
    ///
    /// The rules are those for a request that is received as bytes. The body is ignored.
    /// HTTP/2 is rejected: see [`from_http_connect`](Self::from_http_connect).
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

    /// Validates a request of any version that an HTTP library has parsed: an upgrade of HTTP/1.1, or an
    /// extended CONNECT of HTTP/2 or HTTP/3 (RFC 8441).
    ///
    /// HTTP libraries keep `:protocol` in an extension of the request, each in a type of its own. Pass its
    /// text:
    ///
    /// ```
    /// use sansocket::server::{Policy, Request, RequestError};
    ///
    /// #[derive(Clone)]
    /// struct Protocol(String); // such as `hyper::ext::Protocol`
    ///
    /// fn validate(request: &http::Request<()>) -> Result<Request, RequestError> {
    ///     let protocol = request.extensions().get::<Protocol>().map(|it| it.0.as_str());
    ///     Request::from_http_connect(request, protocol, &Policy::new())
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the reason to reject the request. [`RequestError::to_http_connect`] is the response.
    pub fn from_http_connect<B>(
        request: &http::Request<B>,
        protocol: Option<&str>,
        policy: &Policy,
    ) -> Result<Self, RequestError> {
        if request.version() <= Version::HTTP_11 {
            return Self::from_http(request, policy);
        }
        let uri = request.uri();
        let pseudo = [
            (":method", Some(request.method().as_str())),
            (":protocol", protocol),
            (":scheme", uri.scheme_str()),
            (":authority", uri.authority().map(|it| it.as_str())),
            (":path", uri.path_and_query().map(|it| it.as_str())),
        ];
        let pseudo = pseudo.into_iter().filter_map(|(name, value)| Some((name, value?.as_bytes())));
        let fields =
            request.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
        Self::from_fields(pseudo.chain(fields), policy)
    }

    /// Accepts the request. Returns the 101, or 200 over HTTP/2 and HTTP/3, for the HTTP library to send, and
    /// the result of the negotiation.
    ///
    /// Open a [`Connection`](crate::Connection::open_server) with that result.
    ///
    /// The HTTP library answers an `Expect: 100-continue`.
    pub fn accept_http(self) -> (http::Response<()>, Negotiated) {
        let (fields, negotiated) = self.accept_fields();
        (to_response(fields.pairs()), negotiated)
    }
}

impl client::Request<'_> {
    /// Returns the request for an HTTP library that speaks HTTP/1.1. The second value waits for the response.
    ///
    /// The seed makes the key of the handshake (section 4.1, item 7). Use another one for the connection.
    ///
    /// ```
    /// use sansocket::{Seed, Url, client};
    ///
    /// let request = client::Request::new(Url::parse("ws://example.com/chat")?);
    /// let (request, pending) = request.into_http(Seed::new([7; 32]));
    /// assert_eq!(request.uri().path(), "/chat");
    /// assert_eq!(request.headers()["upgrade"], "websocket");
    /// // The HTTP library sends the request, and receives a response:
    /// let response = http::Response::builder().status(404).body(())?;
    /// let client::Answer::Rejected(response) = pending.receive_http(&response)? else { panic!() };
    /// assert_eq!(response.status(), 404);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn into_http(self, seed: Seed) -> (http::Request<()>, Pending) {
        let (head, pending) = self.into_upgrade(Keys::new(seed).next_nonce());
        (decode_request(&head), pending)
    }

    /// Returns the extended CONNECT for an HTTP library that speaks HTTP/2 or HTTP/3. The second value waits
    /// for the response.
    ///
    /// HTTP libraries want `:protocol` in an extension of the request: insert `websocket` in their type, such
    /// as `h2::ext::Protocol`.
    ///
    /// ```
    /// use sansocket::{Url, client};
    ///
    /// let request = client::Request::new(Url::parse("wss://example.com/chat")?);
    /// let (request, _pending) = request.into_http_connect();
    /// assert_eq!((request.method().as_str(), request.version()), ("CONNECT", http::Version::HTTP_2));
    /// assert_eq!(request.uri(), "https://example.com/chat");
    /// # Ok::<(), sansocket::UrlError>(())
    /// ```
    pub fn into_http_connect(self) -> (http::Request<()>, Pending) {
        let (fields, pending) = self.into_fields();
        (to_http_connect(&fields), pending)
    }
}

/// Returns an extended CONNECT of these fields.
pub(crate) fn to_http_connect(fields: &Fields) -> http::Request<()> {
    let value = |name| fields.pairs().find(|&(other, _)| other == name).map(|(_, value)| value);
    let uri = Uri::builder()
        .scheme(value(":scheme").unwrap_or_default())
        .authority(value(":authority").unwrap_or_default())
        .path_and_query(value(":path").unwrap_or_default());
    let mut request = http::Request::new(());
    *request.method_mut() = Method::CONNECT;
    *request.uri_mut() = uri.build().unwrap_or_default();
    *request.version_mut() = Version::HTTP_2;
    append(request.headers_mut(), fields.pairs());
    request
}

impl Pending {
    /// Takes the head of a response that an HTTP library received over any version of HTTP.
    ///
    /// # Errors
    ///
    /// Returns an error if the response cannot complete this handshake. End the transport.
    pub fn receive_http<B>(self, response: &http::Response<B>) -> Result<Answer, ResponseError> {
        let mut head = Vec::from(b"HTTP/1.1 ");
        head.extend_from_slice(response.status().as_str().as_bytes());
        head.extend_from_slice(b" \r\n");
        encode_headers(response.headers(), &mut head);
        self.receive(&head)
    }
}

impl server::Response<'_> {
    /// Returns the head for an HTTP library that speaks HTTP/2 or HTTP/3. The [body](Self::body) follows it.
    pub fn to_http_connect(&self) -> http::Response<()> {
        to_response(self.to_fields().pairs())
    }
}

impl RequestError {
    /// Returns the response that [`reject`](Self::reject) writes.
    ///
    /// An error without a [status](Self::status) becomes a 500.
    pub fn to_http(self) -> http::Response<&'static str> {
        let mut head = Vec::new();
        if let Some(response) = self.response() {
            response.encode(response::Answer::Head, &mut head);
        }
        let head = str::from_utf8(&head).unwrap_or_default();
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).unwrap_or_default();
        let status = [(":status", status)].into_iter();
        to_response(status.chain(lines.filter_map(|line| line.split_once(": "))))
            .map(|()| self.body())
    }

    /// Returns the response for a request of HTTP/2 or HTTP/3.
    ///
    /// An error without a [status](Self::status) becomes a 500.
    pub fn to_http_connect(self) -> http::Response<&'static str> {
        let fields = self.to_fields().unwrap_or_default();
        to_response(fields.pairs()).map(|()| self.body())
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
    encode_headers(request.headers(), &mut head);
    head
}

fn encode_headers(headers: &HeaderMap, head: &mut Vec<u8>) {
    for (name, value) in headers {
        for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
            head.extend_from_slice(part);
        }
    }
    head.extend_from_slice(b"\r\n");
}

/// Returns the version. All others are rejected alike.
const fn version(version: Version) -> &'static [u8] {
    match version {
        Version::HTTP_11 => b"HTTP/1.1",
        _ => b"HTTP/2.0",
    }
}

/// Decodes the head of a request that we wrote.
fn decode_request(head: &[u8]) -> http::Request<()> {
    let mut request = http::Request::new(());
    let mut lines = str::from_utf8(head).unwrap_or_default().split("\r\n");
    let target = lines.next().and_then(|line| line.split(' ').nth(1)).unwrap_or_default();
    *request.uri_mut() = target.parse().unwrap_or_default();
    append(request.headers_mut(), lines.filter_map(|line| line.split_once(": ")));
    request
}

/// Returns a response of these fields. Without a status, it is a 500.
fn to_response<'f>(fields: impl Iterator<Item = (&'f str, &'f str)> + Clone) -> http::Response<()> {
    let mut response = http::Response::new(());
    let status = fields.clone().find(|&(name, _)| name == ":status");
    let status = status.and_then(|(_, status)| status.parse().ok());
    *response.status_mut() = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    append(response.headers_mut(), fields);
    response
}

/// Appends all fields but the pseudo-header fields.
fn append<'f>(headers: &mut HeaderMap, fields: impl Iterator<Item = (&'f str, &'f str)>) {
    for (name, value) in fields {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            headers.append(name, value);
        }
    }
}
