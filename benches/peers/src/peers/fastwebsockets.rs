//! fastwebsockets, which opens connections with hyper.

use std::cell::RefCell;
use std::convert::Infallible;
use std::future::poll_fn;
use std::hint::black_box;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Mutex;
use std::task::Poll;

use fastwebsockets::{
    FragmentCollector, FragmentCollectorRead, Frame, Payload, WebSocket, handshake, upgrade,
};
use http_body_util::Empty;
use hyper::body::Bytes;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use sansocket::Role;
use tokio::sync::oneshot;
use workload::scratch::Scratch;
use workload::wire::{Incoming, Outgoing};
use workload::{Run, consume, opening};

use super::idle_wire;
use crate::peer::{Maker, Peer, TaskMaker};
use crate::poll::{expect_pending, now, park, soon};
use crate::streams::{Once, Stream};

pub(super) struct FastWebsockets;

impl Peer for FastWebsockets {
    fn name(&self) -> &'static str {
        "fastwebsockets"
    }

    fn receive(&self, incoming: &Incoming, wire: &'static [u8]) -> Option<Run> {
        let socket = WebSocket::after_handshake(Stream::endless(wire), role(incoming.role));
        let mut socket = FragmentCollector::new(socket);
        Some(Box::new(move |count| {
            now(async {
                for _ in 0..count {
                    consume(&socket.read_frame().await.unwrap().payload);
                }
            });
        }))
    }

    fn send(&self, outgoing: &Outgoing, payload: &'static [u8]) -> Option<Run> {
        // It has no buffer: each message is a write.
        if outgoing.batch > 1 {
            return None;
        }
        let mut socket = WebSocket::after_handshake(Stream::empty(), role(outgoing.role));
        if outgoing.is_masked_in_place() {
            let mut scratch = Scratch::new(payload);
            return Some(Box::new(move |count| {
                now(async {
                    for _ in 0..count {
                        let payload = Payload::BorrowedMut(scratch.fill());
                        socket.write_frame(Frame::binary(payload)).await.unwrap();
                    }
                });
            }));
        }
        Some(Box::new(move |count| {
            now(async {
                for _ in 0..count {
                    socket
                        .write_frame(Frame::binary(Payload::Borrowed(black_box(payload))))
                        .await
                        .unwrap();
                }
            });
        }))
    }

    fn split(&self, incoming: &Incoming, wire: &'static [u8]) -> Option<Run> {
        let socket = WebSocket::after_handshake(Stream::endless(wire), role(incoming.role));
        let (reader, mut writer) = socket.split(tokio::io::split);
        let mut reader = FragmentCollectorRead::new(reader);
        Some(Box::new(move |count| {
            soon(async {
                for _ in 0..count {
                    let message =
                        reader.read_frame(&mut async |_| Ok::<_, Infallible>(())).await.unwrap();
                    writer.write_frame(message).await.unwrap();
                }
            });
        }))
    }

    fn accept(&self, request: &'static [u8]) -> Option<Run> {
        Some(Box::new(move |count| (0..count).for_each(|_| soon(accept_once(request)))))
    }

    fn open(&self, fields: &'static [u8]) -> Option<Run> {
        let url = opening::URL.replace("ws://", "http://");
        Some(Box::new(move |count| (0..count).for_each(|_| soon(open_once(&url, fields)))))
    }

    fn idle(&self) -> Option<Maker> {
        Some(Box::new(|| {
            let mut socket = idle_socket();
            now(async {
                let frame = socket.read_frame().await.unwrap();
                socket.write_frame(frame).await.unwrap();
            });
            expect_pending(socket.read_frame());
            Box::new(socket)
        }))
    }

    fn idle_task(&self) -> Option<TaskMaker> {
        Some(Box::new(|| {
            park(async {
                let mut socket = idle_socket();
                while let Ok(frame) = socket.read_frame().await {
                    socket.write_frame(frame).await.unwrap();
                }
            })
        }))
    }
}

fn idle_socket() -> FragmentCollector<Stream<Once>> {
    let stream = Stream::once(idle_wire());
    FragmentCollector::new(WebSocket::after_handshake(stream, fastwebsockets::Role::Server))
}

async fn accept_once(request: &'static [u8]) {
    let (give, upgraded) = oneshot::channel();
    let give = Mutex::new(Some(give));
    let service = service_fn(|mut request| {
        let (response, upgrade) = upgrade::upgrade(&mut request).unwrap();
        let _ = give.lock().unwrap().take().unwrap().send(upgrade);
        async move { Ok::<_, Infallible>(response) }
    });
    let stream = TokioIo::new(Stream::once(request));
    let connection = http1::Builder::new().serve_connection(stream, service);
    connection.with_upgrades().await.unwrap();
    black_box(&upgraded.await.unwrap().await.unwrap());
}

async fn open_once(url: &str, fields: &'static [u8]) {
    let request = hyper::Request::builder()
        .method("GET")
        .uri(url)
        .header("Host", "server.example.com:8080")
        .header("Upgrade", "websocket")
        .header("Connection", "upgrade")
        .header("Sec-WebSocket-Key", handshake::generate_key())
        .header("Sec-WebSocket-Version", "13")
        .body(Empty::<Bytes>::new())
        .unwrap();
    let spawned = Spawned::default();
    let mut opening = pin!(handshake::client(&spawned, request, Stream::answering(fields)));
    poll_fn(|cx| {
        if let Poll::Ready(opened) = opening.as_mut().poll(cx) {
            black_box(&opened.unwrap().0);
            return Poll::Ready(());
        }
        let mut task = spawned.0.borrow_mut();
        if task.as_mut().is_some_and(|task| task.as_mut().poll(cx).is_ready()) {
            *task = None;
        }
        Poll::Pending
    })
    .await;
}

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The task of hyper that moves the bytes.
#[derive(Clone, Default)]
struct Spawned(Rc<RefCell<Option<Task>>>);

impl hyper::rt::Executor<Task> for Spawned {
    fn execute(&self, task: Task) {
        *self.0.borrow_mut() = Some(task);
    }
}

fn role(role: Role) -> fastwebsockets::Role {
    match role {
        Role::Server => fastwebsockets::Role::Server,
        Role::Client => fastwebsockets::Role::Client,
    }
}
