use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::time::Instant as Clock;

use super::config::Config;
use super::linger::{LEAST, linger};
use crate::adapters::error::Error;
use crate::error::HandshakeError;
use crate::frame::Frame;
use crate::input::Input;
use crate::receiver::Receiver;
use crate::sender::Sender;
use crate::time::{Deadlines, Instant};

/// A stream, what waits to be written to it, and the clock.
#[derive(Debug)]
pub(super) struct Wire<S> {
    pub(super) stream: S,
    pub(super) config: Config<S>,
    pub(super) out: Vec<u8>,
    /// How many bytes of `out` have been written.
    written: usize,
    pub(super) deadlines: Deadlines,
    origin: Clock,
    /// The timeout that the stream was given.
    timeout: Option<Duration>,
    is_finished: bool,
}

impl<S: Read + Write> Wire<S> {
    pub(super) fn new(stream: S, config: Config<S>) -> Self {
        let deadlines = Deadlines::new(config.timeouts, Instant::default());
        let origin = Clock::now();
        Self {
            stream,
            config,
            out: Vec::new(),
            written: 0,
            deadlines,
            origin,
            timeout: None,
            is_finished: false,
        }
    }

    pub(super) fn now(&self) -> Instant {
        Instant::new(self.origin.elapsed())
    }

    /// Looks for an event and tells whether there is one. If not, writes what is due, and reads once.
    pub(super) fn turn(
        &mut self,
        receiver: &mut Receiver,
        sender: &mut Sender,
        input: &mut Input<Vec<u8>>,
    ) -> Result<bool, Error> {
        if receiver.advance(input, sender)? {
            return Ok(true);
        }
        self.flush(receiver, sender)?;
        if receiver.wants_close(sender) {
            return Ok(false);
        }
        self.keep_time(receiver, sender)?;
        match self.stream.read(input.spare()) {
            Ok(0) => end(ErrorKind::UnexpectedEof.into(), receiver, sender),
            Ok(count) => {
                input.fill(count);
                self.deadlines.handle_input(self.now());
                Ok(false)
            }
            Err(error) if is_passing(&error) => Ok(false),
            Err(error) => end(error, receiver, sender),
        }
    }

    /// Writes what is queued and what the protocol owes.
    pub(super) fn flush(
        &mut self,
        receiver: &mut Receiver,
        sender: &mut Sender,
    ) -> Result<(), Error> {
        sender.poll_transmit(&mut self.out);
        while self.written < self.out.len() {
            self.keep_time(receiver, sender)?;
            self.written += write(&mut self.stream, &[IoSlice::new(&self.out[self.written..])])?;
        }
        Ok(self.written_all()?)
    }

    /// Writes a frame that is not queued. Nothing else may be half written.
    pub(super) fn write_frame(
        &mut self,
        frame: &Frame<'_>,
        receiver: &mut Receiver,
        sender: &mut Sender,
    ) -> Result<(), Error> {
        let [mut head, mut payload] = frame.slices();
        while !(head.is_empty() && payload.is_empty()) {
            self.keep_time(receiver, sender)?;
            let count = write(&mut self.stream, &[IoSlice::new(head), IoSlice::new(payload)])?;
            let of_head = count.min(head.len());
            (head, payload) = (&head[of_head..], &payload[count - of_head..]);
        }
        Ok(self.stream.flush()?)
    }

    fn written_all(&mut self) -> io::Result<()> {
        if self.written > 0 {
            self.out.clear();
            self.written = 0;
            self.stream.flush()?;
        }
        Ok(())
    }

    pub(super) fn read_opening(&mut self, input: &mut Input<Vec<u8>>) -> Result<usize, Error> {
        loop {
            self.deadlines.handle_opening(self.now())?;
            self.bound()?;
            match self.stream.read(input.spare()) {
                Ok(count) => {
                    input.fill(count);
                    return Ok(count);
                }
                Err(error) if is_passing(&error) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    pub(super) fn write_opening(&mut self) -> Result<(), Error> {
        while self.written < self.out.len() {
            self.deadlines.handle_opening(self.now())?;
            self.bound()?;
            self.written += write(&mut self.stream, &[IoSlice::new(&self.out[self.written..])])?;
        }
        Ok(self.written_all()?)
    }

    /// Writes an answer that ends the stream.
    pub(super) fn answer(&mut self) -> Result<(), Error> {
        self.write_opening()?;
        self.end();
        Ok(())
    }

    /// Answers a request that is not good, if that can be done.
    pub(super) fn refuse(&mut self, error: HandshakeError) -> Error {
        error.respond(&mut self.out);
        let _ = write(&mut self.stream, &[IoSlice::new(&self.out)]);
        self.end();
        error.into()
    }

    /// Lets the deadlines act, and bounds the next read or write by the next of them.
    pub(super) fn keep_time(
        &mut self,
        receiver: &mut Receiver,
        sender: &mut Sender,
    ) -> Result<(), Error> {
        if let Err(timed_out) = self.deadlines.handle_timeout(self.now(), receiver, sender) {
            receiver.give_up(timed_out, sender);
            return Err(timed_out.into());
        }
        Ok(self.bound()?)
    }

    /// Bounds the next read or write by the next deadline. One that is too early does no harm, so that
    /// the stream need not be told each time.
    fn bound(&mut self) -> io::Result<()> {
        let Some(hooks) = &self.config.hooks else { return Ok(()) };
        let needed = self.deadlines.poll_timeout().map(|due| due.since(self.now()).max(LEAST));
        let is_late = match (self.timeout, needed) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(timeout), Some(needed)) => timeout > needed || timeout < needed / 2,
        };
        if is_late {
            (hooks.set_timeout)(&self.stream, needed)?;
            self.timeout = needed;
        }
        Ok(())
    }

    /// Writes what is left to say, as far as the peer takes it, and ends the transport. Once.
    pub(super) fn finish(&mut self, sender: &mut Sender) {
        sender.poll_transmit(&mut self.out);
        if !self.is_finished {
            self.is_finished = true;
            while self.written < self.out.len() && self.bound().is_ok() {
                match write(&mut self.stream, &[IoSlice::new(&self.out[self.written..])]) {
                    Ok(count) if count > 0 => self.written += count,
                    Ok(_) | Err(_) => break,
                }
            }
            self.end();
        }
    }

    /// Ends the transport.
    fn end(&mut self) {
        if let Some(hooks) = &self.config.hooks {
            linger(&mut self.stream, hooks, self.config.timeouts.end.unwrap_or(MOST_PATIENCE));
        }
    }
}

/// Notes that the transport has ended, in whatever way: after a close frame it may.
fn end(error: io::Error, receiver: &mut Receiver, sender: &mut Sender) -> Result<bool, Error> {
    let is_expected = receiver.is_closed();
    receiver.receive_eof(sender);
    if is_expected { Ok(false) } else { Err(error.into()) }
}

/// Writes once, and tells how many bytes: none if it took too long.
fn write(stream: &mut impl Write, slices: &[IoSlice<'_>]) -> io::Result<usize> {
    match stream.write_vectored(slices) {
        Ok(0) => Err(ErrorKind::WriteZero.into()),
        Err(error) if is_passing(&error) => Ok(0),
        outcome => outcome,
    }
}

/// Whether to look at the clock, and try again.
fn is_passing(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::TimedOut | ErrorKind::WouldBlock)
}

pub(super) fn new_input() -> Input<Vec<u8>> {
    Input::new(vec![0; 16 << 10])
}

/// How long to read on after the end, when there is no timeout for it.
const MOST_PATIENCE: Duration = Duration::from_secs(5);
