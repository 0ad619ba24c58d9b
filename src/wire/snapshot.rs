//! The bytes of a suspended connection: how values are saved and loaded.
//!
//! Numbers are little-endian. A sequence of bytes stands behind its length, an optional value behind 0 or 1. Each
//! type saves and loads itself, and validates what it loads as strictly as if it came from the network.

use alloc::vec::Vec;
use core::fmt;

/// A snapshot of a connection cannot be restored.
///
/// ```
/// use sansocket::{Config, Connection, Seed, SnapshotError, Timestamp};
///
/// # let (seed, now) = (Seed::new([7; 32]), Timestamp::default());
/// let restored = Connection::restore(b"something else", Config::new().shared(), seed, now);
/// assert_eq!(restored.map(drop), Err(SnapshotError::Malformed));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SnapshotError {
    /// The bytes are not a snapshot, or were changed.
    Malformed,
    /// Another version of this crate wrote the snapshot, in another format.
    UnknownVersion,
    /// The connection compresses messages, and this program was built without the feature `deflate`.
    Compressed,
    /// The message in progress exceeds the [`Limits`](crate::Limits).
    TooBig,
}

impl fmt::Display for SnapshotError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "malformed snapshot of a connection",
            Self::UnknownVersion => "snapshot has an unknown version",
            Self::Compressed => "snapshot needs compression, which this program lacks",
            Self::TooBig => "snapshot exceeds the limits",
        })
    }
}

impl core::error::Error for SnapshotError {}

/// Appends values to a snapshot.
pub(crate) struct Saver<'o>(&'o mut Vec<u8>);

impl<'o> Saver<'o> {
    pub(crate) const fn new(out: &'o mut Vec<u8>) -> Self {
        Self(out)
    }

    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    pub(crate) fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }

    pub(crate) fn flag(&mut self, flag: bool) {
        self.byte(u8::from(flag));
    }

    pub(crate) fn word(&mut self, number: u32) {
        self.raw(&number.to_le_bytes());
    }

    pub(crate) fn long(&mut self, number: u64) {
        self.raw(&number.to_le_bytes());
    }

    /// Saves bytes that lie in several pieces.
    pub(crate) fn bytes<'p>(&mut self, pieces: impl IntoIterator<Item = &'p [u8]> + Clone) {
        let len: usize = pieces.clone().into_iter().map(<[u8]>::len).sum();
        self.long(len as u64);
        for piece in pieces {
            self.raw(piece);
        }
    }

    pub(crate) fn option<T>(&mut self, value: Option<T>, save: impl FnOnce(&mut Self, T)) {
        self.flag(value.is_some());
        if let Some(value) = value {
            save(self, value);
        }
    }
}

/// Takes values from a snapshot.
pub(crate) struct Loader<'b>(&'b [u8]);

impl<'b> Loader<'b> {
    pub(crate) const fn new(bytes: &'b [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], SnapshotError> {
        let (array, rest) = self.0.split_first_chunk().ok_or(SnapshotError::Malformed)?;
        self.0 = rest;
        Ok(*array)
    }

    pub(crate) fn byte(&mut self) -> Result<u8, SnapshotError> {
        self.array().map(|[byte]| byte)
    }

    /// Loads a byte of at most `most`.
    pub(crate) fn at_most(&mut self, most: u8) -> Result<u8, SnapshotError> {
        let byte = self.byte()?;
        check(byte <= most)?;
        Ok(byte)
    }

    pub(crate) fn flag(&mut self) -> Result<bool, SnapshotError> {
        self.at_most(1).map(|flag| flag == 1)
    }

    pub(crate) fn word(&mut self) -> Result<u32, SnapshotError> {
        self.array().map(u32::from_le_bytes)
    }

    pub(crate) fn long(&mut self) -> Result<u64, SnapshotError> {
        self.array().map(u64::from_le_bytes)
    }

    /// Loads bytes, which are borrowed: nothing is allocated because of their length.
    pub(crate) fn bytes(&mut self) -> Result<&'b [u8], SnapshotError> {
        let len = usize::try_from(self.long()?).map_err(|_| SnapshotError::Malformed)?;
        let (bytes, rest) = self.0.split_at_checked(len).ok_or(SnapshotError::Malformed)?;
        self.0 = rest;
        Ok(bytes)
    }

    pub(crate) fn option<T>(
        &mut self,
        load: impl FnOnce(&mut Self) -> Result<T, SnapshotError>,
    ) -> Result<Option<T>, SnapshotError> {
        match self.flag()? {
            true => load(self).map(Some),
            false => Ok(None),
        }
    }

    /// Checks that nothing is left.
    pub(crate) const fn end(self) -> Result<(), SnapshotError> {
        check(self.0.is_empty())
    }
}

/// Rejects a snapshot in which something is not as it can be.
pub(crate) const fn check(is_possible: bool) -> Result<(), SnapshotError> {
    match is_possible {
        true => Ok(()),
        false => Err(SnapshotError::Malformed),
    }
}
