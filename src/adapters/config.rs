use crate::limits::Limits;
use crate::time::Timeouts;

/// What the caller grants a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Config {
    /// How much memory the peer may make us use.
    pub limits: Limits,
    /// How long to wait for the peer.
    pub timeouts: Timeouts,
    /// How many bytes may wait to be written before an asynchronous `send` waits. 64 KiB unless set. One
    /// message may go beyond it.
    ///
    /// Of a peer that does not take what was put into an [`Outbox`](super::Outbox), nothing more is
    /// read once so many bytes of that wait, so that it cannot make us use more memory than for the
    /// replies to one read.
    pub max_queued: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self { limits: Limits::default(), timeouts: Timeouts::default(), max_queued: 64 << 10 }
    }
}
