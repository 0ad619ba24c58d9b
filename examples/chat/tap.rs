//! A stream that counts the bytes on the wire, and notes the header of every frame.
//!
//! Adapters take any stream, so a wrapper like this one can observe a connection without its help.

use std::collections::VecDeque;
use std::fmt;
use std::io::{self, IoSlice, Read, Write};
use std::mem;
use std::net::TcpStream;
use std::sync::{Arc, Mutex};

use sansocket::blocking::{Socket, Split, Stream};
use sansocket::wire::OpCode;

use super::lock;

/// How many frames wait to be reported. Older ones are only counted.
const MOST_FRAMES: usize = 32;

/// A TCP stream with a [`Tap`].
pub(crate) struct Tapped {
    stream: TcpStream,
    tap: Arc<Tap>,
}

/// The frames that passed, since the opening handshake.
#[derive(Default)]
pub(crate) struct Tap(Mutex<Seen>);

#[derive(Default)]
struct Seen {
    incoming: Lane,
    outgoing: Lane,
    frames: VecDeque<Frame>,
    /// How many of the next outgoing messages are reports about the others.
    reports: usize,
}

/// One direction.
#[derive(Default)]
struct Lane {
    state: State,
    frames: u64,
    wire: u64,
    plain: u64,
}

enum State {
    /// Within the head of the handshake. So many bytes of its end have matched.
    Head(usize),
    /// Within the header of a frame.
    Header(Vec<u8>),
    /// The payload: this many bytes of it have not passed yet.
    Payload(u64),
}

/// The header of a frame that passed.
pub(crate) struct Frame {
    is_incoming: bool,
    bytes: Vec<u8>,
    len: u64,
}

/// How many frames passed in one direction, and how long they were.
pub(crate) struct Total {
    pub(crate) frames: u64,
    /// Bytes on the wire, with headers.
    pub(crate) wire: u64,
    /// Bytes that the same messages take without compression, with headers.
    pub(crate) plain: u64,
}

impl Tapped {
    pub(crate) fn new(stream: TcpStream) -> Self {
        Self { stream, tap: Arc::default() }
    }

    /// Taps a stream on which frames alone pass.
    #[allow(dead_code, reason = "the chat over HTTP/2 is another example")]
    pub(crate) fn open(stream: TcpStream) -> Self {
        let lane = || Lane { state: State::Header(Vec::new()), ..Lane::default() };
        let seen = Seen { incoming: lane(), outgoing: lane(), ..Seen::default() };
        Self { stream, tap: Arc::new(Tap(Mutex::new(seen))) }
    }

    pub(crate) fn tap(&self) -> &Arc<Tap> {
        &self.tap
    }
}

impl Read for Tapped {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.stream.read(buffer)?;
        lock(&self.tap.0).pass(true, &buffer[..count]);
        Ok(count)
    }
}

impl Write for Tapped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(bytes)])
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let count = self.stream.write_vectored(slices)?;
        let mut left = count;
        for slice in slices {
            let passed = left.min(slice.len());
            lock(&self.tap.0).pass(false, &slice[..passed]);
            left -= passed;
        }
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

impl Stream for Tapped {
    fn socket(&self) -> Option<&dyn Socket> {
        Some(&self.stream)
    }
}

impl Split for Tapped {
    type Half = Self;

    fn split(self) -> io::Result<(Self, Self)> {
        let reading = Self { stream: self.stream.try_clone()?, tap: Arc::clone(&self.tap) };
        Ok((reading, self))
    }
}

impl Tap {
    /// Counts a message as it would be without compression.
    pub(crate) fn count_plain(&self, is_incoming: bool, len: usize) {
        let header = match len {
            ..126 => 2,
            126..=0xffff => 4,
            _ => 10,
        };
        // Section 5.3: clients mask.
        let key = if is_incoming { 4 } else { 0 };
        lock(&self.0).lane(is_incoming).plain += (header + key + len) as u64;
    }

    /// Neither counts nor notes the next outgoing message, which reports about the others.
    pub(crate) fn skip_report(&self) {
        lock(&self.0).reports += 1;
    }

    /// Returns the totals, incoming and outgoing, and takes the frames since the last call.
    pub(crate) fn take(&self) -> ([Total; 2], VecDeque<Frame>) {
        let mut seen = lock(&self.0);
        let totals = [seen.incoming.total(), seen.outgoing.total()];
        (totals, mem::take(&mut seen.frames))
    }

    /// Returns whether frames have passed since the last [`take`](Self::take).
    pub(crate) fn has_news(&self) -> bool {
        !lock(&self.0).frames.is_empty()
    }
}

impl Seen {
    fn lane(&mut self, is_incoming: bool) -> &mut Lane {
        match is_incoming {
            true => &mut self.incoming,
            false => &mut self.outgoing,
        }
    }

    fn pass(&mut self, is_incoming: bool, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let (used, frame) = self.lane(is_incoming).advance(bytes);
            bytes = &bytes[used..];
            if let Some((bytes, len)) = frame {
                self.note(Frame { is_incoming, bytes, len });
            }
        }
    }

    fn note(&mut self, frame: Frame) {
        if self.reports > 0 && !frame.is_incoming && !frame.is_control() {
            self.reports -= 1;
            return;
        }
        let lane = self.lane(frame.is_incoming);
        lane.frames += 1;
        lane.wire += frame.size();
        if frame.is_control() {
            lane.plain += frame.size();
        }
        if self.frames.len() == MOST_FRAMES {
            self.frames.pop_front();
        }
        self.frames.push_back(frame);
    }
}

impl Default for State {
    fn default() -> Self {
        Self::Head(0)
    }
}

impl Lane {
    fn total(&self) -> Total {
        Total { frames: self.frames, wire: self.wire, plain: self.plain }
    }

    /// Goes over some bytes. Returns how many, and the header and the payload's length of a frame that begins.
    fn advance(&mut self, bytes: &[u8]) -> (usize, Option<(Vec<u8>, u64)>) {
        match &mut self.state {
            State::Head(matched) => {
                let is_next = b"\r\n\r\n"[*matched] == bytes[0];
                *matched = if is_next { *matched + 1 } else { usize::from(bytes[0] == b'\r') };
                if *matched == 4 {
                    self.state = State::Header(Vec::new());
                }
                (1, None)
            }
            State::Header(header) => {
                header.push(bytes[0]);
                let frame = payload_len(header).map(|len| (mem::take(header), len));
                if let Some((_, len)) = frame {
                    self.state = State::after_header(len);
                }
                (1, frame)
            }
            State::Payload(left) => {
                let used = bytes.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
                self.state = State::after_header(*left - used as u64);
                (used, None)
            }
        }
    }
}

impl State {
    fn after_header(left: u64) -> Self {
        match left {
            0 => Self::Header(Vec::new()),
            left => Self::Payload(left),
        }
    }
}

/// Returns the length of the payload, once the header is complete (section 5.2).
fn payload_len(header: &[u8]) -> Option<u64> {
    let second = *header.get(1)?;
    let (extended, short) = match second & 0x7f {
        126 => (2, 0),
        127 => (8, 0),
        short => (0, short),
    };
    let key = if second & 0x80 == 0 { 0 } else { 4 };
    let len = header[2..].iter().take(extended).fold(0, |len, byte| len << 8 | u64::from(*byte));
    (header.len() == 2 + extended + key).then_some(len + u64::from(short))
}

impl Frame {
    fn is_control(&self) -> bool {
        self.bytes[0] & 0x08 != 0
    }

    fn size(&self) -> u64 {
        self.bytes.len() as u64 + self.len
    }
}

/// Writes one line: direction, opcode, flags, bytes on the wire, and the header in hexadecimal.
impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let opcode = match OpCode::new(self.bytes[0]) {
            Some(OpCode::Continuation) => "continuation",
            Some(OpCode::Text) => "text",
            Some(OpCode::Binary) => "binary",
            Some(OpCode::Close) => "close",
            Some(OpCode::Ping) => "ping",
            Some(OpCode::Pong) => "pong",
            None => "reserved",
        };
        write!(f, "{}\t{opcode}\t", if self.is_incoming { "in" } else { "out" })?;
        let flags = [(0, 0x80, "FIN "), (0, 0x40, "RSV1 "), (1, 0x80, "MASK ")];
        for (_, _, flag) in flags.iter().filter(|(at, bit, _)| self.bytes[*at] & bit != 0) {
            f.write_str(flag)?;
        }
        write!(f, "\t{}\t", self.size())?;
        self.bytes.iter().try_for_each(|byte| write!(f, "{byte:02x} "))
    }
}
