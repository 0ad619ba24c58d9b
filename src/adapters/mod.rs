//! Adapters, each of which only moves bytes between a stream and the two halves of a connection.

pub mod blocking;
mod error;
mod message;
mod outbox;
