//! Properties of the opening handshake: bodies of fuzz targets, run by `cargo test` too.

use sansocket::client::ResponseError;
use sansocket::server::{Origins, Policy, RequestError};
use sansocket::{HandshakeLimits, Input, Limits, Seed, Url, client, server};

/// Whatever bytes come, however they are cut: the same verdict, and a well-formed answer.
///
/// The first byte says whether they come after the beginning of a valid request.
pub fn handshake_server(data: &[u8]) {
    let Some((&choice, data)) = data.split_first() else {
        return;
    };
    let stream = if choice % 2 == 0 { data.to_vec() } else { [REQUEST, data].concat() };
    let whole = serve(&stream, stream.len().max(1));
    if let Some(out) = &whole.out {
        assert_well_formed(out);
    }
    for size in [1, 2, 3, 7, 61, usize::from(choice) + 1] {
        assert_eq!(serve(&stream, size), whole, "cut into {size}");
    }
}

/// Whatever bytes come, however they are cut: the same verdict, and a connection for one key only.
///
/// The first byte says whether they come after the beginning of a valid response.
pub fn handshake_client(data: &[u8]) {
    let Some((&choice, data)) = data.split_first() else {
        return;
    };
    let stream = if choice % 2 == 0 { data.to_vec() } else { [&valid_response(), data].concat() };
    let whole = ask(&stream, stream.len().max(1));
    let is_answered = stream.windows(28).any(|window| window == accept().as_bytes());
    assert!(
        is_answered || !matches!(whole, Answer::Open { .. }),
        "open without an answer to the key"
    );
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
    let mut out = Vec::new();
    let _ = client::Handshake::start(request, Limits::default(), Seed::new([7; 32]), &mut out);
    assert_eq!(names_of(&out), expected);

    let mut request = valid_request(&[]);
    let mut expected = vec!["Upgrade", "Connection", "Sec-WebSocket-Accept"];
    expected.extend(request.select_protocol(protocol).map(|()| "Sec-WebSocket-Protocol"));
    expected.extend(request.add_header(name, value).map(|()| name));
    let mut out = Vec::new();
    request.accept(Limits::default(), &mut out);
    assert_eq!(names_of(&out), expected);

    let headers = [(name, value)];
    let body = value.as_bytes();
    if let Ok(response) = server::Response::new(404, &headers, body) {
        let mut out = Vec::new();
        valid_request(&[]).reject(response, &mut out);
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

    let mut out = Vec::new();
    let handshake =
        client::Handshake::start(request, Limits::default(), Seed::new([7; 32]), &mut out);
    let mut request = receive_request(&out);
    let query = url.query().map_or(String::new(), |query| format!("?{query}"));
    assert_eq!(request.target(), format!("{}{query}", url.path()));
    assert_eq!(request.authority().to_string(), url.authority().to_string());
    assert!(request.protocols().eq(offered.iter().map(String::as_str)));
    let received = request.headers().iter().skip(5 + usize::from(!offered.is_empty()));
    assert!(received.eq(sent.iter().map(|(name, value)| (name.as_str(), value.as_bytes()))));

    let selected = offered.last().map(String::as_str);
    assert!(selected.is_none_or(|protocol| request.select_protocol(protocol).is_ok()));
    sent.retain(|(name, value)| request.add_header(name, value).is_ok());
    let mut out = Vec::new();
    request.accept(Limits::default(), &mut out);
    out.extend_from_slice(b"\x81\x00");
    let mut input = Input::filled(out);
    let Ok(client::Progress::Open(_, response)) = handshake.receive(&mut input) else {
        panic!("our own 101 was not taken");
    };
    assert_eq!(response.protocol(), selected);
    let received = response.headers().iter().skip(3 + usize::from(selected.is_some()));
    assert!(received.eq(sent.iter().map(|(name, value)| (name.as_str(), value.as_bytes()))));
    assert_eq!(input.unread(), b"\x81\x00", "frames follow");
}

/// What became of a request.
#[derive(Debug, PartialEq, Eq)]
struct Verdict {
    error: Option<RequestError>,
    /// What the server says.
    out: Option<Vec<u8>>,
    /// What it has not consumed.
    unread: Vec<u8>,
}

fn serve(stream: &[u8], size: usize) -> Verdict {
    let policy = open_to_all();
    let mut input = Input::new(vec![0; STORAGE]);
    let mut handshake = server::Handshake::new();
    let mut out = Vec::new();
    let mut rest = stream;
    while !rest.is_empty() {
        rest = fill(&mut input, rest, size);
        handshake = match handshake.receive(&mut input, &policy) {
            Ok(server::Progress::Incomplete(handshake)) => handshake,
            Ok(server::Progress::NotUpgrade(head)) => {
                head.require_upgrade(&mut out);
                return Verdict {
                    error: None,
                    out: Some(out),
                    unread: [input.unread(), rest].concat(),
                };
            }
            Ok(server::Progress::Request(mut request)) => {
                let first = request.protocols().next().map(ToString::to_string);
                assert!(first.is_none_or(|first| request.select_protocol(&first).is_ok()));
                request.accept(Limits::default(), &mut out);
                return Verdict {
                    error: None,
                    out: Some(out),
                    unread: [input.unread(), rest].concat(),
                };
            }
            Err(error) => {
                assert!(input.is_empty(), "what is refused is not read again");
                error.reject(&mut out);
                return Verdict { error: Some(error), out: Some(out), unread: Vec::new() };
            }
        };
    }
    Verdict { error: None, out: None, unread: input.unread().to_vec() }
}

/// What became of a response.
#[derive(Debug, PartialEq, Eq)]
enum Answer {
    Open { headers: Vec<(String, Vec<u8>)>, unread: Vec<u8> },
    Refused { status: u16, headers: Vec<(String, Vec<u8>)>, body: Vec<u8>, is_truncated: bool },
    Failed(ResponseError),
}

fn ask(stream: &[u8], size: usize) -> Answer {
    let mut request = client::Request::new(Url::parse("ws://a").expect("it is valid"));
    request.add_protocol("chat").expect("it is a token");
    request.set_limits(HandshakeLimits::new().body(64));
    let mut out = Vec::new();
    let mut handshake =
        client::Handshake::start(request, Limits::default(), Seed::new([7; 32]), &mut out);
    let mut input = Input::new(vec![0; STORAGE]);
    let mut rest = stream;
    while !rest.is_empty() {
        rest = fill(&mut input, rest, size);
        handshake = match handshake.receive(&mut input) {
            Ok(client::Progress::Incomplete(handshake)) => handshake,
            Ok(client::Progress::Open(_, response)) => {
                let unread = [input.unread(), rest].concat();
                return Answer::Open { headers: headers_of(&response), unread };
            }
            Ok(client::Progress::Rejected(response)) => return refused(&response),
            Err(error) => {
                assert!(input.is_empty(), "what is refused is not read again");
                return Answer::Failed(error);
            }
        };
    }
    handshake.receive_eof().map_or_else(Answer::Failed, |response| refused(&response))
}

fn refused(response: &client::Response) -> Answer {
    assert!(response.body().len() <= 64, "the limit holds");
    Answer::Refused {
        status: response.status(),
        headers: headers_of(response),
        body: response.body().to_vec(),
        is_truncated: response.is_truncated(),
    }
}

fn headers_of(response: &client::Response) -> Vec<(String, Vec<u8>)> {
    response.headers().iter().map(|(name, value)| (name.to_string(), value.to_vec())).collect()
}

/// Gives the input up to `size` bytes of the stream, and returns the rest of it.
fn fill<'s>(input: &mut Input<Vec<u8>>, stream: &'s [u8], size: usize) -> &'s [u8] {
    let spare = input.spare();
    let count = size.min(stream.len()).min(spare.len());
    let (now, rest) = stream.split_at(count);
    spare[..count].copy_from_slice(now);
    input.fill(count);
    rest
}

fn open_to_all() -> Policy {
    Policy::new().origins(Origins::any())
}

fn receive_request(bytes: &[u8]) -> server::Request {
    let mut policy = open_to_all();
    policy.limits.bytes = u32::MAX;
    let mut input = Input::filled([bytes, b" "].concat());
    match server::Handshake::new().receive(&mut input, &policy) {
        Ok(server::Progress::Request(request)) => request,
        other => panic!("our own request was not taken: {other:?}"),
    }
}

fn valid_request(more: &[u8]) -> server::Request {
    receive_request(&[REQUEST, more, b"\r\n"].concat())
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
    let mut out = Vec::new();
    let request = client::Request::new(Url::parse("ws://a").expect("it is valid"));
    let _ = client::Handshake::start(request, Limits::default(), Seed::new([7; 32]), &mut out);
    let request = receive_request(&out);
    out.clear();
    request.accept(Limits::default(), &mut out);
    let out = String::from_utf8(out).expect("it is ASCII");
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

/// More than the head may have.
const STORAGE: usize = 20 << 10;
