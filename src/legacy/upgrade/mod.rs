//! Upgrades of HTTP/1.1 to any protocol (RFC 9110, section 7.8): any method, any name, both roles.
//!
//! Nothing is known of the other protocol: the bytes behind the head are its own, and stay with the caller. With
//! this, a program speaks protocols that start as an HTTP request, such as the `TCPConnection/1.0` of 2008, from which
//! WebSocket came, or TLS within HTTP (RFC 2817).
//!
//! A server:
//!
//! ```
//! use sansocket::legacy::upgrade::Incoming;
//! use sansocket::server::{Policy, Response};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let received = b"OPTIONS /some/url HTTP/1.1\r\nHost: example.com\r\nUpgrade: TCPConnection/1.0\r\n\
//! #     Connection: Upgrade\r\n\r\nhello";
//! let (mut incoming, mut out) = (Incoming::new(Policy::new()), Vec::new());
//! let (request, len) = incoming.receive(received)?.expect("the head is complete");
//! if request.method() == "OPTIONS" && request.offers("TCPConnection/1.0") {
//!     request.accept("TCPConnection/1.0", &[("Access-Control", "allow <example.com>")], &mut out)?;
//! } else {
//!     request.reject(Response::not_found(""), &mut out);
//! }
//! assert!(out.starts_with(b"HTTP/1.1 101 Switching Protocols\r\n"));
//! assert_eq!(&received[len..], b"hello"); // The first bytes of the connection.
//! # Ok(())
//! # }
//! ```
//!
//! A client:
//!
//! ```
//! use sansocket::legacy::upgrade::{Answer, Offer};
//! use sansocket::{Url, UrlPolicy};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut out = Vec::new();
//! let url = Url::parse_with("http://example.com/some/url", UrlPolicy::new().allow_http(true))?;
//! let mut pending = Offer::new("OPTIONS", url, "TCPConnection/1.0")?.start(&mut out);
//! // Write `out`, then read the response:
//! let received = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n\
//!     Upgrade: TCPConnection/1.0\r\n\r\nwelcome";
//! let (len, answer) = pending.receive(received)?;
//! assert!(matches!(answer, Some(Answer::Switched(_))));
//! assert_eq!(&received[len..], b"welcome");
//! # Ok(())
//! # }
//! ```

mod incoming;
mod offer;

pub use incoming::{Incoming, Request};
pub use offer::{Answer, Offer, Pending};

use crate::handshake::token::is_token;

/// Returns the elements of a list of protocols, each a name and an optional version, or `None` if it is malformed.
fn protocols(list: &str) -> Option<impl Iterator<Item = &str>> {
    let elements = list.split(',').map(|element| element.trim_matches([' ', '\t']));
    elements.clone().all(is_protocol).then_some(elements)
}

fn is_protocol(protocol: &str) -> bool {
    protocol.splitn(2, '/').all(|part| is_token(part.as_bytes()))
}
