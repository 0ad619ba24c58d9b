use core::time::Duration;
use std::io::{self, IoSlice, Read, Write};
use std::net::{Shutdown, TcpStream};

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
    fn shutdown(&self, how: Shutdown) -> io::Result<()>;
}

impl Stream for TcpStream {
    fn set_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.set_read_timeout(timeout)?;
        self.set_write_timeout(timeout)
    }

    fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        Self::shutdown(self, how)
    }
}

#[cfg(unix)]
impl Stream for std::os::unix::net::UnixStream {
    fn set_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.set_read_timeout(timeout)?;
        self.set_write_timeout(timeout)
    }

    fn shutdown(&self, how: Shutdown) -> io::Result<()> {
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

    fn shutdown(&self, _: Shutdown) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// The transport of a blocking WebSocket.
#[derive(Debug)]
pub struct Blocking<S> {
    pub(super) stream: S,
    /// The timeout that the stream was given.
    timeout: Option<Duration>,
    pub(super) is_finished: bool,
}

impl<S: Stream> Blocking<S> {
    pub(super) const fn new(stream: S) -> Self {
        Self { stream, timeout: None, is_finished: false }
    }

    /// Bounds the next read or write. A bound that is too early does no harm, so that the stream need
    /// not be told each time.
    pub(super) fn bound(&mut self, patience: Option<Duration>) -> io::Result<()> {
        let patience = patience.map(|patience| patience.max(LEAST));
        let is_wrong = match (self.timeout, patience) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(timeout), Some(patience)) => timeout > patience || timeout < patience / 2,
        };
        if is_wrong {
            self.stream.set_timeout(patience)?;
            self.timeout = patience;
        }
        Ok(())
    }
}

impl<S> Transport for Blocking<S> {
    type Stream = S;

    fn get_ref(&self) -> &S {
        &self.stream
    }

    fn into_stream(self) -> S {
        self.stream
    }
}

/// The shortest timeout: streams take none for zero.
pub(super) const LEAST: Duration = Duration::from_millis(1);
