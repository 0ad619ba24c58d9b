use core::future::Future;
use core::pin::{Pin, pin};
use core::task::{Context, Poll, Waker};
use core::time::Duration;
use std::io::ErrorKind::{Interrupted, TimedOut, WouldBlock};
use std::io::{self, IoSlice, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Instant;

use crate::adapters::asynchronous::{Async, Io, Polled};
use crate::adapters::socket::Transport;

/// A blocking stream.
///
/// Beyond reading and writing it can be bounded in time, so that the deadlines work while nothing
/// comes, and ended in one direction, so that our last words arrive. A stream that can do neither goes
/// into [`Untimed`].
pub trait Stream: Read + Write {
    /// Bounds each read and each write to come, after which it fails with `WouldBlock` or `TimedOut`.
    ///
    /// # Errors
    ///
    /// When the stream cannot be bounded.
    fn set_timeout(&self, timeout: Option<Duration>) -> io::Result<()>;

    /// Ends the stream in one direction or both.
    ///
    /// # Errors
    ///
    /// When it has ended already, or must be ended by dropping it.
    fn shutdown(&mut self, how: Shutdown) -> io::Result<()>;
}

impl Stream for TcpStream {
    fn set_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.set_read_timeout(timeout)?;
        self.set_write_timeout(timeout)
    }

    fn shutdown(&mut self, how: Shutdown) -> io::Result<()> {
        Self::shutdown(self, how)
    }
}

#[cfg(unix)]
impl Stream for std::os::unix::net::UnixStream {
    fn set_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.set_read_timeout(timeout)?;
        self.set_write_timeout(timeout)
    }

    fn shutdown(&mut self, how: Shutdown) -> io::Result<()> {
        Self::shutdown(self, how)
    }
}

/// A stream of which nothing is known but that it reads and writes.
///
/// Deadlines are looked at when something comes, and the transport ends when the stream is dropped.
#[derive(Clone, Copy, Debug, Default)]
pub struct Untimed<S>(pub S);

impl<S: Read> Read for Untimed<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl<S: Write> Write for Untimed<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.0.write_vectored(slices)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl<S: Read + Write> Stream for Untimed<S> {
    fn set_timeout(&self, _: Option<Duration>) -> io::Result<()> {
        Ok(())
    }

    fn shutdown(&mut self, _: Shutdown) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// The transport of a blocking WebSocket: polled like others, it blocks instead of waiting.
#[derive(Debug)]
pub struct Blocking<S: Stream>(Async<Block<S>>);

impl<S: Stream> Polled for Blocking<S> {
    type Io = Block<S>;

    fn wrap(stream: S) -> Self {
        Self(Async::wrap(stream))
    }

    fn polled(&mut self) -> &mut Async<Block<S>> {
        &mut self.0
    }
}

impl<S: Stream> Transport for Blocking<S> {
    type Stream = S;

    fn get_ref(&self) -> &S {
        self.0.get_ref()
    }

    fn into_stream(self) -> S {
        self.0.into_stream()
    }
}

/// A blocking stream, and the bound it was given.
#[doc(hidden)]
#[derive(Debug)]
pub struct Block<S> {
    pub(super) stream: S,
    bound: Option<Duration>,
}

impl<S> Unpin for Block<S> {}

impl<S: Stream> Io for Block<S> {
    type Stream = S;
    type Sleep = Nap;

    const BLOCKS: bool = true;

    fn new(stream: S) -> Self {
        Self { stream, bound: None }
    }

    fn get_ref(&self) -> &S {
        &self.stream
    }

    fn into_stream(self) -> S {
        self.stream
    }

    /// A bound that is too early does no harm, so that the stream need not be told each time.
    fn bound(&mut self, patience: impl FnOnce() -> Option<Duration>) -> io::Result<()> {
        let patience = patience().map(|patience| patience.max(LEAST));
        let is_wrong = match (self.bound, patience) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(bound), Some(patience)) => bound > patience || bound < patience / 2,
        };
        if is_wrong {
            self.stream.set_timeout(patience)?;
            self.bound = patience;
        }
        Ok(())
    }

    fn sleep(duration: Duration) -> Nap {
        Nap(Instant::now() + duration)
    }

    fn poll_read(&mut self, _: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        passing_is_pending(self.stream.read(buffer))
    }

    fn poll_write(&mut self, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        passing_is_pending(self.stream.write(bytes))
    }

    fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        passing_is_pending(self.stream.flush())
    }

    fn poll_shutdown(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.stream.shutdown(Shutdown::Write))
    }
}

/// Is over at some time. Nobody wakes who waits for it: to block is to look again.
#[doc(hidden)]
#[derive(Debug)]
pub struct Nap(Instant);

impl Future for Nap {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if Instant::now() < self.0 { Poll::Pending } else { Poll::Ready(()) }
    }
}

/// A stream that blocked for too long, or was interrupted, is looked at again after the clock was.
pub(super) fn passing_is_pending<T>(outcome: io::Result<T>) -> Poll<io::Result<T>> {
    match outcome {
        Err(error) if matches!(error.kind(), Interrupted | TimedOut | WouldBlock) => Poll::Pending,
        outcome => Poll::Ready(outcome),
    }
}

/// Polls until it is done: each time, the stream blocks.
pub(super) fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut cx = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
            return output;
        }
    }
}

/// The shortest bound: streams take none for zero.
pub(super) const LEAST: Duration = Duration::from_millis(1);
