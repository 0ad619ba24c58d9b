//! Attempts to reach the addresses of a host, side by side.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::future::{Future, poll_fn};
use core::net::SocketAddr;
use core::pin::Pin;
use core::task::{Context, Poll};
use std::io::{self, ErrorKind};

use super::io::Io;
use crate::adapters::addresses::{STAGGER, alternate};

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
