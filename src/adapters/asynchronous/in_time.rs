use core::future::{Future, poll_fn};
use core::pin::{Pin, pin};
use core::task::Poll;

use super::io::Io;
use crate::adapters::config::Config;
use crate::adapters::error::Error;
use crate::connection::TimedOut;

/// Bounds an opening from its very beginning, before there is a stream that could be watched.
pub(crate) async fn in_time<I: Io, T>(
    opening: impl Future<Output = Result<T, Error>>,
    config: &Config,
) -> Result<T, Error> {
    let mut opening = pin!(opening);
    let mut alarm = config.timeouts.opening.map(I::sleep);
    poll_fn(|cx| {
        if let Poll::Ready(outcome) = opening.as_mut().poll(cx) {
            return Poll::Ready(outcome);
        }
        let Some(alarm) = &mut alarm else { return Poll::Pending };
        Pin::new(alarm).poll(cx).map(|_| Err(TimedOut::Opening.into()))
    })
    .await
}
