//! WebSockets over [`tokio`] streams.
//!
//! ```no_run
//! use sansocket::tokio::WebSocket;
//! use sansocket::{Config, Error};
//!
//! # async fn example() -> Result<(), Error> {
//! let mut socket = WebSocket::connect("ws://localhost:8080/chat", Config::new().shared()).await?;
//! socket.send("hello").await?;
//! while let Some(message) = socket.receive().await? {
//!     println!("{message}");
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Deadlines need a runtime with `enable_time`. Without it, a connection that has a
//! [timeout](crate::Timeouts) fails with [`Error::Io`] as soon as it waits. With
//! `panic = "abort"`, tokio ends the process.

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use core::time::Duration;
use std::io::{self, ErrorKind, IoSlice};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, lookup_host};
use tokio::task::coop;
use tokio::time::{Instant, Sleep};
#[cfg(feature = "tokio-rustls")]
use tokio_rustls::{TlsConnector, client::TlsStream, rustls::ClientConfig};

use super::error::Error;
use super::polled::{self, Io};
#[cfg(feature = "tokio-rustls")]
use super::tls;
use crate::connection::Config;
use crate::handshake::Url;

/// A WebSocket over a stream of tokio.
pub type WebSocket<S> = polled::WebSocket<S, Tokio>;
/// The first request on a stream that a server accepted.
pub type Incoming<S> = polled::Incoming<S, Tokio>;
/// A request for a WebSocket, which waits for a decision.
pub type Opening<S> = polled::Opening<S, Tokio>;
/// A request that asks for no WebSocket.
pub type HttpRequest<S> = polled::HttpRequest<S, Tokio>;
/// The half of a WebSocket that receives.
pub type Reader<S> = polled::Reader<S, Tokio>;
/// The half of a WebSocket that sends.
pub type Writer<S> = polled::Writer<S, Tokio>;

impl WebSocket<TcpStream> {
    /// Opens a connection to a `ws://` URL over TCP.
    ///
    /// Every 250 ms another address of the host is tried, until one of them answers (RFC 8305).
    ///
    /// # Errors
    ///
    /// Returns [`Error::Url`], and the errors of [`connect_over`](Self::connect_over).
    pub async fn connect(url: &str, config: Arc<Config>) -> Result<Self, Error> {
        let url = Url::parse(url)?;
        if url.is_secure() {
            return Err(Error::no_tls());
        }
        polled::connect(url, config, open_tcp(url)).await
    }
}

#[cfg(feature = "tokio-rustls")]
impl WebSocket<TlsStream<TcpStream>> {
    /// Opens a connection to a `wss://` URL over TLS over TCP.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`connect`](WebSocket::connect). The source of an [`Error::Io`] may be of rustls.
    pub async fn connect_tls(
        url: &str,
        tls: Arc<ClientConfig>,
        config: Arc<Config>,
    ) -> Result<Self, Error> {
        let (url, name) = tls::parse(url)?;
        let connector = TlsConnector::from(tls::for_websocket(tls));
        let stream = async { connector.connect(name, open_tcp(url).await?).await };
        polled::connect(url, config, stream).await
    }
}

async fn open_tcp(url: Url<'_>) -> io::Result<TcpStream> {
    let addresses = lookup_host((url.host(), url.port())).await?;
    let stream = polled::race::<_, Tokio, _>(addresses, TcpStream::connect).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// The runtime of tokio.
#[derive(Debug)]
pub enum Tokio {}

impl<S: AsyncRead + AsyncWrite + Unpin> Io<S> for Tokio {
    type Sleep = Pin<Box<Sleep>>;

    fn sleep(duration: Duration) -> io::Result<Self::Sleep> {
        // This panics without timers, and there is no other way to know.
        std::panic::catch_unwind(|| Box::pin(tokio::time::sleep(duration)))
            .map_err(|_| io::Error::new(ErrorKind::Unsupported, NO_TIMERS))
    }

    fn now() -> std::time::Instant {
        Instant::now().into_std()
    }

    fn poll_proceed(cx: &mut Context<'_>) -> Poll<()> {
        ready!(coop::poll_proceed(cx)).made_progress();
        Poll::Ready(())
    }

    fn poll_read(
        stream: &mut S,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let mut buffer = ReadBuf::new(buffer);
        ready!(Pin::new(stream).poll_read(cx, &mut buffer))?;
        Poll::Ready(Ok(buffer.filled().len()))
    }

    fn poll_write(
        stream: &mut S,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match slices {
            [slice] => Pin::new(stream).poll_write(cx, slice),
            slices => Pin::new(stream).poll_write_vectored(cx, slices),
        }
    }

    fn poll_flush(stream: &mut S, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(stream).poll_flush(cx)
    }

    fn poll_shutdown(stream: &mut S, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(stream).poll_shutdown(cx)
    }
}

const NO_TIMERS: &str = "deadlines need a tokio runtime with enable_time";
