//! Bodies of the fuzz targets, here so that `cargo test` runs them too: see `tests/properties.rs`.
//!
//! Each takes any bytes, and panics if a law of the crate does not hold for them.

#[cfg(feature = "__asynchronous")]
mod adapter;
mod choices;
#[cfg(feature = "deflate")]
mod deflate;
mod frames;
mod handshake;
#[cfg(feature = "deflate")]
mod inflate;
mod oracle;
mod pair;
mod run;
#[cfg(feature = "__asynchronous")]
mod world;

use alloc::vec;
use alloc::vec::Vec;

#[cfg(feature = "__asynchronous")]
pub use self::adapter::adapter;
use self::choices::Choices;
#[cfg(feature = "deflate")]
pub use self::deflate::{deflate_pair, deflate_receive};
pub use self::handshake::{
    handshake_client, handshake_server, headers_round_trip, no_header_can_be_injected,
};
#[cfg(feature = "deflate")]
pub use self::inflate::{End, Inflated, inflate, inflate_within};
pub use self::oracle::{Judged, judge};
use self::pair::{Pair, Side};
pub use self::run::{Cut, Outcome, Seen, Setup, run};
use crate::connection::{Cause, CloseFrame, Initiator};
use crate::wire::{Header, Kind, Limits, OpCode, ProtocolError, Role, Utf8, mask};

/// Whatever comes, an end sees what RFC 6455 says, says what it must, and however it is cut.
pub fn receive(data: &[u8]) {
    let mut choices = Choices::new(data);
    let setup = choose_setup(&mut choices);
    check(&setup, choices.rest());
}

/// As [`receive`], for frames which are mostly as they should be.
pub fn receive_frames(data: &[u8]) {
    let mut choices = Choices::new(data);
    let setup = choose_setup(&mut choices);
    let stream = frames::build(setup.role, &mut choices);
    check(&setup, &stream);
}

/// Frames for an end of this role which are mostly as they should be.
pub fn build_frames(role: Role, data: &[u8]) -> Vec<u8> {
    frames::build(role, &mut Choices::new(data))
}

fn choose_setup(choices: &mut Choices<'_>) -> Setup {
    let flags = choices.byte();
    let is_set = |bit: u8| flags & 1 << bit != 0;
    let limits = match is_set(1) {
        false => Limits::default(),
        true => Limits {
            message: choices.len() as u64,
            frame: choices.len() as u64,
            fragments: u64::from(choices.byte() % 16),
            pongs: u16::from(choices.byte() % 8),
            pong_bytes: u32::from(choices.byte()),
        },
    };
    Setup {
        role: if is_set(0) { Role::Client } else { Role::Server },
        limits,
        is_streaming: false,
        is_echoing: is_set(2),
        is_prompt: is_set(3),
        is_advancing: is_set(4),
        closes_after: is_set(5).then(|| choices.below(8)),
        refuses: match (is_set(6), is_set(7)) {
            (false, _) => None,
            (true, false) => Some(Kind::Text),
            (true, true) => Some(Kind::Binary),
        },
        #[cfg(feature = "deflate")]
        compression: None,
    }
}

/// Holds an end to what is said of a stream, however it is cut, in both modes.
pub fn check(setup: &Setup, stream: &[u8]) {
    let judged = judge(setup, stream);
    for is_streaming in [false, true] {
        let setup = Setup { is_streaming, ..*setup };
        let (whole, _) = run(&setup, stream, Cut::Whole);
        check_seen(&setup, &whole, &judged);
        check_sent(&setup, &whole);
        check_account(&setup, &whole);
        let (bytewise, given) = run(&setup, stream, Cut::Every(1));
        assert_eq!(bytewise, whole, "byte by byte");
        if let Some((_, at)) = judged.failure {
            assert_eq!(given, at + 1, "it fails at the first byte that shows the fault");
        }
        let random = [Cut::Random(1), Cut::Random(2), Cut::Spare(100), Cut::Spare(40_000)];
        for cut in [Cut::Every(2), Cut::Every(3), Cut::Every(125)].into_iter().chain(random) {
            assert_eq!(run(&setup, stream, cut).0, whole, "cut {cut:?}");
        }
    }
}

fn check_seen(setup: &Setup, outcome: &Outcome, judged: &Judged) {
    assert_eq!(outcome.seen, judged.seen, "events are what the RFC says");
    let code = outcome.error.map(|error| error.close_code().get());
    assert_eq!(code, judged.failure.map(|(code, _)| code), "{:?}", outcome.error);
    let parts = if setup.is_streaming { &judged.parts[..] } else { &[] };
    assert_eq!(outcome.parts, parts, "parts are what came");
}

/// What is sent is legal, and is what is due after these events.
fn check_sent(setup: &Setup, outcome: &Outcome) {
    let role = if setup.role == Role::Client { Role::Server } else { Role::Client };
    let limits = Limits { message: u64::MAX, ..Limits::default() };
    let sent = judge(&Setup { limits, ..Setup::new(role) }, &outcome.out);
    assert_eq!(sent.failure, None, "what is sent breaks no rule");
    assert_eq!(sent.used, outcome.out.len(), "only whole frames are sent, none after a close");
    let due = due(setup, outcome);
    let pongs = due.iter().filter_map(|seen| match seen {
        Seen::Pong(payload) => Some(payload.len() + 2),
        Seen::Text(_) | Seen::Binary(_) | Seen::Ping(_) | Seen::Close(..) => None,
    });
    let is_within_budget = pongs.clone().count() <= usize::from(setup.limits.pongs)
        && pongs.sum::<usize>() <= setup.limits.pong_bytes as usize;
    if setup.is_prompt || is_within_budget {
        assert_eq!(sent.seen, due, "what is due is sent");
    } else {
        let is_pong = |seen: &&Seen| matches!(seen, Seen::Pong(_));
        let others = |seen: &&Seen| !matches!(seen, Seen::Pong(_));
        assert!(
            sent.seen.iter().filter(others).eq(due.iter().filter(others)),
            "what is due is sent"
        );
        let newest = due.iter().rfind(is_pong);
        assert_eq!(sent.seen.iter().rfind(is_pong), newest, "the newest ping is answered");
    }
}

/// What an end owes after these events.
fn due(setup: &Setup, outcome: &Outcome) -> Vec<Seen> {
    let mut due = Vec::new();
    for (count, seen) in outcome.seen.iter().enumerate() {
        if setup.closes_after == Some(count) {
            break;
        }
        match seen {
            Seen::Text(_) | Seen::Binary(_) if setup.is_echoing => due.push(seen.clone()),
            Seen::Ping(payload) => due.push(Seen::Pong(payload.clone())),
            Seen::Close(code, _) => {
                due.push(Seen::Close(*code, "".into()));
                return due;
            }
            Seen::Text(_) | Seen::Binary(_) | Seen::Pong(_) => {}
        }
    }
    if has_closed(setup, outcome) {
        due.push(Seen::Close(Some(1000), "".into()));
    } else if let Some(error) = outcome.error {
        due.push(Seen::Close(Some(error.close_code().get()), "".into()));
    }
    due
}

/// Whether the application closed before the peer did.
fn has_closed(setup: &Setup, outcome: &Outcome) -> bool {
    let before = outcome.seen.iter().filter(|seen| !matches!(seen, Seen::Close(..))).count();
    setup.closes_after.is_some_and(|count| count <= before)
}

/// The account tells what has happened.
fn check_account(setup: &Setup, outcome: &Outcome) {
    let frame = |seen: Option<&Seen>| match seen {
        Some(Seen::Close(None, _)) => CloseFrame::Empty,
        Some(Seen::Close(Some(code), _)) => {
            crate::wire::CloseCode::new(*code).map_or(CloseFrame::Empty, CloseFrame::Code)
        }
        Some(Seen::Text(_) | Seen::Binary(_) | Seen::Ping(_) | Seen::Pong(_)) | None => {
            CloseFrame::Absent
        }
    };
    let ended = outcome.ended;
    assert_eq!(ended.sent, frame(due(setup, outcome).last()));
    assert_eq!(ended.received, frame(outcome.seen.last()));
    let cause = match outcome.error {
        Some(error) => Cause::Violation(error),
        None if ended.received.is_present() => Cause::ClosingHandshake,
        None => Cause::TransportEnded,
    };
    assert_eq!(ended.cause, cause);
    let initiator = match ended.received.is_present() {
        true if !has_closed(setup, outcome) => Some(Initiator::Peer),
        _ if ended.sent.is_present() => Some(Initiator::Us),
        _ => None,
    };
    assert_eq!(ended.initiator, initiator);
    let is_over =
        outcome.error.is_some() || setup.role == Role::Server && ended.received.is_present();
    assert_eq!(outcome.early.is_some(), is_over, "an end that is over asks to close the transport");
}

/// What one end of a connection sends, the other receives, and both close cleanly.
pub fn pair(data: &[u8]) {
    let mut choices = Choices::new(data);
    let flags = choices.byte();
    let client = Side::new(Role::Client, flags & 1 != 0);
    let server = Side::new(Role::Server, flags & 2 != 0);
    let mut pair = Pair { sides: [client, server] };
    while !choices.is_empty() {
        pair.act(&mut choices);
    }
    pair.finish();
}

/// Whatever a sender is asked to do, it sends what breaks no rule.
pub fn send(data: &[u8]) {
    let mut choices = Choices::new(data);
    let role = if choices.byte() & 1 == 0 { Role::Client } else { Role::Server };
    let mut side = Side::new(role, false);
    // Each check goes through all of it again.
    while !choices.is_empty() && side.sent_len() < 150_000 {
        side.act(&mut choices);
        side.check_sent();
    }
    side.check_closed();
}

/// Text is judged as the standard library does it, wherever it is cut, and fails at the first byte that
/// can continue no character.
pub fn utf8(data: &[u8]) {
    let bad = oracle::bad_byte(data);
    for size in [1, 2, 3, 4, 5, 7, 16, 64, data.len().max(1)] {
        let mut utf8 = Utf8::new();
        let mut text = alloc::string::String::new();
        let mut verdict = None;
        for (count, bytes) in data.chunks(size).enumerate() {
            match utf8.push(bytes) {
                Ok(checked) => {
                    text.extend(checked.head);
                    text.push_str(checked.text);
                }
                Err(error) => {
                    verdict = Some(count * size + error.at);
                    break;
                }
            }
        }
        assert_eq!(verdict, bad, "cut into {size}");
        let is_text = core::str::from_utf8(data).is_ok();
        assert_eq!(verdict.is_none() && utf8.is_complete(), is_text, "cut into {size}");
        assert!(data.starts_with(text.as_bytes()), "text is what was given");
        assert!(!is_text || text.len() == data.len(), "text is all that was given");
    }
}

/// Masking is what section 5.3 says, byte by byte, wherever the bytes lie and are split.
pub fn mask(data: &[u8]) {
    let Some((key, bytes)) = data.split_first_chunk::<4>() else { return };
    for start in 0..bytes.len().min(9) {
        let plain = &bytes[start..];
        let masked: Vec<u8> = plain.iter().enumerate().map(|(i, byte)| byte ^ key[i % 4]).collect();
        for split in (0..plain.len().min(70)).chain([plain.len()]) {
            let mut bytes = bytes.to_vec();
            let (head, tail) = bytes[start..].split_at_mut(split);
            mask::apply(*key, 0, head);
            mask::apply(*key, split, tail);
            assert_eq!(&bytes[start..], masked, "from {start}, split at {split}");
        }
    }
}

/// A message is delivered if and only if it is within the limits, to the byte.
pub fn limits(data: &[u8]) {
    let mut choices = Choices::new(data);
    let role = if choices.byte() & 1 == 0 { Role::Client } else { Role::Server };
    let limits = Limits {
        message: choices.len() as u64,
        frame: choices.len() as u64,
        fragments: 1 + u64::from(choices.byte() % 8),
        ..Limits::default()
    };
    let mut lens = Vec::new();
    while !choices.is_empty() {
        lens.push(choices.len());
    }
    let stream = fragments(role, &lens);
    let expected = judge_lens(&limits, &lens);
    for (is_streaming, cut) in [
        (false, Cut::Whole),
        (false, Cut::Every(1000)),
        (false, Cut::Random(3)),
        (true, Cut::Whole),
        (true, Cut::Random(4)),
    ] {
        let setup = Setup { limits, is_streaming, ..Setup::new(role) };
        let (outcome, _) = run(&setup, &stream, cut);
        assert_eq!(outcome.error, expected.err(), "{lens:?}");
        let whole = (expected.is_ok() && !lens.is_empty())
            .then(|| Seen::Binary(vec![0; lens.iter().sum()]));
        assert_eq!(outcome.seen.first(), whole.as_ref(), "{lens:?}");
        assert!(outcome.parts.len() as u64 <= limits.message, "parts are within the limit");
    }
}

/// A message of fragments of these lengths.
fn fragments(role: Role, lens: &[usize]) -> Vec<u8> {
    let mut stream = Vec::new();
    for (at, &len) in lens.iter().enumerate() {
        let opcode = if at == 0 { OpCode::Binary } else { OpCode::Continuation };
        let mask = (role == Role::Server).then_some([0; 4]);
        let fin = at + 1 == lens.len();
        let header = Header { fin, rsv1: false, opcode, mask, len: len as u64 };
        let mut head = [0; Header::MAX_LEN];
        let head_len = header.encode(&mut head);
        stream.extend_from_slice(&head[..head_len]);
        stream.resize(stream.len() + len, 0);
    }
    stream
}

/// Which limit is the first that such a message goes beyond.
fn judge_lens(limits: &Limits, lens: &[usize]) -> Result<(), ProtocolError> {
    let mut sum = 0;
    for (count, &len) in (1..).zip(lens) {
        sum += len as u64;
        if count > limits.fragments {
            return Err(ProtocolError::TooManyFragments);
        }
        if len as u64 > limits.frame {
            return Err(ProtocolError::FrameTooBig);
        }
        if sum > limits.message {
            return Err(ProtocolError::MessageTooBig);
        }
    }
    Ok(())
}
