//! An echo without I/O: bytes of one peer go in, bytes for it come out. The examples of loops share it.

use std::mem;

use sansocket::server::{Handshake, Policy, Progress, RequestError};
use sansocket::{
    Connection, Deadlines, Event, Input, Instant, Limits, SendError, TimedOut, Timeouts,
};

/// What a server does with one connection, from the request to the last byte.
///
/// At each turn of the loop, [`receive`](Self::receive) what was read, call
/// [`handle_timeout`](Self::handle_timeout), write `out`, and shut the stream if that
/// [`is_over`](Self::is_over). While any of `out` waits, read nothing: so there never is more of it than
/// the replies to one read. Drop the stream when it ends, and when a deadline has passed.
pub(crate) struct Session {
    state: State,
    /// When to call [`handle_timeout`](Self::handle_timeout), if nothing happens before.
    pub(crate) deadlines: Deadlines,
    /// What is to be written.
    pub(crate) out: Vec<u8>,
}

enum State {
    /// An opening handshake, whose bytes stay in an input of its own until it is whole.
    Opening(Handshake, Input<Vec<u8>>),
    Open(Connection),
    /// It has got another answer than it asked for.
    Refused,
}

impl Session {
    pub(crate) fn new(now: Instant) -> Self {
        let state = State::Opening(Handshake::new(), Input::new(vec![0; MAX_HEAD]));
        Self { state, deadlines: Deadlines::new(Timeouts::default(), now), out: Vec::new() }
    }

    /// Uses up all of `input`, so that every session of a thread can have the same.
    pub(crate) fn receive(
        &mut self,
        input: &mut Input<Vec<u8>>,
        now: Instant,
    ) -> Result<(), SendError> {
        self.deadlines.handle_input(now);
        match mem::replace(&mut self.state, State::Refused) {
            State::Opening(handshake, own) => self.open(handshake, own, input, now),
            state => {
                self.state = state;
                self.echo(input, now)
            }
        }
    }

    /// Lets the deadlines act, and queues what the protocol owes.
    pub(crate) fn handle_timeout(&mut self, now: Instant) -> Result<(), TimedOut> {
        match &mut self.state {
            State::Open(Connection { receiver, sender }) => {
                self.deadlines.handle_timeout(now, receiver, sender)?;
                sender.poll_transmit(&mut self.out);
            }
            State::Opening(..) if self.deadlines.handle_opening(now).is_err() => {
                RequestError::TimedOut.reject(&mut self.out);
                self.refuse(now);
            }
            State::Opening(..) => {}
            State::Refused => self.deadlines.handle_opening(now)?,
        }
        Ok(())
    }

    /// Whether nothing follows what is in `out`. Shut the stream when that is written, but read on until
    /// the peer ends it, too: an operating system resets a stream which has unread bytes, and with it our
    /// last words.
    pub(crate) fn is_over(&self) -> bool {
        match &self.state {
            State::Opening(..) => false,
            State::Open(Connection { receiver, sender }) => receiver.wants_close(sender),
            State::Refused => true,
        }
    }

    fn open(
        &mut self,
        handshake: Handshake,
        mut own: Input<Vec<u8>>,
        input: &mut Input<Vec<u8>>,
        now: Instant,
    ) -> Result<(), SendError> {
        let count = own.spare().len().min(input.unread().len());
        own.spare()[..count].copy_from_slice(input.consume(count));
        own.fill(count);
        match handshake.receive(&mut own, &Policy::default()) {
            Ok(Progress::Incomplete(handshake)) => {
                self.state = State::Opening(handshake, own);
                return Ok(());
            }
            Ok(Progress::Request(request)) => {
                self.state = State::Open(request.accept(Limits::default(), &mut self.out));
                self.deadlines.handle_open(now);
                // Frames may have come behind the request.
                self.echo(&mut own, now)?;
                return self.echo(input, now);
            }
            Ok(Progress::NotUpgrade(request)) => request.require_upgrade(&mut self.out),
            Err(error) => error.reject(&mut self.out),
        }
        self.refuse(now);
        self.echo(input, now)
    }

    /// The end of the stream may take as long as the opening handshake.
    fn refuse(&mut self, now: Instant) {
        self.state = State::Refused;
        self.deadlines = Deadlines::new(Timeouts::default(), now);
    }

    fn echo(&mut self, input: &mut Input<Vec<u8>>, now: Instant) -> Result<(), SendError> {
        let State::Open(Connection { receiver, sender }) = &mut self.state else {
            input.clear();
            return Ok(());
        };
        // After a violation, as after a close frame, the answer is in the sender.
        while let Ok(Some(event)) = receiver.next_event(input, sender) {
            match event {
                Event::Text(text) => sender.send(text, &mut self.out)?,
                Event::Binary(bytes) => sender.send(bytes, &mut self.out)?,
                Event::Pong(payload) => {
                    self.deadlines.handle_pong(payload, now);
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// The longest request, in bytes.
const MAX_HEAD: usize = 8 << 10;
