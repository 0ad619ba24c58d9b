//! The life of a connection as one state machine: from its opening to its final account.
//!
//! ```text
//! Opening ─▶ Deciding ─▶ Open ─▶ Closing ─▶ Ended(cause)      from every state: ─▶ Ended(cause)
//! ```
//!
//! A second and a third state describe the two directions of the transport. `Sender` asks whether a frame may
//! be sent, `Parser` whether bytes still matter, `next_step` how the loop goes on.

use alloc::boxed::Box;
use alloc::string::String;

use super::ended::{Cause, CloseFrame, Ended, Initiator, TimedOut};
use super::error::SendError;
use crate::handshake::Transport;
use crate::wire::snapshot::{Loader, Saver, SnapshotError};
use crate::wire::{Close, ProtocolError, Role};

/// How far a connection is on its way to the end.
#[derive(Debug)]
pub(crate) struct Closing {
    state: State,
    reading: Reading,
    writing: Writing,
    /// Which end ended the transport first.
    transport: Option<Initiator>,
    carrier: Transport,
    /// The peer's close frame. Allocated when it comes.
    received: Option<Box<Received>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// The peer has to send its part of the opening handshake.
    Opening,
    /// The application has to decide on a request.
    Deciding,
    Open,
    /// Our close frame is queued. The peer's has not come.
    Closing,
    /// No event follows, but bytes may wait to be written, and the transport may have to end.
    Ended(Cause),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    Open,
    /// The peer ended the transport.
    Ended,
    /// The transport is dropped, whatever may still come.
    Abandoned,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Writing {
    Flowing,
    /// The last write did not take all that waited.
    Stalled,
    /// We ended our direction.
    Shut,
    /// A write failed.
    Broken,
}

/// The peer's close frame.
#[derive(Debug)]
struct Received {
    frame: CloseFrame,
    reason: Box<str>,
    initiator: Initiator,
}

/// The next act that the end of a connection needs from its loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Go on.
    None,
    /// Write what waits, then end our direction.
    Shutdown,
    /// Wait for the peer to end its direction.
    Wait,
    Done,
}

impl Closing {
    pub(crate) const fn new(state: State) -> Self {
        Self {
            state,
            reading: Reading::Open,
            writing: Writing::Flowing,
            transport: None,
            carrier: Transport::Connection,
            received: None,
        }
    }

    /// Whether the connection is open, or waits for the answer to our close frame, and nothing has happened to
    /// its transport.
    pub(crate) const fn is_undisturbed(&self) -> bool {
        let is_read = matches!(self.reading, Reading::Open);
        let is_written = matches!(self.writing, Writing::Flowing | Writing::Stalled);
        is_read && is_written && matches!(self.state, State::Open | State::Closing)
    }

    /// Saves a connection that is [undisturbed](Self::is_undisturbed).
    pub(crate) fn save(&self, out: &mut Saver<'_>) {
        out.flag(self.is_closing());
        out.flag(matches!(self.writing, Writing::Stalled));
        out.flag(matches!(self.carrier, Transport::Stream));
    }

    pub(crate) fn load(from: &mut Loader<'_>) -> Result<Self, SnapshotError> {
        let state = if from.flag()? { State::Closing } else { State::Open };
        let writing = if from.flag()? { Writing::Stalled } else { Writing::Flowing };
        let carrier = if from.flag()? { Transport::Stream } else { Transport::Connection };
        Ok(Self { writing, carrier, ..Self::new(state) })
    }

    /// Whether messages can be sent and received.
    #[inline]
    pub(crate) const fn is_open(&self) -> bool {
        matches!(self.state, State::Open)
    }

    /// Whether what the peer sends still matters.
    pub(crate) const fn is_receiving(&self) -> bool {
        !matches!(self.state, State::Ended(_))
    }

    pub(crate) const fn is_closing(&self) -> bool {
        matches!(self.state, State::Closing)
    }

    pub(crate) const fn is_deciding(&self) -> bool {
        matches!(self.state, State::Deciding)
    }

    /// Whether the peer ended the transport, or we dropped it.
    pub(crate) const fn has_eof(&self) -> bool {
        !matches!(self.reading, Reading::Open)
    }

    /// Whether the transport was dropped, whatever may still come.
    pub(crate) const fn is_abandoned(&self) -> bool {
        matches!(self.reading, Reading::Abandoned)
    }

    /// Returns whether the last write took all that waited.
    #[inline]
    pub(crate) const fn is_flowing(&self) -> bool {
        matches!(self.writing, Writing::Flowing)
    }

    /// Returns whether a write failed.
    pub(crate) const fn is_broken(&self) -> bool {
        matches!(self.writing, Writing::Broken)
    }

    /// Checks that a message or control frame may be sent.
    ///
    /// # Errors
    ///
    /// Returns [`SendError::NotOpen`] before the opening handshake is done, and [`SendError::Closing`]
    /// after a close frame or the end.
    #[inline]
    pub(crate) const fn check_open(&self) -> Result<(), SendError> {
        if self.is_open() { Ok(()) } else { Err(self.why_not_open()) }
    }

    #[cold]
    const fn why_not_open(&self) -> SendError {
        match self.state {
            State::Opening | State::Deciding => SendError::NotOpen,
            // Section 5.5.1: nothing is sent after a close frame.
            State::Open | State::Closing | State::Ended(_) => SendError::Closing,
        }
    }

    /// Waits for the application to decide.
    pub(crate) const fn ask(&mut self) {
        self.state = State::Deciding;
    }

    /// Waits for the rest of the opening handshake, once the application has decided.
    #[cfg(feature = "legacy")]
    pub(crate) const fn resume_opening(&mut self) {
        self.state = State::Opening;
    }

    pub(crate) const fn open(&mut self, carrier: Transport) {
        self.state = State::Open;
        self.carrier = carrier;
    }

    /// Notes that our close frame is queued. Returns whether it is the first.
    pub(crate) const fn begin(&mut self) -> bool {
        let is_first = self.is_open();
        if is_first {
            self.state = State::Closing;
        }
        is_first
    }

    /// Ends the connection, unless it has ended. The first cause counts.
    pub(crate) const fn end(&mut self, cause: Cause) {
        if self.is_receiving() {
            self.state = State::Ended(cause);
        }
    }

    /// Fails the connection (section 7.1.7).
    pub(crate) const fn fail(&mut self, error: ProtocolError) {
        self.end(Cause::Violation(error));
    }

    /// Takes the peer's close frame. `has_sent` says whether ours was queued before.
    pub(crate) fn receive_close(&mut self, close: Close<'_>, has_sent: bool) {
        self.note_close(close.code.into(), close.reason.into(), has_sent);
        self.end(Cause::ClosingHandshake);
    }

    /// Keeps the code and the reason of the peer's close frame for the account.
    pub(crate) fn note_close(&mut self, frame: CloseFrame, reason: Box<str>, has_sent: bool) {
        let initiator = if has_sent { Initiator::Us } else { Initiator::Peer };
        self.received = Some(Box::new(Received { frame, reason, initiator }));
    }

    /// Notes that the peer ended the transport, or reset it.
    pub(crate) fn receive_end(&mut self, cause: Cause) {
        if self.reading == Reading::Open {
            self.reading = Reading::Ended;
        }
        if cause == Cause::TransportReset {
            self.break_writing();
        }
        self.transport.get_or_insert(Initiator::Peer);
        self.end(cause);
    }

    /// Notes that we ended our direction of the transport.
    pub(crate) fn shut(&mut self) {
        if !self.is_broken() {
            self.writing = Writing::Shut;
        }
        self.transport.get_or_insert(Initiator::Us);
    }

    /// Notes a write that took some bytes, and whether others are left. Returns whether the peer has
    /// taken something after it had not.
    pub(crate) fn progress(&mut self, is_empty: bool) -> bool {
        let was_stalled = match self.writing {
            Writing::Flowing => false,
            Writing::Stalled => true,
            Writing::Shut | Writing::Broken => return false,
        };
        self.writing = if is_empty { Writing::Flowing } else { Writing::Stalled };
        was_stalled || !is_empty
    }

    /// Notes that a write failed.
    pub(crate) const fn break_writing(&mut self) {
        self.writing = Writing::Broken;
    }

    /// Reads no more of an opening handshake. What came of it can still be delivered.
    pub(crate) fn cut_reading(&mut self) {
        self.reading = Reading::Ended;
        self.transport.get_or_insert(Initiator::Us);
    }

    /// Drops the transport, whatever may still come.
    pub(crate) fn abandon(&mut self, cause: Cause) {
        self.reading = Reading::Abandoned;
        self.transport.get_or_insert(Initiator::Us);
        self.end(cause);
    }

    /// Gives up on a peer that let a deadline pass.
    pub(crate) fn give_up(&mut self, timed_out: TimedOut) {
        self.abandon(Cause::TimedOut(timed_out));
    }

    /// Returns the next act of the end, once no bytes wait to be written.
    pub(crate) const fn ending(&self, role: Role) -> Ending {
        let is_client = matches!(role, Role::Client);
        match (self.reading, self.state, self.writing) {
            (Reading::Abandoned, ..) => Ending::Done,
            (_, State::Opening | State::Deciding | State::Open | State::Closing, _) => Ending::None,
            // A server that accepted nothing gets nothing more.
            (_, State::Ended(Cause::Rejected | Cause::Handshake(_)), _) if is_client => {
                Ending::Done
            }
            (_, State::Ended(_), Writing::Broken) => Ending::Done,
            (Reading::Ended, State::Ended(_), Writing::Shut) => Ending::Done,
            // Section 7.1.1: the server ends the transport first.
            (Reading::Open, State::Ended(Cause::ClosingHandshake), _)
                if is_client && matches!(self.carrier, Transport::Connection) =>
            {
                Ending::Wait
            }
            (_, State::Ended(_), Writing::Shut) => Ending::Wait,
            (_, State::Ended(_), Writing::Flowing | Writing::Stalled) => Ending::Shutdown,
        }
    }

    /// The final account. `sent` is our close frame, if it was written.
    pub(crate) fn account(&self, sent: CloseFrame) -> Ended {
        let cause = match self.state {
            // Section 7.1.4: the closing handshake is done when both close frames passed.
            State::Ended(Cause::ClosingHandshake) if !sent.is_present() => Cause::TransportEnded,
            State::Ended(cause) => cause,
            State::Opening | State::Deciding | State::Open | State::Closing => {
                Cause::TransportEnded
            }
        };
        let ours = sent.is_present().then_some(Initiator::Us);
        let received = self.received.as_deref();
        Ended {
            sent,
            received: received.map_or(CloseFrame::Absent, |received| received.frame),
            reason: received.map_or_else(Box::default, |received| received.reason.clone()),
            initiator: received.map(|received| received.initiator).or(ours),
            cause,
            transport: self.transport,
        }
    }
}

/// Returns what a close frame that breaks the protocol says, as far as it can be read.
pub(crate) fn read_bad_close(payload: &[u8]) -> (CloseFrame, Box<str>) {
    let Some((&code, reason)) = payload.split_first_chunk() else {
        return (CloseFrame::Empty, Box::default());
    };
    let number = u16::from_be_bytes(code);
    let frame =
        crate::wire::CloseCode::new(number).map_or(CloseFrame::Invalid(number), CloseFrame::Code);
    (frame, String::from_utf8_lossy(reason).into())
}
