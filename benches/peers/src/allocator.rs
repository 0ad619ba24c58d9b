//! The system's allocator, which counts when it is told to.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

static IS_COUNTING: AtomicBool = AtomicBool::new(false);
static CALLS: AtomicU64 = AtomicU64::new(0);
static HELD: AtomicI64 = AtomicI64::new(0);

/// Tells how many times memory was allocated, or changed its size, while `action` ran, and how many
/// bytes are held by what it returns.
pub(crate) fn count<T>(action: impl FnOnce() -> T) -> (T, u64, i64) {
    CALLS.store(0, Ordering::Relaxed);
    HELD.store(0, Ordering::Relaxed);
    IS_COUNTING.store(true, Ordering::Relaxed);
    let result = action();
    IS_COUNTING.store(false, Ordering::Relaxed);
    (result, CALLS.load(Ordering::Relaxed), HELD.load(Ordering::Relaxed))
}

struct Counting;

impl Counting {
    #[inline]
    fn note(calls: u64, bytes: usize, freed: usize) {
        // While time is measured, this is all there is of it: a load and a branch.
        if IS_COUNTING.load(Ordering::Relaxed) {
            CALLS.fetch_add(calls, Ordering::Relaxed);
            HELD.fetch_add(bytes as i64 - freed as i64, Ordering::Relaxed);
        }
    }
}

// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        Self::note(1, layout.size(), 0);
        // SAFETY: the caller keeps the contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        Self::note(1, layout.size(), 0);
        // SAFETY: the caller keeps the contract.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        Self::note(1, size, layout.size());
        // SAFETY: the caller keeps the contract, and all memory is the system's.
        unsafe { System.realloc(memory, layout, size) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        Self::note(0, 0, layout.size());
        // SAFETY: the caller keeps the contract, and all memory is the system's.
        unsafe { System.dealloc(memory, layout) }
    }
}
