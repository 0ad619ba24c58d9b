//! How a loop drives a connection: steps, transmission, time.

use bytes::Bytes;

use super::closing::Ending;
use super::deadlines::Phase;
use super::ended::{Cause, Ended, TimedOut};
use super::sender::Sender;
use super::timestamp::Timestamp;
use crate::handshake::server;
use crate::wire::Role;

/// The next act of a loop, once a connection has no more events.
///
/// ```
/// use sansocket::{CloseCode, Config, Connection, Input, Negotiated, Step, Timestamp};
///
/// # let (mut input, now) = (Input::new(vec![0; 64]), Timestamp::default());
/// let mut server = Connection::open_server(Negotiated::new(), Config::new().shared(), now);
/// assert_eq!(server.next_step(), Step::Io { read: true, write: false });
/// server.close(CloseCode::NORMAL, "")?;
/// assert_eq!(server.next_step(), Step::Io { read: true, write: true });
/// server.transmitted(4, now);
///
/// // The client answers.
/// server.receive(&mut input, b"\x88\x82\0\0\0\0\x03\xe8".to_vec(), now);
/// while server.next_event(&mut input).is_some() {}
/// assert_eq!(server.next_step(), Step::Shutdown);
/// server.handle_shutdown();
/// server.handle_eof(now);
/// assert_eq!(server.next_event(&mut input), None);
/// assert!(matches!(server.next_step(), Step::Done(ended) if ended.is_clean()));
/// # Ok::<(), sansocket::SendError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Step {
    /// Read, write, or wait until one of them is possible, but not longer than until
    /// [`poll_timeout`](crate::Sender::poll_timeout). If neither is wanted, wait for the application.
    Io {
        /// Whether to read. `false` while a request waits for a decision, and while a peer does not take
        /// our replies.
        read: bool,
        /// Whether bytes wait to be written.
        write: bool,
    },
    /// End our direction of the transport, then call
    /// [`handle_shutdown`](crate::Sender::handle_shutdown) and read on until the peer ends its own. An
    /// operating system resets a stream that is closed with unread bytes, and our last bytes with it.
    Shutdown,
    /// Drop the transport. The account says how the connection ended.
    Done(Ended),
}

impl Sender {
    /// Returns what to do, once there are no more events.
    #[inline]
    pub fn next_step(&mut self) -> Step {
        // A shortcut for the most frequent case.
        if self.closing.is_open() && !self.is_due() {
            let write = !self.output.front().is_empty();
            return Step::Io { read: !self.output.is_blocked(), write };
        }
        self.find_step()
    }

    fn find_step(&mut self) -> Step {
        self.transmit_due();
        let ending = self.closing.ending(self.role);
        let is_written = self.output.is_empty() || self.closing.is_broken();
        match ending {
            Ending::Done => Step::Done(self.account()),
            Ending::Shutdown if is_written => Step::Shutdown,
            Ending::Shutdown | Ending::Wait | Ending::None => {
                // After a close frame, there are no more replies.
                let is_blocked = self.closing.is_open() && self.output.is_blocked();
                let is_paused = is_blocked || self.closing.is_deciding();
                let read = !self.closing.has_eof() && !is_paused;
                Step::Io { read, write: !self.output.front().is_empty() }
            }
        }
    }

    /// Returns the bytes to write: the first chunk of what waits. Report how many of them were written with
    /// [`transmitted`](Self::transmitted).
    ///
    /// ```
    /// use std::io::Write;
    /// use sansocket::{Sender, Timestamp};
    ///
    /// /// Writes once to a stream, which may take less than there is.
    /// fn write(sender: &mut Sender, stream: &mut impl Write, now: Timestamp) -> std::io::Result<()> {
    ///     let count = stream.write(sender.transmit())?;
    ///     sender.transmitted(count, now);
    ///     Ok(())
    /// }
    /// # use sansocket::{Config, Connection, Negotiated};
    /// # let now = Timestamp::default();
    /// # let mut server = Connection::open_server(Negotiated::new(), Config::new().shared(), now);
    /// # server.send("Hello").unwrap();
    /// # let mut stream = [0; 4];
    /// # write(&mut server, &mut &mut stream[..], now)?;
    /// # assert_eq!((&stream, server.transmit()), (b"\x81\x05He", &b"llo"[..]));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[inline]
    pub fn transmit(&mut self) -> &[u8] {
        self.transmit_due();
        self.output.front()
    }

    /// Returns the bytes to write, in chunks for a vectored write.
    pub fn transmit_vectored(&mut self) -> impl Iterator<Item = &[u8]> {
        self.transmit_due();
        self.output.chunks()
    }

    /// Takes the first chunk of what waits, for an operating system that owns what it writes.
    ///
    /// Nothing else is given out until [`transmitted`](Self::transmitted) reports how many of its bytes were
    /// written. The others are then given out again.
    ///
    /// ```
    /// # use sansocket::{Config, Connection, Negotiated, Timestamp};
    /// # let now = Timestamp::default();
    /// # let mut server = Connection::open_server(Negotiated::new(), Config::new().shared(), now);
    ///
    /// server.send("Hello")?;
    /// let bytes = server.take_transmit().expect("a frame is queued");
    /// assert_eq!((server.take_transmit(), server.transmit()), (None, &b""[..])); // It is in flight.
    /// server.transmitted(5, now); // Two bytes were not written.
    /// assert_eq!((&bytes[5..], server.transmit()), (&b"lo"[..], &b"lo"[..]));
    /// # Ok::<(), sansocket::SendError>(())
    /// ```
    pub fn take_transmit(&mut self) -> Option<Bytes> {
        self.transmit_due();
        self.output.take()
    }

    /// Notes that `count` bytes have been written. 0 is harmless: nothing is in flight any more.
    ///
    /// # Panics
    ///
    /// Panics if fewer bytes were given out.
    #[inline]
    pub fn transmitted(&mut self, count: usize, now: Timestamp) {
        self.deadlines.tell(now);
        let is_done = self.closing.is_flowing() && self.output.advance_all(count);
        if !is_done {
            self.transmitted_some(count);
        }
    }

    #[inline(never)]
    fn transmitted_some(&mut self, count: usize) {
        // The chunk in flight has been dropped.
        if self.closing.is_broken() || self.closing.is_abandoned() {
            return;
        }
        self.output.advance(count);
        if count > 0 && self.closing.progress(self.output.is_empty()) {
            self.deadlines.progress();
        }
    }

    /// Notes that nothing can be written any more. What waits is dropped, and so is all that is sent from now
    /// on. What the peer has sent, perhaps its close frame, can still be read, for
    /// [`Timeouts::end`](crate::Timeouts::end).
    pub fn handle_write_error(&mut self, now: Timestamp) {
        self.deadlines.tell(now);
        if self.is_done() {
            return;
        }
        self.closing.break_writing();
        self.drop_output();
        self.deadlines.follow(Phase::Ending);
    }

    /// Notes that our direction of the transport was ended.
    pub fn handle_shutdown(&mut self) {
        if !self.is_done() {
            self.closing.shut();
        }
    }

    /// Returns whether the connection is done, so that its account is final.
    pub(super) fn is_done(&self) -> bool {
        self.closing.ending(self.role) == Ending::Done
    }

    /// Returns how the connection ended, once it is [done](Step::Done).
    pub fn ended(&self) -> Option<Ended> {
        (self.closing.ending(self.role) == Ending::Done).then(|| self.account())
    }

    /// The latest time that was told.
    #[cfg(feature = "std")]
    pub(crate) const fn now(&self) -> Timestamp {
        self.deadlines.now()
    }

    /// Notes the time, before something starts that has a deadline.
    #[cfg(feature = "std")]
    pub(crate) fn note_time(&mut self, now: Timestamp) {
        self.deadlines.tell(now);
    }

    /// Has something queued which is no reply to an event.
    #[cfg(feature = "std")]
    pub(crate) fn unprompted<R>(&mut self, queue: impl FnOnce(&mut Self) -> R) -> R {
        let was_replying = core::mem::replace(&mut self.is_replying, false);
        let result = queue(self);
        self.is_replying = was_replying;
        result
    }

    /// Returns when to call [`handle_timeout`](Self::handle_timeout), if nothing happens before.
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        match self.closing.ending(self.role) {
            Ending::Done => None,
            Ending::None | Ending::Shutdown | Ending::Wait => {
                self.deadlines.due(&self.config.timeouts)
            }
        }
    }

    /// Notes the time, and acts if a deadline has passed. Returns whether one has.
    ///
    /// Calling it early or often is harmless. Call it when there is nothing to read, so that a peer whose
    /// bytes lie unread is not taken for silent.
    ///
    /// ```
    /// use core::time::Duration;
    /// # use sansocket::{Config, Connection, Negotiated, Timestamp};
    /// # let now = Timestamp::default();
    /// # let mut server = Connection::open_server(Negotiated::new(), Config::new().shared(), now);
    ///
    /// assert_eq!(server.poll_timeout(), Some(now + Duration::from_secs(30)));
    /// assert!(!server.handle_timeout(now + Duration::from_secs(29)));
    ///
    /// assert!(server.handle_timeout(now + Duration::from_secs(30)));
    /// assert_eq!(server.transmit()[0], 0x89); // The client was silent, so a ping was queued.
    /// assert_eq!(server.poll_timeout(), Some(now + Duration::from_secs(50)));
    /// ```
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
            Phase::Deciding => self.give_up_decision(),
            Phase::Open => {
                self.deadlines.enter(Phase::Pinged);
                // A connection that has begun to close is in another phase.
                let _ = self.probe();
            }
            Phase::Pinged => self.give_up(self.silence()),
            Phase::Closing => self.give_up(TimedOut::Close),
            Phase::Ending => {
                self.closing.abandon(Cause::TransportEnded);
                self.drop_output();
            }
        }
        true
    }

    /// Drops all that waits to be written.
    pub(super) fn drop_output(&mut self) {
        if !self.output.is_empty() {
            // A close frame is the last of what waits.
            self.framer.lose_close();
        }
        self.framer.drop_pending();
        self.output.clear();
    }

    /// Whether a peer that does not answer is silent, or takes nothing, not even the ping.
    const fn silence(&self) -> TimedOut {
        match self.output.is_empty() {
            true => TimedOut::Silence,
            false => TimedOut::Blocked,
        }
    }

    fn give_up(&mut self, timed_out: TimedOut) {
        self.closing.give_up(timed_out);
        self.drop_output();
    }

    fn give_up_opening(&mut self) {
        let timed_out = Cause::TimedOut(TimedOut::Opening);
        match self.role {
            Role::Server => {
                server::RequestError::TimedOut.reject(self.out());
                self.end_unopened(timed_out);
            }
            Role::Client => self.closing.abandon(timed_out),
        }
    }

    /// RFC 9110, section 15.6.4: the server, not the client, took too long.
    fn give_up_decision(&mut self) {
        server::respond_unavailable(self.out());
        self.end_unopened(Cause::TimedOut(TimedOut::Decision));
    }

    /// Brings the output up to date.
    #[inline]
    fn transmit_due(&mut self) {
        if self.is_due() {
            self.transmit_or_drop();
        }
    }

    /// Returns whether the output is not up to date.
    #[inline]
    const fn is_due(&self) -> bool {
        self.framer.has_pending() || self.closing.is_broken()
    }

    /// Queues the control frames that wait, if there is room. Elsewhere they take little memory, however much
    /// comes from a peer that does not read. Drops all of it if nothing can be written.
    #[inline(never)]
    fn transmit_or_drop(&mut self) {
        if self.closing.is_broken() {
            self.framer.drop_pending();
            self.output.clear();
        } else if !self.is_full() || !self.closing.is_open() {
            self.transmit_pending();
        }
    }

    /// Returns how the connection ends, as far as that is known.
    pub(crate) fn account(&self) -> Ended {
        self.closing.account(self.framer.sent())
    }
}
