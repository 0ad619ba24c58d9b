//! Huffman codes.

use super::MALFORMED;
use super::input::{Input, Stop};

/// A Huffman code (RFC 1951, section 3.2.2).
#[derive(Clone, Debug)]
pub(super) struct Code<const SYMBOLS: usize, const ENTRIES: usize> {
    /// The number of symbols with codes of each length.
    counts: [u16; MAX_LENGTH + 1],
    /// The symbols in the order of their codes.
    symbols: [u16; SYMBOLS],
    /// Indexed by the next bits: a symbol, and in the lowest four bits the length of its code.
    table: [u16; ENTRIES],
}

impl<const SYMBOLS: usize, const ENTRIES: usize> Code<SYMBOLS, ENTRIES> {
    /// Creates a code without symbols.
    pub(super) const fn new() -> Self {
        Self { counts: [0; _], symbols: [0; _], table: [NO_SYMBOL; _] }
    }

    /// Assigns codes of these lengths to the symbols from 0 on. Length 0 means no code.
    pub(super) fn assign(&mut self, lengths: &[u8]) -> Result<(), Stop> {
        self.counts = [0; _];
        for &length in lengths.iter().filter(|&&length| length > 0) {
            self.counts[usize::from(length)] += 1;
        }
        let default = match self.vacancy()? {
            0 => LONG,
            // RFC 1951, section 3.2.7: a single symbol has a code of one bit. No other code is incomplete.
            _ if self.counts[2..].iter().all(|&count| count == 0) => NO_SYMBOL,
            _ => return Err(MALFORMED),
        };
        self.sort(lengths);
        self.tabulate(default);
        Ok(())
    }

    /// Returns how many more codes of the greatest length there could be.
    pub(super) fn vacancy(&self) -> Result<u16, Stop> {
        self.counts[1..]
            .iter()
            .try_fold(1, |vacancy: u16, &count| (2 * vacancy).checked_sub(count).ok_or(MALFORMED))
    }

    #[inline]
    pub(super) fn decode(&self, input: &mut Input<'_>) -> Result<u16, Stop> {
        let ahead = input.peek();
        let entry = match self.table[usize::from(ahead) % ENTRIES] {
            LONG => self.find(ahead),
            entry => entry,
        };
        input.take(entry & 15)?;
        Ok(entry >> 4)
    }

    fn sort(&mut self, lengths: &[u8]) {
        let mut places = [0; MAX_LENGTH + 2];
        for (length, count) in self.counts.iter().enumerate() {
            places[length + 1] = places[length] + count;
        }
        for (symbol, &length) in (0..).zip(lengths).filter(|&(_, &length)| length > 0) {
            let place = &mut places[usize::from(length)];
            self.symbols[usize::from(*place)] = symbol;
            *place += 1;
        }
    }

    fn tabulate(&mut self, default: u16) {
        let mut symbols = self.symbols.iter();
        let mut code = 0_u16;
        self.table[0] = default;
        for (length, &count) in (1_u16..).zip(&self.counts[1..=ENTRIES.ilog2() as usize]) {
            // Shorter codes leave the next bit open.
            let half = 1 << (length - 1);
            self.table.copy_within(..half, half);
            for &symbol in symbols.by_ref().take(count.into()) {
                let at = code.reverse_bits() >> (16 - length);
                self.table[usize::from(at)] = symbol << 4 | length;
                code += 1;
            }
            code <<= 1;
        }
    }

    /// Finds a symbol whose code is too long for the table.
    #[cold]
    fn find(&self, ahead: u16) -> u16 {
        let ahead = ahead.reverse_bits();
        // The first code of a length, and the place of its symbol.
        let (mut first, mut place) = (0, 0);
        for (length, &count) in (1_u16..).zip(&self.counts[1..]) {
            let code = ahead >> (16 - length);
            if code < first + count {
                return self.symbols[usize::from(place + code - first)] << 4 | length;
            }
            place += count;
            first = (first + count) << 1;
        }
        NO_SYMBOL
    }
}

const MAX_LENGTH: usize = 15;

/// The entry of codes that are too long for the table.
const LONG: u16 = 0;

/// The entry of bits that are no code: a symbol that no alphabet has. As in zlib, it consumes one bit.
const NO_SYMBOL: u16 = 0xfff << 4 | 1;
