//! Messages in both directions at once, under `select!`.

use std::time::Instant;

use sansocket::tokio::WebSocket;
use sansocket::{CloseCode, Config, OwnedMessage};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::runtime;
use tokio::sync::mpsc;

use crate::Outcome;

/// How many messages each end sends.
const COUNT: u64 = 1_000_000;

pub(crate) fn run() -> Outcome {
    let runtime = runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let start = Instant::now();
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("ws://{}/", listener.local_addr()?);
        let server = tokio::spawn(async move {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            talk(WebSocket::accept(stream, Config::new().shared()).await?, false).await
        });
        talk(WebSocket::connect(&url, Config::new().shared()).await?, true).await?;
        server.await?
    })?;
    println!("both_ways: {COUNT} messages each way, none lost, in {:.1?}", start.elapsed());
    Ok(())
}

/// Sends all messages and receives all, and drops a future whenever the other one is ready first.
async fn talk<S>(mut socket: WebSocket<S>, is_closing: bool) -> Outcome
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (source, mut outgoing) = mpsc::channel(16);
    tokio::spawn(async move {
        for number in 0..COUNT {
            if source.send(number).await.is_err() {
                return;
            }
        }
    });
    let mut received = 0;
    let mut is_sending = true;
    while is_sending || received < COUNT {
        tokio::select! {
            message = socket.receive() => {
                let expected = OwnedMessage::from(received.to_string());
                if message? != Some(expected) {
                    return Err(format!("message {received} is missing").into());
                }
                received += 1;
            }
            number = outgoing.recv(), if is_sending => match number {
                Some(number) => socket.send(number.to_string()).await?,
                None => is_sending = false,
            },
        }
    }
    if is_closing {
        socket.close(CloseCode::NORMAL, "").await?;
    }
    match socket.receive().await? {
        None => Ok(()),
        Some(message) => Err(format!("{message} comes once too often").into()),
    }
}
