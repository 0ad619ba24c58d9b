//! Sections 5 and 6.1: what is sent, and in which order.

use harness::{Drive, Setup};
use sansocket::{CloseCode, Connection, Kind, Message, Role, SendError};

use crate::support::*;

#[test]
fn a_message_is_one_frame() {
    // B-01 is what a client makes of the first.
    assert_eq!(seen("8105 48656c6c6f"), [text("Hello")]);
    for (message, frame) in [
        (Message::Text("Hello"), "8105 48656c6c6f"),
        (Message::Text(""), "8100"),
        (Message::Binary(b"\xff"), "8201 ff"),
        (Message::Binary(b""), "8200"),
    ] {
        let mut server = server();
        let mut out = vec![0xaa];
        server.sender.send(message, &mut out).unwrap();
        assert_eq!(out, bytes(&format!("aa {frame}")), "it is appended");
        let sent = server.sender.frame_unmasked(message).unwrap().slices().concat();
        assert_eq!(sent, bytes(frame));
        let (kind, payload) = message.split();
        let mut payload = payload.to_vec();
        let sent = server.sender.frame(kind, &mut payload).unwrap();
        assert_eq!(sent.len(), bytes(frame).len());
        assert_eq!(sent.slices().concat(), bytes(frame));
    }
}

#[test]
fn whatever_holds_text_or_bytes_is_a_message() {
    let (text, bytes) = (String::from("a"), vec![b'a']);
    assert_eq!(Message::from(&text), Message::Text("a"));
    assert_eq!(Message::from("a"), Message::Text("a"));
    assert_eq!(Message::from(&bytes), Message::Binary(b"a"));
    assert_eq!(Message::from(&bytes[..]), Message::Binary(b"a"));
    assert_eq!(Message::from(b"a"), Message::Binary(b"a"));
    assert_eq!(Message::from(&mut [b'a'][..]), Message::Binary(b"a"));
    assert_eq!(Message::Binary(b"a").split(), (Kind::Binary, &b"a"[..]));
}

#[test]
fn what_is_owed_is_taken_once() {
    // I-05.
    for mut connection in [client(), server()] {
        let role = connection.sender.role();
        assert!(!connection.sender.has_pending());
        assert!(transmit(&mut connection).is_empty());
        connection.sender.pong(b"pong").unwrap();
        connection.sender.ping(b"ping").unwrap();
        assert!(connection.sender.has_pending());
        let mut out = vec![1, 2, 3];
        let count = connection.transmit_to(&mut out);
        assert_eq!(out.len(), 3 + count);
        assert_eq!(read(role, &out[3..]), [pong(b"pong"), ping(b"ping")]);
        assert!(!connection.sender.has_pending());
        assert!(transmit(&mut connection).is_empty());
    }
}

#[test]
fn parts_of_another_kind_are_refused() {
    //
    for mut connection in [client(), server()] {
        let mut out = Vec::new();
        connection.sender.send_part("a", &mut out).unwrap();
        let before = out.len();
        let result = connection.sender.send_part(b"b", &mut out);
        assert_eq!((result, out.len()), (Err(SendError::MessageInProgress), before));
        let result = connection.sender.send_last(b"b", &mut out);
        assert_eq!((result, out.len()), (Err(SendError::MessageInProgress), before));
        connection.sender.send_last("b", &mut out).unwrap();
        connection.sender.send_part(b"c", &mut out).unwrap();
        connection.sender.send_last(b"d", &mut out).unwrap();
        assert_eq!(read(connection.sender.role(), &out), [text("ab"), binary(b"cd")]);
    }
}

#[test]
fn a_refused_message_does_not_take_along_what_is_owed() {
    let mut server = server();
    let mut out = Vec::new();
    server.sender.send_part("a", &mut out).unwrap();
    server.sender.ping(b"p").unwrap();
    assert!(server.sender.send("b", &mut out).is_err());
    assert_eq!(out, bytes("0101 61"));
    assert!(server.sender.has_pending());
    server.sender.close(CloseCode::NORMAL, "").unwrap();
    assert!(server.sender.send_last("b", &mut out).is_err());
    assert_eq!(out, bytes("0101 61"));
    assert_eq!(transmit(&mut server), bytes("8901 70 8802 03e8"));
}

#[test]
fn a_text_frame_of_a_client_is_masked_where_it_lies() {
    let mut client = client();
    let mut payload = "é".repeat(40_000).into_bytes();
    let frame = client.sender.frame(Kind::Text, &mut payload).unwrap();
    let [head, body] = frame.slices();
    assert_eq!((head.len(), body.len()), (14, 80_000));
    let stream = [head, body].concat();
    let outcome = outcome(&Setup::new(Role::Server), &stream);
    assert_eq!(outcome.seen, [text(&"é".repeat(40_000))]);
}

#[test]
fn the_longest_message_makes_the_round_trip() {
    // L-07, Autobahn 9.1.6 and 9.2.6: 16 MiB, by whole and by parts.
    let payload = vec![0x5a; 16 << 20];
    for is_parted in [false, true] {
        let Connection { sender: mut from, .. } = server();
        let mut out = Vec::with_capacity(payload.len() + 1000);
        if is_parted {
            for part in payload.chunks(1 << 20) {
                from.send_part(part, &mut out).unwrap();
            }
            from.send_last(b"", &mut out).unwrap();
        } else {
            from.send(&payload, &mut out).unwrap();
        }
        let mut to = client();
        assert_eq!(receive(&mut to, &out), Ok(1));
    }
}

#[test]
fn errors_say_what_is_wrong() {
    for error in [
        SendError::Closing,
        SendError::ControlTooLong,
        SendError::InvalidUtf8,
        SendError::MessageInProgress,
        SendError::MustMask,
        SendError::ReasonTooLong,
        SendError::ReasonWithoutCode,
        SendError::WrongRole,
    ] {
        let message = error.to_string();
        assert!(message.len() > 10 && !message.ends_with('.'), "{message}");
    }
}
