//! Sends back every message, on a route of axum: `cargo run --features http,tokio --example axum_echo`. The
//! WebSocket is ws://127.0.0.1:9001/echo.

use std::error::Error;
use std::io;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use axum::routing::{any, get};
use hyper::StatusCode;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use sansocket::tokio::WebSocket;
use sansocket::{Config, Event, Negotiated, server};
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

/// Accepts a request for a WebSocket, which begins once axum has sent the response.
async fn open(mut request: Request) -> Response {
    let config = Config::new().shared();
    let opening = match server::Request::from_http(&request, &config.policy) {
        Ok(opening) => opening,
        Err(error) => return error.to_http().map(Body::from),
    };
    let Some(upgrade) = request.extensions_mut().remove::<OnUpgrade>() else {
        let mut response = Response::new(Body::from("this server cannot upgrade connections"));
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        return response;
    };
    let (response, negotiated) = opening.accept_http();
    tokio::spawn(async move {
        if let Err(error) = echo(upgrade, negotiated, config).await {
            eprintln!("{error}");
        }
    });
    response.map(|()| Body::empty())
}

async fn echo(
    upgrade: OnUpgrade,
    negotiated: Negotiated,
    config: Arc<Config>,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let stream = TokioIo::new(upgrade.await?);
    let mut socket = WebSocket::from_http(stream, negotiated, config);
    while let Some((event, sender)) = socket.next_event().await? {
        match event {
            Event::Text(text) => sender.send(text)?,
            Event::Binary(bytes) => sender.send(bytes)?,
            _ => {}
        }
    }
    Ok(())
}
