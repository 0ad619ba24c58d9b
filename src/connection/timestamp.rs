//! Points in time, told by the caller.

use core::ops::Add;
use core::time::Duration;

/// A point in time, counted from an origin that the caller chooses.
///
/// Resolution: 1 ns. Range: about 584 years. A connection ignores a time earlier than the latest it was
/// given.
///
/// ```
/// use std::time::Instant;
/// use sansocket::Timestamp;
///
/// let start = Instant::now();
/// let now = Timestamp::new(start.elapsed());
/// # assert!(now >= Timestamp::default());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u64);

impl Timestamp {
    /// Returns the point `elapsed` after the origin.
    pub const fn new(elapsed: Duration) -> Self {
        Self(to_nanos(elapsed))
    }

    /// Returns the time from `earlier` to this point. Zero if `earlier` is later.
    ///
    /// ```
    /// use core::time::Duration;
    /// use sansocket::Timestamp;
    ///
    /// let start = Timestamp::new(Duration::from_secs(5));
    /// let later = start + Duration::from_secs(2);
    /// assert_eq!(later.since(start), Duration::from_secs(2));
    /// assert_eq!(start.since(later), Duration::ZERO);
    /// ```
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }

    /// The nanoseconds since the origin.
    pub(crate) const fn as_nanos(self) -> u64 {
        self.0
    }
}

/// Saturates at the last point there is.
impl Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(to_nanos(duration)))
    }
}

/// The nanoseconds of a duration, at most 584 years.
const fn to_nanos(duration: Duration) -> u64 {
    let nanos = duration.as_nanos();
    #[expect(clippy::cast_possible_truncation, reason = "larger values are replaced")]
    if nanos < u64::MAX as u128 { nanos as u64 } else { u64::MAX }
}
