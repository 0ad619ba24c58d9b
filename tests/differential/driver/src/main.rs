//! Answers each line of a Python script with a line. Bytes are in hex.
//!
//! | line | answer |
//! |---|---|
//! | `inflate PARAMETERS|MESSAGE|..` | the messages that a client decompresses, then `!` if one fails |
//! | `deflate PARAMETERS|LEVEL|MEMORY|PART|MESSAGE|..` | the payloads that a server sends in parts of this size, or prepared if the message has a `*` before it |
//! | `request HEAD`, `response HEAD` | the method and target or the status, then a name and a value for each header; `!` and the error; or `?` |

use std::io::{self, BufRead, Write};
use std::sync::Arc;
use std::time::Duration;

use sansocket::deflate::{Agreement, Compression};
use sansocket::server::{Origins, Policy};
use sansocket::{
    Cause, Config, Connection, Event, Headers, Input, Negotiated, Prepared, Seed, Step, Timestamp,
    Url, client,
};

/// The time of all that happens.
const NOW: Timestamp = Timestamp::new(Duration::ZERO);

fn main() -> io::Result<()> {
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let line = line?;
        let (command, rest) = line.split_once(' ').expect("a command and its fields");
        let fields: Vec<_> = rest.split('|').collect();
        let answer = match command {
            "inflate" => inflate(&fields),
            "deflate" => deflate(&fields),
            "request" => request(&unhex(rest)),
            "response" => response(&unhex(rest)),
            _ => panic!("no such command: {command}"),
        };
        writeln!(out, "{}", answer.join("|"))?;
    }
    Ok(())
}

fn inflate(fields: &[&str]) -> Vec<String> {
    let [agreed, messages @ ..] = fields else { panic!("an agreement") };
    let negotiated = negotiated(agreed, Compression::default());
    let mut client = Connection::open_client(negotiated, Arc::default(), Seed::new([0; 32]), NOW);
    let mut got = Vec::new();
    let mut input = Input::new(Vec::new());
    for message in messages {
        client.receive(&mut input, frame(&unhex(message)), NOW);
        while let Some(event) = client.next_event(&mut input) {
            match event {
                Event::Binary(bytes) => got.push(hex(bytes)),
                Event::Violation(_) => {
                    got.push("!".into());
                    return got;
                }
                event => panic!("{event:?}"),
            }
        }
    }
    got
}

fn negotiated(agreed: &str, compression: Compression) -> Negotiated {
    let agreement = Agreement::parse(agreed).expect("an agreement");
    Negotiated::new().with_compression(agreement, compression)
}

/// The head of a request, as a server sees it.
fn request(head: &[u8]) -> Vec<String> {
    let policy = Policy::new().origins(Origins::any());
    let mut server = Connection::server(Config::new().policy(policy).shared(), NOW);
    let mut input = Input::new(Vec::new());
    server.receive(&mut input, head.to_vec(), NOW);
    match server.next_event(&mut input) {
        Some(Event::Request) => {
            let request = server.request().expect("a request");
            shown(format!("GET {}", request.target()), request.headers())
        }
        Some(Event::NotUpgrade) => {
            let head = server.head().expect("a head");
            shown(format!("{} {}", head.method(), head.target()), head.headers())
        }
        _ => failed(server),
    }
}

/// The head of a response, as a client sees it. A head that cannot open the connection is an error, so the status
/// should be another one than 101.
fn response(head: &[u8]) -> Vec<String> {
    let request = client::Request::new(Url::parse("ws://h").expect("a URL"));
    let mut client = Connection::client(request, Arc::default(), Seed::new([0; 32]), NOW);
    written(&mut client);
    let mut input = Input::new(Vec::new());
    client.receive(&mut input, head.to_vec(), NOW);
    if client.next_event(&mut input).is_none() && client.poll_timeout() == Some(BODY) {
        client.handle_timeout(BODY);
        assert_eq!(client.next_event(&mut input), Some(Event::Rejected));
    }
    match client.response() {
        Some(response) => shown(response.status().to_string(), response.headers()),
        None => failed(client),
    }
}

/// When a client stops to wait for a body.
const BODY: Timestamp = Timestamp::new(Duration::from_secs(1));

fn shown(first: String, headers: &Headers) -> Vec<String> {
    let lines = headers.iter().flat_map(|(name, value)| [hex(name.as_bytes()), hex(value)]);
    [hex(first.as_bytes())].into_iter().chain(lines).collect()
}

/// The error of an opening handshake, or that it needs more bytes.
fn failed(mut connection: Connection) -> Vec<String> {
    written(&mut connection);
    if connection.next_step() == Step::Shutdown {
        connection.handle_shutdown();
        connection.handle_eof(NOW);
        let _ = connection.next_event(&mut Input::new(Vec::new()));
    }
    match connection.next_step() {
        Step::Done(ended) => match ended.cause {
            Cause::Handshake(error) => vec!["!".into(), error.to_string()],
            cause => panic!("{cause}"),
        },
        _ => vec!["?".into()],
    }
}

/// A frame of a server, the first of a compressed message, and the last.
fn frame(payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![0xc2];
    match payload.len() {
        len @ ..126 => frame.push(len as u8),
        len @ 126..65536 => {
            frame.push(126);
            frame.extend((len as u16).to_be_bytes());
        }
        len => {
            frame.push(127);
            frame.extend((len as u64).to_be_bytes());
        }
    }
    frame.extend(payload);
    frame
}

fn deflate(fields: &[&str]) -> Vec<String> {
    let [agreed, level, memory, part, messages @ ..] = fields else { panic!("four numbers") };
    let mut compression = Compression::dedicated();
    compression.threshold = 0;
    compression.level = level.parse().expect("a level");
    compression.memory = memory.parse().expect("an amount of memory");
    let part: usize = part.parse().expect("a length");
    let mut server = Connection::open_server(negotiated(agreed, compression), Arc::default(), NOW);
    let mut got = Vec::new();
    for message in messages {
        if let Some(message) = message.strip_prefix('*') {
            let message = Prepared::new(unhex(message));
            server.send(&message).expect("the connection is open");
            got.push(payload(&written(&mut server)));
            continue;
        }
        let message = unhex(message);
        let mut parts: Vec<_> = message.chunks(part).collect();
        let last = parts.pop().unwrap_or_default();
        for part in parts {
            server.send_part(part).expect("the connection is open");
        }
        server.send_last(last).expect("the connection is open");
        got.push(payload(&written(&mut server)));
    }
    got
}

fn written(connection: &mut Connection) -> Vec<u8> {
    let out = connection.transmit_vectored().collect::<Vec<_>>().concat();
    connection.transmitted(out.len(), NOW);
    out
}

/// The payloads of a message in hex, `=` before them if it is not compressed.
fn payload(mut frames: &[u8]) -> String {
    let mut payload = if frames[0] & 0x40 == 0 { "=".to_owned() } else { String::new() };
    while let [_, len, rest @ ..] = frames {
        let (len, rest) = match len {
            126 => (usize::from(rest[0]) << 8 | usize::from(rest[1]), &rest[2..]),
            127 => {
                let (len, rest) = rest.split_at(8);
                (len.iter().fold(0, |len, &byte| len << 8 | usize::from(byte)), rest)
            }
            &len => (usize::from(len), rest),
        };
        payload += &hex(&rest[..len]);
        frames = &rest[len..];
    }
    payload
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).expect("hex") as u8;
    text.as_bytes().chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}
