//! Drives futures over streams that are always ready, without a runtime.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use crate::peer::Task;

/// The output of a future that has nothing to wait for.
#[inline(always)]
pub(crate) fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the stream is always ready"),
    }
}

/// The output of a future that yields at times, though it has nothing to wait for.
pub(crate) fn soon<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    for _ in 0..1_000_000 {
        let poll = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        if let Poll::Ready(output) = poll {
            return output;
        }
    }
    panic!("the future waits for something");
}

/// Polls a future once, which then waits.
pub(crate) fn expect_pending<F: Future>(future: F) {
    let poll = pin!(future).poll(&mut Context::from_waker(Waker::noop()));
    assert!(poll.is_pending(), "there is nothing more to read");
}

/// Polls a task until it waits, and returns it.
pub(crate) fn park(task: impl Future<Output = ()> + 'static) -> Task {
    let mut task = Box::pin(task);
    let poll = task.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert!(poll.is_pending(), "there is nothing more to read");
    task
}
