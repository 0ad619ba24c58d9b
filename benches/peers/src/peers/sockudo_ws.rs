//! sockudo-ws: its stream over tokio, and its protocol without I/O.

use std::hint::black_box;

use bytes::BytesMut;
use futures::{SinkExt, StreamExt};
use sansocket::Role;
use sockudo_ws::handshake::{
    build_response, client_handshake, generate_accept_key, parse_request, server_handshake,
};
use sockudo_ws::protocol;
use sockudo_ws::{CompressedWebSocketStream, Config, DeflateConfig, Message, WebSocketStream};
use workload::source::{READ, Source};
use workload::wire::{Incoming, Outgoing};
use workload::{Run, calls, consume, is_checking, sink};

use super::{feed_batches, idle_wire, shared};
use crate::peer::{LEVEL, Maker, Peer, TaskMaker};
use crate::poll::{expect_pending, now, park, soon};
use crate::streams;

pub(super) struct Stream;

impl Peer for Stream {
    fn name(&self) -> &'static str {
        "sockudo-ws"
    }

    fn receive(&self, incoming: &Incoming, wire: &'static [u8]) -> Option<Run> {
        let stream = streams::Stream::endless(wire);
        let mut socket = WebSocketStream::from_raw(stream, role(incoming.role), Config::default());
        Some(Box::new(move |count| {
            now(async {
                for _ in 0..count {
                    consume(socket.next().await.unwrap().unwrap().as_bytes());
                }
            });
        }))
    }

    fn send(&self, outgoing: &Outgoing, payload: &'static [u8]) -> Option<Run> {
        let stream = streams::Stream::empty();
        let socket = WebSocketStream::from_raw(stream, role(outgoing.role), Config::default());
        Some(feed_batches(socket, outgoing.batch, Message::Binary(shared(payload))))
    }

    fn stream(&self, incoming: &Incoming, wire: &'static [u8]) -> Option<Run> {
        self.receive(incoming, wire)
    }

    fn sink(&self, outgoing: &Outgoing, payload: &'static [u8]) -> Option<Run> {
        self.send(outgoing, payload)
    }

    fn split(&self, incoming: &Incoming, wire: &'static [u8]) -> Option<Run> {
        let stream = streams::Stream::endless(wire);
        let socket = WebSocketStream::from_raw(stream, role(incoming.role), Config::default());
        let (mut reader, mut writer) = socket.split();
        Some(Box::new(move |count| {
            soon(async {
                for _ in 0..count {
                    let message = reader.next().await.unwrap().unwrap();
                    writer.send(message).await.unwrap();
                }
            });
        }))
    }

    fn accept(&self, request: &'static [u8]) -> Option<Run> {
        Some(Box::new(move |count| {
            for _ in 0..count {
                now(async {
                    let mut stream = streams::Stream::once(request);
                    server_handshake(&mut stream).await.unwrap();
                    black_box(&server(stream));
                });
            }
        }))
    }

    fn open(&self, fields: &'static [u8]) -> Option<Run> {
        Some(Box::new(move |count| {
            for _ in 0..count {
                now(async {
                    let mut stream = streams::Stream::answering(fields);
                    let host = "server.example.com:8080";
                    client_handshake(&mut stream, host, "/chat", None).await.unwrap();
                    let role = sockudo_ws::Role::Client;
                    black_box(&WebSocketStream::from_raw(stream, role, Config::default()));
                });
            }
        }))
    }

    fn compress(&self, payload: &'static [u8]) -> Option<Run> {
        let stream = streams::Stream::empty();
        let mut socket =
            CompressedWebSocketStream::server(stream, Config::default(), compression());
        let bytes = shared(payload);
        Some(Box::new(move |count| {
            now(async {
                for _ in 0..count {
                    socket.send(Message::Text(bytes.clone())).await.unwrap();
                }
            });
        }))
    }

    fn inflate(&self, wire: &'static [u8]) -> Option<Run> {
        let stream = streams::Stream::endless(wire);
        let mut socket =
            CompressedWebSocketStream::client(stream, Config::default(), compression());
        Some(Box::new(move |count| {
            now(async {
                for _ in 0..count {
                    consume(socket.next().await.unwrap().unwrap().as_bytes());
                }
            });
        }))
    }

    fn idle(&self) -> Option<Maker> {
        Some(Box::new(|| {
            let mut socket = server(streams::Stream::once(idle_wire()));
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
                let mut socket = server(streams::Stream::once(idle_wire()));
                while let Some(Ok(message)) = socket.next().await {
                    socket.send(message).await.unwrap();
                }
            })
        }))
    }
}

pub(super) struct Protocol;

impl Peer for Protocol {
    fn name(&self) -> &'static str {
        "sockudo-proto"
    }

    fn receive(&self, incoming: &Incoming, wire: &'static [u8]) -> Option<Run> {
        let mut protocol = new_protocol(role(incoming.role));
        let mut source = Source::new(wire);
        let mut buffer = BytesMut::with_capacity(2 * READ);
        let mut messages = Vec::new();
        // It decodes all that has been read, which is more than is asked for.
        let mut ahead = 0;
        Some(Box::new(move |count| {
            let mut done = ahead;
            while done < count {
                buffer.reserve(READ);
                calls::note_read();
                let mut left = READ;
                while left > 0 {
                    let piece = source.take(left);
                    buffer.extend_from_slice(piece);
                    left -= piece.len();
                }
                protocol.process_into(&mut buffer, &mut messages).unwrap();
                for message in messages.drain(..) {
                    if !is_checking() || done < count {
                        consume(Message::as_bytes(&message));
                    }
                    done += 1;
                }
            }
            ahead = done - count;
        }))
    }

    fn send(&self, outgoing: &Outgoing, payload: &'static [u8]) -> Option<Run> {
        let mut protocol = new_protocol(role(outgoing.role));
        let (batch, bytes) = (outgoing.batch, shared(payload));
        let mut out = BytesMut::with_capacity(payload.len() + 16);
        Some(Box::new(move |count| {
            for _ in 0..count / batch {
                for _ in 0..batch {
                    protocol.encode_message(&Message::Binary(bytes.clone()), &mut out).unwrap();
                }
                sink::write(&out);
                out.clear();
            }
        }))
    }

    fn accept(&self, request: &'static [u8]) -> Option<Run> {
        let mut buffer = BytesMut::with_capacity(READ);
        Some(Box::new(move |count| {
            for _ in 0..count {
                calls::note_read();
                buffer.extend_from_slice(black_box(request));
                let (request, _) = parse_request(&buffer).unwrap().unwrap();
                sink::write(&build_response(&generate_accept_key(request.key), None, None));
                buffer.clear();
                black_box(&new_protocol(sockudo_ws::Role::Server));
            }
        }))
    }

    fn idle(&self) -> Option<Maker> {
        Some(Box::new(|| {
            // Both buffers can be dropped while it waits.
            let mut protocol = new_protocol(sockudo_ws::Role::Server);
            let (mut buffer, mut out) = (BytesMut::from(idle_wire()), BytesMut::new());
            let messages = protocol.process(&mut buffer).unwrap();
            protocol.encode_message(&messages[0], &mut out).unwrap();
            sink::write(&out);
            Box::new(protocol)
        }))
    }
}

fn server<T: streams::End>(stream: streams::Stream<T>) -> WebSocketStream<streams::Stream<T>> {
    WebSocketStream::from_raw(stream, sockudo_ws::Role::Server, Config::default())
}

fn new_protocol(role: sockudo_ws::Role) -> protocol::Protocol {
    protocol::Protocol::new(role, 64 << 20, 64 << 20)
}

fn compression() -> DeflateConfig {
    DeflateConfig {
        server_no_context_takeover: true,
        client_no_context_takeover: true,
        compression_level: LEVEL,
        ..DeflateConfig::default()
    }
}

fn role(role: Role) -> sockudo_ws::Role {
    match role {
        Role::Server => sockudo_ws::Role::Server,
        Role::Client => sockudo_ws::Role::Client,
    }
}
