//! WebSockets as streams and sinks of messages.

use core::pin::Pin;
use core::task::{Context, Poll};

use futures_core::Stream;
use futures_sink::Sink;

use super::halves::{Reader, Writer};
use super::io::Io;
use super::turn::Turn;
use super::websocket::WebSocket;
use crate::adapters::error::Error;
use crate::connection::OwnedMessage;
use crate::wire::CloseCode;

/// The messages that [`receive`](WebSocket::receive) returns.
impl<S: Unpin, I: Io<S>> Stream for WebSocket<S, I> {
    type Item = Result<OwnedMessage, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.turn().poll_receive(cx).map(Result::transpose)
    }
}

/// Sends messages. Closing the sink closes the connection with code 1000 and waits for the end.
impl<S: Unpin, I: Io<S>> Sink<OwnedMessage> for WebSocket<S, I> {
    type Error = Error;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.turn().poll_until(cx, Turn::has_room)
    }

    fn start_send(mut self: Pin<&mut Self>, message: OwnedMessage) -> Result<(), Error> {
        Ok(self.connection.unprompted(|sender| sender.send(message))?)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.turn().poll_until(cx, Turn::is_flushed)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.connection.close(CloseCode::NORMAL, "")?;
        self.turn().poll_end(cx)
    }
}

/// The messages that [`receive`](Reader::receive) returns.
impl<S, I: Io<S>> Stream for Reader<S, I> {
    type Item = Result<OwnedMessage, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll(cx, |turn, cx| turn.poll_receive(cx)).map(Result::transpose)
    }
}

/// Sends messages. Closing the sink sends a close frame with code 1000. The reader waits for the answer.
impl<S, I: Io<S>> Sink<OwnedMessage> for Writer<S, I> {
    type Error = Error;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.poll(cx, |turn, cx| turn.poll_until(cx, Turn::has_room))
    }

    fn start_send(self: Pin<&mut Self>, message: OwnedMessage) -> Result<(), Error> {
        Ok(self.queue_now(|sender| sender.send(message))?)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.poll(cx, |turn, cx| turn.poll_until(cx, Turn::is_flushed))
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.queue_now(|sender| sender.close(CloseCode::NORMAL, ""))?;
        self.poll(cx, |turn, cx| turn.poll_until(cx, Turn::is_flushed))
    }
}
