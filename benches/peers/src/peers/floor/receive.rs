use sansocket::Role;
use workload::consume;
use workload::source::{READ, Source};
use workload::wire::Incoming;

use super::kernels::{Instructions, Utf8};

/// Receives messages whole: what is cut by a read or by a frame is moved together in the buffer.
pub(super) struct Messages {
    source: Source,
    buffer: Vec<u8>,
    at: usize,
    end: usize,
    instructions: Instructions,
    is_masked: bool,
    is_text: bool,
}

/// A frame whose payload has not been looked at.
struct Header {
    fin: bool,
    key: u32,
    len: usize,
}

impl Messages {
    pub(super) fn new(incoming: &Incoming, wire: &'static [u8]) -> Self {
        let size = (4 * READ).max(2 * incoming.size + 2 * READ);
        Self {
            source: Source::new(wire),
            // More than is filled, so that a header may be read where there is none.
            buffer: vec![0; size + 16],
            at: 0,
            end: 0,
            instructions: Instructions::detect(),
            is_masked: incoming.role == Role::Server,
            is_text: incoming.content.is_text(),
        }
    }

    #[inline]
    pub(super) fn receive(&mut self) {
        let header_len = self.header_len();
        let header = self.header(header_len);
        let start = self.at + header_len;
        if self.end >= start && self.end - start >= header.len && header.fin {
            let payload = &mut self.buffer[start..start + header.len];
            if self.is_masked || self.is_text {
                let has_high = self.instructions.xor(payload, header.key);
                if self.is_text && has_high {
                    assert!(Utf8::new(self.instructions).finish(payload), "all text is UTF-8");
                }
            }
            consume(payload);
            self.at = start + header.len;
        } else {
            self.join();
        }
    }

    /// Receives a message that is not whole in the buffer, or in several frames.
    #[inline(never)]
    fn join(&mut self) {
        let mut utf8 = Utf8::new(self.instructions);
        let mut message: Option<(usize, usize)> = None;
        loop {
            let mut header_len = self.header_len();
            while self.end - self.at < header_len.max(2) {
                self.refill(&mut message);
                header_len = self.header_len();
            }
            let Header { fin, mut key, mut len } = self.header(header_len);
            self.at += header_len;
            let mut end = message.get_or_insert((self.at, self.at)).1;
            while len > 0 {
                if self.at == self.end {
                    self.refill(&mut message);
                    end = message.map_or(self.at, |(_, end)| end);
                }
                let count = len.min(self.end - self.at);
                if self.is_masked {
                    self.instructions.xor(&mut self.buffer[self.at..self.at + count], key);
                    key = turn(key, count);
                }
                if end != self.at {
                    self.buffer.copy_within(self.at..self.at + count, end);
                }
                (self.at, end, len) = (self.at + count, end + count, len - count);
                let start = message.map_or(end, |(start, _)| start);
                message = Some((start, end));
                if self.is_text {
                    utf8.advance(&self.buffer[start..end]);
                }
            }
            if fin {
                break;
            }
        }
        let (start, end) = message.unwrap_or_default();
        let payload = &self.buffer[start..end];
        assert!(!self.is_text || utf8.finish(payload), "all text is UTF-8");
        consume(payload);
    }

    /// Reads once, and first moves what is needed to the front if there is no room.
    #[inline(never)]
    fn refill(&mut self, message: &mut Option<(usize, usize)>) {
        if self.buffer.len() - 16 - self.end < READ {
            let from = message.map_or(self.at, |(start, _)| start);
            self.buffer.copy_within(from..self.end, 0);
            self.at -= from;
            self.end -= from;
            *message = message.map(|(start, end)| (start - from, end - from));
        }
        let room = self.buffer.len() - 16;
        self.end += self.source.read(&mut self.buffer[self.end..room]);
    }

    /// How long the header is of which the first bytes are here.
    #[inline]
    fn header_len(&self) -> usize {
        // SAFETY: `at` is at most `end`, beyond which there are 16 bytes more.
        let second = unsafe { *self.buffer.get_unchecked(self.at + 1) };
        header_len(second)
    }

    #[inline]
    fn header(&self, header_len: usize) -> Header {
        // SAFETY: `at` is at most `end`, beyond which there are 16 bytes more.
        unsafe { read_header(self.buffer.as_ptr().add(self.at), header_len) }
    }
}

/// Receives messages in pieces, where they lie in the buffer of one read.
pub(super) struct Parts {
    source: Source,
    buffer: Vec<u8>,
    at: usize,
    end: usize,
    instructions: Instructions,
    is_masked: bool,
}

impl Parts {
    pub(super) fn new(incoming: &Incoming, wire: &'static [u8]) -> Self {
        Self {
            source: Source::new(wire),
            // Before what is read there is room for a header that was cut off.
            buffer: vec![0; 16 + READ + 16],
            at: 16,
            end: 16,
            instructions: Instructions::detect(),
            is_masked: incoming.role == Role::Server,
        }
    }

    #[inline]
    pub(super) fn receive(&mut self) {
        let header_len = loop {
            // SAFETY: `at` is at most `end`, beyond which there are 16 bytes more.
            let header_len = header_len(unsafe { *self.buffer.get_unchecked(self.at + 1) });
            if self.end - self.at >= header_len.max(2) {
                break header_len;
            }
            self.refill();
        };
        // SAFETY: `at` is at most `end`, beyond which there are 16 bytes more.
        let header = unsafe { read_header(self.buffer.as_ptr().add(self.at), header_len) };
        let (mut key, mut left) = (header.key, header.len);
        self.at += header_len;
        loop {
            let count = left.min(self.end - self.at);
            let piece = &mut self.buffer[self.at..self.at + count];
            if self.is_masked {
                self.instructions.xor(piece, key);
                key = turn(key, count);
            }
            consume(&self.buffer[self.at..self.at + count]);
            self.at += count;
            left -= count;
            if left == 0 {
                return;
            }
            self.refill();
        }
    }

    #[inline(never)]
    fn refill(&mut self) {
        let rest = self.end - self.at;
        self.buffer.copy_within(self.at..self.end, 16 - rest);
        self.at = 16 - rest;
        self.end = 16 + self.source.read(&mut self.buffer[16..16 + READ]);
    }
}

/// How long a header is, by its second byte.
#[inline]
fn header_len(second: u8) -> usize {
    let len = match second & 0x7f {
        126 => 4,
        127 => 10,
        _ => 2,
    };
    len + usize::from(second >> 7) * 4
}

/// Reads a header of this length.
///
/// # Safety
///
/// There are 14 bytes at `at`.
#[inline]
unsafe fn read_header(at: *const u8, header_len: usize) -> Header {
    // SAFETY: by the contract of this function.
    unsafe {
        let second = *at.add(1);
        let len = match second & 0x7f {
            126 => u16::from_be(at.add(2).cast::<u16>().read_unaligned()).into(),
            127 => u64::from_be(at.add(2).cast::<u64>().read_unaligned()) as usize,
            len => len.into(),
        };
        let key = match second & 0x80 {
            0 => 0,
            _ => at.add(header_len - 4).cast::<u32>().read_unaligned(),
        };
        Header { fin: *at & 0x80 != 0, key, len }
    }
}

/// The key after so many bytes.
#[inline]
const fn turn(key: u32, count: usize) -> u32 {
    key.rotate_right(8 * (count as u32 % 4))
}
