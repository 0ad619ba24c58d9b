//! tokio-tungstenite, with its default configuration.

use futures::{SinkExt, StreamExt};
use sansocket::Role;
use tokio_tungstenite::WebSocketStream;
use tungstenite::Message;
use tungstenite::protocol;
use workload::source::Source;
use workload::wire::{Incoming, Outgoing};
use workload::{Run, consume, opening};

use super::{echo_halves, feed_batches, idle_wire, shared};
use crate::peer::{Maker, Peer, TaskMaker};
use crate::poll::{expect_pending, now, park, soon};
use crate::streams::Stream;

pub(super) struct TokioTungstenite;

impl Peer for TokioTungstenite {
    fn name(&self) -> &'static str {
        "tokio-tungstenite"
    }

    fn receive(&self, incoming: &Incoming, wire: &'static [u8]) -> Option<Run> {
        let mut socket = socket(incoming.role, Stream::endless(wire));
        Some(Box::new(move |count| {
            now(async {
                for _ in 0..count {
                    take(&socket.next().await.unwrap().unwrap());
                }
            });
        }))
    }

    fn send(&self, outgoing: &Outgoing, payload: &'static [u8]) -> Option<Run> {
        let socket = socket(outgoing.role, Stream::empty());
        Some(feed_batches(socket, outgoing.batch, Message::Binary(shared(payload))))
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

    fn accept(&self, request: &'static [u8]) -> Option<Run> {
        Some(Box::new(move |count| {
            for _ in 0..count {
                let accepting = tokio_tungstenite::accept_async(Stream::once(request));
                std::hint::black_box(&soon(accepting).unwrap());
            }
        }))
    }

    fn open(&self, fields: &'static [u8]) -> Option<Run> {
        Some(Box::new(move |count| {
            for _ in 0..count {
                let stream = Stream::answering(fields);
                let opening = tokio_tungstenite::client_async(opening::URL, stream);
                std::hint::black_box(&soon(opening).unwrap());
            }
        }))
    }

    fn idle(&self) -> Option<Maker> {
        Some(Box::new(|| {
            let mut socket = new(protocol::Role::Server, Stream::once(idle_wire()));
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
                let mut socket = new(protocol::Role::Server, Stream::once(idle_wire()));
                while let Some(Ok(message)) = socket.next().await {
                    socket.send(message).await.unwrap();
                }
            })
        }))
    }
}

fn take(message: &Message) {
    match message {
        Message::Binary(bytes) => consume(bytes),
        Message::Text(text) => consume(text.as_str().as_bytes()),
        message => panic!("nobody sent {message}"),
    }
}

fn socket(role: Role, stream: Stream<Source>) -> WebSocketStream<Stream<Source>> {
    match role {
        Role::Server => new(protocol::Role::Server, stream),
        Role::Client => new(protocol::Role::Client, stream),
    }
}

fn new<T: crate::streams::End>(
    role: protocol::Role,
    stream: Stream<T>,
) -> WebSocketStream<Stream<T>> {
    now(WebSocketStream::from_raw_socket(stream, role, None))
}
