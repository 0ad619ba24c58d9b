//! One echo server for each library, written in the simplest way that the library supports.

use std::convert::Infallible;
use std::error::Error;
use std::sync::{Arc, LazyLock};

use futures_util::{SinkExt, StreamExt};
use http_body_util::Empty;
use hyper::body::{Bytes, Incoming as Body};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use sansocket::h2::{Incoming, receive_request, server_builder};
use sansocket::{Config, Event};
use sockudo_ws::{Http2, Message, WebSocketServer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use yawc::frame::OpCode;

pub(crate) type Outcome = Result<(), Box<dyn Error + Send + Sync>>;

/// The libraries, and how they are named.
pub(crate) const ALL: [&str; 5] =
    ["sansocket, TCP", "sansocket", "sansocket, hyper", "yawc", "sockudo-ws"];

/// More WebSockets of a connection than are opened.
const STREAMS: u32 = 20_000;

/// The same window for all that have one: bytes of a connection that wait to be read.
const WINDOW: u32 = 1 << 20;

/// The default configuration, which all connections share.
static CONFIG: LazyLock<Arc<Config>> = LazyLock::new(|| Config::new().shared());

/// Serves until the process is ended.
pub(crate) async fn serve(library: &str) -> Outcome {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?.port());
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        match library {
            "sansocket, TCP" => drop(tokio::spawn(over_tcp(stream))),
            "sansocket" => drop(tokio::spawn(sansocket(stream))),
            "sansocket, hyper" => drop(tokio::spawn(hyper(stream, upgrade_sansocket))),
            "yawc" => drop(tokio::spawn(hyper(stream, upgrade_yawc))),
            "sockudo-ws" => drop(tokio::spawn(sockudo(stream))),
            _ => return Err(format!("no such library: {library}").into()),
        }
    }
}

async fn over_tcp(stream: TcpStream) -> Outcome {
    echo(sansocket::tokio::WebSocket::accept(stream, Arc::clone(&CONFIG)).await?).await
}

async fn echo<S>(mut socket: sansocket::tokio::WebSocket<S>) -> Outcome
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    while let Some((event, sender)) = socket.next_event().await? {
        match event {
            Event::Text(text) => sender.send(text)?,
            Event::Binary(bytes) => sender.send(bytes)?,
            _ => {}
        }
    }
    Ok(())
}

async fn sansocket(stream: TcpStream) -> Outcome {
    let mut builder = server_builder();
    builder.max_concurrent_streams(STREAMS).initial_connection_window_size(WINDOW);
    let mut connection = builder.handshake(stream).await?;
    while let Some(request) = connection.accept().await {
        let (request, respond) = request?;
        if let Incoming::Opening(opening) = receive_request(request, respond, &CONFIG)? {
            let socket = opening.accept()?;
            tokio::spawn(echo(socket));
        }
    }
    Ok(())
}

async fn hyper(stream: TcpStream, upgrade: fn(Request<Body>) -> Response<Empty<Bytes>>) -> Outcome {
    let service = service_fn(move |request| {
        let response = upgrade(request);
        async { Ok::<_, Infallible>(response) }
    });
    let mut builder = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
    builder.enable_connect_protocol().max_concurrent_streams(STREAMS);
    builder.initial_connection_window_size(WINDOW);
    Ok(builder.serve_connection(TokioIo::new(stream), service).await?)
}

fn upgrade_sansocket(mut request: Request<Body>) -> Response<Empty<Bytes>> {
    let opening = match sansocket::hyper::upgrade(&mut request, &CONFIG) {
        Ok(opening) => opening,
        Err(error) => panic!("{error}"),
    };
    let (response, socket) = opening.accept();
    tokio::spawn(async { echo(socket.await?).await });
    response.map(|()| Empty::new())
}

fn upgrade_yawc(mut request: Request<Body>) -> Response<Empty<Bytes>> {
    let (response, socket) = match yawc::WebSocket::upgrade(&mut request) {
        Ok(upgraded) => upgraded,
        Err(error) => panic!("{error}"),
    };
    tokio::spawn(async {
        let mut socket = socket.await?;
        while let Some(frame) = socket.next().await {
            if matches!(frame.opcode(), OpCode::Text | OpCode::Binary) {
                socket.send(frame).await?;
            }
        }
        Ok::<_, yawc::WebSocketError>(())
    });
    response.map(|_| Empty::new())
}

async fn sockudo(stream: TcpStream) -> Outcome {
    let config = sockudo_ws::Config::builder().http2_max_streams(STREAMS).build();
    let server = WebSocketServer::<Http2>::new(config);
    let served = server.serve(stream, |mut socket, _| async move {
        while let Some(Ok(message)) = socket.next().await {
            if matches!(message, Message::Text(_) | Message::Binary(_))
                && socket.send(message).await.is_err()
            {
                return;
            }
        }
    });
    Ok(served.await?)
}
