//! What else can be had of those that have a buffer: flush when nothing more has come.

use std::error::Error;

use futures::{FutureExt, Sink, SinkExt, Stream, StreamExt};
use tokio::net::TcpStream;

use super::peers::open_sockudo_ws;
use super::{Outcome, answers};

pub(super) async fn tungstenite(stream: TcpStream) -> Outcome {
    let socket = tokio_tungstenite::accept_async(stream).await?;
    echo(socket, |message| (message.is_text() || message.is_binary()) && answers(message.len()))
        .await
}

pub(super) async fn sockudo_ws(stream: TcpStream) -> Outcome {
    let socket = open_sockudo_ws(stream).await?;
    echo(socket, |message| {
        (message.is_text() || message.is_binary()) && answers(message.as_bytes().len())
    })
    .await
}

async fn echo<S, M, E, F>(mut socket: S, is_answered: impl Fn(&M) -> bool) -> Outcome
where
    S: Stream<Item = Result<M, E>> + Sink<M, Error = F> + Unpin,
    F: Error + 'static,
{
    let mut next = socket.next().await;
    while let Some(Ok(message)) = next {
        if is_answered(&message) {
            socket.feed(message).await?;
        }
        next = match socket.next().now_or_never() {
            Some(next) => next,
            None => {
                socket.flush().await?;
                socket.next().await
            }
        };
    }
    Ok(())
}
