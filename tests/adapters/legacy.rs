//! Drafts 75 and 76 over blocking streams and over tokio.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use sansocket::client::Request;
use sansocket::legacy::blocking::{Incoming, Socket};
use sansocket::legacy::{Connection, Draft};
use sansocket::server::{Origins, Policy, Response};
use sansocket::{Cause, Config, Error, Event, Input, Limits, TimedOut, Timeouts, Timestamp, Url};

const DRAFTS: [Draft; 2] = [Draft::Hixie75, Draft::Hixie76];

fn config() -> Arc<Config> {
    Config::new().policy(Policy::new().origins(Origins::any())).shared()
}

fn request() -> Request<'static> {
    Request::new(Url::parse("ws://example.com/demo").expect("a URL"))
}

/// Two ends of a connection over TCP.
fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let stream = TcpStream::connect(listener.local_addr().expect("an address"));
    (stream.expect("it listens"), listener.accept().expect("it has connected").0)
}

/// Accepts a request, and sends every message back.
fn echo(stream: TcpStream, config: Arc<Config>) -> JoinHandle<Result<Option<Cause>, Error>> {
    thread::spawn(move || {
        let Incoming::Request(mut socket) = Socket::receive_request(stream, config)? else {
            panic!("it is for us");
        };
        assert!(
            matches!(socket.next_event(), Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock)
        );
        socket.connection_mut().accept();
        while let Some((event, sender)) = socket.next_event()? {
            if let Event::Text(text) = event {
                sender.send(text)?;
            }
        }
        Ok(socket.ended().map(|ended| ended.cause))
    })
}

#[test]
fn blocking_ends_talk_and_close() {
    for draft in DRAFTS {
        let (client, server) = pair();
        let server = echo(server, config());
        let (mut socket, response) =
            Socket::connect_over(client, draft, &request(), config()).expect("it is accepted");
        assert_eq!(response.status(), 101);
        let long = "é".repeat(100_000);
        for text in ["Hello", "", &long] {
            socket.send(text).expect("it is open");
            assert_eq!(socket.receive().expect("it is open").as_deref(), Some(text));
        }
        socket.close().expect("it is open");
        let expected = match draft {
            Draft::Hixie75 => Cause::TransportEnded,
            Draft::Hixie76 => Cause::ClosingHandshake,
        };
        assert_eq!(socket.ended().map(|ended| ended.cause), Some(expected));
        assert_eq!(server.join().expect("no panic").expect("no error"), Some(expected));
        assert!(matches!(socket.send("late"), Err(Error::Send(_))));
    }
}

#[test]
fn other_requests_come_back_with_the_stream() {
    let (mut client, server) = pair();
    client.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\nmore").expect("it is open");
    let incoming = Socket::receive_request(server, config()).expect("it is HTTP");
    let Incoming::Other(mut stream, read) = incoming else { panic!("it is not for us") };
    assert_eq!(read, b"GET / HTTP/1.1\r\nHost: a\r\n\r\nmore");
    let timeouts = (stream.read_timeout(), stream.write_timeout());
    assert!(matches!(timeouts, (Ok(None), Ok(None))), "it blocks as before: {timeouts:?}");
    stream.write_all(b"hello").expect("it is open");
    drop(stream);
    let mut answer = String::new();
    client.read_to_string(&mut answer).expect("it has ended");
    assert_eq!(answer, "hello");
}

#[test]
fn a_rejection_and_a_violation_are_errors() {
    let (client, server) = pair();
    let server = thread::spawn(|| {
        let incoming = Socket::receive_request(server, config()).expect("it is valid");
        let Incoming::Request(mut socket) = incoming else { panic!("it is for us") };
        socket.connection_mut().reject(Response::not_found("no TV"));
        assert!(matches!(socket.next_event(), Ok(None)));
    });
    let error = Socket::connect_over(client, Draft::Hixie76, &request(), config()).unwrap_err();
    assert!(matches!(error, Error::Rejected(response) if response.body() == b"no TV"));
    server.join().expect("no panic");

    let (client, server) = pair();
    let small = Config::new().limits(Limits::new().message(10));
    let policy = Policy::new().origins(Origins::any());
    let server = echo(server, small.policy(policy).shared());
    let opened = Socket::connect_over(client, Draft::Hixie76, &request(), config());
    let (mut socket, _) = opened.expect("it is accepted");
    socket.send("a long message").expect("it is open");
    assert_eq!(socket.receive().expect("the server closes"), None);
    let error = server.join().expect("no panic").unwrap_err();
    assert!(matches!(error, Error::Protocol(sansocket::ProtocolError::MessageTooBig)), "{error}");
}

#[test]
fn a_server_that_says_nothing_is_given_up() {
    let (client, _server) = pair();
    let timeouts = Timeouts::new().opening(Duration::from_millis(50));
    let config = Config::new().timeouts(timeouts).shared();
    let error = Socket::connect_over(client, Draft::Hixie75, &request(), config).unwrap_err();
    assert!(matches!(error, Error::TimedOut(TimedOut::Opening)), "{error}");
}

/// A server of draft 75 whose client is welcome.
fn accepted() -> Connection {
    let mut server = Connection::server(config(), Timestamp::default()).with_read_ahead(REQUEST_75);
    let mut input = Input::new(Vec::new());
    assert_eq!(server.next_event(&mut input), Some(Event::Request));
    server.accept();
    assert_eq!(server.next_event(&mut input), Some(Event::Open));
    server
}

const REQUEST_75: &[u8] = b"GET / HTTP/1.1\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n\
    Host: a\r\nOrigin: http://a\r\n\r\n";

/// A stream that takes all bytes, and keeps them.
#[derive(Debug)]
struct Buffered;

impl Read for Buffered {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Ok(0)
    }
}

impl Write for Buffered {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Err(io::ErrorKind::BrokenPipe.into())
    }
}

impl sansocket::blocking::Stream for Buffered {}

#[test]
fn a_message_that_cannot_be_flushed_is_not_sent() {
    let mut socket = Socket::from_parts(Buffered, accepted());
    let error = socket.send("lost").unwrap_err();
    assert!(matches!(&error, Error::Io(error) if error.kind() == io::ErrorKind::NotConnected));
    let error = socket.receive().unwrap_err();
    assert!(matches!(&error, Error::Io(error) if error.kind() == io::ErrorKind::BrokenPipe));
}

#[test]
fn a_socket_that_does_not_block_says_so() {
    let (_client, server) = pair();
    server.set_nonblocking(true).expect("it is open");
    let error = Socket::receive_request(server, config()).unwrap_err();
    assert!(matches!(&error, Error::Io(error) if error.kind() == io::ErrorKind::WouldBlock));
}

#[cfg(feature = "tokio")]
mod asynchronous {
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use sansocket::legacy::tokio::{Incoming, Socket};
    use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, DuplexStream, ReadBuf, duplex};

    use super::*;

    /// A stream of a client that sends without end, and takes nothing.
    #[derive(Debug)]
    struct Deaf;

    impl AsyncRead for Deaf {
        fn poll_read(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            buffer: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            assert!(buffer.remaining() > 0, "a read without room would be ready for ever");
            buffer.put_slice(&vec![b'a'; buffer.remaining()]);
            Poll::Ready(Ok(()))
        }
    }

    impl AsyncWrite for Deaf {
        fn poll_write(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            _: &[u8],
        ) -> Poll<io::Result<usize>> {
            Poll::Pending
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Pending
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Pending
        }
    }

    /// It must not keep the task busy until the deadline, either.
    #[tokio::test(start_paused = true)]
    async fn a_client_that_sends_and_takes_nothing_is_given_up() {
        let mut socket = Socket::from_parts(Deaf, accepted());
        let error = socket.send("Hello").await.unwrap_err();
        assert!(matches!(error, Error::TimedOut(TimedOut::Blocked)), "{error}");
    }

    async fn echo(stream: DuplexStream) -> Result<Option<Cause>, Error> {
        let Incoming::Request(mut socket) = Socket::receive_request(stream, config()).await? else {
            panic!("it is for us");
        };
        socket.connection_mut().accept();
        while let Some((event, sender)) = socket.next_event().await? {
            if let Event::Text(text) = event {
                sender.send(text)?;
            }
        }
        Ok(socket.ended().map(|ended| ended.cause))
    }

    #[tokio::test]
    async fn ends_talk_and_close_whatever_the_stream_takes_at_once() {
        for (draft, size) in DRAFTS.into_iter().flat_map(|draft| [(draft, 1), (draft, 100_000)]) {
            let (client, server) = duplex(size);
            let server = tokio::spawn(echo(server));
            let opened = Socket::connect_over(client, draft, &request(), config()).await;
            let (mut socket, _) = opened.expect("it is accepted");
            for text in ["Hello", "", &"é".repeat(10_000)] {
                socket.send(text).await.expect("it is open");
                assert_eq!(socket.receive().await.expect("it is open").as_deref(), Some(text));
            }
            socket.close().await.expect("it is open");
            let cause = server.await.expect("no panic").expect("no error");
            assert_eq!(cause, socket.ended().map(|ended| ended.cause));
            let is_clean = cause == Some(Cause::ClosingHandshake);
            assert_eq!(is_clean, draft.has_close());
        }
    }

    /// A future that is dropped while it waits loses nothing.
    #[tokio::test(start_paused = true)]
    async fn futures_can_be_dropped() {
        let (client, server) = duplex(3);
        let server = tokio::spawn(echo(server));
        let opened = Socket::connect_over(client, Draft::Hixie76, &request(), config()).await;
        let (mut socket, _) = opened.expect("it is accepted");
        for number in 0..50_u32 {
            let text = number.to_string().repeat(10);
            let short = Duration::from_nanos(1);
            let _ = tokio::time::timeout(short, socket.send(&text)).await;
            let received = loop {
                if let Ok(received) = tokio::time::timeout(short, socket.receive()).await {
                    break received;
                }
            };
            assert_eq!(received.expect("it is open"), Some(text));
        }
        socket.close().await.expect("it is open");
        server.await.expect("no panic").expect("no error");
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_takes_nothing_is_given_up() {
        let (mut client, server) = duplex(1000);
        let server = tokio::spawn(async move {
            let incoming = Socket::receive_request(server, config()).await?;
            let Incoming::Request(mut socket) = incoming else { panic!("it is for us") };
            socket.connection_mut().accept();
            socket.next_event().await?;
            socket.send(&"a".repeat(10_000)).await
        });
        client.write_all(REQUEST_75).await.expect("it is open");
        let error = server.await.expect("no panic").unwrap_err();
        assert!(matches!(error, Error::TimedOut(TimedOut::Blocked)), "{error}");
        drop(client);
    }
}
