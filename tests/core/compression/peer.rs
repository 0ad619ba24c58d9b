//! What one end sends, frame by frame, and what the other makes of it.

use harness::{Drive, Setup};
use sansocket::deflate::{Agreement, Compression};
use sansocket::{Connection, Event, Input, Limits, ProtocolError, Role};

/// A frame as it is on the wire, but for its mask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) first: u8,
    pub(crate) payload: Vec<u8>,
}

impl Frame {
    pub(crate) const fn is_compressed(&self) -> bool {
        self.first & 0x40 != 0
    }

    pub(crate) const fn opcode(&self) -> u8 {
        self.first & 0x0f
    }
}

/// The whole frames of what was sent.
pub(crate) fn frames(mut out: &[u8]) -> Vec<Frame> {
    let mut frames = Vec::new();
    while let [first, second, rest @ ..] = out {
        let extended = match second & 0x7f {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        let (long, rest) = rest.split_at(extended);
        let long = long.iter().fold(0, |len, &byte| len << 8 | usize::from(byte));
        let len = if extended == 0 { usize::from(second & 0x7f) } else { long };
        let (key, rest) = rest.split_at(if second & 0x80 == 0 { 0 } else { 4 });
        let (payload, rest) = rest.split_at(len);
        let payload = match key.is_empty() {
            true => payload.to_vec(),
            false => payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key).collect(),
        };
        frames.push(Frame { first: *first, payload });
        out = rest;
    }
    frames
}

/// The payloads of the data frames, one after the other.
pub(crate) fn payload(frames: &[Frame]) -> Vec<u8> {
    frames
        .iter()
        .filter(|frame| frame.opcode() < 8)
        .flat_map(|frame| frame.payload.clone())
        .collect()
}

/// A connection whose ends have agreed to this, with a threshold of none.
pub(crate) fn open(role: Role, agreed: &str) -> Connection {
    let mut compression = Compression::dedicated();
    compression.threshold = 0;
    open_with(role, agreed, &compression, Limits::default())
}

pub(crate) fn open_with(
    role: Role,
    agreed: &str,
    compression: &Compression,
    limits: Limits,
) -> Connection {
    let compression = Some((Agreement::parse(agreed).unwrap(), *compression));
    Setup { limits, compression, ..Setup::new(role) }.connect()
}

pub(crate) const fn other(role: Role) -> Role {
    match role {
        Role::Client => Role::Server,
        Role::Server => Role::Client,
    }
}

/// What has come of a stream so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Got {
    pub(crate) messages: Vec<Vec<u8>>,
    /// Of a message that is not whole.
    pub(crate) part: Vec<u8>,
    pub(crate) controls: usize,
    pub(crate) error: Option<ProtocolError>,
}

impl Got {
    /// Takes all that comes of `stream`, through an input of its own.
    pub(crate) fn take(&mut self, connection: &mut Connection, stream: &[u8]) {
        self.take_through(&mut Input::new(vec![0; stream.len().max(1)]), connection, stream);
    }

    pub(crate) fn take_through(
        &mut self,
        input: &mut Input<Vec<u8>>,
        connection: &mut Connection,
        stream: &[u8],
    ) {
        connection.feed(input, stream);
        loop {
            match connection.next(input) {
                Ok(Some(Event::Text(text))) => self.messages.push(text.as_bytes().to_vec()),
                Ok(Some(Event::Binary(bytes))) => self.messages.push(bytes.to_vec()),
                Ok(Some(Event::Part { bytes, last, .. })) => {
                    self.part.extend_from_slice(bytes);
                    if last {
                        self.messages.push(core::mem::take(&mut self.part));
                    }
                }
                Ok(Some(_)) => self.controls += 1,
                Ok(None) => break,
                Err(error) => {
                    self.error = Some(error);
                    break;
                }
            }
        }
        assert!(input.is_empty(), "without an event, the input is used up");
    }
}

/// What comes of a stream, in reads of `size`.
pub(crate) fn take(
    mut connection: Connection,
    stream: &[u8],
    size: usize,
    is_streaming: bool,
) -> Got {
    connection.set_streaming(is_streaming);
    let mut got = Got::default();
    let mut input = Input::new(vec![0; size.min(stream.len()).max(1)]);
    for bytes in stream.chunks(size) {
        got.take_through(&mut input, &mut connection, bytes);
    }
    got
}

/// What comes of a stream in whichever way it is cut, in both modes. Only with parts there is a part.
pub(crate) fn take_anyhow(connect: impl Fn() -> Connection, stream: &[u8]) -> Got {
    let whole = take(connect(), stream, usize::MAX, false);
    for is_streaming in [false, true] {
        let first = take(connect(), stream, usize::MAX, is_streaming);
        let without_part = Got { part: Vec::new(), ..first.clone() };
        assert_eq!(without_part, whole, "streaming: {is_streaming}");
        for size in [1, 2, 3, 7, 1000] {
            if stream.len() / size < 100_000 {
                assert_eq!(
                    take(connect(), stream, size, is_streaming),
                    first,
                    "in reads of {size}"
                );
            }
        }
    }
    take(connect(), stream, usize::MAX, true)
}

/// Words in an order which depends on the seed: they compress well, but not too well.
pub(crate) fn words(seed: u64, len: usize) -> String {
    const WORDS: [&str; 12] = [
        "socket ",
        "frame ",
        "é ",
        "message",
        "\"price\":",
        "1024, ",
        "window ",
        "back ",
        "😀",
        "{",
        "}\n",
        "no ",
    ];
    let mut random = Random(seed);
    let mut text = String::new();
    while text.len() < len {
        match random.below(8) {
            0 => text.push_str(&random.next().to_string()),
            _ => text.push_str(WORDS[random.below(WORDS.len())]),
        }
    }
    let end = (0..=len).rev().find(|&end| text.is_char_boundary(end)).unwrap();
    text.truncate(end);
    text
}

/// Bytes that do not compress.
pub(crate) fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut random = Random(seed);
    core::iter::repeat_with(|| random.next().to_le_bytes()[7]).take(len).collect()
}

/// Numbers that look random, and are the same each time.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 ^ self.0 >> 29
    }

    pub(crate) fn below(&mut self, count: usize) -> usize {
        usize::try_from(self.next() >> 33).unwrap() % count
    }
}
