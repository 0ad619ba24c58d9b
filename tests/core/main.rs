//! The core without adapters: the opening handshake, an open connection, messages, limits and memory.

mod corpus;
mod properties;
#[cfg(feature = "deflate")]
mod properties_deflate;
