//! tungstenite over blocking streams, with its default configuration.

use std::hint::black_box;

use sansocket::Role;
use tungstenite::Message;
use tungstenite::protocol::{self, WebSocket};
use workload::wire::{Incoming, Outgoing};
use workload::{Run, consume, opening};

use super::{idle_wire, shared};
use crate::peer::{Maker, Peer};
use crate::streams::Stream;

pub(super) struct Tungstenite;

impl Peer for Tungstenite {
    fn name(&self) -> &'static str {
        "tungstenite"
    }

    fn receive(&self, incoming: &Incoming, wire: &'static [u8]) -> Option<Run> {
        let stream = Stream::endless(wire);
        let mut socket = WebSocket::from_raw_socket(stream, role(incoming.role), None);
        Some(Box::new(move |count| {
            for _ in 0..count {
                match socket.read().unwrap() {
                    Message::Binary(bytes) => consume(&bytes),
                    Message::Text(text) => consume(text.as_str().as_bytes()),
                    message => panic!("nobody sent {message}"),
                }
            }
        }))
    }

    fn send(&self, outgoing: &Outgoing, payload: &'static [u8]) -> Option<Run> {
        let mut socket = WebSocket::from_raw_socket(Stream::empty(), role(outgoing.role), None);
        let (batch, bytes) = (outgoing.batch, shared(payload));
        Some(Box::new(move |count| {
            for _ in 0..count / batch {
                for _ in 0..batch {
                    socket.write(Message::Binary(bytes.clone())).unwrap();
                }
                socket.flush().unwrap();
            }
        }))
    }

    fn accept(&self, request: &'static [u8]) -> Option<Run> {
        Some(Box::new(move |count| {
            for _ in 0..count {
                black_box(&tungstenite::accept(Stream::once(request)).unwrap());
            }
        }))
    }

    fn open(&self, fields: &'static [u8]) -> Option<Run> {
        Some(Box::new(move |count| {
            for _ in 0..count {
                black_box(&tungstenite::client(opening::URL, Stream::answering(fields)).unwrap());
            }
        }))
    }

    fn idle(&self) -> Option<Maker> {
        Some(Box::new(|| {
            let stream = Stream::once(idle_wire());
            let mut socket = WebSocket::from_raw_socket(stream, protocol::Role::Server, None);
            let message = socket.read().unwrap();
            socket.send(message).unwrap();
            assert!(socket.read().is_err(), "there is nothing more to read");
            Box::new(socket)
        }))
    }
}

fn role(role: Role) -> protocol::Role {
    match role {
        Role::Server => protocol::Role::Server,
        Role::Client => protocol::Role::Client,
    }
}
