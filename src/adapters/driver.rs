use alloc::vec::Vec;
use core::time::Duration;
use std::io::{self, ErrorKind};
use std::time::Instant as Clock;

use super::config::Config;
use super::error::Error;
use crate::connection::{Deadlines, Event, Input, Instant, Receiver, SendError, Sender, TimedOut};

/// What an adapter does beside moving bytes: keeps those that wait to be written, and the time.
#[derive(Debug)]
pub(crate) struct Driver {
    pub(crate) out: Vec<u8>,
    /// How many bytes of `out` have been written.
    written: usize,
    /// How many bytes, at the most, of what waits up to [`replied_to`](Self::replied_to) are what the
    /// application put into an outbox.
    replies: usize,
    /// Where in `out` the newest of these end.
    replied_to: usize,
    max_queued: usize,
    /// Whether the stream may hold back what was written.
    is_unflushed: bool,
    /// Whether the stream takes nothing at present.
    is_stalled: bool,
    /// Whether it will never take anything again.
    is_broken: bool,
    pub(crate) deadlines: Deadlines,
    clock: fn() -> Clock,
    origin: Clock,
}

/// What to do when there is no event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
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
    pub(crate) fn new(config: &Config, clock: fn() -> Clock) -> Self {
        Self {
            out: Vec::new(),
            written: 0,
            replies: 0,
            replied_to: 0,
            max_queued: config.max_queued.max(1),
            is_unflushed: false,
            is_stalled: false,
            is_broken: false,
            deadlines: Deadlines::new(config.timeouts, Instant::default()),
            clock,
            origin: clock(),
        }
    }

    /// Tells that the opening handshake is done.
    pub(crate) fn open(&mut self) {
        self.deadlines.handle_open(self.now());
    }

    pub(crate) fn now(&self) -> Instant {
        Instant::new((self.clock)().saturating_duration_since(self.origin))
    }

    /// Lets the deadline of the opening handshake act.
    pub(crate) fn keep_opening_time(&self) -> Result<(), TimedOut> {
        self.deadlines.handle_opening(self.now())
    }

    /// What to do when there is no event: write what is due, or wait for the peer.
    pub(crate) fn next(&mut self, receiver: &Receiver, sender: &mut Sender) -> Next {
        self.transmit(sender);
        let after_writing = if receiver.wants_close(sender) { Next::End } else { Next::Read };
        self.next_write().unwrap_or(after_writing)
    }

    /// Queues what the protocol owes, if there is room. Elsewhere it takes but little memory, however
    /// much comes from a peer that does not read.
    pub(crate) fn transmit(&mut self, sender: &mut Sender) {
        if !self.is_full() {
            self.transmit_all(sender);
        }
    }

    /// Queues what the protocol owes, unless it cannot be written.
    pub(crate) fn transmit_all(&mut self, sender: &mut Sender) {
        match self.is_broken {
            false => _ = sender.poll_transmit(&mut self.out),
            true => sender.drop_pending(),
        }
    }

    /// Whether the protocol owes something for which there is room.
    pub(crate) fn owes(&self, sender: &Sender) -> bool {
        sender.has_pending() && !self.is_full()
    }

    /// Queues what the application replies, which nothing keeps from doing so.
    pub(crate) fn reply<R>(&mut self, queue: impl FnOnce(&mut Vec<u8>) -> R) -> R {
        let before = self.out.len();
        let result = queue(&mut self.out);
        if self.out.len() > before {
            self.replies = self.waiting_replies() + self.out.len() - before;
            self.replied_to = self.out.len();
        }
        result
    }

    /// What to do next so that all is written, if anything.
    pub(crate) fn next_write(&self) -> Option<Next> {
        match self.waiting() {
            [] if self.is_unflushed => Some(Next::Flush),
            [] => None,
            _ => Some(Next::Write),
        }
    }

    /// Has the deadlines see what has become of the connection, without acting on it.
    pub(crate) fn follow(&mut self, receiver: &Receiver, sender: &Sender) {
        self.deadlines.follow(self.now(), receiver, sender);
    }

    /// Lets the deadlines act.
    pub(crate) fn keep_time(
        &mut self,
        receiver: &mut Receiver,
        sender: &mut Sender,
    ) -> Result<(), TimedOut> {
        let outcome = self.deadlines.handle_timeout(self.now(), receiver, sender);
        outcome.inspect_err(|timed_out| match self.is_broken {
            false => receiver.give_up(*timed_out, sender),
            true => receiver.receive_eof(sender),
        })
    }

    /// How long until the deadlines want to act again.
    pub(crate) fn patience(&self) -> Option<Duration> {
        self.deadlines.poll_timeout().map(|due| due.since(self.now()))
    }

    /// How long the end of the transport may take.
    pub(crate) fn end_patience(&self) -> Duration {
        self.deadlines.end_patience().unwrap_or(MOST_PATIENCE)
    }

    /// What waits to be written.
    pub(crate) fn waiting(&self) -> &[u8] {
        &self.out[self.written..]
    }

    /// Whether as much waits to be written as may wait.
    pub(crate) fn is_full(&self) -> bool {
        self.waiting().len() >= self.max_queued
    }

    /// Whether as many replies wait as may wait. What the application sends otherwise does not count: two
    /// ends that send much at once would both stop reading, and wait for each other.
    pub(crate) fn is_flooded(&self) -> bool {
        self.waiting_replies() >= self.max_queued
    }

    /// How many bytes of replies wait. It is told more, if other things wait between them.
    fn waiting_replies(&self) -> usize {
        self.replies.min(self.replied_to.saturating_sub(self.written))
    }

    /// Whether the stream takes nothing at present.
    pub(crate) const fn is_stalled(&self) -> bool {
        self.is_stalled
    }

    /// Tells how much of what was waiting has been written.
    pub(crate) fn wrote(&mut self, count: usize) {
        self.written += count;
        self.is_unflushed = true;
        self.stall(false);
        self.reclaim();
    }

    /// Tells that the stream holds back nothing.
    pub(crate) fn flushed(&mut self) {
        self.is_unflushed = false;
        self.stall(false);
    }

    /// Whether the stream will never take anything again.
    pub(crate) const fn is_broken(&self) -> bool {
        self.is_broken
    }

    /// Notes that the stream will never take anything again, and drops what waits. What is still to be
    /// read has as much time as the end of the transport.
    pub(crate) fn break_off(&mut self) {
        (self.is_broken, self.is_unflushed) = (true, false);
        self.written = self.out.len();
        self.release();
        self.deadlines.handle_write_error(self.now());
    }

    /// Notes whether the stream takes what is written to it.
    ///
    /// We may not be reading meanwhile, so that the peer could be taken for silent. But when the stream
    /// takes something again, the peer has read; and from the moment it does not, the peer has its time.
    pub(crate) fn stall(&mut self, is_stalled: bool) {
        if self.is_stalled != is_stalled {
            self.is_stalled = is_stalled;
            self.deadlines.handle_input(self.now());
        }
    }

    /// Frees the memory of what has been written: all that is beyond [`KEPT`], when nothing waits; else
    /// what came before it, once that is more than what waits, so that each byte is moved once.
    fn reclaim(&mut self) {
        let left = self.waiting().len();
        if left == 0 && self.out.capacity() > KEPT {
            self.release();
        } else if left <= self.written && !self.is_full() {
            self.out.drain(..self.written);
            self.replied_to = self.replied_to.saturating_sub(self.written);
            self.written = 0;
        }
    }

    /// Frees the memory of what has been written, if nothing waits.
    pub(crate) fn release(&mut self) {
        if self.waiting().is_empty() {
            (self.out, self.written, self.replied_to) = (Vec::new(), 0, 0);
        }
    }

    /// Queues a ping whose answer tells the round-trip time.
    pub(crate) fn ping(&mut self, sender: &mut Sender) -> Result<(), SendError> {
        let now = self.now();
        self.deadlines.ping(now, sender)
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
                receiver.fill(input, count);
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

/// Memory of more bytes than this is freed as soon as all of it has been written.
const KEPT: usize = 64 << 10;

/// How long to take to the end, when there is no timeout for it.
const MOST_PATIENCE: Duration = Duration::from_secs(5);
