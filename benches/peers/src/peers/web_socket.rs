//! web-socket, which hands out fragments and does not validate text.

use std::hint::black_box;

use sansocket::Role;
use tokio::io::BufReader;
use web_socket::{DataType, Event, Stream as Fragment};
use workload::source::READ;
use workload::wire::{Incoming, Outgoing};
use workload::{Run, consume};

use super::{check_text, idle_wire};
use crate::peer::{Maker, Peer, TaskMaker};
use crate::poll::{expect_pending, now, park};
use crate::streams::{Once, Stream};

pub(super) struct WebSocket;

impl Peer for WebSocket {
    fn name(&self) -> &'static str {
        "web-socket"
    }

    fn receive(&self, incoming: &Incoming, wire: &'static [u8]) -> Option<Run> {
        let stream = BufReader::with_capacity(READ, Stream::endless(wire));
        let mut socket = match incoming.role {
            Role::Server => web_socket::WebSocket::server(stream),
            Role::Client => web_socket::WebSocket::client(stream),
        };
        let (mut joined, is_text) = (Vec::new(), incoming.content.is_text());
        Some(Box::new(move |count| {
            now(async {
                let mut left = count;
                while left > 0 {
                    let Event::Data { ty, data } = socket.recv().await.unwrap() else {
                        panic!("nobody sent anything else");
                    };
                    left -= usize::from(take(&ty, &data, is_text, &mut joined));
                }
            });
        }))
    }

    fn send(&self, outgoing: &Outgoing, payload: &'static [u8]) -> Option<Run> {
        // It has no buffer: each message is a write.
        if outgoing.batch > 1 {
            return None;
        }
        let mut socket = match outgoing.role {
            Role::Server => web_socket::WebSocket::server(Stream::empty()),
            Role::Client => web_socket::WebSocket::client(Stream::empty()),
        };
        Some(Box::new(move |count| {
            now(async {
                for _ in 0..count {
                    socket.send(black_box(payload)).await.unwrap();
                }
            });
        }))
    }

    fn idle(&self) -> Option<Maker> {
        Some(Box::new(|| {
            let mut socket = idle_socket();
            now(async {
                if let Event::Data { data, .. } = socket.recv().await.unwrap() {
                    socket.send(&*data).await.unwrap();
                }
            });
            expect_pending(socket.recv());
            Box::new(socket)
        }))
    }

    fn idle_task(&self) -> Option<TaskMaker> {
        Some(Box::new(|| {
            park(async {
                let mut socket = idle_socket();
                while let Ok(Event::Data { data, .. }) = socket.recv().await {
                    socket.send(&*data).await.unwrap();
                }
            })
        }))
    }
}

/// Takes a message or a fragment, and tells whether it was the last.
fn take(data_type: &DataType, data: &[u8], is_text: bool, joined: &mut Vec<u8>) -> bool {
    let is_last = match data_type {
        DataType::Complete(_) => {
            deliver(data, is_text);
            return true;
        }
        DataType::Stream(fragment) => matches!(fragment, Fragment::End(_)),
    };
    joined.extend_from_slice(data);
    if is_last {
        deliver(joined, is_text);
        joined.clear();
    }
    is_last
}

fn deliver(message: &[u8], is_text: bool) {
    if is_text {
        check_text(message);
    }
    consume(message);
}

fn idle_socket() -> web_socket::WebSocket<BufReader<Stream<Once>>> {
    web_socket::WebSocket::server(BufReader::new(Stream::once(idle_wire())))
}
