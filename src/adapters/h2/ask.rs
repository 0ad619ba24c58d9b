//! [`begin`]: the client's end of a connection of HTTP/2, and [`ask`]: one request over a connection of its own.

use alloc::vec::Vec;
use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::Poll;
use std::io::{self, Cursor, ErrorKind};

use ::h2::client::{Builder, SendRequest};
use ::h2::ext::Protocol;
use ::h2::{Ping, PingPong, Reason};
use ::tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, join, split};
use bytes::Bytes;

use super::stream::{Stream, explain};
use crate::adapters::dialing::Head;
use crate::handshake::Fields;
use crate::handshake::http::to_http_connect;

/// Begins a connection over a stream whose first bytes may have been read, and sends one request.
///
/// Returns its stream, with the head of the response, or `None` if the server does not offer WebSockets over HTTP/2.
pub(in crate::adapters) async fn ask<S>(
    stream: S,
    unread: Vec<u8>,
    fields: &Fields,
) -> io::Result<Option<(Stream, Head)>>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    if unread.is_empty() {
        return ask_over(stream, fields).await;
    }
    let (read, write) = split(stream);
    ask_over(join(Cursor::new(unread).chain(read), write), fields).await
}

async fn ask_over<S>(stream: S, fields: &Fields) -> io::Result<Option<(Stream, Head)>>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (mut requests, connection) = begin(stream).await?;
    if !requests.is_extended_connect_protocol_enabled() {
        return Ok(None);
    }
    drop(::tokio::spawn(async move { drop(connection.await) }));
    let mut request = to_http_connect(fields);
    request.extensions_mut().insert(Protocol::from_static("websocket"));
    let (response, send) = requests.send_request(request, false).map_err(explain)?;
    match response.await {
        Ok(response) => {
            let (head, body) = response.into_parts();
            Ok(Some((Stream::new(send, body), to_fields(&head))))
        }
        // RFC 9113, section 7: the server wants this request by HTTP/1.1.
        Err(error) if error.reason() == Some(Reason::HTTP_1_1_REQUIRED) => Ok(None),
        Err(error) => Err(explain(error)),
    }
}

fn to_fields(head: &http::response::Parts) -> Head {
    let status = (b":status".to_vec(), head.status.as_str().as_bytes().to_vec());
    let fields = head.headers.iter();
    let fields = fields.map(|(name, value)| (name.as_str().into(), value.as_bytes().to_vec()));
    core::iter::once(status).chain(fields).collect()
}

/// Begins a connection, and waits for the server's settings.
pub(super) async fn begin<S>(stream: S) -> io::Result<(SendRequest<Bytes>, Driver<S>)>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut builder = Builder::new();
    // A server has nothing to push into a WebSocket.
    builder.enable_push(false);
    builder.initial_window_size(STREAM_WINDOW).initial_connection_window_size(CONNECTION_WINDOW);
    let (requests, mut driver) = builder.handshake(stream).await.map_err(explain)?;
    let mut pings = driver.ping_pong().ok_or(ErrorKind::NotConnected)?;
    await_settings(&mut driver, &mut pings).await?;
    Ok((requests, driver))
}

/// Waits until the server's settings have come.
///
/// They are the first that a server sends (RFC 9113, section 3.4). So they have come when a ping is answered.
async fn await_settings<S>(driver: &mut Driver<S>, pings: &mut PingPong) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    pings.send_ping(Ping::opaque()).map_err(explain)?;
    poll_fn(|cx| match pin!(&mut *driver).poll(cx) {
        Poll::Ready(Ok(())) => Poll::Ready(Err(ErrorKind::UnexpectedEof.into())),
        Poll::Ready(Err(error)) => Poll::Ready(Err(explain(error))),
        Poll::Pending => pings.poll_pong(cx).map(|pong| pong.map(drop).map_err(explain)),
    })
    .await
}

/// What drives the connection.
type Driver<S> = ::h2::client::Connection<S, Bytes>;

/// How many bytes a server may send over a stream before they are read.
///
/// The default is a byte less. lighttpd 1.4.69 does not know that, and its streams end by a flow-control error.
const STREAM_WINDOW: u32 = 64 << 10;

/// How many bytes a server may send before they are read, over all streams.
///
/// A stream that is not read must not keep the others waiting: 1,000 such streams fill 64 MiB.
const CONNECTION_WINDOW: u32 = 64 << 20;
