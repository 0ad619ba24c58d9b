//! The random bytes of a connection: masking keys and the nonce of a client.

use core::fmt;

use chacha20::ChaCha12Rng;
use chacha20::rand_core::{Rng, SeedableRng};

/// Thirty-two random bytes from which the masking keys and the nonce of one connection are derived.
///
/// Keys must not be predictable (section 5.3). Take the bytes from the operating system
/// ([`random`](Self::random)) or a hardware generator, and take new ones for every connection. A seed
/// cannot be used twice. Fixed bytes make a connection reproducible in tests. Programs that open thousands of
/// connections draw their seeds from [`Seeds`](crate::Seeds).
///
/// ```
/// use sansocket::Seed;
///
/// let seed = Seed::new([7; 32]);
/// assert_eq!(format!("{seed:?}"), "Seed(..)");
/// ```
pub struct Seed([u8; 32]);

impl Seed {
    /// Creates a seed from random bytes.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Returns what makes keepalive pings unpredictable.
    #[cfg(feature = "alloc")]
    pub(crate) fn salt(&self) -> u64 {
        self.0.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
    }

    /// Creates a seed from random bytes of the operating system.
    ///
    /// ```
    /// use sansocket::Seed;
    ///
    /// let seed = Seed::random()?; // One for each connection.
    /// # drop(seed);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the error of the operating system if it has no random bytes.
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

/// The generator of one connection: ChaCha with 12 rounds.
pub(crate) struct Keys(ChaCha12Rng);

impl Keys {
    pub(crate) fn new(seed: Seed) -> Self {
        Self(ChaCha12Rng::from_seed(seed.0))
    }

    /// Returns what makes keepalive pings unpredictable.
    pub(crate) fn next_salt(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Returns a seed for another generator.
    pub(crate) fn next_seed(&mut self) -> Seed {
        let mut bytes = [0; 32];
        self.0.fill_bytes(&mut bytes);
        Seed(bytes)
    }

    /// Returns a masking key. Each frame takes a new one (section 5.3).
    pub(crate) fn next_key(&mut self) -> [u8; 4] {
        self.0.next_u32().to_le_bytes()
    }

    /// Returns the nonce for `Sec-WebSocket-Key`, before base64 (section 4.1, item 7).
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
