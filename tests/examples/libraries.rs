//! The examples that serve within other libraries, or connect over TLS, do so.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use sansocket::blocking::{OwnedMessage, Parts, WebSocket};
use sansocket::tls::rustls::pki_types::PrivateKeyDer;
use sansocket::tls::rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned, crypto};
use sansocket::{CloseCode, Connection, Input, Limits, Seed, tls};

#[path = "../../examples/axum_echo.rs"]
#[expect(dead_code, reason = "its `main`")]
mod axum_echo;
#[path = "../../examples/hyper_echo.rs"]
#[expect(dead_code, reason = "its `main`")]
mod hyper_echo;
#[path = "../../examples/wss.rs"]
#[expect(dead_code, reason = "its `main`")]
mod wss;

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
    hear_echo_of_what_came_with_the_request(address);
    assert!(get(address, "/").contains(greeting));
    assert!(get(address, "/echo").starts_with("HTTP/1.1 426 "));
    assert!(get(address, "/nowhere").starts_with("HTTP/1.1 404 "));
}

fn hear_echo(address: SocketAddr) {
    let mut socket = WebSocket::connect(&format!("ws://{address}/echo")).unwrap();
    for message in [OwnedMessage::from("grüße"), vec![7; 1 << 20].into()] {
        socket.send(&message).unwrap();
        assert!(socket.receive().unwrap() == Some(message));
    }
    socket.close(CloseCode::NORMAL, "").unwrap();
    assert!(socket.ended().is_some_and(|ended| ended.is_clean()));
}

/// A client should not do that, but bytes that are read ahead must not be lost.
fn hear_echo_of_what_came_with_the_request(address: SocketAddr) {
    let mut connection = Connection::client(Limits::default(), Seed::new([1; 32]));
    let mut out = format!(
        "GET /echo HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    .into_bytes();
    connection.sender.send("early", &mut out).unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(&out).unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    let input = Input::new(vec![0; 1024]);
    let parts = Parts { stream, connection, input, out: Vec::new() };
    let mut socket = WebSocket::from_parts(parts, Default::default());
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

#[test]
fn wss_says_hello_over_tls() {
    let pair = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let certificate = pair.cert.der().clone();
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).unwrap();
    let key = PrivateKeyDer::Pkcs8(pair.signing_key.serialize_der().into());
    let provider = Arc::new(crypto::ring::default_provider());
    let server = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("wss://localhost:{}/", listener.local_addr().unwrap().port());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let connection = ServerConnection::new(server.clone().into()).unwrap();
            let stream = StreamOwned::new(connection, stream.unwrap());
            let mut socket = WebSocket::accept(stream).unwrap();
            while let Some(message) = socket.receive().unwrap() {
                socket.send(&message).unwrap();
            }
        }
    });
    let tls = tls::config(roots);
    let by_itself = in_tokio(async { wss::greet(wss::connect(&url, tls.clone()).await?).await });
    let by_hand = in_tokio(async { wss::greet(wss::connect_by_hand(&url, tls).await?).await });
    for ended in [by_itself, by_hand] {
        assert!(ended.unwrap().is_some_and(|ended| ended.is_clean()));
    }
}
