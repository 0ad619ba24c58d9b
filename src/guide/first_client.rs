//! A first client.
//!
//! **You want** to connect to a server, send messages and receive messages.
//!
//! ```toml
//! [dependencies]
//! sansocket = { version = "0.1", features = ["tokio"] }
//! tokio = { version = "1", features = ["macros", "net", "rt-multi-thread", "sync"] }
//! ```
//!
//! ```
//! # #[cfg(feature = "tokio")] {
//! use sansocket::tokio::WebSocket;
//! use sansocket::{CloseCode, Config, Error};
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Error> {
//!     talk("ws://127.0.0.1:9001/").await
//! }
//!
//! async fn talk(url: &str) -> Result<(), Error> {
//!     let mut socket = WebSocket::connect(url, Config::new().shared()).await?;
//!     socket.send("hello").await?;
//!     if let Some(message) = socket.receive().await? {
//!         println!("the server says {message}");
//!     }
//!     socket.close(CloseCode::NORMAL, "done").await
//! }
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn try_it() {
//! #     let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
//! #     let url = format!("ws://{}", listener.local_addr().unwrap());
//! #     let server = async {
//! #         let stream = listener.accept().await.unwrap().0;
//! #         let mut socket = WebSocket::accept(stream, Config::new().shared()).await.unwrap();
//! #         assert_eq!(socket.receive().await.unwrap(), Some("hello".into()));
//! #         socket.send("welcome").await.unwrap();
//! #         assert_eq!(socket.receive().await.unwrap(), None);
//! #         socket.ended().unwrap().is_clean()
//! #     };
//! #     let (talked, is_clean) = tokio::join!(talk(&url), server);
//! #     assert!(talked.is_ok() && is_clean);
//! # }
//! # try_it();
//! # }
//! ```
//!
//! # What happens
//!
//! * `connect` looks up the host, connects over TCP, and does the opening handshake. All of that together has
//!   10 seconds: [`Timeouts::opening`](crate::Timeouts::opening).
//! * `connect` takes `ws://` URLs, and with the feature `tokio-rustls` also `wss://` URLs: see [TLS](super::tls).
//! * `receive` returns text and binary messages. `println!("{message}")` prints the text, or the length of
//!   binary data. [`as_text`](crate::OwnedMessage::as_text) returns `Some` for text only.
//! * `receive` returns `None` once the connection has been closed, also if the server closed it with the code of an
//!   error. `socket.ended()` has the code and the reason: see [closing](super::closing).
//! * [`close`](crate::polled::WebSocket::close) sends a close frame and waits for that of the server. If you only
//!   drop the socket, the server sees a connection that broke.
//!
//! To send headers, cookies, credentials or a subprotocol, to go through a proxy, or to follow redirects, use
//! [`Connect`](crate::tokio::Connect): see [connecting](super::connecting). Any other stream works with
//! [`connect_over`](crate::polled::WebSocket::connect_over).
//!
//! # Send and receive at the same time
//!
//! A client often waits for the server and for something else. All methods are cancel safe, so `select!` may drop
//! `receive` at any time, and no message is lost:
//!
//! ```
//! # #[cfg(feature = "tokio")] {
//! use sansocket::tokio::{MaybeTls, WebSocket};
//! use sansocket::Error;
//! use tokio::sync::mpsc;
//!
//! async fn run(
//!     mut socket: WebSocket<MaybeTls>,
//!     mut lines: mpsc::Receiver<String>,
//! ) -> Result<(), Error> {
//!     loop {
//!         tokio::select! {
//!             message = socket.receive() => match message? {
//!                 Some(message) => println!("{message}"),
//!                 None => return Ok(()),
//!             },
//!             line = lines.recv() => match line {
//!                 Some(line) => socket.send(line).await?,
//!                 None => return socket.close(None, "").await,
//!             },
//!         }
//!     }
//! }
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn try_it() {
//! #     let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
//! #     let url = format!("ws://{}", listener.local_addr().unwrap());
//! #     let (sender, lines) = mpsc::channel(1);
//! #     let config = sansocket::Config::new().shared();
//! #     let server = async {
//! #         let stream = listener.accept().await.unwrap().0;
//! #         let mut socket = WebSocket::accept(stream, config.clone()).await.unwrap();
//! #         sender.send("hello".to_owned()).await.unwrap();
//! #         assert_eq!(socket.receive().await.unwrap(), Some("hello".into()));
//! #         drop(sender);
//! #         assert_eq!(socket.receive().await.unwrap(), None);
//! #     };
//! #     let client = async {
//! #         run(WebSocket::connect(&url, config.clone()).await?, lines).await
//! #     };
//! #     tokio::join!(client, server).0.unwrap();
//! # }
//! # try_it();
//! # }
//! ```
//!
//! To send from other tasks, see [several tasks](super::several_tasks).
//!
//! # Without a runtime
//!
//! The blocking adapter has the same methods:
//!
//! ```
//! # #[cfg(feature = "std")] {
//! use sansocket::blocking::WebSocket;
//! use sansocket::{CloseCode, Config, Error};
//!
//! fn talk(url: &str) -> Result<(), Error> {
//!     let mut socket = WebSocket::connect(url, Config::new().shared())?;
//!     socket.send("hello")?;
//!     if let Some(message) = socket.receive()? {
//!         println!("the server says {message}");
//!     }
//!     socket.close(CloseCode::NORMAL, "done")
//! }
//! # let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
//! # let url = format!("ws://{}", listener.local_addr().unwrap());
//! # let server = std::thread::spawn(move || {
//! #     let stream = listener.accept().unwrap().0;
//! #     let mut socket = WebSocket::accept(stream, Config::new().shared()).unwrap();
//! #     while let Some(message) = socket.receive().unwrap() {
//! #         socket.send(&message).unwrap();
//! #     }
//! # });
//! # talk(&url).unwrap();
//! # server.join().unwrap();
//! # }
//! ```
//!
//! [`receive_timeout`](crate::blocking::WebSocket::receive_timeout) waits for a limited time. With smol, write
//! `sansocket::smol::WebSocket`, and run the future with `smol::block_on`.
//!
//! # What can go wrong
//!
//! | error | because |
//! |---|---|
//! | [`Error::Url`](crate::Error::Url) | The URL is not `ws://host:port/path`. |
//! | [`Error::Connect`](crate::Error::Connect) with `connection could not be established` | Nobody listens there. |
//! | [`Error::Connect`](crate::Error::Connect) with `transport ended before the response` | The server left before it had answered. |
//! | [`Error::Rejected`](crate::Error::Rejected) | The server answered with another status than 101. The variant holds status, headers and body. |
//! | [`Error::Handshake`](crate::Error::Handshake) | The answer of the server is not that of a WebSocket. |
//! | [`Error::TimedOut`](crate::Error::TimedOut) | The server did not answer: while opening, or later to a ping. |
//! | [`Error::Connect`](crate::Error::Connect) with `received corrupt message` | The URL says `wss://`, and the server speaks no TLS on this port. |
//! | [`Error::Io`](crate::Error::Io) of kind `UnexpectedEof` | The server left without a close frame. |
//! | [`Error::Send`](crate::Error::Send) with `Closing` | The connection is closing, so the message was not sent. |
//!
//! A client that must stay connected uses [`Connect::reconnect`](super::connecting#stay-connected): it connects again
//! after a pause that grows and has a random part.
