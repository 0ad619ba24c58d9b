//! WebSockets over blocking streams: anything that is [`Read`](std::io::Read) and [`Write`](std::io::Write).
//!
//! ```no_run
//! use sansocket::blocking::WebSocket;
//! use sansocket::{Config, Error};
//!
//! fn greet() -> Result<(), Error> {
//!     let mut socket = WebSocket::connect("ws://localhost:9001/", Config::new().shared())?;
//!     socket.send("hello")?;
//!     println!("{:?}", socket.receive()?);
//!     socket.close(None, "")
//! }
//! ```
//!
//! A call blocks until it is done, but not longer than the [`Timeouts`](crate::Timeouts) of the connection
//! allow. Over a stream that does not block, calls fail with an [`Io`](crate::Error::Io) error of kind `WouldBlock`.
//! Nothing is lost then: make the call again, but [`flush`](WebSocket::flush) instead of sending again.

mod connect;
mod incoming;
mod link;
mod maybe_tls;
mod message_reader;
mod message_writer;
mod port;
mod split;
mod stream;
mod tcp;
#[cfg(feature = "rustls")]
mod tls;
mod turn;
mod web_socket;

pub use connect::{Blocking, Connect};
pub use incoming::{HttpRequest, Incoming, Opening};
pub use maybe_tls::{MaybeTls, MaybeTlsHalf};
pub use message_reader::MessageReader;
pub use message_writer::MessageWriter;
#[cfg(feature = "legacy")]
pub(crate) use port::Port;
pub use split::{Reader, Writer};
pub use stream::{Socket, Split, Stream, Untimed};
#[cfg(feature = "rustls")]
pub use tls::TlsHalf;
pub use web_socket::WebSocket;
