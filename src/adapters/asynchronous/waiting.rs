use alloc::sync::Arc;
use alloc::task::Wake;
use alloc::vec::Vec;
use core::task::Waker;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The tasks that wait for one stream, each in a place of its own.
///
/// A stream remembers but one waker for each direction, and forgets it when it is polled again with
/// success. So it is given this one, which wakes all of them; and whoever changes what others may wait
/// for wakes them, too.
#[derive(Debug, Default)]
pub(super) struct Waiting(Mutex<Places>);

#[derive(Debug, Default)]
struct Places {
    /// The number of the next place.
    next: u64,
    taken: Vec<(u64, Waker)>,
}

/// A place among those that wait. It is free once it is dropped, so that of a future which was cancelled
/// nothing stays.
#[derive(Debug)]
pub(super) struct Place {
    waiting: Arc<Waiting>,
    number: u64,
}

impl Waiting {
    /// A place for one more to wait.
    pub(super) fn place(self: &Arc<Self>) -> Place {
        let mut places = self.lock();
        let number = places.next;
        places.next += 1;
        Place { waiting: Arc::clone(self), number }
    }

    /// Wakes all that wait, but for the one in this place.
    fn wake_others(&self, place: Option<u64>) {
        let is_other = |(number, _): &mut (u64, Waker)| Some(*number) != place;
        let woken: Vec<_> = self.lock().taken.extract_if(.., is_other).collect();
        woken.into_iter().for_each(|(_, waker)| waker.wake());
    }

    fn lock(&self) -> MutexGuard<'_, Places> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Has `waker` woken when something happens.
    pub(super) fn take(&self, waker: &Waker) {
        let taken = &mut self.waiting.lock().taken;
        match taken.iter_mut().find(|(number, _)| *number == self.number) {
            Some((_, known)) => known.clone_from(waker),
            None => taken.push((self.number, waker.clone())),
        }
    }

    /// Waits no more.
    pub(super) fn free(&self) {
        self.waiting.lock().taken.retain(|(number, _)| *number != self.number);
    }

    /// Wakes all that wait elsewhere.
    pub(super) fn wake_others(&self) {
        self.waiting.wake_others(Some(self.number));
    }

    /// What wakes all that wait.
    pub(super) fn waker_of_all(&self) -> Waker {
        Waker::from(Arc::clone(&self.waiting))
    }

    /// Another place beside this one.
    pub(super) fn another(&self) -> Self {
        self.waiting.place()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.free();
    }
}

impl Wake for Waiting {
    fn wake(self: Arc<Self>) {
        self.wake_others(None);
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.wake_others(None);
    }
}
