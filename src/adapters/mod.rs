//! Adapters, each of which only moves bytes between a stream and a connection.

pub mod blocking;
mod error;
mod storage;
#[cfg(feature = "rustls")]
pub mod tls;

pub use crate::connection::OwnedMessage;
pub use error::Error;
