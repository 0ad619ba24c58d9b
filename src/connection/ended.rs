//! The account of how a connection ended.

use alloc::boxed::Box;
use core::fmt;

use crate::handshake::HandshakeError;
use crate::wire::{CloseCode, ProtocolError};

/// How a connection ended: the final account.
///
/// ```
/// use sansocket::{Config, Connection, Input, Negotiated, Timestamp};
///
/// # let (mut input, now) = (Input::new(vec![0; 64]), Timestamp::default());
/// # let mut server = Connection::open_server(Negotiated::new(), Config::new().shared(), now);
/// // The client sends a close frame, takes the reply and leaves.
/// server.receive(&mut input, b"\x88\x86\0\0\0\0\x03\xe9gone".to_vec(), now);
/// while server.next_event(&mut input).is_some() {}
/// let count = server.transmit().len();
/// server.transmitted(count, now);
/// server.handle_shutdown();
/// server.handle_eof(now);
/// # while server.next_event(&mut input).is_some() {}
///
/// let ended = server.ended().expect("nothing is left to do");
/// assert!(ended.is_clean());
/// let account = "closing handshake, started by the peer, peer sent code 1001: gone";
/// assert_eq!(ended.to_string(), account);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ended {
    /// The close frame that we sent. [`Absent`](CloseFrame::Absent) if it could not be written.
    pub sent: CloseFrame,
    /// The close frame that the peer sent.
    pub received: CloseFrame,
    /// The reason in the peer's close frame: at most 123 bytes, often empty. Escape it in logs. Bytes
    /// that are not UTF-8 are replaced.
    pub reason: Box<str>,
    /// Which end sent a close frame first. `None` if neither did.
    pub initiator: Option<Initiator>,
    /// Why the connection ended.
    pub cause: Cause,
    /// Which end ended the transport first. `None` if it was dropped by neither.
    pub transport: Option<Initiator>,
}

impl Ended {
    /// Returns whether both close frames passed (section 7.1.4).
    pub const fn is_clean(&self) -> bool {
        matches!(self.cause, Cause::ClosingHandshake)
    }

    /// Returns *the WebSocket connection close code* of section 7.1.5: the code that the peer sent, 1005
    /// if its close frame had none, 1006 if it sent no close frame.
    pub const fn code(&self) -> u16 {
        match self.received {
            CloseFrame::Code(code) => code.get(),
            CloseFrame::Invalid(code) => code,
            CloseFrame::Empty => 1005,
            CloseFrame::Absent => 1006,
        }
    }
}

/// Writes one line, without the control characters that the peer's reason may have.
impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.cause.fmt(f)?;
        match self.initiator {
            Some(Initiator::Us) => f.write_str(", started by us")?,
            Some(Initiator::Peer) => f.write_str(", started by the peer")?,
            None => {}
        }
        match self.received {
            CloseFrame::Absent => {}
            CloseFrame::Empty => f.write_str(", peer sent no code")?,
            CloseFrame::Code(code) => write!(f, ", peer sent code {code}")?,
            CloseFrame::Invalid(code) => write!(f, ", peer sent code {code}")?,
        }
        match self.reason.is_empty() {
            true => Ok(()),
            false => write!(f, ": {}", self.reason.escape_debug()),
        }
    }
}

/// A close frame that was sent or received, if any.
///
/// ```
/// use sansocket::{CloseCode, CloseFrame};
///
/// let frame = CloseFrame::Code(CloseCode::NORMAL);
/// assert!(frame.is_present());
/// assert_eq!(frame.code(), Some(CloseCode::NORMAL));
/// assert_eq!(CloseFrame::Invalid(1005).code(), None);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum CloseFrame {
    /// No close frame.
    #[default]
    Absent,
    /// A close frame without a code.
    Empty,
    /// A close frame with this code.
    Code(CloseCode),
    /// A close frame with a code that must not be sent (section 7.4). It failed the connection.
    Invalid(u16),
}

impl CloseFrame {
    /// Returns whether there was a close frame.
    pub const fn is_present(self) -> bool {
        !matches!(self, Self::Absent)
    }

    /// Returns its code, if it had a valid one.
    pub const fn code(self) -> Option<CloseCode> {
        match self {
            Self::Code(code) => Some(code),
            Self::Absent | Self::Empty | Self::Invalid(_) => None,
        }
    }
}

impl From<Option<CloseCode>> for CloseFrame {
    fn from(code: Option<CloseCode>) -> Self {
        code.map_or(Self::Empty, Self::Code)
    }
}

/// One of the two ends: the one that did something first.
///
/// ```
/// use sansocket::{Ended, Initiator};
///
/// /// Returns whether to connect again.
/// fn reconnects(ended: &Ended) -> bool {
///     ended.initiator != Some(Initiator::Us)
/// }
/// # use sansocket::{CloseCode, Config, Connection, Negotiated, Timestamp};
/// # let now = Timestamp::default();
/// # let mut server = Connection::open_server(Negotiated::new(), Config::new().shared(), now);
/// # server.close(CloseCode::NORMAL, "").unwrap();
/// # let count = server.transmit().len();
/// # server.transmitted(count, now);
/// # server.handle_shutdown();
/// # server.handle_eof(now);
/// # assert_eq!(server.next_event(&mut sansocket::Input::new([0; 16])), None);
/// # assert!(!reconnects(&server.ended().unwrap()));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Initiator {
    /// This end.
    Us,
    /// The peer.
    Peer,
}

/// Why a connection ended.
///
/// ```
/// use sansocket::{Cause, ProtocolError, TimedOut};
///
/// /// Returns whether the peer is at fault, so that the operator should look at it.
/// fn is_suspicious(cause: Cause) -> bool {
///     matches!(cause, Cause::Handshake(_) | Cause::Violation(_))
/// }
/// assert!(is_suspicious(Cause::Violation(ProtocolError::ReservedOpcode)));
/// assert!(!is_suspicious(Cause::TimedOut(TimedOut::Silence)));
/// assert_eq!(Cause::ClosingHandshake.to_string(), "closing handshake");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// Both ends sent a close frame (section 7.1.4).
    ClosingHandshake,
    /// The opening handshake failed: the peer sent something else.
    Handshake(HandshakeError),
    /// The opening handshake ended with another status than 101.
    Rejected,
    /// The peer let a deadline pass.
    TimedOut(TimedOut),
    /// The transport ended or failed before the closing handshake was done.
    TransportEnded,
    /// The peer reset the transport before the closing handshake was done: see
    /// [`Connection::handle_reset`](crate::Connection::handle_reset).
    TransportReset,
    /// The peer broke the protocol or a limit, so the connection was failed (section 7.1.7).
    Violation(ProtocolError),
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ClosingHandshake => f.write_str("closing handshake"),
            Self::Handshake(error) => write!(f, "opening handshake failed: {error}"),
            Self::Rejected => f.write_str("opening handshake was rejected"),
            Self::TimedOut(timed_out) => timed_out.fmt(f),
            Self::TransportEnded => {
                f.write_str("transport ended before the closing handshake was done")
            }
            Self::TransportReset => f.write_str("peer reset the transport"),
            Self::Violation(error) => write!(f, "peer broke the protocol: {error}"),
        }
    }
}

/// Which deadline the peer let pass: see [`Timeouts`](crate::Timeouts).
///
/// ```
/// use core::time::Duration;
/// use sansocket::{Cause, Config, Connection, Step, TimedOut, Timestamp};
///
/// let start = Timestamp::default();
/// let mut server = Connection::server(Config::new().shared(), start);
/// server.handle_timeout(start + Duration::from_secs(10)); // No request has come.
/// let count = server.transmit().len(); // A 408.
/// server.transmitted(count, start);
/// server.handle_shutdown();
/// server.handle_eof(start);
/// # assert_eq!(server.next_event(&mut sansocket::Input::new([0; 16])), None);
/// let Step::Done(ended) = server.next_step() else { panic!("nothing is left to do") };
/// assert_eq!(ended.cause, Cause::TimedOut(TimedOut::Opening));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TimedOut {
    /// The peer took none of the bytes that wait to be written, so it could not answer a ping. It is gone,
    /// or both ends are blocked on writing, each waiting for the other to read.
    Blocked,
    /// The peer did not answer our close frame.
    Close,
    /// The application did not decide on the request.
    Decision,
    /// The peer could not be reached, or did not finish the opening handshake.
    Opening,
    /// The peer did not answer a ping.
    Silence,
}

impl fmt::Display for TimedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Blocked => "peer takes nothing: it is gone, or both ends are blocked on writing",
            Self::Close => "peer did not answer the close frame in time",
            Self::Decision => "request was not decided in time",
            Self::Opening => "opening handshake took too long",
            Self::Silence => "peer did not answer a ping in time",
        })
    }
}

impl core::error::Error for TimedOut {}
