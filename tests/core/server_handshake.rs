//! The server's side of the opening handshake, by the rules G, H-S and L of the catalogue.

use core::error::Error;

use sansocket::client::ResponseError;
use sansocket::server::{HostError, Hosts, OriginError, Origins, Policy, RequestError, Response};
use sansocket::{Cause, HandshakeError, HandshakeLimits, HeadError, HeaderError, Headers, Input};

use crate::support::handshake::*;

/// Asserts the status of each edit of the request, cut in every way.
fn assert_statuses(rows: &[(&str, &[&str], u16)]) {
    for (rule, edits, status) in rows {
        let served = serve(&request(edits));
        assert_eq!(served.status(), *status, "{rule}: {edits:?}: {served:?}");
    }
}

/// Asserts the error of each stream, cut in every way.
fn assert_errors(rows: &[(&str, &[u8], RequestError)]) {
    for (rule, stream, error) in rows {
        assert_eq!(serve(stream), Served::Rejected(*error), "{rule}: {}", stream.escape_ascii());
    }
}

#[test]
fn the_request_of_the_rfc_is_accepted() {
    // B-14, H-S-22, H-S-50: the four lines, and nothing else.
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {ACCEPT}\r\n\r\n"
    );
    assert_eq!(serve(&request(&[])), Served::Accepted(answer, Vec::new()), "B-14");
}

#[test]
fn lines_end_with_crlf() {
    use HeadError::{BadLineEnd, BadStartLine};
    use RequestError::Head;
    let rest = "Host: a\r\n\r\n";
    assert_errors(&[
        ("G-01, V-42", b"GET / HTTP/1.1\n", Head(BadLineEnd)),
        ("G-01", b"Hello\n", Head(BadLineEnd)),
        ("G-01", format!("GET / HTTP/1.1\n{rest}").as_bytes(), Head(BadLineEnd)),
        ("G-01", b"GET / HTTP/1.1\r\nHost: a\n\r\n", Head(BadLineEnd)),
        ("G-01", b"GET / HTTP/1.1\r\nHost: a\r\n\n", Head(BadLineEnd)),
        // Among as many bytes as are searched at once.
        ("G-01", b"GET / HTTP/1.1\r\nX\nHost: and 32 bytes behind it\r\n\r\n", Head(BadLineEnd)),
        // More of them than lines are allowed.
        ("G-01", format!("GET / HTTP/1.1\r\n{}", "\n".repeat(200)).as_bytes(), Head(BadLineEnd)),
        ("G-01", format!("GET / HTTP/1.1\r\n{}", "\rX\n".repeat(200)).as_bytes(), Head(BadLineEnd)),
        ("G-02", b"GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n", Head(BadLineEnd)),
        ("G-02", b"GET / HTTP/1.1\r\nHost: a\r\r\n\r\n", Head(BadLineEnd)),
        ("G-02", b"\rGET / HTTP/1.1\r\n", Head(BadLineEnd)),
        ("G-03", b"\r\n\r\nGET / HTTP/1.1\r\n", Head(BadStartLine)),
        ("G-03", b"\nGET / HTTP/1.1\r\n", Head(BadLineEnd)),
    ]);
    let mut stream = b"\r\n".to_vec();
    stream.extend(request(&[]));
    assert_eq!(serve(&stream).status(), 101, "G-03: one empty line is skipped");
}

#[test]
fn the_first_line_is_checked_as_soon_as_it_is_complete() {
    use HeadError::{BadStartLine, UnsupportedHttp};
    use RequestError::{BadTarget, Head};
    assert_errors(&[
        ("G-05", b"GET  / HTTP/1.1\r\n", Head(BadStartLine)),
        ("G-05", b"GET /  HTTP/1.1\r\n", Head(BadStartLine)),
        ("G-05", b" GET / HTTP/1.1\r\n", Head(BadStartLine)),
        ("G-05", b"GET / HTTP/1.1 \r\n", Head(BadStartLine)),
        ("G-05", b"GET\t/ HTTP/1.1\r\n", Head(BadStartLine)),
        ("G-05", b"GET /\tHTTP/1.1\r\n", Head(BadStartLine)),
        ("G-05", b"GET /a\tb HTTP/1.1\r\n", Head(BadStartLine)),
        ("G-05", b"GET /a b HTTP/1.1\r\n", Head(BadStartLine)),
        ("G-05", b"G@T / HTTP/1.1\r\n", Head(BadStartLine)),
        ("G-05", b"SSH-2.0-OpenSSH_9.6\r\n", Head(BadStartLine)),
        ("G-06", b"GET / http/1.1\r\n", Head(BadStartLine)),
        ("G-06", b"GET / HTTP/1.10\r\n", Head(BadStartLine)),
        ("G-06", b"GET / HTTP/1\r\n", Head(BadStartLine)),
        ("G-06", b"GET / HTTP/1.x\r\n", Head(BadStartLine)),
        ("G-06", b"GET / HTTP/1,1\r\n", Head(BadStartLine)),
        ("G-06", b"GET / HTTPS/1.1\r\n", Head(BadStartLine)),
        ("H-S-04", b"GET / HTTP/2.0\r\n", Head(UnsupportedHttp)),
        ("H-S-04", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Head(UnsupportedHttp)),
        ("H-S-04", b"GET / HTTP/0.9\r\n", Head(UnsupportedHttp)),
        ("H-S-06", b"GET /\r\n", Head(BadStartLine)),
        ("H-S-10", b"GET /a#b HTTP/1.1\r\n", BadTarget),
        ("H-S-10", b"GET /\xc3\xa9 HTTP/1.1\r\n", BadTarget),
        ("G-14", "GET / HTTP/1.1\u{10d}\u{10a}\r\n".as_bytes(), Head(BadStartLine)),
        ("G-12", b"GET /\x7f HTTP/1.1\r\n", Head(BadStartLine)),
        // The first byte of TLS is enough.
        ("G-12", b"\x16", Head(BadStartLine)),
        ("G-12", b"\x16\x03\x01\x02\x00\x01", Head(BadStartLine)),
    ]);
}

#[test]
fn header_lines_keep_to_the_grammar() {
    use HeadError::{BadField, ControlCharacter};
    use RequestError::Head;
    let rows: [(&str, &[u8], RequestError); 22] = [
        ("G-04", b" Host: a\r\n", Head(BadField)),
        ("G-04", b"\tHost: a\r\n", Head(BadField)),
        ("G-04", b" \r\n", Head(BadField)),
        ("G-07", b": x\r\n", Head(BadField)),
        ("G-07", b"Ho st: a\r\n", Head(BadField)),
        ("G-07", b"H(ost: a\r\n", Head(BadField)),
        ("G-07", b"Host\r\n", Head(BadField)),
        ("G-07", b"H\xf6st: a\r\n", Head(BadField)),
        ("G-07", b"\"Host\": a\r\n", Head(BadField)),
        ("G-08", b"Host : a\r\n", Head(BadField)),
        ("G-08", b"Host\t: a\r\n", Head(BadField)),
        ("A-23", b"Transfer-Encoding : chunked\r\n", Head(BadField)),
        ("G-10", b"X: a\r\n b\r\n", Head(BadField)),
        ("G-10", b"Upgrade:\r\n websocket\r\n", Head(BadField)),
        ("G-10", b"Host: a\r\n\tb\r\n", Head(BadField)),
        ("G-12", b"X: a\x00b\r\n", Head(ControlCharacter)),
        ("G-12", b"X: a\x01b\r\n", Head(ControlCharacter)),
        ("G-12", b"X: a\x0bb\r\n", Head(ControlCharacter)),
        ("G-12", b"X: a\x1bb\r\n", Head(ControlCharacter)),
        ("G-12", b"X: a\x7fb\r\n", Head(ControlCharacter)),
        ("A-23", b"Transfer-Encoding: \x0bchunked\r\n", Head(ControlCharacter)),
        ("G-12", b"X\x00: a\r\n", Head(BadField)),
    ];
    for (rule, line, error) in rows {
        let head = [b"GET / HTTP/1.1\r\n", line, b"\r\n"].concat();
        assert_errors(&[(rule, &head, error)]);
    }
}

#[test]
fn httparse_accepts_empty_lines_before_a_request() {
    let stream = [b"\r\n\r\n".as_slice(), &request(&[])].concat();
    assert!(httparse_accepts(&stream));
    assert_eq!(serve(&stream), Served::Rejected(HeadError::BadStartLine.into()), "G-03");
}

#[test]
fn httparse_accepts_bare_line_feeds() {
    for at in 0..REQUEST.len() {
        let lines: Vec<_> = REQUEST.iter().enumerate().collect();
        let ends = |line| if line == at { "\n" } else { "\r\n" };
        let head: String =
            lines.iter().map(|(line, text)| format!("{text}{}", ends(*line))).collect();
        let stream = format!("{head}\r\n").into_bytes();
        assert!(httparse_accepts(&stream));
        assert_eq!(serve(&stream), Served::Rejected(HeadError::BadLineEnd.into()), "G-01: {at}");
    }
    let stream = format!("{}\r\n\n", REQUEST.join("\r\n")).into_bytes();
    assert!(httparse_accepts(&stream));
    assert_eq!(serve(&stream), Served::Rejected(HeadError::BadLineEnd.into()), "G-01");
}

#[test]
fn httparse_accepts_targets_beyond_ascii_and_fragments() {
    for line in ["=GET /\u{e9} HTTP/1.1", "=GET /a#b HTTP/1.1"] {
        let stream = request(&[line]);
        assert!(httparse_accepts(&stream));
        assert_eq!(serve(&stream), Served::Rejected(RequestError::BadTarget), "H-S-10: {line}");
    }
}

#[test]
fn httparse_rejects_later_versions_of_http_1() {
    let stream = request(&["=GET / HTTP/1.2"]);
    assert!(!httparse_accepts(&stream));
    assert_eq!(serve(&stream).status(), 101, "H-S-05");
}

fn httparse_accepts(stream: &[u8]) -> bool {
    let mut headers = [httparse::EMPTY_HEADER; 16];
    let status = httparse::Request::new(&mut headers).parse(stream);
    status.is_ok_and(|status| status.is_complete())
}

#[test]
fn a_control_character_is_rejected_wherever_it_stands() {
    let request = request(&["+X-Name: value"]);
    for control in (0..=0x1f_u8).chain([0x7f]).filter(|&byte| byte != b'\t') {
        for at in 0..request.len() {
            let mut request = request.clone();
            if matches!(request[at], b'\r' | b'\n') {
                continue;
            }
            request[at] = control;
            let status = serve_whole(&request, &open_to_all()).status();
            assert_eq!(status, 400, "G-12: {control:#x} at {at}");
        }
    }
}

#[test]
fn whitespace_case_and_order_do_not_matter() {
    assert_statuses(&[
        ("G-07", &["-Upgrade", "+uPGRADE: websocket"], 101),
        ("G-09", &["Sec-WebSocket-Key: \t dGhlIHNhbXBsZSBub25jZQ== \t"], 101),
        ("G-09", &["Sec-WebSocket-Key:dGhlIHNhbXBsZSBub25jZQ=="], 101),
        ("G-09", &["Sec-WebSocket-Version: \t13\t "], 101),
        ("G-09", &["Host:\tserver.example.com\t"], 101),
        ("G-13", &["+X-Name: caf\u{e9}"], 101),
        ("G-13", &["Upgrade: websocket\u{e9}"], 400),
        ("G-13", &["Upgrade: websocket, \u{e9}"], 400),
        ("G-13", &["Connection: Upgrade, \u{e9}"], 400),
        ("G-13", &["Host: \u{e9}"], 400),
        ("G-13", &["Sec-WebSocket-Version: 13\u{e9}"], 400),
        ("G-13", &["+Sec-WebSocket-Protocol: caf\u{e9}"], 400),
        ("G-13", &["+Sec-WebSocket-Extensions: caf\u{e9}"], 400),
        ("G-14", &["+X: \u{10a}Evil: \u{10d}\u{10a}"], 101),
        ("G-20", &["-Upgrade", "-Host", "+Host: a", "+Upgrade: websocket"], 101),
        ("G-21", &["+X: 1", "+X: 2", "+Sec-WebSocket-Unknown: x"], 101),
        ("A-61", &["Connection: close, Upgrade"], 101),
    ]);
    // G-09: the key is hashed without the whitespace.
    let Served::Accepted(out, _) =
        serve(&request(&["Sec-WebSocket-Key: \t dGhlIHNhbXBsZSBub25jZQ== "]))
    else {
        panic!("G-09");
    };
    assert_eq!(value(&out, "Sec-WebSocket-Accept"), Some(ACCEPT), "G-09");
}

#[test]
fn only_a_get_request_of_http_1_1_opens_a_connection() {
    assert_statuses(&[
        ("H-S-01", &["=POST /chat HTTP/1.1"], 405),
        ("H-S-01", &["=get /chat HTTP/1.1"], 405),
        ("H-S-01, V-24", &["=HEAD /chat HTTP/1.1"], 405),
        ("H-S-01", &["=GETS /chat HTTP/1.1"], 405),
        ("H-S-02", &["=CONNECT a:80 HTTP/1.1"], 405),
        ("H-S-02", &["=CONNECT a:99999 HTTP/1.1"], 400),
        ("H-S-02", &["=CONNECT a:0 HTTP/1.1"], 400),
        ("H-S-02", &["=CONNECT a HTTP/1.1"], 400),
        ("H-S-02", &["=CONNECT a: HTTP/1.1"], 400),
        ("H-S-02", &["=OPTIONS * HTTP/1.1"], 405),
        ("H-S-03, V-25", &["=GET / HTTP/1.0"], 505),
        ("H-S-04", &["=GET / HTTP/2.0"], 505),
        ("H-S-05", &["=GET / HTTP/1.2"], 101),
        ("H-S-05", &["=GET / HTTP/1.9"], 101),
    ]);
}

#[test]
fn the_target_is_a_path_or_an_absolute_url() {
    assert_statuses(&[
        ("H-S-08", &["=GET ftp://h/chat HTTP/1.1"], 400),
        ("H-S-08", &["=GET wss:h/chat HTTP/1.1"], 400),
        ("H-S-08", &["=GET wsx://h/chat HTTP/1.1"], 400),
        ("H-S-08", &["=GET ws:///chat HTTP/1.1"], 400),
        ("H-S-08", &["=GET http:///chat HTTP/1.1"], 400),
        ("H-S-08", &["=GET http://u@h/chat HTTP/1.1"], 400),
        ("H-S-08", &["=GET http://h:99999/ HTTP/1.1"], 400),
        ("H-S-09", &["=GET * HTTP/1.1"], 400),
        ("H-S-09", &["=GET h:80 HTTP/1.1"], 400),
        ("H-S-09", &["=GET chat HTTP/1.1"], 400),
        ("H-S-10", &["=GET /?q={x}^`| HTTP/1.1"], 101),
    ]);
    // Target, path, query, authority.
    let rows = [
        ("H-S-07", "/chat", "/chat", None, "server.example.com"),
        ("H-S-07", "/a%2Fb?x=1%20", "/a%2Fb", Some("x=1%20"), "server.example.com"),
        ("H-S-07", "/?", "/", Some(""), "server.example.com"),
        ("H-S-07", "//a?b?c", "//a", Some("b?c"), "server.example.com"),
        ("H-S-08", "http://h:81/chat", "/chat", None, "h:81"),
        ("H-S-08", "HTTPS://H", "/", None, "H"),
        ("H-S-08", "http://h?x", "/", Some("x"), "h"),
        ("H-S-08", "ws://localhost/chat", "/chat", None, "localhost"),
        ("H-S-08", "WSS://h:444?x", "/", Some("x"), "h:444"),
        ("A-64", "http://b/", "/", None, "b"),
    ];
    for (rule, target, path, query, authority) in rows {
        let mut server = received(&request(&[&format!("=GET {target} HTTP/1.1")]));
        let request = server.request().unwrap();
        assert_eq!(request.target(), target, "{rule}");
        assert_eq!((request.path(), request.query()), (path, query), "{rule}: {target}");
        assert_eq!(request.authority().to_string(), authority, "{rule}: {target}");
    }
}

#[test]
fn a_request_has_one_valid_host() {
    assert_statuses(&[
        ("H-S-11", &["-Host"], 400),
        ("H-S-11", &["+Host: server.example.com"], 400),
        ("H-S-11", &["=GET http://a/ HTTP/1.1", "-Host"], 400),
        ("H-S-12", &["Host: a,b"], 400),
        ("H-S-12", &["Host: a b"], 400),
        ("H-S-12", &["Host: u@a"], 400),
        ("H-S-12", &["Host: a/b"], 400),
        ("H-S-12", &["Host: a:99999"], 400),
        ("H-S-12", &["Host: a:65536"], 400),
        ("H-S-12", &["Host: a:-1"], 400),
        ("H-S-12", &["Host: a:80:80"], 400),
        ("H-S-12", &["Host: [::1"], 400),
        ("H-S-12", &["Host: ::1"], 400),
        ("H-S-12", &["Host: [::g]"], 400),
        ("H-S-12", &["Host: [::1]x"], 400),
        ("H-S-12", &["Host: http://a"], 400),
        ("H-S-12", &["=GET http://a/ HTTP/1.1", "Host: u@a"], 400),
        ("H-S-12", &["Host: a:65535"], 101),
        ("H-S-12", &["Host: a:"], 101),
        ("H-S-12", &["Host: a:0"], 101),
        ("H-S-12", &["Host: [::1]:80"], 101),
        ("H-S-12", &["Host: 127.0.0.1"], 101),
        ("H-S-12", &["Host: a%2Db_c~"], 101),
        ("H-S-13", &["Host:"], 400),
        ("H-S-13", &["Host: :80"], 400),
        ("H-S-13", &["=GET http://a/ HTTP/1.1", "Host:"], 101),
        ("H-S-14", &["Host: evil.example"], 101),
    ]);
}

#[test]
fn hosts_can_be_listed() {
    let hosts = Hosts::list(["example.com", "example.com:8080", "[::1]:81"]).unwrap();
    let policy = open_to_all().hosts(hosts);
    let rows = [
        ("example.com", 101),
        ("EXAMPLE.com", 101),
        ("example.com.", 101),
        ("example.com:80", 101),
        ("example.com:443", 101),
        ("example.com:", 101),
        ("example.com:8080", 101),
        ("Example.Com.:8080", 101),
        ("[::1]:81", 101),
        ("example.com:8081", 421),
        ("[::1]", 421),
        ("evil.example", 421),
        ("example.com.evil.example", 421),
        ("notexample.com", 421),
        ("example.com..", 421),
        ("xample.com", 421),
    ];
    for (host, status) in rows {
        let served = serve_with(&request(&[&format!("Host: {host}")]), &policy);
        assert_eq!(served.status(), status, "H-S-14, A-30: {host}");
    }
    // A-64: the effective host counts.
    let absolute = "=GET http://evil.example/ HTTP/1.1";
    let served = serve_with(&request(&[absolute, "Host: example.com"]), &policy);
    assert_eq!(served, Served::Rejected(RequestError::ForeignHost), "A-64");
    let policy = policy.hosts(Hosts::list::<&str>([]).unwrap());
    assert_eq!(serve_with(&request(&[]), &policy).status(), 421, "H-S-14: an empty list");
}

#[test]
fn upgrade_and_connection_are_lists() {
    assert_statuses(&[
        ("H-S-15", &["Upgrade: h2c, WebSocket"], 101),
        ("H-S-15", &["Upgrade: WEBSOCKET"], 101),
        ("H-S-15", &["Upgrade: h2c", "+Upgrade: websocket"], 101),
        ("V-13", &["Upgrade: websocket, TLS/1.0"], 101),
        ("G-15", &["Upgrade: websocket", "+Upgrade: websocket"], 101),
        ("G-16", &["Upgrade: , ,websocket,"], 101),
        ("G-16", &["Upgrade: ,,,,,,,,,,,,,,,,websocket"], 101),
        ("G-16", &["Upgrade: ,,,,,,,,,,,,,,,,,websocket"], 400),
        ("H-S-15", &["Upgrade: websockets"], 426),
        ("H-S-15", &["Upgrade: websocket/13"], 426),
        ("H-S-15", &["Upgrade: h2c"], 426),
        ("H-S-15", &["Upgrade:"], 426),
        ("G-17", &["Upgrade: ,"], 426),
        ("G-18", &["Upgrade: web socket"], 400),
        ("G-18", &["Upgrade: \"websocket\""], 400),
        ("G-18", &["Upgrade: websocket, a/b/c"], 400),
        ("G-18", &["Upgrade: websocket, a/"], 400),
        ("H-S-17", &["Connection: keep-alive, Upgrade"], 101),
        ("H-S-17", &["Connection: keep-alive", "+Connection: uPgRaDe"], 101),
        ("G-15", &["Connection: Upgrade", "+Connection: keep-alive"], 101),
        ("H-S-17", &["Connection: upgraded"], 400),
        ("H-S-17", &["Connection: keep-alive"], 400),
        ("H-S-17", &["Connection: keep-alive Upgrade"], 400),
        ("H-S-17", &["Connection:"], 400),
        ("H-S-17", &["-Connection"], 400),
        ("G-18", &["Connection: Upgrade, a/b"], 400),
        ("H-S-63", &["Connection: Upgrade, Sec-WebSocket-Key"], 101),
        ("H-S-63", &["Connection: Upgrade, Sec-WebSocket-Key", "-Sec-WebSocket-Key"], 400),
    ]);
}

#[test]
fn the_key_is_sixteen_bytes_in_base64() {
    assert_statuses(&[
        ("H-S-18", &["-Sec-WebSocket-Key"], 400),
        ("H-S-19", &["+Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="], 400),
        ("H-S-19", &["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==, dGhlIHNhbXBsZSBub25jZQ=="], 400),
        ("H-S-20", &["Sec-WebSocket-Key:"], 400),
        ("H-S-20", &["Sec-WebSocket-Key: eHh4eHh4eHh4eHh4eHh4"], 400),
        ("H-S-20", &["Sec-WebSocket-Key: eHh4eHh4eHh4eHh4eHh4eHg="], 400),
        ("H-S-20", &["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j-Q=="], 400),
        ("H-S-20", &["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j_Q=="], 400),
        ("H-S-20", &["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ"], 400),
        ("H-S-20", &["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ="], 400),
        ("H-S-20", &["Sec-WebSocket-Key: dGhlIHNhbXBs ZSBub25jZQ=="], 400),
        ("H-S-20", &["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZ==="], 400),
        ("H-S-20", &["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j\u{e9}=="], 400),
        ("H-S-23", &["Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="], 101),
    ]);
    let rows = [
        ("H-S-21", "AQIDBAUGBwgJCgsMDQ4PEC==", "OfS0wDaT5NoxF2gqm7Zj2YtetzM="),
        ("H-S-21", "AQIDBAUGBwgJCgsMDQ4PEA==", "C/0nmHhBztSRGR1CwL6Tf4ZjwpY="),
        ("H-S-22", "AAAAAAAAAAAAAAAAAAAAAA==", "ICX+Yqv66kxgM0FcWaLWlFLwTAI="),
        ("H-S-22", "x3JJHMbDL1EzLkh9GBhXDw==", "HSmrc0sMlYUkAGmm5OPpG2HaGWk="),
    ];
    for (rule, key, accept) in rows {
        let served = serve(&request(&[&format!("Sec-WebSocket-Key: {key}")]));
        let Served::Accepted(out, _) = served else {
            panic!("{rule}, V-26: {key}");
        };
        assert_eq!(value(&out, "Sec-WebSocket-Accept"), Some(accept), "{rule}: {key}");
    }
}

#[test]
fn the_version_is_13() {
    assert_statuses(&[
        ("H-S-24", &["-Sec-WebSocket-Version"], 400),
        ("H-S-25", &["Sec-WebSocket-Version: 13, 8"], 400),
        ("H-S-25", &["+Sec-WebSocket-Version: 13"], 400),
        ("H-S-26", &["Sec-WebSocket-Version: 013"], 400),
        ("H-S-26", &["Sec-WebSocket-Version: +13"], 400),
        ("H-S-26", &["Sec-WebSocket-Version: -13"], 400),
        ("H-S-26", &["Sec-WebSocket-Version: 256"], 400),
        ("H-S-26", &["Sec-WebSocket-Version: 13.0"], 400),
        ("H-S-26", &["Sec-WebSocket-Version: 1:"], 400),
        ("H-S-26", &["Sec-WebSocket-Version: 1/"], 400),
        ("H-S-26", &["Sec-WebSocket-Version:"], 400),
        ("H-S-26", &["Sec-WebSocket-Version: 00"], 400),
        ("H-S-26", &["Sec-WebSocket-Version: 1300000000000000000000"], 400),
    ]);
    for version in (0..=255).filter(|&version| version != 13) {
        let served = serve(&request(&[&format!("Sec-WebSocket-Version: {version}")]));
        assert_eq!(served.status(), 426, "H-S-27, V-23: {version}");
    }
}

#[test]
fn a_rejection_of_an_unknown_version_lists_the_known_ones() {
    // B-15, H-S-27, A-25.
    let out = rejected(&request(&["Sec-WebSocket-Version: 25"]));
    assert!(out.starts_with("HTTP/1.1 426 Upgrade Required\r\n"), "B-15");
    assert_eq!(value(&out, "Sec-WebSocket-Version"), Some("13"), "B-15");
    assert_eq!(value(&out, "Upgrade"), Some("websocket"), "B-15");
    assert_eq!(value(&out, "Connection"), Some("Upgrade, close"), "B-15, A-25");
    // H-S-24, H-S-66: no version at all, such as from a client of the hixie drafts.
    let keys = [
        "+Sec-WebSocket-Key1: 18x 6]8vM;54 *(5:  {   U1]8  z [  8",
        "+Sec-WebSocket-Key2: 1_ tx7X d",
    ];
    for edits in [
        &["-Sec-WebSocket-Version"][..],
        &["-Sec-WebSocket-Key"],
        &["-Sec-WebSocket-Version", "-Sec-WebSocket-Key", keys[0], keys[1]],
    ] {
        let out = rejected(&request(edits));
        assert!(out.starts_with("HTTP/1.1 400 "), "H-S-24, H-S-66");
        assert_eq!(value(&out, "Sec-WebSocket-Version"), Some("13"), "H-S-24, H-S-66: {edits:?}");
    }
}

#[test]
fn the_policy_accepts_or_rejects_the_origin() {
    let listed = &list(&["https://good.com", "http://good.com:8080"]);
    let [any, same_host] = [&Origins::any(), &Origins::same_host()];
    let (null, none) = (&list(&["null"]), &list(&[]));
    let apps = &list(&["file://", "app://local", "chrome-extension://id"]);
    let rows = [
        ("H-S-29", same_host, "http://evil", 403),
        ("A-28", same_host, "https://evil.example", 403),
        ("H-S-30", same_host, "null", 403),
        ("H-S-30", same_host, "", 403),
        ("H-S-30", same_host, "http://server.example.com", 101),
        ("H-S-30", same_host, "https://SERVER.example.com:443", 101),
        ("H-S-30", same_host, "https://server.example.com:80", 403),
        ("H-S-30", same_host, "http://server.example.com:8080", 403),
        ("H-S-30", same_host, "http://server.example.com.evil.com", 403),
        ("H-S-30", same_host, "ftp://server.example.com", 403),
        ("H-S-30", same_host, "http://server.example.com/", 403),
        ("H-S-30", same_host, "http://server.example.com http://evil", 403),
        ("H-S-30", same_host, "http://u@server.example.com", 403),
        ("H-S-30", listed, "https://good.com", 101),
        ("H-S-30", listed, "HTTPS://Good.Com:443", 101),
        ("H-S-30", listed, "http://good.com:8080", 101),
        ("H-S-30", listed, "http://good.com", 403),
        ("H-S-30", listed, "https://good.com:8080", 403),
        ("H-S-30", listed, "https://good.com/", 403),
        ("H-S-30", listed, "https://good.com.", 403),
        ("H-S-30", listed, "http://good.com.evil.com", 403),
        ("H-S-30", listed, "http://evil-good.com", 403),
        ("H-S-30", listed, "null", 403),
        ("H-S-30", listed, "not an origin", 403),
        ("A-29", listed, "https://good.com.evil.com", 403),
        ("A-29", listed, "https://goodXcom", 403),
        ("H-S-30", null, "null", 101),
        ("H-S-30", null, "NULL", 403),
        ("H-S-30", none, "https://good.com", 403),
        ("H-S-30", apps, "file://", 101),
        ("H-S-30", apps, "FILE://", 101),
        ("H-S-30", apps, "file:///", 403),
        ("H-S-30", apps, "file://local", 403),
        ("H-S-30", apps, "app://local", 101),
        ("H-S-30", apps, "app://other", 403),
        ("H-S-30", apps, "app://", 403),
        ("H-S-30", apps, "chrome-extension://id", 101),
        ("H-S-30", apps, "null", 403),
        ("H-S-30", same_host, "file://", 403),
        ("L-21", any, "http://evil", 101),
        ("L-21", any, "", 101),
    ];
    for (rule, origins, origin, status) in rows {
        let policy = Policy::new().origins(origins.clone());
        let served = serve_with(&request(&[&format!("+Origin: {origin}")]), &policy);
        assert_eq!(served.status(), status, "{rule}: {origin} by {origins:?}");
    }
    assert_eq!(&Policy::default().origins, same_host, "L-21: off by choice only");
}

fn list(origins: &[&str]) -> Origins {
    Origins::list(origins).unwrap()
}

#[test]
fn a_list_reports_the_entry_that_is_not_an_origin() {
    use OriginError::{BadHost, BadPort, BadScheme, HasPath, Wildcard};
    type Row = (&'static str, fn(usize) -> OriginError);
    let rows: [Row; 15] = [
        ("https://example.com/", HasPath),
        ("https://example.com/chat", HasPath),
        ("https://example.com?x", HasPath),
        ("https://example.com#x", HasPath),
        ("file:///", HasPath),
        ("example.com", BadScheme),
        ("not an origin", BadScheme),
        ("://example.com", BadScheme),
        ("1x://example.com", BadScheme),
        ("", BadScheme),
        ("*", BadScheme),
        ("https://", BadHost),
        ("https://user@example.com", BadHost),
        ("https://*.example.com", Wildcard),
        ("https://example.com:99999", BadPort),
    ];
    for (origin, error) in rows {
        let lists = [Origins::list([origin]), Origins::list(["https://good.com", origin])];
        assert_eq!(lists, [Err(error(0)), Err(error(1))], "H-S-30: {origin}");
    }
    assert_eq!(
        HasPath(2).to_string(),
        "entry 2 of the origins has a path: end it after the host or the port"
    );
}

#[test]
fn a_list_reports_the_entry_that_is_not_a_host() {
    use HostError::{BadPort, NotHost, Wildcard};
    type Row = (&'static str, fn(usize) -> HostError);
    let rows: [Row; 8] = [
        ("", NotHost),
        ("https://example.com", NotHost),
        ("example.com/", NotHost),
        ("user@example.com", NotHost),
        ("::1", NotHost),
        ("example.com:99999", BadPort),
        ("example.com:http", BadPort),
        ("*.example.com", Wildcard),
    ];
    for (host, error) in rows {
        let lists = [Hosts::list([host]), Hosts::list(["good.com", host])];
        assert_eq!(lists, [Err(error(0)), Err(error(1))], "H-S-14: {host}");
        assert!(error(7).to_string().starts_with("entry 7 of the hosts "), "{host}");
    }
}

#[test]
fn the_origin_is_compared_with_the_host_and_its_port() {
    let rows = [
        ("localhost:8080", "http://localhost:8080", 101),
        ("localhost:8080", "http://localhost", 403),
        ("localhost:8080", "http://localhost:8081", 403),
        ("localhost:80", "http://localhost", 101),
        ("localhost:443", "http://localhost", 403),
        ("localhost:443", "https://localhost", 101),
        ("localhost.", "https://localhost", 101),
        ("[::1]:81", "http://[::1]:81", 101),
        ("[::1]:81", "http://[::2]:81", 403),
    ];
    for (host, origin, status) in rows {
        let lines = [&format!("Host: {host}")[..], &format!("+Origin: {origin}")];
        let served = serve_with(&request(&lines), &Policy::default());
        assert_eq!(served.status(), status, "H-S-30: {origin} to {host}");
    }
}

#[test]
fn a_missing_origin_is_rejected_only_if_the_policy_requires_one() {
    let mut policy = Policy::default();
    assert_eq!(serve_with(&request(&[]), &policy).status(), 101, "H-S-28");
    policy.require_origin = true;
    let served = serve_with(&request(&[]), &policy);
    assert_eq!(served, Served::Rejected(RequestError::MissingOrigin), "H-S-28");
    let drafts = request(&["+Sec-WebSocket-Origin: http://server.example.com"]);
    assert_eq!(serve_with(&drafts, &policy).status(), 403, "H-S-32: it is ignored");
}

#[test]
fn a_request_has_at_most_one_origin() {
    assert_statuses(&[
        ("H-S-31", &["+Origin: http://a", "+Origin: http://a"], 400),
        ("H-S-31", &["+Origin: http://\u{e9}"], 400),
        ("H-S-32", &["+Sec-WebSocket-Origin: http://evil"], 101),
    ]);
    let mut page = received(&request(&["+Origin: http://a"]));
    assert_eq!(page.request().unwrap().origin(), Some("http://a"), "H-S-28");
    assert_eq!(received(&request(&[])).request().unwrap().origin(), None, "H-S-28");
}

#[test]
fn subprotocols_are_distinct_tokens_in_order() {
    let many = |count: usize| {
        let names: Vec<String> = (0..count).map(|number| format!("p{number}")).collect();
        format!("+Sec-WebSocket-Protocol: {}", names.join(","))
    };
    let spaces = format!("+Sec-WebSocket-Protocol: b{}x", " ".repeat(8 << 10));
    assert_statuses(&[
        ("H-S-33", &["+Sec-WebSocket-Protocol: a b"], 400),
        ("H-S-33", &["+Sec-WebSocket-Protocol: a/b"], 400),
        ("G-18", &["+Sec-WebSocket-Protocol: \"a\""], 400),
        ("G-17", &["+Sec-WebSocket-Protocol: ,"], 101),
        ("G-17", &["+Sec-WebSocket-Protocol:"], 101),
        ("G-17", &["+Sec-WebSocket-Protocol:", "+Sec-WebSocket-Protocol: chat"], 101),
        ("G-17", &["+Sec-WebSocket-Protocol: ,;"], 400),
        ("G-16", &["+Sec-WebSocket-Protocol: ,a, ,b,"], 101),
        ("H-S-34", &["+Sec-WebSocket-Protocol: chat, chat"], 400),
        ("V-40", &["+Sec-WebSocket-Protocol: chat", "+Sec-WebSocket-Protocol: chat"], 400),
        ("H-S-34", &["+Sec-WebSocket-Protocol: chat, Chat"], 101),
        ("L-18", &[&many(64)], 101),
        ("L-18", &[&many(65)], 400),
        ("A-18", &[&spaces], 400),
    ]);
    let lines = ["+Sec-WebSocket-Protocol: chat", "+Sec-WebSocket-Protocol: superchat,\tx"];
    let mut several = received(&request(&lines));
    let protocols = several.request().unwrap().protocols();
    assert!(protocols.eq(["chat", "superchat", "x"]), "H-S-33");
    let names = ["__proto__", "constructor", "hasOwnProperty"];
    let mut odd = received(&request(&[&format!("+Sec-WebSocket-Protocol: {}", names.join(", "))]));
    assert!(odd.request().unwrap().protocols().eq(names), "A-38");
}

#[test]
fn one_of_the_offered_subprotocols_can_be_selected() {
    let offer = request(&["+Sec-WebSocket-Protocol: chat, superchat"]);
    let answer = |name: &str| {
        let mut server = received(&offer);
        let request = server.request().unwrap();
        let selected = request.select_protocol(name);
        assert_eq!(request.protocol(), selected.is_ok().then_some(name), "H-S-35");
        let out = accepted(&mut server);
        (selected, value(&out, "Sec-WebSocket-Protocol").map(String::from))
    };
    for name in ["chat", "superchat"] {
        assert_eq!(answer(name), (Ok(()), Some(name.into())), "H-S-35, H-S-36, H-S-37");
    }
    for name in ["Chat", "chat, superchat", "", "chat ", "chat\r\nX: y", "other"] {
        assert_eq!(answer(name), (Err(HeaderError::NotOffered), None), "H-S-35, A-37: {name:?}");
    }
    let mut server = received(&request(&[]));
    let none = server.request().unwrap();
    assert_eq!(none.select_protocol("chat"), Err(HeaderError::NotOffered), "H-S-37");
    let mut server = received(&offer);
    let first = server.request().unwrap();
    first.select_protocol("superchat").unwrap();
    assert!(first.select_protocol("x").is_err());
    assert_eq!(first.protocol(), Some("superchat"), "H-S-35: an error changes nothing");
}

#[test]
fn extensions_keep_to_their_grammar() {
    let escapes = format!("foo; a=\"{}", "\\a".repeat(4 << 10));
    let backslashes = format!("foo; a=\"{}", "\\\\".repeat(4 << 10));
    let rows = [
        ("G-30", "foo; a=1; b=\"2\", bar", Ok("foo;a=1;b=2,bar")),
        ("G-31", "foo ; a = 1 ,bar", Ok("foo;a=1,bar")),
        ("V-29", "foo;\ta\t=\t\"1\"\t", Ok("foo;a=1")),
        ("G-32", "foo; a=\"x y\"", Err(())),
        ("G-33", "foo; a=\"x\\y\"", Ok("foo;a=xy")),
        ("G-19", "foo; a=\"x\\\"y\"", Err(())),
        ("G-34", "foo; a=\"\"", Err(())),
        ("G-35", "foo; a=", Err(())),
        ("G-36", "foo;", Err(())),
        ("G-36", "foo;;a", Err(())),
        ("G-36", "; a", Err(())),
        ("G-37", "foo; a=\"1", Err(())),
        ("G-37", "foo; a=\"", Err(())),
        ("G-37", "foo; a=\"1\\\"", Err(())),
        ("G-37, A-17", &escapes, Err(())),
        ("G-37, A-17", &backslashes, Err(())),
        ("G-38", "foo, , bar", Ok("foo,bar")),
        ("G-39", ",", Ok("")),
        ("G-39", "", Ok("")),
        ("G-40", "foo; a=\"b,c;d\"", Err(())),
        ("G-40", "foo; a=\"b,c\", bar", Err(())),
        ("G-41", "foo; a; a", Ok("foo;a;a")),
        ("G-42", "foo\r\nSec-WebSocket-Extensions: bar; baz=2", Ok("foo,bar;baz=2")),
        (
            "G-43",
            "constructor, __proto__, hasOwnProperty",
            Ok("constructor,__proto__,hasOwnProperty"),
        ),
        ("G-44, V-28", "FOO; A=B", Ok("FOO;A=B")),
        ("G-18", "foo bar", Err(())),
        ("G-18", "foo; a b", Err(())),
        ("G-18", "foo; a=b=c", Err(())),
        ("G-18", "\"foo\"", Err(())),
        ("G-18", "foo; \"a\"=1", Err(())),
        ("H-S-38", "foo, bar;", Err(())),
        (
            "H-S-41",
            "permessage-deflate, x-webkit-deflate-frame",
            Ok("permessage-deflate,x-webkit-deflate-frame"),
        ),
        (
            "A-15",
            "permessage-deflate; server_max_window_bits=8",
            Ok("permessage-deflate;server_max_window_bits=8"),
        ),
        ("H-S-39", "permessage-deflate; x=y, unknown", Ok("permessage-deflate;x=y,unknown")),
    ];
    for (rule, extensions, expected) in rows {
        let stream = request(&[&format!("+Sec-WebSocket-Extensions: {extensions}")]);
        let Ok(expected) = expected else {
            let bad = Served::Rejected(RequestError::BadExtension);
            assert_eq!(serve(&stream), bad, "{rule}, H-S-38: {extensions}");
            continue;
        };
        let Served::Accepted(out, _) = serve(&stream) else {
            panic!("{rule}: {extensions}");
        };
        assert_eq!(value(&out, "Sec-WebSocket-Extensions"), None, "H-S-39, H-S-40: {rule}");
        assert_eq!(extensions_of(&stream), expected, "{rule}: {extensions}");
    }
}

/// The extensions of a request, written in the shortest way.
fn extensions_of(stream: &[u8]) -> String {
    let mut server = received(stream);
    let extensions = server.request().unwrap().extensions().map(|extension| {
        let parameters = extension.parameters().map(|(name, value)| match value {
            Some(value) => format!(";{name}={value}"),
            None => format!(";{name}"),
        });
        extension.name().to_string() + &parameters.collect::<String>()
    });
    extensions.collect::<Vec<_>>().join(",")
}

#[test]
fn extensions_and_their_parameters_are_counted() {
    let extensions =
        |count: usize| format!("+Sec-WebSocket-Extensions: {}", vec!["a"; count].join(","));
    let parameters = |count: usize| format!("+Sec-WebSocket-Extensions: a{}", ";b".repeat(count));
    assert_statuses(&[
        ("L-17", &[&extensions(16)], 101),
        ("L-17", &[&extensions(17)], 400),
        ("L-17", &[&parameters(16)], 101),
        ("L-17", &[&parameters(17)], 400),
    ]);
}

#[test]
fn a_request_has_no_body() {
    assert_statuses(&[
        ("H-S-42", &["+Content-Length: 5"], 400),
        ("H-S-42", &["+Transfer-Encoding: chunked"], 400),
        ("H-S-42", &["+Transfer-Encoding: gzip, chunked"], 400),
        ("H-S-42", &["+Transfer-Encoding:"], 400),
        ("H-S-43", &["+Content-Length: 0"], 101),
        ("H-S-43", &["+Content-Length: 000"], 101),
        ("H-S-44", &["+Content-Length: 0", "+Transfer-Encoding: chunked"], 400),
        ("A-23", &["+Content-Length: 5", "+Transfer-Encoding: chunked"], 400),
        ("A-23", &["+Content-Length: 0", "+Content-Length: 0"], 400),
        ("H-S-44", &["+Content-Length: 5", "+Content-Length: 6"], 400),
        ("H-S-44", &["+Content-Length: +5"], 400),
        ("H-S-44", &["+Content-Length: -0"], 400),
        ("H-S-44", &["+Content-Length: 5, 6"], 400),
        ("H-S-44", &["+Content-Length: 0, 0"], 400),
        ("H-S-44", &["+Content-Length: 0x5"], 400),
        ("H-S-44", &["+Content-Length: 0 0"], 400),
        ("H-S-44", &["+Content-Length:"], 400),
        ("H-S-44", &["+Content-Length: 18446744073709551616"], 400),
        ("H-S-44", &["+Content-Length: 99999999999999999999999999999999"], 400),
        ("H-S-45", &["+Transfer-Encoding: gzip"], 400),
        ("H-S-45", &["+Transfer-Encoding: identity"], 501),
        ("H-S-45", &["+Transfer-Encoding: xchunked"], 501),
        ("H-S-45", &["+Transfer-Encoding: xchunked", "+Content-Length: 0"], 400),
    ]);
}

#[test]
fn an_expectation_is_met_before_the_switch() {
    for expect in ["100-continue", "100-Continue", ",100-continue,"] {
        let Served::Accepted(out, _) = serve(&request(&[&format!("+Expect: {expect}")])) else {
            panic!("H-S-46: {expect}");
        };
        let switch = out.strip_prefix("HTTP/1.1 100 Continue\r\n\r\n").expect("H-S-46");
        assert!(switch.starts_with("HTTP/1.1 101 "), "H-S-46");
    }
    let Served::Accepted(out, _) = serve(&request(&["+Expect:"])) else {
        panic!("H-S-46");
    };
    assert!(out.starts_with("HTTP/1.1 101 "), "H-S-46: nothing is expected");
    assert_statuses(&[
        ("H-S-46", &["+Expect: 200-ok"], 417),
        ("H-S-46", &["+Expect: 100-continue, x=y"], 417),
        ("H-S-46", &["+Expect: 100-continue", "+Expect: x"], 417),
    ]);
    let mut server = received(&request(&["+Expect: 100-continue"]));
    server.reject(Response::new(404, &[], b"").unwrap());
    assert!(written(&mut server).starts_with("HTTP/1.1 404 "), "H-S-46: no 100 if it is rejected");
}

#[test]
fn a_head_is_bounded() {
    // Up to the limit, and one byte more.
    let target = |count: usize| request(&[&format!("=GET /{} HTTP/1.1", "a".repeat(count - 1))]);
    assert_eq!(serve(&target(8 << 10)).status(), 101, "L-03");
    assert_eq!(serve(&target((8 << 10) + 1)).status(), 414, "L-03, H-S-47");
    let bytes = |count: usize| {
        let rest = request(&["+X: "]).len();
        request(&[&format!("+X: {}", "a".repeat(count - rest))])
    };
    assert_eq!(bytes(16 << 10).len(), 16 << 10);
    assert_eq!(serve(&bytes(16 << 10)).status(), 101, "L-01");
    assert_eq!(serve(&bytes((16 << 10) + 1)).status(), 431, "L-01, H-S-47");
    let fields = |count: usize| {
        let more = "X: y\r\n".repeat(count - 5);
        request(&[&format!("+{}", more.trim_end())])
    };
    assert_eq!(serve(&fields(100)).status(), 101, "L-02");
    assert_eq!(serve(&fields(101)).status(), 431, "L-02, H-S-47");
    assert_eq!(serve(&fields(10_000)).status(), 431, "A-19");
}

#[test]
fn a_head_without_end_is_rejected_at_the_limit() {
    use HeadError::{TooLong, TooManyFields};
    use RequestError::{Head, TargetTooLong};
    let endless = vec![b'a'; 64 << 10];
    assert_errors(&[
        ("H-S-47", &[b"GET /", endless.as_slice()].concat(), TargetTooLong),
        ("H-S-47", &endless, TargetTooLong),
        ("A-20", &[b"GET / HTTP/1.1\r\nX: ", endless.as_slice()].concat(), Head(TooLong)),
        (
            "A-19",
            &[b"GET / HTTP/1.1\r\n".as_slice(), &b"X: y\r\n".repeat(101)].concat(),
            Head(TooManyFields),
        ),
    ]);
}

#[test]
fn the_policy_sets_the_limits() {
    let mut policy = open_to_all();
    policy.limits = HandshakeLimits::new().bytes(200);
    assert_eq!(serve_with(&request(&["+X: y"]), &policy).status(), 101, "L-01");
    let long = format!("+X: {}", "y".repeat(100));
    assert_eq!(serve_with(&request(&[&long]), &policy).status(), 431, "L-01");
    policy.limits = HandshakeLimits::new().bytes(10);
    assert_eq!(serve_with(&request(&[]), &policy).status(), 414, "L-01, L-03");
    policy.limits = HandshakeLimits::new().target(5);
    assert_eq!(serve_with(&request(&[]), &policy).status(), 101, "L-03: /chat has five");
    policy.limits = HandshakeLimits::new().target(4);
    assert_eq!(serve_with(&request(&[]), &policy).status(), 414, "L-03");
    policy.limits = HandshakeLimits::new().fields(5);
    assert_eq!(serve_with(&request(&[]), &policy).status(), 101, "L-02");
    policy.limits = HandshakeLimits::new().fields(4);
    assert_eq!(serve_with(&request(&[]), &policy).status(), 431, "L-02");
    policy.limits = HandshakeLimits::new().bytes(u32::MAX).fields(u32::MAX).target(u32::MAX);
    assert_eq!(serve_with(&request(&[]), &policy).status(), 101, "L-01: no limit overflows");
}

/// I-07, CVE-2023-43669: the limit counts, not the storage of the input, and each byte is searched once.
#[test]
fn a_head_may_be_longer_than_the_input() {
    let most = 64 << 10;
    let mut policy = open_to_all();
    policy.limits = HandshakeLimits::new().bytes(most);
    let head = |len: usize| {
        let rest = request(&["+Cookie: "]).len();
        request(&[&format!("+Cookie: {}", "a".repeat(len - rest))])
    };
    let most = usize::try_from(most).unwrap();
    for storage in [1, 4 << 10, most] {
        let taken = take(server(&policy), &head(most), Cuts::Every(storage));
        assert_eq!(taken.opened, Some(Opened::Request), "L-01, I-07: {storage}");
        let taken = take(server(&policy), &head(most + 1), Cuts::Every(storage));
        assert_eq!(taken.opened, None, "L-01: {storage}");
        let error = HandshakeError::from(RequestError::from(HeadError::TooLong));
        assert_eq!(end(taken.connection).cause, Cause::Handshake(error), "L-01: {storage}");
    }
}

/// I-10: a server that has rejected a request reads no frames, nor another request.
#[test]
fn nothing_is_read_after_a_request_that_is_rejected() {
    for bad in [&b"GET / HTTP/1.1\r\nHost: a\n"[..], b"GET /aaaaaaaaaaa HTTP/1.0 \r\n", b"\n"] {
        let stream = [bad, &request(&[]), b"\x81\x80\0\0\0\0"].concat();
        assert_eq!(
            serve(&stream),
            Served::Rejected(serve_whole(bad, &open_to_all()).error()),
            "I-10"
        );
        let mut server = take(server(&open_to_all()), bad, Cuts::Whole).connection;
        let mut input = Input::new(vec![0; 1 << 10]);
        read(&mut server, &mut input, &stream[bad.len()..], usize::MAX);
        assert_eq!(next(&mut server, &mut input), None, "I-10");
        assert!(input.is_empty() && server.into_unread().is_empty(), "I-10");
    }
}

#[test]
fn a_request_without_an_upgrade_can_be_handed_to_an_http_server() {
    let plain = b"GET /index.html?a HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\nbody";
    assert_eq!(serve(plain), Served::NotUpgrade(plain.to_vec()), "H-S-16, I-08");
    for first in ["POST / HTTP/1.1", "GET / HTTP/1.0", "OPTIONS * HTTP/1.1", "CONNECT a:1 HTTP/1.1"]
    {
        let stream = format!("{first}\r\nHost: a\r\nContent-Length: 5\r\n\r\n");
        let stays = Served::NotUpgrade(stream.clone().into_bytes());
        assert_eq!(serve(stream.as_bytes()), stays, "H-S-16: {first}");
    }
    let mut server = received(plain);
    let head = server.head().unwrap();
    assert_eq!((head.method(), head.target()), ("GET", "/index.html?a"), "H-S-16");
    assert_eq!(head.headers().text("x"), Some("y"), "H-S-16");
    server.require_upgrade();
    let out = written(&mut server);
    assert!(out.starts_with("HTTP/1.1 426 "), "H-S-16, A-31");
    assert_eq!(value(&out, "Upgrade"), Some("websocket"), "H-S-15");
    assert_eq!(value(&out, "Connection"), Some("Upgrade, close"), "H-S-15");
    assert!(out.ends_with("\r\n\r\nUpgrade Required"));
}

#[test]
fn plain_http_is_validated_as_far_as_routing_needs_it() {
    let rows = [
        ("GET / HTTP/1.1", "", Err(RequestError::MissingHost)),
        ("GET / HTTP/1.0", "", Ok(None)),
        ("GET / HTTP/1.0", "Host: a:1\r\n", Ok(Some("a:1"))),
        ("GET / HTTP/1.0", "Host: a b\r\n", Err(RequestError::BadHost)),
        ("GET / HTTP/1.1", "Host: a\r\nHost: a\r\n", Err(RequestError::BadHost)),
        ("GET / HTTP/1.1", "Host: u@a\r\n", Err(RequestError::BadHost)),
        ("GET / HTTP/1.1", "Host:\r\n", Err(RequestError::BadHost)),
        ("GET http://b/ HTTP/1.1", "Host:\r\n", Ok(Some("b"))),
        ("GET http://b/ HTTP/1.1", "Host: a\r\n", Ok(Some("b"))),
        ("GET b:80 HTTP/1.1", "Host: a\r\n", Err(RequestError::BadTarget)),
        ("GET * HTTP/1.1", "Host: a\r\n", Err(RequestError::BadTarget)),
        ("GET ftp://a/ HTTP/1.1", "Host: a\r\n", Err(RequestError::BadTarget)),
        ("OPTIONS * HTTP/1.1", "Host: a\r\n", Ok(Some("a"))),
        ("CONNECT b:1 HTTP/1.1", "Host: a\r\n", Ok(Some("b:1"))),
        ("CONNECT b HTTP/1.1", "Host: a\r\n", Err(RequestError::BadTarget)),
        ("POST / HTTP/1.1", "Host: a\r\nTransfer-Encoding: chunked\r\n", Ok(Some("a"))),
        (
            "POST / HTTP/1.1",
            "Host: a\r\nContent-Length: x\r\n",
            Err(RequestError::BadContentLength),
        ),
        (
            "POST / HTTP/1.1",
            "Host: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n",
            Err(RequestError::BadContentLength),
        ),
        (
            "POST / HTTP/1.1",
            "Host: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n",
            Err(RequestError::BadContentLength),
        ),
    ];
    for (first, headers, expected) in rows {
        let stream = format!("{first}\r\n{headers}\r\n");
        let Ok(host) = expected else {
            let rejected = expected.map(|_: Option<&str>| ()).unwrap_err();
            assert_eq!(serve(stream.as_bytes()), Served::Rejected(rejected), "H-S-67: {stream:?}");
            continue;
        };
        let server = received(stream.as_bytes());
        let authority = server.head().unwrap().authority().map(|it| it.to_string());
        assert_eq!(authority.as_deref(), host, "H-S-67: {stream:?}");
    }
}

#[test]
fn the_hosts_of_the_policy_apply_to_plain_http() {
    let policy = open_to_all().hosts(Hosts::list(["example.com"]).unwrap());
    let plain = |host: &str| format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n").into_bytes();
    let own = plain("example.com");
    assert_eq!(serve_with(&own, &policy), Served::NotUpgrade(own.clone()), "H-S-14, H-S-16");
    let foreign = Served::Rejected(RequestError::ForeignHost);
    assert_eq!(serve_with(&plain("evil.example"), &policy), foreign, "H-S-14, H-S-16");
    assert_eq!(serve_with(b"GET / HTTP/1.0\r\n\r\n", &policy), foreign, "H-S-14, H-S-16");
}

#[test]
fn the_answer_to_a_head_request_has_no_body() {
    let plain = |method: &str| {
        let mut server = received(format!("{method} / HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes());
        server.reject(Response::new(404, &[], b"nothing here").unwrap());
        written(&mut server)
    };
    assert!(plain("GET").ends_with("Content-Length: 12\r\n\r\nnothing here"), "H-S-53");
    assert!(plain("HEAD").ends_with("Content-Length: 12\r\n\r\n"), "H-S-53");
    assert!(rejected(&request(&["=HEAD / HTTP/1.1"])).ends_with("\r\n\r\n"), "H-S-01");
}

#[test]
fn bytes_after_the_request_are_frames() {
    // H-S-60, H-S-61, V-27, A-27: even if they look like another request. L-14: they wait for the decision.
    for early in
        [&b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"[..], b"GET / HTTP/1.1\r\n\r\n", b"\r\n"]
    {
        let stream = [request(&[]), early.to_vec()].concat();
        let Served::Accepted(out, unread) = serve(&stream) else {
            panic!("H-S-60");
        };
        assert!(out.ends_with("\r\n\r\n"), "H-S-59: frames can follow at once");
        assert_eq!(unread, early, "H-S-60, I-08");
    }
}

#[test]
fn bytes_after_a_rejected_request_are_discarded() {
    // A-24, A-36, H-S-60.
    let first = request(&["Sec-WebSocket-Version: 8"]);
    let stream = [first, request(&[])].concat();
    assert_eq!(serve(&stream), Served::Rejected(RequestError::UnsupportedVersion), "A-24");
    let taken = take(server(&open_to_all()), &stream, Cuts::Whole);
    assert!(taken.connection.into_unread().is_empty(), "A-24, A-36");
    assert_eq!(value(&rejected(&request(&["Host: a b"])), "Connection"), Some("close"), "A-24");
}

#[test]
fn an_incomplete_request_is_neither_accepted_nor_rejected() {
    let stream = request(&["+X: y"]);
    for length in 1..stream.len() {
        assert_eq!(serve(&stream[..length]), Served::Incomplete, "H-S-58, H-S-49: {length}");
    }
}

#[test]
fn the_rules_are_checked_in_order() {
    // Each line breaks one more rule, which is checked before those above it.
    let rows: [(&str, u16); 14] = [
        ("+Origin: http://evil", 403),
        ("Host: other.example", 421),
        ("+Expect: x", 417),
        ("+Sec-WebSocket-Extensions: a;", 400),
        ("Sec-WebSocket-Version: 8", 426),
        ("Connection: close", 400),
        ("Upgrade: h2c", 426),
        ("+Transfer-Encoding: x", 501),
        ("Host: a b", 400),
        ("=GET /chat HTTP/1.0", 505),
        ("=POST /chat HTTP/1.0", 405),
        ("-Upgrade", 400),
        ("Host: server.example.com", 426),
        ("+ x", 400),
    ];
    let policy = Policy::new().hosts(Hosts::list(["server.example.com"]).unwrap());
    for count in 1..=rows.len() {
        let edits: Vec<&str> = rows[..count].iter().map(|(edit, _)| *edit).collect();
        let served = serve_with(&request(&edits), &policy);
        assert_eq!(served.status(), rows[count - 1].1, "3.1: {edits:?}: {served:?}");
    }
}

#[test]
fn each_violation_has_its_own_error() {
    use RequestError::*;
    let rows: [(&str, &str, RequestError); 33] = [
        ("H-S-01", "=POST / HTTP/1.1", NotGet),
        ("H-S-02", "=CONNECT a HTTP/1.1", BadTarget),
        ("H-S-03", "=GET / HTTP/1.0", Head(HeadError::UnsupportedHttp)),
        ("H-S-09", "=GET * HTTP/1.1", BadTarget),
        ("H-S-11", "-Host", MissingHost),
        ("H-S-11", "+Host: server.example.com", BadHost),
        ("H-S-12", "Host: a b", BadHost),
        ("H-S-13", "Host:", BadHost),
        ("H-S-15", "Upgrade: h2c", OtherUpgrade),
        ("G-18", "Upgrade: a b", BadUpgrade),
        ("H-S-17", "Connection: close", BadConnection),
        ("G-18", "Connection: a b, upgrade", BadConnection),
        ("H-S-18", "-Sec-WebSocket-Key", MissingKey),
        ("H-S-19", "+Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", BadKey),
        ("H-S-20", "Sec-WebSocket-Key: x", BadKey),
        ("H-S-24", "-Sec-WebSocket-Version", MissingVersion),
        ("H-S-25", "+Sec-WebSocket-Version: 13", BadVersion),
        ("H-S-26", "Sec-WebSocket-Version: x", BadVersion),
        ("H-S-27", "Sec-WebSocket-Version: 8", UnsupportedVersion),
        ("H-S-31", "+Origin: a\r\nOrigin: a", BadOrigin),
        ("G-13", "+Origin: \u{e9}", BadOrigin),
        ("H-S-33", "+Sec-WebSocket-Protocol: a b", BadProtocol),
        ("G-17", "+Sec-WebSocket-Protocol: ,;", BadProtocol),
        ("H-S-34", "+Sec-WebSocket-Protocol: a, a", BadProtocol),
        ("H-S-38", "+Sec-WebSocket-Extensions: a;", BadExtension),
        ("H-S-42", "+Content-Length: 5", HasBody),
        ("H-S-42", "+Transfer-Encoding: chunked", HasBody),
        ("H-S-44", "+Content-Length: x", BadContentLength),
        ("H-S-44", "+Content-Length: 0\r\nContent-Length: 0", BadContentLength),
        ("H-S-44", "+Content-Length: 0\r\nTransfer-Encoding: x", HasBody),
        ("H-S-45", "+Transfer-Encoding: identity", UnknownCoding),
        ("H-S-46", "+Expect: x", UnknownExpectation),
        ("H-S-46", "+Expect: 100-continue, x", UnknownExpectation),
    ];
    for (rule, edit, error) in rows {
        assert_eq!(serve(&request(&[edit])), Served::Rejected(error), "{rule}: {edit}");
    }
}

#[test]
fn each_rejection_has_the_headers_that_its_status_demands() {
    let rows = [
        (RequestError::BadHost, "400 Bad Request"),
        (RequestError::ForbiddenOrigin, "403 Forbidden"),
        (RequestError::NotGet, "405 Method Not Allowed"),
        // H-S-48, L-05, A-22.
        (RequestError::TimedOut, "408 Request Timeout"),
        (RequestError::TargetTooLong, "414 URI Too Long"),
        (RequestError::UnknownExpectation, "417 Expectation Failed"),
        (RequestError::ForeignHost, "421 Misdirected Request"),
        (RequestError::OtherUpgrade, "426 Upgrade Required"),
        (HeadError::TooLong.into(), "431 Request Header Fields Too Large"),
        (RequestError::UnknownCoding, "501 Not Implemented"),
        (HeadError::UnsupportedHttp.into(), "505 HTTP Version Not Supported"),
    ];
    for (error, status) in rows {
        let mut out = Vec::new();
        error.reject(&mut out);
        let out = String::from_utf8(out).unwrap();
        assert!(out.starts_with(&format!("HTTP/1.1 {status}\r\n")), "3.1: {out}");
        let (head, body) = out.split_once("\r\n\r\n").unwrap();
        let length = body.len().to_string();
        assert_eq!(value(head, "Content-Length"), Some(length.as_str()), "H-S-53: {error}");
        assert!(value(head, "Connection").unwrap().ends_with("close"), "H-S-53: {error}");
        assert!(body.is_empty() || status.ends_with(body), "H-S-62: {body} is generic");
        let allow = (error == RequestError::NotGet).then_some("GET");
        assert_eq!(value(head, "Allow"), allow, "H-S-01, H-S-54");
    }
    let silent = RequestError::from(HeadError::Incomplete);
    let mut out = Vec::new();
    silent.reject(&mut out);
    assert_eq!((silent.status(), out.as_slice()), (None, &b""[..]), "H-S-49");
    assert_eq!(HandshakeError::from(ResponseError::BadAccept).status(), None, "H-S-49");
}

#[test]
fn a_rejection_is_a_valid_response() {
    use HeaderError::*;
    type Headers = &'static [(&'static str, &'static str)];
    type Row = (&'static str, u16, Headers, &'static [u8], Option<HeaderError>);
    let rows: [Row; 40] = [
        ("H-S-53", 100, &[], b"", Some(BadStatus)),
        ("H-S-53", 101, &[], b"", Some(BadStatus)),
        ("H-S-53", 199, &[], b"", Some(BadStatus)),
        ("H-S-53", 600, &[], b"", Some(BadStatus)),
        ("H-S-53", 0, &[], b"", Some(BadStatus)),
        ("H-S-53", 200, &[], b"x", None),
        ("H-S-53", 599, &[], b"x", None),
        ("H-S-57", 404, &[("X-Reason", "")], b"", None),
        ("H-S-54", 401, &[], b"", Some(MissingCompanion)),
        ("H-S-54", 401, &[("www-authenticate", "Basic realm=\"x\"")], b"", None),
        ("H-S-54", 405, &[], b"", Some(MissingCompanion)),
        ("H-S-54", 405, &[("Allow", "GET")], b"", None),
        ("H-S-54", 407, &[], b"", Some(MissingCompanion)),
        ("H-S-54", 426, &[], b"", Some(MissingCompanion)),
        ("H-S-54", 426, &[("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13")], b"", None),
        ("H-S-54", 300, &[], b"", None),
        ("H-S-54", 304, &[], b"", None),
        ("H-S-54", 307, &[], b"", Some(MissingCompanion)),
        ("H-S-56", 307, &[("Location", "wss://b/")], b"", None),
        ("H-S-55", 503, &[("Retry-After", "120")], b"", None),
        ("H-S-53", 204, &[], b"x", Some(UnexpectedBody)),
        ("H-S-53", 205, &[], b"x", Some(UnexpectedBody)),
        ("H-S-53", 304, &[], b"x", Some(UnexpectedBody)),
        ("H-S-53", 404, &[("Content-Length", "5")], b"", Some(Reserved)),
        ("H-S-53", 404, &[("transfer-encoding", "chunked")], b"", Some(Reserved)),
        ("H-S-53", 404, &[("Connection", "keep-alive")], b"", Some(Reserved)),
        ("H-S-53", 404, &[("Keep-Alive", "timeout=5")], b"", Some(Reserved)),
        ("L-27", 404, &[("Sec-WebSocket-Accept", ACCEPT)], b"", Some(Reserved)),
        ("G-23", 404, &[("", "x")], b"", Some(BadName)),
        ("G-23", 404, &[("a b", "x")], b"", Some(BadName)),
        ("G-23", 404, &[("a:", "x")], b"", Some(BadName)),
        ("G-23", 404, &[("a\r\nb", "x")], b"", Some(BadName)),
        ("A-37", 404, &[("a", "x\r\nSet-Cookie: y")], b"", Some(BadValue)),
        ("G-23", 404, &[("a", "x\n")], b"", Some(BadValue)),
        ("G-24", 404, &[("a", "x\r\n y")], b"", Some(BadValue)),
        ("G-23", 404, &[("a", "x\0")], b"", Some(BadValue)),
        ("G-23", 404, &[("a", " x")], b"", Some(BadValue)),
        ("G-23", 404, &[("a", "x\t")], b"", Some(BadValue)),
        ("G-24", 404, &[("Server", "a"), ("server", "b")], b"", Some(Repeated)),
        ("G-22", 404, &[("Set-Cookie", "a"), ("Set-Cookie", "b")], b"", None),
    ];
    for (rule, status, headers, body, error) in rows {
        let response = Response::new(status, headers, body);
        assert_eq!(response.err(), error, "{rule}: {status} {headers:?}");
    }
}

#[test]
fn a_response_of_text_names_its_type() {
    const MISSING: Response<'_> = Response::not_found("n\u{e4}, nothing here\n");
    let mut server = received(&request(&[]));
    server.reject(MISSING);
    assert_eq!(
        written(&mut server),
        "HTTP/1.1 404 Not Found\r\nConnection: close\r\n\
         Content-Type: text/plain; charset=utf-8\r\nContent-Length: 18\r\n\r\n\
         n\u{e4}, nothing here\n",
        "H-S-53"
    );
    let mut server = received(&request(&[]));
    server.reject(Response::unavailable(""));
    let expected =
        "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    assert_eq!(written(&mut server), expected, "H-S-53");
    for (response, status) in [
        (Response::ok("a"), 200),
        (Response::bad_request("a"), 400),
        (Response::forbidden("a"), 403),
        (Response::not_found("a"), 404),
        (Response::unavailable("a"), 503),
    ] {
        let valid = Response::new(status, &[("Content-Type", "text/plain; charset=utf-8")], b"a");
        assert_eq!((response.status(), response.body()), (status, &b"a"[..]));
        assert!(response.to_fields().iter().eq(valid.unwrap().to_fields().iter()));
    }
}

#[test]
fn a_rejection_is_written_with_its_length() {
    let written = |status, headers: &[(&str, &str)], body: &[u8]| {
        let mut server = received(&request(&[]));
        server.reject(Response::new(status, headers, body).unwrap());
        written(&mut server)
    };
    assert_eq!(
        written(401, &[("WWW-Authenticate", "Basic"), ("Set-Cookie", "a")], b"who are you?"),
        "HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nWWW-Authenticate: Basic\r\n\
         Set-Cookie: a\r\nContent-Length: 12\r\n\r\nwho are you?",
        "H-S-53, G-22"
    );
    assert_eq!(
        written(299, &[], b""),
        "HTTP/1.1 299 \r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    );
    assert_eq!(written(204, &[], b""), "HTTP/1.1 204 \r\nConnection: close\r\n\r\n", "H-S-53");
    assert_eq!(written(304, &[], b""), "HTTP/1.1 304 \r\nConnection: close\r\n\r\n", "H-S-53");
    assert!(written(200, &[], &[b'x'; 1234]).contains("\r\nContent-Length: 1234\r\n"), "H-S-53");
    let upgrade = written(426, &[("Upgrade", "websocket")], b"");
    assert_eq!(value(&upgrade, "Connection"), Some("Upgrade, close"), "H-S-54");
}

#[test]
fn headers_can_be_added_to_the_switch_but_not_replaced() {
    use HeaderError::{BadName, BadValue, Repeated, Reserved};
    let rows = [
        ("H-S-52", "Set-Cookie", "a=b", None),
        ("G-22", "Set-Cookie", "c=d", None),
        ("H-S-52", "Server", "x", None),
        ("G-24", "SERVER", "y", Some(Repeated)),
        ("H-S-52", "X-Empty", "", None),
        ("H-S-52", "X-Name", "caf\u{e9}\tau lait", None),
        ("H-S-51", "Content-Length", "0", Some(Reserved)),
        ("H-S-51", "Transfer-Encoding", "chunked", Some(Reserved)),
        ("H-S-52", "upgrade", "h2c", Some(Reserved)),
        ("H-S-52", "Connection", "close", Some(Reserved)),
        ("H-S-52", "Sec-WebSocket-Accept", "x", Some(Reserved)),
        ("H-S-37", "Sec-WebSocket-Protocol", "x", Some(Reserved)),
        ("H-S-40", "sec-websocket-extensions", "x", Some(Reserved)),
        ("H-S-52", "Sec-WebSocket-Version", "13", Some(Reserved)),
        ("G-23", "a b", "x", Some(BadName)),
        ("G-23", "", "x", Some(BadName)),
        ("G-23", "caf\u{e9}", "x", Some(BadName)),
        ("A-37", "X", "a\r\nSet-Cookie: evil", Some(BadValue)),
        ("G-23", "X", "a\rb", Some(BadValue)),
        ("G-23", "X", "a\nb", Some(BadValue)),
        ("G-23", "X", "a\0b", Some(BadValue)),
        ("G-23", "X", "a\u{7f}b", Some(BadValue)),
        ("G-23", "X", " a", Some(BadValue)),
        ("G-23", "X", "a ", Some(BadValue)),
    ];
    let mut server = received(&request(&[]));
    let request = server.request().unwrap();
    for (rule, name, value, error) in rows {
        assert_eq!(request.add_header(name, value).err(), error, "{rule}: {name}: {value:?}");
    }
    let expected = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {ACCEPT}\r\nSet-Cookie: a=b\r\nSet-Cookie: c=d\r\nServer: x\r\n\
         X-Empty: \r\nX-Name: caf\u{e9}\tau lait\r\n\r\n"
    );
    assert_eq!(accepted(&mut server), expected, "H-S-52");
}

#[test]
fn headers_are_available_as_received() {
    let stream = request(&[
        "+Cookie: a=b; c=\"d\"",
        "+X-Twice: 1",
        "+x-twice:  2 ",
        "+X-Byte: \u{e9}",
        "+X-Empty:",
    ]);
    let mut server = received(&stream);
    let request = server.request().unwrap();
    let names: Vec<&str> = request.headers().iter().map(|(name, _)| name).collect();
    assert_eq!(names[5..], ["Cookie", "X-Twice", "x-twice", "X-Byte", "X-Empty"], "G-21");
    assert!(request.headers().into_iter().eq(request.headers().iter()), "G-21");
    assert_eq!(request.headers().iter().len(), 10, "G-21");
    assert!(request.headers().values("X-TWICE").eq([b"1", b"2"]), "G-21");
    assert_eq!(request.header("cookie"), Some(&b"a=b; c=\"d\""[..]), "H-S-65");
    assert_eq!(request.header("x-byte"), Some("\u{e9}".as_bytes()), "G-13");
    assert_eq!(request.headers().text("x-byte"), None, "G-13");
    assert_eq!(request.headers().text("x-empty"), Some(""), "G-21");
    assert_eq!((request.headers().len(), request.headers().is_empty()), (10, false));
    assert!(Headers::default().is_empty());
    assert_eq!(request.header("X-Missing"), None);
}

#[test]
fn debug_output_has_no_secrets() {
    let stream = request(&["+Cookie: secret", "+Authorization: Basic secret"]);
    let mut server = received(&stream);
    server.request().unwrap().add_header("Set-Cookie", "secret").unwrap();
    let shown = format!("{server:?}");
    assert!(shown.contains("Authorization") && shown.contains("Set-Cookie"), "L-23: {shown}");
    assert!(!shown.contains("secret") && !shown.contains("dGhl"), "L-23, H-S-65: {shown}");
    let mut lines = server.request().unwrap().headers().iter();
    lines.nth(4);
    assert_eq!(format!("{lines:?}"), r#"["Cookie", "Authorization"]"#, "L-23");
    let headers = [("Set-Cookie", "secret")];
    let response = Response::new(404, &headers, b"secret").unwrap();
    assert_eq!(format!("{response:?}"), "Response { status: 404, .. }", "L-23");
}

#[test]
fn a_header_name_that_differs_in_one_byte_is_another_header() {
    // Names of the same length.
    for name in [
        "Host",
        "Origin",
        "Expect",
        "Upgrade",
        "Connection",
        "Content-Length",
        "Transfer-Encoding",
        "Sec-WebSocket-Key",
        "Sec-WebSocket-Accept",
        "Sec-WebSocket-Version",
        "Sec-WebSocket-Protocol",
        "Sec-WebSocket-Extensions",
    ] {
        for at in 0..name.len() {
            let mut other = name.to_string();
            other.replace_range(at..=at, "z");
            let stream = request(&[&format!("+{other}: ,\"")]);
            assert_eq!(serve(&stream), serve(&request(&[])), "{other}");
            let stream = response(&[&format!("+{other}: ,\"")]);
            assert!(matches!(ask(&stream), Asked::Open(None, _)), "{other}");
        }
    }
}

#[test]
fn a_response_has_the_reason_of_its_status() {
    for (status, reason) in [
        (200, "OK"),
        (206, ""),
        (301, "Moved Permanently"),
        (302, "Found"),
        (303, "See Other"),
        (307, "Temporary Redirect"),
        (308, "Permanent Redirect"),
        (400, "Bad Request"),
        (401, "Unauthorized"),
        (403, "Forbidden"),
        (404, "Not Found"),
        (405, "Method Not Allowed"),
        (408, "Request Timeout"),
        (410, "Gone"),
        (414, "URI Too Long"),
        (417, "Expectation Failed"),
        (421, "Misdirected Request"),
        (426, "Upgrade Required"),
        (429, "Too Many Requests"),
        (431, "Request Header Fields Too Large"),
        (500, "Internal Server Error"),
        (501, "Not Implemented"),
        (502, "Bad Gateway"),
        (503, "Service Unavailable"),
        (504, "Gateway Timeout"),
        (505, "HTTP Version Not Supported"),
    ] {
        let headers = match status {
            301..=308 => &[("Location", "/")][..],
            401 => &[("WWW-Authenticate", "Basic realm=x")],
            405 => &[("Allow", "GET")],
            426 => &[("Upgrade", "websocket")],
            _ => &[],
        };
        let response = Response::new(status, headers, b"").unwrap();
        assert_eq!(response.status(), status);
        let mut server = received(&request(&[]));
        server.reject(response);
        let line = format!("HTTP/1.1 {status} {reason}\r\n");
        assert!(written(&mut server).starts_with(&line), "{line}");
    }
}

#[test]
fn each_error_of_a_request_has_its_own_text() {
    use RequestError::*;
    #[rustfmt::skip]
    let errors = [
        BadConnection, BadContentLength, BadExtension, BadHost, BadKey, BadOrigin, BadProtocol, BadTarget,
        BadUpgrade, BadVersion, ForbiddenOrigin, ForeignHost, HasBody, MissingHost, MissingKey,
        MissingOrigin, MissingUpgrade, MissingVersion, NotGet, OtherUpgrade, TargetTooLong, TimedOut,
        UnknownCoding, UnknownExpectation, UnsupportedVersion,
    ];
    let heads = [
        HeadError::BadField,
        HeadError::BadLineEnd,
        HeadError::BadStartLine,
        HeadError::ControlCharacter,
        HeadError::Incomplete,
        HeadError::TooLong,
        HeadError::TooManyFields,
        HeadError::UnsupportedHttp,
    ];
    let errors: Vec<_> = errors.into_iter().chain(heads.map(Into::into)).collect();
    let mut texts: Vec<String> = errors.iter().map(ToString::to_string).collect();
    texts.sort();
    texts.dedup();
    assert_eq!(texts.len(), errors.len(), "L-24");
    assert!(texts.iter().all(|text| !text.ends_with('.')));
}

#[test]
fn an_error_leads_to_its_source() {
    let head = HeadError::BadField;
    let error = HandshakeError::from(RequestError::from(head));
    assert_eq!(error.status(), Some(400));
    let request = error.source().expect("an error of the request");
    assert_eq!(error.to_string(), request.to_string());
    assert_eq!(request.downcast_ref(), Some(&RequestError::Head(head)));
    let source = request.source().expect("an error of the head");
    assert_eq!(source.downcast_ref(), Some(&head));
    assert!(source.source().is_none());
    assert!(RequestError::NotGet.source().is_none());
}
