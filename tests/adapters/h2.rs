//! WebSockets over streams of HTTP/2 (RFC 8441).

use std::future::poll_fn;
use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use bytes::Bytes;
use h2::client::SendRequest;
use h2::ext::Protocol;
use h2::server::SendResponse;
use h2::{Reason, RecvStream};
use sansocket::h2::{Client, Incoming, Stream, receive_request, server_builder};
use sansocket::server::{Origins, Policy, Response};
use sansocket::tokio::WebSocket;
use sansocket::{Cause, CloseCode, Config, Error, TimedOut, Timeouts, Url, client};
use tokio::io::DuplexStream;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

type Request = (http::Request<RecvStream>, SendResponse<Bytes>);

/// A server of HTTP/2 at the other end of a stream in memory. `handle` gets each request.
fn serve(handle: impl Fn(Request) + Send + 'static) -> DuplexStream {
    serve_with(true, handle)
}

fn serve_with(has_setting: bool, handle: impl Fn(Request) + Send + 'static) -> DuplexStream {
    let (near, far) = tokio::io::duplex(64 << 10);
    tokio::spawn(async move {
        let mut builder = if has_setting { server_builder() } else { h2::server::Builder::new() };
        builder.max_concurrent_streams(2000);
        let mut connection = builder.handshake(far).await.unwrap();
        while let Some(Ok(request)) = connection.accept().await {
            handle(request);
        }
    });
    near
}

/// Echoes all messages.
async fn echo(mut socket: WebSocket<Stream>) -> Result<(), Error> {
    while let Some(message) = socket.receive().await? {
        socket.send(message).await?;
    }
    Ok(())
}

/// Accepts all requests with this configuration, and has `task` serve them.
fn accept_all<T>(
    config: Arc<Config>,
    task: impl Fn(WebSocket<Stream>) -> T + Send + 'static,
) -> impl Fn(Request) + Send + 'static
where
    T: Future<Output = Result<(), Error>> + Send + 'static,
{
    move |(request, respond)| {
        if let Ok(Incoming::Opening(opening)) = receive_request(request, respond, &config) {
            tokio::spawn(task(opening.accept().unwrap()));
        }
    }
}

fn config() -> Arc<Config> {
    Config::new().policy(Policy::new().origins(Origins::any())).shared()
}

fn to(url: &str) -> client::Request<'_> {
    client::Request::new(Url::parse(url).unwrap())
}

async fn connect(stream: DuplexStream) -> Client {
    Client::connect(stream, config()).await.unwrap()
}

async fn open(client: &Client) -> WebSocket<Stream> {
    client.open(to("ws://localhost/chat")).await.unwrap().0
}

/// E-05, E-18, E-21 to E-23: what is sent comes back, whole, and both ends close cleanly.
#[tokio::test]
async fn messages_of_all_sizes_are_echoed_and_both_ends_close_cleanly() {
    let client = connect(serve(accept_all(config(), echo))).await;
    let (mut socket, response) = client.open(to("ws://localhost/chat?room=1")).await.unwrap();
    assert_eq!(response.status(), 200);
    for len in [0, 1, 125, 126, 65_535, 65_536, 300_000, 5_000_000] {
        let message = vec![7_u8; len];
        let (sent, received) = (message.clone(), message.into());
        socket.send(sent).await.unwrap();
        assert_eq!(socket.receive().await.unwrap(), Some(received), "{len}");
    }
    socket.close(CloseCode::NORMAL, "done").await.unwrap();
    let ended = socket.ended().unwrap();
    assert!(ended.is_clean(), "{ended}");
    assert_eq!(ended.code(), 1000);
}

/// E-31.
#[cfg(feature = "deflate")]
#[tokio::test]
async fn messages_are_compressed_if_both_ends_agree() {
    use sansocket::deflate::Compression;

    let config = Config::new().compression(Compression::shared()).shared();
    let server = serve(accept_all(config.clone(), echo));
    let client = Client::connect(server, config).await.unwrap();
    let (mut socket, response) = client.open(to("ws://localhost/")).await.unwrap();
    let extensions = response.headers().text("Sec-WebSocket-Extensions").unwrap();
    assert!(extensions.starts_with("permessage-deflate"), "{extensions}");
    let text = "word ".repeat(50_000);
    socket.send(&text).await.unwrap();
    assert_eq!(socket.receive().await.unwrap(), Some(text.as_str().into()));
    socket.close(None, "").await.unwrap();
}

/// E-02: a server without the setting is not asked; whoever connects starts over with HTTP/1.1.
#[tokio::test]
async fn a_server_without_the_setting_is_not_asked() {
    let count = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&count);
    let server = serve_with(false, move |_| {
        seen.fetch_add(1, SeqCst);
    });
    let Err(Error::Io(error)) = Client::connect(server, config()).await else {
        panic!("it is an error")
    };
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert_eq!(count.load(SeqCst), 0);
}

/// A-59, E-11: a client that asks all the same has its stream reset, and no application sees the request.
#[tokio::test]
async fn a_request_without_the_setting_reaches_nobody() {
    let server = serve_with(false, |_| panic!("nobody asked for this"));
    let (mut requests, connection) = h2::client::handshake(server).await.unwrap();
    tokio::spawn(connection);
    let mut request = http::Request::connect("http://localhost/chat").body(()).unwrap();
    request.extensions_mut().insert(Protocol::from_static("websocket"));
    let (response, _send) = requests.send_request(request, false).unwrap();
    assert_eq!(response.await.unwrap_err().reason(), Some(Reason::PROTOCOL_ERROR));
}

#[tokio::test(start_paused = true)]
async fn settings_that_never_come_are_not_waited_for_without_end() {
    let (near, _far) = tokio::io::duplex(1000);
    let error = Client::connect(near, config()).await.unwrap_err();
    assert!(matches!(error, Error::TimedOut(TimedOut::Opening)), "{error}");
}

#[tokio::test(start_paused = true)]
async fn settings_may_come_late() {
    let (near, far) = tokio::io::duplex(64 << 10);
    tokio::spawn(async move {
        sleep(Duration::from_millis(200)).await;
        let mut builder = h2::server::Builder::new();
        let mut connection =
            builder.enable_connect_protocol().handshake::<_, Bytes>(far).await.unwrap();
        let handle = accept_all(config(), echo);
        while let Some(Ok(request)) = connection.accept().await {
            handle(request);
        }
    });
    let mut socket = open(&connect(near).await).await;
    socket.send("hello").await.unwrap();
    assert_eq!(socket.receive().await.unwrap(), Some("hello".into()));
}

/// Begins a connection by the library alone.
async fn begin(server: DuplexStream) -> SendRequest<Bytes> {
    let (requests, connection) = h2::client::handshake(server).await.unwrap();
    tokio::spawn(connection);
    // The settings come meanwhile.
    while !requests.is_extended_connect_protocol_enabled() {
        tokio::task::yield_now().await;
    }
    requests
}

/// Opens a WebSocket by the library alone, and returns its two directions.
async fn open_by_library(server: DuplexStream) -> (RecvStream, h2::SendStream<Bytes>) {
    let mut request = http::Request::connect("http://localhost/chat").body(()).unwrap();
    request.extensions_mut().insert(Protocol::from_static("websocket"));
    request.headers_mut().insert("sec-websocket-version", 13.into());
    let (response, send) = begin(server).await.send_request(request, false).unwrap();
    (response.await.unwrap().into_body(), send)
}

/// Sends a request by the library alone, and returns the response with its body.
async fn ask(
    server: DuplexStream,
    protocol: Option<&'static str>,
    headers: &[(&'static str, &'static str)],
    has_ended: bool,
) -> (http::response::Parts, Vec<u8>) {
    let mut requests = begin(server).await;
    let mut request = http::Request::connect("http://localhost/chat").body(()).unwrap();
    if let Some(protocol) = protocol {
        request.extensions_mut().insert(Protocol::from_static(protocol));
    } else {
        *request.uri_mut() = "localhost:80".parse().unwrap();
    }
    for (name, value) in headers {
        request.headers_mut().append(*name, http::HeaderValue::from_static(value));
    }
    let (response, _send) = requests.send_request(request, has_ended).unwrap();
    let (head, mut stream) = response.await.unwrap().into_parts();
    let mut body = Vec::new();
    while let Some(data) = stream.data().await {
        body.extend_from_slice(&data.unwrap());
    }
    (head, body)
}

#[tokio::test(start_paused = true)]
async fn each_bad_request_gets_its_status() {
    const VERSION: (&str, &str) = ("sec-websocket-version", "13");
    let table: [(&str, Option<&'static str>, &[_], bool, u16); 6] = [
        ("E-13", Some("connect-udp"), &[VERSION], false, 501),
        ("E-17", Some("websocket"), &[("sec-websocket-version", "8")], false, 400),
        ("E-25", Some("websocket"), &[VERSION], true, 400),
        ("H-S-29", Some("websocket"), &[VERSION, ("origin", "http://evil")], false, 403),
        ("E-26", Some("websocket"), &[VERSION, ("content-length", "0")], false, 200),
        // E-14: it is the application's.
        ("E-14", None, &[], false, 404),
    ];
    for (rule, protocol, headers, has_ended, status) in table {
        let server = serve(|(request, respond)| {
            let config = Config::new().shared();
            match receive_request(request, respond, &config) {
                Ok(Incoming::Opening(opening)) => {
                    let socket = opening.accept().unwrap();
                    tokio::spawn(async move { socket.split().0.receive().await });
                }
                Ok(Incoming::Http(_, mut respond)) => {
                    let response = http::Response::builder().status(404).body(()).unwrap();
                    respond.send_response(response, true).unwrap();
                }
                Err(error) => assert!(matches!(error, Error::Handshake(_)), "{error}"),
            }
        });
        let asked = ask(server, protocol, headers, has_ended);
        match timeout(Duration::from_secs(5), asked).await {
            Ok((head, _)) => assert_eq!(head.status, status, "{rule}"),
            // An open WebSocket has no end.
            Err(_) => assert_eq!(status, 200, "{rule}"),
        }
    }
}

/// E-20, H-C-13.
#[tokio::test]
async fn a_rejection_has_its_status_headers_and_body() {
    let server = serve(|(request, respond)| {
        if let Ok(Incoming::Opening(opening)) = receive_request(request, respond, &config()) {
            let headers = [("Retry-After", "5")];
            opening.reject(Response::new(503, &headers, b"come back").unwrap()).unwrap();
        }
    });
    let error = connect(server).await.open(to("ws://localhost/")).await.unwrap_err();
    let Error::Rejected(response) = error else { panic!("{error}") };
    assert_eq!((response.status(), response.body()), (503, &b"come back"[..]));
    assert_eq!(response.headers().text("retry-after"), Some("5"));
}

/// A server that resets the stream before it answers must not keep the client waiting.
#[tokio::test]
async fn a_reset_before_the_answer_is_an_error() {
    let server = serve(|(_, mut respond)| respond.send_reset(Reason::INTERNAL_ERROR));
    let error = connect(server).await.open(to("ws://localhost/")).await.unwrap_err();
    assert!(matches!(&error, Error::Io(error) if error.kind() == ErrorKind::ConnectionReset));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_does_not_answer_lets_the_deadline_pass() {
    let server = serve(|request| {
        tokio::spawn(async move {
            sleep(Duration::from_secs(1000)).await;
            drop(request);
        });
    });
    let error = connect(server).await.open(to("ws://localhost/")).await.unwrap_err();
    assert!(matches!(error, Error::TimedOut(TimedOut::Opening)), "{error}");
}

#[tokio::test]
async fn a_connection_that_ends_before_the_answer_is_an_error() {
    let (near, far) = tokio::io::duplex(64 << 10);
    tokio::spawn(async move {
        let mut connection = server_builder().handshake::<_, Bytes>(far).await.unwrap();
        drop(connection.accept().await);
    });
    let error = connect(near).await.open(to("ws://localhost/")).await.unwrap_err();
    assert!(matches!(error, Error::Io(_)), "{error}");
}

#[tokio::test]
async fn an_answer_with_which_the_stream_ends_opens_what_has_ended() {
    let server = serve(|(_, mut respond)| {
        respond.send_response(http::Response::new(()), true).unwrap();
    });
    let mut socket = open(&connect(server).await).await;
    let error = socket.receive().await.unwrap_err();
    assert!(matches!(&error, Error::Io(error) if error.kind() == ErrorKind::UnexpectedEof));
}

#[tokio::test]
async fn an_opening_that_is_not_answered_keeps_no_other_waiting() {
    let (undecided, mut waiting) = tokio::sync::mpsc::unbounded_channel();
    let accept = accept_all(config(), echo);
    let server = serve(move |(request, respond)| match request.uri().path() {
        "/later" => undecided.send((request, respond)).unwrap(),
        _ => accept((request, respond)),
    });
    let client = connect(server).await;
    let later = client.clone();
    let later = tokio::spawn(async move { later.open(to("ws://localhost/later")).await });
    let (request, respond) = waiting.recv().await.unwrap();
    let mut socket = open(&client).await;
    socket.send("meanwhile").await.unwrap();
    assert_eq!(socket.receive().await.unwrap(), Some("meanwhile".into()));
    assert!(!later.is_finished());
    accept_all(config(), echo)((request, respond));
    assert!(later.await.unwrap().is_ok());
}

/// A client may send before it is answered (RFC 9113, section 8.1).
#[tokio::test]
async fn frames_that_come_before_the_answer_are_kept() {
    let accept = Arc::new(accept_all(config(), echo));
    let server = serve(move |request| {
        let accept = Arc::clone(&accept);
        tokio::spawn(async move {
            sleep(Duration::from_millis(50)).await;
            accept(request);
        });
    });
    let mut request = http::Request::connect("http://localhost/chat").body(()).unwrap();
    request.extensions_mut().insert(Protocol::from_static("websocket"));
    request.headers_mut().insert("sec-websocket-version", 13.into());
    let (response, mut send) = begin(server).await.send_request(request, false).unwrap();
    send.send_data(Bytes::from_static(b"\x81\x85\0\0\0\0early"), false).unwrap();
    let mut receive = response.await.unwrap().into_body();
    assert_eq!(receive.data().await.unwrap().unwrap(), b"\x81\x05early"[..]);
}

/// A server that resets a stream on which it has ended its direction makes browsers fall back to HTTP/1.1.
#[tokio::test]
async fn a_server_that_has_closed_waits_for_the_end_of_its_client() {
    let (sender, mut ends) = tokio::sync::mpsc::unbounded_channel();
    let server = serve(accept_all(config(), move |mut socket| {
        let sender = sender.clone();
        async move {
            let closed = socket.close(CloseCode::NORMAL, "").await;
            sender.send(socket.ended()).unwrap();
            closed
        }
    }));
    let (mut receive, mut send) = open_by_library(server).await;
    assert_eq!(receive.data().await.unwrap().unwrap(), b"\x88\x02\x03\xe8"[..]);
    send.send_data(Bytes::from_static(b"\x88\x82\0\0\0\0\x03\xe8"), false).unwrap();
    let end = receive.data().await;
    assert!(end.is_none_or(|data| data.unwrap().is_empty()), "the stream ends");
    let reset = timeout(Duration::from_millis(100), poll_fn(|cx| send.poll_reset(cx)));
    assert!(reset.await.is_err(), "and is not reset");
    assert!(ends.try_recv().is_err(), "the server waits");
    send.send_data(Bytes::new(), true).unwrap();
    let end = ends.recv().await.unwrap().unwrap();
    assert!(end.is_clean(), "{end}");
}

/// E-24.
#[tokio::test]
async fn a_reset_in_place_of_a_close_frame_is_no_clean_end() {
    let server = serve(|(request, mut respond)| {
        let mut send = respond.send_response(http::Response::new(()), false).unwrap();
        tokio::spawn(async move {
            request.into_body().data().await.unwrap().unwrap();
            send.send_reset(Reason::CANCEL);
        });
    });
    let mut socket = open(&connect(server).await).await;
    assert!(socket.close(CloseCode::NORMAL, "").await.is_err());
    let end = socket.ended().unwrap();
    assert_eq!((end.cause, end.is_clean()), (Cause::TransportReset, false));
}

/// E-23: as a connection of TCP that is dropped.
#[tokio::test]
async fn a_server_that_drops_a_socket_ends_its_stream_after_the_last_message() {
    let server = serve(accept_all(config(), |mut socket| async move {
        socket.send("last words").await?;
        drop(socket);
        Ok(())
    }));
    let mut socket = open(&connect(server).await).await;
    assert_eq!(socket.receive().await.unwrap(), Some("last words".into()));
    let error = socket.receive().await.unwrap_err();
    assert!(matches!(&error, Error::Io(error) if error.kind() == ErrorKind::UnexpectedEof));
    assert_eq!(socket.ended().unwrap().cause, Cause::TransportEnded);
}

/// E-24.
#[tokio::test]
async fn a_client_that_drops_a_socket_resets_its_stream_and_the_server_is_told() {
    let (report, mut ended) = tokio::sync::mpsc::unbounded_channel();
    let server = serve(accept_all(config(), move |mut socket| {
        let report = report.clone();
        async move {
            let error = socket.receive().await.unwrap_err();
            report.send((error, socket.ended().unwrap().cause)).unwrap();
            Ok(())
        }
    }));
    let client = connect(server).await;
    drop(open(&client).await);
    let (error, cause) = ended.recv().await.unwrap();
    assert!(matches!(&error, Error::Io(error) if error.kind() == ErrorKind::ConnectionReset));
    assert_eq!(cause, Cause::TransportReset);
}

/// Keeps a socket open, and reads nothing from it.
fn sleeper(socket: WebSocket<Stream>) -> JoinHandle<()> {
    tokio::spawn(async move {
        sleep(Duration::from_secs(3600)).await;
        drop(socket);
    })
}

/// E-28, L-15: one WebSocket that is not read keeps none of the others waiting, and its peer does not send
/// without end.
#[tokio::test]
async fn a_stream_that_is_not_read_does_not_hold_up_the_others() {
    let count = AtomicUsize::new(0);
    let config = config();
    let server = serve(move |(request, respond)| {
        if let Ok(Incoming::Opening(opening)) = receive_request(request, respond, &config) {
            let socket = opening.accept().unwrap();
            match count.fetch_add(1, SeqCst) {
                0 => drop(sleeper(socket)),
                _ => drop(tokio::spawn(echo(socket))),
            }
        }
    });
    let client = connect(server).await;
    let mut unread = open(&client).await;
    let mut others = Vec::new();
    for _ in 0..1000 {
        others.push(open(&client).await);
    }
    // Its window is 64 KiB, and as many bytes are queued. Then it waits.
    let mut sent = 0;
    while let Ok(outcome) =
        timeout(Duration::from_millis(300), unread.send(vec![7_u8; 10_000])).await
    {
        outcome.unwrap();
        sent += 10_000;
        assert!(sent < 1_000_000, "it is bounded");
    }
    for (number, socket) in others.iter_mut().enumerate() {
        socket.send(format!("message {number}")).await.unwrap();
    }
    for (number, socket) in others.iter_mut().enumerate() {
        let echo = socket.receive().await.unwrap();
        assert_eq!(echo, Some(format!("message {number}").into()));
    }
}

/// The library ends connections that get many small DATA frames (RUSTSEC-2026-0258). Messages that wait leave in
/// one.
#[tokio::test]
async fn many_small_messages_while_the_peer_sleeps_do_not_end_the_connection() {
    let server = serve(accept_all(config(), |mut socket| async move {
        sleep(Duration::from_millis(200)).await;
        for number in 0..10_000 {
            assert_eq!(socket.receive().await?, Some(format!("{number}").into()));
        }
        socket.send("all").await
    }));
    let mut socket = open(&connect(server).await).await;
    for number in 0..10_000 {
        socket.feed(number.to_string()).await.unwrap();
    }
    socket.flush().await.unwrap();
    assert_eq!(socket.receive().await.unwrap(), Some("all".into()));
}

/// A client or a proxy may send each of them in a DATA frame of its own, though.
#[tokio::test]
async fn ten_thousand_messages_in_frames_of_their_own_while_the_server_sleeps_arrive() {
    let server = serve(accept_all(config(), |mut socket| async move {
        sleep(Duration::from_millis(500)).await;
        for _ in 0..10_000 {
            assert_eq!(socket.receive().await?, Some(Vec::new().into()));
        }
        socket.send("all").await
    }));
    let (mut receive, mut send) = open_by_library(server).await;
    for _ in 0..10_000 {
        send.send_data(Bytes::from_static(b"\x82\x80\0\0\0\0"), false).unwrap();
    }
    assert_eq!(receive.data().await.unwrap().unwrap(), b"\x81\x03all"[..]);
}

/// A server that goes away finishes the streams that are open.
#[tokio::test]
async fn an_open_socket_outlives_a_goaway() {
    let (near, far) = tokio::io::duplex(64 << 10);
    tokio::spawn(async move {
        let mut builder = h2::server::Builder::new();
        let mut connection =
            builder.enable_connect_protocol().handshake::<_, Bytes>(far).await.unwrap();
        let handle = accept_all(config(), echo);
        handle(connection.accept().await.unwrap().unwrap());
        connection.graceful_shutdown();
        while let Some(Ok(_)) = connection.accept().await {}
    });
    let client = connect(near).await;
    let mut socket = open(&client).await;
    sleep(Duration::from_millis(50)).await;
    for _ in 0..3 {
        socket.send("still here").await.unwrap();
        assert_eq!(socket.receive().await.unwrap(), Some("still here".into()));
    }
    assert!(client.open(to("ws://localhost/")).await.is_err(), "but opens no other");
    socket.close(None, "").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_silent_peer_is_given_up() {
    let server = serve(accept_all(config(), |socket| async move {
        sleep(Duration::from_secs(3600)).await;
        drop(socket);
        Ok(())
    }));
    let timeouts = Timeouts::new().idle(Duration::from_secs(1)).pong(Duration::from_secs(1));
    let config = Config::new().timeouts(timeouts).shared();
    let client = Client::connect(server, config).await.unwrap();
    let mut socket = client.open(to("ws://localhost/")).await.unwrap().0;
    let error = socket.receive().await.unwrap_err();
    assert!(matches!(error, Error::TimedOut(_)), "{error}");
}

/// Both halves of a socket work in tasks of their own.
#[tokio::test]
async fn a_socket_is_split_for_two_tasks() {
    let client = connect(serve(accept_all(config(), echo))).await;
    let (mut reader, writer) = open(&client).await.split();
    let sending = tokio::spawn(async move {
        for number in 0..1000 {
            writer.send(format!("{number}")).await.unwrap();
        }
        writer.close(None, "").await.unwrap();
    });
    for number in 0..1000 {
        assert_eq!(reader.receive().await.unwrap(), Some(format!("{number}").into()));
    }
    assert_eq!(reader.receive().await.unwrap(), None);
    sending.await.unwrap();
}
