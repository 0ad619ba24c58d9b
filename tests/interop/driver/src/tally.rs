//! Sizes of messages on the wire, where compressed messages are smaller.

use std::io::{self, IoSlice, Read, Write};
use std::net::TcpStream;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use serde::Serialize;
use smol::io::{AsyncRead, AsyncWrite};
use tokio::io::ReadBuf;

/// A stream that counts the bytes of each message.
pub(crate) struct Tallied<S> {
    stream: S,
    pub(crate) wire: Wire,
}

/// The messages of each direction.
#[derive(Clone, Default, Serialize)]
pub(crate) struct Wire {
    sent: Tally,
    received: Tally,
}

/// For each message, whether it is compressed and the sum of its payload lengths.
#[derive(Clone, Default, Serialize)]
#[serde(transparent)]
struct Tally {
    messages: Vec<(bool, u64)>,
    /// Whether the head of the opening handshake has passed.
    #[serde(skip)]
    is_open: bool,
    /// The bytes of an incomplete head: of the handshake, or of a frame.
    #[serde(skip)]
    head: Vec<u8>,
    /// The number of bytes of the frame that have not passed yet.
    #[serde(skip)]
    left: u64,
}

impl<S> Tallied<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self { stream, wire: Wire::default() }
    }

    /// Creates a stream of frames: the opening handshake has passed elsewhere.
    pub(crate) fn open(stream: S) -> Self {
        let tally = Tally { is_open: true, ..Tally::default() };
        Self { stream, wire: Wire { sent: tally.clone(), received: tally } }
    }
}

impl Tally {
    fn count(&mut self, mut bytes: &[u8]) {
        while let [first, rest @ ..] = bytes {
            if self.left > 0 {
                let passing = bytes.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
                self.left -= passing as u64;
                bytes = &bytes[passing..];
                continue;
            }
            self.head.push(*first);
            bytes = rest;
            match self.is_open {
                false if self.head.ends_with(b"\r\n\r\n") => {
                    self.is_open = true;
                    self.head.clear();
                }
                true => self.start_frame(),
                false => {}
            }
        }
    }

    /// Counts a frame once its head is complete (RFC 6455, section 5.2).
    fn start_frame(&mut self) {
        let [first, second, extended @ ..] = self.head.as_slice() else { return };
        let extra = match second & 0x7f {
            127 => 8,
            126 => 2,
            _ => 0,
        };
        let mask = if second & 0x80 == 0 { 0 } else { 4 };
        if extended.len() < extra + mask {
            return;
        }
        let long = extended[..extra].iter().fold(0, |len, byte| len << 8 | u64::from(*byte));
        self.left = if extra == 0 { u64::from(second & 0x7f) } else { long };
        match (first & 0x0f, self.messages.last_mut()) {
            (0, Some((_, len))) => *len += self.left,
            (1 | 2, _) => self.messages.push((first & 0x40 != 0, self.left)),
            _ => {}
        }
        self.head.clear();
    }
}

impl<S: Read> Read for Tallied<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.stream.read(buffer)?;
        self.wire.received.count(&buffer[..count]);
        Ok(count)
    }
}

impl<S: Write> Write for Tallied<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.stream.write(bytes)?;
        self.wire.sent.count(&bytes[..count]);
        Ok(count)
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let count = self.stream.write_vectored(slices)?;
        let mut left = count;
        for slice in slices {
            let taken = left.min(slice.len());
            self.wire.sent.count(&slice[..taken]);
            left -= taken;
        }
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

impl sansocket::blocking::Stream for Tallied<TcpStream> {
    fn socket(&self) -> Option<&dyn sansocket::blocking::Socket> {
        Some(&self.stream)
    }
}

impl<S: tokio::io::AsyncRead + Unpin> tokio::io::AsyncRead for Tallied<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        self.wire.received.count(&buffer.filled()[before..]);
        Poll::Ready(Ok(()))
    }
}

impl<S: tokio::io::AsyncWrite + Unpin> tokio::io::AsyncWrite for Tallied<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let count = ready!(Pin::new(&mut self.stream).poll_write(cx, bytes))?;
        self.wire.sent.count(&bytes[..count]);
        Poll::Ready(Ok(count))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Tallied<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let count = ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        self.wire.received.count(&buffer[..count]);
        Poll::Ready(Ok(count))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Tallied<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let count = ready!(Pin::new(&mut self.stream).poll_write(cx, bytes))?;
        self.wire.sent.count(&bytes[..count]);
        Poll::Ready(Ok(count))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_close(cx)
    }
}
