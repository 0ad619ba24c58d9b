//! What `inspect` reads: raw bytes, hex dumps and HAR files.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use super::{REQUEST, RESPONSE, Verdict, run, unhex};
use crate::program::build;

/// A text whose second half looks like hex, a ping, and a frame that is cut off.
const FRAMES: &str = "8114 48656c6c6f204865 6c6c6f2064656164 20626565 8900 8205 00";

#[test]
fn dumps_of_one_direction_are_read_as_the_bytes_are() {
    let dumps = [
        // xxd
        "00000000: 8114 4865 6c6c 6f20 4865 6c6c 6f20 6465  ..Hello Hello de\n\
         00000010: 6164 2062 6565 8900 8205 00              ad bee.....\n",
        // xxd -c 8
        "00000000: 8114 4865 6c6c 6f20  ..Hello \n00000008: 4865 6c6c 6f20 6465  dead beef\n\
         00000010: 6164 2062 6565 8900  ad bee..\n00000018: 8205 00              ...\n",
        // xxd -g 1, in upper case
        "00000000: 81 14 48 65 6C 6C 6F 20 48 65 6C 6C 6F 20 64 65  ..Hello Hello de\n\
         00000010: 61 64 20 62 65 65 89 00 82 05 00                 ad bee.....\n",
        // hexdump -Cv
        "00000000  81 14 48 65 6c 6c 6f 20  48 65 6c 6c 6f 20 64 65  |..Hello Hello de|\n\
         00000010  61 64 20 62 65 65 89 00  82 05 00                 |ad bee.....|\n\
         0000001b\n",
        // Wireshark, "Hex Dump" of one direction
        "00000000  81 14 48 65 6c 6c 6f 20  48 65 6c 6c 6f 20 64 65   ..Hello  Hello de\n\
         00000010  61 64 20 62 65 65 89 00  82 05 00                  ad bee.. ...\n",
        // Notes around it, and as a quotation.
        "sent at noon:\r\n\r\n  0000   81 14 48 65 6c 6c 6f 20 48 65 6c 6c 6f 20 64 65\r\n\
         \x20 0010   61 64 20 62 65 65 89 00 82 05 00\r\nend\r\n",
    ];
    for output in ["--explain", "--json"] {
        let raw = run(&[output, "--role", "client"], &unhex(FRAMES)).unwrap();
        for dump in dumps {
            let read = run(&[output, "--role", "client", "--from", "hex"], dump.as_bytes());
            assert_eq!(read.unwrap(), raw, "{dump}");
        }
    }
}

/// The conversation that the dumps of both directions hold: who sends what.
fn conversation() -> Vec<(bool, Vec<u8>)> {
    vec![
        (true, REQUEST.into()),
        (false, RESPONSE.into()),
        (true, unhex("8185 37fa213d 7f9f4d5158")),
        (false, unhex("0102 6869")),
        (true, unhex("8882 00000000 03e8")),
        (false, unhex("8000 8802 03e8")),
    ]
}

/// The lines of that conversation, without headers.
const LINES: [&str; 7] = [
    "client → server  GET /chat HTTP/1.1  head of 161 bytes",
    "server → client  HTTP/1.1 101 Switching Protocols  head of 129 bytes",
    r#"client → server  text          FIN       masked 37fa213d    5 bytes  "Hello""#,
    r#"server → client  text          -         unmasked           2 bytes  "hi""#,
    "client → server  close         FIN       masked 00000000    2 bytes  1000",
    r#"server → client  continuation  FIN       unmasked           0 bytes  = message of 2 frames: 2 bytes "hi""#,
    "server → client  close         FIN       unmasked           2 bytes  1000",
];

fn without_headers(lines: &[String]) -> Vec<&str> {
    let is_header = |line: &&str| line.contains("server      ") || line.contains("client      ");
    lines.iter().map(String::as_str).filter(|line| !is_header(line)).collect()
}

/// Returns lines of a dump, as Wireshark writes them.
fn rows(indent: &str, start: usize, bytes: &[u8]) -> String {
    let mut text = String::new();
    for (number, row) in bytes.chunks(16).enumerate() {
        let offset = start + 16 * number;
        let columns: Vec<_> = row.iter().map(|byte| format!("{byte:02x}")).collect();
        text.push_str(&format!("{indent}{offset:08x}  {:<47}   ", columns.join(" ")));
        text.extend(row.iter().map(|byte| match byte {
            b' '..=b'~' => char::from(*byte),
            _ => '.',
        }));
        text.push('\n');
    }
    text
}

/// Returns the conversation as Wireshark shows a stream as "Hex Dump".
pub(super) fn follow() -> String {
    let (mut text, mut positions) = (String::new(), [0, 0]);
    for (is_client, bytes) in conversation() {
        let position = &mut positions[usize::from(is_client)];
        text.push_str(&rows(if is_client { "" } else { "    " }, *position, &bytes));
        *position += bytes.len();
    }
    text
}

#[test]
fn a_dump_of_both_directions_is_explained_in_order() {
    let (verdict, lines) = run(&["--explain", "--from", "hex"], follow().as_bytes()).unwrap();
    assert_eq!((verdict, without_headers(&lines)), (Verdict::Valid, LINES.to_vec()));
}

/// `--json` describes what the end of `--role` receives.
#[test]
fn a_dump_of_both_directions_is_described_for_each_end() {
    let cases = [
        (&["--role", "server"][..], r#"{"event":"text","text":"Hello"}"#),
        (
            &["--role", "client", "--key", "dGhlIHNhbXBsZSBub25jZQ=="],
            r#"{"event":"text","text":"hi"}"#,
        ),
    ];
    for (role, message) in cases {
        let options = [&["--from", "hex", "--opening"], role].concat();
        let (_, lines) = run(&options, follow().as_bytes()).unwrap();
        assert_eq!(lines[1], message, "{lines:?}");
    }
}

/// A packet of TCP, without options.
struct Segment {
    is_client: bool,
    sequence: u32,
    flags: u8,
    payload: Vec<u8>,
}

impl Segment {
    fn tcp(&self) -> Vec<u8> {
        let ports: [u16; 2] = if self.is_client { [50000, 9001] } else { [9001, 50000] };
        let mut bytes: Vec<u8> = ports.iter().flat_map(|port| port.to_be_bytes()).collect();
        bytes.extend(self.sequence.to_be_bytes());
        bytes.extend([0, 0, 0, 0, 0x50, self.flags, 0, 0, 0, 0, 0, 0]);
        [bytes, self.payload.clone()].concat()
    }

    fn ipv4(&self) -> Vec<u8> {
        let tcp = self.tcp();
        let len = u16::try_from(20 + tcp.len()).unwrap().to_be_bytes();
        let head = [0x45, 0, len[0], len[1], 0, 0, 0, 0, 64, 6, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1];
        [&head[..], &tcp].concat()
    }

    fn ipv6(&self) -> Vec<u8> {
        let tcp = self.tcp();
        let len = u16::try_from(tcp.len()).unwrap().to_be_bytes();
        let address = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
        [&[0x60, 0, 0, 0, len[0], len[1], 6, 64][..], &address, &address, &tcp].concat()
    }
}

/// Returns packets as `tcpdump -x` prints them.
fn print(packets: &[Vec<u8>]) -> String {
    let mut text = String::new();
    for packet in packets {
        text.push_str(
            "12:00:00.000000 IP localhost.50000 > localhost.9001: Flags [P.], length 5\n",
        );
        for (number, row) in packet.chunks(16).enumerate() {
            let columns: Vec<_> = row.chunks(2).map(super::hex).collect();
            text.push_str(&format!("\t0x{:04x}:  {}\n", 16 * number, columns.join(" ")));
        }
    }
    text
}

/// Returns the packets of the conversation, with a number that wraps.
fn packets(encode: impl Fn(&Segment) -> Vec<u8>) -> Vec<Vec<u8>> {
    let mut sequences = [7_u32, u32::MAX - 10];
    let mut packets: Vec<_> = [(true, 0x02), (false, 0x12)]
        .map(|(is_client, flags)| {
            let sequence = sequences[usize::from(is_client)].wrapping_sub(1);
            encode(&Segment { is_client, sequence, flags, payload: Vec::new() })
        })
        .into();
    for (is_client, payload) in conversation() {
        let (sequence, len) = (&mut sequences[usize::from(is_client)], payload.len());
        packets.push(encode(&Segment { is_client, sequence: *sequence, flags: 0x18, payload }));
        *sequence = sequence.wrapping_add(u32::try_from(len).unwrap());
    }
    packets
}

/// Returns the conversation as `tcpdump -x` prints it.
pub(super) fn tcpdump() -> String {
    print(&packets(Segment::ipv4))
}

/// Explains packets of one connection. Returns its title and the other lines.
fn explain(packets: &[Vec<u8>]) -> (String, Vec<String>) {
    let (_, mut lines) = run(&["--explain", "--from", "hex"], print(packets).as_bytes()).unwrap();
    (lines.remove(0), lines)
}

#[test]
fn packets_of_each_link_are_read() {
    let ethernet = |segment: &Segment| {
        // A frame of Ethernet is padded to 60 bytes.
        let mut frame = [&[2; 12][..], &[8, 0], &segment.ipv4()].concat();
        frame.resize(frame.len().max(60), 0);
        frame
    };
    let cases = [
        ("# 127.0.0.1:50000 → 127.0.0.1:9001", packets(Segment::ipv4)),
        ("# [::1]:50000 → [::1]:9001", packets(Segment::ipv6)),
        ("# 127.0.0.1:50000 → 127.0.0.1:9001", packets(ethernet)),
        // Without the SYN, the higher port is the client's.
        ("# 127.0.0.1:50000 → 127.0.0.1:9001", packets(Segment::ipv4).split_off(2)),
    ];
    for (expected, packets) in cases {
        let (title, lines) = explain(&packets);
        assert_eq!((&title[..], without_headers(&lines)), (expected, LINES.to_vec()));
    }
}

#[test]
fn packets_are_put_in_order_and_repeated_ones_are_dropped() {
    let mut shuffled = packets(Segment::ipv4);
    // The request comes in two overlapping packets, of which the second is the first to arrive.
    let (head, tail) = (&REQUEST[..100], &REQUEST[80..]);
    let sequence = u32::MAX - 10;
    let part = |offset, payload: &str| {
        let sequence = sequence.wrapping_add(offset);
        Segment { is_client: true, sequence, flags: 0x18, payload: payload.into() }.ipv4()
    };
    let request = shuffled[2].clone();
    shuffled.splice(2..3, [part(80, tail), part(0, head), request]);
    // One of another protocol.
    shuffled
        .push(vec![0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0]);
    let (_, lines) = explain(&shuffled);
    assert_eq!(without_headers(&lines), LINES);
}

#[test]
fn connections_are_told_apart() {
    let [one, two] = [packets(Segment::ipv4), packets(Segment::ipv6)];
    let both: Vec<_> = one.into_iter().zip(two).flat_map(|(one, two)| [one, two]).collect();
    let (_, lines) = explain(&both);
    let titles = lines.iter().filter(|line| line.starts_with('#')).count();
    assert_eq!((titles, without_headers(&lines).len()), (1, 2 * LINES.len() + 1));
}

/// A connection as Chromium saves it, beside another request.
pub(super) const HAR: &str = r#"{"log": {"version": "1.2", "creator": {"name": "WebInspector"}, "pages": [], "entries": [
    {"_resourceType": "document", "request": {"method": "GET", "url": "http://localhost/", "headers": []},
     "response": {"status": 200, "statusText": "OK", "headers": []}, "time": 1.5e+1, "cache": {}},
    {"_resourceType": "websocket",
     "request": {"method": "GET", "url": "ws://server.example.com/chat?a=1", "httpVersion": "HTTP/1.1", "headers": [
        {"name": "Host", "value": "server.example.com"},
        {"name": "Upgrade", "value": "websocket"},
        {"name": "Connection", "value": "Upgrade"},
        {"name": "Sec-WebSocket-Key", "value": "dGhlIHNhbXBsZSBub25jZQ=="},
        {"name": "Sec-WebSocket-Version", "value": "13"}]},
     "response": {"status": 101, "statusText": "Switching Protocols", "httpVersion": "HTTP/1.1", "headers": [
        {"name": "Upgrade", "value": "websocket"},
        {"name": "Connection", "value": "Upgrade"},
        {"name": "Sec-WebSocket-Accept", "value": "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="}]},
     "_webSocketMessages": [
        {"type": "send", "time": 1700000000.25, "opcode": 1, "data": "gr\u00fc\u00dfe \ud83d\ude00 \"\n"},
        {"type": "receive", "time": 1700000001.5, "opcode": 2, "data": "AAH/"},
        {"type": "error", "time": 1700000002, "opcode": -1, "data": "Connection reset"}]}]}}"#;

#[test]
fn a_har_file_is_explained() {
    let (verdict, lines) = run(&["--explain", "--from", "har"], HAR.as_bytes()).unwrap();
    let expected = [
        "# ws://server.example.com/chat?a=1",
        "client → server  GET /chat?a=1 HTTP/1.1  head of 165 bytes",
        "server → client  HTTP/1.1 101 Switching Protocols  head of 129 bytes",
        r#"    +0.000 s  client → server  text          FIN       mask ?            15 bytes  "grüße 😀 \"\n""#,
        "    +1.250 s  server → client  binary        FIN       unmasked           3 bytes  0001ff",
        r#"# the browser reports: "Connection reset""#,
    ];
    assert_eq!((verdict, without_headers(&lines)), (Verdict::Valid, expected.to_vec()));
}

/// What is wrong with the heads and messages of a HAR file.
#[test]
fn violations_in_a_har_file_are_found() {
    let cases = [
        (
            r#""opcode": 2, "data""#,
            r#""opcode": 3, "data""#,
            "opcode is reserved (section 5.2), close 1002",
        ),
        ("s3pPL", "S3pPL", "Sec-WebSocket-Accept does not answer our key (section 4.1)"),
        (
            r#""value": "13""#,
            r#""value": "8""#,
            "Sec-WebSocket-Version is not 13 (section 4.2.2), status 426",
        ),
    ];
    for (old, new, expected) in cases {
        let har = HAR.replacen(old, new, 1);
        let (verdict, lines) = run(&["--explain", "--from", "har"], har.as_bytes()).unwrap();
        let wrong = lines.iter().find_map(|line| line.split_once("  ✗ ")).unwrap();
        assert_eq!((wrong.1, verdict), (expected, Verdict::Violation));
        // Both ends went on all the same, and so do the lines.
        assert!(lines.iter().any(|line| line.contains("grüße")), "{lines:?}");
    }
}

/// Chromium saves no headers of a handshake over HTTP/2.
#[test]
fn a_har_file_without_headers_has_messages() {
    let har = HAR.replace("Sec-WebSocket-Key", "X-Key");
    let (verdict, lines) = run(&["--explain", "--from", "har"], har.as_bytes()).unwrap();
    assert_eq!((verdict, lines.len()), (Verdict::Valid, 5));
    assert_eq!(lines[3], "# the opening handshake was not recorded");
}

#[test]
fn what_cannot_be_read_is_an_error() {
    let shorter = tcpdump().replacen("\t0x0010", "\t0x0020", 1);
    let missing: Vec<_> = packets(Segment::ipv4).into_iter().enumerate().collect();
    let missing: Vec<_> = missing.into_iter().filter(|(at, _)| *at != 2).map(|it| it.1).collect();
    let mut cut = packets(Segment::ipv4);
    cut[2].truncate(68);
    let cases = [
        (&["--from", "hex"][..], "nothing here".to_owned(), "there is no line of a hex dump"),
        (&["--from", "hex"], shorter, "line 3: bytes before offset 0x20 are missing"),
        (
            &["--from", "hex"],
            print(&missing),
            "127.0.0.1:50000 → 127.0.0.1:9001: packets are missing",
        ),
        (&["--from", "hex"], print(&cut), "packet 3 is cut off: capture whole ones (-s 0)"),
        (&["--from", "har"], "{\"log\": [tru]}".to_owned(), "not JSON at byte 9"),
        (&["--from", "har"], "[".repeat(100_000), "not JSON at byte 128"),
        (&["--from", "har"], "{}".to_owned(), "there is no WebSocket connection in this file"),
        (
            &["--from", "har"],
            HAR.replace("AAH/", "A"),
            "ws://server.example.com/chat?a=1: message 2 cannot be read",
        ),
        (&["--from", "pcap"], String::new(), "no such format: pcap"),
        (&["--role", "proxy"], String::new(), "no such role: proxy"),
        (&["--loud"], String::new(), "no such option: --loud; --help lists all"),
        (&["--role"], String::new(), "--role takes a value"),
    ];
    for (options, input, expected) in cases {
        assert_eq!(run(options, input.as_bytes()).unwrap_err(), expected, "{options:?}");
    }
}

/// Runs the built program. Returns its exit code, and how many bytes it wrote to its output and its errors.
fn exit(options: &[&str], input: &[u8]) -> (Option<i32>, usize, usize) {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    let mut child = Command::new(PROGRAM.get_or_init(|| build("inspect", &[])))
        .args(options)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A program that ends early closes its input.
    let _ = child.stdin.take().unwrap().write_all(input);
    let output = child.wait_with_output().unwrap();
    (output.status.code(), output.stdout.len(), output.stderr.len())
}

#[test]
fn the_exit_code_is_the_verdict() {
    let file = std::env::temp_dir().join(format!("inspect-{}.har", std::process::id()));
    std::fs::write(&file, HAR).unwrap();
    let file_name = file.to_str().unwrap();
    let cases: [(&[&str], &str, i32); 6] = [
        (&["--role", "client"], "8100", 0),
        (&["--role", "client", "--explain"], "8100", 0),
        (&["--role", "client"], "8300", 1),
        (&["--role", "client", "--explain"], "8300", 1),
        (&["--explain", file_name], "", 0),
        (&["--help"], "", 0),
    ];
    for (options, input, code) in cases {
        let (status, written, errors) = exit(options, &unhex(input));
        assert_eq!((status, errors), (Some(code), 0), "{options:?}");
        assert!(written > 0, "{options:?}");
    }
    std::fs::remove_file(&file).unwrap();
    for options in [&["--nonsense"][..], &["--explain", file_name]] {
        let (status, written, errors) = exit(options, b"");
        assert_eq!((status, written), (Some(2), 0), "{options:?}");
        assert!(errors > 0, "{options:?}");
    }
}

/// The client's frames are read with what the server has answered.
#[cfg(feature = "deflate")]
#[test]
fn compression_is_what_the_response_says() {
    let extension = "Sec-WebSocket-Extensions: permessage-deflate\r\nUpgrade:";
    let compressed = unhex("c107 f248cdc9c90700");
    let cases = [
        ("", "reserved bit is set (section 5.2)"),
        ("Sec-WebSocket-Extensions: permessage-deflate\r\n", r#"inflated: 5 bytes "Hello""#),
        ("Sec-WebSocket-Extensions: foo\r\n", "extension that was not offered (section 4.1)"),
    ];
    for (answer, expected) in cases {
        let request = REQUEST.replacen("Upgrade:", extension, 1);
        let response = RESPONSE.replacen("Upgrade:", &format!("{answer}Upgrade:"), 1);
        let dump = rows("", 0, request.as_bytes())
            + &rows("    ", 0, response.as_bytes())
            + &rows("    ", response.len(), &compressed);
        let (_, lines) = run(&["--explain", "--from", "hex"], dump.as_bytes()).unwrap();
        assert!(lines.iter().any(|line| line.contains(expected)), "{lines:?}");
    }
}
