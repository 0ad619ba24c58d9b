//! The example of the TCPConnection of 2008: alone, within TLS, and through a proxy.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use sansocket::tls;
use sansocket::tls::rustls::{ClientConfig, RootCertStore};

use crate::certificate::{SelfSigned, self_signed};

#[path = "../../examples/libraries/tcp_connection.rs"]
#[expect(dead_code, reason = "its `main`")]
mod example;

/// A server of the example, and the certificate that its clients trust.
fn start() -> (SocketAddr, Arc<ClientConfig>) {
    let SelfSigned { server, roots, .. } = self_signed();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (stream, server) = (stream.unwrap(), Arc::clone(&server));
            thread::spawn(move || example::serve(stream, server));
        }
    });
    (address, tls::config(roots))
}

/// A proxy that knows `hello:world`.
fn start_proxy() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || listener.incoming().for_each(|it| forward(it.unwrap()).unwrap()));
    address
}

fn forward(mut client: TcpStream) -> io::Result<()> {
    let mut reader = BufReader::new(client.try_clone()?);
    let mut lines = reader.by_ref().lines().map_while(Result::ok);
    let head: Vec<String> = lines.by_ref().take_while(|line| !line.is_empty()).collect();
    if !head.contains(&"Proxy-Authorization: Basic aGVsbG86d29ybGQ=".into()) {
        return client.write_all(b"HTTP/1.1 407 x\r\nContent-Length: 0\r\n\r\n");
    }
    let target = head[0].split(' ').nth(1).expect("a target").replace("localhost", "127.0.0.1");
    let mut server = TcpStream::connect(target)?;
    client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
    let (mut to_client, mut from_server) = (client, server.try_clone()?);
    thread::spawn(move || io::copy(&mut from_server, &mut to_client));
    thread::spawn(move || io::copy(&mut reader, &mut server));
    Ok(())
}

/// Sends bytes that are no frames, and expects them back.
fn try_out(mut stream: impl Read + Write) {
    for bytes in [&b"hello"[..], b"\0\xff\x81\x85", &[7; 100_000]] {
        let mut answer = vec![0; bytes.len()];
        // More than a socket holds must be read while it is written.
        for (bytes, answer) in bytes.chunks(1000).zip(answer.chunks_mut(1000)) {
            stream.write_all(bytes).unwrap();
            stream.flush().unwrap();
            stream.read_exact(answer).unwrap();
        }
        assert!(answer == bytes);
    }
}

/// Z-54
#[test]
fn a_connection_of_bytes_is_opened() {
    let (address, tls) = start();
    let url = format!("http://localhost:{}/some/url", address.port());
    let url = example::parse(&url).unwrap();
    try_out(example::open(TcpStream::connect(address).unwrap(), url).unwrap());

    let stream = example::start_tls(TcpStream::connect(address).unwrap(), url, tls.clone());
    try_out(example::open(stream.unwrap(), url).unwrap());

    let proxy = start_proxy();
    let connect =
        |credentials| example::tunnel(TcpStream::connect(proxy).unwrap(), url, credentials);
    assert_eq!(connect("hello:mars").unwrap_err().to_string(), "status 407");
    try_out(example::open(connect("hello:world").unwrap(), url).unwrap());
    let stream = example::start_tls(connect("hello:world").unwrap(), url, tls).unwrap();
    try_out(example::open(stream, url).unwrap());
}

#[test]
fn a_server_refuses_other_protocols() {
    let (address, tls) = start();
    let url = format!("http://localhost:{}/", address.port());
    let mut stream = TcpStream::connect(address).unwrap();
    let head = "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");

    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 426 "), "{answer}");

    // TLS is not started with who is not trusted.
    let untrusting = tls::config(RootCertStore::empty());
    let url = example::parse(&url).unwrap();
    let stream = TcpStream::connect(address).unwrap();
    let stream = example::start_tls(stream, url, untrusting).unwrap();
    assert!(example::open(stream, url).is_err());
    drop(tls);
}
