//! Connections over TCP, by staggered attempts (RFC 8305).

use alloc::vec::Vec;
use core::net::SocketAddr;
use core::time::Duration;
use std::io::{self, ErrorKind};
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Instant;

use crate::adapters::error::Error;
use crate::connection::TimedOut;
use crate::handshake::Url;

/// Connects to the host of a URL, within `timeout` after `start`.
///
/// How long it takes to look up the name is up to the operating system.
pub(super) fn connect(
    url: &Url<'_>,
    start: Instant,
    timeout: Option<Duration>,
) -> Result<TcpStream, Error> {
    let addresses = (url.host(), url.port()).to_socket_addrs()?;
    let due = timeout.and_then(|timeout| start.checked_add(timeout));
    let stream = match *alternate(addresses) {
        [address] => attempt(address, due),
        ref addresses => race(addresses, due),
    };
    let stream = stream.map_err(|error| match error.kind() == ErrorKind::TimedOut {
        true => Error::from(TimedOut::Opening),
        false => error.into(),
    })?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Alternates between the families of addresses, such that of the first one goes first (section 4).
fn alternate(addresses: impl Iterator<Item = SocketAddr>) -> Vec<SocketAddr> {
    let addresses: Vec<_> = addresses.collect();
    let is_first = |address: &SocketAddr| {
        Some(address.is_ipv6()) == addresses.first().map(SocketAddr::is_ipv6)
    };
    let (first, second): (Vec<_>, Vec<_>) = addresses.iter().copied().partition(is_first);
    let mut ranked: Vec<_> =
        first.into_iter().enumerate().chain(second.into_iter().enumerate()).collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.into_iter().map(|(_, address)| address).collect()
}

/// Tries the addresses in order. An attempt that takes long goes on beside the next one (section 5).
fn race(addresses: &[SocketAddr], due: Option<Instant>) -> io::Result<TcpStream> {
    let (sender, receiver) = channel();
    let mut failure = io::Error::from(ErrorKind::NotFound);
    for &address in addresses {
        let sender = sender.clone();
        thread::Builder::new().spawn(move || sender.send(attempt(address, due)))?;
        match receiver.recv_timeout(STAGGER) {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => failure = error,
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
        }
    }
    drop(sender);
    for outcome in receiver {
        match outcome {
            Ok(stream) => return Ok(stream),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

/// Connects to one address, in the time that is left.
fn attempt(address: SocketAddr, due: Option<Instant>) -> io::Result<TcpStream> {
    match due.map(|due| due.saturating_duration_since(Instant::now())) {
        None => TcpStream::connect(address),
        Some(left) => TcpStream::connect_timeout(&address, left.max(Duration::from_millis(1))),
    }
}

/// How long to wait for an attempt before the next one is made (section 8).
const STAGGER: Duration = Duration::from_millis(250);
