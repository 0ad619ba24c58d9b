//! [`Backoff`]: how long to wait before the next attempt.

use core::time::Duration;

/// How long to wait before the next attempt (section 7.2.3).
///
/// The first delay is random, from zero to [`first`](Self::first), so that the clients of a server that restarts
/// do not all come back at once. Each further delay has a limit twice as high, up to [`most`](Self::most), and is
/// random in the upper half below it.
///
/// The caller gives the random number, so that the core needs no generator.
///
/// ```
/// use sansocket::connect::Backoff;
/// use std::time::Duration;
///
/// let mut backoff = Backoff::new();
/// let random = u32::MAX / 2; // From a generator.
/// assert_eq!(backoff.next(random).as_millis(), 2499);
/// assert_eq!(backoff.next(random).as_millis(), 7499);
/// backoff.reset(); // After a connection that worked.
/// assert!(backoff.next(random) < Duration::from_secs(5));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Backoff {
    /// Limit of the first delay. Default: 5 s.
    pub first: Duration,
    /// Limit of all delays. Default: 90 s.
    pub most: Duration,
    /// Number of delays since the start or the last reset.
    count: u32,
}

impl Backoff {
    /// Returns the default backoff.
    pub const fn new() -> Self {
        Self { first: Duration::from_secs(5), most: Duration::from_secs(90), count: 0 }
    }

    /// Sets the [limit of the first delay](Self::first).
    #[must_use]
    pub const fn first(self, first: Duration) -> Self {
        Self { first, ..self }
    }

    /// Sets the [limit of all delays](Self::most).
    #[must_use]
    pub const fn most(self, most: Duration) -> Self {
        Self { most, ..self }
    }

    /// Returns the next delay. `random` must be uniform over all values.
    pub fn next(&mut self, random: u32) -> Duration {
        let factor = 1_u32.checked_shl(self.count).unwrap_or(u32::MAX);
        let limit = self.first.saturating_mul(factor).min(self.most);
        let least = if self.count == 0 { Duration::ZERO } else { limit / 2 };
        self.count = self.count.saturating_add(1);
        least + scale(limit.saturating_sub(least), random)
    }

    /// Starts anew, after a connection that worked for a while.
    pub const fn reset(&mut self) {
        self.count = 0;
    }
}

impl Default for Backoff {
    fn default() -> Self {
        Self::new()
    }
}

/// Returns `duration` times `random` / 2³².
fn scale(duration: Duration, random: u32) -> Duration {
    let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
    let scaled = (u128::from(nanos) * u128::from(random)) >> 32;
    Duration::from_nanos(u64::try_from(scaled).unwrap_or(u64::MAX))
}
