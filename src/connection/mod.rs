//! A connection, from the first byte of its opening handshake to the end of its transport.

mod assembly;
mod closing;
mod control;
mod deadlines;
mod ended;
mod error;
mod framer;
mod halves;
mod input;
mod message;
mod parser;
mod timestamp;

pub use deadlines::{Deadlines, Liveness, RoundTrip, Timeouts};
pub use ended::{Cause, CloseFrame, Ended, Initiator, TimedOut};
pub use error::SendError;
pub use framer::Sender;
pub use halves::Connection;
pub use input::Input;
pub use message::Message;
pub use parser::{Event, Receiver};
pub use timestamp::Instant;
