use alloc::vec::Vec;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::io::{self, ErrorKind};

use super::io::{Async, Io, Leaving, Polled, Step};
use crate::adapters::driver::{Driver, Next};
use crate::adapters::error::Error;
use crate::adapters::socket::Wire;
use crate::adapters::storage;
use crate::connection::{Input, Instant, Receiver, SendError, Sender, TimedOut};

impl<T: Polled> Wire<T> {
    /// Waits until there is an event, and tells whether there is one, or until the connection is over.
    ///
    /// All that it does stays done if it is not called again.
    pub(in crate::adapters) fn poll_event(
        &mut self,
        cx: &mut Context<'_>,
        receiver: &mut Receiver,
        sender: &mut Sender,
        input: &mut Input<Vec<u8>>,
    ) -> Poll<Result<bool, Error>> {
        while self.transport.polled().leaving.is_none() {
            match self.poll_turn(cx, receiver, sender, input) {
                Poll::Ready(Ok(true)) => return Poll::Ready(Ok(true)),
                Poll::Ready(Ok(false)) => {}
                Poll::Ready(Err(error)) => self.fail(error, receiver, sender),
                Poll::Pending => {
                    self.rest(input);
                    return Poll::Pending;
                }
            }
        }
        input.clear();
        self.rest(input);
        self.poll_leave(cx, sender).map_ok(|()| false)
    }

    /// Looks for an event, and tells whether there is one, else writes what is due, and reads once.
    fn poll_turn(
        &mut self,
        cx: &mut Context<'_>,
        receiver: &mut Receiver,
        sender: &mut Sender,
        input: &mut Input<Vec<u8>>,
    ) -> Poll<Result<bool, Error>> {
        if receiver.advance(input, sender)? {
            return Poll::Ready(Ok(true));
        }
        match self.driver.next(receiver, sender) {
            Next::End => {
                self.leave(Step::Write, None);
                return Poll::Ready(Ok(false));
            }
            Next::Write | Next::Flush => {
                if let Poll::Ready(outcome) = self.poll_write(cx) {
                    let unwritten = &mut self.transport.polled().unwritten;
                    *unwritten = unwritten.take().or(outcome.err());
                    return Poll::Ready(Ok(false));
                }
            }
            Next::Read => {}
        }
        // Elsewhere time is kept only when there is nothing to read; but this peer may send for ever.
        if self.driver.is_broken() {
            self.driver.keep_time(receiver, sender)?;
        }
        // Nothing more is taken from a peer which does not take our replies, while there may be any.
        let is_flooded = self.driver.is_flooded() && !sender.is_closing();
        if !is_flooded && !self.transport.polled().has_eof {
            storage::lend(input);
            if T::Io::BLOCKS {
                self.driver.follow(receiver, sender);
            }
            if let Poll::Ready(outcome) = self.poll_read(cx, receiver.spare(input)) {
                self.transport.polled().has_eof = !matches!(outcome, Ok(1..));
                self.driver.receive(outcome, receiver, sender, input)?;
                return Poll::Ready(Ok(false));
            }
        }
        self.poll_deadlines(cx, receiver, sender).map(|outcome| Ok(outcome.map(|()| false)?))
    }

    /// Frees what a connection that waits has no use for.
    fn rest(&mut self, input: &mut Input<Vec<u8>>) {
        storage::take_back(input);
        self.driver.release();
    }

    /// Reads once. A peer which never stops sending does not keep other tasks from running.
    fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        self.bound()?;
        let Async { io, reads, .. } = self.transport.polled();
        if *reads == MOST_READS {
            *reads = 0;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let outcome = io.poll_read(cx, buffer);
        *reads = if outcome.is_ready() { *reads + 1 } else { 0 };
        outcome
    }

    /// Writes all that waits. What cannot be written is dropped, and so is all that is queued later; but
    /// what the peer has said before can still be read.
    pub(super) fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = match self.driver.is_broken() {
            false => ready!(self.poll_write_all(cx)),
            true => Err(gone()),
        };
        if outcome.is_err() {
            self.driver.break_off();
        }
        Poll::Ready(outcome)
    }

    fn poll_write_all(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(next) = self.driver.next_write() {
            let Poll::Ready(outcome) = self.poll_write_once(cx, next) else {
                self.driver.stall(true);
                return Poll::Pending;
            };
            outcome?;
        }
        Poll::Ready(Ok(()))
    }

    fn poll_write_once(&mut self, cx: &mut Context<'_>, next: Next) -> Poll<io::Result<()>> {
        self.bound()?;
        if next == Next::Flush {
            ready!(self.transport.polled().io.poll_flush(cx))?;
            self.driver.flushed();
            return Poll::Ready(Ok(()));
        }
        match ready!(self.transport.polled().io.poll_write(cx, self.driver.waiting()))? {
            0 => Poll::Ready(Err(ErrorKind::WriteZero.into())),
            count => {
                self.driver.wrote(count);
                Poll::Ready(Ok(()))
            }
        }
    }

    /// Bounds the next read or write by the deadlines, if it may block.
    fn bound(&mut self) -> io::Result<()> {
        let Self { transport, driver } = self;
        let Async { io, leaving, .. } = transport.polled();
        io.bound(|| match leaving {
            Some(leaving) => Some(leaving.due.since(driver.now())),
            None => driver.patience(),
        })
    }

    /// Waits until there is room, has something queued, and writes what the stream takes at once.
    ///
    /// Once something has been queued this does not wait, so that a caller who is cancelled knows that
    /// it has not been.
    pub(in crate::adapters) fn poll_queue(
        &mut self,
        cx: &mut Context<'_>,
        receiver: Option<&mut Receiver>,
        sender: &mut Sender,
        queue: impl Fn(&mut Sender, &mut Driver) -> Result<(), SendError>,
    ) -> Poll<Result<(), Error>> {
        ready!(self.poll_room(cx, receiver, sender))?;
        self.poll_queue_at_once(cx, sender, queue)
    }

    /// Has something queued, and writes what the stream takes at once.
    pub(in crate::adapters) fn poll_queue_at_once(
        &mut self,
        cx: &mut Context<'_>,
        sender: &mut Sender,
        queue: impl Fn(&mut Sender, &mut Driver) -> Result<(), SendError>,
    ) -> Poll<Result<(), Error>> {
        queue(sender, &mut self.driver)?;
        self.driver.transmit(sender);
        match self.poll_write(cx) {
            Poll::Ready(outcome) => Poll::Ready(Ok(outcome?)),
            Poll::Pending => Poll::Ready(Ok(())),
        }
    }

    /// Waits until little enough waits to be written, or until there is no use in that.
    pub(in crate::adapters) fn poll_room(
        &mut self,
        cx: &mut Context<'_>,
        receiver: Option<&mut Receiver>,
        sender: &mut Sender,
    ) -> Poll<Result<(), Error>> {
        if !self.driver.is_full() || sender.is_closing() {
            return Poll::Ready(Ok(()));
        }
        self.poll_flush(cx, receiver, sender, Driver::is_full)
    }

    /// Writes while `is_wanted`. The deadlines act meanwhile, if the receiver is at hand.
    pub(in crate::adapters) fn poll_flush(
        &mut self,
        cx: &mut Context<'_>,
        mut receiver: Option<&mut Receiver>,
        sender: &mut Sender,
        is_wanted: impl Fn(&Driver) -> bool,
    ) -> Poll<Result<(), Error>> {
        loop {
            self.driver.transmit(sender);
            if self.has_left() && self.driver.next_write().is_some() {
                return Poll::Ready(Err(gone().into()));
            }
            let is_written = self.poll_write(cx)?.is_ready();
            if is_written && self.driver.owes(sender) {
                continue;
            }
            if is_written || !is_wanted(&self.driver) {
                return Poll::Ready(Ok(()));
            }
            let Some(receiver) = &mut receiver else { return Poll::Pending };
            if let Err(timed_out) = ready!(self.poll_deadlines(cx, receiver, sender)) {
                self.leave(Step::Done, None);
                return Poll::Ready(Err(timed_out.into()));
            }
        }
    }

    /// Lets the deadlines act, and waits until they have something to be written, or want to act again.
    ///
    /// They act when nothing else is to be done, so that a peer is not taken for silent whose answer
    /// has come while we were away.
    fn poll_deadlines(
        &mut self,
        cx: &mut Context<'_>,
        receiver: &mut Receiver,
        sender: &mut Sender,
    ) -> Poll<Result<(), TimedOut>> {
        self.driver.keep_time(receiver, sender)?;
        match self.driver.deadlines.poll_timeout() {
            _ if self.driver.owes(sender) => Poll::Ready(Ok(())),
            Some(due) => self.poll_alarm(cx, due).map(Ok),
            None => Poll::Pending,
        }
    }

    /// Waits until then, or until earlier, which does no harm, so that a new alarm is not set each time
    /// that deadlines move.
    fn poll_alarm(&mut self, cx: &mut Context<'_>, due: Instant) -> Poll<()> {
        loop {
            match &mut self.transport.polled().alarm {
                Some((at, sleep)) if *at <= due => {
                    ready!(Pin::new(sleep).poll(cx));
                    self.transport.polled().alarm = None;
                    return Poll::Ready(());
                }
                alarm => *alarm = Some((due, T::Io::sleep(due.since(self.driver.now())))),
            }
        }
    }

    /// Notes that nothing more comes, and begins to end the transport. That it could not be written to is
    /// told rather than how it ended then.
    pub(in crate::adapters) fn fail(
        &mut self,
        error: Error,
        receiver: &mut Receiver,
        sender: &mut Sender,
    ) {
        receiver.receive_eof(sender);
        let error = match (error, self.transport.polled().unwritten.take()) {
            (Error::Io(_) | Error::TimedOut(_), Some(unwritten)) => unwritten.into(),
            (Error::TimedOut(_), None) if self.driver.is_broken() => gone().into(),
            (error, _) => error,
        };
        // Whoever let a deadline pass will not take our last words either.
        let step = if matches!(error, Error::TimedOut(_)) { Step::Done } else { Step::Write };
        self.leave(step, Some(error));
    }

    /// Begins to end the transport.
    pub(in crate::adapters) fn leave(&mut self, step: Step, error: Option<Error>) {
        let due = self.driver.now() + self.driver.end_patience();
        self.transport.polled().leaving = Some(Leaving { error, step, due });
    }

    fn has_left(&mut self) -> bool {
        matches!(self.transport.polled().leaving, Some(Leaving { step: Step::Done, .. }))
    }

    /// Ends the transport, and gives the error for which that was begun.
    pub(in crate::adapters) fn poll_leave(
        &mut self,
        cx: &mut Context<'_>,
        sender: &mut Sender,
    ) -> Poll<Result<(), Error>> {
        self.driver.transmit_all(sender);
        self.poll_last_steps(cx)
    }

    /// Ends the transport, when nothing more will be said.
    pub(in crate::adapters) fn poll_last_steps(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Error>> {
        loop {
            let now = self.driver.now();
            let Async { leaving, alarm, .. } = self.transport.polled();
            let Some(leaving) = leaving else { return Poll::Ready(Ok(())) };
            // It is up even if the peer never stops sending.
            if leaving.step == Step::Done || leaving.due <= now {
                leaving.step = Step::Done;
                *alarm = None;
                return Poll::Ready(leaving.error.take().map_or(Ok(()), Err));
            }
            let (step, due) = (leaving.step, leaving.due);
            let Poll::Ready(next) = self.poll_step(cx, step) else {
                ready!(self.poll_alarm(cx, due));
                continue;
            };
            if let Some(leaving) = &mut self.transport.polled().leaving {
                leaving.step = next;
            }
        }
    }

    /// Takes one step to the end, and tells the next.
    fn poll_step(&mut self, cx: &mut Context<'_>, step: Step) -> Poll<Step> {
        let outcome = match step {
            Step::Write => ready!(self.poll_write(cx)).map(|()| Step::Shutdown),
            Step::Shutdown => ready!(self.transport.polled().io.poll_shutdown(cx))
                .map(|()| if self.transport.polled().has_eof { Step::Done } else { Step::Drain }),
            Step::Drain => {
                let mut waste = [0; 4 << 10];
                ready!(self.poll_read(cx, &mut waste)).map(|count| match count {
                    0 => Step::Done,
                    _ => Step::Drain,
                })
            }
            Step::Done => Ok(Step::Done),
        };
        Poll::Ready(outcome.unwrap_or(Step::Done))
    }

    /// Writes all that waits during the opening handshake, then reads once.
    pub(super) fn poll_read_opening(
        &mut self,
        cx: &mut Context<'_>,
        input: &mut Input<Vec<u8>>,
    ) -> Poll<Result<usize, Error>> {
        ready!(self.poll_write_opening(cx))?;
        loop {
            self.driver.keep_opening_time()?;
            if let Poll::Ready(outcome) = self.poll_read(cx, input.spare()) {
                let count = outcome?;
                input.fill(count);
                return Poll::Ready(Ok(count));
            }
            ready!(self.poll_opening_alarm(cx));
        }
    }

    /// Writes all that waits during the opening handshake.
    pub(super) fn poll_write_opening(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        loop {
            self.driver.keep_opening_time()?;
            if self.poll_write(cx)?.is_ready() {
                return Poll::Ready(Ok(()));
            }
            ready!(self.poll_opening_alarm(cx));
        }
    }

    fn poll_opening_alarm(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match self.driver.deadlines.poll_timeout() {
            Some(due) => self.poll_alarm(cx, due),
            None => Poll::Pending,
        }
    }
}

/// What is told of a stream that could not be written to before.
fn gone() -> io::Error {
    ErrorKind::NotConnected.into()
}

/// How many reads follow one another before other tasks have their turn. A stream of a runtime may have
/// a say in that, too, but not every one has.
const MOST_READS: u8 = 32;
