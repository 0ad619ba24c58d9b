//! Seeds for many connections, from one call for entropy.

use core::fmt;

use super::entropy::{Keys, Seed};

/// A generator of seeds for programs that open many connections.
///
/// It draws the seed of each connection from one [`Seed`], by ChaCha with 12 rounds, and so asks the
/// operating system once instead of once for each connection. This is for load generators, proxies and other
/// programs that open thousands. For a few connections, [`Seed::random`] is enough.
///
/// Two copies of a generator draw the same seeds, and connections with the same seed use the same masking keys.
/// So create a new one in a process after a fork, and in a virtual machine after it was copied or went back to
/// an earlier state. The crate cannot notice either.
///
/// ```
/// use sansocket::client::Request;
/// use sansocket::{Config, Connection, Seed, Seeds, Timestamp, Url};
///
/// # let (seed, config, now) = (Seed::new([7; 32]), Config::new().shared(), Timestamp::default());
/// let mut seeds = Seeds::new(seed); // One for the program, or one for each thread.
/// for _ in 0..1000 {
///     let request = Request::new(Url::parse("ws://server.example.com/")?);
///     let connection = Connection::client(request, config.clone(), seeds.next_seed(), now);
///     # drop(connection);
/// }
/// # Ok::<(), sansocket::UrlError>(())
/// ```
pub struct Seeds(Keys);

impl Seeds {
    /// Creates a generator from a seed. The same seed gives the same seeds.
    ///
    /// ```
    /// use sansocket::{Seed, Seeds};
    ///
    /// let seeds = Seeds::new(Seed::new([7; 32]));
    /// assert_eq!(format!("{seeds:?}"), "Seeds(..)");
    /// ```
    pub fn new(seed: Seed) -> Self {
        Self(Keys::new(seed))
    }

    /// Creates a generator from random bytes of the operating system.
    ///
    /// ```
    /// use sansocket::Seeds;
    ///
    /// let mut seeds = Seeds::random()?;
    /// let (first, second) = (seeds.next_seed(), seeds.next_seed());
    /// # drop((first, second));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the error of the operating system if it has no random bytes.
    #[cfg(feature = "std")]
    pub fn random() -> std::io::Result<Self> {
        Seed::random().map(Self::new)
    }

    /// Returns the seed of the next connection.
    pub fn next_seed(&mut self) -> Seed {
        self.0.next_seed()
    }
}

impl fmt::Debug for Seeds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seeds(..)")
    }
}
