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
pub mod adapters;
mod close;
#[cfg(feature = "alloc")]
mod connection;
#[cfg(feature = "alloc")]
mod control;
mod decoder;
#[cfg(feature = "deflate")]
pub mod deflate;
#[cfg(all(feature = "alloc", not(feature = "deflate")))]
mod deflate;
#[cfg(feature = "alloc")]
mod ending;
#[cfg(feature = "alloc")]
mod entropy;
mod error;
mod frame;
#[cfg(feature = "alloc")]
#[doc(hidden)]
pub mod fuzzing;
#[cfg(feature = "alloc")]
mod handshake;
mod input;
mod limits;
mod mask;
#[cfg(feature = "alloc")]
mod message;
#[cfg(feature = "alloc")]
mod receiver;
#[cfg(feature = "alloc")]
mod sender;
#[cfg(feature = "alloc")]
mod time;
mod utf8;

/// The wire layer: frames, masks and text, without `alloc` and without what connects them.
pub mod wire {
    pub use crate::decoder::{Content, Decoder, Piece};
    pub use crate::frame::{Header, OpCode};
    pub use crate::mask::apply as apply_mask;
    pub use crate::utf8::{Checked, Utf8, Utf8Error};
}

#[cfg(feature = "std")]
pub use adapters::blocking;
#[cfg(feature = "smol")]
pub use adapters::smol;
#[cfg(feature = "rustls")]
pub use adapters::tls;
#[cfg(feature = "tokio")]
pub use adapters::tokio;
pub use close::{Cause, Close, CloseCode, CloseFrame, Ended, Initiator, TimedOut};
#[cfg(feature = "alloc")]
pub use connection::Connection;
#[cfg(feature = "alloc")]
pub use entropy::Seed;
#[cfg(feature = "alloc")]
pub use error::{HandshakeError, HeaderError, UrlError};
pub use error::{ProtocolError, SendError};
pub use frame::{Frame, Kind, Role};
#[cfg(feature = "alloc")]
pub use handshake::{
    Authority, Extension, HeadLimits, Headers, Hosts, Origins, Url, UrlPolicy, client, server,
};
pub use input::Input;
pub use limits::Limits;
#[cfg(feature = "alloc")]
pub use receiver::{Event, Receiver};
#[cfg(feature = "alloc")]
pub use sender::{Message, Sender};
#[cfg(feature = "alloc")]
pub use time::{Deadlines, Instant, Liveness, RoundTrip, Timeouts};
