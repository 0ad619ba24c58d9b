//! [`Negotiated`]: the result of an opening handshake.

use crate::connection::Connection;
#[cfg(feature = "deflate")]
use crate::deflate::{Agreement, Compression};

/// The properties of a connection on which both ends agreed in the opening handshake.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Negotiated {
    /// The agreement on permessage-deflate, and our settings for it.
    #[cfg(feature = "deflate")]
    pub(crate) deflate: Option<(Agreement, Compression)>,
}

impl Negotiated {
    /// Applies the agreement to a new connection.
    #[cfg_attr(
        not(feature = "deflate"),
        expect(clippy::unused_self, unused_mut, reason = "nothing is negotiated")
    )]
    pub(crate) fn apply(self, mut connection: Connection) -> Connection {
        #[cfg(feature = "deflate")]
        if let Some((agreement, compression)) = &self.deflate {
            connection.compress(*agreement, compression);
        }
        connection
    }
}
