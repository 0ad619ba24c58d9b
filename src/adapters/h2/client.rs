//! The client's side: a connection of HTTP/2 that carries any number of WebSockets.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::future::Future;
use core::time::Duration;
use std::io::{self, ErrorKind};

use ::h2::RecvStream;
use ::h2::client::SendRequest;
use ::h2::ext::Protocol;
use ::tokio::io::{AsyncRead, AsyncWrite};
use ::tokio::time::timeout;
use bytes::Bytes;

use super::WebSocket;
use super::ask::begin;
use super::stream::{Stream, explain};
use crate::adapters::error::Error;
use crate::adapters::trace;
use crate::connection::{Config, Connection, TimedOut, Timestamp};
use crate::handshake::client::{Answer, Request, Response};
use crate::handshake::{HandshakeError, Negotiated};
use crate::wire::{Role, Seed};

/// The client's end of a connection of HTTP/2, over which any number of WebSockets can be opened.
///
/// Clones share the connection. It ends once they and all WebSockets are dropped, or the server ends it.
///
/// ```no_run
/// use sansocket::h2::Client;
/// use sansocket::{Config, Error, Url, client};
/// use tokio::net::TcpStream;
///
/// # async fn example() -> Result<(), Error> {
/// let stream = TcpStream::connect("localhost:8080").await?;
/// let client = Client::connect(stream, Config::new().shared()).await?;
/// for room in ["ws://localhost:8080/red", "ws://localhost:8080/blue"] {
///     let request = client::Request::new(Url::parse(room)?);
///     let (mut socket, _response) = client.open(request).await?;
///     socket.send("hello").await?;
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Client {
    requests: SendRequest<Bytes>,
    config: Arc<Config>,
}

impl Client {
    /// Begins a connection of HTTP/2 over a stream: of TLS, whose ALPN has selected `h2`, or of TCP, to a server
    /// that is known to speak HTTP/2.
    ///
    /// Waits for the server's settings. A task of the current runtime drives the connection. All WebSockets have
    /// this configuration.
    ///
    /// A server may send 64 KiB over each stream, and 64 MiB over all of them, before they are read.
    ///
    /// # Errors
    ///
    /// Returns [`Error::TimedOut`] after [`Timeouts::opening`](crate::Timeouts::opening), and [`Error::Io`] if the
    /// stream fails. The kind is [`Unsupported`](ErrorKind::Unsupported) if the server
    /// does not offer WebSockets over HTTP/2 (RFC 8441, section 3): connect again, with HTTP/1.1 only.
    pub async fn connect<S>(stream: S, config: Arc<Config>) -> Result<Self, Error>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let (requests, connection) = within(config.timeouts.opening, begin(stream)).await??;
        if !requests.is_extended_connect_protocol_enabled() {
            let reason = "server does not offer WebSockets over HTTP/2";
            return Err(io::Error::new(ErrorKind::Unsupported, reason).into());
        }
        // The streams report how the connection ended.
        drop(::tokio::spawn(async move { drop(connection.await) }));
        Ok(Self { requests, config })
    }

    /// Opens a WebSocket, and returns the server's response with it.
    ///
    /// Waits while the server allows no more streams.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Rejected`] if the server answers with another status than 2xx, [`Error::Handshake`] if its
    /// response is invalid, [`Error::TimedOut`] after [`Timeouts::opening`](crate::Timeouts::opening), and
    /// [`Error::Io`] if the connection fails.
    pub async fn open(&self, request: Request<'_>) -> Result<(WebSocket<Stream>, Response), Error> {
        #[cfg(feature = "deflate")]
        let request = request.offering(self.config.compression.as_ref());
        let (mut request, pending) = request.into_http_connect();
        request.extensions_mut().insert(Protocol::from_static("websocket"));
        // A task is as large as its largest future. An opening must not count for what comes after.
        let opening = Box::pin(self.open_stream(request));
        let (send, response) = within(self.config.timeouts.opening, opening).await??;
        match pending.receive_http(&response).map_err(HandshakeError::from)? {
            Answer::Open(negotiated, answer) => {
                trace::opened(Role::Client);
                let stream = Stream::new(send, response.into_body());
                Ok((WebSocket::from_parts(stream, self.begin(negotiated)?), answer))
            }
            Answer::Rejected(answer) => {
                trace::rejected(answer.status());
                let (body, is_truncated) = read_body(response.into_body(), &self.config).await;
                Err(Error::Rejected(Box::new(answer.with_body(body, is_truncated))))
            }
            // The library skips interim responses.
            Answer::Interim(_) => Err(Error::left_early()),
        }
    }

    fn begin(&self, negotiated: Negotiated) -> io::Result<Connection> {
        let (config, now) = (Arc::clone(&self.config), Timestamp::default());
        Ok(Connection::open_client(negotiated, config, Seed::random()?, now))
    }

    /// Sends a request, and waits for the head of the response.
    async fn open_stream(
        &self,
        request: http::Request<()>,
    ) -> io::Result<(::h2::SendStream<Bytes>, http::Response<RecvStream>)> {
        let mut requests = self.requests.clone().ready().await.map_err(explain)?;
        let (response, send) = requests.send_request(request, false).map_err(explain)?;
        Ok((send, response.await.map_err(explain)?))
    }
}

/// Reads the body of a rejection as far as the limits and the deadline of `config` allow. Returns also whether a
/// part of it is missing.
async fn read_body(mut stream: RecvStream, config: &Config) -> (Vec<u8>, bool) {
    let most = usize::try_from(config.policy.limits.body).unwrap_or(usize::MAX);
    let mut body = Vec::new();
    let read = async {
        while let Some(data) = stream.data().await {
            let Ok(data) = data else { return true };
            let room = most - body.len();
            body.extend_from_slice(&data[..data.len().min(room)]);
            if data.len() > room {
                return true;
            }
            let _ = stream.flow_control().release_capacity(data.len());
        }
        false
    };
    let is_truncated = within(config.timeouts.body, read).await.unwrap_or(true);
    (body, is_truncated)
}

/// Waits for at most so long.
async fn within<F: Future>(time: Option<Duration>, future: F) -> Result<F::Output, TimedOut> {
    match time {
        Some(time) => timeout(time, future).await.map_err(|_| TimedOut::Opening),
        None => Ok(future.await),
    }
}
