//! `--explain`: a line for each head and frame, and what is wrong with it.

use super::{REQUEST, RESPONSE, Verdict, masked, run, unhex};

const KEY: [&str; 2] = ["--key", "dGhlIHNhbXBsZSBub25jZQ=="];

/// Explains what a client receives.
fn explain(options: &[&str], bytes: &[u8]) -> (Verdict, Vec<String>) {
    run(&[&["--explain", "--role", "client"], options].concat(), bytes).unwrap()
}

#[test]
fn a_frame_is_a_line() {
    let cases: [(&str, &[&str]); 11] = [
        ("8105 48656c6c6f", &[r#"text          FIN       unmasked           5 bytes  "Hello""#]),
        ("8100", &["text          FIN       unmasked           0 bytes"]),
        ("8203 0001ff", &["binary        FIN       unmasked           3 bytes  0001ff"]),
        ("8901 21", &["ping          FIN       unmasked            1 byte  21"]),
        ("8a00", &["pong          FIN       unmasked           0 bytes"]),
        (
            "8805 03e8 627965",
            &[r#"close         FIN       unmasked           5 bytes  1000 "bye""#],
        ),
        ("8800", &["close         FIN       unmasked           0 bytes"]),
        (
            "0103 48656c 8900 8002 6c6f",
            &[
                r#"text          -         unmasked           3 bytes  "Hel""#,
                "ping          FIN       unmasked           0 bytes",
                r#"continuation  FIN       unmasked           2 bytes  "lo"  = message of 2 frames: 5 bytes "Hello""#,
            ],
        ),
        (
            "8802 03e8 8100",
            &[
                "close         FIN       unmasked           2 bytes  1000",
                "2 bytes after the close frame, ignored (section 5.5.1)",
            ],
        ),
        (
            "8105 4865",
            &[
                r#"text          FIN       unmasked         2 of 5 bytes  "He"  cut off: the transport ended (section 7.1.5)"#,
            ],
        ),
        (
            "0101 61",
            &[
                r#"text          -         unmasked            1 byte  "a""#,
                "the transport ended within a message (section 7.1.5)",
            ],
        ),
    ];
    for (bytes, expected) in cases {
        for chunk in [&[][..], &["--chunk", "1"]] {
            let (verdict, lines) = explain(chunk, &unhex(bytes));
            let lines = lines.iter().filter_map(|line| line.strip_prefix("server → client  "));
            assert_eq!(squeeze(lines), squeeze(expected.iter().copied()), "{bytes}");
            assert_eq!(verdict, Verdict::Valid, "{bytes}");
        }
    }
}

/// Leaves one space where columns are apart.
fn squeeze<'l>(lines: impl Iterator<Item = &'l str>) -> Vec<String> {
    lines.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn a_long_payload_is_cut() {
    let bytes = [&[0x81, 126, 1, 0][..], &[b'a'; 256]].concat();
    let (_, lines) = explain(&[], &bytes);
    assert!(lines[0].ends_with(&format!("256 bytes  \"{}\"…", "a".repeat(64))), "{lines:?}");
}

#[test]
fn a_masked_payload_is_shown_without_its_mask() {
    let (_, lines) = run(&["--explain"], &unhex("8185 37fa213d 7f9f4d5158")).unwrap();
    let line = r#"client → server  text          FIN       masked 37fa213d    5 bytes  "Hello""#;
    assert_eq!(lines, [line]);
}

/// The receiver's pongs and its close frame stand below.
#[test]
fn answers_are_explained() {
    let (_, lines) = run(&["--explain"], &unhex("8981 00000000 21 8882 00000000 03e8")).unwrap();
    let expected = [
        "server → client  pong          FIN       unmasked            1 byte  21  (the answer)",
        "server → client  close         FIN       unmasked           2 bytes  1000  (the answer)",
    ];
    assert_eq!(lines[2..], expected);
}

/// C-31: a violation of each kind, with the section that it breaks and the close code.
#[test]
fn each_violation_is_explained_with_its_section() {
    let cases = [
        ("F-10", "c100", "reserved bit is set (section 5.2), close 1002"),
        ("F-12", "8300", "opcode is reserved (section 5.2), close 1002"),
        ("F-13", "8f00", "opcode is reserved (section 5.2), close 1002"),
        ("F-14", "0900", "control frame is fragmented (section 5.5), close 1002"),
        ("F-15", "897e007e", "control frame is too long (section 5.5), close 1002"),
        ("F-04", "827e007d", "length is not minimally encoded (section 5.2), close 1002"),
        (
            "F-06",
            "827f8000000000000000",
            "length has its highest bit set (section 5.2), close 1002",
        ),
        ("X-02", "8000", "continuation of no message (section 5.4), close 1002"),
        ("X-03", "0101 61 810162", "message starts within another (section 5.4), close 1002"),
        ("U-03", "8101 ce", "text is not UTF-8 (section 8.1), close 1007"),
        ("U-22", "8804 03e8 c328", "text is not UTF-8 (section 8.1), close 1007"),
        ("C-02", "8801 03", "close frame has half a code (section 5.5.1), close 1002"),
        ("C-03", "8802 03ed", "close code must not be sent (section 7.4), close 1002"),
    ];
    for (id, bytes, expected) in cases {
        for (role, bytes) in [("client", unhex(bytes)), ("server", masked(&unhex(bytes)))] {
            let (verdict, lines) = run(&["--explain", "--role", role], &bytes).unwrap();
            let mut wrong = lines.iter().filter_map(|line| line.split_once("  ✗ "));
            assert_eq!(wrong.next().unwrap().1, expected, "{id} {role}");
            assert_eq!((wrong.next(), verdict), (None, Verdict::Violation), "{id} {role}");
        }
    }
}

/// F-16, F-17, F-07, X-10, X-11: violations that depend on the receiver.
#[test]
fn violations_of_one_receiver_are_explained_with_their_section() {
    let cases: [(&[&str], &str, &str); 5] = [
        (&[], "8100", "frame from a client is not masked (section 5.1), close 1002"),
        (
            &["--role", "client"],
            "818037fa213d",
            "frame from a server is masked (section 5.1), close 1002",
        ),
        (
            &["--role", "client", "--max-message", "4"],
            "0203 616263 8002",
            "message is too big (section 10.4), close 1009",
        ),
        (
            &["--role", "client", "--max-frame", "4"],
            "8205",
            "frame is too big (section 10.4), close 1009",
        ),
        (
            &["--role", "client", "--max-fragments", "2"],
            "0100 0000 8000",
            "message has too many fragments (section 10.4), close 1008",
        ),
    ];
    for (options, bytes, expected) in cases {
        let (verdict, lines) = run(&[&["--explain"], options].concat(), &unhex(bytes)).unwrap();
        let line = lines.iter().find_map(|line| line.split_once("  ✗ ")).unwrap();
        assert_eq!((line.1, verdict), (expected, Verdict::Violation));
    }
}

/// U-21: what compressed messages hold, and what is wrong with them.
#[cfg(feature = "deflate")]
#[test]
fn compressed_messages_are_inflated() {
    let cases = [
        ("c107 f248cdc9c90700", r#"f248cdc9c90700  = inflated: 5 bytes "Hello""#),
        (
            "4103 f248cd 8004 c9c90700",
            r#"c9c90700  = message of 2 frames, inflated: 5 bytes "Hello""#,
        ),
        ("c104 faff0f00", "faff0f00  ✗ text is not UTF-8 (section 8.1), close 1007"),
        (
            "c201 ff",
            "ff  ✗ compressed message cannot be inflated (RFC 7692, section 7.2.2), close 1007",
        ),
    ];
    for (bytes, expected) in cases {
        let (_, lines) = explain(&["--deflate", ""], &unhex(bytes));
        let mut lines = lines.iter().filter(|line| line.starts_with("server"));
        assert!(lines.next_back().unwrap().ends_with(expected), "{bytes}: {lines:?}");
    }
}

#[test]
fn a_request_is_explained_with_its_section() {
    // What of the reference request is replaced by what, and what is wrong then.
    let cases = [
        (
            "G-01",
            "HTTP/1.1\r\n",
            "HTTP/1.1\n",
            "line of the head does not end with CRLF (RFC 9112, section 2.2), status 400",
        ),
        (
            "G-05",
            "GET /chat",
            "GET  /chat",
            "first line is not that of an HTTP/1.1 message (RFC 9112, sections 3 and 4), status 400",
        ),
        (
            "G-07",
            "Host:",
            "Ho st:",
            "header line is not a name, a colon and a value (RFC 9112, section 5), status 400",
        ),
        (
            "G-12",
            "example.com",
            "example.com\0",
            "head contains a control character (RFC 9110, section 5.5), status 400",
        ),
        ("H-S-01", "GET", "POST", "method is not GET (section 4.2.1), status 405"),
        ("H-S-03", "HTTP/1.1", "HTTP/1.0", "HTTP version is not 1.1 (section 4.2.1), status 505"),
        (
            "H-S-10",
            "/chat",
            "/a#b",
            "request target is not valid for the method (RFC 9112, section 3.2), status 400",
        ),
        (
            "H-S-11",
            "Host: server.example.com\r\n",
            "",
            "Host is missing (RFC 9112, section 3.2), status 400",
        ),
        (
            "H-S-12",
            "server.example.com",
            "a,b",
            "Host is not one host and port (RFC 9112, section 3.2), status 400",
        ),
        (
            "H-S-15",
            "websocket",
            "websockets",
            "Upgrade does not list websocket (section 4.2.1), status 426",
        ),
        (
            "H-S-16",
            "Upgrade: websocket\r\n",
            "",
            "Upgrade is missing: the request is plain HTTP (section 4.2.1), status 426",
        ),
        (
            "H-S-17",
            "Connection: Upgrade",
            "Connection: close",
            "Connection does not list upgrade (section 4.2.1), status 400",
        ),
        (
            "H-S-18",
            "Sec-WebSocket-Key",
            "X-Key",
            "Sec-WebSocket-Key is missing (section 4.2.1), status 400",
        ),
        (
            "H-S-20",
            "dGhlIHNhbXBsZSBub25jZQ==",
            "eHh4",
            "Sec-WebSocket-Key is not 16 bytes in base64 (section 4.2.1), status 400",
        ),
        (
            "H-S-24",
            "Sec-WebSocket-Version: 13\r\n",
            "",
            "Sec-WebSocket-Version is missing (section 4.2.1), status 400",
        ),
        (
            "H-S-26",
            "Version: 13",
            "Version: 013",
            "Sec-WebSocket-Version is not one number, or not 13 over HTTP/2 (section 4.3), status 400",
        ),
        (
            "H-S-27",
            "Version: 13",
            "Version: 25",
            "Sec-WebSocket-Version is not 13 (section 4.2.2), status 426",
        ),
        (
            "H-S-31",
            "Upgrade:",
            "Origin: http://a\r\nOrigin: http://a\r\nUpgrade:",
            "Origin is not one line of ASCII (RFC 6454, section 7), status 400",
        ),
        (
            "H-S-34",
            "Upgrade:",
            "Sec-WebSocket-Protocol: a, a\r\nUpgrade:",
            "Sec-WebSocket-Protocol is malformed or lists a name twice (section 4.1), status 400",
        ),
        (
            "H-S-38",
            "Upgrade:",
            "Sec-WebSocket-Extensions: foo; a=\r\nUpgrade:",
            "Sec-WebSocket-Extensions is malformed (section 9.1), status 400",
        ),
        (
            "H-S-42",
            "Upgrade:",
            "Content-Length: 5\r\nUpgrade:",
            "request has a body (RFC 9112, section 6.3), status 400",
        ),
        (
            "H-S-44",
            "Upgrade:",
            "Content-Length: +5\r\nUpgrade:",
            "Content-Length is not one number (RFC 9112, section 6.3), status 400",
        ),
        (
            "H-S-45",
            "Upgrade:",
            "Transfer-Encoding: xchunked\r\nUpgrade:",
            "Transfer-Encoding is unknown (RFC 9112, section 6.1), status 501",
        ),
        (
            "H-S-46",
            "Upgrade:",
            "Expect: tea\r\nUpgrade:",
            "Expect is not 100-continue (RFC 9110, section 10.1.1), status 417",
        ),
        (
            "I-03",
            "\r\n\r\n",
            "\r\n",
            "transport ended before the end of the head (RFC 9112, section 8)",
        ),
    ];
    for (id, old, new, expected) in cases {
        let request = REQUEST.replacen(old, new, 1);
        for chunk in [&[][..], &["--chunk", "1"]] {
            let options = [&["--explain", "--opening"], chunk].concat();
            let (verdict, lines) = run(&options, request.as_bytes()).unwrap();
            let (head, wrong) = lines[0].split_once("  ✗ ").expect(id);
            assert!(head.starts_with("client → server  "), "{id}: {head}");
            assert_eq!((wrong, verdict), (expected, Verdict::Violation), "{id}");
        }
    }
}

#[test]
fn a_response_is_explained_with_its_section() {
    let cases = [
        (
            "H-C-10",
            "101",
            "1O1",
            "first line is not that of an HTTP/1.1 message (RFC 9112, sections 3 and 4)",
        ),
        ("H-C-11", "HTTP/1.1", "HTTP/1.0", "HTTP version is not 1.1 (section 4.2.1)"),
        (
            "H-C-16",
            "Upgrade: websocket\r\n",
            "",
            "Upgrade of the response is missing (section 4.1)",
        ),
        ("H-C-16", "websocket", "foo", "Upgrade of the response is not websocket (section 4.1)"),
        (
            "H-C-17",
            "Connection: Upgrade",
            "Connection: close",
            "Connection of the response does not list upgrade (section 4.1)",
        ),
        ("H-C-18", "s3pPL", "S3pPL", "Sec-WebSocket-Accept does not answer our key (section 4.1)"),
        (
            "H-C-19",
            "Upgrade:",
            "Sec-WebSocket-Protocol: chat\r\nUpgrade:",
            "server selected a subprotocol that was not offered (section 4.1)",
        ),
        (
            "H-C-20",
            "Upgrade:",
            "Sec-WebSocket-Protocol: a, b\r\nUpgrade:",
            "Sec-WebSocket-Protocol of the response is not one token (section 4.1)",
        ),
        (
            "H-C-22",
            "Upgrade:",
            "Sec-WebSocket-Extensions: foo\r\nUpgrade:",
            "server accepted an extension that was not offered (section 4.1)",
        ),
        (
            "H-C-23",
            "Upgrade:",
            "Sec-WebSocket-Extensions: foo; a=\r\nUpgrade:",
            "Sec-WebSocket-Extensions of the response is malformed (section 9.1)",
        ),
    ];
    for (id, old, new, expected) in cases {
        let response = RESPONSE.replacen(old, new, 1);
        let (verdict, lines) = explain(&[&KEY[..], &["--opening"]].concat(), response.as_bytes());
        let (head, wrong) = lines[0].split_once("  ✗ ").expect(id);
        assert!(head.starts_with("server → client  "), "{id}: {head}");
        assert_eq!((wrong, verdict), (expected, Verdict::Violation), "{id}");
    }
}

#[cfg(feature = "deflate")]
#[test]
fn an_answer_with_other_parameters_than_offered_is_explained() {
    let extensions = "Sec-WebSocket-Extensions: permessage-deflate; foo\r\nUpgrade:";
    let response = RESPONSE.replacen("Upgrade:", extensions, 1);
    let (_, lines) = explain(&KEY, response.as_bytes());
    let wrong = "✗ permessage-deflate was accepted with other parameters than offered (RFC 7692, section 7.1)";
    assert!(lines[0].ends_with(wrong), "{lines:?}");
}

/// L-01 to L-03, H-C-12: more than a server reads of a request, and a client of responses.
#[test]
fn heads_beyond_the_limits_are_explained_with_their_section() {
    let lines = |count: usize, line: &str| format!("{}Upgrade:", line.repeat(count));
    let requests = [
        (
            lines(1, &format!("X: {}\r\n", "a".repeat(20_000))),
            "head exceeds the limit in bytes (RFC 6585, section 5), status 431",
        ),
        (
            lines(101, "X: a\r\n"),
            "head exceeds the limit of header lines (RFC 6585, section 5), status 431",
        ),
    ];
    for (new, expected) in requests {
        let (_, lines) =
            run(&["--explain"], REQUEST.replacen("Upgrade:", &new, 1).as_bytes()).unwrap();
        assert!(lines[0].ends_with(expected), "{}", lines[0]);
    }
    let target = REQUEST.replacen("/chat", &format!("/{}", "a".repeat(9000)), 1);
    let (_, lines) = run(&["--explain"], target.as_bytes()).unwrap();
    let expected = "request target exceeds the limit (RFC 9110, section 15.5.15), status 414";
    assert!(lines[0].ends_with(expected), "{}", lines[0]);

    let interim = "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(9) + RESPONSE;
    let (_, lines) = explain(&KEY, interim.as_bytes());
    let wrong = lines.iter().find_map(|line| line.split_once("  ✗ ")).unwrap();
    assert_eq!(wrong.1, "server sent too many interim responses (RFC 9110, section 15.2)");
}

/// A message with more blocks marked as the last than real ones have.
#[cfg(feature = "deflate")]
#[test]
fn a_message_of_many_last_blocks_is_explained() {
    let bytes = [&unhex("c27e 0285")[..], &[1, 0, 0, 0xff, 0xff].repeat(129)].concat();
    let (_, lines) = explain(&["--deflate", ""], &bytes);
    let expected = "✗ compressed message has too many last blocks (section 10.4), close 1008";
    assert!(lines[0].ends_with(expected), "{lines:?}");
}

#[test]
fn heads_are_found_without_an_option_and_frames_follow() {
    let request = [REQUEST.as_bytes(), &unhex("8180 00000000")].concat();
    let (verdict, lines) = run(&["--explain"], &request).unwrap();
    let expected = [
        "client → server  GET /chat HTTP/1.1  head of 161 bytes",
        "client → server      Host: server.example.com",
        "client → server      Upgrade: websocket",
        "client → server      Connection: Upgrade",
        "client → server      Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "client → server      Sec-WebSocket-Version: 13",
        "client → server  text          FIN       masked 00000000    0 bytes",
    ];
    assert_eq!((verdict, &lines[..]), (Verdict::Valid, &expected.map(str::to_owned)[..]));
}

/// H-C-12, H-C-14: interim responses pass, and any other status is no fault.
#[test]
fn interim_responses_and_rejections_are_no_violations() {
    let early = format!("HTTP/1.1 103 Early Hints\r\n\r\n{RESPONSE}");
    let (verdict, lines) = explain(&KEY, early.as_bytes());
    assert_eq!(verdict, Verdict::Valid);
    assert_eq!(lines[0], "server → client  HTTP/1.1 103 Early Hints  head of 28 bytes");
    assert!(lines[1].starts_with("server → client  HTTP/1.1 101 Switching Protocols  head of"));

    let rejection = b"HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nhello";
    let (verdict, lines) = explain(&KEY, rejection);
    let first = "server → client  HTTP/1.1 404 Not Found  head of 45 bytes  the server answers with status 404: no WebSocket (section 4.1)";
    let last = "server → client  5 bytes after the head, not read";
    assert_eq!((verdict, &lines[0][..], &lines[2][..]), (Verdict::Valid, first, last));
}

#[test]
fn a_response_without_the_key_is_not_checked() {
    let (verdict, lines) = explain(&[], RESPONSE.as_bytes());
    assert_eq!(verdict, Verdict::Valid);
    assert!(lines[0].ends_with("not checked: there is no key of a client (--key)"), "{lines:?}");
}

/// Errors that no recording here can cause have a section, too.
#[test]
fn every_error_has_a_section() {
    let enums = [
        ("ProtocolError", include_str!("../../../src/wire/error.rs")),
        ("HeadError", include_str!("../../../src/handshake/head_error.rs")),
        ("RequestError", include_str!("../../../src/handshake/request_error.rs")),
        ("ResponseError", include_str!("../../../src/handshake/response_error.rs")),
    ];
    let sections = include_str!("../../../examples/inspect/sections.rs");
    for (name, source) in enums {
        let (_, body) = source.split_once(&format!("pub enum {name} {{")).unwrap();
        let (body, _) = body.split_once("\n}").unwrap();
        // The old wires of `legacy` are no part of the RFC, and the inspector does not read them.
        let body = body.replace("#[cfg(feature = \"legacy\")]\n   ", "// legacy:");
        for line in body.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let variant = line.split([',', '(']).next().unwrap();
            let is_known =
                line.starts_with("//") || sections.contains(&format!("{name}::{variant}"));
            assert!(is_known, "{name}::{variant}");
        }
    }
}
