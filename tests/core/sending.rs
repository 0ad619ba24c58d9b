//! Sections 5 and 6.1: what is sent, and in which order.

use std::borrow::Cow;

use bytes::Bytes;
use bytestring::ByteString;
use harness::{Drive, Setup};
use sansocket::{CloseCode, Kind, Message, OwnedMessage, Role, SendError};

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
        server.send(message.clone()).unwrap();
        assert_eq!(transmit(&mut server), bytes(frame));
        server.send(OwnedMessage::from(message)).unwrap();
        assert_eq!(transmit(&mut server), bytes(frame));
    }
}

#[test]
fn a_long_message_is_sent_without_a_copy_by_a_server() {
    for (len, is_copied) in [((16 << 10) - 1, true), (16 << 10, false), (70_000, false)] {
        let payload = vec![1; len];
        let frame = frame_to(Role::Client, 0x82, &payload);
        let mut server = server();
        let place = payload.as_ptr();
        server.ping(b"before").unwrap();
        server.send(payload).unwrap();
        let second = server.transmit_vectored().nth(1).map(|chunk| chunk.as_ptr());
        assert_eq!(second, (!is_copied).then_some(place), "{len}");
        assert_eq!(transmit(&mut server), [bytes("8906 6265666f7265"), frame].concat());
    }
}

#[test]
fn whatever_holds_text_or_bytes_is_a_message() {
    let (text, bytes) = (String::from("a"), vec![b'a']);
    assert_eq!(Message::from(&text), Message::Text("a"));
    assert_eq!(Message::from("a"), Message::Text("a"));
    assert_eq!(Message::from(&ByteString::from("a")), Message::Text("a"));
    assert_eq!(Message::from(&bytes), Message::Binary(b"a"));
    assert_eq!(Message::from(&bytes[..]), Message::Binary(b"a"));
    assert_eq!(Message::from(b"a"), Message::Binary(b"a"));
    assert_eq!(Message::from(&mut [b'a'][..]), Message::Binary(b"a"));
    assert_eq!(Message::from(&Bytes::from_static(b"a")), Message::Binary(b"a"));
    assert_eq!(Message::from(Cow::Borrowed("a")), Message::Text("a"));
    assert_eq!(Message::from(Cow::Borrowed(&b"a"[..])), Message::Binary(b"a"));
    for message in [
        Message::from(text.clone()),
        Box::<str>::from("a").into(),
        Cow::<str>::Owned(text.clone()).into(),
        ByteString::from(text).into(),
    ] {
        assert!(matches!(&message, Message::Owned(message) if message.is_text()));
        assert_eq!((message.kind(), message.as_bytes()), (Kind::Text, &b"a"[..]));
    }
    for message in [
        Message::from(bytes.clone()),
        Bytes::from_static(b"a").into(),
        Box::<[u8]>::from(&b"a"[..]).into(),
        Cow::<[u8]>::Owned(bytes).into(),
    ] {
        assert!(matches!(&message, Message::Owned(message) if message.is_binary()));
        assert_eq!((message.kind(), message.as_bytes()), (Kind::Binary, &b"a"[..]));
    }
}

#[test]
fn whatever_holds_text_or_bytes_is_a_message_to_keep() {
    for message in [
        OwnedMessage::from("a"),
        String::from("a").into(),
        Box::<str>::from("a").into(),
        Cow::Borrowed("a").into(),
        Cow::<str>::Owned("a".into()).into(),
    ] {
        assert_eq!((message.is_text(), message.is_binary()), (true, false));
        assert_eq!(message.as_text(), Some("a"));
    }
    for message in [
        OwnedMessage::from(*b"a"),
        b"a".into(),
        b"a"[..].into(),
        vec![b'a'].into(),
        Box::<[u8]>::from(&b"a"[..]).into(),
        Cow::Borrowed(&b"a"[..]).into(),
        Cow::<[u8]>::Owned(vec![b'a']).into(),
    ] {
        assert_eq!((message.is_text(), message.is_binary()), (false, true));
        assert_eq!((message.as_text(), message.as_bytes()), (None, &b"a"[..]));
        assert_eq!((message.len(), message.is_empty()), (1, false));
    }
    assert!(OwnedMessage::from("").is_empty() && OwnedMessage::from(b"").is_empty());
    let shown = [OwnedMessage::from("text"), OwnedMessage::from(b"data")].map(|it| it.to_string());
    assert_eq!(shown, ["text", "4 bytes"]);
}

#[test]
fn what_is_owed_is_taken_once() {
    // I-05.
    for mut connection in [client(), server()] {
        let role = connection.role();
        assert!(!connection.is_urgent());
        assert!(transmit(&mut connection).is_empty());
        connection.pong(b"pong").unwrap();
        connection.ping(b"ping").unwrap();
        assert!(connection.is_urgent());
        let mut out = vec![1, 2, 3];
        let count = connection.transmit_to(&mut out);
        assert_eq!(out.len(), 3 + count);
        assert_eq!(read(role, &out[3..]), [pong(b"pong"), ping(b"ping")]);
        assert!(!connection.is_urgent());
        assert!(transmit(&mut connection).is_empty());
    }
}

#[test]
fn parts_of_another_kind_are_rejected() {
    //
    for mut connection in [client(), server()] {
        let mut out = Vec::new();
        connection.send_part_to("a", &mut out).unwrap();
        assert_eq!(connection.send_part(b"b"), Err(SendError::MessageInProgress));
        assert_eq!(connection.send_last(b"b"), Err(SendError::MessageInProgress));
        assert_eq!(connection.queued(), 0);
        connection.send_last_to("b", &mut out).unwrap();
        connection.send_part_to(b"c", &mut out).unwrap();
        connection.send_last_to(b"d", &mut out).unwrap();
        assert_eq!(read(connection.role(), &out), [text("ab"), binary(b"cd")]);
    }
}

#[test]
fn a_rejected_message_does_not_take_along_what_is_owed() {
    let mut server = server();
    let mut out = Vec::new();
    server.send_part_to("a", &mut out).unwrap();
    server.ping(b"p").unwrap();
    assert!(server.send("b").is_err());
    assert!(server.send_last(b"b").is_err());
    assert!(server.send(vec![0; 20_000]).is_err());
    assert!(server.send_with(&[0; 20_000], |_| 20_000).is_err());
    assert!(server.is_urgent());
    assert_eq!(server.queued(), 0);
    server.close(CloseCode::NORMAL, "").unwrap();
    assert!(server.send_last("b").is_err());
    assert_eq!(server.queued(), 0);
    assert_eq!(transmit(&mut server), bytes("8901 70 8802 03e8"));
}

#[test]
fn a_text_of_a_client_that_is_given_away_is_masked_where_it_is() {
    let mut client = client();
    let payload = "é".repeat(40_000);
    let place = payload.as_ptr();
    client.send(payload).unwrap();
    let [head, body]: [&[u8]; 2] =
        client.transmit_vectored().collect::<Vec<_>>().try_into().unwrap();
    assert_eq!((head.len(), body.len(), body.as_ptr()), (14, 80_000, place));
    let stream = transmit(&mut client);
    let outcome = outcome(&Setup::new(Role::Server), &stream);
    assert_eq!(outcome.seen, [text(&"é".repeat(40_000))]);
}

#[test]
fn the_longest_message_makes_the_round_trip() {
    // L-07, Autobahn 9.1.6 and 9.2.6: 16 MiB, by whole and by parts.
    let payload = vec![0x5a; 16 << 20];
    for is_parted in [false, true] {
        let mut from = server();
        let mut out = Vec::with_capacity(payload.len() + 1000);
        if is_parted {
            for part in payload.chunks(1 << 20) {
                from.send_part_to(part, &mut out).unwrap();
            }
            from.send_last_to(b"", &mut out).unwrap();
        } else {
            from.send_to(&payload, &mut out).unwrap();
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
        SendError::MessageInProgress,
        SendError::NotOpen,
        SendError::PingPending,
        SendError::QueueFull,
        SendError::ReasonTooLong,
        SendError::ReasonWithoutCode,
        SendError::WrongRole,
    ] {
        let message = error.to_string();
        assert!(message.len() > 10 && !message.ends_with('.'), "{message}");
    }
}
