//! tokio-websockets.

use std::hint::black_box;

use futures::{SinkExt, StreamExt};
use sansocket::Role;
use tokio_websockets::{ClientBuilder, Message, ServerBuilder, WebSocketStream};
use workload::source::Source;
use workload::wire::{Incoming, Outgoing};
use workload::{Run, consume, opening};

use super::{echo_halves, feed_batches, idle_wire, shared};
use crate::peer::{Maker, Peer, TaskMaker};
use crate::poll::{expect_pending, now, park};
use crate::streams::Stream;

pub(super) struct TokioWebsockets;

impl Peer for TokioWebsockets {
    fn name(&self) -> &'static str {
        "tokio-websockets"
    }

    fn receive(&self, incoming: &Incoming, wire: &'static [u8]) -> Option<Run> {
        let mut socket = socket(incoming.role, Stream::endless(wire));
        Some(Box::new(move |count| {
            now(async {
                for _ in 0..count {
                    consume(socket.next().await.unwrap().unwrap().as_payload());
                }
            });
        }))
    }

    fn send(&self, outgoing: &Outgoing, payload: &'static [u8]) -> Option<Run> {
        let socket = socket(outgoing.role, Stream::empty());
        Some(feed_batches(socket, outgoing.batch, Message::binary(shared(payload))))
    }

    fn stream(&self, incoming: &Incoming, wire: &'static [u8]) -> Option<Run> {
        self.receive(incoming, wire)
    }

    fn sink(&self, outgoing: &Outgoing, payload: &'static [u8]) -> Option<Run> {
        self.send(outgoing, payload)
    }

    fn split(&self, incoming: &Incoming, wire: &'static [u8]) -> Option<Run> {
        let (writer, reader) = socket(incoming.role, Stream::endless(wire)).split();
        Some(echo_halves(reader, writer))
    }

    fn most_headers(&self) -> usize {
        25
    }

    fn accept(&self, request: &'static [u8]) -> Option<Run> {
        Some(Box::new(move |count| {
            for _ in 0..count {
                black_box(&now(ServerBuilder::new().accept(Stream::once(request))).unwrap());
            }
        }))
    }

    fn open(&self, fields: &'static [u8]) -> Option<Run> {
        Some(Box::new(move |count| {
            for _ in 0..count {
                let builder = ClientBuilder::new().uri(opening::URL).unwrap();
                black_box(&now(builder.connect_on(Stream::answering(fields))).unwrap());
            }
        }))
    }

    fn idle(&self) -> Option<Maker> {
        Some(Box::new(|| {
            let mut socket = ServerBuilder::new().serve(Stream::once(idle_wire()));
            now(async {
                let message = socket.next().await.unwrap().unwrap();
                socket.send(message).await.unwrap();
            });
            expect_pending(socket.next());
            Box::new(socket)
        }))
    }

    fn idle_task(&self) -> Option<TaskMaker> {
        Some(Box::new(|| {
            park(async {
                let mut socket = ServerBuilder::new().serve(Stream::once(idle_wire()));
                while let Some(Ok(message)) = socket.next().await {
                    socket.send(message).await.unwrap();
                }
            })
        }))
    }
}

fn socket(role: Role, stream: Stream<Source>) -> WebSocketStream<Stream<Source>> {
    match role {
        Role::Server => ServerBuilder::new().serve(stream),
        Role::Client => ClientBuilder::new().take_over(stream),
    }
}
