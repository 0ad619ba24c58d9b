//! The stream of all connections: it copies what is written, as a kernel does, and has nothing to read.

use std::cell::RefCell;
use std::io::{self, IoSlice, Read, Write};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A stream that takes all bytes and has none.
#[derive(Debug)]
pub(crate) struct Wire;

/// The buffer that stands for the kernel. Written bytes are copied into it.
struct Place {
    bytes: [u8; 64 << 10],
    count: usize,
}

thread_local! {
    static PLACE: RefCell<Place> = const { RefCell::new(Place { bytes: [0; 64 << 10], count: 0 }) };
}

/// Copies bytes that a connection writes.
pub(crate) fn write(bytes: &[u8]) {
    PLACE.with_borrow_mut(|place| {
        let at = place.count % (32 << 10);
        let most = bytes.len().min(32 << 10);
        place.bytes[at..][..most].copy_from_slice(&bytes[..most]);
        place.count += bytes.len();
    });
}

/// Returns how many bytes were written.
pub(crate) fn written() -> usize {
    PLACE.with_borrow(|place| place.count)
}

/// Returns how many bytes were written since the last call.
pub(crate) fn take() -> usize {
    PLACE.with_borrow_mut(|place| std::mem::take(&mut place.count))
}

impl Read for Wire {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::WouldBlock.into())
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        write(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        _: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Poll::Pending
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        write(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        slices.iter().for_each(|bytes| write(bytes));
        Poll::Ready(Ok(slices.iter().map(|bytes| bytes.len()).sum()))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
