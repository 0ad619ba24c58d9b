//! How a blocking connection writes: alone, or beside other threads.

use core::ops::DerefMut;
use std::io::{self, ErrorKind};

use super::port::Port;
use super::stream::Stream;
use crate::adapters::error::Error;
use crate::connection::{Message, SendError, Sender, Timestamp};

/// A sender, and the port that it writes to. Each may be locked as long as it is borrowed.
pub(super) trait Outgoing {
    type Stream: Stream;

    fn sender(&mut self) -> impl DerefMut<Target = Sender>;

    /// Writes all that waits. Returns `false` if the stream does not take it now.
    ///
    /// # Errors
    ///
    /// Returns the error of the stream, to which nothing can be written any more.
    fn write(&mut self) -> io::Result<bool>;

    /// Returns the port that knows how the connection ended.
    fn port(&mut self) -> impl DerefMut<Target = Port<Self::Stream>>;

    /// Queues something, and writes all that waits.
    fn queue(
        &mut self,
        act: impl FnOnce(&mut Sender) -> Result<(), SendError>,
    ) -> Result<(), Error> {
        self.queue_only(act)?;
        self.flush()
    }

    /// Queues a message, once there is room for it.
    fn feed<'p>(&mut self, message: impl Into<Message<'p>>) -> Result<(), Error> {
        self.queue_with_room(|sender| sender.send(message))
    }

    /// Queues something, once there is room for it.
    fn queue_with_room(
        &mut self,
        act: impl FnOnce(&mut Sender) -> Result<(), SendError>,
    ) -> Result<(), Error> {
        let is_full = self.sender().is_full();
        if is_full {
            self.flush()?;
        }
        self.queue_only(act)
    }

    fn queue_only(
        &mut self,
        act: impl FnOnce(&mut Sender) -> Result<(), SendError>,
    ) -> Result<(), Error> {
        let mut sender = self.sender();
        check_written(true, &sender)?;
        Ok(sender.unprompted(act)?)
    }

    /// Writes all that waits. Fails if some of it cannot be written.
    fn flush(&mut self) -> Result<(), Error> {
        let is_written = self.write()?;
        check_written(is_written, &self.sender())?;
        let ended = self.sender().ended();
        ended.map_or(Ok(()), |ended| self.port().report.end(&ended))
    }
}

/// A connection that reads, too.
pub(super) trait Link: Outgoing {
    /// Returns when to stop waiting for the stream.
    fn due(&mut self) -> Option<Timestamp>;

    /// Writes all that waits, unless another thread is about to. Returns `false` if the stream does not take it
    /// now.
    ///
    /// # Errors
    ///
    /// Returns the error of the stream, to which nothing can be written any more.
    fn try_write(&mut self) -> io::Result<bool>;

    /// Ends the direction in which we write.
    ///
    /// # Errors
    ///
    /// Returns the error of a stream that can only be dropped.
    fn shutdown(&mut self) -> io::Result<()>;

    /// Writes all that waits. Returns whether there is something new to look at. An error is kept.
    ///
    /// Who can read meanwhile, does not wait for another thread that writes.
    fn write_or_keep(&mut self, can_read: bool) -> bool {
        let outcome = if can_read { self.try_write() } else { self.write() };
        outcome.unwrap_or_else(|error| {
            self.port().report.keep(error);
            true
        })
    }

    /// Writes the replies of the protocol, which do not wait for the application.
    fn write_urgent(&mut self) {
        let is_urgent = self.sender().is_urgent();
        if is_urgent {
            self.write_or_keep(true);
        }
    }
}

/// A sender and a port that belong to one thread.
#[derive(Debug)]
pub(super) struct Whole<'w, S> {
    pub(super) sender: &'w mut Sender,
    pub(super) port: &'w mut Port<S>,
}

impl<S: Stream> Outgoing for Whole<'_, S> {
    type Stream = S;

    fn sender(&mut self) -> impl DerefMut<Target = Sender> {
        &mut *self.sender
    }

    fn write(&mut self) -> io::Result<bool> {
        loop {
            self.sender.note_time(self.port.now());
            if self.sender.ended().is_some() {
                return Ok(true);
            }
            let due = self.sender.poll_timeout();
            let outcome = match self.sender.transmit().is_empty() {
                true => match self.port.flush(due) {
                    Ok(Some(())) => return Ok(self.sender.queued() == 0),
                    outcome => outcome.map(|_| None),
                },
                false => self.sender.lend_slices(|slices| self.port.write(due, slices)),
            };
            if !take_written(self.sender, outcome, self.port.now())? {
                return Ok(false);
            }
        }
    }

    fn port(&mut self) -> impl DerefMut<Target = Port<S>> {
        &mut *self.port
    }
}

impl<S: Stream> Link for Whole<'_, S> {
    fn due(&mut self) -> Option<Timestamp> {
        self.sender.poll_timeout()
    }

    fn try_write(&mut self) -> io::Result<bool> {
        self.write()
    }

    fn shutdown(&mut self) -> io::Result<()> {
        self.sender.handle_shutdown();
        self.port.stream.end()
    }
}

/// Tells a sender how a write went. Returns `false` if the stream does not block.
pub(super) fn take_written(
    sender: &mut Sender,
    outcome: io::Result<Option<usize>>,
    now: Timestamp,
) -> io::Result<bool> {
    match outcome {
        Ok(Some(count)) => sender.transmitted(count, now),
        Ok(None) => {
            sender.transmitted(0, now);
            sender.handle_timeout(now);
        }
        Err(error) if error.kind() == ErrorKind::WouldBlock => {
            sender.transmitted(0, now);
            return Ok(false);
        }
        Err(error) => {
            sender.handle_write_error(now);
            return Err(error);
        }
    }
    Ok(true)
}

/// Fails unless all was written, and all that is sent from now on can be.
pub(super) fn check_written(is_written: bool, sender: &Sender) -> io::Result<()> {
    match (is_written, sender.is_broken()) {
        (_, true) => Err(ErrorKind::NotConnected.into()),
        (false, false) => Err(ErrorKind::WouldBlock.into()),
        (true, false) => Ok(()),
    }
}
