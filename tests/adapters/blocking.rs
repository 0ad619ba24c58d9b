//! The blocking adapter: over a stream of the test's own, and over TCP.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use sansocket::blocking::{Incoming, Stream, Untimed, WebSocket};
use sansocket::{
    Cause, CloseCode, CloseFrame, Config, Connection, Error, Event, Initiator, Input, Kind, Limits,
    Negotiated, OwnedMessage, ProtocolError, Seed, Sender, TimedOut, Timeouts, Timestamp, Url,
    client,
};

/// A stream which reads what the test says, and notes each write.
#[derive(Default)]
struct Script {
    reads: VecDeque<io::Result<Vec<u8>>>,
    writes: Vec<Written>,
    /// The most bytes that one write takes.
    most: Option<usize>,
    /// How many bytes it takes before it fails for ever, if it does.
    breaks_after: Option<usize>,
    /// Whether every other write fails with `Interrupted`.
    is_nervous: bool,
    calls: usize,
    /// How many writes had been made when the stream was flushed.
    flushed: usize,
}

/// One write: its bytes, and where the last slice of them lay.
struct Written {
    bytes: Vec<u8>,
    address: usize,
}

impl Script {
    fn new(reads: impl IntoIterator<Item = Vec<u8>>) -> Self {
        Self { reads: reads.into_iter().map(Ok).collect(), ..Self::default() }
    }

    fn failing(kind: ErrorKind) -> Self {
        Self { reads: [Err(kind.into())].into(), ..Self::default() }
    }

    fn written(&self) -> Vec<u8> {
        self.writes.iter().flat_map(|write| write.bytes.clone()).collect()
    }
}

impl Read for Script {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(read) = self.reads.pop_front() else { return Ok(0) };
        let bytes = read?;
        let count = bytes.len().min(buffer.len());
        buffer[..count].copy_from_slice(&bytes[..count]);
        if count < bytes.len() {
            self.reads.push_front(Ok(bytes[count..].to_vec()));
        }
        Ok(count)
    }
}

impl Write for Script {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(bytes)])
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.calls += 1;
        if self.is_nervous && self.calls % 2 == 1 {
            return Err(ErrorKind::Interrupted.into());
        }
        let mut most = self.most.unwrap_or(usize::MAX);
        if let Some(breaks_after) = self.breaks_after {
            most = most.min(breaks_after - self.written().len());
            if most == 0 {
                return Err(ErrorKind::BrokenPipe.into());
            }
        }
        let bytes: Vec<u8> = slices.iter().flat_map(|slice| slice.to_vec()).take(most).collect();
        let count = bytes.len();
        let address = slices.last().map_or(0, |slice| slice.as_ptr() as usize);
        self.writes.push(Written { bytes, address });
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.flushed = self.writes.len();
        Ok(())
    }
}

fn over(script: Script, connection: Connection) -> WebSocket<Untimed<Script>> {
    WebSocket::from_parts(Untimed(script), connection)
}

fn server(config: Arc<Config>) -> Connection {
    Connection::open_server(Negotiated::new(), config, Timestamp::default())
}

fn client(seed: u8) -> Connection {
    let seed = Seed::new([seed; 32]);
    Connection::open_client(Negotiated::new(), Arc::default(), seed, Timestamp::default())
}

fn server_over(script: Script) -> WebSocket<Untimed<Script>> {
    over(script, server(Arc::default()))
}

fn client_over(script: Script) -> WebSocket<Untimed<Script>> {
    over(script, client(1))
}

/// What a client sends, as the bytes on the wire.
fn from_client(act: impl Fn(&mut Sender)) -> Vec<u8> {
    let mut sender = client(2).split().1;
    act(&mut sender);
    taken(&mut sender)
}

/// Takes all that a sender has to write.
fn taken(sender: &mut Sender) -> Vec<u8> {
    let mut all = Vec::new();
    while !sender.transmit().is_empty() {
        all.extend_from_slice(sender.transmit());
        let count = sender.transmit().len();
        sender.transmitted(count, Timestamp::default());
    }
    all
}

/// Sends back every message until there are no more.
fn echo<S: Stream>(socket: &mut WebSocket<S>) -> Result<usize, Error> {
    let mut count = 0;
    while let Some((event, sender)) = socket.next_event()? {
        count += 1;
        match event {
            Event::Text(text) => sender.send(text)?,
            Event::Binary(bytes) => sender.send(bytes)?,
            _ => count -= 1,
        }
    }
    Ok(count)
}

#[test]
fn what_is_sent_does_not_stay_in_the_stream() {
    let mut socket = server_over(Script::default());
    for size in [1, 64 << 10] {
        socket.send(vec![0; size]).unwrap();
        let Script { writes, flushed, .. } = &socket.get_ref().0;
        assert_eq!(*flushed, writes.len(), "{size}");
    }
}

#[test]
fn the_replies_to_one_read_leave_in_one_write() {
    let wire = from_client(|sender| {
        for text in ["one", "two", "three"] {
            sender.send(text).unwrap();
        }
    });
    let mut socket = server_over(Script::new([wire]));
    assert!(echo(&mut socket).is_err(), "there is no close frame");
    assert_eq!(socket.get_ref().0.writes.len(), 1, "one write for all of it");
    assert_eq!(socket.get_ref().0.written(), b"\x81\x03one\x81\x03two\x81\x05three");
}

#[test]
fn a_large_message_leaves_a_server_from_where_it_lies() {
    let large = vec![7; 100_000];
    let mut socket = server_over(Script::default());
    socket.send(&large).unwrap();
    let write = &socket.get_ref().0.writes[0];
    assert_eq!(write.address, large.as_ptr() as usize, "not a copy");
    assert_eq!(write.bytes.len(), 10 + large.len());
}

#[test]
#[cfg(feature = "deflate")]
fn a_large_message_is_compressed_if_that_was_agreed_to() {
    use sansocket::deflate::{Agreement, Compression};

    let agreement = Agreement::parse("").unwrap();
    let negotiated = Negotiated::new().with_compression(agreement, Compression::default());
    let connection = Connection::open_server(negotiated, Arc::default(), Timestamp::default());
    let mut socket = over(Script::default(), connection);
    socket.send(vec![7; 100_000]).unwrap();
    let written = socket.get_ref().0.written();
    assert!(written[0] == 0xc2 && written.len() < 1000, "{} bytes", written.len());
}

#[test]
fn short_and_interrupted_writes_lose_nothing() {
    for (size, most) in [(10, 1), (10, 3), (100_000, 1), (100_000, 4096)] {
        let payload = vec![b'x'; size];
        let script = Script { most: Some(most), is_nervous: true, ..Script::default() };
        let mut socket = server_over(script);
        socket.send("before").unwrap();
        socket.send(&payload).unwrap();
        let mut sender = server(Arc::default()).split().1;
        sender.send("before").unwrap();
        sender.send(&payload).unwrap();
        let expected = taken(&mut sender);
        assert_eq!(socket.get_ref().0.written(), expected, "{size} bytes, {most} at a time");
    }
}

#[test]
fn an_interrupted_read_is_tried_again() {
    let mut script = Script::new([from_client(|sender| sender.send("text").unwrap())]);
    script.reads.push_front(Err(ErrorKind::Interrupted.into()));
    let mut socket = server_over(script);
    assert_eq!(socket.receive().unwrap(), Some(OwnedMessage::Text("text".into())));
}

/// C-16, C-33: an end without a close frame is told as an error, once, and accounted for.
#[test]
fn a_transport_that_ends_early_is_an_error_and_then_the_end() {
    let ends = [
        (Script::new([b"\x81".to_vec()]), ErrorKind::UnexpectedEof),
        (Script::failing(ErrorKind::ConnectionReset), ErrorKind::ConnectionReset),
    ];
    for (script, kind) in ends {
        let mut socket = server_over(script);
        let outcome = socket.next_event().map(drop);
        assert!(matches!(&outcome, Err(Error::Io(error)) if error.kind() == kind), "{outcome:?}");
        assert!(socket.next_event().unwrap().is_none());
        let ended = socket.ended().unwrap();
        assert_eq!((ended.code(), ended.cause), (1006, Cause::TransportEnded));
        assert_eq!((ended.sent, ended.received), (CloseFrame::Absent, CloseFrame::Absent));
    }
}

/// C-16, C-33: wherever a stream breaks that is written to, what came is seen: messages, and a close frame,
/// after which the transport may end in whatever way.
#[test]
fn what_came_is_seen_though_nothing_can_be_written() {
    let texts = ["one", "two", "three"];
    let read = |text| from_client(|sender| sender.send(text).unwrap());
    let close = from_client(|sender| sender.close(CloseCode::GOING_AWAY, "").unwrap());
    let echoed: usize = texts.map(|text| text.len() + 2).iter().sum();
    for (is_closing, breaks_after) in (0..echoed).flat_map(|at| [(false, at), (true, at)]) {
        let reads = texts.map(read).into_iter().chain(is_closing.then(|| close.clone()));
        let script = Script { breaks_after: Some(breaks_after), ..Script::new(reads) };
        let mut socket = server_over(script);
        let mut seen = Vec::new();
        let outcome = loop {
            match socket.next_event() {
                Ok(Some((Event::Text(text), sender))) => {
                    sender.send(text).unwrap();
                    seen.push(text.to_owned());
                }
                Ok(Some(_)) => {}
                Ok(None) => break Ok(()),
                Err(Error::Io(error)) => break Err(error.kind()),
                Err(error) => panic!("{error}"),
            }
        };
        assert_eq!(seen, texts, "broken after {breaks_after}");
        let expected = if is_closing { Ok(()) } else { Err(ErrorKind::BrokenPipe) };
        assert_eq!(outcome, expected, "broken after {breaks_after}");
        assert!(socket.next_event().unwrap().is_none(), "an error is told once");
        let ended = socket.ended().unwrap();
        assert_eq!((ended.sent, ended.cause), (CloseFrame::Absent, Cause::TransportEnded));
        assert_eq!(ended.code(), if is_closing { 1001 } else { 1006 });
        let written = socket.get_ref().0.written();
        assert_eq!(written, b"\x81\x03one\x81\x03two\x81\x05three"[..breaks_after]);
        assert_eq!(socket.connection_mut().queued(), 0, "nothing waits that cannot be written");
    }
}

/// A close frame whose answer cannot be written is the end all the same.
#[test]
fn an_answer_to_a_close_frame_that_cannot_be_written_is_no_error() {
    for breaks_after in 0..4 {
        let close = from_client(|sender| sender.close(CloseCode::NORMAL, "").unwrap());
        let script = Script { breaks_after: Some(breaks_after), ..Script::new([close]) };
        let mut socket = server_over(script);
        assert!(socket.receive().unwrap().is_none());
        let ended = socket.ended().unwrap();
        assert_eq!((ended.code(), ended.initiator), (1000, Some(Initiator::Peer)));
    }
}

/// Nor is it read for ever, however much more comes.
#[test]
fn a_stream_that_cannot_be_written_is_read_no_longer_than_its_end_may_take() {
    let read = || from_client(|sender| sender.send("text").unwrap());
    let script =
        Script { breaks_after: Some(0), ..Script::new(std::iter::repeat_with(read).take(1000)) };
    let config = Config::new().timeouts(Timeouts::new().end(Duration::ZERO)).shared();
    let mut socket = over(script, server(config));
    let outcome = echo(&mut socket);
    assert!(matches!(&outcome, Err(Error::Io(error)) if error.kind() == ErrorKind::BrokenPipe));
    assert_eq!(socket.get_ref().0.reads.len(), 998);
}

/// C-33: who sends is told at once, of small messages and large ones, and can go on to receive.
#[test]
fn a_message_that_cannot_be_written_is_an_error_and_what_came_is_seen() {
    for (len, breaks_after) in [(5, 0), (5, 6), (100_000, 0), (100_000, 3), (100_000, 50_000)] {
        let last = from_client(|sender| {
            sender.send("last words").unwrap();
            sender.close(None, "").unwrap();
        });
        let script = Script { breaks_after: Some(breaks_after), ..Script::new([last]) };
        let mut socket = server_over(script);
        for kind in [ErrorKind::BrokenPipe, ErrorKind::NotConnected] {
            let outcome = socket.send(vec![7; len]);
            assert!(
                matches!(&outcome, Err(Error::Io(error)) if error.kind() == kind),
                "{outcome:?}"
            );
        }
        assert!(matches!(socket.ping(), Err(Error::Io(_))));
        assert!(matches!(socket.flush(), Err(Error::Io(_))));
        assert_eq!(socket.receive().unwrap(), Some("last words".to_owned().into()));
        assert_eq!(socket.receive().unwrap(), None);
        let ended = socket.ended().unwrap();
        assert_eq!((ended.sent, ended.code()), (CloseFrame::Absent, 1005));
        assert_eq!(
            socket.get_ref().0.written().len(),
            breaks_after,
            "nothing follows half a frame"
        );
    }
}

/// I-06, C-23: what was valid is delivered, the peer is told, and all of it is explained.
#[test]
fn a_violation_is_told_to_both_sides_after_what_was_valid() {
    let faults: [(&[u8], ProtocolError, u16); 2] = [
        (b"\x83\x80\0\0\0\0", ProtocolError::ReservedOpcode, 1002),
        (b"\x81\x81\0\0\0\0\xff", ProtocolError::InvalidUtf8, 1007),
    ];
    for (fault, error, code) in faults {
        let mut wire = from_client(|sender| sender.send("valid").unwrap());
        wire.extend(fault);
        let mut socket = server_over(Script::new([wire]));
        assert_eq!(socket.receive().unwrap(), Some(OwnedMessage::Text("valid".into())));
        let (event, _) = socket.next_event().unwrap().unwrap();
        assert_eq!(event, Event::Violation(error));
        let [high, low] = code.to_be_bytes();
        assert_eq!(socket.get_ref().0.written(), [0x88, 2, high, low], "written before it is told");
        let outcome = socket.next_event().map(drop);
        assert!(matches!(outcome, Err(Error::Protocol(seen)) if seen == error), "{outcome:?}");
        assert!(socket.next_event().unwrap().is_none(), "an error is told once");
        let ended = socket.ended().unwrap();
        assert_eq!(ended.cause, Cause::Violation(error));
        assert_eq!(ended.sent, CloseFrame::Code(CloseCode::new(code).unwrap()));
        assert_eq!((ended.initiator, ended.is_clean()), (Some(Initiator::Us), false));
    }
}

/// C-20: the server ends the transport after both close frames, without waiting for the client.
#[test]
fn a_server_is_done_with_the_closing_handshake() {
    let close = from_client(|sender| sender.close(CloseCode::NORMAL, "bye").unwrap());
    let mut script = Script::new([close]);
    script.reads.push_back(Err(io::Error::other("nobody reads on")));
    let mut socket = server_over(script);
    let (event, _) = socket.next_event().unwrap().unwrap();
    assert!(matches!(event, Event::Close(close) if close.reason == "bye"));
    assert!(socket.next_event().unwrap().is_none());
    let ended = socket.ended().unwrap();
    assert!(ended.is_clean());
    assert_eq!((ended.code(), ended.initiator), (1000, Some(Initiator::Peer)));
    assert_eq!(socket.get_ref().0.written(), b"\x88\x02\x03\xe8");
}

/// C-21: a client waits for the server to end the transport, in whatever way.
#[test]
fn a_client_reads_on_until_the_server_ends_the_transport() {
    let reset = || Err(ErrorKind::ConnectionReset.into());
    for end in [Ok(Vec::new()), reset()] {
        let mut script = Script::new([b"\x88\x02\x03\xe8".to_vec()]);
        script.reads.push_back(end);
        let mut socket = client_over(script);
        socket.close(CloseCode::NORMAL, "").unwrap();
        assert!(socket.get_ref().0.reads.is_empty());
        let ended = socket.ended().unwrap();
        assert!(ended.is_clean());
        assert_eq!(ended.initiator, Some(Initiator::Us));
    }
}

#[test]
fn a_message_in_parts_is_received_whole() {
    let wire = from_client(|sender| {
        sender.send_part("dö").unwrap();
        sender.send_part("n").unwrap();
        sender.send_last("e").unwrap();
    });
    for cut in 1..wire.len() {
        for is_streaming in [false, true] {
            let (head, tail) = wire.split_at(cut);
            let mut socket = server_over(Script::new([head.to_vec(), tail.to_vec()]));
            socket.connection_mut().set_streaming(is_streaming);
            assert_eq!(socket.receive().unwrap(), Some(OwnedMessage::Text("döne".into())));
        }
    }
}

// Over TCP. What all adapters do alike is in `conversations`.

#[test]
fn what_was_taken_apart_can_be_driven_by_hand() {
    between(
        |stream| {
            let (stream, connection) = accept(stream, Arc::default()).into_parts();
            drive(stream, connection);
        },
        |address| {
            let mut socket =
                WebSocket::connect(&format!("ws://{address}/"), Arc::default()).unwrap();
            for message in ["one", "two"] {
                socket.send(message).unwrap();
                assert_eq!(socket.receive().unwrap(), Some(OwnedMessage::from(message)));
                // What has been used is no different.
                let (stream, connection) = socket.into_parts();
                socket = WebSocket::from_parts(stream, connection);
            }
            socket.send("three").unwrap();
            let (stream, connection) = socket.into_parts();
            drive(stream, connection);
        },
    );
}

/// Sends back one message after the other, until the third has been received.
fn drive(mut stream: impl Read + Write, mut connection: Connection) {
    let mut input = Input::new(vec![0; 1024]);
    loop {
        let mut is_over = false;
        while let Some(event) = connection.next_event(&mut input) {
            let Event::Text(text) = event else { panic!("{event:?}") };
            is_over |= text == "three";
            connection.send(text).unwrap();
        }
        stream.write_all(&taken(&mut connection)).unwrap();
        if is_over {
            return;
        }
        let mut spare = connection.spare(&mut input);
        let count = stream.read(spare.buffer()).unwrap();
        assert!(count > 0, "nothing was read");
        spare.filled(count, Timestamp::default());
    }
}

/// Accepts what is asked for.
fn accept(stream: TcpStream, config: Arc<Config>) -> WebSocket<TcpStream> {
    let incoming = WebSocket::receive_request(stream, config).unwrap();
    let Incoming::Opening(opening) = incoming else { panic!("{incoming:?}") };
    opening.accept().unwrap()
}

fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    (listener, address)
}

/// Runs `serve` on the first connection, beside `connect` with the address to connect to.
fn between<T: Send>(serve: impl FnOnce(TcpStream) -> T + Send, connect: impl FnOnce(&str)) -> T {
    let (listener, address) = listen();
    thread::scope(|scope| {
        let server = scope.spawn(move || serve(listener.accept().unwrap().0));
        connect(&address);
        server.join().unwrap()
    })
}

/// What a server answers to these bytes, up to the end of the stream.
fn ask(address: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    response
}

/// H-S-16, I-08: its bytes are there for whoever serves it.
#[test]
fn a_request_for_something_else_is_handed_back_untouched() {
    const REQUEST: &[u8] = b"POST /form HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody";
    let (listener, address) = listen();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(REQUEST).unwrap();
    let accepted = listener.accept().unwrap().0;
    accepted.set_read_timeout(Some(Duration::from_secs(77))).unwrap();
    let incoming = WebSocket::receive_request(accepted, Arc::default()).unwrap();
    let Incoming::Http(request) = incoming else { panic!("no handshake") };
    assert_eq!((request.head().method(), request.head().target()), ("POST", "/form"));
    let (mut stream, mut bytes) = request.into_parts();
    assert_eq!(stream.read_timeout().unwrap(), Some(Duration::from_secs(77)));
    assert_eq!(stream.write_timeout().unwrap(), None);
    while bytes.len() < REQUEST.len() {
        let mut buffer = [0; 100];
        let count = stream.read(&mut buffer).unwrap();
        bytes.extend(&buffer[..count]);
    }
    assert_eq!(bytes, REQUEST);
}

#[test]
fn a_bad_request_is_answered_by_the_adapter() {
    let accept = |stream| WebSocket::accept(stream, Arc::default()).map(drop);
    let requests = [("Hello\r\n\r\n", "400"), ("GET / HTTP/1.1\r\nHost: h\r\n\r\n", "426")];
    for (request, status) in requests {
        let outcome = between(accept, |address| {
            let response = ask(address, request);
            assert!(response.starts_with(&format!("HTTP/1.1 {status} ")), "{response}");
        });
        assert!(matches!(outcome, Err(Error::Handshake(_))), "{outcome:?}");
    }
}

fn impatient() -> Arc<Config> {
    let short = Duration::from_millis(50);
    let timeouts = Timeouts::new().opening(short).idle(short).pong(short).close(short).end(short);
    Config::new().timeouts(timeouts).shared()
}

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Version: 13\r\n\r\n";

/// A server, and a bare stream which has opened a connection to it.
fn with_mute_client() -> (WebSocket<TcpStream>, TcpStream) {
    let (listener, address) = listen();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(REQUEST).unwrap();
    let accepted = listener.accept().unwrap().0;
    (accept(accepted, impatient()), stream)
}

/// C-22.
#[test]
fn a_close_frame_that_is_not_answered_times_out() {
    let (mut socket, _stream) = with_mute_client();
    let outcome = socket.close(CloseCode::GOING_AWAY, "");
    assert!(matches!(outcome, Err(Error::TimedOut(TimedOut::Close))), "{outcome:?}");
    let ended = socket.ended().unwrap();
    assert_eq!(ended.sent, CloseFrame::Code(CloseCode::GOING_AWAY));
    assert_eq!((ended.code(), ended.is_clean()), (1006, false));
}

/// a peer that never reads cannot hold us for ever.
#[test]
fn a_write_that_nobody_reads_times_out() {
    let (mut socket, _stream) = with_mute_client();
    let outcome = socket.send(vec![0; 64 << 20]);
    assert!(matches!(outcome, Err(Error::TimedOut(TimedOut::Blocked))), "{outcome:?}");
    assert!(socket.send("more").is_err(), "nothing follows half a frame");
    let cause = socket.ended().map(|ended| ended.cause);
    assert_eq!(cause, Some(Cause::TimedOut(TimedOut::Blocked)));
}

/// A client that has opened a connection by hand, and the server's end of it.
fn with_bare_client(config: Arc<Config>) -> (WebSocket<TcpStream>, TcpStream) {
    let (listener, address) = listen();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    stream.write_all(REQUEST).unwrap();
    let socket = accept(listener.accept().unwrap().0, config);
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    (socket, stream)
}

fn is_of_kind<T>(outcome: &Result<T, Error>, kind: ErrorKind) -> bool {
    matches!(outcome, Err(Error::Io(error)) if error.kind() == kind)
}

/// A ping and what follows it in one read: the pong does not wait for the application.
#[test]
fn a_pong_is_written_before_the_next_event_is_given_out() {
    let mut wire = from_client(|sender| sender.ping(b"ping").unwrap());
    wire.extend(from_client(|sender| {
        for text in ["one", "two"] {
            sender.send(text).unwrap();
        }
    }));
    let mut socket = server_over(Script::new([wire]));
    assert!(matches!(socket.next_event().unwrap(), Some((Event::Ping(b"ping"), _))));
    assert_eq!(socket.get_ref().0.written(), b"\x8a\x04ping");
    // Replies of the application wait until the stream would be read.
    for text in ["one", "two"] {
        let (event, sender) = socket.next_event().unwrap().unwrap();
        assert_eq!(event, Event::Text(text));
        sender.send(text).unwrap();
        assert_eq!(socket.get_ref().0.writes.len(), 1);
    }
    assert!(socket.next_event().is_err(), "there is no close frame");
    assert_eq!(socket.get_ref().0.writes[1].bytes, b"\x81\x03one\x81\x03two");
}

#[test]
fn the_reply_to_a_close_frame_is_written_before_the_event_is_given_out() {
    let close = from_client(|sender| sender.close(CloseCode::GOING_AWAY, "").unwrap());
    let mut socket = server_over(Script::new([close]));
    assert!(matches!(socket.next_event().unwrap(), Some((Event::Close(_), _))));
    assert_eq!(socket.get_ref().0.written(), b"\x88\x02\x03\xe9");
}

#[test]
fn a_violation_is_reported_at_once_by_receive_though_the_peer_stays() {
    let (mut socket, mut peer) = with_bare_client(Arc::default());
    peer.write_all(b"\x83\x80\0\0\0\0").unwrap();
    let start = Instant::now();
    let outcome = socket.receive();
    assert!(matches!(outcome, Err(Error::Protocol(ProtocolError::ReservedOpcode))), "{outcome:?}");
    assert!(start.elapsed() < Duration::from_secs(2));
    let mut close = [0; 4];
    peer.read_exact(&mut close).unwrap();
    assert_eq!(close, *b"\x88\x02\x03\xea");
    drop(peer);
    assert_eq!(socket.receive().unwrap(), None, "an error is reported once");
}

#[test]
fn messages_behind_our_close_frame_are_given_to_who_goes_on() {
    let late = || {
        let mut wire = from_client(|sender| sender.send("one").unwrap());
        wire.extend(from_client(|sender| sender.close(CloseCode::NORMAL, "").unwrap()));
        wire
    };
    let mut socket = server_over(Script::new([late()]));
    socket.connection_mut().close(CloseCode::NORMAL, "").unwrap();
    assert_eq!(socket.receive().unwrap(), Some("one".into()));
    assert_eq!(socket.receive().unwrap(), None);
    let mut socket = server_over(Script::new([late()]));
    socket.close(CloseCode::NORMAL, "").unwrap();
    assert!(socket.ended().unwrap().is_clean());
}

/// What is sent is in the hands of the operating system when `send` returns.
#[test]
fn a_message_is_sent_once_the_stream_has_taken_it() {
    const SIZE: usize = 16 << 20;
    let (mut socket, mut peer) = with_bare_client(Arc::default());
    let reader = thread::spawn(move || {
        let mut bytes = Vec::new();
        peer.read_to_end(&mut bytes).unwrap();
        bytes.len()
    });
    socket.send(vec![7; SIZE]).unwrap();
    assert_eq!(socket.connection_mut().queued(), 0);
    drop(socket);
    assert_eq!(reader.join().unwrap(), SIZE + 10);
}

#[test]
fn a_timed_receive_returns_in_time_and_loses_nothing() {
    let (mut socket, mut peer) = with_bare_client(Arc::default());
    socket.connection_mut().set_streaming(true);
    let message = from_client(|sender| sender.send("in two pieces").unwrap());
    for byte in message {
        let start = Instant::now();
        let outcome = socket.receive_timeout(Duration::from_millis(5));
        assert!(is_of_kind(&outcome, ErrorKind::TimedOut), "{outcome:?}");
        assert!(start.elapsed() < Duration::from_secs(1));
        peer.write_all(&[byte]).unwrap();
    }
    let outcome = socket.receive_timeout(Duration::from_secs(10));
    assert_eq!(outcome.unwrap(), Some("in two pieces".into()));
    // Streaming is as it was.
    peer.write_all(&from_client(|sender| sender.send("parts").unwrap())).unwrap();
    assert!(matches!(socket.next_event().unwrap(), Some((Event::Part { .. }, _))));
}

/// A message of which `receive` has read the beginning stays whole, wherever it is received next.
#[test]
fn a_message_in_progress_moves_with_the_parts() {
    let (mut socket, mut peer) = with_bare_client(Arc::default());
    socket.connection_mut().set_streaming(true);
    peer.write_all(b"\x01\x83\0\0\0\0one").unwrap();
    let outcome = socket.receive_timeout(Duration::from_millis(100));
    assert!(is_of_kind(&outcome, ErrorKind::TimedOut), "{outcome:?}");
    let (stream, connection) = socket.into_parts();
    let mut socket = WebSocket::from_parts(stream, connection);
    peer.write_all(b"\x80\x83\0\0\0\0two").unwrap();
    let (event, _) = socket.next_event().unwrap().unwrap();
    assert_eq!(event, Event::Text("onetwo"));
}

/// Events that were read and not taken are not lost.
#[test]
fn unread_events_move_with_the_parts() {
    let wire = from_client(|sender| {
        for text in ["one", "two", "three"] {
            sender.send(text).unwrap();
        }
    });
    let mut socket = server_over(Script::new([wire]));
    for text in ["one", "two", "three"] {
        assert_eq!(socket.receive().unwrap(), Some(text.into()));
        let (stream, connection) = socket.into_parts();
        socket = WebSocket::from_parts(stream, connection);
    }
}

#[test]
fn a_stream_gets_back_the_timeouts_that_it_had() {
    let (socket, _peer) = with_bare_client(Arc::default());
    let (stream, _) = socket.into_parts();
    assert_eq!((stream.read_timeout().unwrap(), stream.write_timeout().unwrap()), (None, None));
    stream.set_read_timeout(Some(Duration::from_secs(7))).unwrap();
    stream.set_write_timeout(Some(Duration::from_secs(8))).unwrap();
    let mut socket = WebSocket::from_parts(stream, server(Arc::default()));
    socket.send("text").unwrap();
    let _ = socket.receive_timeout(Duration::from_millis(1));
    let (stream, _) = socket.into_parts();
    assert_eq!(stream.read_timeout().unwrap(), Some(Duration::from_secs(7)));
    assert_eq!(stream.write_timeout().unwrap(), Some(Duration::from_secs(8)));
}

#[test]
fn a_stream_that_does_not_block_fails_at_once_and_can_be_called_again() {
    let (mut socket, mut peer) = with_bare_client(Arc::default());
    socket.get_ref().set_nonblocking(true).unwrap();
    let start = Instant::now();
    for byte in from_client(|sender| sender.send("text").unwrap()) {
        let outcome = socket.receive();
        assert!(is_of_kind(&outcome, ErrorKind::WouldBlock), "{outcome:?}");
        peer.write_all(&[byte]).unwrap();
    }
    let message = loop {
        match socket.receive() {
            Ok(message) => break message,
            outcome => assert!(is_of_kind(&outcome, ErrorKind::WouldBlock), "{outcome:?}"),
        }
    };
    assert_eq!(message, Some("text".into()));
    assert!(start.elapsed() < Duration::from_secs(5), "no call blocks");
    // A message that is not taken at once is queued.
    let outcome = socket.send(vec![7; 16 << 20]);
    assert!(is_of_kind(&outcome, ErrorKind::WouldBlock), "{outcome:?}");
    let reader = thread::spawn(move || {
        let mut bytes = vec![0; 10 + (16 << 20)];
        peer.read_exact(&mut bytes).unwrap();
        bytes[10..].iter().all(|&byte| byte == 7)
    });
    while is_of_kind(&socket.flush(), ErrorKind::WouldBlock) {
        thread::sleep(Duration::from_millis(1));
    }
    assert!(reader.join().unwrap());
}

/// `Timeouts::idle` and then `Timeouts::pong`, whatever came before.
#[test]
fn silence_is_noticed_on_time() {
    const TIMEOUT: Duration = Duration::from_millis(400);
    let timeouts = Timeouts::new().idle(TIMEOUT).pong(TIMEOUT);
    for is_blocking in [true, false] {
        let (mut socket, mut peer) = with_bare_client(Config::new().timeouts(timeouts).shared());
        let start = Instant::now();
        peer.write_all(&from_client(|sender| sender.send("text").unwrap())).unwrap();
        assert_eq!(socket.receive().unwrap(), Some("text".into()));
        socket.get_ref().set_nonblocking(!is_blocking).unwrap();
        let outcome = loop {
            match socket.receive() {
                outcome if is_of_kind(&outcome, ErrorKind::WouldBlock) => {
                    thread::sleep(Duration::from_millis(1));
                }
                outcome => break outcome,
            }
        };
        assert!(matches!(outcome, Err(Error::TimedOut(TimedOut::Silence))), "{outcome:?}");
        let late = start.elapsed().checked_sub(2 * TIMEOUT).expect("not before its time");
        assert!(late < Duration::from_millis(300), "late by {late:?}");
    }
}

/// Of a request that is decided on late, nobody is blamed.
#[test]
fn the_time_of_a_decision_does_not_count() {
    let config = Config::new().timeouts(Timeouts::new().opening(Duration::from_millis(50)));
    let (listener, address) = listen();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(REQUEST).unwrap();
    let accepted = listener.accept().unwrap().0;
    let incoming = WebSocket::receive_request(accepted, config.shared()).unwrap();
    let Incoming::Opening(opening) = incoming else { panic!("{incoming:?}") };
    thread::sleep(Duration::from_millis(100));
    opening.accept().unwrap().send("welcome").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 101 ") && answer.ends_with(b"welcome"));
}

#[test]
fn a_client_that_is_gone_without_a_close_frame_is_called_so() {
    let (mut socket, peer) = with_bare_client(Arc::default());
    drop(peer);
    let error = socket.receive().unwrap_err();
    assert_eq!(error.to_string(), "peer ended the connection without a close frame");
}

/// Both ends send more than the operating system holds, while both receive.
#[test]
fn halves_send_and_receive_at_the_same_time() {
    const COUNT: usize = 200;
    let talk = |socket: WebSocket<TcpStream>| {
        let (mut reader, writer) = socket.split().unwrap();
        thread::scope(|scope| {
            for _ in 0..2 {
                let writer = writer.clone();
                scope.spawn(move || {
                    for _ in 0..COUNT {
                        writer.send(vec![7; 60_000]).unwrap();
                    }
                });
            }
            for _ in 0..2 * COUNT {
                assert_eq!(reader.receive().unwrap().map(|message| message.len()), Some(60_000));
            }
        });
        (reader, writer)
    };
    between(
        |stream| {
            let (mut reader, _writer) = talk(accept(stream, Arc::default()));
            assert_eq!(reader.receive().unwrap(), None);
            assert_eq!(&*reader.ended().unwrap().reason, "enough");
        },
        |address| {
            let (mut reader, writer) = talk(connect_over_tcp(address, &Arc::default()));
            writer.close(CloseCode::NORMAL, "enough").unwrap();
            assert_eq!(reader.receive().unwrap(), None);
            assert!(reader.ended().unwrap().is_clean());
        },
    );
}

/// A reader that waits for a message answers pings, and what is sent meanwhile leaves.
#[test]
fn a_reader_answers_pings_while_others_send() {
    let (socket, mut peer) = with_bare_client(Arc::default());
    let (mut reader, writer) = socket.split().unwrap();
    thread::scope(|scope| {
        let received = scope.spawn(move || reader.receive().unwrap());
        writer.send("hello").unwrap();
        let mut bytes = [0; 7];
        peer.read_exact(&mut bytes).unwrap();
        assert_eq!(&bytes, b"\x81\x05hello");
        peer.write_all(&from_client(|sender| sender.ping(b"12345").unwrap())).unwrap();
        peer.read_exact(&mut bytes).unwrap();
        assert_eq!(&bytes, b"\x8a\x0512345");
        peer.write_all(&from_client(|sender| sender.send("done").unwrap())).unwrap();
        assert_eq!(received.join().unwrap(), Some("done".into()));
    });
}

/// A writer that nobody reads does not keep a reader from receiving.
#[test]
fn a_reader_goes_on_while_a_writer_is_blocked() {
    let (socket, mut peer) = with_bare_client(Arc::default());
    let (mut reader, writer) = socket.split().unwrap();
    thread::scope(|scope| {
        let sent = scope.spawn(move || writer.send(vec![7; 16 << 20]));
        thread::sleep(Duration::from_millis(50));
        for _ in 0..100 {
            peer.write_all(&from_client(|sender| sender.send("text").unwrap())).unwrap();
            assert_eq!(reader.receive().unwrap(), Some("text".into()));
        }
        assert!(!sent.is_finished());
        let mut bytes = vec![0; 10 + (16 << 20)];
        peer.read_exact(&mut bytes).unwrap();
        sent.join().unwrap().unwrap();
    });
}

#[test]
fn halves_notice_silence() {
    let (socket, _peer) = with_bare_client(impatient());
    let (mut reader, writer) = socket.split().unwrap();
    let outcome = reader.receive();
    assert!(matches!(outcome, Err(Error::TimedOut(TimedOut::Silence))), "{outcome:?}");
    assert!(matches!(writer.send("text"), Err(Error::Send(_))));
}

#[test]
fn a_host_of_which_one_address_is_closed_is_reached_by_another() {
    // Both families stand for this name, but only one of them listens.
    let (listener, address) = listen();
    let port = address.rsplit(':').next().unwrap().to_owned();
    let server = thread::spawn(move || accept(listener.accept().unwrap().0, Arc::default()));
    WebSocket::connect(&format!("ws://localhost:{port}/"), Arc::default()).unwrap();
    server.join().unwrap();
}

/// Nobody is asked, as the port of the URL is closed.
#[cfg(not(feature = "rustls"))]
#[test]
fn a_secure_url_names_the_feature_that_it_needs() {
    let error = WebSocket::connect("wss://127.0.0.1:1/", Arc::default()).unwrap_err();
    let expected = "wss:// URLs and https:// proxies need the feature rustls";
    assert_eq!(error.to_string(), expected);
}

/// A client over a stream that was opened elsewhere.
fn connect_over_tcp(address: &str, config: &Arc<Config>) -> WebSocket<TcpStream> {
    let (stream, url) = (TcpStream::connect(address).unwrap(), format!("ws://{address}/"));
    let request = client::Request::new(Url::parse(&url).unwrap());
    WebSocket::connect_over(stream, request, Arc::clone(config)).unwrap().0
}

/// Both ends of a connection over TCP.
fn two_ends(config: &Arc<Config>) -> [WebSocket<TcpStream>; 2] {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::scope(|scope| {
        let server = scope
            .spawn(|| WebSocket::accept(listener.accept().unwrap().0, Arc::clone(config)).unwrap());
        [connect_over_tcp(&address, config), server.join().unwrap()]
    })
}

/// `copy` writes 8 KiB at a time, which would be 640 frames.
#[test]
fn a_file_is_copied_through_a_message_of_long_frames() {
    let file: Vec<u8> = (0..5 << 20).map(|at: u32| at.to_le_bytes()[1] ^ 0x5a).collect();
    let config = Config::new().limits(Limits::new().fragments(82)).shared();
    let [mut client, mut server] = two_ends(&config);
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut message = client.message_writer();
            io::copy(&mut &file[..], &mut message).unwrap();
            message.finish().unwrap();
            message.finish().unwrap();
            client.send("the next").unwrap();
            assert!(client.receive().unwrap().unwrap().as_bytes() == file);
        });
        let mut seen = Vec::new();
        let mut message = server.message_reader().unwrap().unwrap();
        assert_eq!(message.kind(), Kind::Binary);
        io::copy(&mut message, &mut seen).unwrap();
        assert!(seen == file);
        assert_eq!(server.receive().unwrap(), Some("the next".into()));
        let (_reader, writer) = server.split().unwrap();
        let mut message = writer.message_writer();
        io::copy(&mut &seen[..], &mut message).unwrap();
        message.finish().unwrap();
    });
}

#[test]
fn a_blocking_half_reads_what_was_flushed_before_the_message_ends() {
    let [mut client, server] = two_ends(&Arc::default());
    let (mut reader, _writer) = server.split().unwrap();
    let mut message = client.message_writer();
    for byte in b"abcdef" {
        assert_eq!(message.write(&[*byte]).unwrap(), 1);
    }
    message.flush().unwrap();
    let mut reading = reader.message_reader().unwrap().unwrap();
    let mut seen = [0; 6];
    reading.read_exact(&mut seen).unwrap();
    assert_eq!(&seen, b"abcdef");
    message.write_all(b"gh").unwrap();
    message.finish().unwrap();
    let mut rest = String::new();
    reading.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "gh");
}

#[test]
fn a_message_that_is_cut_off_is_an_error_of_the_stream() {
    let [mut client, mut server] = two_ends(&Arc::default());
    let mut message = client.message_writer();
    message.write_all(b"begun").unwrap();
    message.flush().unwrap();
    assert!(client.send("another").is_err());
    drop(client);
    let mut message = server.message_reader().unwrap().unwrap();
    let error = message.read_to_end(&mut Vec::new()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
    assert!(server.message_reader().unwrap().is_none());
}
