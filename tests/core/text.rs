//! Section 8.1: text is UTF-8. Ids `U`.

use harness::{Cut, Drive, Setup, run};
use sansocket::{Event, Kind, ProtocolError};

use crate::support::*;

const BAD: ProtocolError = ProtocolError::InvalidUtf8;

/// Payloads with `^` after the byte that decides.
const FAULTS: [(&str, &str); 43] = [
    // A continuation of nothing.
    ("U-04", "80^"),
    ("U-04", "bf^"),
    ("U-04", "61 80^ 62"),
    ("U-04", "c3a9 80^"),
    // What would be a longer form of ASCII.
    ("U-05, A-50", "c0^80"),
    ("U-05", "c1^"),
    ("U-05", "c0^ af"),
    // Longer forms, surrogates, and what is beyond Unicode.
    ("U-06", "e080^"),
    ("U-06", "e09f^"),
    ("U-06", "e080^af"),
    ("U-07, A-50", "eda0^80edb080"),
    ("U-07", "eda0^80"),
    ("U-07", "edbf^bf"),
    ("U-08", "f080^8080"),
    ("U-08", "f08f^bfbf"),
    ("U-09", "f490^8080"),
    ("U-09", "f4bf^"),
    // Bytes that stand nowhere.
    ("U-10", "f5^"),
    ("U-10", "f8^"),
    ("U-10", "f8^88808080"),
    ("U-10", "fc^"),
    ("U-10", "fe^"),
    ("U-10", "ff^"),
    ("U-10", "fe^feffff"),
    // A character that does not end.
    ("U-11", "c261^"),
    ("U-11", "e261^"),
    ("U-11", "e28261^"),
    ("U-11", "f061^"),
    ("U-11", "f09061^"),
    ("U-11", "f0908061^"),
    ("U-11", "e282c3^a9"),
    // Autobahn 6.
    ("U-12", "cebae1bdb9cf83cebcceb5 eda0^80 656469746564"),
    ("U-12", "cebae1bdb9cf83cebcceb5 f490^8080 656469746564"),
    ("U-10", "c3a9 61 ff^ 61"),
    ("U-05", "6161616161616161 6161616161616161 c0^ 61"),
    ("U-04", "6161616161616161 6161616161616161 6161616161616161 6161616161616161 80^"),
    // A character that is cut off by the end of the message.
    ("U-03", "ce^"),
    ("U-03", "e282^"),
    ("U-03", "f09f98^"),
    ("U-03", "cebae1bdb9cf83cebcceb5 f4^"),
    ("U-03", "61 e2^"),
    ("U-03", "61 f4^"),
    ("U-03", "61 df^"),
];

/// Payloads that are text.
const TEXTS: [(&str, &str); 24] = [
    ("U-16", "00"),
    ("U-16", "7f"),
    ("U-16", "c280"),
    ("U-16", "dfbf"),
    ("U-16", "e0a080"),
    ("U-16", "ed9fbf"),
    ("U-16", "ee8080"),
    ("U-16", "efbfbf"),
    ("U-16", "f0908080"),
    ("U-16", "f48fbfbf"),
    ("U-17", "efbfbe"),
    ("U-17", "efb790"),
    ("U-17", "f09fbfbe"),
    ("U-17", "f48fbfbe"),
    ("U-18", "efbbbf"),
    ("U-18", "efbbbf 61 efbbbf"),
    ("U-19", "00 01 02 1b 1f 0a 7f"),
    ("U-02", "ceba"),
    ("U-02", "e282ac"),
    ("U-02", "f09f9880"),
    ("U-16", "efbfbd"),
    ("U-01", "48656c6c6f2dc2b540c39fc3b6c3a4c3bcc3a0c3a12d5554462d382121"),
    ("U-01", "cebae1bdb9cf83cebcceb5"),
    ("U-01", ""),
];

fn short_frame(first: u8, payload: &[u8]) -> Vec<u8> {
    [&[first, u8::try_from(payload.len()).expect("it is short")], payload].concat()
}

#[test]
fn text_fails_at_the_first_byte_that_continues_no_character() {
    // U-14, V-01, V-02: within the frame, before its end.
    for (id, payload) in FAULTS {
        println!("{id}");
        let (payload, mark) = hex(payload);
        let stream = short_frame(0x81, &payload);
        for (role, stream, mark) in masked_too(&stream, mark.unwrap() + 2) {
            assert_fails_under(&Setup::new(role), &stream, mark, BAD, &[]);
            let long = Setup { is_streaming: true, ..Setup::new(role) };
            assert_fails_under(&long, &stream, mark, BAD, &[]);
        }
    }
    assert_eq!(BAD.close_code().get(), 1007);
}

#[test]
fn text_fails_at_the_same_byte_wherever_it_is_cut_into_frames() {
    // U-01, U-12, U-13, A-49: with a ping between the frames.
    for (id, payload) in FAULTS {
        println!("{id}");
        let (payload, mark) = hex(payload);
        let mark = mark.unwrap();
        for cut in 0..=payload.len() {
            let (head, tail) = payload.split_at(cut);
            let first = short_frame(0x01, head);
            let pinged = [&first[..], b"\x89\x00"].concat();
            let stream = [&pinged[..], &short_frame(0x80, tail)].concat();
            let is_cut_off = id == "U-03";
            let (expected, seen) = match () {
                // It is the end of the message that decides, which is the header of an empty frame.
                () if is_cut_off && tail.is_empty() => (stream.len(), vec![ping(b"")]),
                () if mark <= cut && !is_cut_off => (2 + mark, vec![]),
                () => (pinged.len() + 2 + mark - cut, vec![ping(b"")]),
            };
            for (role, stream, mark) in masked_too(&stream, expected) {
                assert_fails_under(&Setup::new(role), &stream, mark, BAD, &seen);
            }
        }
    }
}

#[test]
fn characters_may_be_cut_by_frames() {
    // U-02, U-15, U-16 to U-19: wherever they are cut, a ping between.
    for (id, payload) in TEXTS {
        let payload = bytes(payload);
        let expected = String::from_utf8(payload.clone()).unwrap();
        for cut in 0..=payload.len() {
            let (head, tail) = payload.split_at(cut);
            let ping_frame = b"\x89\x02\xff\xe2".to_vec();
            let stream = [short_frame(0x01, head), ping_frame, short_frame(0x80, tail)].concat();
            for (role, stream, _) in masked_too(&stream, 0) {
                let seen = outcome(&Setup::new(role), &stream).seen;
                assert_eq!(seen, [ping(b"\xff\xe2"), text(&expected)], "{id}");
            }
        }
    }
    assert_eq!(seen("0101 ce 8001 ba"), [text("\u{3ba}")]);
    assert_eq!(seen("0101 e2 8900 8002 82ac"), [ping(b""), text("€")]);
}

#[test]
fn the_vectors_of_fragmented_text_fail_where_they_should() {
    for (id, stream, before) in [
        ("U-03", "8101 ce^", vec![]),
        ("U-03", "0101 e2 8000^", vec![]),
        ("U-12", "010b cebae1bdb9cf83cebcceb5 0004 f490^8080 8000", vec![]),
        ("U-13", "010c cebae1bdb9cf83cebcceb5f4 0001 90^ 8001 61", vec![]),
        ("U-14", "8115 cebae1bdb9cf83cebcceb5 f490^", vec![]),
        ("A-49", "0101 e2 8900 8a00 8000^", vec![ping(b""), pong(b"")]),
        ("I-06", "810161 8101 ff^ 810162", vec![text("a")]),
    ] {
        println!("{id}");
        assert_fails(stream, BAD, &before);
    }
}

#[test]
fn binary_messages_are_not_text() {
    // U-20, and K-18 for control frames.
    assert_eq!(seen("8201 ff"), [binary(b"\xff")]);
    assert_eq!(seen("0202 e282 8001 ff"), [binary(b"\xe2\x82\xff")]);
    assert_eq!(seen("8902 ff00 8a02 fffe"), [ping(b"\xff\x00"), pong(b"\xff\xfe")]);
    // Nor does one leave anything behind for the text after it.
    assert_eq!(seen("0201 e2 8000 0101 61 8000"), [binary(b"\xe2"), text("a")]);
}

#[test]
fn the_reason_of_a_close_frame_is_text() {
    // U-22, V-03, A-39: judged whole, at its end.
    for (_, payload) in FAULTS {
        let body = [&[0x03, 0xe8][..], &bytes(payload)].concat();
        let stream = short_frame(0x88, &body);
        for (role, stream, mark) in masked_too(&stream, stream.len()) {
            assert_fails_under(&Setup::new(role), &stream, mark, BAD, &[]);
        }
    }
    assert_fails("8804 03e8 c328^", BAD, &[]);
    for (_, payload) in TEXTS {
        let body = [&[0x03, 0xe8][..], &bytes(payload)].concat();
        for (role, stream, _) in masked_too(&short_frame(0x88, &body), 0) {
            let reason = String::from_utf8(bytes(payload)).unwrap();
            let seen = outcome(&Setup::new(role), &stream).seen;
            assert_eq!(seen, [harness::Seen::Close(Some(1000), reason)]);
        }
    }
}

#[test]
fn only_what_is_text_by_its_type_is_sent_as_text() {
    // U-23, U-24: the parts of a message, too.
    for mut connection in [client(), server()] {
        let role = connection.role();
        connection.send("é€").unwrap();
        connection.send(String::from("é€")).unwrap();
        connection.send_part("é").unwrap();
        connection.send_last("€").unwrap();
        connection.send(b"\xff").unwrap();
        let [text, bytes] = [text("é€"), binary(b"\xff")];
        let sent = read(role, &transmit(&mut connection));
        assert_eq!(sent, [text.clone(), text.clone(), text, bytes]);
    }
}

#[test]
fn a_part_that_ends_within_a_character_is_not_given_as_text() {
    // U-27, I-09: parts are bytes; together they are the text.
    let mut connection = client();
    connection.set_streaming(true);
    let mut parts = Vec::new();
    for chunk in [&b"\x81\x03\xe2\x82"[..], b"\xac"] {
        let mut input = given(&mut connection, chunk);
        match connection.next(&mut input) {
            Ok(Some(Event::Part { kind: Kind::Text, bytes, last })) => {
                parts.push((bytes.to_vec(), last));
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(parts, [(b"\xe2\x82".to_vec(), false), (b"\xac".to_vec(), true)]);
}

#[test]
fn every_character_is_text() {
    // U-01, U-16, U-17: one message with all of them, cut at random.
    let all: String = ('\0'..=char::MAX).collect();
    let mut setup = Setup::new(sansocket::Role::Client);
    let stream = frame_to(setup.role, 0x81, all.as_bytes());
    for is_streaming in [false, true] {
        setup.is_streaming = is_streaming;
        for cut in [Cut::Whole, Cut::Random(1), Cut::Every(4096)] {
            let (outcome, _) = run(&setup, &stream, cut);
            assert!(outcome.seen == [text(&all)], "cut {cut:?}");
        }
    }
}

#[test]
fn validators_agree_on_the_verdict_and_the_position() {
    // U-26: here for all sequences of two bytes behind some text; the rest is in `Utf8` itself.
    for prefix in ["", "aaaaaaaaaaaaaaaa", "é", "€€€€€€€€€€€€€€€€€€€€€€€"]
    {
        for pair in 0..=u16::MAX {
            if prefix.len() > 2 && pair % 7 != 0 {
                continue;
            }
            harness::utf8(&[prefix.as_bytes(), &pair.to_be_bytes()].concat());
        }
    }
}

/// A stream whose mark is after `at` bytes, for both roles.
fn masked_too(stream: &[u8], at: usize) -> Vec<(sansocket::Role, Vec<u8>, Option<usize>)> {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let (before, after) = stream.split_at(at);
    for_both_roles(&format!("{}^{}", hex(before), hex(after)))
}
