//! A stream, and what a connection does not know of it: how to write, how to wait.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::io::{self, ErrorKind, IoSlice};
use std::time::Instant;

use super::io::Io;
use crate::adapters::error::Error;
use crate::connection::{Ended, SendError, Sender, Timestamp};

/// A stream, and what a connection does not know of it.
pub(super) struct Link<S, I: Io<S>> {
    pub(super) stream: S,
    /// A point in time by both clocks: that of the runtime, and that of the connection.
    origin: (Instant, Timestamp),
    /// When to look at the deadlines, or earlier. It is not set anew each time that they move.
    alarm: Option<(Timestamp, I::Sleep)>,
    /// The first error of the stream. It is reported at the end.
    error: Option<io::Error>,
    /// How many bytes the stream has taken.
    written: u64,
    /// How much has been done since the task last waited.
    work: usize,
    flow: Flow,
    /// Whether the end has been reported.
    is_reported: bool,
}

/// What a stream does with our bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    Flushed,
    /// It may buffer some of them.
    Unflushed,
    /// It takes no more at present.
    Stalled,
    /// A write failed.
    Broken,
}

/// What others may wait for.
#[derive(PartialEq, Eq)]
pub(super) struct Sight {
    flow: Flow,
    /// How many bytes were written, while others may wait for that.
    written: Option<u64>,
    /// Whether something waits to be written.
    is_waiting: bool,
    is_full: bool,
    is_open: bool,
    is_over: bool,
}

/// When a message counts as sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Until {
    /// Once there was room for it and it was queued.
    Queued,
    /// Once the stream was offered all that it takes at once.
    Offered,
    /// Once the stream has taken it.
    Written,
}

/// A message that is being sent.
pub(super) struct Sending<Q> {
    /// Queues the message. `None` once it has been queued.
    queue: Option<Q>,
    until: Until,
    /// How many bytes the stream has taken when it has taken the message.
    end: u64,
}

impl<Q: FnOnce(&mut Sender) -> Result<(), SendError>> Sending<Q> {
    pub(super) const fn new(until: Until, queue: Q) -> Self {
        Self { queue: Some(queue), until, end: 0 }
    }
}

impl<S, I: Io<S>> Link<S, I> {
    pub(super) fn new(stream: S, now: Timestamp) -> Self {
        Self {
            stream,
            origin: (I::now(), now),
            alarm: None,
            error: None,
            written: 0,
            work: 0,
            flow: Flow::Flushed,
            is_reported: false,
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.origin.1 + I::now().saturating_duration_since(self.origin.0)
    }

    pub(super) fn sight(&self, sender: &Sender) -> Sight {
        Sight {
            flow: self.flow,
            written: (self.flow == Flow::Stalled).then_some(self.written),
            is_waiting: sender.queued() > 0 || sender.is_urgent(),
            is_full: sender.is_full(),
            is_open: sender.is_open(),
            is_over: sender.ended().is_some(),
        }
    }

    /// Lets other tasks run from time to time, whatever the peer sends.
    pub(super) fn poll_proceed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.work >= MOST_WORK {
            self.work = 0;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        ready!(I::poll_proceed(cx));
        self.work += 1;
        Poll::Ready(())
    }

    /// Reads once into `buffer`. An error is kept, and is the end of the stream.
    pub(super) fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<usize> {
        let count = ready!(I::poll_read(&mut self.stream, cx, buffer)).unwrap_or_else(|error| {
            self.error.get_or_insert(error);
            0
        });
        self.work += count / BYTES_PER_WORK;
        Poll::Ready(count)
    }

    /// Writes or flushes once. Waits if there is nothing to write, or the stream takes nothing.
    pub(super) fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        sender: &mut Sender,
    ) -> Poll<io::Result<()>> {
        let mut slices = [IoSlice::new(&[]); MOST_SLICES];
        let mut count = 0;
        for (slice, chunk) in slices.iter_mut().zip(sender.transmit_vectored()) {
            *slice = IoSlice::new(chunk);
            count += 1;
        }
        let outcome = match (count, self.flow) {
            (_, Flow::Broken) | (0, Flow::Flushed) => return Poll::Pending,
            (0, _) => I::poll_flush(&mut self.stream, cx).map_ok(|()| 0),
            _ => I::poll_write(&mut self.stream, cx, &slices[..count]),
        };
        let now = self.now();
        match outcome {
            Poll::Pending => {
                self.flow = Flow::Stalled;
                return Poll::Pending;
            }
            Poll::Ready(Ok(0)) if count > 0 => self.fail(ErrorKind::WriteZero.into(), sender, now),
            Poll::Ready(Ok(written)) => {
                self.flow = if count > 0 { Flow::Unflushed } else { Flow::Flushed };
                self.written += written as u64;
                self.work += written / BYTES_PER_WORK;
                sender.transmitted(written, now);
                return Poll::Ready(Ok(()));
            }
            Poll::Ready(Err(error)) => self.fail(error, sender, now),
        }
        Poll::Ready(Err(self.copy_error()))
    }

    /// Writes at once what should not wait for the application, as far as the stream takes it.
    pub(super) fn poll_urgent(&mut self, cx: &mut Context<'_>, sender: &mut Sender) -> Poll<()> {
        if sender.is_urgent() {
            while matches!(self.poll_write(cx, sender), Poll::Ready(Ok(()))) {}
        }
        Poll::Ready(())
    }

    /// Queues a message once there is room for it, and waits until it counts as sent.
    pub(super) fn poll_send<Q: FnOnce(&mut Sender) -> Result<(), SendError>>(
        &mut self,
        cx: &mut Context<'_>,
        sender: &mut Sender,
        sending: &mut Sending<Q>,
        mut read_ahead: impl FnMut(&mut Context<'_>, &mut Self, &mut Sender) -> Poll<()>,
    ) -> Poll<Result<(), Error>> {
        if sending.queue.is_some() {
            ready!(self.poll_until(cx, sender, Self::has_room, &mut read_ahead))?;
        }
        if let Some(queue) = sending.queue.take() {
            sender.unprompted(queue)?;
            sending.end = self.written + sender.queued() as u64;
        }
        match sending.until {
            Until::Queued => Poll::Ready(Ok(())),
            Until::Offered => self.offer(cx, sender),
            Until::Written => {
                let end = sending.end;
                let is_done = |link: &Self, sender: &mut Sender| link.has_taken(end, sender);
                ready!(self.poll_until(cx, sender, is_done, read_ahead))?;
                // The connection may have ended before.
                Poll::Ready(if self.written < end {
                    Err(SendError::Closing.into())
                } else {
                    Ok(())
                })
            }
        }
    }

    /// Writes as much as the stream takes at once. Never waits.
    pub(super) fn offer(
        &mut self,
        cx: &mut Context<'_>,
        sender: &mut Sender,
    ) -> Poll<Result<(), Error>> {
        if self.flow == Flow::Broken {
            return Poll::Ready(Err(self.copy_error().into()));
        }
        while let Poll::Ready(outcome) = self.poll_write(cx, sender) {
            outcome?;
        }
        Poll::Ready(Ok(()))
    }

    /// Writes until `is_done`. The deadlines act meanwhile.
    ///
    /// While the stream takes nothing, `read_ahead` may read, so that two ends which send at the same time do
    /// not block each other.
    pub(super) fn poll_until(
        &mut self,
        cx: &mut Context<'_>,
        sender: &mut Sender,
        is_done: impl Fn(&Self, &mut Sender) -> bool,
        mut read_ahead: impl FnMut(&mut Context<'_>, &mut Self, &mut Sender) -> Poll<()>,
    ) -> Poll<Result<(), Error>> {
        while !is_done(self, sender) {
            if self.flow == Flow::Broken {
                return Poll::Ready(Err(self.copy_error().into()));
            }
            if let Some(ended) = sender.ended() {
                return Poll::Ready(Error::explain(&ended, self.error.as_ref().map(copy)));
            }
            ready!(self.poll_proceed(cx));
            match self.poll_write(cx, sender) {
                Poll::Ready(outcome) => outcome?,
                Poll::Pending if read_ahead(cx, self, sender).is_ready() => {}
                Poll::Pending => ready!(self.poll_time(cx, sender))?,
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Whether there is room for a message, or no use in waiting for it.
    pub(super) fn has_room(&self, sender: &mut Sender) -> bool {
        !sender.is_open() || (!sender.is_full() && self.flow != Flow::Broken)
    }

    /// Whether all that is queued has been written and flushed.
    pub(super) fn is_flushed(&self, sender: &mut Sender) -> bool {
        sender.transmit().is_empty() && self.flow == Flow::Flushed
    }

    /// Whether the stream has taken so many bytes, and does not buffer the last of them.
    fn has_taken(&self, end: u64, sender: &mut Sender) -> bool {
        self.written >= end && (!sender.transmit().is_empty() || self.flow == Flow::Flushed)
    }

    /// Waits for the next deadline, and lets it act.
    ///
    /// Deadlines act when nothing else is to be done: the answer of the peer may have come while the
    /// application was busy.
    pub(super) fn poll_time(
        &mut self,
        cx: &mut Context<'_>,
        sender: &mut Sender,
    ) -> Poll<io::Result<()>> {
        loop {
            let now = self.now();
            if sender.handle_timeout(now) {
                return Poll::Ready(Ok(()));
            }
            self.work = 0;
            let Some(due) = sender.poll_timeout() else { return Poll::Pending };
            match &mut self.alarm {
                Some((at, sleep)) if *at <= due => {
                    ready!(Pin::new(sleep).poll(cx));
                    self.alarm = None;
                }
                alarm => *alarm = Some((due, I::sleep(due.since(now))?)),
            }
        }
    }

    /// Reports how the connection ended, once.
    pub(super) fn report(&mut self, ended: &Ended) -> Result<(), Error> {
        match self.set_reported() {
            true => Ok(()),
            false => Error::explain(ended, self.error.take()),
        }
    }

    /// Notes that the end has been reported. Returns whether it had been before.
    pub(super) const fn set_reported(&mut self) -> bool {
        core::mem::replace(&mut self.is_reported, true)
    }

    fn fail(&mut self, error: io::Error, sender: &mut Sender, now: Timestamp) {
        self.error.get_or_insert(error);
        self.flow = Flow::Broken;
        sender.handle_write_error(now);
    }

    /// Returns the error of the stream. The original is reported at the end.
    fn copy_error(&self) -> io::Error {
        self.error.as_ref().map_or_else(|| ErrorKind::NotConnected.into(), copy)
    }
}

fn copy(error: &io::Error) -> io::Error {
    use alloc::string::ToString;
    io::Error::new(error.kind(), error.to_string())
}

/// How many chunks are written at once.
const MOST_SLICES: usize = 16;

/// After how much work a task lets others run: so many events, reads and writes.
const MOST_WORK: usize = 128;

/// How many bytes count as much as an event.
const BYTES_PER_WORK: usize = 2 << 10;
