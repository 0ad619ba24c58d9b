//! A pool of compressors for connections that keep no context.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
#[cfg(feature = "std")]
use std::sync::{Mutex, PoisonError};

use super::deflater::Deflater;
use super::shape::Shape;

/// A pool of compressors that no connection is using.
///
/// A connection takes one for each message if no context is taken over. Configurations can share a pool.
/// Without the feature `std` it stays empty, as it needs a lock.
///
/// ```
/// use std::sync::Arc;
/// use sansocket::Config;
/// use sansocket::deflate::{Compression, Pool};
///
/// let pool = Arc::new(Pool::new(16));
/// let config = Config::new().compression(Compression::shared()).pool(Arc::clone(&pool));
/// assert_eq!(config.pool.map(|it| Arc::ptr_eq(&it, &pool)), Some(true));
/// ```
pub struct Pool {
    most: usize,
    #[cfg(feature = "std")]
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
        Self {
            most,
            #[cfg(feature = "std")]
            idle: Mutex::new(Vec::new()),
        }
    }

    /// Frees all compressors in the pool.
    pub fn clear(&self) {
        self.change(Vec::clear);
    }

    /// Takes a compressor of this shape, if there is one.
    fn take(&self, shape: Shape) -> Option<Box<Deflater>> {
        self.change(|idle| {
            let at = idle.iter().rposition(|deflater| deflater.shape() == shape)?;
            Some(idle.swap_remove(at))
        })?
    }

    /// Puts a compressor into the pool. If the pool is full, it replaces the oldest one.
    fn put(&self, deflater: Box<Deflater>) {
        if self.most == 0 {
            return;
        }
        self.change(|idle| {
            if idle.len() >= self.most {
                drop(idle.remove(0));
            }
            idle.push(deflater);
        });
    }

    /// Changes the list under its lock. A thread that panicked cannot have left it inconsistent.
    #[cfg(feature = "std")]
    fn change<T>(&self, action: impl FnOnce(&mut Idle) -> T) -> Option<T> {
        Some(action(&mut self.idle.lock().unwrap_or_else(PoisonError::into_inner)))
    }

    /// There is no list.
    #[cfg(not(feature = "std"))]
    fn change<T>(&self, _: impl FnOnce(&mut Idle) -> T) -> Option<T> {
        None
    }
}

/// Returns a compressor with an empty context, from the pool if it has one.
pub(crate) fn borrow(pool: Option<&Pool>, shape: Shape) -> Box<Deflater> {
    let pooled = pool.and_then(|pool| pool.take(shape));
    pooled.unwrap_or_else(|| Box::new(Deflater::new(shape)))
}

/// Resets a compressor and puts it into the pool.
pub(crate) fn give_back(pool: Option<&Pool>, mut deflater: Box<Deflater>) {
    if let Some(pool) = pool {
        deflater.reset();
        pool.put(deflater);
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("most", &self.most).finish_non_exhaustive()
    }
}
