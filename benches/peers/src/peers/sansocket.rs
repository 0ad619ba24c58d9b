//! sansocket, with the loops of its documentation. Those of the core are in the `workload` crate.

use std::sync::Arc;

use futures::{SinkExt, StreamExt};
use sansocket::tokio::WebSocket;
use sansocket::{Config, Event, Input, OwnedMessage, Role, Seeds};
use workload::source::Source;
use workload::wire::{Incoming, Outgoing, Way};
use workload::{Run, consume, opening, receive, send};

use super::{idle_wire, shared};
use crate::peer::{Maker, Peer, TaskMaker};
use crate::poll::{expect_pending, now, park, soon};
use crate::streams::{Answering, End, Stream};

/// The core: whole messages.
pub(super) struct Messages;

impl Peer for Messages {
    fn name(&self) -> &'static str {
        "sansocket"
    }

    fn receive(&self, incoming: &Incoming, wire: &'static [u8]) -> Option<Run> {
        Some(Box::new(receive::messages(incoming, wire)))
    }

    fn send(&self, outgoing: &Outgoing, payload: &'static [u8]) -> Option<Run> {
        Some(send::messages(outgoing, payload))
    }

    fn compress(&self, payload: &'static [u8]) -> Option<Run> {
        Some(Box::new(send::compressed(payload)))
    }

    fn inflate(&self, wire: &'static [u8]) -> Option<Run> {
        Some(Box::new(receive::compressed(wire)))
    }

    fn accept(&self, request: &'static [u8]) -> Option<Run> {
        Some(Box::new(opening::accept(request)))
    }

    fn open(&self, fields: &'static [u8]) -> Option<Run> {
        let mut seeds = Seeds::random().expect("the operating system has random bytes");
        Some(Box::new(opening::open(
            move || seeds.next_seed(),
            move |request, buffer| {
                let mut server = Answering::new(fields);
                server.write(request);
                let response = server.take(buffer.len());
                buffer[..response.len()].copy_from_slice(response);
                response.len()
            },
        )))
    }

    fn idle(&self) -> Option<Maker> {
        let mut input = Input::new(vec![0; 64 << 10]);
        Some(Box::new(move || Box::new(opening::idle(&mut input))))
    }
}

/// The core: messages in parts.
pub(super) struct Parts;

impl Peer for Parts {
    fn name(&self) -> &'static str {
        "sansocket-parts"
    }

    fn receive(&self, incoming: &Incoming, wire: &'static [u8]) -> Option<Run> {
        Some(Box::new(receive::parts(incoming, wire)))
    }
}

/// The core: borrowed messages, each in a vectored write.
pub(super) struct Borrowed;

impl Peer for Borrowed {
    fn name(&self) -> &'static str {
        "sansocket-borrowed"
    }

    fn send(&self, outgoing: &Outgoing, payload: &'static [u8]) -> Option<Run> {
        (outgoing.way == Way::Borrowed).then(|| send::borrowed(outgoing.role, payload))
    }
}

/// The adapter over streams of tokio.
pub(super) struct Tokio;

impl Peer for Tokio {
    fn name(&self) -> &'static str {
        "sansocket-tokio"
    }

    fn receive(&self, incoming: &Incoming, wire: &'static [u8]) -> Option<Run> {
        Some(receive_all(socket(Stream::endless(wire), incoming.role)))
    }

    fn send(&self, outgoing: &Outgoing, payload: &'static [u8]) -> Option<Run> {
        let mut socket = socket(Stream::empty(), outgoing.role);
        let batch = outgoing.batch;
        Some(Box::new(move |count| {
            soon(async {
                for _ in 0..count / batch {
                    for _ in 0..batch {
                        if socket.connection_mut().is_full() {
                            socket.flush().await.expect("the stream takes everything");
                        }
                        let sender = socket.connection_mut();
                        sender.send(payload).expect("the connection is open");
                    }
                    socket.flush().await.expect("the stream takes everything");
                }
            });
        }))
    }

    fn stream(&self, incoming: &Incoming, wire: &'static [u8]) -> Option<Run> {
        let mut socket = socket(Stream::endless(wire), incoming.role);
        Some(Box::new(move |count| {
            soon(async {
                for _ in 0..count {
                    let message = socket.next().await.expect("it is endless");
                    consume(message.expect("no rule is broken").as_bytes());
                }
            });
        }))
    }

    fn sink(&self, outgoing: &Outgoing, payload: &'static [u8]) -> Option<Run> {
        let mut socket = socket(Stream::empty(), outgoing.role);
        let bytes = shared(payload);
        Some(Box::new(move |count| {
            soon(async {
                for _ in 0..count {
                    let message = OwnedMessage::from(bytes.clone());
                    SinkExt::send(&mut socket, message).await.expect("the connection is open");
                }
            });
        }))
    }

    fn split(&self, incoming: &Incoming, wire: &'static [u8]) -> Option<Run> {
        let (mut reader, writer) = socket(Stream::endless(wire), incoming.role).split();
        Some(Box::new(move |count| {
            soon(async {
                let mut left = count;
                while left > 0 {
                    let event = reader.next_event().await.expect("no rule is broken");
                    let sent = match event.expect("it is endless") {
                        Event::Text(text) => writer.send(text).await,
                        Event::Binary(bytes) => writer.send(bytes).await,
                        event => panic!("nobody sent {event:?}"),
                    };
                    sent.expect("the connection is open");
                    left -= 1;
                }
            });
        }))
    }

    fn compress(&self, payload: &'static [u8]) -> Option<Run> {
        let connection = receive::open(Role::Server, receive::shared());
        let mut socket = WebSocket::from_upgraded(Stream::empty(), &[], connection);
        let text = str::from_utf8(payload).expect("it is text");
        Some(Box::new(move |count| {
            soon(async {
                for _ in 0..count {
                    socket.send(text).await.expect("the connection is open");
                }
            });
        }))
    }

    fn inflate(&self, wire: &'static [u8]) -> Option<Run> {
        let connection = receive::open(Role::Client, receive::shared());
        let socket = WebSocket::from_upgraded(Stream::endless(wire), &[], connection);
        Some(receive_all(socket))
    }

    fn accept(&self, request: &'static [u8]) -> Option<Run> {
        Some(Box::new(move |count| {
            for _ in 0..count {
                let stream = Stream::once(request);
                let socket = now(WebSocket::accept(stream, Arc::<Config>::default()))
                    .expect("the request is good");
                std::hint::black_box(&socket);
            }
        }))
    }

    fn open(&self, fields: &'static [u8]) -> Option<Run> {
        Some(Box::new(move |count| {
            for _ in 0..count {
                let url = sansocket::Url::parse(opening::URL).expect("the URL is good");
                let request = sansocket::client::Request::new(url);
                let opening =
                    WebSocket::connect_over(Stream::answering(fields), request, Arc::default());
                let socket = now(opening).expect("the response is good");
                std::hint::black_box(&socket);
            }
        }))
    }

    fn idle(&self) -> Option<Maker> {
        Some(Box::new(|| {
            let mut socket = socket(Stream::once(idle_wire()), Role::Server);
            expect_pending(echo(&mut socket));
            Box::new(socket)
        }))
    }

    fn idle_task(&self) -> Option<TaskMaker> {
        Some(Box::new(|| {
            park(async {
                let mut socket = socket(Stream::once(idle_wire()), Role::Server);
                echo(&mut socket).await;
            })
        }))
    }
}

fn socket<T: End>(stream: Stream<T>, role: Role) -> WebSocket<Stream<T>> {
    WebSocket::from_upgraded(stream, &[], receive::connect(role))
}

fn receive_all(mut socket: WebSocket<Stream<Source>>) -> Run {
    Box::new(move |count| {
        soon(async {
            let mut left = count;
            while left > 0 {
                match socket.next_event().await.expect("no rule is broken") {
                    Some((Event::Text(text), _)) => consume(text.as_bytes()),
                    Some((Event::Binary(bytes), _)) => consume(bytes),
                    _ => panic!("nobody sent anything else"),
                }
                left -= 1;
            }
        });
    })
}

async fn echo<T: End>(socket: &mut WebSocket<Stream<T>>) {
    while let Some((event, sender)) = socket.next_event().await.expect("no rule is broken") {
        match event {
            Event::Text(text) => sender.send(text).expect("the connection is open"),
            Event::Binary(bytes) => sender.send(bytes).expect("the connection is open"),
            _ => {}
        }
    }
}
