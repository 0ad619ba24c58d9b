use alloc::sync::Arc;
use alloc::task::Wake;
use alloc::vec::Vec;
use core::fmt;
use core::future::poll_fn;
use core::task::{Context, Poll, Waker, ready};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::io::{Async, Io};
use super::socket::take_message;
use crate::adapters::error::Error;
use crate::adapters::message::{Gathering, OwnedMessage};
use crate::adapters::socket::{WebSocket, Wire};
use crate::close::{CloseCode, Ended};
use crate::error::SendError;
use crate::input::Input;
use crate::receiver::{Event, Receiver};
use crate::sender::{Message, Sender};
use crate::time::RoundTrip;

/// The half of a WebSocket that receives, from a task of its own.
///
/// It also writes what the protocol owes, and keeps the time, so wait on it even if nothing is
/// expected.
pub struct Reader<I: Io> {
    shared: Arc<Shared<I>>,
    receiver: Receiver,
    input: Input<Vec<u8>>,
    gathering: Gathering,
}

/// The half of a WebSocket that sends, from as many tasks as it has clones.
///
/// A message sent by parts is one of all clones: no other can be sent before its end.
pub struct Writer<I: Io> {
    shared: Arc<Shared<I>>,
}

/// What both halves use, each for as long as a poll takes and never across an await.
struct Shared<I: Io> {
    half: Mutex<Half<I>>,
    wakers: Arc<Wakers>,
}

struct Half<I: Io> {
    wire: Wire<Async<I>>,
    sender: Sender,
}

/// All tasks that wait. A stream remembers one waker for each direction, but both halves write.
#[derive(Default)]
struct Wakers(Mutex<Vec<Waker>>);

impl<I: Io> WebSocket<Async<I>> {
    /// Splits the WebSocket into two halves, for two tasks or more.
    pub fn split(self) -> (Reader<I>, Writer<I>) {
        let Self { wire, receiver, sender, input, gathering } = self;
        let half = Mutex::new(Half { wire, sender });
        let shared = Arc::new(Shared { half, wakers: Arc::default() });
        let writer = Writer { shared: Arc::clone(&shared) };
        (Reader { shared, receiver, input, gathering }, writer)
    }
}

impl<I: Io> Reader<I> {
    /// Waits for the next event, or `None` once the connection has [`ended`](Self::ended).
    ///
    /// # Errors
    ///
    /// As [`WebSocket::next_event`].
    pub async fn next_event(&mut self) -> Result<Option<Event<'_>>, Error> {
        let Self { shared, receiver, input, .. } = self;
        let is_there = poll_fn(|cx| {
            shared.poll(cx, |half, cx| half.wire.poll_event(cx, receiver, &mut half.sender, input))
        });
        if !is_there.await? {
            return Ok(None);
        }
        let event = {
            let mut half = shared.lock();
            receiver.next_event(input, &mut half.sender)
        };
        match event {
            Ok(event) => {
                shared.lock().wire.driver.watch(event.as_ref());
                Ok(event)
            }
            Err(error) => {
                shared.lock().wire.leave(Some(error.into()));
                let leave = |half: &mut Half<I>, cx: &mut Context<'_>| {
                    half.wire.poll_leave(cx, &mut half.sender)
                };
                poll_fn(|cx| shared.poll(cx, leave)).await?;
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
        let Self { shared, receiver, input, gathering } = self;
        shared.poll(cx, |Half { wire, sender }, cx| {
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
        poll_fn(|cx| self.poll_room(cx)).await?;
        self.queue(|sender, out| sender.send(message, out))?;
        self.write_some().await
    }

    /// Sends a part of a message, which more parts follow, once there is room for it.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), and as [`Sender::send_part`].
    pub async fn send_part<'p>(&self, part: impl Into<Message<'p>>) -> Result<(), Error> {
        poll_fn(|cx| self.poll_room(cx)).await?;
        self.queue(|sender, out| sender.send_part(part, out))?;
        self.write_some().await
    }

    /// Sends the last part of a message, once there is room for it.
    ///
    /// # Errors
    ///
    /// As [`send_part`](Self::send_part).
    pub async fn send_last<'p>(&self, part: impl Into<Message<'p>>) -> Result<(), Error> {
        poll_fn(|cx| self.poll_room(cx)).await?;
        self.queue(|sender, out| sender.send_last(part, out))?;
        self.write_some().await
    }

    /// Writes what has been queued.
    ///
    /// # Errors
    ///
    /// When the stream fails. What was not written stays queued.
    pub async fn flush(&self) -> Result<(), Error> {
        poll_fn(|cx| self.poll_flush_all(cx)).await
    }

    /// Sends a ping, whose answer tells the [`round_trip`](Reader::round_trip) time.
    ///
    /// # Errors
    ///
    /// When the connection is closing, or when the stream fails.
    pub async fn ping(&self) -> Result<(), Error> {
        {
            let Half { wire, sender } = &mut *self.shared.lock();
            let now = wire.driver.now();
            wire.driver.deadlines.ping(now, sender)?;
            sender.poll_transmit(&mut wire.driver.out);
        }
        self.write_some().await
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
        self.queue(|sender, _| sender.close(code, reason))?;
        self.write_some().await
    }

    /// Queues something, and lets the reader know: a deadline may have moved.
    pub(super) fn queue(
        &self,
        queue: impl FnOnce(&mut Sender, &mut Vec<u8>) -> Result<(), SendError>,
    ) -> Result<(), Error> {
        let is_closing = {
            let Half { wire, sender } = &mut *self.shared.lock();
            queue(sender, &mut wire.driver.out)?;
            sender.poll_transmit(&mut wire.driver.out);
            sender.is_closing()
        };
        if is_closing {
            self.shared.wakers.wake_all();
        }
        Ok(())
    }

    pub(super) fn poll_room(&self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.shared.poll(cx, |Half { wire, sender }, cx| wire.poll_room(cx, None, sender))
    }

    pub(super) fn poll_flush_all(&self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.shared
            .poll(cx, |Half { wire, sender }, cx| wire.poll_flush(cx, None, sender, |_| true))
    }

    /// Writes what the stream takes at once, and never waits.
    async fn write_some(&self) -> Result<(), Error> {
        poll_fn(|cx| match self.poll_flush_all(cx) {
            Poll::Ready(outcome) => Poll::Ready(outcome),
            Poll::Pending => Poll::Ready(Ok(())),
        })
        .await
    }
}

impl<I: Io> Shared<I> {
    /// Polls the shared half, so that all tasks that wait on it are woken when something happens.
    fn poll<R>(
        &self,
        cx: &mut Context<'_>,
        poll: impl FnOnce(&mut Half<I>, &mut Context<'_>) -> Poll<R>,
    ) -> Poll<R> {
        self.wakers.add(cx.waker());
        let waker = Waker::from(Arc::clone(&self.wakers));
        poll(&mut self.lock(), &mut Context::from_waker(&waker))
    }

    fn lock(&self) -> MutexGuard<'_, Half<I>> {
        self.half.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wakers {
    fn add(&self, waker: &Waker) {
        let mut wakers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !wakers.iter().any(|other| other.will_wake(waker)) {
            wakers.push(waker.clone());
        }
    }

    fn wake_all(&self) {
        let wakers = core::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        wakers.into_iter().for_each(Waker::wake);
    }
}

impl Wake for Wakers {
    fn wake(self: Arc<Self>) {
        self.wake_all();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.wake_all();
    }
}

impl<I: Io> Clone for Writer<I> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
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
