//! A stream, its clock, and how long it may block.

use alloc::vec::Vec;
use core::mem;
use core::time::Duration;
use std::io::ErrorKind::{Interrupted, TimedOut, WouldBlock};
use std::io::{self, IoSlice};
use std::time::Instant;

use super::stream::{Split, Stream};
use crate::adapters::error::Error;
use crate::adapters::{storage, trace};
use crate::connection::{Ended, Input, Receiver, Timestamp};

/// A stream, and what a connection does not know of it.
#[derive(Debug)]
pub(super) struct Port<S> {
    pub(super) stream: S,
    /// A point in time, and what it is called by the connection.
    start: Instant,
    origin: Timestamp,
    /// The timeouts that the stream had, by direction.
    had: [Option<Duration>; 2],
    /// Those that it has.
    bounds: [Option<Duration>; 2],
    /// Whether the stream may hold back what was written.
    is_unflushed: bool,
    /// When the stream was last read, if the deadlines have not been told.
    pub(super) looked: Option<Timestamp>,
    report: Report,
}

/// What is reported at the end.
#[derive(Debug)]
enum Report {
    /// The account, or what the stream failed with first.
    Due(Option<io::Error>),
    /// It has been reported.
    Given,
}

impl<S: Stream> Port<S> {
    pub(super) fn new(stream: S, start: Instant, origin: Timestamp) -> Self {
        let had = timeouts(&stream);
        Self {
            stream,
            start,
            origin,
            had,
            bounds: had,
            is_unflushed: false,
            looked: None,
            report: Report::Due(None),
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.origin + self.start.elapsed()
    }

    /// Returns the stream with the timeouts that it had.
    pub(super) fn into_stream(self) -> S {
        // A stream that has ended may refuse timeouts; it does not block, either.
        let _ = self.stream.set_write_timeout(self.had[WRITE]);
        let _ = self.stream.set_read_timeout(self.had[READ]);
        self.stream
    }

    /// Reads once, until `due` at the latest. Nothing may have come then.
    ///
    /// # Errors
    ///
    /// Returns `WouldBlock` if the stream does not block. Other errors end the transport, and are kept.
    pub(super) fn receive(
        &mut self,
        due: Option<Timestamp>,
        receiver: &mut Receiver,
        input: &mut Input<Vec<u8>>,
    ) -> io::Result<()> {
        storage::attach(input);
        let mut spare = receiver.spare(input);
        let bound = self.bound(READ, due);
        let outcome = bound.and_then(|bound| block(bound, || self.stream.read(spare.buffer())));
        let now = self.now();
        self.looked = Some(now);
        match outcome {
            Ok(Some(count)) => spare.filled(count, now),
            Ok(None) => {}
            Err(error) if error.kind() == WouldBlock => return Err(error),
            Err(error) => {
                receiver.handle_eof();
                self.keep(error);
            }
        }
        Ok(())
    }

    /// Writes once, until `due` at the latest. Returns `None` if nothing was taken until then.
    pub(super) fn write(
        &mut self,
        due: Option<Timestamp>,
        slices: &[IoSlice<'_>],
    ) -> io::Result<Option<usize>> {
        let outcome = self.write_with(due, |stream| match slices {
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
    pub(super) fn flush(&mut self, due: Option<Timestamp>) -> io::Result<Option<()>> {
        if !self.is_unflushed {
            return Ok(Some(()));
        }
        let outcome = self.write_with(due, |stream| stream.flush());
        self.is_unflushed = !matches!(outcome, Ok(Some(())));
        outcome
    }

    fn write_with<T>(
        &mut self,
        due: Option<Timestamp>,
        mut write: impl FnMut(&mut S) -> io::Result<T>,
    ) -> io::Result<Option<T>> {
        let bound = self.bound(WRITE, due)?;
        self.is_unflushed = true;
        block(bound, || write(&mut self.stream))
    }

    /// Bounds the next call in a direction. Returns how long it may block.
    fn bound(&mut self, direction: usize, due: Option<Timestamp>) -> io::Result<Option<Duration>> {
        let bound = choose_bound(self.bounds[direction], self.patience(due));
        if bound != self.bounds[direction] {
            match direction {
                READ => self.stream.set_read_timeout(bound)?,
                _ => self.stream.set_write_timeout(bound)?,
            }
            // Over TLS, one may change the other.
            self.bounds = timeouts(&self.stream);
            self.bounds[direction] = bound;
        }
        Ok(bound)
    }

    fn patience(&self, due: Option<Timestamp>) -> Option<Duration> {
        // Streams take no timeout of zero.
        due.map(|due| due.since(self.now()).max(Duration::from_millis(1)))
    }

    /// Keeps the first error of the stream, to be reported at the end.
    pub(super) fn keep(&mut self, error: io::Error) {
        if let Report::Due(first) = &mut self.report {
            first.get_or_insert(error);
        }
    }

    /// Reports an error that ends the connection before its account is there.
    pub(super) fn report(&mut self, error: impl Into<Error>) -> Error {
        self.report = Report::Given;
        error.into()
    }

    /// Reports how the connection ended, once.
    pub(super) fn conclude(&mut self, ended: &Ended) -> Result<(), Error> {
        let Report::Due(error) = mem::replace(&mut self.report, Report::Given) else {
            return Ok(());
        };
        trace::ended(ended);
        Error::explain(ended, error)
    }
}

impl<S: Split> Port<S> {
    /// Returns a port that reads, and one that writes.
    pub(super) fn split(self) -> io::Result<[Port<S::Half>; 2]> {
        let (reading, writing) = self.stream.split()?;
        let port = |stream| Port::new(stream, self.start, self.origin);
        let (mut reading, mut writing) = (port(reading), port(writing));
        (reading.report, reading.looked) = (self.report, self.looked);
        writing.is_unflushed = self.is_unflushed;
        Ok([reading, writing])
    }
}

/// Returns the timeouts of a stream, by direction.
fn timeouts<S: Stream>(stream: &S) -> [Option<Duration>; 2] {
    [stream.read_timeout(), stream.write_timeout()].map(Result::unwrap_or_default)
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

/// Calls what blocks for no longer than `bound`. Returns `None` if it has for that long.
fn block<T>(
    bound: Option<Duration>,
    mut call: impl FnMut() -> io::Result<T>,
) -> io::Result<Option<T>> {
    let start = Instant::now();
    let has_blocked = || bound.is_some_and(|bound| start.elapsed() + SLACK >= bound);
    loop {
        match call() {
            Err(error) if error.kind() == Interrupted => {}
            Err(error) if matches!(error.kind(), WouldBlock | TimedOut) && has_blocked() => {
                return Ok(None);
            }
            outcome => return outcome.map(Some),
        }
    }
}

/// The directions.
const READ: usize = 0;
const WRITE: usize = 1;

/// How much earlier than asked for an operating system may return, at the most.
const SLACK: Duration = Duration::from_millis(20);
