//! The wire layer, where there is no allocator that it could use.
#![no_std]
#![no_main]

#[path = "../../../../examples/fixed_buffer.rs"]
mod fixed_buffer;

use core::hint::black_box;

use fixed_buffer::{End, Link, echo};

/// A port of the machine, such as there is none here.
struct Port;

impl Link for Port {
    fn read(&mut self, spare: &mut [u8]) -> usize {
        black_box(spare).len()
    }

    fn write(&mut self, bytes: &[u8]) {
        black_box(bytes);
    }
}

#[unsafe(no_mangle)]
extern "C" fn _start() -> ! {
    loop {
        let end = echo(&mut Port, black_box(&mut [0; 64]));
        black_box(matches!(end, End::Lost));
    }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}
