use alloc::vec;
use alloc::vec::Vec;
use core::cell::RefCell;

use crate::input::Input;

/// Gives storage to an input that has none, or little, to read into.
pub(super) fn lend(input: &mut Input<Vec<u8>>) {
    if input.is_empty() && input.spare().len() < LEAST {
        let spare = SPARE.with_borrow_mut(Vec::pop);
        *input = spare.unwrap_or_else(|| Input::new(vec![0; SIZE]));
    }
}

/// Takes the storage of an input that is used up, so that a connection which waits owns none.
pub(super) fn take_back(input: &mut Input<Vec<u8>>) {
    if input.is_empty() && !input.spare().is_empty() {
        let mut spare = core::mem::take(input);
        SPARE.with_borrow_mut(|spares| {
            if spares.len() < MAX_SPARES && spare.spare().len() >= LEAST {
                spares.push(spare);
            }
        });
    }
}

std::thread_local! {
    /// Storage that no connection of this thread reads into.
    static SPARE: RefCell<Vec<Input<Vec<u8>>>> = const { RefCell::new(Vec::new()) };
}

/// How many bytes are read at once, at the most.
const SIZE: usize = 64 << 10;

/// Storage of fewer bytes is not read into: what an HTTP library read ahead may be a few.
const LEAST: usize = 4 << 10;

/// How many inputs a thread keeps: one would do, but for events that are held while another connection
/// is waited on.
const MAX_SPARES: usize = 4;
