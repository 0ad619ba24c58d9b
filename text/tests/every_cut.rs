//! Short sequences of bytes from all classes of UTF-8, in every way to cut them, against the standard library.

use std::str;

use sansocket_text::TextBuffer;

/// The first and the last byte of each class of bytes that UTF-8 treats alike (table 3-7 of the Unicode standard).
const EDGES: [u8; 24] = [
    0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed,
    0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff,
];

/// One byte of each class.
const CLASSES: [u8; 14] =
    [0x41, 0x85, 0x95, 0xa5, 0xc1, 0xd0, 0xe0, 0xe5, 0xed, 0xee, 0xf0, 0xf2, 0xf4, 0xf8];

/// A first byte of a character of each length, one that continues a character, and one that is in none: for Miri, which
/// takes a thousand times as long.
const FEW: [u8; 6] = [0x41, 0x85, 0xd0, 0xe5, 0xf2, 0xf8];

#[test]
fn every_sequence_of_four_bytes_is_validated_as_by_the_standard_library() {
    for_all::<4>(if cfg!(miri) { &FEW } else { &EDGES }, |bytes, expected| {
        for_all_cuts(bytes, expected);
    });
}

#[test]
fn every_sequence_of_five_bytes_is_validated_as_by_the_standard_library() {
    if !cfg!(miri) {
        for_all::<5>(&CLASSES, for_all_cuts);
    }
}

/// Instructions for many bytes at once look at these sequences only if there are 64 bytes or more. Those are cut once, and
/// the sequence lies at a border of what is looked at, too.
#[test]
fn every_sequence_in_a_long_text_is_validated_as_by_the_standard_library() {
    let classes: &[u8] = if cfg!(miri) { &FEW } else { &CLASSES };
    for_all::<4>(classes, |bytes, expected| {
        for before in [62, 63, 64, 70] {
            let whole = ["a".repeat(before).as_bytes(), bytes, "€".repeat(30).as_bytes()].concat();
            // If it is not, the text behind it cannot complete it.
            let is_complete = expected.is_complete();
            for cut in [0, before + 2, before + 4] {
                let (one, two) = whole.split_at(cut);
                let mut text = TextBuffer::default();
                let pushed = text.push(one).map_err(|error| error.at);
                let pushed = pushed.and_then(|()| text.push(two).map_err(|error| error.at + cut));
                let bad = expected.bad.or((!is_complete).then_some(4));
                assert_eq!(pushed.err(), bad.map(|bad| before + bad), "{bytes:x?} cut at {cut}");
                if bad.is_none() {
                    assert_eq!(text.as_str().as_bytes(), whole);
                }
            }
        }
    });
}

/// The verdict of the standard library on some bytes.
struct Expected {
    /// How many are whole characters, before what is not.
    valid: usize,
    /// The first that cannot continue any character.
    bad: Option<usize>,
    len: usize,
}

impl Expected {
    fn new(bytes: &[u8]) -> Self {
        let is_bad = |len: &usize| {
            str::from_utf8(&bytes[..*len]).is_err_and(|error| error.error_len().is_some())
        };
        let bad = (1..=bytes.len()).find(is_bad).map(|len| len - 1);
        let valid = str::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), str::len);
        Self { valid, bad, len: bytes.len() }
    }

    fn is_complete(&self) -> bool {
        self.valid == self.len
    }
}

/// Fills in `bytes` in all ways to cut them, 2 to the power of their borders.
fn for_all_cuts(bytes: &[u8], expected: &Expected) {
    for cuts in 0..1 << (bytes.len() - 1) {
        let mut text = TextBuffer::new(vec![0xff; bytes.len()]);
        let mut verdict = Ok(());
        let mut start = 0;
        for end in 1..=bytes.len() {
            let is_cut = end == bytes.len() || cuts >> (end - 1) & 1 == 1;
            if is_cut && verdict.is_ok() {
                let part = &bytes[start..end];
                text.spare(part.len()).copy_from_slice(part);
                verdict = text.fill(part.len()).map_err(|error| start + error.at);
                start = end;
            }
        }
        assert_eq!(verdict.err(), expected.bad, "{bytes:x?} cut by {cuts:b}");
        if expected.bad.is_none() {
            assert_eq!(text.as_str().as_bytes(), &bytes[..expected.valid], "{bytes:x?}");
            assert_eq!(text.is_complete(), expected.is_complete(), "{bytes:x?}");
            assert_eq!(text.as_bytes(), bytes);
        }
        assert!(str::from_utf8(text.as_str().as_bytes()).is_ok());
    }
}

/// Calls `check` with all sequences of `LEN` of these bytes.
fn for_all<const LEN: usize>(bytes: &[u8], check: impl Fn(&[u8], &Expected)) {
    for number in 0..bytes.len().pow(u32::try_from(LEN).unwrap()) {
        let mut rest = number;
        let sequence: [u8; LEN] = std::array::from_fn(|_| {
            let byte = bytes[rest % bytes.len()];
            rest /= bytes.len();
            byte
        });
        check(&sequence, &Expected::new(&sequence));
    }
}
