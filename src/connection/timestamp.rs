use core::ops::Add;
use core::time::Duration;

/// A point in time, counted from an origin of the caller's choosing. It must not go backwards.
///
/// It is of a nanosecond, and 584 years after the origin at the most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(u64);

impl Instant {
    /// The point `elapsed` after the origin.
    pub const fn new(elapsed: Duration) -> Self {
        Self(to_nanos(elapsed))
    }

    /// How long it is from `earlier` to this point, or zero.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

/// The point so much later, or the last there is.
impl Add<Duration> for Instant {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(to_nanos(duration)))
    }
}

/// The nanoseconds of a duration, of which all above 584 years are one.
pub(crate) const fn to_nanos(duration: Duration) -> u64 {
    let nanos = duration.as_nanos();
    #[expect(clippy::cast_possible_truncation, reason = "it is no more than fits")]
    if nanos < u64::MAX as u128 { nanos as u64 } else { u64::MAX }
}
