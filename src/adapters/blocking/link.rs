//! The loop of a blocking connection: events until there are none, then what the next step says.

use alloc::string::ToString;
use alloc::vec::Vec;
use core::ops::DerefMut;
use std::io::{self, ErrorKind, IoSlice};

use super::port::Port;
use super::stream::Stream;
use crate::adapters::error::Error;
use crate::adapters::{storage, trace};
use crate::connection::{Event, Input, OwnedMessage, Receiver, Sender, Step, Timestamp};

/// A sender, and the stream that it writes to.
pub(super) trait Link {
    type Stream: Stream;

    /// The sender. It may be locked as long as it is borrowed.
    fn sender(&mut self) -> impl DerefMut<Target = Sender>;

    /// The port to read from.
    fn port(&mut self) -> &mut Port<Self::Stream>;

    /// Returns when to stop waiting for the stream.
    fn due(&mut self) -> Option<Timestamp> {
        self.sender().poll_timeout()
    }

    /// Writes all that waits. Returns `false` if the stream does not take it now. If `read` is `false`, there
    /// is nothing else to do.
    ///
    /// # Errors
    ///
    /// Returns the error of the stream, to which nothing can be written any more.
    fn flush(&mut self, read: bool) -> io::Result<bool>;

    /// Ends the direction in which we write.
    ///
    /// # Errors
    ///
    /// Returns the error of a stream that can only be dropped.
    fn shutdown(&mut self) -> io::Result<()>;
}

/// Waits for an event. Returns `false` if the connection has ended.
///
/// # Errors
///
/// Returns the error with which the connection ended, once, and `TimedOut` if there was no event until then.
fn wait(
    receiver: &mut Receiver,
    input: &mut Input<Vec<u8>>,
    link: &mut impl Link,
    until: Option<Timestamp>,
) -> Result<bool, Error> {
    while !receiver.has_event(input, &mut link.sender()) {
        let looked = link.port().looked.take();
        if let Some(looked) = looked
            && link.sender().handle_timeout(looked)
        {
            // That may be an event.
            continue;
        }
        let now = link.port().now();
        link.sender().note_time(now);
        let step = link.sender().next_step();
        match step {
            Step::Done(ended) => return link.port().conclude(&ended).map(|()| false),
            Step::Shutdown => link.shutdown().unwrap_or_else(|_| receiver.handle_eof()),
            Step::Io { .. } if until.is_some() && looked >= until => {
                return Err(io::Error::from(ErrorKind::TimedOut).into());
            }
            Step::Io { read, write } => {
                // What another thread is writing waits, too.
                let is_waiting = write || (!read && link.sender().queued() > 0);
                if is_waiting && has_written(link, read) {
                    continue;
                }
                if !read {
                    return Err(io::Error::from(ErrorKind::WouldBlock).into());
                }
                let due = link.due().into_iter().chain(until).min();
                if let Err(error) = link.port().receive(due, receiver, input) {
                    let now = link.port().now();
                    if !link.sender().handle_timeout(now) {
                        return Err(error.into());
                    }
                }
            }
        }
    }
    Ok(true)
}

/// Writes all that waits. Returns whether there is something new to look at.
fn has_written(link: &mut impl Link, read: bool) -> bool {
    link.flush(read).unwrap_or_else(|error| {
        link.port().keep(error);
        true
    })
}

/// Waits for the next event.
pub(super) fn next_event<'i>(
    receiver: &mut Receiver,
    input: &'i mut Input<Vec<u8>>,
    link: &mut impl Link,
    until: Option<Timestamp>,
) -> Result<Option<Event<'i>>, Error> {
    Ok(match wait(receiver, input, link, until)? {
        true => take(receiver, input, link),
        false => None,
    })
}

/// Takes an event, and writes the replies of the protocol before it is returned.
fn take<'i>(
    receiver: &mut Receiver,
    input: &'i mut Input<Vec<u8>>,
    link: &mut impl Link,
) -> Option<Event<'i>> {
    let event = receiver.next_event(input, &mut link.sender());
    let is_urgent = link.sender().is_urgent();
    if is_urgent {
        has_written(link, true);
    }
    event
}

/// Waits for the next message, and copies it.
///
/// A message in progress is kept by the connection, not here, so this may fail and be called again.
pub(super) fn receive(
    receiver: &mut Receiver,
    input: &mut Input<Vec<u8>>,
    link: &mut impl Link,
    until: Option<Timestamp>,
) -> Result<Option<OwnedMessage>, Error> {
    let is_streaming = receiver.is_streaming();
    receiver.set_streaming(false);
    let outcome = next_message(receiver, input, link, until);
    // Without an event, the input is used up, and another connection can have it.
    if !receiver.has_event(input, &mut link.sender()) {
        storage::detach(input);
    }
    receiver.set_streaming(is_streaming);
    outcome
}

fn next_message(
    receiver: &mut Receiver,
    input: &mut Input<Vec<u8>>,
    link: &mut impl Link,
    until: Option<Timestamp>,
) -> Result<Option<OwnedMessage>, Error> {
    while wait(receiver, input, link, until)? {
        if receiver.has_part(input) {
            return Err(Error::PartsPending);
        }
        let Some(event) = take(receiver, input, link) else { break };
        match event {
            Event::Text(text) => return Ok(Some(text.to_string().into())),
            Event::Binary(bytes) => return Ok(Some(bytes.to_vec().into())),
            Event::Violation(error) => {
                trace::violated(error);
                return Err(link.port().report(error));
            }
            Event::Part { .. } | Event::Ping(_) | Event::Pong(_) | Event::Close(_) => {}
            Event::Request | Event::NotUpgrade | Event::Open | Event::Rejected => {}
        }
    }
    Ok(None)
}

/// A sender and a port that belong to one thread.
#[derive(Debug)]
pub(super) struct Whole<'w, S> {
    pub(super) sender: &'w mut Sender,
    pub(super) port: &'w mut Port<S>,
}

impl<S: Stream> Link for Whole<'_, S> {
    type Stream = S;

    fn sender(&mut self) -> impl DerefMut<Target = Sender> {
        &mut *self.sender
    }

    fn port(&mut self) -> &mut Port<S> {
        self.port
    }

    fn flush(&mut self, _: bool) -> io::Result<bool> {
        loop {
            self.sender.note_time(self.port.now());
            if self.sender.ended().is_some() {
                return Ok(true);
            }
            let due = self.sender.poll_timeout();
            let mut slices = [IoSlice::new(&[]); 16];
            let mut count = 0;
            for (slice, chunk) in slices.iter_mut().zip(self.sender.transmit_vectored()) {
                *slice = IoSlice::new(chunk);
                count += 1;
            }
            let outcome = match count {
                0 => match self.port.flush(due) {
                    Ok(Some(())) => return Ok(self.sender.queued() == 0),
                    outcome => outcome.map(|_| None),
                },
                _ => self.port.write(due, &slices[..count]),
            };
            if !take_written(self.sender, outcome, self.port.now())? {
                return Ok(false);
            }
        }
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
