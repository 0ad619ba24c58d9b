//! [`Retry`]: which failures are worth another attempt, and when.

use core::time::Duration;

use super::backoff::Backoff;
use super::retry_after::retry_after;
use crate::connection::{Cause, CloseFrame, Ended};
use crate::handshake::client::Response;
use crate::wire::CloseCode;

/// Which failures are worth another attempt, and how long to wait before it. Default: none.
///
/// An attempt is repeated after a failure that may pass: no connection, a transport that ended, a timeout, and the
/// statuses 429, 500, 502, 503 and 504. `Retry-After` is honoured.
///
/// ```
/// use sansocket::connect::{Backoff, Retry};
/// use std::time::Duration;
///
/// let retry = Retry::times(5).backoff(Backoff::new().most(Duration::from_secs(30)));
/// assert_eq!(retry.most, 5);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Retry {
    /// Maximum number of attempts after the first. Default: 0.
    pub most: u32,
    /// The delays between attempts.
    pub backoff: Backoff,
    /// The longest `Retry-After` that is waited for. A longer one ends the attempts. Default: 10 minutes.
    pub longest: Duration,
}

impl Retry {
    /// Repeats nothing.
    pub const NONE: Self = Self::times(0);

    /// Repeats a failed attempt at most this many times.
    pub const fn times(most: u32) -> Self {
        Self { most, backoff: Backoff::new(), longest: Duration::from_secs(600) }
    }

    /// Sets the [delays](Self::backoff).
    #[must_use]
    pub const fn backoff(self, backoff: Backoff) -> Self {
        Self { backoff, ..self }
    }

    /// Sets the [longest `Retry-After`](Self::longest).
    #[must_use]
    pub const fn longest(self, longest: Duration) -> Self {
        Self { longest, ..self }
    }

    /// Returns whether a connection that was open is worth another one: it broke, or the peer goes away,
    /// restarts (1012), or asks to come again (1013).
    ///
    /// A normal end, a violation, and a code of the application are final. If only one end sent a close frame, its
    /// code decides: a connection that the application has closed is over, though the peer did not reply.
    pub fn is_worth(ended: &Ended) -> bool {
        let frame = if ended.received.is_present() { ended.received } else { ended.sent };
        match ended.cause {
            Cause::ClosingHandshake => is_temporary(frame),
            Cause::TimedOut(_) | Cause::TransportEnded | Cause::TransportReset => {
                !frame.is_present() || is_temporary(frame)
            }
            Cause::Handshake(_) | Cause::Rejected | Cause::Violation(_) => false,
        }
    }

    /// Returns how long a server wants not to be asked, if it says so: `Retry-After` (RFC 9110, section 10.2.3).
    ///
    /// A date counts from the `Date` of the same response, so that the clocks of client and server need not agree.
    /// With the feature `std` off, dates are ignored.
    ///
    /// ```
    /// use sansocket::client::Response;
    /// use sansocket::connect::Retry;
    ///
    /// /// Returns whether the server is back within a minute.
    /// fn is_short(response: &Response) -> bool {
    ///     Retry::after(response).is_some_and(|delay| delay.as_secs() <= 60)
    /// }
    /// ```
    pub fn after(response: &Response) -> Option<Duration> {
        retry_after(response)
    }

    /// Returns whether a status may be another one later.
    pub(crate) const fn is_temporary_status(status: u16) -> bool {
        matches!(status, 429 | 500 | 502..=504)
    }
}

impl Default for Retry {
    fn default() -> Self {
        Self::NONE
    }
}

fn is_temporary(frame: CloseFrame) -> bool {
    let codes = [
        CloseCode::GOING_AWAY,
        CloseCode::INTERNAL_ERROR,
        CloseCode::SERVICE_RESTART,
        CloseCode::TRY_AGAIN_LATER,
        CloseCode::BAD_GATEWAY,
    ];
    frame.code().is_some_and(|code| codes.contains(&code))
}
