//! One echo server for each library, written in the simplest way that the library supports.

use std::error::Error;
use std::sync::{Arc, LazyLock};

use fastwebsockets::{FragmentCollector, OpCode, Role};
use futures_util::{SinkExt, StreamExt};
use sansocket::tokio::WebSocket;
use sansocket::{Config, Event};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// The default configuration, which all connections share.
static CONFIG: LazyLock<Arc<Config>> = LazyLock::new(|| Config::new().shared());

type Outcome = Result<(), Box<dyn Error + Send + Sync>>;

/// Runs `echo` for each connection, in a task of its own.
pub(crate) async fn serve<F>(listener: TcpListener, echo: fn(TcpStream) -> F)
where
    F: Future<Output = Outcome> + Send + 'static,
{
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(async move {
            if let Err(error) = echo(stream).await {
                eprintln!("{error}");
            }
        });
    }
}

pub(crate) async fn sansocket(stream: TcpStream) -> Outcome {
    let mut socket = WebSocket::accept(stream, Arc::clone(&CONFIG)).await?;
    while let Some((event, sender)) = socket.next_event().await? {
        match event {
            Event::Text(text) => sender.send(text)?,
            Event::Binary(bytes) => sender.send(bytes)?,
            _ => {}
        }
    }
    Ok(())
}

pub(crate) async fn sansocket_split(stream: TcpStream) -> Outcome {
    let (mut reader, writer) = WebSocket::accept(stream, Arc::clone(&CONFIG)).await?.split();
    while let Some(message) = reader.receive().await? {
        writer.send(message).await?;
    }
    Ok(())
}

pub(crate) async fn tungstenite(stream: TcpStream) -> Outcome {
    let mut socket = tokio_tungstenite::accept_async(stream).await?;
    while let Some(message) = socket.next().await {
        let message = message?;
        if message.is_text() || message.is_binary() {
            socket.send(message).await?;
        }
    }
    Ok(())
}

pub(crate) async fn fastwebsockets(mut stream: TcpStream) -> Outcome {
    open_by_hand(&mut stream).await?;
    let socket = fastwebsockets::WebSocket::after_handshake(stream, Role::Server);
    let mut socket = FragmentCollector::new(socket);
    loop {
        let frame = socket.read_frame().await?;
        match frame.opcode {
            OpCode::Close => return Ok(()),
            OpCode::Text | OpCode::Binary => socket.write_frame(frame).await?,
            _ => {}
        }
    }
}

/// Answers the fixed request of the clients.
async fn open_by_hand(stream: &mut TcpStream) -> Outcome {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_buf(&mut head).await?;
    }
    let response = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
        Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
    Ok(stream.write_all(response).await?)
}
