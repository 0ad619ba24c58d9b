//! What WebSockets have in common, whatever moves their bytes: each is polled.
//!
//! A runtime adds how to read, write and sleep ([`Io`]). A blocking stream is one more, whose polls
//! block; only the surface of its WebSocket differs.

#[cfg(feature = "__asynchronous")]
mod in_time;
mod io;
mod opening;
mod socket;
mod split;
#[cfg(feature = "__asynchronous")]
mod stream;
mod waiting;
mod wire;

#[cfg(feature = "__asynchronous")]
pub(crate) use in_time::in_time;
pub(in crate::adapters) use io::Step;
pub use io::{Async, Io, Polled};
pub use split::{Reader, Writer};
