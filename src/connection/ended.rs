//! The account of how a connection ended.

use core::fmt;

use crate::handshake::HandshakeError;
use crate::wire::{CloseCode, ProtocolError};

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
    /// The opening handshake failed: what the peer sent is none.
    Handshake(HandshakeError),
    /// The opening handshake was answered with another status than 101.
    Refused,
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
    /// The account of a connection that never opened.
    #[doc(hidden)]
    pub const fn unopened(cause: Cause) -> Self {
        Self { sent: CloseFrame::Absent, received: CloseFrame::Absent, initiator: None, cause }
    }

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
