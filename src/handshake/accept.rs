use core::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};

/// The text of `Sec-WebSocket-Key`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key([u8; 24]);

impl Key {
    /// Section 4.1, item 7: the key of a client is a nonce in base64.
    pub(crate) fn new(nonce: [u8; 16]) -> Self {
        Self(encode(&nonce))
    }

    /// Section 4.2.1, item 5: a key is 16 bytes in base64.
    ///
    /// The last character holds four bits that mean nothing. Erratum 3150 made them zero in the
    /// RFC's own example, and others copied it before, so they are not looked at.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        let key: [u8; 24] = text.try_into().ok()?;
        let is_base64 = key.strip_suffix(b"==")?.iter().all(|&byte| is_base64_byte(byte));
        is_base64.then_some(Self(key))
    }

    pub(crate) const fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Section 4.2.2, item 5.4: what `Sec-WebSocket-Accept` says to this key. The key is hashed as
    /// it came, not what it stands for.
    pub(crate) fn accept(&self) -> [u8; 28] {
        encode(&Sha1::new().chain_update(self.0).chain_update(GUID).finalize())
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

fn encode<const LENGTH: usize>(bytes: &[u8]) -> [u8; LENGTH] {
    let mut text = [0; LENGTH];
    match STANDARD.encode_slice(bytes, &mut text) {
        Ok(length) => debug_assert_eq!(length, LENGTH, "filled in part"),
        Err(_) => unreachable!("16 bytes take 24 characters, 20 take 28"),
    }
    text
}

const fn is_base64_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')
}

const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
