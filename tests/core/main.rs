//! The core without adapters: the opening handshake, an open connection, messages, limits and memory.

mod attacks;
mod backlog;
mod bounds;
mod client_handshake;
mod closing;
#[cfg(feature = "deflate")]
mod compression;
#[cfg(feature = "deflate")]
mod compression_memory;
mod connect;
mod corpus;
mod extended_connect;
mod fragmentation;
mod framing;
#[cfg(feature = "http")]
mod http;
mod invariants;
mod keepalive;
#[cfg(feature = "legacy")]
mod legacy;
mod lent;
mod limits;
mod long_frames;
mod machine;
mod masking;
mod memory;
mod opening_timeouts;
mod prepared;
mod properties;
#[cfg(feature = "deflate")]
mod properties_deflate;
mod properties_handshake;
mod sending;
mod server_handshake;
mod settings;
mod shown;
#[cfg(feature = "std")]
mod std_io;
mod support;
mod suspended;
mod text;
mod types;
mod url;
