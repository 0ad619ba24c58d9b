use core::ops::Range;

use crate::handshake::HandshakeError;

/// Finds the lines of a text that still grows, and looks at each byte of it once.
///
/// The offset from which it goes on never goes back, so that a text which comes byte by byte costs
/// no more than one that comes whole.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Scanner {
    line: usize,
    at: usize,
}

impl Scanner {
    /// The next line, without its end, if it is complete.
    #[inline]
    pub(crate) fn next_line(
        &mut self,
        text: &[u8],
    ) -> Result<Option<Range<usize>>, HandshakeError> {
        let unseen = text.get(self.at..).unwrap_or_default();
        let clean = find_control(unseen).unwrap_or(unseen.len());
        self.at += clean;
        match unseen.get(clean..).unwrap_or_default() {
            [] | [b'\r'] => Ok(None),
            [b'\r', b'\n', ..] => {
                let line = self.line..self.at;
                self.at += 2;
                self.line = self.at;
                Ok(Some(line))
            }
            // RFC 9112, section 2.2: a CR alone is never valid. A bare LF could be taken for a line
            // end, but whoever reads the same bytes before or after us may not take it for one.
            [b'\r' | b'\n', ..] => Err(HandshakeError::BadLineEnd),
            // RFC 9110, section 5.5: nor are other control characters.
            _ => Err(HandshakeError::ControlCharacter),
        }
    }

    /// Where the line starts that is not complete.
    pub(crate) const fn line_start(&self) -> usize {
        self.line
    }
}

/// How many bytes there are before the first that is not of these.
pub(crate) fn count_while(bytes: &[u8], is_one: impl Fn(u8) -> bool) -> usize {
    bytes.iter().position(|&byte| !is_one(byte)).unwrap_or(bytes.len())
}

/// What stands before the first of these characters, which are ASCII, and what begins with it.
pub(crate) fn split_before(text: &str, is_one: impl Fn(u8) -> bool) -> (&str, &str) {
    text.split_at(count_while(text.as_bytes(), |byte| !is_one(byte)))
}

/// Where the first control character is that is not a tab.
fn find_control(bytes: &[u8]) -> Option<usize> {
    // Without a branch per byte, the compiler compares a block at once.
    let is_clean =
        |block: &&[u8; 16]| !block.iter().fold(false, |any, &byte| any | is_control(byte));
    let (blocks, _) = bytes.as_chunks();
    let clean = blocks.iter().take_while(is_clean).count() * 16;
    let (words, tail) = bytes.get(clean..).unwrap_or_default().as_chunks();
    let marks = words.iter().map(|&word| mark_controls(word));
    let at = match marks.enumerate().find(|&(_, marks)| marks != 0) {
        Some((word, marks)) => word * 8 + marks.trailing_zeros() as usize / 8,
        None => words.len() * 8 + tail.iter().position(|&byte| is_control(byte))?,
    };
    Some(clean + at)
}

const fn is_control(byte: u8) -> bool {
    (byte < b' ' && byte != b'\t') || byte == 0x7f
}

/// The highest bit of each control character that is not a tab, the first character being the lowest byte.
const fn mark_controls(word: [u8; 8]) -> u64 {
    let word = u64::from_le_bytes(word);
    let is_low = mark_zeros(word & splat(0xe0));
    let is_tab = mark_zeros(word ^ splat(b'\t'));
    let is_delete = mark_zeros(word ^ splat(0x7f));
    (is_low & !is_tab) | is_delete
}

/// The highest bit of each byte that is zero.
const fn mark_zeros(word: u64) -> u64 {
    // The sum has the highest bit of a byte unless all others are zero, and carries into no other byte.
    let sum = (word & splat(0x7f)) + splat(0x7f);
    !(sum | word | splat(0x7f))
}

const fn splat(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}
