//! No library: about the least code that still does the work, on input that keeps to the rules. It reads
//! into one buffer, decodes headers, unmasks in place, validates text, and hands out slices.

mod compression;
mod kernels;
mod receive;
mod send;

use std::hint::black_box;

use workload::wire::{Incoming, Outgoing, REQUEST};
use workload::{Run, calls, sink};

use crate::peer::Peer;
use crate::streams::{Answering, End, answer};

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

    fn accept(&self, request: &'static [u8]) -> Option<Run> {
        let mut head = Vec::with_capacity(8 << 10);
        Some(Box::new(move |count| {
            for _ in 0..count {
                calls::note_read();
                head.clear();
                head.extend_from_slice(black_box(request));
                let mut response = Vec::with_capacity(256);
                // The key is where the request ends; what finds it there is almost nothing.
                answer(black_box(&head[head.len() - 48..]), b"", &mut response);
                sink::write(&response);
            }
        }))
    }

    fn open(&self, fields: &'static [u8]) -> Option<Run> {
        // What the server takes that answers clients: it is in the time of every peer.
        Some(Box::new(move |count| {
            for _ in 0..count {
                calls::note_read();
                calls::note_write();
                let mut server = Answering::new(fields);
                server.write(black_box(REQUEST));
                black_box(server.take(usize::MAX));
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
