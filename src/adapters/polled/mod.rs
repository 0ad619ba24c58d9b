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
mod connect;
mod halves;
mod incoming;
mod io;
mod link;
mod message_reader;
mod message_writer;
#[cfg(any(feature = "smol", feature = "tokio"))]
mod runtime;
mod sending;
mod streams;
mod turn;
mod waiting;
mod websocket;

#[cfg(any(feature = "smol", feature = "tokio"))]
pub(super) use connect::{connect, race};
pub use halves::{Reader, Writer};
pub use incoming::{HttpRequest, Incoming, Opening};
pub use io::Io;
pub use message_reader::MessageReader;
pub use message_writer::MessageWriter;
#[cfg(any(feature = "smol-rustls", feature = "tokio-rustls"))]
pub(super) use runtime::connect_tls;
#[cfg(any(feature = "smol", feature = "tokio"))]
pub(super) use runtime::runtime;
pub use websocket::WebSocket;
