//! A connection, from the first byte of its opening handshake to the end of its transport.

mod assembly;
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
mod receiver;
mod sender;
mod spare;
#[cfg(feature = "std")]
mod std_io;
mod step;
mod timeouts;
mod timestamp;

pub use config::Config;
pub use connection::Connection;
pub use deadlines::RoundTrip;
pub use ended::{Cause, CloseFrame, Ended, Initiator, TimedOut};
pub use error::SendError;
pub use event::Event;
pub use input::Input;
pub use message::{Message, OwnedMessage};
pub use receiver::Receiver;
pub use sender::Sender;
pub use spare::Spare;
pub use step::Step;
pub use timeouts::{Liveness, Timeouts};
pub use timestamp::Timestamp;
