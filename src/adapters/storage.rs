//! The buffers of a thread.
//!
//! A connection without an event has used its input up. So the connections of a thread share a few inputs. They share
//! memory to write from, too. One that waits for its peer owns neither, unless something waits to be written.

use alloc::vec;
use alloc::vec::Vec;
#[cfg(feature = "__asynchronous")]
use core::cell::Cell;
use core::cell::RefCell;

use crate::connection::Input;
#[cfg(feature = "__asynchronous")]
use crate::connection::Sender;

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

/// Gives memory to write from to a sender that has none.
#[cfg(feature = "__asynchronous")]
pub(super) fn attach_output(sender: &mut Sender) {
    if !sender.has_memory()
        && let Ok(memory) = OUTPUT.try_with(Cell::take)
    {
        sender.give_memory(memory);
    }
}

/// Takes the memory in which nothing waits to be written, for the next connection that writes.
#[cfg(feature = "__asynchronous")]
pub(super) fn detach_output(sender: &mut Sender) {
    let memory = sender.take_memory();
    if memory.capacity() > 0 && memory.capacity() <= MAX_OUTPUT {
        let _ = OUTPUT.try_with(|output| output.set(memory));
    }
}

std::thread_local! {
    /// Inputs that no connection of this thread uses.
    static SPARE: RefCell<Vec<Input<Vec<u8>>>> = const { RefCell::new(Vec::new()) };
    /// Memory to write from that no connection of this thread uses.
    #[cfg(feature = "__asynchronous")]
    static OUTPUT: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// The size of an input, in bytes.
const SIZE: usize = 64 << 10;

/// How many inputs a thread keeps. One would do, but for events that are held while another connection is
/// awaited.
const MAX_SPARES: usize = 4;

/// How much memory to write from a thread keeps, in bytes: as much as a connection does while it is busy.
#[cfg(feature = "__asynchronous")]
const MAX_OUTPUT: usize = 128 << 10;

/// How much memory of assembled messages stays with each input, in bytes. It grows by doubling, so this is what a message of
/// 1 MiB may take.
const MAX_KEPT: usize = 2 << 20;
