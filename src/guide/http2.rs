//! Many WebSockets over one connection: HTTP/2 (RFC 8441), and HTTP/3.
//!
//! **You want** to serve browsers over the connection that loaded the page, to open many WebSockets to one server, or to sit
//! behind a proxy that speaks HTTP/2. Each WebSocket is then a stream. It has all that one over TCP has: compression,
//! deadlines, backpressure, [`split`](crate::tokio::WebSocket::split).
//!
//! For one WebSocket, [`Connect`](super::connecting#http2) speaks HTTP/2 too: it connects, asks by ALPN, and falls back to
//! HTTP/1.1.
//!
//! If hyper or axum serves your pages, they serve HTTP/2, too: see [one port](super::one_port). This page is about the feature
//! `h2`, which needs no server around it.
//!
//! # A server, and a client with many sockets
//!
//! ```
//! # #[cfg(feature = "h2")] {
//! use std::sync::Arc;
//!
//! use sansocket::h2::{Client, Incoming, Opening, receive_request, server_builder};
//! use sansocket::{Config, Error, Url, client};
//! use tokio::net::{TcpListener, TcpStream};
//!
//! /// Serves all requests of a connection: of TCP, or of TLS whose ALPN has selected `h2`.
//! async fn serve(stream: TcpStream, config: Arc<Config>) -> Result<(), h2::Error> {
//!     let mut connection = server_builder().handshake(stream).await?;
//!     // This drives the connection, so each WebSocket has a task of its own.
//!     while let Some(request) = connection.accept().await {
//!         let (request, respond) = request?;
//!         match receive_request(request, respond, &config) {
//!             Ok(Incoming::Opening(opening)) => drop(tokio::spawn(echo(opening))),
//!             Ok(Incoming::Http(_request, mut respond)) => {
//!                 let page = http::Response::new(());
//!                 // An error means that the client has reset this stream. The others go on.
//!                 let _ = respond
//!                     .send_response(page, false)
//!                     .and_then(|mut body| body.send_data("a page\n".into(), true));
//!             }
//!             Err(error) => eprintln!("{error}"), // The client has got a response.
//!         }
//!     }
//!     Ok(())
//! }
//!
//! async fn echo(opening: Opening) -> Result<(), Error> {
//!     let mut socket = opening.accept()?;
//!     while let Some(message) = socket.receive().await? {
//!         socket.send(message).await?;
//!     }
//!     Ok(())
//! }
//!
//! /// Opens a hundred WebSockets over one connection.
//! async fn talk(stream: TcpStream) -> Result<(), Error> {
//!     let client = Client::connect(stream, Config::new().shared()).await?;
//!     let mut sockets = Vec::new();
//!     for room in 0..100 {
//!         let url = format!("ws://localhost/rooms/{room}");
//!         let request = client::Request::new(Url::parse(&url)?);
//!         sockets.push(client.open(request).await?.0);
//!     }
//!     for socket in &mut sockets {
//!         socket.send("hello").await?;
//!         assert_eq!(socket.receive().await?, Some("hello".into()));
//!         socket.close(None, "").await?;
//!     }
//!     Ok(())
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Error> {
//!     let listener = TcpListener::bind("127.0.0.1:0").await?;
//!     let address = listener.local_addr()?;
//!     tokio::spawn(async move {
//!         while let Ok((stream, _)) = listener.accept().await {
//!             tokio::spawn(serve(stream, Config::new().shared()));
//!         }
//!     });
//!     talk(TcpStream::connect(address).await?).await
//! }
//! # main().unwrap();
//! # }
//! ```
//!
//! [`Client`](crate::h2::Client) is cheap to clone. Its clones share the connection, which ends once they and all WebSockets are
//! dropped.
//!
//! # TLS
//!
//! Browsers speak HTTP/2 over TLS only. Hand in a stream of TLS, and offer `h2` by ALPN:
//!
//! ```
//! # #[cfg(feature = "tokio-rustls")]
//! fn offer(config: &mut sansocket::tls::rustls::ServerConfig) {
//!     config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
//! }
//! ```
//!
//! Ask the stream which one was selected, and serve accordingly. A browser opens a WebSocket over HTTP/2 only if it has a
//! connection to that origin, and if the server's settings allow it. Otherwise it opens a new one, with HTTP/1.1.
//! `examples/libraries/chat_http2.rs` shows all of it.
//!
//! # Proxies
//!
//! A proxy may speak another version to each side. The handshakes differ, the frames do not.
//!
//! | proxy | to you | settings |
//! |---|---|---|
//! | haproxy 2.4 and later | HTTP/2 | `server s 127.0.0.1:8080 proto h2 ws h2` |
//! | nghttpx | HTTP/2 | `--backend=127.0.0.1,8080;;proto=h2` |
//! | lighttpd 1.4.65 and later | HTTP/1.1 | `proxy.header = ( "upgrade" => "enable" )` |
//! | nginx | HTTP/1.1 | `proxy_http_version 1.1`, and the headers `Upgrade` and `Connection` |
//!
//! # Limits
//!
//! [`Limits`](crate::Limits) and [`Timeouts`](crate::Timeouts) hold for each WebSocket. The connection has some of its own, in
//! [`server_builder`](crate::h2::server_builder):
//!
//! | what | default | change it by |
//! |---|---|---|
//! | WebSockets of a connection | unlimited | `max_concurrent_streams` |
//! | bytes of a stream that wait to be read | 64 KiB | `initial_window_size` |
//! | bytes of a connection that wait to be read | 1 MiB | `initial_connection_window_size` |
//! | short messages, each in a DATA frame of its own, that wait to be read | about 16,000 | `data_frame_budget` |
//!
//! A stream that is not read fills its window, and its peer waits. The others go on, unless such streams fill the window of
//! the connection: 16 of them, by these defaults. So read all streams, or drop those that you do not want.
//!
//! # What can go wrong
//!
//! | you see | reason |
//! |---|---|
//! | [`Client::connect`](crate::h2::Client::connect) fails with `Unsupported` | The server does not offer WebSockets over HTTP/2. Connect again, and offer `http/1.1` alone. |
//! | `Client::connect` fails, or waits until the deadline | The server speaks HTTP/1.1. Over TLS, look at what ALPN selected. |
//! | [`Client::open`](crate::h2::Client::open) waits, and then times out | The server allows no more streams. Open another connection. |
//! | The connection ends with `ENHANCE_YOUR_CALM` | Too many short messages waited to be read (RUSTSEC-2026-0258). Use [`server_builder`](crate::h2::server_builder). |
//! | [`Cause::TransportReset`](crate::Cause::TransportReset) | The peer reset the stream. A client that is dropped without closing does. |
//! | All WebSockets of a client end at once | The connection ended. Reconnect once, not once for each. |
//! | Status 501 | The client asks for another protocol than `websocket`. |
//! | Browsers use HTTP/1.1 | The setting is off, or the certificate is one that the browser does not trust. |
//!
//! # HTTP/3
//!
//! Over HTTP/3 the handshake is the same (RFC 9220). sansocket does not speak HTTP/3, and does not need to: a library does, and
//! passes fields and bytes. So does any library for HTTP/2.
//!
//! ```
//! use sansocket::server::{Policy, Request};
//! use sansocket::{Config, Connection, Timestamp};
//!
//! # let fields = [
//! #     (":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "https"), (":authority", "example.com"),
//! #     (":path", "/chat"), ("sec-websocket-version", "13"),
//! # ];
//! // The library has received `fields` on a new stream.
//! match Request::from_fields(fields, &Policy::new()) {
//!     Ok(request) => {
//!         let (response, negotiated) = request.accept_fields();
//!         // The library sends `response`. The bytes of the stream are those of this connection:
//!         let config = Config::new().shared();
//!         let connection = Connection::open_server(negotiated, config, Timestamp::default());
//! #       assert_eq!(response.iter().next(), Some((":status", &b"200"[..])));
//! #       drop(connection);
//!     }
//!     Err(error) => {
//!         // The library sends this, and ends the stream.
//!         let response = error.to_fields();
//! #       drop(response);
//!     }
//! }
//! ```
//!
//! A client has [`into_fields`](crate::client::Request::into_fields) and
//! [`Pending::receive_fields`](crate::client::Pending::receive_fields). The end of a stream is
//! [`handle_eof`](crate::Connection::handle_eof), and a reset [`handle_reset`](crate::Connection::handle_reset). Take all events
//! after either. `examples/http3` is a server and a client over quiche.
