//! Sending from several tasks or threads.
//!
//! **You want** one task to receive while others send, over one connection.
//!
//! ```
//! # #[cfg(feature = "tokio")] {
//! use std::time::Duration;
//!
//! use sansocket::tokio::{WebSocket, Writer};
//! use sansocket::{CloseCode, Config, Error};
//! use tokio::net::{TcpListener, TcpStream};
//! use tokio::time::{interval, sleep};
//!
//! async fn serve(stream: TcpStream) -> Result<(), Error> {
//!     let socket = WebSocket::accept(stream, Config::new().shared()).await?;
//!     let (mut reader, writer) = socket.split();
//!     tokio::spawn(tick(writer.clone()));
//!     tokio::spawn(finish(writer.clone()));
//!     while let Some(message) = reader.receive().await? {
//!         writer.send(message).await?;
//!     }
//!     if let Some(ended) = reader.ended() {
//!         println!("{ended}"); // "closing handshake, started by us, peer sent code 1001"
//!     }
//!     Ok(())
//! }
//!
//! /// Sends a message every 20 ms, until the connection closes.
//! async fn tick(writer: Writer<TcpStream>) {
//!     let mut interval = interval(Duration::from_millis(20));
//!     loop {
//!         interval.tick().await;
//!         if writer.send("tick").await.is_err() {
//!             return;
//!         }
//!     }
//! }
//!
//! /// Closes the connection after a while.
//! async fn finish(writer: Writer<TcpStream>) -> Result<(), Error> {
//!     sleep(Duration::from_millis(100)).await;
//!     writer.close(CloseCode::GOING_AWAY, "time is up").await
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Error> {
//!     let listener = TcpListener::bind("127.0.0.1:0").await?;
//!     let url = format!("ws://{}", listener.local_addr()?);
//!     let server = tokio::spawn(async move { serve(listener.accept().await?.0).await });
//!
//!     let mut socket = WebSocket::connect(&url, Config::new().shared()).await?;
//!     socket.send("hello").await?;
//!     while let Some(message) = socket.receive().await? {
//!         println!("{message}"); // "tick" several times, and "hello".
//!     }
//!     assert_eq!(socket.ended().map(|ended| ended.code()), Some(1001));
//!     server.await.expect("no panic")
//! }
//! # main().unwrap();
//! # }
//! ```
//!
//! # What happens
//!
//! * [`split`](crate::polled::WebSocket::split) returns the [`Reader`](crate::polled::Reader) first. There is one.
//!   The [`Writer`](crate::polled::Writer) has as many clones as you like, and sends through `&self`. It needs no
//!   `Mutex` around it.
//! * **Keep awaiting the `Reader`**, even if you expect no message. It answers pings and the close frame, and keeps
//!   the time. If it is dropped, deadlines no longer act, and messages that were only queued may stay there.
//! * Messages of different tasks do not mix, and those of one task stay in order.
//! * [`Writer::close`](crate::polled::Writer::close) sends the close frame. The `Reader` still returns the messages
//!   that arrive before the peer's close frame, and then `None`. After that, each `send` fails with
//!   [`SendError::Closing`](crate::SendError::Closing), which ends the tasks.
//! * The stream is dropped with the last half.
//!
//! | call | completes when | use it for |
//! |---|---|---|
//! | [`send`](crate::polled::Writer::send) | the stream has taken the message | a task that waits anyway |
//! | [`feed`](crate::polled::Writer::feed) | the message is queued | many small messages |
//! | [`try_send`](crate::polled::Writer::try_send) | at once; may fail with [`QueueFull`](crate::SendError::QueueFull) | code that must not wait |
//!
//! # One task and a channel
//!
//! If one task has all the state, give it the whole socket and a channel. It decides on the order, and stays free of
//! locks:
//!
//! ```
//! # #[cfg(feature = "tokio")] {
//! use sansocket::tokio::{MaybeTls, WebSocket};
//! use sansocket::{Error, OwnedMessage};
//! use tokio::sync::mpsc;
//!
//! async fn run(
//!     mut socket: WebSocket<MaybeTls>,
//!     mut outgoing: mpsc::Receiver<OwnedMessage>,
//! ) -> Result<(), Error> {
//!     loop {
//!         tokio::select! {
//!             message = socket.receive() => match message? {
//!                 Some(message) => println!("{message}"),
//!                 None => return Ok(()),
//!             },
//!             Some(message) = outgoing.recv() => {
//!                 socket.feed(message).await?;
//!                 // Messages that wait already leave in the same write.
//!                 while let Ok(message) = outgoing.try_recv() {
//!                     socket.feed(message).await?;
//!                 }
//!                 socket.flush().await?;
//!             }
//!         }
//!     }
//! }
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn try_it() {
//! #     let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
//! #     let url = format!("ws://{}", listener.local_addr().unwrap());
//! #     let (sender, outgoing) = mpsc::channel(8);
//! #     let config = sansocket::Config::new().shared();
//! #     for text in ["one", "two"] {
//! #         sender.send(text.into()).await.unwrap();
//! #     }
//! #     let server = async {
//! #         let stream = listener.accept().await.unwrap().0;
//! #         let mut socket = WebSocket::accept(stream, config.clone()).await.unwrap();
//! #         assert_eq!(socket.receive().await.unwrap(), Some("one".into()));
//! #         assert_eq!(socket.receive().await.unwrap(), Some("two".into()));
//! #         socket.close(None, "").await.unwrap();
//! #     };
//! #     let client = async {
//! #         run(WebSocket::connect(&url, config.clone()).await?, outgoing).await
//! #     };
//! #     tokio::join!(client, server).0.unwrap();
//! # }
//! # try_it();
//! # }
//! ```
//!
//! All methods are cancel safe, so `select!` may drop `receive` at any time. While `feed` or `flush` waits for a slow
//! peer, only one message is read ahead. Halves have no such coupling.
//!
//! # With threads
//!
//! `blocking` has the same halves. There, [`split`](crate::blocking::WebSocket::split) duplicates the handle of the
//! stream, which may fail:
//!
//! ```
//! # #[cfg(feature = "std")] {
//! use std::thread;
//!
//! use sansocket::Error;
//! use sansocket::blocking::{MaybeTls, WebSocket};
//!
//! fn talk(socket: WebSocket<MaybeTls>) -> Result<(), Error> {
//!     let (mut reader, writer) = socket.split()?;
//!     let sending = writer.clone();
//!     thread::spawn(move || {
//!         (1..=3).try_for_each(|count| sending.send(format!("line {count}")))
//!     });
//!     while let Some(message) = reader.receive()? {
//!         println!("{message}");
//!         if message.as_text() == Some("line 3") {
//!             writer.close(None, "")?;
//!         }
//!     }
//!     Ok(())
//! }
//! # let config = sansocket::Config::new().shared();
//! # let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
//! # let url = format!("ws://{}", listener.local_addr().unwrap());
//! # thread::scope(|scope| {
//! #     scope.spawn(|| {
//! #         let stream = listener.accept().unwrap().0;
//! #         let mut socket = WebSocket::accept(stream, config.clone()).unwrap();
//! #         while let Some(message) = socket.receive().unwrap() {
//! #             socket.send(&message).unwrap();
//! #         }
//! #     });
//! #     talk(WebSocket::connect(&url, config.clone()).unwrap()).unwrap();
//! # });
//! # }
//! ```
//!
//! [`Writer::queue`](crate::blocking::Writer::queue) sends several messages with one lock and one write. A blocking
//! `send` waits for the thread that is writing at that moment.
//!
//! # What can go wrong
//!
//! | you see | because |
//! |---|---|
//! | Messages sent with `feed` or `try_send` do not leave | Nobody awaits the `Reader`. |
//! | [`SendError::MessageInProgress`](crate::SendError::MessageInProgress) | A message sent by `send_part` is not finished. All clones share it: let one task send parts. |
//! | [`TimedOut::Blocked`](crate::TimedOut::Blocked) | The peer takes nothing. See [backpressure](super::backpressure). |
//! | ``no method named `send` found for struct `Reader` `` | You wrote `let (writer, reader) = socket.split()`. The reader comes first. |
//!
//! To send one message to many connections, see [broadcast](super::broadcast).
