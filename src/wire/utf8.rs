//! Incremental UTF-8 validation.

use core::str;

use simdutf8::{basic, compat};

/// An incremental UTF-8 validator (section 8.1).
///
/// The text may be cut anywhere, even inside a character. The validator stores at most three bytes.
///
/// ```
/// use sansocket::wire::{Utf8, Utf8Error};
///
/// let mut utf8 = Utf8::new();
/// assert_eq!(utf8.push(b"caf\xc3")?.text, "caf");
/// assert!(!utf8.is_complete());
/// assert_eq!(utf8.push(b"\xa9")?.head, Some('é'));
/// assert!(utf8.is_complete());
/// # Ok::<(), Utf8Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Utf8 {
    /// The start of a character that is not complete yet.
    cut: [u8; 4],
    cut_len: u8,
}

/// The characters that a call of [`Utf8::push`] completed.
///
/// ```
/// use sansocket::wire::{Checked, Utf8};
///
/// let checked = Utf8::new().push(b"Hello");
/// assert_eq!(checked, Ok(Checked { head: None, text: "Hello" }));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checked<'b> {
    /// The character that began in an earlier call.
    pub head: Option<char>,
    /// The text after it, without an incomplete character at its end.
    pub text: &'b str,
}

/// The text is not UTF-8.
///
/// ```
/// use sansocket::wire::{Utf8, Utf8Error};
///
/// assert_eq!(Utf8::new().push(b"ab\xff"), Err(Utf8Error { at: 2 }));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Utf8Error {
    /// The position, in the bytes of that call, of the first byte that cannot continue any character.
    pub at: usize,
}

impl Utf8 {
    /// Creates a validator at the start of a text.
    pub const fn new() -> Self {
        Self { cut: [0; 4], cut_len: 0 }
    }

    /// Validates the next bytes of the text.
    ///
    /// ```
    /// use sansocket::wire::{Utf8, Utf8Error};
    ///
    /// let mut utf8 = Utf8::new();
    /// utf8.push(b"caf\xc3")?; // The first half of a character.
    /// assert_eq!(utf8.push(b"\xa9 \xff"), Err(Utf8Error { at: 2 }));
    /// # Ok::<(), Utf8Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`Utf8Error`] with the position of the first byte that cannot continue any character. The
    /// validator must not be used afterwards.
    pub fn push<'b>(&mut self, bytes: &'b [u8]) -> Result<Checked<'b>, Utf8Error> {
        let (head, used) = self.complete(bytes)?;
        let rest = &bytes[used..];
        let (body, tail) = rest.split_at(rest.len() - cut_off(rest));
        // The validator that finds the position is slower, so it runs only after an error.
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

    /// Returns whether the text so far ends with a complete character.
    pub const fn is_complete(&self) -> bool {
        self.cut_len == 0
    }

    /// Returns the start of a character that is not complete.
    #[cfg(feature = "alloc")]
    pub(crate) fn cut(&self) -> &[u8] {
        &self.cut[..usize::from(self.cut_len)]
    }

    /// Completes the incomplete character with the first of `bytes`, and returns how many it took.
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

    /// Adds a byte to the incomplete character, and returns the character once it is complete.
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

/// Returns the number of bytes at the end of `bytes` that may be the start of a character.
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

/// Returns the position of the first byte that cannot continue any character, or the length of `bytes`.
fn deciding_byte(bytes: &[u8], error: compat::Utf8Error) -> usize {
    let start = error.valid_up_to();
    match (bytes[start], error.error_len()) {
        (_, None) => bytes.len(),
        // No character begins with this byte, so it is the one that cannot continue.
        (..0xc2 | 0xf5.., Some(_)) => start,
        (_, Some(len)) => start + len,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Validates byte by byte with the standard library.
    fn oracle(bytes: &[u8]) -> Result<(), usize> {
        (0..=bytes.len())
            .find(|&len| str::from_utf8(&bytes[..len]).is_err_and(|e| e.error_len().is_some()))
            .map_or(Ok(()), |len| Err(len - 1))
    }

    /// U-26: both validators agree on verdict and position, wherever the text is cut.
    #[test]
    fn every_short_sequence_is_validated_as_byte_by_byte() {
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
