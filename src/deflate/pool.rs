//! A pool of compressors for connections that keep no context.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::deflater::{Deflater, Shape};

/// A pool of compressors that no connection is using.
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

/// Boxed, because a connection owns the compressor that it is using.
type Idle = Vec<Box<Deflater>>;

impl Pool {
    /// Creates a pool that keeps at most `most` compressors, each of
    /// [`Compression::memory_sending`](super::Compression::memory_sending) bytes.
    ///
    /// One for each thread that sends is enough.
    pub const fn new(most: usize) -> Self {
        Self { most, idle: Mutex::new(Vec::new()) }
    }

    /// Frees all compressors in the pool.
    pub fn clear(&self) {
        self.idle().clear();
    }

    /// Takes a compressor of this shape, if there is one.
    pub(crate) fn take(&self, shape: Shape) -> Option<Box<Deflater>> {
        let mut idle = self.idle();
        let at = idle.iter().rposition(|deflater| deflater.shape() == shape)?;
        Some(idle.swap_remove(at))
    }

    /// Puts a compressor into the pool. If the pool is full, it replaces the oldest one.
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

    /// Locks the list. A thread that panicked cannot have left it inconsistent.
    fn idle(&self) -> MutexGuard<'_, Idle> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Two pools are equal only if they are the same object.
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
