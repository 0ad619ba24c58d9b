//! Limits, memory, and the size of a server.
//!
//! **You want** to know how much memory a server needs, and that no peer can make it use more. A connection that waits is
//! small. One that receives is bounded by [`Limits`](crate::Limits).
//!
//! # Limit what a peer can cost
//!
//! ```
//! # #[cfg(feature = "alloc")] {
//! use sansocket::{Config, Limits};
//!
//! let limits = Limits::new().message(64 << 10).fragments(64);
//! let config = Config::new().limits(limits).max_queued(32 << 10).shared();
//!
//! // The most that one connection stores of what its peer sends, in bytes.
//! assert_eq!(config.limits.max_memory(), 138_752);
//! // The default lets a peer send 16 MiB in one message.
//! assert_eq!(Limits::new().max_memory(), 33_562_112);
//! # }
//! ```
//!
//! A message beyond a limit fails the connection with close code 1009. No memory is allocated for a length that a
//! header merely declares. To receive larger messages in constant memory, take them [in parts](super::streaming).
//!
//! # The formula
//!
//! ```text
//! memory = connections × (idle + kept for compression)
//!        + connections that receive a message now × Limits::max_memory()
//!        + connections whose peer reads slowly × (2 × max_queued + your message)
//!        + threads × read buffer
//!        + the kernel's socket buffers
//! ```
//!
//! | part | bytes | from |
//! |---|---:|---|
//! | idle, own loop, with its place in a table and its timer | 328 | `cargo run --release --example million` |
//! | idle, tokio: task, stream and WebSocket | 1,556 | `benches/idle`, 9,000 connections, resident |
//! | idle, tokio, [split](super::several_tasks) | 1,930 | the same |
//! | kept for compression, [`shared()`](crate::deflate::Compression::shared) | 0 | [`memory_waiting`](crate::deflate::Compression::memory_waiting) |
//! | kept for compression, [`dedicated()`](crate::deflate::Compression::dedicated) | 380,928 + 32,832 at most | [`memory_sending`](crate::deflate::Compression::memory_sending) + `memory_waiting` |
//! | a message that arrives | 2 × [`message`](crate::Limits::message) + 7,680 | [`max_memory`](crate::Limits::max_memory) |
//! | read buffer of an adapter | 65,536 | up to 16 of them, 2 MiB to write from and 8 MiB of messages stay with a thread after many connections were slow at once |
//! | replies that wait | 2 × [`max_queued`](crate::Config::max_queued), 64 KiB each by default | then nothing more is read |
//!
//! The kernel's buffers are not in the process. On Linux, `net.ipv4.tcp_rmem` and `tcp_wmem` bound them. What your
//! application keeps for each connection often exceeds all of this.
//!
//! # Worked out
//!
//! With messages of at most 64 KiB (10,000 connections) and 4 KiB (1,000,000 connections), `max_queued` as large as
//! a message, no compression:
//!
//! | | 10,000 | 1,000,000 |
//! |---|---:|---:|
//! | idle, own loop | 3.3 MB | 328 MB |
//! | idle, tokio | 15.6 MB | 1.6 GB |
//! | 1 % receive a message | 14 MB | 159 MB |
//! | 1 % read slowly, with one message each | 20 MB | 123 MB |
//! | every peer sends the largest message at once | 1.4 GB | 15.9 GB |
//! | with `dedicated()`, in addition | 4.1 GB | 414 GB |
//! | pings per second, `idle` of 30 s | 333 | 33,333 |
//! | pings per second, `idle` of 5 min | 33 | 3,333 |
//! | file descriptors | 10,000 | 1,000,000 |
//!
//! ```
//! # #[cfg(feature = "alloc")] {
//! use sansocket::Limits;
//!
//! let small = Limits::new().message(64 << 10).max_memory();
//! assert_eq!(10_000 * small / 1_000_000, 1_387); // MB
//! let smaller = Limits::new().message(4 << 10).max_memory();
//! assert_eq!(1_000_000 * smaller / 1_000_000, 15_872); // MB
//! # #[cfg(feature = "deflate")] {
//! # use sansocket::deflate::Compression;
//! # let dedicated = Compression::dedicated();
//! # assert_eq!((dedicated.memory_sending(), dedicated.memory_waiting()), (380_928, 32_832));
//! # }
//! # }
//! ```
//!
//! Size for the worst row if peers are strangers, and limit connections per address in front of the server. Otherwise
//! size for the peak that you measure.
//!
//! The program `million` opens a million connections in one process, with both ends, and pings all of them. One run on
//! two busy cores took 32 s to open them, and 5.7 s to ping each and take its pong.
//!
//! # What goes wrong
//!
//! | you see | cause |
//! |---|---|
//! | `accept` fails, "Too many open files" | raise `ulimit -n`. Each connection takes one descriptor |
//! | clients fail to connect in a load test at 28,000 | the client's address has no more ports. Use several addresses |
//! | resident memory stays high after a peak | the allocator keeps it. A connection that waits owns none |
//! | peers close with 1009 after an update | messages grew beyond the limit |
//! | one slow peer costs much memory | you queue for it without bound: see [backpressure](super::backpressure) |
