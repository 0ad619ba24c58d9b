//! What WebSockets over asynchronous streams have in common, whatever the runtime.

mod io;
mod opening;
mod pool;
mod socket;
mod split;
mod stream;
mod waiting;
mod wire;

pub use io::{Async, Io};
pub use split::{Reader, Writer};
