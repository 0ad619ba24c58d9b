//! The time of a connection: one deadline at a time, and round trips.
//!
//! Each phase has one timeout of [`Timeouts`]. A phase starts when the connection enters it; `Open` starts
//! anew with each sign of life.

use core::fmt;
#[expect(deprecated, reason = "this is SipHash-2-4, a keyed hash; its successor has no key")]
use core::hash::{Hasher, SipHasher};
use core::time::Duration;

use super::timeouts::{Liveness, Timeouts};
use super::timestamp::Timestamp;
use crate::wire::snapshot::{Loader, Saver, SnapshotError};

/// How long a keepalive ping and its pong took.
///
/// ```
/// use core::time::Duration;
/// use sansocket::{Config, Connection, Event, Input, Negotiated, Timestamp};
///
/// # let (mut input, start) = (Input::new(vec![0; 64]), Timestamp::default());
/// # let mut server = Connection::open_server(Negotiated::new(), Config::new().shared(), start);
/// server.probe()?;
/// let mut pong = server.transmit().to_vec();
/// server.transmitted(pong.len(), start);
///
/// // The client answers with the payload of the ping.
/// pong.splice(..2, [0x8a, 0x80 | pong[1], 0, 0, 0, 0]);
/// server.receive(&mut input, pong, start + Duration::from_millis(40));
/// assert!(matches!(server.next_event(&mut input), Some(Event::Pong(_))));
/// assert_eq!(server.round_trip().map(|it| it.last), Some(Duration::from_millis(40)));
/// # Ok::<(), sansocket::SendError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RoundTrip {
    /// The newest.
    pub last: Duration,
    /// An average in which each new one counts for an eighth. cf. RFC 6298, section 2.
    pub smoothed: Duration,
}

/// The clock of a connection.
#[derive(Debug)]
pub(crate) struct Deadlines {
    /// The latest time that was told.
    now: Timestamp,
    /// When the phase started.
    since: Timestamp,
    probes: Probes,
    /// In microseconds: the newest, and the average.
    round_trip: Option<(u32, u32)>,
    phase: Phase,
    /// Whether the phase started at a time that was told. If not, it starts at the next one.
    has_started: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    Opening,
    /// A client waits for the rest of the body of a rejection.
    Body,
    /// The application has to decide.
    Deciding,
    Open,
    /// A keepalive ping waits for its answer.
    Pinged,
    /// Our close frame waits for an answer.
    Closing,
    /// Our last bytes are to be written, and the transport is to end.
    Ending,
}

impl Deadlines {
    pub(crate) const fn new(now: Timestamp) -> Self {
        let probes = Probes::new(now.as_nanos());
        Self { now, since: now, probes, round_trip: None, phase: Phase::Opening, has_started: true }
    }

    /// Saves how long ago everything was, since the next process has another clock.
    pub(crate) fn save(&self, out: &mut Saver<'_>) {
        out.flag(self.phase == Phase::Pinged);
        out.flag(self.has_started);
        out.long(self.now.as_nanos() - self.since.as_nanos());
        out.option(self.round_trip, |out, (last, smoothed)| {
            out.word(last);
            out.word(smoothed);
        });
        self.probes.save(micros(self.now), out);
    }

    pub(crate) fn load(
        from: &mut Loader<'_>,
        is_closing: bool,
        now: Timestamp,
    ) -> Result<Self, SnapshotError> {
        let phase = match (from.flag()?, is_closing) {
            (false, true) => Phase::Closing,
            (false, false) => Phase::Open,
            (true, false) => Phase::Pinged,
            (true, true) => return Err(SnapshotError::Malformed),
        };
        let has_started = from.flag()?;
        let elapsed = Duration::from_nanos(from.long()?);
        let since = Timestamp::new(Duration::from_nanos(now.as_nanos()).saturating_sub(elapsed));
        let round_trip = from.option(|from| Ok((from.word()?, from.word()?)))?;
        let probes = Probes::load(from, micros(now))?;
        Ok(Self { now, since, probes, round_trip, phase, has_started })
    }

    /// Makes the payloads of keepalive pings unpredictable.
    pub(crate) const fn set_salt(&mut self, salt: u64) {
        self.probes.salt = salt;
    }

    /// Notes the time. Time does not go backwards.
    #[inline]
    pub(crate) fn tell(&mut self, now: Timestamp) {
        self.now = self.now.max(now);
        if !self.has_started {
            self.enter(self.phase);
        }
    }

    #[cfg(feature = "std")]
    pub(crate) const fn now(&self) -> Timestamp {
        self.now
    }

    pub(crate) const fn phase(&self) -> Phase {
        self.phase
    }

    /// Starts a phase.
    pub(crate) const fn enter(&mut self, phase: Phase) {
        (self.phase, self.since, self.has_started) = (phase, self.now, true);
    }

    /// Has the phase start at the next time that is told. The application acts without telling the time, perhaps
    /// long after it was last told.
    pub(crate) const fn start_at_next(&mut self) {
        self.has_started = false;
    }

    /// Moves on to a phase, unless that or a later one has started.
    pub(crate) fn follow(&mut self, phase: Phase) {
        if self.phase < phase {
            self.enter(phase);
        }
    }

    /// Notes bytes from the peer.
    pub(crate) fn hear(&mut self, timeouts: &Timeouts) {
        if timeouts.liveness == Liveness::Input {
            self.revive();
        }
    }

    /// Notes that the peer took bytes which it had not taken before.
    pub(crate) fn progress(&mut self) {
        if self.phase == Phase::Ending {
            self.enter(Phase::Ending);
        }
        self.revive();
    }

    /// Returns when the phase times out.
    pub(crate) fn due(&self, timeouts: &Timeouts) -> Option<Timestamp> {
        let timeout = match self.phase {
            Phase::Opening => timeouts.opening,
            Phase::Body => timeouts.body,
            Phase::Deciding => timeouts.decision,
            Phase::Open => timeouts.idle,
            Phase::Pinged => timeouts.pong,
            Phase::Closing => timeouts.close,
            Phase::Ending => timeouts.end,
        };
        timeout.map(|timeout| self.since + timeout)
    }

    pub(crate) fn is_due(&self, timeouts: &Timeouts) -> bool {
        self.due(timeouts).is_some_and(|due| due <= self.now)
    }

    /// Returns the payload of the next keepalive ping.
    pub(crate) fn next_probe(&self) -> [u8; 8] {
        self.probes.payload(self.probes.next)
    }

    /// Notes that a keepalive ping was taken to be written.
    pub(crate) fn sent_probe(&mut self) {
        self.probes.push(micros(self.now));
    }

    /// Takes a pong, which may answer a keepalive ping.
    pub(crate) fn receive_pong(&mut self, payload: &[u8]) {
        let Some(sent) = self.probes.take(payload) else { return };
        self.revive();
        let last = micros(self.now).wrapping_sub(sent);
        let smoothed = match self.round_trip {
            None => last,
            Some((_, before)) => last / 8 + before / 8 * 7 + (last % 8 + before % 8 * 7) / 8,
        };
        self.round_trip = Some((last, smoothed));
    }

    pub(crate) fn round_trip(&self) -> Option<RoundTrip> {
        let to_duration = |micros: u32| Duration::from_micros(micros.into());
        self.round_trip.map(|(last, smoothed)| RoundTrip {
            last: to_duration(last),
            smoothed: to_duration(smoothed),
        })
    }

    /// Notes a sign of life.
    const fn revive(&mut self) {
        if matches!(self.phase, Phase::Open | Phase::Pinged) {
            self.enter(Phase::Open);
        }
    }
}

/// Keepalive pings that were written and not answered.
struct Probes {
    /// The secret from which payloads are derived.
    salt: u64,
    /// When the newest were sent, in microseconds. The clock comes round after 71 minutes, when no answer
    /// is expected any more.
    sent: [u32; Self::MAX],
    /// The number of the next.
    next: u32,
    /// How many of the newest have not been answered.
    open: u8,
}

/// Prints no salt: who knows it can answer pings without reading them.
impl fmt::Debug for Probes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Probes").field("open", &self.open).finish_non_exhaustive()
    }
}

impl Probes {
    /// How many pings are measured at a time.
    const MAX: usize = 2;

    const fn new(salt: u64) -> Self {
        Self { salt, sent: [0; Self::MAX], next: 0, open: 0 }
    }

    fn save(&self, now: u32, out: &mut Saver<'_>) {
        out.long(self.salt);
        out.word(self.next);
        out.byte(self.open);
        for sent in self.sent {
            out.word(now.wrapping_sub(sent));
        }
    }

    fn load(from: &mut Loader<'_>, now: u32) -> Result<Self, SnapshotError> {
        let (salt, next, open) = (from.long()?, from.word()?, from.at_most(2)?);
        let sent = [now.wrapping_sub(from.word()?), now.wrapping_sub(from.word()?)];
        Ok(Self { salt, sent, next, open })
    }

    /// Returns the payload of a ping: a hash of the salt and its number, so that a peer cannot answer a
    /// ping which it has not read.
    #[expect(deprecated, reason = "this is SipHash-2-4, a keyed hash; its successor has no key")]
    fn payload(&self, number: u32) -> [u8; 8] {
        let mut hasher = SipHasher::new_with_keys(self.salt, !self.salt);
        hasher.write(&number.to_le_bytes());
        hasher.finish().to_le_bytes()
    }

    fn push(&mut self, now: u32) {
        self.sent[self.next as usize % Self::MAX] = now;
        self.next = self.next.wrapping_add(1);
        self.open = (self.open + 1).min(2);
    }

    /// Returns when the ping with this payload was sent. The pong answers the pings before it, too.
    fn take(&mut self, payload: &[u8]) -> Option<u32> {
        let age = (1..=self.open)
            .find(|&age| self.payload(self.next.wrapping_sub(age.into())) == *payload)?;
        self.open = age - 1;
        let number = self.next.wrapping_sub(age.into());
        Some(self.sent[number as usize % Self::MAX])
    }
}

/// The low bits of the microseconds. Differences are right below 71 minutes.
#[expect(clippy::cast_possible_truncation, reason = "the low bits are enough")]
const fn micros(timestamp: Timestamp) -> u32 {
    (timestamp.as_nanos() / 1000) as u32
}
