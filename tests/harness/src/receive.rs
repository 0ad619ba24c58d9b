use sansocket::{Cause, CloseCode, CloseFrame, Initiator, Kind, Limits, Role};

use crate::changed::changed;
use crate::choices::Choices;
use crate::frames::build;
use crate::oracle::{Judged, judge};
use crate::run::{Outcome, run, run_by};
use crate::seen::Seen;
use crate::setup::Setup;
use crate::way::{Cut, Way};

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
    let stream = build(setup.role, &mut choices);
    check(&setup, &stream);
}

/// Frames for an end of this role which are mostly as they should be.
pub fn build_frames(role: Role, data: &[u8]) -> Vec<u8> {
    build(role, &mut Choices::new(data))
}

fn choose_setup(choices: &mut Choices<'_>) -> Setup {
    let flags = choices.byte();
    let is_set = |bit: u8| flags & 1 << bit != 0;
    let limits = match is_set(1) {
        false => Limits::default(),
        true => changed(|limits: &mut Limits| {
            limits.message = choices.len() as u64;
            limits.frame = choices.len() as u64;
            limits.fragments = u64::from(choices.byte() % 16);
            limits.pongs = u16::from(choices.byte() % 8);
            limits.pong_bytes = u32::from(choices.byte());
        }),
    };
    Setup {
        role: if is_set(0) { Role::Client } else { Role::Server },
        limits,
        is_streaming: false,
        is_echoing: is_set(2),
        is_prompt: is_set(3),
        is_advancing: is_set(4),
        closes_after: is_set(5).then(|| choices.below(8)),
        discards: false,
        refuses: match (is_set(6), is_set(7)) {
            (false, _) => None,
            (true, false) => Some(Kind::Text),
            (true, true) => Some(Kind::Binary),
        },
        max_queued: usize::MAX,
        #[cfg(feature = "deflate")]
        compression: None,
    }
}

/// Checks an end against the oracle, in all modes and however it is driven.
pub fn check(setup: &Setup, stream: &[u8]) {
    for discards in [false, true] {
        check_modes(&Setup { discards, ..*setup }, stream);
        if setup.closes_after.is_none() {
            return;
        }
    }
}

fn check_modes(setup: &Setup, stream: &[u8]) {
    let judged = judge(setup, stream);
    for is_streaming in [false, true] {
        let setup = Setup { is_streaming, ..*setup };
        let (whole, _) = run(&setup, stream, Cut::Whole);
        check_outcome(&setup, &whole, &judged);
        let (bytewise, given) = run(&setup, stream, Cut::Every(1));
        assert_eq!(bytewise, whole, "byte by byte");
        if let Some((_, at)) = judged.failure {
            assert_eq!(given, at + 1, "it fails at the first byte that shows the fault");
        }
        for way in ways(stream.len()) {
            assert_eq!(run_by(&setup, stream, way).0, whole, "{way:?}");
        }
        let whole = whole.unmasked();
        for way in suspending(stream.len()) {
            assert_eq!(run_by(&setup, stream, way).0.unmasked(), whole, "{way:?}");
        }
        check_queue(&setup, stream, &judged);
    }
}

/// The ways to drive an end which make no difference.
fn ways(len: usize) -> impl Iterator<Item = Way> {
    let ways = [Cut::Every(2), Cut::Every(3), Cut::Every(125)].map(Way::from);
    let split = |cut| Way { is_split: true, ..Way::from(cut) };
    let shared = |cut| Way { is_sharing: true, ..Way::from(cut) };
    let others = [
        split(Cut::Random(1)),
        Way { is_borrowing: true, ahead: len / 3, ..Cut::Random(2).into() },
        Way { is_borrowing: true, ..shared(Cut::Random(3)) },
        Way { ahead: len, ..Cut::Whole.into() },
        Way { is_fidgeting: true, is_borrowing: true, ..Cut::Random(4).into() },
        Way { is_fidgeting: true, ..split(Cut::Spare(50_000)) },
        Way { ahead: 1, ..split(Cut::Every(50)) },
        shared(Cut::Spare(100)),
        split(Cut::Spare(40_000)),
    ];
    ways.into_iter().chain(others)
}

/// The ways to suspend and restore an end that make no difference. A long stream is cut into fewer pieces, as each
/// snapshot holds all that has come of a message.
pub(crate) fn suspending(len: usize) -> impl Iterator<Item = Way> {
    let cuts = [1, 7].map(Cut::Every).into_iter().chain([Cut::Random(5)]);
    let cuts = cuts.filter(move |_| len <= 400).chain([Cut::Every(len / 40 + 1)]);
    cuts.map(|cut| Way { is_suspending: true, ..cut.into() })
}

/// Replies that wait hold back events, and change nothing else.
fn check_queue(setup: &Setup, stream: &[u8], judged: &Judged) {
    for max_queued in [1, 60] {
        let setup = Setup { max_queued, ..*setup };
        for cut in [Cut::Whole, Cut::Spare(40)] {
            let way = Way { is_sharing: true, is_suspending: stream.len() <= 400, ..cut.into() };
            check_outcome(&setup, &run_by(&setup, stream, way).0, judged);
        }
    }
}

fn check_outcome(setup: &Setup, outcome: &Outcome, judged: &Judged) {
    check_seen(setup, outcome, judged);
    check_sent(setup, outcome);
    check_account(setup, outcome, judged);
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
    let limits = changed(|limits: &mut Limits| limits.message = u64::MAX);
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

/// The account says what has happened.
fn check_account(setup: &Setup, outcome: &Outcome, judged: &Judged) {
    let ended = &outcome.ended;
    assert_eq!(ended.sent, close_frame(due(setup, outcome).last()));
    let (received, reason) = match &judged.bad_close {
        Some(payload) => bad_close_frame(payload),
        None => (close_frame(outcome.seen.last()), reason_of(outcome)),
    };
    assert_eq!((ended.received, &*ended.reason), (received, &*reason));
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
    assert_eq!(outcome.is_over, is_over, "an end that is over ends the transport");
    let transport = if is_over { Initiator::Us } else { Initiator::Peer };
    assert_eq!(ended.transport, Some(transport));
}

fn close_frame(seen: Option<&Seen>) -> CloseFrame {
    match seen {
        Some(Seen::Close(None, _)) => CloseFrame::Empty,
        Some(Seen::Close(Some(code), _)) => {
            CloseCode::new(*code).map_or(CloseFrame::Empty, CloseFrame::Code)
        }
        Some(Seen::Text(_) | Seen::Binary(_) | Seen::Ping(_) | Seen::Pong(_)) | None => {
            CloseFrame::Absent
        }
    }
}

fn reason_of(outcome: &Outcome) -> String {
    match outcome.seen.last() {
        Some(Seen::Close(_, reason)) => reason.clone(),
        _ => String::new(),
    }
}

/// A close frame that breaks the protocol is a part of the account all the same.
fn bad_close_frame(payload: &[u8]) -> (CloseFrame, String) {
    let (code, reason) = payload.split_at(2);
    let code = u16::from_be_bytes([code[0], code[1]]);
    let frame = CloseCode::new(code).map_or(CloseFrame::Invalid(code), CloseFrame::Code);
    (frame, String::from_utf8_lossy(reason).into_owned())
}
