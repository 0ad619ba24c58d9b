//! WebSockets over streams that an HTTP library has upgraded.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use sansocket::tokio::WebSocket;
use sansocket::{
    Config, Connection, Error, Limits, Negotiated, ProtocolError, Seed, Timestamp, blocking,
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A stream that returns `bytes`, and records how many bytes the last read asked for.
struct Stream {
    bytes: Vec<u8>,
    asked: usize,
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.asked = buffer.remaining();
        let count = self.bytes.len().min(buffer.remaining());
        buffer.put_slice(&self.bytes.drain(..count).collect::<Vec<_>>());
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Stream {
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

#[test]
fn a_blocking_connection_of_an_http_library_begins_with_frames() {
    let stream = blocking::Untimed(io::Cursor::new(masked(&["one"])));
    let config = Config::new().shared();
    let mut socket = blocking::WebSocket::from_http(stream, Negotiated::new(), config);
    assert_eq!(socket.receive().unwrap(), Some("one".into()));
}

/// Returns messages as a client sends them.
fn masked(texts: &[&str]) -> Vec<u8> {
    let (config, seed) = (Config::new().shared(), Seed::new([1; 32]));
    let mut client = Connection::open_client(Negotiated::new(), config, seed, Timestamp::default());
    for text in texts {
        client.send(*text).unwrap();
    }
    client.transmit().to_vec()
}

/// The bytes that were read ahead may end anywhere. Their storage is too small for reads.
#[tokio::test]
async fn a_connection_of_an_http_library_begins_with_frames() {
    let config = Config::new().limits(Limits::new().message(3)).shared();
    let stream = Stream { bytes: masked(&["one", "four"]), asked: 0 };
    let mut socket = WebSocket::from_http(stream, Negotiated::new(), config);
    assert_eq!(socket.receive().await.unwrap(), Some("one".into()));
    let error = socket.receive().await.unwrap_err();
    assert!(matches!(error, Error::Protocol(ProtocolError::MessageTooBig)), "{error}");
}

#[tokio::test]
async fn what_was_read_ahead_comes_first_and_the_rest_by_long_reads() {
    let (config, now) = (Config::new().shared(), Timestamp::default());
    let bytes = masked(&["one", "two"]);
    for cut in 0..=bytes.len() {
        let (ahead, rest) = bytes.split_at(cut);
        let stream = Stream { bytes: rest.to_vec(), asked: 0 };
        let connection = Connection::open_server(Negotiated::new(), config.clone(), now);
        let mut socket = WebSocket::from_upgraded(stream, ahead, connection);
        for text in ["one", "two"] {
            assert_eq!(socket.receive().await.unwrap(), Some(text.into()), "cut at {cut}");
        }
        assert!(socket.receive().await.is_err(), "the end comes without a close frame");
        assert!(socket.get_ref().asked >= 4096, "asked for {}", socket.get_ref().asked);
    }
}
