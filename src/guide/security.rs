//! A security checklist.
//!
//! **You want** to know what is protected by default, and what you have to decide before a server faces strangers.
//!
//! # A server that trusts nobody
//!
//! ```
//! # #[cfg(feature = "std")] mod example {
//! use std::error::Error as _;
//! use std::net::TcpListener;
//! use std::sync::Arc;
//! use std::thread;
//! use std::time::Duration;
//!
//! use sansocket::blocking::WebSocket;
//! use sansocket::server::{Hosts, Origins, Policy};
//! use sansocket::{Config, Error, Limits, Timeouts, Url, client};
//!
//! fn config() -> Result<Arc<Config>, Box<dyn std::error::Error>> {
//!     let policy = Policy::new()
//!         .hosts(Hosts::list(["chat.example.com"])?)
//!         .origins(Origins::list(["https://www.example.com"])?)
//!         .require_origin(true);
//!     Ok(Config::new()
//!         .policy(policy)
//!         .limits(Limits::new().message(64 << 10).fragments(64))
//!         .timeouts(Timeouts::new().opening(Duration::from_secs(5)))
//!         .max_queued(32 << 10)
//!         .shared())
//! }
//!
//! /// Opens a connection for a page of `origin`. Returns the status of the response.
//! fn status(host: &str, origin: &str) -> Result<u16, Box<dyn std::error::Error>> {
//!     let listener = TcpListener::bind("127.0.0.1:0")?;
//!     let stream = std::net::TcpStream::connect(listener.local_addr()?)?;
//!     let config = config()?;
//!     let server = thread::spawn(move || {
//!         WebSocket::accept(listener.accept().unwrap().0, config).map(drop)
//!     });
//!
//!     let url = format!("ws://{host}/");
//!     let mut request = client::Request::new(Url::parse(&url)?);
//!     request.set_origin(origin)?;
//!     let status = match WebSocket::connect_over(stream, request, Config::new().shared()) {
//!         Ok((_, response)) => response.status(),
//!         Err(Error::Rejected(response)) => response.status(),
//!         Err(error) => return Err(error.into()),
//!     };
//!     // The server's error says why, for its log.
//!     if let Err(error) = server.join().unwrap() {
//!         println!("{error}, {:?}", error.source());
//!     }
//!     Ok(status)
//! }
//!
//! pub fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     assert_eq!(status("chat.example.com", "https://www.example.com")?, 101);
//!     assert_eq!(status("chat.example.com", "https://evil.example")?, 403);
//!     assert_eq!(status("rebound.evil.example", "https://www.example.com")?, 421);
//!     Ok(())
//! }
//! # }
//! # fn main() {
//! #     #[cfg(feature = "std")]
//! #     example::main().unwrap();
//! # }
//! ```
//!
//! # The list
//!
//! | check | default | do |
//! |---|---|---|
//! | **Origins.** Browsers send a user's cookies from any page (cross-site WebSocket hijacking) | only pages of the host of the request; others get 403 | behind a proxy that rewrites `Host`, or for several sites: [`Origins::list`] |
//! | **Clients that are no browsers** may omit or forge `Origin` | accepted without one | authenticate them. [`require_origin`] rejects requests without one |
//! | **Hosts.** A page can make its own name resolve to your address (DNS rebinding) | any host | [`Hosts::list`], above all for servers on `localhost` and in private networks; others get 421 |
//! | **Authentication** | none | [decide](super::deciding) on cookies or an `Authorization` header before you accept. Do not put tokens into URLs: they end up in logs |
//! | **Authorization** | none | check each message: a connection outlives a logout. Close with 1008 |
//! | **Message size** | 16 MiB | [`Limits::message`], as small as your protocol allows: see [sizing](super::sizing) |
//! | **Fragments** | 65,536 per message | [`Limits::fragments`] |
//! | **Request head** | 16 KiB, 100 lines, target of 8 KiB | [`HandshakeLimits`](crate::HandshakeLimits), by [`Policy::limits`](crate::server::Policy::limits) |
//! | **Peers that send slowly** (slowloris) | 10 s for the handshake, then keepalive | [timeouts](super::timeouts). A message may take as long as it likes: bound it yourself if that matters |
//! | **Peers that do not read** | nothing is read while 64 KiB of replies wait, and no event is given out while 128 KiB do | `send(..).await` or `try_send`, never an unbounded channel: see [backpressure](super::backpressure) |
//! | **Number of connections** | unlimited | count them, per address and per user. A proxy or a semaphore does it |
//! | **Rate of messages** | unlimited | count them. Stop awaiting `receive` to slow a peer down |
//! | **Compression bombs** | limits count decompressed bytes | nothing |
//! | **Secrets beside chosen text** (CRIME, BREACH) | compression is off | see [compression](super::compression#when-not-to) |
//! | **TLS** | `connect` starts TLS for `wss://`, and no redirect leads from `wss` to `ws` | serve `wss://`, by [TLS](super::tls) or a proxy. Certificates are verified |
//! | **Predictable masks** (section 10.3) | keys from the operating system's random bytes | [`Seed::new`](crate::Seed::new) only in tests, or with a true generator. A new [`Seeds`](crate::Seeds) after a fork |
//! | **Invalid UTF-8, bad frames, bad close codes** | rejected as section 5 to 8 say | nothing |
//! | **Text from a peer is HTML to a page** | none | escape it in the page, as with any input |
//!
//! # Error texts and logs
//!
//! * `Display` of all errors is text of this crate or of the operating system: no bytes of the peer. `Display` of
//!   [`Ended`](crate::Ended) shows the peer's reason, with control characters escaped. `Debug` of
//!   [`Error::Rejected`](crate::Error::Rejected) shows the beginning of the body.
//! * [`Ended::reason`](crate::Ended::reason), headers, paths, origins and messages are the peer's. Escape them in logs, for
//!   example by `{:?}`.
//! * `Debug` of connections and inputs prints lengths, of [`Headers`](crate::Headers) names, of [`Url`](crate::Url) all but
//!   the query, and of [`Seed`](crate::Seed) nothing. `Debug` of an [`Event`](crate::Event) or an
//!   [`OwnedMessage`](crate::OwnedMessage) prints the payload: do not log those.
//! * A snapshot of [`Connection::suspend`](crate::Connection::suspend) holds parts of messages in plain text. Keep it out of
//!   logs and files: see [restarts](super::restarts#what-you-do-yourself).
//! * A rejected client learns a status and a short standard text. Details of yours stay with you unless you write
//!   them into a [`Response`](crate::server::Response) or a close reason.
//!
//! # What goes wrong
//!
//! | you see | cause |
//! |---|---|
//! | browsers get 403, other clients do not | the page is served from another host or port than the WebSocket. List its origin |
//! | 403 only behind the proxy | the proxy rewrites `Host`. List the origins, or have it pass `Host` on |
//! | 421 | the host is not listed, or its port is missing in the list |
//! | close code 1009 | a message exceeds the limits |
//!
//! [`Origins::list`]: crate::server::Origins::list
//! [`require_origin`]: crate::server::Policy::require_origin
//! [`Hosts::list`]: crate::server::Hosts::list
//! [`Limits::message`]: crate::Limits::message
//! [`Limits::fragments`]: crate::Limits::fragments
