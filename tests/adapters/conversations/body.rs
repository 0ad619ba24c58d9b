// Included once for each adapter, which brings `run!`, `wait!`, `stream` and its own types.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use sansocket::server::Response;
use sansocket::{
    Cause, CloseCode, CloseFrame, Config, Ended, Error, Event, OwnedMessage, ProtocolError,
    SendError, TimedOut, Timeouts, Url, client,
};

/// Runs `serve` on the first connection, beside `connect` with the address to connect to.
fn between<T: Send>(
    serve: impl FnOnce(std::net::TcpStream) -> T + Send,
    connect: impl FnOnce(&str),
) -> T {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::scope(|scope| {
        let server = scope.spawn(move || serve(listener.accept().unwrap().0));
        connect(&address);
        server.join().unwrap()
    })
}

/// Accepts what comes, sends back every message, and returns how that ended.
fn echo_with(accepted: std::net::TcpStream, config: Arc<Config>) -> (Result<(), Error>, Option<Ended>) {
    run!({
        let incoming = wait!(WebSocket::receive_request(stream(accepted), config)).unwrap();
        let Incoming::Opening(opening) = incoming else { panic!("a handshake") };
        let mut socket = wait!(opening.accept()).unwrap();
        let outcome = loop {
            match wait!(socket.next_event()) {
                Ok(Some((Event::Text(text), sender))) => sender.send(text).unwrap(),
                Ok(Some((Event::Binary(bytes), sender))) => sender.send(bytes).unwrap(),
                Ok(Some(_)) => {}
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        (outcome, socket.ended())
    })
}

fn echo(accepted: std::net::TcpStream) -> Option<Ended> {
    let (outcome, ended) = echo_with(accepted, Arc::default());
    outcome.unwrap();
    ended
}

#[test]
fn messages_of_all_sizes_are_echoed_and_the_connection_is_closed() {
    let ended = between(echo, |address| {
        run!({
            let mut socket = wait!(WebSocket::connect(&format!("ws://{address}/"), Arc::default())).unwrap();
            for size in [0, 1, 125, 126, 65_535, 65_536, 5 << 20] {
                let binary = vec![7; size];
                wait!(socket.send(&binary)).unwrap();
                let message = wait!(socket.receive()).unwrap();
                assert_eq!(message, Some(OwnedMessage::from(binary)));
                let text = "å".repeat(size / 2);
                wait!(socket.send(&text)).unwrap();
                assert_eq!(wait!(socket.receive()).unwrap(), Some(OwnedMessage::from(text)));
            }
            wait!(socket.close(CloseCode::new(4001), "enough")).unwrap();
            assert!(wait!(socket.receive()).unwrap().is_none());
            assert_eq!(socket.ended().map(|ended| ended.code()), Some(4001));
        });
    });
    assert_eq!(ended.map(|ended| (ended.is_clean(), ended.code())), Some((true, 4001)));
}

#[test]
fn timeouts_may_be_as_long_as_can_be() {
    const LONG: Duration = Duration::MAX;
    let timeouts = Timeouts::new().opening(LONG).idle(LONG).pong(LONG).close(LONG).end(LONG);
    let config = Config::new().timeouts(timeouts).shared();
    let (outcome, _) = between(|accepted| echo_with(accepted, Arc::clone(&config)), |address| {
        run!({
            let url = format!("ws://{address}/");
            let mut socket = wait!(WebSocket::connect(&url, Arc::clone(&config))).unwrap();
            wait!(socket.send("text")).unwrap();
            assert_eq!(wait!(socket.receive()).unwrap(), Some("text".to_owned().into()));
            wait!(socket.close(None, "")).unwrap();
        });
    });
    outcome.unwrap();
}

#[test]
fn a_message_of_unknown_length_goes_out_and_in_by_parts() {
    between(echo, |address| {
        run!({
            let mut socket = wait!(WebSocket::connect(&format!("ws://{address}/"), Arc::default())).unwrap();
            socket.connection_mut().set_streaming(true);
            for _ in 0..100 {
                wait!(socket.send_part("ab")).unwrap();
            }
            wait!(socket.send_last("c")).unwrap();
            let mut text = Vec::new();
            loop {
                let (event, _) = wait!(socket.next_event()).unwrap().unwrap();
                let Event::Part { bytes, last, .. } = event else { panic!("{event:?}") };
                text.extend_from_slice(bytes);
                if last {
                    break;
                }
            }
            assert_eq!(text, ["ab".repeat(100).as_bytes(), b"c"].concat());
            wait!(socket.close(None, "")).unwrap();
        });
    });
}

#[test]
fn a_ping_tells_the_round_trip_time() {
    between(echo, |address| {
        run!({
            let mut socket = wait!(WebSocket::connect(&format!("ws://{address}/"), Arc::default())).unwrap();
            wait!(socket.ping()).unwrap();
            let (event, _) = wait!(socket.next_event()).unwrap().unwrap();
            assert!(matches!(event, Event::Pong(_)));
            assert!(socket.round_trip().is_some());
            wait!(socket.close(None, "")).unwrap();
        });
    });
}

#[test]
fn a_server_looks_at_the_request_before_it_answers() {
    let serve = |accepted| {
        run!({
            let config = Arc::default();
            let incoming = wait!(WebSocket::receive_request(stream(accepted), config)).unwrap();
            let Incoming::Opening(mut opening) = incoming else { panic!("a handshake") };
            assert_eq!(opening.request().target(), "/chat?room=1");
            opening.request().select_protocol("b").unwrap();
            opening.request().add_header("Set-Cookie", "seen=1").unwrap();
            let mut socket = wait!(opening.accept()).unwrap();
            assert!(wait!(socket.receive()).unwrap().is_none());
        });
    };
    between(serve, |address| {
        run!({
            let url = format!("ws://{address}/chat?room=1");
            let mut request = client::Request::new(Url::parse(&url).unwrap());
            request.add_protocol("a").unwrap();
            request.add_protocol("b").unwrap();
            let connected = stream(std::net::TcpStream::connect(address).unwrap());
            let over = WebSocket::connect_over(connected, request, Arc::default());
            let (mut socket, response) = wait!(over).unwrap();
            assert_eq!(response.protocol(), Some("b"));
            assert_eq!(response.header("set-cookie"), Some(&b"seen=1"[..]));
            wait!(socket.close(CloseCode::NORMAL, "")).unwrap();
        });
    });
}

#[test]
fn a_rejection_is_a_value_for_the_client() {
    let serve = |accepted| {
        run!({
            let config = Arc::default();
            let incoming = wait!(WebSocket::receive_request(stream(accepted), config)).unwrap();
            let Incoming::Opening(opening) = incoming else { panic!("a handshake") };
            let headers = [("Retry-After", "120")];
            wait!(opening.reject(Response::new(503, &headers, b"too many").unwrap())).unwrap();
        });
    };
    between(serve, |address| {
        run!({
            let outcome = wait!(WebSocket::connect(&format!("ws://{address}/"), Arc::default()));
            let Err(Error::Rejected(response)) = outcome else { panic!("{outcome:?}") };
            assert_eq!(response.status(), 503);
            assert_eq!(response.header("Retry-After"), Some(&b"120"[..]));
            assert_eq!(response.body(), b"too many");
        });
    });
}

#[test]
fn a_server_looks_at_the_stream_before_it_answers() {
    let serve = |accepted| {
        run!({
            let config = Arc::default();
            match wait!(WebSocket::receive_request(stream(accepted), config)).unwrap() {
                Incoming::Opening(opening) => opening.get_ref().peer_addr().unwrap(),
                Incoming::Http(request) => request.get_ref().peer_addr().unwrap(),
            }
        })
    };
    for ask in [mute, ask_for_a_page] {
        let mut client = None;
        let seen = between(serve, |address| client = Some(ask(address)));
        assert_eq!(seen, client.unwrap().local_addr().unwrap());
    }
}

#[test]
fn halves_look_at_their_stream() {
    let serve = |accepted| {
        let peer = |stream: &Stream| stream.peer_addr().unwrap();
        run!({
            let server = wait!(WebSocket::accept(stream(accepted), Arc::default())).unwrap();
            let (reader, writer) = split(server);
            (reader.with_stream(peer), writer.with_stream(peer))
        })
    };
    let mut client = None;
    let (reader, writer) = between(serve, |address| client = Some(mute(address)));
    let local = client.unwrap().local_addr().unwrap();
    assert_eq!((reader, writer), (local, local));
}

/// Asks for no WebSocket.
fn ask_for_a_page(address: &str) -> std::net::TcpStream {
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    stream.write_all(b"GET /page HTTP/1.1\r\nHost: h\r\n\r\n").unwrap();
    stream
}

#[test]
fn one_port_serves_pages_too() {
    let serve = |accepted| {
        run!({
            let config = Arc::default();
            let incoming = wait!(WebSocket::receive_request(stream(accepted), config)).unwrap();
            let Incoming::Http(request) = incoming else { panic!("no handshake") };
            assert_eq!((request.head().method(), request.head().target()), ("GET", "/page"));
            wait!(request.respond(Response::new(200, &[], b"a page").unwrap())).unwrap();
        });
    };
    between(serve, |address| {
        let mut stream = ask_for_a_page(address);
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        assert!(response.starts_with("HTTP/1.1 200 "), "{response}");
        assert!(response.ends_with("\r\n\r\na page"), "{response}");
    });
}

fn impatient() -> Arc<Config> {
    const SHORT: Duration = Duration::from_millis(50);
    let timeouts = Timeouts::new().opening(SHORT).idle(SHORT).pong(SHORT).close(SHORT).end(SHORT);
    Config::new().timeouts(timeouts).shared()
}

#[test]
fn a_request_that_does_not_come_is_answered_by_a_408() {
    let serve = |accepted| {
        run!({
            let outcome = wait!(WebSocket::receive_request(stream(accepted), impatient()));
            assert!(matches!(outcome, Err(Error::TimedOut(TimedOut::Opening))), "{outcome:?}");
        });
    };
    between(serve, |address| {
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\n").unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        assert!(response.starts_with("HTTP/1.1 408 "), "{response}");
    });
}

/// Opens a connection by hand, and says nothing more.
fn mute(address: &str) -> std::net::TcpStream {
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    let request = "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    stream.write_all(request.as_bytes()).unwrap();
    stream
}

#[test]
fn a_peer_that_says_nothing_is_pinged_and_given_up() {
    let (outcome, ended) = between(|accepted| echo_with(accepted, impatient()), |address| {
        let mut bytes = Vec::new();
        mute(address).read_to_end(&mut bytes).unwrap();
        assert!(bytes.windows(2).any(|window| window == b"\x89\x08"), "a ping was sent");
    });
    assert!(matches!(outcome, Err(Error::TimedOut(TimedOut::Silence))), "{outcome:?}");
    assert_eq!(ended.map(|ended| ended.cause), Some(Cause::TimedOut(TimedOut::Silence)));
}

#[test]
fn a_transport_that_ends_early_is_an_error() {
    let (outcome, ended) = between(|accepted| echo_with(accepted, impatient()), |address| {
        drop(mute(address));
    });
    assert!(matches!(outcome, Err(Error::Io(_))), "{outcome:?}");
    assert_eq!(ended.map(|ended| (ended.code(), ended.is_clean())), Some((1006, false)));
}

/// C-16, C-33: a process that says its last words and ends, while the server is talking.
#[test]
fn the_last_words_of_a_peer_that_is_gone_are_seen() {
    let ended = between(
        |accepted| {
            run!({
                let config = Arc::default();
                let incoming = wait!(WebSocket::receive_request(stream(accepted), config)).unwrap();
                let Incoming::Opening(opening) = incoming else { panic!("a handshake") };
                let mut socket = wait!(opening.accept()).unwrap();
                let mut outcome = Ok(());
                for _ in 0..1000 {
                    outcome = wait!(socket.send("are you there?"));
                    if outcome.is_err() {
                        break;
                    }
                    thread::sleep(Duration::from_millis(5));
                }
                assert!(matches!(outcome, Err(Error::Io(_))), "{outcome:?}");
                assert_eq!(wait!(socket.receive()).unwrap(), Some("bye".to_owned().into()));
                assert_eq!(wait!(socket.receive()).unwrap(), None);
                socket.ended()
            })
        },
        |address| {
            let mut stream = mute(address);
            let _ = stream.read(&mut [0; 1000]).unwrap();
            stream.write_all(b"\x81\x83\0\0\0\0bye\x88\x82\0\0\0\0\x03\xe9").unwrap();
        },
    );
    assert_eq!(ended.map(|ended| (ended.code(), ended.is_clean())), Some((1001, false)));
}

/// The peer reads why it was failed though it was still sending.
#[test]
fn the_last_words_reach_a_peer_that_is_still_sending() {
    let mut config = Config::new();
    config.limits.message = 1000;
    let config = config.shared();
    let (outcome, ended) = between(|accepted| echo_with(accepted, Arc::clone(&config)), |address| {
        run!({
            let mut socket = wait!(WebSocket::connect(&format!("ws://{address}/"), Arc::default())).unwrap();
            wait!(socket.send(vec![0; 4 << 20])).unwrap();
            let (event, _) = wait!(socket.next_event()).unwrap().unwrap();
            let Event::Close(close) = event else { panic!("{event:?}") };
            assert_eq!(close.code, Some(CloseCode::MESSAGE_TOO_BIG));
        });
    });
    assert!(matches!(outcome, Err(Error::Protocol(ProtocolError::MessageTooBig))), "{outcome:?}");
    let sent = ended.map(|ended| ended.sent);
    assert_eq!(sent, Some(CloseFrame::Code(CloseCode::MESSAGE_TOO_BIG)));
}

/// The words of a writer mean the same for every adapter.
#[test]
fn a_writer_feeds_up_to_a_mark_and_flushes() {
    let config = Config::new().max_queued(8).shared();
    let serve = |accepted| {
        run!({
            let (_reader, writer) = split(wait!(WebSocket::accept(stream(accepted), config)).unwrap());
            wait!(writer.feed("one")).unwrap();
            assert_eq!(writer.queued(), 5);
            writer.try_send("two").unwrap();
            assert_eq!(writer.queued(), 10);
            assert_eq!(writer.try_send("none"), Err(SendError::QueueFull));
            wait!(writer.flush()).unwrap();
            assert_eq!(writer.queued(), 0);
            wait!(writer.feed("third")).unwrap();
            wait!(writer.feed("fourth")).unwrap();
            assert_eq!(writer.queued(), 15, "there was room");
            wait!(writer.feed("fifth")).unwrap();
            assert_eq!(writer.queued(), 7, "the others were written to make room");
            wait!(writer.send("sixth")).unwrap();
            assert_eq!(writer.queued(), 0);
        });
    };
    between(serve, |address| {
        let mut bytes = Vec::new();
        let mut peer = mute(address);
        while !bytes.ends_with(b"sixth") {
            let mut buffer = [0; 1000];
            let count = peer.read(&mut buffer).unwrap();
            assert!(count > 0, "a message is missing");
            bytes.extend_from_slice(&buffer[..count]);
        }
        let sent = b"\x81\x03one\x81\x03two\x81\x05third\x81\x06fourth\x81\x05fifth\x81\x05sixth";
        assert!(bytes.ends_with(sent));
    });
}
