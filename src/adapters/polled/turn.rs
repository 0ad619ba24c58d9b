//! The loop of a connection: events, writes, reads, and the end.

use alloc::vec::Vec;
use core::task::{Context, Poll, ready};

use super::io::Io;
use super::link::{Link, Sending};
use crate::adapters::error::Error;
use crate::adapters::storage;
use crate::connection::{Event, Input, OwnedMessage, Receiver, SendError, Sender, Step};

/// All that one poll of a connection works with, whether it is split or not.
pub(super) struct Turn<'t, S, I: Io<S>> {
    pub(super) link: &'t mut Link<S, I>,
    pub(super) receiver: &'t mut Receiver,
    pub(super) sender: &'t mut Sender,
    pub(super) input: &'t mut Input<Vec<u8>>,
}

impl<S, I: Io<S>> Turn<'_, S, I> {
    /// Waits until there is an event, or until the connection has ended. Returns whether there is one.
    ///
    /// What it has done stays done if it is not called again.
    pub(super) fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Result<bool, Error>> {
        while !self.receiver.has_event(self.input, self.sender) {
            ready!(self.link.poll_proceed(cx));
            self.sender.note_time(self.link.now());
            let step = self.sender.next_step();
            if let Step::Done(ended) = &step {
                return Poll::Ready(self.link.report(ended).map(|()| false));
            }
            ready!(self.poll_step(cx, &step))?;
        }
        self.link.poll_proceed(cx).map(|()| Ok(true))
    }

    /// Waits for a whole message, or `None` at the end.
    pub(super) fn poll_receive(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<OwnedMessage, Error>>> {
        let was_streaming = self.receiver.is_streaming();
        self.receiver.set_streaming(false);
        let outcome = self.poll_message(cx);
        self.receiver.set_streaming(was_streaming);
        outcome.map(Result::transpose)
    }

    /// Waits for the end, and discards what the peer still sends.
    pub(super) fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        while ready!(self.poll_event(cx))? {
            self.receiver.next_event(self.input, self.sender);
            let _ = self.link.poll_urgent(cx, self.sender);
        }
        Poll::Ready(Ok(()))
    }

    /// Sends a message. Reads up to the next event while the stream takes nothing.
    pub(super) fn poll_send<Q: FnOnce(&mut Sender) -> Result<(), SendError>>(
        &mut self,
        cx: &mut Context<'_>,
        sending: &mut Sending<Q>,
    ) -> Poll<Result<(), Error>> {
        let Self { link, receiver, sender, input } = self;
        link.poll_send(cx, sender, sending, |cx, link, sender| {
            Turn { link, receiver, sender, input }.poll_read_ahead(cx)
        })
    }

    /// Writes until `is_done`. Reads up to the next event while the stream takes nothing.
    pub(super) fn poll_until(
        &mut self,
        cx: &mut Context<'_>,
        is_done: impl Fn(&Link<S, I>, &mut Sender) -> bool,
    ) -> Poll<Result<(), Error>> {
        let Self { link, receiver, sender, input } = self;
        link.poll_until(cx, sender, is_done, |cx, link, sender| {
            Turn { link, receiver, sender, input }.poll_read_ahead(cx)
        })
    }

    fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<OwnedMessage>, Error>> {
        while ready!(self.poll_event(cx))? {
            if self.receiver.has_part(self.input) {
                return Poll::Ready(Err(Error::PartsPending));
            }
            let event = self.receiver.next_event(self.input, self.sender);
            let _ = self.link.poll_urgent(cx, self.sender);
            match event {
                Some(Event::Text(text)) => return Poll::Ready(Ok(Some(text.into()))),
                Some(Event::Binary(bytes)) => return Poll::Ready(Ok(Some((&*bytes).into()))),
                Some(Event::Violation(error)) => {
                    self.link.set_reported();
                    return Poll::Ready(Err(error.into()));
                }
                _ => {}
            }
        }
        Poll::Ready(Ok(None))
    }

    /// Does one thing that the connection wants, or waits for the next deadline.
    fn poll_step(&mut self, cx: &mut Context<'_>, step: &Step) -> Poll<Result<(), Error>> {
        let has_moved = match step {
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
        };
        if has_moved {
            return Poll::Ready(Ok(()));
        }
        self.rest();
        self.link.poll_time(cx, self.sender).map_err(Error::Io)
    }

    /// Reads once, unless there is an event already.
    fn poll_read_ahead(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.receiver.has_event(self.input, self.sender)
            || !matches!(self.sender.next_step(), Step::Io { read: true, .. })
        {
            return Poll::Pending;
        }
        let outcome = self.poll_read(cx);
        if outcome.is_pending() {
            self.rest();
        }
        outcome
    }

    /// Reads once. All that was read before has been used up.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        storage::attach(self.input);
        let mut spare = self.receiver.spare(self.input);
        let count = ready!(self.link.poll_read(cx, spare.buffer()));
        let now = self.link.now();
        spare.filled(count, now);
        // A peer that never stops sending is not waited for, once it has nothing more to say.
        if !self.sender.is_open() {
            self.sender.handle_timeout(now);
        }
        Poll::Ready(())
    }

    /// Frees what a connection that waits does not need.
    fn rest(&mut self) {
        storage::detach(self.input);
        self.sender.free_memory();
    }
}
