//! A payload for those who mask it where it lies.

use std::hint::black_box;

use crate::payload::keep_at;
use crate::{is_checking, sink};

/// A payload that whoever sends it masks where it lies.
#[derive(Debug)]
pub struct Scratch {
    payload: &'static [u8],
    bytes: &'static mut [u8],
}

impl Scratch {
    /// A copy that lies as the payload does in its page.
    pub fn new(payload: &'static [u8]) -> Self {
        let bytes = keep_at(payload.as_ptr().addr(), payload);
        sink::lend(bytes);
        Self { payload, bytes }
    }

    /// The bytes to send: what masking has left, unless somebody checks them.
    #[inline(always)]
    pub fn fill(&mut self) -> &mut [u8] {
        if is_checking() {
            self.bytes.copy_from_slice(self.payload);
        }
        black_box(&mut *self.bytes)
    }
}
