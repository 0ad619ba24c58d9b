//! Coming from another crate.
//!
//! **You have** a program for another crate, and want it to run with this one. Each page maps the calls of one crate.
//!
//! | you use | page | ported by the page alone | lines removed | lines added |
//! |---|---|---|---:|---:|
//! | tokio-tungstenite 0.29 | [tokio_tungstenite] | `server` (92 lines) | 5 | 6 |
//! | | | `client` (57) | 6 | 7 |
//! | | | `server-headers` (84) | 29 | 26 |
//! | | | `server-custom-accept` (183) | 52 | 19 |
//! | | | `autobahn-client` (54) | 22 | 17 |
//! | | | `autobahn-server` (48) | 13 | 7 |
//! | tungstenite | [tungstenite] | | | |
//! | async-tungstenite 0.34 | [async_tungstenite] | `smol-echo` (42) | 6 | 5 |
//! | fastwebsockets 0.10 | [fastwebsockets] | `echo_server` (80) | 20 | 28 |
//! | axum 0.8, `extract::ws` | [axum_ws] | `websockets` (247) | 31 | 23 |
//! | Node's `ws`, yawc, for compression | [compression] | | | |
//!
//! The programs are the examples of those crates. A line that changes counts as removed and as added (`diff`).
//!
//! # What differs from all of them
//!
//! [`WebSocket`](crate::polled::WebSocket), `Incoming` and `Opening` are those of `sansocket::tokio` or
//! `sansocket::smol`. `sansocket::blocking` has the same names and calls without `.await`.
//!
//! **A configuration.** Every constructor takes one that connections share: `let config = Config::new().shared();`.
//!
//! **Receiving.** [`receive`](crate::polled::WebSocket::receive), and the `Stream`, return messages and nothing else: no
//! pings, pongs or close frames. So `if msg.is_text() || msg.is_binary()` goes. Each message is copied.
//! [`next_event`](crate::polled::WebSocket::next_event) borrows it, which is faster, and also returns the rest:
//!
//! ```
//! # #[cfg(feature = "tokio")] mod example {
//! use sansocket::tokio::WebSocket;
//! use sansocket::{Error, Event};
//! use tokio::net::TcpStream;
//!
//! /// Sends back every message, copied.
//! async fn simple(mut socket: WebSocket<TcpStream>) -> Result<(), Error> {
//!     while let Some(message) = socket.receive().await? {
//!         socket.send(message).await?;
//!     }
//!     Ok(())
//! }
//!
//! /// Sends back every message, borrowed. All replies to one read leave in one write.
//! async fn fast(mut socket: WebSocket<TcpStream>) -> Result<(), Error> {
//!     while let Some((event, sender)) = socket.next_event().await? {
//!         match event {
//!             Event::Text(text) => sender.send(text)?,
//!             Event::Binary(bytes) => sender.send(bytes)?,
//!             Event::Close(close) => println!("{:?} {}", close.code, close.reason),
//!             _ => {}
//!         }
//!     }
//!     Ok(())
//! }
//! # }
//! ```
//!
//! **Splitting.** `socket.split()` returns the reader first:
//!
//! | you have | you write |
//! |---|---|
//! | `let (write, read) = socket.split()`, and change the code around it | `let (reader, writer) = socket.split()` |
//! | `let (write, read) = socket.split()`, and keep the code around it | `let (write, read) = StreamExt::split(socket)` |
//!
//! [`Reader`](crate::polled::Reader) is a `Stream` and [`Writer`](crate::polled::Writer) is a `Sink`, so `StreamExt`,
//! `SinkExt` and `forward` work with both pairs. A `Writer` needs no lock: it sends through `&self`, and its clones send
//! from other tasks. Keep awaiting the `Reader`. It also writes pongs and keeps the time.
//!
//! `StreamExt::split` needs `futures_util` with the features `alloc` and `sink`. Its pair differs in two ways:
//!
//! * `feed` and `forward` hold back one message in the sink until the next flush. It is lost if a close frame arrives
//!   first.
//! * Closing its sink waits for the end of the connection, and discards the messages that arrive before. Closing a
//!   `Writer` only sends the close frame: the `Reader` still returns those messages.
//!
//! **Sending.** The names are those of `SinkExt`:
//!
//! | call | completes when |
//! |---|---|
//! | `send` | the stream has taken the whole message |
//! | `feed` | the message is queued, and fewer than [`Config::max_queued`](crate::Config::max_queued) bytes waited before it |
//! | `flush` | the stream has taken everything that is queued |
//! | [`Writer::try_send`](crate::polled::Writer::try_send) | at once: the message is queued, or `SendError::QueueFull` is returned |
//! | `sender.send` beside an event | at once: replies leave together, before the stream is read again |
//!
//! **The end.** A connection that was closed gives `None`. `socket.ended()` [explains](super::closing) how it ended. A
//! peer that leaves without a close frame is an `Error::Io` of kind `UnexpectedEof`.
//!
//! **URLs.** `connect` takes `ws://` and `wss://` URLs, over one type of stream: `MaybeTls`. `Connect` also takes
//! headers, proxies, redirects and credentials, and returns the response: see [connecting](super::connecting).
//! `connect_over` takes a stream that you open.
//!
//! **Origins.** A server rejects requests from pages of another host with status 403.
//! [`Policy::origins`](crate::server::Policy::origins) lists those to accept.
//!
//! **Time.** Pings are answered, silent peers are pinged, and a peer that misses a deadline is dropped. See
//! [timeouts](super::timeouts). The tokio runtime needs its timers: `enable_all()`.
//!
//! **Headers.** [`Headers`](crate::Headers) is read by a `for` loop or by name. Values are bytes: `value.escape_ascii()`
//! prints them, and [`text`](crate::Headers::text) returns one as `&str`.

pub mod async_tungstenite;
pub mod axum_ws;
pub mod compression;
pub mod fastwebsockets;
pub mod tokio_tungstenite;
pub mod tungstenite;
