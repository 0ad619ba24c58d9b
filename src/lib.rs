//! A WebSocket without the socket (placeholder docs).
#![no_std]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod close;
#[cfg(feature = "alloc")]
mod connection;
#[cfg(feature = "alloc")]
mod entropy;
mod error;
mod frame;
#[cfg(feature = "alloc")]
mod handshake;
mod input;
#[cfg(feature = "alloc")]
mod limits;

pub use close::{Cause, Close, CloseCode, CloseFrame, Ended, Initiator, TimedOut};
#[cfg(feature = "alloc")]
pub use connection::Connection;
#[cfg(feature = "alloc")]
pub use entropy::Seed;
pub use error::{ProtocolError, SendError};
pub use frame::Role;
#[cfg(feature = "alloc")]
pub use handshake::{client, server};
pub use input::Input;
#[cfg(feature = "alloc")]
pub use limits::Limits;
