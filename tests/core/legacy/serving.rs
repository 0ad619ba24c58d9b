//! The server's side of the opening handshake of drafts 75 and 76.

use sansocket::legacy::{Connection, Draft};
use sansocket::server::{Hosts, Origins, Policy, RequestError, Response};
use sansocket::{Config, Event, HandshakeError, HeadError, HeaderError, Input, Step};

use super::support::*;

/// A rule, two keys, the eight bytes behind the head, and the answer.
type Vector = (&'static str, &'static str, &'static str, &'static [u8], &'static [u8]);

const VECTORS: [Vector; 4] = [
    (
        "Z-24: section 1.2 of the draft",
        "4 @1  46546xW%0l 1 5",
        "12998 5 Y3 1  .P00",
        b"^n:ds[4U",
        b"8jKS'y:G*Co,Wxa-",
    ),
    (
        "Z-25: twelve spaces",
        "18x 6]8vM;54 *(5:  {   U1]8  z [  8",
        "1_ tx7X d  <  nw  334J702) 7]o}` 0",
        b"Tm[K T2u",
        b"fQJ,fN/4F4!~K~MH",
    ),
    (
        "Z-25: section 5.2 of the draft",
        "3e6b263  4 17 80",
        "17  9 G`ZD9   2 2b 7X 3 /r90",
        b"WjN}|M(6",
        b"n`9eBk9z$R8pOtVb",
    ),
    (
        "Z-26: section 4.1 of the draft",
        "P388 O503D&ul7 {K%gX( %7  15",
        "1 N ?|k UT0or 3o  4 I97N 5-S3O 31",
        b"G0\"-Z?GX",
        b"0st3Rl&q-2ZU^weu",
    ),
];

/// Z-20, Z-21, Z-22, Z-23, Z-24, Z-25, Z-26
#[test]
fn the_three_keys_are_answered() {
    for (rule, one, two, key, answer) in VECTORS {
        let keys = [format!("Sec-WebSocket-Key1: {one}"), format!("Sec-WebSocket-Key2: {two}")];
        let head = request_76(&[&*keys[0], &*keys[1]]);
        let talk = serve(&[&head, key, b"\x00Hello\xff"].concat());
        assert_eq!(talk.seen, ["Request", "Open", "Text(\"Hello\")"], "{rule}");
        assert_eq!(behind_head(&talk.out), answer, "{rule}");
    }
}

/// A-57, Z-21
#[test]
fn keys_that_are_no_numbers_are_rejected() {
    for (fault, key) in [
        ("a space more leaves a remainder", "P388 O503D&ul7 {K%gX( %7  1 5"),
        ("no space", "3626046545146"),
        ("no space in zero", "0"),
        ("no digit", "a b c"),
        ("nothing", ""),
        ("more than 32 bits", "4294967296 0"),
        ("more than 64 bits", "9 9999999999999999999999"),
    ] {
        let head = request_76(&[&*format!("Sec-WebSocket-Key1: {key}")]);
        let talk = serve(&[&head, KEY].concat());
        assert_eq!(error(&talk), HandshakeError::Request(RequestError::BadKeys), "{fault}");
        assert!(talk.out.starts_with(b"HTTP/1.1 400 "), "{fault}");
    }
    let most = request_76(&["Sec-WebSocket-Key1: 42949 67295"]);
    assert_eq!(serve(&[&most, KEY].concat()).seen, ["Request", "Open"], "the largest number");
}

/// Z-20: two keys, each once.
#[test]
fn one_key_alone_is_rejected() {
    let bad_keys = HandshakeError::Request(RequestError::BadKeys);
    for name in ["-Sec-WebSocket-Key1", "-Sec-WebSocket-Key2"] {
        assert_eq!(error(&serve(&request_76(&[name]))), bad_keys, "{name}");
    }
    let twice = [&REQUEST_75[..], &KEYS, &KEYS[..1]].concat();
    assert_eq!(error(&serve(&head(&twice, &[]))), bad_keys);
}

/// Z-02, Z-03, Z-04
#[test]
fn draft_75_is_answered_with_fixed_lines() {
    let talk = serve(&[&request_75(&[])[..], b"\x00Hello\xff"].concat());
    let answer = "HTTP/1.1 101 Web Socket Protocol Handshake\r\nUpgrade: WebSocket\r\n\
        Connection: Upgrade\r\nWebSocket-Origin: http://example.com\r\n\
        WebSocket-Location: ws://example.com/demo\r\n\r\n";
    assert_eq!(String::from_utf8_lossy(&talk.out), answer);
    assert_eq!(answer.find("WebSocket-Origin"), Some(85), "the 85 bytes that clients compare");
    assert_eq!(talk.seen, ["Request", "Open", "Text(\"Hello\")"]);
}

/// Z-33
#[test]
fn a_subprotocol_has_visible_characters_and_spaces() {
    for (value, is_valid) in [("sample one", true), ("sample\tone", false), ("s\u{e4}mple", false)]
    {
        let talk = serve(&request_75(&[&*format!("WebSocket-Protocol: {value}")]));
        assert_eq!(talk.seen.first().is_some_and(|it| it == "Request"), is_valid, "{value}");
    }
}

#[test]
fn the_application_adds_headers_and_may_reject() {
    for draft in [Draft::Hixie75, Draft::Hixie76] {
        let stream = if draft == Draft::Hixie75 { request_75(&[]) } else { request_76(&[]) };
        for is_accepted in [true, false] {
            let server = Connection::server(open_to_all(), harness::START);
            let mut server = server.with_read_ahead(&stream);
            assert_eq!(server.next_event(&mut Input::new([0; 16])), Some(Event::Request));
            let request = server.request().expect("it waits");
            assert_eq!(request.add_header("Set-Cookie", "a=b"), Ok(()));
            assert_eq!(request.add_header("Upgrade", "b"), Err(HeaderError::Reserved));
            match is_accepted {
                true => server.accept(),
                false => server.reject(Response::forbidden("no")),
            }
            let out = written(&mut server, harness::START);
            let head = String::from_utf8_lossy(&out);
            let status = if is_accepted { "HTTP/1.1 101 " } else { "HTTP/1.1 403 " };
            assert!(head.starts_with(status), "{head}");
            assert_eq!(head.contains("\r\nSet-Cookie: a=b\r\n"), is_accepted, "{head}");
        }
    }
}

/// Z-27, Z-32: the head leaves before the eight bytes have come, as proxies hold them back until then.
#[test]
fn draft_76_is_answered_with_a_head_before_the_eight_bytes_have_come() {
    let mut input = Input::new(vec![0; 1024]);
    let mut server = Connection::server(open_to_all(), harness::START);
    feed(&mut server, &mut input, &request_76(&["Sec-WebSocket-Protocol: sample"]));
    assert_eq!(server.next_event(&mut input), Some(Event::Request));
    let request = server.request().expect("it waits");
    assert_eq!((request.draft(), request.protocol()), (Draft::Hixie76, Some("sample")));
    assert_eq!(request.header("host"), Some(&b"example.com"[..]));
    server.accept();
    assert_eq!(server.next_event(&mut input), None);
    assert_eq!(server.next_step(), Step::Io { read: true, write: true });
    assert!(!server.is_open());
    assert_eq!(
        String::from_utf8_lossy(server.transmit()),
        "HTTP/1.1 101 WebSocket Protocol Handshake\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Origin: http://example.com\r\n\
         Sec-WebSocket-Location: ws://example.com/demo\r\nSec-WebSocket-Protocol: sample\r\n\r\n"
    );
    written(&mut server, harness::START);

    feed(&mut server, &mut input, &KEY[..5]);
    assert_eq!(server.next_event(&mut input), None);
    feed(&mut server, &mut input, &KEY[5..]);
    assert_eq!(server.next_event(&mut input), Some(Event::Open));
    assert_eq!(server.transmit(), ANSWER);
}

/// Z-28
#[test]
fn the_location_is_the_url_of_the_client() {
    for (edits, is_secure, location) in [
        (&[][..], false, "ws://example.com/demo"),
        (&["Host: Example.com:8080"][..], false, "ws://example.com:8080/demo"),
        (&["Host: example.com:80"][..], false, "ws://example.com/demo"),
        (&["Host: example.com:443"][..], true, "wss://example.com/demo"),
        (&["Host: [::1]:81"][..], true, "wss://[::1]:81/demo"),
        (&["=GET /?a=b HTTP/1.1"][..], false, "ws://example.com/?a=b"),
        (&["=GET ws://other/x HTTP/1.1"][..], false, "ws://other/x"),
    ] {
        let mut input = Input::new(vec![0; 1024]);
        let mut server = Connection::server(open_to_all(), harness::START);
        feed(&mut server, &mut input, &request_75(edits));
        assert_eq!(server.next_event(&mut input), Some(Event::Request));
        let request = server.request().expect("it waits");
        if is_secure {
            request.over_tls();
        }
        assert_eq!(request.location(), location, "{edits:?}");
    }
}

/// Z-33
#[test]
fn a_request_that_breaks_a_rule_is_rejected() {
    use RequestError::*;
    for (edits, expected, status) in [
        (&["=POST /demo HTTP/1.1"][..], NotGet, "405"),
        (&["=GET /demo HTTP/1.0"][..], Head(HeadError::UnsupportedHttp), "505"),
        (&["-Host"][..], MissingHost, "400"),
        (&["Host: a b"][..], BadHost, "400"),
        (&["-Connection"][..], BadConnection, "400"),
        (&["-Origin"][..], MissingOrigin, "403"),
        (&["Origin: caf\u{e9}"][..], BadOrigin, "400"),
        (&["Content-Length: 5"][..], HasBody, "400"),
        (&["Transfer-Encoding: chunked"][..], HasBody, "400"),
        (&["Expect: tea"][..], UnknownExpectation, "417"),
        (&["Sec-WebSocket-Draft: 2"][..], UnsupportedVersion, "426"),
    ] {
        for request in [request_75(edits), request_76(edits)] {
            let talk = serve(&request);
            assert_eq!(error(&talk), HandshakeError::Request(expected), "{edits:?}");
            assert!(talk.out.starts_with(format!("HTTP/1.1 {status} ").as_bytes()), "{edits:?}");
        }
    }
    for protocol in ["", "a\u{e9}"] {
        let edits = [&*format!("WebSocket-Protocol: {protocol}")];
        assert_eq!(error(&serve(&request_75(&edits))), HandshakeError::Request(BadProtocol));
    }
    let same = head(&REQUEST_75, &[]);
    assert_eq!(serve(&same).seen, ["Request", "Open"], "the request without an edit");
}

/// Perl's client counts the eight bytes as a body.
#[test]
fn a_content_length_of_the_eight_bytes_is_taken() {
    let talk = serve(&[&request_76(&["Content-Length: 8"]), KEY].concat());
    assert_eq!(talk.seen, ["Request", "Open"]);
    let talk = serve(&request_75(&["Content-Length: 8"]));
    assert_eq!(error(&talk), HandshakeError::Request(RequestError::HasBody));
}

#[test]
fn the_policy_decides_on_hosts_and_origins() {
    let policy = Policy::new().hosts(Hosts::list(["example.com"]).expect("hosts"));
    let config = Config::new().policy(policy).shared();
    for (edits, expected) in [
        (&["Origin: http://evil.example"][..], RequestError::ForbiddenOrigin),
        (&["Host: evil.example", "Origin: http://evil.example"][..], RequestError::ForeignHost),
    ] {
        let talk = serve_with(&request_75(edits), &config);
        assert_eq!(error(&talk), HandshakeError::Request(expected), "{edits:?}");
    }
    assert_eq!(serve_with(&request_75(&[]), &config).seen, ["Request", "Open"]);

    let listed = Origins::list(["http://tv.example"]).expect("origins");
    let config = Config::new().policy(Policy::new().origins(listed)).shared();
    let talk = serve_with(&request_75(&["Origin: http://tv.example"]), &config);
    assert_eq!(talk.seen, ["Request", "Open"]);
}

/// I-08: other protocols get all their bytes.
#[test]
fn other_requests_are_handed_on_with_all_their_bytes() {
    let newer = b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\nmore";
    for stream in
        [&newer[..], b"GET / HTTP/1.1\r\nHost: a\r\n\r\nmore", b"OPTIONS * HTTP/1.0\r\n\r\n"]
    {
        for size in 1..stream.len() {
            let mut input = Input::new(Vec::new());
            let mut server = Connection::server(open_to_all(), harness::START);
            let mut rest = stream.chunks(size);
            let is_other = rest.by_ref().any(|chunk| {
                server.receive(&mut input, chunk.to_vec(), harness::START);
                server.next_event(&mut input) == Some(Event::NotUpgrade)
            });
            assert!(is_other && server.head().is_some());
            let unread = [&server.into_unread()[..], &rest.collect::<Vec<_>>().concat()].concat();
            assert_eq!(unread, stream, "in pieces of {size}");
        }
    }
}

#[test]
fn an_end_before_the_opening_is_done_is_told() {
    let whole = [&request_76(&[]), KEY].concat();
    for len in 0..whole.len() {
        let expected = HandshakeError::Request(RequestError::Head(HeadError::Incomplete));
        assert_eq!(error(&serve(&whole[..len])), expected, "after {len} bytes");
    }
}

/// A capture of Chrome, of which the third key is lost: its two numbers are right.
#[test]
fn the_keys_of_chrome_are_read() {
    let keys = [
        "Sec-WebSocket-Key1: 527z5   [| 2 @1     ? ,566",
        "Sec-WebSocket-Key2: 2  0 l 542 6  9    6 8",
    ];
    assert_eq!(serve(&[&request_76(&keys), KEY].concat()).seen, ["Request", "Open"]);
}
