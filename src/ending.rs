use crate::close::{Cause, Close, CloseFrame, Ended, Initiator, TimedOut};
use crate::error::ProtocolError;
use crate::frame::Role;
use crate::sender::Sender;

/// How far a connection is on the way to its end, and who took it there.
#[derive(Debug)]
pub(crate) struct Ending {
    state: State,
    received: CloseFrame,
    initiator: Option<Initiator>,
    has_eof: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Open,
    /// The error is known, but what came before it has yet to be delivered.
    Failing(ProtocolError),
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

    /// Notes an error, which is told once all that came before it has been delivered. The first counts.
    pub(crate) const fn foresee(&mut self, error: ProtocolError) {
        if let State::Open = self.state {
            self.state = State::Failing(error);
        }
    }

    /// Remembers an error, and tells the peer (section 7.1.7).
    #[cold]
    pub(crate) fn fail(&mut self, error: ProtocolError, sender: &mut Sender) -> ProtocolError {
        self.state = State::Failed(error);
        sender.owe_close(Close { code: Some(error.close_code()), reason: "" });
        error
    }

    /// Takes the peer's close frame, and answers it.
    pub(crate) fn close(&mut self, code: CloseFrame, sender: &mut Sender) {
        let is_answer = sender.has_close();
        self.initiator = Some(if is_answer { Initiator::Us } else { Initiator::Peer });
        self.received = code;
        if !matches!(self.state, State::TimedOut(_)) {
            self.state = State::Closed;
        }
        // Section 5.5.1: the answer carries the code of the question.
        sender.owe_close(Close { code: code.code(), reason: "" });
    }

    pub(crate) fn receive_eof(&mut self, sender: &mut Sender) {
        self.has_eof = true;
        match self.state {
            State::Open => self.state = State::Lost,
            // All that came before the error has been delivered, or is ready.
            State::Failing(error) => {
                self.fail(error, sender);
            }
            State::Failed(_) | State::Closed | State::Lost | State::TimedOut(_) => {}
        }
        sender.shut();
    }

    pub(crate) fn give_up(&mut self, timed_out: TimedOut, sender: &mut Sender) {
        if self.state == State::Open {
            self.state = State::TimedOut(timed_out);
        }
        self.receive_eof(sender);
        sender.drop_pending();
    }

    #[inline]
    pub(crate) const fn state(&self) -> State {
        self.state
    }

    #[inline]
    pub(crate) const fn is_open(&self) -> bool {
        matches!(self.state, State::Open)
    }

    /// Whether the transport is no longer of use to this role.
    pub(crate) const fn is_over(&self, role: Role) -> bool {
        match self.state {
            State::Open | State::Failing(_) => false,
            State::Failed(_) | State::Lost | State::TimedOut(_) => true,
            // Section 7.1.1: the server ends it first.
            State::Closed => self.has_eof || matches!(role, Role::Server),
        }
    }

    /// The account of a connection that has ended.
    pub(crate) fn account(&self, sender: &Sender) -> Option<Ended> {
        let sent = sender.sent();
        let cause = match self.state {
            State::Open | State::Failing(_) => return None,
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
