//! Coming from tungstenite.
//!
//! Read [what differs](super#what-differs-from-all-of-them) first. The adapter is `sansocket::blocking::WebSocket`.
//!
//! # The calls
//!
//! | tungstenite | sansocket |
//! |---|---|
//! | `tungstenite::connect("ws://…")?` | `WebSocket::connect(url, config)?` |
//! | `let (socket, response) = tungstenite::connect(url)?`, and use `response` | `let (socket, response) = Connect::new(url).connect()?` |
//! | `connect_with_config(url, Some(config), 3)?` | `Connect::new(url).config(config).redirects(Redirects::anywhere(3)).connect()?` |
//! | `tungstenite::client(request, stream)?` | `WebSocket::connect_over(stream, request, config)?` |
//! | `tungstenite::accept(stream)?` | `WebSocket::accept(stream, config)?` |
//! | `tungstenite::accept_hdr(stream, callback)?` | `WebSocket::receive_request(stream, config)?` |
//! | `WebSocket::from_raw_socket(stream, Role::Server, None)` | `WebSocket::from_http(stream, Negotiated::new(), config)` |
//! | `WebSocket::from_partially_read(stream, part, role, None)` | `WebSocket::from_upgraded(stream, &part, connection)` |
//! | `socket.read()?` | `socket.receive()?` |
//! | `Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock` | `socket.receive_timeout(Duration::from_millis(10))` |
//! | `socket.send(message)?` | `socket.send(&message)?` |
//! | `socket.write(message)?` | `socket.feed(&message)?` |
//! | `socket.flush()?` | `socket.flush()?` |
//! | `socket.can_write()` | `socket.connection_mut().is_open()` |
//! | `socket.close(Some(frame))?` | `socket.close(CloseCode::NORMAL, "done")?` |
//! | `Err(Error::ConnectionClosed)` | `socket.ended()` |
//! | `Arc<Mutex<WebSocket<TcpStream>>>` | `let (reader, writer) = socket.split()?` |
//!
//! # A client, ported
//!
//! ```no_run
//! # #[cfg(feature = "std")] mod example {
//! use std::net::TcpStream;
//!
//! use sansocket::blocking::WebSocket;
//! use sansocket::{Config, Error, Url, client};
//!
//! pub fn main() -> Result<(), Error> {
//!     // `connect` would do, but for the response.
//!     let stream = TcpStream::connect("localhost:8080")?;
//!     let request = client::Request::new(Url::parse("ws://localhost:8080/socket")?);
//!     let (mut socket, response) =
//!         WebSocket::connect_over(stream, request, Config::new().shared())?;
//!     println!("status {}", response.status());
//!
//!     socket.send("Hello WebSocket")?;
//!     while let Some(message) = socket.receive()? {
//!         println!("received {message}");
//!     }
//!     Ok(())
//! }
//! # }
//! # fn main() {
//! #     #[cfg(feature = "std")]
//! #     example::main().unwrap();
//! # }
//! ```
//!
//! # What goes wrong
//!
//! | you see | cause |
//! |---|---|
//! | a loop over a stream that does not block gets `WouldBlock` from `receive` | nothing is lost: call again. A loop of your own uses [`Connection`](crate::Connection): see [custom loops](crate::guide::custom_loops) |
//! | two ends that only send are [`Blocked`](crate::TimedOut::Blocked) | `send` does not read. [Split](crate::guide::several_tasks) the socket |
