//! Versions 7 and 8, on the machine of RFC 6455.

use sansocket::legacy::{Version, Versions};
use sansocket::server::{Origins, Policy, RequestError};
use sansocket::{Cause, Event, HandshakeError, HeadError, Input, client};

use crate::support::handshake::*;

fn speaking(versions: &[Version]) -> Policy {
    open_to_all().versions(Versions::and(versions.iter().copied()))
}

fn version(number: u8) -> String {
    format!("Sec-WebSocket-Version: {number}")
}

const BOTH: [Version; 2] = [Version::Eight, Version::Seven];

/// Z-41: the answer is that to version 13, with the same key.
#[test]
fn a_listed_version_is_answered_as_version_13() {
    for number in [7, 8, 13] {
        let served = serve_with(&request(&[&version(number)]), &speaking(&BOTH));
        let Served::Accepted(answer, _) = served else { panic!("{number}: {served:?}") };
        assert_eq!(value(&answer, "Sec-WebSocket-Accept"), Some(ACCEPT), "{number}");
    }
}

/// Z-40, Z-45, H-S-27
#[test]
fn a_version_that_is_not_listed_is_rejected_with_the_list() {
    for (versions, list) in [
        (&[][..], "13"),
        (&[Version::Seven][..], "13, 7"),
        (&[Version::Eight][..], "13, 8"),
        (&BOTH[..], "13, 8, 7"),
    ] {
        let policy = speaking(versions);
        for number in (0..=255).filter(|number| !policy.versions.contains(*number)) {
            let taken = take(server(&policy), &request(&[&version(number)]), Cuts::Whole);
            assert!(taken.out.starts_with("HTTP/1.1 426 "), "{number}: {}", taken.out);
            assert_eq!(value(&taken.out, "Sec-WebSocket-Version"), Some(list), "{number}");
        }
        // A client that names no version gets the list, too.
        let taken = take(server(&policy), &request(&["-Sec-WebSocket-Version"]), Cuts::Whole);
        assert_eq!(value(&taken.out, "Sec-WebSocket-Version"), Some(list));
    }
}

/// Z-41: the page is named in another header, and the policy holds for it.
#[test]
fn the_origin_of_an_old_version_has_another_name() {
    let list = Origins::list(["http://tv.example"]).expect("origins");
    let policy = speaking(&BOTH).origins(list);
    let (old, new) = ("+Sec-WebSocket-Origin: http://tv.example", "+Origin: http://tv.example");
    let evil = "+Sec-WebSocket-Origin: http://evil.example";
    for (number, edits, status) in [
        (8, &[old][..], 101),
        (7, &[old], 101),
        (8, &[new], 101),
        (8, &[evil], 403),
        (8, &[], 101),
        (8, &[old, new], 400),
        (8, &[old, old], 400),
        (8, &["+Sec-WebSocket-Origin: caf\u{e9}"], 400),
        // Version 13 has no such header.
        (13, &[old, evil], 101),
        (13, &["+Origin: http://evil.example", old], 403),
    ] {
        let version = version(number);
        let stream = request(&[&[&*version], edits].concat());
        let served = serve_with(&stream, &policy);
        assert_eq!(served.status(), status, "{number} {edits:?}: {served:?}");
    }
    let required = policy.require_origin(true);
    assert_eq!(
        serve_with(&request(&[&version(8)]), &required).error(),
        RequestError::MissingOrigin
    );
    let served = serve_with(&request(&[&version(13), old]), &required);
    assert_eq!(served.error(), RequestError::MissingOrigin);
}

#[test]
fn a_request_knows_its_version_and_its_origin() {
    let mut input = Input::new(vec![0; 1024]);
    for (number, origin) in [(8, Some("http://a")), (13, None)] {
        let stream = request(&[&version(number), "+Sec-WebSocket-Origin: http://a"]);
        let mut server = server(&speaking(&BOTH)).with_read_ahead(&stream);
        assert_eq!(server.next_event(&mut input), Some(Event::Request));
        let request = server.request().expect("it waits");
        assert_eq!((request.version(), request.origin()), (number, origin));
    }
}

/// The rules of version 13 hold for the others: CVE-2026-59898.
#[test]
fn an_old_version_is_no_way_around_the_other_rules() {
    use RequestError::*;
    for (edit, expected) in [
        ("Connection: close", BadConnection),
        ("Upgrade: other", OtherUpgrade),
        ("=POST /chat HTTP/1.1", NotGet),
        ("=GET /chat HTTP/1.0", Head(HeadError::UnsupportedHttp)),
        ("Sec-WebSocket-Key: short", BadKey),
    ] {
        let taken = take(server(&speaking(&BOTH)), &request(&[edit, &version(8)]), Cuts::Whole);
        let cause = end(taken.connection).cause;
        assert_eq!(cause, Cause::Handshake(HandshakeError::Request(expected)), "{edit}");
    }
}

/// Z-43, Z-44
#[test]
fn extensions_of_then_are_ignored() {
    for extension in ["deflate-stream", "x-webkit-deflate-frame", "x-webkit-deflate-frame; a=\"b\""]
    {
        let line = format!("+Sec-WebSocket-Extensions: {extension}");
        let served = serve_with(&request(&[&version(8), &line]), &speaking(&BOTH));
        let Served::Accepted(answer, _) = served else { panic!("{extension}: {served:?}") };
        assert_eq!(value(&answer, "Sec-WebSocket-Extensions"), None);
    }
}

#[test]
fn a_client_asks_for_an_old_version() {
    for (version, number) in [(Version::Seven, "7"), (Version::Eight, "8")] {
        let mut request: client::Request<'_> = offer();
        request.set_version(version);
        request.set_origin("http://page.example").expect("an origin");
        let head = encoded(request.clone());
        assert_eq!(value(&head, "Sec-WebSocket-Version"), Some(number));
        assert_eq!(value(&head, "Sec-WebSocket-Origin"), Some("http://page.example"));
        assert_eq!(value(&head, "Origin"), None);

        let served = serve_with(head.as_bytes(), &speaking(&BOTH));
        let Served::Accepted(answer, _) = served else { panic!("{served:?}") };
        assert!(matches!(ask_with(&request, answer.as_bytes()), Asked::Open(..)), "{answer}");
    }
}

/// Z-42: 1004 meant "too large" in these versions. It stays reserved here.
#[test]
fn close_code_1004_stays_reserved() {
    use sansocket::{CloseCode, ProtocolError};
    let stream = [&request(&[&version(8)])[..], b"\x88\x82\0\0\0\0\x03\xec"].concat();
    let mut server = server(&speaking(&BOTH)).with_read_ahead(&stream);
    let mut input = Input::new(vec![0; 64]);
    assert_eq!(server.next_event(&mut input), Some(Event::Request));
    server.accept();
    let violation = Event::Violation(ProtocolError::BadCloseCode);
    assert_eq!(server.next_event(&mut input), Some(violation));
    assert_eq!(CloseCode::new(1004), None);
}
