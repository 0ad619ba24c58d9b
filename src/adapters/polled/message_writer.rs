//! One outgoing message as a stream of bytes.

use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::io;

use super::halves::Writer;
use super::io::Io;
use super::turn::Turn;
use super::websocket::WebSocket;
use crate::adapters::error::Error;
use crate::connection::Sender;

/// Writes one binary message of any length, such as a file. Memory stays bounded by
/// [`Config::max_queued`](crate::Config::max_queued).
///
/// It implements the `AsyncWrite` of each runtime. Shutting it down ends the message. If it is dropped before, the
/// message stays unfinished, and no other can be sent.
///
/// ```
/// # #[cfg(feature = "tokio")]
/// # mod example {
/// use std::io;
/// use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
/// use sansocket::tokio::WebSocket;
///
/// async fn send_file<S>(socket: &mut WebSocket<S>, mut file: impl AsyncRead + Unpin) -> io::Result<()>
/// where
///     S: AsyncRead + AsyncWrite + Unpin,
/// {
///     let mut message = socket.message_writer();
///     tokio::io::copy(&mut file, &mut message).await?;
///     message.shutdown().await
/// }
/// # }
/// ```
#[derive(Debug)]
pub struct MessageWriter<'w, S, I: Io<S>> {
    to: To<'w, S, I>,
    is_shut: bool,
}

#[derive(Debug)]
enum To<'w, S, I: Io<S>> {
    Whole(&'w mut WebSocket<S, I>),
    Half(Writer<S, I>),
}

impl<S, I: Io<S>> WebSocket<S, I> {
    /// Starts a binary message, to be written as a stream of bytes.
    pub const fn message_writer(&mut self) -> MessageWriter<'_, S, I> {
        MessageWriter { to: To::Whole(self), is_shut: false }
    }
}

impl<S, I: Io<S>> Writer<S, I> {
    /// Starts a binary message, to be written as a stream of bytes.
    pub fn message_writer(&self) -> MessageWriter<'_, S, I> {
        MessageWriter { to: To::Half(self.clone()), is_shut: false }
    }
}

impl<S, I: Io<S>> MessageWriter<'_, S, I> {
    fn poll<R>(
        &mut self,
        cx: &mut Context<'_>,
        mut poll: impl FnMut(&mut Turn<'_, S, I>, &mut Context<'_>) -> Poll<Result<R, Error>>,
    ) -> Poll<io::Result<R>> {
        let outcome = match &mut self.to {
            To::Whole(socket) => poll(&mut socket.turn(), cx),
            To::Half(writer) => writer.poll(cx, poll),
        };
        outcome.map_err(Error::into_io)
    }

    fn poll_part(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if bytes.is_empty() {
            return Poll::Ready(Ok(0));
        }
        let part = &bytes[..bytes.len().min(MOST)];
        self.poll(cx, |turn, cx| {
            ready!(turn.poll_queue(cx, &mut Some(|sender: &mut Sender| sender.send_part(part))))?;
            turn.offer(cx)?;
            Poll::Ready(Ok(part.len()))
        })
    }

    fn poll_flushed(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll(cx, |turn, cx| turn.poll_until(cx, Turn::is_flushed))
    }

    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.is_shut {
            ready!(self.poll(cx, |turn, cx| {
                turn.poll_queue(cx, &mut Some(|sender: &mut Sender| sender.send_last(&[])))
            }))?;
            self.is_shut = true;
        }
        self.poll_flushed(cx)
    }
}

/// Implements `AsyncWrite` of a runtime, which ends a stream by the method `$end`.
macro_rules! async_write {
    ($trait:path, $end:ident) => {
        impl<S, I: Io<S>> $trait for MessageWriter<'_, S, I> {
            fn poll_write(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bytes: &[u8],
            ) -> Poll<io::Result<usize>> {
                self.get_mut().poll_part(cx, bytes)
            }

            fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                self.get_mut().poll_flushed(cx)
            }

            fn $end(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                self.get_mut().poll_end(cx)
            }
        }
    };
}

#[cfg(feature = "tokio")]
async_write!(::tokio::io::AsyncWrite, poll_shutdown);
#[cfg(feature = "smol")]
async_write!(futures_io::AsyncWrite, poll_close);

/// How many bytes become one part at the most.
const MOST: usize = 64 << 10;
