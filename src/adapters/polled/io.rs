//! The interface to a runtime: its streams and its timers.

use core::fmt::Debug;
use core::future::Future;
use core::task::{Context, Poll};
use core::time::Duration;
use std::io::{self, IoSlice};
use std::time::Instant;

/// How a runtime moves the bytes of a stream of type `S`, and how it waits.
///
/// ```
/// use sansocket::polled::{Io, WebSocket};
/// use sansocket::{Error, Event};
///
/// async fn echo<S, I: Io<S>>(mut socket: WebSocket<S, I>) -> Result<(), Error> {
///     while let Some((event, sender)) = socket.next_event().await? {
///         if let Event::Text(text) = event {
///             sender.send(text)?;
///         }
///     }
///     Ok(())
/// }
/// ```
pub trait Io<S> {
    /// A timer.
    type Sleep: Debug + Future + Unpin;

    /// Starts a timer.
    ///
    /// # Errors
    ///
    /// Returns an error if the runtime has no timers.
    fn sleep(duration: Duration) -> io::Result<Self::Sleep>;

    /// Returns the time by which the timers go.
    fn now() -> Instant {
        Instant::now()
    }

    /// Waits if the task has to let others run.
    fn poll_proceed(_cx: &mut Context<'_>) -> Poll<()> {
        Poll::Ready(())
    }

    /// Reads into `buffer`. Returns how many bytes were read: 0 at the end of the stream.
    fn poll_read(
        stream: &mut S,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>>;

    /// Writes from `slices`, of which there is at least one, and none is empty. Returns how many bytes were written.
    fn poll_write(
        stream: &mut S,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>>;

    /// Returns whether one write takes several slices. If not, a long message that is sent is copied, so that it is written
    /// together with its header. Default: `true`.
    fn is_vectored(_stream: &S) -> bool {
        true
    }

    /// Writes all bytes that the stream buffers.
    fn poll_flush(stream: &mut S, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Ends our direction of the stream.
    fn poll_shutdown(stream: &mut S, cx: &mut Context<'_>) -> Poll<io::Result<()>>;
}
