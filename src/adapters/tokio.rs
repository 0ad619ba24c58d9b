//! WebSockets over [`tokio`] streams.

use alloc::boxed::Box;
#[cfg(feature = "tokio-rustls")]
use alloc::sync::Arc;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use core::time::Duration;
use std::io;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
#[cfg(feature = "tokio-rustls")]
use tokio_rustls::{TlsConnector, client::TlsStream, rustls::ClientConfig};

use super::asynchronous::{self, Async, Io};
#[cfg(feature = "tokio-rustls")]
use super::tls;
pub use super::{Config, Error, Outbox, OwnedMessage, Parts};
use crate::handshake::{Url, client};

/// A WebSocket over a stream of tokio.
pub type WebSocket<S> = super::WebSocket<Async<Tokio<S>>>;
/// What came first on a stream that a server accepted.
pub type Incoming<S> = super::Incoming<Async<Tokio<S>>>;
/// A request for a WebSocket, which waits for an answer.
pub type Opening<S> = super::Opening<Async<Tokio<S>>>;
/// A request which does not ask for a WebSocket.
pub type HttpRequest<S> = super::HttpRequest<Async<Tokio<S>>>;
/// The half of a WebSocket that receives.
pub type Reader<S> = asynchronous::Reader<Tokio<S>>;
/// The half of a WebSocket that sends.
pub type Writer<S> = asynchronous::Writer<Tokio<S>>;

impl WebSocket<TcpStream> {
    /// Opens a connection to a `ws://` URL over TCP.
    ///
    /// # Errors
    ///
    /// When the transport or the handshake fails, or the server [refuses](Error::Refused).
    pub async fn connect(url: &str) -> Result<Self, Error> {
        Self::connect_with(url, Config::default()).await
    }

    /// Opens a connection to a `ws://` URL over TCP, with limits and timeouts of the caller's.
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect).
    pub async fn connect_with(url: &str, config: Config) -> Result<Self, Error> {
        let url = Url::parse(url)?;
        if url.is_secure() {
            return Err(Error::no_tls());
        }
        let opening = async {
            let stream = open_tcp(&url).await?;
            Self::connect_over(stream, client::Request::new(url), config).await
        };
        let (socket, _) = asynchronous::in_time::<Tokio<TcpStream>, _>(opening, &config).await?;
        Ok(socket)
    }
}

#[cfg(feature = "tokio-rustls")]
impl WebSocket<TlsStream<TcpStream>> {
    /// Opens a connection to a `wss://` URL over TLS over TCP.
    ///
    /// # Errors
    ///
    /// When the transport or the handshake fails, or the server [refuses](Error::Refused). A certificate
    /// that is not good is an [`Io`](Error::Io) error, in which there is one of rustls.
    pub async fn connect_tls(
        url: &str,
        tls: Arc<ClientConfig>,
        config: Config,
    ) -> Result<Self, Error> {
        let (url, name) = tls::parse(url)?;
        let connector = TlsConnector::from(tls::for_websocket(tls));
        let opening = async {
            let stream = connector.connect(name, open_tcp(&url).await?).await?;
            Self::connect_over(stream, client::Request::new(url), config).await
        };
        let (socket, _) = asynchronous::in_time::<Tokio<TcpStream>, _>(opening, &config).await?;
        Ok(socket)
    }
}

async fn open_tcp(url: &Url<'_>) -> io::Result<TcpStream> {
    let stream = TcpStream::connect((url.host(), url.port())).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// A stream of tokio.
#[derive(Debug)]
pub struct Tokio<S>(S);

impl<S: AsyncRead + AsyncWrite + Unpin> Io for Tokio<S> {
    type Stream = S;
    type Sleep = Pin<Box<tokio::time::Sleep>>;

    fn new(stream: S) -> Self {
        Self(stream)
    }

    fn get_ref(&self) -> &S {
        &self.0
    }

    fn into_stream(self) -> S {
        self.0
    }

    fn sleep(duration: Duration) -> Self::Sleep {
        Box::pin(tokio::time::sleep(duration))
    }

    fn now() -> std::time::Instant {
        tokio::time::Instant::now().into_std()
    }

    fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        let mut buffer = ReadBuf::new(buffer);
        ready!(Pin::new(&mut self.0).poll_read(cx, &mut buffer))?;
        Poll::Ready(Ok(buffer.filled().len()))
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
