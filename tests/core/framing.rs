//! Section 5.2: the header of a frame. Ids `F`, and `A-48`.

use harness::{Cut, Drive, Setup, run};
use sansocket::wire::{Header, OpCode};
use sansocket::{Cause, Kind, ProtocolError, Role};

use crate::support::*;

#[test]
fn a_header_is_rejected_at_the_first_byte_that_breaks_a_rule() {
    use ProtocolError::*;
    for (stream, error) in [
        // F-04, V-14: sixteen bits for a length that fits into seven.
        ("827e007d^", NonMinimalLength),
        ("827e0000^", NonMinimalLength),
        ("897e^007e", ControlTooLong),
        // F-05: sixty-four bits for a length that fits into sixteen.
        ("827f000000000000ffff^", NonMinimalLength),
        ("827f0000000000000000^", NonMinimalLength),
        // F-06, A-01, A-03: the highest bit of a length.
        ("827f80^", LengthOverflow),
        ("827f80^00000000000000", LengthOverflow),
        ("827fff^ffffffffffffff", LengthOverflow),
        ("827fff^fffffffffffffc", LengthOverflow),
        // F-07, F-08, F-09, V-15, A-02, A-04: beyond the limit, and beyond what can be counted.
        ("827f7fffffffffffffff^", MessageTooBig),
        ("827f7ffffffffffffffc^", MessageTooBig),
        ("827f0000000100000001^", MessageTooBig),
        ("827f0000000100000005^", MessageTooBig),
        ("827f0000000001000001^", MessageTooBig),
        // F-10, F-11: reserved bits.
        ("c1^", ReservedBit),
        ("a1^", ReservedBit),
        ("91^", ReservedBit),
        ("b9^", ReservedBit),
        ("e1^", ReservedBit),
        ("d1^", ReservedBit),
        ("f1^", ReservedBit),
        // F-12: reserved opcodes of data.
        ("83^", ReservedOpcode),
        ("84^", ReservedOpcode),
        ("85^", ReservedOpcode),
        ("86^", ReservedOpcode),
        ("87^", ReservedOpcode),
        ("03^", ReservedOpcode),
        // F-13: reserved opcodes of control.
        ("8b^", ReservedOpcode),
        ("8c^", ReservedOpcode),
        ("8d^", ReservedOpcode),
        ("8e^", ReservedOpcode),
        ("8f^", ReservedOpcode),
        ("0f^", ReservedOpcode),
        // F-14: control frames are not fragmented.
        ("08^", FragmentedControl),
        ("09^", FragmentedControl),
        ("0a^", FragmentedControl),
        // F-15: control frames are short.
        ("887e^", ControlTooLong),
        ("897e^007e", ControlTooLong),
        ("8a7f^", ControlTooLong),
        // F-18: the same for frames that are empty, and within a message.
        ("c1^00", ReservedBit),
        ("0100 8b^00", ReservedOpcode),
        ("0100 09^00", FragmentedControl),
        ("0100 c0^00", ReservedBit),
        ("0100 007e007d^", NonMinimalLength),
        // F-20: several faults, one error.
        ("f3^7e", ReservedBit),
    ] {
        assert_fails(stream, error, &[]);
    }
}

#[test]
fn a_frame_is_masked_by_clients_and_by_them_alone() {
    for (id, role, stream, error) in [
        ("F-16, A-45", Role::Server, "8105^48656c6c6f", ProtocolError::UnmaskedFrame),
        ("F-16", Role::Server, "8900^", ProtocolError::UnmaskedFrame),
        ("F-17, V-06, A-46", Role::Client, "8185^37fa213d7f9f4d5158", ProtocolError::MaskedFrame),
        ("F-17", Role::Client, "88 80^", ProtocolError::MaskedFrame),
        ("F-18", Role::Client, "8180^00000000", ProtocolError::MaskedFrame),
        ("F-18", Role::Server, "0180 00000000 80 00^", ProtocolError::UnmaskedFrame),
        ("F-18", Role::Client, "0100 80 80^ 00000000", ProtocolError::MaskedFrame),
    ] {
        println!("{id}");
        let (stream, mark) = hex(stream);
        assert_fails_under(&Setup::new(role), &stream, mark, error, &[]);
    }
}

#[test]
fn a_violation_is_answered_with_one_close_frame() {
    // F-20, C-23.
    for (role, stream, _) in for_both_roles("f37e") {
        let outcome = outcome(&Setup::new(role), &stream);
        assert_eq!(read(role, &outcome.out), [close(1002)]);
    }
}

#[test]
fn lengths_are_read_in_all_three_forms() {
    // F-01, F-02, B-08, B-09, and Autobahn 1.1 and 1.2.
    for len in [0, 1, 125, 126, 127, 128, 255, 256, 65535, 65536, 65537, 70000] {
        for role in ROLES {
            let message = vec![b'x'; len];
            let stream = frame_to(role, 0x82, &message);
            for cut in [Cut::Whole, Cut::Every(1), Cut::Every(997), Cut::Random(5)] {
                let (outcome, _) = run(&Setup::new(role), &stream, cut);
                assert_eq!(outcome.seen, [binary(&message)], "{len} {cut:?}");
            }
        }
    }
    assert_eq!(seen(&format!("827e0100{}", "00".repeat(256))), [binary(&[0; 256])]);
}

#[test]
fn lengths_are_written_in_the_shortest_form() {
    // F-03.
    for (len, form) in [
        (0, "00"),
        (125, "7d"),
        (126, "7e007e"),
        (65535, "7effff"),
        (65536, "7f0000000000010000"),
        (u64::MAX >> 1, "7f7fffffffffffffff"),
    ] {
        let mut head = [0; Header::MAX_LEN];
        let header = Header { fin: true, rsv1: false, opcode: OpCode::Binary, mask: None, len };
        let head_len = header.encode(&mut head);
        assert_eq!(head[1..head_len], bytes(form), "{len}");
    }
    for len in [0, 125, 126, 65535, 65536] {
        for mut connection in [client(), server()] {
            let mut out = Vec::new();
            connection.send_to(vec![0; len], &mut out).unwrap();
            let header = match len {
                ..126 => 2,
                126..65536 => 4,
                _ => 10,
            };
            let key = if connection.role() == Role::Client { 4 } else { 0 };
            assert_eq!(out.len(), header + key + len);
        }
    }
}

#[test]
fn an_empty_frame_is_a_message() {
    // F-22.
    assert_eq!(seen("8100"), [text("")]);
    assert_eq!(seen("8200"), [binary(b"")]);
    assert_eq!(seen("8100 8200 8100"), [text(""), binary(b""), text("")]);
}

#[test]
fn the_boundaries_of_frames_carry_no_meaning() {
    // F-21: however a message is cut into frames, it is the same message.
    let whole = seen("8105 48656c6c6f");
    for stream in [
        "0105 48656c6c6f 8000",
        "0100 8005 48656c6c6f",
        "0101 48 0001 65 0001 6c 0001 6c 8001 6f",
        "0102 4865 0000 8003 6c6c6f",
    ] {
        assert_eq!(seen(stream), whole);
    }
}

#[test]
fn an_end_within_a_frame_is_not_clean() {
    // F-23, A-54: within a header, a key and a payload.
    for stream in
        ["8105 4865", "81", "827e", "827e01", "827f00000000", "0101 61", "8902 61", "8805 03e8"]
    {
        for (role, stream, _) in for_both_roles(stream) {
            let outcome = outcome(&Setup::new(role), &stream);
            assert_eq!(outcome.seen, []);
            assert_eq!(outcome.ended.cause, Cause::TransportEnded, "{stream:x?}");
            assert_eq!(outcome.ended.code(), 1006);
            assert!(!outcome.ended.is_clean());
        }
    }
}

#[test]
fn a_kind_of_messages_can_be_rejected() {
    // F-24: at the first byte, and control frames pass.
    for (kind, refused, taken) in [
        (Kind::Text, "8100 8900 81^00", "8200"),
        (Kind::Binary, "8200 8900 82^00", "8100"),
        (Kind::Binary, "0200 8900 02^00", "8100"),
    ] {
        for ((role, stream, mark), (_, other, _)) in
            for_both_roles(refused).into_iter().zip(for_both_roles(taken))
        {
            let setup = Setup { refuses: Some(kind), ..Setup::new(role) };
            let header_len = if role == Role::Client { 2 } else { 6 };
            let mark = mark.map(|mark| mark - header_len);
            let stream = &stream[header_len..];
            let error = ProtocolError::UnsupportedKind;
            assert_fails_under(&setup, stream, mark, error, &[ping(b"")]);
            assert_eq!(error.close_code().get(), 1003);
            assert_eq!(outcome(&setup, &other).error, None);
        }
    }
}

#[test]
fn both_kinds_of_messages_can_be_rejected() {
    for stream in ["8100", "8200"] {
        let mut connection = client();
        connection.reject_kind(Kind::Text);
        connection.reject_kind(Kind::Binary);
        let result = receive(&mut connection, &bytes(stream));
        assert_eq!(result, Err(ProtocolError::UnsupportedKind));
    }
}

/// A-48, F-19: what RFC 6455 says of the first two bytes of a frame.
#[test]
fn every_two_first_bytes_are_checked_as_the_rfc_says() {
    for role in ROLES {
        for in_message in [false, true] {
            for first in 0..=0xff {
                for second in 0..=0xff {
                    let expected = verdict(role, in_message, first, second);
                    let actual = actual_verdict(role, in_message, first, second);
                    assert_eq!(actual, expected, "{role:?} {in_message} {first:02x} {second:02x}");
                }
            }
        }
    }
}

/// At which of the bytes the connection fails with 1002, if it does.
fn verdict(role: Role, in_message: bool, first: u8, second: u8) -> Option<usize> {
    let (fin, reserved, opcode) = (first & 0x80 != 0, first & 0x70, first & 0x0f);
    let (masked, len) = (second & 0x80 != 0, second & 0x7f);
    let first_is_good = reserved == 0
        && match opcode {
            0 => in_message,
            1 | 2 => !in_message,
            8..=10 => fin,
            _ => false,
        };
    let second_is_good = masked == (role == Role::Server)
        && (opcode < 8 || len <= 125)
        && !(opcode == 8 && len == 1);
    match (first_is_good, second_is_good) {
        (false, _) => Some(1),
        (true, false) => Some(2),
        (true, true) => None,
    }
}

fn actual_verdict(role: Role, in_message: bool, first: u8, second: u8) -> Option<usize> {
    let mut connection = connect(role, limits(|_| ()));
    if in_message {
        receive(&mut connection, &frame_to(role, 0x02, b"")).expect("no fault");
    }
    for (count, byte) in [first, second].into_iter().enumerate() {
        if let Err(error) = receive(&mut connection, &[byte]) {
            assert_eq!(error.close_code().get(), 1002);
            return Some(count + 1);
        }
    }
    None
}
