//! sansocket, by the loops of its documentation: see the `workload` crate for those of the core.

use sansocket::adapters::Config;
use sansocket::tokio::WebSocket;
use sansocket::{Connection, Event, Input, Limits, Role, Seed};
use workload::wire::{Incoming, Outgoing};
use workload::{Run, consume, opening, receive, send};

use super::idle_wire;
use crate::peer::{Maker, Peer, TaskMaker};
use crate::poll::{expect_pending, now, park, soon};
use crate::streams::{End, Stream, answer};

/// The core: messages whole, and sent by a buffer.
pub(super) struct Messages;

impl Peer for Messages {
    fn name(&self) -> &'static str {
        "sansocket"
    }

    fn receive(&self, incoming: &Incoming, wire: &'static [u8]) -> Option<Run> {
        Some(Box::new(receive::messages(incoming, wire)))
    }

    fn send(&self, outgoing: &Outgoing, payload: &'static [u8]) -> Option<Run> {
        Some(Box::new(send::messages(outgoing, payload)))
    }

    fn compress(&self, payload: &'static [u8]) -> Option<Run> {
        Some(Box::new(send::compressed(payload)))
    }

    fn inflate(&self, wire: &'static [u8]) -> Option<Run> {
        Some(Box::new(receive::compressed(wire)))
    }

    fn accept(&self) -> Option<Run> {
        Some(Box::new(opening::accept()))
    }

    fn open(&self) -> Option<Run> {
        let seed = || Seed::random().expect("the operating system has random bytes");
        let mut response = Vec::with_capacity(256);
        Some(Box::new(opening::open(seed, move |request, buffer| {
            response.clear();
            answer(request, &mut response);
            buffer[..response.len()].copy_from_slice(&response);
            response.len()
        })))
    }

    fn idle(&self) -> Option<Maker> {
        let mut input = Input::new(vec![0; 64 << 10]);
        let mut out = Vec::with_capacity(1024);
        Some(Box::new(move || Box::new(opening::idle(&mut input, &mut out))))
    }
}

/// The core: messages part by part, as they come.
pub(super) struct Parts;

impl Peer for Parts {
    fn name(&self) -> &'static str {
        "sansocket-parts"
    }

    fn receive(&self, incoming: &Incoming, wire: &'static [u8]) -> Option<Run> {
        Some(Box::new(receive::parts(incoming, wire)))
    }
}

/// The core: messages lent for a vectored write each.
pub(super) struct Lent;

impl Peer for Lent {
    fn name(&self) -> &'static str {
        "sansocket-lent"
    }

    fn send(&self, outgoing: &Outgoing, payload: &'static [u8]) -> Option<Run> {
        (outgoing.batch == 1).then(|| send::frames(outgoing, payload))
    }
}

/// The adapter over streams of tokio.
pub(super) struct Tokio;

impl Peer for Tokio {
    fn name(&self) -> &'static str {
        "sansocket-tokio"
    }

    fn receive(&self, incoming: &Incoming, wire: &'static [u8]) -> Option<Run> {
        let mut socket = socket(Stream::endless(wire), incoming.role);
        Some(Box::new(move |count| {
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
        }))
    }

    fn send(&self, outgoing: &Outgoing, payload: &'static [u8]) -> Option<Run> {
        let mut socket = socket(Stream::empty(), outgoing.role);
        let batch = outgoing.batch;
        Some(Box::new(move |count| {
            now(async {
                for _ in 0..count / batch {
                    for _ in 0..batch {
                        socket.outbox().send(payload).expect("the connection is open");
                    }
                    socket.flush().await.expect("the stream takes everything");
                }
            });
        }))
    }

    fn accept(&self) -> Option<Run> {
        Some(Box::new(|count| {
            for _ in 0..count {
                let stream = Stream::once(workload::wire::REQUEST);
                let socket = now(WebSocket::accept(stream)).expect("the request is good");
                std::hint::black_box(&socket);
            }
        }))
    }

    fn open(&self) -> Option<Run> {
        Some(Box::new(|count| {
            for _ in 0..count {
                let url = sansocket::Url::parse(opening::URL).expect("the URL is good");
                let request = sansocket::client::Request::new(url);
                let opening =
                    WebSocket::connect_over(Stream::answering(), request, Config::default());
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
    let connection = match role {
        Role::Server => Connection::server(Limits::default()),
        Role::Client => Connection::client(Limits::default(), Seed::new([7; 32])),
    };
    WebSocket::from_upgraded(stream, vec![], connection, Config::default())
}

async fn echo<T: End>(socket: &mut WebSocket<Stream<T>>) {
    while let Some((event, mut outbox)) = socket.next_event().await.expect("no rule is broken") {
        match event {
            Event::Text(text) => outbox.send(text).expect("the connection is open"),
            Event::Binary(bytes) => outbox.send(bytes).expect("the connection is open"),
            _ => {}
        }
    }
}
