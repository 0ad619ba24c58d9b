//! soketto, in the buffers that its documentation wants around a stream. It does not validate text.

use std::hint::black_box;

use futures::io::{BufReader, BufWriter};
use sansocket::Role;
use soketto::connection::{Builder, Mode};
use soketto::handshake::{Client, Server, ServerResponse, server};
use soketto::{Receiver, Sender};
use workload::scratch::Scratch;
use workload::source::READ;
use workload::wire::{Incoming, Outgoing};
use workload::{Run, consume};

use super::{check_text, idle_wire};
use crate::peer::{Maker, Peer, TaskMaker};
use crate::poll::{expect_pending, now, park};
use crate::streams::{End, Stream};

pub(super) struct Soketto;

impl Peer for Soketto {
    fn name(&self) -> &'static str {
        "soketto"
    }

    fn receive(&self, incoming: &Incoming, wire: &'static [u8]) -> Option<Run> {
        let (sender, mut receiver) = halves(Stream::endless(wire), READ, mode(incoming.role));
        let mut message = Vec::new();
        Some(Box::new(move |count| {
            let _ = &sender;
            now(async {
                for _ in 0..count {
                    message.clear();
                    if receiver.receive_data(&mut message).await.unwrap().is_text() {
                        check_text(&message);
                    }
                    consume(&message);
                }
            });
        }))
    }

    fn send(&self, outgoing: &Outgoing, payload: &'static [u8]) -> Option<Run> {
        let (mut sender, receiver) = halves(Stream::empty(), READ, mode(outgoing.role));
        let batch = outgoing.batch;
        if outgoing.is_masked_in_place() {
            let mut scratch = Scratch::new(payload);
            return Some(Box::new(move |count| {
                let _ = &receiver;
                now(async {
                    for _ in 0..count {
                        sender.send_binary_mut(scratch.fill()).await.unwrap();
                        sender.flush().await.unwrap();
                    }
                });
            }));
        }
        Some(Box::new(move |count| {
            let _ = &receiver;
            now(async {
                for _ in 0..count / batch {
                    for _ in 0..batch {
                        sender.send_binary(black_box(payload)).await.unwrap();
                    }
                    sender.flush().await.unwrap();
                }
            });
        }))
    }

    fn accept(&self, request: &'static [u8]) -> Option<Run> {
        Some(Box::new(move |count| {
            for _ in 0..count {
                now(async {
                    let mut server = Server::new(buffered(Stream::once(request), SMALL));
                    let key = server.receive_request().await.unwrap().key();
                    let response = server::Response::Accept { key, protocol: None };
                    server.send_response(&response).await.unwrap();
                    black_box(&server.into_builder().finish());
                });
            }
        }))
    }

    fn open(&self, fields: &'static [u8]) -> Option<Run> {
        Some(Box::new(move |count| {
            for _ in 0..count {
                now(async {
                    let stream = buffered(Stream::answering(fields), SMALL);
                    let mut client = Client::new(stream, "server.example.com:8080", "/chat");
                    let response = client.handshake().await.unwrap();
                    assert!(matches!(response, ServerResponse::Accepted { .. }), "{response:?}");
                    black_box(&client.into_builder().finish());
                });
            }
        }))
    }

    fn idle(&self) -> Option<Maker> {
        Some(Box::new(|| {
            let stream = Stream::once(idle_wire());
            let (mut sender, mut receiver) = halves(stream, SMALL, Mode::Server);
            let mut message = Vec::new();
            now(async {
                receiver.receive_data(&mut message).await.unwrap();
                sender.send_binary(&message).await.unwrap();
                sender.flush().await.unwrap();
            });
            message.clear();
            expect_pending(receiver.receive_data(&mut message));
            Box::new((sender, receiver, message))
        }))
    }

    fn idle_task(&self) -> Option<TaskMaker> {
        Some(Box::new(|| {
            park(async {
                let stream = Stream::once(idle_wire());
                let (mut sender, mut receiver) = halves(stream, SMALL, Mode::Server);
                let mut message = Vec::new();
                while receiver.receive_data(&mut message).await.is_ok() {
                    sender.send_binary(&message).await.unwrap();
                    sender.flush().await.unwrap();
                    message.clear();
                }
            })
        }))
    }
}

type Buffered<T> = BufReader<BufWriter<Stream<T>>>;

fn buffered<T: End>(stream: Stream<T>, size: usize) -> Buffered<T> {
    BufReader::with_capacity(size, BufWriter::with_capacity(SMALL, stream))
}

fn halves<T: End>(
    stream: Stream<T>,
    size: usize,
    mode: Mode,
) -> (Sender<Buffered<T>>, Receiver<Buffered<T>>) {
    Builder::new(buffered(stream, size), mode).finish()
}

fn mode(role: Role) -> Mode {
    match role {
        Role::Server => Mode::Server,
        Role::Client => Mode::Client,
    }
}

/// The size of a buffer, unless another is asked for.
const SMALL: usize = 8 << 10;
