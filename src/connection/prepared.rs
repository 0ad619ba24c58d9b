//! A message that is prepared once, for any number of connections.

use alloc::sync::Arc;

#[cfg(feature = "deflate")]
use super::config::Config;
use crate::deflate::Frames;
use crate::wire::Kind;

/// A message to everybody: validated, framed and compressed once, and sent by any number of connections.
///
/// A clone shares the memory. Connections and threads can send the same prepared message at the same time:
/// `send(&prepared)` queues its frame, and shares a frame of at least 16 KiB instead of copying it. A client copies
/// and masks the payload.
///
/// The first connection that compresses messages compresses the prepared one, for all connections with the same
/// [`level`](crate::deflate::Compression::level), [`memory`](crate::deflate::Compression::memory) and, if the message
/// is longer than the window, the same window. This needs nothing from the peer, whatever was negotiated.
///
/// A context that is taken over goes on: before a connection compresses another message, its compressor learns the
/// prepared messages, up to one window and at least the last 16 of them. A connection that sends prepared messages
/// only never allocates a compressor. Until it compresses another message, it keeps those messages allocated, at most
/// 120 KiB of text, in a list that it shares with connections that send the same. More than a window of them takes the
/// place of the context, and frees the compressor.
///
/// ```
/// use sansocket::{Config, Connection, Negotiated, Prepared, Timestamp};
///
/// let (config, now) = (Config::new().shared(), Timestamp::default());
/// let new = || Connection::open_server(Negotiated::new(), config.clone(), now);
/// let mut members = [new(), new(), new()];
///
/// let news = Prepared::new("to everybody");
/// for member in &mut members {
///     member.send(&news)?;
///     assert_eq!(member.transmit(), b"\x81\x0cto everybody");
/// }
/// # Ok::<(), sansocket::SendError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Prepared(Arc<Frames>);

impl Prepared {
    /// Compresses the message now, as connections with this configuration send it to most peers.
    ///
    /// Without this call, the first connection that needs it compresses it. Does nothing if the configuration has no
    /// compression, or for a message that is shorter than its
    /// [`threshold`](crate::deflate::Compression::threshold).
    ///
    /// ```
    /// use sansocket::deflate::Compression;
    /// use sansocket::{Config, Prepared};
    ///
    /// let config = Config::new().compression(Compression::dedicated());
    /// let news = Prepared::new("news ".repeat(100));
    /// news.compress(&config); // For example on a thread of its own.
    /// ```
    #[cfg(feature = "deflate")]
    pub fn compress(&self, config: &Config) {
        if let Some(compression) = &config.compression
            && self.len() >= compression.threshold
        {
            let shape = crate::deflate::Shape::new(15, compression);
            self.0.compressed(shape, config.pool.as_deref());
        }
    }

    /// Returns the kind of the message.
    pub fn kind(&self) -> Kind {
        self.0.kind()
    }

    /// Returns the payload.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.payload()
    }

    /// Returns the length of the payload in bytes.
    pub fn len(&self) -> usize {
        self.as_bytes().len()
    }

    /// Returns whether the payload is empty.
    pub fn is_empty(&self) -> bool {
        self.as_bytes().is_empty()
    }

    pub(super) fn from_payload(kind: Kind, payload: &[u8]) -> Self {
        Self(Arc::new(Frames::new(kind, payload)))
    }

    pub(super) const fn frames(&self) -> &Arc<Frames> {
        &self.0
    }
}

/// Messages are equal if their kinds and payloads are.
impl PartialEq for Prepared {
    fn eq(&self, other: &Self) -> bool {
        self.kind() == other.kind() && self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Prepared {}
