//! Messages as streams of bytes.

use std::sync::Arc;

use sansocket::polled::{self, Io};
use sansocket::tokio::WebSocket;
use sansocket::{Config, Connection, Error, Event, Kind, Limits, Negotiated, Seed, Timestamp};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, copy, duplex};

/// A client and a server that allow messages of this length.
fn pair(limit: u64) -> [Connection; 2] {
    let config = Config::new().limits(Limits::new().message(limit)).shared();
    let (seed, now) = (Seed::new([1; 32]), Timestamp::default());
    [
        Connection::open_client(Negotiated::new(), Arc::clone(&config), seed, now),
        Connection::open_server(Negotiated::new(), config, now),
    ]
}

fn sockets(limit: u64) -> [WebSocket<DuplexStream>; 2] {
    let ([client, server], (one, two)) = (pair(limit), duplex(10_000));
    [WebSocket::from_parts(one, client), WebSocket::from_parts(two, server)]
}

fn file() -> Vec<u8> {
    (0..5 << 20).map(|at: u32| at.to_le_bytes()[1] ^ 0x5a).collect()
}

#[tokio::test]
async fn a_file_is_copied_through_a_message_of_parts() {
    let [mut client, mut server] = sockets(u64::MAX);
    let (sent, mut seen) = (file(), Vec::new());
    let send = async {
        let mut message = client.message_writer();
        copy(&mut &sent[..], &mut message).await.unwrap();
        message.shutdown().await.unwrap();
        client.send("the next").await.unwrap();
    };
    let receive = async {
        let mut message = server.message_reader().await.unwrap().unwrap();
        assert_eq!(message.kind(), Kind::Binary);
        copy(&mut message, &mut seen).await.unwrap();
        assert_eq!(server.receive().await.unwrap(), Some("the next".into()));
    };
    tokio::join!(send, receive);
    assert!(seen == sent);
}

/// `copy` writes 8 KiB at a time, which would be 640 frames.
#[tokio::test]
async fn small_writes_are_merged_into_long_frames() {
    let config = Config::new().limits(Limits::new().fragments(82)).shared();
    let (client, server) = (Seed::new([1; 32]), Timestamp::default());
    let client = Connection::open_client(Negotiated::new(), Arc::clone(&config), client, server);
    let server = Connection::open_server(Negotiated::new(), config, server);
    let (one, two) = duplex(10_000);
    let mut client = WebSocket::<DuplexStream>::from_parts(one, client);
    let mut server = WebSocket::<DuplexStream>::from_parts(two, server);
    let sent = file();
    let send = async {
        let mut message = client.message_writer();
        copy(&mut &sent[..], &mut message).await.unwrap();
        message.shutdown().await.unwrap();
    };
    let (seen, ()) = tokio::join!(server.receive(), send);
    assert!(seen.unwrap().unwrap().as_bytes() == sent);
}

#[tokio::test]
async fn what_is_flushed_arrives_before_the_message_ends() {
    let [mut client, mut server] = sockets(1000);
    let mut message = client.message_writer();
    for byte in *b"abcdef" {
        message.write_u8(byte).await.unwrap();
    }
    message.flush().await.unwrap();
    let mut reading = server.message_reader().await.unwrap().unwrap();
    let mut seen = [0; 6];
    reading.read_exact(&mut seen).await.unwrap();
    assert_eq!(&seen, b"abcdef");
    message.write_all(b"gh").await.unwrap();
    message.shutdown().await.unwrap();
    let mut rest = Vec::new();
    reading.read_to_end(&mut rest).await.unwrap();
    assert_eq!(rest, b"gh");
    assert!(message.write_all(b"another").await.is_ok());
    message.shutdown().await.unwrap();
    assert_eq!(server.receive().await.unwrap(), Some(b"another".into()));
}

#[tokio::test]
async fn halves_copy_files_in_both_directions_at_once() {
    let [one, two] = sockets(u64::MAX).map(|socket| {
        tokio::spawn(async move {
            let (mut reader, writer) = socket.split();
            let (sent, mut seen) = (file(), Vec::new());
            let send = async {
                let mut message = writer.message_writer();
                copy(&mut &sent[..], &mut message).await.unwrap();
                message.shutdown().await.unwrap();
            };
            let receive = async {
                let mut message = reader.message_reader().await.unwrap().unwrap();
                copy(&mut message, &mut seen).await.unwrap();
            };
            tokio::join!(send, receive);
            assert!(seen == sent);
            (reader, writer)
        })
    });
    let _sockets = (one.await.unwrap(), two.await.unwrap());
}

#[tokio::test]
async fn a_message_that_is_dropped_early_goes_on_in_parts() {
    let [mut client, mut server] = sockets(u64::MAX);
    client.send_part("one").await.unwrap();
    let mut message = server.message_reader().await.unwrap().unwrap();
    assert_eq!(message.kind(), Kind::Text);
    assert_eq!(message.read_u8().await.unwrap(), b'o');
    client.send_last("two").await.unwrap();
    client.send("three").await.unwrap();
    let (event, _) = server.next_event().await.unwrap().unwrap();
    assert!(matches!(event, Event::Part { bytes, last: true, .. } if bytes == b"two"));
    assert_eq!(server.receive().await.unwrap(), Some("three".into()));
}

#[tokio::test]
async fn a_message_that_is_cut_off_or_too_long_is_an_error_of_the_stream() {
    for is_too_long in [true, false] {
        let [mut client, mut server] = sockets(1000);
        let mut message = client.message_writer();
        message.write_all(&[7; 900]).await.unwrap();
        if is_too_long {
            message.write_all(&[7; 900]).await.unwrap();
            message.flush().await.unwrap();
        }
        let _client = is_too_long.then_some(client);
        let mut message = server.message_reader().await.unwrap().unwrap();
        let error = message.read_to_end(&mut Vec::new()).await.unwrap_err();
        match is_too_long {
            true => {
                let error = error.get_ref().unwrap().downcast_ref().unwrap();
                assert!(matches!(error, Error::Protocol(_)), "{error}");
            }
            false => assert_eq!(error.kind(), std::io::ErrorKind::UnexpectedEof),
        }
    }
}

#[tokio::test]
async fn within_a_message_that_was_not_shut_down_no_other_can_be_sent() {
    let [mut client, _server] = sockets(1000);
    client.message_writer().write_all(b"one").await.unwrap();
    assert!(client.send("two").await.is_err());
    client.message_writer().shutdown().await.unwrap();
    client.send("two").await.unwrap();
}

/// The same message has the traits of futures-io.
#[test]
fn a_file_is_copied_by_smol() {
    async fn send<S, I: Io<S>>(socket: &mut polled::WebSocket<S, I>, bytes: &[u8]) {
        let mut message = socket.message_writer();
        smol::io::copy(bytes, &mut message).await.unwrap();
        smol::io::AsyncWriteExt::close(&mut message).await.unwrap();
    }

    async fn receive<S, I: Io<S>>(socket: &mut polled::WebSocket<S, I>) -> Vec<u8> {
        let mut seen = Vec::new();
        let message = socket.message_reader().await.unwrap().unwrap();
        smol::io::copy(message, &mut seen).await.unwrap();
        seen
    }

    let (one, two) = std::os::unix::net::UnixStream::pair().unwrap();
    let [one, two] = [one, two].map(|stream| smol::Async::new(stream).unwrap());
    let [client, server] = pair(u64::MAX);
    let mut client = sansocket::smol::WebSocket::from_parts(one, client);
    let mut server = sansocket::smol::WebSocket::from_parts(two, server);
    let sent = file();
    let ((), seen) =
        smol::block_on(smol::future::zip(send(&mut client, &sent), receive(&mut server)));
    assert!(seen == sent);
}
