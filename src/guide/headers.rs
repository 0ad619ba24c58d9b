//! Headers, cookies and subprotocols.
//!
//! **You want** a client to send a token or a cookie, a server to read it and to set one, and both to agree on a
//! subprotocol.
//!
//! ```
//! # #[cfg(feature = "tokio")] {
//! use sansocket::tokio::{Connect, Incoming, WebSocket};
//! use sansocket::{Config, Error, OwnedMessage, server};
//! use tokio::net::{TcpListener, TcpStream};
//!
//! async fn serve(stream: TcpStream) -> Result<(), Error> {
//!     let config = Config::new().shared();
//!     let mut opening = match WebSocket::receive_request(stream, config).await? {
//!         Incoming::Opening(opening) => opening,
//!         Incoming::Http(request) => return request.reject().await, // Not for a WebSocket.
//!     };
//!     let request = opening.request();
//!     let Some(user) = session(request).map(str::to_owned) else {
//!         return opening.reject(server::Response::new(401, UNAUTHORIZED, b"")?).await;
//!     };
//!     if request.protocols().any(|name| name == "chat.v2") {
//!         request.select_protocol("chat.v2")?;
//!     }
//!     request.add_header("Set-Cookie", "seen=1; Path=/; Secure; HttpOnly")?;
//!     let mut socket = opening.accept().await?;
//!     socket.send(format!("hello, {user}")).await?;
//!     while socket.receive().await?.is_some() {}
//!     Ok(())
//! }
//!
//! /// Returns the user that the cookie `session` names.
//! fn session(request: &server::Request) -> Option<&str> {
//!     let cookies = request.headers().text("Cookie")?;
//!     cookies.split("; ").find_map(|cookie| cookie.strip_prefix("session="))
//! }
//!
//! const UNAUTHORIZED: &[(&str, &str)] = &[("WWW-Authenticate", "Bearer")];
//!
//! async fn talk(url: &str) -> Result<Option<OwnedMessage>, Error> {
//!     let (mut socket, response) = Connect::new(url)
//!         .header("Cookie", "theme=dark; session=Ada")
//!         .header("Authorization", "Bearer 7")
//!         .protocol("chat.v2") // The preferred one first.
//!         .protocol("chat.v1")
//!         .connect()
//!         .await?;
//!     println!("the server chose {:?}", response.protocol());
//!     for cookie in response.headers().values("Set-Cookie") {
//!         println!("it set {}", cookie.escape_ascii());
//!     }
//!     # assert_eq!(response.protocol(), Some("chat.v2"));
//!     # assert_eq!(response.headers().values("set-cookie").count(), 1);
//!     let message = socket.receive().await?;
//!     socket.close(None, "").await?;
//!     Ok(message)
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Error> {
//!     let listener = TcpListener::bind("127.0.0.1:0").await?;
//!     let url = format!("ws://{}/chat", listener.local_addr()?);
//!     let server = async { serve(listener.accept().await?.0).await };
//!     let ((), message) = tokio::try_join!(server, talk(&url))?;
//!     assert_eq!(message, Some("hello, Ada".into()));
//!     Ok(())
//! }
//! # main().unwrap();
//! # }
//! ```
//!
//! # What happens
//!
//! * [`receive_request`](crate::polled::WebSocket::receive_request) waits for the whole request and validates it.
//!   Nothing is answered yet.
//! * [`Request`](crate::server::Request) has the request's `path`, `query`, `origin` and `headers`. Names are
//!   compared ignoring case. [`Headers::text`](crate::Headers::text) returns ASCII values, and
//!   [`Headers::value`](crate::Headers::value) any bytes.
//! * [`select_protocol`](crate::server::Request::select_protocol) and
//!   [`add_header`](crate::server::Request::add_header) change the response of
//!   [`accept`](crate::polled::Opening::accept).
//! * [`Connect`](crate::Connect) sends the headers, and returns the [response](crate::client::Response) beside the
//!   socket. They do not follow redirects to other servers: see [connecting](super::connecting#secrets).
//! * Over a stream that you open yourself, a [`client::Request`](crate::client::Request) and
//!   [`connect_over`](crate::polled::WebSocket::connect_over) do the same.
//!
//! The blocking adapter and that of smol have the same methods. With hyper and axum, the HTTP library has parsed
//! the headers: see [one port](super::one_port).
//!
//! # Browsers
//!
//! A page cannot set headers for `new WebSocket(url)`. It sends the cookies of the server's host, and can offer
//! subprotocols: `new WebSocket(url, ["chat.v2", "chat.v1"])`. If a page offers some and the server selects none,
//! the browser closes the connection. [`require_protocol`](crate::Connect::require_protocol) makes a client do the same.
//!
//! Cookies come with requests from *any* page. The default policy therefore rejects pages of other origins. Do not
//! turn that off where cookies identify users: see [security](super::security).
//!
//! # What can go wrong
//!
//! | you see | because |
//! |---|---|
//! | [`HeaderError::Reserved`](crate::HeaderError::Reserved) | The handshake writes this header itself, such as `Host`, `Upgrade` or `Sec-WebSocket-Protocol`. |
//! | [`HeaderError::BadValue`](crate::HeaderError::BadValue) | The value has a line break or another control character. It may come from user input. |
//! | [`HeaderError::Repeated`](crate::HeaderError::Repeated) | `Cookie`, `Authorization` and some others may appear once. Put all cookies into one line, separated by `; `. |
//! | [`HeaderError::NotOffered`](crate::HeaderError::NotOffered) | The server may select only what [the client offered](crate::server::Request::protocols). Case matters. |
//! | [`HeaderError::MissingCompanion`](crate::HeaderError::MissingCompanion) | Status 401 needs `WWW-Authenticate`, a redirect needs `Location`. |
//! | [`Error::Rejected`](crate::Error::Rejected) in the client | The server rejected the request. `response.status()`, `response.headers()` and `response.body()` say why. |
