//! All tests of the core as one program, which is soon built: see `README.md` beside this.
//!
//! What starts processes, opens sockets or is about an adapter is left out.
#![allow(clippy::duplicate_mod, reason = "each file of tests is a program of its own, too")]

#[path = "../attacks/main.rs"]
mod attacks;
#[path = "../bounds.rs"]
mod bounds;
#[path = "../client_handshake.rs"]
mod client_handshake;
#[path = "../closing.rs"]
mod closing;
#[path = "../compression/main.rs"]
mod compression;
#[path = "../compression_memory.rs"]
mod compression_memory;
#[path = "../corpus.rs"]
mod corpus;
#[path = "../fixed_buffer.rs"]
mod fixed_buffer_echo;
#[path = "../fragmentation.rs"]
mod fragmentation;
#[path = "../framing.rs"]
mod framing;
#[path = "../http.rs"]
mod http;
#[path = "../invariants.rs"]
mod invariants;
#[path = "../keepalive.rs"]
mod keepalive;
#[path = "../limits.rs"]
mod limits;
#[path = "../long_frames.rs"]
mod long_frames;
#[path = "../masking.rs"]
mod masking;
#[path = "../memory.rs"]
mod memory;
#[path = "../properties.rs"]
mod properties;
#[path = "../properties_deflate.rs"]
mod properties_deflate;
#[path = "../properties_handshake.rs"]
mod properties_handshake;
#[path = "../sending.rs"]
mod sending;
#[path = "../server_handshake.rs"]
mod server_handshake;
#[path = "../text.rs"]
mod text;
#[path = "../types.rs"]
mod types;
#[path = "../url.rs"]
mod url;
#[path = "../wire.rs"]
mod wire;
