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
//! hyper keeps the port. With the feature `http`, a request that it has parsed becomes a
//! [`server::Request`](crate::server::Request). Return the response, and run the WebSocket in a task of its own: the
//! stream is free only after hyper has sent the response.
//!
//! ```toml
//! [dependencies]
//! sansocket = { version = "0.1", features = ["http", "tokio"] }
//! http-body-util = "0.1"
//! hyper = { version = "1", features = ["http1", "server"] }
//! hyper-util = { version = "0.1", features = ["tokio"] }
//! tokio = { version = "1", features = ["macros", "net", "rt-multi-thread"] }
//! ```
//!
//! ```
//! # #[cfg(all(feature = "http", feature = "tokio"))] {
//! use std::convert::Infallible;
//! use std::error::Error;
//! use std::sync::Arc;
//!
//! use http_body_util::Full;
//! use hyper::body::{Bytes, Incoming};
//! use hyper::server::conn::http1;
//! use hyper::service::service_fn;
//! use hyper::{Request, Response};
//! use hyper_util::rt::TokioIo;
//! use sansocket::tokio::WebSocket;
//! use sansocket::{Config, Negotiated, server};
//! use tokio::net::{TcpListener, TcpStream};
//!
//! async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
//!     Ok(match request.uri().path() {
//!         "/echo" => open(request),
//!         _ => Response::new("there is an echo at /echo\n".into()),
//!     })
//! }
//!
//! fn open(request: Request<Incoming>) -> Response<Full<Bytes>> {
//!     let config = Config::new().shared();
//!     let opening = match server::Request::from_http(&request, &config.policy) {
//!         Ok(opening) => opening,
//!         Err(error) => return error.to_http().map(Full::from),
//!     };
//!     let (response, negotiated) = opening.accept_http();
//!     tokio::spawn(async move {
//!         if let Err(error) = echo(request, negotiated, config).await {
//!             eprintln!("{error}");
//!         }
//!     });
//!     response.map(|()| Full::default())
//! }
//!
//! async fn echo(
//!     request: Request<Incoming>,
//!     negotiated: Negotiated,
//!     config: Arc<Config>,
//! ) -> Result<(), Box<dyn Error + Send + Sync>> {
//!     let stream = TokioIo::new(hyper::upgrade::on(request).await?);
//!     let mut socket = WebSocket::from_http(stream, negotiated, config);
//!     while let Some(message) = socket.receive().await? {
//!         socket.send(message).await?;
//!     }
//!     Ok(())
//! }
//!
//! async fn serve(stream: TcpStream) -> hyper::Result<()> {
//!     let connection =
//!         http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(answer));
//!     connection.with_upgrades().await // Without this, no connection is upgraded.
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
//! #     let mut socket = WebSocket::connect(&url, Config::new().shared()).await.unwrap();
//! #     socket.send("hello").await.unwrap();
//! #     assert_eq!(socket.receive().await.unwrap(), Some("hello".into()));
//! #     socket.close(None, "").await.unwrap();
//! # }
//! # try_it();
//! # }
//! ```
//!
//! `Upgraded` is a boxed stream with a buffer. To get your `TcpStream` back, and save the indirection, downcast it
//! and pass on what hyper has read ahead:
//!
//! ```
//! # #[cfg(all(feature = "http", feature = "tokio"))] {
//! use std::sync::Arc;
//!
//! use hyper::upgrade::Upgraded;
//! use hyper_util::rt::TokioIo;
//! use sansocket::tokio::WebSocket;
//! use sansocket::{Config, Connection, Negotiated, Timestamp};
//! use tokio::net::TcpStream;
//!
//! fn unwrapped(
//!     upgraded: Upgraded,
//!     negotiated: Negotiated,
//!     config: Arc<Config>,
//! ) -> Result<WebSocket<TcpStream>, Upgraded> {
//!     let parts = upgraded.downcast::<TokioIo<TcpStream>>()?;
//!     let connection = Connection::open_server(negotiated, config, Timestamp::default());
//!     Ok(WebSocket::from_upgraded(parts.io.into_inner(), &parts.read_buf, connection))
//! }
//! # }
//! ```
//!
//! # With axum
//!
//! A handler takes the whole [`Request`](https://docs.rs/axum/0.8/axum/extract/type.Request.html). axum's own
//! feature `ws` is not needed. Extractors such as `State`, `Path` and `Query` stand before it.
//!
//! ```toml
//! [dependencies]
//! sansocket = { version = "0.1", features = ["http", "tokio"] }
//! axum = "0.8"
//! hyper = "1"
//! hyper-util = { version = "0.1", features = ["tokio"] }
//! tokio = { version = "1", features = ["macros", "net", "rt-multi-thread"] }
//! ```
//!
//! ```
//! # #[cfg(all(feature = "http", feature = "tokio"))] {
//! use std::error::Error;
//! use std::sync::Arc;
//!
//! use axum::Router;
//! use axum::body::Body;
//! use axum::extract::{Request, State};
//! use axum::response::Response;
//! use axum::routing::{any, get};
//! use hyper_util::rt::TokioIo;
//! use sansocket::tokio::WebSocket;
//! use sansocket::{Config, Negotiated, server};
//! use tokio::net::TcpListener;
//!
//! fn routes() -> Router {
//!     Router::new()
//!         .route("/", get(async || "there is an echo at /echo\n"))
//!         .route("/echo", any(open))
//!         .with_state(Config::new().shared())
//! }
//!
//! async fn open(State(config): State<Arc<Config>>, request: Request) -> Response {
//!     let opening = match server::Request::from_http(&request, &config.policy) {
//!         Ok(opening) => opening,
//!         Err(error) => return error.to_http().map(Body::from),
//!     };
//!     let (response, negotiated) = opening.accept_http();
//!     tokio::spawn(async move {
//!         if let Err(error) = echo(request, negotiated, config).await {
//!             eprintln!("{error}");
//!         }
//!     });
//!     response.map(|()| Body::empty())
//! }
//!
//! async fn echo(
//!     request: Request,
//!     negotiated: Negotiated,
//!     config: Arc<Config>,
//! ) -> Result<(), Box<dyn Error + Send + Sync>> {
//!     let stream = TokioIo::new(hyper::upgrade::on(request).await?);
//!     let mut socket = WebSocket::from_http(stream, negotiated, config);
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
//! #     let mut socket = WebSocket::connect(&url, Config::new().shared()).await.unwrap();
//! #     socket.send("hello").await.unwrap();
//! #     assert_eq!(socket.receive().await.unwrap(), Some("hello".into()));
//! #     socket.close(None, "").await.unwrap();
//! # }
//! # try_it();
//! # }
//! ```
//!
//! To select a subprotocol, to add headers, or to look at the request, use the methods of
//! [`server::Request`](crate::server::Request) before `accept_http`. `Config::compression` is not applied by itself
//! here: call `opening.compress(…)`.
//!
//! # What can go wrong
//!
//! | you see | because |
//! |---|---|
//! | `upgrade expected but low level API in use`, or `no upgrade available` | `with_upgrades()` is missing, or the request came over HTTP/2. |
//! | The connection opens, and nothing happens | The handler waits for `hyper::upgrade::on`. Return the response first, and wait in a task. |
//! | Status 426 | The request asks for no WebSocket: a browser opened the address, or a proxy in front removed `Upgrade`. |
//! | Status 403 | The page has another origin. Behind a proxy that changes `Host`, [list your origins](crate::server::Origins::list). |
//! | [`RequestError::UnsupportedVersion`](crate::server::RequestError::UnsupportedVersion) or [`HeadError::UnsupportedHttp`](crate::HeadError::UnsupportedHttp) | The client is too old, or speaks HTTP/2, which opens WebSockets in another way (RFC 8441). |
