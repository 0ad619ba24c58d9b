//! Where what is written goes: nowhere, but for checks.

use std::hint::black_box;
use std::sync::Mutex;

use crate::is_checking;

/// Takes what is written at once.
#[inline(always)]
pub fn write(bytes: &[u8]) {
    black_box(bytes.as_ptr());
    if is_checking() {
        note(bytes);
    }
}

/// Takes what is written at once by a vectored write.
#[inline(always)]
pub fn write_vectored<'b>(slices: impl IntoIterator<Item = &'b [u8]>) {
    for bytes in slices {
        write(bytes);
    }
}

/// Collects what is written while `action` runs.
pub fn written_by(action: impl FnOnce()) -> Vec<u8> {
    WRITTEN.lock().expect("no holder panics").clear();
    crate::consumed_by(action);
    std::mem::take(&mut WRITTEN.lock().expect("no holder panics"))
}

#[cold]
fn note(bytes: &[u8]) {
    WRITTEN.lock().expect("no holder panics").extend_from_slice(bytes);
}

static WRITTEN: Mutex<Vec<u8>> = Mutex::new(Vec::new());
