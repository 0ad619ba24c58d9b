use alloc::vec;
use alloc::vec::Vec;
use core::cell::RefCell;

use crate::connection::Input;

/// Gives storage to an input that is used up and has none, or little, to read into.
pub(super) fn lend(input: &mut Input<Vec<u8>>) {
    if input.is_empty() && input.spare().len() < LEAST {
        let spare = SPARE.try_with(|spares| spares.borrow_mut().pop()).ok().flatten();
        *input = spare.unwrap_or_else(|| Input::new(vec![0; SIZE]));
    }
}

/// Takes the storage of an input that is used up, so that a connection which waits owns none. Storage of
/// another size, such as that of an opening handshake, is freed.
pub(super) fn take_back(input: &mut Input<Vec<u8>>) {
    if !input.is_empty() || input.spare().is_empty() {
        return;
    }
    let mut spare = core::mem::take(input);
    if spare.kept() > MAX_KEPT {
        spare.free_memory();
    }
    if spare.spare().len() == SIZE {
        // Where the thread has ended already, it is freed.
        let _ = SPARE.try_with(|spares| {
            let mut spares = spares.borrow_mut();
            if spares.len() < MAX_SPARES {
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

/// How much memory of messages that were put together stays with each of them, in bytes.
const MAX_KEPT: usize = 1 << 20;
