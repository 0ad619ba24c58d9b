//! WebSockets over blocking streams: anything that is [`Read`](std::io::Read) and
//! [`Write`](std::io::Write).

mod config;
mod linger;
mod opening;
mod socket;
mod wire;

pub use super::error::Error;
pub use super::message::OwnedMessage;
pub use super::outbox::Outbox;
pub use config::{Config, Hooks};
pub use linger::linger;
pub use opening::{HttpRequest, Incoming, Opening};
pub use socket::{Parts, WebSocket};
