//! The bits of a DEFLATE stream.

use super::Unacceptable;

/// The bits and bytes that are not consumed yet.
pub(super) struct Input<'b> {
    pub(super) bits: Bits,
    pub(super) bytes: &'b [u8],
}

/// Bits that are not consumed yet, the next one lowest.
///
/// Above them there may be bits of the bytes that follow.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bits {
    bits: u64,
    pub(super) len: u16,
}

/// Why a step stopped.
#[derive(Clone, Copy, Debug)]
pub(super) enum Stop {
    /// It needs more bits.
    Starved,
    Unacceptable(Unacceptable),
}

impl Input<'_> {
    /// Turns bytes into bits, until there are at least 56 bits or no more bytes.
    #[inline]
    pub(super) fn refill(&mut self) {
        let Bits { bits, len } = &mut self.bits;
        if let Some(word) = self.bytes.first_chunk() {
            *bits |= u64::from_le_bytes(*word) << *len;
            self.bytes = &self.bytes[usize::from((63 - *len) / 8)..];
            *len |= 56;
        } else {
            while *len < 56
                && let Some((&byte, rest)) = self.bytes.split_first()
            {
                *bits |= u64::from(byte) << *len;
                *len += 8;
                self.bytes = rest;
            }
        }
    }

    /// Returns the next 16 bits. Bits that have not arrived are unspecified.
    pub(super) fn peek(&self) -> u16 {
        (self.bits.bits & 0xffff) as u16
    }

    /// Consumes at most 16 bits.
    #[inline]
    pub(super) fn take(&mut self, len: u16) -> Result<u16, Stop> {
        if len > self.bits.len {
            return Err(Stop::Starved);
        }
        let taken = self.bits.bits & !(u64::MAX << len) & 0xffff;
        self.bits.bits >>= len;
        self.bits.len -= len;
        Ok(taken as u16)
    }

    /// Consumes the rest of a byte that is partly consumed.
    pub(super) fn align(&mut self) {
        self.bits.bits >>= self.bits.len % 8;
        self.bits.len -= self.bits.len % 8;
    }

    /// Consumes the bytes that are there, at most `len`, and returns how many. The bits consumed before must
    /// end with a byte.
    pub(super) fn skip(&mut self, len: u16) -> u16 {
        let from_bits = len.min(self.bits.len / 8);
        self.bits.bits >>= 8 * from_bits;
        self.bits.len -= 8 * from_bits;
        if self.bits.len > 0 {
            return from_bits;
        }
        self.bits = Bits::default();
        let rest = len - from_bits;
        let from_bytes = u16::try_from(self.bytes.len()).map_or(rest, |len| len.min(rest));
        self.bytes = &self.bytes[usize::from(from_bytes)..];
        from_bits + from_bytes
    }
}
