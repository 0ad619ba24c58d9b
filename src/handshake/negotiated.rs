//! What both ends agreed on.

#[cfg(feature = "deflate")]
use crate::deflate::{Agreement, Compression};

/// What both ends agreed on in an opening handshake.
#[derive(Clone, Debug, Default)]
pub struct Negotiated {
    #[cfg(feature = "deflate")]
    compression: Option<(Agreement, Compression)>,
}

impl Negotiated {
    /// Returns that nothing was agreed on.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds how messages are compressed.
    #[cfg(feature = "deflate")]
    #[must_use]
    pub fn with_compression(self, agreement: Agreement, compression: Compression) -> Self {
        Self { compression: Some((agreement, compression)) }
    }

    /// How messages are compressed.
    #[cfg(feature = "deflate")]
    pub(crate) const fn compression(&self) -> Option<&(Agreement, Compression)> {
        self.compression.as_ref()
    }
}
