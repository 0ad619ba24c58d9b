use super::ended::{Cause, CloseFrame, Ended, Initiator, TimedOut};
use crate::wire::{ProtocolError, Role};

/// How far a connection is on the way to its end, and who took it there.
#[derive(Debug)]
pub(crate) struct Ending {
    pub(crate) state: State,
    pub(crate) received: CloseFrame,
    pub(crate) initiator: Option<Initiator>,
    pub(crate) has_eof: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Open,
    Failed(ProtocolError),
    /// A close frame has come.
    Closed,
    /// The transport has ended without one.
    Lost,
    TimedOut(TimedOut),
}

impl Ending {
    pub(crate) const fn new() -> Self {
        let (received, initiator) = (CloseFrame::Absent, None);
        Self { state: State::Open, received, initiator, has_eof: false }
    }

    /// Whether the transport is no longer of use to this role.
    pub(crate) const fn is_over(&self, role: Role) -> bool {
        match self.state {
            State::Open => false,
            State::Failed(_) | State::Lost | State::TimedOut(_) => true,
            // Section 7.1.1: the server ends it first.
            State::Closed => self.has_eof || matches!(role, Role::Server),
        }
    }

    /// The account of a connection that has ended, which sent this close frame.
    pub(crate) fn account(&self, sent: CloseFrame) -> Option<Ended> {
        let cause = match self.state {
            State::Open => return None,
            State::Failed(error) => Cause::Violation(error),
            State::TimedOut(timed_out) => Cause::TimedOut(timed_out),
            // Section 7.1.4: the handshake is done when both close frames passed.
            State::Closed if sent.is_present() => Cause::ClosingHandshake,
            State::Closed | State::Lost => Cause::TransportEnded,
        };
        let ours = sent.is_present().then_some(Initiator::Us);
        Some(Ended { sent, received: self.received, initiator: self.initiator.or(ours), cause })
    }
}
