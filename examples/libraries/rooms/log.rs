//! The newest messages of a room, as this node knows them.

use std::collections::VecDeque;

use sansocket::Prepared;

/// The newest messages of a room, numbered without a gap.
pub(crate) struct Log {
    /// Identifies the numbers: those of another epoch are other messages.
    pub(crate) epoch: String,
    /// The number of the newest message.
    pub(crate) last: u64,
    entries: VecDeque<Entry>,
    keep: usize,
}

struct Entry {
    id: String,
    message: Prepared,
}

/// What a client has seen.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) epoch: String,
    pub(crate) last: u64,
}

impl Log {
    pub(crate) fn new(epoch: String, keep: usize) -> Self {
        Self { epoch, last: 0, entries: VecDeque::new(), keep }
    }

    /// Returns an empty log of another epoch.
    #[cfg(feature = "redis")]
    pub(crate) fn successor(&self, epoch: &str) -> Self {
        Self::new(epoch.to_owned(), self.keep)
    }

    /// Adds a message, and returns it as clients get it. An entry is `TIME\tID\tNAME\tTEXT`.
    ///
    /// The messages before it are forgotten if there is a gap.
    pub(crate) fn append(&mut self, number: u64, entry: &str) -> Prepared {
        if number != self.last + 1 {
            self.entries.clear();
        }
        self.last = number;
        let id = entry.split('\t').nth(1).unwrap_or_default().to_owned();
        let message = Prepared::new(format!("said\t{number}\t{entry}"));
        self.entries.push_back(Entry { id, message: message.clone() });
        if self.entries.len() > self.keep {
            self.entries.pop_front();
        }
        message
    }

    pub(crate) fn has(&self, id: &str) -> bool {
        self.entries.iter().rev().any(|entry| entry.id == id)
    }

    /// Returns what a client has not seen, oldest first: at most this many bytes, of the newest.
    pub(crate) fn missed(&self, seen: &Seen, mut room: usize) -> Vec<Prepared> {
        let last = if seen.epoch == self.epoch && seen.last <= self.last { seen.last } else { 0 };
        let count = usize::try_from(self.last - last).unwrap_or(usize::MAX);
        let newest = self.entries.iter().rev().take(count).map_while(|entry| {
            room = room.checked_sub(entry.message.len())?;
            Some(entry.message.clone())
        });
        let mut missed: Vec<_> = newest.collect();
        missed.reverse();
        missed
    }
}
