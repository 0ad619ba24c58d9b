//! Streaming a file in constant memory.
//!
//! **You want** to send a file of any size as one message, and to receive it, without holding it in memory, and to
//! show the progress.
//!
//! ```
//! # #[cfg(feature = "tokio")] {
//! use std::io;
//! use std::path::Path;
//!
//! use sansocket::tokio::{MaybeTls, WebSocket};
//! use sansocket::{Config, Error, Limits};
//! use tokio::fs::{self, File};
//! use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
//! use tokio::net::{TcpListener, TcpStream};
//!
//! /// Sends a file as one message: its length in eight bytes, and then its bytes.
//! async fn upload(socket: &mut WebSocket<MaybeTls>, path: &Path) -> Result<(), Error> {
//!     let mut file = File::open(path).await?;
//!     let len = file.metadata().await?.len();
//!     let mut message = socket.message_writer();
//!     message.write_u64(len).await?;
//!     copy(&mut file, &mut message, len).await?;
//!     message.shutdown().await?; // This ends the message.
//!     Ok(())
//! }
//!
//! /// Receives a file, and returns its length.
//! async fn download(socket: &mut WebSocket<TcpStream>, path: &Path) -> Result<u64, Error> {
//!     let Some(mut message) = socket.message_reader().await? else {
//!         return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
//!     };
//!     let len = message.read_u64().await?;
//!     let mut file = File::create(path).await?;
//!     let received = copy(&mut message, &mut file, len).await?;
//!     file.flush().await?;
//!     if received != len {
//!         return Err(io::Error::other("the length is wrong").into());
//!     }
//!     Ok(received)
//! }
//!
//! /// Copies, and shows how far it is.
//! async fn copy(
//!     from: &mut (impl AsyncRead + Unpin),
//!     to: &mut (impl AsyncWrite + Unpin),
//!     len: u64,
//! ) -> io::Result<u64> {
//!     let (mut buffer, mut done) = (vec![0; 64 << 10], 0);
//!     loop {
//!         let count = from.read(&mut buffer).await?;
//!         if count == 0 {
//!             return Ok(done);
//!         }
//!         to.write_all(&buffer[..count]).await?;
//!         done += count as u64;
//!         eprint!("\r{:3} %", done.min(len) * 100 / len.max(1));
//!     }
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Error> {
//!     let listener = TcpListener::bind("127.0.0.1:0").await?;
//!     let url = format!("ws://{}", listener.local_addr()?);
//!     let limits = Limits::new().message(1 << 40).fragments(u64::MAX);
//!     let config = Config::new().limits(limits).shared();
//!
//!     let name = format!("sansocket-{}", std::process::id());
//!     let from = std::env::temp_dir().join(&name);
//!     let to = from.with_extension("copy");
//!     fs::write(&from, vec![7; 20 << 20]).await?;
//!     let server = async {
//!         let (stream, _) = listener.accept().await?;
//!         let mut socket = WebSocket::accept(stream, config).await?;
//!         let len = download(&mut socket, &to).await?;
//!         socket.send("thank you").await?;
//!         Ok(len)
//!     };
//!     let client = async {
//!         let mut socket = WebSocket::connect(&url, Config::new().shared()).await?;
//!         upload(&mut socket, &from).await?;
//!         socket.receive().await
//!     };
//!     let (len, answer) = tokio::try_join!(server, client)?;
//!     assert_eq!((len, answer), (20 << 20, Some("thank you".into())));
//!     assert!(fs::read(&from).await? == fs::read(&to).await?);
//!     fs::remove_file(from).await?;
//!     fs::remove_file(to).await?;
//!     Ok(())
//! }
//! # main().unwrap();
//! # }
//! ```
//!
//! If you want no progress, [`tokio::io::copy`](https://docs.rs/tokio/1/tokio/io/fn.copy.html) does the same:
//!
//! ```
//! # #[cfg(feature = "tokio")] {
//! use std::io;
//!
//! use sansocket::tokio::{MaybeTls, Reader, Writer};
//! use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, copy};
//!
//! /// The halves can send and receive a file at the same time.
//! async fn exchange(
//!     mut reader: Reader<MaybeTls>,
//!     writer: Writer<MaybeTls>,
//!     mut file: impl AsyncRead + Unpin,
//!     mut copied: impl AsyncWrite + Unpin,
//! ) -> io::Result<()> {
//!     let send = async {
//!         let mut message = writer.message_writer();
//!         copy(&mut file, &mut message).await?;
//!         message.shutdown().await
//!     };
//!     let receive = async {
//!         let message = reader.message_reader().await.map_err(io::Error::other)?;
//!         if let Some(mut message) = message {
//!             copy(&mut message, &mut copied).await?;
//!         }
//!         copied.flush().await
//!     };
//!     tokio::try_join!(send, receive).map(drop)
//! }
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn try_it() {
//! #     let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
//! #     let url = format!("ws://{}", listener.local_addr().unwrap());
//! #     let config = sansocket::Config::new().shared();
//! #     let file = vec![7; 8 << 20];
//! #     let run = async |socket: sansocket::tokio::WebSocket<MaybeTls>| {
//! #         let (reader, writer) = socket.split();
//! #         let mut copied = Vec::new();
//! #         exchange(reader, writer, &file[..], &mut copied).await.unwrap();
//! #         assert!(copied == file);
//! #     };
//! #     let server = async {
//! #         let stream = MaybeTls::Plain(listener.accept().await.unwrap().0);
//! #         run(sansocket::tokio::WebSocket::accept(stream, config.clone()).await.unwrap()).await
//! #     };
//! #     let client = async {
//! #         run(sansocket::tokio::WebSocket::connect(&url, config.clone()).await.unwrap()).await
//! #     };
//! #     tokio::join!(server, client);
//! # }
//! # try_it();
//! # }
//! ```
//!
//! # What happens
//!
//! * [`message_writer`](crate::polled::WebSocket::message_writer) is an `AsyncWrite` for one binary message. It
//!   merges small writes into frames of up to 64 KiB. Flush it to send what was written so far. Writing waits while
//!   [`Config::max_queued`](crate::Config::max_queued) bytes wait, so a slow peer slows the file down.
//! * [`message_reader`](crate::polled::WebSocket::message_reader) is an `AsyncRead` for the next message. It returns
//!   bytes as soon as they arrive, also within a frame. It works for messages of every kind and size.
//! * A message has no length in advance. To show a percentage, send the length first, as here.
//! * While a message is being sent, no other message can pass, but pings and close frames do. To send other
//!   messages meanwhile, send the file as many messages.
//! * [`Limits::message`](crate::Limits::message) holds for `receive`, too, which keeps the whole message in memory. A
//!   server that raises it reads every message of its clients by `message_reader`.
//!
//! With smol, both implement the traits of futures-io: use `smol::io::copy`, and `close` instead of `shutdown`.
//!
//! # With threads
//!
//! `blocking` has the same names, for [`Read`](std::io::Read) and [`Write`](std::io::Write).
//! [`finish`](crate::blocking::MessageWriter::finish) ends the message:
//!
//! ```
//! # #[cfg(feature = "std")] {
//! use std::io::{self, Read, Write};
//! use std::net::TcpStream;
//!
//! use sansocket::Error;
//! use sansocket::blocking::{MaybeTls, WebSocket};
//!
//! fn upload(socket: &mut WebSocket<MaybeTls>, mut file: impl Read) -> io::Result<()> {
//!     let mut message = socket.message_writer();
//!     io::copy(&mut file, &mut message)?;
//!     message.finish()
//! }
//!
//! fn download(socket: &mut WebSocket<TcpStream>, mut file: impl Write) -> Result<(), Error> {
//!     if let Some(mut message) = socket.message_reader()? {
//!         io::copy(&mut message, &mut file)?;
//!     }
//!     Ok(file.flush()?)
//! }
//! # let config = sansocket::Config::new().shared();
//! # let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
//! # let url = format!("ws://{}", listener.local_addr().unwrap());
//! # let file = vec![7; 1 << 20];
//! # std::thread::scope(|scope| {
//! #     scope.spawn(|| {
//! #         let stream = listener.accept().unwrap().0;
//! #         let mut socket = WebSocket::accept(stream, config.clone()).unwrap();
//! #         let mut copied = Vec::new();
//! #         download(&mut socket, &mut copied).unwrap();
//! #         assert!(copied == file);
//! #         socket.send("thank you").unwrap();
//! #     });
//! #     let mut socket = WebSocket::connect(&url, config.clone()).unwrap();
//! #     upload(&mut socket, &file[..]).unwrap();
//! #     assert_eq!(socket.receive().unwrap(), Some("thank you".into()));
//! # });
//! # }
//! ```
//!
//! # What can go wrong
//!
//! | you see | because |
//! |---|---|
//! | `peer broke the protocol: message is too big`, and the sender gets close code 1009 | The receiver allows 16 MiB. Raise [`Limits::message`](crate::Limits::message). |
//! | `message has too many fragments` | A message has at most 65,536 frames: 4 GiB of a `MessageWriter`, less of a peer that sends short frames. Raise [`Limits::fragments`](crate::Limits::fragments). |
//! | [`SendError::MessageInProgress`](crate::SendError::MessageInProgress) | The message was not shut down. If a file cannot be read to its end, all that you can do is to close the connection. |
//! | [`Error::PartsPending`](crate::Error::PartsPending) | A `MessageReader` was dropped before its end. Take the rest by `next_event`. |
//! | The upload stops, and then fails with [`TimedOut::Blocked`](crate::TimedOut::Blocked) | The peer does not read: see [backpressure](super::backpressure). |
//! | The file is not complete, and there is no error | You did not look whether the message ended. `message_reader` reports that as `UnexpectedEof`; with events, look for `last`. |
//!
//! Files are often compressed already. Call [`compress_from(usize::MAX)`](crate::polled::Writer::compress_from) before
//! the message, if [compression](super::compression) is on.
