//! Errors of the application: what cannot be sent.

use core::fmt;

/// We asked for something that the connection cannot send now. Nothing was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SendError {
    /// A close frame has been queued or sent; nothing may follow it (section 5.5.1).
    Closing,
    /// A ping or pong carries at most 125 bytes (section 5.5).
    ControlTooLong,
    /// Bytes given for text are not UTF-8 (section 8.1).
    InvalidUtf8,
    /// Another message is in progress (section 5.4).
    MessageInProgress,
    /// A client must mask what it sends, which takes bytes that can be changed (section 5.1).
    MustMask,
    /// The opening handshake is not done (section 4.1).
    NotOpen,
    /// A reason cannot stand in a close frame without a code (section 5.5.1).
    ReasonWithoutCode,
    /// The reason of a close frame has at most 123 bytes (section 5.5).
    ReasonTooLong,
    /// Only the other role may send this close code: clients 1010, servers 1012 to 1014.
    WrongRole,
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Closing => "connection is closing",
            Self::ControlTooLong => "control payload is too long",
            Self::InvalidUtf8 => "text is not UTF-8",
            Self::MessageInProgress => "another message is in progress",
            Self::MustMask => "a client must mask what it sends",
            Self::NotOpen => "connection is not open yet",
            Self::ReasonWithoutCode => "close reason has no code",
            Self::ReasonTooLong => "close reason is too long",
            Self::WrongRole => "close code belongs to the other role",
        })
    }
}

impl core::error::Error for SendError {}
