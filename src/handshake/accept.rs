use core::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};

use super::token::Charset;

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
        let is_base64 = key.strip_suffix(b"==")?.iter().all(|&byte| BASE64.has(byte));
        is_base64.then_some(Self(key))
    }

    pub(crate) const fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Section 4.2.2, item 5.4: what `Sec-WebSocket-Accept` says to this key. The key is hashed as
    /// it came, not what it stands for.
    pub(crate) fn accept(&self) -> [u8; 28] {
        let digest: [u8; 20] =
            Sha1::new().chain_update(self.0).chain_update(GUID).finalize().into();
        encode(&digest)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

/// These bytes in base64, padded (RFC 4648, section 4). `LENGTH` is what they take.
fn encode<const LENGTH: usize>(bytes: &[u8]) -> [u8; LENGTH] {
    let mut text = [0; LENGTH];
    let written = STANDARD.encode_slice(bytes, &mut text);
    debug_assert_eq!(written.ok(), Some(LENGTH), "the length is that of the text");
    text
}

const BASE64: Charset = Charset::alphanumeric_and(b"+/");

const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
