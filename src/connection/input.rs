use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use super::control::Control;
use super::timestamp::Instant;
use crate::deflate::Workspace;
use crate::wire::Kind;

/// Bytes read from the peer and not yet consumed.
///
/// `Input` owns both the storage and the cursor into it, so that bytes can be neither skipped nor
/// seen twice. The storage is the caller's choice: a `Vec<u8>`, an array, or a borrowed slice.
///
/// An open connection consumes all that it is given, so [`spare`](Self::spare) is then the whole
/// storage each time, and one input serves every connection of a thread. Only an opening handshake
/// lets bytes accumulate; until it is done, a connection needs an input of its own.
///
/// Messages which do not lie in one piece in the storage are put together elsewhere, and compressed
/// ones are inflated there. Between two of them that memory stays here, for the next connection which
/// needs it: a connection that waits for the peer owns none. [`release`](Self::release) frees it.
#[derive(Default)]
pub struct Input<B> {
    storage: B,
    start: usize,
    end: usize,
    /// Memory of messages put together before, whatever is in it.
    kept: Vec<u8>,
    held: Held,
    /// An event that was found, and not taken.
    pub(crate) ready: Option<Ready>,
    workspace: Workspace,
    /// Whose the bytes are: the number of the read that brought them. It is never 0 then.
    read: u32,
    /// When that was, as whoever read has told.
    #[doc(hidden)]
    pub heard: Instant,
}

/// The payload of the last event, if it lay neither in the storage nor in the workspace.
#[derive(Default)]
pub(crate) enum Held {
    #[default]
    Nothing,
    /// So many bytes at the front of this memory.
    Bytes(Vec<u8>, usize),
    Text(String),
    Control(Box<Control>),
}

/// An event, and where its payload lies.
#[derive(Debug)]
pub(crate) struct Ready {
    pub(crate) what: What,
    pub(crate) place: Place,
    /// Where there, if it may hold more than this. The input is then done with up to its end.
    pub(crate) range: Range<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Message(Kind),
    Part(Kind, bool),
    Ping,
    Pong,
    Close,
}

/// Where a payload lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// In what is unread of the input.
    Input,
    /// Where the input has been inflated to, which it is done with.
    Scratch,
    Assembly,
    Control,
}

impl<B: AsMut<[u8]>> Input<B> {
    /// An input with nothing in it, which reads into `storage`.
    ///
    /// All of `storage` is used as it is: a `Vec` up to its length, not its capacity.
    pub const fn new(storage: B) -> Self {
        Self {
            storage,
            start: 0,
            end: 0,
            kept: Vec::new(),
            held: Held::Nothing,
            ready: None,
            workspace: Workspace::new(),
            read: 0,
            heard: Instant::new(core::time::Duration::ZERO),
        }
    }

    /// An input whose `storage` has been read already, such as by a completion-based runtime.
    ///
    /// It has nothing to [`spare`](Self::spare), so an opening handshake that is not whole in it is
    /// refused as too long: copy such bytes into an input with room for the rest.
    pub fn filled(storage: B) -> Self {
        let mut input = Self::new(storage);
        input.end = input.storage.as_mut().len();
        input
    }

    /// Exchanges the storage for one that has been read already, and returns the old one.
    ///
    /// # Panics
    ///
    /// If there are unconsumed bytes in the old one.
    pub fn replace(&mut self, storage: B) -> B {
        assert!(self.is_empty(), "replaced storage with unconsumed bytes in it");
        self.start = 0;
        let old = core::mem::replace(&mut self.storage, storage);
        self.end = self.storage.as_mut().len();
        old
    }

    /// Where to read to, in bytes. Report what was read with [`fill`](Self::fill).
    ///
    /// Empty when unconsumed bytes take up all of the storage.
    pub fn spare(&mut self) -> &mut [u8] {
        let bytes = self.storage.as_mut();
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        } else if self.start > 0 {
            bytes.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        &mut bytes[self.end..]
    }

    /// Adds the first `count` bytes of [`spare`](Self::spare) to the input.
    ///
    /// # Panics
    ///
    /// If `count` is more than there was to spare.
    pub fn fill(&mut self, count: usize) {
        let room = self.storage.as_mut().len() - self.end;
        assert!(count <= room, "filled more than was spare");
        self.end += count;
    }

    /// Whether all bytes have been consumed, and no event is left of them that has been
    /// [found](crate::Receiver::advance) and not taken.
    pub const fn is_empty(&self) -> bool {
        if self.workspace.is_lent() || self.ready.is_some() {
            return false;
        }
        self.start == self.end
    }

    /// The bytes that have not been consumed.
    ///
    /// For those that are not ours to read, such as an HTTP request which was handed back: see
    /// [`server::Progress::NotUpgrade`](crate::server::Progress::NotUpgrade).
    pub fn unread(&mut self) -> &mut [u8] {
        &mut self.storage.as_mut()[self.start..self.end]
    }

    /// Consumes the first `count` bytes of [`unread`](Self::unread), and returns them.
    ///
    /// # Panics
    ///
    /// If there are fewer.
    pub fn consume(&mut self, count: usize) -> &mut [u8] {
        assert!(count <= self.end - self.start, "consumed more than there was");
        let at = self.start;
        self.start += count;
        &mut self.storage.as_mut()[at..at + count]
    }

    /// Consumes everything, events that have not been taken, too.
    pub fn clear(&mut self) {
        self.start = self.end;
        {
            self.ready = None;
        }
        if self.workspace.is_lent() {
            self.workspace.take();
        }
    }

    /// Frees the memory in which messages are put together and inflated. It is made again when it is
    /// needed.
    pub fn release(&mut self) {
        self.held = Held::Nothing;
        self.kept = Vec::new();
        if !self.workspace.is_lent() {
            self.workspace = Workspace::new();
        }
    }

    /// How much memory is kept for the next message, in bytes.
    #[cfg(feature = "std")]
    pub(crate) const fn kept(&self) -> usize {
        self.kept.capacity()
    }

    /// Consumes the first `range.end` bytes and lends those in `range`, apart from what follows them.
    #[inline]
    pub(crate) fn lend(&mut self, range: Range<usize>) -> (&mut [u8], Rest<'_>) {
        let Self { storage, start, end, .. } = self;
        let lent = &mut storage.as_mut()[*start..*end][range.clone()];
        *start += range.end;
        (lent, Rest { start, end: *end })
    }

    /// What is unread, and where to inflate it.
    pub(crate) fn inflatable(&mut self) -> (&mut [u8], &mut [u8]) {
        let unread = &mut self.storage.as_mut()[self.start..self.end];
        (unread, self.workspace.scratch())
    }

    pub(crate) const fn workspace(&mut self) -> &mut Workspace {
        &mut self.workspace
    }

    /// Lends a range of what was inflated, apart from what is unread.
    pub(crate) fn lend_inflated(&mut self, range: Range<usize>) -> (&mut [u8], Rest<'_>) {
        let Self { start, end, workspace, .. } = self;
        (&mut workspace.take()[range], Rest { start, end: *end })
    }

    /// Takes the event that was found.
    pub(crate) const fn take_ready(&mut self) -> Option<Ready> {
        self.ready.take()
    }

    /// Lends a payload that comes with its memory, apart from what is unread.
    pub(crate) fn lend_held(&mut self, held: Held) -> (&mut [u8], Rest<'_>) {
        let Self { start, end, held: place, .. } = self;
        *place = held;
        let bytes = match place {
            Held::Bytes(memory, len) => &mut memory[..*len],
            Held::Control(control) => control.as_bytes_mut(),
            Held::Nothing | Held::Text(_) => &mut [],
        };
        (bytes, Rest { start, end: *end })
    }

    /// Lends a text that comes with its memory.
    pub(crate) fn lend_text(&mut self, held: Held) -> &str {
        self.held = held;
        match &self.held {
            Held::Text(text) => text,
            Held::Nothing | Held::Bytes(..) | Held::Control(_) => "",
        }
    }

    /// Lends a copy of a payload which lies elsewhere.
    #[doc(hidden)]
    pub fn lend_copy(&mut self, bytes: &[u8]) -> &mut [u8] {
        self.settle();
        let mut memory = core::mem::take(&mut self.kept);
        memory.clear();
        memory.extend_from_slice(bytes);
        self.lend_held(Held::Bytes(memory, bytes.len())).0
    }

    /// The number of the read that brought what is unread: whoever knows it is whose the bytes are.
    #[doc(hidden)]
    #[inline]
    pub const fn read(&self) -> u32 {
        self.read
    }

    /// Numbers another read.
    #[doc(hidden)]
    pub const fn number_read(&mut self) -> u32 {
        self.read = match self.read.checked_add(1) {
            Some(read) => read,
            None => 1,
        };
        self.read
    }

    /// Hands out the memory that was kept, unless it is none or of more than `limit` bytes.
    pub(crate) fn take_kept(&mut self, limit: u64) -> Vec<u8> {
        match self.kept.capacity() as u64 <= limit {
            true => core::mem::take(&mut self.kept),
            false => Vec::new(),
        }
    }

    /// Keeps the memory of the last event for the next message that is put together.
    pub(crate) fn settle(&mut self) {
        if !matches!(self.held, Held::Nothing) {
            let held = core::mem::take(&mut self.held);
            self.keep(held);
        }
    }

    /// Takes back the memory of a message that is not needed any more.
    pub(crate) fn keep(&mut self, held: Held) {
        let (memory, used) = match held {
            Held::Bytes(memory, len) => (memory, len),
            Held::Text(text) => {
                let len = text.len();
                (text.into_bytes(), len)
            }
            Held::Nothing | Held::Control(_) => return,
        };
        let capacity = memory.capacity();
        let is_wasteful = capacity > Self::WASTE && used < capacity / 4;
        if !is_wasteful && capacity > self.kept.capacity() {
            self.kept = memory;
        }
    }

    /// Memory of more bytes than this is not kept after a message which filled less than a quarter
    /// of it, so that one large message among small ones does not hold on to it.
    const WASTE: usize = 64 << 10;
}

impl Input<Vec<u8>> {
    /// Adds bytes behind those that are there, in storage that grows. There is always some to spare.
    #[doc(hidden)]
    pub fn append(&mut self, bytes: &[u8]) {
        if self.spare().len() <= bytes.len() {
            let len = (self.end + bytes.len() + 1).max(self.storage.len() * 2);
            self.storage.resize(len, 0);
        }
        self.spare()[..bytes.len()].copy_from_slice(bytes);
        self.fill(bytes.len());
    }
}

/// What the peer sends is not for logs.
impl<B> fmt::Debug for Input<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Input").field("unread", &(self.end - self.start)).finish_non_exhaustive()
    }
}

/// What follows the bytes that were lent.
#[derive(Debug)]
pub(crate) struct Rest<'i> {
    start: &'i mut usize,
    end: usize,
}

impl Rest<'_> {
    /// Consumes it, unread.
    pub(crate) const fn clear(self) {
        *self.start = self.end;
    }
}
