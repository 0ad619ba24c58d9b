//! A WebSocket without the socket: bytes in, events out, for both roles of [RFC 6455].
//!
//! A [`Connection`] is a pure state machine. You give it the bytes you read; it gives you messages, and the bytes to
//! write. It opens no sockets, reads no clock and starts no threads. Thin adapters drive it over blocking streams,
//! tokio and smol.
//!
//! ```text
//!              bytes                  frames                events
//!  transport ──▶ Input ──▶ Decoder ───────────▶ Receiver ──────────▶ application
//!                                                  │ pongs, close frames   │
//!                                                  ▼                       ▼
//!  transport ◀── transmit() ◀──── Output ◀────── Sender ◀──────── send, accept, close
//!                                                  ▲
//!                               clock ── handle_timeout, poll_timeout
//! ```
//!
//! # With an adapter
//!
//! An echo server with [`tokio::WebSocket`]:
//!
//! ```no_run
//! # #[cfg(feature = "tokio")]
//! # mod example {
//! use sansocket::tokio::WebSocket;
//! use sansocket::{Config, Error};
//!
//! async fn echo(stream: tokio::net::TcpStream) -> Result<(), Error> {
//!     let mut socket = WebSocket::accept(stream, Config::new().shared()).await?;
//!     while let Some(message) = socket.receive().await? {
//!         socket.send(message).await?;
//!     }
//!     Ok(())
//! }
//! # }
//! ```
//!
//! [`smol::WebSocket`] has the same methods. [`blocking::WebSocket`] has them without `.await`:
//!
//! ```no_run
//! # #[cfg(feature = "std")]
//! # mod example {
//! use sansocket::blocking::WebSocket;
//! use sansocket::{CloseCode, Config, Error};
//!
//! fn hello() -> Result<(), Error> {
//!     let mut socket = WebSocket::connect("ws://127.0.0.1:9001/", Config::new().shared())?;
//!     socket.send("hello")?;
//!     println!("{:?}", socket.receive()?);
//!     socket.close(CloseCode::NORMAL, "done")
//! }
//! # }
//! ```
//!
//! # The loop
//!
//! Without an adapter, take the events until there are none, then do what [`next_step`](Sender::next_step) says:
//!
//! ```
//! # #[cfg(feature = "alloc")] {
//! use sansocket::{Config, Connection, Ended, Event, Input, Step, Timestamp};
//!
//! /// Serves one connection, from the first byte of its request to the end of its transport.
//! fn serve(transport: &mut impl Transport) -> Ended {
//!     let mut input = Input::new(vec![0; 4096]);
//!     let mut connection = Connection::server(Config::new().shared(), transport.now());
//!     loop {
//!         while let Some(event) = connection.next_event(&mut input) {
//!             match event {
//!                 Event::Request => connection.accept(), // Now, or at any time later.
//!                 Event::NotUpgrade => connection.require_upgrade(),
//!                 Event::Text(text) => _ = connection.send(text),
//!                 _ => {}
//!             }
//!         }
//!         match connection.next_step() {
//!             Step::Io { .. } => transport.read_and_write(&mut connection, &mut input),
//!             Step::Shutdown => _ = (transport.shut_down(), connection.handle_shutdown()),
//!             Step::Done(ended) => return ended,
//!         }
//!     }
//! }
//!
//! /// A socket, a runtime, shared memory, a test.
//! trait Transport {
//!     fn now(&self) -> Timestamp;
//!     /// Writes `transmit()`, reads into `spare()`, and waits no longer than until `poll_timeout()`.
//!     fn read_and_write(&mut self, connection: &mut Connection, input: &mut Input<Vec<u8>>);
//!     fn shut_down(&mut self);
//! }
//! # }
//! ```
//!
//! [Custom loops](guide::custom_loops) has the transport as well. An event borrows the input and nothing else: replies are
//! queued while it is held. A violation by the peer is an event, too, and part of the account that ends the loop.
//!
//! # I want to …
//!
//! | | |
//! |---|---|
//! | accept connections, connect | [a first server](guide::first_server), [a first client](guide::first_client) |
//! | come from another crate | [porting](guide::porting) |
//! | read headers, agree on a subprotocol, decide later | [headers](guide::headers), [deciding](guide::deciding) |
//! | serve HTTP on the same port, use hyper or axum | [one port](guide::one_port) |
//! | go through a proxy, follow redirects, log in, stay connected | [connecting](guide::connecting) |
//! | use TLS | [TLS](guide::tls) |
//! | send from several tasks, or to many clients | [several tasks](guide::several_tasks), [broadcast](guide::broadcast) |
//! | send or receive more than fits in memory | [streaming](guide::streaming) |
//! | survive slow, dead or hostile peers | [backpressure](guide::backpressure), [timeouts](guide::timeouts), [security](guide::security) |
//! | close well, and know how a connection ended | [closing](guide::closing) |
//! | replace a server without closing its connections | [restarts](guide::restarts) |
//! | compress messages | [compression](guide::compression) |
//! | know how much memory a server needs | [sizing](guide::sizing) |
//! | drive a connection by epoll, `io_uring` or threads of my own | [custom loops](guide::custom_loops) |
//! | test and fuzz my code | [testing](guide::testing) |
//! | serve devices that speak nothing newer than a draft of 2010 | [old wires](guide::legacy) |
//! | encode and decode frames alone, without an allocator | [`wire`] |
//!
//! # Features
//!
//! | feature | adds |
//! |---|---|
//! | `std` (default) | [`blocking`], seeds from the operating system, choice of SIMD at run time |
//! | `tokio` | [`tokio`]: WebSockets over streams of tokio |
//! | `smol` | [`smol`]: WebSockets over streams with the traits of futures-io |
//! | `rustls` | [`tls`], and `wss://` URLs in [`blocking`] |
//! | `tokio-rustls`, `smol-rustls` | `wss://` URLs in [`tokio`], in [`smol`] |
//! | `rustls-native-roots` | [`tls::native_config`]: the certificate authorities that the platform trusts |
//! | `deflate` | [`deflate`]: compressed messages (RFC 7692), with zlib-rs |
//! | `digest` | Digest authentication (RFC 7616), with the hashes of RustCrypto |
//! | `axum`, `hyper` | [`axum`], an extractor, and [`hyper`]: servers of those libraries, over HTTP/1.1 and HTTP/2 |
//! | `legacy` | [`legacy`]: drafts 75 and 76, versions 7 and 8, upgrades to any protocol |
//! | `http` | requests that another library has parsed: [`server::Request::from_http`] |
//! | `h2` | [`h2`]: WebSockets over streams of HTTP/2 (RFC 8441), with tokio |
//! | `tracing` | events for operators, through the crate `tracing` |
//! | `alloc` | everything that needs no `std`: connections, handshakes |
//! | none | [`wire`] |
//!
//! Unless another RFC is named, sections in this documentation are those of RFC 6455.
//!
//! [RFC 6455]: https://www.rfc-editor.org/rfc/rfc6455
#![cfg_attr(docsrs, feature(doc_cfg))]
#![no_std]
// Not in Cargo.toml, since examples and tests have `std`, pass over events, and may fail.
#![warn(
    clippy::alloc_instead_of_core,
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm
)]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

#[cfg(feature = "std")]
mod adapters;
#[cfg(feature = "alloc")]
pub mod auth;
#[cfg(feature = "alloc")]
pub mod connect;
#[cfg(feature = "alloc")]
mod connection;
#[cfg(feature = "deflate")]
pub mod deflate;
#[cfg(all(feature = "alloc", not(feature = "deflate")))]
mod deflate;
// Its examples run in `tests/guide`, which has the libraries that they show.
#[cfg(all(doc, not(doctest)))]
pub mod guide;
#[cfg(feature = "alloc")]
mod handshake;
#[cfg(feature = "legacy")]
pub mod legacy;
pub mod wire;

#[cfg(feature = "axum")]
pub use adapters::axum;
#[cfg(feature = "h2")]
pub use adapters::h2;
#[cfg(feature = "hyper")]
pub use adapters::hyper;
#[cfg(feature = "__asynchronous")]
pub use adapters::polled;
#[cfg(feature = "smol")]
pub use adapters::smol;
#[cfg(feature = "rustls")]
pub use adapters::tls;
#[cfg(feature = "tokio")]
pub use adapters::tokio;
#[cfg(feature = "std")]
pub use adapters::{Connect, Error, blocking};
#[cfg(feature = "alloc")]
pub use connection::{
    Backlog, Busy, Cause, CloseFrame, Config, Connection, Counts, Ended, Event, Initiator, Input,
    Liveness, Message, NotSuspended, Overflow, OwnedMessage, Prepared, Pushed, Receiver, RoundTrip,
    SendError, Sender, Spare, Step, TimedOut, Timeouts, Timestamp,
};
#[cfg(feature = "alloc")]
pub use handshake::{
    Authority, Extension, Fields, HandshakeError, HandshakeLimits, HeadError, HeaderError,
    HeaderIter, Headers, Negotiated, Url, UrlError, UrlPolicy, client, server,
};
pub use wire::close::Close;
pub use wire::close_code::CloseCode;
#[cfg(feature = "alloc")]
pub use wire::entropy::Seed;
pub use wire::error::ProtocolError;
pub use wire::frame::{Kind, Role};
pub use wire::limits::Limits;
#[cfg(feature = "alloc")]
pub use wire::seeds::Seeds;
#[cfg(feature = "alloc")]
pub use wire::snapshot::SnapshotError;

/// The examples of the pages of the repository and of the registry.
#[cfg(all(doctest, feature = "std"))]
mod pages {
    #[doc = include_str!("../README.md")]
    mod readme {}
    #[doc = include_str!("../docs/registry.md")]
    mod registry {}
}
