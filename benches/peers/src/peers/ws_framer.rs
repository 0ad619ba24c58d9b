//! ws-framer, made for embedded systems: a buffer of the caller's, in which it moves what follows each
//! frame.

use std::hint::black_box;

use sansocket::Role;
use workload::source::{READ, Source};
use workload::wire::{Incoming, Outgoing};
use workload::{Run, calls, consume, sink};
use ws_framer::{WsFrame, WsRxFramer, WsTxFramer};

use crate::peer::Peer;
use crate::streams::{Answering, End};

pub(super) struct WsFramer;

impl Peer for WsFramer {
    fn name(&self) -> &'static str {
        "ws-framer"
    }

    fn receive(&self, incoming: &Incoming, wire: &'static [u8]) -> Option<Run> {
        // What is best for it: a small buffer, since it moves the rest of it for every frame.
        let size = match incoming.frames {
            1 => (incoming.size + 1024).max(4096),
            _ => incoming.size + 8192,
        };
        let mut source = Source::new(wire);
        let mut framer = WsRxFramer::new(Box::leak(vec![0; size].into_boxed_slice()));
        Some(Box::new(move |count| {
            let mut left = count;
            while left > 0 {
                match framer.next_frame() {
                    Some(Ok(WsFrame::Binary(bytes))) => consume(bytes),
                    Some(Ok(WsFrame::Text(text))) => consume(text.as_bytes()),
                    Some(frame) => panic!("nobody sent {frame:?}"),
                    None => {
                        let count = source.read(framer.read_buf());
                        framer.advance(count);
                        continue;
                    }
                }
                left -= 1;
            }
        }))
    }

    fn send(&self, outgoing: &Outgoing, payload: &'static [u8]) -> Option<Run> {
        // Its buffer holds one frame: each message is a write.
        if outgoing.batch > 1 {
            return None;
        }
        let mut buffer = vec![0; payload.len() + 16];
        let is_client = outgoing.role == Role::Client;
        Some(Box::new(move |count| {
            let mut framer = WsTxFramer::new(is_client, &mut buffer);
            for _ in 0..count {
                sink::write(framer.frame(WsFrame::Binary(black_box(payload))).unwrap());
            }
        }))
    }

    fn most_headers(&self) -> usize {
        16
    }

    fn open(&self, fields: &'static [u8]) -> Option<Run> {
        let mut buffers = [vec![0; 1024], vec![0; 8192]];
        Some(Box::new(move |count| {
            let [sent, received] = &mut buffers;
            for _ in 0..count {
                let mut sender = WsTxFramer::new(true, sent);
                let mut receiver = WsRxFramer::new(received);
                let host = "server.example.com:8080";
                let request = sender.http_upgrade_request(host, "/chat", &[]).unwrap();
                let mut server = Answering::new(fields);
                calls::note_write();
                server.write(request);
                calls::note_read();
                let response = server.take(READ);
                receiver.read_buf()[..response.len()].copy_from_slice(response);
                receiver.advance(response.len());
                let response = receiver.http_response().unwrap().unwrap();
                assert!(response.is_websocket_accepted(&sender.accept_key()), "the key is right");
                black_box((&sender, &receiver));
            }
        }))
    }
}
