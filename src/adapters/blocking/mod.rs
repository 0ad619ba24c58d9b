//! WebSockets over blocking streams: anything that is [`Read`](std::io::Read) and
//! [`Write`](std::io::Write).

mod config;
mod linger;
mod opening;
mod socket;
mod wire;

pub use config::{Config, Hooks};
pub use linger::linger;
pub use opening::{HttpRequest, Incoming, Opening};
pub use socket::{Parts, WebSocket};
