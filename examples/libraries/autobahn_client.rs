//! Runs all cases of a fuzzing server of the Autobahn test suite:
//! `cargo run --example autobahn_client -- --url ws://127.0.0.1:9001 --agent sansocket`.
//!
//! `--runtime blocking|tokio|smol|h2`, with `--all-features`, sets what drives the connections: `h2` speaks HTTP/2
//! without TLS, on tokio. `--deflate`, with the feature of that name, offers to compress.

use std::error::Error;
use std::sync::Arc;

use sansocket::{Config, Event, OwnedMessage, blocking};

/// Returns the first message from a URL.
type Ask = fn(&str) -> Result<Option<OwnedMessage>, Box<dyn Error>>;
/// Sends back every message, until the server has seen enough.
type Echo = fn(&str, Arc<Config>) -> Result<(), Box<dyn Error>>;

fn main() -> Result<(), Box<dyn Error>> {
    let mut url = "ws://127.0.0.1:9001".to_owned();
    let mut agent = "sansocket".to_owned();
    let mut runtime = "blocking".to_owned();
    let mut config = Config::default();
    // Some cases cut 4 MiB into frames of 64 bytes, and end with an empty one.
    config.limits.fragments = 1 << 17;
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        if name == "--deflate" {
            compress(&mut config)?;
            continue;
        }
        let value = arguments.next().ok_or_else(|| format!("{name} takes a value"))?;
        match name.as_str() {
            "--url" => url = value,
            "--agent" => agent = value,
            "--runtime" => runtime = value,
            _ => return Err(format!("no such option: {name}").into()),
        }
    }
    let (ask, echo): (Ask, Echo) = match runtime.as_str() {
        "blocking" => (ask, echo),
        #[cfg(feature = "tokio")]
        "tokio" => (with_tokio::ask, with_tokio::echo),
        #[cfg(feature = "smol")]
        "smol" => (with_smol::ask, with_smol::echo),
        #[cfg(feature = "h2")]
        "h2" => (over_http2::ask, over_http2::echo),
        _ => return Err(format!("no such runtime here: {runtime}").into()),
    };
    let (url, config) = (url.trim_end_matches('/'), config.shared());
    let Some(OwnedMessage::Text(count)) = ask(&format!("{url}/getCaseCount"))? else {
        return Err("the server did not send how many cases there are".into());
    };
    for case in 1..=count.parse::<u32>()? {
        // Many cases end in an error, as they should. The server decides which passed.
        if let Err(error) =
            echo(&format!("{url}/runCase?case={case}&agent={agent}"), Arc::clone(&config))
        {
            println!("case {case}: {error}");
        }
    }
    ask(&format!("{url}/updateReports?agent={agent}"))?;
    Ok(())
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

fn ask(url: &str) -> Result<Option<OwnedMessage>, Box<dyn Error>> {
    Ok(blocking::WebSocket::connect(url, Arc::default())?.receive()?)
}

fn echo(url: &str, config: Arc<Config>) -> Result<(), Box<dyn Error>> {
    let mut socket = blocking::WebSocket::connect(url, config)?;
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

    #[tokio::main]
    pub(crate) async fn ask(url: &str) -> Result<Option<OwnedMessage>, Box<dyn Error>> {
        Ok(WebSocket::connect(url, Arc::default()).await?.receive().await?)
    }

    #[tokio::main]
    pub(crate) async fn echo(url: &str, config: Arc<Config>) -> Result<(), Box<dyn Error>> {
        let mut socket = WebSocket::connect(url, config).await?;
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
    use smol::block_on;

    pub(crate) fn ask(url: &str) -> Result<Option<OwnedMessage>, Box<dyn Error>> {
        block_on(async { Ok(WebSocket::connect(url, Arc::default()).await?.receive().await?) })
    }

    pub(crate) fn echo(url: &str, config: Arc<Config>) -> Result<(), Box<dyn Error>> {
        block_on(async {
            let mut socket = WebSocket::connect(url, config).await?;
            while let Some((event, sender)) = socket.next_event().await? {
                match event {
                    Event::Text(text) => sender.send(text)?,
                    Event::Binary(bytes) => sender.send(bytes)?,
                    _ => {}
                }
            }
            Ok(())
        })
    }
}

#[cfg(feature = "h2")]
mod over_http2 {
    use super::*;
    use sansocket::h2::{Client, Stream};
    use sansocket::tokio::WebSocket;
    use sansocket::{Url, client};
    use tokio::net::TcpStream;

    #[tokio::main]
    pub(crate) async fn ask(url: &str) -> Result<Option<OwnedMessage>, Box<dyn Error>> {
        Ok(connect(url, Arc::default()).await?.receive().await?)
    }

    #[tokio::main]
    pub(crate) async fn echo(url: &str, config: Arc<Config>) -> Result<(), Box<dyn Error>> {
        let mut socket = connect(url, config).await?;
        while let Some((event, sender)) = socket.next_event().await? {
            match event {
                Event::Text(text) => sender.send(text)?,
                Event::Binary(bytes) => sender.send(bytes)?,
                _ => {}
            }
        }
        Ok(())
    }

    async fn connect(url: &str, config: Arc<Config>) -> Result<WebSocket<Stream>, Box<dyn Error>> {
        let url = Url::parse(url)?;
        let stream = TcpStream::connect((url.host(), url.port())).await?;
        stream.set_nodelay(true)?;
        let client = Client::connect(stream, config).await?;
        Ok(client.open(client::Request::new(url)).await?.0)
    }
}
