use crate::connection::Timeouts;
#[cfg(feature = "deflate")]
use crate::deflate::Compression;
use crate::handshake::{client, server};
use crate::wire::Limits;

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
    /// How to compress messages, if the peer agrees. Not unless set.
    #[cfg(feature = "deflate")]
    pub compression: Option<Compression>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            timeouts: Timeouts::default(),
            max_queued: 64 << 10,
            #[cfg(feature = "deflate")]
            compression: None,
        }
    }
}

impl Config {
    /// Offers what is granted to a server.
    #[cfg_attr(not(feature = "deflate"), expect(clippy::unused_self, reason = "nothing to offer"))]
    pub(super) const fn offer(&self, _request: &mut client::Request<'_>) {
        #[cfg(feature = "deflate")]
        if let Some(compression) = &self.compression {
            _request.compress(compression);
        }
    }

    /// Agrees to what a client offers, if it is granted.
    #[cfg_attr(
        not(feature = "deflate"),
        expect(clippy::unused_self, reason = "nothing to agree to")
    )]
    pub(super) fn agree(&self, _request: &mut server::Request) {
        #[cfg(feature = "deflate")]
        if let Some(compression) = &self.compression {
            _request.compress(compression);
        }
    }
}
