/// The text of a token (RFC 9110, section 5.6.2), unless these bytes are none.
pub(crate) fn token(bytes: &[u8]) -> Option<&str> {
    if is_token(bytes) { str::from_utf8(bytes).ok() } else { None }
}

pub(crate) fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(|&byte| is_token_byte(byte))
}

pub(crate) const fn is_token_byte(byte: u8) -> bool {
    TOKEN.has(byte)
}

const TOKEN: Charset = Charset::alphanumeric_and(b"!#$%&'*+-.^_`|~");

/// A set of characters, all of them ASCII.
pub(crate) struct Charset([bool; 256]);

impl Charset {
    /// Letters, digits, and these.
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

    pub(crate) const fn has(&self, byte: u8) -> bool {
        self.0[byte as usize]
    }
}
