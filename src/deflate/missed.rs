//! Messages that a peer has decompressed but our compressor has not seen.

use alloc::collections::VecDeque;
use alloc::sync::Arc;

use super::deflater::Deflater;
use super::frames::Frames;

/// The newest messages that were sent compressed without the compressor of the connection.
///
/// The peer's window holds them, so the compressor must learn them before it compresses again. It learns at most
/// one window.
#[derive(Debug, Default)]
pub(crate) struct Missed {
    messages: VecDeque<Arc<Frames>>,
    /// The sum of their lengths.
    len: usize,
}

impl Missed {
    /// Adds a message. Returns whether all earlier text is out of reach: that of the messages kept here fills the
    /// window, or some was dropped.
    pub(crate) fn push(&mut self, message: &Arc<Frames>, window: usize) -> bool {
        let len = message.payload().len();
        if len >= MAX_WINDOW {
            self.clear();
            return true;
        }
        self.len += len;
        let is_beyond = self.len >= window || self.messages.len() == MOST;
        while let Some(oldest) = self.messages.front()
            && (self.messages.len() == MOST || self.len - oldest.payload().len() >= window)
        {
            self.len -= oldest.payload().len();
            self.messages.pop_front();
        }
        self.messages.push_back(Arc::clone(message));
        is_beyond
    }

    /// Lets a compressor refer to the last `window` bytes of the messages, and forgets them.
    pub(crate) fn teach(&mut self, deflater: &mut Deflater, window: usize) {
        let mut beyond = self.len.saturating_sub(window);
        for message in self.messages.drain(..) {
            deflater.learn(&message.payload()[beyond..]);
            beyond = 0;
        }
        self.len = 0;
    }

    fn clear(&mut self) {
        self.messages.clear();
        self.len = 0;
    }
}

/// Maximum number of messages. They take 8 bytes each, and what they refer to is shared.
const MOST: usize = 64;

/// No window holds more than the end of a message of this length, in bytes. Such a message is not kept: it would
/// take more memory than a window.
const MAX_WINDOW: usize = 32 << 10;
