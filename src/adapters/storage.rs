//! The buffers of a thread.
//!
//! A connection without an event has used its input up. So the connections of a thread share a few inputs. They share
//! memory to write from, too. One that waits for its peer owns neither, unless something waits to be written.

use alloc::vec;
use alloc::vec::Vec;
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
    let has_memory = spare.kept() > 0;
    // If the thread is ending, the storage is freed.
    let _ = SPARE.try_with(|spares| {
        let mut spares = spares.borrow_mut();
        if spares.len() < MAX_SPARES && spare.spare().len() == SIZE {
            spares.push(spare);
        }
        if has_memory {
            free_oldest(&mut spares);
        }
    });
}

/// Frees the memory of assembled messages that was used longest ago, if they keep more than [`MAX_KEPT_OF_ALL`].
fn free_oldest(spares: &mut [Input<Vec<u8>>]) {
    let mut kept = 0;
    for spare in spares.iter_mut().rev() {
        kept += spare.kept();
        if kept > MAX_KEPT_OF_ALL && spare.kept() > 0 {
            spare.free_memory();
        }
    }
}

/// Gives memory to write from to a sender that has none.
#[cfg(feature = "__asynchronous")]
pub(super) fn attach_output(sender: &mut Sender) {
    if !sender.has_memory() {
        let memory = OUTPUT.try_with(|outputs| outputs.borrow_mut().pop()).ok().flatten();
        sender.give_memory(memory.unwrap_or_default());
    }
}

/// Takes the memory in which nothing waits to be written, for the next connection that writes.
#[cfg(feature = "__asynchronous")]
pub(super) fn detach_output(sender: &mut Sender) {
    let memory = sender.take_memory();
    if memory.capacity() > 0 && memory.capacity() <= MAX_OUTPUT {
        let _ = OUTPUT.try_with(|outputs| {
            let mut outputs = outputs.borrow_mut();
            if outputs.len() < MAX_SPARES {
                outputs.push(memory);
            }
        });
    }
}

std::thread_local! {
    /// Inputs that no connection of this thread uses.
    static SPARE: RefCell<Vec<Input<Vec<u8>>>> = const { RefCell::new(Vec::new()) };
    /// Memory to write from that no connection of this thread uses.
    #[cfg(feature = "__asynchronous")]
    static OUTPUT: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

/// The size of an input, in bytes.
const SIZE: usize = 64 << 10;

/// How many inputs a thread keeps, and how many pieces of memory to write from. One of each would do if no connection
/// waited with events or with bytes that its peer does not take. While up to so many wait so, none allocates.
const MAX_SPARES: usize = 16;

/// How much a piece of memory to write from may take, in bytes: as much as a connection keeps while it is busy.
#[cfg(feature = "__asynchronous")]
const MAX_OUTPUT: usize = 128 << 10;

/// How much memory of assembled messages stays with an input, in bytes. It grows by doubling, so this is what a message of
/// 1 MiB may take.
const MAX_KEPT: usize = 2 << 20;

/// How much memory of assembled messages stays with all of them, in bytes.
const MAX_KEPT_OF_ALL: usize = 4 * MAX_KEPT;
