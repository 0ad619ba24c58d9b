use alloc::vec::Vec;
use core::net::SocketAddr;
use std::io::{self, ErrorKind};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Instant;

use super::stream::LEAST;
use crate::adapters::config::Config;
use crate::adapters::error::Error;
use crate::connection::TimedOut;
use crate::handshake::Url;

/// Connects to the host of a URL in the time for the opening handshake, of which `config` keeps the rest.
///
/// How long it takes to look up the name is up to the operating system.
pub(super) fn open_tcp(url: &Url<'_>, config: &mut Config) -> Result<TcpStream, Error> {
    let start = Instant::now();
    let addresses: Vec<_> = (url.host(), url.port()).to_socket_addrs()?.collect();
    let opening = &mut config.timeouts.opening;
    let stream = match opening.and_then(|opening| start.checked_add(opening)) {
        None => TcpStream::connect(&addresses[..])?,
        Some(due) => connect_by(due, &addresses)?,
    };
    *opening = opening.map(|opening| opening.saturating_sub(start.elapsed()));
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Tries one address after the other, each for an equal share of the time that is left.
fn connect_by(due: Instant, addresses: &[SocketAddr]) -> Result<TcpStream, Error> {
    let mut error = io::Error::from(ErrorKind::NotFound).into();
    for (address, count) in addresses.iter().zip((1..=addresses.len()).rev()) {
        let left = due.saturating_duration_since(Instant::now());
        let share = left / u32::try_from(count).unwrap_or(u32::MAX);
        error = match TcpStream::connect_timeout(address, share.max(LEAST)) {
            Ok(stream) => return Ok(stream),
            Err(error) if error.kind() == ErrorKind::TimedOut => TimedOut::Opening.into(),
            Err(error) => error.into(),
        };
    }
    Err(error)
}
