//! HTTP and WebSocket on one port.
//!
//! **You want** one port that serves pages and WebSockets. If you have an HTTP server already, let it keep the port:
//! see [hyper](#with-hyper) or [axum](#with-axum). If you only have a page or a health check, you need no HTTP
//! library.
//!
//! # Without an HTTP library
//!
//! A request that asks for no WebSocket is [`Incoming::Http`](crate::polled::Incoming::Http). You can answer it:
//!
//! ```
//! # #[cfg(feature = "tokio")] {
//! use sansocket::server::Response;
//! use sansocket::tokio::{HttpRequest, Incoming, WebSocket};
//! use sansocket::{Config, Error};
//! use tokio::net::{TcpListener, TcpStream};
//!
//! const PAGE: &str = r#"<!doctype html><script>
//!     const socket = new WebSocket(`ws://${location.host}/echo`);
//!     socket.onmessage = event => document.body.append(event.data);
//!     socket.onopen = () => socket.send("hello");
//! </script>"#;
//! const HTML: &[(&str, &str)] = &[("Content-Type", "text/html; charset=utf-8")];
//!
//! async fn serve(stream: TcpStream) -> Result<(), Error> {
//!     match WebSocket::receive_request(stream, Config::new().shared()).await? {
//!         Incoming::Http(request) => serve_page(request).await,
//!         Incoming::Opening(opening) => {
//!             let mut socket = opening.accept().await?;
//!             while let Some(message) = socket.receive().await? {
//!                 socket.send(message).await?;
//!             }
//!             Ok(())
//!         }
//!     }
//! }
//!
//! async fn serve_page(request: HttpRequest<TcpStream>) -> Result<(), Error> {
//!     let response = match (request.head().method(), request.head().target()) {
//!         ("GET" | "HEAD", "/") => Response::new(200, HTML, PAGE.as_bytes())?,
//!         _ => Response::not_found("not found\n"),
//!     };
//!     request.respond(response).await
//! }
//!
//! #[tokio::main]
//! async fn main() -> std::io::Result<()> {
//!     let listener = TcpListener::bind("127.0.0.1:8080").await?;
//!     println!("open http://{}/", listener.local_addr()?);
//!     loop {
//!         tokio::spawn(serve(listener.accept().await?.0));
//!     }
//! }
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn try_it() {
//! #     use tokio::io::{AsyncReadExt, AsyncWriteExt};
//! #     let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
//! #     let address = listener.local_addr().unwrap();
//! #     tokio::spawn(async move {
//! #         loop {
//! #             tokio::spawn(serve(listener.accept().await.unwrap().0));
//! #         }
//! #     });
//! #     let mut page = String::new();
//! #     let mut stream = TcpStream::connect(address).await.unwrap();
//! #     stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
//! #     stream.read_to_string(&mut page).await.unwrap();
//! #     assert!(page.starts_with("HTTP/1.1 200") && page.ends_with(PAGE));
//! #     let url = format!("ws://{address}/echo");
//! #     let mut socket = WebSocket::connect(&url, Config::new().shared()).await.unwrap();
//! #     socket.send("hello").await.unwrap();
//! #     assert_eq!(socket.receive().await.unwrap(), Some("hello".into()));
//! # }
//! # try_it();
//! # }
//! ```
//!
//! Each response ends its stream, and request bodies are not read, so this is not for a busy site.
//! [`HttpRequest::into_parts`](crate::polled::HttpRequest::into_parts) returns the stream and all bytes that were
//! read, for a server of your choice.
//!
//! # With hyper
//!
//! hyper keeps the port. With the feature `hyper`, [`upgrade`](crate::hyper::upgrade) validates a request that it has
//! parsed, over HTTP/1.1 and HTTP/2:
//!
//! ```toml
//! [dependencies]
//! sansocket = { version = "0.1", features = ["hyper"] }
//! http-body-util = "0.1"
//! hyper = { version = "1", features = ["http1", "http2", "server"] }
//! hyper-util = { version = "0.1", features = ["server-auto", "tokio"] }
//! tokio = { version = "1", features = ["macros", "net", "rt-multi-thread"] }
//! ```
//!
//! ```
//! # #[cfg(feature = "hyper")] {
//! use std::convert::Infallible;
//!
//! use http_body_util::Full;
//! use hyper::body::{Bytes, Incoming};
//! use hyper::service::service_fn;
//! use hyper::{Request, Response};
//! use hyper_util::rt::{TokioExecutor, TokioIo};
//! use hyper_util::server::conn::auto;
//! use sansocket::hyper::{WebSocket, upgrade};
//! use sansocket::{Config, Error};
//! use tokio::net::{TcpListener, TcpStream};
//!
//! async fn answer(mut request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
//!     if request.uri().path() != "/echo" {
//!         return Ok(Response::new("there is an echo at /echo\n".into()));
//!     }
//!     Ok(match upgrade(&mut request, &Config::new().shared()) {
//!         Ok(opening) => opening.on_upgrade(run).map(|()| Full::default()),
//!         Err(rejection) => rejection.to_http().map(Full::from),
//!     })
//! }
//!
//! async fn run(socket: WebSocket) {
//!     if let Err(error) = echo(socket).await {
//!         eprintln!("{error}");
//!     }
//! }
//!
//! async fn echo(mut socket: WebSocket) -> Result<(), Error> {
//!     while let Some(message) = socket.receive().await? {
//!         socket.send(message).await?;
//!     }
//!     Ok(())
//! }
//!
//! async fn serve(stream: TcpStream) {
//!     let mut builder = auto::Builder::new(TokioExecutor::new());
//!     builder.http2().enable_connect_protocol(); // For WebSockets over HTTP/2.
//!     let stream = TokioIo::new(stream);
//!     let connection = builder.serve_connection_with_upgrades(stream, service_fn(answer));
//!     if let Err(error) = connection.await {
//!         eprintln!("{error}");
//!     }
//! }
//!
//! #[tokio::main]
//! async fn main() -> std::io::Result<()> {
//!     let listener = TcpListener::bind("127.0.0.1:8080").await?;
//!     loop {
//!         tokio::spawn(serve(listener.accept().await?.0));
//!     }
//! }
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn try_it() {
//! #     let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
//! #     let url = format!("ws://{}/echo", listener.local_addr().unwrap());
//! #     tokio::spawn(async move { serve(listener.accept().await.unwrap().0).await });
//! #     let config = Config::new().shared();
//! #     let mut socket = sansocket::tokio::WebSocket::connect(&url, config).await.unwrap();
//! #     socket.send("hello").await.unwrap();
//! #     assert_eq!(socket.receive().await.unwrap(), Some("hello".into()));
//! #     socket.close(None, "").await.unwrap();
//! # }
//! # try_it();
//! # }
//! ```
//!
//! The stream of such a WebSocket is boxed. To get your `TcpStream` back, and save the indirection, take the WebSocket
//! apart and downcast the stream. hyper may have read ahead:
//!
//! ```
//! # #[cfg(feature = "hyper")] {
//! use hyper::upgrade::Upgraded;
//! use hyper_util::rt::TokioIo;
//! use sansocket::hyper::Stream;
//! use sansocket::tokio::WebSocket;
//! use tokio::net::TcpStream;
//!
//! /// Call this before the WebSocket is used.
//! fn unwrapped(socket: WebSocket<Stream>) -> Result<WebSocket<TcpStream>, Upgraded> {
//!     let (stream, connection) = socket.into_parts();
//!     let parts = stream.into_inner().downcast::<TokioIo<TcpStream>>()?;
//!     Ok(WebSocket::from_upgraded(parts.io.into_inner(), &parts.read_buf, connection))
//! }
//! # }
//! ```
//!
//! # With axum
//!
//! [`WebSocketUpgrade`](crate::axum::WebSocketUpgrade) is an extractor like axum's own, with compression, limits and
//! origins. axum's feature `ws` is not needed. Its feature `http2` adds HTTP/2.
//!
//! ```toml
//! [dependencies]
//! sansocket = { version = "0.1", features = ["axum", "deflate"] }
//! axum = { version = "0.8", features = ["http2"] }
//! tokio = { version = "1", features = ["macros", "net", "rt-multi-thread"] }
//! ```
//!
//! ```
//! # #[cfg(feature = "axum")] {
//! use axum::response::Response;
//! use axum::routing::{any, get};
//! use axum::{Extension, Router};
//! use sansocket::axum::{WebSocket, WebSocketUpgrade};
//! use sansocket::deflate::Compression;
//! use sansocket::{Config, Error};
//! use tokio::net::TcpListener;
//!
//! fn routes() -> Router {
//!     let config = Config::new().compression(Compression::shared());
//!     Router::new()
//!         .route("/", get(async || "there is an echo at /echo\n"))
//!         .route("/echo", any(open))
//!         .layer(Extension(config.shared())) // Without it, the defaults apply.
//! }
//!
//! async fn open(upgrade: WebSocketUpgrade) -> Response {
//!     upgrade.on_upgrade(async |socket| {
//!         if let Err(error) = echo(socket).await {
//!             eprintln!("{error}");
//!         }
//!     })
//! }
//!
//! async fn echo(mut socket: WebSocket) -> Result<(), Error> {
//!     while let Some(message) = socket.receive().await? {
//!         socket.send(message).await?;
//!     }
//!     Ok(())
//! }
//!
//! #[tokio::main]
//! async fn main() -> std::io::Result<()> {
//!     axum::serve(TcpListener::bind("127.0.0.1:8080").await?, routes()).await
//! }
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn try_it() {
//! #     let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
//! #     let url = format!("ws://{}/echo", listener.local_addr().unwrap());
//! #     tokio::spawn(async move { axum::serve(listener, routes()).await });
//! #     let config = Config::new().compression(Compression::shared()).shared();
//! #     let mut socket = sansocket::tokio::WebSocket::connect(&url, config).await.unwrap();
//! #     socket.send("hello").await.unwrap();
//! #     assert_eq!(socket.receive().await.unwrap(), Some("hello".into()));
//! #     socket.close(None, "").await.unwrap();
//! # }
//! # try_it();
//! # }
//! ```
//!
//! To select a subprotocol, to add headers, or to look at the request, use
//! [`protocols`](crate::axum::WebSocketUpgrade::protocols) and [`request`](crate::axum::WebSocketUpgrade::request)
//! before `on_upgrade`.
//!
//! # With another HTTP library
//!
//! [`server::Request::from_http_connect`](crate::server::Request::from_http_connect), of the feature `http`, validates
//! the requests of any library with the types of the crate `http`. [`from_fields`](crate::server::Request::from_fields)
//! needs no such types.
//!
//! # What can go wrong
//!
//! | you see | because |
//! |---|---|
//! | `upgrade expected but low level API in use` | Upgrades are off: serve with `serve_connection_with_upgrades`, or `with_upgrades()`. |
//! | A client says that the server does not offer WebSockets over HTTP/2 | `enable_connect_protocol()` is missing, or axum's feature `http2`. |
//! | Bursts of short messages over HTTP/2 end the connection with `ENHANCE_YOUR_CALM` | The library bounds small DATA frames that wait. Use [`h2::server_builder`](crate::h2::server_builder), or raise `initial_connection_window_size` in hyper. |
//! | Over HTTP/2, status 405 | The route is one of `get`. Use `any`. |
//! | The connection opens, and nothing happens | The handler waits for the future of [`accept`](crate::hyper::Opening::accept). Return the response first, and wait in a task. |
//! | Status 426 | The request asks for no WebSocket: a browser opened the address, or a proxy in front removed `Upgrade`. |
//! | Status 403 | The page has another origin. Behind a proxy that changes `Host`, [list your origins](crate::server::Origins::list). |
//! | [`RequestError::UnsupportedVersion`](crate::server::RequestError::UnsupportedVersion) | The client speaks a draft that is older than RFC 6455. |
