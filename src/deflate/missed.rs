//! Messages that a peer has decompressed but our compressor has not seen.

use alloc::collections::VecDeque;
use alloc::sync::Arc;

use super::deflater::Deflater;
use super::frames::Frames;
use super::log::Run;

/// The newest messages that were sent compressed without the compressor of the connection.
///
/// The peer's window holds them, so the compressor must learn them before it compresses again. It learns at most
/// one window.
#[derive(Debug, Default)]
pub(crate) struct Missed {
    newest: Option<Run<Frames>>,
    /// The runs before it, the oldest first.
    older: VecDeque<Run<Frames>>,
    /// The sum of the lengths of the messages.
    len: usize,
}

impl Missed {
    /// Adds a message. Returns whether all earlier text is out of reach: that of the messages kept here fills the
    /// window, or some was dropped.
    #[inline]
    pub(crate) fn push(&mut self, message: &Arc<Frames>, window: usize) -> bool {
        let is_next = self.newest.as_mut().is_some_and(|run| run.advance(message));
        if !is_next {
            return self.push_slowly(message, window);
        }
        self.len += message.payload().len();
        self.len >= window
    }

    /// Lets a compressor refer to the last `window` bytes of the messages, and forgets them.
    pub(crate) fn teach(&mut self, deflater: &mut Deflater, window: usize) {
        let mut beyond = self.len.saturating_sub(window);
        for message in self.older.iter().chain(&self.newest).flat_map(Run::messages) {
            let (skipped, text) = message.payload().split_at(beyond.min(message.payload().len()));
            if !text.is_empty() {
                deflater.learn(text);
            }
            beyond -= skipped.len();
        }
        self.clear();
    }

    /// Adds a message that other connections did not send after the same one.
    #[inline(never)]
    fn push_slowly(&mut self, message: &Arc<Frames>, window: usize) -> bool {
        let len = message.payload().len();
        if len >= MAX_WINDOW {
            self.clear();
            return true;
        }
        self.len += len;
        if self.newest.as_mut().is_some_and(|run| run.append(message)) {
            return self.len >= window;
        }
        self.older.extend(self.newest.replace(Run::start(message)));
        let is_beyond = self.len >= window || self.older.len() >= MOST;
        while let Some(oldest) = self.older.front()
            && (self.older.len() >= MOST || self.len - oldest.len() >= window)
        {
            self.len -= oldest.len();
            self.older.pop_front();
        }
        is_beyond
    }

    fn clear(&mut self) {
        self.older.clear();
        self.newest = None;
        self.len = 0;
    }
}

/// Maximum number of runs. They take 24 bytes each, and what they refer to is shared: at most 120 KiB of text. That is
/// the oldest message and a window of newer ones, 32 KiB each, if both are long, and 4 KiB for each log of the others.
const MOST: usize = 16;

/// No window holds more than the end of a message of this length, in bytes. Such a message is not kept: it would
/// take more memory than a window.
const MAX_WINDOW: usize = 32 << 10;
