//! How often a library reads and writes. In memory that costs nothing, but each call would be one of the kernel.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::{consumed_by, is_checking};

/// Calls of the kernel.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Calls {
    /// How often something was read.
    pub reads: u64,
    /// How often something was written. A vectored write is one.
    pub writes: u64,
}

/// Counts the calls that are [noted](note_read) while `action` runs.
pub fn count(action: impl FnOnce()) -> Calls {
    READS.store(0, Ordering::Relaxed);
    WRITES.store(0, Ordering::Relaxed);
    consumed_by(action);
    Calls { reads: READS.load(Ordering::Relaxed), writes: WRITES.load(Ordering::Relaxed) }
}

/// Notes that something is read. It counts only while bytes are checked, so that it takes no time otherwise.
#[inline(always)]
pub fn note_read() {
    if is_checking() {
        READS.fetch_add(1, Ordering::Relaxed);
    }
}

/// Notes that something is written, as [`note_read`] does.
#[inline(always)]
pub fn note_write() {
    if is_checking() {
        WRITES.fetch_add(1, Ordering::Relaxed);
    }
}

static READS: AtomicU64 = AtomicU64::new(0);
static WRITES: AtomicU64 = AtomicU64::new(0);
