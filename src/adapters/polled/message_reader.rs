//! One incoming message as a stream of bytes.

use core::future::poll_fn;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::io;

use bytes::Bytes;

use super::halves::Reader;
use super::io::Io;
use super::turn::Turn;
use super::websocket::WebSocket;
use crate::adapters::error::Error;
use crate::adapters::part::Part;
use crate::wire::Kind;

/// Reads one message of any length, such as a file. Memory stays bounded, whatever
/// [`Limits::message`](crate::Limits::message) is.
///
/// It implements the `AsyncRead` of each runtime. If it is dropped before its end, the rest of the message
/// follows in [parts](crate::Event::Part).
///
/// ```
/// # #[cfg(feature = "tokio")]
/// # mod example {
/// use sansocket::Error;
/// use sansocket::tokio::WebSocket;
/// use tokio::io::{AsyncRead, AsyncWrite};
///
/// async fn save<S, F>(socket: &mut WebSocket<S>, file: &mut F) -> Result<(), Error>
/// where
///     S: AsyncRead + AsyncWrite + Unpin,
///     F: AsyncWrite + Unpin,
/// {
///     if let Some(mut message) = socket.message_reader().await? {
///         tokio::io::copy(&mut message, file).await?;
///     }
///     Ok(())
/// }
/// # }
/// ```
#[derive(Debug)]
pub struct MessageReader<'r, S, I: Io<S>> {
    from: From<'r, S, I>,
    part: Part,
}

#[derive(Debug)]
enum From<'r, S, I: Io<S>> {
    Whole(&'r mut WebSocket<S, I>),
    Half(&'r mut Reader<S, I>),
}

impl<S, I: Io<S>> WebSocket<S, I> {
    /// Waits for the next message, to be read as a stream of bytes, or `None` once the connection has ended.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`receive`](Self::receive).
    pub async fn message_reader(&mut self) -> Result<Option<MessageReader<'_, S, I>>, Error> {
        let part = self.drive(|turn, cx| turn.poll_part(cx)).await?;
        Ok(part.map(|part| MessageReader { from: From::Whole(self), part }))
    }
}

impl<S, I: Io<S>> Reader<S, I> {
    /// Waits for the next message, to be read as a stream of bytes, or `None` once the connection has ended.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`receive`](Self::receive).
    pub async fn message_reader(&mut self) -> Result<Option<MessageReader<'_, S, I>>, Error> {
        let part = poll_fn(|cx| self.poll(cx, |turn, cx| turn.poll_part(cx))).await?;
        Ok(part.map(|part| MessageReader { from: From::Half(self), part }))
    }
}

impl<S, I: Io<S>> MessageReader<'_, S, I> {
    /// Returns the kind of the message.
    pub const fn kind(&self) -> Kind {
        self.part.kind
    }

    /// Takes at most `most` unread bytes of the message. None are left at its end.
    fn poll_bytes(&mut self, cx: &mut Context<'_>, most: usize) -> Poll<io::Result<Bytes>> {
        while self.part.bytes.is_empty() && !self.part.is_last {
            let poll = |turn: &mut Turn<'_, S, I>, cx: &mut Context<'_>| turn.poll_part(cx);
            let part = match &mut self.from {
                From::Whole(socket) => poll(&mut socket.turn(), cx),
                From::Half(reader) => reader.poll(cx, poll),
            };
            match ready!(part).map_err(Error::into_io)? {
                Some(part) => self.part = part,
                None => return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into())),
            }
        }
        Poll::Ready(Ok(self.part.take(most)))
    }
}

#[cfg(feature = "tokio")]
impl<S, I: Io<S>> ::tokio::io::AsyncRead for MessageReader<'_, S, I> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ::tokio::io::ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let bytes = ready!(self.get_mut().poll_bytes(cx, buffer.remaining()))?;
        buffer.put_slice(&bytes);
        Poll::Ready(Ok(()))
    }
}

#[cfg(feature = "smol")]
impl<S, I: Io<S>> futures_io::AsyncRead for MessageReader<'_, S, I> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let bytes = ready!(self.get_mut().poll_bytes(cx, buffer.len()))?;
        buffer[..bytes.len()].copy_from_slice(&bytes);
        Poll::Ready(Ok(bytes.len()))
    }
}
