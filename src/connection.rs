use crate::entropy::Keys;
use crate::{Limits, Role, Seed};

/// An open WebSocket connection (placeholder, replaced while the handshake is written beside it).
#[derive(Debug)]
pub struct Connection {
    /// placeholder
    pub role: Role,
    keys: Option<Keys>,
    limits: Limits,
}

impl Connection {
    /// The server's end of a connection whose opening handshake was done elsewhere.
    pub fn server(limits: Limits) -> Self {
        Self { role: Role::Server, keys: None, limits }
    }

    /// The client's end of a connection whose opening handshake was done elsewhere.
    pub fn client(limits: Limits, seed: Seed) -> Self {
        Self::client_with(limits, Keys::new(seed))
    }

    pub(crate) fn client_with(limits: Limits, keys: Keys) -> Self {
        Self { role: Role::Client, keys: Some(keys), limits }
    }
}
