//! Tests of the check of distances, against zlib-rs and a simple decoder.

#![expect(clippy::cast_possible_truncation, reason = "what is wrong here fails a test")]

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::vec;
use alloc::vec::Vec;
use core::array;
use core::ops::RangeInclusive;

use proptest::collection::vec as vec_of;
use proptest::prelude::*;
use proptest::sample::Index;
use zlib_rs::{
    Deflate, DeflateConfig, DeflateFlush, Inflate, InflateFlush, Method, Status,
    Strategy as Matching,
};

use super::{Distances, Unacceptable};

/// Whether the stream ends where a block and a byte end, or the position and kind of the error.
type Verdict = Result<bool, (usize, Unacceptable)>;

const HELLO: [u8; 7] = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
/// A reference to "Hello" in the message before.
const HELLO_AGAIN: [u8; 5] = [0xf2, 0x00, 0x11, 0x00, 0x00];
const TAIL: [u8; 4] = [0x00, 0x00, 0xff, 0xff];

/// D-11, D-12, D-16 to D-20.
#[test]
fn whole_messages_end_at_a_border() {
    for stream in [
        [&[0x00][..], &TAIL].concat(),
        [&[0x02, 0x00][..], &TAIL].concat(),
        [&HELLO[..], &TAIL, &HELLO_AGAIN, &TAIL].concat(),
        [&[0x00, 0x05, 0x00, 0xfa, 0xff][..], b"Hello\0", &TAIL].concat(),
        [
            &[0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00][..],
            &TAIL,
        ]
        .concat(),
        [&[0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00][..], &TAIL, &HELLO_AGAIN, &TAIL]
            .concat(),
        [&[0xf3, 0x48, 0x05, 0x00, 0xca, 0xc9, 0xc9, 0x07, 0x00][..], &TAIL].concat(),
    ] {
        assert_eq!(check(8, &stream), Ok(true), "{stream:02x?}");
    }
}

/// D-21: the byte after the last block may be missing.
#[test]
fn the_end_of_a_last_block_is_a_border() {
    assert_eq!(check(8, &[0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00]), Ok(true));
}

/// D-25.
#[test]
fn a_message_that_was_cut_off_does_not_end_at_a_border() {
    assert_eq!(check(8, &[&HELLO[..4], &TAIL].concat()), Ok(false));
    assert_eq!(check(8, &HELLO), Ok(false));
    assert_eq!(check(8, &[&HELLO[..], &TAIL[..3]].concat()), Ok(false));
}

/// D-22 to D-24.
#[test]
fn what_is_not_deflate_is_malformed() {
    let trailer = [&[0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00][..], b"GARB"].concat();
    assert_eq!(check(8, &trailer), Err((7, Unacceptable::Malformed)));
    assert_eq!(check(8, &[0x07]), Err((0, Unacceptable::Malformed)));
    let stored = [0x00, 0x05, 0x00, 0xff, 0xff, 0x48];
    assert_eq!(check(8, &stored), Err((4, Unacceptable::Malformed)));
    let wrapped = [&[0x78, 0x9c][..], &HELLO].concat();
    assert_eq!(check(8, &wrapped), Err((4, Unacceptable::Malformed)));
}

/// D-14, D-23.
#[test]
fn a_distance_beyond_what_has_been_produced_is_too_far() {
    assert_eq!(check(15, &HELLO_AGAIN), Err((2, Unacceptable::TooFar)));

    let mut distances = Distances::new(15);
    assert_eq!(distances.push(&[&HELLO[..], &TAIL].concat()), Ok(()));
    assert!(distances.is_at_border());
    distances.restart(15, 0);
    assert!(distances.is_at_border());
    assert_eq!(distances.push(&HELLO_AGAIN), Err(Unacceptable::TooFar));
}

/// D-31: each window is enforced, to the byte.
#[test]
fn a_distance_beyond_the_window_is_too_far() {
    for window_bits in 8..15 {
        let window = 1 << window_bits;
        for distance in [1, window - 1, window] {
            let stream = refer_back(2 * window, distance);
            assert!(check(window_bits, &stream).is_ok(), "{window} {distance}");
        }
        for distance in [window + 1, 2 * window] {
            let stream = refer_back(2 * window, distance);
            let verdict = check(window_bits, &stream);
            assert_eq!(
                verdict,
                Err((stream.len() - 1, Unacceptable::TooFar)),
                "{window} {distance}"
            );
        }
    }
}

/// A length and a distance of 48 bits, after any number of others.
#[test]
fn the_longest_references_are_taken_whatever_comes_before_them() {
    // Each code is a bit longer than the one before it, up to the last two.
    let lengths_with = |last: [usize; 2]| {
        let mut lengths = vec![0; last[1] + 1];
        (0..14).for_each(|symbol| lengths[symbol] = symbol as u8 + 1);
        last.into_iter().for_each(|symbol| lengths[symbol] = 15);
        lengths
    };
    let [literals, distances] = [[256, 284], [28, 29]].map(lengths_with);
    let mut writer = Writer::default();
    writer.stored(&noise(30_000));
    let lengths: Vec<_> = literals.iter().chain(&distances).map(|&length| (length, 0)).collect();
    writer.dynamic(literals.len(), distances.len(), &lengths);
    let [literals, distances] = [literals, distances].map(|lengths| code(&lengths).unwrap());
    for before in 0..64 {
        (0..before).for_each(|_| writer.symbol(&literals, 0));
        writer.symbol(&literals, 284);
        writer.number(30, 5);
        writer.symbol(&distances, 29);
        writer.number(0, 13);
    }
    writer.symbol(&literals, 256);
    writer.stored(b"");
    assert_eq!(check(15, &writer.finish()), Ok(true));
}

#[test]
fn a_check_takes_no_more_than_a_page() {
    assert!(size_of::<Distances>() <= 4096);
}

#[test]
fn an_error_is_final() {
    let mut distances = Distances::new(15);
    assert_eq!(distances.push(&HELLO_AGAIN), Err(Unacceptable::TooFar));
    assert_eq!(distances.push(&HELLO), Err(Unacceptable::TooFar));
}

#[test]
fn the_codes_of_a_dynamic_block_are_checked_as_by_zlib() {
    let end = &literals(&[(256, 1)])[..];
    let length = &literals(&[(256, 1), (257, 1)])[..];
    for (literals, distances, symbols, is_fine) in [
        // A single symbol may have a code of one bit. The other bit is invalid then.
        (end, &[0][..], "0", true),
        (end, &[0], "1", false),
        (length, &[1], "100", true),
        (length, &[1], "11", false),
        (length, &[0, 0, 1], "100", true),
        // A block without references needs no distances.
        (length, &[0], "0", true),
        (length, &[0], "10", false),
        (length, &[0], "11", false),
        // A code must be complete, and not have too many symbols.
        (length, &[1, 1, 1], "", false),
        (length, &[2], "", false),
        (length, &[1, 2], "", false),
        (length, &[1, 15, 15], "", false),
        (&literals(&[(256, 2)]), &[0], "", false),
        (&literals(&[(0, 1), (256, 2)]), &[0], "", false),
        (&literals(&[(0, 1), (1, 1), (256, 1)]), &[0], "", false),
        // A block can end.
        (&literals(&[(0, 1), (1, 1)]), &[0], "", false),
        (&literals(&[(0, 1)]), &[0], "", false),
        // There are at most 286 literals and lengths, and 30 distances.
        (&literals(&[(256, 1), (285, 1)]), &[1, 1], "0", true),
        (&literals(&[(256, 1), (286, 1)]), &[1, 1], "0", false),
        (end, &[&[1; 2][..], &[0; 28]].concat(), "0", true),
        (end, &[&[1; 2][..], &[0; 29]].concat(), "0", false),
    ] {
        let lengths = [literals, distances].concat();
        let lengths: Vec<_> = lengths.iter().map(|&length| (length, 0)).collect();
        let mut writer = Writer::default();
        writer.stored(b"abc");
        writer.dynamic(literals.len(), distances.len(), &lengths);
        writer.bits(symbols);
        let verdict = check_as_zlib(&writer.finish());
        assert_eq!(verdict.is_ok(), is_fine, "{literals:?} {distances:?} {symbols}: {verdict:?}");
    }
}

#[test]
fn repeated_lengths_are_checked_as_by_zlib() {
    for (distances, lengths, is_fine) in [
        (1, &[(18, 127), (18, 107), (1, 0), (1, 0)][..], true),
        (1, &[(17, 7), (18, 127), (18, 97), (1, 0), (1, 0)], true),
        (1, &[(18, 127), (18, 104), (2, 0), (16, 0), (0, 0)], true),
        // Lengths of literals and of distances are one sequence.
        (2, &[(18, 127), (18, 106), (1, 0), (16, 0)], true),
        // There is no length to repeat.
        (1, &[(16, 0)], false),
        // A repetition goes beyond the last length.
        (1, &[(18, 127), (18, 106), (1, 0), (16, 0)], false),
        (2, &[(18, 127), (18, 107), (1, 0), (17, 0)], false),
        (9, &[(18, 127), (18, 127)], false),
    ] {
        let mut writer = Writer::default();
        writer.dynamic(257, distances, lengths);
        let verdict = check_as_zlib(&writer.finish());
        assert_eq!(verdict.is_ok(), is_fine, "{lengths:?}: {verdict:?}");
    }
}

#[test]
fn the_code_for_lengths_is_checked_as_by_zlib() {
    for (sizes, is_fine) in [
        ([1, 1, 0, 0], true),
        ([2, 2, 2, 2], true),
        ([0, 0, 0, 0], false),
        ([1, 0, 0, 0], false),
        ([2, 2, 2, 0], false),
        ([1, 1, 1, 0], false),
    ] {
        let mut writer = Writer::default();
        writer.bits("001");
        writer.number(0, 5 + 5 + 4);
        sizes.iter().for_each(|&size| writer.number(size, 3));
        writer.bits("1");
        let verdict = check_as_zlib(&writer.finish());
        assert_eq!(verdict.is_ok(), is_fine, "{sizes:?}: {verdict:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(60) })]

    /// D-31, D-33, D-40: zlib leaves 262 bytes of its window unused, so its output for 9 bits is valid for a
    /// window of 8.
    #[test]
    fn what_zlib_compresses_keeps_within_its_window(
        window_bits in 9_u8..=15,
        config in config(),
        stretches in stretches(),
    ) {
        let stream = compress(window_bits, config, &stretches);
        check_in_cuts(window_bits, &stream, Ok(true));
        if window_bits == 9 {
            check_in_cuts(8, &stream, Ok(true));
        }
        prop_assert!(Decoded::new(&stream).farthest() <= (1 << window_bits) - 262);
    }

    /// D-31.
    #[test]
    fn what_was_compressed_for_a_greater_window_is_checked_as_by_the_reference(
        window_bits in 8_u8..=15,
        config in config(),
        stretches in stretches(),
    ) {
        let _ = check(window_bits, &compress(15, config, &stretches));
    }

    #[test]
    fn damaged_streams_are_checked_as_by_zlib(
        window_bits in 8_u8..=15,
        config in config(),
        stretches in stretches(),
        damage in vec_of((any::<Index>(), 0..8), 1..4),
    ) {
        let mut stream = compress(15, config, &stretches);
        for (at, bit) in damage {
            *at.get_mut(&mut stream) ^= 1_u8 << bit;
        }
        let _ = check(window_bits, &stream);
        let _ = check_as_zlib(&stream);
    }

    #[test]
    fn garbage_is_checked_as_by_zlib(
        window_bits in 8_u8..=15,
        garbage in vec_of(prop_oneof![any::<u8>(), 0..8_u8], 0..200),
    ) {
        let _ = check(window_bits, &garbage);
        let _ = check_as_zlib(&garbage);
    }

    /// Codes up to the greatest length. Some are invalid.
    #[test]
    fn symbols_in_any_code_are_checked_as_by_zlib(
        window_bits in 8_u8..=15,
        literals in lengths(257..=287),
        distances in lengths(1..=31),
        symbols in vec_of(any::<u8>(), 0..200),
    ) {
        let mut writer = Writer::default();
        writer.stored(&noise(5000));
        let lengths: Vec<_> = literals.iter().chain(&distances).map(|&length| (length, 0)).collect();
        writer.dynamic(literals.len(), distances.len(), &lengths);
        symbols.iter().for_each(|&byte| writer.number(byte.into(), 8));
        let stream = writer.finish();
        let _ = check(window_bits, &stream);
        let _ = check_as_zlib(&stream);
    }
}

/// Validates a stream, and expects the verdict of the reference.
fn check(window_bits: u8, stream: &[u8]) -> Verdict {
    let verdict = Decoded::new(stream).verdict(1 << window_bits);
    check_in_cuts(window_bits, stream, verdict);
    verdict
}

/// Expects this verdict for a stream that arrives whole, byte by byte and in other cuts.
fn check_in_cuts(window_bits: u8, stream: &[u8], verdict: Verdict) {
    let sizes = noise(1000).into_iter().map(|byte| usize::from(byte % 20)).collect();
    for sizes in [vec![stream.len().max(1)], vec![1], vec![2, 7], vec![9], sizes] {
        let mut distances = Distances::new(window_bits);
        let mut at = 0;
        for size in sizes.iter().cycle() {
            let end = stream.len().min(at + size);
            let expected = match verdict {
                Err((fault, error)) if fault < end => Err(error),
                _ => Ok(()),
            };
            assert_eq!(distances.push(&stream[at..end]), expected, "{sizes:?} {at}");
            at = end;
            if at == stream.len() || expected.is_err() {
                break;
            }
        }
        if let Ok(is_at_border) = verdict {
            assert_eq!(distances.is_at_border(), is_at_border, "{sizes:?}");
        }
    }
}

/// Validates a stream for the greatest window. Expects that zlib agrees and that its output is that of the
/// reference.
fn check_as_zlib(stream: &[u8]) -> Verdict {
    let decoded = Decoded::new(stream);
    check_in_cuts(15, stream, decoded.verdict);
    match decoded.verdict {
        Ok(_) => assert_eq!(inflate(stream), Some(decoded.output)),
        // Sometimes zlib reads more before it reports the error.
        Err(_) => assert_eq!(inflate(&[stream, &[0; 400]].concat()), None),
    }
    decoded.verdict
}

fn inflate(mut stream: &[u8]) -> Option<Vec<u8>> {
    let mut output = Vec::new();
    let mut buffer = vec![0; 1 << 16];
    let mut inflate = Inflate::new(false, 15);
    loop {
        let (before_in, before_out) = (inflate.total_in(), inflate.total_out());
        let status = inflate.decompress(stream, &mut buffer, InflateFlush::NoFlush).ok()?;
        let used = (inflate.total_in() - before_in) as usize;
        let produced = (inflate.total_out() - before_out) as usize;
        stream = &stream[used..];
        output.extend(&buffer[..produced]);
        if status == Status::StreamEnd {
            inflate = Inflate::new(false, 15);
            inflate.set_dictionary(last(&output, 1 << 15)).unwrap();
        } else if used == 0 && produced == 0 {
            return Some(output);
        }
    }
}

/// A simple decoder without a window.
struct Decoded<'s> {
    stream: &'s [u8],
    /// The next bit.
    at: usize,
    output: Vec<u8>,
    /// The byte in which each reference ends, and its distance.
    references: Vec<(usize, usize)>,
    verdict: Verdict,
}

/// Symbols by the length of their code and by the code.
type Code = BTreeMap<(u8, u32), usize>;

/// `None` as error means that the stream is cut off.
type Decoding<T> = Result<T, Option<Unacceptable>>;

const MALFORMED: Option<Unacceptable> = Some(Unacceptable::Malformed);

impl<'s> Decoded<'s> {
    fn new(stream: &'s [u8]) -> Self {
        let mut decoded =
            Self { stream, at: 0, output: vec![], references: vec![], verdict: Ok(true) };
        loop {
            let start = decoded.at;
            if let Err(error) = decoded.block() {
                decoded.verdict = match error {
                    Some(error) => Err(((decoded.at - 1) / 8, error)),
                    None => Ok(start == 8 * stream.len()),
                };
                return decoded;
            }
        }
    }

    fn verdict(&self, window: usize) -> Verdict {
        match self.references.iter().find(|&&(_, distance)| distance > window) {
            Some(&(at, _)) => Err((at, Unacceptable::TooFar)),
            None => self.verdict,
        }
    }

    fn farthest(&self) -> usize {
        self.references.iter().map(|&(_, distance)| distance).max().unwrap_or(0)
    }

    fn block(&mut self) -> Decoding<()> {
        let is_final = self.number(1)? == 1;
        match self.number(2)? {
            0 => self.stored()?,
            1 => {
                let lengths = [vec![8; 144], vec![9; 112], vec![7; 24], vec![8; 8]].concat();
                self.symbols(&code(&lengths)?, &code(&[5; 32])?)?;
            }
            2 => {
                let (literals, distances) = self.codes()?;
                self.symbols(&literals, &distances)?;
            }
            _ => return Err(MALFORMED),
        }
        if is_final {
            self.at = self.at.next_multiple_of(8);
        }
        Ok(())
    }

    fn stored(&mut self) -> Decoding<()> {
        self.at = self.at.next_multiple_of(8);
        let len = self.number(16)?;
        if self.number(16)? != !len & 0xffff {
            return Err(MALFORMED);
        }
        for _ in 0..len {
            let byte = self.number(8)?;
            self.output.push(byte as u8);
        }
        Ok(())
    }

    fn codes(&mut self) -> Decoding<(Code, Code)> {
        let literals = self.number(5)? as usize + 257;
        let distances = self.number(5)? as usize + 1;
        let count = self.number(4)? as usize + 4;
        if literals > 286 || distances > 30 {
            return Err(MALFORMED);
        }
        let mut lengths = [0; 19];
        for &symbol in &ORDER[..count] {
            lengths[symbol] = self.number(3)? as u8;
        }
        if fullness(&lengths) != 1 << 15 {
            return Err(MALFORMED);
        }
        let code = code(&lengths)?;
        let mut lengths = vec![];
        while lengths.len() < literals + distances {
            let (length, times) = match self.symbol(&code)? {
                16 => (*lengths.last().ok_or(MALFORMED)?, self.number(2)? + 3),
                17 => (0, self.number(3)? + 3),
                18 => (0, self.number(7)? + 11),
                length => (length as u8, 1),
            };
            lengths.extend(vec![length; times as usize]);
        }
        if lengths.len() > literals + distances || lengths[256] == 0 {
            return Err(MALFORMED);
        }
        let (literals, distances) = lengths.split_at(literals);
        Ok((self::code(literals)?, self::code(distances)?))
    }

    fn symbols(&mut self, literals: &Code, distances: &Code) -> Decoding<()> {
        loop {
            match self.symbol(literals)? {
                literal @ ..256 => self.output.push(literal as u8),
                256 => return Ok(()),
                symbol => {
                    let (base, bits) = length_values().nth(symbol - 257).ok_or(MALFORMED)?;
                    let len = base + self.number(bits)? as usize;
                    let symbol = self.symbol(distances)?;
                    let (base, bits) = distance_values().nth(symbol).ok_or(MALFORMED)?;
                    let distance = base + self.number(bits)? as usize;
                    self.refer(distance, len)?;
                }
            }
        }
    }

    fn refer(&mut self, distance: usize, len: usize) -> Decoding<()> {
        let start = self.output.len().checked_sub(distance).ok_or(Some(Unacceptable::TooFar))?;
        self.references.push(((self.at - 1) / 8, distance));
        for at in start..start + len {
            self.output.push(self.output[at]);
        }
        Ok(())
    }

    fn symbol(&mut self, code: &Code) -> Decoding<usize> {
        let (mut length, mut bits) = (0, 0);
        loop {
            bits = bits << 1 | self.number(1)?;
            length += 1;
            if let Some(&symbol) = code.get(&(length, bits)) {
                return Ok(symbol);
            }
            if code.last_key_value().is_none_or(|(&(longest, _), _)| longest == length) {
                return Err(MALFORMED);
            }
        }
    }

    fn number(&mut self, bits: usize) -> Decoding<u32> {
        let mut number = 0;
        for place in 0..bits {
            let byte = self.stream.get(self.at / 8).ok_or(None)?;
            number |= u32::from(byte >> (self.at % 8) & 1) << place;
            self.at += 1;
        }
        Ok(number)
    }
}

/// RFC 1951, section 3.2.2.
fn code(lengths: &[u8]) -> Decoding<Code> {
    let is_single = lengths.iter().all(|&length| length <= 1);
    let fullness = fullness(lengths);
    if fullness > 1 << 15 || fullness < 1 << 15 && !is_single {
        return Err(MALFORMED);
    }
    let mut code = Code::new();
    let mut next = 0;
    for length in 1..=15 {
        for symbol in (0..lengths.len()).filter(|&symbol| lengths[symbol] == length) {
            code.insert((length, next), symbol);
            next += 1;
        }
        next <<= 1;
    }
    Ok(code)
}

fn fullness(lengths: &[u8]) -> u32 {
    lengths.iter().filter(|&&length| length > 0).map(|length| 1 << (15 - length)).sum()
}

fn length_values() -> impl Iterator<Item = (usize, usize)> {
    let bits = (0..28).map(|symbol: usize| (symbol / 4).saturating_sub(1));
    values(3, bits).chain([(258, 0)])
}

fn distance_values() -> impl Iterator<Item = (usize, usize)> {
    values(1, (0..30).map(|symbol: usize| (symbol / 2).saturating_sub(1)))
}

/// Each symbol starts with the value after the greatest one of the symbol before.
fn values(
    mut base: usize,
    bits: impl Iterator<Item = usize>,
) -> impl Iterator<Item = (usize, usize)> {
    bits.map(move |bits| {
        let value = (base, bits);
        base += 1 << bits;
        value
    })
}

/// Writes a stream bit by bit.
#[derive(Default)]
struct Writer {
    bits: Vec<bool>,
}

impl Writer {
    fn bits(&mut self, bits: &str) {
        self.bits.extend(bits.chars().map(|bit| bit == '1'));
    }

    fn number(&mut self, number: usize, bits: usize) {
        self.bits.extend((0..bits).map(|place| number >> place & 1 == 1));
    }

    fn stored(&mut self, bytes: &[u8]) {
        self.bits("000");
        self.bits.resize(self.bits.len().next_multiple_of(8), false);
        self.number(bytes.len(), 16);
        self.number(!bytes.len(), 16);
        bytes.iter().for_each(|&byte| self.number(byte.into(), 8));
    }

    /// Writes the start of a dynamic block, with the symbols of lengths and their additional bits.
    fn dynamic(&mut self, literals: usize, distances: usize, lengths: &[(u8, usize)]) {
        self.bits("001");
        self.number(literals - 257, 5);
        self.number(distances - 1, 5);
        self.number(19 - 4, 4);
        // A code with all symbols.
        let sizes: [u8; 19] = array::from_fn(|symbol| if symbol < 13 { 4 } else { 5 });
        ORDER.iter().for_each(|&symbol| self.number(sizes[symbol].into(), 3));
        let code = code(&sizes).unwrap();
        for &(symbol, bits) in lengths {
            self.symbol(&code, symbol.into());
            self.number(
                bits,
                match symbol {
                    16 => 2,
                    17 => 3,
                    18 => 7,
                    _ => 0,
                },
            );
        }
    }

    fn symbol(&mut self, code: &Code, symbol: usize) {
        let (&(length, code), _) = code.iter().find(|&(_, &other)| other == symbol).unwrap();
        (0..length).rev().for_each(|place| self.bits.push(code >> place & 1 == 1));
    }

    fn finish(self) -> Vec<u8> {
        let byte =
            |bits: &[bool]| bits.iter().rev().fold(0, |byte, &bit| byte << 1 | u8::from(bit));
        self.bits.chunks(8).map(byte).collect()
    }
}

/// Returns a stream that refers back after this many bytes.
fn refer_back(produced: usize, distance: usize) -> Vec<u8> {
    let mut writer = Writer::default();
    writer.stored(&noise(produced));
    // A fixed block, with a reference of three bytes.
    writer.bits("010");
    writer.bits("0000001");
    let values: Vec<_> = distance_values().collect();
    let symbol = values.iter().rposition(|&(base, _)| base <= distance).unwrap();
    let (base, bits) = values[symbol];
    writer.bits(&format!("{symbol:05b}"));
    writer.number(distance - base, bits);
    writer.finish()
}

/// Returns code lengths of literals or distances. Only the given ones have a code.
fn literals(used: &[(usize, u8)]) -> Vec<u8> {
    let last = used.iter().map(|&(symbol, _)| symbol).max().unwrap_or(0);
    let mut lengths = vec![0; 257.max(last + 1)];
    used.iter().for_each(|&(symbol, length)| lengths[symbol] = length);
    lengths
}

/// Generates code lengths that mostly make a complete code.
fn lengths(symbols: RangeInclusive<usize>) -> impl Strategy<Value = Vec<u8>> {
    let splits = vec_of(any::<Index>(), symbols.clone());
    (symbols, splits, vec_of((any::<Index>(), 0..=15_u8), 0..2), any::<bool>()).prop_map(
        |(symbols, splits, faults, is_faulty)| {
            let mut lengths = vec![0];
            for split in splits.iter().take(symbols - 1) {
                let at = split.index(lengths.len());
                if lengths[at] < 15 {
                    lengths[at] += 1;
                    lengths.push(lengths[at]);
                }
            }
            lengths.resize(symbols, 0);
            for (at, length) in faults.into_iter().filter(|_| is_faulty) {
                *at.get_mut(&mut lengths) = length;
            }
            lengths
        },
    )
}

/// Generates the settings of zlib, without the window.
fn config() -> impl Strategy<Value = DeflateConfig> {
    let strategy = prop_oneof![
        4 => Just(Matching::Default),
        1 => Just(Matching::Filtered),
        1 => Just(Matching::HuffmanOnly),
        1 => Just(Matching::Rle),
        1 => Just(Matching::Fixed),
    ];
    (0..=9, 1..=9, strategy).prop_map(|(level, mem_level, strategy)| DeflateConfig {
        level,
        method: Method::Deflated,
        window_bits: -15,
        mem_level,
        strategy,
    })
}

/// An action of the sender after some bytes.
#[derive(Clone, Copy, Debug)]
enum Flush {
    None,
    Sync,
    /// Ends the last block and starts a new stream with the same history.
    Final,
}

/// Some new data, then a repetition.
#[derive(Clone, Debug)]
struct Stretch {
    fresh: usize,
    distance: usize,
    len: usize,
    flush: Flush,
}

fn stretches() -> impl Strategy<Value = Vec<Stretch>> {
    let fresh = prop_oneof![6 => 0..20_usize, 2 => 0..600_usize, 1 => 0..9000_usize];
    let near_the_window = (8..=15_u32, 0..600_usize)
        .prop_map(|(bits, less)| ((1 << bits) + 300_usize).saturating_sub(less));
    let distance = prop_oneof![1..600_usize, 240..530_usize, near_the_window, 1..40_000_usize];
    let len = prop_oneof![3..20_usize, 3..300_usize, 3..2000_usize];
    let flush =
        prop_oneof![6 => Just(Flush::None), 1 => Just(Flush::Sync), 1 => Just(Flush::Final)];
    let stretch = (fresh, distance, len, flush).prop_map(|(fresh, distance, len, flush)| Stretch {
        fresh,
        distance,
        len,
        flush,
    });
    vec_of(stretch, 1..40)
}

/// Compresses the stretches, and ends where a block and a byte end.
fn compress(window_bits: u8, config: DeflateConfig, stretches: &[Stretch]) -> Vec<u8> {
    let mut deflate =
        Deflate::new_with_config(DeflateConfig { window_bits: -i32::from(window_bits), ..config });
    let mut noise =
        noise(stretches.iter().map(|stretch| stretch.fresh).sum::<usize>() + 1).into_iter();
    let mut data: Vec<u8> = noise.by_ref().take(1).collect();
    let mut stream = vec![];
    let mut done = 0;
    for (at, stretch) in stretches.iter().enumerate() {
        data.extend(noise.by_ref().take(stretch.fresh));
        let start = data.len() - stretch.distance.clamp(1, data.len());
        for at in start..start + stretch.len {
            data.push(data[at]);
        }
        let flush = match stretch.flush {
            Flush::None if at + 1 < stretches.len() => DeflateFlush::NoFlush,
            Flush::None | Flush::Sync => DeflateFlush::SyncFlush,
            Flush::Final => DeflateFlush::Finish,
        };
        deflate_into(&mut stream, &mut deflate, &data[done..], flush);
        done = data.len();
        if flush == DeflateFlush::Finish {
            deflate.reset();
            deflate.set_dictionary(last(&data, 1 << 15)).unwrap();
        }
    }
    stream
}

fn deflate_into(stream: &mut Vec<u8>, deflate: &mut Deflate, data: &[u8], flush: DeflateFlush) {
    // Room for data that was held back, too.
    let mut buffer = vec![0; 2 * data.len() + 100_000];
    let (before_in, before_out) = (deflate.total_in(), deflate.total_out());
    deflate.compress(data, &mut buffer, flush).unwrap();
    assert_eq!((deflate.total_in() - before_in) as usize, data.len());
    stream.extend(&buffer[..(deflate.total_out() - before_out) as usize]);
}

fn last(bytes: &[u8], len: usize) -> &[u8] {
    &bytes[bytes.len().saturating_sub(len)..]
}

/// Returns bytes that do not repeat (xorshift64).
fn noise(len: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let byte = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    (0..len).map(byte).collect()
}

const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
