//! A first server.
//!
//! **You want** to accept WebSockets and answer their messages.
//!
//! ```toml
//! [dependencies]
//! sansocket = { version = "0.1", features = ["tokio"] }
//! tokio = { version = "1", features = ["macros", "net", "rt-multi-thread"] }
//! ```
//!
//! ```
//! # #[cfg(feature = "tokio")] {
//! use std::io;
//! use std::sync::Arc;
//!
//! use sansocket::tokio::WebSocket;
//! use sansocket::{Config, Error};
//! use tokio::net::{TcpListener, TcpStream};
//!
//! #[tokio::main]
//! async fn main() -> io::Result<()> {
//!     let listener = TcpListener::bind("127.0.0.1:9001").await?;
//!     println!("listening on ws://{}", listener.local_addr()?);
//!     serve(listener).await
//! }
//!
//! async fn serve(listener: TcpListener) -> io::Result<()> {
//!     let config = Config::new().shared();
//!     loop {
//!         let (stream, address) = listener.accept().await?;
//!         stream.set_nodelay(true)?;
//!         let config = Arc::clone(&config);
//!         tokio::spawn(async move {
//!             if let Err(error) = echo(stream, config).await {
//!                 eprintln!("{address}: {error}");
//!             }
//!         });
//!     }
//! }
//!
//! async fn echo(stream: TcpStream, config: Arc<Config>) -> Result<(), Error> {
//!     let mut socket = WebSocket::accept(stream, config).await?;
//!     while let Some(message) = socket.receive().await? {
//!         socket.send(message).await?;
//!     }
//!     Ok(())
//! }
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn try_it() -> Result<(), Error> {
//! #     let listener = TcpListener::bind("127.0.0.1:0").await?;
//! #     let url = format!("ws://{}", listener.local_addr()?);
//! #     tokio::spawn(serve(listener));
//! #     let mut client = WebSocket::connect(&url, Config::new().shared()).await?;
//! #     client.send("hello").await?;
//! #     assert_eq!(client.receive().await?, Some("hello".into()));
//! #     client.close(None, "").await
//! # }
//! # try_it().unwrap();
//! # }
//! ```
//!
//! Talk to it with the [first client](super::first_client), or with a command such as
//! `websocat ws://127.0.0.1:9001`.
//!
//! # What happens
//!
//! * [`accept`](crate::polled::WebSocket::accept) reads the HTTP request, checks it, and answers with status 101.
//!   To look at the request first, see [deciding](super::deciding).
//! * [`receive`](crate::polled::WebSocket::receive) waits for the next message, an
//!   [`OwnedMessage`](crate::OwnedMessage): text or binary. It answers pings and close frames by itself, and
//!   sends a ping to a client that is silent for 30 seconds. It returns `None` once the client has closed the
//!   connection.
//! * [`send`](crate::polled::WebSocket::send) takes `&str`, `String`, `&[u8]`, `Vec<u8>`, `Bytes` and
//!   `OwnedMessage`. It completes when the operating system has taken the whole message.
//! * All connections share one [`Config`](crate::Config). Its defaults are meant for servers: messages up to
//!   16 MiB, a deadline for every wait.
//! * `set_nodelay` lets small messages leave at once. `connect` sets it by itself, but a server owns its listener.
//!
//! # Without a copy
//!
//! `receive` copies each message. [`next_event`](crate::polled::WebSocket::next_event) borrows it from the read
//! buffer, and returns a [`Sender`](crate::Sender) beside it that queues replies. All replies to one read leave
//! together, in one write:
//!
//! ```
//! # #[cfg(feature = "tokio")] {
//! use sansocket::tokio::WebSocket;
//! use sansocket::{Error, Event};
//! use tokio::net::TcpStream;
//!
//! async fn echo(socket: &mut WebSocket<TcpStream>) -> Result<(), Error> {
//!     while let Some((event, sender)) = socket.next_event().await? {
//!         match event {
//!             Event::Text(text) => sender.send(text)?,
//!             Event::Binary(bytes) => sender.send(bytes)?,
//!             _ => {} // Pings, pongs and the close frame: for information only.
//!         }
//!     }
//!     Ok(())
//! }
//! # }
//! ```
//!
//! That copies each reply into the bytes that wait. To reply with long messages, [split](crate::polled::WebSocket::split)
//! the WebSocket: a [`Writer`](crate::polled::Writer) sends the event of a [`Reader`](crate::polled::Reader) from where it
//! lies. An echo of 1 MiB took 358 µs of CPU so, and 412 by the loop above (see `benches/peers`).
//!
//! # With threads, or with smol
//!
//! The same server without a runtime, with one thread for each connection:
//!
//! ```
//! # #[cfg(feature = "std")] {
//! use std::io;
//! use std::net::{TcpListener, TcpStream};
//! use std::sync::Arc;
//! use std::thread;
//!
//! use sansocket::blocking::WebSocket;
//! use sansocket::{Config, Error};
//!
//! fn serve(listener: TcpListener) -> io::Result<()> {
//!     let config = Config::new().shared();
//!     for stream in listener.incoming() {
//!         let (stream, config) = (stream?, Arc::clone(&config));
//!         stream.set_nodelay(true)?;
//!         thread::spawn(move || {
//!             if let Err(error) = echo(stream, config) {
//!                 eprintln!("{error}");
//!             }
//!         });
//!     }
//!     Ok(())
//! }
//!
//! fn echo(stream: TcpStream, config: Arc<Config>) -> Result<(), Error> {
//!     let mut socket = WebSocket::accept(stream, config)?;
//!     while let Some(message) = socket.receive()? {
//!         socket.send(&message)?;
//!     }
//!     Ok(())
//! }
//! # let listener = TcpListener::bind("127.0.0.1:0").unwrap();
//! # let url = format!("ws://{}", listener.local_addr().unwrap());
//! # thread::spawn(|| serve(listener));
//! # let mut client = WebSocket::connect(&url, Config::new().shared()).unwrap();
//! # client.send("hello").unwrap();
//! # assert_eq!(client.receive().unwrap(), Some("hello".into()));
//! # client.close(None, "").unwrap();
//! # }
//! ```
//!
//! With smol, write `sansocket::smol::WebSocket`, `smol::net::TcpListener` and `smol::spawn(…).detach()`.
//!
//! # What can go wrong
//!
//! | you see | because |
//! |---|---|
//! | `opening handshake failed: Origin is not allowed by the policy`, and the browser's console says 403 | The page has another host or port than the server. [List its origin](crate::server::Origins::list). |
//! | `opening handshake failed: Upgrade is missing: the request is plain HTTP` | Someone opened the address as a page. To serve pages too, see [one port](super::one_port). |
//! | `opening handshake failed: first line is not that of an HTTP/1.1 message` | Someone speaks TLS, or something else than HTTP. For `wss://`, see [TLS](super::tls). |
//! | `peer ended the connection without a close frame` | The client crashed, or lost its network. That is normal: log it at a low level. |
//! | `peer did not answer a ping in time` | The client is gone, or frozen. See [timeouts](super::timeouts). |
//! | The server ends with `Too many open files` | `listener.accept()` fails while no file descriptors are left. Raise `ulimit -n`, and go on after this error instead of `?`. |
//! | `deadlines need a tokio runtime with enable_time` | The runtime was built by hand. Add `enable_all()`. The panic of tokio that is printed before is the same. |
//!
//! [`socket.ended()`](crate::polled::WebSocket::ended) has the whole account of the end: see
//! [closing](super::closing).
