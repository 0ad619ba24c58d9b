use alloc::vec::Vec;

use crate::close::CloseCode;
use crate::error::SendError;
use crate::sender::{Message, Sender};

/// Where to put messages while an event is held.
///
/// Nothing is written until the stream would have to be read again, so that the replies to all the
/// messages of one read leave in one write.
#[derive(Debug)]
pub struct Outbox<'o> {
    sender: &'o mut Sender,
    out: &'o mut Vec<u8>,
}

impl<'o> Outbox<'o> {
    pub(super) const fn new(sender: &'o mut Sender, out: &'o mut Vec<u8>) -> Self {
        Self { sender, out }
    }

    /// Queues a message.
    ///
    /// # Errors
    ///
    /// As [`Sender::send`]. Nothing is queued then.
    pub fn send<'p>(&mut self, message: impl Into<Message<'p>>) -> Result<(), SendError> {
        self.sender.send(message, self.out)
    }

    /// Queues a part of a message, which more parts follow.
    ///
    /// # Errors
    ///
    /// As [`Sender::send_part`]. Nothing is queued then.
    pub fn send_part<'p>(&mut self, part: impl Into<Message<'p>>) -> Result<(), SendError> {
        self.sender.send_part(part, self.out)
    }

    /// Queues the last part of a message.
    ///
    /// # Errors
    ///
    /// As [`Sender::send_last`]. Nothing is queued then.
    pub fn send_last<'p>(&mut self, part: impl Into<Message<'p>>) -> Result<(), SendError> {
        self.sender.send_last(part, self.out)
    }

    /// Queues a ping.
    ///
    /// # Errors
    ///
    /// As [`Sender::ping`]. Nothing is queued then.
    pub fn ping(&mut self, payload: &[u8]) -> Result<(), SendError> {
        self.sender.ping(payload)
    }

    /// Queues a close frame. Go on with events until there are none: the peer's answer is one.
    ///
    /// # Errors
    ///
    /// As [`Sender::close`]. Nothing is queued then.
    pub fn close(
        &mut self,
        code: impl Into<Option<CloseCode>>,
        reason: &str,
    ) -> Result<(), SendError> {
        self.sender.close(code, reason)
    }

    /// How many bytes wait to be written.
    pub const fn queued(&self) -> usize {
        self.out.len()
    }
}
