//! [`Versions`]: the versions of the protocol that a server speaks.

use super::version::parse_version;

/// A version of the protocol before RFC 6455 that has its frames.
///
/// ```
/// use sansocket::legacy::Version;
/// use sansocket::{Url, client};
///
/// // For a server that speaks nothing newer.
/// let mut request = client::Request::new(Url::parse("ws://example.com")?);
/// request.set_version(Version::Eight);
/// # Ok::<(), sansocket::UrlError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Version {
    /// Draft 07 of the working group: `Sec-WebSocket-Version: 7`.
    Seven = 7,
    /// Drafts 08 to 12: `Sec-WebSocket-Version: 8`.
    Eight = 8,
}

impl Version {
    /// Returns the value of `Sec-WebSocket-Version`.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Seven => "7",
            Self::Eight => "8",
        }
    }
}

/// The versions of the protocol that a server speaks: 13, which is that of RFC 6455, and older ones.
///
/// A client of an older version names its page in `Sec-WebSocket-Origin`. Everything else is as in RFC 6455: a
/// client masks its frames, lengths are minimal, close code 1004 is reserved.
///
/// ```
/// use sansocket::legacy::{Version, Versions};
/// use sansocket::server::Policy;
///
/// let policy = Policy::new().versions(Versions::and([Version::Eight, Version::Seven]));
/// assert!(policy.versions.contains(8));
/// assert!(!Versions::default().contains(8));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Versions {
    has_seven: bool,
    has_eight: bool,
}

impl Versions {
    /// Speaks version 13 only. This is the default.
    pub const fn current() -> Self {
        Self { has_seven: false, has_eight: false }
    }

    /// Speaks version 13 and the listed ones.
    pub fn and(versions: impl IntoIterator<Item = Version>) -> Self {
        versions.into_iter().fold(Self::current(), |spoken, version| match version {
            Version::Seven => Self { has_seven: true, ..spoken },
            Version::Eight => Self { has_eight: true, ..spoken },
        })
    }

    /// Returns whether this version is spoken.
    pub const fn contains(&self, version: u8) -> bool {
        match version {
            7 => self.has_seven,
            8 => self.has_eight,
            version => version == 13,
        }
    }

    /// Returns the value of `Sec-WebSocket-Version` in the answer to another version (section 4.4).
    pub(crate) const fn as_str(&self) -> &'static str {
        match (self.has_eight, self.has_seven) {
            (false, false) => "13",
            (false, true) => "13, 7",
            (true, false) => "13, 8",
            (true, true) => "13, 8, 7",
        }
    }
}

/// Returns whether a value of `Sec-WebSocket-Version` is that of a client which names its page in
/// `Sec-WebSocket-Origin`.
pub(crate) fn is_old(version: &[u8]) -> bool {
    matches!(parse_version(version), Some(7 | 8))
}
