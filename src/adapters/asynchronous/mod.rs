//! What WebSockets over asynchronous streams have in common, whatever the runtime.

mod io;
mod opening;
mod pool;
mod socket;
mod split;
#[cfg(feature = "__asynchronous")]
mod stream;
mod waiting;
mod wire;

pub(in crate::adapters) use io::Step;
pub use io::{Async, Io, Polled};
pub use split::{Reader, Writer};
