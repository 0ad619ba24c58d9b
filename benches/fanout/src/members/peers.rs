//! Connections of other libraries, each by the calls that take least.

use std::error::Error;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use fastwebsockets::{Frame, Payload};
use futures::SinkExt;
use tokio_websockets::{Message, ServerBuilder, WebSocketStream};
use tungstenite::Utf8Bytes;
use tungstenite::protocol::{Role, WebSocket};
use yawc::{DeflatePool, Options};

use super::Members;
use crate::wire::Wire;

/// Connections of tungstenite. The clones of a message share its payload, and each is copied into a buffer.
pub(crate) struct Tungstenite(Vec<WebSocket<Wire>>);

/// Connections of tokio-websockets. Their queues share the payload.
pub(crate) struct TokioWebsockets(Vec<WebSocketStream<Wire>>);

/// Connections of fastwebsockets, which has no queue: a message is written at once, by a vectored write.
pub(crate) struct FastWebsockets(Vec<fastwebsockets::WebSocket<Wire>>);

/// Connections of yawc. It copies a payload into a buffer, or compresses it.
pub(crate) struct Yawc(Vec<yawc::WebSocket<Wire>>);

impl Tungstenite {
    pub(crate) fn new(count: usize) -> Self {
        let open = |_| WebSocket::from_raw_socket(Wire, Role::Server, None);
        Self((0..count).map(open).collect())
    }
}

impl Members for Tungstenite {
    fn broadcast(&mut self, text: &str) -> Result<(), Box<dyn Error>> {
        let message = Utf8Bytes::try_from(Bytes::copy_from_slice(text.as_bytes()))?;
        for socket in &mut self.0 {
            socket.write(tungstenite::Message::Text(message.clone()))?;
        }
        Ok(())
    }

    fn write(&mut self) -> Result<(), Box<dyn Error>> {
        Ok(self.0.iter_mut().try_for_each(WebSocket::flush)?)
    }

    fn count(&self) -> usize {
        self.0.len()
    }
}

impl TokioWebsockets {
    pub(crate) fn new(count: usize) -> Self {
        Self((0..count).map(|_| ServerBuilder::new().serve(Wire)).collect())
    }
}

impl Members for TokioWebsockets {
    fn broadcast(&mut self, text: &str) -> Result<(), Box<dyn Error>> {
        let message = Message::text(Bytes::copy_from_slice(text.as_bytes()));
        for socket in &mut self.0 {
            now(socket.feed(message.clone()))?;
        }
        Ok(())
    }

    fn write(&mut self) -> Result<(), Box<dyn Error>> {
        for socket in &mut self.0 {
            now(socket.flush())?;
        }
        Ok(())
    }

    fn count(&self) -> usize {
        self.0.len()
    }
}

impl FastWebsockets {
    pub(crate) fn new(count: usize) -> Self {
        let open = |_| {
            let role = fastwebsockets::Role::Server;
            let mut socket = fastwebsockets::WebSocket::after_handshake(Wire, role);
            socket.set_writev_threshold(0);
            socket
        };
        Self((0..count).map(open).collect())
    }
}

impl Members for FastWebsockets {
    fn broadcast(&mut self, text: &str) -> Result<(), Box<dyn Error>> {
        for socket in &mut self.0 {
            let payload = Payload::Borrowed(text.as_bytes());
            now(socket.write_frame(Frame::text(payload)))?;
        }
        Ok(())
    }

    fn write(&mut self) -> Result<(), Box<dyn Error>> {
        Ok(())
    }

    fn count(&self) -> usize {
        self.0.len()
    }
}

impl Yawc {
    pub(crate) fn plain(count: usize) -> Self {
        Self::open(count, None, &Options::default())
    }

    /// Each keeps its compressor from message to message.
    pub(crate) fn kept(count: usize) -> Self {
        let options = Options::default().with_balanced_compression();
        Self::open(count, Some("permessage-deflate"), &options)
    }

    /// All share one compressor, which starts anew with each message.
    pub(crate) fn pooled(count: usize) -> Self {
        let options = Options::default().with_balanced_compression();
        let options = options.server_no_context_takeover().client_no_context_takeover();
        let options = options.with_deflate_pool(DeflatePool::new(1));
        Self::open(count, Some(NOT_KEPT), &options)
    }

    fn open(count: usize, extension: Option<&str>, options: &Options) -> Self {
        let open = |_| {
            let (role, options) = (yawc::Role::Server, options.clone());
            yawc::WebSocket::from_stream_with_extensions(Wire, role, extension, options)
                .expect("the extension is valid")
        };
        Self((0..count).map(open).collect())
    }
}

impl Members for Yawc {
    fn broadcast(&mut self, text: &str) -> Result<(), Box<dyn Error>> {
        let payload = Bytes::copy_from_slice(text.as_bytes());
        for socket in &mut self.0 {
            now(socket.feed(yawc::Frame::text(payload.clone())))?;
        }
        Ok(())
    }

    fn write(&mut self) -> Result<(), Box<dyn Error>> {
        for socket in &mut self.0 {
            now(socket.flush())?;
        }
        Ok(())
    }

    fn count(&self) -> usize {
        self.0.len()
    }
}

/// Returns the output of a future that has nothing to wait for.
fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("the stream takes all bytes"),
    }
}

const NOT_KEPT: &str = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
