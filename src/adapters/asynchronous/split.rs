use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::future::poll_fn;
use core::task::{Context, Poll, ready};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::io::{Async, Io, Leaving, Step};
use super::socket::take_message;
use super::waiting::{Place, Waiting};
use crate::adapters::driver::Driver;
use crate::adapters::error::Error;
use crate::adapters::message::{Gathering, OwnedMessage};
use crate::adapters::socket::{WebSocket, Wire};
use crate::connection::{Ended, Event, Input, Message, Receiver, RoundTrip, SendError, Sender};
use crate::wire::CloseCode;

/// The half of a WebSocket that receives, from a task of its own.
///
/// It also writes what the protocol owes, and keeps the time, so wait on it even if nothing is
/// expected. Without it, a writer may wait for ever for a peer that does not read.
pub struct Reader<I: Io> {
    shared: Arc<Shared<I>>,
    place: Place,
    receiver: Receiver,
    input: Input<Vec<u8>>,
    gathering: Gathering,
}

/// The half of a WebSocket that sends, from as many tasks as it has clones.
///
/// A message sent by parts is one of all clones: no other can be sent before its end.
pub struct Writer<I: Io> {
    shared: Arc<Shared<I>>,
    /// For the [`Sink`](futures_sink::Sink) that it is. What is awaited has a place of its own, since
    /// several tasks may do so at once.
    place: Place,
}

/// What both halves use, each for as long as a poll takes and never across an await.
struct Shared<I: Io>(Mutex<Half<I>>);

struct Half<I: Io> {
    wire: Wire<Async<I>>,
    sender: Sender,
}

/// What others may wait for.
#[derive(PartialEq, Eq)]
struct Sight {
    is_full: bool,
    is_stalled: bool,
    is_broken: bool,
    is_closing: bool,
    step: Option<Step>,
}

impl<I: Io> WebSocket<Async<I>> {
    /// Splits the WebSocket into two halves, for two tasks or more.
    pub fn split(self) -> (Reader<I>, Writer<I>) {
        let Self { wire, receiver, sender, input, gathering } = self;
        let shared = Arc::new(Shared(Mutex::new(Half { wire, sender })));
        let place = Arc::<Waiting>::default().place();
        let writer = Writer { shared: Arc::clone(&shared), place: place.another() };
        (Reader { shared, place, receiver, input, gathering }, writer)
    }
}

impl<I: Io> Reader<I> {
    /// Waits for the next event, or `None` once the connection has [`ended`](Self::ended).
    ///
    /// # Errors
    ///
    /// As [`WebSocket::next_event`].
    pub async fn next_event(&mut self) -> Result<Option<Event<'_>>, Error> {
        let Self { shared, place, receiver, input, .. } = self;
        let is_there = poll_fn(|cx| {
            shared.poll(place, cx, |Half { wire, sender }, cx| {
                wire.poll_event(cx, receiver, sender, input)
            })
        });
        if !is_there.await? {
            return Ok(None);
        }
        let event = shared.change(place, |Half { wire, sender }| {
            let event = receiver.next_event(input, sender)?;
            wire.driver.watch(event.as_ref());
            Ok::<_, Error>(event)
        });
        match event {
            Ok(event) => Ok(event),
            Err(error) => {
                shared.change(place, |half| half.wire.leave(Step::Write, Some(error)));
                let leave = |half: &mut Half<I>, cx: &mut Context<'_>| {
                    half.wire.poll_leave(cx, &mut half.sender)
                };
                poll_fn(|cx| shared.poll(place, cx, leave)).await?;
                Ok(None)
            }
        }
    }

    /// Waits for the next message and copies it, or `None` once the connection has ended.
    ///
    /// # Errors
    ///
    /// As [`next_event`](Self::next_event).
    pub async fn receive(&mut self) -> Result<Option<OwnedMessage>, Error> {
        poll_fn(|cx| self.poll_receive(cx)).await.transpose()
    }

    /// How the connection ended, once it has.
    pub fn ended(&self) -> Option<Ended> {
        self.receiver.ended(&self.shared.lock().sender)
    }

    /// How long pings and pongs take, once one has been answered.
    pub fn round_trip(&self) -> Option<RoundTrip> {
        self.shared.lock().wire.driver.deadlines.round_trip()
    }

    /// The half of the connection that receives, to set how it does so.
    pub const fn receiver_mut(&mut self) -> &mut Receiver {
        &mut self.receiver
    }

    pub(super) fn poll_receive(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<OwnedMessage, Error>>> {
        let Self { shared, place, receiver, input, gathering } = self;
        shared.poll(place, cx, |Half { wire, sender }, cx| {
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
        })
    }
}

impl<I: Io> Writer<I> {
    /// Sends a message, once there is room for it in the queue.
    ///
    /// Done, it has been queued, and as much of it written as the stream took at once. The rest leaves
    /// while the reader is waited on, or the writer [flushed](Self::flush).
    ///
    /// # Errors
    ///
    /// When the connection is closing, or when the stream fails.
    pub async fn send<'p>(&self, message: impl Into<Message<'p>>) -> Result<(), Error> {
        let message = message.into();
        self.queue(|sender, driver| sender.send(message, &mut driver.out)).await
    }

    /// Sends a part of a message, which more parts follow, once there is room for it.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), and as [`Sender::send_part`].
    pub async fn send_part<'p>(&self, part: impl Into<Message<'p>>) -> Result<(), Error> {
        let part = part.into();
        self.queue(|sender, driver| sender.send_part(part, &mut driver.out)).await
    }

    /// Sends the last part of a message, once there is room for it.
    ///
    /// # Errors
    ///
    /// As [`send_part`](Self::send_part).
    pub async fn send_last<'p>(&self, part: impl Into<Message<'p>>) -> Result<(), Error> {
        let part = part.into();
        self.queue(|sender, driver| sender.send_last(part, &mut driver.out)).await
    }

    /// Compresses messages of at least so many bytes, from the next one of any clone on: see
    /// [`Sender::compress_from`].
    #[cfg(feature = "deflate")]
    pub fn compress_from(&self, bytes: usize) {
        self.shared.lock().sender.compress_from(bytes);
    }

    /// Whether each part of a compressed message leaves at once: see [`Sender::set_flushing`].
    #[cfg(feature = "deflate")]
    pub fn set_flushing(&self, flushing: bool) {
        self.shared.lock().sender.set_flushing(flushing);
    }

    /// Writes what has been queued.
    ///
    /// # Errors
    ///
    /// When the stream fails, or has ended. What was not written never will be.
    pub async fn flush(&self) -> Result<(), Error> {
        let place = self.place.another();
        poll_fn(|cx| self.poll_flush_all(&place, cx)).await
    }

    /// Sends a ping, whose answer tells the [`round_trip`](Reader::round_trip) time.
    ///
    /// # Errors
    ///
    /// When the connection is closing, or when the stream fails.
    pub async fn ping(&self) -> Result<(), Error> {
        self.queue_at_once(|sender, driver| driver.ping(sender)).await
    }

    /// Sends a close frame. The reader waits for the answer, and for the end.
    ///
    /// # Errors
    ///
    /// As [`Sender::close`], and when the stream fails.
    pub async fn close(
        &self,
        code: impl Into<Option<CloseCode>>,
        reason: &str,
    ) -> Result<(), Error> {
        let code = code.into();
        self.queue_at_once(|sender, _| sender.close(code, reason)).await
    }

    #[cfg(feature = "__asynchronous")]
    pub(super) fn poll_room(&self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.shared
            .poll(&self.place, cx, |Half { wire, sender }, cx| wire.poll_room(cx, None, sender))
    }

    #[cfg(feature = "__asynchronous")]
    pub(super) fn poll_flush_here(&self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.poll_flush_all(&self.place, cx)
    }

    /// Queues something, whether there is room for it or not.
    #[cfg(feature = "__asynchronous")]
    pub(super) fn queue_now(
        &self,
        queue: impl FnOnce(&mut Sender, &mut Driver) -> Result<(), SendError>,
    ) -> Result<(), Error> {
        let queue = |half: &mut Half<I>| queue(&mut half.sender, &mut half.wire.driver);
        Ok(self.shared.change(&self.place, queue)?)
    }

    fn poll_flush_all(&self, place: &Place, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.shared.poll(place, cx, |Half { wire, sender }, cx| {
            wire.poll_flush(cx, None, sender, |_| true)
        })
    }

    async fn queue(
        &self,
        queue: impl Fn(&mut Sender, &mut Driver) -> Result<(), SendError>,
    ) -> Result<(), Error> {
        let place = self.place.another();
        let poll = |half: &mut Half<I>, cx: &mut Context<'_>| {
            half.wire.poll_queue(cx, None, &mut half.sender, &queue)
        };
        poll_fn(|cx| self.shared.poll(&place, cx, poll)).await
    }

    async fn queue_at_once(
        &self,
        queue: impl Fn(&mut Sender, &mut Driver) -> Result<(), SendError>,
    ) -> Result<(), Error> {
        let place = self.place.another();
        let poll = |half: &mut Half<I>, cx: &mut Context<'_>| {
            half.wire.poll_queue_at_once(cx, &mut half.sender, &queue)
        };
        poll_fn(|cx| self.shared.poll(&place, cx, poll)).await
    }
}

impl<I: Io> Shared<I> {
    /// Polls the shared half from this place, so that what happens to the stream wakes all that wait.
    fn poll<R>(
        &self,
        place: &Place,
        cx: &mut Context<'_>,
        poll: impl FnOnce(&mut Half<I>, &mut Context<'_>) -> Poll<R>,
    ) -> Poll<R> {
        // Before the stream is polled, which may wake all at any time from then on.
        place.take(cx.waker());
        let waker = place.waker_of_all();
        let outcome = self.change(place, |half| poll(half, &mut Context::from_waker(&waker)));
        if outcome.is_ready() {
            place.free();
        }
        outcome
    }

    /// Changes the shared half, and tells those who wait elsewhere if they may care.
    fn change<R>(&self, place: &Place, change: impl FnOnce(&mut Half<I>) -> R) -> R {
        let (result, is_news) = {
            let mut half = self.lock();
            let before = half.sight();
            let result = change(&mut half);
            (result, half.sight() != before)
        };
        if is_news {
            place.wake_others();
        }
        result
    }

    fn lock(&self) -> MutexGuard<'_, Half<I>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<I: Io> Half<I> {
    fn sight(&self) -> Sight {
        Sight {
            is_full: self.wire.driver.is_full(),
            is_stalled: self.wire.driver.is_stalled(),
            is_broken: self.wire.driver.is_broken(),
            is_closing: self.sender.is_closing(),
            step: self.wire.transport.leaving.as_ref().map(|Leaving { step, .. }| *step),
        }
    }
}

impl<I: Io> Clone for Writer<I> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), place: self.place.another() }
    }
}

impl<I: Io> fmt::Debug for Reader<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("receiver", &self.receiver).finish_non_exhaustive()
    }
}

impl<I: Io> fmt::Debug for Writer<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").finish_non_exhaustive()
    }
}
