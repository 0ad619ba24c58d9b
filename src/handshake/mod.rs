//! The opening handshake: RFC 6455, section 4.

pub mod client;
pub mod server;
