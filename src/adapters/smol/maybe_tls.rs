//! [`MaybeTls`]: the stream of a client on smol.

#[cfg(feature = "smol-rustls")]
use alloc::boxed::Box;
use core::pin::Pin;
use core::task::{Context, Poll};
use std::io::{self, IoSlice};

use async_net::TcpStream;
use futures_io::{AsyncRead, AsyncWrite};
#[cfg(feature = "smol-rustls")]
use futures_rustls::{client::TlsStream, rustls::ClientConnection};

use crate::adapters::polled;

polled::maybe_tls!("smol", "smol-rustls", any());

impl<S> MaybeTls<S> {
    /// Returns the stream below TLS.
    pub fn get_ref(&self) -> &S {
        match self {
            Self::Plain(stream) => stream,
            #[cfg(feature = "smol-rustls")]
            Self::Tls(stream) => stream.get_ref().0.get_ref(),
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for MaybeTls<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
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

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        over!(self, stream => stream.poll_flush(cx))
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        over!(self, stream => stream.poll_close(cx))
    }
}
