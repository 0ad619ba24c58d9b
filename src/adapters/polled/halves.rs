//! The halves of a WebSocket, for several tasks.
//!
//! ```text
//! Reader: Receiver, Input ─┐
//! Writer, Writer, … ───────┴─▶ Shared: Mutex<Half>: Link, Sender; the tasks that wait
//! ```
//!
//! Whoever polls locks the half for that long, and wakes the others if they may go on.

use alloc::boxed::Box;
use alloc::sync::{Arc, Weak};
use alloc::vec::Vec;
use core::future::poll_fn;
use core::task::{Context, Poll, Waker, ready};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::io::Io;
use super::link::Link;
use super::presence::Member;
use super::sending::sending_methods;
use super::turn::{Receiving, Turn, Until};
use super::waiting::{Place, Waiting};
use super::websocket::WebSocket;
use crate::adapters::error::Error;
use crate::connection::{
    Backlog, Connection, Ended, Event, Input, Message, OwnedMessage, Prepared, Pushed, Receiver,
    RoundTrip, SendError, Sender,
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
#[derive(Debug)]
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
#[derive(Debug)]
pub struct Writer<S, I: Io<S>> {
    shared: Arc<Shared<S, I>>,
    /// For the `Sink` that it is. Futures have places of their own, as several tasks may await them at once.
    place: Place,
}

/// The shared part of both halves. It is locked while one of them polls, and never across an await.
#[derive(Debug)]
struct Shared<S, I: Io<S>> {
    half: Mutex<Half<S, I>>,
    waiting: Arc<Waiting>,
    /// Wakes all that wait.
    waker: Waker,
}

#[derive(Debug)]
struct Half<S, I: Io<S>> {
    link: Link<S, I>,
    sender: Sender,
}

impl<S, I: Io<S>> WebSocket<S, I> {
    /// Splits the WebSocket into two halves, for two tasks or more.
    ///
    /// ```
    /// # use sansocket::{Error, polled::{Io, WebSocket}};
    /// # async fn example<S, I: Io<S>>(socket: WebSocket<S, I>) -> Result<(), Error> {
    /// let (mut reader, writer) = socket.split();
    /// writer.send("What time is it?").await?;
    /// println!("{:?}", reader.receive().await?);
    /// # Ok(())
    /// # }
    /// ```
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
        let found = poll_fn(|cx| self.poll(cx, |turn, cx| turn.poll_event(cx))).await?;
        let Some(ready) = found else { return Ok(None) };
        let Self { shared, place, receiver, input } = self;
        Ok(shared.change(place, |Half { link, sender }, cx| {
            // A writer may have closed the connection meanwhile. The event was found before.
            let event = receiver.take_ready(ready, input, sender);
            let _ = link.poll_urgent(cx, sender);
            event
        }))
    }

    /// Waits for the next message and copies it, or returns `None` once the connection has ended.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`WebSocket::receive`].
    pub async fn receive(&mut self) -> Result<Option<OwnedMessage>, Error> {
        poll_fn(|cx| self.poll(cx, |turn, cx| turn.poll_receive(cx))).await
    }

    /// Returns how the connection ended, once it has.
    pub fn ended(&self) -> Option<Ended> {
        self.shared.lock().sender.ended()
    }

    /// Returns the round-trip time, once a keepalive ping has been answered.
    pub fn round_trip(&self) -> Option<RoundTrip> {
        self.shared.lock().sender.round_trip()
    }

    /// Calls `look` with the stream, which has the peer's address and, with TLS, its certificate.
    ///
    /// Both halves wait until `look` returns, so it must not use them.
    ///
    /// ```
    /// # #[cfg(feature = "tokio")]
    /// # mod example {
    /// use std::io;
    /// use std::net::SocketAddr;
    /// use sansocket::tokio::Reader;
    /// use tokio::net::TcpStream;
    ///
    /// fn peer(reader: &Reader<TcpStream>) -> io::Result<SocketAddr> {
    ///     reader.with_stream(TcpStream::peer_addr)
    /// }
    /// # }
    /// ```
    pub fn with_stream<R>(&self, look: impl FnOnce(&S) -> R) -> R {
        look(&self.shared.lock().link.stream)
    }

    /// Puts a WebSocket together again that was [split](WebSocket::split), for example to [suspend](WebSocket::suspend)
    /// it.
    ///
    /// Drop all writers first, and all [memberships](super::Membership). What waits in the [`Backlog`] is queued, whether
    /// there is room or not.
    ///
    /// ```
    /// use sansocket::Busy;
    /// use sansocket::polled::{Io, Membership, Reader, Writer};
    ///
    /// /// Returns the stream and the snapshot of a member that is not busy.
    /// fn suspend<S, I: Io<S>>(
    ///     reader: Reader<S, I>,
    ///     writer: Writer<S, I>,
    ///     membership: Membership,
    /// ) -> Option<(S, Vec<u8>)> {
    ///     drop((membership, writer));
    ///     reader.unsplit().ok()?.suspend().ok()
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the reader while there is a writer, or a message that is sent in parts keeps those of the backlog waiting.
    pub fn unsplit(self) -> Result<WebSocket<S, I>, Box<Self>> {
        let Self { shared, place, receiver, input } = self;
        let is_alone = Arc::strong_count(&shared) == 1 && shared.lock().empty_backlog();
        match if is_alone { Arc::try_unwrap(shared) } else { Err(shared) } {
            Ok(Shared { half, .. }) => {
                let half = half.into_inner().unwrap_or_else(PoisonError::into_inner);
                let connection = Connection::from_halves(receiver, half.sender);
                Ok(WebSocket { link: half.link, connection, input })
            }
            Err(shared) => Err(Box::new(Self { shared, place, receiver, input })),
        }
    }

    /// Returns the half of the connection that receives, to set how it does so.
    pub const fn receiver_mut(&mut self) -> &mut Receiver {
        &mut self.receiver
    }

    pub(super) fn poll<R>(
        &mut self,
        cx: &mut Context<'_>,
        mut poll: impl FnMut(&mut Turn<'_, S, I>, &mut Context<'_>) -> Poll<R>,
    ) -> Poll<R> {
        let Self { shared, place, receiver, input } = self;
        shared.poll(place, cx, |half, cx| poll(&mut half.turn(Some((receiver, input))), cx))
    }
}

impl<S, I: Io<S>> Writer<S, I> {
    sending_methods!(self, &self);

    /// Queues a message, if fewer than [`Config::max_queued`](crate::Config::max_queued) bytes wait. The
    /// [`Reader`] writes it.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Sender::try_send`].
    pub fn try_send<'p>(&self, message: impl Into<Message<'p>>) -> Result<(), SendError> {
        self.queue_now(|sender| sender.try_send(message))
    }

    /// Changes the queue of messages for a slow peer, and sends what there is room for. Waits for nothing.
    ///
    /// The [`Reader`] writes what the peer takes, and sends from the backlog while fewer than
    /// [`Config::max_queued`](crate::Config::max_queued) bytes wait. Pings, pongs and close frames do not wait behind
    /// it. A message that is [sent](Self::send) may overtake those in the backlog.
    ///
    /// Default: `Backlog::new(Overflow::Disconnect(CloseCode::TRY_AGAIN_LATER))`. Assign another one to change it,
    /// before anything is pushed: what waits in the old one is dropped with it. Both halves wait until `change` returns,
    /// so it must not use them.
    ///
    /// ```
    /// use sansocket::polled::{Io, Writer};
    /// use sansocket::{Backlog, Overflow, Prepared, Pushed};
    ///
    /// fn keep_newest<S, I: Io<S>>(writer: &Writer<S, I>) {
    ///     writer.with_backlog(|it| *it = Backlog::new(Overflow::DropOldest).max_bytes(256 << 10));
    /// }
    ///
    /// fn send_price<S, I: Io<S>>(writer: &Writer<S, I>, share: u64, price: &Prepared) -> Pushed {
    ///     writer.with_backlog(|it| it.push_latest(share, price))
    /// }
    /// ```
    pub fn with_backlog<R>(&self, change: impl FnOnce(&mut Backlog) -> R) -> R {
        self.shared.change(&self.place, |Half { link, sender }, _| {
            sender.note_time(link.tick());
            link.with_backlog(sender, change)
        })
    }

    /// Pushes a message into the backlog, once it takes it: if it [has to wait](crate::Overflow::Wait), until there is
    /// room. The [`Reader`] writes it.
    ///
    /// If the future is dropped, the message was pushed whole or not at all. Several tasks that wait for room get it in
    /// any order.
    ///
    /// ```
    /// use sansocket::polled::{Io, Writer};
    /// use sansocket::{Backlog, Error, Overflow, Prepared};
    ///
    /// /// Sends all lines, and lags behind by at most 16 of them.
    /// async fn send_all<S, I: Io<S>>(writer: &Writer<S, I>, lines: &[&str]) -> Result<(), Error> {
    ///     writer.with_backlog(|it| *it = Backlog::new(Overflow::Wait).max_messages(16));
    ///     for line in lines {
    ///         let _ = writer.push(&Prepared::new(*line)).await?;
    ///     }
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`Error::Send`] if the connection is closing, and the error with which it ends meanwhile.
    pub async fn push(&self, message: &Prepared) -> Result<Pushed, Error> {
        self.drive(|turn, cx| turn.poll_push(cx, |backlog| backlog.push(message))).await
    }

    /// Pushes a message that replaces an older one with the same key, once the backlog takes it: see
    /// [`push`](Self::push) and [`Backlog::push_latest`].
    ///
    /// # Errors
    ///
    /// Returns the errors of [`push`](Self::push).
    pub async fn push_latest(&self, key: u64, message: &Prepared) -> Result<Pushed, Error> {
        self.drive(|turn, cx| turn.poll_push(cx, |backlog| backlog.push_latest(key, message))).await
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
        self.drive(|turn, cx| Poll::Ready(turn.act(cx, |sender| sender.close(code, reason)))).await
    }

    /// Calls `look` with the stream, which has the peer's address and, with TLS, its certificate.
    ///
    /// Both halves wait until `look` returns, so it must not use them.
    ///
    /// ```
    /// # #[cfg(feature = "tokio")]
    /// # mod example {
    /// use std::io;
    /// use std::net::SocketAddr;
    /// use sansocket::tokio::Writer;
    /// use tokio::net::TcpStream;
    ///
    /// fn peer(writer: &Writer<TcpStream>) -> io::Result<SocketAddr> {
    ///     writer.with_stream(TcpStream::peer_addr)
    /// }
    /// # }
    /// ```
    pub fn with_stream<R>(&self, look: impl FnOnce(&S) -> R) -> R {
        look(&self.shared.lock().link.stream)
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

    /// Returns the connection as a member of topics. It does not keep the connection open.
    pub(super) fn as_member(&self) -> Weak<dyn Member>
    where
        S: Send + 'static,
        I: Io<S, Sleep: Send> + 'static,
    {
        Arc::<Shared<S, I>>::downgrade(&self.shared)
    }

    fn of(shared: &Arc<Shared<S, I>>) -> Self {
        Self { shared: Arc::clone(shared), place: shared.waiting.place() }
    }

    /// Queues something, whether there is room for it or not.
    pub(super) fn queue_now(
        &self,
        queue: impl FnOnce(&mut Sender) -> Result<(), SendError>,
    ) -> Result<(), SendError> {
        self.shared.change(&self.place, |Half { link, sender }, _| {
            sender.note_time(link.tick());
            sender.unprompted(queue)
        })
    }

    pub(super) fn poll<R>(
        &mut self,
        cx: &mut Context<'_>,
        mut poll: impl FnMut(&mut Turn<'_, S, I>, &mut Context<'_>) -> Poll<R>,
    ) -> Poll<R> {
        let Self { shared, place } = self;
        shared.poll(place, cx, |half, cx| poll(&mut half.turn(None), cx))
    }

    async fn drive<R>(
        &self,
        mut poll: impl FnMut(&mut Turn<'_, S, I>, &mut Context<'_>) -> Poll<R>,
    ) -> R {
        let mut place = self.shared.waiting.place();
        let mut poll = |half: &mut Half<S, I>, cx: &mut Context<'_>| poll(&mut half.turn(None), cx);
        poll_fn(|cx| self.shared.poll(&mut place, cx, &mut poll)).await
    }
}

impl<S, I: Io<S>> Half<S, I> {
    fn empty_backlog(&mut self) -> bool {
        self.link.empty_backlog(&mut self.sender)
    }

    const fn turn<'t>(&'t mut self, incoming: Option<Receiving<'t>>) -> Turn<'t, S, I> {
        Turn { link: &mut self.link, sender: &mut self.sender, incoming }
    }
}

impl<S, I: Io<S>> Shared<S, I> {
    /// Polls the shared part. All waiting tasks are woken when the stream is ready again.
    fn poll<R>(
        &self,
        place: &mut Place,
        cx: &mut Context<'_>,
        mut poll: impl FnMut(&mut Half<S, I>, &mut Context<'_>) -> Poll<R>,
    ) -> Poll<R> {
        let mut outcome = self.change(place, &mut poll);
        if outcome.is_pending() {
            place.take(cx.waker());
            // The stream may have become ready before the place was taken.
            outcome = self.change(place, &mut poll);
        }
        if outcome.is_ready() {
            place.free();
        }
        outcome
    }

    /// Changes the shared part, and wakes the other tasks if they may go on. The stream wakes all of them.
    fn change<R>(
        &self,
        place: &Place,
        change: impl FnOnce(&mut Half<S, I>, &mut Context<'_>) -> R,
    ) -> R {
        let mut half = self.lock();
        let before = half.link.sight(&half.sender);
        let result = change(&mut half, &mut Context::from_waker(&self.waker));
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

impl<S: Send, I: Io<S, Sleep: Send>> Member for Shared<S, I> {
    fn push(&self, push: &dyn Fn(&mut Backlog) -> Pushed) -> Pushed {
        self.change(&self.waiting.place(), |Half { link, sender }, _| {
            sender.note_time(link.tick());
            link.change_backlog(sender, push)
        })
    }
}

impl<S, I: Io<S>> Clone for Writer<S, I> {
    fn clone(&self) -> Self {
        Self::of(&self.shared)
    }
}
