//! Where what is written goes: nowhere, but for checks.

use std::hint::black_box;
use std::ops::Range;
use std::sync::Mutex;

use crate::{calls, is_checking};

/// Takes what is written at once.
#[inline(always)]
pub fn write(bytes: &[u8]) {
    black_box(bytes.as_ptr());
    // One look for both, since this is a good part of sending a few bytes.
    if is_checking() {
        calls::note_write();
        note(bytes);
    }
}

/// Takes what is written at once by a vectored write.
#[inline(always)]
pub fn write_vectored<'b>(slices: impl IntoIterator<Item = &'b [u8]>) {
    calls::note_write();
    for bytes in slices {
        take(bytes);
    }
}

/// Takes a slice of what is written, without a write of its own.
#[inline(always)]
pub fn take(bytes: &[u8]) {
    black_box(bytes.as_ptr());
    if is_checking() {
        note(bytes);
    }
}

/// Collects what is written while `action` runs.
pub fn written_by(action: impl FnOnce()) -> Vec<u8> {
    WRITTEN.lock().expect("no holder panics").clear();
    crate::consumed_by(action);
    std::mem::take(&mut WRITTEN.lock().expect("no holder panics"))
}

/// Remembers where a payload lies that a library may write without a copy.
pub fn lend(payload: &[u8]) {
    LENT.lock().expect("no holder panics").push(addresses(payload));
}

/// Whether bytes are written while `action` runs from where they were [lent](lend). Those are forgotten then.
pub fn is_lent_by(action: impl FnOnce()) -> bool {
    *FOUND.lock().expect("no holder panics") = false;
    written_by(action);
    LENT.lock().expect("no holder panics").clear();
    *FOUND.lock().expect("no holder panics")
}

#[cold]
fn note(bytes: &[u8]) {
    WRITTEN.lock().expect("no holder panics").extend_from_slice(bytes);
    let lent = LENT.lock().expect("no holder panics");
    if !bytes.is_empty() && lent.iter().any(|range| range.contains(&addresses(bytes).start)) {
        *FOUND.lock().expect("no holder panics") = true;
    }
}

fn addresses(bytes: &[u8]) -> Range<usize> {
    let Range { start, end } = bytes.as_ptr_range();
    start.addr()..end.addr()
}

static WRITTEN: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static LENT: Mutex<Vec<Range<usize>>> = Mutex::new(Vec::new());
static FOUND: Mutex<bool> = Mutex::new(false);
