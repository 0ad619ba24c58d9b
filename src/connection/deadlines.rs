use core::time::Duration;

use super::ended::TimedOut;
use super::error::SendError;
use super::framer::Sender;
use super::parser::Receiver;
use super::timestamp::{Instant, to_nanos};

/// A timeout in nanoseconds: half as large as a `Duration`, since every connection keeps some.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Patience(u64);

impl Patience {
    const FOREVER: Self = Self(u64::MAX);

    fn new(timeout: Option<Duration>) -> Self {
        timeout.map_or(Self::FOREVER, |timeout| Self(to_nanos(timeout).min(u64::MAX - 1)))
    }

    fn timeout(self) -> Option<Duration> {
        (self != Self::FOREVER).then(|| Duration::from_nanos(self.0))
    }
}

/// How long to wait for the peer. `None` is for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timeouts {
    /// For the opening handshake, and for connecting before it where an adapter does that. 10 seconds unless
    /// set. A blocking one cannot hurry the operating system when it looks up the name.
    pub opening: Option<Duration>,
    /// For anything, before a ping is sent. 30 seconds unless set; `None` sends no pings.
    pub idle: Option<Duration>,
    /// For the answer to that ping. 20 seconds unless set.
    pub pong: Option<Duration>,
    /// For the peer's close frame after ours. 10 seconds unless set.
    pub close: Option<Duration>,
    /// For the end of the transport after the closing handshake. 5 seconds unless set.
    pub end: Option<Duration>,
    /// What proves that the peer is alive.
    pub liveness: Liveness,
}

/// What proves that the peer is alive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Liveness {
    /// Any byte that it sends.
    #[default]
    Input,
    /// Only the answer to a ping: that it receives, too. So pings go out whatever else does.
    Pong,
}

impl Default for Timeouts {
    fn default() -> Self {
        const fn seconds(count: u64) -> Option<Duration> {
            Some(Duration::from_secs(count))
        }
        Self {
            opening: seconds(10),
            idle: seconds(30),
            pong: seconds(20),
            close: seconds(10),
            end: seconds(5),
            liveness: Liveness::Input,
        }
    }
}

/// Keeps a connection alive, and gives up on one that is dead.
///
/// Optional: a connection itself has no notion of time. Tell it what happens, call
/// [`handle_timeout`](Self::handle_timeout) at each turn of the loop before waiting, and wait no
/// longer than until [`poll_timeout`](Self::poll_timeout).
#[derive(Clone, Debug)]
pub struct Deadlines {
    /// How long each phase may take, in their order.
    patience: [Patience; 5],
    liveness: Liveness,
    phase: Phase,
    /// When the phase began. Of one that is open: when the peer was last heard of.
    since: Instant,
    pings: Pings,
    round_trip: Option<RoundTrip>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Opening,
    Open,
    /// Our ping waits for an answer.
    Pinged,
    /// Our close frame waits for an answer.
    Closing,
    /// Nothing more is to come but the end of the transport.
    Ending,
}

/// How long a ping and its pong took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RoundTrip {
    /// The newest.
    pub last: Duration,
    /// An average in which each new one counts for an eighth. cf. RFC 6298, section 2.
    pub smoothed: Duration,
}

impl Deadlines {
    /// Starts to count at `now`, when the opening handshake begins.
    pub fn new(timeouts: Timeouts, now: Instant) -> Self {
        let Timeouts { opening, idle, pong, close, end, liveness } = timeouts;
        let patience = [opening, idle, pong, close, end].map(Patience::new);
        let (phase, since) = (Phase::Opening, now);
        Self { patience, liveness, phase, since, pings: Pings::default(), round_trip: None }
    }

    /// Tells that the opening handshake is done.
    pub const fn handle_open(&mut self, now: Instant) {
        self.enter(Phase::Open, now);
    }

    /// Tells that bytes came from the peer.
    pub fn handle_input(&mut self, now: Instant) {
        if self.liveness == Liveness::Input {
            self.handle_life(now);
        }
    }

    /// Tells that nothing more can be written. What the peer has said before, its close frame maybe, can
    /// still be read: no longer than for [`Timeouts::end`].
    pub fn handle_write_error(&mut self, now: Instant) {
        if self.phase != Phase::Ending {
            self.enter(Phase::Ending, now);
        }
    }

    /// Tells of [`Event::Pong`](crate::Event::Pong), and returns the time that it took.
    ///
    /// A pong answers the pings before it, too. One that answers none of ours gives `None`.
    pub fn handle_pong(&mut self, payload: &[u8], now: Instant) -> Option<Duration> {
        let last = now.since(self.pings.take(payload)?);
        self.handle_life(now);
        let smoothed = match self.round_trip {
            None => last,
            Some(before) => before.smoothed.saturating_mul(7).saturating_add(last) / 8,
        };
        self.round_trip = Some(RoundTrip { last, smoothed });
        Some(last)
    }

    /// Queues a ping whose answer tells the round-trip time.
    ///
    /// # Errors
    ///
    /// As [`Sender::ping`].
    pub fn ping(&mut self, now: Instant, sender: &mut Sender) -> Result<(), SendError> {
        sender.ping(&self.pings.next_payload())?;
        self.pings.push(now);
        Ok(())
    }

    /// How long pings and pongs take, once one has been answered.
    pub const fn round_trip(&self) -> Option<RoundTrip> {
        self.round_trip
    }

    /// When to call [`handle_timeout`](Self::handle_timeout) next, unless something happens before.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let timeout = self.patience[self.phase as usize].timeout();
        timeout.map(|timeout| self.since + timeout)
    }

    /// Tells that it is `now`, during the opening handshake.
    ///
    /// # Errors
    ///
    /// When it should have been done by now: a server answers with status 408, and both drop the
    /// transport.
    pub fn handle_opening(&self, now: Instant) -> Result<(), TimedOut> {
        match self.phase == Phase::Opening && self.is_due(now) {
            true => Err(TimedOut::Opening),
            false => Ok(()),
        }
    }

    /// Tells that it is `now`, which may queue a ping in `sender`. There is no harm in calling it
    /// early, or often.
    ///
    /// # Errors
    ///
    /// When the peer should have been heard of by now: tell [`Receiver::give_up`], and drop the
    /// transport.
    pub fn handle_timeout(
        &mut self,
        now: Instant,
        receiver: &Receiver,
        sender: &mut Sender,
    ) -> Result<(), TimedOut> {
        self.follow(now, receiver, sender);
        if !self.is_due(now) {
            return Ok(());
        }
        match self.phase {
            Phase::Opening => Err(TimedOut::Opening),
            Phase::Pinged => Err(TimedOut::Silence),
            Phase::Closing => Err(TimedOut::Close),
            Phase::Ending => Err(TimedOut::End),
            Phase::Open => {
                self.enter(Phase::Pinged, now);
                // A connection that has begun to close is in another phase, so this is sent.
                let _ = self.ping(now, sender);
                Ok(())
            }
        }
    }

    /// How long the end of the transport may take.
    #[cfg(feature = "std")]
    pub(crate) fn end_patience(&self) -> Option<Duration> {
        self.patience[Phase::Ending as usize].timeout()
    }

    fn handle_life(&mut self, now: Instant) {
        if matches!(self.phase, Phase::Open | Phase::Pinged) {
            self.enter(Phase::Open, now);
        }
    }

    /// Notes that the connection has begun to close, or is closed.
    pub(crate) fn follow(&mut self, now: Instant, receiver: &Receiver, sender: &Sender) {
        let phase = match (receiver.is_closed(), sender.is_closing()) {
            (true, _) => Phase::Ending,
            (false, true) => self.phase.max(Phase::Closing),
            (false, false) => self.phase,
        };
        if phase != self.phase {
            self.enter(phase, now);
        }
    }

    const fn enter(&mut self, phase: Phase, now: Instant) {
        (self.phase, self.since) = (phase, now);
    }

    fn is_due(&self, now: Instant) -> bool {
        self.poll_timeout().is_some_and(|due| due <= now)
    }
}

/// The pings that have not been answered: their number is their payload.
#[derive(Clone, Debug, Default)]
struct Pings {
    sent: [Instant; Self::MAX],
    /// The oldest that may be answered.
    first: u32,
    next: u32,
}

impl Pings {
    /// How many pings may be under way. Of more, the oldest are not measured.
    const MAX: usize = 4;

    const fn next_payload(&self) -> [u8; 4] {
        self.next.to_be_bytes()
    }

    fn push(&mut self, now: Instant) {
        self.sent[self.next as usize % Self::MAX] = now;
        self.next = self.next.wrapping_add(1);
        if self.next.wrapping_sub(self.first) as usize > Self::MAX {
            self.first = self.first.wrapping_add(1);
        }
    }

    /// When the ping of this payload was sent, which answers it and those before it.
    fn take(&mut self, payload: &[u8]) -> Option<Instant> {
        let number = u32::from_be_bytes(payload.try_into().ok()?);
        let is_open = number.wrapping_sub(self.first) < self.next.wrapping_sub(self.first);
        is_open.then(|| {
            self.first = number.wrapping_add(1);
            self.sent[number as usize % Self::MAX]
        })
    }
}
