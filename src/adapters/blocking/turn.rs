//! The loop of a connection that receives: events until there are none, then what the next step says.

use alloc::vec::Vec;
use std::io::{Error as IoError, ErrorKind};

use super::link::Link;
use crate::adapters::error::Error;
use crate::adapters::part::Part;
use crate::adapters::report::copy_message;
use crate::adapters::storage;
use crate::connection::{Event, Input, OwnedMessage, Ready, Receiver, Step, Timestamp};

/// A connection that is borrowed for one call.
pub(super) struct Turn<'i, 't, L> {
    pub(super) receiver: &'t mut Receiver,
    pub(super) input: &'i mut Input<Vec<u8>>,
    pub(super) link: &'t mut L,
}

impl<'i, L: Link> Turn<'i, '_, L> {
    /// Waits for the next event, or `None` at the end.
    pub(super) fn next_event(mut self) -> Result<Option<Event<'i>>, Error> {
        let Some(ready) = self.wait(None)? else { return Ok(None) };
        let Self { receiver, input, link } = self;
        let event = receiver.take_ready(ready, input, &mut link.sender());
        link.write_urgent();
        Ok(event)
    }

    /// Waits for the next message, and copies it.
    ///
    /// A message in progress is kept by the connection, not here, so this may fail and be called again.
    pub(super) fn receive(self, until: Option<Timestamp>) -> Result<Option<OwnedMessage>, Error> {
        self.next(until, false, copy_message)
    }

    /// Waits for the next part of a message, and copies it.
    pub(super) fn receive_part(self) -> Result<Option<Part>, Error> {
        self.next(None, true, Part::copy)
    }

    /// Waits for an event from which `copy` returns something.
    fn next<T>(
        mut self,
        until: Option<Timestamp>,
        streaming: bool,
        copy: impl Fn(&Event<'_>) -> Option<T>,
    ) -> Result<Option<T>, Error> {
        let is_streaming = self.receiver.is_streaming();
        self.receiver.set_streaming(streaming);
        let outcome = self.next_copy(until, streaming, copy);
        // Without an event, the input is used up, and another connection can have it.
        // A look ahead would find parts of a message that is to be received whole.
        if !streaming && !self.receiver.has_event(self.input, &mut self.link.sender()) {
            storage::detach(self.input);
        }
        self.receiver.set_streaming(is_streaming);
        outcome
    }

    fn next_copy<T>(
        &mut self,
        until: Option<Timestamp>,
        streaming: bool,
        copy: impl Fn(&Event<'_>) -> Option<T>,
    ) -> Result<Option<T>, Error> {
        while let Some(ready) = self.wait(until)? {
            if !streaming && self.receiver.has_part(self.input) {
                return Err(Error::PartsPending);
            }
            let event = self.receiver.take_ready(ready, self.input, &mut self.link.sender());
            self.link.write_urgent();
            if let Some(Event::Violation(error)) = event {
                return Err(self.link.port().report.violation(error));
            }
            if let Some(copied) = event.as_ref().and_then(&copy) {
                return Ok(Some(copied));
            }
        }
        Ok(None)
    }

    /// Waits for an event, to be taken at once. Returns `None` if the connection has ended.
    ///
    /// # Errors
    ///
    /// Returns the error with which the connection ended, once, and `TimedOut` if there was no event until then.
    fn wait(&mut self, until: Option<Timestamp>) -> Result<Option<Ready>, Error> {
        loop {
            let ready = self.receiver.find_ready(self.input, &mut self.link.sender());
            if ready.is_some() {
                return Ok(ready);
            }
            let looked = self.link.port().looked.take();
            if looked.is_some_and(|looked| self.link.sender().handle_timeout(looked)) {
                // That may be an event.
                continue;
            }
            let now = self.link.port().now();
            self.link.sender().note_time(now);
            let step = self.link.sender().next_step();
            match step {
                Step::Done(ended) => return self.link.port().report.end(&ended).map(|()| None),
                Step::Shutdown => {
                    self.link.shutdown().unwrap_or_else(|_| self.receiver.handle_eof());
                }
                Step::Io { .. } if until.is_some() && looked >= until => {
                    return Err(IoError::from(ErrorKind::TimedOut).into());
                }
                Step::Io { read, write } => self.transfer(read, write, until)?,
            }
        }
    }

    /// Writes all that waits, or else reads once.
    fn transfer(&mut self, read: bool, write: bool, until: Option<Timestamp>) -> Result<(), Error> {
        // What another thread is writing waits, too.
        let is_waiting = write || (!read && self.link.sender().queued() > 0);
        if is_waiting && self.link.write_or_keep(read) {
            return Ok(());
        }
        if !read {
            return Err(IoError::from(ErrorKind::WouldBlock).into());
        }
        let due = self.link.due().into_iter().chain(until).min();
        let outcome = self.link.port().read(due, self.receiver, self.input);
        let Err(error) = outcome else { return Ok(()) };
        let now = self.link.port().now();
        match self.link.sender().handle_timeout(now) {
            true => Ok(()),
            false => Err(error.into()),
        }
    }
}
