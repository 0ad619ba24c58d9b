//! The peers, each by itself.

mod fastwebsockets;
mod floor;
mod sansocket;
mod sockudo_ws;
mod soketto;
mod tokio_tungstenite;
mod tokio_websockets;
mod tungstenite;
mod web_socket;
mod websocket_sans_io;
mod ws_framer;
mod wtx;
mod yawc;

use std::fmt::Debug;

use bytes::Bytes;
use futures::{Sink, SinkExt, Stream, StreamExt};
use workload::payload::keep;
use workload::wire::push_frame;
use workload::{Run, sink};

use crate::peer::Peer;
use crate::poll::{now, soon};

/// All peers, in the order of their columns.
pub(crate) fn all() -> Vec<Box<dyn Peer>> {
    vec![
        Box::new(sansocket::Messages),
        Box::new(sansocket::Parts),
        Box::new(sansocket::Borrowed),
        Box::new(sansocket::Tokio),
        Box::new(tungstenite::Tungstenite),
        Box::new(tokio_tungstenite::TokioTungstenite),
        Box::new(fastwebsockets::FastWebsockets),
        Box::new(tokio_websockets::TokioWebsockets),
        Box::new(yawc::Yawc),
        Box::new(soketto::Soketto),
        Box::new(web_socket::WebSocket),
        Box::new(sockudo_ws::Stream),
        Box::new(sockudo_ws::Protocol),
        Box::new(wtx::Wtx),
        Box::new(websocket_sans_io::WebsocketSansIo),
        Box::new(ws_framer::WsFramer),
        Box::new(floor::Messages),
        Box::new(floor::Parts),
    ]
}

/// The peers that are no adapters over asynchronous streams.
pub(crate) const PROTOCOLS: [&str; 4] =
    ["tungstenite", "sockudo-proto", "websocket-sans-io", "ws-framer"];

/// A payload in shared memory, from which it may be written without a copy.
fn shared(payload: &[u8]) -> Bytes {
    let bytes = Bytes::copy_from_slice(payload);
    sink::lend(&bytes);
    bytes
}

/// Feeds a sink with so many messages before each flush.
fn feed_batches<M: Clone + 'static>(
    mut sink: impl Sink<M, Error: Debug> + Unpin + 'static,
    batch: usize,
    message: M,
) -> Run {
    Box::new(move |count| {
        now(async {
            for _ in 0..count / batch {
                for _ in 0..batch {
                    sink.feed(message.clone()).await.unwrap();
                }
                sink.flush().await.unwrap();
            }
        });
    })
}

/// Sends back by one half what the other has received.
fn echo_halves<M, E: Debug>(
    mut reader: impl Stream<Item = Result<M, E>> + Unpin + 'static,
    mut writer: impl Sink<M, Error: Debug> + Unpin + 'static,
) -> Run {
    Box::new(move |count| {
        soon(async {
            for _ in 0..count {
                let message = reader.next().await.unwrap().unwrap();
                writer.send(message).await.unwrap();
            }
        });
    })
}

/// The one message that comes to a connection which is to wait then.
fn idle_wire() -> &'static [u8] {
    use std::sync::OnceLock;
    static WIRE: OnceLock<&'static [u8]> = OnceLock::new();
    WIRE.get_or_init(|| {
        let mut wire = Vec::new();
        push_frame(0x82, Some([1, 2, 3, 4]), &[7; 16], &mut wire);
        keep(wire)
    })
}

/// Fails unless a text is UTF-8: for peers which leave that to the application.
fn check_text(text: &[u8]) {
    assert!(simdutf8::basic::from_utf8(text).is_ok(), "all text is UTF-8");
}
