//! [`Draft`]: the drafts whose frames end with a sentinel.

/// A draft whose frames end with a sentinel.
///
/// Both know text messages only. Neither masks frames, nor has pings, fragments or close codes.
///
/// ```
/// use sansocket::legacy::Draft;
///
/// assert!(Draft::Hixie76.has_close());
/// assert!(!Draft::Hixie75.has_close()); // The transport just ends.
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Draft {
    /// draft-hixie-thewebsocketprotocol-75, of February 2010. The drafts of 2009 have the same wire.
    Hixie75,
    /// draft-hixie-thewebsocketprotocol-76, of May 2010, which became draft-ietf-hybi-00.
    Hixie76,
}

impl Draft {
    /// Returns whether the draft has a closing handshake.
    pub const fn has_close(self) -> bool {
        matches!(self, Self::Hixie76)
    }

    /// Returns the name of a header: draft 75 has no `Sec-` before it.
    pub(crate) fn name(self, name: &'static str) -> &'static str {
        match self {
            Self::Hixie75 => name.strip_prefix("Sec-").unwrap_or(name),
            Self::Hixie76 => name,
        }
    }

    /// Returns the first three lines of a response that opens the connection.
    pub(crate) const fn first_lines(self) -> &'static [u8] {
        match self {
            Self::Hixie75 => {
                b"HTTP/1.1 101 Web Socket Protocol Handshake\r\n\
                  Upgrade: WebSocket\r\nConnection: Upgrade\r\n"
            }
            Self::Hixie76 => {
                b"HTTP/1.1 101 WebSocket Protocol Handshake\r\n\
                  Upgrade: WebSocket\r\nConnection: Upgrade\r\n"
            }
        }
    }
}

pub(crate) const LOCATION: &str = "Sec-WebSocket-Location";
pub(crate) const ORIGIN: &str = "Sec-WebSocket-Origin";
pub(crate) const PROTOCOL: &str = "Sec-WebSocket-Protocol";
