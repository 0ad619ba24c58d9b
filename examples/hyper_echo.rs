//! A page and an echo on one port, by hyper: `cargo run --features http,tokio --example hyper_echo`, then
//! open http://127.0.0.1:9001/.

use std::convert::Infallible;
use std::error::Error;
use std::io;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use sansocket::tokio::{Config, WebSocket};
use sansocket::{Connection, Event, server};
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

/// Accepts a request for a WebSocket, whose connection begins once hyper has sent the response.
fn open(request: Request<Incoming>) -> Response<Full<Bytes>> {
    let config = Config::default();
    let opening = match server::Request::from_http(&request, &server::Policy::default()) {
        Ok(opening) => opening,
        Err(error) => return error.to_http().map(Full::from),
    };
    let (response, connection) = opening.accept_http(config.limits);
    tokio::spawn(async move {
        if let Err(error) = echo(request, connection, config).await {
            eprintln!("{error}");
        }
    });
    response.map(|()| Full::default())
}

async fn echo(
    request: Request<Incoming>,
    connection: Connection,
    config: Config,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let upgraded = hyper::upgrade::on(request).await?;
    // Without hyper around it, the stream is read straight into where the events lie.
    let parts =
        upgraded.downcast::<TokioIo<TcpStream>>().map_err(|_| "not the stream of `serve`")?;
    let stream = parts.io.into_inner();
    let mut socket = WebSocket::from_upgraded(stream, parts.read_buf, connection, config);
    while let Some((event, mut outbox)) = socket.next_event().await? {
        match event {
            Event::Text(text) => outbox.send(text)?,
            Event::Binary(bytes) => outbox.send(bytes)?,
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
