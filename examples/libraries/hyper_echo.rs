//! Serves a page and sends back every message, by hyper: `cargo run --features hyper --example hyper_echo`.
//! The page is http://127.0.0.1:9001/. HTTP/1.1 and HTTP/2 share the port.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use sansocket::hyper::{WebSocket, upgrade};
use sansocket::{Config, Error, Event};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:9001").await?;
    println!("listening on http://{}", listener.local_addr()?);
    serve(listener).await
}

pub(crate) async fn serve(listener: TcpListener) -> io::Result<()> {
    let config = Config::new().shared();
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let config = Arc::clone(&config);
        tokio::spawn(async {
            let mut builder = auto::Builder::new(TokioExecutor::new());
            builder.http2().enable_connect_protocol();
            let service = service_fn(move |request| answer(request, Arc::clone(&config)));
            let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
            if let Err(error) = connection.await {
                eprintln!("{error}");
            }
        });
    }
}

async fn answer(
    mut request: Request<Incoming>,
    config: Arc<Config>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    Ok(match request.uri().path() {
        "/" => Response::new(PAGE.into()),
        "/echo" => match upgrade(&mut request, &config) {
            Ok(opening) => opening.on_upgrade(run).map(|()| Full::default()),
            Err(rejection) => rejection.to_http().map(Full::from),
        },
        _ => {
            let mut response = Response::new(Full::from("Not Found"));
            *response.status_mut() = StatusCode::NOT_FOUND;
            response
        }
    })
}

async fn run(socket: WebSocket) {
    if let Err(error) = echo(socket).await {
        eprintln!("{error}");
    }
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
