use core::fmt;

use crate::error::ProtocolError;

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

/// The body of a close frame (section 5.5.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Close<'e> {
    /// Why the sender closes, unless it did not say.
    pub code: Option<CloseCode>,
    /// At most 123 bytes for people who debug, often empty. It comes from the peer: escape it in logs.
    pub reason: &'e str,
}

impl<'e> Close<'e> {
    /// The longest reason, in bytes.
    pub const MAX_REASON: usize = 123;

    /// Reads the payload of a close frame.
    ///
    /// # Errors
    ///
    /// When it is half a code, a code which must not be sent, or a reason that is not UTF-8.
    pub fn decode(payload: &'e [u8]) -> Result<Self, ProtocolError> {
        let Some((&code, reason)) = payload.split_first_chunk() else {
            return match payload {
                [] => Ok(Self::default()),
                _ => Err(ProtocolError::BadCloseFrame),
            };
        };
        let code = CloseCode::new(u16::from_be_bytes(code)).ok_or(ProtocolError::BadCloseCode)?;
        // Section 5.5.1: what follows the code is UTF-8.
        let reason = simdutf8::basic::from_utf8(reason).map_err(|_| ProtocolError::InvalidUtf8)?;
        Ok(Self { code: Some(code), reason })
    }
}

/// Whether a close frame passed, and which code it carried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CloseFrame {
    /// None passed.
    #[default]
    Absent,
    /// One without a code.
    Empty,
    /// One with this code.
    Code(CloseCode),
}

impl CloseFrame {
    /// Whether a close frame passed.
    pub const fn is_present(self) -> bool {
        !matches!(self, Self::Absent)
    }

    /// The code that it carried, if any.
    pub const fn code(self) -> Option<CloseCode> {
        match self {
            Self::Code(code) => Some(code),
            Self::Absent | Self::Empty => None,
        }
    }
}

impl From<Option<CloseCode>> for CloseFrame {
    fn from(code: Option<CloseCode>) -> Self {
        code.map_or(Self::Empty, Self::Code)
    }
}

/// Which end did something first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Initiator {
    /// We did.
    Us,
    /// The peer did.
    Peer,
}

/// Why no more came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// The closing handshake was done (section 7.1.4).
    ClosingHandshake,
    /// The transport ended, or broke, before the closing handshake was done.
    TransportEnded,
    /// The peer broke the protocol or a limit of ours, so we failed the connection (section 7.1.7).
    Violation(ProtocolError),
    /// The peer let a deadline pass, so we gave up.
    TimedOut(TimedOut),
}

/// What the peer did not do in time: see [`Timeouts`](crate::Timeouts).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TimedOut {
    /// It did not answer our close frame with one of its own.
    Close,
    /// It did not end the transport after the closing handshake, or when nothing could be said any more.
    End,
    /// It could not be reached, or did not do its part of the opening handshake.
    Opening,
    /// It did not answer a ping.
    Silence,
}

impl fmt::Display for TimedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Close => "peer did not answer the close frame in time",
            Self::End => "server did not end the transport in time",
            Self::Opening => "opening handshake took too long",
            Self::Silence => "peer has been silent for too long",
        })
    }
}

impl core::error::Error for TimedOut {}

/// How a connection ended: the one and final account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ended {
    /// The close frame that we sent. One that was never taken to be written counts as absent.
    pub sent: CloseFrame,
    /// The first close frame that the peer sent.
    pub received: CloseFrame,
    /// Who began to close, or `None` if neither end sent a close frame.
    pub initiator: Option<Initiator>,
    /// Why no more came.
    pub cause: Cause,
}

impl Ended {
    /// Whether both ends said all they had to say (section 7.1.4).
    pub const fn is_clean(&self) -> bool {
        matches!(self.cause, Cause::ClosingHandshake)
    }

    /// *The WebSocket connection close code* of section 7.1.5: the code which the peer sent, 1005 if
    /// its close frame had none, 1006 if it sent no close frame.
    pub const fn code(&self) -> u16 {
        match self.received {
            CloseFrame::Code(code) => code.get(),
            CloseFrame::Empty => 1005,
            CloseFrame::Absent => 1006,
        }
    }
}
