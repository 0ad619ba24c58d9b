//! Keepalive pings of servers that a peer cannot predict.

use core::cell::RefCell;

use crate::connection::Sender;
use crate::wire::{Keys, Seed};

/// Seeds the payloads of keepalive pings from the generator of this thread.
///
/// A client has a seed of its own. Without random bytes of the operating system, pings stay predictable, which
/// harms only a server that relies on [`Liveness::Pong`](crate::Liveness::Pong).
pub(super) fn set(sender: &mut Sender) {
    let salt = KEYS.try_with(|keys| {
        let mut keys = keys.borrow_mut();
        if keys.is_none() {
            *keys = Seed::random().ok().map(Keys::new);
        }
        keys.as_mut().map(Keys::next_salt)
    });
    if let Ok(Some(salt)) = salt {
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&salt.to_le_bytes());
        sender.seed_pings(&Seed::new(seed));
    }
}

std::thread_local! {
    /// The generator of this thread, seeded by the operating system.
    static KEYS: RefCell<Option<Keys>> = const { RefCell::new(None) };
}
