//! Compressed messages: RFC 7692, and section 10 of the catalogue.

#![cfg(feature = "deflate")]
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod contexts;
#[path = "../support/handshake.rs"]
mod handshake;
mod limits;
mod messages;
mod negotiation;
mod peer;
mod sending;
#[path = "../support/mod.rs"]
mod support;
