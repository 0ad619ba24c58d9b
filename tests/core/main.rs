//! The core without adapters: the opening handshake, an open connection, messages, limits and memory.

mod closing;
mod corpus;
mod fragmentation;
mod framing;
mod invariants;

mod limits;
mod masking;
mod properties;
#[cfg(feature = "deflate")]
mod properties_deflate;
mod sending;
mod support;
mod text;
