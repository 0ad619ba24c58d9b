//! Says hello over TLS: `cargo run --features tokio-rustls --example wss -- wss://HOST/`.
//!
//! With `--by-hand` before the URL, TLS is set up here and handed in, and the request with it.

use std::error::Error;
use std::sync::Arc;

use sansocket::tls::rustls::ClientConfig;
use sansocket::tls::rustls::pki_types::ServerName;
use sansocket::tokio::{Connect, MaybeTls, WebSocket};
use sansocket::{CloseCode, Config, Ended, Url, client, tls};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let tls = tls::default_config();
    let ended = match arguments.as_slice() {
        ["--by-hand", url] => greet(connect_by_hand(url, tls).await?).await?,
        [url] => greet(connect(url, tls).await?).await?,
        _ => return Err("which URL?".into()),
    };
    println!("{ended:?}");
    Ok(())
}

pub(crate) async fn connect(
    url: &str,
    tls: Arc<ClientConfig>,
) -> Result<WebSocket<MaybeTls>, Box<dyn Error>> {
    let door = Connect::new(url).header("User-Agent", "sansocket").tls(tls);
    Ok(door.connect().await?.0)
}

pub(crate) async fn connect_by_hand(
    url: &str,
    tls: Arc<ClientConfig>,
) -> Result<WebSocket<TlsStream<TcpStream>>, Box<dyn Error>> {
    let url = Url::parse(url)?;
    let stream = TcpStream::connect((url.host(), url.port())).await?;
    stream.set_nodelay(true)?;
    let name = ServerName::try_from(url.host())?.to_owned();
    let stream = TlsConnector::from(tls).connect(name, stream).await?;

    let mut request = client::Request::new(url);
    request.add_header("User-Agent", "sansocket")?;
    let (socket, response) =
        WebSocket::connect_over(stream, request, Config::new().shared()).await?;
    for (name, value) in response.headers() {
        println!("{name}: {}", value.escape_ascii());
    }
    Ok(socket)
}

pub(crate) async fn greet<S>(mut socket: WebSocket<S>) -> Result<Option<Ended>, Box<dyn Error>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    socket.send("hello").await?;
    println!("{:?}", socket.receive().await?);
    socket.close(CloseCode::NORMAL, "done").await?;
    Ok(socket.ended())
}
