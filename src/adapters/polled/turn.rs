//! The loop of a connection: events, writes, reads, and the end.
//!
//! ```text
//! poll_event: until there is an event ──┬─▶ take_step: write, read, shut down;
//!   poll_receive, poll_part,            │   else rest, and wait for a deadline
//!   poll_end                            │
//! poll_until: until enough is written ──┘
//!   poll_queue, poll_send, poll_sent, poll_push
//! act: queue, and write what the stream takes at once
//! ```

use alloc::vec::Vec;
use core::task::{Context, Poll, ready};

use super::io::Io;
use super::link::{Flow, Link};
use crate::adapters::error::Error;
use crate::adapters::part::Part;
use crate::adapters::report::copy_message;
use crate::adapters::storage;
use crate::connection::{
    Backlog, Event, Input, Message, OwnedMessage, Pushed, Ready, Receiver, SendError, Sender, Step,
};

/// A connection and its stream, borrowed for one poll.
pub(super) struct Turn<'t, S, I: Io<S>> {
    pub(super) link: &'t mut Link<S, I>,
    pub(super) sender: &'t mut Sender,
    /// The receiving half. `None` in a task that only sends.
    pub(super) incoming: Option<Receiving<'t>>,
}

pub(super) type Receiving<'t> = (&'t mut Receiver, &'t mut Input<Vec<u8>>);

/// When a message counts as sent.
#[derive(Clone, Copy, Debug)]
pub(super) enum Until {
    /// Once it is queued.
    Queued,
    /// Once the stream was offered all that it takes at once.
    Offered,
    /// Once the stream has taken it.
    Taken,
}

impl<S, I: Io<S>> Turn<'_, S, I> {
    /// Waits until there is an event, or returns `None` once the connection has ended.
    ///
    /// The event must be [taken](Receiver::take_ready) at once: beside it, the poll keeps no state, so its future can be
    /// dropped at any time.
    pub(super) fn poll_event(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<Ready>, Error>> {
        ready!(self.link.poll_work(cx));
        let mut has_ticked = false;
        loop {
            if let Some(ready) = self.look(Receiver::find_ready) {
                return Poll::Ready(Ok(Some(ready)));
            }
            ready!(self.link.poll_proceed(cx));
            if !has_ticked {
                self.sender.note_time(self.link.tick());
                has_ticked = true;
            }
            let step = self.sender.next_step();
            if let Step::Done(ended) = &step {
                self.rest(false);
                return Poll::Ready(self.link.report.end(ended).map(|()| None));
            }
            if !self.take_step(cx, &step) {
                self.rest(false);
                ready!(self.link.poll_time(cx, self.sender))?;
            }
        }
    }

    /// Waits for a whole message, or `None` at the end.
    pub(super) fn poll_receive(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<OwnedMessage>, Error>> {
        self.poll_next(cx, false, copy_message)
    }

    /// Waits for the next part of a message, or `None` at the end.
    pub(super) fn poll_part(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Part>, Error>> {
        self.poll_next(cx, true, Part::copy)
    }

    /// Waits for the end, and discards what the peer still sends.
    pub(super) fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        while let Some(ready) = ready!(self.poll_event(cx))? {
            if let Some((receiver, input)) = &mut self.incoming {
                receiver.take_ready(ready, input, self.sender);
            }
            ready!(self.link.poll_urgent(cx, self.sender));
        }
        Poll::Ready(Ok(()))
    }

    /// Queues something once there is room for it. Returns how many bytes the stream has taken when it has
    /// taken that, too.
    pub(super) fn poll_queue<Q: FnOnce(&mut Sender) -> Result<(), SendError>>(
        &mut self,
        cx: &mut Context<'_>,
        queue: &mut Option<Q>,
    ) -> Poll<Result<u64, Error>> {
        ready!(self.poll_until(cx, Self::has_room))?;
        if let Some(queue) = queue.take() {
            self.sender.unprompted(queue)?;
        }
        Poll::Ready(Ok(self.end()))
    }

    /// Sends a message once there is room for it: what the stream takes at once from where it lies, and the rest is
    /// queued. Returns how many bytes the stream has taken when it has taken that, too.
    pub(super) fn poll_send(
        &mut self,
        cx: &mut Context<'_>,
        message: &mut Option<Message<'_>>,
    ) -> Poll<Result<u64, Error>> {
        ready!(self.poll_until(cx, Self::has_room))?;
        if let Some(message) = message.take() {
            self.link.send(cx, self.sender, message)?;
        }
        Poll::Ready(Ok(self.end()))
    }

    /// Returns how many bytes the stream has taken when it has taken all that waits.
    fn end(&self) -> u64 {
        self.link.written + self.sender.queued() as u64
    }

    /// Waits until what ends after so many bytes counts as sent.
    pub(super) fn poll_sent(
        &mut self,
        cx: &mut Context<'_>,
        until: Until,
        end: u64,
    ) -> Poll<Result<(), Error>> {
        match until {
            Until::Queued => Poll::Ready(Ok(())),
            Until::Offered => Poll::Ready(self.offer(cx)),
            Until::Taken => self.poll_taken(cx, end),
        }
    }

    /// Pushes a message into the backlog once there is room for it.
    pub(super) fn poll_push(
        &mut self,
        cx: &mut Context<'_>,
        push: impl Fn(&mut Backlog) -> Pushed,
    ) -> Poll<Result<Pushed, Error>> {
        let mut pushed = Pushed::Full;
        ready!(self.poll_until(cx, |turn| {
            if turn.sender.is_open() {
                turn.sender.note_time(turn.link.tick());
                pushed = turn.link.push(turn.sender, &push);
            }
            pushed != Pushed::Full || !turn.sender.is_open()
        }))?;
        Poll::Ready(if pushed == Pushed::Full {
            Err(SendError::Closing.into())
        } else {
            Ok(pushed)
        })
    }

    /// Waits until the stream has taken so many bytes, and does not buffer the last of them.
    fn poll_taken(&mut self, cx: &mut Context<'_>, end: u64) -> Poll<Result<(), Error>> {
        ready!(self.poll_until(cx, |turn| {
            turn.link.written >= end && (turn.has_queued() || turn.link.flow == Flow::Flushed)
        }))?;
        // The connection may have ended before.
        Poll::Ready(if self.link.written < end { Err(SendError::Closing.into()) } else { Ok(()) })
    }

    /// Queues something, whether there is room for it or not, and writes as much as the stream takes at once.
    pub(super) fn act(
        &mut self,
        cx: &mut Context<'_>,
        queue: impl FnOnce(&mut Sender) -> Result<(), SendError>,
    ) -> Result<(), Error> {
        self.sender.note_time(self.link.tick());
        self.sender.unprompted(queue)?;
        self.offer(cx)
    }

    /// Writes as much as the stream takes at once.
    pub(super) fn offer(&mut self, cx: &mut Context<'_>) -> Result<(), Error> {
        self.link.check_flow()?;
        while let Poll::Ready(outcome) = self.link.poll_write(cx, self.sender) {
            outcome?;
        }
        Ok(())
    }

    /// Writes until `is_done`. The deadlines act meanwhile.
    ///
    /// While the stream takes nothing, this reads up to the next event, so that two ends which send at the same
    /// time need not wait for each other.
    pub(super) fn poll_until(
        &mut self,
        cx: &mut Context<'_>,
        mut is_done: impl FnMut(&mut Self) -> bool,
    ) -> Poll<Result<(), Error>> {
        while !is_done(self) {
            self.link.check_flow()?;
            if let Some(ended) = self.sender.ended() {
                return Poll::Ready(Error::explain(&ended, self.link.report.copy_error()));
            }
            ready!(self.link.poll_proceed(cx));
            let has_event = self.look(Receiver::has_event);
            let step = match has_event {
                true => Step::Io { read: false, write: true },
                false => self.sender.next_step(),
            };
            if !self.take_step(cx, &step) {
                self.rest(has_event);
                self.link.tick();
                ready!(self.link.poll_time(cx, self.sender))?;
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Whether there is room for a message, or no use in waiting for it.
    pub(super) fn has_room(&mut self) -> bool {
        !self.sender.is_open() || (!self.sender.is_full() && self.link.flow != Flow::Broken)
    }

    /// Whether all that was queued has been written and flushed.
    pub(super) fn is_flushed(&mut self) -> bool {
        !self.has_queued() && self.link.flow == Flow::Flushed
    }

    fn has_queued(&mut self) -> bool {
        !self.sender.transmit().is_empty()
    }

    /// Looks for an event, which may take much work if the peer sends many frames without one.
    fn look<T: Default>(
        &mut self,
        look: impl FnOnce(&mut Receiver, &mut Input<Vec<u8>>, &mut Sender) -> T,
    ) -> T {
        let Some((receiver, input)) = &mut self.incoming else { return T::default() };
        let outcome = look(receiver, input, self.sender);
        self.link.work += input.take_steps() as usize;
        outcome
    }

    /// Sets whether messages are delivered in parts. Returns whether they were before.
    fn set_streaming(&mut self, is_streaming: bool) -> bool {
        let Some((receiver, _)) = &mut self.incoming else { return false };
        let was_streaming = receiver.is_streaming();
        receiver.set_streaming(is_streaming);
        was_streaming
    }

    /// Waits for an event from which `copy` returns something, or `None` at the end.
    fn poll_next<T>(
        &mut self,
        cx: &mut Context<'_>,
        streaming: bool,
        copy: impl Fn(&Event<'_>) -> Option<T>,
    ) -> Poll<Result<Option<T>, Error>> {
        let was_streaming = self.set_streaming(streaming);
        let outcome = self.poll_copy(cx, streaming, copy);
        self.set_streaming(was_streaming);
        outcome
    }

    fn poll_copy<T>(
        &mut self,
        cx: &mut Context<'_>,
        streaming: bool,
        copy: impl Fn(&Event<'_>) -> Option<T>,
    ) -> Poll<Result<Option<T>, Error>> {
        while let Some(ready) = ready!(self.poll_event(cx))? {
            let Some((receiver, input)) = &mut self.incoming else { break };
            if !streaming && receiver.has_part(input) {
                return Poll::Ready(Err(Error::PartsPending));
            }
            let Some(event) = receiver.take_ready(ready, input, self.sender) else { continue };
            ready!(self.link.poll_urgent(cx, self.sender));
            if let Event::Violation(error) = event {
                return Poll::Ready(Err(self.link.report.violation(error)));
            }
            if let Some(copied) = copy(&event) {
                return Poll::Ready(Ok(Some(copied)));
            }
        }
        Poll::Ready(Ok(None))
    }

    /// Does one thing that the connection wants. Returns whether it was done, else nothing could be.
    fn take_step(&mut self, cx: &mut Context<'_>, step: &Step) -> bool {
        match step {
            Step::Shutdown => {
                I::poll_shutdown(&mut self.link.stream, cx).is_ready() && {
                    self.sender.handle_shutdown();
                    true
                }
            }
            // An error of the stream is reported at the end.
            Step::Io { read, .. } => {
                self.link.poll_write(cx, self.sender).is_ready()
                    || (*read && self.poll_read(cx).is_ready())
            }
            Step::Done(_) => true,
        }
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.link.flow != Flow::Flushed {
            // Who sends looks at the clock only if the stream does not take all at once.
            self.link.tick();
        }
        let Some((receiver, input)) = &mut self.incoming else { return Poll::Pending };
        ready!(self.link.poll_read(cx, receiver, input));
        // Replies may follow.
        storage::attach_output(self.sender);
        // A peer that never stops sending is not waited for, once it has nothing more to say.
        if !self.sender.is_open() {
            self.sender.handle_timeout(self.link.now);
        }
        Poll::Ready(())
    }

    /// Frees what a connection that waits does not need.
    fn rest(&mut self, has_event: bool) {
        if let Some((_, input)) = &mut self.incoming
            && !has_event
        {
            storage::detach(input);
        }
        storage::detach_output(self.sender);
    }
}
