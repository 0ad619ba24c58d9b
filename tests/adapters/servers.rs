//! WebSockets of servers of axum and hyper, over HTTP/1.1 and HTTP/2.

use std::convert::Infallible;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use axum::{Extension, Router};
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use sansocket::axum::WebSocketUpgrade;
use sansocket::hyper::{Opening, WebSocket, upgrade};
use sansocket::server::{Hosts, Origins, Policy, RequestError};
use sansocket::{
    CloseCode, Config, Ended, Error, Limits, OwnedMessage, Url, client, h2 as streams, tokio as tcp,
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::timeout;

/// What serves. Both have the same routes.
#[derive(Clone, Copy, Debug)]
enum Library {
    Axum,
    Hyper,
}

/// What the client speaks.
#[derive(Clone, Copy, Debug)]
enum Http {
    One,
    Two,
}

const LIBRARIES: [Library; 2] = [Library::Axum, Library::Hyper];

const ALL: [(Library, Http); 4] = [
    (Library::Axum, Http::One),
    (Library::Axum, Http::Two),
    (Library::Hyper, Http::One),
    (Library::Hyper, Http::Two),
];

/// A server, and how its WebSockets end.
struct Server {
    address: SocketAddr,
    ends: UnboundedReceiver<Result<Ended, Error>>,
}

type Ends = UnboundedSender<Result<Ended, Error>>;

impl Server {
    async fn start(library: Library, config: Config) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, ends) = unbounded_channel();
        match library {
            Library::Axum => drop(tokio::spawn(serve_axum(listener, config.shared(), sender))),
            Library::Hyper => drop(tokio::spawn(serve_hyper(listener, config.shared(), sender))),
        }
        Self { address, ends }
    }

    fn url(&self) -> String {
        format!("ws://{}/echo", self.address)
    }

    /// Opens a WebSocket.
    async fn open(&self, http: Http, config: Config) -> (Socket, client::Response) {
        let url = self.url();
        self.ask(http, client::Request::new(Url::parse(&url).unwrap()), config).await.unwrap()
    }

    async fn ask(
        &self,
        http: Http,
        request: client::Request<'_>,
        config: Config,
    ) -> Result<(Socket, client::Response), Error> {
        let stream = TcpStream::connect(self.address).await?;
        match http {
            Http::One => {
                let opened = tcp::WebSocket::connect_over(stream, request, config.shared()).await?;
                Ok((erase(opened.0), opened.1))
            }
            Http::Two => {
                let client = streams::Client::connect(stream, config.shared()).await?;
                let (socket, response) = client.open(request).await?;
                Ok((erase(socket), response))
            }
        }
    }
}

/// A client's WebSocket over any version of HTTP.
type Socket = tcp::WebSocket<Box<dyn Stream>>;

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

fn erase<S: Stream + 'static>(socket: tcp::WebSocket<S>) -> Socket {
    let (stream, connection) = socket.into_parts();
    Socket::from_parts(Box::new(stream), connection)
}

async fn serve_axum(listener: TcpListener, config: Arc<Config>, ends: Ends) {
    async fn echoing(State(ends): State<Ends>, upgrade: WebSocketUpgrade) -> Response {
        let mut upgrade = upgrade.protocols(["v2", "v1"]);
        let protocol = upgrade.selected_protocol().unwrap_or("no protocol").to_owned();
        upgrade.request().add_header("X-Protocol", &protocol).unwrap();
        upgrade.on_upgrade(async move |socket| drop(ends.send(echo(socket).await)))
    }

    let routes = Router::new()
        .route("/echo", any(echoing))
        .layer(Extension(config))
        .route("/", any(async || "a page"))
        .with_state(ends);
    axum::serve(listener, routes).await.unwrap();
}

async fn serve_hyper(listener: TcpListener, config: Arc<Config>, ends: Ends) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let (config, ends) = (Arc::clone(&config), ends.clone());
        let service = service_fn(move |request| answer(request, Arc::clone(&config), ends.clone()));
        tokio::spawn(async move {
            let mut builder = auto::Builder::new(TokioExecutor::new());
            builder.http2().enable_connect_protocol().initial_connection_window_size(8 << 20);
            // A client that breaks HTTP is an error of the connection.
            let _ = builder.serve_connection_with_upgrades(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer(
    mut request: http::Request<Incoming>,
    config: Arc<Config>,
    ends: Ends,
) -> Result<http::Response<Full<Bytes>>, Infallible> {
    if request.uri().path() == "/" {
        return Ok(http::Response::new(Full::from("a page")));
    }
    Ok(match upgrade(&mut request, &config) {
        Ok(opening) => open(opening, ends).map(|()| Full::default()),
        Err(rejection) => rejection.to_http().map(Full::from),
    })
}

fn open(mut opening: Opening, ends: Ends) -> http::Response<()> {
    let request = opening.request();
    let _is_any = ["v2", "v1"].into_iter().any(|name| request.select_protocol(name).is_ok());
    let protocol = request.protocol().unwrap_or("no protocol").to_owned();
    request.add_header("X-Protocol", &protocol).unwrap();
    opening.on_upgrade(async move |socket| drop(ends.send(echo(socket).await)))
}

/// Sends back all messages. Returns how the WebSocket ended.
async fn echo(mut socket: WebSocket) -> Result<Ended, Error> {
    while let Some(message) = socket.receive().await? {
        socket.send(message).await?;
    }
    Ok(socket.ended().unwrap())
}

#[tokio::test]
async fn messages_of_all_sizes_are_echoed_and_both_ends_close_cleanly() {
    for (library, http) in ALL {
        let mut server = Server::start(library, Config::new()).await;
        let (mut socket, response) = server.open(http, Config::new()).await;
        let expected = if matches!(http, Http::One) { 101 } else { 200 };
        assert_eq!(response.status(), expected, "{library:?}, {http:?}");
        for len in [0, 1, 125, 126, 65_535, 65_536, 2_000_000] {
            let message = OwnedMessage::from(vec![7; len]);
            socket.send(&message).await.unwrap();
            assert!(
                socket.receive().await.unwrap() == Some(message),
                "{library:?}, {http:?}, {len}"
            );
        }
        socket.close(CloseCode::NORMAL, "done").await.unwrap();
        assert!(socket.ended().unwrap().is_clean(), "{library:?}, {http:?}");
        let ended = server.ends.recv().await.unwrap().unwrap();
        assert!(ended.is_clean(), "{library:?}, {http:?}: {ended}");
        assert_eq!(ended.code(), 1000, "{library:?}, {http:?}");
    }
}

#[cfg(feature = "deflate")]
#[tokio::test]
async fn messages_are_compressed_if_the_configuration_says_so() {
    use sansocket::deflate::Compression;

    let compressing = || Config::new().compression(Compression::shared());
    for (library, http) in ALL {
        for (config, is_agreed) in [(compressing(), true), (Config::new(), false)] {
            let server = Server::start(library, config).await;
            let (mut socket, response) = server.open(http, compressing()).await;
            let extensions = response.headers().text("Sec-WebSocket-Extensions");
            let starts = extensions.is_some_and(|value| value.starts_with("permessage-deflate"));
            assert_eq!(starts, is_agreed, "{library:?}, {http:?}: {extensions:?}");
            let text = OwnedMessage::from("word ".repeat(50_000));
            socket.send(&text).await.unwrap();
            assert!(socket.receive().await.unwrap() == Some(text), "{library:?}, {http:?}");
        }
    }
}

#[tokio::test]
async fn the_first_subprotocol_of_the_server_that_the_client_offers_is_selected() {
    let cases: [(&[&str], Option<&str>); 4] =
        [(&["v1", "v2"], Some("v2")), (&["v0", "v1"], Some("v1")), (&["v0"], None), (&[], None)];
    for (library, http) in ALL {
        let server = Server::start(library, Config::new()).await;
        for (offered, expected) in cases {
            let url = server.url();
            let mut request = client::Request::new(Url::parse(&url).unwrap());
            for name in offered {
                request.add_protocol(name).unwrap();
            }
            let (_, response) = server.ask(http, request, Config::new()).await.unwrap();
            assert_eq!(response.protocol(), expected, "{library:?}, {http:?}, {offered:?}");
            let header = response.headers().text("X-Protocol");
            assert_eq!(header, expected.or(Some("no protocol")), "{library:?}, {http:?}");
        }
    }
}

#[tokio::test]
async fn the_policy_of_the_configuration_applies() {
    let listed = || Origins::list(["https://example.com"]).unwrap();
    let cases = [
        (Policy::new(), None, 0),
        (Policy::new(), Some("http://localhost"), 403),
        (Policy::new().origins(listed()), Some("https://example.com"), 0),
        (Policy::new().origins(listed()), Some("https://example.org"), 403),
        (Policy::new().require_origin(true), None, 403),
        (Policy::new().hosts(Hosts::list(["example.com"]).unwrap()), None, 421),
    ];
    for (library, http) in ALL {
        for (policy, origin, expected) in cases.clone() {
            let server = Server::start(library, Config::new().policy(policy)).await;
            let url = server.url();
            let mut request = client::Request::new(Url::parse(&url).unwrap());
            if let Some(origin) = origin {
                request.set_origin(origin).unwrap();
            }
            let status = match server.ask(http, request, Config::new()).await {
                Ok(_) => 0,
                Err(Error::Rejected(response)) => {
                    let text = if expected == 403 { "Forbidden" } else { "Misdirected Request" };
                    assert_eq!(response.body(), text.as_bytes(), "{library:?}, {http:?}");
                    response.status()
                }
                Err(error) => panic!("{library:?}, {http:?}: {error}"),
            };
            assert_eq!(status, expected, "{library:?}, {http:?}, {origin:?}");
        }
    }
}

#[tokio::test]
async fn the_limits_of_the_configuration_apply() {
    for (library, http) in ALL {
        let config = Config::new().limits(Limits::new().message(1000));
        let mut server = Server::start(library, config).await;
        let (mut socket, _) = server.open(http, Config::new()).await;
        socket.send(vec![7; 1001]).await.unwrap();
        assert_eq!(socket.receive().await.unwrap(), None, "{library:?}, {http:?}");
        assert_eq!(socket.ended().unwrap().code(), 1009, "{library:?}, {http:?}");
        assert!(matches!(server.ends.recv().await, Some(Err(Error::Protocol(_)))));
    }
}

/// What a request of either version gets that does not open a WebSocket: the status, and a header.
#[tokio::test]
async fn other_requests_get_a_response() {
    let one: [(&[&str], u16, &str); 6] = [
        (&["GET", "Upgrade", "Connection"], 426, "upgrade: websocket"),
        (&["POST"], 405, "allow: GET"),
        (&["GET", "Upgrade: h2c"], 426, "upgrade: websocket"),
        (&["GET", "Sec-WebSocket-Version: 8"], 426, "sec-websocket-version: 13"),
        (&["GET", "Sec-WebSocket-Key"], 400, "sec-websocket-version: 13"),
        (&["GET", "Content-Length: 4"], 400, "content-type: text/plain"),
    ];
    for library in LIBRARIES {
        let server = Server::start(library, Config::new()).await;
        for (changes, status, header) in one {
            let head = ask_one(&server, changes).await;
            assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{library:?}: {head}");
            assert!(head.to_ascii_lowercase().contains(&header.to_ascii_lowercase()), "{head}");
        }
    }
}

/// Sends a good request with these changes: a method, and headers to replace or to leave out. Returns the
/// response.
async fn ask_one(server: &Server, changes: &[&str]) -> String {
    let mut request = format!("{} /echo HTTP/1.1\r\nHost: {}\r\n", changes[0], server.address);
    let name = |line: &str| line.split(':').next().unwrap_or_default().to_owned();
    let good = [
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13",
    ];
    let kept = good.iter().filter(|line| changes.iter().all(|other| name(other) != name(line)));
    for line in kept.chain(changes.iter().filter(|line| line.contains(':'))) {
        request.push_str(&format!("{line}\r\n"));
    }
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    stream.write_all(b"\r\n").await.unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).await.unwrap();
    response
}

#[tokio::test]
async fn other_requests_get_a_response_over_http2() {
    let two: [(&str, Option<&'static str>, &str, u16); 6] = [
        ("CONNECT", Some("websocket"), "13", 200),
        ("GET", None, "13", 405),
        ("CONNECT", Some("connect-udp"), "13", 501),
        ("CONNECT", Some("websocket"), "8", 400),
        ("CONNECT", Some("websocket"), "", 400),
        ("POST", None, "", 405),
    ];
    for library in LIBRARIES {
        let server = Server::start(library, Config::new()).await;
        for (method, protocol, version, status) in two {
            let mut request = request_two(&server, method, protocol);
            if !version.is_empty() {
                let version = version.parse().unwrap();
                request.headers_mut().insert("sec-websocket-version", version);
            }
            let (response, _send) = ask_two(&server, request).await;
            assert_eq!(response.status(), status, "{library:?}, {method}, {protocol:?}, {version}");
        }
    }
}

/// Returns a request of HTTP/2.
fn request_two(server: &Server, method: &str, protocol: Option<&'static str>) -> http::Request<()> {
    let uri = format!("http://{}/echo", server.address);
    let mut request = http::Request::builder().method(method).uri(uri).body(()).unwrap();
    if let Some(protocol) = protocol {
        request.extensions_mut().insert(h2::ext::Protocol::from_static(protocol));
    }
    request
}

/// Sends a request of HTTP/2, which may be wrong.
async fn ask_two(
    server: &Server,
    request: http::Request<()>,
) -> (http::Response<h2::RecvStream>, h2::SendStream<Bytes>) {
    let stream = TcpStream::connect(server.address).await.unwrap();
    let mut builder = h2::client::Builder::new();
    // For the answers to a burst of small DATA frames.
    builder.data_frame_budget(4 << 20);
    let (requests, connection) = builder.handshake(stream).await.unwrap();
    tokio::spawn(connection);
    let ends = request.method() != "CONNECT";
    let (response, send) = requests.ready().await.unwrap().send_request(request, ends).unwrap();
    (response.await.unwrap(), send)
}

/// Returns a WebSocket of HTTP/2 as its two directions.
async fn open_two(server: &Server) -> (h2::RecvStream, h2::SendStream<Bytes>) {
    let mut request = request_two(server, "CONNECT", Some("websocket"));
    request.headers_mut().insert("sec-websocket-version", "13".parse().unwrap());
    let (response, send) = ask_two(server, request).await;
    assert_eq!(response.status(), 200);
    (response.into_body(), send)
}

#[tokio::test]
async fn a_page_is_served_beside_the_websockets() {
    for library in LIBRARIES {
        let server = Server::start(library, Config::new()).await;
        let mut request = request_two(&server, "GET", None);
        *request.uri_mut() = format!("http://{}/", server.address).parse().unwrap();
        let (response, _send) = ask_two(&server, request).await;
        let mut body = response.into_body();
        assert_eq!(body.data().await.unwrap().unwrap(), "a page", "{library:?}");
    }
}

/// A reset after the end of the stream makes browsers fall back to HTTP/1.1.
#[tokio::test]
async fn a_server_that_has_closed_waits_for_the_end_of_its_client() {
    for library in LIBRARIES {
        let mut server = Server::start(library, Config::new()).await;
        let (mut receive, mut send) = open_two(&server).await;
        send.send_data(Bytes::from_static(b"\x88\x82\0\0\0\0\x03\xe8"), false).unwrap();
        assert_eq!(receive.data().await.unwrap().unwrap(), b"\x88\x02\x03\xe8"[..]);
        let end = receive.data().await;
        assert!(end.is_none_or(|data| data.unwrap().is_empty()), "{library:?}: the stream ends");
        let reset = timeout(Duration::from_millis(100), poll_fn(|cx| send.poll_reset(cx)));
        assert!(reset.await.is_err(), "{library:?}: and is not reset");
        assert!(server.ends.try_recv().is_err(), "{library:?}: the server waits");
        send.send_data(Bytes::new(), true).unwrap();
        let end = server.ends.recv().await.unwrap().unwrap();
        assert!(end.is_clean(), "{library:?}: {end}");
    }
}

/// hyper gives out some resets as the end of the stream.
#[tokio::test]
async fn a_reset_with_the_code_cancel_looks_like_an_end() {
    for library in LIBRARIES {
        let mut server = Server::start(library, Config::new()).await;
        for reason in [h2::Reason::CANCEL, h2::Reason::NO_ERROR, h2::Reason::INTERNAL_ERROR] {
            let (_receive, mut send) = open_two(&server).await;
            send.send_reset(reason);
            let Err(Error::Io(error)) = server.ends.recv().await.unwrap() else {
                panic!("{library:?}, {reason:?}")
            };
            let is_end = error.kind() == std::io::ErrorKind::UnexpectedEof;
            assert_eq!(is_end, reason != h2::Reason::INTERNAL_ERROR, "{library:?}: {error}");
        }
    }
}

/// h2 has a budget of small DATA frames (RUSTSEC-2026-0258): the header of a frame must not be one.
#[tokio::test]
async fn a_long_message_does_not_begin_with_a_small_data_frame() {
    for library in LIBRARIES {
        let server = Server::start(library, Config::new()).await;
        let (mut receive, mut send) = open_two(&server).await;
        let mut message = b"\x82\xff\0\0\0\0\0\x01\0\0\0\0\0\0".to_vec();
        message.resize(message.len() + 0x10000, 7);
        send.send_data(message.into(), false).unwrap();
        let first = receive.data().await.unwrap().unwrap();
        assert!(first.starts_with(b"\x82\x7f"), "{library:?}");
        assert!(first.len() > 1000, "{library:?}: {} bytes", first.len());
    }
}

/// A proxy may send each message in a DATA frame of its own.
#[tokio::test]
async fn ten_thousand_small_data_frames_in_a_burst_do_not_end_the_connection() {
    let server = Server::start(Library::Hyper, Config::new()).await;
    let (mut receive, mut send) = open_two(&server).await;
    for _ in 0..10_000 {
        send.send_data(Bytes::from_static(b"\x82\x80\0\0\0\0"), false).unwrap();
    }
    let mut echoed = 0;
    while echoed < 20_000 {
        let data = receive.data().await.unwrap().unwrap();
        receive.flow_control().release_capacity(data.len()).unwrap();
        echoed += data.len();
    }
    assert_eq!(echoed, 20_000);
}

#[test]
fn a_connection_that_cannot_be_upgraded_is_a_500() {
    let config = Config::new().shared();
    let mut request = http::Request::get("/echo")
        .header("Host", "example.com")
        .header("Upgrade", "websocket")
        .header("Connection", "Upgrade")
        .header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
        .header("Sec-WebSocket-Version", "13")
        .body(())
        .unwrap();
    let rejection = upgrade(&mut request, &config).unwrap_err();
    assert_eq!(rejection.error(), None);
    assert_eq!(rejection.to_http().status(), 500);
    assert_eq!(rejection.into_response().status(), 500);
    assert!(rejection.to_string().contains("upgrade"));
}

#[test]
fn a_rejection_names_its_reason() {
    let config = Config::new().shared();
    for (version, error, status) in [
        (http::Version::HTTP_11, RequestError::MissingUpgrade, 426),
        (http::Version::HTTP_2, RequestError::NotExtendedConnect, 405),
    ] {
        let mut request = http::Request::get("/echo").version(version).header("Host", "a");
        request = request.header("X-Kept", "1");
        let mut request = request.body("kept").unwrap();
        let rejection = upgrade(&mut request, &config).unwrap_err();
        assert_eq!(rejection.error(), Some(error), "{version:?}");
        assert_eq!(rejection.to_http().status(), status, "{version:?}");
        assert_eq!(rejection.to_string(), error.to_string(), "{version:?}");
        let source = std::error::Error::source(&rejection).unwrap();
        assert_eq!(source.to_string(), error.to_string(), "{version:?}");
        assert_eq!((request.headers().len(), *request.body()), (2, "kept"), "{version:?}");
    }
}

/// `with_upgrades` is missing.
#[tokio::test]
async fn a_stream_that_hyper_does_not_give_away_is_an_error() {
    let (near, mut far) = tokio::io::duplex(1 << 10);
    let (sender, mut ends) = unbounded_channel();
    let service = service_fn(move |mut request: http::Request<Incoming>| {
        let opening = upgrade(&mut request, &Config::new().shared()).unwrap();
        let (response, socket) = opening.accept();
        let sender = sender.clone();
        tokio::spawn(async move { sender.send(socket.await.map(drop)) });
        async { Ok::<_, Infallible>(response.map(|()| Full::<Bytes>::default())) }
    });
    let connection =
        hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(near), service);
    tokio::spawn(connection);
    far.write_all(
        b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
    )
    .await
    .unwrap();
    assert!(matches!(ends.recv().await.unwrap(), Err(Error::Io(_))));
}

/// One route serves both, without a configuration.
#[tokio::test]
async fn an_optional_extractor_leaves_other_requests_to_the_handler() {
    async fn handle(upgrade: Option<WebSocketUpgrade>) -> Response {
        match upgrade {
            Some(upgrade) => upgrade.on_upgrade(async |socket| drop(echo(socket).await)),
            None => "a page".into_response(),
        }
    }

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let routes = Router::new().route("/echo", any(handle));
    tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
    let server = Server { address, ends: unbounded_channel().1 };
    for http in [Http::One, Http::Two] {
        let (mut socket, _) = server.open(http, Config::new()).await;
        socket.send("hello").await.unwrap();
        assert_eq!(socket.receive().await.unwrap(), Some("hello".into()), "{http:?}");
    }
    let page = ask_one(&server, &["GET", "Upgrade", "Connection: close"]).await;
    assert!(page.ends_with("a page"), "{page}");
    let (response, _send) = ask_two(&server, request_two(&server, "GET", None)).await;
    assert_eq!(response.status(), 200);
    let rejected = ask_one(&server, &["GET", "Sec-WebSocket-Version: 8"]).await;
    assert!(rejected.starts_with("HTTP/1.1 426 "), "{rejected}");
    let plain = ask_two(&server, request_two(&server, "CONNECT", Some("connect-udp"))).await;
    assert_eq!(plain.0.status(), 501);
}

/// The parts of the request that the extractor looks at are there for what comes after it.
#[tokio::test]
async fn the_extractor_leaves_the_request_as_it_is() {
    use axum::extract::{FromRequest, FromRequestParts, Request};

    let request = http::Request::post("/echo?room=1").header("Host", "a").body("body".into());
    let (mut parts, body) = request.unwrap().into_parts();
    parts.extensions.insert("extension");
    let rejection = WebSocketUpgrade::from_request_parts(&mut parts, &()).await.unwrap_err();
    assert_eq!(rejection.error(), Some(RequestError::MissingUpgrade));
    assert_eq!((parts.method.as_str(), parts.uri.path()), ("POST", "/echo"));
    assert_eq!(parts.extensions.get(), Some(&"extension"));
    let request: Request = Request::from_parts(parts, body);
    let text = String::from_request(request, &()).await.unwrap();
    assert_eq!(text, "body");
}
