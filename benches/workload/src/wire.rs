//! Bytes on the wire, written and read by the plainest code there is, not by sansocket's.

use fastrand::Rng;
use sansocket::Role;

use crate::mix;
use crate::payload::Content;

/// The messages that come to one end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Incoming {
    /// The end that they come to.
    pub role: Role,
    /// What they hold.
    pub content: Content,
    /// The bytes of each, or of the longest.
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
    /// Where their bytes are written from.
    pub way: Way,
}

/// Where the bytes of a message are written from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// From wherever the library likes.
    Any,
    /// From a copy.
    Copied,
    /// From where the caller has them.
    Borrowed,
}

impl Outgoing {
    /// Whether this is work for those who mask where the caller has the bytes.
    pub fn is_masked_in_place(&self) -> bool {
        self.role == Role::Client && self.way == Way::Borrowed
    }
}

impl Incoming {
    /// The payloads of the messages: about 256 KiB of them, at least two.
    pub fn payloads(&self) -> Vec<Vec<u8>> {
        let payload = self.content.make(self.size);
        match self.content {
            Content::Mix => mix::sizes().iter().map(|&size| payload[..size].to_vec()).collect(),
            _ => vec![payload; (256 * 1024 / (self.size + 6)).max(2)],
        }
    }

    /// The messages, with a random key for each frame.
    pub fn wire(&self) -> Vec<u8> {
        let mut random = Rng::with_seed(7);
        let mut wire = Vec::new();
        for payload in self.payloads() {
            self.push(&payload, &mut random, &mut wire);
        }
        wire
    }

    fn push(&self, payload: &[u8], random: &mut Rng, wire: &mut Vec<u8>) {
        for (at, part) in payload.chunks(payload.len().div_ceil(self.frames)).enumerate() {
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

/// A request with so many headers, of which the last is the key: what any client needs and `Origin` (6), what a
/// browser sends ([`REQUEST`], 12), or more, as cookies and proxies add them.
pub fn request(headers: usize) -> Vec<u8> {
    if headers == BROWSER {
        return REQUEST.to_vec();
    }
    let text = str::from_utf8(REQUEST).unwrap_or_default();
    let mut lines: Vec<&str> =
        text.split_inclusive("\r\n").filter(|line| *line != "\r\n").collect();
    let key = lines.pop().unwrap_or_default();
    if headers < BROWSER {
        lines.retain(|line| NEEDED.iter().any(|name| line.starts_with(name)));
    }
    let more = fields(headers.saturating_sub(BROWSER));
    [&*lines.concat(), &*more, key, "\r\n"].concat().into_bytes()
}

/// So many lines of a head, as applications and proxies add them.
pub fn fields(count: usize) -> String {
    (0..count)
        .map(|at| format!("{}: {}\r\n", FIELDS[at % FIELDS.len()].0, FIELDS[at % FIELDS.len()].1))
        .collect()
}

/// How many headers [`REQUEST`] has.
const BROWSER: usize = 12;

/// What the lines begin with that a short request keeps, beside its key.
const NEEDED: [&str; 6] =
    ["GET", "Host", "Connection", "Upgrade:", "Origin", "Sec-WebSocket-Version"];

const FIELDS: [(&str, &str); 30] = [
    ("Cookie", "session=0f8fad5bd9cb469fa16570867728950e; theme=dark; consent=necessary"),
    ("X-Forwarded-For", "203.0.113.195, 198.51.100.17"),
    ("X-Forwarded-Proto", "https"),
    ("X-Forwarded-Host", "chat.example.com"),
    ("X-Forwarded-Port", "443"),
    ("X-Real-IP", "203.0.113.195"),
    ("X-Request-ID", "7b4f4a1e5c5d4f0c9d3e2b1a0f9e8d7c"),
    ("Via", "1.1 edge-7.example.net"),
    ("Forwarded", "for=203.0.113.195;proto=https;by=198.51.100.17"),
    ("Sec-Fetch-Dest", "empty"),
    ("Sec-Fetch-Mode", "websocket"),
    ("Sec-Fetch-Site", "same-origin"),
    ("DNT", "1"),
    ("Priority", "u=1"),
    ("Traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
    ("Tracestate", "example=00f067aa0ba902b7"),
    ("CDN-Loop", "example"),
    ("X-Client-Region", "eu-west"),
    ("Date", "Thu, 26 Nov 2026 22:00:00 GMT"),
    ("Server", "example"),
    ("Cache-Control", "no-store"),
    ("Vary", "Origin"),
    ("Strict-Transport-Security", "max-age=31536000; includeSubDomains"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Alt-Svc", "h3=\":443\"; ma=86400"),
    ("Server-Timing", "edge;dur=3"),
    ("X-Served-By", "edge-7"),
    ("X-Backend", "chat-3"),
];

/// What the answer to [`REQUEST`] says in `Sec-WebSocket-Accept`.
pub const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
