//! Properties of the opening handshake: bodies of fuzz targets, run by `cargo test` too.

use std::sync::Arc;

use sansocket::{
    Config, Connection, Ended, Event, HandshakeLimits, Headers, Input, Seed, Step, Url, client,
    server,
};

use crate::seen::Seen;
use crate::setup::START;

/// Whatever bytes come, however they are cut: the same events, account and well-formed answer.
///
/// The first byte says whether they come after the beginning of a valid request.
pub fn handshake_server(data: &[u8]) {
    let Some((&choice, data)) = data.split_first() else {
        return;
    };
    let stream = if choice % 2 == 0 { data.to_vec() } else { [REQUEST, data].concat() };
    let whole = serve(&stream, stream.len().max(1));
    if !whole.out.is_empty() {
        assert_well_formed(&whole.out);
    }
    for size in [1, 2, 3, 7, 61, usize::from(choice) + 1] {
        assert_eq!(serve(&stream, size), whole, "cut into {size}");
    }
}

/// Whatever bytes come, however they are cut: the same events and account, and a connection for one key only.
///
/// The first byte says whether they come after the beginning of a valid response.
pub fn handshake_client(data: &[u8]) {
    let Some((&choice, data)) = data.split_first() else {
        return;
    };
    let stream = if choice % 2 == 0 { data.to_vec() } else { [&valid_response(), data].concat() };
    let whole = ask(&stream, stream.len().max(1));
    let is_answered = stream.windows(28).any(|window| window == accept().as_bytes());
    let is_open = whole.events.iter().any(|event| matches!(event, Opening::Open { .. }));
    assert!(is_answered || !is_open, "open without an answer to the key");
    for size in [1, 2, 3, 7, 61, usize::from(choice) + 1] {
        assert_eq!(ask(&stream, size), whole, "cut into {size}");
    }
}

/// Whatever the caller adds is refused, or becomes the one header that it was meant to be.
pub fn no_header_can_be_injected(name: &str, value: &str, protocol: &str, url: &str, origin: &str) {
    let fallback = "ws://a";
    let mut request = client::Request::new(
        Url::parse(url).unwrap_or_else(|_| Url::parse(fallback).expect("it is valid")),
    );
    let mut expected = vec!["Host", "Upgrade", "Connection", "Sec-WebSocket-Key"];
    expected.push("Sec-WebSocket-Version");
    expected.extend(request.set_origin(origin).map(|()| "Origin"));
    expected.extend(request.add_protocol(protocol).map(|()| "Sec-WebSocket-Protocol"));
    expected.extend(request.add_header(name, value).map(|()| name));
    assert_eq!(names_of(&written(&mut request_of(request))), expected);

    let mut server = asked(&valid_request());
    let request = server.request().expect("it is there");
    let mut expected = vec!["Upgrade", "Connection", "Sec-WebSocket-Accept"];
    expected.extend(request.select_protocol(protocol).map(|()| "Sec-WebSocket-Protocol"));
    expected.extend(request.add_header(name, value).map(|()| name));
    server.accept();
    assert_eq!(names_of(&written(&mut server)), expected);

    let headers = [(name, value)];
    let body = value.as_bytes();
    if let Ok(response) = server::Response::new(404, &headers, body) {
        let mut server = asked(&valid_request());
        server.reject(response);
        let out = written(&mut server);
        let head = out.strip_suffix(body).expect("the body comes last");
        assert_eq!(names_of(head), ["Connection", name, "Content-Length"]);
    }
}

/// What a client says arrives at our server, and what that answers arrives back.
pub fn headers_round_trip(url: &str, protocols: &[String], headers: &[(String, String)]) {
    let Ok(url) = Url::parse(url) else {
        return;
    };
    let mut request = client::Request::new(url);
    let mut offered = protocols.to_vec();
    offered.truncate(64);
    offered.retain(|protocol| request.add_protocol(protocol).is_ok());
    let mut sent = headers.to_vec();
    sent.truncate(64);
    sent.retain(|(name, value)| request.add_header(name, value).is_ok());

    let mut client = request_of(request);
    let mut server = asked(&written(&mut client));
    let request = server.request().expect("it is there");
    let query = url.query().map_or(String::new(), |query| format!("?{query}"));
    assert_eq!(request.target(), format!("{}{query}", url.path()));
    assert_eq!(request.authority().to_string(), url.authority().to_string());
    assert!(request.protocols().eq(offered.iter().map(String::as_str)));
    let received = request.headers().iter().skip(5 + usize::from(!offered.is_empty()));
    assert!(received.eq(sent.iter().map(|(name, value)| (name.as_str(), value.as_bytes()))));

    let selected = offered.last().map(String::as_str);
    assert!(selected.is_none_or(|protocol| request.select_protocol(protocol).is_ok()));
    sent.retain(|(name, value)| request.add_header(name, value).is_ok());
    server.accept();
    assert_eq!(server.send(""), Ok(()));
    let mut input = Input::default();
    client.receive(&mut input, written(&mut server), START);
    assert_eq!(client.next_event(&mut input), Some(Event::Open), "our own 101 is taken");
    let response = client.response().expect("it is there");
    assert_eq!(response.protocol(), selected);
    let received = response.headers().iter().skip(3 + usize::from(selected.is_some()));
    assert!(received.eq(sent.iter().map(|(name, value)| (name.as_str(), value.as_bytes()))));
    assert_eq!(client.next_event(&mut input), Some(Event::Text("")), "frames follow");
}

/// All that an end showed of itself.
#[derive(Debug, PartialEq, Eq)]
struct Verdict {
    events: Vec<Opening>,
    /// What came after the opening.
    seen: Vec<Seen>,
    out: Vec<u8>,
    ended: Option<Ended>,
}

/// An event of the opening, with what belongs to it.
#[derive(Debug, PartialEq, Eq)]
enum Opening {
    Request { target: String, headers: Vec<(String, Vec<u8>)> },
    NotUpgrade { target: String, headers: Vec<(String, Vec<u8>)> },
    Open { headers: Vec<(String, Vec<u8>)> },
    Rejected { status: u16, headers: Vec<(String, Vec<u8>)>, body: Vec<u8>, is_truncated: bool },
}

fn serve(stream: &[u8], size: usize) -> Verdict {
    drive(Connection::server(open_to_all(), START), stream, size)
}

fn ask(stream: &[u8], size: usize) -> Verdict {
    let mut request = client::Request::new(Url::parse("ws://a").expect("it is valid"));
    request.add_protocol("chat").expect("it is a token");
    request.set_limits(HandshakeLimits::new().body(64));
    drive(request_of(request), stream, size)
}

/// Gives the stream to an end, by so many bytes at a time, until it says that it is done.
fn drive(mut connection: Connection, stream: &[u8], size: usize) -> Verdict {
    let mut input = Input::default();
    let mut verdict =
        Verdict { events: Vec::new(), seen: Vec::new(), out: Vec::new(), ended: None };
    for chunk in stream.chunks(size) {
        connection.receive(&mut input, chunk.to_vec(), START);
        verdict.take(&mut connection, &mut input);
    }
    connection.handle_eof(START);
    verdict.take(&mut connection, &mut input);
    verdict.out = written(&mut connection);
    if connection.next_step() == Step::Shutdown {
        connection.handle_shutdown();
    }
    let Step::Done(ended) = connection.next_step() else { panic!("every end is explained") };
    verdict.ended = Some(ended);
    verdict
}

impl Verdict {
    /// Takes all events. Requests are accepted, with the first subprotocol that is offered.
    fn take(&mut self, connection: &mut Connection, input: &mut Input<Vec<u8>>) {
        let mut parts = Vec::new();
        while let Some(event) = connection.next_event(input) {
            let opening = match event {
                Event::Request => accept_first(connection),
                Event::NotUpgrade => refuse_http(connection),
                Event::Open => Opening::Open { headers: response_headers(connection) },
                Event::Rejected => refused(connection),
                Event::Violation(_) => continue,
                event => {
                    self.seen.extend(Seen::new(event, &mut parts));
                    continue;
                }
            };
            self.events.push(opening);
        }
        assert!(input.is_empty(), "without an event, the input is used up");
    }
}

fn accept_first(connection: &mut Connection) -> Opening {
    let request = connection.request().expect("it is there");
    let first = request.protocols().next().map(ToString::to_string);
    assert!(first.is_none_or(|first| request.select_protocol(&first).is_ok()));
    let (target, headers) = (request.target().into(), to_owned(request.headers()));
    connection.accept();
    Opening::Request { target, headers }
}

fn refuse_http(connection: &mut Connection) -> Opening {
    let head = connection.head().expect("it is there");
    let (target, headers) = (head.target().into(), to_owned(head.headers()));
    connection.require_upgrade();
    Opening::NotUpgrade { target, headers }
}

fn refused(connection: &Connection) -> Opening {
    let response = connection.response().expect("it is there");
    assert!(response.body().len() <= 64, "the limit holds");
    Opening::Rejected {
        status: response.status(),
        headers: to_owned(response.headers()),
        body: response.body().to_vec(),
        is_truncated: response.is_truncated(),
    }
}

fn response_headers(connection: &Connection) -> Vec<(String, Vec<u8>)> {
    to_owned(connection.response().expect("it is there").headers())
}

fn to_owned(headers: &Headers) -> Vec<(String, Vec<u8>)> {
    headers.iter().map(|(name, value)| (name.to_string(), value.to_vec())).collect()
}

fn open_to_all() -> Arc<Config> {
    let policy = server::Policy::new().origins(server::Origins::any());
    Config::new().policy(policy).max_queued(usize::MAX).shared()
}

/// A client that has queued its request.
fn request_of(request: client::Request<'_>) -> Connection {
    Connection::client(request, open_to_all(), Seed::new([7; 32]), START)
}

/// A server that has this request to decide on, however long it is.
fn asked(bytes: &[u8]) -> Connection {
    let mut config = Config::clone(&open_to_all());
    config.policy.limits.bytes = u32::MAX;
    let mut server = Connection::server(config.shared(), START);
    let mut input = Input::default();
    server.receive(&mut input, bytes.to_vec(), START);
    assert_eq!(server.next_event(&mut input), Some(Event::Request), "our own request is taken");
    server
}

/// All that a connection writes.
fn written(connection: &mut Connection) -> Vec<u8> {
    let out: Vec<_> = connection.transmit_vectored().collect();
    let out = out.concat();
    connection.transmitted(out.len(), START);
    out
}

fn valid_request() -> Vec<u8> {
    [REQUEST, b"\r\n"].concat()
}

fn valid_response() -> Vec<u8> {
    let mut head = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n".to_vec();
    head.extend_from_slice(b"Connection: Upgrade\r\nSec-WebSocket-Accept: ");
    head.extend_from_slice(accept().as_bytes());
    head.extend_from_slice(b"\r\n");
    head
}

/// What the server must answer to the key of the seed: taken from our own server.
fn accept() -> String {
    let request = client::Request::new(Url::parse("ws://a").expect("it is valid"));
    let mut server = asked(&written(&mut request_of(request)));
    server.accept();
    let out = String::from_utf8(written(&mut server)).expect("it is ASCII");
    let (_, answer) = out.split_once("Sec-WebSocket-Accept: ").expect("it is there");
    answer.trim_end().to_string()
}

/// The names of the headers of one well-formed head, and nothing after it.
fn names_of(head: &[u8]) -> Vec<&str> {
    assert_eq!(assert_well_formed(head), b"", "one head");
    let lines = head.split(|&byte| byte == b'\n').skip(1);
    let names = lines.filter_map(|line| line.split(|&byte| byte == b':').next());
    let names = names.filter(|name| !matches!(name, [] | [b'\r']));
    names.map(|name| str::from_utf8(name).expect("names are ASCII")).collect()
}

/// Whether the bytes start with a head as RFC 9112 has it. Returns the body.
fn assert_well_formed(bytes: &[u8]) -> &[u8] {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").expect("a blank line");
    let (head, body) = bytes.split_at(end + 4);
    let mut lines = head[..end].split(|&byte| byte == b'\n');
    let first = lines.next().expect("a first line");
    assert!(first.starts_with(b"HTTP/1.1 ") || first.ends_with(b" HTTP/1.1\r"), "{first:?}");
    for line in lines {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let colon = line.iter().position(|&byte| byte == b':').expect("a colon");
        let (name, value) = line.split_at(colon);
        assert!(name.iter().all(|byte| byte.is_ascii_graphic()) && !name.is_empty(), "{name:?}");
        assert!(value.starts_with(b": "), "{value:?}");
        assert!(value.iter().all(|&byte| byte == b'\t' || !byte.is_ascii_control()), "{value:?}");
    }
    body
}

const REQUEST: &[u8] = b"GET /chat HTTP/1.1\r\n\
    Host: server.example.com\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Version: 13\r\n";
