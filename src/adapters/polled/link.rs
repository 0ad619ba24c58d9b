//! The stream of a connection: how to read, write and wait.
//!
//! ```text
//! poll_read ─▶ Receiver        Sender ─▶ poll_write ─▶ poll_flush      Flow: how far the stream takes bytes
//! poll_time ─▶ Sender          poll_proceed: lets other tasks run
//! ```

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::io::{self, ErrorKind};
use std::time::Instant;

use super::io::Io;
use crate::adapters::report::Report;
use crate::adapters::storage;
use crate::connection::{
    Backlog, Input, Message, Overflow, Pushed, Receiver, SendError, Sender, Timestamp, lend_slices,
};
use crate::wire::CloseCode;

/// A stream with its clock, its timer and its state.
#[derive(Debug)]
pub(super) struct Link<S, I: Io<S>> {
    pub(super) stream: S,
    /// A point in time by both clocks: that of the runtime, and that of the connection.
    origin: (Instant, Timestamp),
    /// The time when it was last looked at.
    pub(super) now: Timestamp,
    /// When to look at the deadlines, or earlier. It is not set anew each time that they move.
    alarm: Option<(Timestamp, I::Sleep)>,
    pub(super) report: Report,
    /// How many bytes the stream has taken.
    pub(super) written: u64,
    /// How much has been done since the task last waited.
    pub(super) work: usize,
    pub(super) flow: Flow,
    /// Messages that wait until the sender is not full. Allocated when it is first used.
    backlog: Option<Box<Backlog>>,
    /// Whether tasks may wait for room in the backlog.
    is_backlog_awaited: bool,
}

/// The state of the outgoing direction of a stream.
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

impl<S, I: Io<S>> Link<S, I> {
    pub(super) fn new(stream: S, now: Timestamp) -> Self {
        Self {
            stream,
            origin: (I::now(), now),
            now,
            alarm: None,
            report: Report::new(),
            written: 0,
            work: 0,
            flow: Flow::Flushed,
            backlog: None,
            is_backlog_awaited: false,
        }
    }

    /// Changes the backlog as the application likes. Its limits may be others then, so tasks that wait for room look
    /// again.
    pub(super) fn with_backlog<R>(
        &mut self,
        sender: &mut Sender,
        change: impl FnOnce(&mut Backlog) -> R,
    ) -> R {
        self.is_backlog_awaited = false;
        self.change_backlog(sender, change)
    }

    /// Changes the backlog, and lets it go on.
    pub(super) fn change_backlog<R>(
        &mut self,
        sender: &mut Sender,
        change: impl FnOnce(&mut Backlog) -> R,
    ) -> R {
        let overflow = Overflow::Disconnect(CloseCode::TRY_AGAIN_LATER);
        let backlog = self.backlog.get_or_insert_with(|| Box::new(Backlog::new(overflow)));
        let result = change(backlog);
        self.refill(sender);
        result
    }

    /// Pushes a message into the backlog, or notes that it is awaited until that has room.
    pub(super) fn push(
        &mut self,
        sender: &mut Sender,
        push: impl FnOnce(&mut Backlog) -> Pushed,
    ) -> Pushed {
        let pushed = self.change_backlog(sender, push);
        // Other tasks that wait are woken by the change, and note it again.
        self.is_backlog_awaited = pushed == Pushed::Full;
        pushed
    }

    /// Has the sender take all that waits in the backlog, whether it has room or not. Returns whether nothing is left.
    pub(super) fn empty_backlog(&mut self, sender: &mut Sender) -> bool {
        let Some(backlog) = &mut self.backlog else { return true };
        for (_, message) in backlog.messages() {
            match sender.unprompted(|sender| sender.send(message)) {
                // Nothing of the rest can be sent.
                Ok(()) | Err(SendError::Closing) => {}
                Err(_) => return false,
            }
        }
        self.backlog = None;
        true
    }

    /// Has the sender take what it has room for. What it does not take waits, or was dropped since the connection
    /// is closing, which the backlog counts.
    fn refill(&mut self, sender: &mut Sender) {
        if let Some(backlog) = &mut self.backlog {
            let _ = sender.unprompted(|sender| backlog.send_to(sender));
        }
    }

    /// Looks at the clock. This may take longer than all else, so it is done once for each poll.
    pub(super) fn tick(&mut self) -> Timestamp {
        self.now = self.origin.1 + I::now().saturating_duration_since(self.origin.0);
        self.now
    }

    /// Returns what other tasks may wait for.
    pub(super) fn sight(&self, sender: &Sender) -> impl PartialEq + use<S, I> {
        // While the stream takes nothing, tasks wait until it has taken their bytes.
        let written = (self.flow == Flow::Stalled).then_some(self.written);
        let (has_queued, is_over) = (sender.queued() > 0, sender.ended().is_some());
        let backlog = self.backlog.as_ref().filter(|_| self.is_backlog_awaited);
        let waiting = backlog.map(|backlog| (backlog.len(), backlog.bytes()));
        (self.flow, written, has_queued, sender.is_full(), sender.is_open(), is_over, waiting)
    }

    /// Lets other tasks run from time to time, whatever the peer sends.
    pub(super) fn poll_proceed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        ready!(I::poll_proceed(cx));
        self.poll_work(cx)
    }

    /// Lets other tasks run after much work. The runtime is not asked: that is done for each read.
    #[inline]
    pub(super) fn poll_work(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.work >= MOST_WORK {
            self.work = 0;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.work += 1;
        Poll::Ready(())
    }

    /// Reads once. The receiver has used up all that was read before.
    ///
    /// An error is kept, and is the end of the stream.
    pub(super) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        receiver: &mut Receiver,
        input: &mut Input<Vec<u8>>,
    ) -> Poll<()> {
        storage::attach(input);
        let mut spare = receiver.spare(input);
        let outcome = ready!(I::poll_read(&mut self.stream, cx, spare.buffer()));
        self.work += outcome.as_ref().map_or(0, |count| count / BYTES_PER_WORK);
        match outcome {
            Ok(count) => spare.filled(count, self.now),
            Err(error) => self.end_reading(error, receiver),
        }
        Poll::Ready(())
    }

    /// Notes that a read failed.
    fn end_reading(&mut self, error: io::Error, receiver: &mut Receiver) {
        if error.kind() == ErrorKind::ConnectionReset {
            receiver.handle_reset();
        } else {
            receiver.handle_eof();
        }
        self.report.keep(error);
    }

    /// Sends a message, from where it lies as far as the stream takes it at once. The rest is queued.
    pub(super) fn send(
        &mut self,
        cx: &mut Context<'_>,
        sender: &mut Sender,
        message: Message<'_>,
    ) -> Result<(), SendError> {
        // Without vectored writes, the header would be written by itself: with TLS, as a record of its own.
        if self.flow == Flow::Broken || !I::is_vectored(&self.stream) {
            return sender.unprompted(|sender| sender.send(message));
        }
        sender.note_time(self.tick());
        let (stream, mut taken, mut outcome) = (&mut self.stream, 0, None);
        let mut write = |slices: &[&[u8]; 3]| {
            if taken >= MOST_WORK * BYTES_PER_WORK {
                return 0;
            }
            let filled = slices.iter().copied().filter(|slice| !slice.is_empty());
            let written = lend_slices::<3, _>(filled, |slices| I::poll_write(stream, cx, slices));
            let count = if let Poll::Ready(Ok(count)) = written { count } else { 0 };
            taken += count;
            outcome = Some(written);
            count
        };
        sender.unprompted(|sender| sender.send_with(message, &mut write))?;
        self.note_lent(taken, outcome, sender);
        Ok(())
    }

    /// Notes what became of a message that was lent, if it was, by the outcome of the last write.
    fn note_lent(
        &mut self,
        taken: usize,
        outcome: Option<Poll<io::Result<usize>>>,
        sender: &mut Sender,
    ) {
        self.written += taken as u64;
        self.work += taken / BYTES_PER_WORK;
        match outcome {
            None => {}
            Some(Poll::Ready(Ok(1..))) => self.flow = Flow::Unflushed,
            // An error is kept for the next call.
            Some(outcome) => drop(self.note_refusal(outcome, sender)),
        }
    }

    /// Writes once, and flushes after the last byte. Waits if there is nothing to write, or the stream takes
    /// nothing.
    pub(super) fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        sender: &mut Sender,
    ) -> Poll<io::Result<()>> {
        self.refill(sender);
        let (outcome, len) = match (sender.transmit().is_empty(), self.flow) {
            (_, Flow::Broken) | (true, Flow::Flushed) => return Poll::Pending,
            (true, _) => return self.poll_flush(cx, sender),
            (false, _) => sender.lend_slices(|slices| {
                let len = slices.iter().map(|slice| slice.len()).sum();
                (I::poll_write(&mut self.stream, cx, slices), len)
            }),
        };
        let Poll::Ready(Ok(written @ 1..)) = outcome else {
            return self.note_refusal(outcome, sender);
        };
        self.note_written(written, len, sender);
        if sender.transmit().is_empty() {
            let _ = self.poll_flush(cx, sender);
        }
        Poll::Ready(self.check_flow())
    }

    /// Notes that so many bytes of `len` have been written.
    fn note_written(&mut self, written: usize, len: usize, sender: &mut Sender) {
        // The time matters if the stream did not take all at once.
        if self.flow != Flow::Flushed || written < len {
            self.tick();
        }
        self.flow = Flow::Unflushed;
        self.written += written as u64;
        self.work += written / BYTES_PER_WORK;
        sender.transmitted(written, self.now);
        self.refill(sender);
    }

    /// Notes that a write took nothing, either for now or because the stream has failed. Returns its error then.
    fn note_refusal(
        &mut self,
        outcome: Poll<io::Result<usize>>,
        sender: &mut Sender,
    ) -> Poll<io::Result<()>> {
        let error = match outcome {
            Poll::Pending => {
                self.flow = Flow::Stalled;
                return Poll::Pending;
            }
            Poll::Ready(Ok(_)) => ErrorKind::WriteZero.into(),
            Poll::Ready(Err(error)) => error,
        };
        Poll::Ready(self.fail(error, sender))
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>, sender: &mut Sender) -> Poll<io::Result<()>> {
        Poll::Ready(match ready!(I::poll_flush(&mut self.stream, cx)) {
            Ok(()) => {
                self.flow = Flow::Flushed;
                Ok(())
            }
            Err(error) => self.fail(error, sender),
        })
    }

    /// Writes at once what should not wait for the application, as far as the stream takes it.
    ///
    /// It never waits: it is a poll for the context.
    pub(super) fn poll_urgent(&mut self, cx: &mut Context<'_>, sender: &mut Sender) -> Poll<()> {
        if sender.is_urgent() {
            while matches!(self.poll_write(cx, sender), Poll::Ready(Ok(()))) {}
        }
        Poll::Ready(())
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
            if sender.handle_timeout(self.now) {
                return Poll::Ready(Ok(()));
            }
            self.work = 0;
            let Some(due) = sender.poll_timeout() else { return Poll::Pending };
            match &mut self.alarm {
                Some((at, sleep)) if *at <= due => {
                    ready!(Pin::new(sleep).poll(cx));
                    self.alarm = None;
                    self.tick();
                }
                alarm => *alarm = Some((due, I::sleep(due.since(self.now))?)),
            }
        }
    }

    /// Notes that a write failed. Returns the error of the stream.
    fn fail(&mut self, error: io::Error, sender: &mut Sender) -> io::Result<()> {
        self.report.keep(error);
        self.flow = Flow::Broken;
        sender.handle_write_error(self.tick());
        self.check_flow()
    }

    /// Returns the error of the stream if a write has failed.
    pub(super) fn check_flow(&self) -> io::Result<()> {
        match self.flow {
            Flow::Flushed | Flow::Unflushed | Flow::Stalled => Ok(()),
            Flow::Broken => Err(self.report.copy_error().unwrap_or(ErrorKind::NotConnected.into())),
        }
    }
}

/// After how much work a task lets others run: so many events, frames, reads and writes.
const MOST_WORK: usize = 128;

/// How many bytes count as much as an event.
const BYTES_PER_WORK: usize = 2 << 10;
