//! The key of a client, and the accept value that answers it.

use core::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};

use super::token::Charset;

/// The value of `Sec-WebSocket-Key`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key([u8; 24]);

impl Key {
    /// Creates the key of a client: a nonce in base64 (section 4.1, item 7).
    pub(crate) fn new(nonce: [u8; 16]) -> Self {
        Self(encode(&nonce))
    }

    /// Parses a key: 16 bytes in base64 (section 4.2.1, item 5).
    ///
    /// The last character has four unused bits. The example in the RFC had them set until erratum
    /// 3150, and others copied it, so any value is accepted.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        let key: [u8; 24] = text.try_into().ok()?;
        let is_base64 = key.strip_suffix(b"==")?.iter().all(|&byte| BASE64.contains(byte));
        is_base64.then_some(Self(key))
    }

    /// Returns the text of the key.
    pub(crate) const fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Returns the `Sec-WebSocket-Accept` that answers this key (section 4.2.2, item 5.4).
    ///
    /// The text of the key is hashed, not the decoded bytes.
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

/// Encodes bytes in padded base64 (RFC 4648, section 4). `LENGTH` is the length of the result.
fn encode<const LENGTH: usize>(bytes: &[u8]) -> [u8; LENGTH] {
    let mut text = [0; LENGTH];
    let written = STANDARD.encode_slice(bytes, &mut text);
    debug_assert_eq!(written.ok(), Some(LENGTH), "LENGTH matches the input");
    text
}

const BASE64: Charset = Charset::alphanumeric_and(b"+/");

const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
