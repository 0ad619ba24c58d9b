//! A server and a client that take a stream in every cut, and must come to one verdict.

#![allow(dead_code, reason = "each test file uses a part")]

use sansocket::client;
use sansocket::client::ResponseError;
use sansocket::server::{self, Origins, Policy, RequestError};
use sansocket::{Input, Limits, Seed, Url};

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
/// `=Line` replaces the first line, `Name: value` the line of that name; `+Line` is added at the
/// end, and `-Name` takes a line away.
pub(crate) fn request(edits: &[&str]) -> Vec<u8> {
    edited(&REQUEST, edits)
}

/// The response to the key of [`SEED`], edited likewise.
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

/// What a server made of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Served {
    Incomplete,
    /// With what is left in the input.
    NotUpgrade(Vec<u8>),
    /// The answer, and what is left in the input.
    Accepted(String, Vec<u8>),
    Rejected(RequestError),
}

impl Served {
    /// The status that the client sees.
    pub(crate) fn status(&self) -> u16 {
        match self {
            Self::Accepted(..) => 101,
            Self::Rejected(error) => error.status().unwrap_or(0),
            Self::NotUpgrade(_) => 426,
            Self::Incomplete => 100,
        }
    }
}

/// Serves the stream whole, byte by byte and cut at random. Any origin may connect.
pub(crate) fn serve(stream: &[u8]) -> Served {
    serve_with(stream, &open_to_all())
}

pub(crate) fn open_to_all() -> Policy {
    Policy::new().origins(Origins::any())
}

pub(crate) fn serve_with(stream: &[u8], policy: &Policy) -> Served {
    same_for_all_cuts(stream, |cuts| serve_cut(stream, cuts, policy))
}

/// The request that the stream is.
pub(crate) fn received(stream: &[u8]) -> server::Request {
    let mut input = Input::filled([stream, b"?"].concat());
    match server::Handshake::new().receive(&mut input, &open_to_all()) {
        Ok(server::Progress::Request(request)) => request,
        other => panic!("not accepted: {other:?}"),
    }
}

/// The error of a stream, as the bytes that go to the client.
pub(crate) fn refusal(stream: &[u8]) -> String {
    let Served::Rejected(error) = serve(stream) else {
        panic!("not refused");
    };
    let mut out = Vec::new();
    error.reject(&mut out);
    String::from_utf8(out).expect("heads are ASCII")
}

fn serve_cut(stream: &[u8], mut cuts: Cuts, policy: &Policy) -> Served {
    let mut input = Input::new(vec![0; STORAGE]);
    let mut handshake = server::Handshake::new();
    let mut rest = stream;
    while !rest.is_empty() {
        rest = fill(&mut input, rest, cuts.next_size());
        handshake = match handshake.receive(&mut input, policy) {
            Ok(server::Progress::Incomplete(handshake)) => handshake,
            Ok(server::Progress::NotUpgrade(_)) => {
                return Served::NotUpgrade([input.unread(), rest].concat());
            }
            Ok(server::Progress::Request(request)) => {
                let mut out = Vec::new();
                request.accept(Limits::default(), &mut out);
                let out = String::from_utf8(out).expect("heads are ASCII");
                return Served::Accepted(out, [input.unread(), rest].concat());
            }
            Err(error) => return Served::Rejected(error),
        };
    }
    Served::Incomplete
}

/// What a client made of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    Incomplete,
    /// The subprotocol, and what is left in the input.
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

pub(crate) fn start(request: client::Request<'_>) -> (client::Handshake, String) {
    let mut out = Vec::new();
    let seed = Seed::new(SEED);
    let handshake = client::Handshake::start(request, Limits::default(), seed, &mut out);
    (handshake, String::from_utf8(out).expect("heads are ASCII"))
}

/// The value of a header in a head.
pub(crate) fn value<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    let mut lines = head.lines().filter_map(|line| line.split_once(": "));
    lines.find_map(|(other, value)| (other == name).then_some(value))
}

/// The answer to the key of [`SEED`], as our server gives it.
pub(crate) fn accept() -> String {
    let mut out = Vec::new();
    received(encoded(offer()).as_bytes()).accept(Limits::default(), &mut out);
    value(str::from_utf8(&out).expect("heads are ASCII"), "Sec-WebSocket-Accept")
        .expect("an answer")
        .into()
}

/// Gives the stream to a client whole, byte by byte and cut at random; the transport stays open.
pub(crate) fn ask(stream: &[u8]) -> Asked {
    ask_with(&offer(), stream)
}

pub(crate) fn ask_with(request: &client::Request<'_>, stream: &[u8]) -> Asked {
    same_for_all_cuts(stream, |cuts| ask_cut(request, stream, cuts).0)
}

/// As [`ask`], but the transport ends after the stream.
pub(crate) fn ask_to_the_end(stream: &[u8]) -> Asked {
    same_for_all_cuts(stream, |cuts| match ask_cut(&offer(), stream, cuts) {
        (_, Some(handshake)) => match handshake.receive_eof() {
            Ok(response) => refused(&response),
            Err(error) => Asked::Failed(error),
        },
        (asked, None) => asked,
    })
}

/// The response to the offer that the stream is.
pub(crate) fn answered(stream: &[u8]) -> client::Response {
    let mut input = Input::filled([stream, b"?"].concat());
    match start(offer()).0.receive(&mut input) {
        Ok(client::Progress::Rejected(response) | client::Progress::Open(_, response)) => response,
        other => panic!("no response: {other:?}"),
    }
}

fn ask_cut(
    request: &client::Request<'_>,
    stream: &[u8],
    mut cuts: Cuts,
) -> (Asked, Option<client::Handshake>) {
    let mut input = Input::new(vec![0; STORAGE]);
    let (mut handshake, _) = start(request.clone());
    let mut rest = stream;
    while !rest.is_empty() {
        rest = fill(&mut input, rest, cuts.next_size());
        handshake = match handshake.receive(&mut input) {
            Ok(client::Progress::Incomplete(handshake)) => handshake,
            Ok(client::Progress::Open(_, response)) => {
                let protocol = response.protocol().map(Into::into);
                return (Asked::Open(protocol, [input.unread(), rest].concat()), None);
            }
            Ok(client::Progress::Rejected(response)) => return (refused(&response), None),
            Err(error) => return (Asked::Failed(error), None),
        };
    }
    (Asked::Incomplete, Some(handshake))
}

fn refused(response: &client::Response) -> Asked {
    Asked::Rejected(response.status(), response.body().to_vec(), response.is_truncated())
}

fn same_for_all_cuts<V: PartialEq + core::fmt::Debug>(
    stream: &[u8],
    mut run: impl FnMut(Cuts) -> V,
) -> V {
    let whole = run(Cuts::Whole);
    assert_eq!(run(Cuts::Bytes), whole, "byte by byte: {}", stream.escape_ascii());
    for seed in 1..6 {
        assert_eq!(run(Cuts::Random(seed)), whole, "cut by {seed}: {}", stream.escape_ascii());
    }
    whole
}

fn fill<'s>(input: &mut Input<Vec<u8>>, stream: &'s [u8], size: usize) -> &'s [u8] {
    let spare = input.spare();
    let count = size.min(stream.len()).min(spare.len());
    let (now, rest) = stream.split_at(count);
    spare[..count].copy_from_slice(now);
    input.fill(count);
    rest
}

/// How a stream comes.
enum Cuts {
    Whole,
    Bytes,
    Random(u64),
}

impl Cuts {
    fn next_size(&mut self) -> usize {
        match self {
            Self::Whole => usize::MAX,
            Self::Bytes => 1,
            Self::Random(state) => {
                *state ^= *state << 13;
                *state ^= *state >> 7;
                *state ^= *state << 17;
                usize::try_from(*state % 40).expect("it is small") + 1
            }
        }
    }
}

/// More than a head may have.
const STORAGE: usize = 32 << 10;
