// Faults that people reported of other libraries. Included once for each adapter, after `body.rs`.

use sansocket::{Connection, Negotiated, Role, Seed, Timestamp};

/// Opens a connection by hand, and reads the response.
fn open_by_hand(address: &str) -> std::net::TcpStream {
    let mut stream = mute(address);
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.extend(byte);
    }
    stream
}

/// A frame of a client, whose mask is zero.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    [&[first, 0x80 | u8::try_from(payload.len()).unwrap(), 0, 0, 0, 0], payload].concat()
}

/// Returns all that comes until the end.
fn read_all(mut stream: std::net::TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    bytes
}

/// Accepts a connection, runs `$use` on it, and returns what that returns.
macro_rules! accepted {
    ($config:expr, $socket:ident => $use:expr) => {
        |accepted| {
            run!({
                let mut $socket = wait!(WebSocket::accept(stream(accepted), $config)).unwrap();
                $use
            })
        }
    };
}

#[test]
fn a_pong_does_not_wait_until_the_application_has_handled_what_follows_the_ping() {
    let serve = accepted!(Arc::default(), socket => {
        let mut count = 0;
        while count < 20 {
            let event = wait!(socket.next_event()).unwrap().unwrap().0;
            if let Event::Text(_) = event {
                thread::sleep(Duration::from_millis(20));
                count += 1;
            }
        }
        std::time::Instant::now()
    });
    let mut answered = None;
    let handled = between(serve, |address| {
        let mut stream = open_by_hand(address);
        stream.write_all(&[frame(0x89, b"ping"), frame(0x81, b"text").repeat(20)].concat()).unwrap();
        let mut pong = [0; 6];
        stream.read_exact(&mut pong).unwrap();
        answered = Some(std::time::Instant::now());
        assert_eq!(pong, *b"\x8a\x04ping");
    });
    assert!(answered.unwrap() + Duration::from_millis(200) < handled, "the pong came too late");
}

#[test]
fn an_application_that_leaves_at_a_close_frame_has_answered_it() {
    let serve = accepted!(Arc::default(), socket => {
        let (event, _) = wait!(socket.next_event()).unwrap().unwrap();
        assert!(matches!(event, Event::Close(_)));
    });
    between(serve, |address| {
        let mut stream = open_by_hand(address);
        stream.write_all(&frame(0x88, b"\x03\xe8")).unwrap();
        assert_eq!(read_all(stream), b"\x88\x02\x03\xe8");
    });
}

#[test]
fn a_violation_is_reported_at_once_and_the_peer_is_told() {
    for is_event in [true, false] {
        let serve = accepted!(Arc::default(), socket => {
            match is_event {
                true => {
                    let (event, _) = wait!(socket.next_event()).unwrap().unwrap();
                    assert!(matches!(event, Event::Violation(_)));
                }
                false => {
                    let outcome = wait!(socket.receive());
                    assert!(matches!(outcome, Err(Error::Protocol(_))), "{outcome:?}");
                }
            }
        });
        between(serve, |address| {
            let mut stream = open_by_hand(address);
            stream.write_all(&frame(0x83, b"")).unwrap();
            // This side does not end, so nothing but the violation can have ended the other.
            let start = std::time::Instant::now();
            let mut close = [0; 4];
            stream.read_exact(&mut close).unwrap();
            assert_eq!(close, *b"\x88\x02\x03\xea");
            assert_eq!(read_all(stream), b"");
            assert!(start.elapsed() < Duration::from_secs(2));
        });
    }
}

#[test]
fn an_application_may_decide_for_longer_than_a_client_may_open() {
    let short = Config::new().timeouts(Timeouts::new().opening(Duration::from_millis(50))).shared();
    for choice in ["accept", "reject"] {
        let serve = |accepted| {
            run!({
                let config = Arc::clone(&short);
                let incoming = wait!(WebSocket::receive_request(stream(accepted), config)).unwrap();
                let Incoming::Opening(opening) = incoming else { panic!("a handshake") };
                thread::sleep(Duration::from_millis(200));
                match choice {
                    "accept" => drop(wait!(opening.accept()).unwrap()),
                    _ => wait!(opening.reject(Response::new(403, &[], b"no").unwrap())).unwrap(),
                }
            });
        };
        between(serve, |address| {
            let response = String::from_utf8(read_all(mute(address))).unwrap();
            let status = if choice == "accept" { "HTTP/1.1 101 " } else { "HTTP/1.1 403 " };
            assert!(response.starts_with(status), "{response}");
        });
    }
}

#[test]
fn a_long_page_may_take_longer_than_a_client_may_open() {
    let timeouts = Timeouts::new().opening(Duration::from_millis(50));
    let config = Config::new().timeouts(timeouts).shared();
    let page = vec![b'x'; 8 << 20];
    let serve = |accepted| {
        run!({
            let config = Arc::clone(&config);
            let incoming = wait!(WebSocket::receive_request(stream(accepted), config)).unwrap();
            let Incoming::Http(request) = incoming else { panic!("no handshake") };
            wait!(request.respond(Response::new(200, &[], &page).unwrap())).unwrap();
        });
    };
    between(serve, |address| {
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        stream.write_all(b"GET /page HTTP/1.1\r\nHost: h\r\n\r\n").unwrap();
        let (mut bytes, mut chunk) = (Vec::new(), vec![0; 1 << 20]);
        while let count @ 1.. = stream.read(&mut chunk).unwrap() {
            bytes.extend_from_slice(&chunk[..count]);
            thread::sleep(Duration::from_millis(20));
        }
        assert!(bytes.ends_with(&page), "{} bytes came", bytes.len());
    });
}

/// Runs `connect` against a server that answers with these bytes, and neither ends nor says more.
fn answered_by(response: &str, connect: impl FnOnce(&str)) {
    let (done, is_done) = std::sync::mpsc::channel::<()>();
    let response = response.to_owned();
    let serve = move |mut accepted: std::net::TcpStream| {
        accepted.write_all(response.as_bytes()).unwrap();
        // The client is done when the sender has been dropped.
        let _ = is_done.recv();
    };
    between(serve, move |address| {
        connect(address);
        drop(done);
    });
}

#[test]
fn a_rejection_whose_body_does_not_end_keeps_its_status() {
    let responses = [
        "HTTP/1.1 403 Forbidden\r\n\r\nnot\0 for you",
        "HTTP/1.1 403 Forbidden\r\nContent-Length: 100\r\n\r\nnot\0 for you",
    ];
    for response in responses {
        answered_by(response, |address| {
            run!({
                let start = std::time::Instant::now();
                let url = format!("ws://{address}/");
                let outcome = wait!(WebSocket::connect(&url, Arc::default()));
                let debug = format!("{outcome:?}");
                let Err(Error::Rejected(response)) = outcome else { panic!("{debug}") };
                assert_eq!((response.status(), response.body()), (403, &b"not\0 for you"[..]));
                assert!(response.is_truncated());
                assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
                assert!(debug.contains(r#"body: "not\0 for you""#), "{debug}");
            });
        });
    }
}

#[test]
fn messages_behind_our_close_frame_are_events_unless_they_are_discarded() {
    for (is_discarding, expected) in [(false, &["one", "two"][..]), (true, &[])] {
        let config = Config::new().discard_after_close(is_discarding).shared();
        let serve = accepted!(Arc::clone(&config), socket => {
            socket.connection_mut().close(CloseCode::NORMAL, "").unwrap();
            let mut texts = Vec::new();
            while let Some((event, _)) = wait!(socket.next_event()).unwrap() {
                if let Event::Text(text) = event {
                    texts.push(text.to_owned());
                }
            }
            assert!(socket.ended().unwrap().is_clean());
            texts
        });
        let texts = between(serve, |address| {
            let mut stream = open_by_hand(address);
            let frames = [frame(0x81, b"one"), frame(0x81, b"two"), frame(0x88, b"\x03\xe8")];
            stream.write_all(&frames.concat()).unwrap();
            read_all(stream);
        });
        assert_eq!(texts, expected);
    }
}

#[test]
fn to_close_discards_what_still_arrives() {
    let serve = accepted!(Arc::default(), socket => {
        wait!(socket.close(CloseCode::NORMAL, "")).unwrap();
        assert!(wait!(socket.receive()).unwrap().is_none());
    });
    between(serve, |address| {
        let mut stream = open_by_hand(address);
        stream.write_all(&[frame(0x81, b"one"), frame(0x88, b"\x03\xe8")].concat()).unwrap();
        read_all(stream);
    });
}

#[test]
fn a_message_is_sent_once_the_stream_has_taken_all_of_it() {
    const LEN: usize = 16 << 20;
    let serve = accepted!(Arc::default(), socket => {
        wait!(socket.send(vec![7; LEN])).unwrap();
        // Nobody waits on the socket any more, but the operating system has all.
        thread::sleep(Duration::from_millis(500));
        std::time::Instant::now()
    });
    let mut read = None;
    let slept = between(serve, |address| {
        let mut stream = open_by_hand(address);
        stream.read_exact(&mut vec![0; 10 + LEN]).unwrap();
        read = Some(std::time::Instant::now());
    });
    assert!(read.unwrap() < slept, "the rest came later");
}

#[test]
fn the_account_keeps_the_reason_of_the_peer_and_its_code_as_received() {
    let cases: [(&[u8], &str, CloseFrame, bool); 4] = [
        (b"\x0f\xa1enough", "enough", CloseFrame::Code(CloseCode::new(4001).unwrap()), true),
        (b"", "", CloseFrame::Empty, true),
        (b"\x03\xedno", "no", CloseFrame::Invalid(1005), false),
        (b"\x03\xe8cut\xc3", "cut\u{fffd}", CloseFrame::Code(CloseCode::NORMAL), false),
    ];
    for (payload, reason, received, is_clean) in cases {
        let serve = accepted!(Arc::default(), socket => {
            let outcome = wait!(socket.receive());
            assert_eq!(outcome.is_ok(), is_clean, "{outcome:?}");
            while wait!(socket.receive()).unwrap().is_some() {}
            socket.ended().unwrap()
        });
        let ended = between(serve, |address| {
            let mut stream = open_by_hand(address);
            stream.write_all(&frame(0x88, payload)).unwrap();
            read_all(stream);
        });
        assert_eq!((&*ended.reason, ended.received, ended.is_clean()), (reason, received, is_clean));
    }
}

#[test]
fn a_peer_that_leaves_without_a_close_frame_is_named_in_the_error() {
    let serve = accepted!(Arc::default(), socket => wait!(socket.receive()).unwrap_err());
    let error = between(serve, |address| drop(open_by_hand(address)));
    assert_eq!(error.to_string(), "peer ended the connection without a close frame");
    let Error::Io(error) = error else { panic!("{error:?}") };
    assert_eq!(error.kind(), std::io::ErrorKind::UnexpectedEof);
}

/// Both ends of a connection over TCP.
fn tcp() -> (std::net::TcpStream, std::net::TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let connected = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    (listener.accept().unwrap().0, connected)
}

/// An open connection, and its peer, which is a bare stream.
fn open(role: Role, config: Arc<Config>) -> (WebSocket<Stream>, std::net::TcpStream) {
    let ((ours, peer), negotiated, now) = (tcp(), Negotiated::new(), Timestamp::default());
    let connection = match role {
        Role::Server => Connection::open_server(negotiated, config, now),
        Role::Client => Connection::open_client(negotiated, config, Seed::new([1; 32]), now),
    };
    (WebSocket::from_parts(stream(ours), connection), peer)
}

fn timeouts(set: impl FnOnce(Timeouts) -> Timeouts) -> Arc<Config> {
    Config::new().timeouts(set(Timeouts::new())).shared()
}

const SHORT: Duration = Duration::from_millis(60);

/// As one whose backlog is full. How several addresses are tried is tested in `src/adapters`.
#[cfg(feature = "tokio")]
#[test]
fn a_host_that_does_not_answer_is_waited_for_no_longer_than_an_opening_may_take() {
    let runtime = ::tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
    let listener = {
        let _guard = runtime.enter();
        let socket = ::tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        socket.listen(1).unwrap().into_std().unwrap()
    };
    let address = listener.local_addr().unwrap();
    let patience = Duration::from_millis(200);
    let fill = || std::net::TcpStream::connect_timeout(&address, patience).ok();
    let _waiting: Vec<_> = std::iter::from_fn(fill).take(1000).collect();
    let start = std::time::Instant::now();
    run!({
        let url = format!("ws://{address}/");
        let outcome = wait!(WebSocket::connect(&url, timeouts(|it| it.opening(SHORT))));
        assert!(matches!(outcome, Err(Error::TimedOut(TimedOut::Opening))), "{outcome:?}");
    });
    assert!((SHORT..Duration::from_secs(5)).contains(&start.elapsed()));
}

#[test]
fn a_request_for_a_page_may_be_answered_late() {
    for (status, body) in [("200", "a page"), ("426", "")] {
        let (accepted, mut peer) = tcp();
        peer.write_all(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n").unwrap();
        let reader = thread::spawn(move || read_all(peer));
        run!({
            let config = timeouts(|it| it.opening(SHORT));
            let incoming = wait!(WebSocket::receive_request(stream(accepted), config)).unwrap();
            let Incoming::Http(request) = incoming else { panic!("no handshake") };
            thread::sleep(2 * SHORT);
            match status {
                "200" => {
                    let page = Response::new(200, &[], body.as_bytes()).unwrap();
                    wait!(request.respond(page)).unwrap();
                }
                _ => wait!(request.reject()).unwrap(),
            }
        });
        let answer = String::from_utf8(reader.join().unwrap()).unwrap();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
        assert!(answer.ends_with(body), "{answer}");
    }
}

/// Returns the rejection that a client gets, whose body may take `3 * SHORT`, from a server that sends `head`
/// and then does as it pleases.
fn rejected_by(
    head: &str,
    serve: impl FnOnce(std::net::TcpStream) + Send,
) -> client::Response {
    let (mut accepted, connected) = tcp();
    thread::scope(|scope| {
        scope.spawn(move || {
            accepted.write_all(head.as_bytes()).unwrap();
            serve(accepted);
        });
        let start = std::time::Instant::now();
        run!({
            let request = client::Request::new(Url::parse("ws://h/").unwrap());
            let config = timeouts(|it| it.body(3 * SHORT));
            let over = WebSocket::connect_over(stream(connected), request, config);
            let outcome = wait!(over).map(drop);
            let Err(Error::Rejected(response)) = outcome else { panic!("{outcome:?}") };
            assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
            *response
        })
    })
}

#[test]
fn a_rejection_that_streams_events_keeps_its_status() {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
    let response = rejected_by(head, |mut stream| {
        while stream.write_all(b"data: 1\n\n").is_ok() {
            thread::sleep(Duration::from_millis(10));
        }
    });
    assert!(response.status() == 200 && response.is_truncated());
    assert!(response.body().starts_with(b"data: 1\n\n"), "{response:?}");
}

#[test]
fn a_rejection_that_is_reset_keeps_its_status() {
    let head = "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 100\r\n\r\nbad";
    let response = rejected_by(head, |stream| {
        // To close with unread bytes resets the connection.
        stream.peek(&mut [0]).unwrap();
        thread::sleep(Duration::from_millis(20));
    });
    assert!(response.status() == 502 && response.is_truncated(), "{response:?}");
}

#[test]
fn a_clean_end_is_no_error_though_the_peer_leaves_its_transport_open() {
    let ends = [(Role::Client, b"\x88\x05\x03\xe8bye".to_vec()), (Role::Server, frame(0x88, b"\x03\xe8bye"))];
    for (role, close) in ends {
        for is_closing in [true, false] {
            run!({
                let (mut socket, mut peer) = open(role, timeouts(|it| it.end(SHORT)));
                peer.write_all(&close).unwrap();
                if is_closing {
                    wait!(socket.close(CloseCode::NORMAL, "")).unwrap();
                } else {
                    socket.connection_mut().close(CloseCode::NORMAL, "").unwrap();
                    assert_eq!(wait!(socket.receive()).unwrap(), None);
                }
                let ended = socket.ended().unwrap();
                assert!(ended.is_clean(), "{ended}");
                assert_eq!((ended.code(), &*ended.reason), (1000, "bye"));
                assert_eq!(ended.transport, Some(sansocket::Initiator::Us));
            });
        }
    }
}

/// A head does not have to fit into one read.
#[test]
fn a_server_takes_heads_as_long_as_its_limit() {
    for (bytes, status) in [(17_000, "101"), (60_000, "101"), (70_000, "431")] {
        let (accepted, mut peer) = tcp();
        let client = thread::spawn(move || {
            let cookies = "x".repeat(bytes);
            let request = format!(
                "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
                Cookie: {cookies}\r\n\r\n"
            );
            let _ = peer.write_all(request.as_bytes());
            let mut start = [0; 12];
            peer.read_exact(&mut start).unwrap();
            String::from_utf8(start.to_vec()).unwrap()
        });
        run!({
            let mut config = Config::new();
            config.policy.limits.bytes = 64 << 10;
            let outcome = wait!(WebSocket::accept(stream(accepted), config.shared())).map(drop);
            assert_eq!(outcome.is_ok(), status == "101", "{bytes}: {outcome:?}");
        });
        assert_eq!(client.join().unwrap(), format!("HTTP/1.1 {status}"));
    }
}

#[test]
fn a_client_takes_heads_as_long_as_its_limit() {
    for (bytes, is_taken) in [(17_000, true), (60_000, true), (70_000, false)] {
        let serve = |accepted| {
            run!({
                let receive = WebSocket::receive_request(stream(accepted), Arc::default());
                let Incoming::Opening(mut opening) = wait!(receive).unwrap() else { panic!() };
                opening.request().add_header("Set-Cookie", &"x".repeat(bytes)).unwrap();
                if let Ok(mut socket) = wait!(opening.accept()) {
                    let _ = wait!(socket.receive());
                }
            });
        };
        between(serve, |address| {
            run!({
                let url = format!("ws://{address}/");
                let mut request = client::Request::new(Url::parse(&url).unwrap());
                request.set_limits(sansocket::HandshakeLimits::new().bytes(64 << 10));
                let connected = stream(std::net::TcpStream::connect(address).unwrap());
                let over = WebSocket::connect_over(connected, request, Arc::default());
                let outcome = wait!(over).map(drop);
                assert_eq!(outcome.is_ok(), is_taken, "{bytes}: {outcome:?}");
            });
        });
    }
}

#[test]
fn a_peer_that_takes_nothing_is_not_called_silent() {
    run!({
        let (mut socket, _peer) = open(Role::Server, timeouts(|it| it.idle(SHORT).pong(SHORT)));
        let error = wait!(socket.send(vec![7; 64 << 20])).unwrap_err();
        assert!(matches!(error, Error::TimedOut(TimedOut::Blocked)), "{error:?}");
        assert!(error.to_string().contains("both ends are blocked on writing"), "{error}");
    });
}
