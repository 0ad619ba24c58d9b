//! Connections and handshakes of both roles, and deadlines, where there is an allocator but no `std`.
#![no_std]
#![no_main]

extern crate alloc;

use alloc::vec::Vec;
use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::hint::black_box;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;

use sansocket::{
    Connection, Deadlines, Event, Input, Instant, Limits, Seed, Timeouts, Url, client, server,
};

#[unsafe(no_mangle)]
extern "C" fn _start() -> ! {
    let mut storage = [0; 1024];
    if let Some(connection) = accept(&mut Input::new(&mut storage[..])) {
        serve(connection, &mut Input::new(&mut storage[..]));
    }
    if let Some(connection) = connect(&mut Input::new(&mut storage[..])) {
        serve(connection, &mut Input::new(&mut storage[..]));
    }
    loop {}
}

/// Reads from a port of the machine, such as there is none here.
fn read(input: &mut Input<&mut [u8]>) {
    let count = black_box(input.spare()).len();
    input.fill(count);
}

fn write(out: &mut Vec<u8>) {
    black_box(&mut *out).clear();
}

/// A clock of the machine.
fn now() -> Instant {
    Instant::new(Duration::from_millis(black_box(0)))
}

fn accept(input: &mut Input<&mut [u8]>) -> Option<Connection> {
    let mut out = Vec::new();
    let mut handshake = server::Handshake::new();
    loop {
        read(input);
        handshake = match handshake.receive(input, &server::Policy::default()) {
            Ok(server::Progress::Incomplete(handshake)) => handshake,
            Ok(server::Progress::Request(request)) => {
                let connection = request.accept(Limits::default(), &mut out);
                write(&mut out);
                return Some(connection);
            }
            Ok(server::Progress::NotUpgrade(head)) => {
                head.require_upgrade(&mut out);
                write(&mut out);
                return None;
            }
            Err(error) => {
                error.reject(&mut out);
                write(&mut out);
                return None;
            }
        };
    }
}

fn connect(input: &mut Input<&mut [u8]>) -> Option<Connection> {
    let mut out = Vec::new();
    let request = client::Request::new(Url::parse("ws://example.com/chat").ok()?);
    let seed = Seed::new(black_box([0; 32]));
    let mut handshake = client::Handshake::start(request, Limits::default(), seed, &mut out);
    write(&mut out);
    loop {
        read(input);
        handshake = match handshake.receive(input).ok()? {
            client::Progress::Incomplete(handshake) => handshake,
            client::Progress::Open(connection, _) => return Some(connection),
            client::Progress::Rejected(_) => return None,
        };
    }
}

fn serve(connection: Connection, input: &mut Input<&mut [u8]>) {
    let Connection { mut receiver, mut sender } = connection;
    let mut deadlines = Deadlines::new(Timeouts::default(), now());
    deadlines.handle_open(now());
    let mut out = Vec::new();
    while !receiver.wants_close(&sender) {
        read(input);
        deadlines.handle_input(now());
        while let Ok(Some(event)) = receiver.next_event(input, &mut sender) {
            let _ = match event {
                Event::Text(text) => sender.send(text, &mut out),
                Event::Binary(bytes) => sender.send(bytes, &mut out),
                _ => Ok(()),
            };
        }
        if let Err(timed_out) = deadlines.handle_timeout(now(), &receiver, &mut sender) {
            receiver.give_up(timed_out, &mut sender);
        }
        sender.poll_transmit(&mut out);
        write(&mut out);
    }
    black_box(receiver.ended(&sender));
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
