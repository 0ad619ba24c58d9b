//! The example that serves all wires on one port does so.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::process::Command;

use sansocket::blocking::WebSocket;
use sansocket::client::Request;
use sansocket::legacy::blocking::Socket;
use sansocket::legacy::{Draft, Version};
use sansocket::{CloseCode, Config, Error, OwnedMessage, Url};

use crate::echo::Example;
use crate::program;

#[test]
fn legacy_echo_serves_all_wires_on_one_port() {
    let features = ["--features", "legacy"];
    let example = Example::start(&mut Command::new(program::build("legacy_echo", &features)));
    assert_eq!(example.said, "echo of all ages, ");
    let address = example.address;
    for draft in [Draft::Hixie75, Draft::Hixie76] {
        it_echoes_texts(address, draft);
    }
    for version in [None, Some(Version::Seven), Some(Version::Eight)] {
        it_echoes_messages(address, version);
    }
    let url = format!("http://{address}/");
    it_echoes_bytes(&said(
        address,
        &format!(
            "OPTIONS /some/url HTTP/1.1\r\nHost: {address}\r\nUpgrade: TCPConnection/1.0\r\n\
         Connection: Upgrade\r\n\r\nany bytes"
        ),
    ));
    let answer = said(address, &format!("GET / HTTP/1.1\r\nHost: {address}\r\n\r\n"));
    assert!(answer.starts_with("HTTP/1.1 426 "), "{url}: {answer}");
    assert!(answer.contains("\r\nSec-WebSocket-Version: 13"), "{answer}");
    let answer =
        said(address, "OPTIONS / HTTP/1.1\r\nHost: a\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 405 "), "{answer}");
}

fn it_echoes_texts(address: SocketAddr, draft: Draft) {
    let (stream, url) = (TcpStream::connect(address).unwrap(), format!("ws://{address}/demo"));
    let request = Request::new(Url::parse(&url).unwrap());
    let (mut socket, _) =
        Socket::connect_over(stream, draft, &request, Config::new().shared()).unwrap();
    for text in ["grüße", "", &"a".repeat(100_000)] {
        socket.send(text).unwrap();
        assert_eq!(socket.receive().unwrap().as_deref(), Some(text));
    }
    socket.close().unwrap();
    assert_eq!(socket.ended().unwrap().is_clean(), draft.has_close());
}

fn it_echoes_messages(address: SocketAddr, version: Option<Version>) {
    let (stream, url) = (TcpStream::connect(address).unwrap(), format!("ws://{address}/demo"));
    let mut request = Request::new(Url::parse(&url).unwrap());
    version.into_iter().for_each(|version| request.set_version(version));
    let (mut socket, _) = WebSocket::connect_over(stream, request, Config::new().shared()).unwrap();
    for message in [OwnedMessage::from("grüße"), vec![7; 70_000].into()] {
        socket.send(&message).unwrap();
        assert_eq!(socket.receive().unwrap(), Some(message));
    }
    let closed: Result<(), Error> = socket.close(CloseCode::NORMAL, "");
    closed.unwrap();
    assert!(socket.ended().unwrap().is_clean());
}

fn it_echoes_bytes(answer: &str) {
    let head = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n\
        Upgrade: TCPConnection/1.0\r\n\r\n";
    assert_eq!(answer, format!("{head}any bytes"));
}

/// What a server answers to bytes and their end.
fn said(address: SocketAddr, bytes: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(bytes.as_bytes()).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}
