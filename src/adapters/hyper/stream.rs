//! A stream that hyper has upgraded, as a stream of tokio.

use alloc::vec::Vec;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::io::{self, IoSlice};
use std::sync::{Mutex, PoisonError};

use ::hyper::rt::{Read, ReadBuf as Unfilled, Write};
use ::hyper::upgrade::Upgraded;
use ::tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::adapters::gather::poll_gathered;

/// A stream that hyper has upgraded: a connection of HTTP/1.1, or a stream of HTTP/2.
///
/// ```
/// use hyper::upgrade::Upgraded;
/// use sansocket::hyper::WebSocket;
///
/// /// Takes a WebSocket apart, such as for `Upgraded::downcast`.
/// fn upgraded(socket: WebSocket) -> Upgraded {
///     let (stream, _connection) = socket.into_parts();
///     stream.into_inner()
/// }
/// ```
#[derive(Debug)]
pub struct Stream {
    /// Never locked: the lock makes this `Sync`, which `Upgraded` is not.
    upgraded: Mutex<Upgraded>,
}

impl Stream {
    /// Wraps what hyper has upgraded.
    pub const fn new(upgraded: Upgraded) -> Self {
        Self { upgraded: Mutex::new(upgraded) }
    }

    /// Returns what hyper has upgraded.
    pub fn into_inner(self) -> Upgraded {
        self.upgraded.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn upgraded(&mut self) -> Pin<&mut Upgraded> {
        Pin::new(self.upgraded.get_mut().unwrap_or_else(PoisonError::into_inner))
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        poll_gathered(buffer, |buffer| {
            let mut unfilled = Unfilled::new(buffer.initialize_unfilled());
            ready!(self.upgraded().poll_read(cx, unfilled.unfilled()))?;
            let count = unfilled.filled().len();
            buffer.advance(count);
            Poll::Ready(Ok(()))
        })
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.upgraded().poll_write(cx, bytes)
    }

    /// Writes in one piece where hyper would write the first slice alone: over HTTP/2, that would be a DATA frame
    /// with the header of a WebSocket frame.
    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let upgraded = self.upgraded();
        match slices {
            slices if upgraded.is_write_vectored() => upgraded.poll_write_vectored(cx, slices),
            [first, ..] if first.len() < PIECE => upgraded.poll_write(cx, &join(slices)),
            slices => upgraded.poll_write_vectored(cx, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.upgraded().poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.upgraded().poll_shutdown(cx)
    }
}

/// Copies the first bytes of all slices.
fn join(slices: &[IoSlice<'_>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for slice in slices {
        let most = slice.len().min(PIECE - bytes.len());
        bytes.extend_from_slice(&slice[..most]);
    }
    bytes
}

/// How many bytes are copied at most: the payload of a frame of HTTP/2 (RFC 9113, section 4.2).
const PIECE: usize = 16 << 10;
