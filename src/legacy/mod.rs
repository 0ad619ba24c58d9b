//! Wires before [RFC 6455], for devices that speak nothing newer: off by default, and apart from everything else.
//!
//! | wire | of | here |
//! |---|---|---|
//! | drafts 75 and 76 (hybi-00): text between `00` and `FF` | 2009, 2010 | [`Connection`] |
//! | versions 7 and 8 (hybi-07 to hybi-12): the frames of RFC 6455 | 2011 | [`sansocket::Connection`](crate::Connection), with a policy that lists [`Versions`] |
//! | any protocol that an `Upgrade` names, such as `TCPConnection/1.0` of 2008 | 2008 | [`upgrade`] |
//!
//! The [guide](crate::guide::legacy) shows one server for all of them.
//!
//! # Security
//!
//! Browsers have removed these drafts for reasons that still hold. Serve them on a port of their own, behind TLS, and
//! to devices that you know.
//!
//! * **Frames are not masked.** A page can make a client send bytes of its choice, which a proxy may take for requests:
//!   that is how the caches of proxies were poisoned (section 10.3 of RFC 6455). TLS hides the bytes from proxies.
//! * **Draft 75 proves nothing.** Its response does not depend on the request, so a client cannot tell a server that
//!   speaks it from one that repeats what it reads. Draft 76 proves it by MD5, which is no protection against anybody
//!   who can choose the response.
//! * **The origin is all that a server knows of the page.** It is checked by the [policy](crate::server::Policy), and a
//!   request without one is rejected. Programs that are no browser can send any origin.
//! * **There are no pings.** A peer that is gone is noticed when nothing can be written any more. Have TCP keepalive, or
//!   messages that the peer answers.
//! * **No end is explained.** Draft 76 closes without a code, and draft 75 by the end of the transport, so that a
//!   message that was cut off in between cannot be told from one that was never sent.
//! * **Versions 7 and 8** are as safe as version 13, as the same rules hold for them.
//!
//! Everything else is bounded as elsewhere: see [`Limits`](crate::Limits). A text may have
//! [`Limits::message`](crate::Limits::message) bytes, and so may a frame that is discarded. A length has at most nine
//! digits. The number in a key has at most 32 bits.
//!
//! [RFC 6455]: https://www.rfc-editor.org/rfc/rfc6455

#[cfg(feature = "std")]
pub mod blocking;
mod connection;
mod decoder;
mod draft;
#[cfg(feature = "std")]
mod driver;
mod incoming;
mod keys;
mod location;
mod offer;
mod opening;
mod request;
mod sender;
mod spare;
#[cfg(feature = "std")]
mod std_io;
#[cfg(feature = "tokio")]
pub mod tokio;
pub mod upgrade;

pub use connection::Connection;
pub use draft::Draft;
pub use request::Request;
pub use sender::Sender;
pub use spare::Spare;

pub use crate::handshake::versions::{Version, Versions};
