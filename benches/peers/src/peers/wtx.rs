//! wtx. A client masks the payload where it lies.

use std::hint::black_box;

use sansocket::Role;
use workload::payload::Content;
use workload::scratch::Scratch;
use workload::wire::{Incoming, Outgoing};
use workload::{Run, consume, opening};
use wtx::collection::Vector;
use wtx::misc::UriRef;
use wtx::rng::{Xorshift64, simple_seed};
use wtx::web_socket::compression::{
    Compression, CompressionLevel, DeflateConfig, Flate2, NegotiatedFlate2, WindowBits,
};
use wtx::web_socket::{
    Frame, OpCode, WebSocketAcceptor, WebSocketBuffer, WebSocketConnector, WebSocketOwned,
    WebSocketPayloadOrigin,
};

use super::idle_wire;
use crate::peer::{Maker, Peer, TaskMaker};
use crate::poll::{expect_pending, now, park};
use crate::streams::{End, Stream};

pub(super) struct Wtx;

impl Peer for Wtx {
    fn name(&self) -> &'static str {
        "wtx"
    }

    fn receive(&self, incoming: &Incoming, wire: &'static [u8]) -> Option<Run> {
        // What is best for it: to read small messages ahead, and large ones exactly.
        let is_small = incoming.size <= 4096 || incoming.content == Content::Mix;
        let size = if is_small { 64 << 10 } else { OPENED };
        Some(match incoming.role {
            Role::Server => receive(socket::<_, _, false>((), Stream::endless(wire), size)),
            Role::Client => receive(socket::<_, _, true>((), Stream::endless(wire), size)),
        })
    }

    fn send(&self, outgoing: &Outgoing, payload: &'static [u8]) -> Option<Run> {
        // It has no buffer: each message is a write.
        if outgoing.batch > 1 {
            return None;
        }
        let stream = Stream::empty();
        Some(match outgoing.role {
            Role::Server => {
                send(socket::<_, _, false>((), stream, OPENED), OpCode::Binary, payload)
            }
            Role::Client => send(socket::<_, _, true>((), stream, OPENED), OpCode::Binary, payload),
        })
    }

    fn accept(&self, request: &'static [u8]) -> Option<Run> {
        Some(Box::new(move |count| {
            for _ in 0..count {
                let accepting = WebSocketAcceptor::default().accept(Stream::once(request));
                black_box(&now(accepting).unwrap());
            }
        }))
    }

    fn open(&self, fields: &'static [u8]) -> Option<Run> {
        Some(Box::new(move |count| {
            for _ in 0..count {
                let url = UriRef::new(opening::URL);
                let opening =
                    WebSocketConnector::default().connect(Stream::answering(fields), &url);
                black_box(&now(opening).unwrap());
            }
        }))
    }

    fn compress(&self, payload: &'static [u8]) -> Option<Run> {
        let socket = socket::<_, _, false>(compression::<false>(), Stream::empty(), OPENED);
        Some(send(socket, OpCode::Text, payload))
    }

    fn inflate(&self, wire: &'static [u8]) -> Option<Run> {
        let stream = Stream::endless(wire);
        Some(receive(socket::<_, _, true>(compression::<true>(), stream, 64 << 10)))
    }

    fn idle(&self) -> Option<Maker> {
        Some(Box::new(|| {
            let mut socket = socket::<_, _, false>((), Stream::once(idle_wire()), OPENED);
            let mut buffer = Vector::new();
            now(async {
                let frame = socket.read_frame(&mut buffer, ORIGIN).await.unwrap();
                let mut payload = frame.payload().to_vec();
                let mut frame = Frame::new_fin(OpCode::Binary, &mut payload[..]);
                socket.write_frame(&mut frame).await.unwrap();
            });
            expect_pending(socket.read_frame(&mut buffer, ORIGIN));
            Box::new((socket, buffer))
        }))
    }

    fn idle_task(&self) -> Option<TaskMaker> {
        Some(Box::new(|| {
            park(async {
                let mut socket = socket::<_, _, false>((), Stream::once(idle_wire()), OPENED);
                let mut buffer = Vector::new();
                loop {
                    let (mut common, mut reader, mut writer) = socket.split_mut();
                    let frame = reader.read_frame(&mut buffer, &mut common, ORIGIN).await;
                    writer.write_frame(&mut common, &mut frame.unwrap()).await.unwrap();
                }
            })
        }))
    }
}

type Socket<C, T, const IS_CLIENT: bool> = WebSocketOwned<C, Xorshift64, Stream<T>, IS_CLIENT>;

fn socket<C, T: End, const IS_CLIENT: bool>(
    compression: C,
    stream: Stream<T>,
    size: usize,
) -> Socket<C, T, IS_CLIENT>
where
    C: wtx::web_socket::compression::NegotiatedCompression,
{
    let buffer = WebSocketBuffer::with_capacity(size, 0, 0).unwrap();
    WebSocketOwned::new(compression, false, Xorshift64::from(simple_seed()), stream, buffer)
}

fn receive<C, T: End + 'static, const IS_CLIENT: bool>(mut socket: Socket<C, T, IS_CLIENT>) -> Run
where
    C: wtx::web_socket::compression::NegotiatedCompression + 'static,
{
    let mut buffer = Vector::new();
    Box::new(move |count| {
        now(async {
            for _ in 0..count {
                consume(socket.read_frame(&mut buffer, ORIGIN).await.unwrap().payload());
            }
        });
    })
}

fn send<C, T: End + 'static, const IS_CLIENT: bool>(
    mut socket: Socket<C, T, IS_CLIENT>,
    opcode: OpCode,
    payload: &'static [u8],
) -> Run
where
    C: wtx::web_socket::compression::NegotiatedCompression + 'static,
{
    let mut scratch = Scratch::new(payload);
    Box::new(move |count| {
        now(async {
            for _ in 0..count {
                socket.write_frame(&mut Frame::new_fin(opcode, scratch.fill())).await.unwrap();
            }
        });
    })
}

fn compression<const IS_CLIENT: bool>() -> Option<NegotiatedFlate2> {
    let compression = Flate2::from(DeflateConfig {
        client_max_window_bits: WindowBits::Fifteen,
        server_max_window_bits: WindowBits::Fifteen,
        compression_level: CompressionLevel::Six,
    });
    let header: [&[u8]; 2] = [
        b"Sec-WebSocket-Extensions",
        b"permessage-deflate; server_no_context_takeover; client_no_context_takeover",
    ];
    Compression::<IS_CLIENT>::negotiate(compression, [header].into_iter()).unwrap()
}

const ORIGIN: WebSocketPayloadOrigin = WebSocketPayloadOrigin::Adaptive;

/// How many bytes its own handshake leaves to read into.
const OPENED: usize = 2048;
