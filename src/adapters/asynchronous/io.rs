use core::fmt;
use core::future::Future;
use core::task::{Context, Poll};
use core::time::Duration;
use std::io;
use std::time::Instant as Clock;

use crate::adapters::error::Error;
use crate::adapters::socket::Transport;
use crate::connection::Instant;

/// How a runtime moves bytes and waits: what little there is of it in each adapter.
pub trait Io: Unpin {
    /// The stream.
    type Stream;
    /// Ends after a while.
    type Sleep: Future + Unpin;

    /// Wraps a stream.
    fn new(stream: Self::Stream) -> Self;
    /// Lends the stream.
    fn get_ref(&self) -> &Self::Stream;
    /// Gives the stream back.
    fn into_stream(self) -> Self::Stream;
    /// Whether it blocks where others wait.
    const BLOCKS: bool = false;

    /// Ends each read and each write to come as pending after so long, if they block.
    fn bound(&mut self, _patience: impl FnOnce() -> Option<Duration>) -> io::Result<()> {
        Ok(())
    }
    /// Waits for so long.
    fn sleep(duration: Duration) -> Self::Sleep;
    /// The time by which it waits.
    fn now() -> Clock {
        Clock::now()
    }
    /// Reads into `buffer`, and tells how many bytes: none at the end of the stream.
    fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>>;
    /// Writes from `bytes`, and tells how many.
    fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>>;
    /// Writes what the stream holds back.
    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;
    /// Ends the stream in our direction.
    fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;
}

/// A transport that is polled, whether its WebSocket waits or blocks.
#[doc(hidden)]
pub trait Polled: Transport {
    /// How the bytes move.
    type Io: Io;
    /// Wraps a stream.
    fn wrap(stream: <Self::Io as Io>::Stream) -> Self;
    /// What is polled.
    fn polled(&mut self) -> &mut Async<Self::Io>;
}

impl<I: Io> Polled for Async<I> {
    type Io = I;

    fn wrap(stream: I::Stream) -> Self {
        Self::new(stream)
    }

    fn polled(&mut self) -> &mut Self {
        self
    }
}

/// The transport of an asynchronous WebSocket.
pub struct Async<I: Io> {
    pub(super) io: I,
    /// When to look at the deadlines, or earlier: it is not set anew each time that they move.
    pub(super) alarm: Option<(Instant, I::Sleep)>,
    /// Whether there is nothing more to read.
    pub(super) has_eof: bool,
    /// How many reads have given something since one did not.
    pub(super) reads: u8,
    /// Why nothing can be written any more, to be told when there is nothing more to read.
    pub(super) unwritten: Option<io::Error>,
    pub(super) leaving: Option<Leaving>,
}

/// The end of a transport, which takes a while.
pub(super) struct Leaving {
    /// Why, to be told when it is done.
    pub(super) error: Option<Error>,
    pub(super) step: Step,
    /// When it must be done.
    pub(super) due: Instant,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::adapters) enum Step {
    Write,
    Shutdown,
    /// Reads and throws away, since an operating system that has unread bytes resets the stream, and
    /// with it our last words.
    Drain,
    Done,
}

impl<I: Io> Async<I> {
    pub(super) fn new(stream: I::Stream) -> Self {
        let io = I::new(stream);
        Self { io, alarm: None, has_eof: false, reads: 0, unwritten: None, leaving: None }
    }

    pub(in crate::adapters) const fn io_mut(&mut self) -> &mut I {
        &mut self.io
    }
}

impl<I: Io> Transport for Async<I> {
    type Stream = I::Stream;

    fn get_ref(&self) -> &I::Stream {
        self.io.get_ref()
    }

    fn into_stream(self) -> I::Stream {
        self.io.into_stream()
    }

    fn now() -> Clock {
        I::now()
    }
}

impl<I: Io> fmt::Debug for Async<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Async").field("has_eof", &self.has_eof).finish_non_exhaustive()
    }
}
