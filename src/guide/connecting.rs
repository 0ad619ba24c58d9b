//! Connecting: headers, proxies, redirects, passwords, retries, and a client that stays connected.
//!
//! **You want** to reach a server that is not simply there: behind a proxy, behind a login, behind a redirect, or at
//! times not at all.
//!
//! ```toml
//! [dependencies]
//! sansocket = { version = "0.1", features = ["digest", "tokio-rustls"] }
//! tokio = { version = "1", features = ["macros", "net", "rt-multi-thread"] }
//! ```
//!
//! [`Connect`](crate::Connect) goes the whole way from a URL to an open connection. Each setting is one call:
//!
//! ```
//! # #[cfg(feature = "tokio")] {
//! use sansocket::Error;
//! use sansocket::auth::Credentials;
//! use sansocket::connect::{Redirects, Retry, Rules};
//! use sansocket::tokio::Connect;
//!
//! async fn talk(url: &str) -> Result<(), Error> {
//!     let (mut socket, response) = Connect::new(url)
//!         .protocol("chat.v2")
//!         .header("Cookie", "session=4711")
//!         .credentials(Credentials::password("ada", "secret")?.allow_plaintext())
//!         .proxies(Rules::from_env()?)
//!         .redirects(Redirects::anywhere(5))
//!         .retry(Retry::times(3))
//!         .connect()
//!         .await?;
//!     println!("subprotocol: {:?}", response.protocol());
//!     socket.send("hello").await?;
//!     socket.close(None, "").await
//! }
//! # // A server that asks for a password, and then accepts.
//! # async fn serve(listener: tokio::net::TcpListener) -> Result<(), Error> {
//! #     use sansocket::server::Response;
//! #     use sansocket::tokio::{Incoming, WebSocket};
//! #     let config = sansocket::Config::new().shared();
//! #     for challenged in [false, true] {
//! #         let stream = listener.accept().await?.0;
//! #         let incoming = WebSocket::receive_request(stream, config.clone()).await?;
//! #         let Incoming::Opening(mut opening) = incoming else { panic!("a WebSocket") };
//! #         let login = opening.request().headers().text("Authorization").map(str::to_owned);
//! #         if !challenged {
//! #             assert_eq!(login, None);
//! #             let demand = sansocket::auth::Demand::basic("chat")?.to_string();
//! #             opening.reject(Response::unauthorized(&demand)?).await?;
//! #             continue;
//! #         }
//! #         assert_eq!(login.as_deref(), Some("Basic YWRhOnNlY3JldA=="));
//! #         assert!(opening.request().select_protocol("chat.v2").is_ok());
//! #         let mut socket = opening.accept().await?;
//! #         assert_eq!(socket.receive().await?, Some("hello".into()));
//! #         assert_eq!(socket.receive().await?, None);
//! #     }
//! #     Ok(())
//! # }
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn try_it() {
//! #     let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
//! #     let url = format!("ws://{}", listener.local_addr().unwrap());
//! #     let (served, talked) = tokio::join!(serve(listener), talk(&url));
//! #     served.unwrap();
//! #     talked.unwrap();
//! # }
//! # try_it();
//! # }
//! ```
//!
//! `sansocket::smol::Connect` is the same, and `sansocket::blocking::Connect` has `connect()` without `.await`.
//!
//! # What happens
//!
//! * Settings are validated before any I/O. The first invalid one is the error of `connect`.
//! * All addresses of a host are tried, IPv6 and IPv4 in turn. A new attempt starts each 250 ms, and the first that
//!   answers wins (RFC 8305).
//! * Each attempt has [`Timeouts::opening`](crate::Timeouts::opening) for all of its steps: the first one, and each one
//!   after a redirect, a challenge or a delay. Default: 10 seconds.
//! * [`Response::url`](crate::client::Response::url) is the URL that was asked last, after redirects.
//! * `ws://` and `wss://` URLs give the same type: a `WebSocket<MaybeTls>`. So does HTTP/2.
//! * A future that is dropped ends the attempt. Nothing is left of it.
//!
//! # What is spoken
//!
//! | to | what | setting |
//! |---|---|---|
//! | a server | Basic, Digest, Bearer, or any value of `Authorization` | [`credentials`](crate::Connect::credentials) |
//! | a proxy | HTTP `CONNECT`, with and without TLS; SOCKS5, names resolved here or there | [`proxy`](crate::Connect::proxy), [`proxies`](crate::Connect::proxies) |
//! | a proxy that asks for a password | Basic and Digest over HTTP, user and password over SOCKS5 | in the URL of the proxy, or [`Proxy::credentials`](crate::connect::Proxy::credentials) |
//! | a server of HTTP/2 | an extended CONNECT, if ALPN selects `h2` | [`versions`](#http2), on tokio |
//! | a server that has moved | 301, 302, 303, 307, 308 | [`redirects`](crate::Connect::redirects) |
//! | a server that is not there, or answers 429, 500, 502, 503 or 504 | another attempt, after `Retry-After` or a random delay | [`retry`](crate::Connect::retry) |
//!
//! All of that is off by default. Digest needs the feature `digest`, HTTP/2 the feature `h2`.
//!
//! # HTTP/2
//!
//! `tokio::Connect` speaks HTTP/2 if you allow it. The rest stays the same: proxies, redirects, credentials, retries, the
//! type of the socket.
//!
//! ```
//! # #[cfg(feature = "h2")] {
//! use sansocket::Error;
//! use sansocket::connect::Versions;
//! use sansocket::tokio::Connect;
//!
//! async fn ask(url: &str) -> Result<(), Error> {
//!     let (mut socket, response) = Connect::new(url).versions(Versions::Auto).connect().await?;
//!     println!("{}, by HTTP/2: {}", response.status(), socket.get_ref().has_http2());
//!     socket.send("What time is it?").await
//! }
//! # drop(ask("wss://example.com/"));
//! # }
//! ```
//!
//! | [`Versions`](crate::connect::Versions) | `wss` | `ws` |
//! |---|---|---|
//! | `Http1`, the default | HTTP/1.1 | HTTP/1.1 |
//! | `Auto` | the one that ALPN selects | HTTP/1.1 |
//! | `Http2` | HTTP/2, or an error | HTTP/2, without asking |
//!
//! Many servers speak HTTP/2, but offer no WebSockets over it. With `Auto` the client then starts over with HTTP/1.1, on a new
//! connection. `Http2` fails with [`Failure::NoExtendedConnect`](crate::connect::Failure::NoExtendedConnect).
//!
//! Each such WebSocket has a connection of its own. For many over one connection, see [HTTP/2](super::http2).
//!
//! # Secrets
//!
//! Headers, subprotocols and credentials go to the scheme, host and port of the URL alone. A redirect to another
//! server carries on only what you add by `portable_header` and `portable_protocol`. `Authorization` and `Cookie`
//! cannot be portable. No redirect leads from `wss` to `ws`.
//!
//! Credentials that send a secret in clear over `ws` are an error, unless you
//! [allow](crate::auth::Credentials::allow_plaintext) it.
//!
//! # See each step, and veto it
//!
//! [`on_step`](crate::Connect::on_step) gets the machine before each step: to log it, to
//! [refuse](crate::connect::Dial::refuse) it, or to [answer](crate::connect::Dial::answer) a challenge by a
//! scheme of your own:
//!
//! ```
//! # #[cfg(feature = "tokio")] {
//! use sansocket::connect::{Action, Next};
//! use sansocket::tokio::Connect;
//!
//! let door = Connect::new("wss://example.com/").on_step(|dial| match dial.next_action() {
//!     Action::Connect { host, port } => println!("connecting to {host}, port {port}"),
//!     Action::Tls { name, peer, .. } => println!("TLS with the {peer} {name}"),
//!     Action::Write => println!("{}", String::from_utf8_lossy(dial.transmit())),
//!     Action::Request(fields) => println!("{fields:?}, over HTTP/2"),
//!     Action::Next(Next::Challenged { .. }) => {
//!         let token = "Negotiate abc"; // From a library for that scheme.
//!         dial.answer(token).expect("a valid header");
//!     }
//!     Action::Next(next) => println!("{next:?}"),
//!     _ => {}
//! });
//! # drop(door);
//! # }
//! ```
//!
//! # Stay connected
//!
//! [`reconnect`](crate::tokio::Connect) yields one connection after another. Subscribe again on each of them:
//!
//! ```
//! # #[cfg(feature = "tokio")] {
//! use sansocket::Error;
//! use sansocket::connect::Retry;
//! use sansocket::tokio::Connect;
//!
//! async fn follow(url: &str) -> Result<(), Error> {
//!     let mut connections = Connect::new(url).reconnect(Retry::times(u32::MAX));
//!     while let Some((socket, _)) = connections.next().await? {
//!         if socket.send("subscribe").await.is_err() {
//!             continue;
//!         }
//!         while let Ok(Some(message)) = socket.receive().await {
//!             println!("{message}");
//!         }
//!     }
//!     println!("{:?}", connections.ended());
//!     Ok(())
//! }
//! # async fn serve(listener: tokio::net::TcpListener) -> Result<(), Error> {
//! #     let config = sansocket::Config::new().shared();
//! #     let stream = listener.accept().await?.0;
//! #     let mut socket = sansocket::tokio::WebSocket::accept(stream, config).await?;
//! #     assert_eq!(socket.receive().await?, Some("subscribe".into()));
//! #     socket.send("news").await?;
//! #     socket.close(sansocket::CloseCode::NORMAL, "").await
//! # }
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn try_it() {
//! #     let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
//! #     let url = format!("ws://{}", listener.local_addr().unwrap());
//! #     let (served, followed) = tokio::join!(serve(listener), follow(&url));
//! #     served.unwrap();
//! #     followed.unwrap();
//! # }
//! # try_it();
//! # }
//! ```
//!
//! * It goes on after a connection that broke, a timeout, and the codes of a server that goes away (1001), fails (1011),
//!   restarts (1012), is busy (1013) or has no server behind it (1014). A normal end, a violation and other codes end it,
//!   and so does your own `close`: `next` returns `None`.
//! * The first delay is random, from 0 to 5 seconds, so that the clients of a server that restarts do not all come back
//!   at once. Each further one has a limit twice as high, up to 90 seconds. They start anew after a connection that
//!   lasted that long.
//! * To stop, drop it. `next` is cancel safe: in a `select!`, the delay goes on.
//!
//! # What can go wrong
//!
//! | error | because |
//! |---|---|
//! | [`Error::Url`](crate::Error::Url), [`Error::Header`](crate::Error::Header), [`Error::Proxy`](crate::Error::Proxy) | A setting is invalid. There was no I/O. |
//! | [`Error::Plan`](crate::Error::Plan) with `credentials would be sent over ws, which is not encrypted` | Use `wss`, or allow it. There was no I/O. |
//! | [`Error::Connect`](crate::Error::Connect) | There is no way to the server. The text names the URL, the failing step, and what the system, TLS or the proxy said. |
//! | [`Error::Rejected`](crate::Error::Rejected) | The server was reached and rejects: the variant has status, headers and body. A redirect is one if redirects are off. |
//! | [`Error::TimedOut`](crate::Error::TimedOut) | The last attempt took longer than `Timeouts::opening`. |
