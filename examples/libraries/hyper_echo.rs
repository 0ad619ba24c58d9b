//! Serves a page and sends back every message, by hyper: `cargo run --features http,tokio --example hyper_echo`.
//! The page is http://127.0.0.1:9001/.

use std::convert::Infallible;
use std::error::Error;
use std::io;
use std::sync::Arc;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use sansocket::tokio::WebSocket;
use sansocket::{Config, Connection, Event, Negotiated, Timestamp, server};
use tokio::net::{TcpListener, TcpStream};

#[tokio::main]
async fn main() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:9001").await?;
    println!("listening on http://{}", listener.local_addr()?);
    serve(listener).await
}

pub(crate) async fn serve(listener: TcpListener) -> io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(async {
            let connection =
                http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(answer));
            if let Err(error) = connection.with_upgrades().await {
                eprintln!("{error}");
            }
        });
    }
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    Ok(match request.uri().path() {
        "/" => Response::new(PAGE.into()),
        "/echo" => open(request),
        _ => {
            let mut response = Response::new(Full::from("Not Found"));
            *response.status_mut() = StatusCode::NOT_FOUND;
            response
        }
    })
}

/// Accepts a request for a WebSocket, which begins once hyper has sent the response.
fn open(request: Request<Incoming>) -> Response<Full<Bytes>> {
    let config = Config::new().shared();
    let opening = match server::Request::from_http(&request, &config.policy) {
        Ok(opening) => opening,
        Err(error) => return error.to_http().map(Full::from),
    };
    let (response, negotiated) = opening.accept_http();
    tokio::spawn(async move {
        if let Err(error) = echo(request, negotiated, config).await {
            eprintln!("{error}");
        }
    });
    response.map(|()| Full::default())
}

async fn echo(
    request: Request<Incoming>,
    negotiated: Negotiated,
    config: Arc<Config>,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let upgraded = hyper::upgrade::on(request).await?;
    // `WebSocket::from_http` takes a `TokioIo` of what is upgraded, too. The `TcpStream` has no indirection.
    let parts = upgraded.downcast::<TokioIo<TcpStream>>().map_err(|_| "no stream of `serve`")?;
    let connection = Connection::open_server(negotiated, config, Timestamp::default());
    let mut socket = WebSocket::from_upgraded(parts.io.into_inner(), &parts.read_buf, connection);
    while let Some((event, sender)) = socket.next_event().await? {
        match event {
            Event::Text(text) => sender.send(text)?,
            Event::Binary(bytes) => sender.send(bytes)?,
            _ => {}
        }
    }
    Ok(())
}

const PAGE: &str = r#"<!doctype html>
<meta charset="utf-8">
<title>Echo</title>
<form><input autofocus> <button>Send</button></form>
<pre></pre>
<script>
  const socket = new WebSocket(`ws://${location.host}/echo`);
  const say = text => document.querySelector("pre").append(text + "\n");
  socket.onmessage = event => say(event.data);
  socket.onclose = event => say(`closed: ${event.code}`);
  document.querySelector("form").onsubmit = event => {
    event.preventDefault();
    socket.send(document.querySelector("input").value);
  };
</script>
"#;
