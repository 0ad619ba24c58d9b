//! Section 10.4: limits. Ids `L`, as far as they concern an open connection.

use harness::Setup;
use sansocket::{Limits, ProtocolError};

use crate::support::*;

#[test]
fn the_limits_are_as_documented() {
    // L-07, L-09, L-10.
    let Limits { frame, fragments, message, pongs, pong_bytes, .. } = Limits::default();
    assert_eq!((frame, message, fragments), (u64::MAX, 16 << 20, 1 << 16));
    assert_eq!((pongs, pong_bytes), (16, 2048));
}

#[test]
fn a_message_of_just_the_limit_is_delivered() {
    // L-07, X-10: to the byte, in one frame and in several, in both modes.
    for most in [0, 1, 125, 126, 65535, 65536] {
        let limits = limits(|limits| limits.message = most as u64);
        for role in ROLES {
            let setup = Setup { limits, ..Setup::new(role) };
            let message = vec![b'x'; most + 1];
            let (head, tail) = message.split_at(most / 2);
            for (stream, is_within) in [
                (frame_to(role, 0x82, &message[1..]), true),
                (frame_to(role, 0x82, &message), false),
                ([frame_to(role, 0x02, head), frame_to(role, 0x80, &tail[1..])].concat(), true),
                ([frame_to(role, 0x02, head), frame_to(role, 0x80, tail)].concat(), false),
            ] {
                let outcome = outcome(&setup, &stream);
                let expected = if is_within { None } else { Some(ProtocolError::MessageTooBig) };
                assert_eq!(outcome.error, expected, "{most}");
                assert_eq!(outcome.seen.len(), usize::from(is_within));
            }
        }
    }
}

#[test]
fn a_frame_of_just_the_limit_is_taken() {
    // L-06: control frames have their own.
    let limits = limits(|limits| limits.frame = 4);
    for (stream, error) in [
        ("8204 61626364", None),
        ("0204 61626364 8004 61626364", None),
        ("8205^", Some(ProtocolError::FrameTooBig)),
        ("0204 61626364 8005^", Some(ProtocolError::FrameTooBig)),
        ("8905 6162636465 8a05 6162636465", None),
    ] {
        for (role, stream, mark) in for_both_roles(stream) {
            let setup = Setup { limits, ..Setup::new(role) };
            match error {
                Some(error) => assert_fails_under(&setup, &stream, mark, error, &[]),
                None => assert_eq!(outcome(&setup, &stream).error, None),
            }
        }
    }
    assert_eq!(ProtocolError::FrameTooBig.close_code().get(), 1009);
}

#[test]
fn a_frame_over_two_limits_is_one_error() {
    let limits = limits(|limits| (limits.frame, limits.message) = (4, 4));
    for (role, stream, mark) in for_both_roles("8205^ 6162636465") {
        let setup = Setup { limits, ..Setup::new(role) };
        assert_fails_under(&setup, &stream, mark, ProtocolError::FrameTooBig, &[]);
    }
}

#[test]
fn limits_hold_for_messages_that_are_streamed() {
    // L-07, I-09: what has come is delivered, and no byte beyond the limit.
    for role in ROLES {
        let limits = limits(|limits| limits.message = 10);
        let setup = Setup { limits, is_streaming: true, ..Setup::new(role) };
        let stream = [frame_to(role, 0x02, &[1; 6]), frame_to(role, 0x80, &[2; 5])].concat();
        let outcome = harness::run(&setup, &stream, harness::Cut::Whole).0;
        assert_eq!(outcome.error, Some(ProtocolError::MessageTooBig));
        assert_eq!(outcome.parts, [1; 6]);
    }
}

#[test]
fn every_control_frame_between_fragments_is_handled() {
    // the longest ones, and the message is whole.
    for role in ROLES {
        let mut stream = frame_to(role, 0x01, "é".as_bytes());
        for i in 0..50 {
            stream.extend(frame_to(role, 0x89, &[i; 125]));
            stream.extend(frame_to(role, 0x00, "é".as_bytes()));
        }
        stream.extend(frame_to(role, 0x80, b""));
        let setup = Setup { is_prompt: true, ..Setup::new(role) };
        let outcome = outcome(&setup, &stream);
        assert_eq!(outcome.seen.last(), Some(&text(&"é".repeat(51))));
        let pongs: Vec<_> = (0..50).map(|i| pong(&[i; 125])).collect();
        assert_eq!(read(role, &outcome.out), pongs);
    }
}

#[test]
fn the_most_memory_is_a_formula_that_does_not_overflow() {
    // L-13: see `memory`, which measures it.
    let limits = limits(|limits| (limits.message, limits.pong_bytes) = (u64::MAX, u32::MAX));
    assert_eq!(limits.max_memory(), u64::MAX);
}
