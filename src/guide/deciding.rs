//! Accept or reject a client after a look at a database.
//!
//! **You want** to read the request, ask something that takes time, and then accept the client or reject it with
//! a status of your own.
//!
//! ```
//! # #[cfg(feature = "tokio")] {
//! use std::io;
//! use std::time::Duration;
//!
//! use sansocket::server::Response;
//! use sansocket::tokio::{Incoming, WebSocket};
//! use sansocket::{Config, Error};
//! use tokio::net::{TcpListener, TcpStream};
//! use tokio::time::timeout;
//!
//! async fn serve(stream: TcpStream) -> Result<(), Error> {
//!     let config = Config::new().shared();
//!     let mut opening = match WebSocket::receive_request(stream, config).await? {
//!         Incoming::Opening(opening) => opening,
//!         Incoming::Http(request) => return request.reject().await,
//!     };
//!     let request = opening.request();
//!     if request.path() != "/chat" {
//!         return opening.reject(Response::not_found("there is only /chat\n")).await;
//!     }
//!     let key = request.query().and_then(|query| query.strip_prefix("key="));
//!     let user = match timeout(Duration::from_secs(5), find_user(key.unwrap_or(""))).await {
//!         Ok(Ok(Some(user))) => user,
//!         Ok(Ok(None)) => return opening.reject(Response::forbidden("unknown key\n")).await,
//!         Ok(Err(_)) | Err(_) => {
//!             let later = [("Retry-After", "30")];
//!             return opening.reject(Response::new(503, &later, b"")?).await;
//!         }
//!     };
//!     let mut socket = opening.accept().await?;
//!     socket.send(format!("hello, {user}")).await?;
//!     while socket.receive().await?.is_some() {}
//!     Ok(())
//! }
//!
//! /// Stands for a database.
//! async fn find_user(key: &str) -> io::Result<Option<String>> {
//!     tokio::time::sleep(Duration::from_millis(10)).await;
//!     Ok((key == "7").then(|| "Ada".to_owned()))
//! }
//!
//! /// Connects, and returns the greeting or the status of the rejection.
//! async fn talk(url: &str) -> Result<String, Error> {
//!     match WebSocket::connect(url, Config::new().shared()).await {
//!         Ok(mut socket) => {
//!             let greeting = socket.receive().await?;
//!             socket.close(None, "").await?;
//!             Ok(greeting.map(|greeting| greeting.to_string()).unwrap_or_default())
//!         }
//!         Err(Error::Rejected(response)) => Ok(format!(
//!             "{}: {}",
//!             response.status(),
//!             response.body().escape_ascii(),
//!         )),
//!         Err(error) => Err(error),
//!     }
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Error> {
//!     let listener = TcpListener::bind("127.0.0.1:0").await?;
//!     let address = listener.local_addr()?;
//!     tokio::spawn(async move {
//!         while let Ok((stream, _)) = listener.accept().await {
//!             tokio::spawn(serve(stream));
//!         }
//!     });
//!     assert_eq!(talk(&format!("ws://{address}/chat?key=7")).await?, "hello, Ada");
//!     assert_eq!(talk(&format!("ws://{address}/chat")).await?, r"403: unknown key\n");
//!     assert_eq!(talk(&format!("ws://{address}/")).await?, r"404: there is only /chat\n");
//!     Ok(())
//! }
//! # main().unwrap();
//! # }
//! ```
//!
//! # What happens
//!
//! * [`receive_request`](crate::polled::WebSocket::receive_request) has 10 seconds for the request
//!   ([`Timeouts::opening`](crate::Timeouts::opening)). Then the request is yours, and you take the time that you
//!   need. Bound it yourself, as above: adapters do not interrupt the application.
//! * The request has been validated, and the [`Policy`](crate::server::Policy) has accepted its origin and host.
//!   Requests that fail these checks got their response already, and you get
//!   [`Error::Handshake`](crate::Error::Handshake).
//! * [`Opening`](crate::polled::Opening) owns the stream and is `Send`. You may hand it to another task, and decide
//!   there. [`get_ref`](crate::polled::Opening::get_ref) returns the stream: it has the client's address, and the
//!   certificate of a client over [TLS](super::tls).
//! * [`accept`](crate::polled::Opening::accept) and [`reject`](crate::polled::Opening::reject) consume it. After
//!   `reject`, the stream ends.
//! * A client sends no messages before it has the answer.
//!
//! # With threads, or with your own loop
//!
//! In `blocking` the same calls go without `.await`: the thread waits for the database. In a loop around
//! [`Connection`](crate::Connection), the request is [`Event::Request`](crate::Event::Request). Let it wait, drive
//! the other connections, and call [`accept`](crate::Connection::accept) or
//! [`reject`](crate::Connection::reject) when the answer is there. After
//! [`Timeouts::decision`](crate::Timeouts::decision) the connection answers with 503 by itself:
//!
//! ```
//! # #[cfg(feature = "alloc")] {
//! use sansocket::server::Response;
//! use sansocket::{Connection, Event, Input};
//!
//! /// Handles what was read. Returns the path that was asked for, if a request waits.
//! fn handle(connection: &mut Connection, input: &mut Input<Vec<u8>>) -> Option<String> {
//!     while let Some(event) = connection.next_event(input) {
//!         match event {
//!             Event::Request => return Some(connection.request()?.path().to_owned()),
//!             Event::Text(text) => println!("{text}"),
//!             _ => {}
//!         }
//!     }
//!     None
//! }
//!
//! /// Continues when the database has answered, at any time later.
//! fn decide(connection: &mut Connection, is_welcome: bool) {
//!     match is_welcome {
//!         true => connection.accept(),
//!         false => connection.reject(Response::forbidden("")),
//!     }
//! }
//! # }
//! ```
//!
//! # What can go wrong
//!
//! | you see | because |
//! |---|---|
//! | The client gets no response at all | The `Opening` was dropped. Call `accept` or `reject` on every path, also after an error: `?` drops it. |
//! | A client waits, and gives up after its own deadline | Deciding took too long. Nothing is read meanwhile, so a client that left is noticed only afterwards. |
//! | [`HeaderError::MissingCompanion`](crate::HeaderError::MissingCompanion) | Status 401 needs `WWW-Authenticate`, a redirect needs `Location`. |
//! | A browser shows code 1006, and no status | Browsers hide rejections from pages. To tell the page why, accept, and [close](super::closing) with a code from 4000 to 4999 and a reason. |
//!
//! See [headers](super::headers) for what a request may contain. Do not put secrets into the
//! URL, as this example does: URLs stand in logs. Use a header, a cookie, or the first message.
