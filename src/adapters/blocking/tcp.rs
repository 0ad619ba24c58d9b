//! Connections over TCP, by staggered attempts (RFC 8305).

use core::net::SocketAddr;
use core::time::Duration;
use std::io::{self, ErrorKind};
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Instant;

use crate::adapters::addresses::{STAGGER, alternate};

/// Connects to a host, until `due` at the latest.
///
/// How long it takes to look up the name is up to the operating system.
pub(super) fn connect(host: &str, port: u16, due: Option<Instant>) -> io::Result<TcpStream> {
    let addresses = (host, port).to_socket_addrs()?;
    let stream = match *alternate(addresses) {
        [address] => attempt(address, due)?,
        ref addresses => race(addresses, due)?,
    };
    stream.set_nodelay(true)?;
    Ok(stream)
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

#[cfg(all(test, feature = "tokio"))]
mod tests {
    use std::net::TcpListener;

    use super::*;
    use crate::adapters::addresses::Deaf;

    #[test]
    fn an_address_that_does_not_answer_is_passed_over_after_250_ms() {
        let (deaf, listener) = (Deaf::new(), TcpListener::bind("127.0.0.1:0").unwrap());
        let heard = listener.local_addr().unwrap();
        let start = Instant::now();
        let due = Some(start + 10 * STAGGER);
        let stream = race(&[deaf.address, heard], due).unwrap();
        assert_eq!(stream.peer_addr().unwrap(), heard);
        let took = start.elapsed();
        assert!((STAGGER..5 * STAGGER).contains(&took), "{took:?}");
        let error = race(&[deaf.address, deaf.address], Some(start + 3 * STAGGER)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
    }
}
