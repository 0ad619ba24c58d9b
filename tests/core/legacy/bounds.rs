//! Limits of drafts 75 and 76: nothing that a peer sends without end takes memory or time without end.

use counting_allocator::measure;
use harness::{START, open_to_old};
use sansocket::legacy::Connection;
use sansocket::server::RequestError;
use sansocket::{Cause, Event, HandshakeError, HeadError, Input, Limits, ProtocolError, Step};

use super::support::*;

/// An open server of draft 75.
fn open(limits: Limits) -> Connection {
    let mut server =
        Connection::server(open_to_old(limits), START).with_read_ahead(&request_75(&[]));
    let mut input = Input::new([0; 16]);
    assert_eq!(server.next_event(&mut input), Some(Event::Request));
    server.accept();
    assert_eq!(server.next_event(&mut input), Some(Event::Open));
    written(&mut server, START);
    server
}

/// Gives a server the start, and then `more` until it gives up. Returns how many bytes that took, and why.
fn flood(mut server: Connection, start: &[u8], more: &[u8]) -> (usize, Cause) {
    let mut input = Input::new(Vec::new());
    let mut count = 0;
    for chunk in [start].into_iter().chain(std::iter::repeat(more)) {
        server.receive(&mut input, chunk.to_vec(), START);
        count += chunk.len();
        while server.next_event(&mut input).is_some() {}
        written(&mut server, START);
        if server.next_step() == Step::Shutdown {
            break;
        }
        assert!(count < 1 << 20, "it goes on without end");
    }
    server.handle_shutdown();
    server.handle_eof(START);
    assert_eq!(server.next_event(&mut input), None);
    (count, server.ended().expect("it is over").cause)
}

/// A-58, Z-09, Z-10
#[test]
fn frames_without_an_end_are_given_up() {
    use ProtocolError::*;
    let limits = Limits::new().message(1000);
    for (what, start, more, most, expected) in [
        ("a text", &b"\x00"[..], &b"aaaa"[..], 1005, MessageTooBig),
        ("a reserved frame", b"\x01", b"aaaa", 1005, FrameTooBig),
        ("a length frame of a million bytes", b"\x80", b"\xbd\x84\x40", 10, FrameTooBig),
        ("a length of zeros", b"\x80", b"\x80", 11, LengthOverflow),
        ("a length of 63 bits", b"\x80", b"\xff", 11, LengthOverflow),
        ("a close frame whose length does not end", b"\xff", b"\x80", 11, LengthOverflow),
    ] {
        let (count, cause) = flood(open(limits), start, more);
        assert_eq!(cause, Cause::Violation(expected), "{what}");
        assert!(count <= most, "{what}: {count} bytes");
    }
}

/// Z-09, Z-10: the limits themselves are kept to the byte.
#[test]
fn a_frame_of_as_many_bytes_as_the_limit_says_is_taken() {
    let text = |len| [b"\x00", "a".repeat(len).as_bytes(), b"\xff"].concat();
    let reserved = |len| [b"\x01", "a".repeat(len).as_bytes(), b"\xff"].concat();
    let skipped = |len: u8| [&[0x80, len][..], "a".repeat(len.into()).as_bytes()].concat();
    for (limits, expected) in [
        (Limits::new().message(10), ProtocolError::MessageTooBig),
        (Limits::new().frame(10), ProtocolError::FrameTooBig),
        (Limits::new().frame(10).message(10), ProtocolError::MessageTooBig),
    ] {
        let config = open_to_old(limits);
        let seen = |frames: Vec<u8>| {
            let stream = [request_75(&[]), frames, b"\x00b\xff".to_vec()].concat();
            serve_with(&stream, &config).seen[2..].to_vec()
        };
        assert_eq!(seen(text(10)), ["Text(\"aaaaaaaaaa\")", "Text(\"b\")"]);
        assert_eq!(seen(text(11)), [format!("Violation({expected:?})")]);
        for frames in [reserved(10), skipped(10)] {
            assert_eq!(seen(frames), ["Text(\"b\")"]);
        }
        for frames in [reserved(11), skipped(11)] {
            assert_eq!(seen(frames), ["Violation(FrameTooBig)"]);
        }
    }
}

/// I-03: nothing is allocated because a length was declared, nor for a frame that is discarded, and a text takes no
/// more than twice its limit.
#[test]
fn memory_follows_the_text_that_has_arrived() {
    let limits = Limits::new().message(64 << 10);
    for (what, start, more, most) in [
        ("a length frame", &b"\x80\x83\xff\x7f"[..], [0xff; 1000], 0),
        ("a reserved frame", b"\x01", [b'a'; 1000], 0),
        ("a text", b"\x00", [b'a'; 1000], 2 * (64 << 10)),
    ] {
        let (mut server, mut input) = (open(limits), Input::new(vec![0; 4096]));
        let ((), usage) = measure(|| {
            feed(&mut server, &mut input, start);
            for _ in 0..60 {
                assert_eq!(server.next_event(&mut input), None, "{what}");
                feed(&mut server, &mut input, &more);
            }
        });
        assert!(usage.peak <= most, "{what}: {usage:?}");
        assert_eq!(server.next_event(&mut input), None, "{what}");
        assert!(server.is_open(), "{what}");
    }
}

/// a key that is as long as a head may be is still one line of a head.
#[test]
fn heads_without_an_end_are_given_up() {
    let server = || Connection::server(open_to_all(), START);
    let head = [&REQUEST_75.join("\r\n")[..], "\r\nSec-WebSocket-Key1: "].concat();
    for more in ["1", " ", "1 ", "%"] {
        let (count, cause) = flood(server(), head.as_bytes(), more.as_bytes());
        let expected = HandshakeError::Request(RequestError::Head(HeadError::TooLong));
        assert_eq!(cause, Cause::Handshake(expected));
        assert!(count <= 16 << 10, "{count} bytes");
    }
    let key = format!("Sec-WebSocket-Key1: {}", "1".repeat(10_000));
    let found = error(&harness::serve_old(&request_76(&[&*key]), 1 << 20, &open_to_all()));
    assert_eq!(found, HandshakeError::Request(RequestError::BadKeys));
    let key = format!("Sec-WebSocket-Key1: 0{}0", " ".repeat(10_000));
    let talk = harness::serve_old(&[&request_76(&[&*key]), KEY].concat(), 1 << 20, &open_to_all());
    assert_eq!(talk.seen, ["Request", "Open"], "zero is a number");
}

/// A client that sends before it has an answer, without end.
#[test]
fn bytes_before_a_decision_are_bounded() {
    let mut server = Connection::server(open_to_all(), START).with_read_ahead(&request_75(&[]));
    let mut input = Input::new(Vec::new());
    assert_eq!(server.next_event(&mut input), Some(Event::Request));
    assert!(matches!(server.next_step(), Step::Io { read: false, .. }));
    let most = server.config().policy.limits.bytes as usize;
    server.receive(&mut input, vec![0; most], START);
    assert_eq!((server.next_event(&mut input), server.request().is_some()), (None, true));
    server.receive(&mut input, vec![0], START);
    assert_eq!((server.next_event(&mut input), server.request().is_some()), (None, false));

    let mut server = Connection::server(open_to_all(), START).with_read_ahead(&request_75(&[]));
    assert_eq!(server.next_event(&mut input), Some(Event::Request));
    let (count, cause) = flood(server, b"", &[0; 1000]);
    assert_eq!(cause, Cause::Handshake(HandshakeError::Request(RequestError::HasBody)));
    assert!(count <= 18_000, "{count} bytes");
}

/// I-05: the events of one read wait, too, once there are too many replies.
#[test]
fn no_event_is_given_out_while_too_many_replies_wait() {
    let mut server = open(Limits::new());
    let (mut input, reply) = (Input::new(Vec::new()), "x".repeat(998));
    server.receive(&mut input, b"\x00message\xff".repeat(1000), START);
    let mut count = 0;
    while server.next_event(&mut input).is_some() {
        server.send(&reply).expect("it is open");
        count += 1;
    }
    // 64 KiB hold up reading, twice as much holds up all.
    assert_eq!(count, (128 << 10) / 1000 + 1);
}

/// Replies to a client that does not read are bounded, and no message is lost.
#[test]
fn a_client_that_does_not_read_is_not_read_from() {
    let mut server = open(Limits::new());
    let mut input = Input::new(Vec::new());
    let (mut echoed, mut sent) = (0, 0);
    while let Step::Io { read: true, .. } = server.next_step() {
        server.receive(&mut input, b"\x00message\xff".repeat(1000), START);
        sent += 1000;
        while server.has_event(&mut input) {
            if let Some(Event::Text(text)) = server.next_event(&mut input) {
                let reply = text.repeat(10);
                server.send(&reply).expect("it is open");
                echoed += 1;
            }
        }
        assert!(sent < 100_000, "it reads on");
    }
    assert!(server.queued() < 3 * (64 << 10), "{} bytes wait", server.queued());
    server.handle_eof(START);
    while echoed < sent {
        let waiting = server.transmit().len();
        assert!(waiting > 0, "{echoed} of {sent} messages, and nothing to do");
        server.transmitted(waiting, START);
        while let Some(event) = server.next_event(&mut input) {
            assert_eq!(event, Event::Text("message"));
            server.send("message").expect("it is open");
            echoed += 1;
        }
    }
}
