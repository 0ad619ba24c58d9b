//! Coming from axum's `extract::ws`.
//!
//! Read [what differs](super#what-differs-from-all-of-them) first. Turn on the feature `axum`, and turn axum's feature
//! `ws` off.
//!
//! # The calls
//!
//! | axum::extract::ws | sansocket |
//! |---|---|
//! | `use axum::extract::ws::{WebSocket, WebSocketUpgrade}` | `use sansocket::axum::{WebSocket, WebSocketUpgrade}` |
//! | `WebSocketUpgradeRejection` | `sansocket::axum::Rejection` |
//! | `ws.protocols(["chat"])` | `ws.protocols(["chat"])` |
//! | `ws.requested_protocols()` | `ws.request().protocols()` |
//! | `ws.selected_protocol()` | `ws.selected_protocol()` |
//! | `ws.max_message_size(1 << 20)` | `Limits::new().message(1 << 20)` |
//! | `ws.max_write_buffer_size(1 << 20)` | `Config::new().limits(limits).max_queued(1 << 20).shared()` |
//! | `ws.on_upgrade(callback)` | `ws.on_upgrade(callback)` |
//! | `ws.on_failed_upgrade(report)` | `ws.into_inner().accept()`, whose future returns the error |
//! | `socket.recv().await`, for messages | `socket.receive().await?` |
//! | `socket.recv().await`, for pings, pongs and close frames, too | `let Some((event, sender)) = socket.next_event().await?` |
//! | `Message::Text(text)` | `Event::Text(text)` |
//! | `Message::Close(Some(frame))` | `Event::Close(close)` |
//! | `socket.send(Message::Text("hello".into())).await?` | `socket.send("hello").await?` |
//! | `socket.send(Message::Ping(payload)).await?` | `socket.ping().await?` |
//! | `socket.send(Message::Close(Some(frame))).await?` | `socket.close(CloseCode::NORMAL, "done").await?` |
//! | `let (sender, receiver) = socket.split()` | `let (reader, writer) = socket.split()` |
//! | `while let Some(Ok(message)) = receiver.next().await` | `while let Ok(Some(event)) = reader.next_event().await` |
//! | `sender.send(Message::Close(Some(frame))).await?` | `writer.close(CloseCode::NORMAL, "done").await?` |
//!
//! The limits stand in a [`Config`](crate::Config), which a layer sets for the routes below it. axum accepts pages of every
//! origin. Here `Policy::new().origins(Origins::any())` does so.
//!
//! # A handler
//!
//! ```
//! # #[cfg(feature = "axum")] mod example {
//! use axum::response::Response;
//! use axum::routing::any;
//! use axum::{Extension, Router};
//! use sansocket::axum::{WebSocket, WebSocketUpgrade};
//! use sansocket::server::{Origins, Policy};
//! use sansocket::{Config, Error};
//!
//! pub fn routes() -> Router {
//!     let config = Config::new().policy(Policy::new().origins(Origins::any()));
//!     Router::new().route("/ws", any(open)).layer(Extension(config.shared()))
//! }
//!
//! async fn open(ws: WebSocketUpgrade) -> Response {
//!     ws.on_upgrade(async |socket| {
//!         if let Err(error) = talk(socket).await {
//!             eprintln!("{error}");
//!         }
//!     })
//! }
//!
//! async fn talk(mut socket: WebSocket) -> Result<(), Error> {
//!     while let Some(message) = socket.receive().await? {
//!         socket.send(message).await?;
//!     }
//!     Ok(())
//! }
//! # }
//! # fn main() {
//! #     #[cfg(feature = "axum")]
//! #     let _ = example::routes();
//! # }
//! ```
//!
//! `examples/libraries/axum_echo.rs` is a whole server. axum's feature `http2` adds WebSockets over HTTP/2.
//!
//! # What goes wrong
//!
//! | you see | cause |
//! |---|---|
//! | status 403 | the page has another origin than the server: list it in the policy |
//! | the limits do not apply | the layer stands above the route: `layer` affects routes that were added before |
//! | status 405 over HTTP/2 | the route is one of `get`, not of `any` |
//! | the peer logs 1006 | the task is aborted, or the socket dropped, right after the close frame. Await `receive` until `None` |
