//! The faults that depend on how a stream is polled, with the traits of smol. Their twins for tokio are in
//! `asynchronous`.
use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use sansocket::smol::WebSocket;
use sansocket::{Config, Connection, Error, Event, Negotiated, Timeouts, Timestamp};
use smol::io::{AsyncRead, AsyncWrite};

/// A stream that gives these bytes, read by read, and takes all that is written. `None` is a read that has to wait.
struct Script(VecDeque<Option<Vec<u8>>>);

/// A stream that repeats the same bytes as fast as it is read.
struct Flood(&'static [u8]);

impl AsyncRead for Script {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let Some(Some(bytes)) = self.0.pop_front() else { return Poll::Pending };
        buffer[..bytes.len()].copy_from_slice(&bytes);
        Poll::Ready(Ok(bytes.len()))
    }
}

impl AsyncRead for Flood {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let chunks = buffer.chunks_exact_mut(self.0.len());
        let count = chunks.map(|chunk| chunk.copy_from_slice(self.0)).count() * self.0.len();
        Poll::Ready(Ok(count))
    }
}

/// Takes all that is written.
macro_rules! takes_all {
    ($($stream:ty),*) => {$(
        impl AsyncWrite for $stream {
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

            fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
                Poll::Ready(Ok(()))
            }
        }
    )*};
}

takes_all!(Script, Flood);

/// A server over a stream, without deadlines.
fn server<S: AsyncRead + AsyncWrite + Unpin>(stream: S) -> WebSocket<S> {
    let timeouts = Timeouts::new().idle(None).close(None).end(None);
    let config = Arc::new(Config::new().timeouts(timeouts));
    let connection = Connection::open_server(Negotiated::new(), config, Timestamp::default());
    WebSocket::from_parts(stream, connection)
}

/// Polls a future once.
fn poll<F: Future>(future: F) -> Poll<F::Output> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn a_flood_lets_other_tasks_run_whatever_it_consists_of() {
    let (texts, pongs) = (&b"\x81\x81\0\0\0\0a"[..], &b"\x8a\x80\0\0\0\0"[..]);
    let fragments = &b"\x01\x80\0\0\0\0\0\x80\0\0\0\0\x80\x80\0\0\0\0"[..];
    for frames in [texts, pongs, fragments] {
        let mut socket = server(Flood(frames));
        let mut count = 0;
        let receive = async {
            while let Ok(Some(_)) = socket.receive().await {
                count += 1;
            }
        };
        assert!(poll(receive).is_pending());
        assert!(count <= 200, "{count} messages in one poll");
    }
}

#[test]
fn a_receive_that_was_dropped_within_a_message_in_parts_loses_nothing() {
    let reads = [
        Some(b"\x01\x83\0\0\0\0one".to_vec()),
        None,
        Some(b"\x80\x83\0\0\0\0two\x01\x85\0\0\0\0three".to_vec()),
        Some(b"\x80\x84\0\0\0\0four\x81\x84\0\0\0\0five".to_vec()),
    ];
    let mut socket = server(Script(reads.into()));
    socket.connection_mut().set_streaming(true);
    assert!(poll(socket.receive()).is_pending());
    let (stream, connection) = socket.into_parts();
    let mut socket = WebSocket::from_parts(stream, connection);
    smol::block_on(async {
        let (event, _) = socket.next_event().await.unwrap().unwrap();
        assert_eq!(event, Event::Text("onetwo"));
        // The next one is in parts again. The rest of it is no whole message.
        let (event, _) = socket.next_event().await.unwrap().unwrap();
        assert!(matches!(event, Event::Part { bytes, last: false, .. } if bytes == b"three"));
        assert!(matches!(socket.receive().await, Err(Error::PartsPending)));
        let (event, _) = socket.next_event().await.unwrap().unwrap();
        assert!(matches!(event, Event::Part { bytes, last: true, .. } if bytes == b"four"));
        assert_eq!(socket.receive().await.unwrap(), Some("five".into()));
    });
}
