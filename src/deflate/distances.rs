//! A check of how far back a DEFLATE stream refers.
//!
//! zlib has one window of 32 KiB and finds only some references beyond a smaller one, depending on how the
//! stream is cut. [`Distances`] decodes the stream beside it, without producing output, and finds every
//! one.
//!
//! The states of a stream ([`Next`]): the header of a block, then stored bytes, or the lengths of its codes
//! (`LengthCode`, `Lengths`) and its symbols. `input` hands out bits, `code` decodes symbols.

mod code;
mod input;
#[cfg(test)]
mod tests;

use core::slice;

use code::Code;
use input::{Bits, Input, Stop};

/// Validates a DEFLATE stream without storing it, and checks how far back it refers (RFC 7692, section
/// 7.1.2).
///
/// It keeps codes and counts, but no history. It accepts the streams that zlib accepts, apart from references
/// beyond the window, of which zlib finds only some.
#[derive(Clone, Debug)]
pub(crate) struct Distances {
    window: u16,
    /// How far back the stream may refer now, in bytes.
    reach: u16,
    bits: Bits,
    next: Next,
    /// Whether the current block has the BFINAL bit.
    is_final: bool,
    /// The codes of the current block or an earlier one.
    codes: Codes,
}

/// Why a stream is invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unacceptable {
    /// It is not DEFLATE (RFC 1951).
    Malformed,
    /// A reference goes beyond the window, or before the start of the history.
    TooFar,
}

impl Distances {
    /// Creates a check at the start of a stream, for a window of `1 << window_bits` bytes, at most 32 KiB.
    pub(crate) fn new(window_bits: u8) -> Self {
        Self {
            window: 1 << window_bits.min(15),
            reach: 0,
            bits: Bits::default(),
            next: Next::Header,
            is_final: false,
            codes: Codes::new(),
        }
    }

    /// Validates the next bytes of the stream.
    ///
    /// # Errors
    ///
    /// Returns an error at the byte that completes something invalid, wherever the stream is cut. Every
    /// later call returns the same error.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<(), Unacceptable> {
        let mut input = Input { bits: self.bits, bytes };
        loop {
            // There are enough bits for any step then, unless no bytes are left.
            input.refill();
            self.bits = input.bits;
            match self.step(&mut input) {
                Ok(()) => {}
                Err(Stop::Starved) => return Ok(()),
                Err(Stop::Unacceptable(error)) => {
                    self.next = Next::Nothing(error);
                    return Err(error);
                }
            }
        }
    }

    /// Validates the next bytes of the stream, and returns how many of them are valid.
    ///
    /// If not all are, the check must not be used afterwards.
    pub(crate) fn accept(&mut self, bytes: &[u8]) -> usize {
        let mut replay = self.clone();
        match self.push(bytes) {
            Ok(()) => bytes.len(),
            Err(_) => bytes.iter().take_while(|&&byte| replay.push(&[byte]).is_ok()).count(),
        }
    }

    /// Starts another stream, which may refer to `reach` bytes of history.
    pub(crate) fn restart(&mut self, window_bits: u8, reach: usize) {
        self.window = 1 << window_bits.min(15);
        self.reach = u16::try_from(reach).map_or(self.window, |reach| reach.min(self.window));
        self.bits = Bits::default();
        self.next = Next::Header;
    }

    /// Returns whether a block and its last byte have ended.
    #[cfg(test)]
    pub(crate) fn is_at_border(&self) -> bool {
        matches!(self.next, Next::Header) && self.bits.len == 0
    }

    /// Decodes the next element. If the bits do not suffice, `bits` keeps those that were not consumed.
    fn step(&mut self, input: &mut Input<'_>) -> Result<(), Stop> {
        match &mut self.next {
            Next::Symbols => self.pass_symbols(input)?,
            Next::Header => self.begin_block(input)?,
            &mut Next::Stored { left } => self.pass_stored(left, input)?,
            Next::LengthCode(start) => {
                if start.gather(input)? {
                    self.next = Next::Lengths(Lengths::new(start)?);
                }
            }
            Next::Lengths(lengths) => {
                if lengths.gather(input)? {
                    self.codes.become_dynamic(lengths)?;
                    self.next = Next::Symbols;
                }
            }
            &mut Next::Nothing(error) => return Err(Stop::Unacceptable(error)),
        }
        Ok(())
    }

    /// Decodes whether the block is the last, and how it is compressed (RFC 1951, section 3.2.3).
    fn begin_block(&mut self, input: &mut Input<'_>) -> Result<(), Stop> {
        let is_final = input.take(1)? != 0;
        self.next = match input.take(2)? {
            0 => Next::Stored { left: stored_len(input)? },
            1 => {
                self.codes.become_fixed()?;
                Next::Symbols
            }
            2 => Next::LengthCode(LengthCode::new(input)?),
            _ => return Err(MALFORMED),
        };
        self.is_final = is_final;
        Ok(())
    }

    fn end_block(&mut self, input: &mut Input<'_>) {
        // RFC 7692, section 7.2.3.4: another block starts with the byte after the last block.
        if self.is_final {
            input.align();
        }
        self.next = Next::Header;
    }

    fn pass_stored(&mut self, left: u16, input: &mut Input<'_>) -> Result<(), Stop> {
        let len = input.skip(left);
        self.produce(len);
        match left - len {
            0 => self.end_block(input),
            _ if len == 0 => return Err(Stop::Starved),
            left => self.next = Next::Stored { left },
        }
        Ok(())
    }

    /// Decodes literals and references up to the end of the block (RFC 1951, section 3.2.5).
    #[inline]
    fn pass_symbols(&mut self, input: &mut Input<'_>) -> Result<(), Stop> {
        loop {
            match self.codes.literals.decode(input)? {
                ..END_OF_BLOCK => self.produce(1),
                END_OF_BLOCK => {
                    self.end_block(input);
                    return Ok(());
                }
                symbol => {
                    let len = LENGTHS.decode(symbol - END_OF_BLOCK - 1, input)?;
                    let symbol = self.codes.distances.decode(input)?;
                    let distance = DISTANCES.decode(symbol, input)?;
                    // RFC 7692, section 7.1.2: no reference goes beyond the negotiated window.
                    if distance > self.reach {
                        return Err(Stop::Unacceptable(Unacceptable::TooFar));
                    }
                    self.produce(len);
                }
            }
            // Fewer bits may not suffice for a symbol. It is then decoded again from here.
            if input.bits.len < MAX_BITS {
                input.refill();
                self.bits = input.bits;
            }
        }
    }

    fn produce(&mut self, len: u16) {
        self.reach = self.reach.saturating_add(len).min(self.window);
    }
}

/// The next element of the stream.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "the check is boxed as a whole")]
enum Next {
    Header,
    Stored { left: u16 },
    LengthCode(LengthCode),
    Lengths(Lengths),
    Symbols,
    Nothing(Unacceptable),
}

/// Decodes a length, which is repeated with its bits inverted (RFC 1951, section 3.2.4).
fn stored_len(input: &mut Input<'_>) -> Result<u16, Stop> {
    input.align();
    let len = input.take(16)?;
    if input.take(16)? != !len {
        return Err(MALFORMED);
    }
    Ok(len)
}

/// The start of a dynamic block: the code of its code lengths (RFC 1951, section 3.2.7).
#[derive(Clone, Debug)]
struct LengthCode {
    /// The number of lengths for literals, and of all lengths.
    literals: usize,
    total: usize,
    /// The symbols whose lengths are not decoded yet.
    symbols: slice::Iter<'static, u8>,
    lengths: [u8; 19],
}

impl LengthCode {
    fn new(input: &mut Input<'_>) -> Result<Self, Stop> {
        let literals = 257 + usize::from(input.take(5)?);
        let distances = 1 + usize::from(input.take(5)?);
        let len = 4 + usize::from(input.take(4)?);
        // RFC 1951, section 3.2.6: more symbols never occur.
        if literals > MAX_LITERALS || distances > MAX_DISTANCES {
            return Err(MALFORMED);
        }
        let symbols = LENGTH_SYMBOLS[..len].iter();
        Ok(Self { literals, total: literals + distances, symbols, lengths: [0; 19] })
    }

    /// Decodes one length, and returns whether it was the last.
    fn gather(&mut self, input: &mut Input<'_>) -> Result<bool, Stop> {
        let length = input.take(3)?;
        if let Some(&symbol) = self.symbols.next() {
            self.lengths[usize::from(symbol)] = (length & 7) as u8;
        }
        Ok(self.symbols.as_slice().is_empty())
    }
}

/// The lengths of the codes of a dynamic block (RFC 1951, section 3.2.7).
#[derive(Clone, Debug)]
struct Lengths {
    code: Code<19, 128>,
    literals: usize,
    total: usize,
    /// How many lengths are decoded.
    len: usize,
    lengths: [u8; MAX_LITERALS + MAX_DISTANCES],
}

impl Lengths {
    fn new(start: &LengthCode) -> Result<Self, Stop> {
        let &LengthCode { literals, total, ref lengths, .. } = start;
        let mut code = Code::new();
        code.assign(lengths)?;
        // As in zlib: only the codes of literals and distances may have a single symbol.
        if code.vacancy()? > 0 {
            return Err(MALFORMED);
        }
        Ok(Self { code, literals, total, len: 0, lengths: [0; _] })
    }

    /// Decodes one length, which may be repeated, and returns whether it was the last.
    fn gather(&mut self, input: &mut Input<'_>) -> Result<bool, Stop> {
        let (length, times) = match self.code.decode(input)? {
            16 => (*self.lengths[..self.len].last().ok_or(MALFORMED)?, 3 + input.take(2)?),
            17 => (0, 3 + input.take(3)?),
            18 => (0, 11 + input.take(7)?),
            length => ((length & 15) as u8, 1),
        };
        let len = self.len + usize::from(times);
        let lengths = &mut self.lengths[..self.total];
        lengths.get_mut(self.len..len).ok_or(MALFORMED)?.fill(length);
        self.len = len;
        Ok(len == self.total)
    }
}

/// The codes of the symbols in a block.
#[derive(Clone, Debug)]
struct Codes {
    literals: Code<288, 1024>,
    distances: Code<32, 256>,
    is_fixed: bool,
}

impl Codes {
    const fn new() -> Self {
        Self { literals: Code::new(), distances: Code::new(), is_fixed: false }
    }

    /// Assigns the codes of a block with fixed codes (RFC 1951, section 3.2.6).
    fn become_fixed(&mut self) -> Result<(), Stop> {
        if !self.is_fixed {
            let mut literals = [8; 288];
            literals[144..256].fill(9);
            literals[256..280].fill(7);
            self.literals.assign(&literals)?;
            self.distances.assign(&[5; 32])?;
            self.is_fixed = true;
        }
        Ok(())
    }

    /// Assigns the codes of a block with dynamic codes (RFC 1951, section 3.2.7).
    fn become_dynamic(&mut self, lengths: &Lengths) -> Result<(), Stop> {
        let (literals, distances) = lengths.lengths[..lengths.total].split_at(lengths.literals);
        // As in zlib: it must be possible for the block to end.
        if literals[usize::from(END_OF_BLOCK)] == 0 {
            return Err(MALFORMED);
        }
        self.is_fixed = false;
        self.literals.assign(literals)?;
        self.distances.assign(distances)
    }
}

/// The values of symbols: a base each, to which the bits after the symbol are added (RFC 1951, section
/// 3.2.5).
struct Values<const SYMBOLS: usize> {
    bases: [u16; SYMBOLS],
    bits: [u8; SYMBOLS],
}

impl<const SYMBOLS: usize> Values<SYMBOLS> {
    #[inline]
    fn decode(&self, symbol: u16, input: &mut Input<'_>) -> Result<u16, Stop> {
        let symbol = usize::from(symbol);
        match (self.bases.get(symbol), self.bits.get(symbol)) {
            (Some(base), Some(&bits)) => Ok(base + input.take(u16::from(bits))?),
            _ => Err(MALFORMED),
        }
    }
}

/// Maximum number of bits of a step: a length and a distance, each with a code and additional bits.
const MAX_BITS: u16 = 15 + 5 + 15 + 13;

const MALFORMED: Stop = Stop::Unacceptable(Unacceptable::Malformed);
const MAX_LITERALS: usize = 286;
const MAX_DISTANCES: usize = 30;
const END_OF_BLOCK: u16 = 256;

/// The order of the lengths in the code of code lengths.
const LENGTH_SYMBOLS: [u8; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

const LENGTHS: Values<29> = Values {
    bases: [
        3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115,
        131, 163, 195, 227, 258,
    ],
    bits: [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0],
};

const DISTANCES: Values<30> = Values {
    bases: [
        1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537,
        2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577,
    ],
    bits: [
        0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12,
        13, 13,
    ],
};
