use std::sync::Arc;
use std::time::Duration;

#[cfg(feature = "deflate")]
use sansocket::deflate::{Agreement, Compression};
use sansocket::{Config, Connection, Kind, Limits, Negotiated, Role, Seed, Timestamp};

use crate::changed::changed;

/// The time of all that takes no time.
pub const START: Timestamp = Timestamp::new(Duration::ZERO);

/// An end of a connection, and what its application does.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    /// Which end.
    pub role: Role,
    /// The limits.
    pub limits: Limits,
    /// Whether messages are delivered in parts.
    pub is_streaming: bool,
    /// Whether each message is sent back.
    pub is_echoing: bool,
    /// Whether the output is written after each event, rather than at the end of all input.
    pub is_prompt: bool,
    /// Whether each event is looked for before it is taken.
    pub is_advancing: bool,
    /// After how many events the application closes.
    pub closes_after: Option<usize>,
    /// Whether messages that come after our close frame are discarded.
    pub discards: bool,
    /// Which messages are rejected.
    pub refuses: Option<Kind>,
    /// How many bytes of replies may wait before no more events are given out.
    pub max_queued: usize,
    /// How both ends agreed to compress, and how this end does so.
    #[cfg(feature = "deflate")]
    pub compression: Option<(Agreement, Compression)>,
}

impl Setup {
    /// Returns this end with the default limits. Its application only listens.
    pub fn new(role: Role) -> Self {
        Self {
            role,
            limits: Limits::default(),
            is_streaming: false,
            is_echoing: false,
            is_prompt: false,
            is_advancing: false,
            closes_after: None,
            discards: false,
            refuses: None,
            max_queued: usize::MAX,
            #[cfg(feature = "deflate")]
            compression: None,
        }
    }

    /// Returns an open connection of this setup.
    pub fn connect(&self) -> Connection {
        self.connect_with(self.config())
    }

    /// Returns an open connection of this setup that shares a [configuration](Self::config).
    pub fn connect_with(&self, config: Arc<Config>) -> Connection {
        let mut connection = match self.role {
            Role::Client => {
                Connection::open_client(self.negotiated(), config, Seed::new([7; 32]), START)
            }
            Role::Server => Connection::open_server(self.negotiated(), config, START),
        };
        connection.set_streaming(self.is_streaming);
        if let Some(kind) = self.refuses {
            connection.reject_kind(kind);
        }
        connection
    }

    /// Returns the configuration of this setup.
    pub fn config(&self) -> Arc<Config> {
        changed(|config: &mut Config| {
            config.limits = self.limits;
            config.max_queued = self.max_queued;
            config.discard_after_close = self.discards;
        })
        .shared()
    }

    fn negotiated(&self) -> Negotiated {
        #[cfg(feature = "deflate")]
        if let Some((agreement, compression)) = self.compression {
            return Negotiated::new().with_compression(agreement, compression);
        }
        Negotiated::new()
    }
}
