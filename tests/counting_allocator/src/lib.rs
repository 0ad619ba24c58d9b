//! An allocator that counts what each thread allocates. It is that of any program with this crate, so that
//! several files of tests can be one program.
//!
//! ```ignore
//! let (result, usage) = measure(|| run());
//! ```

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The system's allocator, counted.
struct Counting;

/// What a thread has allocated while it was measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// How many times memory was allocated. To grow memory counts as one more time.
    pub allocations: usize,
    /// The bytes that were allocated in all. As memory that grows is moved, no more bytes than these have
    /// been moved.
    pub bytes: usize,
    /// The bytes that are held now, less those held before. Memory of before that was freed counts
    /// against it.
    pub held: isize,
    /// The most bytes that were held at once, beyond those held before. While memory is moved as it
    /// grows, both the old and the new count.
    pub peak: isize,
}

thread_local! {
    static USAGE: Cell<Usage> = const {
        Cell::new(Usage { allocations: 0, bytes: 0, held: 0, peak: 0 })
    };
}

/// Runs `action`, and tells what this thread allocated meanwhile. Measurements do not nest.
pub fn measure<T>(action: impl FnOnce() -> T) -> (T, Usage) {
    USAGE.set(Usage::default());
    let result = action();
    (result, USAGE.get())
}

/// Changes what is held by `bytes`.
fn count(bytes: isize) {
    // A thread that is being torn down has no counters any more.
    let _ = USAGE.try_with(|usage| {
        let mut counted = usage.get();
        counted.allocations += usize::from(bytes > 0);
        counted.bytes += usize::try_from(bytes).unwrap_or(0);
        counted.held += bytes;
        counted.peak = counted.peak.max(counted.held);
        usage.set(counted);
    });
}

// SAFETY: every call goes to the system's allocator as it came. Counting neither allocates nor panics.
// `realloc` is left to the trait, which allocates, copies and frees, so that the peak counts both.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size().cast_signed());
        // SAFETY: the caller keeps the contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        count(-layout.size().cast_signed());
        // SAFETY: the caller keeps the contract, and all memory is the system's.
        unsafe { System.dealloc(memory, layout) }
    }
}
