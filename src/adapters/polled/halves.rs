//! The halves of a WebSocket, for several tasks.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::future::poll_fn;
use core::task::{Context, Poll, Waker};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::io::Io;
use super::link::{Link, Sending, Until};
use super::turn::Turn;
use super::waiting::{Place, Waiting};
use super::websocket::WebSocket;
use crate::adapters::error::Error;
use crate::connection::{
    Ended, Event, Input, Message, OwnedMessage, Receiver, RoundTrip, SendError, Sender,
};
use crate::wire::CloseCode;

/// The half of a WebSocket that receives.
///
/// It also writes pongs and close frames, and keeps the time: await it even if no message is expected.
///
/// ```
/// use sansocket::polled::{Io, Reader, Writer};
/// use sansocket::{Error, Event};
///
/// async fn echo<S, I: Io<S>>(mut reader: Reader<S, I>, writer: Writer<S, I>) -> Result<(), Error> {
///     while let Some(event) = reader.next_event().await? {
///         if let Event::Text(text) = event {
///             writer.send(text).await?;
///         }
///     }
///     Ok(())
/// }
/// ```
pub struct Reader<S, I: Io<S>> {
    shared: Arc<Shared<S, I>>,
    place: Place,
    receiver: Receiver,
    input: Input<Vec<u8>>,
}

/// The half of a WebSocket that sends, from as many tasks as it has clones.
///
/// All clones share one message in progress: parts sent through different clones belong to the same message.
///
/// ```
/// use sansocket::polled::{Io, Writer};
/// use sansocket::Error;
///
/// async fn greet<S, I: Io<S>>(writer: &Writer<S, I>) -> Result<(), Error> {
///     writer.send("hello").await
/// }
/// ```
pub struct Writer<S, I: Io<S>> {
    shared: Arc<Shared<S, I>>,
    /// For the `Sink` that it is. Futures have places of their own, as several tasks may await them at once.
    place: Place,
}

/// What both halves use, each for as long as a poll takes and never across an await.
struct Shared<S, I: Io<S>> {
    half: Mutex<Half<S, I>>,
    waiting: Arc<Waiting>,
    /// Wakes all that wait.
    waker: Waker,
}

struct Half<S, I: Io<S>> {
    link: Link<S, I>,
    sender: Sender,
}

impl<S, I: Io<S>> WebSocket<S, I> {
    /// Splits the WebSocket into two halves, for two tasks or more.
    pub fn split(self) -> (Reader<S, I>, Writer<S, I>) {
        let Self { link, connection, input } = self;
        let (receiver, sender) = connection.split();
        let waiting = Arc::<Waiting>::default();
        let waker = Waker::from(Arc::clone(&waiting));
        let half = Mutex::new(Half { link, sender });
        let shared = Arc::new(Shared { half, waiting, waker });
        let writer = Writer::of(&shared);
        (Reader { place: shared.waiting.place(), shared, receiver, input }, writer)
    }
}

impl<S, I: Io<S>> Reader<S, I> {
    /// Waits for the next event, or `None` once the connection has [`ended`](Self::ended).
    ///
    /// # Errors
    ///
    /// Returns the errors of [`WebSocket::next_event`].
    pub async fn next_event(&mut self) -> Result<Option<Event<'_>>, Error> {
        if !poll_fn(|cx| self.poll(cx, |turn, cx| turn.poll_event(cx))).await? {
            return Ok(None);
        }
        let Self { shared, place, receiver, input } = self;
        let (event, is_urgent) = shared.change(place, |Half { sender, .. }| {
            let event = receiver.next_event(input, sender);
            (event, sender.is_urgent())
        });
        if is_urgent {
            let write = |Half { link, sender }: &mut Half<S, I>, cx: &mut Context<'_>| {
                link.poll_urgent(cx, sender)
            };
            poll_fn(|cx| shared.poll(place, cx, write)).await;
        }
        Ok(event)
    }

    /// Waits for the next message and copies it, or returns `None` once the connection has ended.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`WebSocket::receive`].
    pub async fn receive(&mut self) -> Result<Option<OwnedMessage>, Error> {
        poll_fn(|cx| self.poll_receive(cx)).await.transpose()
    }

    /// Returns how the connection ended, once it has.
    pub fn ended(&self) -> Option<Ended> {
        self.shared.lock().sender.ended()
    }

    /// Returns the round-trip time, once a keepalive ping has been answered.
    pub fn round_trip(&self) -> Option<RoundTrip> {
        self.shared.lock().sender.round_trip()
    }

    /// Returns the half of the connection that receives, to set how it does so.
    pub const fn receiver_mut(&mut self) -> &mut Receiver {
        &mut self.receiver
    }

    pub(super) fn poll_receive(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<OwnedMessage, Error>>> {
        self.poll(cx, |turn, cx| turn.poll_receive(cx))
    }

    fn poll<R>(
        &mut self,
        cx: &mut Context<'_>,
        mut poll: impl FnMut(&mut Turn<'_, S, I>, &mut Context<'_>) -> Poll<R>,
    ) -> Poll<R> {
        let Self { shared, place, receiver, input } = self;
        shared.poll(place, cx, |Half { link, sender }, cx| {
            poll(&mut Turn { link, receiver, sender, input }, cx)
        })
    }
}

impl<S, I: Io<S>> Writer<S, I> {
    /// Sends a message. Completes when the stream has taken all of it.
    ///
    /// If the future is dropped, the message is queued whole or not at all.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Send`] if the connection is closing, and the error with which it ends meanwhile.
    pub async fn send<'p>(&self, message: impl Into<Message<'p>>) -> Result<(), Error> {
        let message = message.into();
        self.queue(Until::Written, |sender| sender.send(message)).await
    }

    /// Queues a message, once fewer than [`Config::max_queued`](crate::Config::max_queued) bytes wait. The
    /// [`Reader`] writes it.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`send`](Self::send).
    pub async fn feed<'p>(&self, message: impl Into<Message<'p>>) -> Result<(), Error> {
        let message = message.into();
        self.queue(Until::Queued, |sender| sender.send(message)).await
    }

    /// Queues a message, if fewer than [`Config::max_queued`](crate::Config::max_queued) bytes wait. The
    /// [`Reader`] writes it.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Sender::try_send`].
    pub fn try_send<'p>(&self, message: impl Into<Message<'p>>) -> Result<(), SendError> {
        self.queue_now(|sender| sender.try_send(message))
    }

    /// Sends a part of a message. More parts follow: see [`WebSocket::send_part`].
    ///
    /// # Errors
    ///
    /// Returns the errors of [`send`](Self::send) and of [`Sender::send_part`].
    pub async fn send_part<'p>(&self, part: impl Into<Message<'p>>) -> Result<(), Error> {
        let part = part.into();
        self.queue(Until::Offered, |sender| sender.send_part(part)).await
    }

    /// Sends the last part of a message. Completes when the stream has taken all of the message.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`send_part`](Self::send_part).
    pub async fn send_last<'p>(&self, part: impl Into<Message<'p>>) -> Result<(), Error> {
        let part = part.into();
        self.queue(Until::Written, |sender| sender.send_last(part)).await
    }

    /// Sends a keepalive ping now. Its answer updates the [`round_trip`](Reader::round_trip) time.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`send`](Self::send).
    pub async fn ping(&self) -> Result<(), Error> {
        self.queue_now(Sender::probe)?;
        self.offer().await
    }

    /// Sends a close frame. The [`Reader`] waits for the answer.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Sender::close`], and [`Error::Io`] if the stream has failed.
    pub async fn close(
        &self,
        code: impl Into<Option<CloseCode>>,
        reason: &str,
    ) -> Result<(), Error> {
        let code = code.into();
        self.queue_now(|sender| sender.close(code, reason))?;
        self.offer().await
    }

    /// Writes all that is queued.
    ///
    /// # Errors
    ///
    /// Returns the error with which the connection ends meanwhile.
    pub async fn flush(&self) -> Result<(), Error> {
        let place = self.place.another();
        poll_fn(|cx| self.poll_until(&place, cx, Link::is_flushed)).await
    }

    /// Returns how many bytes wait to be written.
    pub fn queued(&self) -> usize {
        self.shared.lock().sender.queued()
    }

    /// Compresses messages of at least this many bytes: see [`Sender::compress_from`].
    #[cfg(feature = "deflate")]
    pub fn compress_from(&self, bytes: usize) {
        self.shared.lock().sender.compress_from(bytes);
    }

    /// Sets whether every part of a compressed message is flushed: see [`Sender::set_flushing`].
    #[cfg(feature = "deflate")]
    pub fn set_flushing(&self, flushing: bool) {
        self.shared.lock().sender.set_flushing(flushing);
    }

    fn of(shared: &Arc<Shared<S, I>>) -> Self {
        Self { shared: Arc::clone(shared), place: shared.waiting.place() }
    }

    /// Queues something, whether there is room for it or not.
    pub(super) fn queue_now(
        &self,
        queue: impl FnOnce(&mut Sender) -> Result<(), SendError>,
    ) -> Result<(), SendError> {
        self.shared.change(&self.place, |Half { link, sender }| {
            sender.note_time(link.now());
            sender.unprompted(queue)
        })
    }

    pub(super) fn poll_here(
        &self,
        cx: &mut Context<'_>,
        is_done: impl Fn(&Link<S, I>, &mut Sender) -> bool,
    ) -> Poll<Result<(), Error>> {
        self.poll_until(&self.place, cx, is_done)
    }

    fn poll_until(
        &self,
        place: &Place,
        cx: &mut Context<'_>,
        is_done: impl Fn(&Link<S, I>, &mut Sender) -> bool,
    ) -> Poll<Result<(), Error>> {
        self.shared.poll(place, cx, |Half { link, sender }, cx| {
            link.poll_until(cx, sender, &is_done, |_, _, _| Poll::Pending)
        })
    }

    async fn offer(&self) -> Result<(), Error> {
        let place = self.place.another();
        poll_fn(|cx| self.shared.poll(&place, cx, |half, cx| half.link.offer(cx, &mut half.sender)))
            .await
    }

    async fn queue(
        &self,
        until: Until,
        queue: impl FnOnce(&mut Sender) -> Result<(), SendError>,
    ) -> Result<(), Error> {
        let (place, mut sending) = (self.place.another(), Sending::new(until, queue));
        let mut poll = |Half { link, sender }: &mut Half<S, I>, cx: &mut Context<'_>| {
            link.poll_send(cx, sender, &mut sending, |_, _, _| Poll::Pending)
        };
        poll_fn(|cx| self.shared.poll(&place, cx, &mut poll)).await
    }
}

impl<S, I: Io<S>> Shared<S, I> {
    /// Polls the shared half. What happens to the stream wakes all that wait.
    fn poll<R>(
        &self,
        place: &Place,
        cx: &mut Context<'_>,
        mut poll: impl FnMut(&mut Half<S, I>, &mut Context<'_>) -> Poll<R>,
    ) -> Poll<R> {
        let mut all = Context::from_waker(&self.waker);
        let outcome = self.change(place, |half| poll(half, &mut all));
        if outcome.is_ready() {
            return outcome;
        }
        // What happened before the place was taken has woken nobody here.
        place.take(cx.waker());
        let outcome = self.change(place, |half| poll(half, &mut all));
        if outcome.is_ready() {
            place.free();
        }
        outcome
    }

    /// Wakes those that wait elsewhere, if `change` changes what they may wait for.
    fn change<R>(&self, place: &Place, change: impl FnOnce(&mut Half<S, I>) -> R) -> R {
        let mut half = self.lock();
        let before = half.link.sight(&half.sender);
        let result = change(&mut half);
        let is_news = half.link.sight(&half.sender) != before;
        drop(half);
        if is_news {
            self.waiting.wake_others(Some(place));
        }
        result
    }

    fn lock(&self) -> MutexGuard<'_, Half<S, I>> {
        self.half.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S, I: Io<S>> Clone for Writer<S, I> {
    fn clone(&self) -> Self {
        Self::of(&self.shared)
    }
}

impl<S, I: Io<S>> fmt::Debug for Reader<S, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("receiver", &self.receiver).finish_non_exhaustive()
    }
}

impl<S, I: Io<S>> fmt::Debug for Writer<S, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").finish_non_exhaustive()
    }
}
