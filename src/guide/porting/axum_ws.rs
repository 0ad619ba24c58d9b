//! Coming from axum's `extract::ws`.
//!
//! Read [what differs](super#what-differs-from-all-of-them) first. Turn on the features `http` and `tokio`, and turn axum's
//! feature `ws` off. Add `hyper` and `hyper-util` with the feature `tokio`: the stream comes from them.
//!
//! # The calls
//!
//! | axum::extract::ws | sansocket |
//! |---|---|
//! | `ws: WebSocketUpgrade` | `server::Request::from_http(&request, &config.policy)` |
//! | `WebSocketUpgradeRejection` | `error.to_http().map(Body::from)` |
//! | `ws.protocols(["chat"])` | `opening.select_protocol("chat")?` |
//! | `ws.selected_protocol()` | `opening.protocol()` |
//! | `ws.max_message_size(1 << 20)` | `Limits::new().message(1 << 20)` |
//! | `ws.max_write_buffer_size(1 << 20)` | `Config::new().limits(limits).max_queued(1 << 20).shared()` |
//! | `ws.on_upgrade(callback)` | `let upgrade = hyper::upgrade::on(&mut request)`, and `opening.accept_http()` |
//! | `async fn callback(socket: WebSocket)` | `WebSocket::from_http(TokioIo::new(upgrade.await?), negotiated, config)` |
//! | `WebSocket` as a type | `WebSocket<TokioIo<Upgraded>>` |
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
//! axum accepts pages of every origin. Here `Policy::new().origins(Origins::any())` does so.
//!
//! # A handler
//!
//! ```
//! # #[cfg(all(feature = "http", feature = "tokio"))] mod example {
//! use axum::Router;
//! use axum::body::Body;
//! use axum::extract::Request;
//! use axum::response::Response;
//! use axum::routing::any;
//! use hyper::upgrade::Upgraded;
//! use hyper_util::rt::TokioIo;
//! use sansocket::tokio::WebSocket;
//! use sansocket::{Config, Error, server};
//!
//! pub fn routes() -> Router {
//!     Router::new().route("/ws", any(open))
//! }
//!
//! async fn open(mut request: Request) -> Response {
//!     let config = Config::new().shared();
//!     let opening = match server::Request::from_http(&request, &config.policy) {
//!         Ok(opening) => opening,
//!         Err(error) => return error.to_http().map(Body::from),
//!     };
//!     let upgrade = hyper::upgrade::on(&mut request);
//!     let (response, negotiated) = opening.accept_http();
//!     tokio::spawn(async move {
//!         let Ok(stream) = upgrade.await else { return };
//!         let socket = WebSocket::from_http(TokioIo::new(stream), negotiated, config);
//!         if let Err(error) = talk(socket).await {
//!             eprintln!("{error}");
//!         }
//!     });
//!     response.map(|()| Body::empty())
//! }
//!
//! async fn talk(mut socket: WebSocket<TokioIo<Upgraded>>) -> Result<(), Error> {
//!     while let Some(message) = socket.receive().await? {
//!         socket.send(message).await?;
//!     }
//!     Ok(())
//! }
//! # }
//! # fn main() {
//! #     #[cfg(all(feature = "http", feature = "tokio"))]
//! #     let _ = example::routes();
//! # }
//! ```
//!
//! Other extractors go before `request`, as in any handler of axum. `examples/libraries/axum_echo.rs` is a whole server.
//!
//! # What goes wrong
//!
//! | you see | cause |
//! |---|---|
//! | "the trait bound `Handler` is not satisfied" | `Request` is not the last argument |
//! | the task ends at once | `upgrade.await` failed: log its error |
//! | status 505 | the request came over HTTP/2, which opens a WebSocket in another way (RFC 8441) |
//! | the peer logs 1006 | the task is aborted, or the socket dropped, right after the close frame. Await `receive` until `None` |
