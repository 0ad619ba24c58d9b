//! A WebSocket without the socket: a pure state machine for RFC 6455, and thin adapters that drive it.
//!
//! Unless another RFC is named, sections are those of
//! [RFC 6455](https://www.rfc-editor.org/rfc/rfc6455).
#![cfg_attr(feature = "std", doc = "", doc = include_str!("../README.md"))]
#![no_std]
// Not in Cargo.toml, since examples and tests have `std`, pass over events, and may fail.
#![warn(
    clippy::alloc_instead_of_core,
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm
)]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

#[cfg(feature = "std")]
mod adapters;
#[cfg(feature = "alloc")]
pub mod auth;
#[cfg(feature = "alloc")]
pub mod connect;
#[cfg(feature = "alloc")]
mod connection;
#[cfg(feature = "deflate")]
pub mod deflate;
#[cfg(all(feature = "alloc", not(feature = "deflate")))]
mod deflate;
// Its examples run in `tests/guide`, which has the libraries that they show.
#[cfg(all(doc, not(doctest)))]
pub mod guide;
#[cfg(feature = "alloc")]
mod handshake;
pub mod wire;

#[cfg(feature = "h2")]
pub use adapters::h2;
#[cfg(feature = "__asynchronous")]
pub use adapters::polled;
#[cfg(feature = "smol")]
pub use adapters::smol;
#[cfg(feature = "rustls")]
pub use adapters::tls;
#[cfg(feature = "tokio")]
pub use adapters::tokio;
#[cfg(feature = "std")]
pub use adapters::{Error, blocking};
#[cfg(feature = "alloc")]
pub use connection::{
    Cause, CloseFrame, Config, Connection, Ended, Event, Initiator, Input, Liveness, Message,
    OwnedMessage, Receiver, RoundTrip, SendError, Sender, Spare, Step, TimedOut, Timeouts,
    Timestamp,
};
#[cfg(feature = "alloc")]
pub use handshake::{
    Authority, Extension, Fields, HandshakeError, HandshakeLimits, HeadError, HeaderError, Headers,
    Negotiated, Url, UrlError, UrlPolicy, client, server,
};
pub use wire::close::Close;
pub use wire::close_code::CloseCode;
#[cfg(feature = "alloc")]
pub use wire::entropy::Seed;
pub use wire::error::ProtocolError;
pub use wire::frame::{Kind, Role};
pub use wire::limits::Limits;
