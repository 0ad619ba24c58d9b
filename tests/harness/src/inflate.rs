/// What came of a stream of blocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inflated {
    /// What the blocks stand for, as far as they go.
    pub bytes: Vec<u8>,
    /// How far back the farthest reference goes that is valid.
    pub farthest: usize,
    /// What is at the end.
    pub end: End,
}

/// Where a stream of blocks ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Between two blocks, and between two bytes.
    Border,
    /// Behind a block that was marked as the last.
    Final,
    /// Elsewhere: there is more to come.
    Cut,
    /// Elsewhere, but whatever comes is invalid, although zlib waits for it.
    Doomed,
    /// At what is not DEFLATE.
    Invalid,
    /// Beyond the bytes that were wanted.
    Enough,
}

/// Inflates by RFC 1951, bit by bit, without any cleverness: the blocks of a message, or several
/// streams of them, which may all refer to `history`. Stops beyond `most` bytes.
///
/// It shares no code with the inflater, which it is to be compared with.
pub fn inflate(history: &[u8], stream: &[u8], most: usize) -> Inflated {
    inflate_within(1 << 15, history, stream, most)
}

/// As [`inflate`], when nothing may be farther back than `window`.
pub fn inflate_within(window: usize, history: &[u8], stream: &[u8], most: usize) -> Inflated {
    let mut blocks = Blocks {
        window,
        stream,
        at: 0,
        bytes: history.to_vec(),
        most: history.len().saturating_add(most),
        farthest: 0,
    };
    let end = loop {
        if let Err(end) = blocks.block() {
            break end;
        }
    };
    let Blocks { mut bytes, farthest, .. } = blocks;
    bytes.drain(..history.len());
    Inflated { bytes, farthest, end }
}

struct Blocks<'s> {
    window: usize,
    stream: &'s [u8],
    /// The next bit.
    at: usize,
    /// With the history.
    bytes: Vec<u8>,
    most: usize,
    farthest: usize,
}

impl Blocks<'_> {
    /// Section 3.2.3.
    fn block(&mut self) -> Result<(), End> {
        if self.at == 8 * self.stream.len() {
            return Err(End::Border);
        }
        let header = self.bits(3)?;
        match header >> 1 {
            0 => self.stored()?,
            1 => self.symbols(&fixed_codes())?,
            2 => {
                let codes = self.dynamic_codes()?;
                self.symbols(&codes)?;
            }
            _ => return Err(End::Invalid),
        }
        if header & 1 == 1 {
            self.align();
            if self.at == 8 * self.stream.len() {
                return Err(End::Final);
            }
        }
        Ok(())
    }

    /// Section 3.2.4.
    fn stored(&mut self) -> Result<(), End> {
        self.align();
        let len = self.bits(32)?;
        if len & 0xffff != !(len >> 16) & 0xffff {
            return Err(End::Invalid);
        }
        for _ in 0..len & 0xffff {
            let byte = *self.stream.get(self.at / 8).ok_or(End::Cut)?;
            self.at += 8;
            self.push(byte)?;
        }
        Ok(())
    }

    /// Section 3.2.7. What is wrong with a code is what zlib finds wrong with it.
    fn dynamic_codes(&mut self) -> Result<[Code; 2], End> {
        const ORDER: [usize; 19] =
            [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
        let counts = self.bits(14)?;
        let literal_count = (counts & 31) + 257;
        let distance_count = (counts >> 5 & 31) + 1;
        if literal_count > 286 || distance_count > 30 {
            return Err(End::Invalid);
        }
        let (literal_count, distance_count) = (literal_count as usize, distance_count as usize);
        let mut lens = [0; 19];
        for &symbol in &ORDER[..(counts >> 10) as usize + 4] {
            lens[symbol] = self.bits(3)?;
        }
        let code = Code::new(&lens);
        if code.left < 0 || code.left > 0 && code.longest > 0 {
            return Err(End::Invalid);
        }
        let mut lens = Vec::new();
        while lens.len() < literal_count + distance_count {
            // Of a code for lengths that has no symbols, zlib takes each bit for a 0.
            let symbol = match code.longest {
                0 => self.bits(1).map(|_| 0).map_err(|_| End::Doomed)?,
                _ => self.symbol(&code)?,
            };
            let (len, count) = match symbol {
                16 => {
                    let count = 3 + self.bits(2)?;
                    (*lens.last().ok_or(End::Invalid)?, count)
                }
                17 => (0, 3 + self.bits(3)?),
                18 => (0, 11 + self.bits(7)?),
                len => (len, 1),
            };
            lens.resize(lens.len() + count as usize, len);
        }
        if lens.len() > literal_count + distance_count || lens[256] == 0 {
            return Err(End::Invalid);
        }
        let codes = [Code::new(&lens[..literal_count]), Code::new(&lens[literal_count..])];
        match codes.iter().all(|code| code.left == 0 || code.left > 0 && code.longest <= 1) {
            true => Ok(codes),
            false => Err(End::Invalid),
        }
    }

    /// Section 3.2.5.
    fn symbols(&mut self, [literals, distances]: &[Code; 2]) -> Result<(), End> {
        loop {
            let symbol = self.symbol(literals)?;
            if let Ok(byte) = u8::try_from(symbol) {
                self.push(byte)?;
                continue;
            }
            let len = match symbol {
                256 => return Ok(()),
                symbol @ 257..265 => symbol - 254,
                symbol @ 265..285 => self.based(symbol - 261, 4, 3)?,
                285 => 258,
                _ => return Err(End::Invalid),
            };
            let distance = match self.symbol(distances)? {
                symbol @ ..4 => symbol + 1,
                symbol @ 4..30 => self.based(symbol - 2, 2, 1)?,
                _ => return Err(End::Invalid),
            } as usize;
            if distance > self.bytes.len().min(self.window) {
                return Err(End::Invalid);
            }
            self.farthest = self.farthest.max(distance);
            for _ in 0..len {
                self.push(self.bytes[self.bytes.len() - distance])?;
            }
        }
    }

    /// A number whose upper bits are in the symbol, and whose lower ones follow it.
    fn based(&mut self, symbol: u32, steps: u32, start: u32) -> Result<u32, End> {
        let extra = symbol / steps;
        let base = (steps + symbol % steps) << extra;
        Ok(base + self.bits(extra)? + start)
    }

    fn symbol(&mut self, code: &Code) -> Result<u32, End> {
        let (mut number, mut first, mut index) = (0, 0, 0);
        for (len, &count) in code.counts.iter().enumerate().skip(1) {
            number |= self.bits(1)?;
            if number < first + count {
                return Ok(code.symbols[(index + number - first) as usize]);
            }
            if len >= code.longest {
                break;
            }
            index += count;
            first = (first + count) << 1;
            number <<= 1;
        }
        Err(End::Invalid)
    }

    fn bits(&mut self, count: u32) -> Result<u32, End> {
        if self.at + count as usize > 8 * self.stream.len() {
            return Err(End::Cut);
        }
        let mut bits = 0;
        for place in 0..count {
            bits |= u32::from(self.stream[self.at / 8] >> (self.at % 8) & 1) << place;
            self.at += 1;
        }
        Ok(bits)
    }

    fn align(&mut self) {
        self.at = self.at.next_multiple_of(8);
    }

    fn push(&mut self, byte: u8) -> Result<(), End> {
        if self.bytes.len() >= self.most {
            return Err(End::Enough);
        }
        self.bytes.push(byte);
        Ok(())
    }
}

/// Section 3.2.2.
struct Code {
    /// How many symbols have a code of each length.
    counts: [u32; 16],
    /// In the order of their codes.
    symbols: Vec<u32>,
    longest: usize,
    /// How many codes of 15 bits are left unused.
    left: i32,
}

impl Code {
    fn new(lens: &[u32]) -> Self {
        let mut counts = [0; 16];
        let mut symbols = Vec::new();
        let mut left = 1 << 15;
        for len in 1..16 {
            for (symbol, _) in (0..).zip(lens).filter(|(_, other)| **other == len) {
                counts[len as usize] += 1;
                left -= 1 << (15 - len);
                symbols.push(symbol);
            }
        }
        let longest = counts.iter().rposition(|&count| count > 0).unwrap_or(0);
        Self { counts, symbols, longest, left }
    }
}

/// Section 3.2.6.
fn fixed_codes() -> [Code; 2] {
    let literals = (0..288).map(|symbol| match symbol {
        ..144 => 8,
        144..256 => 9,
        256..280 => 7,
        _ => 8,
    });
    [Code::new(&literals.collect::<Vec<_>>()), Code::new(&[5; 32])]
}
