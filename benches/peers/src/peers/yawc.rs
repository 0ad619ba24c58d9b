//! yawc, which opens connections with hyper. It validates text when told to, which RFC 6455 demands.

use std::convert::Infallible;
use std::hint::black_box;
use std::sync::Mutex;

use bytes::Bytes;
use futures::{SinkExt, StreamExt};
use http_body_util::Empty;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use sansocket::Role;
use tokio::runtime;
use tokio::sync::oneshot;
use url::Url;
use workload::wire::{Incoming, Outgoing};
use workload::{Run, consume, opening};
use yawc::{CompressionLevel, Frame, Options, WebSocket};

use super::{feed_batches, idle_wire, shared};
use crate::peer::{LEVEL, Maker, Peer, TaskMaker};
use crate::poll::{expect_pending, now, park, soon};
use crate::streams::Stream;

pub(super) struct Yawc;

impl Peer for Yawc {
    fn name(&self) -> &'static str {
        "yawc"
    }

    fn receive(&self, incoming: &Incoming, wire: &'static [u8]) -> Option<Run> {
        let stream = Stream::endless(wire);
        let mut socket = WebSocket::from_stream(stream, role(incoming.role), options()).unwrap();
        Some(Box::new(move |count| {
            now(async {
                for _ in 0..count {
                    consume(socket.next_frame().await.unwrap().payload());
                }
            });
        }))
    }

    fn send(&self, outgoing: &Outgoing, payload: &'static [u8]) -> Option<Run> {
        let stream = Stream::empty();
        let socket = WebSocket::from_stream(stream, role(outgoing.role), options()).unwrap();
        Some(feed_batches(socket, outgoing.batch, Frame::binary(shared(payload))))
    }

    fn stream(&self, incoming: &Incoming, wire: &'static [u8]) -> Option<Run> {
        let stream = Stream::endless(wire);
        let mut socket = WebSocket::from_stream(stream, role(incoming.role), options()).unwrap();
        Some(Box::new(move |count| {
            now(async {
                for _ in 0..count {
                    consume(socket.next().await.unwrap().payload());
                }
            });
        }))
    }

    fn sink(&self, outgoing: &Outgoing, payload: &'static [u8]) -> Option<Run> {
        self.send(outgoing, payload)
    }

    fn split(&self, incoming: &Incoming, wire: &'static [u8]) -> Option<Run> {
        let stream = Stream::endless(wire);
        let socket = WebSocket::from_stream(stream, role(incoming.role), options()).unwrap();
        let (mut writer, mut reader) = socket.split();
        Some(Box::new(move |count| {
            soon(async {
                for _ in 0..count {
                    let message = reader.next().await.unwrap();
                    writer.send(message).await.unwrap();
                }
            });
        }))
    }

    fn accept(&self, request: &'static [u8]) -> Option<Run> {
        Some(Box::new(move |count| (0..count).for_each(|_| soon(accept_once(request)))))
    }

    fn open(&self, fields: &'static [u8]) -> Option<Run> {
        // Its handshake spawns a task.
        let runtime = runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Some(Box::new(move |count| {
            for _ in 0..count {
                let url = black_box(opening::URL).parse::<Url>().unwrap();
                let opening = WebSocket::handshake(url, Stream::answering(fields), options());
                black_box(&runtime.block_on(opening).unwrap());
            }
        }))
    }

    fn compress(&self, payload: &'static [u8]) -> Option<Run> {
        let (stream, role) = (Stream::empty(), yawc::Role::Server);
        let socket =
            WebSocket::from_stream_with_extensions(stream, role, Some(EXTENSION), compressing());
        let (mut socket, bytes) = (socket.unwrap(), shared(payload));
        Some(Box::new(move |count| {
            now(async {
                for _ in 0..count {
                    socket.send(Frame::text(bytes.clone())).await.unwrap();
                }
            });
        }))
    }

    fn inflate(&self, wire: &'static [u8]) -> Option<Run> {
        let (stream, role) = (Stream::endless(wire), yawc::Role::Client);
        let socket =
            WebSocket::from_stream_with_extensions(stream, role, Some(EXTENSION), compressing());
        let mut socket = socket.unwrap();
        Some(Box::new(move |count| {
            now(async {
                for _ in 0..count {
                    consume(socket.next_frame().await.unwrap().payload());
                }
            });
        }))
    }

    fn idle(&self) -> Option<Maker> {
        Some(Box::new(|| {
            let (stream, role) = (Stream::once(idle_wire()), yawc::Role::Server);
            let mut socket = WebSocket::from_stream(stream, role, options()).unwrap();
            now(async {
                let frame = socket.next_frame().await.unwrap();
                socket.send(frame).await.unwrap();
            });
            expect_pending(socket.next_frame());
            Box::new(socket)
        }))
    }

    fn idle_task(&self) -> Option<TaskMaker> {
        Some(Box::new(|| {
            park(async {
                let (stream, role) = (Stream::once(idle_wire()), yawc::Role::Server);
                let mut socket = WebSocket::from_stream(stream, role, options()).unwrap();
                while let Ok(frame) = socket.next_frame().await {
                    socket.send(frame).await.unwrap();
                }
            })
        }))
    }
}

async fn accept_once(request: &'static [u8]) {
    let (give, upgraded) = oneshot::channel();
    let give = Mutex::new(Some(give));
    let service = service_fn(|mut request: hyper::Request<hyper::body::Incoming>| {
        let (response, upgrade) = WebSocket::upgrade_with_options(&mut request, options()).unwrap();
        let _ = give.lock().unwrap().take().unwrap().send(upgrade);
        async move { Ok::<hyper::Response<Empty<Bytes>>, Infallible>(response) }
    });
    let stream = TokioIo::new(Stream::once(request));
    let connection = http1::Builder::new().serve_connection(stream, service);
    connection.with_upgrades().await.unwrap();
    black_box(&upgraded.await.unwrap().await.unwrap());
}

fn options() -> Options {
    Options::default().with_utf8().with_limits(64 << 20, 128 << 20)
}

fn compressing() -> Options {
    options().with_compression_level(CompressionLevel::new(LEVEL)).server_no_context_takeover()
}

const EXTENSION: &str =
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

fn role(role: Role) -> yawc::Role {
    match role {
        Role::Server => yawc::Role::Server,
        Role::Client => yawc::Role::Client,
    }
}
