//! The messages that wait for a slow consumer, within limits.
//!
//! ```text
//! push, push_latest ─▶ queue of (key, Prepared) ─▶ send_to ─▶ Sender      while the sender is not full
//!                          │ full
//!                          ▼
//!                      Overflow: wait, drop, disconnect
//! ```

use alloc::collections::{BTreeMap, VecDeque};

use super::error::SendError;
use super::prepared::Prepared;
use super::sender::Sender;
use crate::wire::CloseCode;

/// Messages that wait for one connection to take them, within limits.
///
/// A connection whose peer reads slowly takes messages as long as it is not [full](Sender::is_full). What is pushed
/// beyond that waits here, where it can still be dropped or replaced. Control frames and close frames go to the
/// [`Sender`] itself, so they never wait behind this queue.
///
/// Messages leave in the order in which they were pushed. The payloads of all that wait have at most
/// [`max_bytes`](Self::max_bytes) bytes, or there is only one message. The memory of a [`Prepared`] message is shared
/// with all backlogs that hold it.
///
/// ```
/// use sansocket::{Backlog, Config, Connection, Negotiated, Overflow, Prepared, Pushed, Timestamp};
///
/// let (config, now) = (Config::new().max_queued(8).shared(), Timestamp::default());
/// let mut slow = Connection::open_server(Negotiated::new(), config, now);
/// let mut backlog = Backlog::new(Overflow::DropOldest).max_bytes(20);
///
/// for price in ["price 1", "price 2", "price 3", "price 4", "price 5"] {
///     assert_eq!(backlog.push(&Prepared::new(price)), Pushed::Queued);
///     backlog.send_to(&mut slow)?;
/// }
/// assert_eq!(slow.transmit(), b"\x81\x07price 1"); // The queue of the connection is full.
/// assert_eq!((backlog.len(), backlog.counts().dropped), (2, 2));
///
/// slow.transmitted(9, now);
/// assert_eq!(backlog.send_to(&mut slow)?, 1);
/// assert_eq!(slow.transmit(), b"\x81\x07price 4");
/// # Ok::<(), sansocket::SendError>(())
/// ```
#[derive(Debug)]
pub struct Backlog {
    queue: VecDeque<Waiting>,
    /// How many messages have left the front of the queue. A message has the number of those before it.
    left: u64,
    /// The numbers of the messages that have a key.
    keyed: BTreeMap<u64, u64>,
    bytes: usize,
    max_bytes: usize,
    max_messages: usize,
    overflow: Overflow,
    counts: Counts,
    /// The close code of a connection that was given up.
    disconnected: Option<CloseCode>,
}

#[derive(Debug)]
struct Waiting {
    message: Prepared,
    key: Option<u64>,
}

/// What happens to a message that does not fit into a [`Backlog`].
///
/// ```
/// use sansocket::{Backlog, CloseCode, Overflow, Prepared, Pushed};
///
/// let overflow = Overflow::Disconnect(CloseCode::TRY_AGAIN_LATER);
/// let mut backlog = Backlog::new(overflow).max_messages(1);
/// let message = Prepared::new("a message");
/// assert_eq!(backlog.push(&message), Pushed::Queued);
/// assert_eq!(backlog.push(&message), Pushed::Disconnected(CloseCode::TRY_AGAIN_LATER));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Overflow {
    /// It is not taken. Push it again once there [is room](Backlog::has_room).
    Wait,
    /// It is dropped. The consumer gets the oldest messages, without a gap until the first that is dropped.
    DropNewest,
    /// The oldest messages are dropped to make room for it. The consumer gets the newest messages.
    DropOldest,
    /// All messages are dropped, and the connection closes with this code: 1013
    /// ([`TRY_AGAIN_LATER`](CloseCode::TRY_AGAIN_LATER)) or 1008 ([`POLICY_VIOLATION`](CloseCode::POLICY_VIOLATION)).
    /// A client closes with 1008 if only a server may send the code, as is so with 1013.
    Disconnect(CloseCode),
}

/// What became of a message that was pushed into a [`Backlog`].
///
/// ```
/// use sansocket::{Backlog, Overflow, Prepared, Pushed};
///
/// let mut backlog = Backlog::new(Overflow::Wait).max_messages(1);
/// assert_eq!(backlog.push_latest(7, &Prepared::new("7: old")), Pushed::Queued);
/// assert_eq!(backlog.push_latest(7, &Prepared::new("7: new")), Pushed::Replaced);
/// assert_eq!(backlog.push_latest(8, &Prepared::new("8")), Pushed::Full);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use]
pub enum Pushed {
    /// It waits behind all others. Older messages may have been dropped to make room.
    Queued,
    /// It waits in the place of the message with the same key.
    Replaced,
    /// It was dropped: there was no room.
    Dropped,
    /// It was not taken: there is no room yet.
    Full,
    /// It was dropped: the connection is given up, with the code of [`Overflow::Disconnect`].
    Disconnected(CloseCode),
}

/// What became of the messages that were pushed into a [`Backlog`] so far.
///
/// Each message that was taken is in one of the counts, or still waits: `taken = sent + replaced + dropped +
/// backlog.len()`.
///
/// ```
/// use sansocket::{Backlog, Counts, Overflow, Prepared, Pushed};
///
/// let mut backlog = Backlog::new(Overflow::DropNewest).max_messages(1);
/// assert_eq!(backlog.push(&Prepared::new("one")), Pushed::Queued);
/// assert_eq!(backlog.push(&Prepared::new("two")), Pushed::Dropped);
/// let Counts { taken, dropped, .. } = backlog.counts();
/// assert_eq!((taken, dropped, backlog.len()), (2, 1, 1));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Counts {
    /// The messages that were pushed, except those that were not taken because of [`Overflow::Wait`].
    pub taken: u64,
    /// The messages that were given to the sender.
    pub sent: u64,
    /// The messages whose place a newer one with the same key took.
    pub replaced: u64,
    /// The messages that were dropped: for want of room, or because the connection ended.
    pub dropped: u64,
}

/// Where there is room for a message.
enum Room {
    /// In the place of an older message with the same key.
    Place(usize),
    End,
}

impl Backlog {
    /// Creates an empty backlog of at most 64 KiB and 1,024 messages.
    pub const fn new(overflow: Overflow) -> Self {
        Self {
            queue: VecDeque::new(),
            left: 0,
            keyed: BTreeMap::new(),
            bytes: 0,
            max_bytes: 64 << 10,
            max_messages: 1024,
            overflow,
            counts: Counts { taken: 0, sent: 0, replaced: 0, dropped: 0 },
            disconnected: None,
        }
    }

    /// Sets the maximum size of all payloads that wait, in bytes. A longer message can wait alone. Default: 64 KiB.
    #[must_use]
    pub fn max_bytes(self, bytes: usize) -> Self {
        Self { max_bytes: bytes, ..self }
    }

    /// Sets the maximum number of messages that wait. At least one can. Default: 1,024.
    #[must_use]
    pub fn max_messages(self, messages: usize) -> Self {
        Self { max_messages: messages, ..self }
    }

    /// Adds a message behind all others.
    pub fn push(&mut self, message: &Prepared) -> Pushed {
        self.add(None, message)
    }

    /// Adds a message that makes older ones with the same key worthless, such as a price or a position.
    ///
    /// If a message with this key waits, the new one takes its place in the order. If it is too long for that place
    /// and the oldest messages are dropped, that one may be among them, and the new one waits behind all others.
    ///
    /// ```
    /// use sansocket::{Backlog, Config, Connection, Negotiated, Overflow, Prepared, Timestamp};
    ///
    /// # let (config, now) = (Config::new().shared(), Timestamp::default());
    /// let mut server = Connection::open_server(Negotiated::new(), config, now);
    /// let mut backlog = Backlog::new(Overflow::DropOldest);
    /// for (key, price) in [(1, "A: 10"), (2, "B: 20"), (1, "A: 11")] {
    ///     let _ = backlog.push_latest(key, &Prepared::new(price));
    /// }
    /// backlog.send_to(&mut server)?;
    /// assert_eq!(server.transmit(), b"\x81\x05A: 11\x81\x05B: 20");
    /// # Ok::<(), sansocket::SendError>(())
    /// ```
    pub fn push_latest(&mut self, key: u64, message: &Prepared) -> Pushed {
        self.add(Some(key), message)
    }

    /// Gives messages to the sender as long as it is not [full](Sender::is_full), and returns how many.
    ///
    /// Call it after a push, and whenever bytes were written. Closes a connection that is given up.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Sender::send`]. After [`SendError::Closing`] all messages have been dropped. After
    /// another error they still wait.
    pub fn send_to(&mut self, sender: &mut Sender) -> Result<usize, SendError> {
        if let Some(code) = self.disconnected {
            give_up(sender, code)?;
        }
        let mut count = 0;
        while let Some(Waiting { message, .. }) = self.queue.front()
            && !sender.is_full()
        {
            match sender.send(message) {
                Ok(()) => self.counts.sent += 1,
                Err(SendError::Closing) => {
                    self.clear();
                    return Err(SendError::Closing);
                }
                Err(error) => return Err(error),
            }
            self.pop();
            count += 1;
        }
        Ok(count)
    }

    /// Drops all messages that wait.
    pub fn clear(&mut self) {
        while self.pop() {
            self.counts.dropped += 1;
        }
    }

    /// Returns the messages that wait, the oldest first, with the keys of those that have one.
    ///
    /// ```
    /// use sansocket::{Backlog, Overflow, Prepared};
    ///
    /// let mut backlog = Backlog::new(Overflow::DropOldest);
    /// let _ = backlog.push(&Prepared::new("news"));
    /// let _ = backlog.push_latest(7, &Prepared::new("7: 17.20"));
    /// let waiting: Vec<_> = backlog.messages().map(|(key, it)| (key, it.as_bytes())).collect();
    /// assert_eq!(waiting, [(None, &b"news"[..]), (Some(7), b"7: 17.20")]);
    /// ```
    pub fn messages(&self) -> impl Iterator<Item = (Option<u64>, &Prepared)> {
        self.queue.iter().map(|waiting| (waiting.key, &waiting.message))
    }

    /// Returns how many messages wait.
    pub fn len(&self) -> usize {
        self.queue.len()
    }

    /// Returns whether no message waits.
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Returns the size of the payloads that wait, in bytes.
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Returns whether a message of `len` bytes fits behind the others.
    pub fn has_room(&self, len: usize) -> bool {
        let has_room = self.queue.len() < self.max_messages && self.fits(self.bytes, len);
        self.is_empty() || has_room
    }

    /// Returns what became of the messages so far.
    pub const fn counts(&self) -> Counts {
        self.counts
    }

    fn add(&mut self, key: Option<u64>, message: &Prepared) -> Pushed {
        if let Some(code) = self.disconnected {
            return self.refuse(Pushed::Disconnected(code));
        }
        loop {
            match (self.room(key, message.len()), self.overflow) {
                (Some(Room::Place(place)), _) => return self.replace(place, message),
                (Some(Room::End), _) => return self.append(key, message),
                (None, Overflow::Wait) => return Pushed::Full,
                (None, Overflow::DropNewest) => return self.refuse(Pushed::Dropped),
                (None, Overflow::DropOldest) => self.counts.dropped += u64::from(self.pop()),
                (None, Overflow::Disconnect(code)) => {
                    self.clear();
                    self.disconnected = Some(code);
                    return self.refuse(Pushed::Disconnected(code));
                }
            }
        }
    }

    /// Counts a message that is dropped at once.
    const fn refuse(&mut self, pushed: Pushed) -> Pushed {
        self.counts.taken += 1;
        self.counts.dropped += 1;
        pushed
    }

    /// Returns where a message of `len` bytes fits.
    fn room(&self, key: Option<u64>, len: usize) -> Option<Room> {
        let number = key.and_then(|key| self.keyed.get(&key));
        let Some(place) = number.and_then(|number| usize::try_from(number - self.left).ok()) else {
            return self.has_room(len).then_some(Room::End);
        };
        let others = self.bytes - self.queue.get(place).map_or(0, |older| older.message.len());
        (self.queue.len() == 1 || self.fits(others, len)).then_some(Room::Place(place))
    }

    const fn fits(&self, others: usize, len: usize) -> bool {
        match others.checked_add(len) {
            Some(bytes) => bytes <= self.max_bytes,
            None => false,
        }
    }

    fn replace(&mut self, place: usize, message: &Prepared) -> Pushed {
        if let Some(older) = self.queue.get_mut(place) {
            self.bytes -= older.message.len();
            older.message = message.clone();
        }
        self.bytes += message.len();
        self.counts.taken += 1;
        self.counts.replaced += 1;
        Pushed::Replaced
    }

    fn append(&mut self, key: Option<u64>, message: &Prepared) -> Pushed {
        if let Some(key) = key {
            self.keyed.insert(key, self.left + self.queue.len() as u64);
        }
        self.bytes += message.len();
        self.queue.push_back(Waiting { message: message.clone(), key });
        self.counts.taken += 1;
        Pushed::Queued
    }

    /// Removes the oldest message. Returns whether there was one. An empty queue keeps little memory.
    fn pop(&mut self) -> bool {
        let Some(Waiting { message, key }) = self.queue.pop_front() else { return false };
        self.left += 1;
        self.bytes -= message.len();
        if let Some(key) = key {
            self.keyed.remove(&key);
        }
        if self.queue.is_empty() && self.queue.capacity() > KEPT {
            self.queue = VecDeque::new();
        }
        true
    }
}

/// Closes a connection whose peer is too slow.
fn give_up(sender: &mut Sender, code: CloseCode) -> Result<(), SendError> {
    let outcome = sender.close(code, TOO_SLOW);
    // Section 7.4.1: 1012 to 1014 are for servers, 1010 is for clients.
    if outcome == Err(SendError::WrongRole) {
        return sender.close(CloseCode::POLICY_VIOLATION, TOO_SLOW);
    }
    outcome
}

const TOO_SLOW: &str = "too slow";

/// For how many messages an empty backlog keeps memory.
const KEPT: usize = 16;
