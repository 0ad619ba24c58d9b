//! A server and a client that take a stream in every cut, and must come to one result.

#![allow(dead_code, reason = "each test file uses a part")]

use std::sync::Arc;

use harness::START;
use sansocket::client::{self, ResponseError};
use sansocket::server::{Origins, Policy, RequestError};
use sansocket::{
    Cause, Config, Connection, Ended, Event, HandshakeError, Initiator, Input, Seed, Step, Url,
};

/// The request of the catalogue, line by line.
pub(crate) const REQUEST: [&str; 6] = [
    "GET /chat HTTP/1.1",
    "Host: server.example.com",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
];

/// Its answer.
pub(crate) const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// The request, edited.
///
/// `=Line` replaces the first line, `Name: value` the line of that name. `+Line` adds a line at the end, and
/// `-Name` removes one.
pub(crate) fn request(edits: &[&str]) -> Vec<u8> {
    edited(&REQUEST, edits)
}

/// The response to the key of [`SEED`], edited in the same way.
pub(crate) fn response(edits: &[&str]) -> Vec<u8> {
    let accept = format!("Sec-WebSocket-Accept: {}", accept());
    let first = "HTTP/1.1 101 Switching Protocols";
    edited(&[first, "Upgrade: websocket", "Connection: Upgrade", &accept], edits)
}

fn edited(lines: &[&str], edits: &[&str]) -> Vec<u8> {
    let mut lines = lines.to_vec();
    for &edit in edits {
        let place = |name: &str| {
            let place = lines.iter().position(|line| line.starts_with(name));
            place.unwrap_or_else(|| panic!("no line for {edit}"))
        };
        match edit.split_at(1) {
            ("=", line) => lines[0] = line,
            ("+", line) => lines.push(line),
            ("-", name) => drop(lines.remove(place(name))),
            _ => {
                let (name, _) = edit.split_once([':', ' ']).expect("a name");
                let place = place(name);
                lines[place] = edit;
            }
        }
    }
    [lines.join("\r\n").as_bytes(), b"\r\n\r\n"].concat()
}

/// The result of a stream that was given to a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Served {
    Incomplete,
    /// A request for no WebSocket, with the bytes that were not used.
    NotUpgrade(Vec<u8>),
    /// The answer of a server that accepts the request, and the bytes after the request.
    Accepted(String, Vec<u8>),
    Rejected(RequestError),
}

impl Served {
    /// The status of the answer. 0 stands for none.
    pub(crate) fn status(&self) -> u16 {
        match self {
            Self::Incomplete => 0,
            Self::NotUpgrade(_) => 426,
            Self::Accepted(..) => 101,
            Self::Rejected(error) => error.status().unwrap_or(0),
        }
    }

    /// The error of a server that rejects the request.
    pub(crate) fn error(&self) -> RequestError {
        match self {
            Self::Rejected(error) => *error,
            other => panic!("not rejected: {other:?}"),
        }
    }
}

/// Gives the stream to a server whole, byte by byte and cut at random. Any origin may connect.
pub(crate) fn serve(stream: &[u8]) -> Served {
    serve_with(stream, &open_to_all())
}

pub(crate) fn serve_with(stream: &[u8], policy: &Policy) -> Served {
    same_for_all_cuts(stream, |cuts| served(take(server(policy), stream, cuts)))
}

/// Gives the whole stream to a server.
pub(crate) fn serve_whole(stream: &[u8], policy: &Policy) -> Served {
    served(take(server(policy), stream, Cuts::Whole))
}

/// The result of a server that was given a stream.
fn served(taken: Taken) -> Served {
    match taken.opened {
        Some(Opened::Request) => accept_request(taken),
        Some(Opened::NotUpgrade) => Served::NotUpgrade(taken.into_unread()),
        None if taken.is_waiting => Served::Incomplete,
        _ => Served::Rejected(rejection(taken)),
    }
}

fn accept_request(mut taken: Taken) -> Served {
    let answer = accepted(&mut taken.connection);
    Served::Accepted(answer, taken.into_unread())
}

/// The error of a server that rejects a request by itself. It stands in the account, and the answer is that
/// of the error.
fn rejection(taken: Taken) -> RequestError {
    let ended = end(taken.connection);
    let Cause::Handshake(HandshakeError::Request(error)) = ended.cause else {
        panic!("{:?}, {ended:?}", taken.opened);
    };
    assert_eq!(taken.out, answer_of(error), "the answer to {error}");
    assert_eq!(ended.transport, Some(Initiator::Us), "the server ends the transport");
    error
}

/// The answer of a server that rejects a request for this reason.
pub(crate) fn answer_of(error: RequestError) -> String {
    let mut out = Vec::new();
    error.reject(&mut out);
    String::from_utf8(out).expect("heads are ASCII")
}

/// The answer of a server that rejects the stream by itself.
pub(crate) fn rejected(stream: &[u8]) -> String {
    answer_of(serve(stream).error())
}

pub(crate) fn open_to_all() -> Policy {
    Policy::new().origins(Origins::any())
}

/// A server that has received nothing.
pub(crate) fn server(policy: &Policy) -> Connection {
    Connection::server(Config::new().policy(policy.clone()).shared(), START)
}

/// A server that has to decide on the request that the stream is.
pub(crate) fn received(stream: &[u8]) -> Connection {
    let taken = take(server(&open_to_all()), stream, Cuts::Whole);
    assert!(
        matches!(taken.opened, Some(Opened::Request | Opened::NotUpgrade)),
        "no request: {:?}",
        taken.connection
    );
    taken.connection
}

/// The answer of a server that accepts the request.
pub(crate) fn accepted(connection: &mut Connection) -> String {
    connection.accept();
    assert!(connection.is_open());
    written(connection)
}

/// The result of a stream that was given to a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    Incomplete,
    /// The subprotocol, and the bytes after the response.
    Open(Option<String>, Vec<u8>),
    /// The status, the body, and whether that is truncated.
    Rejected(u16, Vec<u8>, bool),
    Failed(ResponseError),
}

pub(crate) const SEED: [u8; 32] = [7; 32];

/// A request whose subprotocols are `chat` and `superchat`.
pub(crate) fn offer() -> client::Request<'static> {
    let mut request =
        client::Request::new(Url::parse("ws://server.example.com/chat").expect("a URL"));
    request.add_protocol("chat").expect("a token");
    request.add_protocol("superchat").expect("a token");
    request
}

/// The text of a request.
pub(crate) fn encoded(request: client::Request<'_>) -> String {
    start(request).1
}

/// A client, and the text of its request.
pub(crate) fn start(request: client::Request<'_>) -> (Connection, String) {
    let mut connection = Connection::client(request, Arc::default(), Seed::new(SEED), START);
    let text = written(&mut connection);
    (connection, text)
}

/// The value of a header in a head.
pub(crate) fn value<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    let mut lines = head.lines().filter_map(|line| line.split_once(": "));
    lines.find_map(|(other, value)| (other == name).then_some(value))
}

/// The answer to the key of [`SEED`], as our server gives it.
pub(crate) fn accept() -> String {
    let answer = accepted(&mut received(encoded(offer()).as_bytes()));
    value(&answer, "Sec-WebSocket-Accept").expect("an answer").into()
}

/// Gives the stream to a client whole, byte by byte and cut at random. The transport stays open.
pub(crate) fn ask(stream: &[u8]) -> Asked {
    ask_with(&offer(), stream)
}

pub(crate) fn ask_with(request: &client::Request<'_>, stream: &[u8]) -> Asked {
    same_for_all_cuts(stream, |cuts| asked(take(start(request.clone()).0, stream, cuts)))
}

/// As [`ask`], but the transport ends after the stream.
pub(crate) fn ask_to_the_end(stream: &[u8]) -> Asked {
    same_for_all_cuts(stream, |cuts| {
        let mut taken = take(start(offer()).0, stream, cuts);
        if taken.is_waiting {
            taken.connection.handle_eof(START);
            taken.opened = next(&mut taken.connection, &mut Input::new(Vec::new()));
            taken.is_waiting = false;
        }
        asked(taken)
    })
}

/// The response to the offer that the stream is.
pub(crate) fn answered(stream: &[u8]) -> client::Response {
    let mut taken = take(start(offer()).0, stream, Cuts::Whole);
    taken.connection.take_response().expect("a response")
}

/// The result of a client that was given a stream.
pub(crate) fn asked(taken: Taken) -> Asked {
    match taken.opened {
        Some(Opened::Open) => {
            let response = taken.connection.response().expect("a response");
            assert_eq!(response.status(), 101);
            let protocol = response.protocol().map(Into::into);
            Asked::Open(protocol, taken.into_unread())
        }
        Some(Opened::Rejected) => {
            let response = taken.connection.response().expect("a response").clone();
            assert_eq!(end(taken.connection).cause, Cause::Rejected);
            Asked::Rejected(response.status(), response.body().to_vec(), response.is_truncated())
        }
        None if taken.is_waiting => Asked::Incomplete,
        opened => {
            let ended = end(taken.connection);
            let Cause::Handshake(HandshakeError::Response(error)) = ended.cause else {
                panic!("{opened:?}, {ended:?}");
            };
            Asked::Failed(error)
        }
    }
}

/// An end that was given a stream.
pub(crate) struct Taken {
    pub(crate) connection: Connection,
    pub(crate) opened: Option<Opened>,
    /// The text that it has written.
    pub(crate) out: String,
    /// Whether it waits for more bytes.
    pub(crate) is_waiting: bool,
    /// The part of the stream that was not read.
    rest: Vec<u8>,
}

impl Taken {
    /// The bytes that were not used.
    fn into_unread(self) -> Vec<u8> {
        [self.connection.into_unread(), self.rest].concat()
    }
}

/// An event of the opening handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opened {
    Request,
    NotUpgrade,
    Open,
    Rejected,
}

/// Gives the stream to an end until there is an event or the handshake has failed.
pub(crate) fn take(mut connection: Connection, stream: &[u8], mut cuts: Cuts) -> Taken {
    let mut input = Input::new(vec![0; cuts.storage(stream.len())]);
    let mut rest = stream;
    let (mut opened, mut out) = (None, String::new());
    while opened.is_none() && !rest.is_empty() {
        rest = read(&mut connection, &mut input, rest, cuts.next_size());
        opened = next(&mut connection, &mut input);
        out += &written(&mut connection);
        if !matches!(connection.next_step(), Step::Io { .. }) {
            break;
        }
    }
    // A request waits for a decision, and other connections use the same input meanwhile.
    if matches!(opened, Some(Opened::Request | Opened::NotUpgrade)) {
        assert_eq!(next(&mut connection, &mut input), None);
        assert!(input.is_empty());
    }
    let is_waiting = matches!(connection.next_step(), Step::Io { read: true, .. });
    Taken { connection, opened, out, is_waiting, rest: rest.to_vec() }
}

/// Reads at most `size` bytes of the stream. Returns the others.
pub(crate) fn read<'s>(
    connection: &mut Connection,
    input: &mut Input<Vec<u8>>,
    stream: &'s [u8],
    size: usize,
) -> &'s [u8] {
    let mut spare = connection.spare(input);
    let buffer = spare.buffer();
    let count = size.min(stream.len()).min(buffer.len());
    let (now, rest) = stream.split_at(count);
    buffer[..count].copy_from_slice(now);
    spare.filled(count, START);
    rest
}

/// Takes the next event, which is one of the opening handshake.
pub(crate) fn next(connection: &mut Connection, input: &mut Input<Vec<u8>>) -> Option<Opened> {
    let opened = match connection.next_event(input)? {
        Event::Request => Opened::Request,
        Event::NotUpgrade => Opened::NotUpgrade,
        Event::Open => Opened::Open,
        Event::Rejected => Opened::Rejected,
        event => panic!("{event:?} before a connection is open"),
    };
    Some(opened)
}

/// The text that waits to be written.
pub(crate) fn written(connection: &mut Connection) -> String {
    let out = connection.transmit_vectored().collect::<Vec<_>>().concat();
    connection.transmitted(out.len(), START);
    String::from_utf8(out).expect("heads are UTF-8")
}

/// The account of a connection that did not open.
pub(crate) fn end(mut connection: Connection) -> Ended {
    if connection.next_step() == Step::Shutdown {
        connection.handle_shutdown();
        connection.handle_eof(START);
        assert_eq!(next(&mut connection, &mut Input::new(Vec::new())), None);
    }
    let Step::Done(ended) = connection.next_step() else {
        panic!("it is not over: {connection:?}");
    };
    assert!(!ended.is_clean() && ended.initiator.is_none());
    ended
}

fn same_for_all_cuts<V: PartialEq + core::fmt::Debug>(
    stream: &[u8],
    mut run: impl FnMut(Cuts) -> V,
) -> V {
    let whole = run(Cuts::Whole);
    assert_eq!(run(Cuts::Every(1)), whole, "byte by byte: {}", stream.escape_ascii());
    for seed in 1..6 {
        assert_eq!(run(Cuts::Random(seed)), whole, "cut by {seed}: {}", stream.escape_ascii());
    }
    whole
}

/// The sizes of the reads.
pub(crate) enum Cuts {
    Whole,
    Every(usize),
    Random(u64),
}

impl Cuts {
    /// How much the storage of the input holds. It is no limit on a head.
    fn storage(&self, len: usize) -> usize {
        match self {
            Self::Whole => len,
            &Self::Every(size) => size,
            Self::Random(_) => 40,
        }
    }

    pub(crate) fn next_size(&mut self) -> usize {
        match self {
            Self::Whole => usize::MAX,
            Self::Every(size) => *size,
            Self::Random(state) => {
                *state ^= *state << 13;
                *state ^= *state >> 7;
                *state ^= *state << 17;
                usize::try_from(*state % 40).expect("it is small") + 1
            }
        }
    }
}
