//! The examples that serve within other libraries do so.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;

use sansocket::blocking::WebSocket;
use sansocket::{
    CloseCode, Connection, Negotiated, OwnedMessage, Seed, Timestamp, Url, client, h2,
};

#[path = "../../examples/libraries/axum_echo.rs"]
#[expect(dead_code, reason = "its `main`")]
mod axum_echo;
#[path = "../../examples/libraries/hyper_echo.rs"]
#[expect(dead_code, reason = "its `main`")]
mod hyper_echo;

/// The address of a server, which is left running.
fn start<F>(serve: impl FnOnce(tokio::net::TcpListener) -> F + Send + 'static) -> SocketAddr
where
    F: Future<Output = std::io::Result<()>>,
{
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    listener.set_nonblocking(true).unwrap();
    thread::spawn(move || {
        in_tokio(async { serve(tokio::net::TcpListener::from_std(listener).unwrap()).await })
    });
    address
}

fn in_tokio<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(future)
}

/// Talks to an echo, and to what else there is on its port.
fn try_out(address: SocketAddr, greeting: &str) {
    hear_echo(address);
    hear_echo_over_http2(address);
    hear_echo_of_what_came_with_the_request(address);
    assert!(get(address, "/").contains(greeting));
    assert!(get(address, "/echo").starts_with("HTTP/1.1 426 "));
    assert!(get(address, "/nowhere").starts_with("HTTP/1.1 404 "));
}

fn hear_echo(address: SocketAddr) {
    let mut socket =
        WebSocket::connect(&format!("ws://{address}/echo"), Default::default()).unwrap();
    for message in [OwnedMessage::from("grüße"), vec![7; 1 << 20].into()] {
        socket.send(&message).unwrap();
        assert!(socket.receive().unwrap() == Some(message));
    }
    socket.close(CloseCode::NORMAL, "").unwrap();
    assert!(socket.ended().is_some_and(|ended| ended.is_clean()));
}

fn hear_echo_over_http2(address: SocketAddr) {
    in_tokio(async {
        let stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let client = h2::Client::connect(stream, Default::default()).await.unwrap();
        let url = format!("ws://{address}/echo");
        let request = client::Request::new(Url::parse(&url).unwrap());
        let (mut socket, response) = client.open(request).await.unwrap();
        assert_eq!(response.status(), 200);
        for message in [OwnedMessage::from("grüße"), vec![7; 1 << 20].into()] {
            socket.send(&message).await.unwrap();
            assert!(socket.receive().await.unwrap() == Some(message));
        }
        socket.close(CloseCode::NORMAL, "").await.unwrap();
        assert!(socket.ended().is_some_and(|ended| ended.is_clean()));
    });
}

/// A client should not do that, but bytes that are read ahead must not be lost.
fn hear_echo_of_what_came_with_the_request(address: SocketAddr) {
    let seed = Seed::new([1; 32]);
    let mut connection =
        Connection::open_client(Negotiated::new(), Default::default(), seed, Timestamp::default());
    let mut out = format!(
        "GET /echo HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    .into_bytes();
    connection.send("early").unwrap();
    let frame = connection.transmit();
    out.extend_from_slice(frame);
    let count = frame.len();
    connection.transmitted(count, Timestamp::default());
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(&out).unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    let mut socket = WebSocket::from_parts(stream, connection);
    assert_eq!(socket.receive().unwrap(), Some("early".into()));
    socket.close(None, "").unwrap();
}

fn get(address: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    response
}

#[test]
fn hyper_echo_serves_a_page_and_an_echo() {
    try_out(start(hyper_echo::serve), "<title>Echo</title>");
}

#[test]
fn axum_echo_serves_a_page_and_an_echo() {
    try_out(start(axum_echo::serve), "There is an echo");
}
