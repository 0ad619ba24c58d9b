//! A WebSocket that is suspended goes on in the next process as if nothing had happened.
//!
//! Each conversation is held twice, with and without a restart, by tokio's clock, which stands still while something
//! can be done.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use sansocket::polled::Hub;
use sansocket::tokio::WebSocket;
use sansocket::{
    Backlog, Busy, Cause, CloseCode, Connection, Error, Negotiated, Overflow, Prepared, Pushed,
    Role, Seed, SnapshotError, TimedOut, Timestamp, blocking,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::time::{Instant, sleep, timeout};

use crate::hub::{member, next};

type Socket = WebSocket<DuplexStream>;

fn connection(role: Role) -> Connection {
    let (negotiated, now) = (Negotiated::new(), Timestamp::default());
    match role {
        Role::Client => {
            Connection::open_client(negotiated, Arc::default(), Seed::new([1; 32]), now)
        }
        Role::Server => Connection::open_server(negotiated, Arc::default(), now),
    }
}

/// A socket, and the bare stream of its peer.
fn open(role: Role, room: usize) -> (Socket, DuplexStream) {
    let (one, two) = duplex(room);
    (WebSocket::from_parts(one, connection(role)), two)
}

/// Suspends a socket, if this is the conversation with a restart, and restores it.
fn restart(socket: Socket, is_restarted: bool) -> Socket {
    if !is_restarted {
        return socket;
    }
    let (stream, snapshot) = socket.suspend().expect("it is not busy");
    WebSocket::restore(stream, &snapshot, Arc::default()).unwrap()
}

fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let len = u8::try_from(payload.len()).unwrap();
    [&[first, 0x80 | len, 0, 0, 0, 0], payload].concat()
}

const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// How many seconds have passed. Timers ring up to a millisecond late.
fn passed(since: Instant) -> u64 {
    since.elapsed().as_secs()
}

/// I-11.
#[tokio::test(start_paused = true)]
async fn a_message_whose_start_was_read_goes_on() {
    let bytes = [masked(0x01, "grü".as_bytes()), masked(0x80, "ße".as_bytes())].concat();
    for cut in 0..bytes.len() {
        let (mut server, mut peer) = open(Role::Server, 1000);
        peer.write_all(&bytes[..cut]).await.unwrap();
        assert!(timeout(seconds(1), server.receive()).await.is_err());
        let mut server = restart(server, true);
        peer.write_all(&bytes[cut..]).await.unwrap();
        assert_eq!(server.receive().await.unwrap(), Some("grüße".into()), "cut at {cut}");
    }
}

#[tokio::test(start_paused = true)]
async fn messages_that_were_read_together_are_taken_first() {
    let (mut server, mut peer) = open(Role::Server, 1000);
    let bytes = [masked(0x81, b"one"), masked(0x81, b"two"), masked(0x81, b"three")].concat();
    let (read, rest) = bytes.split_at(bytes.len() - 2);
    peer.write_all(read).await.unwrap();
    assert_eq!(server.receive().await.unwrap(), Some("one".into()));
    let (server, busy) = server.suspend().unwrap_err();
    assert_eq!(busy, Busy::Event);
    let mut server = *server;
    assert_eq!(server.receive().await.unwrap(), Some("two".into()));
    let mut server = restart(server, true);
    peer.write_all(rest).await.unwrap();
    assert_eq!(server.receive().await.unwrap(), Some("three".into()));
}

/// I-05.
#[tokio::test(start_paused = true)]
async fn what_the_stream_has_not_taken_is_written_from_the_middle_of_a_frame() {
    for (role, other) in [(Role::Server, Role::Client), (Role::Client, Role::Server)] {
        let (mut socket, peer) = open(role, 100);
        assert!(timeout(seconds(1), socket.send(vec![7; 1000])).await.is_err());
        socket.connection_mut().send("queued").unwrap();
        let mut socket = restart(socket, true);
        let mut peer: Socket = WebSocket::from_parts(peer, connection(other));
        let receive = async {
            assert_eq!(peer.receive().await.unwrap(), Some(vec![7; 1000].into()));
            assert_eq!(peer.receive().await.unwrap(), Some("queued".into()));
        };
        let (flushed, ()) = tokio::join!(socket.flush(), receive);
        flushed.unwrap();
    }
}

/// C-22.
#[tokio::test(start_paused = true)]
async fn the_answer_to_a_close_frame_is_waited_for_no_longer_than_before() {
    for is_restarted in [false, true] {
        let (mut server, mut peer) = open(Role::Server, 1000);
        let start = Instant::now();
        let closing = server.close(CloseCode::GOING_AWAY, "");
        assert!(timeout(seconds(4), closing).await.is_err());
        let mut server = restart(server, is_restarted);
        let outcome = server.receive().await;
        assert!(matches!(outcome, Err(Error::TimedOut(TimedOut::Close))), "{outcome:?}");
        assert_eq!(passed(start), 10);
        let mut sent = [0; 4];
        peer.read_exact(&mut sent).await.unwrap();
        assert_eq!(sent, *b"\x88\x02\x03\xe9");
    }
}

/// C-09, C-10.
#[tokio::test(start_paused = true)]
async fn a_close_frame_of_the_old_process_is_answered_in_the_new_one() {
    for is_restarted in [false, true] {
        let (mut server, mut peer) = open(Role::Server, 1000);
        assert!(timeout(seconds(1), server.close(CloseCode::GOING_AWAY, "")).await.is_err());
        let mut server = restart(server, is_restarted);
        let answer = async {
            peer.write_all(&masked(0x88, b"\x03\xe9")).await.unwrap();
            let mut sent = Vec::new();
            peer.read_to_end(&mut sent).await.unwrap();
            assert_eq!(sent, *b"\x88\x02\x03\xe9");
            drop(peer);
        };
        let (received, ()) = tokio::join!(server.receive(), answer);
        assert_eq!(received.unwrap(), None);
        let ended = server.ended().unwrap();
        assert!(ended.is_clean(), "{ended}");
        assert_eq!(ended.sent.code(), Some(CloseCode::GOING_AWAY));
    }
}

/// K-12.
#[tokio::test(start_paused = true)]
async fn silence_counts_from_before_the_restart_though_nobody_looked_at_the_clock() {
    for is_restarted in [false, true] {
        let (server, mut peer) = open(Role::Server, 1000);
        let start = Instant::now();
        sleep(seconds(20)).await;
        let mut server = restart(server, is_restarted);
        let mut ping = [0; 10];
        let pinged = async {
            peer.read_exact(&mut ping).await.unwrap();
            passed(start)
        };
        let (outcome, pinged) = tokio::join!(server.receive(), pinged);
        assert!(matches!(outcome, Err(Error::TimedOut(TimedOut::Silence))), "{outcome:?}");
        assert_eq!((pinged, passed(start)), (30, 50));
        assert_eq!(server.ended().map(|it| it.cause), Some(Cause::TimedOut(TimedOut::Silence)));
    }
}

#[tokio::test(start_paused = true)]
async fn a_ping_that_is_under_way_is_answered_in_the_new_process() {
    for is_restarted in [false, true] {
        let (mut server, mut peer) = open(Role::Server, 1000);
        assert!(timeout(seconds(35), server.receive()).await.is_err());
        let mut ping = [0; 10];
        peer.read_exact(&mut ping).await.unwrap();
        // The connection moves twice while the pong is on its way.
        let server = restart(server, is_restarted);
        sleep(seconds(3)).await;
        let mut server = restart(server, is_restarted);
        peer.write_all(&masked(0x8a, &ping[2..])).await.unwrap();
        assert!(timeout(seconds(29), server.receive()).await.is_err());
        assert_eq!(server.round_trip().map(|it| it.last.as_secs()), Some(8));
    }
}

#[tokio::test(start_paused = true)]
async fn a_ping_that_is_under_way_is_given_up_no_later() {
    for is_restarted in [false, true] {
        let (mut server, _peer) = open(Role::Server, 1000);
        let start = Instant::now();
        assert!(timeout(seconds(40), server.receive()).await.is_err());
        let mut server = restart(server, is_restarted);
        assert!(matches!(server.receive().await, Err(Error::TimedOut(TimedOut::Silence))));
        assert_eq!(passed(start), 50);
    }
}

#[tokio::test]
async fn a_pong_that_is_due_is_sent_once() {
    let (mut server, mut peer) = open(Role::Server, 1000);
    peer.write_all(&masked(0x89, b"ping")).await.unwrap();
    assert!(timeout(Duration::from_millis(50), server.receive()).await.is_err());
    let mut server = restart(server, true);
    peer.write_all(&masked(0x81, b"more")).await.unwrap();
    assert_eq!(server.receive().await.unwrap(), Some("more".into()));
    drop(server);
    let mut sent = Vec::new();
    peer.read_to_end(&mut sent).await.unwrap();
    assert_eq!(sent, *b"\x8a\x04ping");
}

#[cfg(feature = "deflate")]
#[tokio::test(start_paused = true)]
async fn a_compressed_message_is_received_first_and_those_after_it_refer_to_it() {
    use sansocket::deflate::Compression;
    let mut config = sansocket::Config::new();
    config.compression = Some(Compression::dedicated());
    let config = config.shared();
    let (near, far) = duplex(100_000);
    let request =
        sansocket::client::Request::new(sansocket::Url::parse("ws://localhost/").unwrap());
    let (server, client) = tokio::join!(
        WebSocket::accept(near, Arc::clone(&config)),
        WebSocket::connect_over(far, request, Arc::clone(&config)),
    );
    let (mut server, mut client): (Socket, Socket) = (server.unwrap(), client.unwrap().0);
    client.connection_mut().set_flushing(true);
    client.send_part("the first half, ").await.unwrap();
    assert!(timeout(seconds(1), server.receive()).await.is_err());
    let (server, busy) = server.suspend().unwrap_err();
    assert_eq!(busy, Busy::Receiving);
    let mut server = *server;
    client.send_last("the second half").await.unwrap();
    let message = "the first half, the second half";
    for _ in 0..3 {
        assert_eq!(server.receive().await.unwrap(), Some(message.into()));
        server.send(message).await.unwrap();
        assert_eq!(client.receive().await.unwrap(), Some(message.into()));
        let (stream, snapshot) = server.suspend().unwrap();
        server = WebSocket::restore(stream, &snapshot, Arc::clone(&config)).unwrap();
        client.send(message).await.unwrap();
    }
}

#[tokio::test]
async fn a_snapshot_that_cannot_be_restored_is_an_error() {
    let (server, _peer) = open(Role::Server, 1000);
    let (stream, mut snapshot) = server.suspend().unwrap();
    snapshot.pop();
    let outcome = Socket::restore(stream, &snapshot, Arc::default());
    assert!(matches!(outcome, Err(Error::Snapshot(SnapshotError::Malformed))), "{outcome:?}");
    assert!(std::error::Error::source(&outcome.unwrap_err()).is_some());
}

/// The process that goes on may drive its connections in another way.
#[test]
fn a_blocking_socket_goes_on_and_keeps_its_timeouts() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut peer = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (stream, _) = listener.accept().unwrap();
    stream.set_read_timeout(Some(seconds(7))).unwrap();
    let mut server = blocking::WebSocket::from_parts(stream, connection(Role::Server));
    peer.write_all(&[masked(0x81, b"one"), masked(0x81, b"two")].concat()).unwrap();
    assert_eq!(server.receive().unwrap(), Some("one".into()));
    let (server, busy) = server.suspend().unwrap_err();
    assert_eq!(busy, Busy::Event);
    let mut server = *server;
    assert_eq!(server.receive().unwrap(), Some("two".into()));
    peer.write_all(&masked(0x81, b"three")[..8]).unwrap();
    assert!(server.receive_timeout(Duration::from_millis(50)).is_err());
    server.connection_mut().send("queued").unwrap();
    let (stream, snapshot) = server.suspend().unwrap();
    assert_eq!(stream.read_timeout().unwrap(), Some(seconds(7)));
    let mut server = blocking::WebSocket::restore(stream, &snapshot, Arc::default()).unwrap();
    peer.write_all(b"ree").unwrap();
    assert_eq!(server.receive().unwrap(), Some("three".into()));
    let mut sent = [0; 8];
    peer.read_exact(&mut sent).unwrap();
    assert_eq!(sent, *b"\x81\x06queued");
}

#[tokio::test(start_paused = true)]
async fn a_member_of_a_topic_goes_on_with_what_its_backlog_held() {
    let hub = Hub::new();
    let (mut client, reader, writer) = member(64);
    writer.with_backlog(|it| *it = Backlog::new(Overflow::Wait).max_messages(2));
    let membership = hub.join("lobby", &writer);
    let long = "y".repeat(2000);
    for text in [&*long, "one", "two"] {
        assert_eq!(hub.publish("lobby", &Prepared::new(text)), 1);
    }
    assert_eq!(writer.with_backlog(|it| it.len()), 2);
    let reader = reader.unsplit().expect_err("there is a writer");
    drop(writer);
    let socket = reader.unsplit().expect("it is alone");
    assert_eq!(hub.publish("lobby", &Prepared::new("three")), 0);
    drop(membership);

    let (mut reader, writer) = restart(socket, true).split();
    let _membership = hub.join("lobby", &writer);
    assert_eq!(hub.publish("lobby", &Prepared::new("three")), 1);
    tokio::spawn(async move { while let Ok(Some(_)) = reader.receive().await {} });
    for text in [&*long, "one", "two", "three"] {
        assert_eq!(next(&mut client).await, text);
    }
}

#[tokio::test(start_paused = true)]
async fn halves_are_not_put_together_while_the_backlog_waits_for_the_last_part_of_a_message() {
    let (mut client, reader, writer) = member(4096);
    writer.send_part("one, ").await.unwrap();
    assert_eq!(writer.with_backlog(|it| it.push(&Prepared::new("three"))), Pushed::Queued);
    drop(writer);
    drop(reader.unsplit().expect_err("a message waits"));
    assert!(client.receive().await.is_err());
}
