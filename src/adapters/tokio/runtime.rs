//! [`Tokio`]: how to read, write and wait on tokio.

use alloc::boxed::Box;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use core::time::Duration;
use std::io::{self, ErrorKind, IoSlice};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::task::coop;
use tokio::time::{Instant, Sleep};

use crate::adapters::polled::Io;

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

    fn is_vectored(stream: &S) -> bool {
        stream.is_write_vectored()
    }

    fn poll_flush(stream: &mut S, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(stream).poll_flush(cx)
    }

    fn poll_shutdown(stream: &mut S, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(stream).poll_shutdown(cx)
    }
}

const NO_TIMERS: &str = "deadlines need a tokio runtime with enable_time";
