use core::fmt;

use chacha20::ChaCha12Rng;
use chacha20::rand_core::{Rng, SeedableRng};

/// Thirty-two random bytes, from which the masking keys and the nonce of one connection are derived.
///
/// Section 5.3 wants keys that cannot be predicted, so take the bytes from the operating system
/// ([`random`](Self::random)) or a hardware generator, anew for every connection. A seed is used up
/// by the connection it is given to. Fixed bytes make a connection reproducible, for tests.
pub struct Seed([u8; 32]);

impl Seed {
    /// A seed of these bytes.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// A seed from the operating system.
    ///
    /// # Errors
    ///
    /// When the operating system has no random bytes to give.
    #[cfg(feature = "std")]
    pub fn random() -> std::io::Result<Self> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        Ok(Self(bytes))
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed(..)")
    }
}

/// The random bytes of one connection, drawn from a ChaCha generator.
pub(crate) struct Keys(ChaCha12Rng);

impl Keys {
    pub(crate) fn new(seed: Seed) -> Self {
        Self(ChaCha12Rng::from_seed(seed.0))
    }

    /// A masking key: section 5.3 wants a new one for each frame.
    pub(crate) fn next_key(&mut self) -> [u8; 4] {
        self.0.next_u32().to_le_bytes()
    }

    /// What stands in `Sec-WebSocket-Key`, before base64: section 4.1, item 7.
    pub(crate) fn next_nonce(&mut self) -> [u8; 16] {
        let mut nonce = [0; 16];
        self.0.fill_bytes(&mut nonce);
        nonce
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(..)")
    }
}
