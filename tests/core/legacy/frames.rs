//! The frames of drafts 75 and 76, in both roles.

use harness::{Talk, old_response};
use sansocket::legacy::Draft;
use sansocket::{Cause, CloseFrame, Initiator, ProtocolError};

use super::support::*;
use crate::support::bytes;

/// What an open end of `draft` makes of frames, in either role.
#[track_caller]
fn receive(draft: Draft, frames: &[u8]) -> Talk {
    let client = ask(draft, &[&old_response(draft)[..], frames].concat());
    let request = match draft {
        Draft::Hixie75 => request_75(&[]),
        Draft::Hixie76 => [&request_76(&[])[..], KEY].concat(),
    };
    let server = serve(&[&request[..], frames].concat());
    assert_eq!(client.seen[..1], ["Open"]);
    assert_eq!(server.seen[..2], ["Request", "Open"]);
    assert_eq!(client.seen[1..], server.seen[2..], "both roles agree");
    Talk { seen: client.seen[1..].to_vec(), ..server }
}

const DRAFTS: [Draft; 2] = [Draft::Hixie75, Draft::Hixie76];

/// Z-07, Z-08, Z-11, V-33
#[test]
fn texts_are_delivered_and_other_frames_are_discarded() {
    let long = format!("80 81 00 {} 00 61 FF", "61".repeat(128));
    for (rule, frames, texts) in [
        ("a text", "00 48 65 6C 6C 6F FF", &["Hello"][..]),
        ("an empty text", "00 FF", &[""]),
        ("two texts", "00 61 FF 00 62 FF", &["a", "b"]),
        ("a text of several bytes to a character", "00 C3 A9 E2 82 AC F0 9F 98 80 FF", &["é€😀"]),
        ("a text with a nul", "00 61 00 62 FF", &["a\0b"]),
        ("a length frame", "80 05 48 65 6C 6C 6F 00 61 FF", &["a"]),
        ("a length frame of 128 bytes", &long, &["a"]),
        ("a length frame with FF in it", "80 02 FF FF 00 61 FF", &["a"]),
        ("an empty length frame", "80 00 00 61 FF", &["a"]),
        ("a length with zeros before it", "81 80 80 01 61 00 61 FF", &["a"]),
        ("the last type", "FF 02 00 00 00 61 FF", &["a"]),
        ("a reserved type", "01 48 65 FF 7F FF 00 61 FF", &["a"]),
        ("a reserved type that is not UTF-8", "01 80 C3 FF 00 61 FF", &["a"]),
        ("a text without an end", "00 61", &[]),
    ] {
        for draft in DRAFTS {
            let talk = receive(draft, &bytes(frames));
            let texts: Vec<_> = texts.iter().map(|text| format!("Text({text:?})")).collect();
            assert_eq!(talk.seen, texts, "{rule}, {draft:?}");
            assert_eq!(talk.ended.cause, Cause::TransportEnded, "{rule}, {draft:?}");
        }
    }
}

/// Z-11
#[test]
fn a_text_that_is_not_utf_8_fails_the_connection() {
    for (rule, frames) in [
        ("a byte that cannot start a character", "00 61 FF 00 80 FF"),
        ("an overlong character", "00 61 FF 00 C0 AF FF"),
        ("a surrogate", "00 61 FF 00 ED A0 80 FF"),
        ("a character that the sentinel cuts", "00 61 FF 00 C3 FF"),
        ("before the end of the text has come", "00 61 FF 00 62 FE"),
    ] {
        for draft in DRAFTS {
            let talk = receive(draft, &bytes(frames));
            assert_eq!(talk.seen, ["Text(\"a\")", "Violation(InvalidUtf8)"], "{rule}, {draft:?}");
            assert_eq!(talk.ended.cause, Cause::Violation(ProtocolError::InvalidUtf8), "{rule}");
            // There is no code that says why.
            assert_eq!(talk.out.ends_with(b"\xff\0"), draft.has_close(), "{rule}");
        }
    }
}

/// Z-29, Z-30
#[test]
fn draft_76_closes_by_an_empty_frame_of_the_last_type() {
    const CLOSE: &str = "Close(Close { code: None, reason: \"\" })";
    for frames in ["FF 00", "FF 80 00", "FF 80 80 80 80 80 80 80 80 00"] {
        let stream = [&bytes(frames)[..], b"\x00late\xff"].concat();
        let talk = receive(Draft::Hixie76, &stream);
        assert_eq!(talk.seen, [CLOSE], "{frames}");
        assert!(talk.out.ends_with(b"8jKS'y:G*Co,Wxa-\xff\0"), "{frames}: one reply");
        assert!(talk.ended.is_clean());
        let frames = (talk.ended.sent, talk.ended.received, talk.ended.initiator);
        assert_eq!(frames, (CloseFrame::Empty, CloseFrame::Empty, Some(Initiator::Peer)));
    }
    for frames in ["FF 01 00 00 61 FF", "FE 00 00 61 FF"] {
        assert_eq!(receive(Draft::Hixie76, &bytes(frames)).seen, ["Text(\"a\")"], "{frames}");
    }
}

/// Z-12
#[test]
fn draft_75_has_no_close_frame() {
    let talk = receive(Draft::Hixie75, b"\xff\0\x00a\xff");
    assert_eq!(talk.seen, ["Text(\"a\")"]);
    assert_eq!(talk.ended.transport, Some(Initiator::Peer));
    assert!(!talk.out.ends_with(b"\xff\0"));
}
