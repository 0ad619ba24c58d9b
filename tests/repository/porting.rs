//! The right-hand sides in the tables of the guide's pages on porting compile.

use std::error::Error;

/// Each page is checked against the module of its name.
macro_rules! pages {
    ($($name:literal),*) => {
        [$(($name, include_str!(concat!("../../src/guide/porting/", $name, ".rs")))),*]
    };
}

#[test]
fn each_right_hand_side_is_compiled() {
    let pages = pages![
        "async_tungstenite",
        "axum_ws",
        "compression",
        "fastwebsockets",
        "tokio_tungstenite",
        "tungstenite"
    ];
    for (name, page) in pages {
        let code = after(include_str!("porting.rs"), &format!("\nmod {name} {{\n"));
        let code = without_layout(code.split("\n}\n").next().unwrap());
        let rows = page.lines().filter(|line| line.starts_with("//! | `")).filter_map(ported);
        assert!(rows.clone().count() > 5, "the table of {name} is found");
        for ported in rows {
            assert!(code.contains(&without_layout(ported)), "{ported} is not in mod {name}");
        }
    }
}

/// Returns the code with which the last cell of a row begins. A cell may have none.
fn ported(row: &str) -> Option<&str> {
    let (_, cell) = row.trim_end_matches(" |").rsplit_once(" | ")?;
    cell.strip_prefix('`')?.split('`').next()
}

fn after<'t>(text: &'t str, start: &str) -> &'t str {
    text.split_once(start).unwrap_or_else(|| panic!("{start:?} is missing")).1
}

/// Removes what rustfmt decides: spaces, line breaks and trailing commas.
fn without_layout(text: &str) -> String {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    text.replace(",)", ")")
}

type Result<T> = std::result::Result<T, Box<dyn Error>>;

#[expect(dead_code, reason = "compiled, not run")]
mod tokio_tungstenite {
    use std::sync::Arc;

    use super::Result;
    use futures_util::StreamExt;
    use sansocket::connect::Proxy;
    use sansocket::tls::rustls::ClientConfig;
    use sansocket::tokio::{Connect, Incoming, MaybeTls, WebSocket};
    use sansocket::{
        CloseCode, Config, Connection, Error, Limits, Negotiated, OwnedMessage, Seed, Timestamp,
        Url, client, server,
    };
    use tokio::net::TcpStream;

    async fn connect(url: &str, config: Arc<Config>) -> Result<()> {
        WebSocket::connect(url, config).await?;
        Ok(())
    }

    async fn connect_with_more(
        url: &str,
        config: Arc<Config>,
        tls: Arc<ClientConfig>,
    ) -> Result<WebSocket<MaybeTls>> {
        let (socket, response) = Connect::new(url).connect().await?;
        println!("{:?} {}", socket, response.status());
        Connect::new(url).header("Authorization", "Bearer 7").connect().await?;
        Connect::new(url).proxy(Proxy::parse("http://proxy:3128")?).connect().await?;
        let (socket, _) = Connect::new(url).tls(tls).config(config).connect().await?;
        Ok(socket)
    }

    fn failed<T>(error: Error) -> std::result::Result<T, Error> {
        match Err(error) {
            Err(Error::Protocol(_)) => Err(Error::PartsPending),
            other => other,
        }
    }

    fn answer(request: http::Request<()>, config: Arc<Config>) {
        drop(server::Request::from_http(&request, &config.policy));
    }

    async fn connect_over(url: &str, config: Arc<Config>, stream: TcpStream) -> Result<()> {
        let mut request = client::Request::new(Url::parse(url)?);
        request.add_header("Authorization", "Bearer 7")?;
        request.add_protocol("chat")?;
        let (socket, response) = WebSocket::connect_over(stream, request, config).await?;
        println!("{:?}", response.protocol());
        for (name, value) in response.headers() {
            println!("{name}: {value:?}");
        }
        drop(socket);
        Ok(())
    }

    fn status(opened: std::result::Result<WebSocket<TcpStream>, Error>) -> u16 {
        match opened {
            Ok(_) => 101,
            Err(Error::Rejected(response)) => response.status(),
            Err(_) => 0,
        }
    }

    async fn accept(stream: TcpStream, config: Arc<Config>) -> Result<()> {
        WebSocket::accept(stream, config).await?;
        Ok(())
    }

    async fn decide(stream: TcpStream, config: Arc<Config>) -> Result<()> {
        match WebSocket::receive_request(stream, config).await? {
            Incoming::Opening(mut opening) => {
                println!("{:?}", opening.request().headers());
                if opening.request().path() == "/chat" {
                    opening.request().add_header("Set-Cookie", "id=7")?;
                    opening.accept().await?;
                } else {
                    opening.reject(server::Response::not_found("")).await?;
                }
            }
            Incoming::Http(request) => request.reject().await?,
        }
        Ok(())
    }

    fn open_server(stream: TcpStream, config: Arc<Config>) -> WebSocket<TcpStream> {
        WebSocket::from_http(stream, Negotiated::new(), config)
    }

    fn open_client(
        stream: TcpStream,
        config: Arc<Config>,
        seed: Seed,
        now: Timestamp,
    ) -> WebSocket<TcpStream> {
        WebSocket::from_upgraded(
            stream,
            &[],
            Connection::open_client(Negotiated::new(), config, seed, now),
        )
    }

    fn read_before(
        stream: TcpStream,
        part: Vec<u8>,
        connection: Connection,
    ) -> WebSocket<TcpStream> {
        WebSocket::from_upgraded(stream, &part, connection)
    }

    async fn talk(
        mut socket: WebSocket<TcpStream>,
        bytes: Vec<u8>,
        payload: [u8; 4],
    ) -> Result<()> {
        let Some(message) = socket.receive().await? else {
            println!("{:?}", socket.ended());
            return Ok(());
        };
        println!("{}", str::from_utf8(message.as_bytes())?);
        if matches!(message, OwnedMessage::Text(_)) {
            println!("{:?}", message.as_text());
            socket.send("hello").await?;
        }
        println!("{}", OwnedMessage::from(bytes));
        let bytes = vec![7];
        socket.send(bytes).await?;
        socket.feed(&message).await?;
        println!("{:?}", message.into_bytes());
        socket.flush().await?;
        socket.ping().await?;
        socket.connection_mut().ping(&payload)?;
        socket.connection_mut().close(None, "")?;
        socket.close(None, "").await?;
        socket.close(CloseCode::NORMAL, "done").await?;
        socket.get_ref().set_nodelay(true)?;
        Ok(())
    }

    async fn split(socket: WebSocket<TcpStream>) -> Result<()> {
        let (mut reader, writer) = socket.split();
        let writer_of_another_task = writer.clone();
        if let Some(message) = reader.receive().await? {
            writer.send(message).await?;
        }
        drop(writer_of_another_task);
        Ok(())
    }

    async fn forward(socket: WebSocket<TcpStream>) -> Result<()> {
        let (reader, writer) = socket.split();
        reader.forward(writer).await?;
        Ok(())
    }

    fn configure() -> Arc<Config> {
        let limits = Limits::new().message(1 << 20);
        drop(Config::new().limits(limits));
        let limits = Limits::new().frame(1 << 20);
        Config::new().limits(limits).max_queued(1 << 20).shared()
    }
}

#[expect(dead_code, reason = "compiled, not run")]
mod tungstenite {
    use std::net::TcpStream;
    use std::sync::Arc;
    use std::time::Duration;

    use super::Result;
    use sansocket::blocking::{Connect, WebSocket};
    use sansocket::connect::Redirects;
    use sansocket::{CloseCode, Config, Connection, Negotiated, client};

    fn connect(url: &str, config: Arc<Config>) -> Result<()> {
        WebSocket::connect(url, config)?;
        Ok(())
    }

    fn connect_with_more(url: &str, config: Arc<Config>) -> Result<()> {
        let (socket, response) = Connect::new(url).connect()?;
        println!("{:?} {}", socket, response.status());
        Connect::new(url).config(config).redirects(Redirects::anywhere(3)).connect()?;
        Ok(())
    }

    fn open(
        stream: TcpStream,
        request: client::Request<'_>,
        part: bool,
        config: Arc<Config>,
    ) -> Result<()> {
        if part {
            WebSocket::accept(stream, config)?;
            return Ok(());
        }
        let (socket, response) = WebSocket::connect_over(stream, request, config)?;
        println!("{:?} {}", socket.ended(), response.status());
        Ok(())
    }

    fn decide(stream: TcpStream, config: Arc<Config>) -> Result<()> {
        drop(WebSocket::receive_request(stream, config)?);
        Ok(())
    }

    fn open_server(stream: TcpStream, config: Arc<Config>) -> WebSocket<TcpStream> {
        WebSocket::from_http(stream, Negotiated::new(), config)
    }

    fn read_before(
        stream: TcpStream,
        part: Vec<u8>,
        connection: Connection,
    ) -> WebSocket<TcpStream> {
        WebSocket::from_upgraded(stream, &part, connection)
    }

    fn talk(mut socket: WebSocket<TcpStream>) -> Result<()> {
        while let Some(message) = socket.receive()? {
            socket.send(&message)?;
            socket.feed(&message)?;
            socket.flush()?;
        }
        println!("{:?}", socket.receive_timeout(Duration::from_millis(10)));
        if socket.connection_mut().is_open() {
            socket.close(CloseCode::NORMAL, "done")?;
        }
        println!("{:?}", socket.ended());
        Ok(())
    }

    fn split(socket: WebSocket<TcpStream>) -> Result<()> {
        let (reader, writer) = socket.split()?;
        drop((reader, writer));
        Ok(())
    }
}

#[expect(dead_code, reason = "compiled, not run")]
mod async_tungstenite {
    use std::sync::Arc;

    use super::Result;
    use sansocket::smol::{Connect, WebSocket};
    use sansocket::{Config, client};
    use smol::net::TcpStream;

    async fn connect(url: &str, config: Arc<Config>) -> Result<()> {
        WebSocket::connect(url, config).await?;
        Connect::new(url).header("Authorization", "Bearer 7").connect().await?;
        Ok(())
    }

    async fn connect_by_tokio(url: &str, config: Arc<Config>) -> Result<()> {
        sansocket::tokio::WebSocket::connect(url, config).await?;
        Ok(())
    }

    async fn connect_over(
        request: client::Request<'_>,
        stream: TcpStream,
        config: Arc<Config>,
    ) -> Result<()> {
        WebSocket::connect_over(stream, request, config).await?;
        Ok(())
    }

    async fn talk(stream: TcpStream, config: Arc<Config>) -> Result<TcpStream> {
        let mut socket = WebSocket::accept(stream, config).await?;
        while let Some(message) = socket.receive().await? {
            println!("{message}");
            socket.send("hello").await?;
        }
        socket.receive().await?.ok_or("nothing")?;
        socket.close(None, "").await?;
        Ok(socket.into_parts().0)
    }

    fn split(socket: WebSocket<TcpStream>) {
        let (reader, writer) = socket.split();
        drop((reader, writer));
    }
}

#[expect(dead_code, reason = "compiled, not run")]
mod fastwebsockets {
    use std::sync::Arc;

    use super::Result;
    use sansocket::hyper::{self, Opening, Rejection, upgrade};
    use sansocket::tokio::WebSocket;
    use sansocket::{CloseCode, Config, Event, Limits, Negotiated, client};
    use tokio::net::TcpStream;

    fn open<B>(
        mut request: http::Request<B>,
        config: Arc<Config>,
    ) -> std::result::Result<Opening, Rejection> {
        let opening = upgrade(&mut request, &config)?;
        Ok(opening)
    }

    async fn upgraded(opening: Opening) -> std::result::Result<hyper::WebSocket, sansocket::Error> {
        let (_response, socket) = opening.accept();
        socket.await
    }

    fn after_handshake(stream: TcpStream, config: Arc<Config>) -> WebSocket<TcpStream> {
        WebSocket::from_http(stream, Negotiated::new(), config)
    }

    fn start() -> std::io::Result<tokio::runtime::Runtime> {
        tokio::runtime::Builder::new_current_thread().enable_all().build()
    }

    async fn client(
        stream: TcpStream,
        request: client::Request<'_>,
    ) -> std::result::Result<(), sansocket::Error> {
        let config = Config::new().limits(Limits::new().message(1 << 20)).shared();
        WebSocket::connect_over(stream, request, config).await?;
        Ok(())
    }

    async fn talk(mut socket: WebSocket<TcpStream>) -> Result<()> {
        socket.connection_mut().set_streaming(false);
        socket.connection_mut().set_auto_pong(false);
        while let Some((event, sender)) = socket.next_event().await? {
            if let Event::Text(text) = event {
                sender.send(text)?;
            }
        }
        socket.send("hello").await?;
        socket.send_part("hel").await?;
        socket.send_last("lo").await?;
        socket.close(CloseCode::NORMAL, "done").await?;
        Ok(())
    }

    fn split(socket: WebSocket<TcpStream>) {
        let (reader, writer) = socket.split();
        drop((reader, writer));
    }

    fn into_inner(socket: WebSocket<TcpStream>) -> TcpStream {
        socket.into_parts().0
    }
}

#[expect(dead_code, reason = "compiled, not run")]
mod axum_ws {
    use std::sync::Arc;

    use super::Result;
    use axum::response::Response;
    use sansocket::axum::{WebSocket, WebSocketUpgrade};
    use sansocket::{CloseCode, Config, Event, Limits};

    async fn open(
        ws: WebSocketUpgrade,
    ) -> std::result::Result<Response, sansocket::axum::Rejection> {
        let mut ws = ws.protocols(["chat"]);
        println!("{:?}", ws.selected_protocol());
        println!("{}", ws.request().protocols().count());
        let callback = async |socket| drop(talk(socket).await.map_err(|error| error.to_string()));
        Ok(ws.on_upgrade(callback))
    }

    fn open_by_hand(ws: WebSocketUpgrade) {
        drop(ws.into_inner().accept());
    }

    fn configure() -> Arc<Config> {
        let limits = Limits::new().message(1 << 20);
        Config::new().limits(limits).max_queued(1 << 20).shared()
    }

    async fn talk(mut socket: WebSocket) -> Result<()> {
        println!("{:?}", socket.receive().await?);
        socket.send("hello").await?;
        socket.ping().await?;
        while let Some((event, sender)) = socket.next_event().await? {
            match event {
                Event::Text(text) => sender.send(text)?,
                Event::Close(close) => println!("{:?} {}", close.code, close.reason),
                _ => {}
            }
        }
        socket.close(CloseCode::NORMAL, "done").await?;
        Ok(())
    }

    async fn split(socket: WebSocket) -> Result<()> {
        let (reader, writer) = socket.split();
        let mut reader = reader;
        while let Ok(Some(event)) = reader.next_event().await {
            println!("{event:?}");
        }
        writer.close(CloseCode::NORMAL, "done").await?;
        Ok(())
    }
}

#[expect(dead_code, reason = "compiled, not run")]
mod compression {
    use std::sync::Arc;

    use sansocket::deflate::{Agreement, Compression, Pool};
    use sansocket::tokio::{Opening, WebSocket};
    use sansocket::{Config, Limits, Negotiated};
    use tokio::net::TcpStream;

    fn set() -> Arc<Config> {
        let mut compression = Compression::shared();
        compression.outgoing.is_taken_over = false;
        compression.incoming.is_taken_over = false;
        compression.outgoing.window_bits = 12;
        compression.incoming.window_bits = 12;
        compression.level = 3;
        compression.memory = 5;
        compression.threshold = 1024;
        let pool = Arc::new(Pool::new(64));
        let config = Config::new().compression(compression);
        drop(config.pool(pool));
        let config = Config::new().compression(Compression::dedicated());
        config.limits(Limits::new().message(1 << 20)).shared()
    }

    fn negotiated(agreement: Agreement, compression: Compression) -> Negotiated {
        Negotiated::new().with_compression(agreement, compression)
    }

    fn socket(opening: &mut Opening<TcpStream>, socket: &mut WebSocket<TcpStream>) {
        let _: Option<Agreement> = opening.request().agreement();
        socket.connection_mut().compress_from(usize::MAX);
    }
}
