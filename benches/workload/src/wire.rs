//! Bytes on the wire, written and read by the plainest code there is, not by sansocket's.

use fastrand::Rng;
use sansocket::Role;

use crate::payload::Content;

/// The messages that come to one end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Incoming {
    /// The end that they come to.
    pub role: Role,
    /// What they hold.
    pub content: Content,
    /// The bytes of each.
    pub size: usize,
    /// The frames of each.
    pub frames: usize,
}

/// The messages that leave one end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// The end that they leave.
    pub role: Role,
    /// The bytes of each, which are binary.
    pub size: usize,
    /// How many go in one write.
    pub batch: usize,
}

impl Incoming {
    /// The payload of each message.
    pub fn payload(&self) -> Vec<u8> {
        self.content.make(self.size)
    }

    /// About 256 KiB of messages, at least two, with a random key for each frame.
    pub fn wire(&self) -> Vec<u8> {
        let payload = self.payload();
        let mut random = Rng::with_seed(7);
        let mut wire = Vec::new();
        for _ in 0..(256 * 1024 / (self.size + 6)).max(2) {
            self.push(&payload, &mut random, &mut wire);
        }
        wire
    }

    fn push(&self, payload: &[u8], random: &mut Rng, wire: &mut Vec<u8>) {
        for (at, part) in payload.chunks(self.size / self.frames).enumerate() {
            let opcode = match at {
                0 if self.content.is_text() => 0x1,
                0 => 0x2,
                _ => 0x0,
            };
            let fin = if at + 1 == self.frames { 0x80 } else { 0 };
            let key = match self.role {
                Role::Server => Some(random.u32(1..).to_ne_bytes()),
                Role::Client => None,
            };
            push_frame(fin | opcode, key, part, wire);
        }
    }
}

/// Appends a frame whose first byte is `first`.
pub fn push_frame(first: u8, key: Option<[u8; 4]>, payload: &[u8], wire: &mut Vec<u8>) {
    let masked = if key.is_some() { 0x80 } else { 0 };
    wire.push(first);
    match payload.len() {
        len @ 0..126 => wire.push(masked | len as u8),
        len @ 126..65_536 => {
            wire.push(masked | 126);
            wire.extend((len as u16).to_be_bytes());
        }
        len => {
            wire.push(masked | 127);
            wire.extend((len as u64).to_be_bytes());
        }
    }
    wire.extend(key.into_iter().flatten());
    let key = key.unwrap_or_default();
    wire.extend(payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key));
}

/// A frame that was sent.
#[derive(Debug)]
pub struct Sent {
    /// Its first byte.
    pub first: u8,
    /// Whether it was masked.
    pub is_masked: bool,
    /// Its payload, unmasked.
    pub payload: Vec<u8>,
}

/// The frames on a wire, unless they are cut off.
pub fn parse(mut wire: &[u8]) -> Option<Vec<Sent>> {
    let mut frames = Vec::new();
    while !wire.is_empty() {
        frames.push(parse_frame(&mut wire)?);
    }
    Some(frames)
}

fn parse_frame(wire: &mut &[u8]) -> Option<Sent> {
    let [first, second] = *wire.split_off_first_chunk()?;
    let len = match second & 0x7f {
        126 => u16::from_be_bytes(*wire.split_off_first_chunk()?).into(),
        127 => usize::try_from(u64::from_be_bytes(*wire.split_off_first_chunk()?)).ok()?,
        len => len.into(),
    };
    let is_masked = second & 0x80 != 0;
    let key: [u8; 4] = if is_masked { *wire.split_off_first_chunk()? } else { [0; 4] };
    let payload = wire.split_off(..len)?;
    let payload = payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key).collect();
    Some(Sent { first, is_masked, payload })
}

trait SplitOffFirstChunk<'b> {
    fn split_off_first_chunk<const LENGTH: usize>(&mut self) -> Option<&'b [u8; LENGTH]>;
}

impl<'b> SplitOffFirstChunk<'b> for &'b [u8] {
    fn split_off_first_chunk<const LENGTH: usize>(&mut self) -> Option<&'b [u8; LENGTH]> {
        let (chunk, rest) = self.split_first_chunk()?;
        *self = rest;
        Some(chunk)
    }
}

/// What a browser asks for.
pub const REQUEST: &[u8] = b"GET /chat?room=1 HTTP/1.1\r\n\
    Host: server.example.com:8080\r\n\
    Connection: Upgrade\r\n\
    Pragma: no-cache\r\n\
    Cache-Control: no-cache\r\n\
    User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) \
    Chrome/126.0.0.0 Safari/537.36\r\n\
    Upgrade: websocket\r\n\
    Origin: http://server.example.com:8080\r\n\
    Sec-WebSocket-Version: 13\r\n\
    Accept-Encoding: gzip, deflate, br\r\n\
    Accept-Language: en-GB,en;q=0.9\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/// What the answer to [`REQUEST`] says in `Sec-WebSocket-Accept`.
pub const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
