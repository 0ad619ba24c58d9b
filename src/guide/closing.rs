//! Closing well, and the account of the end.
//!
//! **You want** both ends to know that nothing was lost, and to log why a connection ended. Send a close frame with a
//! code, wait for the peer's, and read [`Ended`].
//!
//! # Close and report
//!
//! ```
//! # #[cfg(feature = "std")] mod example {
//! use std::net::TcpListener;
//! use std::thread;
//!
//! use sansocket::blocking::WebSocket;
//! use sansocket::{CloseCode, Config, Ended, Error};
//!
//! fn serve(listener: &TcpListener) -> Result<Option<Ended>, Error> {
//!     let mut socket = WebSocket::accept(listener.accept()?.0, Config::new().shared())?;
//!     while let Some(message) = socket.receive()? {
//!         println!("{message}");
//!     }
//!     Ok(socket.ended())
//! }
//!
//! pub fn main() -> Result<(), Error> {
//!     let listener = TcpListener::bind("127.0.0.1:0")?;
//!     let url = format!("ws://{}/", listener.local_addr()?);
//!     let server = thread::spawn(move || serve(&listener));
//!
//!     let mut socket = WebSocket::connect(&url, Config::new().shared())?;
//!     socket.send("That was all.")?;
//!     socket.close(CloseCode::GOING_AWAY, "page left")?;
//!
//!     let ended = server.join().unwrap()?.unwrap();
//!     assert!(ended.is_clean());
//!     assert_eq!(ended.code(), 1001);
//!     assert_eq!(
//!         ended.to_string(),
//!         "closing handshake, started by the peer, peer sent code 1001: page left",
//!     );
//!     Ok(())
//! }
//! # }
//! # fn main() {
//! #     #[cfg(feature = "std")]
//! #     example::main().unwrap();
//! # }
//! ```
//!
//! `close` sends the close frame and waits for the peer's. The server answers it by itself, and its `receive`
//! returns `None`. The server ends the TCP stream first, as section 7.1.1 asks.
//!
//! # Read the account
//!
//! `ended()` returns `None` until the connection has ended. After that it is final.
//!
//! | `receive` returned | [`cause`](crate::Ended::cause) | meaning |
//! |---|---|---|
//! | `Ok(None)` | `ClosingHandshake` | Both close frames passed: [`is_clean`](crate::Ended::is_clean). If you were first, the peer has received all that you sent |
//! | `Err(Error::Io)`, kind `UnexpectedEof` | `TransportEnded` | The peer left without a close frame: a crash, a network that failed, a program that just exits. `code()` is 1006 |
//! | `Err(Error::TimedOut)` | `TimedOut` | The peer missed a [deadline](super::timeouts) |
//! | `Err(Error::Protocol)` | `Violation` | The peer broke the protocol or a limit. We closed with the code that says so, such as 1009 |
//! | `Ok(None)`, and not clean | `TransportEnded` | The peer closed, but our close frame could not be written |
//!
//! An error is returned once. Later calls return `Ok(None)`. The account also exists after an error: read it before the
//! socket is dropped, which `?` does. The other fields say who was first
//! ([`initiator`](crate::Ended::initiator)), which codes passed ([`sent`](crate::Ended::sent),
//! [`received`](crate::Ended::received)), and who ended the transport. [`reason`](crate::Ended::reason) is text of the
//! peer: `Display` escapes it, so log `ended` rather than the field.
//!
//! # Stop a server
//!
//! Each task closes its connection when it is told to, and the program ends after the last one:
//!
//! ```
//! # #[cfg(feature = "tokio")] mod example {
//! use std::sync::Arc;
//!
//! use sansocket::tokio::WebSocket;
//! use sansocket::{CloseCode, Config, Error};
//! use tokio::net::{TcpListener, TcpStream};
//! use tokio::sync::watch;
//! use tokio::task::JoinSet;
//!
//! async fn serve(
//!     stream: TcpStream,
//!     config: Arc<Config>,
//!     mut stop: watch::Receiver<()>,
//! ) -> Result<(), Error> {
//!     let mut socket = WebSocket::accept(stream, config).await?;
//!     loop {
//!         tokio::select! {
//!             message = socket.receive() => match message? {
//!                 Some(message) => socket.send(message).await?,
//!                 None => return Ok(()),
//!             },
//!             _ = stop.changed() => {
//!                 return socket.close(CloseCode::SERVICE_RESTART, "").await;
//!             }
//!         }
//!     }
//! }
//!
//! async fn listen(listener: TcpListener, mut stop: watch::Receiver<()>) {
//!     let (config, mut tasks) = (Config::new().shared(), JoinSet::new());
//!     loop {
//!         tokio::select! {
//!             Ok((stream, _)) = listener.accept() => {
//!                 tasks.spawn(serve(stream, config.clone(), stop.clone()));
//!             }
//!             Some(ended) = tasks.join_next() => println!("{ended:?}"),
//!             _ = stop.changed() => break,
//!         }
//!     }
//!     tasks.join_all().await; // At most `Timeouts::close`, plus `opening` for the newest.
//! }
//!
//! #[tokio::main]
//! pub async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let listener = TcpListener::bind("127.0.0.1:0").await?;
//!     let url = format!("ws://{}/", listener.local_addr()?);
//!     let (stop, stopped) = watch::channel(());
//!     let server = tokio::spawn(listen(listener, stopped));
//!
//!     let mut client = WebSocket::connect(&url, Config::new().shared()).await?;
//!     client.send("hello").await?;
//!     assert_eq!(client.receive().await?, Some("hello".into()));
//!     stop.send(())?; // In a program: after `tokio::signal::ctrl_c().await`.
//!     assert_eq!(client.receive().await?, None);
//!     assert_eq!(client.ended().unwrap().code(), 1012);
//!     server.await?;
//!     Ok(())
//! }
//! # }
//! # fn main() {
//! #     #[cfg(feature = "tokio")]
//! #     example::main().unwrap();
//! # }
//! ```
//!
//! # Choose how to close
//!
//! | you want to | call |
//! |---|---|
//! | close, and discard messages that still arrive | `socket.close(code, reason)` |
//! | close, and receive what the peer sent before its close frame | `socket.connection_mut().close(code, reason)`, then `receive` until `None` |
//! | close from a [task that sends](super::several_tasks) | `writer.close(code, reason)`; the `Reader` returns the last messages, then `None` |
//! | close while you hold an event | `sender.close(code, reason)`, then go on with `next_event` |
//! | leave at once | drop the socket. The peer sees 1006 |
//!
//! # Choose a code
//!
//! | code | use |
//! |---|---|
//! | [`NORMAL`](crate::CloseCode::NORMAL), 1000 | done |
//! | [`GOING_AWAY`](crate::CloseCode::GOING_AWAY), 1001 | the page is left, the server stops |
//! | [`POLICY_VIOLATION`](crate::CloseCode::POLICY_VIOLATION), 1008 | the user may not do that |
//! | [`INTERNAL_ERROR`](crate::CloseCode::INTERNAL_ERROR), 1011 | a fault of yours |
//! | [`SERVICE_RESTART`](crate::CloseCode::SERVICE_RESTART), 1012, and [`TRY_AGAIN_LATER`](crate::CloseCode::TRY_AGAIN_LATER), 1013 | only a server; clients should reconnect, later in the second case |
//! | 4000 to 4999, by [`CloseCode::new`](crate::CloseCode::new) | your own |
//! | `None` | no code: the peer sees 1005 |
//!
//! # What goes wrong
//!
//! | you see | cause |
//! |---|---|
//! | `SendError::ReasonTooLong` | the reason has more than 123 bytes. Nothing was sent |
//! | `SendError::WrongRole` | a client sends 1012 to 1014, or a server 1010 |
//! | `SendError::Closing` from `send` | a close frame has been sent or received: no message may follow |
//! | [`TimedOut::Close`](crate::TimedOut::Close) | the peer does not read, or does not answer |
//! | the last messages are lost when the program ends | it exits before `send` or `close` has returned |
//! | `future cannot be sent between threads safely`, at the `spawn` | `stop.wait_for(…)` in `select!` keeps a lock of tokio while its arms run. Use `stop.changed()`, as above |
//! | all peers log 1006 at a restart | the program ended before the closing handshakes: see [above](#stop-a-server) |
//!
//! [`Ended`]: crate::Ended
