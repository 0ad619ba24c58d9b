//! Long messages that `send` writes from where they lie.

use std::future::Future;
use std::io::{self, IoSlice};
use std::ops::Range;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use sansocket::tokio::WebSocket;
use sansocket::{Config, Connection, Error, Negotiated, Role, Seed, Timeouts, Timestamp};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Takes what the script says, and notes from where.
struct Stream<'a> {
    /// What happens at each write. When the script has ended, every write takes all bytes.
    script: &'a [Write],
    is_vectored: bool,
    /// The bytes that the next read returns.
    incoming: &'a [u8],
    wire: Vec<u8>,
    /// For each write, the places in memory from which it took bytes.
    writes: Vec<Vec<Range<*const u8>>>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Write {
    /// It takes at most so many bytes.
    Takes(usize),
    Waits,
    Fails,
}

impl Stream<'_> {
    fn write(&mut self, slices: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        assert!(slices.iter().all(|slice| !slice.is_empty()));
        let write = self.script.split_off_first().copied().unwrap_or(Write::Takes(usize::MAX));
        match write {
            Write::Waits => Poll::Pending,
            Write::Fails => Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
            Write::Takes(most) => {
                let before = self.wire.len();
                self.wire.extend(slices.iter().flat_map(|slice| slice.iter()).take(most));
                let count = self.wire.len() - before;
                self.note(slices, count);
                Poll::Ready(Ok(count))
            }
        }
    }

    /// Notes where the `count` bytes of a write lay.
    fn note(&mut self, slices: &[IoSlice<'_>], mut count: usize) {
        let taken = slices.iter().map(|slice| {
            let of_slice = count.min(slice.len());
            count -= of_slice;
            slice[..of_slice].as_ptr_range()
        });
        self.writes.push(taken.filter(|taken| !taken.is_empty()).collect());
    }

    /// Whether some write took bytes of this payload from where they lie.
    fn took_from(&self, payload: &[u8]) -> bool {
        let place = payload.as_ptr_range();
        self.writes.iter().flatten().any(|it| place.start <= it.start && it.start < place.end)
    }
}

impl AsyncRead for Stream<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.incoming.is_empty() {
            return Poll::Pending;
        }
        buffer.put_slice(std::mem::take(&mut self.incoming));
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Stream<'_> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.write(&[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.write(slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.is_vectored
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// A WebSocket without deadlines, over a stream with this script.
fn socket(role: Role, script: &[Write]) -> WebSocket<Stream<'_>> {
    let timeouts = Timeouts::new().idle(None).close(None).end(None);
    let config = Arc::new(Config::new().timeouts(timeouts));
    let (negotiated, seed, now) = (Negotiated::new(), Seed::new([7; 32]), Timestamp::default());
    let connection = match role {
        Role::Server => Connection::open_server(negotiated, config, now),
        Role::Client => Connection::open_client(negotiated, config, seed, now),
    };
    let (wire, writes) = (Vec::new(), Vec::new());
    let stream = Stream { script, is_vectored: true, incoming: b"", wire, writes };
    WebSocket::from_parts(stream, connection)
}

/// Changes the stream of a WebSocket.
fn change<'a>(
    socket: WebSocket<Stream<'a>>,
    change: impl FnOnce(&mut Stream<'a>),
) -> WebSocket<Stream<'a>> {
    let (mut stream, connection) = socket.into_parts();
    change(&mut stream);
    WebSocket::from_parts(stream, connection)
}

/// Polls a future once, and drops it.
fn poll<F: Future>(future: F) -> Poll<F::Output> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

/// The frame of a binary message of a server.
fn frame(payload: &[u8]) -> Vec<u8> {
    let len = u16::try_from(payload.len()).unwrap();
    [&[0x82, 126][..], &len.to_be_bytes(), payload].concat()
}

const LONG: usize = 16 << 10;

#[test]
fn a_server_writes_a_long_message_from_where_it_lies() {
    for (role, len, is_lent) in [
        (Role::Server, LONG - 1, false),
        (Role::Server, LONG, true),
        (Role::Server, 100_000, true),
        // It is masked (section 5.3), and nobody else may change it.
        (Role::Client, LONG, false),
    ] {
        let (mut socket, payload) = (socket(role, &[]), vec![7; len]);
        assert!(matches!(poll(socket.send(&payload)), Poll::Ready(Ok(()))));
        assert_eq!(socket.get_ref().took_from(&payload), is_lent, "{role:?}, {len} bytes");
        assert_eq!(socket.get_ref().writes.len(), 1, "{role:?}, {len} bytes");
    }
}

#[test]
fn a_client_writes_a_long_message_that_is_given_away_from_where_it_lies() {
    let (mut socket, payload) = (socket(Role::Client, &[]), vec![7; LONG]);
    let place = payload.as_ptr();
    assert!(matches!(poll(socket.send(payload)), Poll::Ready(Ok(()))));
    assert!(socket.get_ref().writes.iter().flatten().any(|slice| slice.start == place));
}

#[test]
fn a_writer_writes_a_long_message_from_where_it_lies() {
    let (reader, writer) = socket(Role::Server, &[]).split();
    let payload = vec![7; LONG];
    assert!(matches!(poll(writer.send(&payload)), Poll::Ready(Ok(()))));
    assert!(reader.with_stream(|stream| stream.took_from(&payload)));
}

#[test]
fn a_long_message_is_copied_for_a_stream_that_takes_one_slice_at_a_time() {
    // Otherwise the header would be written by itself: with TLS, as a record of its own.
    let socket = socket(Role::Server, &[]);
    let mut socket = change(socket, |stream| stream.is_vectored = false);
    let payload = vec![7; LONG];
    assert!(matches!(poll(socket.send(&payload)), Poll::Ready(Ok(()))));
    assert_eq!(socket.get_ref().wire, frame(&payload));
    assert_eq!(socket.get_ref().writes.len(), 1);
}

#[test]
fn what_a_stream_does_not_take_of_a_long_message_leaves_later_and_once() {
    let payload: Vec<u8> = (0..=255).cycle().take(LONG + 100).collect();
    // Within the ping that waits, at its end, within the header, and in the payload.
    for first in [1, 2, 3, 6, 7, 8, 10_000, LONG + 100] {
        for second in [None, Some(Write::Takes(1)), Some(Write::Takes(5))] {
            let takes = [Write::Takes(first)].into_iter().chain(second);
            // The rest is tried once more before the future waits.
            let script: Vec<_> = takes.chain([Write::Waits, Write::Waits]).collect();
            let mut socket = socket(Role::Server, &script);
            socket.connection_mut().ping(b"").unwrap();
            // The future is dropped while the stream takes nothing.
            assert!(poll(socket.send(&payload)).is_pending());
            assert!(matches!(poll(socket.flush()), Poll::Ready(Ok(()))), "{script:?}");
            assert!(matches!(poll(socket.send("next")), Poll::Ready(Ok(()))), "{script:?}");
            let expected = [&b"\x89\0"[..], &frame(&payload), b"\x81\x04next"].concat();
            assert!(socket.get_ref().wire == expected, "{script:?}");
        }
    }
}

#[test]
fn a_send_that_was_dropped_while_there_was_no_room_sends_nothing() {
    let (mut socket, payload) = (socket(Role::Server, &[Write::Waits]), vec![7; LONG]);
    let filler = vec![8; 65_535];
    assert!(matches!(poll(socket.feed(&filler)), Poll::Ready(Ok(()))));
    assert!(poll(socket.send(&payload)).is_pending());
    assert!(matches!(poll(socket.flush()), Poll::Ready(Ok(()))));
    assert!(socket.get_ref().wire == frame(&filler));
}

#[test]
fn an_error_within_a_long_message_is_that_of_the_send() {
    for script in [&[Write::Fails][..], &[Write::Takes(3), Write::Fails], &[Write::Takes(0)]] {
        let (socket, payload) = (socket(Role::Server, script), vec![7; LONG]);
        let mut socket = change(socket, |stream| stream.incoming = b"\x81\x82\0\0\0\0Hi");
        let outcome = poll(socket.send(&payload));
        assert!(matches!(outcome, Poll::Ready(Err(Error::Io(_)))), "{script:?}: {outcome:?}");
        let again = poll(socket.send(&payload));
        assert!(matches!(again, Poll::Ready(Err(_))), "{script:?}: {again:?}");
        // Reading goes on: the peer may have sent something before.
        let received = poll(socket.receive());
        assert!(
            matches!(&received, Poll::Ready(Ok(Some(text))) if text.as_text() == Some("Hi")),
            "{received:?}"
        );
    }
}
