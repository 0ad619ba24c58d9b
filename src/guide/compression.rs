//! Compression, and when to do without it.
//!
//! **You want** fewer bytes on the wire. permessage-deflate (RFC 7692) is the feature `deflate`. It is off until
//! [`Config::compression`](crate::Config::compression) turns it on, and each connection uses it only if the peer
//! agrees.
//!
//! # Turn it on
//!
//! ```
//! # #[cfg(all(feature = "std", feature = "deflate"))] mod example {
//! use std::net::TcpListener;
//! use std::thread;
//!
//! use sansocket::blocking::WebSocket;
//! use sansocket::deflate::Compression;
//! use sansocket::{CloseCode, Config, Error};
//!
//! pub fn main() -> Result<(), Error> {
//!     let config = Config::new().compression(Compression::shared()).shared();
//!     let listener = TcpListener::bind("127.0.0.1:0")?;
//!     let url = format!("ws://{}/", listener.local_addr()?);
//!     let servers_config = config.clone();
//!     let server = thread::spawn(move || -> Result<(), Error> {
//!         let mut socket = WebSocket::accept(listener.accept()?.0, servers_config)?;
//!         while let Some(message) = socket.receive()? {
//!             socket.send(message)?;
//!         }
//!         Ok(())
//!     });
//!
//!     let mut socket = WebSocket::connect(&url, config)?;
//!     let log = "GET /index.html 200\n".repeat(100);
//!     socket.send(&log)?; // A few dozen bytes leave.
//!     assert_eq!(socket.receive()?, Some(log.into()));
//!     socket.close(CloseCode::NORMAL, "")?;
//!     server.join().unwrap()
//! }
//! # }
//! # fn main() {
//! #     #[cfg(all(feature = "std", feature = "deflate"))]
//! #     example::main().unwrap();
//! # }
//! ```
//!
//! Nothing else changes: messages are compressed and decompressed inside `send` and `receive`. With an HTTP library,
//! call [`Request::compress`](crate::server::Request::compress) before `accept_http`.
//!
//! # When not to
//!
//! * **A message has a secret beside text that an attacker may choose.** The length on the wire then reveals
//!   whether the two match (CRIME, BREACH; RFC 7692, section 8). Send such messages uncompressed:
//!   [`compress_from(usize::MAX)`](crate::Sender::compress_from) applies from the next message on.
//! * **The data is compressed already**: images, video, archives, encrypted data.
//! * **Messages are short.** Below [`threshold`](crate::deflate::Compression::threshold), 64 bytes by default, they
//!   are sent as they are.
//! * **Bytes are cheap.** In a data centre, the time to compress usually costs more than the bytes.
//!
//! # Choose the memory
//!
//! | | [`Compression::shared()`](crate::deflate::Compression::shared) | [`Compression::dedicated()`](crate::deflate::Compression::dedicated) |
//! |---|---|---|
//! | each message | by itself | with references to earlier messages |
//! | small, similar messages | somewhat smaller | much smaller |
//! | memory of a waiting connection | 0 | at most 414 KB: a compressor and a window of 32 KiB |
//! | use it for | many connections | few connections, or much similar traffic |
//!
//! Between them, set each direction by [`Context`](crate::deflate::Context): `window_bits` from 8 to 15 and whether the
//! context is taken over. Measure with your own messages. `queued()` counts the bytes that wait to be written:
//!
//! ```
//! # #[cfg(feature = "deflate")] {
//! use sansocket::deflate::{Agreement, Compression, Context};
//! use sansocket::{Config, Connection, Negotiated, Timestamp};
//!
//! /// Returns how many bytes a server writes for each message.
//! fn sizes(messages: &[String], compression: Compression) -> Vec<usize> {
//!     let agreement = Agreement { client: compression.incoming, server: compression.outgoing };
//!     let negotiated = Negotiated::new().with_compression(agreement, compression);
//!     let now = Timestamp::default();
//!     let mut connection = Connection::open_server(negotiated, Config::new().shared(), now);
//!     let mut sizes = Vec::new();
//!     for message in messages {
//!         connection.send(message).unwrap();
//!         sizes.push(connection.queued());
//!         while connection.queued() > 0 {
//!             let written = connection.transmit().len();
//!             connection.transmitted(written, now);
//!         }
//!     }
//!     sizes
//! }
//!
//! let messages: Vec<_> = (1..=3)
//!     .map(|id| format!(
//!         r#"{{"type":"trade","id":{id},"symbol":"EURUSD","price":1.08{id},"size":{id}00,"venue":"XETR"}}"#,
//!     ))
//!     .collect();
//! let (by_itself, in_context) = (
//!     sizes(&messages, Compression::shared()),
//!     sizes(&messages, Compression::dedicated()),
//! );
//! assert_eq!(by_itself[0], in_context[0]);
//! assert!(in_context[2] < by_itself[2] / 3, "{by_itself:?} {in_context:?}");
//!
//! let mut small = Compression::dedicated();
//! small.outgoing = Context { window_bits: 10, is_taken_over: true };
//! small.memory = 1;
//! assert!(small.memory_sending() < Compression::dedicated().memory_sending() * 2 / 5);
//! # }
//! ```
//!
//! [`memory_sending`](crate::deflate::Compression::memory_sending),
//! [`memory_receiving`](crate::deflate::Compression::memory_receiving) and
//! [`memory_waiting`](crate::deflate::Compression::memory_waiting) return the cost in bytes. `benches/compression`
//! measures time and memory beside other libraries.
//!
//! # What goes wrong
//!
//! | you see | cause |
//! |---|---|
//! | messages are not smaller | the peer did not agree. [`Request::agreement`](crate::server::Request::agreement) says so on a server |
//! | closing with 1009 | the decompressed message exceeds [`Limits::message`](crate::Limits::message). A bomb is rejected at the first byte beyond |
//! | memory grows with the connections | `dedicated()` keeps a context for each. Use `shared()`, smaller windows, or a smaller `memory` |
