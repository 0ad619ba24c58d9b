//! WebSockets over blocking streams: anything that is [`Read`](std::io::Read) and
//! [`Write`](std::io::Write).

mod opening;
mod socket;
mod stream;
mod tcp;
#[cfg(feature = "rustls")]
mod tls;

pub use super::{Config, Error, Outbox, OwnedMessage, Parts};
#[doc(hidden)]
pub use stream::{Block, Nap};
pub use stream::{Blocking, Stream, Untimed};

/// A WebSocket over a blocking stream.
pub type WebSocket<S> = super::WebSocket<Blocking<S>>;
/// What came first on a blocking stream that a server accepted.
pub type Incoming<S> = super::Incoming<Blocking<S>>;
/// A request for a WebSocket on a blocking stream, which waits for an answer.
pub type Opening<S> = super::Opening<Blocking<S>>;
/// A request on a blocking stream which does not ask for a WebSocket.
pub type HttpRequest<S> = super::HttpRequest<Blocking<S>>;
