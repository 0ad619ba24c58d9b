//! Section 5.4: messages of several frames. Ids `X`.

use harness::{Cut, Drive, Setup, run};
use sansocket::{CloseCode, ProtocolError, Role, SendError};

use crate::support::*;

#[test]
fn frames_that_follow_one_another_make_messages() {
    for (id, stream, expected) in [
        ("X-01", "0103 48656c 8002 6c6f", vec![text("Hello")]),
        ("X-01", "0203 48656c 0000 8002 6c6f", vec![binary(b"Hello")]),
        ("X-06", "0103 48656c 8900 8002 6c6f", vec![ping(b""), text("Hello")]),
        ("X-06", "0101 61 8a0162 0000 890163 800164", vec![pong(b"b"), ping(b"c"), text("ad")]),
        ("X-09", "0100 0000 8000", vec![text("")]),
        ("X-09", "0200 0000 0000 800161", vec![binary(b"a")]),
        ("X-12", "0201 ff 8001 fe", vec![binary(b"\xff\xfe")]),
        ("X-14", "0101 61 8000", vec![text("a")]),
        ("X-01", "0101 61 8001 62 0201 63 8001 64", vec![text("ab"), binary(b"cd")]),
    ] {
        assert_eq!(seen(stream), expected, "{id}");
    }
}

#[test]
fn frames_out_of_sequence_are_rejected_at_their_first_byte() {
    use ProtocolError::*;
    for (id, stream, error, before) in [
        ("X-02", "80^00", UnexpectedContinuation, vec![]),
        ("X-02", "00^00", UnexpectedContinuation, vec![]),
        ("X-02", "810161 80^00", UnexpectedContinuation, vec![text("a")]),
        ("X-03", "0101 61 81^0162", UnexpectedStart, vec![]),
        ("X-03", "0101 61 82^0162", UnexpectedStart, vec![]),
        ("X-03", "0201 61 01^0162", UnexpectedStart, vec![]),
        ("X-04, A-51, V-08", "0100 81^00", UnexpectedStart, vec![]),
        ("X-04", "0100 01^00", UnexpectedStart, vec![]),
        ("X-05", "0101 61 800162 80^00", UnexpectedContinuation, vec![text("ab")]),
        ("X-05", "0101 61 800162 00^00", UnexpectedContinuation, vec![text("ab")]),
        ("X-06", "0101 61 8900 82^00", UnexpectedStart, vec![ping(b"")]),
        ("A-52, V-36", "0100 c0^00", ReservedBit, vec![]),
    ] {
        println!("{id}");
        assert_fails(stream, error, &before);
    }
}

#[test]
fn a_control_frame_is_never_within_another_frame() {
    // what lies within a frame is its payload, whatever it looks like.
    assert_eq!(seen("0202 8900 8002 8800"), [binary(b"\x89\x00\x88\x00")]);
}

#[test]
fn a_close_frame_between_fragments_ends_the_message() {
    //
    for (role, stream, _) in for_both_roles("0101 61 8802 03e8") {
        let outcome = outcome(&Setup::new(role), &stream);
        assert_eq!(outcome.seen, [close(1000)]);
        assert!(outcome.ended.is_clean());
    }
}

#[test]
fn a_ping_between_the_frames_of_a_message_is_answered_at_once() {
    // X-06, B-07.
    for (role, stream, _) in for_both_roles("0103 48656c 8900") {
        let outcome = outcome(&Setup { is_prompt: true, ..Setup::new(role) }, &stream);
        assert_eq!(read(role, &outcome.out), [pong(b"")]);
    }
}

#[test]
fn the_limit_on_a_message_holds_for_the_sum_of_its_frames() {
    //
    let limits = limits(|limits| limits.message = 4);
    for (stream, before) in [
        ("0203 616263 8002^6465", vec![]),
        ("0203 616263 0000 0001 64 8001^", vec![]),
        ("8204 61626364 8205^", vec![binary(b"abcd")]),
        ("0203 616263 807e0100^", vec![]),
        ("0203 616263 807f7fffffffffffffff^", vec![]),
        ("0203 616263 8001 64 0203 616263 8002^", vec![binary(b"abcd")]),
    ] {
        for (role, stream, mark) in for_both_roles(stream) {
            let setup = Setup { limits, ..Setup::new(role) };
            assert_fails_under(&setup, &stream, mark, ProtocolError::MessageTooBig, &before);
        }
    }
}

#[test]
fn a_sum_that_cannot_be_counted_is_too_big() {
    // the sum of lengths is near the end of what 64 bits hold.
    let limits = limits(|limits| limits.message = u64::MAX);
    for (role, stream, mark) in for_both_roles("0201 61 807f7fffffffffffffff") {
        let setup = Setup { limits, ..Setup::new(role) };
        let (outcome, _) = run(&setup, &stream, Cut::Every(1));
        assert_eq!((outcome.error, mark), (None, None), "it is within the limit");
    }
}

#[test]
fn the_fragments_of_a_message_are_counted() {
    // X-11, L-09: empty ones, too, but no control frames; each message anew.
    let limits = limits(|limits| limits.fragments = 3);
    for (stream, before) in [
        ("0100 0000 0000 00^00", vec![]),
        ("0100 0000 0000 80^00", vec![]),
        ("0100 8900 0000 8900 0000 8900 80^00", vec![ping(b""); 3]),
        ("0100 0000 8000 0100 0000 0000 00^", vec![text("")]),
    ] {
        for (role, stream, mark) in for_both_roles(stream) {
            let setup = Setup { limits, ..Setup::new(role) };
            assert_fails_under(&setup, &stream, mark, ProtocolError::TooManyFragments, &before);
        }
    }
    assert_eq!(ProtocolError::TooManyFragments.close_code(), CloseCode::POLICY_VIOLATION);
    for (role, stream, _) in for_both_roles("0100 0000 8000 8100") {
        let setup = Setup { limits, ..Setup::new(role) };
        assert_eq!(outcome(&setup, &stream).seen, [text(""), text("")]);
    }
}

#[test]
fn a_million_empty_fragments_are_too_many() {
    //
    for role in ROLES {
        let mut connection = connect(role, limits(|_| ()));
        receive(&mut connection, &frame_to(role, 0x01, b"")).unwrap();
        let fragments = frame_to(role, 0x00, b"").repeat(1000);
        let failed = (1..=1000).find_map(|count| match receive(&mut connection, &fragments) {
            Ok(events) => {
                assert_eq!(events, 0);
                None
            }
            Err(error) => Some((count, error)),
        });
        assert_eq!(failed, Some((66, ProtocolError::TooManyFragments)));
        assert_eq!(read(role, &transmit(&mut connection)), [close(1008)]);
    }
}

#[test]
fn a_message_cannot_be_started_within_another() {
    //
    for mut connection in [client(), server()] {
        let sender = &mut connection;
        let mut out = Vec::new();
        sender.send_part_to("a", &mut out).unwrap();
        let busy = Err(SendError::MessageInProgress);
        assert_eq!(sender.send("b"), busy);
        assert_eq!(sender.send(b"b"), busy);
        assert_eq!(sender.send_part(b"b"), busy);
        assert_eq!(sender.send_last(b"b"), busy);
        assert_eq!(sender.send(vec![0; 20_000]), busy);
        assert_eq!(sender.send_with(&[0; 20_000], |_| 20_000), busy);
        assert_eq!(sender.queued(), 0, "what is not sent leaves no trace");
        sender.send_last_to("c", &mut out).unwrap();
        sender.send_to("d", &mut out).unwrap();
        assert_eq!(read(connection.role(), &out), [text("ac"), text("d")]);
    }
}

#[test]
fn a_message_is_sent_by_parts_before_its_length_is_known() {
    // U-24: the end may be empty, the parts are on the wire at once.
    let mut server = server();
    let mut out = Vec::new();
    server.send_part_to("a", &mut out).unwrap();
    assert_eq!(out, bytes("0101 61"));
    server.send_part_to("é", &mut out).unwrap();
    assert_eq!(out, bytes("0101 61 0002 c3a9"));
    server.send_last_to("", &mut out).unwrap();
    assert_eq!(out, bytes("0101 61 0002 c3a9 8000"));
    out.clear();
    server.send_last_to("only", &mut out).unwrap();
    assert_eq!(out, bytes("8104 6f6e6c79"));
}

#[test]
fn control_frames_go_between_the_parts_that_are_sent() {
    // X-16, K-05.
    let mut server = server();
    let mut out = Vec::new();
    server.send_part_to("a", &mut out).unwrap();
    receive(&mut server, &frame_to(Role::Server, 0x89, b"p")).unwrap();
    server.ping(b"q").unwrap();
    server.send_last_to("b", &mut out).unwrap();
    assert_eq!(out, bytes("0101 61 8a01 70 8901 71 8001 62"));
}

#[test]
fn a_close_leaves_the_message_unfinished() {
    //
    for mut connection in [client(), server()] {
        let role = connection.role();
        let mut out = Vec::new();
        connection.send_part_to("a", &mut out).unwrap();
        connection.close(CloseCode::NORMAL, "").unwrap();
        assert_eq!(connection.send_last_to("b", &mut out), Err(SendError::Closing));
        connection.transmit_to(&mut out);
        let peer = if role == Role::Client { Role::Server } else { Role::Client };
        assert_eq!(outcome(&Setup::new(peer), &out).seen, [close(1000)]);
    }
}
