//! The read buffers of a thread.
//!
//! A connection without an event has used its input up. So the connections of a thread share a few inputs, and
//! one that waits for its peer owns none.

use alloc::vec;
use alloc::vec::Vec;
use core::cell::RefCell;

use crate::connection::Input;

/// Gives storage to an input that has none.
pub(super) fn attach(input: &mut Input<Vec<u8>>) {
    if input.is_empty() && input.spare().is_empty() {
        let spare = SPARE.try_with(|spares| spares.borrow_mut().pop()).ok().flatten();
        *input = spare.unwrap_or_else(|| Input::new(vec![0; SIZE]));
    }
}

/// Takes the storage of an input that is used up, for the next connection that reads.
pub(super) fn detach(input: &mut Input<Vec<u8>>) {
    if !input.is_empty() || input.spare().is_empty() {
        return;
    }
    let mut spare = core::mem::take(input);
    if spare.kept() > MAX_KEPT {
        spare.free_memory();
    }
    // If the thread is ending, the storage is freed.
    let _ = SPARE.try_with(|spares| {
        let mut spares = spares.borrow_mut();
        if spares.len() < MAX_SPARES && spare.spare().len() == SIZE {
            spares.push(spare);
        }
    });
}

std::thread_local! {
    /// Inputs that no connection of this thread uses.
    static SPARE: RefCell<Vec<Input<Vec<u8>>>> = const { RefCell::new(Vec::new()) };
}

/// The size of an input, in bytes.
const SIZE: usize = 64 << 10;

/// How many inputs a thread keeps. One would do, but for events that are held while another connection is
/// awaited.
const MAX_SPARES: usize = 4;

/// How much memory of assembled messages stays with each input, in bytes.
const MAX_KEPT: usize = 1 << 20;
