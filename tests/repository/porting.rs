//! What stands on the right in the tables of `PORTING.md`, so that it stays true.

use std::error::Error;

/// Each table is checked against the module of its heading.
const MODULES: [(&str, &str); 5] = [
    ("tokio-tungstenite", "mod tokio_tungstenite {"),
    ("async-tungstenite", "mod async_tungstenite {"),
    ("fastwebsockets", "mod fastwebsockets {"),
    ("axum's ws", "mod axum_ws {"),
    ("Compression", "mod compression {"),
];

#[test]
fn each_right_hand_side_is_compiled() {
    let page = include_str!("../../PORTING.md");
    for (heading, module) in MODULES {
        let table = after(page, &format!("\n## {heading}\n")).split("\n## ").next().unwrap();
        let code = after(include_str!("porting.rs"), &format!("\n{module}\n"));
        let code = without_spaces(code.split("\n}\n").next().unwrap());
        let rows: Vec<_> = table.lines().filter(|line| line.starts_with("| `")).collect();
        assert!(rows.len() > 5, "the table of {heading} is found");
        for row in rows {
            let ported = row.trim_end_matches(" |").rsplit_once(" | ").unwrap().1;
            let is_compiled = code.contains(&without_spaces(ported.trim_matches('`')));
            assert!(is_compiled, "{heading}: {ported} is not in {module}");
        }
    }
}

fn after<'t>(text: &'t str, start: &str) -> &'t str {
    text.split_once(start).unwrap_or_else(|| panic!("{start:?} is missing")).1
}

/// As rustfmt breaks lines where it likes.
fn without_spaces(text: &str) -> String {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    text.replace(",)", ")")
}

type Result<T> = std::result::Result<T, Box<dyn Error>>;

#[expect(dead_code, reason = "compiled, not run")]
mod tokio_tungstenite {
    use super::Result;
    use sansocket::server::{self, Policy};
    use sansocket::tokio::{Config, Incoming, OwnedMessage, WebSocket};
    use sansocket::{CloseCode, Connection, Url, client, tls};
    use tokio::net::TcpStream;

    async fn connect(url: &str, config: Config, stream: TcpStream) -> Result<()> {
        WebSocket::connect(url).await?;
        WebSocket::connect_tls(url, tls::default_config(), config).await?;
        WebSocket::connect_with(url, config).await?;
        let mut request = client::Request::new(Url::parse(url)?);
        request.add_header("Authorization", "Bearer 7")?;
        WebSocket::connect_over(stream, request, config).await?;
        Ok(())
    }

    async fn accept(stream: TcpStream) -> Result<()> {
        WebSocket::accept(stream).await?;
        Ok(())
    }

    async fn look(stream: TcpStream, policy: Policy, config: Config) -> Result<()> {
        if let Incoming::Opening(opening) = Incoming::receive(stream, &policy, config).await? {
            if opening.request.path() == "/chat" {
                opening.accept().await?;
            } else {
                opening.reject(server::Response::new(404, &[], b"")?).await?;
            }
        }
        Ok(())
    }

    fn raw(stream: TcpStream, connection: Connection, config: Config) -> WebSocket<TcpStream> {
        WebSocket::from_upgraded(stream, [], connection, config)
    }

    fn read(
        stream: TcpStream,
        part: Vec<u8>,
        connection: Connection,
        config: Config,
    ) -> WebSocket<TcpStream> {
        WebSocket::from_upgraded(stream, part, connection, config)
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
        if matches!(message, OwnedMessage::Text(_)) {
            socket.send("hello").await?;
        }
        socket.send(&bytes).await?;
        socket.outbox().send(&message)?;
        socket.flush().await?;
        socket.outbox().ping(&payload)?;
        socket.outbox().close(None, "")?;
        socket.close(CloseCode::NORMAL, "done").await?;
        socket.get_ref().set_nodelay(true)?;
        let (_reader, _writer) = socket.split();
        Ok(())
    }

    fn configure(config: &mut Config) {
        config.limits.message = 1 << 20;
        config.limits.frame = 1 << 20;
        config.max_queued = 1 << 20;
    }
}

#[expect(dead_code, reason = "compiled, not run")]
mod async_tungstenite {
    use super::Result;
    use sansocket::client;
    use sansocket::smol::{Config, WebSocket};
    use smol::net::TcpStream;

    async fn connect(
        url: &str,
        request: client::Request<'_>,
        stream: TcpStream,
        config: Config,
    ) -> Result<()> {
        WebSocket::connect(url).await?;
        sansocket::tokio::WebSocket::connect(url).await?;
        WebSocket::connect_over(stream, request, config).await?;
        Ok(())
    }

    async fn talk(stream: TcpStream) -> Result<TcpStream> {
        let mut socket = WebSocket::accept(stream).await?;
        while let Some(message) = socket.receive().await? {
            println!("{message:?}");
            socket.send("hello").await?;
        }
        socket.close(None, "").await?;
        Ok(socket.into_parts().stream)
    }
}

#[expect(dead_code, reason = "compiled, not run")]
mod fastwebsockets {
    use super::Result;
    use sansocket::server::{self, Policy, RequestError};
    use sansocket::tokio::{Config, WebSocket};
    use sansocket::{CloseCode, Connection, Event, client};
    use tokio::net::TcpStream;

    fn upgrade<B>(
        request: http::Request<B>,
        policy: Policy,
        config: Config,
    ) -> std::result::Result<(http::Response<()>, Connection), RequestError> {
        let opening = server::Request::from_http(&request, &policy)?;
        Ok(opening.accept_http(config.limits))
    }

    fn after_handshake(stream: TcpStream, config: Config) -> WebSocket<TcpStream> {
        WebSocket::from_upgraded(stream, [], Connection::server(config.limits), config)
    }

    async fn client(
        stream: TcpStream,
        request: client::Request<'_>,
        mut config: Config,
    ) -> Result<()> {
        config.limits.message = 1 << 20;
        WebSocket::connect_over(stream, request, config).await?;
        Ok(())
    }

    async fn talk(mut socket: WebSocket<TcpStream>) -> Result<()> {
        socket.receiver_mut().set_streaming(false);
        socket.receiver_mut().set_auto_pong(false);
        while let Some((event, _)) = socket.next_event().await? {
            println!("{}", matches!(event, Event::Text(_)));
        }
        socket.send("hello").await?;
        socket.send_part("hel").await?;
        socket.send_last("lo").await?;
        socket.close(CloseCode::NORMAL, "done").await?;
        Ok(())
    }

    fn split(socket: WebSocket<TcpStream>) {
        let (_reader, _writer) = socket.split();
    }

    fn into_inner(socket: WebSocket<TcpStream>) -> TcpStream {
        socket.into_parts().stream
    }
}

#[expect(dead_code, reason = "compiled, not run")]
mod axum_ws {
    use super::Result;
    use axum::body::Body;
    use axum::extract::Request;
    use axum::response::Response;
    use hyper::upgrade::OnUpgrade;
    use hyper_util::rt::TokioIo;
    use sansocket::server::{self, Policy};
    use sansocket::tokio::{Config, WebSocket};
    use sansocket::{CloseCode, Connection};

    fn open(request: Request, policy: Policy, config: Config) -> Result<Response> {
        let mut opening = match server::Request::from_http(&request, &policy) {
            Ok(opening) => opening,
            Err(error) => return Ok(error.to_http().map(Body::from)),
        };
        opening.select_protocol("chat")?;
        println!("{:?}", opening.protocol());
        let (response, _connection) = opening.accept_http(config.limits);
        Ok(response.map(|()| Body::empty()))
    }

    async fn talk(upgrade: OnUpgrade, connection: Connection, mut config: Config) -> Result<()> {
        config.limits.message = 1 << 20;
        config.max_queued = 1 << 20;
        let mut socket =
            WebSocket::from_upgraded(TokioIo::new(upgrade.await?), [], connection, config);
        println!("{:?}", socket.receive().await?);
        socket.send("hello").await?;
        socket.close(CloseCode::NORMAL, "done").await?;
        Ok(())
    }
}

#[expect(dead_code, reason = "compiled, not run")]
mod compression {
    use sansocket::Connection;
    use sansocket::deflate::{Agreement, Compression, Pool};
    use sansocket::tokio::{Config, Opening, WebSocket};
    use tokio::net::TcpStream;

    static POOL: Pool = Pool::new(64);

    fn set(mut config: Config) -> Config {
        let mut compression = Compression::shared();
        compression.outgoing.is_taken_over = false;
        compression.incoming.is_taken_over = false;
        compression.outgoing.window_bits = 12;
        compression.incoming.window_bits = 12;
        compression.level = 3;
        compression.memory = 5;
        compression.threshold = 1024;
        compression.pool = Some(&POOL);
        config.compression = Some(compression);
        config.compression = Some(Compression::dedicated());
        config.limits.message = 1 << 20;
        config
    }

    fn connection(agreement: Agreement, compression: Compression, connection: &mut Connection) {
        connection.compress(agreement, &compression);
    }

    fn socket(opening: &Opening<TcpStream>, socket: &mut WebSocket<TcpStream>) {
        let _: Option<Agreement> = opening.request.agreement();
        socket.compress_from(usize::MAX);
    }
}
