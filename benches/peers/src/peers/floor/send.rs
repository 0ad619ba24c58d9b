use std::hint::black_box;

use fastrand::Rng;
use sansocket::Role;
use workload::scratch::Scratch;
use workload::wire::Outgoing;
use workload::{Run, sink};

use super::kernels::Instructions;

/// Sends messages: a server's, and those masked in place, one by one by a vectored write, all others by a buffer.
pub(super) fn messages(outgoing: &Outgoing, payload: &'static [u8]) -> Run {
    let batch = outgoing.batch;
    if outgoing.is_masked_in_place() {
        return masked_in_place(payload);
    }
    if outgoing.role == Role::Server && batch == 1 {
        return Box::new(move |count| {
            for _ in 0..count {
                let (mut head, payload) = ([0; 16], black_box(payload));
                // SAFETY: there are 16 bytes.
                let len = unsafe { write_header(head.as_mut_ptr(), BINARY, None, payload.len()) };
                sink::write_vectored([&head[..len], payload]);
            }
        });
    }
    let mut writer = Writer {
        out: Vec::new(),
        random: Rng::with_seed(1),
        role: outgoing.role,
        instructions: Instructions::detect(),
    };
    Box::new(move |count| {
        for _ in 0..count / batch {
            for _ in 0..batch {
                writer.push(black_box(payload));
            }
            sink::write(&writer.out);
            writer.out.clear();
        }
    })
}

fn masked_in_place(payload: &'static [u8]) -> Run {
    let (mut scratch, mut random) = (Scratch::new(payload), Rng::with_seed(1));
    let instructions = Instructions::detect();
    Box::new(move |count| {
        for _ in 0..count {
            let (mut head, payload, key) = ([0; 16], scratch.fill(), random.u32(..));
            // SAFETY: there are 16 bytes.
            let len = unsafe { write_header(head.as_mut_ptr(), BINARY, Some(key), payload.len()) };
            instructions.xor(payload, key);
            sink::write_vectored([&head[..len], payload]);
        }
    })
}

struct Writer {
    out: Vec<u8>,
    random: Rng,
    role: Role,
    instructions: Instructions,
}

impl Writer {
    #[inline]
    fn push(&mut self, payload: &[u8]) {
        self.out.reserve(16 + payload.len());
        let len = self.out.len();
        // SAFETY: there is room for a header of 16 bytes and the payload.
        unsafe {
            let at = self.out.as_mut_ptr().add(len);
            let head_len = match self.role {
                Role::Server => {
                    let head_len = write_header(at, BINARY, None, payload.len());
                    at.add(head_len).copy_from_nonoverlapping(payload.as_ptr(), payload.len());
                    head_len
                }
                Role::Client => {
                    let key = self.random.u32(..);
                    let head_len = write_header(at, BINARY, Some(key), payload.len());
                    let to = at.add(head_len);
                    self.instructions.copy_xor(payload.as_ptr(), to, payload.len(), key);
                    head_len
                }
            };
            self.out.set_len(len + head_len + payload.len());
        }
    }
}

/// Writes a header, and tells how long it is. In wide stores, since bytes would stall what copies them.
///
/// # Safety
///
/// There is room for 16 bytes at `at`.
#[inline]
pub(super) unsafe fn write_header(at: *mut u8, first: u8, key: Option<u32>, len: usize) -> usize {
    let masked = if key.is_some() { 0x80 } else { 0 };
    // SAFETY: by the contract of this function.
    unsafe {
        let key_at = match len {
            0..126 => {
                at.cast::<[u8; 2]>().write([first, masked | len as u8]);
                2
            }
            126..65_536 => {
                let [high, low] = (len as u16).to_be_bytes();
                at.cast::<[u8; 4]>().write([first, masked | 126, high, low]);
                4
            }
            _ => {
                at.cast::<[u8; 2]>().write([first, masked | 127]);
                at.add(2).cast::<[u8; 8]>().write((len as u64).to_be_bytes());
                10
            }
        };
        match key {
            None => key_at,
            Some(key) => {
                at.add(key_at).cast::<u32>().write_unaligned(key);
                key_at + 4
            }
        }
    }
}

/// The first byte of a binary message in one frame.
const BINARY: u8 = 0x82;
