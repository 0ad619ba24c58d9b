//! Loops of your own: epoll, io_uring, two threads, `no_std`.
//!
//! **You want** WebSockets in an event loop that has no adapter here. A [`Connection`] does no I/O: you move the bytes and
//! tell it the time.
//!
//! # The smallest loop
//!
//! This server drives one connection over a blocking stream, with keepalive and all deadlines. A client in another
//! thread talks to it.
//!
//! ```
//! # #[cfg(feature = "std")] mod example {
//! use std::io;
//! use std::net::{Shutdown, TcpListener, TcpStream};
//! use std::sync::Arc;
//! use std::thread;
//! use std::time::{Duration, Instant};
//!
//! use sansocket::blocking::WebSocket;
//! use sansocket::{CloseCode, Config, Connection, Ended, Error, Event, Input, Step, Timestamp};
//!
//! fn serve(mut stream: TcpStream, config: Arc<Config>) -> io::Result<Ended> {
//!     let (start, mut input) = (Instant::now(), Input::new(vec![0; 64 << 10]));
//!     let now = || Timestamp::new(start.elapsed());
//!     let mut connection = Connection::server(config, now());
//!     loop {
//!         // Rule 1: take the events until there are none.
//!         while let Some(event) = connection.next_event(&mut input) {
//!             match event {
//!                 Event::Request => connection.accept(), // Now, or at any time later.
//!                 Event::NotUpgrade => connection.require_upgrade(),
//!                 Event::Text(text) => drop(connection.send(text)),
//!                 Event::Binary(bytes) => drop(connection.send(bytes)),
//!                 _ => {}
//!             }
//!         }
//!         // Rule 2: do what the next step says.
//!         match connection.next_step() {
//!             Step::Io { write: true, .. } => drop(connection.write_to(&mut stream, now)),
//!             Step::Io { .. } => {
//!                 let due = connection.poll_timeout().map(|due| due.since(now()));
//!                 stream.set_read_timeout(due.map(|due| due.max(Duration::from_millis(1))))?;
//!                 drop(connection.read_from(&mut stream, &mut input, now));
//!                 connection.handle_timeout(now());
//!             }
//!             Step::Shutdown => {
//!                 drop(stream.shutdown(Shutdown::Write));
//!                 connection.handle_shutdown();
//!             }
//!             Step::Done(ended) => return Ok(ended),
//!         }
//!     }
//! }
//!
//! pub fn main() -> Result<(), Error> {
//!     let listener = TcpListener::bind("127.0.0.1:0")?;
//!     let url = format!("ws://{}/", listener.local_addr()?);
//!     let server = thread::spawn(move || serve(listener.accept()?.0, Config::new().shared()));
//!
//!     let mut socket = WebSocket::connect(&url, Config::new().shared())?;
//!     socket.send("hello")?;
//!     assert_eq!(socket.receive()?, Some("hello".into()));
//!     socket.close(CloseCode::NORMAL, "")?;
//!     assert!(server.join().unwrap()?.is_clean());
//!     Ok(())
//! }
//! # }
//! # fn main() {
//! #     #[cfg(feature = "std")]
//! #     example::main().unwrap();
//! # }
//! ```
//!
//! Errors of the stream are dropped on purpose: the connection notes them, and the account at the end explains them.
//! Leaving the loop by `?` would lose a close frame that still waits.
//!
//! # Choose a loop
//!
//! | you have | start from | what differs |
//! |---|---|---|
//! | epoll, kqueue, mio | `examples/mio_echo.rs` | one [`Input`] for all connections; deadlines in one ordered set |
//! | io_uring, IOCP, another runtime that owns buffers | `examples/completion` | [`receive`](crate::Connection::receive) swaps whole buffers; [`take_transmit`](crate::Sender::take_transmit) gives a buffer away |
//! | one thread that reads, others that write | `examples/two_threads.rs` | [`Connection::split`]: reading takes no lock |
//! | no network at all | `examples/million.rs` | bytes move from one connection to another |
//! | `no_std` with an allocator | `tests/no_std/src/bin/connection.rs` | feature `alloc`, with a [`Seed`](crate::Seed) from your hardware |
//! | no allocator | `examples/fixed_buffer.rs` | only [`wire`](crate::wire): frames, masks, UTF-8 and close codes; no handshake |
//!
//! Each client connection needs a [`Seed`](crate::Seed). Programs that open thousands, such as load generators and proxies, draw
//! them from one [`Seeds`](crate::Seeds), and so ask the operating system once.
//!
//! # Two threads
//!
//! [`Connection::split`] returns a [`Receiver`] and a [`Sender`](crate::Sender). The sender goes behind a lock. The reader
//! holds the lock while it looks for an event, not while it reads:
//!
//! ```
//! # #[cfg(feature = "alloc")] mod example {
//! use std::io::{self, Read};
//! use std::sync::Mutex;
//!
//! use sansocket::{Event, Input, Receiver, Sender, Timestamp};
//!
//! fn read(
//!     receiver: &mut Receiver,
//!     sender: &Mutex<Sender>,
//!     input: &mut Input<Vec<u8>>,
//!     stream: &mut impl Read,
//!     now: impl Fn() -> Timestamp,
//! ) -> io::Result<bool> {
//!     let mut spare = receiver.spare(input);
//!     let count = stream.read(spare.buffer())?; // Handle a timeout of the stream here.
//!     spare.filled(count, now()); // 0 notes the end of the stream.
//!     loop {
//!         let event = receiver.next_event(input, &mut sender.lock().unwrap()); // Then unlocks.
//!         match event {
//!             Some(Event::Text(text)) => _ = sender.lock().unwrap().send(text),
//!             Some(_) => {}
//!             None => return Ok(count > 0),
//!         }
//!     }
//! }
//! # }
//! ```
//!
//! The writing thread follows rule 2 with the sender alone, and waits on a condition variable while
//! [`next_step`](crate::Sender::next_step) has nothing to write. Notify it after each `next_event` and `send`. It takes
//! the bytes by [`take_transmit`](crate::Sender::take_transmit), unlocks, writes, locks, and calls
//! [`transmitted`](crate::Sender::transmitted). One of the two threads calls `handle_timeout`. The program
//! `examples/two_threads.rs` is complete: it also stops reading when `Step::Io` says `read: false`.
//!
//! # What goes wrong
//!
//! | you see | cause |
//! |---|---|
//! | an event loop that spins | it waits for readiness that [`Step::Io`](crate::Step::Io) does not ask for. `read` is `false` while a request is undecided, and while the peer takes no replies |
//! | pongs leave late | handling one event takes long. Write first if [`is_urgent`](crate::Sender::is_urgent) |
//! | two threads deadlock | a lock in the head of `while let` or `match` is held for the whole body. Lock in a `let` statement, as above |
//! | deadlines never pass | `handle_timeout` is not called, or the clock stands still |
//! | a live peer is taken for silent | `handle_timeout` is called while bytes of the peer lie unread. Read first |
//! | bytes of one connection vanish | two connections share an `Input`, and one of them was read before the events of the other were taken |
//! | the last message is lost at the end | the stream is dropped before [`Step::Done`](crate::Step::Done) |
//!
//! [`Connection`]: crate::Connection
//! [`Connection::split`]: crate::Connection::split
//! [`Input`]: crate::Input
//! [`Receiver`]: crate::Receiver
