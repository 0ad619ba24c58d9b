//! The server's side: a request on a stream of HTTP/2, and the decision on it.

use alloc::sync::Arc;

use ::h2::RecvStream;
use ::h2::ext::Protocol;
use ::h2::server::{Builder, SendResponse};
use bytes::Bytes;

use super::WebSocket;
use super::stream::{Stream, explain};
use crate::adapters::error::Error;
use crate::adapters::{begin, trace};
use crate::connection::Config;
use crate::handshake::HandshakeError;
use crate::handshake::server::{self, RequestError};
use crate::wire::Role;

/// A request on a stream of HTTP/2.
///
/// ```
/// use sansocket::Error;
/// use sansocket::h2::Incoming;
/// use sansocket::server::Response;
///
/// fn reject(incoming: Incoming) -> Result<(), Error> {
///     match incoming {
///         Incoming::Opening(opening) => opening.reject(Response::new(503, &[], b"later")?),
///         Incoming::Http(_request, mut respond) => {
///             respond.send_reset(h2::Reason::REFUSED_STREAM);
///             Ok(())
///         }
///     }
/// }
/// ```
#[derive(Debug)]
#[must_use]
pub enum Incoming {
    /// A request for a WebSocket, which waits for a decision.
    Opening(Opening),
    /// A request for something else.
    Http(http::Request<RecvStream>, SendResponse<Bytes>),
}

/// A request for a WebSocket, which waits for a decision.
///
/// ```
/// use sansocket::h2::Opening;
/// use sansocket::server::Response;
/// use sansocket::Error;
///
/// async fn decide(mut opening: Opening) -> Result<(), Error> {
///     if opening.request().path() == "/chat" {
///         return opening.accept()?.send("welcome").await;
///     }
///     opening.reject(Response::not_found("no chat here\n"))
/// }
/// ```
#[derive(Debug)]
#[must_use]
pub struct Opening {
    request: server::Request,
    receive: RecvStream,
    respond: SendResponse<Bytes>,
    config: Arc<Config>,
}

/// Returns a builder for servers' connections, set up for WebSockets.
///
/// * The setting of RFC 8441 is on.
/// * A client may send 1 MiB over all streams of a connection before it is read, so that a stream that is not read
///   does not keep the others waiting. The default of [`h2`](https://docs.rs/h2) is 64 KiB, as much as for one stream.
/// * 16,000 short messages may come, each in a DATA frame of its own, before they are read. By default the library
///   ends a connection after about 130 such frames (RUSTSEC-2026-0258). Proxies and browsers send them in bursts.
///
/// All of it can be changed.
///
/// ```
/// let mut builder = sansocket::h2::server_builder();
/// builder.max_concurrent_streams(1000);
/// ```
#[must_use]
pub fn server_builder() -> Builder {
    let mut builder = Builder::new();
    builder.enable_connect_protocol();
    builder.initial_connection_window_size(CONNECTION_WINDOW).data_frame_budget(FRAME_BUDGET);
    builder
}

/// Validates a request that asks for a WebSocket, and returns others unchanged.
///
/// # Errors
///
/// Returns [`Error::Handshake`] if the request is invalid, or if the policy of `config` rejects it. The client has
/// got a response. Returns [`Error::Io`] if the stream fails.
pub fn receive_request(
    request: http::Request<RecvStream>,
    mut respond: SendResponse<Bytes>,
    config: &Arc<Config>,
) -> Result<Incoming, Error> {
    // The protocol of another request is an upgrade that HTTP/2 does not have.
    let Some(protocol) = request.extensions().get::<Protocol>() else {
        return Ok(Incoming::Http(request, respond));
    };
    match validate(&request, protocol, config) {
        Ok(asked) => {
            let receive = request.into_body();
            let config = Arc::clone(config);
            Ok(Incoming::Opening(Opening { request: asked, receive, respond, config }))
        }
        Err(error) => {
            send(&mut respond, error.to_http_connect())?;
            Err(HandshakeError::from(error).into())
        }
    }
}

fn validate(
    request: &http::Request<RecvStream>,
    protocol: &Protocol,
    config: &Config,
) -> Result<server::Request, RequestError> {
    // A stream that ends with its head can carry no frames.
    if request.body().is_end_stream() {
        return Err(RequestError::EndOfStream);
    }
    begin::validate(request, Some(protocol.as_str()), config)
}

impl Opening {
    /// Returns the request: to look at it, select a subprotocol, add headers.
    pub const fn request(&mut self) -> &mut server::Request {
        &mut self.request
    }

    /// Accepts the request with status 200.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Io`] if the client has reset the stream.
    pub fn accept(self) -> Result<WebSocket<Stream>, Error> {
        let Self { request, receive, mut respond, config } = self;
        let (response, negotiated) = request.accept_http();
        let send = respond.send_response(response, false).map_err(explain)?;
        trace::opened(Role::Server);
        Ok(WebSocket::from_http(Stream::new(send, receive), negotiated, config))
    }

    /// Rejects the request.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Io`] if the client has reset the stream.
    pub fn reject(mut self, response: server::Response<'_>) -> Result<(), Error> {
        let body = Bytes::copy_from_slice(response.body());
        send(&mut self.respond, response.to_http_connect().map(|()| body))
    }
}

/// Sends a whole response.
fn send<B: Into<Bytes>>(
    respond: &mut SendResponse<Bytes>,
    response: http::Response<B>,
) -> Result<(), Error> {
    let (head, body) = response.into_parts();
    let body: Bytes = body.into();
    let head = http::Response::from_parts(head, ());
    let mut stream = respond.send_response(head, body.is_empty()).map_err(explain)?;
    if !body.is_empty() {
        stream.send_data(body, true).map_err(explain)?;
    }
    Ok(())
}

/// How many bytes a client may send before they are read, over all streams.
const CONNECTION_WINDOW: u32 = 1 << 20;

/// What waiting DATA frames of less than 256 bytes may cost together. Each costs the bytes that it lacks of 256.
const FRAME_BUDGET: usize = 4 << 20;
