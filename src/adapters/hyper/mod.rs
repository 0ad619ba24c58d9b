//! WebSockets of a server of [hyper](https://docs.rs/hyper), over HTTP/1.1 and HTTP/2 alike.
//!
//! hyper reads the requests. Pass those that may open a WebSocket to [`upgrade`]:
//!
//! ```
//! use std::sync::Arc;
//!
//! use sansocket::hyper::{WebSocket, upgrade};
//! use sansocket::{Config, Error};
//!
//! fn answer<B>(mut request: http::Request<B>, config: &Arc<Config>) -> http::Response<String> {
//!     match upgrade(&mut request, config) {
//!         Ok(opening) => opening.on_upgrade(serve).map(|()| String::new()),
//!         Err(rejection) => rejection.to_http().map(String::from),
//!     }
//! }
//!
//! async fn serve(socket: WebSocket) {
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
//! ```
//!
//! Serve HTTP/1.1 with `with_upgrades`. Over HTTP/2, turn on `enable_connect_protocol` (RFC 8441). The builder
//! `auto` of hyper-util does both, by `serve_connection_with_upgrades` and `http2().enable_connect_protocol()`.
//!
//! Over HTTP/2, a connection ends when too many small DATA frames wait to be read (RUSTSEC-2026-0258): about 2,000 by
//! default. hyper derives the number from the window, so raise `initial_connection_window_size`: 8 MiB allow 16,000.
//!
//! Over HTTP/2, hyper gives out some resets as the end of the stream: those with the code `CANCEL` or `NO_ERROR`. A
//! WebSocket then ends with [`Cause::TransportEnded`](crate::Cause::TransportEnded). The module `h2` tells them apart.

mod opening;
mod rejection;
mod stream;

pub use opening::{Opening, upgrade};
pub use rejection::Rejection;
pub use stream::Stream;

use super::tokio;

/// A WebSocket over a stream of hyper. All methods: [`polled::WebSocket`](crate::polled::WebSocket).
///
/// ```
/// use sansocket::Error;
/// use sansocket::hyper::WebSocket;
///
/// async fn ask(mut socket: WebSocket) -> Result<(), Error> {
///     socket.send("What time is it?").await?;
///     println!("{:?}", socket.receive().await?);
///     socket.close(None, "").await
/// }
/// ```
pub type WebSocket = tokio::WebSocket<Stream>;
