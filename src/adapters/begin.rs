//! How the connections of adapters begin: as a client, as a server, opened elsewhere, or suspended.

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::cell::RefCell;
use core::time::Duration;

use super::error::Error;
use super::trace;
use crate::connection::{Config, Connection, Sender, Timestamp};
#[cfg(any(feature = "h2", feature = "hyper"))]
use crate::handshake::server;
use crate::handshake::{Negotiated, client};
use crate::wire::{Keys, Role, Seed};

/// Creates the server's end of a connection.
pub(super) fn server(config: Arc<Config>) -> Connection {
    let mut connection = Connection::server(config, Timestamp::default());
    seed_pings(&mut connection);
    connection
}

/// Creates the client's end of a connection.
pub(super) fn client(
    request: client::Request<'_>,
    config: Arc<Config>,
) -> Result<Connection, Error> {
    Ok(Connection::client(request, config, Seed::random()?, Timestamp::default()))
}

/// Returns the response to our request. `is_open` says whether it opened the connection.
pub(super) fn response(
    connection: &mut Connection,
    is_open: bool,
) -> Result<client::Response, Error> {
    let response = connection.take_response().ok_or_else(Error::left_early)?;
    if is_open {
        trace::opened(Role::Client);
        return Ok(response);
    }
    trace::rejected(response.status());
    Err(Error::Rejected(Box::new(response)))
}

/// Validates a request that an HTTP library has read, and agrees on compression. `protocol` is that of an extended
/// CONNECT.
#[cfg(any(feature = "h2", feature = "hyper"))]
pub(super) fn validate<B>(
    request: &http::Request<B>,
    protocol: Option<&str>,
    config: &Config,
) -> Result<server::Request, server::RequestError> {
    #[cfg_attr(not(feature = "deflate"), expect(unused_mut, reason = "nothing to negotiate"))]
    let mut asked = server::Request::from_http_connect(request, protocol, &config.policy)?;
    #[cfg(feature = "deflate")]
    if let Some(compression) = &config.compression {
        asked.compress(compression);
    }
    Ok(asked)
}

/// Creates the server's end of a connection that an HTTP library has opened.
pub(super) fn from_http(negotiated: Negotiated, config: Arc<Config>) -> Connection {
    Connection::open_server(negotiated, config, Timestamp::default())
}

/// Prepares a connection that was opened elsewhere, whose first bytes have been read.
pub(super) fn upgraded(read_ahead: &[u8], mut connection: Connection) -> Connection {
    if connection.role() == Role::Server {
        seed_pings(&mut connection);
    }
    connection.with_read_ahead(read_ahead)
}

/// Restores a connection that was suspended.
pub(super) fn restored(snapshot: &[u8], config: Arc<Config>) -> Result<Connection, Error> {
    Ok(Connection::restore(snapshot, config, Seed::random()?, RESTORED)?)
}

/// Seeds the payloads of a server's keepalive pings from the generator of this thread, so that the peer cannot
/// predict them.
///
/// A client has a seed of its own. Without random bytes of the operating system, pings stay predictable, which
/// harms only a server that relies on [`Liveness::Pong`](crate::Liveness::Pong).
fn seed_pings(sender: &mut Sender) {
    let salt = KEYS.try_with(|keys| {
        let mut keys = keys.borrow_mut();
        if keys.is_none() {
            *keys = Seed::random().ok().map(Keys::new);
        }
        keys.as_mut().map(Keys::next_salt)
    });
    if let Ok(Some(salt)) = salt {
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&salt.to_le_bytes());
        sender.seed_pings(&Seed::new(seed));
    }
}

/// When the clock of a restored connection starts: a year after what it counts from, so that a deadline can have been
/// running for as long.
const RESTORED: Timestamp = Timestamp::new(Duration::from_secs(365 * 86_400));

std::thread_local! {
    /// The generator of this thread, seeded by the operating system.
    static KEYS: RefCell<Option<Keys>> = const { RefCell::new(None) };
}
