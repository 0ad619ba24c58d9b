//! Section 7: closing. Ids `C`, and the table of close codes.

use harness::{Drive, START, Seen, Setup};
use sansocket::{
    Cause, Close, CloseCode, CloseFrame, Ended, Event, Initiator, Input, Kind, ProtocolError, Role,
    SendError, TimedOut,
};

use crate::support::*;

/// Section 7.4, and what IANA has registered since: may this code stand in a close frame?
fn is_legal(code: u16) -> bool {
    (1000..=4999).contains(&code)
        && !(1004..=1006).contains(&code)
        && !(1015..=2999).contains(&code)
}

#[test]
fn every_close_code_is_accepted_or_rejected_as_the_table_says() {
    // C-03, C-06, V-04, A-40: received by both roles.
    for role in ROLES {
        for code in 0..=u16::MAX {
            let mut connection = connect(role, limits(|_| ()));
            let result = receive(&mut connection, &frame_to(role, 0x88, &code.to_be_bytes()));
            let sent = read(role, &transmit(&mut connection));
            if is_legal(code) {
                assert_eq!((result, sent), (Ok(1), vec![close(code)]));
            } else {
                assert_eq!(result, Err(ProtocolError::BadCloseCode), "{code}");
                assert_eq!(sent, [close(1002)], "{code}");
            }
        }
    }
}

#[test]
fn every_close_code_is_sent_or_rejected_as_the_table_says() {
    // C-26, C-30: what is not legal cannot even be named.
    for code in 0..=u16::MAX {
        assert_eq!(CloseCode::new(code).map(CloseCode::get), is_legal(code).then_some(code));
        let Some(code) = CloseCode::new(code) else { continue };
        for mut connection in [client(), server()] {
            let role = connection.role();
            let result = connection.close(code, "");
            let of_other_role = match role {
                Role::Client => (1012..=1014).contains(&code.get()),
                Role::Server => code.get() == 1010,
            };
            if of_other_role {
                assert_eq!(result, Err(SendError::WrongRole), "{code}");
                assert!(connection.is_open() && !connection.is_urgent());
            } else {
                assert_eq!(result, Ok(()), "{code}");
                assert_eq!(read(role, &transmit(&mut connection)), [close(code.get())]);
            }
        }
    }
}

#[test]
fn the_named_codes_have_their_numbers() {
    // C-29: going away is 1001.
    for (code, number) in [
        (CloseCode::NORMAL, 1000),
        (CloseCode::GOING_AWAY, 1001),
        (CloseCode::PROTOCOL_ERROR, 1002),
        (CloseCode::UNSUPPORTED_DATA, 1003),
        (CloseCode::INVALID_PAYLOAD, 1007),
        (CloseCode::POLICY_VIOLATION, 1008),
        (CloseCode::MESSAGE_TOO_BIG, 1009),
        (CloseCode::MANDATORY_EXTENSION, 1010),
        (CloseCode::INTERNAL_ERROR, 1011),
        (CloseCode::SERVICE_RESTART, 1012),
        (CloseCode::TRY_AGAIN_LATER, 1013),
        (CloseCode::BAD_GATEWAY, 1014),
    ] {
        assert_eq!(code.get(), number);
        assert_eq!(CloseCode::new(number), Some(code));
        assert_eq!(code.to_string(), number.to_string());
    }
}

#[test]
fn every_violation_has_the_close_code_of_the_table() {
    // C-31.
    use ProtocolError::*;
    for (error, code) in [
        (BadCloseCode, 1002),
        (BadCloseFrame, 1002),
        (ControlTooLong, 1002),
        (FragmentedControl, 1002),
        (FrameTooBig, 1009),
        (InvalidUtf8, 1007),
        (LengthOverflow, 1002),
        (MaskedFrame, 1002),
        (MessageTooBig, 1009),
        (NonMinimalLength, 1002),
        (ReservedBit, 1002),
        (ReservedOpcode, 1002),
        (TooManyFragments, 1008),
        (UnexpectedContinuation, 1002),
        (UnexpectedStart, 1002),
        (UnmaskedFrame, 1002),
        (UnsupportedKind, 1003),
    ] {
        assert_eq!(error.close_code().get(), code, "{error:?}");
        let message = error.to_string();
        assert!(!message.ends_with('.') && message.len() > 10, "{message}");
    }
}

#[test]
fn a_close_frame_is_answered_with_its_code_and_no_reason() {
    // C-01, C-04, C-06, C-30, V-19, B-04, B-05, B-06.
    let longest = "x".repeat(123);
    for (body, code, reason) in [
        ("", None, String::new()),
        ("03e8", Some(1000), String::new()),
        ("0bb8 6279 65", Some(3000), "bye".into()),
        // C-05, A-39: it is given as it came.
        ("03e9 1b5b33316d 0a 00", Some(1001), "\u{1b}[31m\n\0".into()),
        (&format!("03e8{}", "78".repeat(123)), Some(1000), longest),
    ] {
        for role in ROLES {
            let stream = frame_to(role, 0x88, &bytes(body));
            let outcome = outcome(&Setup::new(role), &stream);
            assert_eq!(outcome.seen, [Seen::Close(code, reason.clone())]);
            assert_eq!(read(role, &outcome.out), [close(code)]);
            assert_eq!(outcome.ended.code(), code.unwrap_or(1005));
            assert!(outcome.ended.is_clean());
            assert_eq!(outcome.ended.initiator, Some(Initiator::Peer));
        }
    }
    assert_eq!(transmit_after(Role::Server, "8880 37fa213d"), bytes("8800"));
    assert_eq!(transmit_after(Role::Server, "8882 37fa213d 3412"), bytes("8802 03e8"));
}

#[test]
fn the_account_keeps_what_a_close_frame_said_even_if_it_is_invalid() {
    // C-03, C-04: the code as it was received, and the text of a reason that is none.
    for (body, received, code, reason) in [
        ("0fa1 656e6f756768", CloseFrame::Code(CloseCode::new(4001).unwrap()), 4001, "enough"),
        ("03ed 6e6f", CloseFrame::Invalid(1005), 1005, "no"),
        ("ffff", CloseFrame::Invalid(0xffff), 0xffff, ""),
        ("03e8 637574 c3", CloseFrame::Code(CloseCode::NORMAL), 1000, "cut\u{fffd}"),
    ] {
        for role in ROLES {
            let ended = outcome(&Setup::new(role), &frame_to(role, 0x88, &bytes(body))).ended;
            assert_eq!((ended.received, ended.code(), &*ended.reason), (received, code, reason));
        }
    }
}

fn transmit_after(role: Role, stream: &str) -> Vec<u8> {
    let mut connection = connect(role, limits(|_| ()));
    receive(&mut connection, &bytes(stream)).expect("no fault");
    transmit(&mut connection)
}

#[test]
fn half_a_close_code_is_rejected_at_the_header() {
    // C-02, V-05.
    assert_fails("8801^03", ProtocolError::BadCloseFrame, &[]);
    assert_fails("0101 61 8801^03", ProtocolError::BadCloseFrame, &[]);
    // C-03, C-04: the rest of the body is judged at its end.
    assert_fails("8802 03ed^", ProtocolError::BadCloseCode, &[]);
    assert_fails("8804 03ed 6161^", ProtocolError::BadCloseCode, &[]);
    assert_fails("887e^", ProtocolError::ControlTooLong, &[]);
}

#[test]
fn what_follows_a_close_frame_is_ignored() {
    // C-12, C-13, K-02, A-36, A-41: well formed or not.
    for stream in [
        "880203e8 880203ea",
        "880203e8 ffff",
        "880203e8 8900",
        "880203e8 810161",
        "880203e8 0101ff",
        "880203e8 827fffffffffffffffff",
        "880203e8 474554202f20485454502f312e310d0a0d0a",
    ] {
        for (role, stream, _) in for_both_roles(stream) {
            let outcome = outcome(&Setup::new(role), &stream);
            assert_eq!((outcome.seen, outcome.error), (vec![close(1000)], None));
            assert_eq!(read(role, &outcome.out), [close(1000)]);
            assert_eq!(outcome.ended.code(), 1000);
        }
    }
}

#[test]
fn pongs_that_are_due_go_before_the_answer_to_a_close_frame() {
    // K-01, K-02, I-05.
    for (role, stream, _) in for_both_roles("8901 61 8901 62 8800 8901 63") {
        let outcome = outcome(&Setup::new(role), &stream);
        assert_eq!(read(role, &outcome.out), [pong(b"a"), pong(b"b"), close(None)]);
    }
}

#[test]
fn after_our_close_frame_nothing_is_sent() {
    // C-08, C-09, I-04, V-18.
    for mut connection in [client(), server()] {
        let role = connection.role();
        connection.ping(b"before").unwrap();
        connection.close(CloseCode::GOING_AWAY, "bye").unwrap();
        assert!(!connection.is_open());
        let closing = Err(SendError::Closing);
        assert_eq!(connection.send("a"), closing);
        assert_eq!(connection.send_part("a"), closing);
        assert_eq!(connection.send_last("a"), closing);
        assert_eq!(connection.send(vec![0; 20_000]), closing);
        assert_eq!(connection.send_with(&[0; 20_000], |_| 20_000), closing);
        assert_eq!(connection.ping(b""), closing);
        assert_eq!(connection.pong(b""), closing);
        // A second close does nothing.
        assert_eq!(connection.close(CloseCode::NORMAL, ""), Ok(()));
        assert_eq!(connection.queued(), 0);
        // V-17: a ping that comes now is not answered.
        assert_eq!(receive(&mut connection, &frame_to(role, 0x89, b"p")), Ok(1));
        let sent = read(role, &transmit(&mut connection));
        assert_eq!(sent, [ping(b"before"), Seen::Close(Some(1001), "bye".into())]);
        assert_eq!(receive(&mut connection, &frame_to(role, 0x89, b"p")), Ok(1));
        assert_eq!(connection.close(CloseCode::NORMAL, ""), Ok(()));
        assert!(transmit(&mut connection).is_empty());
    }
}

#[test]
fn both_ends_may_close_at_once() {
    // C-10, C-11, A-53: each reports the code of the other, and no answer is sent.
    for mut connection in [client(), server()] {
        let role = connection.role();
        connection.close(CloseCode::NORMAL, "").unwrap();
        assert!(!transmit(&mut connection).is_empty());
        let stream = [frame_to(role, 0x82, b"in flight"), frame_to(role, 0x88, &[0x03, 0xe9])];
        assert_eq!(receive(&mut connection, &stream.concat()), Ok(2));
        assert!(transmit(&mut connection).is_empty());
        connection.end();
        let ended = connection.account().unwrap();
        assert_eq!(ended.sent, CloseFrame::Code(CloseCode::NORMAL));
        assert_eq!(ended.received, CloseFrame::Code(CloseCode::GOING_AWAY));
        assert_eq!((ended.code(), ended.is_clean()), (1001, true));
        assert_eq!(ended.initiator, Some(Initiator::Us));
    }
}

#[test]
fn what_comes_after_our_close_frame_can_be_discarded_but_is_validated() {
    // C-14, V-09: no event but the close frame; limits hold.
    let setup = |role| Setup {
        closes_after: Some(0),
        discards: true,
        limits: limits(|limits| (limits.message, limits.fragments) = (8, 4)),
        ..Setup::new(role)
    };
    for stream in [
        "8101 61 880203e8",
        "8201 ff 8900 8a00 880203e8",
        "0101 e2 8900 8002 82ac 880203e8",
        "0101 61 880203e8",
        "880203e8",
    ] {
        for (role, stream, _) in for_both_roles(stream) {
            let outcome = outcome(&setup(role), &stream);
            assert_eq!((outcome.seen, outcome.error), (vec![close(1000)], None));
        }
    }
    // C-15: a violation is one, but there is no second close frame.
    use ProtocolError::*;
    for (stream, error) in [
        ("83^", ReservedOpcode),
        ("8101 ff^", InvalidUtf8),
        ("0101 e2 8001 61^", InvalidUtf8),
        ("0101 e2 8000^", InvalidUtf8),
        ("80^", UnexpectedContinuation),
        ("8209^", MessageTooBig),
        ("0206 616161616161 8003^", MessageTooBig),
        ("0100 0000 0000 0000 00^", TooManyFragments),
        ("8802 03ed^", BadCloseCode),
        ("8801^", BadCloseFrame),
    ] {
        for (role, stream, mark) in for_both_roles(stream) {
            let setup = setup(role);
            assert_fails_under(&setup, &stream, mark, error, &[]);
            let outcome = outcome(&setup, &stream);
            assert_eq!(read(role, &outcome.out), [close(1000)]);
            assert_eq!(outcome.ended.cause, Cause::Violation(error));
            assert!(!outcome.ended.is_clean());
            assert!(outcome.is_over, "the transport is closed at once");
        }
    }
}

#[test]
fn what_comes_after_our_close_frame_is_delivered() {
    // C-14: all that the peer has sent before its own close frame, and nothing of it is answered.
    for (stream, seen) in [
        ("8101 61 8900 880203e8", vec![text("a"), ping(b""), close(1000)]),
        ("0101 61 8a00 8001 62 880203e8", vec![pong(b""), text("ab"), close(1000)]),
        ("8201 ff 8201 fe", vec![binary(b"\xff"), binary(b"\xfe")]),
        ("0101 61 880203e8", vec![close(1000)]),
    ] {
        for (role, stream, _) in for_both_roles(stream) {
            let setup = Setup { closes_after: Some(0), is_echoing: true, ..Setup::new(role) };
            let outcome = outcome(&setup, &stream);
            assert_eq!((outcome.seen, outcome.error), (seen.clone(), None));
            assert_eq!(read(role, &outcome.out), [close(1000)]);
        }
    }
}

#[test]
fn a_close_within_a_message_leaves_the_verdict_on_its_rest() {
    // C-14: the message had begun before our close frame, and is judged to its end.
    for stream in ["0101 e2 8900 8001^ 61", "0104 616161e2 8900 8000"] {
        for (role, stream, _) in for_both_roles(stream) {
            let setup = Setup { closes_after: Some(1), ..Setup::new(role) };
            let outcome = outcome(&setup, &stream);
            assert_eq!(outcome.seen, [ping(b"")]);
            assert_eq!(outcome.error, Some(ProtocolError::InvalidUtf8));
        }
    }
}

#[test]
fn an_end_without_a_close_frame_is_not_clean() {
    // C-16, C-19, C-33, C-34: even if ours was sent.
    for mut connection in [client(), server()] {
        let closes = connection.role() == Role::Client;
        if closes {
            connection.close(CloseCode::NORMAL, "").unwrap();
            transmit(&mut connection);
        }
        assert_eq!(connection.account(), None);
        connection.end();
        let ended = connection.account().unwrap();
        assert_eq!((ended.code(), ended.is_clean()), (1006, false));
        assert_eq!(ended.cause, Cause::TransportEnded);
        assert_eq!(ended.initiator, closes.then_some(Initiator::Us));
        assert_eq!(connection.send("a"), Err(SendError::Closing));
    }
}

#[test]
fn an_end_before_the_answer_is_written_is_clean_only_if_it_is_written() {
    // C-17, C-18, I-05.
    for role in ROLES {
        let mut connection = connect(role, limits(|_| ()));
        receive(&mut connection, &frame_to(role, 0x88, &[0x03, 0xe8])).unwrap();
        connection.end();
        // The answer is still there to be written, and nothing is over before it has been taken.
        assert!(!connection.is_over());
        assert_eq!(connection.account(), None);
        assert_eq!(read(role, &transmit(&mut connection)), [close(1000)]);
        assert!(connection.account().unwrap().is_clean());

        let mut connection = connect(role, limits(|_| ()));
        receive(&mut connection, &frame_to(role, 0x88, &[0x03, 0xe8])).unwrap();
        connection.end_late();
        let ended = connection.account().unwrap();
        assert_eq!((ended.sent, ended.is_clean()), (CloseFrame::Absent, false));
        assert_eq!((ended.code(), ended.initiator), (1000, Some(Initiator::Peer)));
    }
}

#[test]
fn a_server_closes_the_transport_and_a_client_waits_for_it() {
    // C-20, C-21, V-20: whoever closed first.
    for role in ROLES {
        for closes_first in [false, true] {
            let mut connection = connect(role, limits(|_| ()));
            if closes_first {
                connection.close(None, "").unwrap();
                transmit(&mut connection);
            }
            receive(&mut connection, &frame_to(role, 0x88, b"")).unwrap();
            let is_flushed = closes_first;
            assert_eq!(connection.is_over(), is_flushed && role == Role::Server);
            transmit(&mut connection);
            assert_eq!(connection.is_over(), role == Role::Server);
            // C-21: a deadline may pass; it is clean all the same.
            connection.end_late();
            let ended = connection.account().unwrap();
            assert!(ended.is_clean());
            assert_eq!(ended.transport, Some(Initiator::Us), "who waited long enough ends it");
        }
    }
}

#[test]
fn a_violation_closes_the_transport_without_an_answer() {
    // C-23, C-25: what was complete before is delivered, nothing after.
    for (role, stream, _) in for_both_roles("8101 61 0101 62 83 00 8101 63") {
        let outcome = outcome(&Setup::new(role), &stream);
        assert_eq!(outcome.seen, [text("a")]);
        assert_eq!(read(role, &outcome.out), [close(1002)]);
        let ended = &outcome.ended;
        assert_eq!(ended.cause, Cause::Violation(ProtocolError::ReservedOpcode));
        assert_eq!(ended.sent, CloseFrame::Code(CloseCode::PROTOCOL_ERROR));
        assert_eq!((ended.received, ended.code()), (CloseFrame::Absent, 1006));
        assert_eq!(ended.initiator, Some(Initiator::Us));
    }
    // C-24: the close frame need not be taken.
    let mut connection = server();
    receive(&mut connection, &[0x83]).unwrap_err();
    connection.end_late();
    let ended = connection.account().unwrap();
    assert_eq!(ended.sent, CloseFrame::Absent);
    assert_eq!(ended.cause, Cause::Violation(ProtocolError::ReservedOpcode));
}

#[test]
fn a_close_frame_that_cannot_be_sent_is_rejected() {
    // C-27, C-28: nothing is queued then.
    let long = "é".repeat(62);
    for mut connection in [client(), server()] {
        let sender = &mut connection;
        assert_eq!(sender.close(None, "reason"), Err(SendError::ReasonWithoutCode));
        assert_eq!(sender.close(CloseCode::NORMAL, &long), Err(SendError::ReasonTooLong));
        assert!(sender.is_open() && !sender.is_urgent());
        let fits = format!("{}x", &long[..122]);
        sender.close(CloseCode::NORMAL, &fits).unwrap();
        let sent = read(sender.role(), &transmit(&mut connection));
        assert_eq!(sent, [Seen::Close(Some(1000), fits)]);
    }
    let mut server = server();
    server.close(None, "").unwrap();
    assert_eq!(transmit(&mut server), bytes("8800"));
    assert_eq!(Close::MAX_REASON, 123);
}

#[test]
fn the_answer_goes_out_before_the_message_that_is_being_sent_by_parts_ends() {
    // C-07.
    let mut server = server();
    let mut out = Vec::new();
    server.send_part_to("a", &mut out).unwrap();
    receive(&mut server, &frame_to(Role::Server, 0x88, b"")).unwrap();
    assert_eq!(server.send_last_to("b", &mut out), Err(SendError::Closing));
    server.transmit_to(&mut out);
    assert_eq!(out, bytes("0101 61 8800"));
}

#[test]
fn a_close_frame_with_no_answer_ends_when_its_time_is_up() {
    // C-22.
    let mut client = client();
    client.close(CloseCode::NORMAL, "").unwrap();
    transmit(&mut client);
    client.end_late();
    let ended = client.account().unwrap();
    assert_eq!((ended.code(), ended.cause), (1006, Cause::TimedOut(TimedOut::Close)));
}

#[test]
fn nothing_is_left_in_an_input_after_an_end() {
    // I-08, C-13: the same input serves the next connection.
    for stream in
        ["8800 810161", "810161 8800 ff", "83 810161", "8101ff 810161", "8802 03ed 810161"]
    {
        for (role, stream, _) in for_both_roles(stream) {
            for cut in 1..=stream.len() {
                let mut connection = connect(role, limits(|_| ()));
                let mut input = Input::new(vec![0; 64]);
                let mut is_over = false;
                for bytes in [&stream[..cut], &stream[cut..]] {
                    connection.feed(&mut input, bytes);
                    while !is_over {
                        let event = connection.next(&mut input);
                        is_over = match event {
                            Ok(None) => break,
                            Ok(Some(event)) => is_close(&event),
                            Err(_) => true,
                        };
                    }
                    assert!(input.is_empty());
                    if is_over {
                        break;
                    }
                }
                assert!(is_over);
                transmit(&mut connection);
                assert!(!connection.is_open());
            }
        }
    }
}

#[test]
fn an_end_after_the_last_part_before_an_error_is_explained() {
    // Law 8: the part was delivered, the error not yet.
    let mut connection = client();
    connection.set_streaming(true);
    let mut input = given(&mut connection, &bytes("8102 61ff"));
    let event = connection.next(&mut input).unwrap();
    assert_eq!(event, Some(Event::Part { kind: Kind::Text, bytes: &mut [b'a'], last: false }));
    connection.handle_eof(START);
    assert_eq!(connection.next(&mut input), Err(ProtocolError::InvalidUtf8));
    assert_eq!(read(Role::Client, &transmit(&mut connection)), [close(1007)]);
    let Some(Ended { cause, .. }) = connection.account() else { panic!() };
    assert_eq!(cause, Cause::Violation(ProtocolError::InvalidUtf8));
}

#[test]
fn an_end_while_a_close_frame_waits_to_be_taken_is_explained() {
    for role in ROLES {
        let mut connection = connect(role, limits(|_| ()));
        let mut input = given(&mut connection, &frame_to(role, 0x88, &[0x03, 0xe8]));
        assert!(connection.has_event(&mut input));
        connection.handle_eof(START);
        assert_eq!(connection.next(&mut input), Ok(Some(Event::Close(NORMAL))));
        connection.handle_write_error(START);
        let ended = connection.account().unwrap();
        assert_eq!(ended.initiator, Some(Initiator::Peer));
        assert_eq!((ended.cause, ended.code()), (Cause::TransportEnded, 1000));
    }
}

#[test]
fn the_body_of_a_close_frame_can_be_read_without_a_connection() {
    // C-01 to C-04, for those who use the wire layer alone.
    for (body, expected) in [
        ("", Ok(Close::default())),
        ("03", Err(ProtocolError::BadCloseFrame)),
        ("03e8", Ok(NORMAL)),
        ("03e8 61", Ok(Close { reason: "a", ..NORMAL })),
        ("03ed", Err(ProtocolError::BadCloseCode)),
        ("03e8 ff", Err(ProtocolError::InvalidUtf8)),
    ] {
        assert_eq!(Close::decode(&bytes(body)), expected);
    }
}

#[test]
fn an_event_that_was_found_before_the_end_is_still_delivered() {
    type End = fn(&mut sansocket::Connection);
    let ends: [(End, Cause); 2] = [
        (|connection| connection.handle_eof(START), Cause::TransportEnded),
        (|connection| connection.end_late(), Cause::TimedOut(TimedOut::Blocked)),
    ];
    for (end, cause) in ends {
        for (stream, expected) in
            [("8101 61", Event::Text("a")), ("8802 03e8", Event::Close(NORMAL))]
        {
            let mut connection = client();
            let mut input = given(&mut connection, &bytes(stream));
            assert!(connection.has_event(&mut input));
            end(&mut connection);
            assert_eq!(connection.next(&mut input), Ok(Some(expected)));
            assert_eq!(connection.next(&mut input), Ok(None));
            connection.handle_write_error(START);
            assert_eq!(connection.account().unwrap().cause, cause);
        }
    }
}
