//! A stream in memory as every peer wants it.

use std::future::poll_fn;
use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures::io as futures_io;
use tokio::io as tokio_io;
use workload::calls;

use super::{End, Stream};

impl<T: End> Stream<T> {
    #[inline]
    fn read_slice(&mut self, mut buffer: &mut [u8]) -> usize {
        self.read_with(buffer.len(), |piece| {
            let place = buffer.split_off_mut(..piece.len()).unwrap_or_default();
            place.copy_from_slice(piece);
        })
    }

    #[inline]
    fn poll_slice(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        match self.read_slice(buffer) {
            0 => pending(cx),
            count => Poll::Ready(Ok(count)),
        }
    }

    #[inline]
    fn write_slice(&mut self, bytes: &[u8]) -> usize {
        calls::note_write();
        self.take_slice(bytes)
    }

    #[inline]
    fn write_slices(&mut self, slices: &[IoSlice<'_>]) -> usize {
        calls::note_write();
        slices.iter().map(|bytes| self.take_slice(bytes)).sum()
    }

    #[inline]
    fn take_slice(&mut self, bytes: &[u8]) -> usize {
        self.0.write(bytes);
        bytes.len()
    }
}

/// Nobody wakes a task here, so that it wakes itself.
fn pending<T>(cx: &mut Context<'_>) -> Poll<T> {
    cx.waker().wake_by_ref();
    Poll::Pending
}

impl<T: End> io::Read for Stream<T> {
    #[inline]
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.read_slice(buffer) {
            0 => Err(ErrorKind::WouldBlock.into()),
            count => Ok(count),
        }
    }
}

impl<T: End> io::Write for Stream<T> {
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(self.write_slice(bytes))
    }

    #[inline]
    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        Ok(self.write_slices(slices))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<T: End> tokio_io::AsyncRead for Stream<T> {
    #[inline]
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut tokio_io::ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.read_with(buffer.remaining(), |piece| buffer.put_slice(piece)) {
            0 => pending(cx),
            _ => Poll::Ready(Ok(())),
        }
    }
}

impl<T: End> tokio_io::AsyncWrite for Stream<T> {
    #[inline]
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(self.write_slice(bytes)))
    }

    #[inline]
    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(self.write_slices(slices)))
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

impl<T: End> futures_io::AsyncRead for Stream<T> {
    #[inline]
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_slice(cx, buffer)
    }
}

impl<T: End> futures_io::AsyncWrite for Stream<T> {
    #[inline]
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(self.write_slice(bytes)))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(self.write_slices(slices)))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl<T: End> wtx::stream::StreamReader for Stream<T> {
    #[inline]
    async fn read(&mut self, buffer: &mut [u8]) -> wtx::Result<usize> {
        Ok(poll_fn(|cx| self.poll_slice(cx, buffer)).await?)
    }
}

impl<T: End> wtx::stream::StreamWriter for Stream<T> {
    async fn write_all(&mut self, bytes: &[u8]) -> wtx::Result<()> {
        self.write_slice(bytes);
        Ok(())
    }

    async fn write_all_vectored(&mut self, slices: &[&[u8]]) -> wtx::Result<()> {
        calls::note_write();
        for bytes in slices {
            self.take_slice(bytes);
        }
        Ok(())
    }
}
