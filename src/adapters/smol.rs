//! WebSockets over streams with the traits of [`futures_io`]: those of smol, async-net, async-std and what
//! wraps them, under any executor.
//!
//! ```no_run
//! use sansocket::smol::WebSocket;
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

use alloc::sync::Arc;
use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;
use std::io::{self, IoSlice};

use async_io::Timer;
use async_net::{TcpStream, resolve};
use futures_io::{AsyncRead, AsyncWrite};
#[cfg(feature = "smol-rustls")]
use futures_rustls::{TlsConnector, client::TlsStream, rustls::ClientConfig};

use super::error::Error;
use super::polled::{self, Io};
#[cfg(feature = "smol-rustls")]
use super::tls;
use crate::connection::Config;
use crate::handshake::Url;

/// A WebSocket over a stream with the traits of futures-io.
pub type WebSocket<S> = polled::WebSocket<S, Smol>;
/// The first request on a stream that a server accepted.
pub type Incoming<S> = polled::Incoming<S, Smol>;
/// A request for a WebSocket, which waits for a decision.
pub type Opening<S> = polled::Opening<S, Smol>;
/// A request that asks for no WebSocket.
pub type HttpRequest<S> = polled::HttpRequest<S, Smol>;
/// The half of a WebSocket that receives.
pub type Reader<S> = polled::Reader<S, Smol>;
/// The half of a WebSocket that sends.
pub type Writer<S> = polled::Writer<S, Smol>;

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

#[cfg(feature = "smol-rustls")]
impl WebSocket<TlsStream<TcpStream>> {
    /// Opens a connection to a `wss://` URL over TLS over TCP.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`connect`](WebSocket::connect). An invalid certificate is an [`Error::Io`] with
    /// an error of rustls as its source.
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
    let addresses = resolve((url.host(), url.port())).await?;
    let stream = polled::race::<_, Smol, _>(addresses, TcpStream::connect).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// The timers of smol, which go by themselves under any executor.
#[derive(Debug)]
pub enum Smol {}

impl<S: AsyncRead + AsyncWrite + Unpin> Io<S> for Smol {
    type Sleep = Timer;

    fn sleep(duration: Duration) -> io::Result<Timer> {
        Ok(Timer::after(duration))
    }

    fn poll_read(
        stream: &mut S,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(stream).poll_read(cx, buffer)
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
        Pin::new(stream).poll_close(cx)
    }
}
