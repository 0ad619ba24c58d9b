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
#[doc(hidden)]
pub mod fuzzing_handshake;
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
#[cfg(feature = "alloc")]
pub use error::{HandshakeError, HeaderError, UrlError};
pub use error::{ProtocolError, SendError};
pub use frame::Role;
#[cfg(feature = "alloc")]
pub use handshake::{
    Authority, Extension, HeadLimits, Headers, Hosts, Origins, Url, UrlPolicy, client, server,
};
pub use input::Input;
#[cfg(feature = "alloc")]
pub use limits::Limits;
