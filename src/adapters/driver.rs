use alloc::vec::Vec;
use core::time::Duration;
use std::io::{self, ErrorKind};
use std::time::Instant as Clock;

use super::config::Config;
use super::error::Error;
use crate::close::TimedOut;
use crate::input::Input;
use crate::receiver::{Event, Receiver};
use crate::sender::Sender;
use crate::time::{Deadlines, Instant};

/// What an adapter does beside moving bytes: keeps those that wait to be written, and the time.
#[derive(Debug)]
pub(crate) struct Driver {
    pub(crate) out: Vec<u8>,
    /// How many bytes of `out` have been written.
    written: usize,
    /// Whether the stream may hold back what was written.
    is_unflushed: bool,
    pub(crate) deadlines: Deadlines,
    origin: Clock,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Give out the event that is ready.
    Event,
    /// Write what is [waiting](Driver::waiting).
    Write,
    /// Flush the stream.
    Flush,
    /// Wait for the peer.
    Read,
    /// End the transport.
    End,
}

impl Driver {
    pub(crate) fn new(config: &Config) -> Self {
        let deadlines = Deadlines::new(config.timeouts, Instant::default());
        let origin = Clock::now();
        Self { out: Vec::new(), written: 0, is_unflushed: false, deadlines, origin }
    }

    /// Tells that the opening handshake is done.
    pub(crate) fn open(&mut self) {
        self.deadlines.handle_open(self.now());
    }

    pub(crate) fn now(&self) -> Instant {
        Instant::new(self.origin.elapsed())
    }

    /// Lets the deadline of the opening handshake act.
    pub(crate) fn keep_opening_time(&self) -> Result<(), TimedOut> {
        self.deadlines.handle_opening(self.now())
    }

    /// What to do next: look for an event, write what is due, or wait for the peer.
    pub(crate) fn next(
        &mut self,
        receiver: &mut Receiver,
        sender: &mut Sender,
        input: &mut Input<Vec<u8>>,
    ) -> Result<Next, Error> {
        if receiver.advance(input, sender)? {
            return Ok(Next::Event);
        }
        self.keep_time(receiver, sender)?;
        sender.poll_transmit(&mut self.out);
        let after_writing = if receiver.wants_close(sender) { Next::End } else { Next::Read };
        Ok(self.next_write().unwrap_or(after_writing))
    }

    /// What to do next so that all is written, if anything.
    pub(crate) fn next_write(&self) -> Option<Next> {
        match self.waiting() {
            [] if self.is_unflushed => Some(Next::Flush),
            [] => None,
            _ => Some(Next::Write),
        }
    }

    /// Lets the deadlines act.
    pub(crate) fn keep_time(
        &mut self,
        receiver: &mut Receiver,
        sender: &mut Sender,
    ) -> Result<(), TimedOut> {
        let outcome = self.deadlines.handle_timeout(self.now(), receiver, sender);
        outcome.inspect_err(|timed_out| receiver.give_up(*timed_out, sender))
    }

    /// How long until the deadlines want to act again.
    pub(crate) fn patience(&self) -> Option<Duration> {
        self.deadlines.poll_timeout().map(|due| due.since(self.now()))
    }

    /// What waits to be written.
    pub(crate) fn waiting(&self) -> &[u8] {
        &self.out[self.written..]
    }

    /// Tells how much of what was waiting has been written.
    pub(crate) fn wrote(&mut self, count: usize) {
        self.written += count;
        self.is_unflushed = true;
        if self.written == self.out.len() {
            self.out.clear();
            self.written = 0;
        }
    }

    /// Tells that the stream holds back nothing.
    pub(crate) const fn flushed(&mut self) {
        self.is_unflushed = false;
    }

    /// Looks at an event that is given out: pongs tell the time.
    pub(crate) fn watch(&mut self, event: Option<&Event<'_>>) {
        if let Some(Event::Pong(payload)) = event {
            self.deadlines.handle_pong(payload, self.now());
        }
    }

    /// Takes the outcome of a read.
    pub(crate) fn receive(
        &mut self,
        outcome: io::Result<usize>,
        receiver: &mut Receiver,
        sender: &mut Sender,
        input: &mut Input<Vec<u8>>,
    ) -> Result<(), Error> {
        let error = match outcome {
            Ok(0) => ErrorKind::UnexpectedEof.into(),
            Ok(count) => {
                input.fill(count);
                self.deadlines.handle_input(self.now());
                return Ok(());
            }
            Err(error) => error,
        };
        // After a close frame, the transport may end in whatever way.
        let is_expected = receiver.is_closed();
        receiver.receive_eof(sender);
        if is_expected { Ok(()) } else { Err(error.into()) }
    }
}
