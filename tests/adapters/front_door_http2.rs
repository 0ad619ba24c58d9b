//! The front door of tokio with HTTP/2: which version is spoken, and the way to it.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use h2::Reason;
use sansocket::auth::{Authorization, Credentials};
use sansocket::client;
use sansocket::connect::{Action, Failure, Peer, Proxy, Redirects, Retry, Versions};
use sansocket::h2::{receive_request, server_builder};
use sansocket::polled::{self, Io};
use sansocket::server::{Request, Response};
use sansocket::tls::rustls::server::Acceptor;
use sansocket::tls::rustls::{ClientConfig, ServerConfig};
use sansocket::tokio::{Connect, Incoming, MaybeTls, WebSocket};
use sansocket::{CloseCode, Config, Error, TimedOut, Timeouts, h2 as http2};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio_rustls::LazyConfigAcceptor;

use crate::site::{accept, head, serve, socks, take, tunnel};
use crate::tls::Identity;

/// What a server knows of HTTP/2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Knows {
    Nothing,
    /// Pages, but no WebSockets.
    NoSetting,
    /// It has the setting, and then wants HTTP/1.1.
    Demands1,
    /// It begins, and says nothing.
    Silent,
    All,
}

/// A server at a port of its own, with and without TLS.
struct Site {
    port: u16,
    log: Log,
    trusted: Arc<ClientConfig>,
}

/// The lines that the server has noted.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn push(&self, line: impl Into<String>) {
        self.0.lock().unwrap().push(line.into());
    }
}

impl Site {
    async fn new(knows: Knows) -> Self {
        let identity = Identity::local();
        let mut tls = ServerConfig::clone(&identity.server);
        tls.alpn_protocols = match knows {
            Knows::Nothing => vec![b"http/1.1".to_vec()],
            _ => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
        };
        let (tls, log) = (Arc::new(tls), Log::default());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let site =
            Self { port: listener.local_addr().unwrap().port(), log, trusted: identity.client };
        let log = site.log.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve_any(stream, Arc::clone(&tls), log.clone(), knows));
            }
        });
        site
    }

    fn url(&self, scheme: &str, path: &str) -> String {
        format!("{scheme}://localhost:{}{path}", self.port)
    }

    /// The front door to a path by TLS.
    fn door(&self, path: &str, versions: Versions) -> Connect {
        Connect::new(&self.url("wss", path)).tls(Arc::clone(&self.trusted)).versions(versions)
    }

    /// What the server has noted.
    fn log(&self) -> Vec<String> {
        self.log.0.lock().unwrap().clone()
    }
}

/// Serves a connection, with TLS if its first byte is that of TLS.
async fn serve_any(
    stream: tokio::net::TcpStream,
    tls: Arc<ServerConfig>,
    log: Log,
    knows: Knows,
) -> Option<()> {
    let mut first = [0];
    // A client of HTTP/2 that waits for settings says something, too.
    stream.peek(&mut first).await.ok()?;
    match first {
        [0x16] => {
            let start = LazyConfigAcceptor::new(Acceptor::default(), stream).await.ok()?;
            let hello = start.client_hello();
            let offered: Vec<_> = hello.alpn()?.map(String::from_utf8_lossy).collect();
            log.push(format!("offered {}", offered.join(", ")));
            let stream = start.into_stream(tls).await.ok()?;
            match stream.get_ref().1.alpn_protocol() {
                Some(b"h2") => serve_2(stream, log, knows).await,
                _ => serve_1(stream, log).await,
            }
        }
        [b'P'] => serve_2(stream, log, knows).await,
        _ => serve_1(stream, log).await,
    }
}

async fn serve_1<S: AsyncRead + AsyncWrite + Send + Unpin>(stream: S, log: Log) -> Option<()> {
    let incoming = WebSocket::receive_request(stream, Arc::default()).await.ok()?;
    let Incoming::Opening(mut opening) = incoming else { return None };
    log.push(format!("GET {}", opening.request().path()));
    match decide(opening.request()) {
        Verdict::Open => echo(opening.accept().await.ok()?).await,
        Verdict::Rejected(response) => opening.reject(response).await.ok(),
        Verdict::Undecided => std::future::pending().await,
    }
}

async fn serve_2<S>(stream: S, log: Log, knows: Knows) -> Option<()>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    if knows == Knows::Silent {
        let _stream = stream;
        return std::future::pending().await;
    }
    let builder = match knows {
        Knows::NoSetting => h2::server::Builder::new(),
        _ => server_builder(),
    };
    let mut connection = builder.handshake::<_, Bytes>(stream).await.ok()?;
    while let Some(request) = connection.accept().await {
        let (request, mut respond) = request.ok()?;
        log.push(format!("{} {} by HTTP/2", request.method(), request.uri().path()));
        if knows == Knows::Demands1 {
            respond.send_reset(Reason::HTTP_1_1_REQUIRED);
            continue;
        }
        let incoming = receive_request(request, respond, &Arc::default()).ok()?;
        let http2::Incoming::Opening(mut opening) = incoming else { return None };
        match decide(opening.request()) {
            Verdict::Open => drop(tokio::spawn(echo(opening.accept().ok()?))),
            Verdict::Rejected(response) => opening.reject(response).ok()?,
            Verdict::Undecided => drop(tokio::spawn(async {
                let _opening = opening;
                std::future::pending::<()>().await;
            })),
        }
    }
    Some(())
}

enum Verdict {
    Open,
    Rejected(Response<'static>),
    Undecided,
}

fn decide(request: &Request) -> Verdict {
    let is_ada = |login: sansocket::auth::BasicLogin| login.is("ada", "secret");
    let login = Authorization::of(request.headers()).and_then(|it| it.basic());
    match request.path() {
        "/old" => Verdict::Rejected(Response::redirect(307, "/chat").unwrap()),
        "/private" if login.is_some_and(is_ada) => Verdict::Open,
        "/private" => Verdict::Rejected(Response::unauthorized("Basic realm=\"chat\"").unwrap()),
        "/forbidden" => {
            Verdict::Rejected(Response::new(403, &[("X-Why", "late")], b"no way").unwrap())
        }
        "/undecided" => Verdict::Undecided,
        _ => Verdict::Open,
    }
}

async fn echo<S, I: Io<S>>(mut socket: polled::WebSocket<S, I>) -> Option<()> {
    while let Some(message) = socket.receive().await.ok()? {
        socket.send(message).await.ok()?;
    }
    Some(())
}

/// Connects, says something, hears it, and closes. Returns the response and whether it came by HTTP/2.
async fn talk(door: Connect) -> Result<(client::Response, bool), Error> {
    let (mut socket, response) = door.connect().await?;
    let has_http2 = socket.get_ref().has_http2();
    assert_eq!(response.status(), if has_http2 { 200 } else { 101 });
    assert_eq!(socket.get_ref().get_ref().is_none(), has_http2);
    let long = "hello ".repeat(50_000);
    for text in ["hello", &long] {
        socket.send(text).await?;
        assert_eq!(socket.receive().await?, Some(text.into()));
    }
    socket.close(CloseCode::NORMAL, "").await?;
    assert!(socket.ended().unwrap().is_clean());
    Ok((response, has_http2))
}

/// Returns the failure of an error of the way.
fn failure<T: std::fmt::Debug>(outcome: Result<T, Error>) -> Failure {
    match outcome {
        Err(Error::Connect(error)) => error.failure,
        other => panic!("{other:?}"),
    }
}

/// Waits for a thread. Meanwhile the tasks of this thread go on.
async fn join(thread: thread::JoinHandle<()>) {
    let joined = tokio::task::spawn_blocking(|| thread.join().unwrap());
    tokio::time::timeout(Duration::from_secs(10), joined).await.unwrap().unwrap();
}

fn impatient() -> Arc<Config> {
    Config::new().timeouts(Timeouts::new().opening(SHORT)).shared()
}

const SHORT: Duration = Duration::from_millis(150);

#[tokio::test]
async fn alpn_selects_http_2_and_the_websocket_comes_as_a_connect() {
    let site = Site::new(Knows::All).await;
    for versions in [Versions::Auto, Versions::Http2] {
        assert!(talk(site.door("/chat", versions)).await.unwrap().1);
    }
    let asked = "CONNECT /chat by HTTP/2";
    assert_eq!(site.log(), ["offered h2, http/1.1", asked, "offered h2", asked]);
}

#[tokio::test]
async fn alpn_selects_http_1_if_the_server_has_nothing_else() {
    let site = Site::new(Knows::Nothing).await;
    assert!(!talk(site.door("/chat", Versions::Auto)).await.unwrap().1);
    assert_eq!(site.log(), ["offered h2, http/1.1", "GET /chat"]);
}

#[tokio::test]
async fn http_1_is_the_default_and_offers_nothing_else() {
    let site = Site::new(Knows::All).await;
    let door = Connect::new(&site.url("wss", "/chat")).tls(Arc::clone(&site.trusted));
    assert!(!talk(door).await.unwrap().1);
    assert!(!talk(site.door("/chat", Versions::Http1)).await.unwrap().1);
    assert_eq!(site.log(), ["offered http/1.1", "GET /chat", "offered http/1.1", "GET /chat"]);
}

#[tokio::test]
async fn the_stream_says_whether_it_has_tls() {
    let site = Site::new(Knows::All).await;
    for (scheme, has_tls) in [("ws", false), ("wss", true)] {
        let door = Connect::new(&site.url(scheme, "/chat")).tls(Arc::clone(&site.trusted));
        let (socket, _) = door.versions(Versions::Http2).connect().await.unwrap();
        assert!(matches!(socket.get_ref(), MaybeTls::Http2 { .. }));
        assert_eq!(socket.get_ref().has_tls(), has_tls);
        assert!(socket.get_ref().tls().is_none(), "the task that drives the connection has it");
    }
}

#[tokio::test]
async fn a_server_of_http_2_without_websockets_is_asked_by_http_1_on_a_new_connection() {
    for (knows, by_http2) in
        [(Knows::NoSetting, &[][..]), (Knows::Demands1, &["CONNECT /chat by HTTP/2"])]
    {
        let site = Site::new(knows).await;
        assert!(!talk(site.door("/chat", Versions::Auto)).await.unwrap().1, "{knows:?}");
        let (first, second) = (["offered h2, http/1.1"], ["offered http/1.1", "GET /chat"]);
        assert_eq!(site.log(), [&first[..], by_http2, &second].concat());
    }
}

#[tokio::test]
async fn http_2_alone_fails_clearly_without_it() {
    for knows in [Knows::NoSetting, Knows::Demands1] {
        let site = Site::new(knows).await;
        let error = talk(site.door("/chat", Versions::Http2)).await.unwrap_err();
        let expected = format!(
            "wss://localhost:{}/chat: server does not offer WebSockets over HTTP/2",
            site.port
        );
        assert_eq!(error.to_string(), expected);
        assert_eq!(failure::<()>(Err(error)), Failure::NoExtendedConnect);
    }
    // It rejects in TLS, as there is no protocol that both have.
    let site = Site::new(Knows::Nothing).await;
    let error = talk(site.door("/chat", Versions::Http2)).await.unwrap_err();
    assert!(error.to_string().contains("NoApplicationProtocol"), "{error}");
    assert_eq!(failure::<()>(Err(error)), Failure::Tls(Peer::Target));
    assert_eq!(site.log(), ["offered h2"]);
}

#[tokio::test]
async fn without_tls_http_2_needs_to_be_asked_for() {
    let site = Site::new(Knows::All).await;
    for (versions, expected) in [(Versions::Http2, true), (Versions::Auto, false)] {
        let door = Connect::new(&site.url("ws", "/chat")).versions(versions);
        assert_eq!(talk(door).await.unwrap().1, expected);
    }
    assert_eq!(site.log(), ["CONNECT /chat by HTTP/2", "GET /chat"]);
    let site = Site::new(Knows::NoSetting).await;
    let door = Connect::new(&site.url("ws", "/chat")).versions(Versions::Http2);
    assert_eq!(failure(talk(door).await), Failure::NoExtendedConnect);
}

#[tokio::test]
async fn a_server_that_does_not_speak_http_2_at_all_is_an_error() {
    let (port, served) = serve(|listener| {
        let mut stream = accept(&listener);
        take::<24>(&mut stream);
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").unwrap();
    });
    let door = Connect::new(&format!("ws://127.0.0.1:{port}/")).versions(Versions::Http2);
    assert_eq!(failure(talk(door).await), Failure::TransportEnded);
    join(served).await;
}

#[tokio::test]
async fn proxies_lead_to_a_server_of_http_2() {
    let site = Site::new(Knows::All).await;
    let target = site.port;
    for scheme in ["http", "socks5h"] {
        for url in ["ws", "wss"] {
            let (port, proxied) = serve(move |listener| {
                let mut stream = accept(&listener);
                if scheme == "http" {
                    let head = head(&mut stream);
                    assert!(head.starts_with(&format!("CONNECT localhost:{target} ")), "{head}");
                    stream.write_all(b"HTTP/1.1 200 x\r\n\r\n").unwrap();
                } else {
                    socks(&mut stream);
                }
                tunnel(stream, target);
            });
            let proxy = Proxy::parse(&format!("{scheme}://127.0.0.1:{port}")).unwrap();
            let door = Connect::new(&site.url(url, "/chat")).tls(Arc::clone(&site.trusted));
            let outcome = talk(door.versions(Versions::Http2).proxy(proxy)).await;
            assert!(outcome.unwrap().1, "{scheme}, {url}");
            join(proxied).await;
        }
    }
}

/// A server of HTTP/2 speaks first, so its settings may come with the reply of the proxy.
#[tokio::test]
async fn settings_that_come_with_the_reply_of_a_proxy_are_not_lost() {
    let site = Site::new(Knows::All).await;
    // Its first 9 bytes are the header of the frame of settings, which it sends in full.
    let mut settings = Vec::from([0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 1]);
    let target = site.port;
    let (port, proxied) = serve(move |listener| {
        let mut stream = accept(&listener);
        head(&mut stream);
        let mut server = TcpStream::connect(("127.0.0.1", target)).unwrap();
        let mut reply = b"HTTP/1.1 200 x\r\n\r\n".to_vec();
        reply.append(&mut settings);
        stream.write_all(&reply).unwrap();
        let (mut from, mut to) = (stream.try_clone().unwrap(), server.try_clone().unwrap());
        let up = thread::spawn(move || {
            let _ = std::io::copy(&mut from, &mut to);
            let _ = to.shutdown(Shutdown::Write);
        });
        // The server's own settings are a copy of what was sent for it, and are left out.
        let [a, b, c, 4, ..] = take::<9>(&mut server) else { panic!("settings") };
        let len = u32::from_be_bytes([0, a, b, c]);
        std::io::copy(&mut server.try_clone().unwrap().take(len.into()), &mut std::io::sink())
            .unwrap();
        let _ = std::io::copy(&mut server, &mut stream);
        let _ = stream.shutdown(Shutdown::Write);
        up.join().unwrap();
    });
    let proxy = Proxy::parse(&format!("http://127.0.0.1:{port}")).unwrap();
    let door = Connect::new(&site.url("ws", "/chat")).versions(Versions::Http2).proxy(proxy);
    assert!(talk(door).await.unwrap().1);
    join(proxied).await;
}

#[tokio::test]
async fn a_redirect_and_a_401_over_http_2_are_passed() {
    let site = Site::new(Knows::All).await;
    let door = site.door("/old", Versions::Auto).redirects(Redirects::same_origin(1));
    assert!(talk(door).await.unwrap().1);
    let credentials = Credentials::password("ada", "secret").unwrap();
    let door = site.door("/private", Versions::Auto).credentials(credentials);
    assert!(talk(door).await.unwrap().1);
    let asked = ["/old", "/chat", "/private", "/private"];
    let asked = asked.map(|path| format!("CONNECT {path} by HTTP/2"));
    let log = site.log();
    let log: Vec<_> = log.iter().filter(|line| line.starts_with("CONNECT")).collect();
    assert_eq!(log, asked.iter().collect::<Vec<_>>());
}

#[tokio::test]
async fn a_rejection_over_http_2_has_its_status_headers_and_body() {
    let site = Site::new(Knows::All).await;
    for path in ["/forbidden", "/old", "/private"] {
        let error = talk(site.door(path, Versions::Auto)).await.unwrap_err();
        let Error::Rejected(response) = error else { panic!("{error}") };
        match path {
            "/forbidden" => {
                assert_eq!((response.status(), response.body()), (403, &b"no way"[..]));
                assert_eq!(response.headers().text("X-Why"), Some("late"));
                assert!(!response.is_truncated());
            }
            "/old" => assert_eq!(response.headers().text("Location"), Some("/chat")),
            _ => assert_eq!(response.status(), 401),
        }
    }
}

#[cfg(feature = "deflate")]
#[tokio::test]
async fn compression_is_offered_over_http_2() {
    use sansocket::deflate::Compression;

    let (near, config) = (Knows::All, Config::new().compression(Compression::shared()).shared());
    let site = Site::new(near).await;
    let (sender, offers) = mpsc::channel();
    let door = site.door("/chat", Versions::Http2).config(config).on_step(move |dial| {
        if let Action::Request(fields) = dial.next_action() {
            let offers = fields.iter().filter(|(name, _)| *name == "sec-websocket-extensions");
            offers.for_each(|(_, value)| sender.send(value.to_vec()).unwrap());
        }
    });
    talk(door).await.unwrap();
    let offers: Vec<_> = offers.iter().collect();
    assert_eq!(offers.len(), 1);
    assert!(offers[0].starts_with(b"permessage-deflate"));
}

#[tokio::test]
async fn each_step_of_http_2_ends_at_the_deadline() {
    for (knows, path) in [(Knows::Silent, "/chat"), (Knows::All, "/undecided")] {
        let site = Site::new(knows).await;
        let start = Instant::now();
        let error = talk(site.door(path, Versions::Auto).config(impatient())).await.unwrap_err();
        let took = start.elapsed();
        assert!(matches!(error, Error::TimedOut(TimedOut::Opening)), "{knows:?}: {error}");
        assert!(took + Duration::from_millis(20) > SHORT && took < 10 * SHORT, "{took:?}");
    }
}

/// The connection below has a task of its own, which must not outlive its only stream.
#[tokio::test]
async fn nothing_is_left_of_an_opening_over_http_2_that_is_dropped() {
    let site = Site::new(Knows::All).await;
    let target = site.port;
    let (port, proxied) = serve(move |listener| {
        let mut stream = accept(&listener);
        head(&mut stream);
        stream.write_all(b"HTTP/1.1 200 x\r\n\r\n").unwrap();
        // It ends when both have ended.
        tunnel(stream, target);
    });
    let proxy = Proxy::parse(&format!("http://127.0.0.1:{port}")).unwrap();
    let opening = site.door("/undecided", Versions::Http2).proxy(proxy).connect();
    assert!(tokio::time::timeout(SHORT, opening).await.is_err(), "it waits");
    join(proxied).await;
}

#[tokio::test]
async fn a_client_that_connects_again_speaks_http_2_each_time() {
    let site = Site::new(Knows::All).await;
    let mut connections = site.door("/chat", Versions::Auto).reconnect(Retry::times(1));
    for text in ["one", "two"] {
        let (socket, _) = connections.next().await.unwrap().unwrap();
        assert!(socket.get_ref().has_http2());
        socket.send(text).await.unwrap();
        assert_eq!(socket.receive().await.unwrap(), Some(text.into()));
    }
}
