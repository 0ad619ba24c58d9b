//! The half of a connection that sends, and knows the time and how far the end is.

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::draft::Draft;
use crate::connection::{
    Cause, CloseFrame, Closing, Config, Deadlines, Ended, Ending, Output, Phase, SendError, State,
    Step, TimedOut, Timestamp,
};
use crate::handshake::{HandshakeError, Transport, server};
use crate::wire::{Close, ProtocolError, Role};

/// The half of a [`Connection`](super::Connection) that sends.
///
/// ```
/// use sansocket::SendError;
/// use sansocket::legacy::Sender;
///
/// fn greet(sender: &mut Sender) -> Result<(), SendError> {
///     sender.send("hello")?;
///     sender.close()
/// }
/// # use sansocket::{Config, Event, Input, Timestamp, legacy::Connection};
/// # let request = b"GET / HTTP/1.1\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\nHost: a\r\n\
/// #     Origin: http://a\r\n\r\n";
/// # let (mut input, now) = (Input::new(vec![0; 1024]), Timestamp::default());
/// # let server = Connection::server(Config::new().shared(), now);
/// # let mut server = server.with_read_ahead(request);
/// # assert_eq!(server.next_event(&mut input), Some(Event::Request));
/// # server.accept();
/// # assert_eq!(server.next_event(&mut input), Some(Event::Open));
/// # greet(&mut server)?;
/// # assert!(server.transmit().ends_with(b"\x00hello\xff"));
/// # Ok::<(), SendError>(())
/// ```
#[derive(Debug)]
pub struct Sender {
    pub(super) output: Output,
    pub(super) deadlines: Deadlines,
    pub(super) closing: Closing,
    pub(super) config: Arc<Config>,
    role: Role,
    /// `None` until a server has accepted a request.
    draft: Option<Draft>,
    /// Our close frame.
    sent: CloseFrame,
    /// Whether the application is answering events.
    pub(super) is_replying: bool,
}

impl Sender {
    pub(super) fn new(
        config: Arc<Config>,
        role: Role,
        draft: Option<Draft>,
        now: Timestamp,
    ) -> Self {
        Self {
            output: Output::new(config.max_queued),
            deadlines: Deadlines::new(now),
            closing: Closing::new(State::Opening),
            config,
            role,
            draft,
            sent: CloseFrame::Absent,
            is_replying: false,
        }
    }

    /// Queues a text message. These drafts have no others.
    ///
    /// The message is queued whether the queue [is full](Self::is_full) or not.
    ///
    /// # Errors
    ///
    /// Returns [`SendError::NotOpen`] before the opening handshake is done, and [`SendError::Closing`] after a
    /// close frame or the end. Nothing is queued.
    pub fn send(&mut self, text: &str) -> Result<(), SendError> {
        self.closing.check_open()?;
        self.queue(&[&[TEXT], text.as_bytes(), &[SENTINEL]]);
        Ok(())
    }

    /// Closes the connection: queues the close frame of draft 76, or ends the transport, as draft 75 has no
    /// other way. Does nothing if the connection is closing already.
    ///
    /// # Errors
    ///
    /// Returns [`SendError::NotOpen`] before the opening handshake is done.
    pub fn close(&mut self) -> Result<(), SendError> {
        match self.closing.check_open() {
            Err(SendError::NotOpen) => Err(SendError::NotOpen),
            Err(_) => Ok(()),
            Ok(()) => {
                self.queue_close();
                if !self.has_close() {
                    self.closing.end(Cause::TransportEnded);
                }
                self.deadlines.follow(if self.has_close() {
                    Phase::Closing
                } else {
                    Phase::Ending
                });
                self.deadlines.start_at_next();
                Ok(())
            }
        }
    }

    /// Returns how many bytes wait to be written.
    pub fn queued(&self) -> usize {
        self.output.len()
    }

    /// Returns whether at least [`Config::max_queued`] bytes wait to be written. Look at this before sending a
    /// message that is no reply.
    pub fn is_full(&self) -> bool {
        self.output.len() >= self.config.max_queued
    }

    /// Returns whether the connection is open and no close frame has been queued.
    pub const fn is_open(&self) -> bool {
        self.closing.is_open()
    }

    /// Returns which end of the connection this is.
    pub const fn role(&self) -> Role {
        self.role
    }

    /// Returns the draft that is spoken, or `None` before a server has accepted a request.
    pub const fn draft(&self) -> Option<Draft> {
        self.draft
    }

    /// Returns the configuration.
    pub const fn config(&self) -> &Arc<Config> {
        &self.config
    }

    /// Returns what to do, once there are no more events.
    pub fn next_step(&mut self) -> Step {
        let is_written = self.output.is_empty() || self.closing.is_broken();
        match self.closing.ending(self.role) {
            Ending::Done => Step::Done(self.account()),
            Ending::Shutdown if is_written => Step::Shutdown,
            Ending::Shutdown | Ending::Wait | Ending::None => {
                let is_blocked = self.closing.is_open() && self.output.is_blocked();
                let is_paused = is_blocked || self.closing.is_deciding();
                let read = !self.closing.has_eof() && !is_paused;
                Step::Io { read, write: !self.output.front().is_empty() }
            }
        }
    }

    /// Returns the bytes to write: the first chunk of what waits. Report how many of them were written with
    /// [`transmitted`](Self::transmitted).
    pub fn transmit(&mut self) -> &[u8] {
        self.output.front()
    }

    /// Notes that `count` bytes have been written. 0 is harmless.
    ///
    /// # Panics
    ///
    /// Panics if fewer bytes were given out.
    pub fn transmitted(&mut self, count: usize, now: Timestamp) {
        self.deadlines.tell(now);
        // What was given out has been dropped.
        if self.closing.is_broken() || self.closing.is_abandoned() {
            return;
        }
        self.output.advance(count);
        if count > 0 && self.closing.progress(self.output.is_empty()) {
            self.deadlines.progress();
        }
    }

    /// Notes that nothing can be written any more. What the peer has sent can still be read.
    pub fn handle_write_error(&mut self, now: Timestamp) {
        self.deadlines.tell(now);
        if self.ended().is_none() {
            self.closing.break_writing();
            self.drop_output();
            self.deadlines.follow(Phase::Ending);
        }
    }

    /// Notes that our direction of the transport was ended.
    pub fn handle_shutdown(&mut self) {
        if self.ended().is_none() {
            self.closing.shut();
        }
    }

    /// Returns how the connection ended, once it is [done](Step::Done).
    ///
    /// A close frame of draft 76 counts as one without a code. Draft 75 has none, so that none of its ends is
    /// [clean](Ended::is_clean).
    pub fn ended(&self) -> Option<Ended> {
        (self.closing.ending(self.role) == Ending::Done).then(|| self.account())
    }

    /// Returns when to call [`handle_timeout`](Self::handle_timeout), if nothing happens before.
    ///
    /// There are no pings, so an open connection waits for its peer without a deadline. While bytes wait to be
    /// written, the peer has [`Timeouts::idle`](crate::Timeouts::idle) to take some.
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        let is_done = self.closing.ending(self.role) == Ending::Done;
        let is_idle = self.deadlines.phase() == Phase::Open && self.output.is_empty();
        if is_done || is_idle { None } else { self.deadlines.due(&self.config.timeouts) }
    }

    /// Notes the time, and acts if a deadline has passed. Returns whether one has.
    pub fn handle_timeout(&mut self, now: Timestamp) -> bool {
        self.deadlines.tell(now);
        if self.poll_timeout().is_none() || !self.deadlines.is_due(&self.config.timeouts) {
            return false;
        }
        match self.deadlines.phase() {
            Phase::Opening => self.give_up_opening(),
            Phase::Body => {
                self.closing.cut_reading();
                self.deadlines.enter(Phase::Ending);
            }
            Phase::Deciding => {
                server::respond_unavailable(self.out());
                self.end_unopened(Cause::TimedOut(TimedOut::Decision));
            }
            Phase::Open | Phase::Pinged => self.give_up(TimedOut::Blocked),
            Phase::Closing => self.give_up(TimedOut::Close),
            Phase::Ending => {
                self.closing.abandon(Cause::TransportEnded);
                self.drop_output();
            }
        }
        true
    }

    /// Whether nothing can be written any more.
    #[cfg(feature = "std")]
    pub(super) const fn is_broken(&self) -> bool {
        self.closing.is_broken()
    }

    /// The latest time that was told.
    #[cfg(feature = "std")]
    pub(super) const fn now(&self) -> Timestamp {
        self.deadlines.now()
    }

    /// The buffer that the opening handshake writes to.
    pub(super) const fn out(&mut self) -> &mut Vec<u8> {
        self.output.tail()
    }

    /// Waits for the application to decide on a request.
    pub(super) const fn ask(&mut self) {
        self.closing.ask();
        self.deadlines.enter(Phase::Deciding);
    }

    /// Waits for the client's eight bytes, since the head of the response is queued.
    pub(super) fn await_key(&mut self, draft: Draft) {
        self.draft = Some(draft);
        self.closing.resume_opening();
        self.deadlines.enter(Phase::Opening);
        self.deadlines.start_at_next();
    }

    /// Notes that the opening handshake is done.
    pub(super) fn open(&mut self, draft: Draft) {
        self.draft = Some(draft);
        self.closing.open(Transport::Connection);
        self.deadlines.enter(Phase::Open);
        self.deadlines.start_at_next();
    }

    /// Ends a connection that does not open.
    pub(super) fn end_unopened(&mut self, cause: Cause) {
        self.closing.end(cause);
        self.deadlines.enter(Phase::Ending);
    }

    /// Fails the opening handshake. A server answers, unless it has accepted the request.
    pub(super) fn fail_opening(&mut self, error: HandshakeError) {
        if let (HandshakeError::Request(error), None) = (error, self.draft) {
            self.config.policy.reject(error, self.output.tail());
        }
        self.end_unopened(Cause::Handshake(error));
    }

    /// Fails the connection. The peer learns no reason: there is no code.
    pub(super) fn fail(&mut self, error: ProtocolError) {
        self.queue_close();
        self.closing.fail(error);
        self.deadlines.follow(Phase::Ending);
    }

    /// Takes the peer's close frame, and replies to it.
    pub(super) fn receive_close(&mut self) {
        let has_sent = self.closing.is_closing();
        self.queue_close();
        self.closing.receive_close(Close { code: None, reason: "" }, has_sent);
        self.deadlines.follow(Phase::Ending);
    }

    /// Notes that the peer ended the transport. What is queued stays so, as the peer may still read.
    pub(super) fn receive_end(&mut self) {
        if self.ended().is_none() {
            self.closing.receive_end(Cause::TransportEnded);
            self.deadlines.follow(Phase::Ending);
        }
    }

    /// Whether messages are discarded, since a close frame has been queued.
    pub(super) fn is_discarding(&self) -> bool {
        self.closing.is_closing() && self.config.discard_after_close
    }

    /// Queues a close frame, if the draft has any and none was queued before.
    fn queue_close(&mut self) {
        if self.has_close() && self.closing.begin() {
            self.queue(&[&[SENTINEL, 0]]);
            if !self.closing.is_broken() {
                self.sent = CloseFrame::Empty;
            }
        }
    }

    fn has_close(&self) -> bool {
        self.draft.is_some_and(Draft::has_close)
    }

    /// Queues the parts of a frame.
    fn queue(&mut self, parts: &[&[u8]]) {
        if self.closing.is_broken() {
            return;
        }
        if self.output.is_empty() && self.deadlines.phase() == Phase::Open {
            self.deadlines.start_at_next();
        }
        let len = parts.iter().map(|part| part.len()).sum();
        let out = self.output.tail_for(len);
        parts.iter().for_each(|part| out.extend_from_slice(part));
        if self.is_replying {
            self.output.count_reply(len);
        }
    }

    fn give_up_opening(&mut self) {
        let timed_out = Cause::TimedOut(TimedOut::Opening);
        match (self.role, self.draft) {
            (Role::Server, None) => {
                server::RequestError::TimedOut.reject(self.out());
                self.end_unopened(timed_out);
            }
            (Role::Server, Some(_)) | (Role::Client, _) => self.closing.abandon(timed_out),
        }
    }

    fn give_up(&mut self, timed_out: TimedOut) {
        self.closing.give_up(timed_out);
        self.drop_output();
    }

    /// Drops all that waits to be written. A close frame is the last of it.
    fn drop_output(&mut self) {
        if !self.output.is_empty() {
            self.sent = CloseFrame::Absent;
        }
        self.output.clear();
    }

    fn account(&self) -> Ended {
        self.closing.account(self.sent)
    }
}

/// The type of a text.
const TEXT: u8 = 0x00;

/// The end of a text, and the type of a close frame.
const SENTINEL: u8 = 0xff;
