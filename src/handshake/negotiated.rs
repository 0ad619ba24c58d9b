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
    transport: Transport,
    #[cfg(feature = "deflate")]
    compression: Option<(Agreement, Compression)>,
}

/// What carries the bytes of a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Transport {
    /// A connection of TCP or TLS, or another that carries nothing else.
    #[default]
    Connection,
    /// A stream of HTTP/2 or HTTP/3.
    Stream,
}

impl Negotiated {
    /// Returns that nothing was negotiated.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an agreement on permessage-deflate, and our settings for it.
    ///
    /// ```
    /// use sansocket::Negotiated;
    /// use sansocket::deflate::{Agreement, Compression};
    ///
    /// // What an HTTP library has answered in `Sec-WebSocket-Extensions`.
    /// let agreement = Agreement::parse("permessage-deflate; server_no_context_takeover")
    ///     .expect("the answer is valid");
    /// let negotiated = Negotiated::new().with_compression(agreement, Compression::shared());
    /// # drop(negotiated);
    /// ```
    #[cfg(feature = "deflate")]
    #[must_use]
    pub fn with_compression(mut self, agreement: Agreement, compression: Compression) -> Self {
        self.compression = Some((agreement, compression));
        self
    }

    /// Says that the transport is a stream of HTTP/2 or HTTP/3.
    ///
    /// Each end then ends its direction as soon as both close frames passed (RFC 8441, section 5). On a
    /// connection of its own, a client waits for the server (section 7.1.1).
    #[must_use]
    pub const fn over_stream(mut self) -> Self {
        self.transport = Transport::Stream;
        self
    }

    pub(crate) const fn transport(&self) -> Transport {
        self.transport
    }

    /// Returns the agreement on permessage-deflate, and our settings for it.
    #[cfg(feature = "deflate")]
    pub(crate) const fn compression(&self) -> Option<&(Agreement, Compression)> {
        self.compression.as_ref()
    }
}
