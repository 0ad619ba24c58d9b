//! websocket-sans-io, which tells of frames in a buffer of the caller's, and does not validate text.

use std::hint::black_box;
use std::ops::{Deref, Range};

use fastrand::Rng;
use sansocket::Role;
use websocket_sans_io::{
    FrameInfo, Opcode, WebsocketFrameDecoder, WebsocketFrameEncoder, WebsocketFrameEvent,
};
use workload::scratch::Scratch;
use workload::source::{READ, Source};
use workload::wire::{Incoming, Outgoing};
use workload::{Run, consume, sink};

use super::{check_text, idle_wire};
use crate::peer::{Maker, Peer};

pub(super) struct WebsocketSansIo;

impl Peer for WebsocketSansIo {
    fn name(&self) -> &'static str {
        "websocket-sans-io"
    }

    fn receive(&self, incoming: &Incoming, wire: &'static [u8]) -> Option<Run> {
        let mut reader = Reader {
            source: Source::new(wire),
            decoder: WebsocketFrameDecoder::new(),
            buffer: vec![0; READ],
            rest: 0..0,
            message: Message { lying: None, joined: Vec::new() },
            is_text: incoming.content.is_text(),
        };
        Some(Box::new(move |count| (0..count).for_each(|_| reader.receive())))
    }

    fn send(&self, outgoing: &Outgoing, payload: &'static [u8]) -> Option<Run> {
        // It makes headers, and masks where it is told to; how to write them and the payload is up to the caller.
        if outgoing.is_masked_in_place() {
            return Some(masked_in_place(payload));
        }
        let mut out = Vec::with_capacity(outgoing.batch * (payload.len() + 16));
        let mut random = Rng::with_seed(1);
        let Outgoing { role, batch, .. } = *outgoing;
        Some(Box::new(move |count| {
            for _ in 0..count / batch {
                for _ in 0..batch {
                    let mask = (role == Role::Client).then(|| random.u32(..).to_ne_bytes());
                    send_once(mask, black_box(payload), batch == 1, &mut out);
                }
                if !out.is_empty() {
                    sink::write(&out);
                    out.clear();
                }
            }
        }))
    }

    fn idle(&self) -> Option<Maker> {
        Some(Box::new(|| {
            let mut decoder = WebsocketFrameDecoder::new();
            let mut wire = idle_wire().to_vec();
            let mut at = 0;
            while at < wire.len() {
                at += decoder.add_data(&mut wire[at..]).unwrap().consumed_bytes;
            }
            decoder.add_data(&mut []).unwrap();
            Box::new(decoder)
        }))
    }
}

struct Reader {
    source: Source,
    decoder: WebsocketFrameDecoder,
    buffer: Vec<u8>,
    rest: Range<usize>,
    message: Message,
    is_text: bool,
}

/// A message of which some has come.
struct Message {
    /// Where all of it lies that has not been joined.
    lying: Option<Range<usize>>,
    joined: Vec<u8>,
}

impl Reader {
    fn receive(&mut self) {
        loop {
            let start = self.rest.start;
            let added = self.decoder.add_data(&mut self.buffer[self.rest.clone()]).unwrap();
            self.rest.start += added.consumed_bytes;
            match added.event {
                Some(WebsocketFrameEvent::PayloadChunk { .. }) => {
                    self.message.push(&self.buffer, start..self.rest.start);
                }
                Some(WebsocketFrameEvent::End { frame_info, .. }) if frame_info.fin => {
                    return self.deliver();
                }
                Some(_) => {}
                None if self.rest.is_empty() => self.read(),
                None => {}
            }
        }
    }

    fn read(&mut self) {
        self.message.join(&self.buffer);
        self.rest = 0..self.source.read(&mut self.buffer);
    }

    fn deliver(&mut self) {
        let bytes = match self.message.lying.take() {
            Some(range) => &self.buffer[range],
            None => &self.message.joined,
        };
        if self.is_text {
            check_text(bytes);
        }
        consume(bytes);
        self.message.joined.clear();
    }
}

impl Message {
    fn push(&mut self, buffer: &[u8], range: Range<usize>) {
        self.join(buffer);
        if self.joined.is_empty() {
            self.lying = Some(range);
        } else {
            self.joined.extend_from_slice(&buffer[range]);
        }
    }

    fn join(&mut self, buffer: &[u8]) {
        if let Some(range) = self.lying.take() {
            self.joined.extend_from_slice(&buffer[range]);
        }
    }
}

fn masked_in_place(payload: &'static [u8]) -> Run {
    let (mut scratch, mut random) = (Scratch::new(payload), Rng::with_seed(1));
    Box::new(move |count| {
        for _ in 0..count {
            let payload = scratch.fill();
            let (mut encoder, header) = start(Some(random.u32(..).to_ne_bytes()), payload.len());
            encoder.transform_frame_payload(payload);
            sink::write_vectored([&header[..], payload]);
        }
    })
}

/// Appends a message to `out`, or writes it at once, if it need not be masked and may be lent.
fn send_once(mask: Option<[u8; 4]>, payload: &[u8], is_lent: bool, out: &mut Vec<u8>) {
    let (mut encoder, header) = start(mask, payload.len());
    if is_lent && !encoder.transform_needed() {
        sink::write_vectored([&header[..], payload]);
        return;
    }
    out.extend_from_slice(&header);
    let at = out.len();
    out.extend_from_slice(payload);
    if encoder.transform_needed() {
        encoder.transform_frame_payload(&mut out[at..]);
    }
}

/// Starts a message.
fn start(
    mask: Option<[u8; 4]>,
    len: usize,
) -> (WebsocketFrameEncoder, impl Deref<Target = [u8]> + use<>) {
    let mut encoder = WebsocketFrameEncoder::new();
    let header = encoder.start_frame(&FrameInfo {
        opcode: Opcode::Binary,
        payload_length: len as u64,
        mask,
        fin: true,
        reserved: 0,
    });
    (encoder, header)
}
