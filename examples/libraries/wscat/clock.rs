//! The time of day.

use std::time::{SystemTime, UNIX_EPOCH};

/// Returns the time of day in UTC, to the millisecond.
pub(crate) fn time_of_day() -> String {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let (seconds, millis) = (elapsed.as_secs() % 86_400, elapsed.subsec_millis());
    format!("{:02}:{:02}:{:02}.{millis:03}Z", seconds / 3600, seconds / 60 % 60, seconds % 60)
}
