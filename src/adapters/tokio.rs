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
use alloc::vec::Vec;
use core::net::SocketAddr;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use core::time::Duration;
use std::io::{self, ErrorKind, IoSlice};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, lookup_host};
use tokio::task::coop;
use tokio::time::{Instant, Sleep};
#[cfg(feature = "tokio-rustls")]
use tokio_rustls::{TlsConnector, client::TlsStream, rustls::ClientConnection};

#[cfg(feature = "h2")]
use super::dialing::Head;
use super::error::Error;
#[cfg(feature = "h2")]
use super::h2::ask::ask;
use super::polled::{self, Io, Transport};
use super::trust::{self, Securing, Tls};
use crate::connect::Retry;
#[cfg(feature = "h2")]
use crate::connect::Versions;
use crate::connection::Config;
#[cfg(feature = "h2")]
use crate::handshake::Fields;
use crate::handshake::client::Response;

polled::runtime!("tokio", Tokio, "tokio::net::TcpStream");
polled::maybe_tls!("tokio", "tokio-rustls", feature = "h2");

impl<S> MaybeTls<S> {
    /// Returns the stream below TLS, or `None` over HTTP/2: the task that drives the connection owns it.
    ///
    /// ```
    /// use std::io;
    /// use std::net::SocketAddr;
    ///
    /// use sansocket::tokio::{MaybeTls, WebSocket};
    ///
    /// /// Returns the address of the server or the proxy.
    /// fn peer(socket: &WebSocket<MaybeTls>) -> io::Result<Option<SocketAddr>> {
    ///     socket.get_ref().get_ref().map(|stream| stream.peer_addr()).transpose()
    /// }
    /// ```
    pub fn get_ref(&self) -> Option<&S> {
        match self {
            Self::Plain(stream) => Some(stream),
            #[cfg(feature = "tokio-rustls")]
            Self::Tls(stream) => stream.get_ref().0.get_ref(),
            #[cfg(feature = "h2")]
            Self::Http2 { .. } => None,
        }
    }

    /// Returns whether this is a stream of HTTP/2.
    pub const fn has_http2(&self) -> bool {
        match self {
            #[cfg(feature = "h2")]
            Self::Http2 { .. } => true,
            _ => false,
        }
    }
}

#[cfg(feature = "h2")]
impl Connect {
    /// Sets the versions of HTTP that the client speaks. Default: [`Versions::Http1`].
    ///
    /// A WebSocket over HTTP/2 has a connection of its own. To open many over one, use
    /// [`h2::Client`](crate::h2::Client). The status of the response is 200 then, not 101.
    ///
    /// ```
    /// use sansocket::Error;
    /// use sansocket::connect::Versions;
    /// use sansocket::tokio::Connect;
    ///
    /// async fn ask(url: &str) -> Result<(), Error> {
    ///     let (mut socket, _) = Connect::new(url).versions(Versions::Auto).connect().await?;
    ///     println!("by HTTP/2: {}", socket.get_ref().has_http2());
    ///     socket.send("What time is it?").await
    /// }
    /// ```
    pub fn versions(self, versions: Versions) -> Self {
        self.change(|plan| plan.set_versions(versions))
    }
}

const TLS: Tls = match cfg!(feature = "tokio-rustls") {
    true => Tls::Available,
    false => Tls::Needs("tokio-rustls"),
};

impl Transport<MaybeTls> for Tokio {
    async fn resolve(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        Ok(lookup_host((host, port)).await?.collect())
    }

    async fn open(address: SocketAddr) -> io::Result<MaybeTls> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(MaybeTls::Plain(stream))
    }

    #[cfg(feature = "tokio-rustls")]
    async fn secure(stream: MaybeTls, to: Securing<'_>) -> io::Result<MaybeTls> {
        let name = trust::server_name(to.host)?;
        let stream = TlsConnector::from(to.trust.config(to.alpn)).connect(name, stream).await?;
        Ok(MaybeTls::Tls(Box::new(stream)))
    }

    #[cfg(not(feature = "tokio-rustls"))]
    async fn secure(_: MaybeTls, _: Securing<'_>) -> io::Result<MaybeTls> {
        Err(trust::missing("tokio-rustls"))
    }

    #[cfg(all(feature = "h2", feature = "tokio-rustls"))]
    fn selects_http2(stream: &MaybeTls) -> bool {
        stream.tls().is_some_and(|tls| tls.alpn_protocol() == Some(b"h2"))
    }

    #[cfg(feature = "h2")]
    async fn ask(
        stream: MaybeTls,
        unread: Vec<u8>,
        fields: &Fields,
    ) -> io::Result<Option<(MaybeTls, Head)>> {
        let has_tls = stream.has_tls();
        let Some((stream, head)) = ask(stream, unread, fields).await? else { return Ok(None) };
        Ok(Some((MaybeTls::Http2 { stream: Box::new(stream), has_tls }, head)))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for MaybeTls<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        over!(self, stream => stream.poll_read(cx, buffer))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for MaybeTls<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        over!(self, stream => stream.poll_write(cx, bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        over!(self, stream => stream.poll_write_vectored(cx, slices))
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(stream) => stream.is_write_vectored(),
            #[cfg(feature = "tokio-rustls")]
            Self::Tls(stream) => stream.is_write_vectored(),
            #[cfg(feature = "h2")]
            Self::Http2 { stream, .. } => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        over!(self, stream => stream.poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        over!(self, stream => stream.poll_shutdown(cx))
    }
}

/// The runtime of tokio.
///
/// ```
/// use sansocket::polled::WebSocket;
/// use sansocket::tokio::Tokio;
/// use tokio::net::TcpStream;
///
/// fn same(socket: WebSocket<TcpStream, Tokio>) -> sansocket::tokio::WebSocket<TcpStream> {
///     socket
/// }
/// ```
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
