//! The connections that get the messages.

mod hub;
mod peers;
mod sansocket;

use std::error::Error;

pub(crate) use hub::HubMembers;
pub(crate) use peers::{FastWebsockets, TokioWebsockets, Tungstenite, Yawc};
pub(crate) use sansocket::{Backlogs, Plain, Send};

/// Servers' ends of connections, in memory.
pub(crate) trait Members {
    /// Queues a text in each of them, as an application does that has it as a string.
    fn broadcast(&mut self, text: &str) -> Result<(), Box<dyn Error>>;

    /// Writes what is queued.
    fn write(&mut self) -> Result<(), Box<dyn Error>>;

    fn count(&self) -> usize;
}
