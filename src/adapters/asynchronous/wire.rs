use alloc::vec::Vec;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use core::time::Duration;
use std::io::{self, ErrorKind};

use super::io::{Io, Leaving, Polled, Step};
use super::pool;
use crate::adapters::driver::Next;
use crate::adapters::error::Error;
use crate::adapters::socket::Wire;
use crate::input::Input;
use crate::receiver::Receiver;
use crate::sender::Sender;

impl<T: Polled> Wire<T> {
    /// Waits until there is an event, and tells whether there is one, or until the connection is over.
    ///
    /// All that it does stays done if it is not called again.
    pub(super) fn poll_event(
        &mut self,
        cx: &mut Context<'_>,
        receiver: &mut Receiver,
        sender: &mut Sender,
        input: &mut Input<Vec<u8>>,
    ) -> Poll<Result<bool, Error>> {
        while self.transport.polled().leaving.is_none() {
            match self.poll_turn(cx, receiver, sender, input) {
                Poll::Ready(Ok(Next::Event)) => return Poll::Ready(Ok(true)),
                Poll::Ready(Ok(Next::End)) => self.leave(None),
                Poll::Ready(Ok(Next::Write | Next::Flush | Next::Read)) => {}
                Poll::Ready(Err(error)) => self.leave(Some(error)),
                Poll::Pending => {
                    pool::take_back(input);
                    return Poll::Pending;
                }
            }
        }
        ready!(self.poll_leave(cx, sender))?;
        input.clear();
        pool::take_back(input);
        Poll::Ready(Ok(false))
    }

    /// Looks for an event, else writes what is due, and reads once.
    fn poll_turn(
        &mut self,
        cx: &mut Context<'_>,
        receiver: &mut Receiver,
        sender: &mut Sender,
        input: &mut Input<Vec<u8>>,
    ) -> Poll<Result<Next, Error>> {
        let next = self.driver.next(receiver, sender, input)?;
        match next {
            Next::Event | Next::End => return Poll::Ready(Ok(next)),
            Next::Write | Next::Flush if self.poll_write(cx)?.is_ready() => {
                return Poll::Ready(Ok(next));
            }
            Next::Write | Next::Flush | Next::Read => {}
        }
        // Nothing more is taken from a peer which does not take what we owe it.
        if self.is_full() || self.transport.polled().has_eof {
            return self.poll_alarm(cx).map(|()| Ok(next));
        }
        pool::lend(input);
        self.bound()?;
        let Poll::Ready(outcome) = self.transport.polled().io.poll_read(cx, input.spare()) else {
            return self.poll_alarm(cx).map(|()| Ok(next));
        };
        self.transport.polled().has_eof = !matches!(outcome, Ok(1..));
        self.driver.receive(outcome, receiver, sender, input)?;
        Poll::Ready(Ok(next))
    }

    /// Writes all that waits.
    pub(super) fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(next) = self.driver.next_write() {
            self.bound()?;
            if next == Next::Flush {
                ready!(self.transport.polled().io.poll_flush(cx))?;
                self.driver.flushed();
            } else {
                match ready!(self.transport.polled().io.poll_write(cx, self.driver.waiting()))? {
                    0 => return Poll::Ready(Err(ErrorKind::WriteZero.into())),
                    count => self.driver.wrote(count),
                }
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Waits until all is written, or, if there need only be room, until little enough waits.
    pub(super) fn poll_room(
        &mut self,
        cx: &mut Context<'_>,
        receiver: Option<&mut Receiver>,
        sender: &mut Sender,
    ) -> Poll<Result<(), Error>> {
        if !self.is_full() {
            return Poll::Ready(Ok(()));
        }
        self.poll_flush(cx, receiver, sender, Self::is_full)
    }

    /// Writes while `is_wanted`. The deadlines act meanwhile, if the receiver is at hand.
    pub(super) fn poll_flush(
        &mut self,
        cx: &mut Context<'_>,
        mut receiver: Option<&mut Receiver>,
        sender: &mut Sender,
        is_wanted: impl Fn(&Self) -> bool,
    ) -> Poll<Result<(), Error>> {
        loop {
            sender.poll_transmit(&mut self.driver.out);
            let is_written = self.poll_write(cx)?;
            if is_written.is_ready() || !is_wanted(self) {
                return Poll::Ready(Ok(()));
            }
            let Some(receiver) = &mut receiver else { return Poll::Pending };
            ready!(self.poll_alarm(cx));
            self.driver.keep_time(receiver, sender)?;
        }
    }

    /// Whether as much waits to be written as may wait.
    pub(super) fn is_full(&self) -> bool {
        self.driver.waiting().len() >= self.config.max_queued.max(1)
    }

    /// Bounds the next read or write by the deadlines, if it may block.
    fn bound(&mut self) -> io::Result<()> {
        let Self { transport, driver, .. } = self;
        let transport = transport.polled();
        match transport.leaving {
            None => transport.io.bound(|| driver.patience()),
            Some(_) => Ok(()),
        }
    }

    /// Waits until the deadlines want to act.
    pub(super) fn poll_alarm(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(due) = self.driver.deadlines.poll_timeout() else { return Poll::Pending };
        loop {
            match &mut self.transport.polled().alarm {
                // It may ring early, which does no harm, so that it is not set for each message.
                Some((at, sleep)) if *at <= due => {
                    ready!(Pin::new(sleep).poll(cx));
                    self.transport.polled().alarm = None;
                    return Poll::Ready(());
                }
                alarm => *alarm = Some((due, T::Io::sleep(due.since(self.driver.now())))),
            }
        }
    }

    /// Begins to end the transport.
    pub(in crate::adapters) fn leave(&mut self, error: Option<Error>) {
        // Whoever let a deadline pass will not take our last words either.
        let step = match error {
            Some(Error::TimedOut(_)) => Step::Done,
            _ => Step::Write,
        };
        let patience = self.config.timeouts.end.unwrap_or(MOST_PATIENCE);
        let transport = self.transport.polled();
        // One that cannot be bounded ends when it will.
        let _ = transport.io.bound(|| Some(patience));
        transport.alarm = None;
        transport.leaving = Some(Leaving { error, step, patience: T::Io::sleep(patience) });
    }

    /// Ends the transport, and gives the error for which that was begun.
    pub(in crate::adapters) fn poll_leave(
        &mut self,
        cx: &mut Context<'_>,
        sender: &mut Sender,
    ) -> Poll<Result<(), Error>> {
        sender.poll_transmit(&mut self.driver.out);
        self.poll_last_steps(cx)
    }

    /// Ends the transport, when nothing more will be said.
    pub(super) fn poll_last_steps(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        loop {
            let Some(leaving) = &mut self.transport.polled().leaving else {
                return Poll::Ready(Ok(()));
            };
            // Looked at each time, for the sake of a peer that never stops to send.
            let is_over = Pin::new(&mut leaving.patience).poll(cx).is_ready();
            if is_over || leaving.step == Step::Done {
                leaving.step = Step::Done;
                return Poll::Ready(leaving.error.take().map_or(Ok(()), Err));
            }
            let step = leaving.step;
            let next = ready!(self.poll_step(cx, step));
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
                ready!(self.transport.polled().io.poll_read(cx, &mut waste)).map(
                    |count| match count {
                        0 => Step::Done,
                        _ => Step::Drain,
                    },
                )
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
        loop {
            self.driver.keep_opening_time()?;
            if self.poll_write(cx)?.is_ready()
                && self.bound().is_ok()
                && let Poll::Ready(outcome) =
                    self.transport.polled().io.poll_read(cx, input.spare())
            {
                return Poll::Ready(
                    outcome.inspect(|&count| input.fill(count)).map_err(Error::from),
                );
            }
            ready!(self.poll_alarm(cx));
        }
    }

    /// Writes all that waits during the opening handshake.
    pub(super) fn poll_write_opening(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        loop {
            self.driver.keep_opening_time()?;
            if self.poll_write(cx)?.is_ready() {
                return Poll::Ready(Ok(()));
            }
            ready!(self.poll_alarm(cx));
        }
    }
}

/// How long to take to the end, when there is no timeout for it.
const MOST_PATIENCE: Duration = Duration::from_secs(5);
