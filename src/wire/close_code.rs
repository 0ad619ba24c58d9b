//! Close codes: RFC 6455, section 7.4.

use core::fmt;

/// A status code that may stand in a close frame (section 7.4).
///
/// 1005, 1006 and 1015 tell of what was *not* in a frame, so they cannot be made: see
/// [`Ended::code`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CloseCode(u16);

impl CloseCode {
    /// 1000: the purpose of the connection is fulfilled.
    pub const NORMAL: Self = Self(1000);
    /// 1001: the endpoint goes away, such as a page left or a server shut down.
    pub const GOING_AWAY: Self = Self(1001);
    /// 1002: the peer broke the protocol.
    pub const PROTOCOL_ERROR: Self = Self(1002);
    /// 1003: the endpoint does not take messages of this kind.
    pub const UNSUPPORTED_DATA: Self = Self(1003);
    /// 1007: a message was not consistent with its kind, such as text that is not UTF-8.
    pub const INVALID_PAYLOAD: Self = Self(1007);
    /// 1008: the peer broke a rule of ours that no other code tells of.
    pub const POLICY_VIOLATION: Self = Self(1008);
    /// 1009: a message was too big to process.
    pub const MESSAGE_TOO_BIG: Self = Self(1009);
    /// 1010: the server did not agree to an extension which the client needs.
    pub const MANDATORY_EXTENSION: Self = Self(1010);
    /// 1011: the endpoint met a condition which it did not expect.
    pub const INTERNAL_ERROR: Self = Self(1011);
    /// 1012: the server restarts.
    pub const SERVICE_RESTART: Self = Self(1012);
    /// 1013: the server is overloaded; try again later.
    pub const TRY_AGAIN_LATER: Self = Self(1013);
    /// 1014: a gateway got an invalid response.
    pub const BAD_GATEWAY: Self = Self(1014);

    /// The code of this number, unless it must not stand in a close frame.
    pub const fn new(code: u16) -> Option<Self> {
        // Section 7.4.1 reserves 1004 to 1006 and 1015; section 7.4.2 leaves 3000 to 4999 free.
        match code {
            1000..=1003 | 1007..=1014 | 3000..=4999 => Some(Self(code)),
            _ => None,
        }
    }

    /// The number on the wire.
    pub const fn get(self) -> u16 {
        self.0
    }
}

impl fmt::Display for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
