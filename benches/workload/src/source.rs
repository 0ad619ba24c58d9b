//! Where what is read comes from.

use crate::calls;

/// The same bytes over and over, of which each read copies up to 64 KiB, as a kernel would.
#[derive(Debug)]
pub struct Source {
    wire: &'static [u8],
    at: usize,
}

impl Source {
    /// A source of these bytes.
    pub const fn new(wire: &'static [u8]) -> Self {
        Self { wire, at: 0 }
    }

    /// Reads once.
    #[inline]
    pub fn read(&mut self, buffer: &mut [u8]) -> usize {
        calls::note_read();
        let most = buffer.len().min(READ);
        let mut done = 0;
        while done < most {
            let piece = self.take(most - done);
            if piece.is_empty() {
                break;
            }
            buffer[done..done + piece.len()].copy_from_slice(piece);
            done += piece.len();
        }
        done
    }

    /// The next bytes, at most so many: fewer at the end of the wire.
    #[inline]
    pub fn take(&mut self, most: usize) -> &'static [u8] {
        let rest = &self.wire[self.at..];
        let piece = &rest[..most.min(rest.len())];
        self.at += piece.len();
        if self.at == self.wire.len() {
            self.at = 0;
        }
        piece
    }
}

/// How many bytes one read gives, at the most.
pub const READ: usize = 64 << 10;
