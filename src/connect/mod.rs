//! The way from a URL to an open connection: proxies, TLS, redirects, authentication, retries.
//!
//! A [`Plan`] says where to go and what is allowed. [`Dial`] is the machine that goes there. It opens no socket: it
//! says what the transport does next, and validates what comes back. Each step can be seen, logged and vetoed.
//!
//! By default there are no redirects, no retries and no proxies, and the client speaks HTTP/1.1: any response but a 101
//! is the result. [`Plan::set_versions`] allows HTTP/2, for a caller that has a library for it: [`Action::Request`].
//!
//! # The loop
//!
//! This is all that an adapter has to do, here without TLS:
//!
//! ```
//! use std::io::{Error, ErrorKind, Read, Result, Write};
//! use std::net::{TcpStream, ToSocketAddrs};
//! use std::sync::Arc;
//! use std::time::{Duration, Instant};
//! use sansocket::connect::{Action, Dial, Opened, Plan};
//! use sansocket::{Config, Seed, Timestamp};
//!
//! fn connect(plan: Plan, config: Arc<Config>, seed: Seed) -> Result<(Opened, Option<TcpStream>)> {
//!     let (start, mut stream, mut buffer) = (Instant::now(), None::<TcpStream>, vec![0; 16 << 10]);
//!     let now = || Timestamp::new(start.elapsed());
//!     let mut dial = Dial::new(plan, config, seed, now());
//!     loop {
//!         let timeout = dial.poll_timeout().map(|due| due.since(now()).max(Duration::from_millis(1)));
//!         let done = match (dial.next_action(), &mut stream) {
//!             (Action::Resolve { host }, _) => (host, 0).to_socket_addrs().and_then(|mut addresses| {
//!                 addresses.next().ok_or(ErrorKind::NotFound.into())
//!             }).map(|address| dial.handle_resolved(address.ip(), now())),
//!             (Action::Connect { host, port }, stream) => TcpStream::connect((host, port))
//!                 .map(|connected| { *stream = Some(connected); dial.handle_connected(now()); }),
//!             (Action::Write, Some(stream)) => stream.write(dial.transmit())
//!                 .map(|count| dial.transmitted(count, now())),
//!             (Action::Read, Some(stream)) => stream.set_read_timeout(timeout)
//!                 .and_then(|()| stream.read(&mut buffer))
//!                 .map(|count| dial.receive(&buffer[..count], now())),
//!             (Action::Next(_), _) => Ok(dial.proceed(now())), // Or `refuse`.
//!             (Action::Wait, _) => {
//!                 std::thread::sleep(timeout.unwrap_or_default());
//!                 Err(ErrorKind::TimedOut.into())
//!             }
//!             (Action::Done, _) => return dial.finish().map(|it| (it, stream)).map_err(Error::other),
//!             _ => Err(ErrorKind::Unsupported.into()), // There is no TLS here.
//!         };
//!         match done.map_err(|error: Error| error.kind()) {
//!             Ok(()) => {}
//!             Err(ErrorKind::WouldBlock | ErrorKind::TimedOut) => dial.handle_timeout(now()),
//!             Err(_) => dial.handle_failure(now()),
//!         }
//!     }
//! }
//! #
//! # // A server that redirects once, and then accepts.
//! # use sansocket::connect::Redirects;
//! # use sansocket::{Connection, Event, Input};
//! # let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
//! # let port = listener.local_addr()?.port();
//! # let server = std::thread::spawn(move || -> Result<()> {
//! #     let (mut stream, _) = listener.accept()?;
//! #     stream.read(&mut [0; 4096])?;
//! #     stream.write_all(b"HTTP/1.1 307 x\r\nLocation: /chat\r\nContent-Length: 0\r\n\r\n")?;
//! #     let (mut stream, _) = listener.accept()?;
//! #     let mut request = vec![0; 4096];
//! #     let count = stream.read(&mut request)?;
//! #     request.truncate(count);
//! #     let mut connection = Connection::server(Config::new().shared(), Timestamp::default());
//! #     let mut input = Input::default();
//! #     connection.receive(&mut input, request, Timestamp::default());
//! #     assert_eq!(connection.next_event(&mut input), Some(Event::Request));
//! #     connection.accept();
//! #     stream.write_all(connection.transmit())
//! # });
//! # let mut plan = Plan::new(&format!("ws://127.0.0.1:{port}/")).unwrap();
//! # plan.set_redirects(Redirects::anywhere(1));
//! # let (opened, _) = connect(plan, Config::new().shared(), Seed::new([7; 32]))?;
//! # assert_eq!(opened.response.url().unwrap().to_string(), format!("ws://127.0.0.1:{port}/chat"));
//! # server.join().unwrap()?;
//! # Ok::<(), Error>(())
//! ```
//!
//! # Secrets
//!
//! Headers, subprotocols and credentials are sent to the scheme, host and port of the first URL alone, unless they
//! are added as portable. `Authorization` and `Cookie` cannot be. Credentials belong to one server or one proxy.

mod backoff;
mod location;
mod origin;
mod peer;
mod proxy;
mod proxy_fault;
mod redirects;
mod retry;
mod retry_after;
mod rules;
mod socks;
mod tunnel;
mod versions;

mod attempts;
mod failure;
mod logins;
mod plan;

mod action;
mod stage;

mod dial;

pub use action::{Action, Next};
#[cfg(feature = "__asynchronous")]
pub(crate) use attempts::Attempts;
pub use backoff::Backoff;
pub use dial::{Dial, Opened};
pub use failure::{ConnectError, Failure};
pub use peer::Peer;
pub use plan::{Plan, PlanError};
pub use proxy::{Proxy, ProxyError, ProxyScheme};
pub use proxy_fault::ProxyFault;
pub use redirects::{RedirectFault, Redirects};
pub use retry::Retry;
pub use rules::Rules;
pub use versions::Versions;
