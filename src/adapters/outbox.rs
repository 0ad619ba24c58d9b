use super::driver::Driver;
use crate::connection::{Message, SendError, Sender};
use crate::wire::CloseCode;

/// Where to put messages while an event is held.
///
/// Nothing is written until the stream would have to be read again, so that the replies to all the
/// messages of one read leave in one write. Of a peer that does not take them, an asynchronous
/// WebSocket reads no more: see [`Config::max_queued`](super::Config::max_queued).
#[derive(Debug)]
pub struct Outbox<'o> {
    sender: &'o mut Sender,
    driver: &'o mut Driver,
}

impl<'o> Outbox<'o> {
    pub(super) const fn new(sender: &'o mut Sender, driver: &'o mut Driver) -> Self {
        Self { sender, driver }
    }

    /// Queues a message.
    ///
    /// # Errors
    ///
    /// As [`Sender::send`]. Nothing is queued then.
    pub fn send<'p>(&mut self, message: impl Into<Message<'p>>) -> Result<(), SendError> {
        self.driver.reply(|out| self.sender.send(message, out))
    }

    /// Queues a part of a message, which more parts follow.
    ///
    /// # Errors
    ///
    /// As [`Sender::send_part`]. Nothing is queued then.
    pub fn send_part<'p>(&mut self, part: impl Into<Message<'p>>) -> Result<(), SendError> {
        self.driver.reply(|out| self.sender.send_part(part, out))
    }

    /// Queues the last part of a message.
    ///
    /// # Errors
    ///
    /// As [`Sender::send_last`]. Nothing is queued then.
    pub fn send_last<'p>(&mut self, part: impl Into<Message<'p>>) -> Result<(), SendError> {
        self.driver.reply(|out| self.sender.send_last(part, out))
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

    /// Compresses messages of at least so many bytes, from the next one on: see
    /// [`Sender::compress_from`](crate::Sender::compress_from).
    #[cfg(feature = "deflate")]
    pub fn compress_from(&mut self, bytes: usize) {
        self.sender.compress_from(bytes);
    }

    /// Whether each part of a compressed message leaves at once: see
    /// [`Sender::set_flushing`](crate::Sender::set_flushing).
    #[cfg(feature = "deflate")]
    pub const fn set_flushing(&mut self, flushing: bool) {
        self.sender.set_flushing(flushing);
    }

    /// How many bytes wait to be written.
    pub fn queued(&self) -> usize {
        self.driver.waiting().len()
    }
}
