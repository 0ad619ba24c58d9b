//! A stream, its clock, and how long it may block.

use alloc::vec::Vec;
use core::time::Duration;
use std::io::ErrorKind::{Interrupted, TimedOut, WouldBlock};
use std::io::{self, IoSlice};
use std::time::Instant;

use super::stream::{Split, Stream};
use crate::adapters::report::Report;
use crate::adapters::storage;
use crate::connection::{Input, Receiver, Timestamp};

/// A stream, and what a connection does not know of it.
#[derive(Debug)]
pub(crate) struct Port<S> {
    pub(crate) stream: S,
    /// A point in time, by the clock and by the connection.
    origin: (Instant, Timestamp),
    /// The timeouts that the socket had, of reads and of writes.
    had: Timeouts,
    /// How long a call may block.
    bound: Option<Duration>,
    calls: Calls,
    /// Whether the stream may hold back what was written.
    is_unflushed: bool,
    /// When the stream was last read, if the deadlines have not been told.
    pub(super) looked: Option<Timestamp>,
    pub(super) report: Report,
}

/// The calls of a port. Its socket may have another port for the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Calls {
    /// Both. Over TLS, a write may read.
    Both,
    Reads,
    Writes,
}

/// The timeouts of a socket, of reads and of writes.
type Timeouts = [Option<Duration>; 2];

impl<S: Stream> Port<S> {
    pub(crate) fn new(stream: S, start: Instant, origin: Timestamp) -> Self {
        let had = stream.socket().map_or([None; 2], |socket| {
            [socket.read_timeout(), socket.write_timeout()].map(Result::unwrap_or_default)
        });
        let port = Self {
            stream,
            origin: (start, origin),
            had,
            bound: None,
            calls: Calls::Both,
            is_unflushed: false,
            looked: None,
            report: Report::new(),
        };
        if had != [None; 2] {
            // The first call meets the same error.
            let _ = port.set_timeouts([None; 2]);
        }
        port
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.origin.1 + self.origin.0.elapsed()
    }

    /// Returns the stream with the timeouts that it had.
    pub(crate) fn into_stream(self) -> S {
        // A stream that has ended may reject timeouts; it does not block, either.
        let _ = self.set_timeouts(self.had);
        self.stream
    }

    /// Reads once, until `due` at the latest. Nothing may have come then.
    ///
    /// # Errors
    ///
    /// Returns `WouldBlock` if the stream does not block. Other errors end the transport, and are kept.
    pub(super) fn read(
        &mut self,
        due: Option<Timestamp>,
        receiver: &mut Receiver,
        input: &mut Input<Vec<u8>>,
    ) -> io::Result<()> {
        storage::attach(input);
        let mut spare = receiver.spare(input);
        let outcome = self.block(due, |stream| stream.read(spare.buffer()));
        let now = self.now();
        self.looked = Some(now);
        match outcome {
            Ok(Some(count)) => spare.filled(count, now),
            Ok(None) => {}
            Err(error) if error.kind() == WouldBlock => return Err(error),
            Err(error) => {
                receiver.handle_eof();
                self.report.keep(error);
            }
        }
        Ok(())
    }

    /// Writes once, until `due` at the latest. Returns `None` if nothing was taken until then.
    pub(crate) fn write(
        &mut self,
        due: Option<Timestamp>,
        slices: &[IoSlice<'_>],
    ) -> io::Result<Option<usize>> {
        self.is_unflushed = true;
        let outcome = self.block(due, |stream| match slices {
            // To write one slice is less work.
            [slice] => stream.write(slice),
            slices => stream.write_vectored(slices),
        });
        match outcome {
            Ok(Some(0)) => Err(io::ErrorKind::WriteZero.into()),
            outcome => outcome,
        }
    }

    /// Flushes the stream, if it may hold back something. Returns `None` if that took too long.
    pub(crate) fn flush(&mut self, due: Option<Timestamp>) -> io::Result<Option<()>> {
        if !self.is_unflushed {
            return Ok(Some(()));
        }
        let outcome = self.block(due, S::flush);
        self.is_unflushed = !matches!(outcome, Ok(Some(())));
        outcome
    }

    /// Returns whether the stream may hold back something.
    #[cfg(feature = "legacy")]
    pub(crate) const fn is_unflushed(&self) -> bool {
        self.is_unflushed
    }

    /// Calls what blocks, until `due` at the latest. Returns `None` if it has for that long.
    pub(crate) fn block<T>(
        &mut self,
        due: Option<Timestamp>,
        mut call: impl FnMut(&mut S) -> io::Result<T>,
    ) -> io::Result<Option<T>> {
        let (bound, start) = (self.set_bound(due)?, Instant::now());
        let has_blocked = || bound.is_some_and(|bound| start.elapsed() + SLACK >= bound);
        loop {
            match call(&mut self.stream) {
                Err(error) if error.kind() == Interrupted => {}
                Err(error) if matches!(error.kind(), WouldBlock | TimedOut) && has_blocked() => {
                    return Ok(None);
                }
                outcome => return outcome.map(Some),
            }
        }
    }

    /// Bounds the next call. Returns how long it may block.
    fn set_bound(&mut self, due: Option<Timestamp>) -> io::Result<Option<Duration>> {
        // Sockets take no timeout of zero.
        let patience = due.map(|due| due.since(self.now()).max(Duration::from_millis(1)));
        let bound = choose_bound(self.bound, patience);
        if bound != self.bound {
            self.set_timeouts([bound; 2])?;
            self.bound = bound;
        }
        Ok(bound)
    }

    /// Sets the timeouts of the calls of this port.
    fn set_timeouts(&self, [reads, writes]: Timeouts) -> io::Result<()> {
        let Some(socket) = self.stream.socket() else { return Ok(()) };
        if self.calls != Calls::Writes {
            socket.set_read_timeout(reads)?;
        }
        if self.calls != Calls::Reads {
            socket.set_write_timeout(writes)?;
        }
        Ok(())
    }
}

impl<S: Split> Port<S> {
    /// Returns a port that reads, and one that writes.
    pub(super) fn split(self) -> io::Result<[Port<S::Half>; 2]> {
        let (reading, writing) = self.stream.split()?;
        let port = |stream, calls, report| Port {
            stream,
            origin: self.origin,
            had: self.had,
            bound: self.bound,
            calls,
            is_unflushed: self.is_unflushed,
            looked: self.looked,
            report,
        };
        Ok([port(reading, Calls::Reads, self.report), port(writing, Calls::Writes, Report::new())])
    }
}

/// Returns the timeout for a call that may block for `patience`, given the present one. One that is somewhat
/// early does no harm, so that most calls need none of their own.
fn choose_bound(bound: Option<Duration>, patience: Option<Duration>) -> Option<Duration> {
    match (bound, patience) {
        (Some(bound), Some(patience)) if (patience / 2..=patience).contains(&bound) => Some(bound),
        (_, Some(patience)) if patience > 4 * SLACK => Some(patience - patience / 4),
        (_, patience) => patience,
    }
}

/// How much earlier than asked for an operating system may return, at the most.
const SLACK: Duration = Duration::from_millis(20);
