//! A stream in memory, which reads from a tape and discards all output.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A stream that reads from a tape and discards all output.
#[derive(Debug, Default)]
pub(crate) struct Tape {
    first: Vec<u8>,
    /// The bytes after `first`, repeated without end. If empty, reads never complete.
    again: Vec<u8>,
    at: usize,
    is_again: bool,
}

impl Tape {
    /// Creates a tape that ends with `first`. Later reads never complete.
    pub(crate) fn once(first: Vec<u8>) -> Self {
        Self { first, ..Self::default() }
    }

    /// Creates a tape with `first`, then `again` without end.
    pub(crate) fn endless(first: Vec<u8>, again: Vec<u8>) -> Self {
        Self { first, again, ..Self::default() }
    }
}

impl AsyncRead for Tape {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.at == if self.is_again { self.again.len() } else { self.first.len() } {
            if self.again.is_empty() {
                return Poll::Pending;
            }
            (self.is_again, self.at) = (true, 0);
        }
        let tape = if self.is_again { &self.again } else { &self.first };
        let count = buffer.remaining().min(tape.len() - self.at);
        buffer.put_slice(&tape[self.at..][..count]);
        self.at += count;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Tape {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
