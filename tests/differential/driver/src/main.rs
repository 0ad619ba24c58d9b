//! Inflates and deflates as it is told, a line each:
//!
//! `inflate PARAMETERS|MESSAGE|MESSAGE..` gives the messages that come of what a server has sent, and
//! `!` if they fail. `deflate PARAMETERS|LEVEL|MEMORY|PART|MESSAGE|MESSAGE..` gives what a server sends, in
//! parts of so many bytes. Messages are in hex.

use std::io::{self, BufRead, Write};

use sansocket::deflate::{Agreement, Compression};
use sansocket::{Connection, Event, Input, Limits, Seed};

fn main() -> io::Result<()> {
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let line = line?;
        let (command, rest) = line.split_once(' ').expect("a command and its fields");
        let fields: Vec<_> = rest.split('|').collect();
        let answer = match command {
            "inflate" => inflate(&fields),
            "deflate" => deflate(&fields),
            _ => panic!("no such command: {command}"),
        };
        writeln!(out, "{}", answer.join("|"))?;
    }
    Ok(())
}

fn inflate(fields: &[&str]) -> Vec<String> {
    let [agreed, messages @ ..] = fields else { panic!("an agreement") };
    let mut connection = Connection::client(Limits::default(), Seed::new([0; 32]));
    let agreement = Agreement::parse(agreed).expect("an agreement");
    connection.compress(agreement, &Compression::default());
    let Connection { mut receiver, mut sender } = connection;
    let mut got = Vec::new();
    let mut input = Input::new(Vec::new());
    for message in messages {
        input.replace(frame(&unhex(message)));
        loop {
            match receiver.next_event(&mut input, &mut sender) {
                Ok(Some(Event::Binary(bytes))) => got.push(hex(bytes)),
                Ok(Some(event)) => panic!("{event:?}"),
                Ok(None) => break,
                Err(_) => {
                    got.push("!".into());
                    return got;
                }
            }
        }
    }
    got
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
    let mut connection = Connection::server(Limits::default());
    connection.compress(Agreement::parse(agreed).expect("an agreement"), &compression);
    let mut got = Vec::new();
    for message in messages {
        let mut out = Vec::new();
        let message = unhex(message);
        let mut parts: Vec<_> = message.chunks(part).collect();
        let last = parts.pop().unwrap_or_default();
        for part in parts {
            connection.sender.send_part(part, &mut out).expect("the connection is open");
        }
        connection.sender.send_last(last, &mut out).expect("the connection is open");
        got.push(payload(&out));
    }
    got
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
