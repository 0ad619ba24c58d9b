//! Testing and fuzzing your own use.
//!
//! **You want** tests of your protocol that need no port, take no time and fail the same way twice. Both ends are values:
//! connect them in memory.
//!
//! # Two connections in memory
//!
//! ```
//! # #[cfg(feature = "alloc")] mod example {
//! use std::time::Duration;
//!
//! use sansocket::{Config, Connection, Event, Input, Seed, Timestamp, Url, client};
//!
//! /// The code under test: a server that greets by name.
//! fn greet(connection: &mut Connection, input: &mut Input<Vec<u8>>) {
//!     while let Some(event) = connection.next_event(input) {
//!         match event {
//!             Event::Request => connection.accept(),
//!             Event::Text(name) => drop(connection.send(format!("Hello, {name}!"))),
//!             _ => {}
//!         }
//!     }
//! }
//!
//! /// Moves all bytes that wait, and returns them. At most `cut` bytes are read at once.
//! fn pass(
//!     from: &mut Connection,
//!     to: &mut Connection,
//!     cut: usize,
//!     now: Timestamp,
//!     mut act: impl FnMut(&mut Connection, &mut Input<Vec<u8>>),
//! ) -> Vec<u8> {
//!     let mut input = Input::new(vec![0; 4096]);
//!     let bytes = from.transmit().to_vec();
//!     from.transmitted(bytes.len(), now);
//!     for part in bytes.chunks(cut) {
//!         let mut spare = to.spare(&mut input);
//!         spare.buffer()[..part.len()].copy_from_slice(part);
//!         spare.filled(part.len(), now);
//!         act(to, &mut input);
//!     }
//!     bytes
//! }
//!
//! /// Returns all that the server wrote.
//! fn converse(cut: usize) -> Vec<u8> {
//!     let (config, now) = (Config::new().shared(), Timestamp::default());
//!     let request = client::Request::new(Url::parse("ws://example.com/").unwrap());
//!     let seed = Seed::new([7; 32]); // Fixed, so the masks are the same in each run.
//!     let mut client = Connection::client(request, config.clone(), seed, now);
//!     let mut server = Connection::server(config, now);
//!     let mut received = Vec::new();
//!     let mut collect = |client: &mut Connection, input: &mut Input<Vec<u8>>| {
//!         while let Some(event) = client.next_event(input) {
//!             if let Event::Text(text) = event {
//!                 received.push(text.to_owned());
//!             }
//!         }
//!     };
//!
//!     pass(&mut client, &mut server, cut, now, greet);
//!     let mut written = pass(&mut server, &mut client, cut, now, &mut collect);
//!     client.send("Ada").unwrap();
//!     pass(&mut client, &mut server, cut, now, greet);
//!     written.extend(pass(&mut server, &mut client, cut, now, &mut collect));
//!     assert_eq!(received, ["Hello, Ada!"]);
//!
//!     // Half a minute passes in no time: the server asks whether the client is there.
//!     server.handle_timeout(now + Duration::from_secs(30));
//!     assert!(server.queued() > 0 || server.is_urgent());
//!     written
//! }
//!
//! pub fn main() {
//!     let whole = converse(usize::MAX);
//!     assert_eq!(converse(usize::MAX), whole); // Same calls, same bytes.
//!     assert_eq!(converse(1), whole); // However the input is cut.
//! }
//! # }
//! # fn main() {
//! #     #[cfg(feature = "alloc")]
//! #     example::main();
//! # }
//! ```
//!
//! * **Time** is an argument. A test of a [timeout](super::timeouts) passes a later [`Timestamp`](crate::Timestamp).
//! * **Randomness** is an argument. With the same [`Seed`](crate::Seed), a client writes the same bytes. A recorded
//!   session can be replayed: keep the bytes read, the times, and the seed. Outside tests, use `Seed::random`.
//! * **Cutting** does not change events or output. Run your tests with `cut` of 1 and of `usize::MAX`: a difference is
//!   a fault in your code, such as one that relies on a message per read.
//!
//! # With tokio
//!
//! `tokio::io::duplex` replaces the network. A paused clock replaces waiting. Write the handler for any stream:
//!
//! ```
//! # #[cfg(feature = "tokio")] mod example {
//! use sansocket::tokio::WebSocket;
//! use sansocket::{Config, Error, TimedOut, Url, client};
//! use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, duplex};
//!
//! /// The code under test.
//! async fn greet<S: AsyncRead + AsyncWrite + Unpin>(
//!     mut socket: WebSocket<S>,
//! ) -> Result<(), Error> {
//!     while let Some(name) = socket.receive().await? {
//!         socket.send(format!("Hello, {name}!")).await?;
//!     }
//!     Ok(())
//! }
//!
//! /// Returns a client and a server, connected by a pipe of `size` bytes.
//! async fn pair(
//!     size: usize,
//! ) -> Result<(WebSocket<DuplexStream>, WebSocket<DuplexStream>), Error> {
//!     let (near, far) = duplex(size);
//!     let request = client::Request::new(Url::parse("ws://example.com/")?);
//!     let config = Config::new().shared();
//!     let (client, server) = tokio::try_join!(
//!         WebSocket::connect_over(far, request, config.clone()),
//!         WebSocket::accept(near, config),
//!     )?;
//!     Ok((client.0, server))
//! }
//!
//! // In your crate: `#[tokio::test(start_paused = true)]`.
//! #[tokio::main(flavor = "current_thread", start_paused = true)]
//! pub async fn greets_and_notices_a_dead_client() -> Result<(), Error> {
//!     let (mut client, server) = pair(1).await?; // Cuts all reads and writes to one byte.
//!     let talk = async {
//!         client.send("Ada").await?;
//!         assert_eq!(client.receive().await?, Some("Hello, Ada!".into()));
//!         client.close(None, "").await
//!     };
//!     tokio::try_join!(greet(server), talk)?;
//!
//!     let (_client, server) = pair(4096).await?; // Nobody drives this client.
//!     let outcome = greet(server).await;
//!     assert!(matches!(outcome, Err(Error::TimedOut(TimedOut::Silence))));
//!     Ok(())
//! }
//! # }
//! # fn main() {
//! #     #[cfg(feature = "tokio")]
//! #     example::greets_and_notices_a_dead_client().unwrap();
//! # }
//! ```
//!
//! A paused clock needs the feature `test-util` of tokio:
//!
//! ```toml
//! [dev-dependencies]
//! tokio = { version = "1", features = ["full", "test-util"] }
//! ```
//!
//! # Fuzz your handler
//!
//! A fuzzer should get past the handshake and the masks, or it learns nothing about your code. Open the connection
//! without a handshake, and feed what the fuzzer makes to a *client*: frames to a client have no masks.
//!
//! ```
//! # #[cfg(feature = "alloc")] mod example {
//! use sansocket::{Config, Connection, Event, Input, Negotiated, Seed, Timestamp};
//!
//! /// The code under test.
//! fn handle(text: &str) {
//!     let _ = text.split_once(':').map(|(command, rest)| (command.len(), rest.parse::<u64>()));
//! }
//!
//! /// The body of the fuzz target: `fuzz_target!(|data: &[u8]| fuzz(data));`
//! pub fn fuzz(data: &[u8]) {
//!     let (config, now) = (Config::new().shared(), Timestamp::default());
//!     let seed = Seed::new([0; 32]);
//!     let mut connection = Connection::open_client(Negotiated::new(), config, seed, now);
//!     let mut input = Input::new(vec![0; 4096]);
//!     for part in data.chunks(100) {
//!         let mut spare = connection.spare(&mut input);
//!         spare.buffer()[..part.len()].copy_from_slice(part);
//!         spare.filled(part.len(), now);
//!         while let Some(event) = connection.next_event(&mut input) {
//!             if let Event::Text(text) = event {
//!                 handle(text);
//!             }
//!         }
//!     }
//! }
//! # }
//! # fn main() {
//! #     #[cfg(feature = "alloc")]
//! #     for data in [&b"\x81\x05Hello"[..], b"\x81\x04a:12", b"\x80", b""] {
//! #         example::fuzz(data);
//! #     }
//! # }
//! ```
//!
//! Seeds for the corpus: `\x81\x05Hello` is a text frame, `\x82\x03abc` a binary one, `\x88\x02\x03\xe8` a close frame.
//! `cargo run --example inspect` explains any bytes. The protocol itself is fuzzed here: see `fuzz/README.md`.
//!
//! # What goes wrong
//!
//! | you see | cause |
//! |---|---|
//! | `spare.buffer()[..count]` panics | the storage of the `Input` is shorter than what is copied |
//! | the client waits in a test with one task | drive both ends: `tokio::join!` the handshakes, or spawn the server |
//! | a paused clock ends a connection | tokio advances it to the next deadline when all tasks wait. Drive the peer, or disable the timeout |
//! | ``no method named `start_paused` found`` | tokio lacks its feature `test-util` |
//! | two runs differ | a `Seed::random`, a real clock, or a `HashMap` of yours |
