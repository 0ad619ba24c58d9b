//! Broadcast: one message for many clients.
//!
//! **You want** to pass on what one client says to all others, and not to let a slow client hold up the rest.
//!
//! ```
//! # #[cfg(feature = "tokio")] {
//! use std::sync::Arc;
//!
//! use sansocket::polled::Hub;
//! use sansocket::tokio::WebSocket;
//! use sansocket::{Backlog, CloseCode, Config, Error, Overflow, Prepared};
//! use tokio::net::{TcpListener, TcpStream};
//!
//! async fn serve(stream: TcpStream, config: Arc<Config>, hub: Hub) -> Result<(), Error> {
//!     let (mut reader, writer) = WebSocket::accept(stream, config).await?.split();
//!     // How far a member may lag behind: 1 MiB. Then it is closed with code 1013.
//!     let overflow = Overflow::Disconnect(CloseCode::TRY_AGAIN_LATER);
//!     writer.with_backlog(|it| *it = Backlog::new(overflow).max_bytes(1 << 20));
//!
//!     let _membership = hub.join("lobby", &writer); // Leaves when it is dropped, also after an error.
//!     while let Some(message) = reader.receive().await? {
//!         hub.publish("lobby", &Prepared::new(message));
//!     }
//!     Ok(())
//! }
//!
//! async fn listen(listener: TcpListener) -> std::io::Result<()> {
//!     let (config, hub) = (Config::new().shared(), Hub::new());
//!     loop {
//!         let (stream, _) = listener.accept().await?;
//!         stream.set_nodelay(true)?;
//!         tokio::spawn(serve(stream, Arc::clone(&config), hub.clone()));
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
//! * [`publish`](crate::polled::Hub::publish) pushes the message into the [`Backlog`](crate::Backlog) of each member and
//!   returns at once. It is no `async` function. The task that awaits the `Reader` of a member writes it.
//! * A [`Prepared`](crate::Prepared) message is framed once, and compressed once, for all members. A backlog holds no copy
//!   of it. A frame of less than 16 KiB is copied into the queue of a connection once that has room; a longer one is shared.
//! * [`Config::max_queued`](crate::Config::max_queued) bytes wait in the queue of a connection, the rest in its backlog,
//!   which has limits of its own. So each slow member costs a known amount of memory.
//! * Pings, pongs and close frames do not wait behind the backlog.
//! * Members may be of `tokio` and of `smol`, over TCP, TLS and HTTP/2, in one hub. A socket that is dropped is in no topic.
//! * A lock is held while messages are pushed to the members of one topic, and never across an `await`.
//!
//! # Presence
//!
//! The members of a `Hub<P>` join with a value of type `P`, such as the name of a user.
//! [`present`](crate::polled::Hub::present) returns who is in a topic. The observer of a hub is called for each change, and can
//! tell the members. It tells a newcomer who is there, and the others who came or went:
//!
//! ```
//! # #[cfg(feature = "tokio")] {
//! use std::sync::Arc;
//!
//! use sansocket::polled::{Change, Hub, Presence};
//! use sansocket::tokio::WebSocket;
//! use sansocket::{Config, Error, Prepared};
//! use tokio::net::{TcpListener, TcpStream};
//!
//! fn announce(presence: &Presence<'_, String>) {
//!     match presence.change() {
//!         Change::Joined(name) => {
//!             let names: Vec<&str> = presence.present().map(String::as_str).collect();
//!             presence.welcome(&Prepared::new(format!("here: {}", names.join(", "))));
//!             presence.publish(&Prepared::new(format!("{name} joined")));
//!         }
//!         Change::Left(name) => {
//!             presence.publish(&Prepared::new(format!("{name} left")));
//!         }
//!     }
//! }
//!
//! async fn serve(
//!     stream: TcpStream,
//!     config: Arc<Config>,
//!     hub: Hub<String>,
//!     name: String,
//! ) -> Result<(), Error> {
//!     let (mut reader, writer) = WebSocket::accept(stream, config).await?.split();
//!     let _membership = hub.join_as("lobby", &writer, name);
//!     while let Some(message) = reader.receive().await? {
//!         hub.publish("lobby", &Prepared::new(message));
//!     }
//!     Ok(())
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Error> {
//!     let listener = TcpListener::bind("127.0.0.1:0").await?;
//!     let url = format!("ws://{}", listener.local_addr()?);
//!     let (config, hub) = (Config::new().shared(), Hub::observed(announce));
//!     let (server_config, server_hub) = (Arc::clone(&config), hub.clone());
//!     tokio::spawn(async move {
//!         for name in ["Ada", "Bob"] {
//!             let (stream, _) = listener.accept().await?;
//!             tokio::spawn(serve(stream, server_config.clone(), server_hub.clone(), name.into()));
//!         }
//!         std::io::Result::Ok(())
//!     });
//!
//!     let mut ada = WebSocket::connect(&url, Arc::clone(&config)).await?;
//!     assert_eq!(ada.receive().await?, Some("here: Ada".into()));
//!     let mut bob = WebSocket::connect(&url, config).await?;
//!     assert_eq!(bob.receive().await?, Some("here: Ada, Bob".into()));
//!     assert_eq!(ada.receive().await?, Some("Bob joined".into()));
//!     assert_eq!(hub.present("lobby"), ["Ada", "Bob"]);
//!     bob.close(None, "").await?;
//!     assert_eq!(ada.receive().await?, Some("Bob left".into()));
//!     Ok(())
//! }
//! # main().unwrap();
//! # }
//! ```
//!
//! * The changes of a topic and what is published to it have one order for all members. So a newcomer that gets the list and
//!   then each change always knows who is there.
//! * A user with two browser tabs is present twice. [`Presence`](crate::polled::Presence) shows how to announce only the first
//!   and the last.
//! * A member leaves when its membership is dropped. If its connection is dropped first, the hub no longer counts it among
//!   those present. Its leave is announced with the next `publish`, `join` or leave of the topic.
//! * The observer is called while the topic is locked. It must not use the hub. Have it send to a channel what takes longer.
//! * A hub knows the members of its own process. [Across machines](#across-machines) says what to do about the others.
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
//! For 10,000 connections, a compressed message of 200 bytes takes 1.5 times as long for each as one that is not, where
//! compressing it for each takes two thousand times as long: see `benches/fanout` in the repository. The price is traffic:
//! a message that refers to itself only is longer than one that refers to those before it.
//!
//! # What to do with slow members
//!
//! | you want to | [`Overflow`](crate::Overflow) of the backlog |
//! |---|---|
//! | drop them | `Disconnect(code)`, as above |
//! | send the newest messages | `DropOldest` |
//! | send the newest value of each key, such as prices and positions | any, with [`publish_latest`](crate::polled::Hub::publish_latest) |
//! | deliver every message | `Wait`, a task for each member, and its [`push`](crate::polled::Writer::push)`(&message).await`, which waits for room. The task reads from your own log, at its own pace. |
//! | let the topic wait for them | `Wait`, and `push(&message).await` for each member in turn, which is rarely what you want |
//!
//! A hub waits for nobody: what it publishes to a full backlog of `Wait` is not taken, and not counted among its members.
//!
//! `writer.with_backlog(|it| it.counts())` says how many messages were sent, replaced and dropped. A client that gives up a
//! slow server closes with 1008, since only servers may send 1013.
//!
//! # In a loop of your own
//!
//! Without an adapter, a [`Backlog`](crate::Backlog) holds what a slow member has not taken, within limits, and decides
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
//! # A channel instead of a hub
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
//! # Across machines
//!
//! A hub publishes to the connections of one process. Several processes behind a load balancer need something that joins
//! them, such as Redis. The example `rooms` is a chat with presence that runs either way:
//!
//! ```sh
//! cargo run --release --example rooms    # one process: open http://127.0.0.1:8080/ in two windows
//! examples/libraries/rooms/cluster       # three processes, joined by Redis, behind haproxy (Debian)
//! ```
//!
//! `tests/rooms/run` kills one of the processes under load, and counts: every message that was confirmed reaches each member
//! of its room once, and in the same order. These rules do that:
//!
//! * **One place numbers.** A script in Redis gives a message the next number of its room, stores it in a bounded log, and
//!   publishes it, in one step. So the log and the published messages never disagree. Redis must keep its data, by its
//!   append-only file. If it is lost, the numbers begin anew, under another epoch, and every member is told.
//! * **Subscribe, then read.** A process that opens a room subscribes first and reads the log then. It drops what it has
//!   already, by the number. It reads the log again when a number is missing and when its connection to Redis was lost.
//! * **Join under the lock that publishes.** Each process has a copy of the log. A member that joins gets the messages that it
//!   missed from this copy. Nothing is published to the room until they are in its backlog and it has joined the topic.
//! * **A member comes back with its last number,** to any process. The page has a random, growing delay of its own. The
//!   client in Rust uses [`Reconnect`](crate::polled::Reconnect).
//! * **An echo confirms.** A sender gets its own message back, with the number. What has not come back, it sends again after
//!   it has reconnected, with the same id. The script takes an id only once, for as long as the message is in the log. A sender
//!   that does not send again can lose what was in flight, for all members alike.
//! * **Presence expires.** Each process publishes who is in a room when that changes, and every few seconds. The others
//!   forget a process that says nothing. Members get the list by
//!   [`publish_latest`](crate::polled::Hub::publish_latest): a slow one skips lists that are out of date.
//! * **A slow member is disconnected** with 1013, and comes back with its last number, as everybody does. If the log has
//!   moved on meanwhile, it is told how many messages are missing.
//! * **A process that ends says so.** It closes its connections with 1012, and clients go to another process. While Redis does
//!   not answer, `/health` has the status 503, and the load balancer sends nobody there.
//!
//! # What can go wrong
//!
//! | you see | because |
//! |---|---|
//! | Memory grows with the number of slow clients | `max_queued` and `max_bytes` times the number of connections is the worst case. Lower them. |
//! | All members wait for one | You call `send(…).await` for each member in turn. Use a hub. |
//! | A member gets nothing | Its `Membership` was dropped, or nobody awaits its `Reader`, which writes. |
//! | Members reconnect all at once after a restart | Close with [`SERVICE_RESTART`](crate::CloseCode::SERVICE_RESTART), and have clients wait for a random time. |
