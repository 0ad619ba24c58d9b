//! Sends back every message, on a route of axum: `cargo run --features axum --example axum_echo`. The WebSocket is
//! ws://127.0.0.1:9001/echo, over HTTP/1.1 and HTTP/2.

use std::io;

use axum::response::Response;
use axum::routing::{any, get};
use axum::{Extension, Router};
use sansocket::axum::{WebSocket, WebSocketUpgrade};
use sansocket::{Config, Error, Event};
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
        .route("/echo", any(open))
        .layer(Extension(Config::new().shared()));
    axum::serve(listener, routes).await
}

async fn open(upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(async |socket| {
        if let Err(error) = echo(socket).await {
            eprintln!("{error}");
        }
    })
}

async fn echo(mut socket: WebSocket) -> Result<(), Error> {
    while let Some((event, sender)) = socket.next_event().await? {
        match event {
            Event::Text(text) => sender.send(text)?,
            Event::Binary(bytes) => sender.send(bytes)?,
            _ => {}
        }
    }
    Ok(())
}
