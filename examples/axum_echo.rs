//! An echo among the routes of axum: `cargo run --features http,tokio --example axum_echo`, to be talked to
//! at ws://127.0.0.1:9001/echo.

use std::error::Error;
use std::io;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use axum::routing::{any, get};
use hyper::StatusCode;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use sansocket::tokio::{Config, WebSocket};
use sansocket::{Connection, Event, server};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:9001").await?;
    println!("listening on http://{}", listener.local_addr()?);
    serve(listener).await
}

pub(crate) async fn serve(listener: TcpListener) -> io::Result<()> {
    let routes = Router::new()
        .route("/", get(async || "There is an echo at /echo.\n"))
        .route("/echo", any(open));
    axum::serve(listener, routes).await
}

/// Accepts a request for a WebSocket, whose connection begins once the response has been sent.
async fn open(mut request: Request) -> Response {
    let config = Config::default();
    let opening = match server::Request::from_http(&request, &server::Policy::default()) {
        Ok(opening) => opening,
        Err(error) => return error.to_http().map(Body::from),
    };
    let Some(upgrade) = request.extensions_mut().remove::<OnUpgrade>() else {
        let mut response = Response::new(Body::from("not behind a server that can upgrade"));
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        return response;
    };
    let (response, connection) = opening.accept_http(config.limits);
    tokio::spawn(async move {
        if let Err(error) = echo(upgrade, connection, config).await {
            eprintln!("{error}");
        }
    });
    response.map(|()| Body::empty())
}

async fn echo(
    upgrade: OnUpgrade,
    connection: Connection,
    config: Config,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    // What was read ahead comes out of this stream again.
    let stream = TokioIo::new(upgrade.await?);
    let mut socket = WebSocket::from_upgraded(stream, [], connection, config);
    while let Some((event, mut outbox)) = socket.next_event().await? {
        match event {
            Event::Text(text) => outbox.send(text)?,
            Event::Binary(bytes) => outbox.send(bytes)?,
            _ => {}
        }
    }
    Ok(())
}
