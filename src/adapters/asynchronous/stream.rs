use core::pin::Pin;
use core::task::{Context, Poll};

use futures_core::Stream;
use futures_sink::Sink;

use super::io::{Async, Io};
use super::split::{Reader, Writer};
use crate::adapters::error::Error;
use crate::adapters::message::OwnedMessage;
use crate::adapters::socket::WebSocket;
use crate::wire::CloseCode;

/// The messages that come, as [`receive`](WebSocket::receive) gives them.
impl<I: Io> Stream for WebSocket<Async<I>> {
    type Item = Result<OwnedMessage, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_receive(cx)
    }
}

/// Takes messages to send. Closed, it closes the connection, with code 1000.
impl<I: Io> Sink<OwnedMessage> for WebSocket<Async<I>> {
    type Error = Error;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.poll_room(cx)
    }

    fn start_send(self: Pin<&mut Self>, message: OwnedMessage) -> Result<(), Error> {
        let Self { wire, sender, .. } = self.get_mut();
        Ok(sender.send(&message, &mut wire.driver.out)?)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.poll_flush_all(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.sender.close(CloseCode::NORMAL, "")?;
        self.poll_close_all(cx)
    }
}

/// The messages that come, as [`receive`](Reader::receive) gives them.
impl<I: Io> Stream for Reader<I> {
    type Item = Result<OwnedMessage, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_receive(cx)
    }
}

/// Takes messages to send. Closed, it sends a close frame with code 1000; the reader waits for the
/// answer.
impl<I: Io> Sink<OwnedMessage> for Writer<I> {
    type Error = Error;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.poll_room(cx)
    }

    fn start_send(self: Pin<&mut Self>, message: OwnedMessage) -> Result<(), Error> {
        self.queue_now(|sender, driver| sender.send(&message, &mut driver.out))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.poll_flush_here(cx)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.queue_now(|sender, _| sender.close(CloseCode::NORMAL, ""))?;
        self.poll_flush_here(cx)
    }
}
