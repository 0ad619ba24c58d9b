//! The settings of a connection.

use alloc::sync::Arc;

use super::timeouts::Timeouts;
#[cfg(feature = "deflate")]
use crate::deflate::{Compression, Pool};
use crate::handshake::server::Policy;
use crate::wire::Limits;

/// The settings of a connection: limits, timeouts, policies.
///
/// Connections share one configuration: it is made once, put into an `Arc`, and never changes.
///
/// ```
/// use core::time::Duration;
/// use sansocket::{Config, Limits, Timeouts};
///
/// let config = Config::new()
///     .limits(Limits::new().message(1 << 20))
///     .timeouts(Timeouts::new().idle(Duration::from_secs(60)))
///     .shared();
/// assert_eq!((config.limits.message, config.max_queued), (1 << 20, 64 << 10));
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// Limits on the memory that a peer can make us use.
    pub limits: Limits,
    /// How long to wait for the peer.
    pub timeouts: Timeouts,
    /// Which requests a server passes on to the application. A client ignores it.
    pub policy: Policy,
    /// How many bytes of replies may wait to be written before nothing more is read. Default: 64 KiB.
    ///
    /// The replies to what was read before may be as long again; then no more events are given out. One
    /// message may exceed this.
    ///
    /// Adapters also hold back `send` while this many bytes wait.
    pub max_queued: usize,
    /// Whether messages that arrive after our close frame are discarded. Default: `false`. They are then
    /// validated all the same.
    pub discard_after_close: bool,
    /// How messages are compressed, if the peer agrees. Default: not at all.
    #[cfg(feature = "deflate")]
    pub compression: Option<Compression>,
    /// The pool from which compressors come for connections that take no context over. `None` frees a
    /// compressor after each message. Default: a pool of four.
    #[cfg(feature = "deflate")]
    pub pool: Option<Arc<Pool>>,
}

impl Config {
    /// Returns the defaults.
    pub fn new() -> Self {
        Self {
            limits: Limits::default(),
            timeouts: Timeouts::default(),
            policy: Policy::default(),
            max_queued: 64 << 10,
            discard_after_close: false,
            #[cfg(feature = "deflate")]
            compression: None,
            #[cfg(feature = "deflate")]
            pool: Some(Arc::new(Pool::new(4))),
        }
    }

    /// Sets [`limits`](Self::limits).
    #[must_use]
    pub fn limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Sets [`timeouts`](Self::timeouts).
    #[must_use]
    pub fn timeouts(self, timeouts: Timeouts) -> Self {
        Self { timeouts, ..self }
    }

    /// Sets [`policy`](Self::policy).
    #[must_use]
    pub fn policy(self, policy: Policy) -> Self {
        Self { policy, ..self }
    }

    /// Sets [`max_queued`](Self::max_queued).
    #[must_use]
    pub fn max_queued(self, bytes: usize) -> Self {
        Self { max_queued: bytes, ..self }
    }

    /// Sets [`discard_after_close`](Self::discard_after_close).
    ///
    /// ```
    /// use sansocket::{CloseCode, Config, Connection, Event, Input, Negotiated, Timestamp};
    ///
    /// # let (mut input, now) = (Input::new(vec![0; 64]), Timestamp::default());
    /// let config = Config::new().discard_after_close(true).shared();
    /// let mut server = Connection::open_server(Negotiated::new(), config, now);
    /// server.close(CloseCode::NORMAL, "")?;
    /// server.receive(&mut input, b"\x81\x84\0\0\0\0late\x88\x80\0\0\0\0".to_vec(), now);
    /// assert!(matches!(server.next_event(&mut input), Some(Event::Close(_))));
    /// # Ok::<(), sansocket::SendError>(())
    /// ```
    #[must_use]
    pub fn discard_after_close(self, discard: bool) -> Self {
        Self { discard_after_close: discard, ..self }
    }

    /// Compresses messages, if the peer agrees (RFC 7692).
    ///
    /// ```
    /// use sansocket::client::Request;
    /// use sansocket::deflate::Compression;
    /// use sansocket::{Config, Connection, Seed, Timestamp, Url};
    ///
    /// # let (seed, now) = (Seed::new([7; 32]), Timestamp::default());
    /// let config = Config::new().compression(Compression::dedicated()).shared();
    /// let request = Request::new(Url::parse("ws://example.com")?);
    /// let mut client = Connection::client(request, config, seed, now);
    /// let head = String::from_utf8_lossy(client.transmit()).into_owned();
    /// assert!(head.contains("Sec-WebSocket-Extensions: permessage-deflate"));
    /// # Ok::<(), sansocket::UrlError>(())
    /// ```
    #[cfg(feature = "deflate")]
    #[must_use]
    pub fn compression(self, compression: Compression) -> Self {
        Self { compression: Some(compression), ..self }
    }

    /// Sets [`pool`](Self::pool).
    #[cfg(feature = "deflate")]
    #[must_use]
    pub fn pool(self, pool: impl Into<Option<Arc<Pool>>>) -> Self {
        Self { pool: pool.into(), ..self }
    }

    /// Puts the configuration into an `Arc`, as connections take it.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use sansocket::{Config, Connection, Timestamp};
    ///
    /// let config = Config::new().shared();
    /// let connections: Vec<_> = (0..3)
    ///     .map(|_| Connection::server(Arc::clone(&config), Timestamp::default()))
    ///     .collect();
    /// assert_eq!(Arc::strong_count(&config), 4);
    /// # drop(connections);
    /// ```
    pub fn shared(self) -> Arc<Self> {
        Arc::new(self)
    }
}

impl Default for Config {
    fn default() -> Self {
        Self::new()
    }
}
