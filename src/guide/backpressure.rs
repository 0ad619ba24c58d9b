//! Backpressure: peers that read slowly.
//!
//! **You want** a peer that reads slowly, or not at all, to cost a bounded amount of memory and time.
//!
//! This program has a client that reads nothing for a while:
//!
//! ```
//! # #[cfg(feature = "tokio")] {
//! use std::time::Duration;
//!
//! use sansocket::tokio::WebSocket;
//! use sansocket::{Config, Error, SendError, Url, client};
//! use tokio::time::timeout;
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Error> {
//!     // A stream in memory that holds 4 KiB. TCP holds some hundred KiB, or a few MiB.
//!     let (near, far) = tokio::io::duplex(4 << 10);
//!     let config = Config::new().max_queued(16 << 10).shared();
//!     let request = client::Request::new(Url::parse("ws://localhost/")?);
//!     let (socket, (mut client, _)) = tokio::try_join!(
//!         WebSocket::accept(near, config),
//!         WebSocket::connect_over(far, request, Config::new().shared()),
//!     )?;
//!     let (mut reader, writer) = socket.split();
//!     tokio::spawn(async move { reader.receive().await }); // It writes what is queued.
//!
//!     // Do not wait. In the end the queue is full.
//!     let message = vec![7; 1000];
//!     let mut count = 0;
//!     while writer.try_send(&message).is_ok() {
//!         count += 1;
//!     }
//!     assert_eq!(writer.try_send(&message), Err(SendError::QueueFull));
//!     println!("{count} messages are queued, {} bytes wait", writer.queued());
//!
//!     // Wait for room, but not for long. A message whose `feed` is dropped is not queued.
//!     let limit = Duration::from_millis(50);
//!     while let Ok(outcome) = timeout(limit, writer.feed(&message)).await {
//!         outcome?;
//!         count += 1;
//!     }
//!
//!     // Once the client reads, everything arrives in order.
//!     let read = async {
//!         for _ in 0..count {
//!             assert_eq!(client.receive().await?, Some(message.clone().into()));
//!         }
//!         client.receive().await
//!     };
//!     let ((), last) = tokio::try_join!(writer.send("the end"), read)?;
//!     assert_eq!(last, Some("the end".into()));
//!     Ok(())
//! }
//! # main().unwrap();
//! # }
//! ```
//!
//! # What happens: sending
//!
//! Outgoing messages wait in a queue in front of the stream.
//! [`Config::max_queued`](crate::Config::max_queued) bounds it. Default: 64 KiB. One message may exceed it.
//!
//! | call | if the queue is full | if the future is dropped |
//! |---|---|---|
//! | [`send`](crate::polled::Writer::send) | waits for room, and then until the stream has taken the message | the message is queued whole, or not at all |
//! | [`feed`](crate::polled::Writer::feed) | waits for room | the message is not queued |
//! | [`try_send`](crate::polled::Writer::try_send) | returns [`QueueFull`](crate::SendError::QueueFull) | |
//! | `sender.send` beside an [event](crate::polled::WebSocket::next_event) | queues it anyway; then nothing is read until the peer has taken some | |
//!
//! So an echo server needs no care: a peer that sends and does not read is read no more, and TCP stops it.
//!
//! A peer that takes *nothing* while bytes wait, and sends nothing either, is given up after
//! [`Timeouts::idle`](crate::Timeouts::idle) and [`Timeouts::pong`](crate::Timeouts::pong), together 50 seconds by
//! default. The error is [`TimedOut::Blocked`](crate::TimedOut::Blocked), or
//! [`Silence`](crate::TimedOut::Silence) if the operating system has buffered all bytes. With
//! [`Liveness::Pong`](crate::Liveness::Pong), what it sends does not count.
//!
//! A peer that takes a little all the time is alive. To drop it as well, use `try_send`, and close on `QueueFull`: see
//! [broadcast](super::broadcast).
//!
//! # What happens: receiving
//!
//! Nothing is read unless you ask for an event. If you handle messages slowly, the peer's `send` waits. To work on
//! messages elsewhere, use a *bounded* channel:
//!
//! ```
//! # #[cfg(feature = "tokio")] {
//! use sansocket::tokio::WebSocket;
//! use sansocket::{Error, OwnedMessage};
//! use tokio::net::TcpStream;
//! use tokio::sync::mpsc;
//!
//! async fn pass_on(
//!     mut socket: WebSocket<TcpStream>,
//!     work: mpsc::Sender<OwnedMessage>,
//! ) -> Result<(), Error> {
//!     while let Some(message) = socket.receive().await? {
//!         if work.send(message).await.is_err() {
//!             return socket.close(None, "").await; // The worker has left.
//!         }
//!     }
//!     Ok(())
//! }
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn try_it() {
//! #     let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
//! #     let url = format!("ws://{}", listener.local_addr().unwrap());
//! #     let config = sansocket::Config::new().shared();
//! #     let (work, mut messages) = mpsc::channel(1);
//! #     let server = async {
//! #         let stream = listener.accept().await.unwrap().0;
//! #         pass_on(WebSocket::accept(stream, config.clone()).await?, work).await
//! #     };
//! #     let client = async {
//! #         let mut socket = WebSocket::connect(&url, config.clone()).await?;
//! #         for text in ["one", "two", "three"] {
//! #             socket.send(text).await?;
//! #         }
//! #         socket.close(None, "").await
//! #     };
//! #     let worker = async {
//! #         let mut seen = Vec::new();
//! #         while let Some(message) = messages.recv().await {
//! #             seen.push(message.to_string());
//! #         }
//! #         assert_eq!(seen, ["one", "two", "three"]);
//! #         Ok(())
//! #     };
//! #     tokio::try_join!(server, client, worker).unwrap();
//! # }
//! # try_it();
//! # }
//! ```
//!
//! While this task waits for the channel, pings of the peer are not answered, and our deadlines do not act. Keep that
//! shorter than the ping timeout of the peer, which is often 20 to 60 seconds.
//!
//! # Two ends that send at the same time
//!
//! If both ends `send` long messages and neither reads, both wait until a deadline ends the connection. While `send`
//! waits, a [`WebSocket`](crate::polled::WebSocket) reads up to one message ahead, so ends that exchange one message
//! each do not block. For more, [split](super::several_tasks) the socket: one task reads while others send.
//!
//! With threads it is the same. There, `send` reads nothing meanwhile, so split for any two-way stream of long
//! messages.
//!
//! # What can go wrong
//!
//! | you see | because |
//! |---|---|
//! | [`TimedOut::Blocked`](crate::TimedOut::Blocked) | The peer takes nothing: it is gone, frozen, or waits in its own `send`. |
//! | [`TimedOut::Silence`](crate::TimedOut::Silence) at the peer | Your task did not await the socket for so long that a ping stayed unanswered. |
//! | Memory grows | An unbounded channel, or a `max_queued` that is too large for the number of clients. |
//! | `QueueFull` although the peer reads | The peer reads more slowly than you send, or one message is longer than `max_queued`. |
//! | `QueueFull` comes late | The operating system buffers, too: on Linux about 4 MB for each connection. |
//!
//! How much memory all of that takes for many clients: see [sizing](super::sizing).
