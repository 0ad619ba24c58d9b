//! A connection, from the first byte of its opening handshake to the end of its transport.

mod assembly;
mod backlog;
mod closing;
mod config;
#[expect(clippy::module_inception, reason = "a file is named like its type")]
mod connection;
mod control;
mod deadlines;
mod ended;
mod error;
mod event;
mod found;
mod framer;
mod input;
mod message;
mod opening;
mod output;
mod parser;
mod pending;
mod prepared;
mod receiver;
mod sender;
mod spare;
#[cfg(feature = "std")]
mod std_io;
mod step;
mod suspended;
mod timeouts;
mod timestamp;

#[cfg(feature = "legacy")]
pub(crate) use assembly::Assembly;
pub use backlog::{Backlog, Counts, Overflow, Pushed};
#[cfg(feature = "legacy")]
pub(crate) use closing::{Closing, Ending, State};
pub use config::Config;
pub use connection::Connection;
pub use deadlines::RoundTrip;
#[cfg(feature = "legacy")]
pub(crate) use deadlines::{Deadlines, Phase};
pub use ended::{Cause, CloseFrame, Ended, Initiator, TimedOut};
pub use error::SendError;
pub use event::Event;
#[cfg(feature = "legacy")]
pub(crate) use found::Held;
#[cfg(feature = "std")]
pub(crate) use found::Ready;
pub use input::Input;
pub use message::{Message, OwnedMessage};
#[cfg(feature = "legacy")]
pub(crate) use output::Output;
pub use prepared::Prepared;
pub use receiver::Receiver;
pub use sender::Sender;
pub use spare::Spare;
#[cfg(feature = "__asynchronous")]
pub(crate) use std_io::lend_slices;
#[cfg(all(feature = "legacy", feature = "std"))]
pub(crate) use std_io::retry;
pub use step::Step;
pub use suspended::{Busy, NotSuspended};
pub use timeouts::{Liveness, Timeouts};
pub use timestamp::Timestamp;
