//! Requests and responses of drafts 75 and 76, edited.

use std::sync::Arc;

use harness::{START, Talk, ask_old, open_to_old, serve_old};
use sansocket::legacy::{Connection, Draft};
use sansocket::{Cause, Config, HandshakeError, Input, Limits, Timestamp};

/// The request of draft 75, line by line, in its order.
pub(crate) const REQUEST_75: [&str; 5] = [
    "GET /demo HTTP/1.1",
    "Upgrade: WebSocket",
    "Connection: Upgrade",
    "Host: example.com",
    "Origin: http://example.com",
];

/// What draft 76 adds: the keys of its section 1.2, and the bytes behind the head.
pub(crate) const KEYS: [&str; 2] =
    ["Sec-WebSocket-Key1: 4 @1  46546xW%0l 1 5", "Sec-WebSocket-Key2: 12998 5 Y3 1  .P00"];
pub(crate) const KEY: &[u8] = b"^n:ds[4U";
pub(crate) const ANSWER: &[u8] = b"8jKS'y:G*Co,Wxa-";

/// Lines as a head. An edit `Name: value` replaces the line of that name or adds it, `-Name` removes one, and
/// `=line` replaces the first line.
pub(crate) fn head(lines: &[&str], edits: &[&str]) -> Vec<u8> {
    let mut lines: Vec<String> = lines.iter().map(|&line| line.into()).collect();
    for edit in edits {
        let name = edit.trim_start_matches('-').split(':').next().unwrap_or_default();
        let place = lines.iter().position(|line| line.split(':').next() == Some(name));
        match (edit.strip_prefix('='), place) {
            (Some(first), _) => lines[0] = first.into(),
            (None, Some(place)) if edit.starts_with('-') => drop(lines.remove(place)),
            (None, Some(place)) => lines[place] = (*edit).into(),
            (None, None) => lines.push((*edit).into()),
        }
    }
    [lines.join("\r\n").as_bytes(), b"\r\n\r\n"].concat()
}

/// The request of draft 75, edited.
pub(crate) fn request_75(edits: &[&str]) -> Vec<u8> {
    head(&REQUEST_75, edits)
}

/// The head of the request of draft 76, edited.
pub(crate) fn request_76(edits: &[&str]) -> Vec<u8> {
    head(&[&REQUEST_75[..], &KEYS].concat(), edits)
}

pub(crate) fn open_to_all() -> Arc<Config> {
    open_to_old(Limits::new())
}

/// What a server makes of a stream, which does not depend on how it is cut.
#[track_caller]
pub(crate) fn serve(stream: &[u8]) -> Talk {
    serve_with(stream, &open_to_all())
}

#[track_caller]
pub(crate) fn serve_with(stream: &[u8], config: &Arc<Config>) -> Talk {
    same(stream, |size| serve_old(stream, size, config))
}

/// What a client makes of a stream.
#[track_caller]
pub(crate) fn ask(draft: Draft, stream: &[u8]) -> Talk {
    ask_with(draft, stream, &open_to_all())
}

#[track_caller]
pub(crate) fn ask_with(draft: Draft, stream: &[u8], config: &Arc<Config>) -> Talk {
    same(stream, |size| ask_old(draft, stream, size, config))
}

#[track_caller]
fn same(stream: &[u8], run: impl Fn(usize) -> Talk) -> Talk {
    let whole = run(stream.len());
    for size in 1..stream.len().min(40) {
        assert_eq!(run(size), whole, "in pieces of {size}: {}", stream.escape_ascii());
    }
    whole
}

/// The error of an opening that failed.
pub(crate) fn error(talk: &Talk) -> HandshakeError {
    match talk.ended.cause {
        Cause::Handshake(error) => error,
        cause => panic!("{cause}: {talk:?}"),
    }
}

/// Reads all of `bytes`.
pub(crate) fn feed(connection: &mut Connection, input: &mut Input<Vec<u8>>, bytes: &[u8]) {
    let mut spare = connection.spare(input);
    spare.buffer()[..bytes.len()].copy_from_slice(bytes);
    spare.filled(bytes.len(), START);
}

/// Takes all that waits to be written.
pub(crate) fn written(connection: &mut Connection, now: Timestamp) -> Vec<u8> {
    let mut out = Vec::new();
    while connection.queued() > 0 {
        let chunk = connection.transmit().to_vec();
        connection.transmitted(chunk.len(), now);
        out.extend(chunk);
    }
    out
}

/// What follows a head.
pub(crate) fn behind_head(out: &[u8]) -> &[u8] {
    let end = out.windows(4).position(|window| window == b"\r\n\r\n").expect("a blank line");
    &out[end + 4..]
}
