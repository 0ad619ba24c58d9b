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
    /// How many bytes may wait to be written before an asynchronous `send` waits, and nothing more is
    /// read from a peer that does not take what we owe it. 64 KiB unless set. One message may go
    /// beyond it.
    pub max_queued: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self { limits: Limits::default(), timeouts: Timeouts::default(), max_queued: 64 << 10 }
    }
}
