//! Drafts 75 and 76: a driver, an oracle for their frames, and bodies of fuzz targets.

use std::sync::Arc;

use sansocket::legacy::{Connection, Draft};
use sansocket::{
    Config, Ended, Event, Input, Limits, ProtocolError, Seed, Step, Url, client, server,
};

use crate::setup::START;

/// All that an end of draft 75 or 76 showed of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Talk {
    /// The events, as `Debug` writes them.
    pub seen: Vec<String>,
    /// All that was written.
    pub out: Vec<u8>,
    /// The account.
    pub ended: Ended,
}

/// What a server makes of a stream that comes by so many bytes at a time, and then ends. It accepts requests.
pub fn serve_old(stream: &[u8], size: usize, config: &Arc<Config>) -> Talk {
    drive(Connection::server(Arc::clone(config), START), stream, size)
}

/// What a client makes of it. Its request is the first of what it writes.
pub fn ask_old(draft: Draft, stream: &[u8], size: usize, config: &Arc<Config>) -> Talk {
    drive(old_client(draft, config), stream, size)
}

/// A client of `ws://example.com/demo`, which asks for the subprotocol `sample`.
pub fn old_client(draft: Draft, config: &Arc<Config>) -> Connection {
    let mut request = client::Request::new(Url::parse("ws://example.com/demo").expect("a URL"));
    request.add_protocol("sample").expect("a token");
    let (config, seed) = (Arc::clone(config), Seed::new([7; 32]));
    Connection::client(draft, &request, config, seed, START).expect("one subprotocol")
}

/// The response of our own server to that client.
pub fn old_response(draft: Draft) -> Vec<u8> {
    let mut client = old_client(draft, &Config::new().shared());
    let request = client.transmit().to_vec();
    serve_old(&request, request.len(), &Config::new().shared()).out
}

fn drive(mut connection: Connection, stream: &[u8], size: usize) -> Talk {
    let (mut input, mut seen, mut out) = (Input::default(), Vec::new(), Vec::new());
    for chunk in stream.chunks(size.max(1)) {
        connection.receive(&mut input, chunk.to_vec(), START);
        take(&mut connection, &mut input, &mut seen, &mut out);
    }
    connection.handle_eof(START);
    take(&mut connection, &mut input, &mut seen, &mut out);
    if connection.next_step() == Step::Shutdown {
        connection.handle_shutdown();
    }
    let Step::Done(ended) = connection.next_step() else { panic!("every end is explained") };
    Talk { seen, out, ended }
}

/// Takes all events, and all that is written.
fn take(
    connection: &mut Connection,
    input: &mut Input<Vec<u8>>,
    seen: &mut Vec<String>,
    out: &mut Vec<u8>,
) {
    while let Some(event) = connection.next_event(input) {
        seen.push(format!("{event:?}"));
        match event {
            Event::Request => connection.accept(),
            Event::NotUpgrade => connection.reject(server::Response::not_found("")),
            _ => {}
        }
    }
    assert!(input.is_empty(), "without an event, the input is used up");
    let waiting = connection.transmit().to_vec();
    connection.transmitted(waiting.len(), START);
    out.extend(waiting);
}

/// A configuration that lets any page in.
pub fn open_to_old(limits: Limits) -> Arc<Config> {
    let policy = server::Policy::new().origins(server::Origins::any());
    Config::new().policy(policy).limits(limits).shared()
}

/// Whatever frames come, however they are cut: what the oracle says.
///
/// The first byte decides on the draft, the limit of a message, and the role.
pub fn legacy_frames(data: &[u8]) {
    let Some((&choice, frames)) = data.split_first() else { return };
    let draft = if choice & 1 == 0 { Draft::Hixie75 } else { Draft::Hixie76 };
    let limits = Limits::new().message([16 << 20, 100, 5, 0][usize::from(choice >> 1 & 3)]);
    let config = open_to_old(limits);
    let is_client = choice & 8 != 0;
    let (opening, start) = if is_client {
        (old_response(draft), "Open")
    } else {
        (old_client(draft, &config).transmit().to_vec(), "Request")
    };
    let stream = [&opening, frames].concat();
    let run = |size| match is_client {
        true => ask_old(draft, &stream, size, &config),
        false => serve_old(&stream, size, &config),
    };
    let whole = run(stream.len());
    assert_eq!(whole.seen.first().map(String::as_str), Some(start));
    let rest = whole.seen.iter().skip_while(|event| *event != "Open").skip(1);
    assert!(rest.eq(&judge_old(frames, draft, limits)), "{whole:?}");
    for size in [1, 2, 7] {
        assert_eq!(run(size), whole, "in pieces of {size}");
    }
}

/// Whatever an opening has, however it is cut: the same events and account, and answers that are well formed.
///
/// The first byte decides on the role and the draft, and on how much of a valid opening comes before the rest.
pub fn legacy_opening(data: &[u8]) {
    let Some((&choice, rest)) = data.split_first() else { return };
    let draft = if choice & 1 == 0 { Draft::Hixie75 } else { Draft::Hixie76 };
    let config = open_to_old(Limits::new());
    let is_client = choice & 2 != 0;
    let valid = if is_client {
        old_response(draft)
    } else {
        old_client(draft, &config).transmit().to_vec()
    };
    let kept = valid.len() * usize::from(choice >> 2) / 63;
    let stream = [&valid[..kept], rest].concat();
    let run = |size| match is_client {
        true => ask_old(draft, &stream, size, &config),
        false => serve_old(&stream, size, &config),
    };
    let whole = run(stream.len());
    for size in [1, 3, 50] {
        assert_eq!(run(size), whole, "in pieces of {size}");
    }
    let head = b"HTTP/1.1 ";
    assert!(is_client || whole.out.is_empty() || whole.out.starts_with(head), "{whole:?}");
}

/// The events that frames are, found in another way: in the whole stream, one frame after the other.
pub fn judge_old(mut stream: &[u8], draft: Draft, limits: Limits) -> Vec<String> {
    let (most, mut seen) = (limits.message.min(limits.frame), Vec::new());
    while let Some((&kind, rest)) = stream.split_first() {
        let judged =
            if kind < 0x80 { judge_data(kind, rest, most) } else { judge_length(rest, most) };
        let (used, text) = match judged {
            Ok(Some(frame)) => frame,
            Ok(None) => return seen,
            Err(error) => {
                seen.push(format!("{:?}", Event::Violation(error)));
                return seen;
            }
        };
        if kind == 0xff && draft == Draft::Hixie76 && is_empty(&rest[..used]) {
            seen.push("Close(Close { code: None, reason: \"\" })".into());
            return seen;
        }
        seen.extend(text.map(|text| format!("{:?}", Event::Text(text))));
        stream = &rest[used..];
    }
    seen
}

/// How many bytes a frame took, and its text if it has one. `None` if more must come.
type Judged<'s> = Result<Option<(usize, Option<&'s str>)>, ProtocolError>;

fn judge_data(kind: u8, rest: &[u8], most: u64) -> Judged<'_> {
    let end = rest.iter().position(|&byte| byte == 0xff);
    let bytes = &rest[..end.unwrap_or(rest.len())];
    let is_long = bytes.len() as u64 > most;
    if kind > 0 {
        let too_big = is_long.then_some(ProtocolError::FrameTooBig);
        return too_big.map_or(Ok(end.map(|end| (end + 1, None))), Err);
    }
    let within = &bytes[..bytes.len().min(usize::try_from(most).unwrap_or(usize::MAX))];
    match str::from_utf8(within) {
        Err(error) if error.error_len().is_some() => Err(ProtocolError::InvalidUtf8),
        _ if is_long => Err(ProtocolError::MessageTooBig),
        Err(_) if end.is_some() => Err(ProtocolError::InvalidUtf8),
        Ok(text) => Ok(end.map(|end| (end + 1, Some(text)))),
        Err(_) => Ok(None),
    }
}

fn judge_length(rest: &[u8], most: u64) -> Judged<'_> {
    let digits = rest.iter().take_while(|digit| **digit >= 0x80).count();
    if digits >= 9 && rest.len() > 9 {
        return Err(ProtocolError::LengthOverflow);
    }
    let Some(length) = rest.get(..=digits) else { return Ok(None) };
    let len = length.iter().fold(0, |len, digit| len << 7 | u64::from(digit & 0x7f));
    if len > most {
        return Err(ProtocolError::FrameTooBig);
    }
    let end = length.len() as u64 + len;
    let is_whole = rest.len() as u64 >= end;
    Ok(is_whole.then(|| (usize::try_from(end).expect("it is there"), None)))
}

/// Whether what follows a type is a length of 0.
fn is_empty(length: &[u8]) -> bool {
    length.split_last().is_some_and(|(last, more)| *last == 0 && more.iter().all(|it| *it == 0x80))
}
