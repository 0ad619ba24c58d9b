//! Bytes that wait to be written, in order.
//!
//! ```text
//! Ahead: Bytes, Bytes, …      shared payloads, and the bytes queued before them
//! bytes[written..]            the bytes queued last
//! ```

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::fmt;

use bytes::{Buf, Bytes};

use crate::wire::Header;
use crate::wire::snapshot::{Loader, Saver, SnapshotError, check};

/// Bytes that wait to be written, in order.
///
/// Usually they are one buffer, to which messages are appended. Payloads that are shared instead of
/// copied stand before it, together with the bytes queued before them.
pub(crate) struct Output {
    bytes: Vec<u8>,
    /// How many of `bytes` have been written.
    written: usize,
    /// The chunks before `bytes`. Allocated only while there are any.
    ahead: Option<Box<Ahead>>,
    /// An upper bound of the replies that wait, in bytes.
    replies: u32,
    /// How many bytes wait up to the end of the newest reply.
    reply_end: u32,
    /// So many bytes of replies are a flood: twice as many as may wait while more is read.
    flood: u32,
}

#[derive(Default)]
struct Ahead {
    chunks: VecDeque<Bytes>,
    /// The sum of their lengths.
    len: usize,
    /// Whether the first chunk was taken by whoever writes it.
    is_in_flight: bool,
}

impl Output {
    pub(crate) fn new(max_replies: usize) -> Self {
        Self::with_flood(saturate(max_replies.max(1)).saturating_mul(2))
    }

    const fn with_flood(flood: u32) -> Self {
        Self { bytes: Vec::new(), written: 0, ahead: None, replies: 0, reply_end: 0, flood }
    }

    /// How many bytes wait, including those in flight.
    pub(crate) fn len(&self) -> usize {
        self.ahead.as_ref().map_or(0, |ahead| ahead.len) + self.bytes.len() - self.written
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.ahead.is_none() && self.written == self.bytes.len()
    }

    /// Whether all that waits is one buffer, of which nothing is in flight.
    pub(crate) const fn is_simple(&self) -> bool {
        self.ahead.is_none()
    }

    /// Returns whether so many replies wait that nothing more is read.
    #[inline]
    pub(crate) const fn is_blocked(&self) -> bool {
        self.replies >= self.flood / 2
    }

    /// Returns whether so many replies wait that no more events are given out. This is more than blocks
    /// reading, so that the events of one read need not wait in between.
    #[inline]
    pub(crate) const fn is_flooded(&self) -> bool {
        self.replies >= self.flood
    }

    /// The buffer to append to.
    #[inline]
    pub(crate) const fn tail(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// Whether the buffer to append to has room for a header and `payload` bytes.
    #[inline]
    pub(crate) const fn has_room(&self, payload: usize) -> bool {
        let room = self.bytes.capacity() - self.bytes.len();
        room >= Header::MAX_LEN && room - Header::MAX_LEN >= payload
    }

    /// Returns the buffer to append a header and `payload` bytes to.
    ///
    /// A long buffer without room does not grow, as that would copy it. A new one follows it.
    pub(crate) fn tail_for(&mut self, payload: usize) -> &mut Vec<u8> {
        if self.bytes.len() >= LONG && !self.has_room(payload) {
            self.start_tail(Header::MAX_LEN + payload);
        }
        &mut self.bytes
    }

    /// Appends a payload without a copy.
    pub(crate) fn push(&mut self, payload: Bytes) {
        let before = self.take_tail();
        let ahead = self.ahead.get_or_insert_default();
        ahead.push(before);
        ahead.push(payload);
        self.tidy();
    }

    /// Returns what can be written, in order. Nothing while a chunk is in flight.
    pub(crate) fn chunks(&self) -> impl Iterator<Item = &[u8]> {
        let ahead = self.ahead.as_deref();
        let is_free = ahead.is_none_or(|ahead| !ahead.is_in_flight);
        let chunks = ahead.filter(|_| is_free).map(|ahead| ahead.chunks.iter());
        let chunks = chunks.into_iter().flatten().map(Bytes::as_ref);
        chunks.chain(is_free.then(|| self.rest())).filter(|chunk| !chunk.is_empty())
    }

    /// Returns the first chunk of what can be written.
    #[inline]
    pub(crate) fn front(&self) -> &[u8] {
        match self.ahead {
            None => self.rest(),
            Some(_) => self.first_chunk(),
        }
    }

    #[inline(never)]
    fn first_chunk(&self) -> &[u8] {
        self.chunks().next().unwrap_or_default()
    }

    /// Takes the first chunk of what can be written. It is in flight until [`advance`](Self::advance).
    pub(crate) fn take(&mut self) -> Option<Bytes> {
        if self.front().is_empty() {
            return None;
        }
        if self.ahead.is_none() {
            let tail = self.take_tail();
            self.ahead.get_or_insert_default().push(tail);
        }
        let ahead = self.ahead.as_mut()?;
        ahead.is_in_flight = true;
        ahead.chunks.front().cloned()
    }

    /// Notes that `count` bytes have been written, if those are all, and simple. Returns whether it did. A
    /// shortcut for the most frequent case.
    #[inline]
    pub(crate) fn advance_all(&mut self, count: usize) -> bool {
        let is_all = self.ahead.is_none() && count == self.bytes.len() - self.written;
        if is_all && self.bytes.capacity() <= KEPT {
            self.bytes.clear();
            (self.written, self.replies, self.reply_end) = (0, 0, 0);
            return true;
        }
        false
    }

    /// Notes that `count` bytes have been written. Nothing is in flight any more.
    ///
    /// # Panics
    ///
    /// Panics if fewer bytes were given out.
    pub(crate) fn advance(&mut self, mut count: usize) {
        self.reply_end = self.reply_end.saturating_sub(saturate(count));
        if let Some(ahead) = &mut self.ahead {
            let first = ahead.chunks.front().map_or(0, Bytes::len);
            assert!(!ahead.is_in_flight || count <= first, "more was written than was given out");
            ahead.is_in_flight = false;
            count -= ahead.advance(count);
        }
        assert!(count <= self.rest().len(), "more was written than waits");
        self.written += count;
        self.replies = self.replies.min(self.reply_end);
        self.tidy();
    }

    /// Whether a chunk was taken by whoever writes it.
    pub(crate) fn is_in_flight(&self) -> bool {
        self.ahead.as_ref().is_some_and(|ahead| ahead.is_in_flight)
    }

    /// Saves the bytes that wait. None may be in flight.
    pub(crate) fn save(&self, out: &mut Saver<'_>) {
        let ahead = self.ahead.iter().flat_map(|ahead| ahead.chunks.iter().map(Bytes::as_ref));
        out.bytes(ahead.chain([self.rest()]));
        out.word(self.replies);
        out.word(self.reply_end);
    }

    pub(crate) fn load(from: &mut Loader<'_>, max_replies: usize) -> Result<Self, SnapshotError> {
        let bytes = from.bytes()?.to_vec();
        let (replies, reply_end) = (from.word()?, from.word()?);
        check(replies <= reply_end && reply_end <= saturate(bytes.len()))?;
        Ok(Self { bytes, replies, reply_end, ..Self::new(max_replies) })
    }

    /// Drops all that waits.
    pub(crate) fn clear(&mut self) {
        *self = Self::with_flood(self.flood);
    }

    /// Takes the memory, unless something waits in it.
    pub(crate) fn take_memory(&mut self) -> Vec<u8> {
        if !self.is_empty() {
            return Vec::new();
        }
        let mut memory = core::mem::take(&mut self.bytes);
        memory.clear();
        self.clear();
        memory
    }

    /// Whether it owns memory to append to.
    #[cfg(feature = "__asynchronous")]
    pub(crate) const fn has_memory(&self) -> bool {
        self.bytes.capacity() > 0
    }

    /// Takes empty memory to append to. It must have none.
    #[cfg(feature = "__asynchronous")]
    pub(crate) fn give_memory(&mut self, memory: Vec<u8>) {
        debug_assert!(!self.has_memory() && memory.is_empty(), "nothing waits in either");
        self.bytes = memory;
    }

    /// Counts the bytes of a reply, which was appended.
    #[inline]
    pub(crate) fn count_reply(&mut self, bytes: usize) {
        self.reply_end = saturate(self.len());
        self.replies = self.reply_end.min(self.replies.saturating_add(saturate(bytes)));
    }

    #[inline]
    fn rest(&self) -> &[u8] {
        &self.bytes[self.written..]
    }

    #[cold]
    fn start_tail(&mut self, len: usize) {
        let before = self.take_tail();
        self.ahead.get_or_insert_default().push(before);
        self.bytes = Vec::with_capacity(len.max(LONG));
        self.tidy();
    }

    fn take_tail(&mut self) -> Bytes {
        let mut tail = Bytes::from(core::mem::take(&mut self.bytes));
        tail.advance(core::mem::take(&mut self.written));
        tail
    }

    /// Frees the memory of what has been written: all beyond [`KEPT`] once nothing waits. Otherwise the
    /// written bytes, once they are more than those that wait, so that each byte is moved at most once.
    fn tidy(&mut self) {
        if self.ahead.as_ref().is_some_and(|ahead| ahead.len == 0) {
            self.ahead = None;
        }
        let left = self.rest().len();
        if left == 0 {
            self.bytes.clear();
            self.written = 0;
            if self.bytes.capacity() > KEPT {
                self.bytes = Vec::new();
            }
        } else if left <= self.written {
            self.bytes.drain(..self.written);
            self.written = 0;
        }
    }
}

impl Ahead {
    fn push(&mut self, chunk: Bytes) {
        if !chunk.is_empty() {
            self.len += chunk.len();
            self.chunks.push_back(chunk);
        }
    }

    /// Drops up to `count` bytes. Returns how many.
    fn advance(&mut self, count: usize) -> usize {
        let mut left = count;
        while let (1.., Some(chunk)) = (left, self.chunks.front_mut()) {
            let of_chunk = left.min(chunk.len());
            chunk.advance(of_chunk);
            left -= of_chunk;
            if chunk.is_empty() {
                self.chunks.pop_front();
            }
        }
        self.len -= count - left;
        count - left
    }
}

/// Payloads may be secret, so this prints lengths only.
impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Output").field("len", &self.len()).finish_non_exhaustive()
    }
}

fn saturate(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// A buffer of at least this many bytes does not grow.
const LONG: usize = 64 << 10;

/// Memory of more bytes than this is freed as soon as all of it has been written.
const KEPT: usize = 128 << 10;
