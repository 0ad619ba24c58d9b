//! One outgoing message as a stream of bytes.

use alloc::vec::Vec;
use core::mem;
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
/// [`Config::max_queued`](crate::Config::max_queued) and 64 KiB.
///
/// It implements the `AsyncWrite` of each runtime. The first write starts the message. Later writes are merged into
/// frames of up to 64 KiB, so that a receiver which limits the [number of frames](crate::Limits::fragments) takes
/// long files; flushing sends what has been written so far. Shutting it down ends the message.
///
/// If it is dropped before that, the message stays unfinished, and no other can be sent. What was not flushed is lost.
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
    stage: Stage,
    /// Bytes that were written, but not queued.
    merged: Vec<u8>,
}

/// How far the message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    New,
    Begun,
    Ended,
}

#[derive(Debug)]
enum To<'w, S, I: Io<S>> {
    Whole(&'w mut WebSocket<S, I>),
    Half(Writer<S, I>),
}

impl<S, I: Io<S>> WebSocket<S, I> {
    /// Starts a binary message, to be written as a stream of bytes.
    pub const fn message_writer(&mut self) -> MessageWriter<'_, S, I> {
        MessageWriter::new(To::Whole(self))
    }
}

impl<S, I: Io<S>> Writer<S, I> {
    /// Starts a binary message, to be written as a stream of bytes.
    pub fn message_writer(&self) -> MessageWriter<'_, S, I> {
        MessageWriter::new(To::Half(self.clone()))
    }
}

impl<'w, S, I: Io<S>> MessageWriter<'w, S, I> {
    const fn new(to: To<'w, S, I>) -> Self {
        Self { to, stage: Stage::New, merged: Vec::new() }
    }

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

    fn poll_bytes(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let is_long = self.merged.is_empty() && bytes.len() >= MOST;
        if !bytes.is_empty() && (is_long || self.stage != Stage::Begun) {
            let part = &bytes[..bytes.len().min(MOST)];
            ready!(self.poll_part(cx, part))?;
            self.stage = Stage::Begun;
            return Poll::Ready(Ok(part.len()));
        }
        if self.merged.len() == MOST {
            ready!(self.poll_merged(cx))?;
        }
        let count = bytes.len().min(MOST - self.merged.len());
        self.merged.extend_from_slice(&bytes[..count]);
        Poll::Ready(Ok(count))
    }

    /// Queues a part, and writes as much as the stream takes.
    fn poll_part(&mut self, cx: &mut Context<'_>, part: &[u8]) -> Poll<io::Result<()>> {
        self.poll(cx, |turn, cx| {
            ready!(turn.poll_queue(cx, &mut Some(|sender: &mut Sender| sender.send_part(part))))?;
            Poll::Ready(turn.offer(cx))
        })
    }

    /// Queues the merged bytes as a part.
    fn poll_merged(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.merged.is_empty() {
            return Poll::Ready(Ok(()));
        }
        let merged = mem::take(&mut self.merged);
        let outcome = self.poll_part(cx, &merged);
        self.merged = merged;
        ready!(outcome)?;
        self.merged.clear();
        Poll::Ready(Ok(()))
    }

    fn poll_flushed(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_merged(cx))?;
        self.poll(cx, |turn, cx| turn.poll_until(cx, Turn::is_flushed))
    }

    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.stage != Stage::Ended {
            let merged = mem::take(&mut self.merged);
            let outcome = self.poll(cx, |turn, cx| {
                turn.poll_queue(cx, &mut Some(|sender: &mut Sender| sender.send_last(&merged)))
            });
            self.merged = merged;
            ready!(outcome)?;
            self.merged = Vec::new();
            self.stage = Stage::Ended;
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
                self.get_mut().poll_bytes(cx, bytes)
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

/// The most bytes in one frame.
const MOST: usize = 64 << 10;
