//! The example of the same name: an echo without an allocator.

#[path = "../../examples/fixed_buffer.rs"]
#[expect(dead_code, reason = "its `main`")]
mod fixed_buffer;

use counting_allocator::{Usage, measure};
use fixed_buffer::{End, Link, echo};
use sansocket::wire::{Content, Decoder};
use sansocket::{CloseCode, Kind, Limits, ProtocolError, Role};

/// What a client sends, at most so many bytes at a time, and what it gets.
struct Script<'s> {
    stream: &'s [u8],
    size: usize,
    out: [u8; 2048],
    out_len: usize,
}

impl Link for Script<'_> {
    fn read(&mut self, spare: &mut [u8]) -> usize {
        let (now, rest) = self.stream.split_at(self.size.min(spare.len()).min(self.stream.len()));
        spare[..now.len()].copy_from_slice(now);
        self.stream = rest;
        now.len()
    }

    fn write(&mut self, bytes: &[u8]) {
        let end = self.out_len + bytes.len();
        self.out[self.out_len..end].copy_from_slice(bytes);
        self.out_len = end;
    }
}

/// Frames of a client, masked with no key.
fn frames(frames: &[(u8, &[u8])]) -> Vec<u8> {
    let mut stream = Vec::new();
    for (first, payload) in frames {
        let len = u8::try_from(payload.len()).expect("it is short");
        stream.extend([*first, 0x80 | len, 0, 0, 0, 0]);
        stream.extend_from_slice(payload);
    }
    stream
}

/// What came back: messages and control frames in order, whole.
fn received(mut out: Vec<u8>) -> Vec<(Content, Vec<u8>)> {
    let mut decoder = Decoder::new(Role::Client, Limits::default());
    let (mut at, mut message, mut all) = (0, Vec::new(), Vec::new());
    while at < out.len() {
        let (used, piece) = decoder.decode(&mut out[at..]).expect("no rule is broken");
        let piece = piece.expect("nothing is cut off");
        let payload = &out[at..][piece.range.clone()];
        match piece.content {
            Content::Data(_) => message.extend_from_slice(payload),
            content => all.push((content, payload.to_vec())),
        }
        if piece.is_last && matches!(piece.content, Content::Data(_)) {
            all.push((piece.content, std::mem::take(&mut message)));
        }
        at += used;
    }
    all
}

#[test]
fn messages_come_back_whatever_the_buffer_and_the_reads_and_nothing_is_allocated() {
    const TEXT: Content = Content::Data(Kind::Text);
    const BINARY: Content = Content::Data(Kind::Binary);
    let long = [b'p'; 125];
    type Frames<'f> = &'f [(u8, &'f [u8])];
    type Row<'r> = (Frames<'r>, &'r [(Content, &'r [u8])], End);
    let rows: [Row<'_>; 8] = [
        (&[(0x81, b"Hello")], &[(TEXT, b"Hello")], End::Lost),
        (&[(0x82, b""), (0x81, b"")], &[(BINARY, b""), (TEXT, b"")], End::Lost),
        (
            &[(0x01, b"gr\xc3"), (0x89, &long), (0x00, b""), (0x80, b"\xbc\xc3\x9fe")],
            &[(Content::Ping, &long), (TEXT, "grüße".as_bytes())],
            End::Lost,
        ),
        (
            &[(0x8a, b"abc"), (0x89, b"de"), (0x89, b"f")],
            &[(Content::Ping, b"de"), (Content::Ping, b"f")],
            End::Lost,
        ),
        (
            &[(0x82, &long), (0x88, b"\x03\xe9bye"), (0x81, b"late")],
            &[(BINARY, &long), (Content::Close, b"\x03\xe9")],
            End::Closed(Some(CloseCode::GOING_AWAY)),
        ),
        (&[(0x88, b"")], &[(Content::Close, b"")], End::Closed(None)),
        (
            &[(0x81, b"a"), (0x83, b"")],
            &[(TEXT, b"a"), (Content::Close, b"\x03\xea")],
            End::Failed(ProtocolError::ReservedOpcode),
        ),
        (
            &[(0x81, b"\xc3")],
            &[(Content::Close, b"\x03\xef")],
            End::Failed(ProtocolError::InvalidUtf8),
        ),
    ];
    for (sent, expected, end) in rows {
        let stream = frames(sent);
        let expected: Vec<_> = expected
            .iter()
            .map(|&(content, payload)| {
                let content = if content == Content::Ping { Content::Pong } else { content };
                (content, payload.to_vec())
            })
            .collect();
        for size in [1, 2, 3, 7, 64, 1000] {
            let mut script = Script { stream: &stream, size, out: [0; 2048], out_len: 0 };
            let mut buffer = [0; 64];
            let buffer = &mut buffer[..size.min(64)];
            let (actual, usage) = measure(|| echo(&mut script, buffer));
            assert_eq!((actual, usage), (end, Usage::default()), "reads of {size}: {sent:x?}");
            let out = script.out[..script.out_len].to_vec();
            assert_eq!(received(out), expected, "reads of {size}: {sent:x?}");
        }
    }
}
