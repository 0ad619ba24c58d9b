//! Coming from fastwebsockets, or from hyper by hand.
//!
//! Read [what differs](super#what-differs-from-all-of-them) first. Turn on the feature `hyper`.
//!
//! # The calls
//!
//! | fastwebsockets | sansocket |
//! |---|---|
//! | `upgrade::is_upgrade_request(&request)`, `upgrade::upgrade(&mut request)?` | `upgrade(&mut request, &config)?` |
//! | `(response, future)` | `opening.accept()` |
//! | `WebSocket::after_handshake(stream, Role::Server)` | `WebSocket::from_http(stream, Negotiated::new(), config)` |
//! | `handshake::client(&executor, request, stream).await?` | `WebSocket::connect_over(stream, request, config).await?` |
//! | `FragmentCollector::new(ws)` | `socket.connection_mut().set_streaming(false)`, which is the default |
//! | `ws.read_frame().await?` | `let Some((event, sender)) = socket.next_event().await?` |
//! | `frame.opcode == OpCode::Text` | `Event::Text(text)` |
//! | `frame.opcode == OpCode::Close`, and `break` | nothing: `next_event` returns `None` after it |
//! | `ws.write_frame(frame).await?` after a `read_frame` | `sender.send(text)?` |
//! | `ws.write_frame(Frame::text(payload)).await?` | `socket.send("hello").await?` |
//! | `ws.write_frame(Frame::new(false, OpCode::Text, None, part)).await?` | `socket.send_part("hel").await?` |
//! | `ws.write_frame(Frame::new(true, OpCode::Continuation, None, part)).await?` | `socket.send_last("lo").await?` |
//! | `ws.write_frame(Frame::close(1000, b"done")).await?` | `socket.close(CloseCode::NORMAL, "done").await?` |
//! | `ws.set_max_message_size(1 << 20)` | `Config::new().limits(Limits::new().message(1 << 20)).shared()` |
//! | `ws.set_auto_pong(false)` | `socket.connection_mut().set_auto_pong(false)` |
//! | `ws.split(tokio::io::split)` | `let (reader, writer) = socket.split()` |
//! | `ws.into_inner()` | `socket.into_parts().0` |
//! | `WebSocketError` | `sansocket::Error` |
//! | a runtime with `enable_io()` | `enable_all()`: deadlines need timers |
//!
//! Text is validated as it arrives, close frames are answered, and fragments are joined. With `set_streaming(true)` each
//! part of a message is an event as soon as its bytes are there, even before its frame is whole.
//!
//! # A handler for hyper
//!
//! ```
//! # #[cfg(feature = "hyper")] mod example {
//! use hyper::body::Incoming;
//! use hyper::{Request, Response};
//! use sansocket::hyper::{Rejection, WebSocket, upgrade};
//! use sansocket::{Config, Error, Event};
//!
//! async fn echo(mut socket: WebSocket) -> Result<(), Error> {
//!     while let Some((event, sender)) = socket.next_event().await? {
//!         match event {
//!             Event::Text(text) => sender.send(text)?,
//!             Event::Binary(bytes) => sender.send(bytes)?,
//!             _ => {}
//!         }
//!     }
//!     Ok(())
//! }
//!
//! /// Returns the response. The WebSocket begins once hyper has sent it.
//! fn open(mut request: Request<Incoming>) -> Result<Response<()>, Rejection> {
//!     let opening = upgrade(&mut request, &Config::new().shared())?;
//!     Ok(opening.on_upgrade(async |socket| {
//!         if let Err(error) = echo(socket).await {
//!             eprintln!("{error}");
//!         }
//!     }))
//! }
//! # }
//! ```
//!
//! Serve with `http1::Builder::serve_connection(..).with_upgrades()`. `examples/libraries/hyper_echo.rs` is a whole
//! server, which also speaks HTTP/2. A [`Rejection`](crate::hyper::Rejection) becomes a response by
//! [`to_http`](crate::hyper::Rejection::to_http).
//!
//! # What goes wrong
//!
//! | you see | cause |
//! |---|---|
//! | the upgrade future fails | `with_upgrades()` is missing |
//! | `Error::Io`, "deadlines need a tokio runtime with enable_time" | the runtime has only `enable_io()` |
//! | fewer events than frames | fragments are joined. `set_streaming(true)` delivers parts |
