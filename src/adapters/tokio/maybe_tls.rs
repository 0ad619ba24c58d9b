//! [`MaybeTls`]: the stream of a client on tokio.

#[cfg(any(feature = "h2", feature = "tokio-rustls"))]
use alloc::boxed::Box;
use core::pin::Pin;
use core::task::{Context, Poll};
use std::io::{self, IoSlice};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
#[cfg(feature = "tokio-rustls")]
use tokio_rustls::{client::TlsStream, rustls::ClientConnection};

use crate::adapters::polled;

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
