use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::deflater::{Deflater, Shape};

/// Memory for compressing that no connection needs at present, kept for the next one.
///
/// ```
/// # use sansocket::deflate::{Compression, Pool};
/// static POOL: Pool = Pool::new(16);
///
/// let mut compression = Compression::shared();
/// compression.pool = Some(&POOL);
/// ```
pub struct Pool {
    most: usize,
    idle: Mutex<Idle>,
}

/// Boxed, as a connection owns the one that it uses.
type Idle = Vec<Box<Deflater>>;

impl Pool {
    /// A pool which keeps memory for so many messages, each of
    /// [`Compression::memory_sending`](super::Compression::memory_sending) bytes.
    ///
    /// As many as there are threads that send are enough.
    pub const fn new(most: usize) -> Self {
        Self { most, idle: Mutex::new(Vec::new()) }
    }

    /// Frees all the memory that is kept.
    pub fn clear(&self) {
        self.idle().clear();
    }

    /// Takes one of this shape, if there is one.
    pub(crate) fn take(&self, shape: Shape) -> Option<Box<Deflater>> {
        let mut idle = self.idle();
        let at = idle.iter().rposition(|deflater| deflater.shape() == shape)?;
        Some(idle.swap_remove(at))
    }

    /// Keeps one, if need be instead of that which has waited longest.
    pub(crate) fn put(&self, deflater: Box<Deflater>) {
        if self.most == 0 {
            return;
        }
        let mut idle = self.idle();
        if idle.len() >= self.most {
            drop(idle.remove(0));
        }
        idle.push(deflater);
    }

    /// A thread that panicked has left the list as it was.
    fn idle(&self) -> MutexGuard<'_, Idle> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A pool is only the same as itself.
impl PartialEq for Pool {
    fn eq(&self, other: &Self) -> bool {
        core::ptr::eq(self, other)
    }
}

impl Eq for Pool {}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("most", &self.most).finish_non_exhaustive()
    }
}
