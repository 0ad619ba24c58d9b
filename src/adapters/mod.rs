//! Adapters, each of which only moves bytes between a stream and the two halves of a connection.
//!
//! What they have in common stands here once; each names it with its own kind of transport, so that
//! [`blocking::WebSocket`] over a stream is a [`WebSocket`] over [`blocking::Blocking`] of it.

pub mod asynchronous;
mod config;
mod driver;
mod error;
mod message;
mod opening;
mod outbox;
mod socket;
mod storage;
#[cfg(feature = "rustls")]
pub mod tls;

pub mod blocking;
#[cfg(feature = "smol")]
pub mod smol;
#[cfg(feature = "tokio")]
pub mod tokio;

pub use config::Config;
pub use error::Error;
pub use message::OwnedMessage;
pub use opening::{HttpRequest, Incoming, Opening};
pub use outbox::Outbox;
pub use socket::{Parts, Transport, WebSocket};
