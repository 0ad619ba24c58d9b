//! Errors of the application: what cannot be sent.

use core::fmt;

/// The application asked to send what cannot be sent now. Nothing was queued.
///
/// ```
/// use sansocket::{Connection, SendError, Timestamp};
///
/// let mut connection = Connection::server(Default::default(), Timestamp::default());
/// assert_eq!(connection.send("too early"), Err(SendError::NotOpen));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SendError {
    /// A close frame has been queued or the connection has ended (section 5.5.1).
    Closing,
    /// A ping or pong carries at most 125 bytes (section 5.5).
    ControlTooLong,
    /// Another message is in progress (section 5.4).
    MessageInProgress,
    /// The opening handshake is not done (section 4.1).
    NotOpen,
    /// Another ping waits to be written.
    PingPending,
    /// More bytes wait to be written than [`Config::max_queued`](crate::Config::max_queued).
    QueueFull,
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
            Self::ControlTooLong => "payload of a ping or pong is longer than 125 bytes",
            Self::MessageInProgress => "another message is in progress",
            Self::NotOpen => "opening handshake is not done",
            Self::PingPending => "another ping waits to be written",
            Self::QueueFull => "too many bytes wait to be written",
            Self::ReasonWithoutCode => "close reason has no code",
            Self::ReasonTooLong => "close reason is longer than 123 bytes",
            Self::WrongRole => "only the other role may send this close code",
        })
    }
}

impl core::error::Error for SendError {}
