//! How long to wait for the peer.

use core::time::Duration;

/// How long a connection waits for the peer in each phase.
///
/// Each setter takes a `Duration`, or `None` to disable the timeout.
///
/// ```
/// use core::time::Duration;
/// use sansocket::{Liveness, Timeouts};
///
/// let timeouts = Timeouts::new()
///     .idle(Duration::from_secs(60))
///     .decision(None)
///     .liveness(Liveness::Pong);
/// assert_eq!(timeouts.close, Some(Duration::from_secs(10)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timeouts {
    /// For the opening handshake, and for connecting before it where an adapter does that. The time that
    /// the application takes to decide does not count. Default: 10 s.
    pub opening: Option<Duration>,
    /// For the application to decide on a request. The client then gets status 503. Default: 60 s.
    pub decision: Option<Duration>,
    /// For the rest of the body when a server answers with another status than 101. Then
    /// [`Event::Rejected`](crate::Event::Rejected) comes with the part that arrived. Default: 1 s.
    pub body: Option<Duration>,
    /// For any byte, before a ping is sent. `None` sends no pings. Default: 30 s.
    pub idle: Option<Duration>,
    /// For the answer to that ping. Default: 20 s.
    pub pong: Option<Duration>,
    /// For the peer's close frame after ours. Default: 10 s.
    pub close: Option<Duration>,
    /// For each step of the end: for the peer to take some of our last bytes, and then to end the
    /// transport. Default: 5 s.
    pub end: Option<Duration>,
    /// The proof that the peer is alive. Default: any byte.
    pub liveness: Liveness,
}

/// The proof that the peer is alive.
///
/// ```
/// use core::time::Duration;
/// use sansocket::{Config, Connection, Input, Liveness, Negotiated, Timeouts, Timestamp};
///
/// let timeouts = Timeouts::new().idle(Duration::from_secs(30)).liveness(Liveness::Pong);
/// let config = Config::new().timeouts(timeouts).shared();
/// # let (mut input, start) = (Input::new(vec![0; 64]), Timestamp::default());
/// let mut server = Connection::open_server(Negotiated::new(), config, start);
///
/// // A message does not put off the ping.
/// server.receive(&mut input, b"\x81\x80\0\0\0\0".to_vec(), start + Duration::from_secs(20));
/// assert!(server.next_event(&mut input).is_some());
/// assert_eq!(server.poll_timeout(), Some(start + Duration::from_secs(30)));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Liveness {
    /// Any byte that it sends.
    #[default]
    Input,
    /// Only the answer to a keepalive ping, which proves that it reads, too. Pings are then sent in any
    /// case.
    Pong,
}

impl Timeouts {
    /// Returns the defaults.
    pub const fn new() -> Self {
        const fn seconds(count: u64) -> Option<Duration> {
            Some(Duration::from_secs(count))
        }
        Self {
            opening: seconds(10),
            decision: seconds(60),
            body: seconds(1),
            idle: seconds(30),
            pong: seconds(20),
            close: seconds(10),
            end: seconds(5),
            liveness: Liveness::Input,
        }
    }

    /// Sets [`opening`](Self::opening).
    #[must_use]
    pub fn opening(self, timeout: impl Into<Option<Duration>>) -> Self {
        Self { opening: timeout.into(), ..self }
    }

    /// Sets [`decision`](Self::decision).
    #[must_use]
    pub fn decision(self, timeout: impl Into<Option<Duration>>) -> Self {
        Self { decision: timeout.into(), ..self }
    }

    /// Sets [`body`](Self::body).
    #[must_use]
    pub fn body(self, timeout: impl Into<Option<Duration>>) -> Self {
        Self { body: timeout.into(), ..self }
    }

    /// Sets [`idle`](Self::idle).
    #[must_use]
    pub fn idle(self, timeout: impl Into<Option<Duration>>) -> Self {
        Self { idle: timeout.into(), ..self }
    }

    /// Sets [`pong`](Self::pong).
    #[must_use]
    pub fn pong(self, timeout: impl Into<Option<Duration>>) -> Self {
        Self { pong: timeout.into(), ..self }
    }

    /// Sets [`close`](Self::close).
    #[must_use]
    pub fn close(self, timeout: impl Into<Option<Duration>>) -> Self {
        Self { close: timeout.into(), ..self }
    }

    /// Sets [`end`](Self::end).
    #[must_use]
    pub fn end(self, timeout: impl Into<Option<Duration>>) -> Self {
        Self { end: timeout.into(), ..self }
    }

    /// Sets [`liveness`](Self::liveness).
    #[must_use]
    pub const fn liveness(self, liveness: Liveness) -> Self {
        Self { liveness, ..self }
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        Self::new()
    }
}
