//! Broadcast: one message for many clients.
//!
//! **You want** to pass on what one client says to all others, and not to let a slow client hold up the rest.
//!
//! ```
//! # #[cfg(feature = "tokio")] {
//! use std::collections::HashMap;
//! use std::sync::atomic::{AtomicU64, Ordering};
//! use std::sync::{Arc, Mutex};
//!
//! use sansocket::tokio::{WebSocket, Writer};
//! use sansocket::{CloseCode, Config, Error, Prepared, SendError};
//! use tokio::net::{TcpListener, TcpStream};
//!
//! #[derive(Default)]
//! struct Room {
//!     next: AtomicU64,
//!     members: Mutex<HashMap<u64, Writer<TcpStream>>>,
//! }
//!
//! impl Room {
//!     fn join(&self, writer: Writer<TcpStream>) -> u64 {
//!         let id = self.next.fetch_add(1, Ordering::Relaxed);
//!         self.members.lock().unwrap().insert(id, writer);
//!         id
//!     }
//!
//!     fn leave(&self, id: u64) {
//!         self.members.lock().unwrap().remove(&id);
//!     }
//!
//!     /// Sends a message to all members. Waits for none of them.
//!     fn broadcast(&self, message: &Prepared) {
//!         let mut members = self.members.lock().unwrap();
//!         members.retain(|_, writer| match writer.try_send(message) {
//!             Err(SendError::QueueFull) => {
//!                 let writer = writer.clone();
//!                 tokio::spawn(async move {
//!                     writer.close(CloseCode::TRY_AGAIN_LATER, "too slow").await
//!                 });
//!                 false
//!             }
//!             // A member that is closing leaves by itself.
//!             Ok(()) | Err(_) => true,
//!         });
//!     }
//! }
//!
//! async fn serve(
//!     stream: TcpStream,
//!     config: Arc<Config>,
//!     room: Arc<Room>,
//! ) -> Result<(), Error> {
//!     let (mut reader, writer) = WebSocket::accept(stream, config).await?.split();
//!     let id = room.join(writer);
//!     let outcome = async {
//!         while let Some(message) = reader.receive().await? {
//!             room.broadcast(&Prepared::new(message));
//!         }
//!         Ok(())
//!     };
//!     let outcome = outcome.await;
//!     room.leave(id); // Also after an error.
//!     outcome
//! }
//!
//! async fn listen(listener: TcpListener) -> std::io::Result<()> {
//!     // How far a member may lag behind: 1 MiB.
//!     let config = Config::new().max_queued(1 << 20).shared();
//!     let room = Arc::new(Room::default());
//!     loop {
//!         let (stream, _) = listener.accept().await?;
//!         stream.set_nodelay(true)?;
//!         tokio::spawn(serve(stream, Arc::clone(&config), Arc::clone(&room)));
//!     }
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Error> {
//!     let listener = TcpListener::bind("127.0.0.1:0").await?;
//!     let url = format!("ws://{}", listener.local_addr()?);
//!     tokio::spawn(listen(listener));
//!
//!     let config = Config::new().shared();
//!     let mut ada = WebSocket::connect(&url, Arc::clone(&config)).await?;
//!     let mut bob = WebSocket::connect(&url, config).await?;
//!     bob.send("I am here").await?;
//!     assert_eq!(bob.receive().await?, Some("I am here".into()));
//!     ada.send("hello, all").await?;
//!     assert_eq!(bob.receive().await?, Some("hello, all".into()));
//!     Ok(())
//! }
//! # main().unwrap();
//! # }
//! ```
//!
//! # What happens
//!
//! * [`try_send`](crate::polled::Writer::try_send) queues the message and returns at once. The task that awaits the
//!   `Reader` of that connection writes it.
//! * A [`Prepared`](crate::Prepared) message is framed once, and compressed once, for all members. A frame of at least
//!   16 KiB is shared by all queues; a shorter one is copied into each.
//! * If [`Config::max_queued`](crate::Config::max_queued) bytes wait already, `try_send` returns
//!   [`QueueFull`](crate::SendError::QueueFull) and queues nothing. So each slow member costs at most that much
//!   memory, and one message more.
//! * This room drops slow members. The close frame waits behind what is queued. If the member takes nothing at all,
//!   [`Timeouts::close`](crate::Timeouts::close) ends the connection, and its `Reader` returns the error. Default:
//!   10 seconds.
//! * The lock is held while messages are queued, and never across an `await`.
//!
//! # With compression
//!
//! A prepared message is compressed with an empty context, so all peers can decompress it, whatever they negotiated and
//! whatever was sent to them before. If a connection takes its context over, its compressor learns the text of prepared
//! messages when it next compresses another message. So you need not choose between
//! [`dedicated`](crate::deflate::Compression::dedicated) contexts and a cheap broadcast:
//!
//! ```
//! # #[cfg(feature = "deflate")] {
//! use sansocket::deflate::{Agreement, Compression, Context};
//! use sansocket::{Config, Connection, Negotiated, Prepared, Timestamp};
//!
//! # fn main() -> Result<(), sansocket::SendError> {
//! let agreement = Agreement { client: Context::FULL, server: Context::FULL };
//! let negotiated = || Negotiated::new().with_compression(agreement, Compression::dedicated());
//! let (config, now) = (Config::new().shared(), Timestamp::default());
//! let mut member = Connection::open_server(negotiated(), config, now);
//!
//! let scores = r#"{"game":7,"home":{"name":"Reds","goals":2},"guests":{"name":"Blues","goals":1}}"#;
//! member.send(&Prepared::new(scores))?;
//! let broadcast = member.queued();
//! // Only to this member, but almost the same text: it refers to the broadcast.
//! member.send(scores.replace("2", "3"))?;
//! assert!(member.queued() - broadcast < 24);
//! # Ok(())
//! # }
//! # main().unwrap();
//! # }
//! ```
//!
//! A connection that only ever sends prepared messages owns no compressor: with `dedicated` that saves 350 KiB for each.
//!
//! # What to do with slow members
//!
//! | you want to | on `QueueFull` |
//! |---|---|
//! | drop them | close the connection, as above |
//! | skip messages, such as positions or prices that are out of date soon | do nothing: the member gets the next one |
//! | deliver the newest value of each key, drop the oldest, or count what was dropped | use a [`Backlog`](crate::Backlog) |
//! | deliver every message | keep your own log, and send from it when [`queued`](crate::polled::Writer::queued) goes down |
//! | let the room wait for them | `writer.send(message).await`, which is rarely what you want |
//!
//! # A queue with a policy
//!
//! In a loop of your own, a [`Backlog`](crate::Backlog) holds what a slow member has not taken, within limits, and decides
//! what to drop. Push to it, and let it go on after each write. Pings, pongs and close frames do not wait behind it:
//!
//! ```
//! # #[cfg(feature = "alloc")] {
//! use sansocket::{Backlog, CloseCode, Connection, Overflow, Prepared, SendError};
//!
//! struct Member {
//!     connection: Connection,
//!     backlog: Backlog,
//! }
//!
//! impl Member {
//!     fn new(connection: Connection) -> Self {
//!         // At most 256 KiB and 1,024 messages wait. Then the connection closes with 1013.
//!         let overflow = Overflow::Disconnect(CloseCode::TRY_AGAIN_LATER);
//!         Self { connection, backlog: Backlog::new(overflow).max_bytes(256 << 10) }
//!     }
//!
//!     /// The newest price of a share takes the place of an older one that still waits.
//!     fn send_price(&mut self, share: u64, price: &Prepared) -> Result<(), SendError> {
//!         let _ = self.backlog.push_latest(share, price);
//!         self.go_on()
//!     }
//!
//!     /// Call this after each write, too.
//!     fn go_on(&mut self) -> Result<(), SendError> {
//!         self.backlog.send_to(&mut self.connection).map(drop)
//!     }
//! }
//! # use sansocket::{Config, Negotiated, Timestamp};
//! # let (config, now) = (Config::new().shared(), Timestamp::default());
//! # let mut member = Member::new(Connection::open_server(Negotiated::new(), config, now));
//! # member.send_price(1, &Prepared::new("17.20")).unwrap();
//! # assert_eq!(member.connection.transmit(), b"\x81\x0517.20");
//! # }
//! ```
//!
//! # A channel instead of a list
//!
//! `tokio::sync::broadcast` keeps the last messages for all. Each connection reads at its own pace, and learns how
//! many it has missed:
//!
//! ```
//! # #[cfg(feature = "tokio")] {
//! use sansocket::tokio::WebSocket;
//! use sansocket::{Error, OwnedMessage};
//! use tokio::net::TcpStream;
//! use tokio::sync::broadcast;
//! use tokio::sync::broadcast::error::RecvError;
//!
//! async fn follow(
//!     socket: WebSocket<TcpStream>,
//!     mut news: broadcast::Receiver<OwnedMessage>,
//! ) -> Result<(), Error> {
//!     let (mut reader, writer) = socket.split();
//!     let send = async {
//!         loop {
//!             match news.recv().await {
//!                 Ok(message) => writer.send(message).await?,
//!                 Err(RecvError::Lagged(count)) => {
//!                     writer.send(format!("missed {count}")).await?;
//!                 }
//!                 Err(RecvError::Closed) => return writer.close(None, "").await,
//!             }
//!         }
//!     };
//!     let receive = async {
//!         while reader.receive().await?.is_some() {}
//!         Ok(())
//!     };
//!     tokio::pin!(send, receive);
//!     tokio::select! {
//!         outcome = &mut receive => outcome,
//!         // Waits for the peer's close frame.
//!         outcome = &mut send => outcome.and(receive.await),
//!     }
//! }
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn try_it() {
//! #     let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
//! #     let url = format!("ws://{}", listener.local_addr().unwrap());
//! #     let config = sansocket::Config::new().shared();
//! #     let (sender, news) = broadcast::channel(2);
//! #     for text in ["one", "two", "three"] {
//! #         sender.send(text.into()).unwrap();
//! #     }
//! #     drop(sender);
//! #     let server = async {
//! #         let stream = listener.accept().await.unwrap().0;
//! #         follow(WebSocket::accept(stream, config.clone()).await?, news).await
//! #     };
//! #     let client = async {
//! #         let mut socket = WebSocket::connect(&url, config.clone()).await.unwrap();
//! #         let mut seen = Vec::new();
//! #         while let Some(message) = socket.receive().await.unwrap() {
//! #             seen.push(message.to_string());
//! #         }
//! #         seen
//! #     };
//! #     let (served, seen) = tokio::join!(server, client);
//! #     served.unwrap();
//! #     assert_eq!(seen, ["missed 1", "two", "three"]);
//! # }
//! # try_it();
//! # }
//! ```
//!
//! With threads, `blocking::Writer` has only calls that wait: give each connection a thread and a bounded
//! `std::sync::mpsc::sync_channel`, and use `try_send` of the channel. The example `chat` writes from the thread of
//! the member who speaks, which is enough for a small room.
//!
//! # What can go wrong
//!
//! | you see | because |
//! |---|---|
//! | Memory grows with the number of slow clients | `max_queued` times the number of connections is the worst case. Lower it. |
//! | All members wait for one | You call `send(…).await` for each member in turn. Use `try_send`. |
//! | Members that have left stay in the list | `leave` is not called after an error. |
//! | Members reconnect all at once after a restart | Close with [`SERVICE_RESTART`](crate::CloseCode::SERVICE_RESTART), and have clients wait for a random time. |
