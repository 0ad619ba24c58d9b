//! A stream of HTTP/2 as a stream of bytes.

use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::io::{self, ErrorKind, IoSlice};

use ::h2::{Reason, RecvStream, SendStream};
use ::tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use bytes::{BufMut, Bytes, BytesMut};

use crate::adapters::gather::poll_gathered;

/// A stream of HTTP/2, in both directions, as a stream of bytes.
///
/// Flow control is the backpressure: bytes are written as far as the peer's window allows, and the peer gets
/// credit for bytes once they are read. All bytes of one write travel in as few DATA frames as possible.
///
/// A reset by the peer is an error of the kind [`ConnectionReset`](ErrorKind::ConnectionReset). A server's stream
/// that is dropped ends after the bytes that were written. A client's stream is reset, unless both directions have
/// ended, and bytes that the library has not sent yet are lost: close the WebSocket first.
///
/// ```
/// use sansocket::h2::Stream;
/// use sansocket::tokio::WebSocket;
/// use sansocket::{Config, Negotiated};
///
/// /// Drives a connection whose opening handshake was done elsewhere.
/// fn drive(send: h2::SendStream<bytes::Bytes>, receive: h2::RecvStream) -> WebSocket<Stream> {
///     let negotiated = Negotiated::new().over_stream();
///     WebSocket::from_http(Stream::new(send, receive), negotiated, Config::new().shared())
/// }
/// ```
#[derive(Debug)]
pub struct Stream {
    send: SendStream<Bytes>,
    receive: RecvStream,
    /// The rest of a DATA frame.
    data: Bytes,
    has_ended: bool,
}

impl Stream {
    /// Creates a stream from its two directions.
    pub fn new(send: SendStream<Bytes>, receive: RecvStream) -> Self {
        Self { send, receive, data: Bytes::new(), has_ended: false }
    }

    /// Waits until bytes have arrived. Returns whether there are any: if not, the peer has ended its direction.
    fn poll_data(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        while self.data.is_empty() {
            match ready!(self.receive.poll_data(cx)) {
                Some(Ok(data)) => self.data = data,
                Some(Err(error)) => return Poll::Ready(explain_end(error)),
                None => return Poll::Ready(Ok(false)),
            }
        }
        Poll::Ready(Ok(true))
    }

    /// Reads from one DATA frame.
    fn poll_frame(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if ready!(self.poll_data(cx))? {
            let count = self.data.len().min(buffer.remaining());
            buffer.put_slice(&self.data.split_to(count));
            // RFC 9113, section 5.2.2: the peer may send as many bytes more.
            let _ = self.receive.flow_control().release_capacity(count);
        }
        Poll::Ready(Ok(()))
    }

    /// Waits until at least one of `len` bytes may be sent. Returns how many may.
    fn poll_capacity(&mut self, cx: &mut Context<'_>, len: usize) -> Poll<io::Result<usize>> {
        self.send.reserve_capacity(len);
        while self.send.capacity() == 0 {
            match ready!(self.send.poll_capacity(cx)) {
                Some(Ok(_)) => {}
                Some(Err(error)) => return Poll::Ready(Err(explain(error))),
                None => return self.poll_reset(cx),
            }
        }
        Poll::Ready(Ok(self.send.capacity().min(len)))
    }

    /// Returns why nothing can be sent any more.
    fn poll_reset<T>(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        let error = match self.send.poll_reset(cx) {
            Poll::Ready(Ok(reason)) => explain(reason.into()),
            Poll::Ready(Err(error)) => explain(error),
            Poll::Pending => ErrorKind::BrokenPipe.into(),
        };
        Poll::Ready(Err(error))
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        if !self.has_ended {
            // The library discards what was written, unless its direction has ended.
            let _ = self.send.send_data(Bytes::new(), true);
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        poll_gathered(buffer, |buffer| self.poll_frame(cx, buffer))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let len = slices.iter().map(|slice| slice.len()).sum();
        if len == 0 {
            return Poll::Ready(Ok(0));
        }
        let count = ready!(self.poll_capacity(cx, len))?;
        let bytes = copy(slices, count);
        match self.send.send_data(bytes, false) {
            Ok(()) => Poll::Ready(Ok(count)),
            Err(error) => Poll::Ready(Err(explain(error))),
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    /// Does nothing: the task that drives the connection writes.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.has_ended {
            self.has_ended = true;
            // RFC 8441, section 5: the end of the stream is an orderly end.
            self.send.send_data(Bytes::new(), true).map_err(explain)?;
        }
        Poll::Ready(Ok(()))
    }
}

/// Copies the first `count` bytes of all slices.
fn copy(slices: &[IoSlice<'_>], count: usize) -> Bytes {
    let mut bytes = BytesMut::with_capacity(count);
    for slice in slices {
        let most = slice.len().min(count - bytes.len());
        bytes.put_slice(&slice[..most]);
    }
    bytes.freeze()
}

/// Returns how a stream ended that `error` ended. `false` is the end of its bytes.
fn explain_end(error: ::h2::Error) -> io::Result<bool> {
    // RFC 9113, section 8.1: a server that has sent all may say so.
    match error.reason() {
        Some(Reason::NO_ERROR) => Ok(false),
        Some(_) | None => Err(explain(error)),
    }
}

pub(super) fn explain(error: ::h2::Error) -> io::Error {
    if error.is_io() {
        return error.into_io().unwrap_or(ErrorKind::ConnectionReset.into());
    }
    io::Error::new(ErrorKind::ConnectionReset, error)
}
