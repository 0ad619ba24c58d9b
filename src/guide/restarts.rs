//! Restarts: a new process takes over open connections.
//!
//! **You want** to replace a running server, and no client to notice: no connection closes, no message is lost or doubled,
//! compression goes on.
//!
//! A connection is a state machine without a socket, so it can become bytes.
//! [`suspend`](crate::Connection::suspend) writes them, [`restore`](crate::Connection::restore) makes a connection of them
//! in another process:
//!
//! ```
//! # #[cfg(feature = "std")] {
//! use std::sync::Arc;
//!
//! use sansocket::{Config, Connection, Event, Input, Seed, SnapshotError, Timestamp};
//!
//! /// Called in the old process, once all events were taken. Sends `snapshot` and the socket to the new one.
//! fn hand_over(
//!     connection: Connection,
//!     input: &mut Input<Vec<u8>>,
//!     send: impl FnOnce(&[u8]) -> std::io::Result<()>,
//! ) -> std::io::Result<()> {
//!     match connection.suspend(input) {
//!         Ok(snapshot) => send(&snapshot),
//!         // It is opening or ending, or a compressed message is on its way: `error.busy` says what to wait for.
//!         // Go on with `error.connection` and try again after the next read or write, or close it.
//!         Err(error) => Err(std::io::Error::other(error)),
//!     }
//! }
//!
//! /// Called in the new process.
//! fn take_over(
//!     snapshot: &[u8],
//!     config: &Arc<Config>,
//!     now: Timestamp,
//! ) -> std::io::Result<Result<Connection, SnapshotError>> {
//!     let seed = Seed::random()?;
//!     Ok(Connection::restore(snapshot, Arc::clone(config), seed, now))
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # use sansocket::Negotiated;
//! # let (mut input, now) = (Input::new(vec![0; 64]), Timestamp::default());
//! # let config = Config::new().shared();
//! # let mut server = Connection::open_server(Negotiated::new(), config.clone(), now);
//! # server.receive(&mut input, b"\x81\x85\0\0\0\0Hel".to_vec(), now);
//! # assert_eq!(server.next_event(&mut input), None);
//! # server.send("queued")?;
//! # let mut sent = Vec::new();
//! # hand_over(server, &mut input, |snapshot| Ok(sent.extend_from_slice(snapshot)))?;
//! # let mut server = take_over(&sent, &config, now)??;
//! // The rest of a message whose start the old process has read:
//! server.receive(&mut input, b"lo".to_vec(), now);
//! assert_eq!(server.next_event(&mut input), Some(Event::Text("Hello")));
//! assert_eq!(server.transmit(), b"\x81\x06queued"); // What the old process could not write.
//! # Ok(())
//! # }
//! # main().unwrap();
//! # }
//! ```
//!
//! # What happens
//!
//! * The snapshot holds all that the conversation needs: the start of a message or frame that has come, bytes that wait to
//!   be written, the history of the decompressor, deadlines, and what was negotiated.
//! * It holds no masking keys: a client gets new ones from the seed. The configuration is given anew, so limits and
//!   timeouts may change.
//! * The compressor starts anew, which needs nothing from the peer.
//! * It is validated as strictly as bytes from the network, and a version says which format it has.
//!
//! # With an adapter
//!
//! [`WebSocket::suspend`](crate::polled::WebSocket::suspend) and [`restore`](crate::polled::WebSocket::restore) do the same for a
//! socket of tokio or smol, and for a [blocking](crate::blocking::WebSocket::suspend) one. They also tell the time, so that
//! deadlines go on:
//!
//! ```
//! # #[cfg(feature = "tokio")] mod example {
//! use std::sync::Arc;
//! use std::time::Duration;
//!
//! use sansocket::tokio::WebSocket;
//! use sansocket::{CloseCode, Config, Error};
//! use tokio::net::TcpStream;
//! use tokio::sync::watch;
//! use tokio::time::{Instant, timeout_at};
//!
//! /// In the old process: what to send to the new one, or `None` if the connection has ended.
//! async fn serve(
//!     mut socket: WebSocket<TcpStream>,
//!     mut restart: watch::Receiver<bool>,
//! ) -> Result<Option<(TcpStream, Vec<u8>)>, Error> {
//!     loop {
//!         tokio::select! {
//!             _ = restart.changed() => return leave(socket).await,
//!             message = socket.receive() => match message? {
//!                 Some(message) => socket.send(message).await?,
//!                 None => return Ok(None),
//!             },
//!         }
//!     }
//! }
//!
//! /// Serves until the connection is no longer busy, for five seconds at the most.
//! async fn leave(socket: WebSocket<TcpStream>) -> Result<Option<(TcpStream, Vec<u8>)>, Error> {
//!     let deadline = Instant::now() + Duration::from_secs(5);
//!     let mut socket = Box::new(socket);
//!     loop {
//!         (socket, _) = match socket.suspend() {
//!             Ok(suspended) => return Ok(Some(suspended)),
//!             Err(unchanged) => unchanged,
//!         };
//!         match timeout_at(deadline, socket.receive()).await {
//!             Ok(message) => match message? {
//!                 Some(message) => socket.send(message).await?,
//!                 None => return Ok(None),
//!             },
//!             Err(_) => {
//!                 socket.close(CloseCode::SERVICE_RESTART, "").await?;
//!                 return Ok(None);
//!             }
//!         }
//!     }
//! }
//!
//! /// In the new process.
//! async fn go_on(stream: TcpStream, snapshot: &[u8], config: Arc<Config>) -> Result<(), Error> {
//!     let mut socket = WebSocket::restore(stream, snapshot, config)?;
//!     while let Some(message) = socket.receive().await? {
//!         socket.send(message).await?;
//!     }
//!     Ok(())
//! }
//! # pub async fn run(one: TcpStream, other: TcpStream) -> Result<(), Error> {
//! #     use sansocket::{Connection, Negotiated, Seed, Timestamp};
//! #     let (config, now) = (Config::new().shared(), Timestamp::default());
//! #     let server = Connection::open_server(Negotiated::new(), config.clone(), now);
//! #     let client = Connection::open_client(Negotiated::new(), config.clone(), Seed::new([1; 32]), now);
//! #     let (server, mut client) = (WebSocket::from_parts(one, server), WebSocket::from_parts(other, client));
//! #     let (tell, restart) = watch::channel(false);
//! #     let ask = async {
//! #         client.send("one").await?;
//! #         assert_eq!(client.receive().await?, Some("one".into()));
//! #         tell.send(true).unwrap();
//! #         client.send("two").await
//! #     };
//! #     let (suspended, asked) = tokio::join!(serve(server, restart), ask);
//! #     asked?;
//! #     let (stream, snapshot) = suspended?.unwrap();
//! #     let ask = async {
//! #         assert_eq!(client.receive().await?, Some("two".into()));
//! #         client.close(CloseCode::NORMAL, "").await
//! #     };
//! #     let (served, asked) = tokio::join!(go_on(stream, &snapshot, config), ask);
//! #     served.and(asked)
//! # }
//! # }
//! # #[cfg(feature = "tokio")]
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! #     let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
//! #     let other = tokio::net::TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
//! #     example::run(listener.accept().await.unwrap().0, other).await.unwrap();
//! # });
//! ```
//!
//! `TcpStream::into_std` of tokio gives out the socket, and `from_std` takes it.
//!
//! A member of a [`Hub`](crate::polled::Hub) has halves. Drop its memberships and writers, and
//! [`unsplit`](crate::polled::Reader::unsplit) makes one WebSocket of it. What waits in its
//! [`Backlog`](crate::Backlog) becomes part of the snapshot. The new process splits it again and has it join its topics. What
//! is published meanwhile does not reach it: stop publishing first, or send it from a log of yours, as the example `rooms` does.
//!
//! # A server that does it
//!
//! `cargo run --example hot_restart` serves a page with a connection that numbers its messages. Replace the server by
//! `kill -HUP` as often as you like: the numbers go on. Its source, `examples/hot_restart`, is made to be copied:
//!
//! 1. SIGHUP starts the program anew. The old process serves on until the new one says that it is ready. If that does not
//!    start, nothing has happened.
//! 2. The old process hands over the listening socket, so no new connection is refused, and then each connection: the
//!    socket, the snapshot, and the state of the application.
//! 3. A connection that is busy stays until it no longer is. After a deadline it is closed with
//!    [`SERVICE_RESTART`](crate::CloseCode::SERVICE_RESTART).
//!
//! Two details matter under load. A busy connection reads no further than to the end of the
//! [current frame](crate::Connection::frame_remaining), or it would be in the middle of the next message each time. The new
//! process takes all connections that have come before it serves any, so that the others wait no longer than needed.
//!
//! # What you do yourself
//!
//! * **Pass the socket.** On Unix, `SCM_RIGHTS` passes it over a Unix socket; crates such as `rustix` and `sendfd` do it.
//!   Nothing may be read from it or written to it between `suspend` and `restore`.
//! * **Keep snapshots as secret as the messages.** They hold parts of them, in plain text. Pass them over a pair of sockets
//!   without a name, which a child inherits. A socket with a name belongs in a folder that only the server's user can
//!   enter: whoever connects to it gets all connections.
//! * **Tell who watches your process** that it has another number now. systemd, for example, takes `MAINPID=` by `sd_notify`.
//! * **Pass the state of your application**: who the user is, and which rooms they are in. In a loop of your own, send the
//!   [messages](crate::Backlog::messages) of a [`Backlog`](crate::Backlog) before `suspend`, so that the snapshot has them.
//! * TLS has a state of its own, which rustls does not give out. A proxy in front, or TLS in the kernel, keeps it.
//!
//! # What can go wrong
//!
//! | you see | because |
//! |---|---|
//! | [`Busy::Event`](crate::Busy::Event) | Not all events were taken: call `next_event` until it returns `None`. |
//! | [`Busy::Receiving`](crate::Busy::Receiving) for long | A compressed message arrives slowly. Read on, or close with [`SERVICE_RESTART`](crate::CloseCode::SERVICE_RESTART). |
//! | [`SnapshotError::UnknownVersion`](crate::SnapshotError::UnknownVersion) | The processes have versions of this crate with different formats. Send a close frame with code 1012 and drop the transport. |
//! | [`SnapshotError::TooBig`](crate::SnapshotError::TooBig) | The new limits are lower than what has already come. |
