//! The opening handshake: RFC 6455, section 4.
//!
//! A file uses only those above it.

mod error;
mod scan;
mod token;

mod accept;
mod host;
mod list;
mod name;
mod negotiated;
mod origin;
mod url;
mod version;

mod extension;
mod head;
mod lines;

#[cfg(feature = "deflate")]
mod compression;
mod content_length;
mod response;

mod body;

pub mod client;
pub mod server;

#[cfg(feature = "http")]
mod http;

pub use error::{HandshakeError, HeaderError, UrlError};
pub use extension::Extension;
pub use head::{HeadLimits, Headers};
pub use host::{Authority, Hosts};
pub use negotiated::Negotiated;
pub use origin::Origins;
pub use url::{Url, UrlPolicy};
