//! WebSockets over streams that are polled, for any runtime.
//!
//! ```text
//! WebSocket ──────────▶ Turn ─▶ Link ─▶ Io: the stream and the timers of a runtime
//! Reader, Writer ─▶ Shared ┘              what is polled, and what must wake whom
//! ```
//!
//! A runtime adds an [`Io`]: how to read, write and sleep. [`tokio`](crate::tokio) and
//! [`smol`](crate::smol) do so, and name the types here for their streams.

#[cfg(any(feature = "smol", feature = "tokio"))]
mod dialing;
mod halves;
mod hub;
mod incoming;
mod io;
mod link;
#[cfg(any(feature = "smol", feature = "tokio"))]
mod maybe_tls;
mod message_reader;
mod message_writer;
mod presence;
#[cfg(any(feature = "smol", feature = "tokio"))]
mod race;
#[cfg(any(feature = "smol", feature = "tokio"))]
mod reconnect;
#[cfg(any(feature = "smol", feature = "tokio"))]
mod runtime;
mod sending;
mod streams;
mod turn;
mod waiting;
mod websocket;

#[cfg(any(feature = "smol", feature = "tokio"))]
pub(super) use dialing::{Transport, connect, open};
pub use halves::{Reader, Writer};
pub use hub::{Hub, Membership};
pub use incoming::{HttpRequest, Incoming, Opening};
pub use io::Io;
#[cfg(any(feature = "smol", feature = "tokio"))]
pub(super) use maybe_tls::maybe_tls;
pub use message_reader::MessageReader;
pub use message_writer::MessageWriter;
pub use presence::{Change, Presence};
#[cfg(all(test, feature = "smol", feature = "tokio"))]
pub(super) use race::race;
#[cfg(any(feature = "smol", feature = "tokio"))]
pub use reconnect::Reconnect;
#[cfg(any(feature = "smol", feature = "tokio"))]
pub(super) use runtime::runtime;
pub use websocket::WebSocket;
