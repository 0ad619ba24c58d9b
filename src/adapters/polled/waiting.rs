//! The tasks that wait for one stream.

use alloc::sync::Arc;
use alloc::task::Wake;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicU64, Ordering};
use core::task::Waker;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The tasks that wait for one stream, each in a place of its own.
///
/// A stream remembers one waker per direction, and forgets it when it is polled again with success. So it
/// gets the waker of all these tasks. A task that changes what others may wait for wakes them, too.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    /// The number of the next place.
    next: AtomicU64,
    taken: Mutex<Vec<(u64, Waker)>>,
}

/// A place among the tasks that wait. Dropping it frees it, so nothing is left of a cancelled future.
#[derive(Debug)]
pub(super) struct Place {
    waiting: Arc<Waiting>,
    /// Its number, while it is taken.
    number: Option<u64>,
}

impl Waiting {
    /// Returns a place for one more task.
    pub(super) fn place(self: &Arc<Self>) -> Place {
        Place { waiting: Arc::clone(self), number: None }
    }

    /// Wakes all tasks that wait, except the one in this place.
    pub(super) fn wake_others(&self, place: Option<&Place>) {
        let own = place.and_then(|place| place.number);
        // One at a time, since nothing may be allocated for it. A task that waits again has a place behind these.
        let mut left = self.lock().len();
        while left > 0 {
            let waker = self.take_other(own);
            left = if waker.is_some() { left - 1 } else { 0 };
            waker.into_iter().for_each(Waker::wake);
        }
    }

    /// Takes the waker of the first task that is not in this place. It is woken without the lock.
    fn take_other(&self, own: Option<u64>) -> Option<Waker> {
        let mut taken = self.lock();
        let at = taken.iter().position(|(number, _)| Some(*number) != own)?;
        Some(taken.remove(at).1)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(u64, Waker)>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Waits: `waker` is woken when something happens.
    pub(super) fn take(&mut self, waker: &Waker) {
        let next = || self.waiting.next.fetch_add(1, Ordering::Relaxed);
        let number = *self.number.get_or_insert_with(next);
        let mut taken = self.waiting.lock();
        match taken.iter_mut().find(|(known, _)| *known == number) {
            Some((_, known)) => known.clone_from(waker),
            None => taken.push((number, waker.clone())),
        }
    }

    /// Stops waiting.
    pub(super) fn free(&mut self) {
        if let Some(number) = self.number.take() {
            self.waiting.lock().retain(|(known, _)| *known != number);
        }
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
