//! Tokens and sets of ASCII characters (RFC 9110, section 5.6.2).

/// Returns the text of these bytes if they are a token.
pub(crate) fn token(bytes: &[u8]) -> Option<&str> {
    if is_token(bytes) { str::from_utf8(bytes).ok() } else { None }
}

/// Returns whether these bytes are a token.
pub(crate) fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(|&byte| is_token_byte(byte))
}

/// Returns whether a token may contain this byte.
pub(crate) const fn is_token_byte(byte: u8) -> bool {
    TOKEN.contains(byte)
}

const TOKEN: Charset = Charset::alphanumeric_and(b"!#$%&'*+-.^_`|~");

/// A set of ASCII characters.
pub(crate) struct Charset([bool; 256]);

impl Charset {
    /// Creates the set of all letters and digits, and of the given characters.
    pub(crate) const fn alphanumeric_and(punctuation: &[u8]) -> Self {
        let mut table = [false; 256];
        let mut byte = 0_u8;
        while byte < 128 {
            table[byte as usize] = byte.is_ascii_alphanumeric();
            byte += 1;
        }
        let mut at = 0;
        while at < punctuation.len() {
            table[punctuation[at] as usize] = true;
            at += 1;
        }
        Self(table)
    }

    /// Returns whether the set contains this byte.
    pub(crate) const fn contains(&self, byte: u8) -> bool {
        self.0[byte as usize]
    }
}
