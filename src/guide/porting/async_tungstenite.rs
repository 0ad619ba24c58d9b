//! Coming from async-tungstenite.
//!
//! Read [what differs](super#what-differs-from-all-of-them) first. With smol, the adapter is
//! `sansocket::smol::WebSocket`, over streams with the traits of futures-io. With tokio, it is
//! `sansocket::tokio::WebSocket`. All other calls are those of [tokio-tungstenite](super::tokio_tungstenite).
//!
//! # The calls
//!
//! | async-tungstenite | sansocket |
//! |---|---|
//! | `smol::connect_async(url).await?` | `WebSocket::connect(url, config).await?` |
//! | `tokio::connect_async(url).await?` | `sansocket::tokio::WebSocket::connect(url, config).await?` |
//! | `smol::connect_async(request).await?`, with headers | `Connect::new(url).header("Authorization", "Bearer 7").connect().await?` |
//! | `client_async(request, stream).await?` | `WebSocket::connect_over(stream, request, config).await?` |
//! | `accept_async(stream).await?` | `WebSocket::accept(stream, config).await?` |
//! | `socket.next().await.transpose()?` | `socket.receive().await?` |
//! | `socket.next().await.ok_or("nothing")??` | `socket.receive().await?.ok_or("nothing")?` |
//! | `socket.send(Message::text("hello")).await?` | `socket.send("hello").await?` |
//! | `let (sender, receiver) = socket.split()` | `let (reader, writer) = socket.split()` |
//! | `socket.close(None).await?` | `socket.close(None, "").await?` |
//! | `socket.into_inner()` | `socket.into_parts().0` |
//!
//! There is no adapter for async-std, gio or async-tls by name. Streams of theirs that implement the traits of futures-io
//! work with `accept` and `connect_over`; the timers are those of async-io.
//!
//! # An echo, ported
//!
//! ```
//! # #[cfg(feature = "smol")] mod example {
//! use sansocket::smol::WebSocket;
//! use sansocket::{CloseCode, Config};
//! use smol::net::TcpListener;
//!
//! type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;
//!
//! async fn serve(listener: TcpListener) -> Result<()> {
//!     let (stream, _) = listener.accept().await?;
//!     let mut socket = WebSocket::accept(stream, Config::new().shared()).await?;
//!     while let Some(message) = socket.receive().await? {
//!         socket.send(message).await?;
//!     }
//!     Ok(())
//! }
//!
//! async fn run() -> Result<()> {
//!     let listener = TcpListener::bind("127.0.0.1:0").await?;
//!     let url = format!("ws://{}/", listener.local_addr()?);
//!     let server = smol::spawn(serve(listener));
//!
//!     let mut socket = WebSocket::connect(&url, Config::new().shared()).await?;
//!     socket.send("Hello").await?;
//!     let message = socket.receive().await?.ok_or("received nothing")?;
//!     assert_eq!(message.as_text(), Some("Hello"));
//!     socket.close(CloseCode::NORMAL, "").await?;
//!     server.await
//! }
//!
//! pub fn main() -> Result<()> {
//!     smol::block_on(run())
//! }
//! # }
//! # fn main() {
//! #     #[cfg(feature = "smol")]
//! #     example::main().unwrap();
//! # }
//! ```
