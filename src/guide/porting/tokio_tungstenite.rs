//! Coming from tokio-tungstenite.
//!
//! Read [what differs](super#what-differs-from-all-of-them) first. Then replace call by call.
//!
//! # The calls
//!
//! | tokio-tungstenite | sansocket |
//! |---|---|
//! | `tungstenite::Result<T>` | `Result<T, Error>`, with `sansocket::Error` |
//! | `connect_async("wss://…").await?` | `WebSocket::connect(url, config).await?` |
//! | `connect_async_with_config(url, Some(config), false).await?` | `WebSocket::connect(url, config).await?` |
//! | `let (socket, response) = connect_async(url).await?`, and use `response` | `let (socket, response) = Connect::new(url).connect().await?` |
//! | `connect_async(request).await?`, with headers | `Connect::new(url).header("Authorization", "Bearer 7").connect().await?` |
//! | `connect_async_tls_with_config(url, None, false, Some(connector)).await?` | `Connect::new(url).tls(tls).config(config).connect().await?` |
//! | `client_async_tls(request, stream_of_a_proxy).await?` | `Connect::new(url).proxy(Proxy::parse("http://proxy:3128")?).connect().await?` |
//! | `MaybeTlsStream<TcpStream>` | `MaybeTls` |
//! | `url.into_client_request()?` | `client::Request::new(Url::parse(url)?)` |
//! | `request.headers_mut().insert("Authorization", value)` | `request.add_header("Authorization", "Bearer 7")?` |
//! | `request.headers_mut().insert("Sec-WebSocket-Protocol", value)` | `request.add_protocol("chat")?` |
//! | `let (socket, response) = client_async(request, stream).await?` | `let (socket, response) = WebSocket::connect_over(stream, request, config).await?` |
//! | `for (name, value) in response.headers()` | `for (name, value) in response.headers()` |
//! | `Err(Error::Http(response))` | `Err(Error::Rejected(response))` |
//! | `accept_async(stream).await?` | `WebSocket::accept(stream, config).await?` |
//! | `accept_hdr_async(stream, callback).await?` | `WebSocket::receive_request(stream, config).await?` |
//! | `callback(&request, response)` | `Incoming::Opening(mut opening)` |
//! | `request.uri().path()` | `opening.request().path()` |
//! | `request.headers()` | `opening.request().headers()` |
//! | `response.headers_mut().append(name, value)` | `opening.request().add_header("Set-Cookie", "id=7")?` |
//! | `Ok(response)` | `opening.accept().await?` |
//! | `Err(error_response)` | `opening.reject(server::Response::not_found("")).await?` |
//! | `derive_accept_key(key)`, and a 101 by hand | `server::Request::from_http(&request, &config.policy)`: see [hyper](super::fastwebsockets) |
//! | `WebSocketStream::from_raw_socket(stream, Role::Server, None).await` | `WebSocket::from_http(stream, Negotiated::new(), config)` |
//! | `WebSocketStream::from_raw_socket(stream, Role::Client, None).await` | `WebSocket::from_upgraded(stream, &[], Connection::open_client(Negotiated::new(), config, seed, now))` |
//! | `WebSocketStream::from_partially_read(stream, part, role, None).await` | `WebSocket::from_upgraded(stream, &part, connection)` |
//! | `socket.next().await.transpose()?` | `socket.receive().await?` |
//! | `message.is_text()` | `matches!(message, OwnedMessage::Text(_))` |
//! | `message.to_text()?` of a text | `message.as_text()` |
//! | `message.to_text()?` of text or bytes | `str::from_utf8(message.as_bytes())?` |
//! | `message.into_data()` | `message.into_bytes()` |
//! | `Message::binary(bytes)` in a channel | `OwnedMessage::from(bytes)` |
//! | `socket.send(Message::text("hello")).await?` | `socket.send("hello").await?` |
//! | `socket.send(Message::binary(bytes)).await?` | `socket.send(bytes).await?` |
//! | `socket.feed(message).await?` | `socket.feed(&message).await?` |
//! | `socket.flush().await?` | `socket.flush().await?` |
//! | `socket.send(Message::Ping(Bytes::new())).await?` | `socket.ping().await?` |
//! | `socket.send(Message::Ping(payload)).await?` | `socket.connection_mut().ping(&payload)?` |
//! | `socket.send(Message::Close(None)).await?` | `socket.connection_mut().close(None, "")?` |
//! | `socket.close(None).await?` | `socket.close(None, "").await?` |
//! | `socket.close(Some(frame)).await?` | `socket.close(CloseCode::NORMAL, "done").await?` |
//! | `Err(Error::ConnectionClosed)` | `socket.ended()` |
//! | `Err(Error::Protocol(_) \| Error::Utf8(_) \| Error::Capacity(_))` | `Err(Error::Protocol(_))` |
//! | `socket.get_ref()` | `socket.get_ref()` |
//! | `let (write, read) = socket.split()` | `let (reader, writer) = socket.split()` |
//! | `read.next().await.transpose()?` | `reader.receive().await?` |
//! | `write.send(message).await?` | `writer.send(message).await?` |
//! | `Arc<Mutex<SplitSink<…>>>` | `writer.clone()` |
//! | `read.forward(write).await?` | `reader.forward(writer).await?` |
//! | `config.max_message_size(Some(1 << 20))` | `Limits::new().message(1 << 20)` |
//! | `config.max_frame_size(Some(1 << 20))` | `Limits::new().frame(1 << 20)` |
//! | `config.max_write_buffer_size(1 << 20)` | `Config::new().limits(limits).max_queued(1 << 20).shared()` |
//!
//! What `connection_mut()` queues leaves with the next `flush`, `send` or `receive`. `close` waits for the peer's close
//! frame. Where tungstenite returns `WriteBufferFull`, `send` and `feed` wait.
//!
//! # A callback becomes a match
//!
//! `accept_hdr_async` calls a function that cannot wait. Here the request is a value, so you may await anything before
//! you [decide](crate::guide::deciding):
//!
//! ```
//! # #[cfg(feature = "tokio")] mod example {
//! use sansocket::tokio::{Incoming, WebSocket};
//! use sansocket::{Config, Error, server};
//! use tokio::net::TcpStream;
//!
//! async fn accept(stream: TcpStream) -> Result<Option<WebSocket<TcpStream>>, Error> {
//!     match WebSocket::receive_request(stream, Config::new().shared()).await? {
//!         Incoming::Opening(mut opening) => {
//!             for (name, value) in opening.request().headers() {
//!                 println!("{name}: {}", value.escape_ascii());
//!             }
//!             if opening.request().path() != "/chat" {
//!                 opening.reject(server::Response::not_found("")).await?;
//!                 return Ok(None);
//!             }
//!             opening.request().add_header("X-Server", "mine")?;
//!             Ok(Some(opening.accept().await?))
//!         }
//!         Incoming::Http(request) => {
//!             request.reject().await?; // 426: there are only WebSockets here.
//!             Ok(None)
//!         }
//!     }
//! }
//! # }
//! ```
//!
//! # A channel for each peer becomes a writer
//!
//! A chat server for tokio-tungstenite keeps an `UnboundedSender<Message>` for each peer, and a future that forwards the
//! channel into the sink. That works here, too: swap the halves, and put `OwnedMessage` into the channel. It is shorter
//! to keep a `Writer` for each peer, and [`try_send`](crate::polled::Writer::try_send) bounds the queue of a slow one:
//! see [broadcast](crate::guide::broadcast).
//!
//! # What goes wrong
//!
//! | you see | cause |
//! |---|---|
//! | "no method named `forward`" | import `futures_util::StreamExt`, with the feature `sink` |
//! | mismatched types after `split` | the reader comes first |
//! | `UnexpectedEof` where there was `ResetWithoutClosingHandshake` | the same, by another name |
//! | 403 for your page | see Origins in [what differs](super#what-differs-from-all-of-them) |
