//! The client's side of the opening handshake, by the rules G, H-C and L of the catalogue.

use std::error::Error;
use std::sync::Arc;

use harness::START;
use sansocket::client::{Request, ResponseError};
use sansocket::{Connection, HandshakeLimits, HeadError, HeaderError, Input, Seed, Url};

use crate::support::handshake::*;

fn plain(url: &'static str) -> Request<'static> {
    Request::new(Url::parse(url).expect("a URL"))
}

fn opened(protocol: Option<&str>) -> Asked {
    Asked::Open(protocol.map(Into::into), Vec::new())
}

/// A rule, edits of the response, and the subprotocol with which it opens, or the error.
type Row<'r> = (&'r str, &'r [&'r str], Result<Option<&'r str>, ResponseError>);

/// Asserts the result of each edit of the response, cut in every way.
fn assert_results(rows: &[Row<'_>]) {
    for (rule, edits, result) in rows {
        let expected = result.map_or_else(Asked::Failed, opened);
        assert_eq!(ask(&response(edits)), expected, "{rule}: {edits:?}");
    }
}

#[test]
fn the_request_has_its_headers_in_order() {
    let mut request = plain("ws://server.example.com/chat?room=1");
    request.set_origin("http://example.com").unwrap();
    request.add_protocol("chat").unwrap();
    request.add_protocol("superchat").unwrap();
    request.add_header("Authorization", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==").unwrap();
    request.add_header("Cookie", "a=b").unwrap();
    let text = encoded(request);
    let key = value(&text, "Sec-WebSocket-Key").unwrap();
    let expected = format!(
        "GET /chat?room=1 HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\n\
         Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\
         Origin: http://example.com\r\nSec-WebSocket-Protocol: chat, superchat\r\n\
         Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\nCookie: a=b\r\n\r\n"
    );
    assert_eq!(text, expected, "H-C-01, H-C-05, H-C-08, P-39");
    let bare = encoded(plain("ws://h"));
    assert_eq!(bare.lines().count(), 7, "H-C-06: neither Origin nor Sec-WebSocket-Protocol");
}

#[test]
fn the_request_line_and_host_are_those_of_the_url() {
    let rows = [
        ("H-C-03", "ws://h:80/", "/", "h"),
        ("H-C-03", "ws://h:443/", "/", "h:443"),
        ("H-C-03", "wss://h:443/", "/", "h"),
        ("H-C-03", "wss://h:65535/", "/", "h:65535"),
        ("H-C-03", "ws://[::1]:8080/", "/", "[::1]:8080"),
        ("H-C-04", "ws://h", "/", "h"),
        ("H-C-04", "ws://h/?", "/", "h"),
        ("H-C-04", "ws://h?a=1", "/?a=1", "h"),
        ("P-08", "ws://h/a/../b%2f", "/a/../b%2f", "h"),
    ];
    for (rule, url, resource, host) in rows {
        let text = encoded(plain(url));
        let start = format!("GET {resource} HTTP/1.1\r\nHost: {host}\r\n");
        assert!(text.starts_with(&start), "{rule}: {url}: {text}");
    }
}

#[test]
fn each_seed_creates_another_canonical_key() {
    let mut keys = Vec::new();
    for byte in 0..=255 {
        let seed = Seed::new([byte; 32]);
        let mut client = Connection::client(plain("ws://h"), Arc::default(), seed, START);
        let text = written(&mut client);
        let key = value(&text, "Sec-WebSocket-Key").unwrap().to_string();
        assert_eq!(key.len(), 24, "H-C-02");
        let last = key.strip_suffix("==").and_then(|key| key.chars().last()).unwrap();
        assert!("AQgw".contains(last), "H-C-02, V-26: {key}");
        keys.push(key);
    }
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), 256, "H-C-02");
    assert_eq!(
        encoded(plain("ws://h")),
        encoded(plain("ws://h")),
        "I-02: the same seed, the same bytes"
    );
}

#[test]
fn subprotocols_are_distinct_tokens() {
    let mut request = plain("ws://h");
    let rows = [
        ("a", None),
        ("A", None),
        ("v12.stomp", None),
        ("a", Some(HeaderError::Repeated)),
        ("v12.stomp", Some(HeaderError::Repeated)),
        ("", Some(HeaderError::BadProtocol)),
        ("a b", Some(HeaderError::BadProtocol)),
        ("b,c", Some(HeaderError::BadProtocol)),
        ("a/b", Some(HeaderError::BadProtocol)),
        ("b\r\nX: y", Some(HeaderError::BadProtocol)),
        ("caf\u{e9}", Some(HeaderError::BadProtocol)),
        ("b\0", Some(HeaderError::BadProtocol)),
    ];
    for (name, error) in rows {
        assert_eq!(request.add_protocol(name).err(), error, "H-C-05, V-40, A-37: {name:?}");
    }
    let text = encoded(request);
    assert_eq!(value(&text, "Sec-WebSocket-Protocol"), Some("a, A, v12.stomp"), "H-C-05");
}

#[test]
fn headers_can_be_added_but_not_those_of_the_handshake() {
    use HeaderError::{BadName, BadValue, Repeated, Reserved};
    let rows = [
        ("H-C-07", "X-Name", "value", None),
        ("H-C-07", "X-Name", "another", None),
        ("H-C-07", "User-Agent", "x", None),
        ("G-24", "user-agent", "y", Some(Repeated)),
        ("G-24", "Cookie", "a=b; c=d", None),
        ("G-24", "Cookie", "e=f", Some(Repeated)),
        ("H-C-07", "Host", "evil", Some(Reserved)),
        ("H-C-07", "upgrade", "h2c", Some(Reserved)),
        ("H-C-07", "Connection", "close", Some(Reserved)),
        ("H-C-07", "Sec-WebSocket-Key", "x", Some(Reserved)),
        ("H-C-07", "Sec-WebSocket-Version", "8", Some(Reserved)),
        ("H-C-07", "SEC-WEBSOCKET-ANYTHING", "x", Some(Reserved)),
        ("H-C-07", "Content-Length", "0", Some(Reserved)),
        ("H-C-07", "Transfer-Encoding", "chunked", Some(Reserved)),
        ("H-C-06", "Origin", "http://a", Some(Reserved)),
        ("H-S-46", "Expect", "100-continue", Some(Reserved)),
        ("G-23", "", "x", Some(BadName)),
        ("G-23", "a b", "x", Some(BadName)),
        ("G-23", "a:", "x", Some(BadName)),
        ("G-23", "X\r\nY", "x", Some(BadName)),
        ("A-37", "x", "x\r\nSet-Cookie: y", Some(BadValue)),
        ("G-23", "x", "x\ny", Some(BadValue)),
        ("G-23", "x", "x\ry", Some(BadValue)),
        ("G-23", "x", "x\0y", Some(BadValue)),
        ("G-23", "x", " x", Some(BadValue)),
        ("G-24", "x", "x\r\n y", Some(BadValue)),
    ];
    let mut request = plain("ws://h");
    for (rule, name, value, error) in rows {
        assert_eq!(request.add_header(name, value).err(), error, "{rule}: {name}: {value:?}");
    }
    let shown = format!("{request:?}");
    assert!(shown.contains("Cookie") && !shown.contains("a=b"), "L-23: {shown}");
    let text = encoded(request);
    let more = "X-Name: value\r\nX-Name: another\r\nUser-Agent: x\r\nCookie: a=b; c=d\r\n\r\n";
    assert!(text.ends_with(&format!("Sec-WebSocket-Version: 13\r\n{more}")), "H-C-07: {text}");
}

#[test]
fn an_origin_is_written_as_browsers_write_it() {
    for origin in ["null", "http://example.com", "https://a:8443", "http://[::1]", "x-ext://id"] {
        let mut request = plain("ws://h");
        request.set_origin(origin).unwrap();
        assert_eq!(value(&encoded(request), "Origin"), Some(origin), "H-C-06");
    }
    for origin in [
        "",
        "example.com",
        "http://",
        "http://a/",
        "http://a b",
        "http://a\r\nX: y",
        "://a",
        "1x://a",
        "h_p://a",
    ] {
        let error = plain("ws://h").set_origin(origin).unwrap_err();
        assert_eq!(error, HeaderError::BadOrigin, "H-C-06, A-37: {origin:?}");
    }
}

/// Section 1.3 has the key and its answer.
#[test]
fn a_handshake_can_be_resumed_after_its_request_was_written_elsewhere() {
    let resume = |key: &str| {
        let seed = Seed::new([1; 32]);
        Connection::resume(plain("ws://h"), key, Arc::default(), seed, START)
    };
    let answer = b"HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
    let receive = |key| {
        let mut client = resume(key).unwrap();
        assert_eq!(written(&mut client), "", "the request was written elsewhere");
        asked(take(client, answer, Cuts::Whole))
    };
    assert_eq!(receive("dGhlIHNhbXBsZSBub25jZQ=="), opened(None));
    let other = receive("dGhlIHNhbXBsZSBub25jZA==");
    assert_eq!(other, Asked::Failed(ResponseError::BadAccept));
    for key in ["", "dGhlIHNhbXBsZSBub25jZQ", "c2hvcnQ="] {
        assert_eq!(resume(key).unwrap_err(), ResponseError::BadKey, "{key}");
    }
}

#[test]
fn a_valid_101_opens() {
    use HeadError::{BadField, BadLineEnd, BadStartLine, ControlCharacter, UnsupportedHttp};
    use ResponseError::Head;
    assert_results(&[
        ("H-C-16", &[], Ok(None)),
        ("H-C-10", &["=HTTP/1.1 101"], Ok(None)),
        ("H-C-10", &["=HTTP/1.1 101 "], Ok(None)),
        ("H-C-10", &["=HTTP/1.1 101 \u{e9}\tb"], Ok(None)),
        ("H-S-05", &["=HTTP/1.2 101 x"], Ok(None)),
        ("G-21", &["+X: y", "+Set-Cookie: a", "+Set-Cookie: b"], Ok(None)),
        ("H-C-27", &["+Content-Length: 5"], Ok(None)),
        ("H-C-27", &["+Transfer-Encoding: chunked"], Ok(None)),
        ("H-C-29", &["+Sec-WebSocket-Version: 8"], Ok(None)),
        ("H-C-10", &["=HTTP/1.1 1O1 x"], Err(Head(BadStartLine))),
        ("H-C-10", &["=HTTP/1.1 1010"], Err(Head(BadStartLine))),
        ("H-C-10", &["=HTTP/1.1 10"], Err(Head(BadStartLine))),
        ("H-C-10", &["=HTTP/1.1  101 x"], Err(Head(BadStartLine))),
        ("H-C-10", &["=HTTP/1.1\t101 x"], Err(Head(BadStartLine))),
        ("H-C-10", &["=HTTP/1.1 101\tx"], Err(Head(BadStartLine))),
        ("H-C-10", &["=HTTP/1.1 +10 x"], Err(Head(BadStartLine))),
        ("H-C-10", &["= HTTP/1.1 101 x"], Err(Head(BadStartLine))),
        ("G-06", &["=http/1.1 101 x"], Err(Head(BadStartLine))),
        ("G-06", &["=HTTP/11 101 x"], Err(Head(BadStartLine))),
        ("H-C-11", &["=HTTP/1.0 101 x"], Err(Head(UnsupportedHttp))),
        ("H-C-11", &["=HTTP/1.0 100 x"], Err(Head(UnsupportedHttp))),
        ("H-C-11", &["=HTTP/2.0 101 x"], Err(Head(UnsupportedHttp))),
        ("H-C-11", &["=hello"], Err(Head(BadStartLine))),
        ("H-C-11", &["="], Err(Head(BadStartLine))),
        ("G-12", &["=HTTP/1.1 101 a\x01"], Err(Head(ControlCharacter))),
        ("G-12", &["=HTTP/1.1 101 a\x01b\x01"], Err(Head(ControlCharacter))),
        ("G-02", &["=HTTP/1.1 101 a\rb"], Err(Head(BadLineEnd))),
        ("G-04", &["=HTTP/1.1 101 x\r\n Upgrade: websocket"], Err(Head(BadField))),
        ("G-07", &["+: x"], Err(Head(BadField))),
        ("G-07", &["+Ho st: x"], Err(Head(BadField))),
        ("G-08", &["+X : y"], Err(Head(BadField))),
        ("G-12", &["+X: a\x01"], Err(Head(ControlCharacter))),
        ("G-12", &["+X: a\0"], Err(Head(ControlCharacter))),
        ("G-01", &["+X: a\nY: b"], Err(Head(BadLineEnd))),
        ("G-02", &["+X: a\rb"], Err(Head(BadLineEnd))),
    ]);
}

#[test]
fn each_header_of_the_101_is_checked() {
    use ResponseError::{BadAccept, BadConnection, MissingUpgrade, OtherUpgrade};
    let accept = accept();
    let line = |accept: &str| format!("Sec-WebSocket-Accept: {accept}");
    let again = format!("+{}", line(&accept));
    let list = line(&format!("{accept}, {accept}"));
    let unpadded = line(accept.trim_end_matches('='));
    let swapped = line(&accept.chars().map(swap_case).collect::<String>());
    assert_results(&[
        ("H-C-16", &["Upgrade: WebSocket"], Ok(None)),
        ("G-09", &["Upgrade: \t websocket \t"], Ok(None)),
        ("H-C-16", &["-Upgrade"], Err(MissingUpgrade)),
        ("H-C-16", &["Upgrade: websocket, foo"], Err(OtherUpgrade)),
        ("V-12", &["Upgrade: websocket,"], Err(OtherUpgrade)),
        ("H-C-16", &["+Upgrade: websocket"], Err(OtherUpgrade)),
        ("H-C-16", &["Upgrade: websocket/13"], Err(OtherUpgrade)),
        ("H-C-16", &["Upgrade:"], Err(OtherUpgrade)),
        ("P-41", &["Upgrade: TLS/1.0, HTTP/1.1"], Err(OtherUpgrade)),
        ("G-13", &["Upgrade: websocket\u{e9}"], Err(OtherUpgrade)),
        ("H-C-17", &["Connection: uPGRADE"], Ok(None)),
        ("H-C-17", &["Connection: keep-alive, Upgrade"], Ok(None)),
        ("G-15", &["Connection: keep-alive", "+Connection: upgrade"], Ok(None)),
        ("G-16", &["Connection: , upgrade,"], Ok(None)),
        ("H-C-17", &["Connection: close"], Err(BadConnection)),
        ("H-C-17", &["Connection: upgrades"], Err(BadConnection)),
        ("H-C-17", &["-Connection"], Err(BadConnection)),
        ("G-13", &["Connection: upgrade, \u{e9}"], Err(BadConnection)),
        ("H-C-18", &[&format!("Sec-WebSocket-Accept:\t {accept} ")], Ok(None)),
        ("H-C-18", &["-Sec-WebSocket-Accept"], Err(BadAccept)),
        ("H-C-18", &[&again], Err(BadAccept)),
        ("H-C-18", &[&list], Err(BadAccept)),
        ("H-C-18", &[&unpadded], Err(BadAccept)),
        ("H-C-18", &[&swapped], Err(BadAccept)),
        ("H-C-18", &["Sec-WebSocket-Accept:"], Err(BadAccept)),
        ("A-32", &["Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="], Err(BadAccept)),
        ("A-26, P-42", &["=HTTP/1.1 101 x", "-Sec-WebSocket-Accept"], Err(BadAccept)),
    ]);
}

fn swap_case(letter: char) -> char {
    if letter.is_ascii_lowercase() {
        letter.to_ascii_uppercase()
    } else {
        letter.to_ascii_lowercase()
    }
}

#[test]
fn the_accept_value_answers_one_key_only() {
    let stream = [&response(&[])[..], b"\x81\x01a"].concat();
    let other = Connection::client(offer(), Arc::default(), Seed::new([8; 32]), START);
    let mut taken = take(other, &stream, Cuts::Whole);
    let mut input = Input::new(Vec::new());
    assert_eq!(next(&mut taken.connection, &mut input), None, "I-10: the frame is not read");
    assert_eq!(asked(taken), Asked::Failed(ResponseError::BadAccept), "H-C-18, A-32, A-33");
}

/// What `httparse` accepts and we reject.
#[test]
fn httparse_accepts_bare_line_feeds_in_responses() {
    let head = String::from_utf8(response(&[])).unwrap();
    for (at, _) in head.match_indices("\r\n") {
        let stream = format!("{}{}", &head[..at], &head[at + 1..]).into_bytes();
        assert!(httparse_accepts(&stream), "{at}");
        let failed = Asked::Failed(HeadError::BadLineEnd.into());
        assert_eq!(ask(&stream), failed, "G-01: {at}");
    }
}

#[test]
fn httparse_accepts_empty_lines_before_a_response() {
    let stream = [b"\r\n".as_slice(), &response(&[])].concat();
    assert!(httparse_accepts(&stream));
    assert_eq!(ask(&stream), Asked::Failed(HeadError::BadStartLine.into()), "H-C-10");
}

/// What `httparse` rejects and we accept.
#[test]
fn httparse_rejects_folded_headers_and_later_versions() {
    for edit in ["+X: a\r\n b", "=HTTP/1.2 101 x"] {
        let stream = response(&[edit]);
        assert!(!httparse_accepts(&stream), "{edit}");
        assert_eq!(ask(&stream), opened(None), "G-11, H-S-05: {edit}");
    }
}

fn httparse_accepts(stream: &[u8]) -> bool {
    let mut headers = [httparse::EMPTY_HEADER; 16];
    let status = httparse::Response::new(&mut headers).parse(stream);
    status.is_ok_and(|status| status.is_complete())
}

#[test]
fn a_folded_header_is_joined_before_it_is_checked() {
    let accept = accept();
    let (first, last) = accept.split_at(10);
    assert_results(&[
        ("G-11", &["+X-Foo: a\r\n b\r\n\tc"], Ok(None)),
        ("G-11", &["Upgrade:\r\n websocket"], Ok(None)),
        ("G-11", &["Upgrade: websocket\r\n \t "], Ok(None)),
        ("G-11", &["Connection: keep-alive,\r\n Upgrade"], Ok(None)),
        ("G-11", &["+X:\r\n \r\n \r\n a\r\n "], Ok(None)),
        (
            "G-11",
            &[&format!("Sec-WebSocket-Accept: {first}\r\n {last}")],
            Err(ResponseError::BadAccept),
        ),
        ("G-11", &["Upgrade: web\r\n socket"], Err(ResponseError::OtherUpgrade)),
        ("G-11", &["Upgrade: websocket\r\n x"], Err(ResponseError::OtherUpgrade)),
        ("G-02", &["+X-Foo: a\r\n b\rc"], Err(ResponseError::Head(HeadError::BadLineEnd))),
    ]);
    let rows: [(&str, &[u8]); 7] = [
        ("a\r\n b", b"a   b"),
        ("a\r\n\tb", b"a   b"),
        ("a\r\n   b", b"a     b"),
        ("a \t\r\n\t b", b"a      b"),
        ("\r\n b", b"b"),
        ("a\r\n \r\n b", b"a      b"),
        ("a\r\n b: c\r\n ", b"a   b: c"),
    ];
    for (folded, joined) in rows {
        let response = answered(&response(&[&format!("+X-Foo: {folded}"), "+X-Bar: z"]));
        assert_eq!(response.header("X-Foo"), Some(joined), "G-11: {folded:?}");
        assert_eq!(response.header("X-Bar"), Some(&b"z"[..]), "G-11: {folded:?}");
        assert_eq!(response.headers().len(), 5, "G-11: {folded:?}");
    }
}

#[test]
fn the_subprotocol_must_have_been_offered() {
    use ResponseError::{BadProtocol, ProtocolNotOffered};
    assert_results(&[
        ("H-C-19", &["+Sec-WebSocket-Protocol: chat"], Ok(Some("chat"))),
        ("H-C-19", &["+Sec-WebSocket-Protocol:  superchat\t"], Ok(Some("superchat"))),
        ("H-C-19", &["+Sec-WebSocket-Protocol: Chat"], Err(ProtocolNotOffered)),
        ("H-C-19", &["+Sec-WebSocket-Protocol: chats"], Err(ProtocolNotOffered)),
        ("H-C-19", &["+Sec-WebSocket-Protocol: super"], Err(ProtocolNotOffered)),
        ("H-C-20", &["+Sec-WebSocket-Protocol: chat, superchat"], Err(BadProtocol)),
        ("G-17", &["+Sec-WebSocket-Protocol:"], Ok(None)),
        ("G-17", &["+Sec-WebSocket-Protocol: ,"], Ok(None)),
        ("G-17", &["+Sec-WebSocket-Protocol: ,;"], Err(BadProtocol)),
        ("H-C-20", &["+Sec-WebSocket-Protocol: \"chat\""], Err(BadProtocol)),
        (
            "H-C-20",
            &["+Sec-WebSocket-Protocol: chat", "+Sec-WebSocket-Protocol: chat"],
            Err(BadProtocol),
        ),
        ("G-13", &["+Sec-WebSocket-Protocol: caf\u{e9}"], Err(BadProtocol)),
    ]);
    let bare = plain("ws://h");
    let unasked = ask_with(&bare, &response(&["+Sec-WebSocket-Protocol: chat"]));
    assert_eq!(unasked, Asked::Failed(ProtocolNotOffered), "H-C-19, V-11");
}

#[test]
fn a_missing_subprotocol_is_an_error_only_if_the_request_requires_one() {
    assert_eq!(ask(&response(&[])), opened(None), "H-C-21, V-10");
    let mut strict = offer();
    strict.require_protocol();
    let missing = ask_with(&strict, &response(&[]));
    assert_eq!(missing, Asked::Failed(ResponseError::MissingProtocol), "H-C-21, V-10");
    let empty = ask_with(&strict, &response(&["+Sec-WebSocket-Protocol:"]));
    assert_eq!(empty, Asked::Failed(ResponseError::MissingProtocol), "G-17");
    let taken = ask_with(&strict, &response(&["+Sec-WebSocket-Protocol: chat"]));
    assert_eq!(taken, opened(Some("chat")), "H-C-21");
    let mut bare = plain("ws://h");
    bare.require_protocol();
    assert_eq!(ask_with(&bare, &response(&[])), opened(None), "H-C-21: nothing was offered");
}

#[test]
fn an_extension_that_was_not_offered_is_an_error() {
    use ResponseError::{BadExtension, ExtensionNotOffered};
    let name = "+Sec-WebSocket-Extensions: permessage-deflate";
    assert_results(&[
        ("H-C-22", &[name], Err(ExtensionNotOffered)),
        ("H-C-24", &[name, name], Err(ExtensionNotOffered)),
        ("H-C-23, V-30", &[name, "+Sec-WebSocket-Extensions: foo"], Err(ExtensionNotOffered)),
        ("H-C-22", &["+Sec-WebSocket-Extensions: foo; a=\"x y\""], Err(BadExtension)),
        ("H-C-22", &["+Sec-WebSocket-Extensions: foo, bar;"], Err(BadExtension)),
        ("G-39", &["+Sec-WebSocket-Extensions:"], Ok(None)),
        ("G-39", &["+Sec-WebSocket-Extensions: ,"], Ok(None)),
        ("G-13", &["+Sec-WebSocket-Extensions: caf\u{e9}"], Err(BadExtension)),
    ]);
}

#[test]
fn interim_responses_are_skipped_up_to_a_limit() {
    let hints = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n".as_slice();
    let proceed = b"HTTP/1.1 100 Continue\r\n\r\n";
    let open = response(&[]);
    assert_eq!(ask(&[hints, proceed, &open].concat()), opened(None), "H-C-12");
    assert_eq!(ask(&[&hints.repeat(8), open.as_slice()].concat()), opened(None), "L-19");
    let flood = [&hints.repeat(9), open.as_slice()].concat();
    assert_eq!(ask(&flood), Asked::Failed(ResponseError::TooManyInterim), "H-C-12, A-62");
    assert_eq!(ask(hints), Asked::Incomplete, "H-C-12: an interim response is no answer");
    let mut strict = offer();
    strict.set_limits(HandshakeLimits::new().interim(0));
    let failed = ask_with(&strict, &[hints, &open].concat());
    assert_eq!(failed, Asked::Failed(ResponseError::TooManyInterim), "L-19");
    // The limits apply to each head.
    let long = format!("HTTP/1.1 103 x\r\nX: {}\r\n\r\n", "a".repeat(15 << 10));
    assert_eq!(ask(&[long.repeat(8).as_bytes(), &open].concat()), opened(None), "L-01, L-19");
}

#[test]
fn bytes_after_the_101_are_the_first_frames() {
    let frames = b"\x81\x05Hello\x83\x00";
    let asked = ask(&[&response(&[]), frames.as_slice()].concat());
    assert_eq!(asked, Asked::Open(None, frames.to_vec()), "H-C-40, H-C-41, I-08");
    let announced = response(&["+Content-Length: 7"]);
    let asked = ask(&[&announced, frames.as_slice()].concat());
    assert_eq!(asked, Asked::Open(None, frames.to_vec()), "H-C-27");
}

#[test]
fn any_other_final_status_is_a_rejection() {
    let rows = [
        ("H-C-14", "200 OK", 200),
        ("H-C-13", "301 Moved Permanently", 301),
        ("V-22", "302 Found", 302),
        ("V-21", "401 Unauthorized", 401),
        ("H-C-13", "403", 403),
        ("H-C-13", "426 ", 426),
        ("H-C-13", "503 Service Unavailable", 503),
        ("H-C-13", "999 x", 999),
        ("H-C-13", "099 x", 99),
    ];
    for (rule, line, status) in rows {
        // The response is a valid 101 except for its status.
        let stream = response(&[&format!("=HTTP/1.1 {line}"), "+Content-Length: 3"]);
        let rejected = Asked::Rejected(status, b"why".to_vec(), false);
        assert_eq!(ask(&[&stream, b"why".as_slice()].concat()), rejected, "{rule}: {line}");
    }
    let old = b"HTTP/1.0 403 Forbidden\r\nContent-Length: 0\r\n\r\n";
    assert_eq!(ask(old), Asked::Rejected(403, Vec::new(), false), "H-C-13: HTTP/1.0 can reject");
}

#[test]
fn a_rejection_has_the_response_of_the_server() {
    let stream = b"HTTP/1.1 401 Who are you?\r\nWWW-Authenticate: Basic realm=\"a, b\"\r\n\
        Set-Cookie: a=b\r\nset-cookie: c=d\r\nContent-Length: 2\r\n\r\nno";
    let response = answered(stream);
    assert_eq!((response.status(), response.reason()), (401, &b"Who are you?"[..]), "H-C-13");
    let challenge = response.headers().text("www-authenticate");
    assert_eq!(challenge, Some("Basic realm=\"a, b\""), "H-C-13");
    assert!(response.headers().values("Set-Cookie").eq([b"a=b", b"c=d"]), "H-C-30, G-22, P-39");
    assert_eq!((response.body(), response.is_truncated()), (&b"no"[..], false), "H-C-15");
    assert_eq!(response.protocol(), None);
    assert_eq!(answered(b"HTTP/1.1 404\r\nContent-Length: 0\r\n\r\n").reason(), b"", "H-C-10");
}

#[test]
fn the_versions_of_a_rejection_are_numbers() {
    let rows: [(&str, &[u8]); 5] = [
        ("Sec-WebSocket-Version: 13\r\nSec-WebSocket-Version: 8, 7\r\n", &[13, 8, 7]),
        ("Sec-WebSocket-Version: 13\r\n", &[13]),
        ("Sec-WebSocket-Version: ,13,,x,256,+1,08,0\r\n", &[13, 0]),
        ("Sec-WebSocket-Version: \r\n", &[]),
        ("", &[]),
    ];
    for (lines, versions) in rows {
        let stream = format!("HTTP/1.1 426 x\r\n{lines}Content-Length: 0\r\n\r\n");
        let response = answered(stream.as_bytes());
        assert!(response.versions().eq(versions.iter().copied()), "H-C-28: {lines:?}");
    }
}

#[test]
fn the_body_of_a_rejection_is_framed() {
    let rows = [
        ("Content-Length: 5\r\n\r\nhellobeyond", "hello", false),
        ("Content-Length: 0\r\n\r\nbeyond", "", false),
        ("Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\nbeyond", "hello", false),
        ("Transfer-Encoding: gzip, CHUNKED\r\n\r\n1\r\nx\r\n0\r\n\r\n", "x", false),
        (
            "Transfer-Encoding: chunked\r\n\r\n2;a=b\r\nhe\r\n003 ; c\r\nllo\r\n0\r\nX: y\r\n\r\n",
            "hello",
            false,
        ),
        (
            "Transfer-Encoding: chunked\r\n\r\nA\r\n0123456789\r\na\r\nabcdefghij\r\n0\r\n\r\n",
            "0123456789abcdefghij",
            false,
        ),
        (
            "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
            "abc",
            false,
        ),
        // Invalid framing ends the body.
        ("Content-Length: x\r\n\r\nhello", "", true),
        ("Content-Length: 5, 5\r\n\r\nhello", "", true),
        ("Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", "", true),
        ("Transfer-Encoding: ,,,,,,,,,,,,,,,,,chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "", true),
        ("Transfer-Encoding: chunked\r\n\r\nx\r\n", "", true),
        ("Transfer-Encoding: chunked\r\n\r\n\r\n", "", true),
        ("Transfer-Encoding: chunked\r\n\r\n+5\r\nhello", "", true),
        ("Transfer-Encoding: chunked\r\n\r\n 5\r\nhello", "", true),
        ("Transfer-Encoding: chunked\r\n\r\n5\nhello", "", true),
        ("Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\nhello", "", true),
        ("Transfer-Encoding: chunked\r\n\r\n5\r\nhello!\r\n", "hello", true),
    ];
    for (rest, body, is_truncated) in rows {
        let stream = format!("HTTP/1.1 404 x\r\n{rest}");
        let rejected = Asked::Rejected(404, body.as_bytes().to_vec(), is_truncated);
        assert_eq!(ask(stream.as_bytes()), rejected, "H-C-15: {rest:?}");
    }
    for status in [204, 304] {
        let stream = format!("HTTP/1.1 {status} x\r\nContent-Length: 5\r\n\r\n");
        assert_eq!(ask(stream.as_bytes()), Asked::Rejected(status, Vec::new(), false), "H-C-15");
    }
    let faulty = b"HTTP/1.0 404 x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    assert_eq!(ask(faulty), Asked::Rejected(404, Vec::new(), true), "H-C-15: 1.0 has no chunks");
}

#[test]
fn the_body_of_a_rejection_may_end_with_the_transport() {
    let rows = [
        ("\r\nhello", "hello", false),
        ("\r\n", "", false),
        ("Transfer-Encoding: gzip\r\n\r\nhello", "hello", false),
        ("Content-Length: 9\r\n\r\nhello", "hello", true),
        ("Content-Length: 99999999999999999999999\r\n\r\nhello", "hello", true),
        ("Transfer-Encoding: chunked\r\n\r\n9\r\nhello", "hello", true),
        ("Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nhello", "hello", true),
        ("Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n", "hello", true),
        ("Transfer-Encoding: chunked\r\n\r\n", "", true),
    ];
    for (rest, body, is_truncated) in rows {
        let stream = format!("HTTP/1.1 404 x\r\n{rest}");
        assert_eq!(ask(stream.as_bytes()), Asked::Incomplete, "H-C-15: {rest:?}");
        let rejected = Asked::Rejected(404, body.as_bytes().to_vec(), is_truncated);
        assert_eq!(ask_to_the_end(stream.as_bytes()), rejected, "H-C-15: {rest:?}");
    }
}

#[test]
fn the_body_of_a_rejection_is_bounded() {
    let most = 64 << 10;
    let body = vec![b'x'; most + 1];
    let heads =
        ["\r\n", "Content-Length: 65537\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n10001\r\n"];
    for head in heads {
        let stream = [format!("HTTP/1.1 502 x\r\n{head}").as_bytes(), &body].concat();
        let rejected = Asked::Rejected(502, vec![b'x'; most], true);
        assert_eq!(ask(&stream), rejected, "H-C-15, L-04, A-60: {head:?}");
        let one_less = &stream[..stream.len() - 1];
        assert_eq!(ask(one_less), Asked::Incomplete, "L-04: all of it is kept");
    }
    let mut request = offer();
    request.set_limits(HandshakeLimits::new().body(0));
    let rejected = ask_with(&request, b"HTTP/1.1 502 x\r\n\r\nx");
    assert_eq!(rejected, Asked::Rejected(502, Vec::new(), true), "L-04");
}

#[test]
fn lines_between_chunks_are_bounded() {
    let head = "HTTP/1.1 502 x\r\nTransfer-Encoding: chunked\r\n\r\n";
    let extension = |count: usize| format!("{head}1;{}", "x".repeat(count - 2));
    assert_eq!(ask(extension(1023).as_bytes()), Asked::Incomplete, "L-12");
    let rejected = Asked::Rejected(502, Vec::new(), true);
    assert_eq!(ask(extension(1024).as_bytes()), rejected, "L-12");
    let whole = format!("{}\r\nx\r\n0\r\n\r\n", extension(1022));
    assert_eq!(ask(whole.as_bytes()), Asked::Rejected(502, b"x".to_vec(), false), "L-12");
    let trailers = format!("{head}0\r\n{}", "X: y\r\n".repeat(101));
    assert_eq!(ask(trailers.as_bytes()), Asked::Rejected(502, Vec::new(), true), "L-02");
    let trailers = format!("{head}0\r\n{}\r\n", "X: y\r\n".repeat(100));
    assert_eq!(ask(trailers.as_bytes()), Asked::Rejected(502, Vec::new(), false), "L-02");
}

#[test]
fn a_transport_that_ends_within_the_head_is_an_error() {
    let stream = response(&[]);
    for length in 0..stream.len() {
        let failed = Asked::Failed(HeadError::Incomplete.into());
        assert_eq!(ask_to_the_end(&stream[..length]), failed, "H-C-31, A-54: {length}");
    }
    let hints = b"HTTP/1.1 103 Early Hints\r\n\r\n";
    assert_eq!(ask_to_the_end(hints), Asked::Failed(HeadError::Incomplete.into()), "H-C-31");
}

#[test]
fn a_head_is_bounded() {
    let [too_long, too_many] = [HeadError::TooLong, HeadError::TooManyFields].map(Into::into);
    let endless = "a".repeat(64 << 10);
    let rows = [
        ("H-C-09", format!("HTTP/1.1 101 {endless}"), too_long),
        ("A-21", format!("HTTP/1.1 101 x\r\nX: {endless}"), too_long),
        ("L-01", format!("H{endless}"), too_long),
        ("L-02", format!("HTTP/1.1 101 x\r\n{}", "X: y\r\n".repeat(101)), too_many),
        ("L-02", format!("HTTP/1.1 101 x\r\nX: y{}", "\r\n z".repeat(101)), too_many),
    ];
    for (rule, stream, error) in rows {
        assert_eq!(ask(stream.as_bytes()), Asked::Failed(error), "{rule}");
    }
    let rest = response(&["+X: "]).len();
    let exact = |count: usize| response(&[&format!("+X: {}", "a".repeat(count - rest))]);
    assert_eq!(ask(&exact(16 << 10)), opened(None), "L-01");
    assert_eq!(ask(&exact((16 << 10) + 1)), Asked::Failed(too_long), "L-01");
    let lines = response(&[&format!("+{}", "X: y\r\n".repeat(97).trim_end())]);
    assert_eq!(ask(&lines), opened(None), "L-02");
}

/// I-07, CVE-2023-43669: the limit counts, not the storage of the input, and each byte is searched once.
#[test]
fn a_head_may_be_longer_than_the_input() {
    let most = 64 << 10;
    let rest = response(&["+X: "]).len();
    let head = |len: usize| response(&[&format!("+X: {}", "a".repeat(len - rest))]);
    for storage in [1, 4 << 10, most] {
        let client = || {
            let mut request = offer();
            request.set_limits(HandshakeLimits::new().bytes(u32::try_from(most).unwrap()));
            start(request).0
        };
        let asked_for = |len| asked(take(client(), &head(len), Cuts::Every(storage)));
        assert_eq!(asked_for(most), opened(None), "L-01, I-07: {storage}");
        let too_long = Asked::Failed(HeadError::TooLong.into());
        assert_eq!(asked_for(most + 1), too_long, "L-01: {storage}");
    }
}

#[test]
fn debug_output_has_no_key() {
    let (client, text) = start(offer());
    let shown = format!("{client:?}");
    let key = value(&text, "Sec-WebSocket-Key").unwrap();
    assert!(shown.contains("Key(..)") && !shown.contains(key), "L-23: {shown}");
}

#[test]
fn each_error_of_a_response_has_its_own_text() {
    use ResponseError::*;
    #[rustfmt::skip]
    let errors = [
        BadAccept, BadCompression, BadConnection, BadExtension, BadKey, BadProtocol, ExtensionNotOffered,
        HeadError::Incomplete.into(), MissingProtocol, MissingUpgrade, OtherUpgrade, ProtocolNotOffered,
        TooManyInterim,
    ];
    let mut texts: Vec<String> = errors.iter().map(ToString::to_string).collect();
    texts.sort();
    texts.dedup();
    assert_eq!(texts.len(), errors.len(), "L-24");
    let error = ResponseError::from(HeadError::BadField);
    assert_eq!(error.source().and_then(|source| source.downcast_ref()), Some(&HeadError::BadField));
    assert!(BadAccept.source().is_none());
}

#[test]
fn each_error_of_a_header_has_its_own_text() {
    use HeaderError::*;
    let errors = [
        BadName,
        BadOrigin,
        BadProtocol,
        BadStatus,
        BadValue,
        MissingCompanion,
        NotOffered,
        Repeated,
        Reserved,
        UnexpectedBody,
    ];
    let mut texts: Vec<String> = errors.iter().map(ToString::to_string).collect();
    texts.sort();
    texts.dedup();
    assert_eq!(texts.len(), errors.len(), "L-24");
}
