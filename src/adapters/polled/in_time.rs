//! The deadline of an opening that begins before there is a stream.

use core::future::{Future, poll_fn};
use core::pin::{Pin, pin};
use core::task::{Poll, ready};

use super::io::Io;
use crate::adapters::error::Error;
use crate::connection::{Config, TimedOut};

/// Bounds an opening by [`Timeouts::opening`](crate::Timeouts::opening), from its very beginning.
pub(crate) async fn in_time<S, I: Io<S>, T>(
    config: &Config,
    opening: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let mut opening = pin!(opening);
    let mut alarm = config.timeouts.opening.map(I::sleep).transpose()?;
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
