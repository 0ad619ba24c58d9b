//! The laws of the crate. Ids `I`.

use harness::{Cut, Drive, Setup, check, run};
use sansocket::{Event, Input, ProtocolError, Role, SendError};

use crate::support::*;

const STREAMS: [&str; 12] = [
    "8105 48656c6c6f 8900 8a00 8200",
    "0103 48656c 8900 8002 6c6f 880203e8",
    "8101 61 8101 ff",
    "8101 61 83",
    "0101 e2 8900 8002 82ac 8801",
    "8204 00010203 8802 03ed",
    "8105 4865",
    "827e0100",
    "0100 0000 8900 0000 8000 8100",
    "8901 61 8901 62 8901 63 8800 8900",
    "880403e86161 810161",
    "0201 ff 8001 fe 0201 ff 8800",
];

#[test]
fn events_and_output_do_not_depend_on_how_the_input_is_cut() {
    // I-01, I-03, I-09: in every two reads; with and without what an application may do meanwhile.
    for stream in STREAMS {
        for (role, stream, _) in for_both_roles(stream) {
            let setups = [
                Setup::new(role),
                Setup { is_echoing: true, is_prompt: true, ..Setup::new(role) },
                Setup { closes_after: Some(1), is_advancing: true, ..Setup::new(role) },
            ];
            for setup in setups {
                check(&setup, &stream);
                let (whole, _) = run(&setup, &stream, Cut::Whole);
                for len in 1..=stream.len() {
                    assert_eq!(run(&setup, &stream, Cut::Every(len)).0, whole);
                }
            }
        }
    }
}

#[test]
fn the_same_calls_give_the_same_bytes() {
    // I-02: there is neither clock nor generator inside.
    let say = || {
        let mut client = client();
        let mut out = Vec::new();
        client.send_to("text", &mut out).unwrap();
        client.ping(b"ping").unwrap();
        client.close(None, "").unwrap();
        client.transmit_to(&mut out);
        out
    };
    assert_eq!(say(), say());
}

#[test]
fn a_failed_connection_stays_so() {
    // I-04, I-10, A-36: whatever comes, and whatever is asked of it.
    for role in ROLES {
        let mut connection = connect(role, limits(|_| ()));
        let error = ProtocolError::ReservedOpcode;
        assert_eq!(receive(&mut connection, &[0x83]), Err(error));
        let sent = transmit(&mut connection);
        assert_eq!(read(role, &sent), [close(1002)]);
        for stream in [&b"GET / HTTP/1.1\r\n\r\n"[..], b"", &frame_to(role, 0x88, b"")] {
            assert_eq!(receive(&mut connection, stream), Ok(0), "a violation is reported once");
        }
        assert_eq!(connection.send("a"), Err(SendError::Closing));
        assert!(transmit(&mut connection).is_empty());
        assert!(connection.is_over());
    }
}

#[test]
fn a_closed_connection_stays_so() {
    // I-04: by the peer's close frame, by the end of the transport, by a deadline.
    type End = fn(&mut sansocket::Connection);
    let ends: [End; 3] = [
        |connection| {
            let close = frame_to(connection.role(), 0x88, b"");
            receive(connection, &close).unwrap();
        },
        |connection| connection.end(),
        |connection| {
            connection.end_late();
        },
    ];
    for end in ends {
        for role in ROLES {
            let mut connection = connect(role, limits(|_| ()));
            end(&mut connection);
            assert!(!connection.is_open());
            transmit(&mut connection);
            for stream in [frame_to(role, 0x81, b"a"), vec![0x83], frame_to(role, 0x89, b"")] {
                assert_eq!(receive(&mut connection, &stream), Ok(0));
            }
            assert_eq!(connection.ping(b""), Err(SendError::Closing));
            assert!(transmit(&mut connection).is_empty());
        }
    }
}

#[test]
fn the_transport_is_closed_only_after_the_output_has_been_taken() {
    // I-05, C-20.
    let mut server = server();
    receive(&mut server, &frame_to(Role::Server, 0x89, b"")).unwrap();
    receive(&mut server, &frame_to(Role::Server, 0x88, b"")).unwrap();
    assert!(!server.is_over());
    assert_eq!(transmit(&mut server), bytes("8a00 8800"));
    assert!(server.is_over());
}

#[test]
fn what_was_complete_before_a_violation_is_delivered() {
    // I-06, Autobahn 5.15.
    use ProtocolError::*;
    for (stream, error, before) in [
        ("0101 61 800162 80^01 63", UnexpectedContinuation, vec![text("ab")]),
        ("8101 61 8900 83^", ReservedOpcode, vec![text("a"), ping(b"")]),
        ("8101 61 0101 62 8101^", UnexpectedStart, vec![text("a")]),
    ] {
        let stream = stream.replace("8101^", "81^01");
        assert_fails(&stream, error, &before);
    }
}

#[test]
fn a_message_is_put_together_in_linear_time() {
    // I-07, and Autobahn 9.3: a mebibyte, byte by byte and in frames of 64 bytes.
    let text: String = "é".repeat(1 << 19);
    let mut fragments = frame_to(Role::Client, 0x01, b"");
    for chunk in text.as_bytes().chunks(63) {
        fragments.extend(frame_to(Role::Client, 0x00, chunk));
    }
    fragments.extend(frame_to(Role::Client, 0x80, b""));
    let setup = Setup::new(Role::Client);
    for (stream, cut) in [
        (frame_to(Role::Client, 0x81, text.as_bytes()), Cut::Every(1)),
        (fragments, Cut::Every(64)),
    ] {
        let (outcome, _) = run(&setup, &stream, cut);
        assert!(outcome.seen == [crate::support::text(&text)]);
    }
}

#[test]
fn bytes_are_consumed_once() {
    // I-08: events are taken one by one, and what is left stays in the input.
    let mut client = client();
    let mut input = Input::new([0; 16]);
    client.feed(&mut input, &bytes("810161 810162 8901"));
    let event = client.next(&mut input);
    assert_eq!(event, Ok(Some(Event::Text("a"))));
    assert_eq!(client.room(&mut input), 16 - 5);
    let event = client.next(&mut input);
    assert_eq!(event, Ok(Some(Event::Text("b"))));
    assert_eq!(client.next(&mut input), Ok(None));
    assert_eq!(client.room(&mut input), 16, "a header that is cut off is kept by the connection");
    client.feed(&mut input, b"p");
    let event = client.next(&mut input);
    assert_eq!(event, Ok(Some(Event::Ping(b"p"))));
}

#[test]
fn what_is_printed_for_debugging_shows_no_payload() {
    // L-23: what was sent, received or is kept.
    let mut client = client();
    let secret = "(234)".repeat(20);
    client.ping(secret.as_bytes()).unwrap();
    client.pong(secret.as_bytes()).unwrap();
    let mut stream = frame_to(Role::Client, 0x01, secret.as_bytes());
    stream.extend(frame_to(Role::Client, 0x89, secret.as_bytes()));
    stream.pop();
    let mut input = given(&mut client, &stream);
    assert_eq!(client.next(&mut input), Ok(None));
    client.close(sansocket::CloseCode::NORMAL, &secret).unwrap();
    let mut server = server();
    server.send(&secret).unwrap();
    server.send(secret.repeat(200)).unwrap();
    let mut input = given(&mut server, &frame_to(Role::Server, 0x81, secret.as_bytes()));
    assert!(server.has_event(&mut input));
    let printed = format!("{client:#?} {input:#?} {server:#?}");
    let printed = format!("{printed} {:#?}", server.spare(&mut input));
    for payload in ["(234)", "234", "50,\n", "0x32"] {
        assert!(!printed.contains(payload), "{printed}");
    }
}

#[test]
fn a_held_message_can_be_replied_to() {
    // Law 4.
    for (role, stream, _) in for_both_roles("8105 48656c6c6f") {
        let mut connection = connect(role, limits(|_| ()));
        let mut input = given(&mut connection, &stream);
        match connection.next(&mut input) {
            Ok(Some(Event::Text(text))) => {
                connection.send(text).unwrap();
                connection.send(text).unwrap();
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(read(role, &transmit(&mut connection)), [text("Hello"), text("Hello")]);
    }
}

#[test]
#[should_panic = "more bytes were filled than were spare"]
fn no_more_is_filled_than_was_spare() {
    let (mut server, mut input) = (server(), Input::new([0; 8]));
    server.spare(&mut input).filled(5, harness::START);
    server.spare(&mut input).filled(4, harness::START);
}

#[test]
fn what_passes_is_not_shown_for_debugging() {
    let mut client = client();
    receive(&mut client, &bytes("0106 736563726574 8906 736563726574 8a06 736563")).unwrap();
    client.ping(b"secret").unwrap();
    let shown = format!("{client:?}");
    for part in ["keys: Some(Keys(..))", "Pending { pongs: 1, .. }", "Text { len: 6, .. }"] {
        assert!(shown.contains(part), "{part} is not in {shown}");
    }
    assert!(shown.contains("Control { len: 3, .. }"), "{shown}");
    let mut server = server();
    receive(&mut server, &frame_to(Role::Server, 0x02, b"secret")).unwrap();
    let shown = format!("{server:?}");
    assert!(shown.contains("Binary { len: 6, .. }") && shown.contains("keys: None"), "{shown}");
}
