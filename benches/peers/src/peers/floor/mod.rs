//! No library: about the least code that still does the work, on input that keeps to the rules. It reads
//! into one buffer, decodes headers, unmasks in place, validates text, and hands out slices.

mod compression;
mod kernels;
mod receive;
mod send;

use std::hint::black_box;

use workload::wire::{Incoming, Outgoing, REQUEST};
use workload::{Run, sink};

use crate::peer::Peer;
use crate::streams::answer;

/// Messages whole.
pub(super) struct Messages;

impl Peer for Messages {
    fn name(&self) -> &'static str {
        "floor"
    }

    fn receive(&self, incoming: &Incoming, wire: &'static [u8]) -> Option<Run> {
        let mut reader = receive::Messages::new(incoming, wire);
        Some(Box::new(move |count| (0..count).for_each(|_| reader.receive())))
    }

    fn send(&self, outgoing: &Outgoing, payload: &'static [u8]) -> Option<Run> {
        Some(send::messages(outgoing, payload))
    }

    fn accept(&self) -> Option<Run> {
        Some(Box::new(|count| {
            for _ in 0..count {
                let mut head = [0; 1024];
                head[..REQUEST.len()].copy_from_slice(black_box(REQUEST));
                let mut response = Vec::with_capacity(256);
                // The key is where the request ends; what finds it there is almost nothing.
                answer(black_box(&head[REQUEST.len() - 48..REQUEST.len()]), &mut response);
                sink::write(&response);
            }
        }))
    }

    fn open(&self) -> Option<Run> {
        // What the server takes that answers clients: it is in the time of every peer.
        Some(Box::new(|count| {
            for _ in 0..count {
                let mut response = Vec::with_capacity(256);
                answer(black_box(REQUEST), &mut response);
                black_box(&response);
            }
        }))
    }

    fn compress(&self, payload: &'static [u8]) -> Option<Run> {
        Some(compression::compress(payload))
    }

    fn inflate(&self, wire: &'static [u8]) -> Option<Run> {
        Some(compression::inflate(wire))
    }
}

/// Binary messages in pieces, as they come.
pub(super) struct Parts;

impl Peer for Parts {
    fn name(&self) -> &'static str {
        "floor-parts"
    }

    fn receive(&self, incoming: &Incoming, wire: &'static [u8]) -> Option<Run> {
        if incoming.content.is_text() || incoming.frames > 1 {
            return None;
        }
        let mut reader = receive::Parts::new(incoming, wire);
        Some(Box::new(move |count| (0..count).for_each(|_| reader.receive())))
    }
}
