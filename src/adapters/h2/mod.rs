//! WebSockets over streams of HTTP/2 (RFC 8441), by the crate [`h2`](https://docs.rs/h2).
//!
//! Many WebSockets share one connection. Each is a [`WebSocket`] over a [`Stream`], with all that a WebSocket over
//! TCP has: compression, deadlines, backpressure, `split`.
//!
//! A server is built by [`server_builder`], and passes each request to [`receive_request`]:
//!
//! ```no_run
//! use std::sync::Arc;
//!
//! use sansocket::h2::{Incoming, receive_request, server_builder};
//! use sansocket::{Config, Error};
//! use tokio::net::TcpStream;
//!
//! async fn serve(stream: TcpStream, config: Arc<Config>) -> Result<(), h2::Error> {
//!     let mut connection = server_builder().handshake(stream).await?;
//!     while let Some(request) = connection.accept().await {
//!         let (request, respond) = request?;
//!         match receive_request(request, respond, &config) {
//!             Ok(Incoming::Opening(opening)) => drop(tokio::spawn(async {
//!                 let mut socket = opening.accept()?;
//!                 while let Some(message) = socket.receive().await? {
//!                     socket.send(message).await?;
//!                 }
//!                 Ok::<(), Error>(())
//!             })),
//!             Ok(Incoming::Http(_request, mut respond)) => {
//!                 let mut response = http::Response::new(());
//!                 *response.status_mut() = http::StatusCode::NOT_FOUND;
//!                 // An error means that the client has reset this stream. The others go on.
//!                 let _ = respond.send_response(response, true);
//!             }
//!             Err(error) => eprintln!("{error}"), // The client has got a response.
//!         }
//!     }
//!     Ok(())
//! }
//! ```
//!
//! A [`Client`] opens any number of WebSockets over one connection.

pub(super) mod ask;
mod client;
mod server;
pub(super) mod stream;

pub use client::Client;
pub use server::{Incoming, Opening, receive_request, server_builder};
pub use stream::Stream;

use super::tokio::WebSocket;
