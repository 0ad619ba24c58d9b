use std::convert::Infallible;

use futures::{SinkExt, StreamExt};
use http_body_util::Empty;
use hyper::body::Bytes;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::spawn_local;

use super::compat::Compat;
use super::{Outcome, answers};

pub(super) async fn sansocket(stream: TcpStream) -> Outcome {
    use sansocket::{Event, tokio::WebSocket};
    let mut socket = WebSocket::accept(stream, Default::default()).await?;
    while let Ok(Some((event, sender))) = socket.next_event().await {
        match event {
            Event::Text(text) if answers(text.len()) => sender.send(text)?,
            Event::Binary(bytes) if answers(bytes.len()) => sender.send(bytes)?,
            _ => {}
        }
    }
    Ok(())
}

/// The loop that peers have whose messages are owned. What is fed leaves before more is read.
pub(super) async fn sansocket_owned(stream: TcpStream) -> Outcome {
    let mut socket = sansocket::tokio::WebSocket::accept(stream, Default::default()).await?;
    while let Ok(Some(message)) = socket.receive().await {
        if answers(message.len()) {
            socket.feed(message).await?;
        }
    }
    Ok(())
}

/// The loop for long messages: each is sent from where it lies, before the next event.
pub(super) async fn sansocket_split(stream: TcpStream) -> Outcome {
    use sansocket::{Event, tokio::WebSocket};
    let (mut reader, writer) = WebSocket::accept(stream, Default::default()).await?.split();
    while let Ok(Some(event)) = reader.next_event().await {
        match event {
            Event::Text(text) if answers(text.len()) => writer.send(text).await?,
            Event::Binary(bytes) if answers(bytes.len()) => writer.send(bytes).await?,
            _ => {}
        }
    }
    Ok(())
}

pub(super) async fn tungstenite(stream: TcpStream) -> Outcome {
    let mut socket = tokio_tungstenite::accept_async(stream).await?;
    while let Some(Ok(message)) = socket.next().await {
        if (message.is_text() || message.is_binary()) && answers(message.len()) {
            socket.send(message).await?;
        }
    }
    Ok(())
}

pub(super) async fn fastwebsockets(stream: TcpStream) -> Outcome {
    use fastwebsockets::{FragmentCollector, OpCode, upgrade};
    let service = service_fn(async |mut request| {
        let (response, upgrade) = upgrade::upgrade(&mut request).unwrap();
        spawn_local(async move {
            let mut socket = FragmentCollector::new(upgrade.await.unwrap());
            while let Ok(frame) = socket.read_frame().await {
                let is_data = matches!(frame.opcode, OpCode::Text | OpCode::Binary);
                let is_answered = is_data && answers(frame.payload.len());
                if is_answered && socket.write_frame(frame).await.is_err() {
                    break;
                }
            }
        });
        Ok::<_, Infallible>(response)
    });
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    Ok(connection.with_upgrades().await?)
}

pub(super) async fn tokio_websockets(stream: TcpStream) -> Outcome {
    let (_, mut socket) = tokio_websockets::ServerBuilder::new().accept(stream).await?;
    while let Some(Ok(message)) = socket.next().await {
        if (message.is_text() || message.is_binary()) && answers(message.as_payload().len()) {
            socket.send(message).await?;
        }
    }
    Ok(())
}

pub(super) async fn yawc(stream: TcpStream) -> Outcome {
    use yawc::{Options, WebSocket};
    let service = service_fn(async |mut request: hyper::Request<hyper::body::Incoming>| {
        let options = Options::default().with_utf8().with_limits(64 << 20, 128 << 20);
        let (response, upgrade) = WebSocket::upgrade_with_options(&mut request, options).unwrap();
        spawn_local(async move {
            let mut socket = upgrade.await.unwrap();
            while let Ok(frame) = socket.next_frame().await {
                let is_answered = !frame.opcode().is_control() && answers(frame.payload().len());
                if is_answered && socket.send(frame).await.is_err() {
                    break;
                }
            }
        });
        Ok::<hyper::Response<Empty<Bytes>>, Infallible>(response)
    });
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    Ok(connection.with_upgrades().await?)
}

pub(super) async fn sockudo_ws(stream: TcpStream) -> Outcome {
    let mut socket = open_sockudo_ws(stream).await?;
    while let Some(Ok(message)) = socket.next().await {
        if (message.is_text() || message.is_binary()) && answers(message.as_bytes().len()) {
            socket.send(message).await?;
        }
    }
    Ok(())
}

pub(super) async fn open_sockudo_ws(
    mut stream: TcpStream,
) -> Result<sockudo_ws::WebSocketStream<TcpStream>, Box<dyn std::error::Error>> {
    use sockudo_ws::{Config, Role, WebSocketStream, handshake};
    handshake::server_handshake(&mut stream).await?;
    Ok(WebSocketStream::from_raw(stream, Role::Server, Config::default()))
}

pub(super) async fn soketto(stream: TcpStream) -> Outcome {
    use futures::io::{BufReader, BufWriter};
    use soketto::handshake::{Server, server::Response};
    let mut server = Server::new(BufReader::new(BufWriter::new(Compat(stream))));
    let key = server.receive_request().await?.key();
    server.send_response(&Response::Accept { key, protocol: None }).await?;
    let (mut sender, mut receiver) = server.into_builder().finish();
    let mut message = Vec::new();
    while let Ok(data) = receiver.receive_data(&mut message).await {
        // It leaves it to the application to validate text.
        let text = data.is_text().then(|| simdutf8::basic::from_utf8(&message)).transpose()?;
        if answers(message.len()) {
            match text {
                Some(text) => sender.send_text(text).await?,
                None => sender.send_binary_mut(&mut message).await?,
            }
            sender.flush().await?;
        }
        message.clear();
    }
    Ok(())
}

pub(super) async fn wtx(stream: TcpStream) -> Outcome {
    use wtx::web_socket::{OpCode, WebSocketAcceptor, WebSocketPayloadOrigin};
    let mut socket = WebSocketAcceptor::default().accept(stream).await?;
    let (mut common, mut reader, mut writer) = socket.split_mut();
    let mut buffer = wtx::collection::Vector::new();
    let origin = WebSocketPayloadOrigin::Adaptive;
    while let Ok(mut frame) = reader.read_frame(&mut buffer, &mut common, origin).await {
        if frame.op_code() == OpCode::Close {
            break;
        }
        if answers(frame.payload().len()) {
            writer.write_frame(&mut common, &mut frame).await?;
        }
    }
    Ok(())
}
