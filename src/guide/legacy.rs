//! Old wires.
//!
//! **You have** televisions, set-top boxes or chargers that speak a WebSocket older than RFC 6455, and want to serve
//! them beside everybody else.
//!
//! The feature `legacy` has them. It is off by default, and nothing of it is in the way of newer connections.
//!
//! # Which one is it?
//!
//! The first request says so:
//!
//! | the request has | it is | served by |
//! |---|---|---|
//! | `Sec-WebSocket-Version: 13` | RFC 6455 | [`Connection`](crate::Connection), always |
//! | `Sec-WebSocket-Version: 7` or `8`, `Sec-WebSocket-Origin` | hybi-07 to hybi-12, of 2011 | `Connection`, with [`Policy::versions`] |
//! | `Sec-WebSocket-Key1` and `-Key2`, eight bytes behind the head | draft 76 = hybi-00, of 2010 | [`legacy::Connection`] |
//! | `Upgrade: WebSocket` and neither key nor version | draft 75, of 2009 and 2010 | `legacy::Connection` |
//! | `Sec-WebSocket-Draft`, or versions 1 to 6 | hybi-01 to hybi-06 | nobody: their frames were never in use |
//! | another name in `Upgrade` | another protocol | [`legacy::upgrade`] |
//!
//! # A server for all of them
//!
//! `legacy::Connection` looks at a request first, and hands on what it does not know with all bytes that were read.
//! Both machines have the same [`Event`](crate::Event)s:
//!
//! ```
//! # #[cfg(all(feature = "std", feature = "legacy"))] mod example {
//! use std::net::{TcpListener, TcpStream};
//! use std::sync::Arc;
//! use std::thread;
//!
//! use sansocket::blocking::WebSocket;
//! use sansocket::legacy::blocking::{Incoming, Socket};
//! use sansocket::legacy::{Draft, Version, Versions};
//! use sansocket::server::{Origins, Policy};
//! use sansocket::{Config, Connection, Error, Event, Timestamp, Url, client};
//!
//! fn serve(stream: TcpStream, config: Arc<Config>) -> Result<(), Error> {
//!     match Socket::receive_request(stream, config.clone())? {
//!         Incoming::Request(mut socket) => {
//!             socket.connection_mut().accept();
//!             while let Some((event, sender)) = socket.next_event()? {
//!                 if let Event::Text(text) = event {
//!                     sender.send(text)?;
//!                 }
//!             }
//!             Ok(())
//!         }
//!         Incoming::Other(stream, read) => {
//!             let connection = Connection::server(config, Timestamp::default());
//!             let connection = connection.with_read_ahead(&read);
//!             let mut socket = WebSocket::from_parts(stream, connection);
//!             socket.next_event()?; // A request.
//!             socket.connection_mut().accept();
//!             while let Some((event, sender)) = socket.next_event()? {
//!                 if let Event::Text(text) = event {
//!                     sender.send(text)?;
//!                 }
//!             }
//!             Ok(())
//!         }
//!     }
//! }
//!
//! pub fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     // Devices that you know, and nobody else.
//!     let policy = Policy::new()
//!         .origins(Origins::list(["http://tv.example"])?)
//!         .require_origin(true)
//!         .versions(Versions::and([Version::Eight]));
//!     let config = Config::new().policy(policy).shared();
//!     let listener = TcpListener::bind("127.0.0.1:0")?;
//!     let address = listener.local_addr()?;
//!     let on_server = config.clone();
//!     thread::spawn(move || {
//!         for stream in listener.incoming() {
//!             let config = on_server.clone();
//!             thread::spawn(|| serve(stream.unwrap(), config));
//!         }
//!     });
//!
//!     let url = format!("ws://{address}/");
//!     let mut request = client::Request::new(Url::parse(&url)?);
//!     request.set_origin("http://tv.example")?;
//!     for draft in [Draft::Hixie75, Draft::Hixie76] {
//!         let stream = TcpStream::connect(address)?;
//!         let (mut socket, _) = Socket::connect_over(stream, draft, &request, config.clone())?;
//!         socket.send("hello")?;
//!         assert_eq!(socket.receive()?.as_deref(), Some("hello"));
//!         socket.close()?;
//!     }
//!     request.set_version(Version::Eight);
//!     let stream = TcpStream::connect(address)?;
//!     let (mut socket, _) = WebSocket::connect_over(stream, request, config)?;
//!     socket.send("hello")?;
//!     assert_eq!(socket.receive()?, Some("hello".into()));
//!     Ok(())
//! }
//! # }
//! # fn main() {
//! #     #[cfg(all(feature = "std", feature = "legacy"))]
//! #     example::main().unwrap();
//! # }
//! ```
//!
//! `examples/legacy_echo.rs` also serves the `TCPConnection/1.0` of 2008, which has no frames at all.
//! [`legacy::tokio`](crate::legacy::tokio) is the same for tokio. Without an adapter, the
//! [loop](super::custom_loops) is the one that you know: `legacy::Connection` has the same steps.
//!
//! # What differs
//!
//! | | drafts 75 and 76 | versions 7 and 8 |
//! |---|---|---|
//! | messages | text; binary cannot be sent, and is discarded if it comes | as in RFC 6455 |
//! | pings | none: no keepalive, and no dead peer is noticed unless something is to be written | as in RFC 6455 |
//! | closing | draft 76: without a code; draft 75: the transport ends | as in RFC 6455 |
//! | subprotocols | one, which the server speaks or rejects | as in RFC 6455 |
//! | compression, masks, fragments | none | as in RFC 6455; no compression, as no client of then offers it |
//! | [`Event::Open`](crate::Event::Open) | in both roles, as a server may wait for eight bytes | in clients |
//!
//! # Security
//!
//! Turn it on where you need it, and only there.
//!
//! * **Serve it over TLS, or in a network of your own.** Frames are not masked, so that a page can make a browser send
//!   bytes that a transparent proxy takes for a request. That poisoned caches, and is why masks were invented (section
//!   10.3).
//! * **Do not trust who answered.** Anything that repeats the first lines completes draft 75. Draft 76 proves by MD5 that
//!   the server has read the keys: that it is a WebSocket, not who it is.
//! * **List the origins.** [`Origins::list`](crate::server::Origins::list) holds here, too. A request of drafts 75 and 76
//!   without an origin is always rejected. Programs that are no browser forge it.
//! * **Reject draft 75 if no device of yours needs it**: `request.draft()` says which it is, `reject` sends a response.
//! * **A message that was cut off looks like an end.** Have the application say when it is done.
//! * **Limits hold**, for frames that are discarded as well: see the [module](crate::legacy#security).
//!
//! # What goes wrong
//!
//! | you see | cause |
//! |---|---|
//! | `Sec-WebSocket-Key1 and -Key2 are not two numbers` | a proxy has joined or trimmed the spaces in the keys |
//! | the connection does not open, and then times out | a proxy keeps the eight bytes behind the head, as it sees no `Content-Length` |
//! | `location of the response is not the URL that was asked for` | the server is behind TLS or another name and does not know it: [`Request::over_tls`](crate::legacy::Request::over_tls) |
//! | `the bytes behind the head do not answer our keys` | the server hashes the numbers in the wrong order, as lighttpd 1.4.69 does |
//! | 403 | the origin is missing, or not of the same host: list it |
//! | 426 with `Sec-WebSocket-Version: 13` | the policy does not list the version of the client |
//!
//! [`Policy::versions`]: crate::server::Policy::versions
//! [`legacy::Connection`]: crate::legacy::Connection
//! [`legacy::upgrade`]: crate::legacy::upgrade
