//! Clients' connections, from the addresses of a host on.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::future::{Future, poll_fn};
use core::net::SocketAddr;
use core::pin::{Pin, pin};
use core::task::{Context, Poll, ready};
use std::io::{self, ErrorKind};

use super::io::Io;
use super::websocket::WebSocket;
use crate::adapters::addresses::{STAGGER, alternate};
use crate::adapters::error::Error;
use crate::connection::{Config, TimedOut};
use crate::handshake::{Url, client};

/// Opens a connection over a stream that is opened first. Both share
/// [`Timeouts::opening`](crate::Timeouts::opening).
pub(crate) async fn connect<S, I: Io<S>, E: Into<Error>>(
    url: Url<'_>,
    config: Arc<Config>,
    stream: impl Future<Output = Result<S, E>>,
) -> Result<WebSocket<S, I>, Error> {
    let mut alarm = config.timeouts.opening.map(I::sleep).transpose()?;
    let mut opening = pin!(async {
        let stream = stream.await.map_err(Into::into)?;
        Ok(WebSocket::connect_over(stream, client::Request::new(url), config).await?.0)
    });
    poll_fn(|cx| {
        if let Poll::Ready(outcome) = opening.as_mut().poll(cx) {
            return Poll::Ready(outcome);
        }
        let Some(alarm) = &mut alarm else { return Poll::Pending };
        ready!(Pin::new(alarm).poll(cx));
        Poll::Ready(Err(TimedOut::Opening.into()))
    })
    .await
}

/// Tries the addresses of a host in turn. An attempt that takes long goes on beside the next one (RFC 8305,
/// section 5). Returns the first stream.
///
/// A runtime without timers tries an address once the one before it has failed.
pub(crate) async fn race<S, I: Io<S>, F: Future<Output = io::Result<S>>>(
    addresses: impl IntoIterator<Item = SocketAddr>,
    attempt: impl Fn(SocketAddr) -> F,
) -> io::Result<S> {
    let mut addresses = alternate(addresses).into_iter();
    let mut attempts = Vec::new();
    let mut failure = io::Error::from(ErrorKind::NotFound);
    loop {
        attempts.extend(addresses.next().map(|address| Box::pin(attempt(address))));
        if attempts.is_empty() {
            return Err(failure);
        }
        let is_last = addresses.as_slice().is_empty();
        let mut pause = if is_last { None } else { I::sleep(STAGGER).ok() };
        match poll_fn(|cx| poll_attempts(cx, &mut attempts, pause.as_mut())).await {
            Some(Ok(stream)) => return Ok(stream),
            Some(Err(error)) => failure = error,
            None => {}
        }
    }
}

/// Waits for one of the attempts, but for no longer than `pause`.
fn poll_attempts<S, F: Future<Output = io::Result<S>>>(
    cx: &mut Context<'_>,
    attempts: &mut Vec<Pin<Box<F>>>,
    pause: Option<&mut (impl Future + Unpin)>,
) -> Poll<Option<io::Result<S>>> {
    for at in 0..attempts.len() {
        if let Poll::Ready(outcome) = attempts[at].as_mut().poll(cx) {
            attempts.remove(at);
            return Poll::Ready(Some(outcome));
        }
    }
    match pause {
        Some(pause) => Pin::new(pause).poll(cx).map(|_| None),
        None => Poll::Pending,
    }
}

#[cfg(all(test, feature = "smol", feature = "tokio"))]
mod tests {
    use std::net::TcpListener;
    use std::time::Instant;

    use super::*;
    use crate::adapters::addresses::Deaf;
    use crate::adapters::smol::Smol;
    use crate::adapters::tokio::Tokio;

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
    }

    #[test]
    fn an_address_that_does_not_answer_is_passed_over_after_250_ms() {
        let (deaf, listener) = (Deaf::new(), TcpListener::bind("127.0.0.1:0").unwrap());
        let heard = listener.local_addr().unwrap();
        let addresses = [deaf.address, heard];
        let start = Instant::now();
        let stream = runtime()
            .block_on(race::<_, Tokio, _>(addresses, tokio::net::TcpStream::connect))
            .unwrap();
        assert_eq!(stream.peer_addr().unwrap(), heard);
        let stream = smol::block_on(race::<_, Smol, _>(addresses, smol::net::TcpStream::connect));
        assert_eq!(stream.unwrap().peer_addr().unwrap(), heard);
        let took = start.elapsed();
        assert!((2 * STAGGER..8 * STAGGER).contains(&took), "{took:?}");
    }

    #[test]
    fn the_error_of_the_last_address_is_reported() {
        let refuses = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let outcome = runtime()
            .block_on(race::<_, Tokio, _>([refuses, refuses], tokio::net::TcpStream::connect));
        assert_eq!(outcome.unwrap_err().kind(), ErrorKind::ConnectionRefused);
        let outcome = runtime().block_on(race::<_, Tokio, _>([], tokio::net::TcpStream::connect));
        assert_eq!(outcome.unwrap_err().kind(), ErrorKind::NotFound);
    }

    /// An attempt that takes long still wins if those after it fail.
    #[test]
    fn an_address_that_answers_late_is_not_given_up() {
        use tokio::io::DuplexStream;

        let attempt = |address: SocketAddr| async move {
            match address.port() {
                1 => tokio::time::sleep(2 * STAGGER + STAGGER / 2).await,
                _ => return Err(ErrorKind::ConnectionRefused.into()),
            }
            Ok(tokio::io::duplex(1).0)
        };
        let addresses = [1, 2, 3, 4].map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
        let start = Instant::now();
        let outcome = runtime().block_on(race::<DuplexStream, Tokio, _>(addresses, attempt));
        assert!(outcome.is_ok() && start.elapsed() >= 2 * STAGGER, "{outcome:?}");
    }

    #[test]
    fn without_timers_the_addresses_are_tried_one_after_the_other() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
        let refuses = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addresses = [refuses, listener.local_addr().unwrap()];
        runtime.block_on(race::<_, Tokio, _>(addresses, tokio::net::TcpStream::connect)).unwrap();
    }
}
