//! A list of messages that grows at its end, and that many connections share.
//!
//! ```text
//! Run ──────┐
//! Run ──┐   ▼
//!       ▼  Log: Place, Place, Place, empty, …
//!      Log       │      ▲
//!                ▼      │ Home
//!             message ──┘
//! ```
//!
//! Connections that send the same messages have runs in the same log. The first one appends a message. The others
//! find it at the next place, so that they count up and touch no reference counter.

use alloc::boxed::Box;
use alloc::sync::{Arc, Weak};

use once_cell::race::OnceBox;

/// A message that can be in a log.
pub(crate) trait Logged: Sized {
    /// Returns its length in bytes.
    fn len(&self) -> usize;

    /// Returns where it is.
    fn home(&self) -> &Home<Self>;
}

/// The log in which a message was put first, and its place there.
#[derive(Debug)]
pub(crate) struct Home<M>(OnceBox<(Weak<Log<M>>, usize)>);

/// Messages, in order. It only grows.
#[derive(Debug)]
struct Log<M>([OnceBox<Place<M>>; PLACES]);

#[derive(Debug)]
struct Place<M> {
    message: Arc<M>,
    /// The sum of the lengths up to here.
    end: usize,
}

/// Messages that stand together in a log: at least one.
#[derive(Debug)]
pub(crate) struct Run<M> {
    log: Arc<Log<M>>,
    start: usize,
    end: usize,
}

impl<M: Logged> Run<M> {
    /// Starts with a message where other connections have it, or else in a new log.
    pub(crate) fn start(message: &Arc<M>) -> Self {
        Self::at_home(message).unwrap_or_else(|| {
            let log = Arc::<Log<M>>::default();
            log.put(0, message, 0);
            Self { log, start: 0, end: 1 }
        })
    }

    /// Adds a message, if another connection has put it at the next place.
    #[inline]
    pub(crate) fn advance(&mut self, message: &Arc<M>) -> bool {
        let next = self.log.place(self.end);
        let is_next = next.is_some_and(|place| Arc::ptr_eq(&place.message, message));
        self.end += usize::from(is_next);
        is_next
    }

    /// Puts a message at the next place, if it is in no log and there is room.
    pub(crate) fn append(&mut self, message: &Arc<M>) -> bool {
        let before = self.log.len(self.end);
        let is_free = self.end < PLACES && self.log.place(self.end).is_none();
        if !is_free || before + message.len() > MOST || message.home().is_known() {
            return false;
        }
        self.log.put(self.end, message, before);
        // Another thread may have put another one there.
        self.advance(message)
    }

    /// Returns the messages, the oldest first.
    pub(crate) fn messages(&self) -> impl Iterator<Item = &Arc<M>> {
        (self.start..self.end).filter_map(|at| Some(&self.log.place(at)?.message))
    }

    /// Returns the sum of their lengths, in bytes.
    pub(crate) fn len(&self) -> usize {
        self.log.len(self.end) - self.log.len(self.start)
    }

    fn at_home(message: &Arc<M>) -> Option<Self> {
        let (log, at) = message.home().0.get()?;
        Some(Self { log: log.upgrade()?, start: *at, end: at + 1 })
    }
}

impl<M> Home<M> {
    fn is_known(&self) -> bool {
        self.0.get().is_some_and(|(log, _)| log.strong_count() > 0)
    }
}

impl<M: Logged> Log<M> {
    #[inline]
    fn place(&self, at: usize) -> Option<&Place<M>> {
        self.0.get(at)?.get()
    }

    /// Returns the sum of the lengths of the messages before a place.
    fn len(&self, at: usize) -> usize {
        at.checked_sub(1).and_then(|last| self.place(last)).map_or(0, |place| place.end)
    }

    /// Puts a message at a place, unless another thread was faster.
    fn put(self: &Arc<Self>, at: usize, message: &Arc<M>, before: usize) {
        let place = Place { message: Arc::clone(message), end: before + message.len() };
        if self.0[at].set(Box::new(place)).is_ok() {
            let _ = message.home().0.set(Box::new((Arc::downgrade(self), at)));
        }
    }
}

impl<M> Default for Home<M> {
    fn default() -> Self {
        Self(OnceBox::new())
    }
}

impl<M> Default for Log<M> {
    fn default() -> Self {
        Self([const { OnceBox::new() }; PLACES])
    }
}

/// How many messages a log has at most.
const PLACES: usize = 16;

/// The most bytes of messages in one log, unless it has only one message. A connection keeps a log alive as long as
/// it needs one message of it.
const MOST: usize = 4 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    /// A message of this length, in bytes.
    struct Text(usize, Home<Self>);

    impl Text {
        fn new(len: usize) -> Arc<Self> {
            Arc::new(Self(len, Home::default()))
        }
    }

    impl Logged for Text {
        fn len(&self) -> usize {
            self.0
        }

        fn home(&self) -> &Home<Self> {
            &self.1
        }
    }

    #[test]
    fn a_log_gets_messages_that_are_in_no_other_as_long_as_it_has_room() {
        let [first, second, third] = [1, 2, 3].map(Text::new);
        let mut run = Run::start(&first);
        assert!(run.append(&second) && run.append(&third));
        assert_eq!(run.len(), 6);
        let mut other = Run::start(&Text::new(1));
        assert!(!other.append(&second), "it is in the first log");
        drop(run);
        assert!(other.append(&second), "that log is gone");

        for (len, fits) in [(MOST - 1, true), (MOST, false)] {
            assert_eq!(Run::start(&Text::new(1)).append(&Text::new(len)), fits, "{len}");
        }
        let mut run = Run::start(&first);
        let count = (0..2 * PLACES).filter(|_| run.append(&Text::new(1))).count();
        assert_eq!(count, PLACES - 1);
    }
}
