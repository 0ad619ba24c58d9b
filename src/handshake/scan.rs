use core::ops::Range;

use crate::error::HandshakeError;

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

/// Where the first control character is that is not a tab.
fn find_control(bytes: &[u8]) -> Option<usize> {
    // Without a branch per byte, the compiler compares a block at once.
    let is_clean =
        |block: &&[u8; 16]| !block.iter().fold(false, |any, &byte| any | is_control(byte));
    let (blocks, _) = bytes.as_chunks();
    let clean = blocks.iter().take_while(is_clean).count() * 16;
    let rest = bytes.get(clean..).unwrap_or_default();
    rest.iter().position(|&byte| is_control(byte)).map(|at| clean + at)
}

const fn is_control(byte: u8) -> bool {
    (byte < b' ' && byte != b'\t') || byte == 0x7f
}
