//! The libraries, and their WebSockets over a tape.

use std::future::{Future, poll_fn};
use std::hint::black_box;
use std::pin::pin;
use std::sync::{Arc, LazyLock};
use std::task::Poll;

use futures::SinkExt;
use sansocket::tokio::WebSocket;
use sansocket::{Connection, Timestamp};
use yawc::{CompressionLevel, DeflatePool, Frame, Options, Role};

use crate::load::Text;
use crate::mode::Mode;
use crate::setup::Setup;
use crate::tape::Tape;

/// A WebSocket library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Library {
    Sansocket,
    Yawc,
    /// yawc with the settings that its documentation advises for many idle connections.
    YawcPool,
    Ws,
}

impl Library {
    pub(crate) const ALL: [Self; 4] = [Self::Sansocket, Self::Yawc, Self::YawcPool, Self::Ws];
    /// The libraries written in Rust.
    pub(crate) const RUST: [Self; 3] = [Self::Sansocket, Self::Yawc, Self::YawcPool];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Sansocket => "sansocket",
            Self::Yawc => "yawc",
            Self::YawcPool => "yawc-pool",
            Self::Ws => "ws",
        }
    }

    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|library| library.name() == name)
    }

    /// Opens the server's end of a connection over a tape.
    pub(crate) fn open(self, setup: &Setup, tape: Tape) -> Socket {
        match self {
            Self::Sansocket => {
                let (negotiated, config) = (setup.negotiated(), Arc::clone(&setup.config));
                let connection = Connection::open_server(negotiated, config, Timestamp::default());
                Socket::Sansocket(Box::new(WebSocket::from_upgraded(tape, &[], connection)))
            }
            Self::Yawc | Self::YawcPool => {
                let options = yawc_options(setup, self == Self::YawcPool);
                let socket = yawc::WebSocket::from_stream_with_extensions(
                    tape,
                    Role::Server,
                    setup.mode.extension(),
                    options,
                );
                Socket::Yawc(Box::new(socket.expect("the extension is valid")))
            }
            Self::Ws => unreachable!("ws runs in Node"),
        }
    }
}

/// A connection over a tape.
pub(crate) enum Socket {
    Sansocket(Box<WebSocket<Tape>>),
    Yawc(Box<yawc::WebSocket<Tape>>),
}

impl Socket {
    /// Sends a message.
    pub(crate) async fn send(&mut self, message: &Text) {
        match self {
            // Without the dereference this is the box's `SinkExt::send`, which takes an owned message.
            Self::Sansocket(socket) => (**socket).send(message.text.as_str()).await.expect("open"),
            Self::Yawc(socket) => {
                socket.send(Frame::text(message.bytes.clone())).await.expect("open");
            }
        }
    }

    /// Sends a part of a message. More parts follow.
    pub(crate) async fn send_part(&mut self, message: &Text) {
        match self {
            Self::Sansocket(socket) => {
                socket.send_part(message.text.as_str()).await.expect("open");
            }
            Self::Yawc(socket) => {
                let frame = Frame::text(message.bytes.clone()).with_fin(false);
                socket.send(frame).await.expect("open");
            }
        }
    }

    /// Receives a message.
    pub(crate) async fn receive(&mut self) {
        match self {
            Self::Sansocket(socket) => {
                black_box(&socket.next_event().await.expect("valid").expect("a message"));
            }
            Self::Yawc(socket) => {
                black_box(&socket.next_frame().await.expect("valid"));
            }
        }
    }

    /// Reads the rest of the tape, which completes no message.
    pub(crate) async fn wait(&mut self) {
        let mut receiving = pin!(self.receive());
        poll_fn(|cx| {
            assert!(receiving.as_mut().poll(cx).is_pending());
            Poll::Ready(())
        })
        .await;
    }
}

/// Returns the options of yawc. `is_advised` selects the settings that its documentation advises for many idle
/// connections.
pub(crate) fn yawc_options(setup: &Setup, is_advised: bool) -> Options {
    let mut options = Options::default().with_utf8();
    if is_advised {
        options = options.with_read_buffer_capacity(1024).with_write_buffer_capacity(1024);
    }
    if setup.mode == Mode::None {
        return options;
    }
    options = options.with_compression_level(CompressionLevel::new(6));
    options = options.with_compression_threshold(64);
    if is_advised {
        let pool = if setup.has_pool { POOL.clone() } else { DeflatePool::new(0) };
        options = options.with_deflate_pool(pool);
    }
    match setup.mode {
        Mode::Reset => options.server_no_context_takeover().client_no_context_takeover(),
        Mode::None | Mode::Kept => options,
    }
}

/// A pool of the same size as the one of sansocket.
static POOL: LazyLock<DeflatePool> = LazyLock::new(|| DeflatePool::new(4));
