use core::str;

use simdutf8::{basic, compat};

/// Validates text that comes in parts cut anywhere, and keeps at most three bytes of it (section 8.1).
#[derive(Clone, Debug, Default)]
pub struct Utf8 {
    /// The start of a character whose end is still to come.
    cut: [u8; 4],
    cut_len: u8,
}

/// What became whole by a part of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checked<'b> {
    /// The character that the part before had cut off.
    pub head: Option<char>,
    /// The text after it, up to a character that this part cuts off.
    pub text: &'b str,
}

/// A part is not UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Utf8Error {
    /// Where in this part the first byte lies that cannot continue any character.
    pub at: usize,
}

impl Utf8 {
    /// A validator at the start of a text.
    pub const fn new() -> Self {
        Self { cut: [0; 4], cut_len: 0 }
    }

    /// Validates `bytes`, which follow those given before.
    ///
    /// # Errors
    ///
    /// At the first byte that cannot continue any character. Use the validator no more then.
    pub fn push<'b>(&mut self, bytes: &'b [u8]) -> Result<Checked<'b>, Utf8Error> {
        let (head, used) = self.complete(bytes)?;
        let rest = &bytes[used..];
        let (body, tail) = rest.split_at(rest.len() - cut_off(rest));
        // Where the error is, is asked only if there is one, as that takes longer.
        let text = basic::from_utf8(body).or_else(|_| {
            let located = compat::from_utf8(body);
            located.map_err(|error| Utf8Error { at: used + deciding_byte(body, error) })
        })?;
        for &byte in tail {
            self.continue_character(byte).map_err(|()| Utf8Error {
                at: used + body.len() + usize::from(self.cut_len) - 1,
            })?;
        }
        Ok(Checked { head, text })
    }

    /// Whether the text ends with a whole character.
    pub const fn is_complete(&self) -> bool {
        self.cut_len == 0
    }

    /// Completes the character that was cut off with the first of `bytes`, and tells how many it took.
    fn complete(&mut self, bytes: &[u8]) -> Result<(Option<char>, usize), Utf8Error> {
        for (at, &byte) in bytes.iter().enumerate() {
            if self.is_complete() {
                return Ok((None, at));
            }
            if let Some(whole) = self.continue_character(byte).map_err(|()| Utf8Error { at })? {
                return Ok((Some(whole), at + 1));
            }
        }
        Ok((None, bytes.len()))
    }

    /// Adds a byte to the character that was cut off, and returns it once it is whole.
    fn continue_character(&mut self, byte: u8) -> Result<Option<char>, ()> {
        let len = usize::from(self.cut_len) + 1;
        self.cut[len - 1] = byte;
        self.cut_len += 1;
        match str::from_utf8(&self.cut[..len]) {
            Ok(text) => {
                self.cut_len = 0;
                Ok(text.chars().next())
            }
            Err(error) if error.error_len().is_none() => Ok(None),
            Err(_) => Err(()),
        }
    }
}

/// How many bytes at the end of `bytes` may be the start of a character.
fn cut_off(bytes: &[u8]) -> usize {
    for (behind, &byte) in bytes.iter().rev().take(3).enumerate() {
        let len = match byte {
            0x80..0xc0 => continue,
            0xc0..0xe0 => 2,
            0xe0..0xf0 => 3,
            0xf0.. => 4,
            _ => 1,
        };
        return if behind + 1 < len { behind + 1 } else { 0 };
    }
    0
}

/// The first byte of `bytes` which cannot continue any character, or the one behind them.
fn deciding_byte(bytes: &[u8], error: compat::Utf8Error) -> usize {
    let start = error.valid_up_to();
    match (bytes[start], error.error_len()) {
        (_, None) => bytes.len(),
        // No character begins like this, so the byte itself decides, not the one after it.
        (..0xc2 | 0xf5.., Some(_)) => start,
        (_, Some(len)) => start + len,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What an automaton that takes one byte at a time says, without any cleverness.
    fn oracle(bytes: &[u8]) -> Result<(), usize> {
        (0..=bytes.len())
            .find(|&len| str::from_utf8(&bytes[..len]).is_err_and(|e| e.error_len().is_some()))
            .map_or(Ok(()), |len| Err(len - 1))
    }

    /// U-26: both validators agree on the verdict and the position, wherever the text is cut.
    #[test]
    fn every_short_sequence_is_judged_as_byte_by_byte() {
        const EDGES: [u8; 24] = [
            0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1,
            0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff,
        ];
        for sequence in 0..EDGES.len().pow(4) {
            let digit = |place: u32| EDGES[sequence / EDGES.len().pow(place) % EDGES.len()];
            let text = [digit(0), digit(1), digit(2), digit(3)];
            for cut in 0..text.len() {
                let mut utf8 = Utf8::new();
                let (one, two) = text.split_at(cut);
                let verdict = match utf8.push(one) {
                    Ok(_) => utf8.push(two).map(drop).map_err(|error| error.at + cut),
                    Err(error) => Err(error.at),
                };
                assert_eq!(verdict, oracle(&text), "{text:x?} cut at {cut}");
                let is_whole = verdict.is_ok() && utf8.is_complete();
                assert_eq!(is_whole, str::from_utf8(&text).is_ok(), "{text:x?} cut at {cut}");
            }
        }
    }
}
