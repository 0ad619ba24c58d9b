//! The order in which the addresses of a host are tried (RFC 8305).

use alloc::vec::Vec;
use core::net::SocketAddr;
use core::time::Duration;

/// How long to wait for an attempt before the next one starts beside it (section 8).
pub(super) const STAGGER: Duration = Duration::from_millis(250);

/// Sorts addresses so that their families alternate. The family of the first address goes first (section 4).
pub(super) fn alternate(addresses: impl IntoIterator<Item = SocketAddr>) -> Vec<SocketAddr> {
    let addresses: Vec<_> = addresses.into_iter().collect();
    let is_first = |address: &SocketAddr| {
        Some(address.is_ipv6()) == addresses.first().map(SocketAddr::is_ipv6)
    };
    let (first, second): (Vec<_>, Vec<_>) = addresses.iter().copied().partition(is_first);
    let mut ranked: Vec<_> =
        first.into_iter().enumerate().chain(second.into_iter().enumerate()).collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.into_iter().map(|(_, address)| address).collect()
}

/// For tests: an address that does not answer, because the backlog of its listener is full.
#[cfg(all(test, feature = "tokio"))]
pub(super) struct Deaf {
    pub(super) address: SocketAddr,
    _listener: tokio::net::TcpListener,
    _waiting: Vec<std::net::TcpStream>,
}

#[cfg(all(test, feature = "tokio"))]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
impl Deaf {
    pub(super) fn new() -> Self {
        use std::net::TcpStream;

        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
        let _guard = runtime.enter();
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = socket.local_addr().unwrap();
        let _listener = socket.listen(1).unwrap();
        let fill = || TcpStream::connect_timeout(&address, Duration::from_millis(200)).ok();
        let _waiting = core::iter::from_fn(fill).take(1000).collect();
        Self { address, _listener, _waiting }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_alternate_and_each_keeps_its_order() {
        let parse = |list: &[&str]| -> Vec<SocketAddr> {
            list.iter().map(|address| address.parse().unwrap()).collect()
        };
        let found = parse(&["[::1]:80", "[::2]:80", "[::3]:80", "1.1.1.1:80", "2.2.2.2:80"]);
        let sorted = parse(&["[::1]:80", "1.1.1.1:80", "[::2]:80", "2.2.2.2:80", "[::3]:80"]);
        assert_eq!(alternate(found), sorted);
        let found = parse(&["1.1.1.1:80", "[::1]:80"]);
        assert_eq!(alternate(found.clone()), found);
        assert!(alternate([]).is_empty());
    }
}
