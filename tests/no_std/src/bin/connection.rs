//! Connections of both roles, from their opening to their end, where there is an allocator but no `std`.
#![no_std]
#![no_main]

extern crate alloc;

use alloc::sync::Arc;
use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::hint::black_box;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;

use sansocket::client::Request;
use sansocket::{Config, Connection, Event, Input, Seed, Step, Timestamp, Url};

#[unsafe(no_mangle)]
extern "C" fn _start() -> ! {
    let mut storage = [0; 1024];
    let mut input = Input::new(&mut storage[..]);
    let config = Config::new().shared();
    serve(Connection::server(Arc::clone(&config), now()), &mut input);
    if let Ok(url) = Url::parse("ws://example.com/chat") {
        let seed = Seed::new(black_box([0; 32]));
        serve(Connection::client(Request::new(url), config, seed, now()), &mut input);
    }
    loop {}
}

/// A clock of the machine.
fn now() -> Timestamp {
    Timestamp::new(Duration::from_millis(black_box(0)))
}

fn serve(mut connection: Connection, input: &mut Input<&mut [u8]>) {
    loop {
        while let Some(event) = connection.next_event(input) {
            let _ = match event {
                Event::Request => {
                    connection.accept();
                    Ok(())
                }
                Event::NotUpgrade => {
                    connection.require_upgrade();
                    Ok(())
                }
                Event::Text(text) => connection.send(text),
                Event::Binary(bytes) => connection.send(bytes),
                _ => Ok(()),
            };
        }
        match connection.next_step() {
            Step::Io { write: true, .. } => write(&mut connection),
            Step::Io { .. } => read(&mut connection, input),
            Step::Shutdown => connection.handle_shutdown(),
            Step::Done(ended) => {
                black_box(ended);
                return;
            }
        }
        connection.handle_timeout(now());
    }
}

/// Reads from a port of the machine, such as there is none here.
fn read(connection: &mut Connection, input: &mut Input<&mut [u8]>) {
    let mut spare = connection.spare(input);
    let count = black_box(spare.buffer()).len();
    spare.filled(count, now());
}

fn write(connection: &mut Connection) {
    let count = black_box(connection.transmit()).len();
    connection.transmitted(count, now());
}

/// Memory that is handed out once and never taken back.
struct Arena {
    memory: UnsafeCell<[u8; 1 << 16]>,
    used: AtomicUsize,
}

// SAFETY: no byte of the memory is handed out twice.
unsafe impl Sync for Arena {}

// SAFETY: what is handed out is aligned, lies in the memory, and nowhere else.
unsafe impl GlobalAlloc for Arena {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let room = layout.size() + layout.align();
        let at = self.used.fetch_add(room, Ordering::Relaxed);
        if at.saturating_add(room) > 1 << 16 {
            return core::ptr::null_mut();
        }
        let start = self.memory.get().cast::<u8>().wrapping_add(at);
        start.wrapping_add(start.align_offset(layout.align()))
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

#[global_allocator]
static ALLOCATOR: Arena =
    Arena { memory: UnsafeCell::new([0; 1 << 16]), used: AtomicUsize::new(0) };

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}
