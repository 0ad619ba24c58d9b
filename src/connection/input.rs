//! The read buffer, and the memory in which messages are put together.
//!
//! ```text
//! storage: │ consumed │ start .. unread .. end │ spare │
//! held:    payload of the last event, if it did not lie in the storage
//! memory:  of the last message put together, for the next one
//! ```

use alloc::vec::Vec;
use core::fmt;
use core::mem;
use core::ops::Range;
use core::time::Duration;

use super::event::Event;
use super::found::{Found, Held};
use super::timestamp::Timestamp;
use crate::deflate::Workspace;
use crate::wire::Close;

/// A read buffer that all connections of a thread share.
///
/// The caller chooses the storage: a `Vec<u8>`, an array, or a borrowed slice. All of it is used, a `Vec`
/// up to its length. 64 KiB suit most servers; 16 bytes work.
///
/// A connection uses up all that was read for it before another one is read for. Messages that do not lie
/// in the storage in one piece are put together elsewhere, and compressed ones are decompressed there.
/// Between messages that memory stays here, for the next connection that needs it.
/// [`free_memory`](Self::free_memory) frees it.
///
/// ```
/// use sansocket::Input;
///
/// let mut input = Input::new(vec![0; 64 << 10]);
/// assert!(input.is_empty());
/// ```
pub struct Input<B> {
    storage: B,
    start: usize,
    end: usize,
    /// Memory of a message that was put together. Its content is void.
    memory: Vec<u8>,
    held: Held,
    /// An event that was found and not taken.
    pub(super) found: Option<Found>,
    workspace: Workspace,
    /// The number of the last read. Never 0 after a read.
    read: u32,
    /// When the last read was.
    heard: Timestamp,
    /// How many frames and pieces of frames were looked at, apart from whole messages.
    pub(super) steps: u32,
}

impl<B> Input<B> {
    /// Creates an empty input that reads into `storage`.
    pub const fn new(storage: B) -> Self {
        Self {
            storage,
            start: 0,
            end: 0,
            memory: Vec::new(),
            held: Held::Nothing,
            found: None,
            workspace: Workspace::new(),
            read: 0,
            heard: Timestamp::new(Duration::ZERO),
            steps: 0,
        }
    }

    /// Returns whether all bytes are used up, and no event that was [found](crate::Connection::has_event)
    /// waits to be taken.
    pub const fn is_empty(&self) -> bool {
        self.start == self.end && self.found.is_none() && !self.workspace.is_lent()
    }

    /// Frees the memory in which messages are put together and decompressed. It is allocated again when
    /// it is needed.
    pub fn free_memory(&mut self) {
        self.held = Held::Nothing;
        self.memory = Vec::new();
        if !self.workspace.is_lent() {
            self.workspace = Workspace::new();
        }
    }

    /// Returns how many steps were taken since the last call.
    #[cfg(feature = "__asynchronous")]
    pub(crate) const fn take_steps(&mut self) -> u32 {
        mem::replace(&mut self.steps, 0)
    }

    /// How much memory is kept for the next message, in bytes.
    #[cfg(feature = "std")]
    pub(crate) const fn kept(&self) -> usize {
        self.memory.capacity()
    }

    /// Whether the unread bytes came with this read.
    #[inline]
    pub(crate) const fn is_of(&self, read: u32) -> bool {
        self.read == read
    }

    /// Numbers another read, at `now`.
    pub(crate) const fn number_read(&mut self, now: Timestamp) -> u32 {
        self.read = match self.read.checked_add(1) {
            Some(read) => read,
            None => 1,
        };
        self.heard = now;
        self.read
    }

    /// When the last read was.
    pub(crate) const fn heard(&self) -> Timestamp {
        self.heard
    }

    /// Consumes everything, events that were not taken, too.
    pub(crate) fn clear(&mut self) {
        self.start = self.end;
        self.found = None;
        if self.workspace.is_lent() {
            self.workspace.take();
        }
    }

    pub(crate) const fn workspace(&mut self) -> &mut Workspace {
        &mut self.workspace
    }

    /// Borrows a range of the decompressed bytes, apart from the unread ones.
    pub(crate) fn borrow_inflated(&mut self, range: Range<usize>) -> (&mut [u8], Rest<'_>) {
        let Self { start, end, workspace, .. } = self;
        (&mut workspace.take()[range], Rest { start, end: *end })
    }

    /// Borrows a payload that comes with its memory, apart from the unread bytes.
    pub(crate) fn borrow_held(&mut self, held: Held) -> (&mut [u8], Rest<'_>) {
        let Self { start, end, held: place, .. } = self;
        *place = held;
        let bytes = match place {
            Held::Bytes(memory, len) => &mut memory[..*len],
            Held::Control(control) => control.as_bytes_mut(),
            Held::Nothing | Held::Text(_) => &mut [],
        };
        (bytes, Rest { start, end: *end })
    }

    /// Borrows a text that comes with its memory.
    pub(crate) fn borrow_text(&mut self, held: Held) -> &str {
        self.held = held;
        match &self.held {
            Held::Text(text) => text.as_str(),
            Held::Nothing | Held::Bytes(..) | Held::Control(_) => "",
        }
    }

    /// Copies the payload of an event that lies elsewhere into the input.
    pub(crate) fn borrow_copy<'i>(&'i mut self, event: Event<'_>) -> Event<'i> {
        let to_text = |bytes: &'i mut [u8]| core::str::from_utf8(bytes).unwrap_or_default();
        match event {
            Event::Text(text) => Event::Text(to_text(self.copy(text.as_bytes()))),
            Event::Binary(bytes) => Event::Binary(self.copy(bytes)),
            Event::Part { kind, bytes, last } => {
                Event::Part { kind, bytes: self.copy(bytes), last }
            }
            Event::Ping(payload) => Event::Ping(self.copy(payload)),
            Event::Pong(payload) => Event::Pong(self.copy(payload)),
            Event::Close(Close { code, reason }) => {
                Event::Close(Close { code, reason: to_text(self.copy(reason.as_bytes())) })
            }
            Event::Violation(error) => Event::Violation(error),
            Event::Request => Event::Request,
            Event::NotUpgrade => Event::NotUpgrade,
            Event::Open => Event::Open,
            Event::Rejected => Event::Rejected,
        }
    }

    fn copy(&mut self, bytes: &[u8]) -> &mut [u8] {
        self.settle();
        let mut memory = mem::take(&mut self.memory);
        memory.clear();
        memory.extend_from_slice(bytes);
        self.borrow_held(Held::Bytes(memory, bytes.len())).0
    }

    /// Takes the memory that was kept, if there is any, and at most `limit` bytes of it.
    pub(crate) fn take_memory(&mut self, limit: u64) -> Vec<u8> {
        match self.memory.capacity() as u64 <= limit {
            true => mem::take(&mut self.memory),
            false => Vec::new(),
        }
    }

    /// Keeps the memory of the last event for the next message.
    pub(crate) fn settle(&mut self) {
        if !matches!(self.held, Held::Nothing) {
            let held = mem::take(&mut self.held);
            self.keep(held);
        }
    }

    /// Keeps the memory of a message that is not needed any more.
    ///
    /// The memory of a large message among small ones is freed.
    pub(crate) fn keep(&mut self, held: Held) {
        let Some((memory, used)) = held.into_memory() else { return };
        let capacity = memory.capacity();
        let is_wasteful = capacity > WASTE && used < capacity / 4;
        if !is_wasteful && capacity > self.memory.capacity() {
            self.memory = memory;
        }
    }
}

impl<B: AsMut<[u8]>> Input<B> {
    /// Replaces the storage by one that has been read into. Returns the old one.
    pub(crate) fn replace(&mut self, storage: B) -> B {
        debug_assert!(self.is_empty(), "the old storage was used up");
        self.start = 0;
        let old = mem::replace(&mut self.storage, storage);
        self.end = self.storage.as_mut().len();
        old
    }

    /// Returns the room behind the unread bytes, which are moved to the front.
    pub(crate) fn spare(&mut self) -> &mut [u8] {
        let bytes = self.storage.as_mut();
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        } else if self.start > 0 {
            bytes.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        &mut bytes[self.end..]
    }

    /// Notes that `count` bytes were read into [`spare`](Self::spare).
    ///
    /// # Panics
    ///
    /// Panics if `count` is more than the length of `spare`.
    pub(crate) fn fill(&mut self, count: usize) {
        let room = self.storage.as_mut().len() - self.end;
        assert!(count <= room, "more bytes were filled than were spare");
        self.end += count;
    }

    /// Appends bytes that were read elsewhere.
    ///
    /// # Panics
    ///
    /// Panics if they are more than there is [room](Self::spare) for.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.spare()[..bytes.len()].copy_from_slice(bytes);
        self.end += bytes.len();
    }

    /// Moves all unread bytes of another input here, if there is room and no event was found among them.
    /// Returns whether it did.
    pub(crate) fn take_from(&mut self, other: &mut Input<Vec<u8>>) -> bool {
        let is_found = other.found.is_some() || other.workspace.is_lent();
        let bytes = other.unread();
        let spare = self.spare();
        if is_found || spare.len() < bytes.len() {
            return false;
        }
        let count = bytes.len();
        spare[..count].copy_from_slice(bytes);
        self.fill(count);
        true
    }

    /// Returns the bytes that have not been consumed.
    pub(crate) fn unread(&mut self) -> &mut [u8] {
        &mut self.storage.as_mut()[self.start..self.end]
    }

    /// Consumes the first `count` unread bytes, and returns them.
    pub(crate) fn consume(&mut self, count: usize) -> &mut [u8] {
        debug_assert!(count <= self.end - self.start, "so many bytes are unread");
        let at = self.start;
        self.start += count;
        &mut self.storage.as_mut()[at..at + count]
    }

    /// Consumes the first `range.end` unread bytes and borrows those in `range`, apart from what follows.
    #[inline]
    pub(crate) fn borrow(&mut self, range: Range<usize>) -> (&mut [u8], Rest<'_>) {
        let Self { storage, start, end, .. } = self;
        let from = *start + range.start;
        *start += range.end;
        debug_assert!(*start <= *end, "so many bytes are unread");
        (&mut storage.as_mut()[from..*start], Rest { start, end: *end })
    }

    /// Returns the unread bytes, and the buffer to decompress them into.
    pub(crate) fn inflatable(&mut self) -> (&mut [u8], &mut [u8]) {
        let unread = &mut self.storage.as_mut()[self.start..self.end];
        (unread, self.workspace.scratch())
    }
}

impl Input<Vec<u8>> {
    /// Appends bytes to the unread ones. The storage grows as a vector does.
    pub(crate) fn append(&mut self, bytes: &[u8]) {
        let room = self.spare().len();
        self.storage.resize(self.end + room.max(bytes.len()), 0);
        self.push(bytes);
    }
}

impl<B: Default> Default for Input<B> {
    fn default() -> Self {
        Self::new(B::default())
    }
}

/// Payloads may be secret, so this prints lengths only.
impl<B> fmt::Debug for Input<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Input").field("unread", &(self.end - self.start)).finish_non_exhaustive()
    }
}

/// The unread bytes behind those that were borrowed.
#[derive(Debug)]
pub(crate) struct Rest<'i> {
    start: &'i mut usize,
    end: usize,
}

impl Rest<'_> {
    /// Consumes them.
    pub(crate) const fn clear(self) {
        *self.start = self.end;
    }
}

/// Memory of more bytes than this is freed after a message that filled less than a quarter of it.
const WASTE: usize = 64 << 10;
