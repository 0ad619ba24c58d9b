/// The text of a token (RFC 9110, section 5.6.2), unless these bytes are none.
pub(crate) fn token(bytes: &[u8]) -> Option<&str> {
    let is_token = !bytes.is_empty() && bytes.iter().all(|&byte| is_token_byte(byte));
    if is_token { str::from_utf8(bytes).ok() } else { None }
}

pub(crate) const fn is_token_byte(byte: u8) -> bool {
    IS_TOKEN_BYTE[byte as usize]
}

const IS_TOKEN_BYTE: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "counts to 255")]
        let character = byte as u8;
        table[byte] = character.is_ascii_alphanumeric();
        byte += 1;
    }
    let mut at = 0;
    while at < PUNCTUATION.len() {
        table[PUNCTUATION[at] as usize] = true;
        at += 1;
    }
    table
};

const PUNCTUATION: &[u8] = b"!#$%&'*+-.^_`|~";
