//! [`Mode`]: how messages are compressed.

use sansocket::deflate::Compression;

/// How messages are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Not at all.
    None,
    /// Each by itself, without context takeover.
    Reset,
    /// With references to earlier messages.
    Kept,
}

impl Mode {
    pub(crate) const ALL: [Self; 3] = [Self::None, Self::Reset, Self::Kept];

    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.name() == name)
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Reset => "reset",
            Self::Kept => "kept",
        }
    }

    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::None => "uncompressed",
            Self::Reset => "no takeover",
            Self::Kept => "takeover",
        }
    }

    /// Returns the extension that the server negotiates.
    pub(crate) const fn extension(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Reset => {
                Some("permessage-deflate; server_no_context_takeover; client_no_context_takeover")
            }
            Self::Kept => Some("permessage-deflate"),
        }
    }

    /// Returns the settings of sansocket for this mode.
    pub(crate) const fn compression(self) -> Option<Compression> {
        match self {
            Self::None => None,
            Self::Reset => Some(Compression::shared()),
            Self::Kept => Some(Compression::dedicated()),
        }
    }
}
