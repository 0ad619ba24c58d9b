use alloc::boxed::Box;
use alloc::vec::Vec;
use core::future::poll_fn;
use core::task::{Context, Poll, ready};

use super::io::{Async, Io, Polled, Step};
use super::opening::new_input;
use crate::adapters::config::Config;
use crate::adapters::driver::Driver;
use crate::adapters::error::Error;
use crate::adapters::message::{Gathering, OwnedMessage};
use crate::adapters::outbox::Outbox;
use crate::adapters::socket::{Parts, WebSocket, Wire};
use crate::connection::{Connection, Event, Input, Message, Receiver, SendError, Sender};
use crate::handshake::client;
use crate::wire::{CloseCode, Seed};

/// Every future here may be dropped before it is done, and made again: nothing is lost, doubled or cut.
impl<I: Io> WebSocket<Async<I>> {
    /// Opens a connection as a client over any stream, and returns the server's answer with it.
    ///
    /// The future owns the stream: dropped, it drops the connection.
    ///
    /// # Errors
    ///
    /// When the transport or the handshake fails, or the server [refuses](Error::Refused).
    pub async fn connect_over(
        stream: I::Stream,
        request: client::Request<'_>,
        config: Config,
    ) -> Result<(Self, client::Response), Error> {
        Box::pin(Self::dial(stream, request, config)).await
    }

    /// A WebSocket whose opening handshake was done elsewhere. Bytes which were read beyond it are in
    /// `input`, and bytes yet to be written in `out`.
    pub fn from_parts(parts: Parts<I::Stream>, config: Config) -> Self {
        Self::join(parts, config)
    }

    /// A WebSocket over a stream that an HTTP library has upgraded, with what it read beyond.
    ///
    /// The connection is the one that an [opening handshake](crate::server) gave, or one [of its
    /// own](Connection::server). Its limits are those that it has.
    pub fn from_upgraded(
        stream: I::Stream,
        read_ahead: impl Into<Vec<u8>>,
        connection: Connection,
        config: Config,
    ) -> Self {
        let input = Input::filled(read_ahead.into());
        Self::from_parts(Parts { stream, connection, input, out: Vec::new() }, config)
    }

    /// Waits for the next event, or `None` once the connection has [`ended`](Self::ended).
    ///
    /// The event is lent until the next call. Replies can be queued while it is held; they leave
    /// together, before the stream is read again.
    ///
    /// Of a stream that takes nothing any more, what came before is given out all the same, and if that is
    /// a close frame, it is no error; replies are dropped. This takes no longer than
    /// [`Timeouts::end`](crate::Timeouts::end).
    ///
    /// # Errors
    ///
    /// When the peer breaks the protocol, lets a deadline pass, or goes without closing, and when
    /// the stream fails: once, and the connection has ended then.
    pub async fn next_event(&mut self) -> Result<Option<(Event<'_>, Outbox<'_>)>, Error> {
        if !poll_fn(|cx| self.poll_wait(cx)).await? {
            return Ok(None);
        }
        let Self { wire, receiver, sender, input, .. } = self;
        match receiver.next_event(input, sender) {
            Ok(event) => {
                wire.driver.watch(event.as_ref());
                Ok(event.map(|event| (event, Outbox::new(sender, &mut wire.driver))))
            }
            Err(error) => {
                wire.leave(Step::Write, Some(error.into()));
                poll_fn(|cx| wire.poll_leave(cx, sender)).await?;
                Ok(None)
            }
        }
    }

    /// Waits for the next message and copies it, or `None` once the connection has ended.
    ///
    /// Pings, pongs and the close frame are passed over. A message [in
    /// parts](Receiver::set_streaming) is put together.
    ///
    /// # Errors
    ///
    /// As [`next_event`](Self::next_event).
    pub async fn receive(&mut self) -> Result<Option<OwnedMessage>, Error> {
        poll_fn(|cx| self.poll_receive(cx)).await.transpose()
    }

    /// Sends a message, once there is room for it in the queue.
    ///
    /// Done, it has been queued, and as much of it written as the stream took at once. The rest leaves
    /// while the WebSocket is [flushed](Self::flush), or waited on for an event.
    ///
    /// # Errors
    ///
    /// When the connection is closing, or when the stream fails.
    pub async fn send<'p>(&mut self, message: impl Into<Message<'p>>) -> Result<(), Error> {
        let message = message.into();
        self.queue(|sender, driver| sender.send(message, &mut driver.out)).await
    }

    /// Sends a part of a message, which more parts follow, once there is room for it.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), and as [`Sender::send_part`].
    pub async fn send_part<'p>(&mut self, part: impl Into<Message<'p>>) -> Result<(), Error> {
        let part = part.into();
        self.queue(|sender, driver| sender.send_part(part, &mut driver.out)).await
    }

    /// Sends the last part of a message, once there is room for it.
    ///
    /// # Errors
    ///
    /// As [`send_part`](Self::send_part).
    pub async fn send_last<'p>(&mut self, part: impl Into<Message<'p>>) -> Result<(), Error> {
        let part = part.into();
        self.queue(|sender, driver| sender.send_last(part, &mut driver.out)).await
    }

    /// Writes what has been queued.
    ///
    /// # Errors
    ///
    /// When the stream fails or a deadline passes. What was not written never will be.
    pub async fn flush(&mut self) -> Result<(), Error> {
        poll_fn(|cx| self.poll_flush_all(cx)).await
    }

    /// Sends a ping, whose answer tells the [`round_trip`](Self::round_trip) time.
    ///
    /// # Errors
    ///
    /// When the connection is closing, or when the stream fails.
    pub async fn ping(&mut self) -> Result<(), Error> {
        let Self { wire, sender, .. } = self;
        poll_fn(|cx| wire.poll_queue_at_once(cx, sender, |sender, driver| driver.ping(sender)))
            .await
    }

    /// Closes the connection and waits for the peer to do so, discarding what it still sends.
    ///
    /// # Errors
    ///
    /// As [`Sender::close`], and as [`next_event`](Self::next_event).
    pub async fn close(
        &mut self,
        code: impl Into<Option<CloseCode>>,
        reason: &str,
    ) -> Result<(), Error> {
        self.sender.close(code, reason)?;
        poll_fn(|cx| self.poll_close_all(cx)).await
    }

    async fn queue(
        &mut self,
        queue: impl Fn(&mut Sender, &mut Driver) -> Result<(), SendError>,
    ) -> Result<(), Error> {
        let Self { wire, receiver, sender, .. } = self;
        poll_fn(|cx| wire.poll_queue(cx, Some(receiver), sender, &queue)).await
    }
}

/// What does not depend on whether the caller waits or blocks.
impl<T: Polled> WebSocket<T> {
    pub(in crate::adapters) fn join(parts: Parts<<T::Io as Io>::Stream>, config: Config) -> Self {
        let mut wire = Wire::new(T::wrap(parts.stream), &config);
        wire.driver.out = parts.out;
        Self::open(wire, parts.connection, parts.input)
    }

    pub(in crate::adapters) async fn dial(
        stream: <T::Io as Io>::Stream,
        mut request: client::Request<'_>,
        config: Config,
    ) -> Result<(Self, client::Response), Error> {
        config.offer(&mut request);
        let mut wire = Wire::new(T::wrap(stream), &config);
        let mut input = new_input();
        let out = &mut wire.driver.out;
        let mut handshake = client::Handshake::start(request, config.limits, Seed::random()?, out);
        loop {
            if poll_fn(|cx| wire.poll_read_opening(cx, &mut input)).await? == 0 {
                return Err(Error::Refused(Box::new(handshake.receive_eof()?)));
            }
            handshake = match handshake.receive(&mut input)? {
                client::Progress::Incomplete(handshake) => handshake,
                client::Progress::Rejected(response) => {
                    return Err(Error::Refused(Box::new(response)));
                }
                client::Progress::Open(connection, response) => {
                    return Ok((Self::open(wire, connection, input), response));
                }
            };
        }
    }

    pub(in crate::adapters) fn poll_wait(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<bool, Error>> {
        let Self { wire, receiver, sender, input, .. } = self;
        wire.poll_event(cx, receiver, sender, input)
    }

    pub(in crate::adapters) fn poll_receive(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<OwnedMessage, Error>>> {
        let Self { wire, receiver, sender, input, gathering } = self;
        loop {
            match ready!(wire.poll_event(cx, receiver, sender, input)) {
                Ok(true) => {}
                Ok(false) => return Poll::Ready(None),
                Err(error) => return Poll::Ready(Some(Err(error))),
            }
            if let Some(message) = take_message(wire, receiver, sender, input, gathering) {
                return Poll::Ready(Some(Ok(message)));
            }
        }
    }

    #[cfg(feature = "__asynchronous")]
    pub(in crate::adapters) fn poll_room(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Error>> {
        self.wire.poll_room(cx, Some(&mut self.receiver), &mut self.sender)
    }

    pub(in crate::adapters) fn poll_flush_all(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Error>> {
        self.wire.poll_flush(cx, Some(&mut self.receiver), &mut self.sender, |_| true)
    }

    /// Waits for the end, discarding what the peer still sends.
    pub(in crate::adapters) fn poll_close_all(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Error>> {
        loop {
            match ready!(self.poll_receive(cx)) {
                None => return Poll::Ready(Ok(())),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Poll::Ready(Err(error)),
            }
        }
    }
}

/// Takes the event that is ready, and copies the message that it ends, if it does.
pub(super) fn take_message<T: Polled>(
    wire: &mut Wire<T>,
    receiver: &mut Receiver,
    sender: &mut Sender,
    input: &mut Input<Vec<u8>>,
    gathering: &mut Gathering,
) -> Option<OwnedMessage> {
    match receiver.next_event(input, sender) {
        Ok(event) => {
            wire.driver.watch(event.as_ref());
            gathering.take(event?)
        }
        Err(error) => {
            wire.fail(error.into(), receiver, sender);
            None
        }
    }
}
