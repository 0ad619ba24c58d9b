//! The libraries, each with its own way to compress.

use std::future::{Future, poll_fn};
use std::hint::black_box;
use std::pin::pin;
use std::sync::LazyLock;
use std::task::Poll;

use futures::SinkExt;
use sansocket::tokio::Config;
use sansocket::{Connection, Limits};
use yawc::{CompressionLevel, DeflatePool, Frame, Options, Role};

use crate::load::{Mode, Text};
use crate::tape::Tape;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Library {
    Sansocket,
    Yawc,
    /// yawc as its documentation has it for many connections that wait.
    YawcPool,
    Ws,
}

impl Library {
    pub(crate) const ALL: [Self; 4] = [Self::Sansocket, Self::Yawc, Self::YawcPool, Self::Ws];
    /// Those that are written in Rust.
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

    /// A server's end of a connection over a tape.
    pub(crate) fn open(self, mode: Mode, tape: Tape, has_pool: bool) -> Socket {
        match self {
            Self::Sansocket => {
                let connection = mode.prepare(Connection::server(Limits::default()), has_pool);
                let config = Config::default();
                let socket =
                    sansocket::tokio::WebSocket::from_upgraded(tape, [], connection, config);
                Socket::Sansocket(Box::new(socket))
            }
            Self::Yawc | Self::YawcPool => {
                let options = yawc_options(mode, self == Self::YawcPool, has_pool);
                let socket = yawc::WebSocket::from_stream_with_extensions(
                    tape,
                    Role::Server,
                    mode.extension(),
                    options,
                );
                Socket::Yawc(Box::new(socket.expect("the extension is good")))
            }
            Self::Ws => unreachable!("it is not written in Rust"),
        }
    }
}

/// A connection over a tape.
pub(crate) enum Socket {
    Sansocket(Box<sansocket::tokio::WebSocket<Tape>>),
    Yawc(Box<yawc::WebSocket<Tape>>),
}

impl Socket {
    pub(crate) async fn send(&mut self, message: &Text) {
        match self {
            // A box is a sink, too.
            Self::Sansocket(socket) => (**socket).send(message.text.as_str()).await.expect("open"),
            Self::Yawc(socket) => {
                socket.send(Frame::text(message.bytes.clone())).await.expect("open");
            }
        }
    }

    /// Sends a part of a message, of which more is to come.
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

    pub(crate) async fn receive(&mut self) {
        match self {
            Self::Sansocket(socket) => {
                black_box(&socket.next_event().await.expect("valid").expect("there is more"));
            }
            Self::Yawc(socket) => {
                black_box(&socket.next_frame().await.expect("valid"));
            }
        }
    }

    /// Receives as far as the tape goes, and waits for more.
    pub(crate) async fn wait(&mut self) {
        let mut receiving = pin!(self.receive());
        poll_fn(|cx| {
            assert!(receiving.as_mut().poll(cx).is_pending());
            Poll::Ready(())
        })
        .await;
    }
}

/// `is_advised` is what yawc's documentation has for many connections that wait.
pub(crate) fn yawc_options(mode: Mode, is_advised: bool, has_pool: bool) -> Options {
    let mut options = Options::default().with_utf8();
    if is_advised {
        options = options.with_read_buffer_capacity(1024).with_write_buffer_capacity(1024);
    }
    if mode == Mode::None {
        return options;
    }
    options = options.with_compression_level(CompressionLevel::new(6));
    options = options.with_compression_threshold(64);
    if is_advised {
        let pool = if has_pool { POOL.clone() } else { DeflatePool::new(0) };
        options = options.with_deflate_pool(pool);
    }
    match mode {
        Mode::Reset => options.server_no_context_takeover().client_no_context_takeover(),
        Mode::None | Mode::Kept => options,
    }
}

/// As many as our own has.
static POOL: LazyLock<DeflatePool> = LazyLock::new(|| DeflatePool::new(4));
