//! What the tests of an open connection share.
#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it")]

pub mod handshake;

use harness::{Cut, Drive, Judged, Outcome, START, Seen, Setup, judge, run};
use sansocket::{Close, CloseCode, Connection, Event, Input, Limits, ProtocolError, Role};

/// The bytes that `text` gives in hex, and how many of them stand before the mark `^`, if there is one.
pub fn hex(text: &str) -> (Vec<u8>, Option<usize>) {
    let digits = |text: &str| text.chars().filter(char::is_ascii_hexdigit).collect::<String>();
    let mark = text.find('^').map(|at| digits(&text[..at]).len() / 2);
    let digits = digits(text);
    assert_eq!(digits.len() % 2, 0, "half a byte in {text}");
    let bytes = (0..digits.len() / 2).map(|i| u8::from_str_radix(&digits[2 * i..2 * i + 2], 16));
    (bytes.collect::<Result<_, _>>().expect("digits are hex"), mark)
}

/// The bytes that `text` gives in hex.
pub fn bytes(text: &str) -> Vec<u8> {
    hex(text).0
}

/// What a client would send where a server sends `stream`: each frame with the mask bit set, and masked
/// with `key`. Headers that are cut off stay as they are.
///
/// The mark moves along. Behind a header it stays before the key, but for a frame that is empty: this is
/// over only behind the key.
pub fn masked(stream: &[u8], mark: Option<usize>, key: [u8; 4]) -> (Vec<u8>, Option<usize>) {
    let mut out = Vec::new();
    let mut moved = None;
    let (mut at, mut payload_left, mut phase) = (0, 0, 0);
    while at < stream.len() {
        if payload_left == 0 && at + 1 < stream.len() {
            let (start, out_start) = (at, out.len());
            let extended = match stream[at + 1] & 0x7f {
                126 => 2,
                127 => 8,
                _ => 0,
            };
            let end = (at + 2 + extended).min(stream.len());
            let is_whole = end == at + 2 + extended;
            out.push(stream[at]);
            out.push(stream[at + 1] ^ 0x80);
            out.extend_from_slice(&stream[at + 2..end]);
            if is_whole {
                let short = u64::from(stream[at + 1] & 0x7f);
                let long =
                    stream[at + 2..end].iter().fold(0, |len, &byte| len << 8 | u64::from(byte));
                payload_left = if extended == 0 { short } else { long };
                out.extend_from_slice(&key);
                phase = 0;
            }
            at = end;
            if let Some(mark) = mark.filter(|mark| (start + 1..=end).contains(mark)) {
                let is_empty = is_whole && extended == 0 && payload_left == 0;
                let key_len = if mark == end && is_empty { key.len() } else { 0 };
                moved = Some(out_start + mark - start + key_len);
            }
        } else {
            out.push(if payload_left > 0 { stream[at] ^ key[phase % 4] } else { stream[at] });
            phase += 1;
            payload_left = payload_left.saturating_sub(1);
            at += 1;
            if mark == Some(at) {
                moved = Some(out.len());
            }
        }
    }
    (out, moved)
}

/// A stream as both roles would get it: the client as it is, the server masked with no key and with one.
pub fn for_both_roles(text: &str) -> Vec<(Role, Vec<u8>, Option<usize>)> {
    let (stream, mark) = hex(text);
    let mut streams = vec![(Role::Client, stream.clone(), mark)];
    for key in [[0; 4], [0x37, 0xfa, 0x21, 0x3d]] {
        let (stream, mark) = masked(&stream, mark, key);
        streams.push((Role::Server, stream, mark));
    }
    streams
}

/// What an end makes of `stream`, in whichever way it is cut, in both modes.
pub fn outcome(setup: &Setup, stream: &[u8]) -> Outcome {
    harness::check(setup, stream);
    run(setup, stream, Cut::Whole).0
}

/// What both roles make of a stream, which must be the same.
pub fn seen(text: &str) -> Vec<Seen> {
    let mut all = for_both_roles(text).into_iter().map(|(role, stream, _)| {
        let outcome = outcome(&Setup::new(role), &stream);
        assert_eq!(outcome.error, None, "{text}");
        outcome.seen
    });
    let first = all.next().expect("there are two roles");
    assert!(all.all(|seen| seen == first), "{text}");
    first
}

/// Holds both roles to failing at the mark with this error, after these events.
#[track_caller]
pub fn assert_fails(text: &str, error: ProtocolError, seen: &[Seen]) {
    for (role, stream, mark) in for_both_roles(text) {
        assert_fails_under(&Setup::new(role), &stream, mark, error, seen);
    }
}

/// Holds an end to failing at the mark with this error, after these events.
#[track_caller]
pub fn assert_fails_under(
    setup: &Setup,
    stream: &[u8],
    mark: Option<usize>,
    error: ProtocolError,
    seen: &[Seen],
) {
    let role = setup.role;
    let whole = outcome(setup, stream);
    assert_eq!((whole.error, &whole.seen[..]), (Some(error), seen), "{role:?} {stream:x?}");
    let (bytewise, given) = run(setup, stream, Cut::Every(1));
    assert_eq!(bytewise, whole, "{role:?} {stream:x?}");
    if let Some(mark) = mark {
        assert_eq!(given, mark, "{role:?} {stream:x?} fails at the mark");
    }
}

/// What the peer of `role` makes of what was sent, which must break no rule.
pub fn read(role: Role, out: &[u8]) -> Vec<Seen> {
    let peer = if role == Role::Client { Role::Server } else { Role::Client };
    let Judged { seen, parts, failure, used, .. } = judge(&Setup::new(peer), out);
    assert_eq!((failure, used, parts), (None, out.len(), Vec::new()));
    seen
}

pub fn client() -> Connection {
    connect(Role::Client, Limits::default())
}

pub fn server() -> Connection {
    connect(Role::Server, Limits::default())
}

pub fn connect(role: Role, limits: Limits) -> Connection {
    Setup { limits, ..Setup::new(role) }.connect()
}

/// A frame to `role`, with a key where the role wants one.
pub fn frame_to(role: Role, first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match payload.len() {
        len @ ..126 => frame.push(u8::try_from(len).expect("less than 126")),
        len @ 126..65536 => {
            frame.push(126);
            frame.extend(u16::try_from(len).expect("less than 65536").to_be_bytes());
        }
        len => {
            frame.push(127);
            frame.extend((len as u64).to_be_bytes());
        }
    }
    frame.extend_from_slice(payload);
    match role {
        Role::Client => frame,
        Role::Server => masked(&frame, None, [0x37, 0xfa, 0x21, 0x3d]).0,
    }
}

pub fn text(text: &str) -> Seen {
    Seen::Text(text.into())
}

pub fn binary(bytes: &[u8]) -> Seen {
    Seen::Binary(bytes.into())
}

pub fn ping(payload: &[u8]) -> Seen {
    Seen::Ping(payload.into())
}

pub fn pong(payload: &[u8]) -> Seen {
    Seen::Pong(payload.into())
}

pub fn close(code: impl Into<Option<u16>>) -> Seen {
    Seen::Close(code.into(), String::new())
}

/// Gives `stream` to `connection`, and returns how many events came of it.
pub fn receive(connection: &mut Connection, stream: &[u8]) -> Result<usize, ProtocolError> {
    let mut input = given(connection, stream);
    connection.drain(&mut input)
}

/// Returns an input which has `stream` in it, for this connection.
pub fn given(connection: &mut Connection, stream: &[u8]) -> Input<Vec<u8>> {
    let mut input = Input::default();
    if !stream.is_empty() {
        connection.receive(&mut input, stream.to_vec(), START);
    }
    input
}

/// Takes the bytes that wait to be written.
pub fn transmit(connection: &mut Connection) -> Vec<u8> {
    let mut out = Vec::new();
    connection.transmit_to(&mut out);
    out
}

pub const ROLES: [Role; 2] = [Role::Client, Role::Server];

pub const NORMAL: Close<'static> = Close { code: Some(CloseCode::NORMAL), reason: "" };

pub fn is_close(event: &Event<'_>) -> bool {
    matches!(event, Event::Close(_))
}

/// The limits as they are unless set, but for what `change` sets.
pub fn limits(change: impl FnOnce(&mut Limits)) -> Limits {
    let mut limits = Limits::default();
    change(&mut limits);
    limits
}
