//! Sends back every message: `cargo run --example echo_server -- --listen 127.0.0.1:9001`.
//!
//! `--max-message BYTES` sets how long a message may be, and `--runtime blocking|tokio|smol|h2`, with
//! `--all-features`, what drives the connections: `h2` speaks HTTP/2 without TLS, on tokio. `--deflate`, with the
//! feature of that name, agrees to compress.

use std::error::Error;
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use sansocket::server::Origins;
use sansocket::{Config, Event, blocking};

fn main() -> Result<(), Box<dyn Error>> {
    let mut listen = "127.0.0.1:9001".to_owned();
    let mut runtime = "blocking".to_owned();
    let mut config = Config::new();
    // Anyone may hear an echo. A server that knows its users by cookies must look at the origin.
    config.policy.origins = Origins::any();
    // The Autobahn suite cuts 4 MiB into frames of 64 bytes, and ends with an empty one.
    config.limits.fragments = 1 << 17;
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        if name == "--deflate" {
            compress(&mut config)?;
            continue;
        }
        let value = arguments.next().ok_or_else(|| format!("{name} takes a value"))?;
        match name.as_str() {
            "--listen" => listen = value,
            "--max-message" => config.limits.message = value.parse()?,
            "--runtime" => runtime = value,
            _ => return Err(format!("no such option: {name}").into()),
        }
    }
    let listener = TcpListener::bind(&listen)?;
    println!("listening on ws://{}", listener.local_addr()?);
    match runtime.as_str() {
        "blocking" => serve(&listener, &config.shared()),
        #[cfg(feature = "tokio")]
        "tokio" => with_tokio::serve(listener, &config.shared()),
        #[cfg(feature = "smol")]
        "smol" => with_smol::serve(listener, &config.shared()),
        #[cfg(feature = "h2")]
        "h2" => over_http2::serve(listener, &config.shared()),
        _ => Err(format!("no such runtime here: {runtime}").into()),
    }
}

#[cfg(feature = "deflate")]
fn compress(config: &mut Config) -> Result<(), Box<dyn Error>> {
    config.compression = Some(sansocket::deflate::Compression::dedicated());
    Ok(())
}

#[cfg(not(feature = "deflate"))]
fn compress(_: &mut Config) -> Result<(), Box<dyn Error>> {
    Err("--deflate takes the feature of that name".into())
}

fn serve(listener: &TcpListener, config: &Arc<Config>) -> Result<(), Box<dyn Error>> {
    for stream in listener.incoming() {
        let (stream, config) = (stream?, Arc::clone(config));
        stream.set_nodelay(true)?;
        thread::spawn(move || {
            if let Err(error) = echo(stream, config) {
                eprintln!("{error}");
            }
        });
    }
    Ok(())
}

fn echo(stream: TcpStream, config: Arc<Config>) -> Result<(), sansocket::Error> {
    let mut socket = blocking::WebSocket::accept(stream, config)?;
    while let Some((event, sender)) = socket.next_event()? {
        match event {
            Event::Text(text) => sender.send(text)?,
            Event::Binary(bytes) => sender.send(bytes)?,
            _ => {}
        }
    }
    Ok(())
}

#[cfg(feature = "tokio")]
mod with_tokio {
    use super::*;
    use sansocket::tokio::WebSocket;
    use tokio::net::{TcpListener, TcpStream};

    #[tokio::main]
    pub(crate) async fn serve(
        listener: std::net::TcpListener,
        config: &Arc<Config>,
    ) -> Result<(), Box<dyn Error>> {
        listener.set_nonblocking(true)?;
        let listener = TcpListener::from_std(listener)?;
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let config = Arc::clone(config);
            tokio::spawn(async move {
                if let Err(error) = echo(stream, config).await {
                    eprintln!("{error}");
                }
            });
        }
    }

    async fn echo(stream: TcpStream, config: Arc<Config>) -> Result<(), sansocket::Error> {
        let mut socket = WebSocket::accept(stream, config).await?;
        while let Some((event, sender)) = socket.next_event().await? {
            match event {
                Event::Text(text) => sender.send(text)?,
                Event::Binary(bytes) => sender.send(bytes)?,
                _ => {}
            }
        }
        Ok(())
    }
}

#[cfg(feature = "smol")]
mod with_smol {
    use super::*;
    use sansocket::smol::WebSocket;
    use smol::Async;
    use smol::net::TcpStream;

    pub(crate) fn serve(listener: TcpListener, config: &Arc<Config>) -> Result<(), Box<dyn Error>> {
        let listener = smol::net::TcpListener::from(Async::new(listener)?);
        smol::block_on(async {
            loop {
                let (stream, _) = listener.accept().await?;
                stream.set_nodelay(true)?;
                let config = Arc::clone(config);
                let connection = async move {
                    if let Err(error) = echo(stream, config).await {
                        eprintln!("{error}");
                    }
                };
                smol::spawn(connection).detach();
            }
        })
    }

    async fn echo(stream: TcpStream, config: Arc<Config>) -> Result<(), sansocket::Error> {
        let mut socket = WebSocket::accept(stream, config).await?;
        while let Some((event, sender)) = socket.next_event().await? {
            match event {
                Event::Text(text) => sender.send(text)?,
                Event::Binary(bytes) => sender.send(bytes)?,
                _ => {}
            }
        }
        Ok(())
    }
}

#[cfg(feature = "h2")]
mod over_http2 {
    use super::*;
    use sansocket::h2::{Incoming, Opening, receive_request, server_builder};
    use tokio::net::{TcpListener, TcpStream};

    #[tokio::main]
    pub(crate) async fn serve(
        listener: std::net::TcpListener,
        config: &Arc<Config>,
    ) -> Result<(), Box<dyn Error>> {
        listener.set_nonblocking(true)?;
        let listener = TcpListener::from_std(listener)?;
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let config = Arc::clone(config);
            tokio::spawn(async move {
                if let Err(error) = answer_all(stream, config).await {
                    eprintln!("{error}");
                }
            });
        }
    }

    async fn answer_all(stream: TcpStream, config: Arc<Config>) -> Result<(), Box<dyn Error>> {
        let mut connection = server_builder().handshake(stream).await?;
        while let Some(request) = connection.accept().await {
            let (request, respond) = request?;
            // The stream of any other request is reset.
            if let Incoming::Opening(opening) = receive_request(request, respond, &config)? {
                tokio::spawn(async {
                    if let Err(error) = echo(opening).await {
                        eprintln!("{error}");
                    }
                });
            }
        }
        Ok(())
    }

    async fn echo(opening: Opening) -> Result<(), sansocket::Error> {
        let mut socket = opening.accept()?;
        while let Some((event, sender)) = socket.next_event().await? {
            match event {
                Event::Text(text) => sender.send(text)?,
                Event::Binary(bytes) => sender.send(bytes)?,
                _ => {}
            }
        }
        Ok(())
    }
}
