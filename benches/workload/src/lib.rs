//! What the benches do: the bytes that come and go, and the loops of sansocket over them, as its
//! documentation writes them.

pub mod calls;
pub mod mix;
pub mod opening;
pub mod payload;
pub mod receive;
pub mod rows;
pub mod scratch;
pub mod send;
pub mod sink;
pub mod source;
pub mod wire;

use std::hint::black_box;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

/// Does so many messages, or openings.
pub type Run = Box<dyn FnMut(usize)>;

/// Looks at a payload without copying it, as the application that got it. Call this once for each
/// message, or once for each part of it.
#[inline(always)]
pub fn consume(payload: &[u8]) {
    if IS_CHECKING.load(Ordering::Relaxed) {
        note(payload);
    }
    black_box(payload.as_ptr());
}

/// Collects the payloads that are [consumed](consume) while `action` runs.
pub fn consumed_by(action: impl FnOnce()) -> Vec<u8> {
    CONSUMED.lock().expect("no holder panics").clear();
    IS_CHECKING.store(true, Ordering::Relaxed);
    action();
    IS_CHECKING.store(false, Ordering::Relaxed);
    std::mem::take(&mut CONSUMED.lock().expect("no holder panics"))
}

/// Whether the bytes matter now, and not the time.
pub fn is_checking() -> bool {
    IS_CHECKING.load(Ordering::Relaxed)
}

#[cold]
fn note(payload: &[u8]) {
    CONSUMED.lock().expect("no holder panics").extend_from_slice(payload);
}

static IS_CHECKING: AtomicBool = AtomicBool::new(false);
static CONSUMED: Mutex<Vec<u8>> = Mutex::new(Vec::new());
