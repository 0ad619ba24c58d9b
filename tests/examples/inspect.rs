//! The example `inspect` gives the verdicts of the conformance catalogue, whole and byte by byte.

mod explanation;
mod garbage;
mod inputs;
#[expect(dead_code, reason = "the tests call `run`, and `main` where the exit code counts")]
#[path = "../../examples/inspect/main.rs"]
mod program;

use program::Verdict;

/// Returns the events that `inspect` sees in these bytes: a line each, in short.
fn inspect(options: &[&str], bytes: &[u8]) -> Vec<String> {
    let (verdict, lines) = run(options, bytes).unwrap();
    let lines: Vec<_> = lines.iter().map(|line| shorten(line)).collect();
    let is_wrong = |line: &String| {
        line.starts_with("error:") || line.starts_with("rejected:") && line != "rejected:200"
    };
    assert_eq!(verdict == Verdict::Violation, lines.iter().any(is_wrong), "{options:?} {lines:?}");
    lines
}

/// Runs the program. Returns its verdict and its lines, or the error that it reports.
fn run(options: &[&str], mut input: &[u8]) -> Result<(Verdict, Vec<String>), String> {
    let (options, mut output) = (options.iter().map(ToString::to_string), Vec::new());
    let verdict =
        program::run(options, &mut input, &mut output).map_err(|error| error.to_string())?;
    Ok((verdict, String::from_utf8(output).unwrap().lines().map(str::to_owned).collect()))
}

/// `{"event":"close","code":1000,"reason":""}` is `close:1000`, and so on.
fn shorten(line: &str) -> String {
    let event = field(line, "event");
    let key = match event.as_str() {
        "text" => return format!("text:{}", hex(unescape(&field(line, "text")).as_bytes())),
        "binary" | "ping" | "pong" | "part" => "hex",
        "close" => "code",
        "error" => "close_code",
        "rejected" | "response" => "status",
        "request" => "target",
        "end" => return format!("end:{}:{}", field(line, "clean"), field(line, "code")),
        _ => panic!("no such event: {line}"),
    };
    format!("{event}:{}", field(line, key))
}

/// The value of a field, without quotes.
fn field(line: &str, key: &str) -> String {
    let start = line.find(&format!("\"{key}\":")).expect(line) + key.len() + 3;
    let rest = &line[start..];
    match rest.strip_prefix('"') {
        None => rest.split([',', '}']).next().unwrap().to_owned(),
        Some(text) => {
            let mut is_escaped = false;
            let end = text.find(|character| {
                let is_end = character == '"' && !is_escaped;
                is_escaped = character == '\\' && !is_escaped;
                is_end
            });
            text[..end.expect(line)].to_owned()
        }
    }
}

fn unescape(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        plain.push(match (character, character == '\\') {
            (_, false) => character,
            (_, true) => match rest.next().unwrap() {
                'u' => {
                    let digits: String = rest.by_ref().take(4).collect();
                    char::from_u32(u32::from_str_radix(&digits, 16).unwrap()).unwrap()
                }
                escaped => escaped,
            },
        });
    }
    plain
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

/// The same frames as a client sends them: with the mask bit and a key that changes nothing.
fn masked(unmasked: &[u8]) -> Vec<u8> {
    let mut frames = Vec::new();
    let mut rest = unmasked;
    while let [first, second, behind @ ..] = rest {
        frames.extend([*first, second | 0x80]);
        let (extended, len) = match second & 0x7f {
            126 => (2, behind.first_chunk().map(|len| u16::from_be_bytes(*len).into())),
            127 => (8, behind.first_chunk().map(|len| u64::from_be_bytes(*len))),
            len => (0, Some(len.into())),
        };
        let extended = extended.min(behind.len());
        let available = behind.len() - extended;
        let len = len.map_or(0, |len| usize::try_from(len).unwrap_or(available).min(available));
        frames.extend(&behind[..extended]);
        frames.extend([0; 4]);
        frames.extend(&behind[extended..extended + len]);
        rest = &behind[extended + len..];
    }
    frames.extend(rest);
    frames
}

/// How the account ends after these verdicts.
fn expected_end(verdicts: &[&str]) -> &'static str {
    match verdicts.last().copied().unwrap_or_default().split_once(':') {
        Some(("close", "null")) => "end:true:1005",
        Some(("close", _)) => "end:true:",
        // A close frame that breaks the protocol keeps its code.
        Some(("error", _)) => "end:false:",
        _ => "end:false:1006",
    }
}

#[test]
fn frames_are_checked_as_the_catalogue_says() {
    let vectors = include_str!("../vectors.txt").lines().filter(|line| !line.starts_with('#'));
    for vector in vectors {
        let mut columns = vector.split('|');
        let mut next = || columns.next().expect(vector).trim();
        let (name, bytes) = (next(), unhex(next()));
        let verdicts: Vec<_> = next().split(' ').collect();
        let mut runs = vec![];
        // F-16 to F-18 are about the mask bit itself.
        let is_for_both = name.contains("client") && !["F-17", "F-18"].contains(&&name[..4]);
        if name.contains("client") {
            runs.push(("client", bytes.clone()));
        }
        if is_for_both {
            runs.push(("server", masked(&bytes)));
        }
        if name.contains("server") {
            runs.push(("server", bytes));
        }
        for (role, bytes) in runs {
            for chunk in [None, Some("1"), Some("3")] {
                let mut options = vec!["--role", role];
                if let Some((_, limit)) = name.split_once("limit=") {
                    options.extend(["--max-message", limit]);
                }
                options.extend(chunk.iter().flat_map(|size| ["--chunk", size]));
                let mut lines = inspect(&options, &bytes);
                let end = lines.pop().unwrap();
                assert_eq!(lines, verdicts, "{name} {options:?}");
                assert!(end.starts_with(expected_end(&verdicts)), "{name} {options:?}: {end}");
            }
        }
    }
}

/// I-09: in parts, too.
#[test]
fn parts_are_checked_as_whole_messages_are() {
    let cases: [(&str, &[&str]); 4] = [
        ("0103 48656c 8900 8002 6c6f", &["part:48656c", "ping:", "part:6c6f"]),
        ("0101 61 8000", &["part:61", "part:"]),
        (
            "010b cebae1bdb9cf83cebcceb5 0004 f490",
            &["part:cebae1bdb9cf83cebcceb5", "part:f4", "error:1007"],
        ),
        ("8203 010203 83", &["part:010203", "error:1002"]),
    ];
    for (bytes, verdicts) in cases {
        let mut lines = inspect(&["--role", "client", "--streaming"], &unhex(bytes));
        lines.pop();
        assert_eq!(lines, verdicts, "{bytes}");
    }
}

/// What would have been sent: pongs, and the close frame that tells of the fault.
#[test]
fn what_would_be_sent_is_told() {
    let cases = [
        ("B-03", "8985 37fa213d 7f9f4d5158", "8a0548656c6c6f"),
        ("B-04", "8882 37fa213d 3412", "880203e8"),
        ("B-05", "8880 37fa213d", "8800"),
        ("F-12", "8380 00000000", "880203ea"),
        ("K-02", "8880 00000000 8980 00000000", "8800"),
    ];
    for (id, bytes, transmit) in cases {
        let (_, lines) = run(&["--role", "server"], &unhex(bytes)).unwrap();
        assert_eq!(field(lines.last().unwrap(), "transmit"), transmit, "{id}");
    }
}

const REQUEST: &str = "GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Version: 13\r\n\r\n";

const RESPONSE: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

#[test]
fn requests_are_checked_as_the_catalogue_says() {
    // What of the reference request is replaced by what, and the status that comes of it.
    let cases = [
        ("G-01", "HTTP/1.1\r\n", "HTTP/1.1\n", "400"),
        ("G-02", "server.example", "server\r.example", "400"),
        ("G-04", "Host:", " Host:", "400"),
        ("G-05", "GET /chat", "GET  /chat", "400"),
        ("G-06", "HTTP/1.1", "http/1.1", "400"),
        ("G-07", "Host:", "Ho st:", "400"),
        ("G-08", "Host:", "Host :", "400"),
        ("G-10", "Upgrade: websocket", "Upgrade:\r\n websocket", "400"),
        ("G-12", "example.com", "example.com\0", "400"),
        ("H-S-01", "GET", "POST", "405"),
        ("H-S-01", "GET", "get", "405"),
        ("H-S-03", "HTTP/1.1", "HTTP/1.0", "505"),
        ("H-S-04", "HTTP/1.1", "HTTP/2.0", "505"),
        ("H-S-06", " HTTP/1.1", "", "400"),
        ("H-S-09", "/chat", "*", "400"),
        ("H-S-10", "/chat", "/a#b", "400"),
        ("H-S-11", "Upgrade:", "Host: server.example.com\r\nUpgrade:", "400"),
        ("H-S-12", "server.example.com", "a,b", "400"),
        ("H-S-13", "server.example.com", "", "400"),
        ("H-S-15", "websocket", "websockets", "426"),
        ("H-S-16", "Upgrade: websocket\r\n", "", "426"),
        ("H-S-17", "Connection: Upgrade", "Connection: upgraded", "400"),
        ("H-S-18", "Sec-WebSocket-Key", "X-Key", "400"),
        ("H-S-20", "dGhlIHNhbXBsZSBub25jZQ==", "eHh4eHh4eHh4eHh4eHh4", "400"),
        ("H-S-24", "Sec-WebSocket-Version: 13\r\n", "", "400"),
        ("H-S-25", "Version: 13", "Version: 13, 8", "400"),
        ("H-S-26", "Version: 13", "Version: 013", "400"),
        ("H-S-27", "Version: 13", "Version: 25", "426"),
        ("H-S-34", "Upgrade:", "Sec-WebSocket-Protocol: chat, chat\r\nUpgrade:", "400"),
        ("G-32", "Upgrade:", "Sec-WebSocket-Extensions: foo; a=\"x y\"\r\nUpgrade:", "400"),
        ("H-S-42", "Upgrade:", "Content-Length: 5\r\nUpgrade:", "400"),
        ("H-S-45", "Upgrade:", "Transfer-Encoding: xchunked\r\nUpgrade:", "501"),
        ("H-S-46", "Upgrade:", "Expect: tea\r\nUpgrade:", "417"),
    ];
    for (id, old, new, status) in cases {
        let request = REQUEST.replacen(old, new, 1);
        for options in [&["--opening"][..], &["--opening", "--chunk", "1"]] {
            let lines = inspect(options, request.as_bytes());
            assert_eq!(
                lines,
                [format!("rejected:{status}"), "end:false:1006".into()],
                "{id}: {new:?}"
            );
        }
    }
}

/// H-S-60, B-14: what follows the request is the first frames.
#[test]
fn a_request_and_a_frame_behind_it_are_read_together() {
    let mut bytes = REQUEST.as_bytes().to_vec();
    bytes.extend(unhex("8185 37fa213d 7f9f4d5158 8882 00000000 03e8"));
    for options in [&["--opening"][..], &["--opening", "--chunk", "1"]] {
        let lines = inspect(options, &bytes);
        assert_eq!(lines, ["request:/chat", "text:48656c6c6f", "close:1000", "end:true:1000"]);
    }
}

#[test]
fn responses_are_checked_as_the_catalogue_says() {
    let cases = [
        ("H-C-10", "101", "1O1", &["rejected:null"][..]),
        ("H-C-11", "HTTP/1.1", "HTTP/1.0", &["rejected:null"]),
        ("H-C-12", "HTTP", "HTTP/1.1 103 Early Hints\r\n\r\nHTTP", &["response:101"]),
        ("H-C-14", "101", "200", &["response:200", "rejected:200"]),
        ("H-C-16", "Upgrade: websocket\r\n", "", &["rejected:null"]),
        ("H-C-16", "websocket", "websocket, foo", &["rejected:null"]),
        ("H-C-17", "Connection: Upgrade", "Connection: close", &["rejected:null"]),
        ("H-C-18", "s3pPL", "S3pPL", &["rejected:null"]),
        ("H-C-19", "Upgrade:", "Sec-WebSocket-Protocol: chat\r\nUpgrade:", &["rejected:null"]),
        (
            "H-C-22",
            "Upgrade:",
            "Sec-WebSocket-Extensions: permessage-deflate\r\nUpgrade:",
            &["rejected:null"],
        ),
        ("G-11", "Upgrade:", "X: a\r\n b\r\nUpgrade:", &["response:101"]),
        ("H-C-31", "\r\n\r\n", "\r\n", &["rejected:null"]),
    ];
    let key = ["--role", "client", "--opening", "--key", "dGhlIHNhbXBsZSBub25jZQ=="];
    for (id, old, new, verdicts) in cases {
        let response = RESPONSE.replacen(old, new, 1);
        for chunk in [&[][..], &["--chunk", "1"]] {
            let mut lines = inspect(&[&key, chunk].concat(), response.as_bytes());
            assert_eq!(lines.pop().unwrap(), "end:false:1006");
            assert_eq!(lines, verdicts, "{id}: {new:?}");
        }
    }
}

/// H-C-40, H-C-41.
#[test]
fn a_response_and_a_frame_behind_it_are_read_together() {
    let key = ["--role", "client", "--opening", "--key", "dGhlIHNhbXBsZSBub25jZQ=="];
    let cases = [("8105 48656c6c6f", "text:48656c6c6f"), ("8300", "error:1002")];
    for (frame, verdict) in cases {
        let bytes = [RESPONSE.as_bytes(), &unhex(frame)].concat();
        for chunk in [&[][..], &["--chunk", "1"]] {
            let lines = inspect(&[&key, chunk].concat(), &bytes);
            assert_eq!(lines, ["response:101", verdict, "end:false:1006"]);
        }
    }
}
