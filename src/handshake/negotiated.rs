//! [`Negotiated`]: the result of an opening handshake.

#[cfg(feature = "deflate")]
use crate::deflate::{Agreement, Compression};

/// The properties of a connection on which both ends agreed in the opening handshake.
///
/// A [`Connection`](crate::Connection) that does the handshake itself needs none. It is for handshakes that
/// were done elsewhere, by an HTTP library or over HTTP/2.
///
/// ```
/// use sansocket::{Config, Connection, Negotiated, Timestamp};
///
/// let config = Config::new().shared();
/// let connection = Connection::open_server(Negotiated::new(), config, Timestamp::default());
/// assert!(connection.is_open());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Negotiated {
    #[cfg(feature = "deflate")]
    compression: Option<(Agreement, Compression)>,
}

impl Negotiated {
    /// Returns that nothing was negotiated.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an agreement on permessage-deflate, and our settings for it.
    #[cfg(feature = "deflate")]
    #[must_use]
    pub fn with_compression(self, agreement: Agreement, compression: Compression) -> Self {
        Self { compression: Some((agreement, compression)) }
    }

    /// Returns the agreement on permessage-deflate, and our settings for it.
    #[cfg(feature = "deflate")]
    pub(crate) const fn compression(&self) -> Option<&(Agreement, Compression)> {
        self.compression.as_ref()
    }
}
