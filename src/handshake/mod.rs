//! The opening handshake (section 4).
//!
//! | file | contains |
//! |---|---|
//! | `head`, `headers`, `line` | the search for a head, and its parts |
//! | `request_line`, `status_line`, `target` | the first lines |
//! | `fields` | the heads of HTTP/2 and HTTP/3 |
//! | `policy`, `hosts`, `origins` | the rules of a server |
//! | `server`, `client` | the two roles |
//! | `negotiated` | what both ends agreed on |
//!
//! Each file uses only those above it in the list below.

mod head_error;
mod request_error;
mod response_error;

mod error;

pub(crate) mod text;
pub(crate) mod token;

mod accept;
pub(crate) mod host;
mod limits;
mod line;
pub(crate) mod list;
mod name;
mod negotiated;
mod origin;
pub(crate) mod percent;
pub(crate) mod url;
pub(crate) mod url_buf;
mod version;
#[cfg(feature = "legacy")]
pub(crate) mod versions;

mod extension;
mod headers;
mod hosts;
pub(crate) mod lines;
mod origins;
pub(crate) mod target;

mod fields;

mod content_length;
mod head;
mod policy;
mod request_line;
mod response;
mod status_line;

mod body;
#[cfg(feature = "deflate")]
mod compression;

pub mod client;
pub mod server;

#[cfg(feature = "http")]
pub(crate) mod http;

pub use error::HandshakeError;
pub use extension::Extension;
pub use fields::Fields;
pub use head_error::HeadError;
pub use headers::{HeaderIter, Headers};
pub use host::Authority;
pub use limits::HandshakeLimits;
pub use lines::HeaderError;
pub use negotiated::Negotiated;
pub(crate) use negotiated::Transport;
pub use url::{Url, UrlError, UrlPolicy};
