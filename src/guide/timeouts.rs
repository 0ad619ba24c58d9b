//! Timeouts, keepalive and dead peers.
//!
//! **You want** to notice a peer that vanished without a word, and never to wait without a bound. Both are on by default:
//! a vanished peer is reported after at most 50 seconds. [`Timeouts`] changes the deadlines.
//!
//! # A peer that vanishes
//!
//! ```
//! # #[cfg(feature = "tokio")] mod example {
//! use std::time::Duration;
//!
//! use sansocket::tokio::WebSocket;
//! use sansocket::{Config, Error, TimedOut, Timeouts, Url, client};
//!
//! // Time is paused, so this program ends at once. tokio needs its feature `test-util` for that.
//! #[tokio::main(flavor = "current_thread", start_paused = true)]
//! pub async fn main() -> Result<(), Error> {
//!     let timeouts =
//!         Timeouts::new().idle(Duration::from_secs(10)).pong(Duration::from_secs(5));
//!     let config = Config::new().timeouts(timeouts).shared();
//!
//!     let (near, far) = tokio::io::duplex(1024);
//!     let request = client::Request::new(Url::parse("ws://example.com/")?);
//!     let (client, server) = tokio::join!(
//!         WebSocket::connect_over(far, request, Config::new().shared()),
//!         WebSocket::accept(near, config),
//!     );
//!     // Nobody drives this client from here on, so it answers no ping.
//!     let (_client, _response) = client?;
//!
//!     let start = tokio::time::Instant::now();
//!     match server?.receive().await {
//!         Err(Error::TimedOut(TimedOut::Silence)) => println!("the peer is gone"),
//!         other => panic!("{other:?}"),
//!     }
//!     assert_eq!(start.elapsed().as_secs(), 15);
//!     Ok(())
//! }
//! # }
//! # fn main() {
//! #     #[cfg(feature = "tokio")]
//! #     example::main().unwrap();
//! # }
//! ```
//!
//! After `idle` without a byte, the server sends a ping. Any byte from the peer proves that it is alive. If none
//! arrives within `pong`, the connection ends with [`TimedOut::Silence`]. A peer that also took none of our
//! bytes is reported as [`TimedOut::Blocked`].
//!
//! # All deadlines
//!
//! | field | default | waits for | after that |
//! |---|---:|---|---|
//! | [`opening`](crate::Timeouts::opening) | 10 s | the opening handshake; a client's connection, too | [`TimedOut::Opening`]; a client of our server gets status 408 |
//! | [`decision`](crate::Timeouts::decision) | 60 s | your code to accept or reject a request | [`TimedOut::Decision`]; the client gets status 503 |
//! | [`body`](crate::Timeouts::body) | 1 s | the rest of the body of a rejection | the part that arrived is returned |
//! | [`idle`](crate::Timeouts::idle) | 30 s | any byte | a ping is sent |
//! | [`pong`](crate::Timeouts::pong) | 20 s | the answer to this ping | [`TimedOut::Silence`] or [`TimedOut::Blocked`] |
//! | [`close`](crate::Timeouts::close) | 10 s | the peer's close frame after ours | [`TimedOut::Close`] |
//! | [`end`](crate::Timeouts::end) | 5 s | each step of the end of the transport | the transport is dropped |
//!
//! Each setter also takes `None`, which disables that deadline.
//!
//! # Choose the values
//!
//! * **Proxies and NATs** drop connections that are silent, often after one minute. Keep `idle` below that.
//! * **Many idle connections**: each costs one ping and one pong per `idle`. With 1,000,000 connections and the
//!   default, that is 33,000 pings per second. See [sizing](super::sizing).
//! * **Peers that send but never read**: a byte from them counts as a sign of life.
//!   [`Liveness::Pong`](crate::Liveness::Pong) counts only answers to pings.
//! * **Round-trip time**: `round_trip()` returns it once a ping has been answered. `ping()` sends one now.
//!
//! # Your own deadlines
//!
//! All methods are cancel safe, so `tokio::time::timeout(limit, socket.receive())` loses nothing. With blocking
//! streams, `receive_timeout(limit)` does the same. Use them for deadlines of your protocol, such as "log in within
//! five seconds". Dead peers need no such code.
//!
//! # What goes wrong
//!
//! | you see | cause |
//! |---|---|
//! | dead peers stay | nobody awaits `receive`, `next_event` or the `Reader`. They keep the time |
//! | the peer reports our silence | the same: pongs are sent by whoever awaits an event |
//! | `Error::Io`, "deadlines need a tokio runtime with enable_time" | build the runtime with `enable_all()` |
//! | [`TimedOut::Blocked`] between two of your own programs | both send and neither reads: [split](super::several_tasks) one of them |
//! | in a [loop of your own](super::custom_loops), nothing ever times out | call `handle_timeout` when `poll_timeout` says so |
//!
//! [`Timeouts`]: crate::Timeouts
//! [`TimedOut::Silence`]: crate::TimedOut::Silence
//! [`TimedOut::Blocked`]: crate::TimedOut::Blocked
//! [`TimedOut::Opening`]: crate::TimedOut::Opening
//! [`TimedOut::Decision`]: crate::TimedOut::Decision
//! [`TimedOut::Close`]: crate::TimedOut::Close
