//! [`Attempts`]: how many attempts are left, and when the next one begins.

use core::time::Duration;

use super::backoff::Backoff;
use super::retry::Retry;

/// How many attempts are left, and when the next one begins.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attempts {
    retry: Retry,
    /// The delays that come.
    backoff: Backoff,
    /// Number of retries since the start or the last reset.
    count: u32,
}

impl Attempts {
    pub(crate) const fn new(retry: Retry) -> Self {
        Self { retry, backoff: retry.backoff, count: 0 }
    }

    /// Returns how long to wait before the next attempt, or `None` if there is none. `asked` is how long the server
    /// wants not to be asked.
    pub(crate) fn next_delay(&mut self, asked: Duration, random: u32) -> Option<Duration> {
        if self.count >= self.retry.most || asked > self.retry.longest {
            return None;
        }
        self.count += 1;
        Some(self.backoff.next(random).max(asked))
    }

    /// Starts anew after a connection that lasted this long, if that is at least the longest delay. So a server that
    /// accepts and closes at once is not asked more often than one that does not answer.
    #[cfg(feature = "__asynchronous")]
    pub(crate) fn reset_after(&mut self, lasted: Duration) {
        if lasted >= self.backoff.most {
            *self = Self::new(self.retry);
        }
    }
}
